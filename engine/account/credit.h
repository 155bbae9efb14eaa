#ifndef YIJIE_ENGINE_ACCOUNT_CREDIT_H_
#define YIJIE_ENGINE_ACCOUNT_CREDIT_H_

// What a period's credit (划入) of a personal account comes to, by the area's package for
// ACCOUNT_CREDIT. Pure; nothing is booked.

#include <string>
#include <vector>

#include "engine/moment.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "rules/decision.h"
#include "rules/program.h"
#include "yijie/v1/account.pb.h"

namespace yijie::engine {

struct CreditPlan {
  yijie::v1::AccountOutcome outcome = yijie::v1::ACCOUNT_DONE;
  std::string reason;  // in Chinese, for a refusal
  // If it is done:
  Fen amount;
  yijie::store::v1::MonthSpan months;
  const rules::Program* program = nullptr;  // of the Reference
  yijie::v1::Explanation explanation;
  std::vector<rules::AccumulatorEntry> deltas;
};

// The facts of the first day of the period count: who retires during a month is credited as retired
// from the next on. The request was checked.
CreditPlan PlanCredit(const Reference& reference, const yijie::v1::CreditByPolicyRequest& request,
                      const Person& person, const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ACCOUNT_CREDIT_H_
