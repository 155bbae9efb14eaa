#ifndef YIJIE_ENGINE_ACCOUNT_INTEREST_H_
#define YIJIE_ENGINE_ACCOUNT_INTEREST_H_

// Interest (计息) on a personal account.
//
// Each sub-account bears simple interest on its balance at the end of every day: the sum of
// balance times days, times the rate of a year, by the days of a year (360 or 365). The product is
// exact (128 bits) and rounded once for each sub-account, half up to the fen, as public
// settlement programs round.

#include <array>
#include <vector>

#include "absl/status/statusor.h"
#include "base/date.h"
#include "base/fen.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "rules/decision.h"
#include "storage/store.h"
#include "yijie/v1/account.pb.h"
#include "yijie/v1/area.pb.h"

namespace yijie::engine {

// Balances over the days [begin, end).
struct BalanceSpan {
  struct Change {
    Date day;  // from the end of which it counts; before `begin`: from `begin`
    std::array<Fen, rules::kSubAccounts> amount{};
  };
  Date begin;
  Date end;
  std::array<Fen, rules::kSubAccounts> opening{};
  std::vector<Change> changes;  // in any order; from `end` on they do not count
};

// `account`: the area's rules of the last day.
yijie::v1::AccountInterest ComputeInterest(const BalanceSpan& span,
                                           const yijie::v1::AccountRules& account);

// What `person` had over the days [begin, end), from the records up to that version. Money counts
// from the day it was booked, but interest from the day after the year it is for, and what the turn
// of the year carries over from the first day of the year, whenever those were booked.
absl::StatusOr<BalanceSpan> CollectBalances(const Reference& reference, storage::StoreReader& store,
                                            const Person& person, Date begin, Date end);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ACCOUNT_INTEREST_H_
