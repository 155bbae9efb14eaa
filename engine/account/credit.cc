#include "engine/account/credit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/account/account_rules.h"
#include "engine/account/credited_months.h"
#include "engine/arrears.h"
#include "engine/booking.h"
#include "engine/claim_input.h"
#include "engine/explain.h"
#include "rules/evaluate.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr absl::string_view kContributionBase = "contribution_base";

CreditPlan Refuse(v1::AccountOutcome outcome, absl::string_view reason) {
  CreditPlan plan;
  plan.outcome = outcome;
  plan.reason = std::string(reason);
  return plan;
}

bool IsRetired(const v1::Coverage& coverage) { return absl::StartsWith(coverage.psn_type(), "12"); }

// A package for a credit asks nothing of an institution: the agency stands for one.
v1::Institution AgencyAsInstitution(const v1::Coverage& coverage) {
  v1::Institution agency;
  agency.set_admdvs(coverage.insuplc_admdvs());
  agency.set_begndate(FormatDate(kFirstDate));
  return agency;
}

bool Gives(const v1::Claim& claim, absl::string_view name) {
  return std::any_of(claim.given().begin(), claim.given().end(),
                     [name](const v1::GivenValue& given) { return given.name() == name; });
}

bool Asks(const rules::Program& program, absl::string_view name) {
  return std::any_of(program.given.begin(), program.given.end(),
                     [name](const rules::Given& given) { return given.name == name; });
}

v1::Claim ClaimFor(const v1::CreditByPolicyRequest& request, Date first_day) {
  v1::Claim claim;
  claim.set_psn_no(request.psn_no());
  claim.set_insutype(std::string(kAccountScheme));
  claim.set_med_type("ACCOUNT_CREDIT");
  claim.set_begndate(FormatDate(first_day));
  claim.set_enddate(claim.begndate());
  *claim.mutable_given() = request.given();
  return claim;
}

// Fills in the contribution base of the coverage, if the package asks for one and none was given. A
// retired person has none: 0.
bool AddBase(const rules::Program& program, const v1::Coverage& coverage, v1::Claim* claim) {
  if (!Asks(program, kContributionBase) || Gives(*claim, kContributionBase)) return false;
  if (coverage.contribution_base_fen() == 0 && !IsRetired(coverage)) return false;
  v1::GivenValue* const base = claim->add_given();
  base->set_name(std::string(kContributionBase));
  base->set_value(IsRetired(coverage) ? 0 : coverage.contribution_base_fen());
  return true;
}

CreditPlan Evaluate(const Reference& reference, const v1::Coverage& coverage, v1::Claim claim,
                    const Person& person, const Moment& now) {
  const v1::Institution agency = AgencyAsInstitution(coverage);
  ClaimInput input;
  MakeClaimInput(reference, agency, person, claim, now.day, &input);
  if (input.program != nullptr && AddBase(*input.program, coverage, &claim))
    MakeClaimInput(reference, agency, person, claim, now.day, &input);
  if (input.refusal != v1::SETTLED) return Refuse(v1::CREDIT_REFUSED, input.reason);
  thread_local rules::Decision decision;
  rules::Evaluate(*input.program, input.input, decision);
  if (decision.verdict != rules::Verdict::kSettled) {
    v1::Settlement refusal;
    DescribeRefusal(*input.program, decision, &refusal);
    return Refuse(v1::CREDIT_REFUSED, refusal.reason());
  }
  CreditPlan plan;
  for (const rules::FundPayment& benefit : decision.benefits) plan.amount += benefit.amount;
  if (plan.amount <= Fen(0)) return Refuse(v1::CREDIT_REFUSED, "按政策计入金额为0");
  if (person.balance() > Fen(kMaxBalanceFen) - plan.amount)
    return Refuse(v1::ACCOUNT_FULL, "计入后个人账户余额超过上限");
  plan.program = input.program;
  DescribeExplanation(*input.program, decision, &plan.explanation);
  plan.deltas = decision.deltas;
  return plan;
}

}  // namespace

CreditPlan PlanCredit(const Reference& reference, const v1::CreditByPolicyRequest& request,
                      const Person& person, const Moment& now) {
  const store::v1::PersonAccount& account = person.rest->account();
  if (account.ended()) return Refuse(v1::ACCOUNT_ENDED, "个人账户已终止");
  const std::optional<CreditPeriod> period = ParseCreditPeriod(request.period());
  YIJIE_CHECK(period.has_value(), "a credit without a period passed its checks");
  const std::string& year_start = AccountAreaRules(reference, *person.facts, now.day).year_start();
  const Date first_day = FirstDayOf(*period, year_start);
  const BenefitFacts facts(*reference.areas, *person.facts);
  const v1::Coverage* const coverage = FindCoverage(facts, kAccountScheme, first_day);
  if (coverage == nullptr) {
    return Refuse(v1::CREDIT_REFUSED,
                  absl::StrCat(FormatDate(first_day), "无险种310的参保关系，没有个人账户"));
  }
  const v1::AccountRules& rules =
      reference.areas->Find(coverage->insuplc_admdvs(), first_day).account();
  const bool by_year =
      (IsRetired(*coverage) ? rules.credit_retired() : rules.credit_in_service()) ==
      v1::AccountRules::YEARLY;
  if (by_year != period->whole_year) {
    return Refuse(v1::WRONG_PERIOD_KIND, by_year ? "该人员的个人账户按年计入，期间应为年度"
                                                 : "该人员的个人账户按月计入，期间应为月份");
  }
  if (now.day < first_day) return Refuse(v1::PERIOD_NOT_BEGUN, "该期间尚未开始");
  const store::v1::MonthSpan months = MonthsOf(*period, year_start);
  if (AnyCredited(account.credited(), months))
    return Refuse(v1::PERIOD_CREDITED, "该期间或其中部分月份已计入，不重复计入");
  const std::string& death_date = person.facts->death_date();
  if (!death_date.empty() && death_date < FormatDate(first_day))
    return Refuse(v1::CREDIT_REFUSED, absl::StrCat("参保人已于", death_date, "死亡"));
  CreditPlan plan = Evaluate(reference, *coverage, ClaimFor(request, first_day), person, now);
  plan.months = months;
  return plan;
}

}  // namespace yijie::engine
