#ifndef YIJIE_TESTS_REPLAY_HAND_HISTORY_H_
#define YIJIE_TESTS_REPLAY_HAND_HISTORY_H_

// A history of five persons and a policy, small enough to be settled by hand. All figures are
// invented.

#include <memory>
#include <string>

#include "engine/reference.h"
#include "tests/memory_store.h"

namespace yijie::engine {

// In-patient stays of employees: deductible 1,000 yuan, half from the second stay of the year on;
// the fund pays 80 % for those in service and 90 % for retired, at most 5,000 a year; the account
// pays what it can of the rest.
std::string HandPolicy();

// The same with 70 % for those in service, and no stays in hospitals of level 2.
std::string HandDraft();

// HandPolicy and, beside each bill, 100 yuan of the maternity fund (510100) for those in service
// and 60 yuan of the employer for all.
std::string HandPolicyWithBenefits();

// Institutions and catalogue of the hand history with one policy package.
std::shared_ptr<const Reference> HandReference(const std::string& policy);

// Books under `policy`; under HandPolicy, yuan (bill: fund + account + cash; under the draft):
//   P1  in service, credit 1,000
//       stay 5,000   3,200 + 1,000 +   800    2,800 + 1,000 + 1,200
//       stay 2,000, reversed
//       from now on retired
//       stay 4,000   1,800 +     0 + 2,200    2,200 +     0 + 1,800   the yearly cap is met
//   P2  in service
//       stay 3,000   1,600 +     0 + 1,400        0 +     0 + 3,000   level 2: refused
//   P3  in service, credit 500
//       stay 3,000   1,600 +   500 +   900    1,400 +   500 + 1,100
//       credit 300
//       stay 2,000   1,200 +   300 +   500    1,050 +   300 +   650
//   P4  in service, credit 2,000
//       stay 3,000   1,600 + 1,400 +     0    1,400 + 1,600 +     0
//       stay 1,500     800 +   600 +   100      700 +   400 +   400   less is left on the account
//   P5  in service; a claim as a resident, which is refused
void BookHandHistory(storage::Store& store, const std::string& policy = HandPolicy());

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_REPLAY_HAND_HISTORY_H_
