#include "tests/rules/made_packages.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace yijie::rules {
namespace {

namespace v1 = yijie::v1;

std::string Percent(Random& random) {
  return random.Percent(15) ? "100%" : absl::StrCat(random.Below(100), "%");
}

// Yuan, of any size, often with fen.
std::string Yuan(Random& random) {
  const int64_t fen =
      random.Percent(50) ? 100 * random.Magnitude(30'000) : random.Magnitude(3'000'000);
  return absl::StrFormat("%d.%02d", fen / 100, fen % 100);
}

std::string Interval(Random& random, int64_t max, bool yuan) {
  const int64_t low = random.Below(max);
  const std::string a = yuan ? absl::StrCat(low, ".50") : absl::StrCat(low);
  const std::string b = absl::StrCat(low + 2 + random.Below(max));
  switch (random.Below(6)) {
    case 0:
      return absl::StrCat("[", a, "..", b, ")");
    case 1:
      return absl::StrCat("(", a, "..", b, "]");
    case 2:
      return absl::StrCat("(", a, "..)");
    case 3:
      return absl::StrCat("(..", b, "]");
    case 4:
      return absl::StrCat("[0..", a, "], (", b, "..)");
    default:
      return absl::StrCat("not([", a, "..", b, "])");
  }
}

template <size_t n>
const char* OneOf(Random& random, const char* const (&choices)[n]) {
  return choices[random.Below(n)];
}

// A text for the cell; "" where the default of the caller will do.
std::string CellOf(const std::string& field, Random& random) {
  static const std::map<std::string, std::vector<std::string>>* const names =
      new std::map<std::string, std::vector<std::string>>{
          {"kind", {"HOSPITAL", "not(PHARMACY)"}},
          {"hosp_lv", {"LEVEL_3", "not(LEVEL_1, LEVEL_2)"}},
          {"hosp_grade", {"GRADE_A, GRADE_B", "not(GRADE_C)"}},
          {"hosp_place", {"COUNTY, VILLAGE", "not(CITY)"}},
          {"care_place", {"LOCAL", "not(OUT_OF_PROVINCE)"}},
          {"registration", {"NOT_REGISTERED", "not(REFERRAL, TEMPORARY)"}},
          {"fixmedins_code", {"H41160099901", "not(H41160099901)"}},
          {"care_admdvs", {"41", "4116, 11", "not(310115, 4101)", "411602"}},
          {"psn_type", {"RETIRED, IN_SERVICE", "not(RETIRED)"}},
          {"assistance", {"TEKUN, DIBAO", "not(ASSISTANCE_NONE)"}},
          {"brdy", {"[1990-01-01..)", "(..2001-02-03]", "not([1960-01-01..1999-12-31])"}},
          {"retire_date", {"[1990-01-01..)", "(..2010-12-31)", "not([2000-01-01..))"}},
          {"work_date", {"[1990-01-01..2015-06-30]", "(..)", "not((..))"}},
          {"right", {"M01100", "M01100, FAMILY_DOCTOR", "not(M01200)"}},
          {"contribution_rate", {"[6%..7%)", "(..6.125%]", "8%, 9%", "not([3%..9%])"}},
          {"med_type", {"21", "not(21)"}},
          {"dise_codg", {"M01100", "not(M01100, M01200)"}},
          {"injury", {"NONE", "not(RECOGNISED)"}},
          {"delivery", {"CAESAREAN, NATURAL", "not(PRENATAL)"}},
          {"begndate", {"[2023-07-01..2025-01-15)", "(..2024-02-29]"}},
          {"enddate", {"[2023-07-01..2025-01-15)", "(..2024-02-29]"}},
          {"transfer", {"NO_TRANSFER", "not(UP, DOWN)"}},
          {"stay_part", {"WHOLE_STAY", "FIRST_PART", "not(LATER_PART)"}},
          {"chrgitm_lv", {"CLASS_B", "not(CLASS_A)"}},
          {"item_kind", {"DRUG", "not(DRUG, TCM)"}},
          {"med_list_codg", {"ITEM1, ITEM2,ITEM3", "not(ITEM4)"}}};
  static const std::map<std::string, int64_t>* const numbers = new std::map<std::string, int64_t>{
      {"price_class", 3},     {"age", 60},         {"age_days", 120},   {"insured_days", 900},
      {"insured_months", 60}, {"gap_months", 12},  {"missed_years", 3}, {"repaired_years", 2},
      {"paid_age_days", 90},  {"premium_tier", 3}, {"fetus_cnt", 3},    {"geso_weeks", 30},
      {"stay_days", 20}};
  if (const auto number = numbers->find(field); number != numbers->end())
    return Interval(random, number->second, false);
  if (field == "pric") return Interval(random, 3'000, true);
  if (const auto name = names->find(field); name != names->end())
    return name
        ->second[static_cast<size_t>(random.Below(static_cast<int64_t>(name->second.size())))];
  return random.Percent(50) ? "YES" : "NO";
}

bool IsLineCell(const std::string& field) {
  return field == "chrgitm_lv" || field == "item_kind" || field == "pric" ||
         field == "med_list_codg" || field == "unrelated";
}

// Sets one cell, any of those there are.
void MakeCell(Random& random, bool of_line, v1::When* when) {
  const auto* type = when->GetDescriptor();
  while (true) {
    const auto* field = type->field(static_cast<int>(random.Below(type->field_count())));
    if (field->is_repeated() || IsLineCell(field->name()) != of_line) continue;
    return when->GetReflection()->SetString(when, field, CellOf(field->name(), random));
  }
}

// What a package can name after its last step.
struct TermNames {
  std::vector<std::string> money, counts;
};

TermNames NamesIn(const v1::Package& package) {
  TermNames names;
  names.money = {"inscp_scp_amt", "psn_part_amt", "medfee_sumamt",   "preselfpay_amt",
                 "balc",          "balc_current", "overlmt_selfpay", "balc_past"};
  names.counts = {"2",           "3", "27", "stay_days", "age", "insured_months", "missed_years",
                  "premium_tier"};
  for (const v1::Given& given : package.given())
    (given.holds() == v1::COUNT ? names.counts : names.money).push_back(given.name());
  for (const v1::Accumulator& accumulator : package.accumulator()) {
    if (accumulator.holds() == v1::MONEY) names.money.push_back("acc:" + accumulator.name());
    if (accumulator.holds() == v1::COUNT) names.counts.push_back("acc:" + accumulator.name());
    if (accumulator.holds() == v1::DAY) names.counts.push_back("since:" + accumulator.name());
  }
  for (const v1::Step& step : package.step()) {
    const bool counts = step.has_value() && step.value().holds() == v1::COUNT;
    (counts ? names.counts : names.money).push_back(step.id());
    if (step.has_cap() || step.has_pay()) names.money.push_back(step.id() + ".over");
    if (step.has_pay()) names.money.push_back(step.id() + ".beyond");
    for (const auto& group : step.classify().group()) names.money.push_back(group.name());
  }
  return names;
}

const std::string& OneOf(Random& random, const std::vector<std::string>& choices) {
  return choices[static_cast<size_t>(random.Below(static_cast<int64_t>(choices.size())))];
}

std::string MoneyTerm(const v1::Package& package, Random& random) {
  return OneOf(random, NamesIn(package).money);
}

std::string CountTerm(const v1::Package& package, Random& random) {
  return OneOf(random, NamesIn(package).counts);
}

bool IsNumberOrCell(const std::string& term) {
  return (term[0] >= '0' && term[0] <= '9') ||
         v1::When::descriptor()->FindFieldByName(term) != nullptr;
}

void MakeAmountTest(const v1::Package& package, Random& random, v1::AmountTest* test) {
  const TermNames names = NamesIn(package);
  const std::string count = OneOf(random, names.counts);
  const bool counts = random.Percent(40) && !IsNumberOrCell(count);
  test->set_of(counts ? count : OneOf(random, names.money));
  test->set_is(Interval(random, counts ? 400 : 20'000, !counts));
}

void MakeWhen(const v1::Package& package, Random& random, v1::When* when) {
  MakeCell(random, false, when);
  if (random.Percent(30)) MakeCell(random, false, when);
  if (random.Percent(25)) MakeAmountTest(package, random, when->add_amount());
}

// "" if there is none.
std::string AccumulatorOf(const v1::Package& package, v1::Holds holds, Random& random) {
  std::vector<std::string> names;
  for (const v1::Accumulator& accumulator : package.accumulator()) {
    if (accumulator.holds() == holds) names.push_back(accumulator.name());
  }
  return names.empty() ? "" : OneOf(random, names);
}

template <typename Add>
void MakeTerms(const v1::Package& package, Random& random, Add add) {
  add(random.Percent(50) ? "inscp_scp_amt" : MoneyTerm(package, random));
  if (random.Percent(40)) add(absl::StrCat("-", MoneyTerm(package, random)));
  if (random.Percent(15)) add(MoneyTerm(package, random));
}

// A figure, or worked out.
void MakeAmount(const v1::Package& package, Random& random, v1::Holds holds, v1::AmountRow* row) {
  const bool counts = holds == v1::COUNT;
  const auto figure = [&random, counts] {
    return counts ? absl::StrCat(random.Magnitude(2'000)) : Yuan(random);
  };
  if (random.Percent(60)) {
    row->set_amount(figure());
  } else if (counts) {
    row->add_of(CountTerm(package, random));
    if (random.Percent(40)) row->add_of(absl::StrCat("-", CountTerm(package, random)));
  } else {
    MakeTerms(package, random, [row](const std::string& term) { row->add_of(term); });
  }
  if (row->of_size() > 0 && random.Percent(60))
    row->set_ratio(random.Percent(20) ? absl::StrCat(100 + random.Below(901), "%")
                                      : absl::StrCat(random.Below(100), ".25%"));
  if (random.Percent(70)) return;
  if (random.Percent(60)) {
    row->add_times(CountTerm(package, random));
    if (random.Percent(30)) row->add_times(CountTerm(package, random));
    if (random.Percent(40)) row->set_every(absl::StrCat(1 + random.Below(90)));
  }
  if (random.Percent(40)) {
    static const char* const kDivisors[] = {"30", "30.4", "1", "12", "365.2425"};
    row->set_divide(OneOf(random, kDivisors));
  }
  const auto bound = [&] {
    if (random.Percent(60)) return figure();
    return counts ? CountTerm(package, random) : MoneyTerm(package, random);
  };
  if (random.Percent(30)) row->set_at_least(bound());
  if (random.Percent(30)) row->set_at_most(bound());
}

// Rows of which mostly exactly one matches.
template <typename MakeRow>
void MakeRows(Random& random, MakeRow make_row) {
  if (random.Percent(40)) {
    make_row(nullptr);
    return;
  }
  v1::When yes;
  v1::When no;
  MakeCell(random, false, &yes);
  const auto* type = yes.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->is_repeated()) continue;
    const std::string cell = yes.GetReflection()->GetString(yes, field);
    if (cell.empty()) continue;
    const bool negated = cell.compare(0, 4, "not(") == 0;
    no.GetReflection()->SetString(
        &no, field, negated ? cell.substr(4, cell.size() - 5) : absl::StrCat("not(", cell, ")"));
  }
  make_row(&yes);
  if (random.Percent(93)) make_row(&no);
  if (random.Percent(5)) make_row(&no);
}

void MakeAmountRows(const v1::Package& package, Random& random, v1::Holds holds,
                    google::protobuf::RepeatedPtrField<v1::AmountRow>* rows) {
  MakeRows(random, [&](const v1::When* when) {
    v1::AmountRow* row = rows->Add();
    if (when != nullptr) *row->mutable_when() = *when;
    MakeAmount(package, random, holds, row);
  });
}

// None, one or more, of different accumulators.
void MakeLimits(const v1::Package& package, Random& random, int percent,
                google::protobuf::RepeatedPtrField<v1::Limit>* limits) {
  while (random.Percent(percent)) {
    percent /= 2;
    v1::Limit* limit = limits->Add();
    if (random.Percent(70)) limit->set_accumulator(AccumulatorOf(package, v1::MONEY, random));
    v1::AmountRow* row = limit->add_row();
    if (random.Percent(10)) {
      row->set_amount("none");
    } else {
      MakeAmount(package, random, v1::MONEY, row);
    }
    if (random.Percent(30)) MakeWhen(package, random, row->mutable_when());
  }
}

void MakeHow(const v1::Package& package, Random& random, bool of_ratio, int* factors_left,
             v1::Adjust* adjust) {
  const int64_t how = random.Below(5);
  const bool less = random.Percent(50);
  if (how < 2 && (*factors_left)-- > 0) {
    if (of_ratio && how == 0) return adjust->set_own_factor(Percent(random));
    return adjust->set_factor(random.Percent(80) ? Percent(random) : "150%");
  }
  if (how >= 3) return adjust->set_set(of_ratio ? Percent(random) : Yuan(random));
  if (of_ratio) {
    adjust->set_points(absl::StrCat(less ? "-" : "+", random.Below(30), "%"));
  } else {
    adjust->set_plus(absl::StrCat(less ? "-" : "", Yuan(random)));
  }
  if (random.Percent(40)) adjust->set_times(CountTerm(package, random));
}

void MakeAdjusts(const v1::Package& package, Random& random, bool of_ratio,
                 google::protobuf::RepeatedPtrField<v1::Adjust>* adjusts) {
  int factors_left = 2;
  for (int64_t left = random.Below(4); left > 0; --left) {
    v1::Adjust* adjust = adjusts->Add();
    if (random.Percent(80)) MakeWhen(package, random, adjust->mutable_when());
    MakeHow(package, random, of_ratio, &factors_left, adjust);
  }
}

void MakeBands(Random& random, v1::Pay::Row* row) {
  int64_t to = 0;
  for (int64_t left = random.Below(4); left > 0; --left) {
    to += 1 + random.Magnitude(100'000);
    v1::Band* band = row->add_band();
    band->set_to(absl::StrCat(to, random.Percent(30) ? ".37" : ""));
    band->set_ratio(Percent(random));
  }
  row->add_band()->set_ratio(Percent(random));
}

void MakeDeductible(const v1::Package& package, Random& random, v1::Deductible* deductible) {
  MakeTerms(package, random, [&](const std::string& term) { deductible->add_base(term); });
  MakeAmountRows(package, random, v1::MONEY, deductible->mutable_row());
  MakeAdjusts(package, random, false, deductible->mutable_adjust());
  if (random.Percent(40)) deductible->set_already(AccumulatorOf(package, v1::MONEY, random));
  MakeLimits(package, random, 45, deductible->mutable_limit());
}

void MakePay(const v1::Package& package, Random& random, v1::Pay* pay) {
  pay->set_fund(static_cast<v1::Pay::Fund>(random.Between(v1::Pay::HIFP, v1::Pay::HOSPITAL)));
  if (pay->fund() != v1::Pay::HOSPITAL) pay->set_fund_pay_type("310100");
  MakeTerms(package, random, [&](const std::string& term) { pay->add_base(term); });
  if (random.Percent(50)) pay->add_start(MoneyTerm(package, random));
  MakeRows(random, [&](const v1::When* when) {
    v1::Pay::Row* row = pay->add_row();
    if (when != nullptr) *row->mutable_when() = *when;
    MakeBands(random, row);
  });
  MakeAdjusts(package, random, true, pay->mutable_adjust());
  MakeLimits(package, random, 60, pay->mutable_limit());
  if (random.Percent(25)) {
    v1::AmountRow* row = pay->add_at_least();
    MakeAmount(package, random, v1::MONEY, row);
    if (random.Percent(50)) MakeWhen(package, random, row->mutable_when());
  }
}

void MakeCap(const v1::Package& package, Random& random, v1::Cap* cap) {
  MakeTerms(package, random, [&](const std::string& term) { cap->add_base(term); });
  while (cap->limit().empty()) MakeLimits(package, random, 90, cap->mutable_limit());
}

void MakeQuota(const v1::Package& package, Random& random, v1::Quota* quota) {
  quota->set_fund(v1::Pay::MATERNITY);
  quota->set_fund_pay_type("510100");
  quota->set_mode(random.Percent(50) ? v1::Quota::LIMIT : v1::Quota::FIXED);
  MakeTerms(package, random, [&](const std::string& term) { quota->add_base(term); });
  MakeAmountRows(package, random, v1::MONEY, quota->mutable_row());
  MakeAdjusts(package, random, false, quota->mutable_adjust());
  if (random.Percent(50))
    quota->set_each_further_baby(random.Percent(50) ? Yuan(random) : Percent(random));
}

void MakeAccumulate(const v1::Package& package, Random& random, v1::Accumulate* accumulate) {
  const auto& accumulator =
      package.accumulator(static_cast<int>(random.Below(package.accumulator_size())));
  accumulate->set_accumulator(accumulator.name());
  if (accumulator.holds() == v1::MONEY) {
    MakeTerms(package, random, [&](const std::string& term) { accumulate->add_of(term); });
  } else if (accumulator.holds() == v1::COUNT && random.Percent(40)) {
    accumulate->add_of(CountTerm(package, random));
  }
  accumulate->set_replace(random.Percent(30));
  if (random.Percent(40)) MakeWhen(package, random, accumulate->mutable_when());
}

void MakeGate(const v1::Package& package, Random& random, v1::Gate* gate) {
  v1::Gate::Row* row = gate->add_row();
  MakeWhen(package, random, row->mutable_when());
  for (int i = 0; i < 3; ++i) MakeCell(random, false, row->mutable_when());
  row->set_reason("no");
  row->set_incomplete(random.Percent(50));
}

void MakeValue(const v1::Package& package, Random& random, v1::Value* value) {
  value->set_holds(random.Percent(50) ? v1::COUNT : v1::MONEY);
  MakeAmountRows(package, random, value->holds(), value->mutable_row());
  if (value->holds() == v1::MONEY) MakeAdjusts(package, random, false, value->mutable_adjust());
}

void MakeBenefit(const v1::Package& package, Random& random, v1::Benefit* benefit) {
  benefit->set_fund(random.Percent(30) ? v1::Pay::EMPLOYER : v1::Pay::MATERNITY);
  if (benefit->fund() != v1::Pay::EMPLOYER) benefit->set_fund_pay_type("510200");
  MakeAmountRows(package, random, v1::MONEY, benefit->mutable_row());
  MakeAdjusts(package, random, false, benefit->mutable_adjust());
  MakeLimits(package, random, 40, benefit->mutable_limit());
}

void MakeAccount(const v1::Package& package, Random& random, v1::Account* account) {
  account->add_of(random.Percent(70) ? "psn_part_amt" : MoneyTerm(package, random));
  if (random.Percent(50)) account->add_of("-preselfpay_amt");
  const bool current = random.Percent(50);
  account->add_order(current ? "CURRENT_YEAR" : "PAST_YEARS");
  if (random.Percent(50)) account->add_order(current ? "PAST_YEARS" : "CURRENT_YEAR");
  if (random.Percent(40)) MakeWhen(package, random, account->mutable_when());
}

v1::Step* AddStep(const std::string& id, v1::Package* package) {
  v1::Step* step = package->add_step();
  step->set_id(id);
  step->set_label("x");
  step->set_cite("s1 1");
  return step;
}

void MakeStep(Random& random, bool of_bill, v1::Package* package) {
  using Kind = v1::Step::KindCase;
  static const std::vector<Kind>* const for_bills = new std::vector<Kind>{
      Kind::kDeductible, Kind::kDeductible, Kind::kPay,   Kind::kPay,     Kind::kPay,
      Kind::kCap,        Kind::kQuota,      Kind::kSum,   Kind::kAccount, Kind::kAccumulate,
      Kind::kAccumulate, Kind::kGate,       Kind::kValue, Kind::kBenefit};
  static const std::vector<Kind>* const for_all = new std::vector<Kind>{
      Kind::kSum, Kind::kAccumulate, Kind::kGate, Kind::kValue, Kind::kValue, Kind::kBenefit};
  const std::vector<Kind>& kinds = of_bill ? *for_bills : *for_all;
  const Kind kind = kinds[static_cast<size_t>(random.Below(static_cast<int64_t>(kinds.size())))];
  const v1::Package before = *package;
  const bool main = kind == Kind::kDeductible && random.Percent(60);
  v1::Step* step =
      AddStep(main ? "act_pay_dedc" : absl::StrCat("step", before.step_size()), package);
  if (random.Percent(30)) step->set_rounding(static_cast<v1::Rounding>(random.Below(6)));
  if (kind == Kind::kDeductible) MakeDeductible(before, random, step->mutable_deductible());
  if (kind == Kind::kPay) MakePay(before, random, step->mutable_pay());
  if (kind == Kind::kCap) MakeCap(before, random, step->mutable_cap());
  if (kind == Kind::kQuota) MakeQuota(before, random, step->mutable_quota());
  if (kind == Kind::kAccount) MakeAccount(before, random, step->mutable_account());
  if (kind == Kind::kAccumulate) MakeAccumulate(before, random, step->mutable_accumulate());
  if (kind == Kind::kGate) MakeGate(before, random, step->mutable_gate());
  if (kind == Kind::kValue) MakeValue(before, random, step->mutable_value());
  if (kind == Kind::kBenefit) MakeBenefit(before, random, step->mutable_benefit());
  if (kind == Kind::kSum) {
    MakeTerms(before, random,
              [step](const std::string& term) { step->mutable_sum()->add_of(term); });
  }
}

void MakeLineWhen(Random& random, v1::When* when) {
  MakeCell(random, true, when);
  if (random.Percent(40)) MakeCell(random, true, when);
  if (random.Percent(20)) MakeCell(random, false, when);
}

void MakeClassifyRow(Random& random, v1::Classify::Row* row) {
  if (random.Percent(30)) {
    row->set_exclude(true);
  } else {
    const bool share = random.Percent(70);
    if (share) row->set_selfpay_prop(Percent(random));
    if (!share || random.Percent(40)) row->set_pric_uplmt(Yuan(random));
  }
  if (random.Percent(90)) MakeLineWhen(random, row->mutable_when());
}

void MakeClassify(Random& random, v1::Package* package) {
  static const char* const kBuckets[] = {"",
                                         "inscp_scp_amt",
                                         "preselfpay_amt",
                                         "overlmt_selfpay",
                                         "fulamt_ownpay_amt",
                                         "medfee_sumamt"};
  v1::Classify* classify = AddStep("classify", package)->mutable_classify();
  if (random.Percent(60)) MakeClassifyRow(random, classify->add_row());
  if (random.Percent(20)) {  // beside it, not over it
    classify->mutable_row()->Clear();
    MakeClassifyRow(random, classify->add_row());
    MakeClassifyRow(random, classify->add_row());
    classify->mutable_row(0)->mutable_when()->set_chrgitm_lv("CLASS_A");
    classify->mutable_row(1)->mutable_when()->set_chrgitm_lv("not(CLASS_A)");
  }
  for (int64_t left = random.Below(3); left > 0; --left) {
    v1::Classify::Ceiling* ceiling = classify->add_ceiling();
    ceiling->set_per(random.Percent(50) ? v1::Classify::Ceiling::STAY
                                        : v1::Classify::Ceiling::FEE_DAY);
    ceiling->set_amount(Yuan(random));
    if (random.Percent(80)) MakeLineWhen(random, ceiling->mutable_when());
  }
  for (int64_t left = random.Below(4); left > 0; --left) {
    v1::Classify::Group* group = classify->add_group();
    group->set_name(absl::StrCat("group", left));
    group->set_bucket(OneOf(random, kBuckets));
    if (random.Percent(80)) MakeLineWhen(random, group->mutable_when());
  }
}

// Every message of one type inside a package, to pick one from.
template <typename Message>
void Collect(google::protobuf::Message* in, std::vector<Message*>* out) {
  if (auto* found = dynamic_cast<Message*>(in)) out->push_back(found);
  const auto* type = in->GetDescriptor();
  const auto* reflection = in->GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (reflection->HasField(*in, field)) Collect(reflection->MutableMessage(in, field), out);
      continue;
    }
    for (int j = 0; j < reflection->FieldSize(*in, field); ++j) {
      Collect(reflection->MutableRepeatedMessage(in, field, j), out);
    }
  }
}

template <typename Message>
Message* Pick(Random& random, v1::Package* package) {
  std::vector<Message*> all;
  Collect(package, &all);
  return all.empty() ? nullptr
                     : all[static_cast<size_t>(random.Below(static_cast<int64_t>(all.size())))];
}

template <typename List>
void AddOrRemove(Random& random, List* list) {
  if (list->empty()) return;
  const int at = static_cast<int>(random.Below(list->size()));
  if (list->size() > 1 && random.Percent(60)) {
    list->DeleteSubrange(at, 1);
  } else {
    const auto copy = list->Get(at);
    *list->Add() = copy;
  }
}

void MutateFigures(Random& random, v1::Package* package) {
  if (auto* row = Pick<v1::AmountRow>(random, package);
      row != nullptr && !row->amount().empty() && random.Percent(50)) {
    row->set_amount(Yuan(random));
  }
  if (auto* band = Pick<v1::Band>(random, package); band != nullptr && random.Percent(50)) {
    band->set_ratio(Percent(random));
  }
  if (auto* band = Pick<v1::Band>(random, package); band != nullptr && !band->to().empty()) {
    band->set_to(Yuan(random));
  }
}

void MutateSwitches(Random& random, v1::Package* package) {
  static const char* const kYearStarts[] = {"", "01-01", "07-01", "12-31", "02-28", "03-01"};
  if (random.Percent(40)) package->set_rounding(static_cast<v1::Rounding>(random.Below(6)));
  if (random.Percent(40)) package->set_benefit_year_start(kYearStarts[random.Below(6)]);
  if (auto* accumulator = Pick<v1::Accumulator>(random, package); accumulator != nullptr) {
    accumulator->set_period(static_cast<v1::Accumulator::Period>(random.Between(1, 6)));
    accumulator->set_per_institution(random.Percent(30));
    accumulator->set_per_hosp_lv(random.Percent(30));
    accumulator->set_per_dise_codg(random.Percent(30));
  }
  if (auto* quota = Pick<v1::Quota>(random, package); quota != nullptr && random.Percent(50)) {
    quota->set_mode(random.Percent(50) ? v1::Quota::LIMIT : v1::Quota::FIXED);
    quota->set_each_further_baby(Yuan(random));
  }
}

void MutateStructure(Random& random, v1::Package* package) {
  switch (random.Below(9)) {
    case 0:
      if (auto* gate = Pick<v1::Gate>(random, package)) AddOrRemove(random, gate->mutable_row());
      return;
    case 1:
      if (auto* deductible = Pick<v1::Deductible>(random, package))
        AddOrRemove(random, deductible->mutable_row());
      return;
    case 2:
      if (auto* pay = Pick<v1::Pay>(random, package)) AddOrRemove(random, pay->mutable_row());
      return;
    case 3:
      if (auto* pay = Pick<v1::Pay>(random, package)) {
        pay->clear_limit();
        MakeLimits(*package, random, 50, pay->mutable_limit());
      }
      return;
    case 4:
      if (auto* pay = Pick<v1::Pay>(random, package)) {
        pay->clear_adjust();
        MakeAdjusts(*package, random, true, pay->mutable_adjust());
      }
      return;
    case 5:
      if (auto* deductible = Pick<v1::Deductible>(random, package)) {
        deductible->clear_adjust();
        MakeAdjusts(*package, random, false, deductible->mutable_adjust());
        if (random.Percent(50)) deductible->set_already(AccumulatorOf(*package, v1::MONEY, random));
      }
      return;
    case 6:
    case 7:
      if (package->step(0).has_classify() && package->accumulator_size() > 0)
        MakeStep(random, true, package);
      return;
    default:
      if (package->step_size() > 3) {
        const int at = static_cast<int>(random.Between(1, package->step_size() - 2));
        package->mutable_step()->SwapElements(at, at + 1);
      }
  }
}

// Gates refuse most random claims; what comes after them would go untested.
void OpenGates(Random& random, v1::Package* package) {
  for (int i = package->step_size() - 1; i >= 0; --i) {
    if (package->step(i).has_gate() && random.Percent(70))
      package->mutable_step()->DeleteSubrange(i, 1);
  }
}

void MakeAccumulators(Random& random, v1::Package* package) {
  for (int64_t i = random.Between(2, 5); i > 0; --i) {
    v1::Accumulator* accumulator = package->add_accumulator();
    accumulator->set_name(absl::StrCat("total", i));
    accumulator->set_period(static_cast<v1::Accumulator::Period>(random.Between(1, 6)));
    accumulator->set_per_institution(random.Percent(20));
    accumulator->set_per_hosp_lv(random.Percent(20));
    accumulator->set_per_dise_codg(random.Percent(20));
    if (random.Percent(40)) accumulator->set_holds(random.Percent(50) ? v1::COUNT : v1::DAY);
  }
}

void MakeGiven(Random& random, v1::Package* package) {
  for (const auto& [name, holds] : {std::pair{"wage", v1::MONEY}, std::pair{"days", v1::COUNT}}) {
    if (random.Percent(50)) continue;
    v1::Given* given = package->add_given();
    given->set_name(name);
    given->set_label("x");
    given->set_holds(holds);
  }
}

}  // namespace

void MutatePackage(Random& random, v1::Package* package) {
  package->set_sample_data(true);
  OpenGates(random, package);
  for (int64_t left = random.Between(1, 3); left > 0; --left) {
    switch (random.Below(3)) {
      case 0:
        MutateFigures(random, package);
        break;
      case 1:
        MutateSwitches(random, package);
        break;
      default:
        MutateStructure(random, package);
    }
  }
}

v1::Package GeneratePackage(Random& random) {
  v1::Package package;
  package.set_id("made");
  package.set_title("x");
  package.add_admdvs("*");
  package.set_insutype("310");
  package.set_valid_from("2022-01-01");
  package.set_sample_data(true);
  package.set_rounding(static_cast<v1::Rounding>(random.Below(6)));
  package.set_benefit_year_start(random.Percent(50) ? "07-01" : "");
  v1::Source* source = package.add_source();
  source->set_id("s1");
  source->set_title("x");
  source->set_grade("SAMPLE");
  const bool of_bill = random.Percent(92);
  package.add_med_type(of_bill ? "21" : "MADE_ALLOWANCE");
  if (of_bill && random.Percent(30)) package.set_year_crossing(v1::SPLIT_BY_FEE_DAY);
  MakeAccumulators(random, &package);
  MakeGiven(random, &package);
  if (of_bill) MakeClassify(random, &package);
  for (int64_t left = random.Between(3, 10); left > 0; --left) MakeStep(random, of_bill, &package);
  if (of_bill && random.Percent(50))
    MakeAccount(package, random, AddStep("acct_pay", &package)->mutable_account());
  return package;
}

}  // namespace yijie::rules
