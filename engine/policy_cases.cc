#include "engine/policy_cases.h"

#include <filesystem>
#include <optional>

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/accumulator_codec.h"
#include "engine/reference_tables.h"
#include "engine/transactions.h"
#include "engine/validate.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using google::protobuf::FieldDescriptor;

// The first syntax error, as file:line:column.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  explicit FirstError(const std::string& file) : file_(file) {}
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat(file_, ":", line + 1, ":", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  const std::string file_;
  std::string text_;
};

absl::Status CheckDay(absl::string_view path, const std::string& day) {
  const absl::Status status = ParseDate(day).status();
  return status.ok() ? status
                     : absl::InvalidArgumentError(absl::StrCat(path, ": ", status.message()));
}

template <typename Span>
absl::Status CheckSpan(absl::string_view path, const Span& span) {
  YIJIE_RETURN_IF_ERROR(CheckDay(absl::StrCat(path, ".begndate"), span.begndate()));
  if (span.enddate().empty()) return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(CheckDay(absl::StrCat(path, ".enddate"), span.enddate()));
  return span.begndate() <= span.enddate()
             ? absl::OkStatus()
             : absl::InvalidArgumentError(absl::StrCat(path, ".enddate: before begndate"));
}

// What `yijie load` guarantees for stored facts, a case has to bring itself.
absl::Status CheckFacts(const v1::PolicyCase& policy_case) {
  YIJIE_RETURN_IF_ERROR(CheckDay("person.brdy", policy_case.person().brdy()));
  YIJIE_RETURN_IF_ERROR(CheckSpan("institution", policy_case.institution()));
  for (const v1::Coverage& coverage : policy_case.person().coverage()) {
    YIJIE_RETURN_IF_ERROR(CheckSpan("person.coverage", coverage));
    if (!coverage.paid_on().empty())
      YIJIE_RETURN_IF_ERROR(CheckDay("person.coverage.paid_on", coverage.paid_on()));
  }
  for (const v1::AssistanceSpan& assistance : policy_case.person().assistance()) {
    YIJIE_RETURN_IF_ERROR(CheckSpan("person.assistance", assistance));
  }
  for (const v1::Registration& registration : policy_case.person().registration()) {
    YIJIE_RETURN_IF_ERROR(CheckSpan("person.registration", registration));
  }
  for (const v1::Right& right : policy_case.person().right()) {
    YIJIE_RETURN_IF_ERROR(CheckSpan("person.right", right));
  }
  for (const std::string& day :
       {policy_case.person().retire_date(), policy_case.person().work_date()}) {
    if (!day.empty()) YIJIE_RETURN_IF_ERROR(CheckDay("person", day));
  }
  return absl::OkStatus();
}

absl::StatusOr<Person> PersonOf(const v1::PolicyCase& policy_case) {
  for (const int64_t balance : {policy_case.acct_current_fen(), policy_case.acct_past_fen(),
                                policy_case.acct_family_fen()}) {
    if (balance < 0 || balance > kMaxBalanceFen)
      return absl::InvalidArgumentError(absl::StrCat("an account cannot hold ", balance, " fen"));
  }
  Person person;
  person.version = 1;
  person.facts = std::make_shared<v1::PersonFacts>(policy_case.person());
  person.account[static_cast<size_t>(rules::SubAccount::kCurrentYear)] =
      Fen(policy_case.acct_current_fen());
  person.account[static_cast<size_t>(rules::SubAccount::kPastYears)] =
      Fen(policy_case.acct_past_fen());
  for (const v1::AccumulatorValue& value : policy_case.before()) {
    YIJIE_ASSIGN_OR_RETURN(rules::AccumulatorEntry entry, FromProto(value));
    if (entry.value < -rules::kMaxWorkedOut || entry.value > rules::kMaxWorkedOut)
      return absl::InvalidArgumentError(absl::StrCat("before: ", value.name(), " is out of range"));
    person.accumulators.push_back(entry);
  }
  return person;
}

// Noon of a day in UTC+8.
Moment NoonOf(absl::string_view iso_day) {
  constexpr int64_t kDayMs = 86'400'000;
  constexpr int64_t kNoonUtc8Ms = 4 * 3'600'000;
  const absl::StatusOr<Date> day = ParseDate(iso_day);
  return MomentOf(day.ok() ? day->days() * kDayMs + kNoonUtc8Ms : 0);
}

void CompareAmounts(const v1::Amounts& expected, const v1::Amounts& actual,
                    std::vector<std::string>* differences) {
  const auto* reflection = expected.GetReflection();
  const auto* type = expected.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const int64_t want = reflection->GetInt64(expected, field);
    const int64_t got = reflection->GetInt64(actual, field);
    if (want != got) {
      differences->push_back(absl::StrCat(field->name(), ": expected ", want, ", got ", got));
    }
  }
}

// What a step came to: the sum of its bands, or the amount a limit left of them.
std::optional<int64_t> StepAmount(absl::string_view name, const v1::Explanation& explanation) {
  const bool over = absl::ConsumeSuffix(&name, ".over");
  std::optional<int64_t> amount;
  int64_t earlier_parts = 0;
  int32_t part = 0;
  for (const v1::ExplainedStep& step : explanation.step()) {
    if (step.step() != name) continue;
    if (step.part() != part) {
      earlier_parts += amount.value_or(0);
      amount.reset();
      part = step.part();
    }
    // A limit is told after the bands it bounds, with a note and without a ratio; a band of 0 % has
    // no note.
    const bool limits_bands = amount.has_value() && step.ratio_1e6() == 0 && !step.note().empty();
    const int64_t this_one = over ? step.base_fen() - step.amount_fen() : step.amount_fen();
    amount = limits_bands ? this_one : amount.value_or(0) + this_one;
  }
  if (earlier_parts != 0) amount = amount.value_or(0) + earlier_parts;
  return amount;
}

void CompareSteps(const google::protobuf::Map<std::string, int64_t>& expected,
                  const v1::Explanation& explanation, std::vector<std::string>* differences) {
  for (const auto& [step, want] : expected) {
    // A step that had nothing to look at leaves no trace.
    const int64_t got = StepAmount(step, explanation).value_or(0);
    if (got != want)
      differences->push_back(absl::StrCat("step ", step, ": expected ", want, ", got ", got));
  }
}

absl::Status CompareAdded(const google::protobuf::RepeatedPtrField<v1::AccumulatorValue>& expected,
                          const std::vector<rules::AccumulatorEntry>& added,
                          std::vector<std::string>* differences) {
  for (const v1::AccumulatorValue& value : expected) {
    YIJIE_ASSIGN_OR_RETURN(const rules::AccumulatorEntry want, FromProto(value));
    int64_t got = 0;
    for (const rules::AccumulatorEntry& entry : added) {
      if (entry.key == want.key) got += entry.value;
    }
    if (got == want.value) continue;
    differences->push_back(absl::StrCat("added to ", value.name(), " of ", value.period(), " ",
                                        value.key(), ": expected ", want.value, ", got ", got));
  }
  return absl::OkStatus();
}

void CompareBenefits(const google::protobuf::Map<std::string, int64_t>& expected,
                     const google::protobuf::RepeatedPtrField<v1::BenefitPayment>& actual,
                     std::vector<std::string>* differences) {
  for (const auto& [step, want] : expected) {
    int64_t got = 0;
    for (const v1::BenefitPayment& benefit : actual) {
      if (benefit.step() == step) got += benefit.amount_fen();
    }
    if (got != want)
      differences->push_back(absl::StrCat("benefit ", step, ": expected ", want, ", got ", got));
  }
}

}  // namespace

absl::StatusOr<v1::PolicyCases> ReadCases(const std::string& file) {
  YIJIE_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  if (!IsUtf8(text)) return absl::InvalidArgumentError(absl::StrCat(file, ": is not UTF-8"));
  FirstError error(file);
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  v1::PolicyCases cases;
  if (!parser.ParseFromString(text, &cases)) return absl::InvalidArgumentError(error.text());
  if (cases.case__size() == 0)
    return absl::InvalidArgumentError(absl::StrCat(file, ": no case in it"));
  return cases;
}

absl::StatusOr<std::unique_ptr<const OpenCase>> OpenPolicyCase(
    std::shared_ptr<const rules::RuleBook> policies, const v1::PolicyCase& policy_case) {
  YIJIE_RETURN_IF_ERROR(CheckClaim(policy_case.claim()));
  YIJIE_RETURN_IF_ERROR(CheckFacts(policy_case));
  auto open = std::make_unique<OpenCase>();
  open->text = policy_case;
  open->reference.policies = std::move(policies);
  YIJIE_ASSIGN_OR_RETURN(std::vector<rules::CatalogueItem> items,
                         ToRulesItems(policy_case.catalogue()));
  YIJIE_ASSIGN_OR_RETURN(open->reference.catalogue, rules::Catalogue::Build(std::move(items)));
  open->reference.institutions.emplace(policy_case.institution().fixmedins_code(),
                                       policy_case.institution());
  YIJIE_ASSIGN_OR_RETURN(open->person, PersonOf(policy_case));
  const v1::Claim& claim = policy_case.claim();
  // Filed on the last day of care unless the case says otherwise.
  const std::string& last_day = claim.enddate().empty() ? claim.begndate() : claim.enddate();
  open->received = NoonOf(claim.filed_on().empty() ? last_day : claim.filed_on());
  MakeClaimInput(open->reference, open->text.institution(), open->person, open->text.claim(),
                 open->received.day, &open->input);
  if (claim.acct_used_flag() == v1::ACCT_FAMILY)
    open->input.input.family_offered = Fen(policy_case.acct_family_fen());
  return std::unique_ptr<const OpenCase>(std::move(open));
}

absl::StatusOr<v1::Settlement> EvaluateCase(std::shared_ptr<const rules::RuleBook> policies,
                                            const v1::PolicyCase& policy_case,
                                            std::vector<rules::AccumulatorEntry>* added) {
  YIJIE_ASSIGN_OR_RETURN(const auto open, OpenPolicyCase(std::move(policies), policy_case));
  // What the package says is asked, so the claim is evaluated as the agency does: a route of care
  // outside the area (engine/registration/cross_limits.h) is none of it.
  CounterMessage counter;
  counter.filed = FiledClaim{};
  ClaimInput input;
  rules::Decision decision;
  v1::Settlement settlement;
  YIJIE_RETURN_IF_ERROR(EvaluateClaim(
      open->reference, "institution.fixmedins_code", policy_case.institution().fixmedins_code(),
      policy_case.claim(), &counter, open->person, open->received, &input, &decision, &settlement,
      Fen(policy_case.acct_family_fen())));
  if (added != nullptr && settlement.outcome() == v1::SETTLED) *added = decision.deltas;
  return settlement;
}

CaseResult RunCase(const std::shared_ptr<const rules::RuleBook>& policies,
                   const v1::PolicyCase& policy_case) {
  CaseResult result;
  result.name = policy_case.name();
  std::vector<rules::AccumulatorEntry> added;
  const absl::StatusOr<v1::Settlement> settlement = EvaluateCase(policies, policy_case, &added);
  if (!settlement.ok()) {
    result.differences.push_back(std::string(settlement.status().message()));
    return result;
  }
  const v1::Outcome want =
      policy_case.outcome() == v1::OUTCOME_UNSPECIFIED ? v1::SETTLED : policy_case.outcome();
  if (settlement->outcome() != want) {
    result.differences.push_back(absl::StrCat("outcome: expected ", v1::Outcome_Name(want),
                                              ", got ", v1::Outcome_Name(settlement->outcome()),
                                              " ", settlement->reason()));
  }
  if (policy_case.has_expect()) {
    CompareAmounts(policy_case.expect(), settlement->amounts(), &result.differences);
  }
  CompareSteps(policy_case.expect_step_fen(), settlement->explanation(), &result.differences);
  CompareBenefits(policy_case.expect_benefit_fen(), settlement->benefit(), &result.differences);
  const absl::Status readable =
      CompareAdded(policy_case.expect_added(), added, &result.differences);
  if (!readable.ok()) result.differences.push_back(std::string(readable.message()));
  return result;
}

absl::StatusOr<std::vector<CaseResult>> RunCases(const std::string& cases_file) {
  YIJIE_ASSIGN_OR_RETURN(const v1::PolicyCases cases, ReadCases(cases_file));
  const std::string package_file =
      std::filesystem::path(cases_file).replace_extension(".policy").string();
  YIJIE_ASSIGN_OR_RETURN(const std::string text, ReadFile(package_file));
  YIJIE_ASSIGN_OR_RETURN(std::unique_ptr<const rules::Program> program,
                         rules::CompilePackage(package_file, text));
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(std::move(program));
  YIJIE_ASSIGN_OR_RETURN(const auto policies, rules::RuleBook::Build(std::move(programs)));
  std::vector<CaseResult> results;
  for (const v1::PolicyCase& policy_case : cases.case_())
    results.push_back(RunCase(policies, policy_case));
  return results;
}

}  // namespace yijie::engine
