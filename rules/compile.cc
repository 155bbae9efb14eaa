#include "rules/compile.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "rules/package_compiler.h"
#include "rules/row_index.h"

namespace yijie::rules {
namespace {

namespace v1 = yijie::v1;

// Bounds on the size of a package; they keep every index inside 16 bits and a decision inside a few
// kilobytes.
constexpr int kMaxSteps = 60;
constexpr size_t kMaxRows = 60'000;
constexpr size_t kMaxAdjusts = 60'000;
static_assert(kMaxRows <= kNoRow && kMaxAdjusts <= kNoRow);

constexpr absl::string_view kNoAmountNamed = "must name at least one amount";

// Of a benefit that is no share of a bill.
bool IsBenefitName(absl::string_view text) {
  return text.size() >= 3 && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || c == '_';
         });
}

static_assert(static_cast<int>(Fund::kHifp) == v1::Pay::HIFP &&
              static_cast<int>(Fund::kEmployer) == v1::Pay::EMPLOYER);
static_assert(static_cast<int>(Rounding::kYuanTrunc) == v1::YUAN_TRUNC &&
              static_cast<int>(Rounding::kFenHalfEven) == v1::FEN_HALF_EVEN);
static_assert(static_cast<int>(VersionBy::kEnddate) == v1::BY_ENDDATE &&
              static_cast<int>(VersionBy::kBegndate) == v1::BY_BEGNDATE &&
              static_cast<int>(VersionBy::kFiling) == v1::BY_FILING &&
              static_cast<int>(VersionBy::kService) == v1::BY_SERVICE);
static_assert(static_cast<int>(Holds::kCount) == v1::COUNT &&
              static_cast<int>(Holds::kDay) == v1::DAY);

}  // namespace

void PackageCompiler::Compile(const v1::Package& package, const Place& place) {
  const std::pair<const char*, uint16_t> amounts[] = {{"medfee_sumamt", kMedfeeSumamt},
                                                      {"fulamt_ownpay_amt", kFulamtOwnpayAmt},
                                                      {"overlmt_selfpay", kOverlmtSelfpay},
                                                      {"preselfpay_amt", kPreselfpayAmt},
                                                      {"inscp_scp_amt", kInscpScpAmt},
                                                      {"psn_part_amt", kPsnPartAmt},
                                                      {"balc", kBalc},
                                                      {"balc_current", kBalcCurrent},
                                                      {"balc_past", kBalcPast}};
  for (const auto& [name, slot] : amounts) names_[name] = {Operand::kAmount, slot, Holds::kMoney};
  Header(package, place);
  BenefitYear(package, place);
  Sources(package, place);
  Accumulators(package, place);
  GivenNumbers(package, place);
  if (package.step_size() == 0) defects_.Add(place, "step", -1, "a package needs steps");
  if (package.step_size() > kMaxSteps) {
    defects_.Add(place, "step", kMaxSteps, absl::StrCat("more than ", kMaxSteps, " steps"));
    return;
  }
  for (int i = 0; i < package.step_size(); ++i) {
    const v1::Step& step = package.step(i);
    if (!program_.benefit_only && (i == 0) != step.has_classify()) {
      defects_.Add(place, "step", i, "a package has one classify step, and it comes first");
    }
    CompileStep(step, place.Child(step, "step", i));
  }
  if (program_.rows.size() > kMaxRows)
    defects_.Add(place, "step", 0, absl::StrCat("more than ", kMaxRows, " rows"));
  if (program_.adjusts.size() > kMaxAdjusts)
    defects_.Add(place, "step", 0, absl::StrCat("more than ", kMaxAdjusts, " adjusts"));
  citations_.CheckSampleData(package.sample_data(), place, defects_);
  program_.sample_data = package.sample_data();
  program_.amount_count = next_amount_;
  LetRelativesPay();
  IndexRows(program_);
}

void PackageCompiler::LetRelativesPay() {
  // Relatives pay the person's own share, which stands only behind the last step that shapes it.
  for (auto step = program_.steps.rbegin(); step != program_.steps.rend(); ++step) {
    const bool shapes_share = step->kind == StepKind::kDeductible || step->kind == StepKind::kPay ||
                              step->kind == StepKind::kQuota;
    if (shapes_share) return;
    step->relatives_pay = step->kind == StepKind::kAccount;
  }
}

void PackageCompiler::Header(const v1::Package& package, const Place& place) {
  if (!IsName(package.id())) defects_.Add(place, "id", -1, "must be set, of a-z 0-9 - _");
  if (package.title().empty())
    defects_.Add(place, "title", -1, "must be set: it is printed on receipts");
  Areas(package, place);
  program_.id = package.id();
  program_.title = package.title();
  program_.admdvs.assign(package.admdvs().begin(), package.admdvs().end());
  program_.insutype = Intern(package.insutype());
  program_.med_type.assign(package.med_type().begin(), package.med_type().end());
  program_.valid_from = Or(ParseDate(package.valid_from()), place, "valid_from");
  program_.valid_to =
      package.valid_to().empty() ? kLastDate : Or(ParseDate(package.valid_to()), place, "valid_to");
  if (program_.valid_to < program_.valid_from)
    defects_.Add(place, "valid_to", -1, "before valid_from");
  program_.states_known_from = !package.known_from().empty();
  program_.known_from = program_.states_known_from
                            ? Or(ParseDate(package.known_from()), place, "known_from")
                            : program_.valid_from;
  program_.version_by = static_cast<VersionBy>(package.version_by());
  program_.rounding = static_cast<Rounding>(package.rounding());
  program_.payment_may_fall = !package.payment_may_fall().empty();
  program_.split_by_fee_day = package.year_crossing() == v1::SPLIT_BY_FEE_DAY;
  if (program_.split_by_fee_day && program_.benefit_only)
    defects_.Add(place, "year_crossing", -1, "without a bill there are no fees to split");
}

void PackageCompiler::Areas(const v1::Package& package, const Place& place) {
  if (package.admdvs().empty())
    defects_.Add(place, "admdvs", -1, "at least one pooling area, or \"*\"");
  for (int i = 0; i < package.admdvs_size(); ++i) {
    if (package.admdvs(i) != "*" && !IsAllDigits(package.admdvs(i), 6)) {
      defects_.Add(place, "admdvs", i,
                   absl::StrCat("\"", package.admdvs(i), "\" is neither six digits nor \"*\""));
    }
  }
  if (!IsAllDigits(package.insutype(), 3))
    defects_.Add(place, "insutype", -1, "three digits, such as \"310\"");
  if (package.med_type().empty()) defects_.Add(place, "med_type", -1, "at least one benefit kind");
  for (int i = 0; i < package.med_type_size(); ++i) {
    const std::string& code = package.med_type(i);
    const bool is_bill = code.size() >= 2 && code.size() <= 6 && IsAllDigits(code, code.size());
    if (!is_bill && !IsBenefitName(code)) {
      defects_.Add(place, "med_type", i,
                   absl::StrCat("\"", code,
                                "\" is neither a code of 2 to 6 digits nor the name of a "
                                "benefit, of A-Z _"));
    }
    if (i == 0) program_.benefit_only = !is_bill;
    if (program_.benefit_only == is_bill) {
      defects_.Add(place, "med_type", i,
                   "bills and benefits that are no bill need packages of their own");
    }
  }
}

void PackageCompiler::BenefitYear(const v1::Package& package, const Place& place) {
  if (package.benefit_year_start().empty()) return;
  // Any year that is not a leap year: 29 February does not come every year.
  const absl::StatusOr<Date> start = ParseDate(absl::StrCat("2001-", package.benefit_year_start()));
  if (!start.ok()) {
    defects_.Add(place, "benefit_year_start", -1,
                 "a month and a day that every year has, such as \"07-01\"");
    return;
  }
  program_.benefit_year_month = start->civil().month;
  program_.benefit_year_day = start->civil().day;
}

void PackageCompiler::Sources(const v1::Package& package, const Place& place) {
  citations_.AddSources(package.source(), place, defects_);
  for (const v1::Source& source : package.source())
    program_.sources.push_back({source.id(), source.title(), source.url(), source.grade()});
}

void PackageCompiler::Accumulators(const v1::Package& package, const Place& place) {
  if (package.accumulator_size() > static_cast<int>(kMaxAccumulators)) {
    defects_.Add(place, "accumulator", kMaxAccumulators,
                 absl::StrCat("more than ", kMaxAccumulators, " accumulators"));
    return;
  }
  for (int i = 0; i < package.accumulator_size(); ++i) {
    const v1::Accumulator& accumulator = package.accumulator(i);
    const Place at = place.Child(accumulator, "accumulator", i);
    if (!IsName(accumulator.name())) defects_.Add(at, "name", -1, "must be set, of a-z 0-9 - _");
    AccumulatorSpec spec;
    spec.name = Intern(accumulator.name());
    spec.per_institution = accumulator.per_institution();
    spec.per_hosp_lv = accumulator.per_hosp_lv();
    spec.per_dise_codg = accumulator.per_dise_codg();
    spec.holds = static_cast<Holds>(accumulator.holds());
    switch (accumulator.period()) {
      case v1::Accumulator::YEAR:
        spec.period = Period::kYear;
        break;
      case v1::Accumulator::MONTH:
        spec.period = Period::kMonth;
        break;
      case v1::Accumulator::DAY:
        spec.period = Period::kDay;
        break;
      case v1::Accumulator::QUARTER:
        spec.period = Period::kQuarter;
        break;
      case v1::Accumulator::HALF_YEAR:
        spec.period = Period::kHalfYear;
        break;
      case v1::Accumulator::LIFE:
        spec.period = Period::kLife;
        break;
      default:
        defects_.Add(at, "period", -1, "one of YEAR, HALF_YEAR, QUARTER, MONTH, DAY, LIFE");
    }
    const auto index = static_cast<uint16_t>(program_.accumulators.size());
    if (!accumulators_.emplace(accumulator.name(), index).second) {
      defects_.Add(at, "name", -1,
                   absl::StrCat("accumulator \"", accumulator.name(), "\" is there twice"));
    }
    program_.accumulators.push_back(spec);
  }
}

void PackageCompiler::GivenNumbers(const v1::Package& package, const Place& place) {
  if (package.given_size() > static_cast<int>(kMaxGiven)) {
    defects_.Add(place, "given", kMaxGiven, absl::StrCat("more than ", kMaxGiven, " numbers"));
    return;
  }
  for (int i = 0; i < package.given_size(); ++i) {
    const v1::Given& given = package.given(i);
    const Place at = place.Child(given, "given", i);
    if (!IsName(given.name())) defects_.Add(at, "name", -1, "must be set, of a-z 0-9 - _");
    if (given.label().empty()) defects_.Add(at, "label", -1, "must be set: people are told it");
    if (given.holds() == v1::DAY) defects_.Add(at, "holds", -1, "MONEY or COUNT");
    const auto holds = static_cast<Holds>(given.holds());
    const Named named{Operand::kGiven, static_cast<uint16_t>(i), holds};
    if (!names_.emplace(given.name(), named).second) {
      defects_.Add(at, "name", -1,
                   absl::StrCat("an amount named \"", given.name(), "\" exists already"));
    }
    program_.given.push_back({given.name(), given.label(), holds});
  }
}

void PackageCompiler::NewAmount(const std::string& name, Holds holds, const Place& place,
                                uint16_t* slot) {
  if (next_amount_ == kMaxAmounts) {
    defects_.Add(place, "id", -1, absl::StrCat("more than ", kMaxAmounts, " amounts"));
    return;
  }
  *slot = next_amount_++;
  if (!names_.emplace(name, Named{Operand::kAmount, *slot, holds}).second) {
    defects_.Add(place, "id", -1, absl::StrCat("an amount named \"", name, "\" exists already"));
  }
}

void PackageCompiler::CompileStep(const v1::Step& step, const Place& place) {
  if (!IsName(step.id())) defects_.Add(place, "id", -1, "must be set, of a-z 0-9 - _");
  if (step.label().empty())
    defects_.Add(place, "label", -1, "must be set: it is printed on receipts");
  if (program_.benefit_only && !(step.has_gate() || step.has_value() || step.has_sum() ||
                                 step.has_accumulate() || step.has_benefit())) {
    defects_.Add(place, "id", -1,
                 "without a bill there are only gate, value, sum, accumulate, benefit");
  }
  step_cite_ = step.cite();
  Step out;
  out.reports_deductible = step.id() == "act_pay_dedc";
  out.rounding = step.has_rounding() ? static_cast<Rounding>(step.rounding()) : program_.rounding;
  StepText text;
  text.id = step.id();
  text.label = step.label();
  CompileKind(step, place, out, text);
  const bool counts = step.has_value() && step.value().holds() == v1::COUNT;
  NewAmount(step.id(), counts || out.holds_count ? Holds::kCount : Holds::kMoney, place, &out.out);
  text.cite = step.cite();
  if (!step.cite().empty()) text.grade = Cite("", place, "cite", -1, place).grade;
  if (step.has_pay()) pay_steps_.emplace(step.id(), static_cast<uint16_t>(program_.steps.size()));
  program_.steps.push_back(out);
  program_.step_text.push_back(std::move(text));
}

void PackageCompiler::CompileKind(const v1::Step& step, const Place& place, Step& out,
                                  StepText& text) {
  switch (step.kind_case()) {
    case v1::Step::kClassify:
      return Classify(step.classify(), place.Child(step.classify(), "classify", -1), out);
    case v1::Step::kGate:
      return Gate(step.gate(), place.Child(step.gate(), "gate", -1), out);
    case v1::Step::kDeductible:
      return Deductible(step.deductible(), place.Child(step.deductible(), "deductible", -1), out);
    case v1::Step::kPay:
      text.fund_pay_type = step.pay().fund_pay_type();
      return Pay(step.pay(), place.Child(step.pay(), "pay", -1), out);
    case v1::Step::kCap:
      return Cap(step.cap(), place.Child(step.cap(), "cap", -1), step.id(), out);
    case v1::Step::kQuota:
      text.fund_pay_type = step.quota().fund_pay_type();
      return Quota(step.quota(), place.Child(step.quota(), "quota", -1), out);
    case v1::Step::kSum:
      return Sum(step.sum(), place.Child(step.sum(), "sum", -1), out);
    case v1::Step::kAccumulate:
      return Accumulate(step.accumulate(), place.Child(step.accumulate(), "accumulate", -1), out);
    case v1::Step::kAccount:
      return Account(step.account(), place.Child(step.account(), "account", -1), out);
    case v1::Step::kValue:
      return Value(step.value(), place.Child(step.value(), "value", -1), out);
    case v1::Step::kBenefit:
      text.fund_pay_type = step.benefit().fund_pay_type();
      return Benefit(step.benefit(), place.Child(step.benefit(), "benefit", -1), out);
    case v1::Step::KIND_NOT_SET:
      return defects_.Add(place, "id", -1,
                          "the step says nothing to do: add classify, gate, deductible, pay, ...");
  }
}

void PackageCompiler::Classify(const v1::Classify& classify, const Place& place, Step& out) {
  out.kind = StepKind::kClassify;
  out.rows.begin = static_cast<uint32_t>(program_.rows.size());
  for (int i = 0; i < classify.row_size(); ++i) {
    const v1::Classify::Row& row = classify.row(i);
    const Place at = place.Child(row, "row", i);
    Row compiled;
    ClassifyRow(row, at, compiled);
    program_.rows.push_back(compiled);
    program_.row_text.push_back(Cite(row.cite(), place, "row", i, at));
  }
  out.rows.end = static_cast<uint32_t>(program_.rows.size());
  Ceilings(classify, place, out);
  Groups(classify, place, out);
}

void PackageCompiler::ClassifyRow(const v1::Classify::Row& row, const Place& place, Row& out) {
  out.when = When(row.has_when(), row.when(), place, "when", /*line_cells=*/true);
  out.exclude = row.exclude();
  out.has_selfpay_prop = !row.selfpay_prop().empty();
  out.has_price_limit = !row.pric_uplmt().empty();
  if (out.has_selfpay_prop)
    out.selfpay_prop = Or(ParsePercent(row.selfpay_prop()), place, "selfpay_prop");
  if (out.has_price_limit) out.price_limit = Or(ParseYuan(row.pric_uplmt()), place, "pric_uplmt");
  if (out.exclude == (out.has_selfpay_prop || out.has_price_limit)) {
    defects_.Add(place, "selfpay_prop", -1,
                 "say what the row changes: selfpay_prop, pric_uplmt or both, or exclude: true");
  }
}

void PackageCompiler::Ceilings(const v1::Classify& classify, const Place& place, Step& out) {
  out.ceilings.begin = static_cast<uint32_t>(program_.ceilings.size());
  for (int i = 0; i < classify.ceiling_size(); ++i) {
    const v1::Classify::Ceiling& ceiling = classify.ceiling(i);
    const Place at = place.Child(ceiling, "ceiling", i);
    yijie::rules::Ceiling compiled;
    compiled.when = When(ceiling.has_when(), ceiling.when(), at, "when", true);
    if (ceiling.per() == v1::Classify::Ceiling::PER_UNSPECIFIED)
      defects_.Add(at, "per", -1, "STAY or FEE_DAY");
    compiled.per_fee_day = ceiling.per() == v1::Classify::Ceiling::FEE_DAY;
    compiled.amount = Or(ParseYuan(ceiling.amount()), at, "amount");
    Cite(ceiling.cite(), place, "ceiling", i, at);
    program_.ceilings.push_back(compiled);
  }
  out.ceilings.end = static_cast<uint32_t>(program_.ceilings.size());
}

void PackageCompiler::Groups(const v1::Classify& classify, const Place& place, Step& out) {
  out.groups.begin = static_cast<uint32_t>(program_.groups.size());
  for (int i = 0; i < classify.group_size(); ++i) {
    const v1::Classify::Group& group = classify.group(i);
    const Place at = place.Child(group, "group", i);
    yijie::rules::Group compiled;
    compiled.when = When(group.has_when(), group.when(), at, "when", true);
    const std::string bucket = group.bucket().empty() ? "inscp_scp_amt" : group.bucket();
    const auto named = names_.find(bucket);
    if (named == names_.end() || named->second.operand != Operand::kAmount ||
        named->second.index > kInscpScpAmt) {
      defects_.Add(
          at, "bucket", -1,
          "inscp_scp_amt, preselfpay_amt, overlmt_selfpay, fulamt_ownpay_amt or medfee_sumamt");
    } else {
      compiled.bucket = named->second.index;
    }
    if (!IsName(group.name())) defects_.Add(at, "name", -1, "must be set, of a-z 0-9 - _");
    NewAmount(group.name(), Holds::kMoney, at, &compiled.out);
    program_.groups.push_back(compiled);
  }
  out.groups.end = static_cast<uint32_t>(program_.groups.size());
}

void PackageCompiler::Gate(const v1::Gate& gate, const Place& place, Step& out) {
  out.kind = StepKind::kGate;
  out.rows.begin = static_cast<uint32_t>(program_.rows.size());
  for (int i = 0; i < gate.row_size(); ++i) {
    const v1::Gate::Row& row = gate.row(i);
    const Place at = place.Child(row, "row", i);
    Row compiled;
    compiled.when = When(row.has_when(), row.when(), at, "when", false);
    compiled.lacks_figure = row.incomplete();
    if (row.reason().empty()) defects_.Add(at, "reason", -1, "must be set: the patient is told it");
    program_.rows.push_back(compiled);
    program_.row_text.push_back(Cite(row.cite(), place, "row", i, at));
    program_.row_text.back().reason = row.reason();
  }
  out.rows.end = static_cast<uint32_t>(program_.rows.size());
  if (out.rows.empty()) defects_.Add(place, "row", -1, "a gate needs rows");
}

void PackageCompiler::Deductible(const v1::Deductible& deductible, const Place& place, Step& out) {
  out.kind = StepKind::kDeductible;
  out.base = Terms(deductible.base(), place, "base", Holds::kMoney);
  if (out.base.empty()) defects_.Add(place, "base", -1, kNoAmountNamed);
  out.rows = AmountRows(deductible.row(), place, "row", Holds::kMoney);
  if (out.rows.empty()) defects_.Add(place, "row", -1, "a deductible needs rows");
  out.adjusts = AdjustRows(deductible.adjust(), place, /*of_ratio=*/false);
  if (!deductible.already().empty())
    out.accumulator = MoneyAccumulatorNamed(deductible.already(), place, "already");
  out.limits = CompileLimits(deductible.limit(), place);
  for (uint32_t i = out.limits.begin; i < out.limits.end; ++i) {
    if (out.accumulator != kNoAccumulator && out.accumulator == program_.limits[i].accumulator) {
      defects_.Add(place, "already", -1,
                   "the limit must use another accumulator, or the amount would be added twice");
    }
  }
}

void PackageCompiler::FundOfStep(v1::Pay::Fund fund, const std::string& fund_pay_type,
                                 const Place& place, Step& out) {
  out.fund = static_cast<Fund>(fund);
  if (fund == v1::Pay::FUND_UNSPECIFIED)
    defects_.Add(place, "fund", -1, "must be set: HIFP, HIFMI, MAF, ...");
  const bool is_fund = fund != v1::Pay::HOSPITAL && fund != v1::Pay::EMPLOYER;
  if (!is_fund && !fund_pay_type.empty())
    defects_.Add(place, "fund_pay_type", -1, "no fund pays here; leave it out");
  if (is_fund && !IsAllDigits(fund_pay_type, 6))
    defects_.Add(place, "fund_pay_type", -1, "six digits, such as \"310100\"");
}

void PackageCompiler::Pay(const v1::Pay& pay, const Place& place, Step& out) {
  out.kind = StepKind::kPay;
  FundOfStep(pay.fund(), pay.fund_pay_type(), place, out);
  if (pay.fund() == v1::Pay::EMPLOYER)
    defects_.Add(place, "fund", -1,
                 "the employer pays no share of a bill; only a benefit step names it");
  out.base = Terms(pay.base(), place, "base", Holds::kMoney);
  if (out.base.empty()) defects_.Add(place, "base", -1, kNoAmountNamed);
  out.start = Terms(pay.start(), place, "start", Holds::kMoney);
  // Rows of one step must be neighbours, so their conditions and bands are collected first.
  std::vector<Row> rows;
  for (int i = 0; i < pay.row_size(); ++i) {
    const v1::Pay::Row& row = pay.row(i);
    const Place at = place.Child(row, "row", i);
    Row compiled;
    compiled.when = When(row.has_when(), row.when(), at, "when", false);
    compiled.bands = Bands(row, at);
    rows.push_back(compiled);
    program_.row_text.push_back(Cite(row.cite(), place, "row", i, at));
  }
  out.rows.begin = static_cast<uint32_t>(program_.rows.size());
  program_.rows.insert(program_.rows.end(), rows.begin(), rows.end());
  out.rows.end = static_cast<uint32_t>(program_.rows.size());
  if (out.rows.empty()) defects_.Add(place, "row", -1, "a pay step needs rows");
  out.adjusts = AdjustRows(pay.adjust(), place, /*of_ratio=*/true);
  out.limits = CompileLimits(pay.limit(), place);
  out.at_least = AmountRows(pay.at_least(), place, "at_least", Holds::kMoney);
}

void PackageCompiler::Cap(const v1::Cap& cap, const Place& place, const std::string& id,
                          Step& out) {
  out.kind = StepKind::kCap;
  out.base = Terms(cap.base(), place, "base", Holds::kMoney);
  if (out.base.empty()) defects_.Add(place, "base", -1, kNoAmountNamed);
  out.limits = CompileLimits(cap.limit(), place);
  if (out.limits.empty()) defects_.Add(place, "limit", -1, "a cap needs a limit with rows");
  NewAmount(id + ".over", Holds::kMoney, place, &out.over);
}

void PackageCompiler::Quota(const v1::Quota& quota, const Place& place, Step& out) {
  out.kind = StepKind::kQuota;
  FundOfStep(quota.fund(), quota.fund_pay_type(), place, out);
  if (quota.fund() == v1::Pay::HOSPITAL || quota.fund() == v1::Pay::EMPLOYER)
    defects_.Add(place, "fund", -1, "a quota is paid by a fund");
  if (quota.mode() == v1::Quota::MODE_UNSPECIFIED)
    defects_.Add(place, "mode", -1, "LIMIT or FIXED");
  out.fixed_quota = quota.mode() == v1::Quota::FIXED;
  out.base = Terms(quota.base(), place, "base", Holds::kMoney);
  if (out.base.empty()) defects_.Add(place, "base", -1, kNoAmountNamed);
  out.rows = AmountRows(quota.row(), place, "row", Holds::kMoney);
  if (out.rows.empty()) defects_.Add(place, "row", -1, "a quota needs rows");
  out.adjusts = AdjustRows(quota.adjust(), place, /*of_ratio=*/false);
  const std::string& further = quota.each_further_baby();
  if (absl::EndsWith(further, "%")) {
    out.each_further_baby_share = Or(ParsePercent(further), place, "each_further_baby");
  } else if (!further.empty()) {
    out.each_further_baby = Or(ParseYuan(further), place, "each_further_baby");
  }
}

void PackageCompiler::Sum(const v1::Sum& sum, const Place& place, Step& out) {
  out.kind = StepKind::kSum;
  out.base = Terms(sum.of(), place, "of", Holds::kMoney);
  if (out.base.empty()) defects_.Add(place, "of", -1, kNoAmountNamed);
}

void PackageCompiler::Accumulate(const v1::Accumulate& accumulate, const Place& place, Step& out) {
  out.kind = StepKind::kAccumulate;
  out.accumulator = AccumulatorNamed(accumulate.accumulator(), place, "accumulator");
  out.when = When(accumulate.has_when(), accumulate.when(), place, "when", false);
  out.replace = accumulate.replace();
  if (out.accumulator == kNoAccumulator) {
    out.accumulator = 0;
    return;
  }
  const Holds holds = program_.accumulators[out.accumulator].holds;
  if (holds == Holds::kDay && accumulate.of_size() > 0)
    defects_.Add(place, "of", -1, "an accumulator of days becomes enddate; leave `of` out");
  if (holds == Holds::kMoney && accumulate.of().empty())
    defects_.Add(place, "of", -1, "what is to be added?");
  if (holds == Holds::kDay) return;
  out.base = holds == Holds::kCount ? Counts(accumulate.of(), place, "of")
                                    : Terms(accumulate.of(), place, "of", Holds::kMoney);
}

void PackageCompiler::Account(const v1::Account& account, const Place& place, Step& out) {
  out.kind = StepKind::kAccount;
  out.base = Terms(account.of(), place, "of", Holds::kMoney);
  if (out.base.empty()) defects_.Add(place, "of", -1, kNoAmountNamed);
  out.when = When(account.has_when(), account.when(), place, "when", false);
  if (account.order_size() == 0 || account.order_size() > static_cast<int>(kSubAccounts)) {
    defects_.Add(place, "order", -1, "one or both of CURRENT_YEAR, PAST_YEARS");
    return;
  }
  for (const std::string& name : account.order()) {
    if (name != "CURRENT_YEAR" && name != "PAST_YEARS")
      defects_.Add(place, "order", 0, "CURRENT_YEAR or PAST_YEARS");
    out.order[out.order_size++] =
        name == "PAST_YEARS" ? SubAccount::kPastYears : SubAccount::kCurrentYear;
  }
  if (out.order_size == 2 && out.order[0] == out.order[1])
    defects_.Add(place, "order", 1, "the same sub-account twice");
}

void PackageCompiler::Value(const v1::Value& value, const Place& place, Step& out) {
  out.kind = StepKind::kValue;
  if (value.holds() == v1::DAY) defects_.Add(place, "holds", -1, "MONEY or COUNT");
  out.holds_count = value.holds() == v1::COUNT;
  // A count has no yuan.
  if (out.holds_count && out.rounding == Rounding::kYuanHalfUp) out.rounding = Rounding::kFenHalfUp;
  if (out.holds_count && out.rounding == Rounding::kYuanTrunc) out.rounding = Rounding::kFenTrunc;
  out.rows = AmountRows(value.row(), place, "row", out.holds_count ? Holds::kCount : Holds::kMoney);
  if (out.rows.empty()) defects_.Add(place, "row", -1, "a value needs rows");
  if (out.holds_count && value.adjust_size() > 0)
    defects_.Add(place, "adjust", 0, "only money is adjusted");
  out.adjusts = AdjustRows(value.adjust(), place, /*of_ratio=*/false);
}

void PackageCompiler::Benefit(const v1::Benefit& benefit, const Place& place, Step& out) {
  out.kind = StepKind::kBenefit;
  FundOfStep(benefit.fund(), benefit.fund_pay_type(), place, out);
  if (benefit.fund() == v1::Pay::HOSPITAL)
    defects_.Add(place, "fund", -1, "a hospital pays no benefit");
  out.rows = AmountRows(benefit.row(), place, "row", Holds::kMoney);
  if (out.rows.empty()) defects_.Add(place, "row", -1, "a benefit needs rows");
  out.adjusts = AdjustRows(benefit.adjust(), place, /*of_ratio=*/false);
  out.limits = CompileLimits(benefit.limit(), place);
}

void CompileInto(const yijie::v1::Package& package, const Place& place, Defects& defects,
                 Program& program) {
  PackageCompiler(defects, program).Compile(package, place);
}

}  // namespace yijie::rules
