#ifndef YIJIE_TESTS_CAMPAIGN_PERIODS_H_
#define YIJIE_TESTS_CAMPAIGN_PERIODS_H_

#include <cstdint>
#include <string>

#include "tests/campaign/engine_under_test.h"
#include "tests/campaign/model.h"
#include "tests/campaign/operations.h"

namespace yijie::campaign {

// The agency looks at the clearing statements of each institution and closes some periods, mostly
// the next one with the digest it was shown, sometimes another one or with another digest. Nothing
// is in flight. Empty, or where engine and model differ first. `counter` makes message ids;
// `closed` counts the periods that were closed.
std::string ClosePeriods(EngineUnderTest& engine, Model& model, Draws& draws, const Now& now,
                         int64_t& counter, int64_t& closed);

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_PERIODS_H_
