#ifndef YIJIE_ENGINE_REPLAY_CLAIM_RESULT_H_
#define YIJIE_ENGINE_REPLAY_CLAIM_RESULT_H_

// What a claim came to, once and again: the part of a settlement that says who pays.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/digest.h"
#include "base/fen.h"
#include "rules/decision.h"
#include "rules/program.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// Who pays, fen. The first four add up to the bills they were summed over. A refused claim is paid
// by the person whole, in cash.
struct Paid {
  Fen fund;      // all funds
  Fen account;   // personal account
  Fen cash;      // the person, beside the account
  Fen hospital;  // negative where a fixed quota leaves the hospital a surplus
  Fen benefit;   // paid to the person beside the bill, by funds or the employer

  Fen person() const { return account + cash; }
  Paid& operator+=(const Paid& other);
  friend bool operator==(const Paid& a, const Paid& b) {
    return a.fund == b.fund && a.account == b.account && a.cash == b.cash &&
           a.hospital == b.hospital && a.benefit == b.benefit;
  }
};

struct FundShare {
  std::string fund_pay_type;  // fits into the string itself
  Fen amount;                 // not 0

  friend bool operator==(const FundShare& a, const FundShare& b) {
    return a.fund_pay_type == b.fund_pay_type && a.amount == b.amount;
  }
};

struct ClaimResult {
  yijie::v1::Outcome outcome = yijie::v1::SETTLED;
  Paid paid;
  Fen family;  // of paid.account: what relatives' accounts paid
  // Sorted by code, one entry a code. The benefits that the employer owes have an empty code.
  std::vector<FundShare> funds, benefits;
  Digest policy{};  // hash of the package that decided; zero if none did

  bool settled() const { return outcome == yijie::v1::SETTLED; }
  // The same outcome, and everybody pays the same. By which package does not matter.
  friend bool operator==(const ClaimResult& a, const ClaimResult& b) {
    return a.outcome == b.outcome && a.paid == b.paid && a.funds == b.funds &&
           a.benefits == b.benefits;
  }
};

ClaimResult RefusedResult(yijie::v1::Outcome outcome, Fen medfee_sumamt);

// A decision of `program`, settled or refused.
ClaimResult DecidedResult(const rules::Program& program, const rules::Decision& decision,
                          Fen medfee_sumamt);

// What the store says of a settlement: `event` settled, `reply` is its reply, parsed.
ClaimResult StoredResult(const yijie::store::v1::SettledEvent& event,
                         const yijie::v1::Settlement& reply);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_CLAIM_RESULT_H_
