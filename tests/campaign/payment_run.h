#ifndef YIJIE_TESTS_CAMPAIGN_PAYMENT_RUN_H_
#define YIJIE_TESTS_CAMPAIGN_PAYMENT_RUN_H_

#include <cstdint>
#include <string>

#include "tests/campaign/engine_under_test.h"
#include "tests/campaign/model.h"

namespace yijie::campaign {

// The agency puts all payouts that are due into a payment file. Nothing else is in flight. Empty,
// or where engine and model differ first. `counter` makes message ids.
std::string RunPaymentFile(EngineUnderTest& engine, Model& model, const Now& now, int64_t& counter);

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_PAYMENT_RUN_H_
