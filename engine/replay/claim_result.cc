#include "engine/replay/claim_result.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

void AddFund(const std::string& fund_pay_type, Fen amount, std::vector<FundShare>* funds) {
  if (amount == Fen(0)) return;
  const auto at = std::lower_bound(
      funds->begin(), funds->end(), fund_pay_type,
      [](const FundShare& share, const std::string& code) { return share.fund_pay_type < code; });
  if (at != funds->end() && at->fund_pay_type == fund_pay_type) {
    at->amount += amount;
  } else {
    funds->insert(at, {fund_pay_type, amount});
  }
}

void AddBenefit(const std::string& fund_pay_type, Fen amount, ClaimResult* result) {
  AddFund(fund_pay_type, amount, &result->benefits);
  result->paid.benefit += amount;
}

v1::Outcome OutcomeOf(rules::Verdict verdict) {
  switch (verdict) {
    case rules::Verdict::kSettled:
      return v1::SETTLED;
    case rules::Verdict::kExcluded:
      return v1::EXCLUDED_BY_POLICY;
    case rules::Verdict::kLacksFigure:
    case rules::Verdict::kNoMatchingRow:
    case rules::Verdict::kTwoRows:
    case rules::Verdict::kOutOfRange:
      return v1::POLICY_INCOMPLETE;
  }
  return v1::OUTCOME_UNSPECIFIED;
}

}  // namespace

Paid& Paid::operator+=(const Paid& other) {
  fund += other.fund;
  account += other.account;
  cash += other.cash;
  hospital += other.hospital;
  benefit += other.benefit;
  return *this;
}

ClaimResult RefusedResult(v1::Outcome outcome, Fen medfee_sumamt) {
  ClaimResult result;
  result.outcome = outcome;
  result.paid.cash = medfee_sumamt;
  return result;
}

ClaimResult DecidedResult(const rules::Program& program, const rules::Decision& decision,
                          Fen medfee_sumamt) {
  ClaimResult result;
  if (decision.verdict != rules::Verdict::kSettled) {
    result = RefusedResult(OutcomeOf(decision.verdict), medfee_sumamt);
    result.policy = program.hash;
    return result;
  }
  result.policy = program.hash;
  result.paid.fund = decision.fund_pay_sumamt();
  result.paid.account = decision.accounts_pay();
  result.family = decision.family_paid;
  result.paid.cash = decision.psn_cash_pay();
  result.paid.hospital = decision.hosp_part;
  for (const rules::FundPayment& payment : decision.funds) {
    AddFund(program.step_text[payment.step].fund_pay_type, payment.amount, &result.funds);
  }
  for (const rules::FundPayment& payment : decision.benefits) {
    AddBenefit(program.step_text[payment.step].fund_pay_type, payment.amount, &result);
  }
  return result;
}

ClaimResult StoredResult(const store::v1::SettledEvent& event, const v1::Settlement& reply) {
  ClaimResult result;
  const v1::Amounts& amounts = reply.amounts();
  result.paid.fund = Fen(amounts.fund_pay_sumamt_fen());
  result.paid.account = Fen(amounts.acct_pay_fen()) + Fen(amounts.acct_mulaid_pay_fen());
  result.family = Fen(amounts.acct_mulaid_pay_fen());
  result.paid.cash = Fen(amounts.psn_cash_pay_fen());
  result.paid.hospital = Fen(amounts.hosp_part_amt_fen());
  for (const v1::FundPayment& payment : reply.setldetail()) {
    AddFund(payment.fund_pay_type(), Fen(payment.fund_payamt_fen()), &result.funds);
  }
  for (const v1::BenefitPayment& benefit : reply.benefit()) {
    AddBenefit(benefit.fund_pay_type(), Fen(benefit.amount_fen()), &result);
  }
  if (event.policy_hash().size() == result.policy.size()) {
    std::copy(event.policy_hash().begin(), event.policy_hash().end(), result.policy.begin());
  }
  return result;
}

}  // namespace yijie::engine
