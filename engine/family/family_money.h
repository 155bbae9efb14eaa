#ifndef YIJIE_ENGINE_FAMILY_FAMILY_MONEY_H_
#define YIJIE_ENGINE_FAMILY_FAMILY_MONEY_H_

// What passes between a settlement that relatives may pay for (个人账户共济) and their accounts.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/fen.h"

namespace yijie::engine {

// What a settlement needs from relatives' accounts before it can be booked, and whom to ask.
struct FamilyPlan {
  Fen need;
  std::vector<std::string> givers;  // in the order in which they are asked
  int max_accounts = 0;             // givers that may give; 0: no bound
};

// Money taken out of a giver's account for one attempt at one settlement.
struct FamilyHeld {
  std::string giver;         // psn_no
  int64_t hold_version = 0;  // of the giver: the name of the hold
  Fen amount;
};

// What was raised. Every hold in it is durable and open, and stays open until the attempt has its
// answer.
struct FamilyMoney {
  absl::Status status;  // why the settlement cannot be tried now
  std::vector<FamilyHeld> held;

  Fen sum() const {
    Fen sum;
    for (const FamilyHeld& each : held) sum += each.amount;
    return sum;
  }
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_FAMILY_FAMILY_MONEY_H_
