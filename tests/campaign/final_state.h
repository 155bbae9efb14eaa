#ifndef YIJIE_TESTS_CAMPAIGN_FINAL_STATE_H_
#define YIJIE_TESTS_CAMPAIGN_FINAL_STATE_H_

#include <string>

#include "storage/store.h"
#include "tests/campaign/model.h"

namespace yijie::campaign {

struct FinalState {
  std::string difference;  // empty, or the first
  std::string psn_no;      // of whom, if of anybody
  int64_t versions = 0;
};

// The whole store: the audit of the ledger, the sums of all accounts, and every person's balances,
// running totals, facts, stays and undone settlements.
FinalState CheckFinalState(storage::Store& store, Model& model);

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_FINAL_STATE_H_
