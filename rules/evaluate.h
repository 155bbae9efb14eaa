#ifndef YIJIE_RULES_EVALUATE_H_
#define YIJIE_RULES_EVALUATE_H_

#include "rules/decision.h"
#include "rules/program.h"

namespace yijie::rules {

// Settles one claim under one package, on paper: no clock, no I/O, no locks, no allocation once
// `decision` has grown.
//
// Contract: line amounts are 0 or more and their sum is at most kMaxClaimFen; `input.lines` has at
// least one line. On return decision.verdict says whether the policy has an answer; only with
// kSettled are the amounts meaningful, and then it is asserted that
//   medfee_sumamt = fulamt_ownpay_amt + overlmt_selfpay + preselfpay_amt + inscp_scp_amt,
//                   of each line and in total
//   medfee_sumamt = sum of funds + hosp_part + psn_part_amt
//   psn_part_amt >= account_paid + family_paid >= 0
void Evaluate(const Program& program, const Input& input, Decision& decision);

}  // namespace yijie::rules

#endif  // YIJIE_RULES_EVALUATE_H_
