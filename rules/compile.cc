#include "rules/compile.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/date.h"
#include "rules/cell.h"

namespace yijie::rules {
namespace {

namespace v1 = yijie::v1;

// Bounds on the size of a package; they keep every index inside 16 bits and a decision inside a few
// kilobytes.
constexpr int kMaxSteps = 44;
constexpr size_t kMaxRows = 60'000;
constexpr size_t kMaxAdjusts = 60'000;
constexpr size_t kMaxAccumulators = 60'000;
static_assert(kMaxRows <= kNoRow && kMaxAdjusts <= kNoRow && kMaxAccumulators <= kNoAccumulator);
static_assert(kFirstStepAmount + 2 * kMaxSteps <= kMaxAmounts, "every step may write two amounts");

bool IsAllDigits(absl::string_view text, size_t size) {
  return text.size() == size &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsName(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

absl::StatusOr<int64_t> ParseCount(absl::string_view text) {
  int64_t value = 0;
  // SimpleAtoi alone would take signs and blanks.
  if (!IsAllDigits(text, text.size()) || !absl::SimpleAtoi(text, &value) || value > 1'000'000) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not a whole number"));
  }
  return value;
}

absl::StatusOr<int64_t> ParseFenValue(absl::string_view text) {
  absl::StatusOr<Fen> fen = ParseYuan(text);
  if (!fen.ok()) return fen.status();
  return fen->value();
}

absl::StatusOr<int64_t> ParseDayValue(absl::string_view text) {
  absl::StatusOr<Date> day = ParseDate(text);
  if (!day.ok()) return day.status();
  return day->days();
}

EnumNames NamesOf(const google::protobuf::EnumDescriptor* type) {
  EnumNames names;
  for (int i = 0; i < type->value_count(); ++i) {
    const auto number = static_cast<size_t>(type->value(i)->number());
    if (names.size() <= number) names.resize(number + 1);
    names[number] = type->value(i)->name();
  }
  return names;
}

// How the cells of `When` are read, by field name.
enum class CellForm : uint8_t { kEnum, kCount, kYuan, kDay, kCode };
struct CellSpec {
  const char* field;
  Fact fact;
  CellForm form;
  EnumNames names;
  bool of_line = false;
};

const std::vector<CellSpec>& CellSpecs() {
  static const std::vector<CellSpec>* const specs = new std::vector<CellSpec>{
      {"kind", Fact::kKind, CellForm::kEnum, {"", "HOSPITAL", "PHARMACY"}},
      {"hosp_lv", Fact::kHospLv, CellForm::kEnum, NamesOf(v1::HospitalLevel_descriptor())},
      {"hosp_grade", Fact::kHospGrade, CellForm::kEnum, NamesOf(v1::HospitalGrade_descriptor())},
      {"hosp_place", Fact::kHospPlace, CellForm::kEnum, NamesOf(v1::HospitalPlace_descriptor())},
      {"price_class", Fact::kPriceClass, CellForm::kCount, {}},
      {"care_place",
       Fact::kCarePlace,
       CellForm::kEnum,
       {"LOCAL", "IN_PROVINCE", "OUT_OF_PROVINCE"}},
      {"registration", Fact::kRegistration, CellForm::kEnum,
       NamesOf(v1::RegistrationKind_descriptor())},
      {"psn_type",
       Fact::kPsnType,
       CellForm::kEnum,
       {"OTHER", "IN_SERVICE", "RETIRED", "STUDENT_CHILD", "RESIDENT"}},
      {"age", Fact::kAge, CellForm::kCount, {}},
      {"assistance", Fact::kAssistance, CellForm::kEnum, NamesOf(v1::AssistanceClass_descriptor())},
      {"cvlserv", Fact::kCvlserv, CellForm::kEnum, {"NO", "YES"}},
      {"med_type", Fact::kMedType, CellForm::kCode, {}},
      {"dise_codg", Fact::kDiseCodg, CellForm::kCode, {}},
      {"emergency", Fact::kEmergency, CellForm::kEnum, {"NO", "YES"}},
      {"third_party", Fact::kThirdParty, CellForm::kEnum, {"NO", "YES"}},
      {"injury", Fact::kInjury, CellForm::kEnum, {"NONE", "NOT_RECOGNISED", "RECOGNISED"}},
      {"delivery", Fact::kDelivery, CellForm::kEnum, NamesOf(v1::DeliveryMode_descriptor())},
      {"fetus_cnt", Fact::kFetusCnt, CellForm::kCount, {}},
      {"geso_weeks", Fact::kGesoWeeks, CellForm::kCount, {}},
      {"stay_days", Fact::kStayDays, CellForm::kCount, {}},
      {"begndate", Fact::kBegndate, CellForm::kDay, {}},
      {"enddate", Fact::kEnddate, CellForm::kDay, {}},
      {"chrgitm_lv", Fact::kChrgitmLv, CellForm::kEnum, NamesOf(v1::ItemClass_descriptor()), true},
      {"item_kind", Fact::kItemKind, CellForm::kEnum, NamesOf(v1::ItemKind_descriptor()), true},
      {"pric", Fact::kPric, CellForm::kYuan, {}, true},
      {"med_list_codg", Fact::kMedListCodg, CellForm::kCode, {}, true},
  };
  return *specs;
}

absl::StatusOr<Cell> ParseCell(const CellSpec& spec, absl::string_view text) {
  switch (spec.form) {
    case CellForm::kEnum:
      return ParseEnumCell(text, spec.names);
    case CellForm::kCode:
      return ParseCodeCell(text);
    case CellForm::kCount:
      return ParseIntervalCell(text, ParseCount);
    case CellForm::kYuan:
      return ParseIntervalCell(text, ParseFenValue);
    case CellForm::kDay:
      return ParseIntervalCell(text, ParseDayValue);
  }
  return absl::InternalError("unknown form");
}

Fund FundOf(v1::Pay::Fund fund) { return static_cast<Fund>(fund); }
static_assert(static_cast<int>(Fund::kHifp) == v1::Pay::HIFP &&
              static_cast<int>(Fund::kOther) == v1::Pay::OTHER);
static_assert(static_cast<int>(Rounding::kYuanTrunc) == v1::YUAN_TRUNC &&
              static_cast<int>(Rounding::kFenHalfEven) == v1::FEN_HALF_EVEN);
static_assert(static_cast<int>(VersionBy::kEnddate) == v1::BY_ENDDATE &&
              static_cast<int>(VersionBy::kBegndate) == v1::BY_BEGNDATE &&
              static_cast<int>(VersionBy::kFiling) == v1::BY_FILING &&
              static_cast<int>(VersionBy::kService) == v1::BY_SERVICE);

class PackageCompiler {
 public:
  PackageCompiler(Defects& defects, Program& program) : defects_(defects), program_(program) {}

  void Compile(const v1::Package& package, const Place& place);

 private:
  void Header(const v1::Package& package, const Place& place);
  void BenefitYear(const v1::Package& package, const Place& place);
  void Sources(const v1::Package& package, const Place& place);
  void Accumulators(const v1::Package& package, const Place& place);
  void CompileStep(const v1::Step& step, const Place& place);
  void Classify(const v1::Classify& classify, const Place& place, Step& out);
  void Gate(const v1::Gate& gate, const Place& place, Step& out);
  void Deductible(const v1::Deductible& deductible, const Place& place, Step& out);
  void Pay(const v1::Pay& pay, const Place& place, Step& out);
  void Cap(const v1::Cap& cap, const Place& place, const std::string& id, Step& out);
  void Quota(const v1::Quota& quota, const Place& place, Step& out);
  void Accumulate(const v1::Accumulate& accumulate, const Place& place, Step& out);
  void Account(const v1::Account& account, const Place& place, Step& out);

  Slice Bands(const v1::Pay::Row& row, const Place& place);
  template <typename Rows>
  Slice AmountRows(const Rows& rows, const Place& parent, absl::string_view field);
  template <typename Adjusts>
  Slice AdjustRows(const Adjusts& adjusts, const Place& parent, bool of_ratio);
  void AdjustRow(const v1::Adjust& adjust, const Place& place, bool of_ratio,
                 yijie::rules::Adjust& out);
  Limit CompileLimit(bool has, const v1::Limit& limit, const Place& parent);
  void FundOfStep(v1::Pay::Fund fund, const std::string& fund_pay_type, const Place& place,
                  Step& out);

  Slice When(bool has, const v1::When& when, const Place& parent, absl::string_view field,
             bool line_cells);
  void AmountTest(const v1::AmountTest& test, const Place& place);
  void AddCondition(Operand operand, uint16_t index, Cell cell);
  template <typename Names>
  Slice Terms(const Names& names, const Place& place, absl::string_view field, bool required);
  // Operand and index of an amount or "acc:name". False, with a defect, if there is no such thing.
  bool Resolve(absl::string_view name, const Place& place, absl::string_view field, int index,
               Operand* operand, uint16_t* out);
  uint16_t AccumulatorNamed(const std::string& name, const Place& place, absl::string_view field);
  uint16_t FenAccumulatorNamed(const std::string& name, const Place& place,
                               absl::string_view field);
  // Text of row `index` of `field` at `parent`.
  RowText Cite(const std::string& row_cite, const Place& parent, absl::string_view field, int index,
               const Place& place);
  uint16_t NewAmount(const std::string& name);

  template <typename T>
  T Or(absl::StatusOr<T> value, const Place& place, absl::string_view field, int index = -1) {
    if (value.ok()) return *std::move(value);
    defects_.Add(place, field, index, value.status().message());
    return T();
  }

  Defects& defects_;
  Program& program_;
  absl::flat_hash_map<std::string, uint16_t> amounts_;
  absl::flat_hash_map<std::string, uint16_t> accumulators_;
  absl::flat_hash_map<std::string, std::string> grades_;  // of sources
  std::string step_cite_;
  uint16_t next_amount_ = kFirstStepAmount;
  bool weak_grade_used_ = false;
  bool account_seen_ = false;
};

void PackageCompiler::Compile(const v1::Package& package, const Place& place) {
  amounts_ = {{"medfee_sumamt", kMedfeeSumamt},     {"fulamt_ownpay_amt", kFulamtOwnpayAmt},
              {"overlmt_selfpay", kOverlmtSelfpay}, {"preselfpay_amt", kPreselfpayAmt},
              {"inscp_scp_amt", kInscpScpAmt},      {"psn_part_amt", kPsnPartAmt}};
  Header(package, place);
  BenefitYear(package, place);
  Sources(package, place);
  Accumulators(package, place);
  if (package.step_size() == 0) defects_.Add(place, "step", -1, "a package needs steps");
  if (package.step_size() > kMaxSteps) {
    defects_.Add(place, "step", kMaxSteps, absl::StrCat("more than ", kMaxSteps, " steps"));
    return;
  }
  for (int i = 0; i < package.step_size(); ++i) {
    const v1::Step& step = package.step(i);
    if ((i == 0) != step.has_classify()) {
      defects_.Add(place, "step", i, "a package has one classify step, and it comes first");
    }
    CompileStep(step, place.Child(step, "step", i));
  }
  if (program_.rows.size() > kMaxRows)
    defects_.Add(place, "step", 0, absl::StrCat("more than ", kMaxRows, " rows"));
  if (weak_grade_used_ && !package.sample_data()) {
    defects_.Add(place, "sample_data", -1,
                 "a cited source is graded below B, so the package must say sample_data: true");
  }
  program_.sample_data = package.sample_data();
}

void PackageCompiler::Header(const v1::Package& package, const Place& place) {
  if (!IsName(package.id())) defects_.Add(place, "id", -1, "must be set, of a-z 0-9 - _");
  if (package.title().empty())
    defects_.Add(place, "title", -1, "must be set: it is printed on receipts");
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
    if (code.size() < 2 || code.size() > 6 || !IsAllDigits(code, code.size())) {
      defects_.Add(place, "med_type", i,
                   absl::StrCat("\"", code, "\" is not a code of 2 to 6 digits"));
    }
  }
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
  static const std::set<std::string>* const grades =
      new std::set<std::string>{"A", "B", "C", "D", "SAMPLE"};
  for (int i = 0; i < package.source_size(); ++i) {
    const v1::Source& source = package.source(i);
    const Place at = place.Child(source, "source", i);
    if (!IsName(source.id())) defects_.Add(at, "id", -1, "must be set, of a-z 0-9 - _");
    if (source.title().empty()) defects_.Add(at, "title", -1, "must be set");
    if (grades->count(source.grade()) == 0)
      defects_.Add(at, "grade", -1, "one of A, B, C, D, SAMPLE");
    program_.sources.push_back({source.id(), source.title(), source.url(), source.grade()});
    if (!grades_.emplace(source.id(), source.grade()).second) {
      defects_.Add(at, "id", -1, absl::StrCat("source \"", source.id(), "\" is there twice"));
    }
  }
}

void PackageCompiler::Accumulators(const v1::Package& package, const Place& place) {
  if (static_cast<size_t>(package.accumulator_size()) > kMaxAccumulators) {
    defects_.Add(place, "accumulator", static_cast<int>(kMaxAccumulators),
                 absl::StrCat("more than ", kMaxAccumulators, " accumulators"));
  }
  const int count = std::min(package.accumulator_size(), static_cast<int>(kMaxAccumulators));
  for (int i = 0; i < count; ++i) {
    const v1::Accumulator& accumulator = package.accumulator(i);
    const Place at = place.Child(accumulator, "accumulator", i);
    if (!IsName(accumulator.name())) defects_.Add(at, "name", -1, "must be set, of a-z 0-9 - _");
    AccumulatorSpec spec;
    spec.name = Intern(accumulator.name());
    spec.per_institution = accumulator.per_institution();
    spec.per_hosp_lv = accumulator.per_hosp_lv();
    spec.per_dise_codg = accumulator.per_dise_codg();
    spec.counts = accumulator.counts();
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
      default:
        defects_.Add(at, "period", -1, "one of YEAR, MONTH, DAY");
    }
    const auto index = static_cast<uint16_t>(program_.accumulators.size());
    if (!accumulators_.emplace(accumulator.name(), index).second) {
      defects_.Add(at, "name", -1,
                   absl::StrCat("accumulator \"", accumulator.name(), "\" is there twice"));
    }
    program_.accumulators.push_back(spec);
  }
}

uint16_t PackageCompiler::NewAmount(const std::string& name) {
  const uint16_t slot = next_amount_++;
  amounts_.emplace(name, slot);
  return slot;
}

void PackageCompiler::CompileStep(const v1::Step& step, const Place& place) {
  if (!IsName(step.id())) defects_.Add(place, "id", -1, "must be set, of a-z 0-9 - _");
  if (amounts_.contains(step.id())) {
    defects_.Add(place, "id", -1,
                 absl::StrCat("an amount named \"", step.id(), "\" exists already"));
  }
  if (step.label().empty())
    defects_.Add(place, "label", -1, "must be set: it is printed on receipts");
  if (account_seen_ && (step.has_pay() || step.has_quota() || step.has_account())) {
    defects_.Add(place, "id", -1, "nothing may be paid after the account step");
  }
  step_cite_ = step.cite();
  Step out;
  out.reports_deductible = step.id() == "act_pay_dedc";
  StepText text;
  text.id = step.id();
  text.label = step.label();
  switch (step.kind_case()) {
    case v1::Step::kClassify:
      Classify(step.classify(), place.Child(step.classify(), "classify", -1), out);
      break;
    case v1::Step::kGate:
      Gate(step.gate(), place.Child(step.gate(), "gate", -1), out);
      break;
    case v1::Step::kDeductible:
      Deductible(step.deductible(), place.Child(step.deductible(), "deductible", -1), out);
      break;
    case v1::Step::kPay:
      text.fund_pay_type = step.pay().fund_pay_type();
      Pay(step.pay(), place.Child(step.pay(), "pay", -1), out);
      break;
    case v1::Step::kCap:
      Cap(step.cap(), place.Child(step.cap(), "cap", -1), step.id(), out);
      break;
    case v1::Step::kQuota:
      text.fund_pay_type = step.quota().fund_pay_type();
      Quota(step.quota(), place.Child(step.quota(), "quota", -1), out);
      break;
    case v1::Step::kSum:
      out.kind = StepKind::kSum;
      out.base = Terms(step.sum().of(), place.Child(step.sum(), "sum", -1), "of", true);
      break;
    case v1::Step::kAccumulate:
      Accumulate(step.accumulate(), place.Child(step.accumulate(), "accumulate", -1), out);
      break;
    case v1::Step::kAccount:
      Account(step.account(), place.Child(step.account(), "account", -1), out);
      break;
    case v1::Step::KIND_NOT_SET:
      defects_.Add(place, "id", -1,
                   "the step says nothing to do: add classify, gate, deductible, pay, ...");
  }
  out.out = NewAmount(step.id());
  text.cite = step.cite();
  if (!step.cite().empty()) text.grade = Cite("", place, "cite", -1, place).grade;
  program_.steps.push_back(out);
  program_.step_text.push_back(std::move(text));
}

void PackageCompiler::Classify(const v1::Classify& classify, const Place& place, Step& out) {
  out.kind = StepKind::kClassify;
  out.rows.begin = static_cast<uint32_t>(program_.rows.size());
  for (int i = 0; i < classify.row_size(); ++i) {
    const v1::Classify::Row& row = classify.row(i);
    const Place at = place.Child(row, "row", i);
    Row compiled;
    compiled.when = When(row.has_when(), row.when(), at, "when", /*line_cells=*/true);
    compiled.ratio = Or(ParsePercent(row.selfpay_prop()), at, "selfpay_prop");
    program_.rows.push_back(compiled);
    program_.row_text.push_back(Cite(row.cite(), place, "row", i, at));
  }
  out.rows.end = static_cast<uint32_t>(program_.rows.size());
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
  out.base = Terms(deductible.base(), place, "base", true);
  out.rows = AmountRows(deductible.row(), place, "row");
  if (out.rows.empty()) defects_.Add(place, "row", -1, "a deductible needs rows");
  out.adjusts = AdjustRows(deductible.adjust(), place, /*of_ratio=*/false);
  if (!deductible.already().empty())
    out.accumulator = FenAccumulatorNamed(deductible.already(), place, "already");
  out.limit = CompileLimit(deductible.has_limit(), deductible.limit(), place);
  if (out.accumulator != kNoAccumulator && out.accumulator == out.limit.accumulator) {
    defects_.Add(place, "already", -1,
                 "the limit must use another accumulator, or the amount would be added twice");
  }
}

void PackageCompiler::FundOfStep(v1::Pay::Fund fund, const std::string& fund_pay_type,
                                 const Place& place, Step& out) {
  out.fund = FundOf(fund);
  if (fund == v1::Pay::FUND_UNSPECIFIED)
    defects_.Add(place, "fund", -1, "must be set: HIFP, HIFMI, MAF, ...");
  if (!IsAllDigits(fund_pay_type, 6))
    defects_.Add(place, "fund_pay_type", -1, "six digits, such as \"310100\"");
}

void PackageCompiler::Pay(const v1::Pay& pay, const Place& place, Step& out) {
  out.kind = StepKind::kPay;
  FundOfStep(pay.fund(), pay.fund_pay_type(), place, out);
  out.base = Terms(pay.base(), place, "base", true);
  out.start = Terms(pay.start(), place, "start", false);
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
  out.limit = CompileLimit(pay.has_limit(), pay.limit(), place);
}

Slice PackageCompiler::Bands(const v1::Pay::Row& row, const Place& place) {
  Slice slice{static_cast<uint32_t>(program_.bands.size()), 0};
  if (row.band_size() == 0)
    defects_.Add(place, "band", -1, "a pay row needs bands; one without `to` for a flat ratio");
  int64_t from = 0;
  for (int i = 0; i < row.band_size(); ++i) {
    const v1::Band& band = row.band(i);
    const Place at = place.Child(band, "band", i);
    const bool last = i + 1 == row.band_size();
    if (band.to().empty() != last) {
      defects_.Add(at, "to", -1,
                   "the last band has no `to`, and every other has one; write ratio: \"0%\" where "
                   "nothing is paid");
    }
    const int64_t to = band.to().empty() ? std::numeric_limits<int64_t>::max()
                                         : Or(ParseYuan(band.to()), at, "to").value();
    if (to <= from) defects_.Add(at, "to", -1, "bands must rise");
    program_.bands.push_back({from, to, Or(ParsePercent(band.ratio()), at, "ratio")});
    from = to;
  }
  slice.end = static_cast<uint32_t>(program_.bands.size());
  return slice;
}

void PackageCompiler::Cap(const v1::Cap& cap, const Place& place, const std::string& id,
                          Step& out) {
  out.kind = StepKind::kCap;
  out.base = Terms(cap.base(), place, "base", true);
  out.limit = CompileLimit(cap.has_limit(), cap.limit(), place);
  if (out.limit.rows.empty()) defects_.Add(place, "limit", -1, "a cap needs a limit with rows");
  out.over = NewAmount(id + ".over");
}

void PackageCompiler::Quota(const v1::Quota& quota, const Place& place, Step& out) {
  out.kind = StepKind::kQuota;
  FundOfStep(quota.fund(), quota.fund_pay_type(), place, out);
  if (quota.mode() == v1::Quota::MODE_UNSPECIFIED)
    defects_.Add(place, "mode", -1, "LIMIT or FIXED");
  out.fixed_quota = quota.mode() == v1::Quota::FIXED;
  out.base = Terms(quota.base(), place, "base", true);
  out.rows = AmountRows(quota.row(), place, "row");
  if (out.rows.empty()) defects_.Add(place, "row", -1, "a quota needs rows");
  if (!quota.each_further_baby().empty()) {
    out.each_further_baby = Or(ParseYuan(quota.each_further_baby()), place, "each_further_baby");
  }
}

void PackageCompiler::Accumulate(const v1::Accumulate& accumulate, const Place& place, Step& out) {
  out.kind = StepKind::kAccumulate;
  out.accumulator = AccumulatorNamed(accumulate.accumulator(), place, "accumulator");
  if (out.accumulator == kNoAccumulator) {
    out.accumulator = 0;
    return;
  }
  const bool counts = program_.accumulators[out.accumulator].counts;
  if (counts == (accumulate.of_size() > 0)) {
    defects_.Add(place, "of", -1,
                 counts ? "a counting accumulator gets 1; leave `of` out" : "what is to be added?");
  }
  out.base = Terms(accumulate.of(), place, "of", false);
}

void PackageCompiler::Account(const v1::Account& account, const Place& place, Step& out) {
  out.kind = StepKind::kAccount;
  account_seen_ = true;
  out.base = Terms(account.of(), place, "of", true);
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

// --- Rows

template <typename Rows>
Slice PackageCompiler::AmountRows(const Rows& rows, const Place& parent, absl::string_view field) {
  Slice slice{static_cast<uint32_t>(program_.rows.size()), 0};
  for (int i = 0; i < rows.size(); ++i) {
    const v1::AmountRow& row = rows.Get(i);
    const Place at = parent.Child(row, field, i);
    Row compiled;
    compiled.when = When(row.has_when(), row.when(), at, "when", false);
    compiled.amount = Or(ParseYuan(row.amount()), at, "amount");
    program_.rows.push_back(compiled);
    program_.row_text.push_back(Cite(row.cite(), parent, field, i, at));
  }
  slice.end = static_cast<uint32_t>(program_.rows.size());
  return slice;
}

template <typename Adjusts>
Slice PackageCompiler::AdjustRows(const Adjusts& adjusts, const Place& parent, bool of_ratio) {
  Slice slice{static_cast<uint32_t>(program_.adjusts.size()), 0};
  for (int i = 0; i < adjusts.size(); ++i) {
    if (program_.adjusts.size() >= kMaxAdjusts) {
      defects_.Add(parent, "adjust", i, absl::StrCat("more than ", kMaxAdjusts, " adjust rows"));
      break;
    }
    const v1::Adjust& adjust = adjusts.Get(i);
    const Place at = parent.Child(adjust, "adjust", i);
    yijie::rules::Adjust compiled;
    AdjustRow(adjust, at, of_ratio, compiled);
    program_.adjusts.push_back(compiled);
    program_.adjust_text.push_back(Cite(adjust.cite(), parent, "adjust", i, at));
  }
  slice.end = static_cast<uint32_t>(program_.adjusts.size());
  return slice;
}

void PackageCompiler::AdjustRow(const v1::Adjust& adjust, const Place& place, bool of_ratio,
                                yijie::rules::Adjust& out) {
  using How = yijie::rules::Adjust::How;
  out.when = When(adjust.has_when(), adjust.when(), place, "when", false);
  switch (adjust.how_case()) {
    case v1::Adjust::kPoints:
      out.how = How::kPoints;
      out.ratio = Or(ParsePoints(adjust.points()), place, "points");
      if (!of_ratio)
        defects_.Add(place, "points", -1, "points change a ratio; here stands an amount");
      return;
    case v1::Adjust::kOwnFactor:
      out.how = How::kOwnFactor;
      out.ratio = Or(ParsePercent(adjust.own_factor()), place, "own_factor");
      if (!of_ratio)
        defects_.Add(place, "own_factor", -1, "own_factor changes a ratio; here stands an amount");
      return;
    case v1::Adjust::kFactor:
      out.how = How::kFactor;
      out.ratio = Or(ParsePercent(adjust.factor()), place, "factor");
      return;
    case v1::Adjust::kSet:
      out.how = of_ratio ? How::kSetRatio : How::kSetAmount;
      if (of_ratio) {
        out.ratio = Or(ParsePercent(adjust.set()), place, "set");
      } else {
        out.amount = Or(ParseYuan(adjust.set()), place, "set");
      }
      return;
    case v1::Adjust::HOW_NOT_SET:
      defects_.Add(place, "when", -1, "say how: points, own_factor, factor or set");
  }
}

Limit PackageCompiler::CompileLimit(bool has, const v1::Limit& limit, const Place& parent) {
  Limit out;
  if (!has) return out;
  const Place place = parent.Child(limit, "limit", -1);
  out.rows = AmountRows(limit.row(), place, "row");
  if (out.rows.empty()) defects_.Add(place, "row", -1, "a limit needs rows");
  if (!limit.accumulator().empty())
    out.accumulator = FenAccumulatorNamed(limit.accumulator(), place, "accumulator");
  return out;
}

RowText PackageCompiler::Cite(const std::string& row_cite, const Place& parent,
                              absl::string_view field, int index, const Place& place) {
  RowText text;
  text.cite = row_cite.empty() ? step_cite_ : row_cite;
  text.line = LineOf(parent, field, index);
  text.number = index + 1;
  const std::string source = text.cite.substr(0, text.cite.find(' '));
  const auto grade = grades_.find(source);
  if (text.cite.empty()) {
    defects_.Add(place, "cite", -1, "no citation, neither here nor on the step");
  } else if (grade == grades_.end()) {
    defects_.Add(place, "cite", -1, absl::StrCat("\"", source, "\" is not the id of a source"));
  } else {
    text.grade = grade->second;
    weak_grade_used_ = weak_grade_used_ || (text.grade != "A" && text.grade != "B");
  }
  return text;
}

// --- Conditions and terms

Slice PackageCompiler::When(bool has, const v1::When& when, const Place& parent,
                            absl::string_view field, bool line_cells) {
  Slice slice{static_cast<uint32_t>(program_.conditions.size()), 0};
  if (has) {
    const Place place = parent.Child(when, field, -1);
    const auto* reflection = when.GetReflection();
    for (const CellSpec& spec : CellSpecs()) {
      const auto* descriptor = when.GetDescriptor()->FindFieldByName(spec.field);
      const std::string text = reflection->GetString(when, descriptor);
      if (text.empty() || text == "-") continue;
      if (spec.of_line && !line_cells)
        defects_.Add(place, spec.field, -1, "only a classify step looks at lines");
      absl::StatusOr<Cell> cell = ParseCell(spec, text);
      if (!cell.ok()) {
        defects_.Add(place, spec.field, -1, cell.status().message());
        continue;
      }
      AddCondition(Operand::kFact, static_cast<uint16_t>(spec.fact), *std::move(cell));
    }
    for (int i = 0; i < when.amount_size(); ++i)
      AmountTest(when.amount(i), place.Child(when.amount(i), "amount", i));
  }
  slice.end = static_cast<uint32_t>(program_.conditions.size());
  return slice;
}

void PackageCompiler::AmountTest(const v1::AmountTest& test, const Place& place) {
  Operand operand = Operand::kAmount;
  uint16_t index = 0;
  if (!Resolve(test.of(), place, "of", -1, &operand, &index)) return;
  const bool counts = operand == Operand::kAccumulator && program_.accumulators[index].counts;
  absl::StatusOr<Cell> cell = ParseIntervalCell(test.is(), counts ? ParseCount : ParseFenValue);
  if (!cell.ok()) {
    defects_.Add(place, "is", -1, cell.status().message());
    return;
  }
  AddCondition(operand, index, *std::move(cell));
}

void PackageCompiler::AddCondition(Operand operand, uint16_t index, Cell cell) {
  Condition condition;
  condition.operand = operand;
  condition.index = index;
  condition.test = cell.test;
  condition.negated = cell.negated;
  condition.mask = cell.mask;
  if (cell.test == Condition::Test::kIntervals) {
    condition.values.begin = static_cast<uint32_t>(program_.intervals.size());
    program_.intervals.insert(program_.intervals.end(), cell.intervals.begin(),
                              cell.intervals.end());
    condition.values.end = static_cast<uint32_t>(program_.intervals.size());
  } else if (cell.test == Condition::Test::kSymbols) {
    condition.values.begin = static_cast<uint32_t>(program_.symbols.size());
    program_.symbols.insert(program_.symbols.end(), cell.symbols.begin(), cell.symbols.end());
    condition.values.end = static_cast<uint32_t>(program_.symbols.size());
  }
  program_.conditions.push_back(condition);
}

template <typename Names>
Slice PackageCompiler::Terms(const Names& names, const Place& place, absl::string_view field,
                             bool required) {
  Slice slice{static_cast<uint32_t>(program_.terms.size()), 0};
  if (required && names.empty()) defects_.Add(place, field, -1, "must name at least one amount");
  for (int i = 0; i < names.size(); ++i) {
    absl::string_view name = names.Get(i);
    Term term;
    term.negative = absl::StartsWith(name, "-");
    if (term.negative) name.remove_prefix(1);
    if (Resolve(name, place, field, i, &term.operand, &term.index)) program_.terms.push_back(term);
  }
  slice.end = static_cast<uint32_t>(program_.terms.size());
  return slice;
}

bool PackageCompiler::Resolve(absl::string_view name, const Place& place, absl::string_view field,
                              int index, Operand* operand, uint16_t* out) {
  constexpr absl::string_view kAccumulatorPrefix = "acc:";
  if (absl::StartsWith(name, kAccumulatorPrefix)) {
    const auto found = accumulators_.find(name.substr(kAccumulatorPrefix.size()));
    if (found == accumulators_.end()) {
      defects_.Add(place, field, index,
                   absl::StrCat("\"", name, "\": no such accumulator is declared"));
      return false;
    }
    *operand = Operand::kAccumulator;
    *out = found->second;
    return true;
  }
  const auto found = amounts_.find(name);
  if (found == amounts_.end()) {
    defects_.Add(place, field, index,
                 absl::StrCat("\"", name, "\": no such amount, or its step comes later"));
    return false;
  }
  *operand = Operand::kAmount;
  *out = found->second;
  return true;
}

uint16_t PackageCompiler::AccumulatorNamed(const std::string& name, const Place& place,
                                           absl::string_view field) {
  const auto found = accumulators_.find(name);
  if (found != accumulators_.end()) return found->second;
  defects_.Add(place, field, -1, absl::StrCat("\"", name, "\": no such accumulator is declared"));
  return kNoAccumulator;
}

uint16_t PackageCompiler::FenAccumulatorNamed(const std::string& name, const Place& place,
                                              absl::string_view field) {
  const uint16_t index = AccumulatorNamed(name, place, field);
  if (index != kNoAccumulator && program_.accumulators[index].counts) {
    defects_.Add(place, field, -1,
                 absl::StrCat("\"", name, "\" counts events; here money is needed"));
  }
  return index;
}

}  // namespace

void CompileInto(const yijie::v1::Package& package, const Place& place, Defects& defects,
                 Program& program) {
  PackageCompiler(defects, program).Compile(package, place);
}

}  // namespace yijie::rules
