#include "engine/lint/sketch.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/date.h"
#include "engine/accumulator_codec.h"
#include "rules/evaluate.h"
#include "rules/running_totals.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using rules::Fact;
using rules::Symbol;

constexpr absl::string_view kPersonNo = "LINT0001";
constexpr absl::string_view kInstitution = "H99999900001";
constexpr absl::string_view kInjuryNo = "LINT-INJURY";
// Stands for any disease that the package does not name, where it keeps totals of each.
constexpr absl::string_view kDisease = "LINT-DISEASE";
constexpr int64_t kMaxLineFen = 100'000'000;
constexpr Fact kLineFacts[] = {Fact::kChrgitmLv, Fact::kItemKind, Fact::kPric, Fact::kMedListCodg,
                               Fact::kUnrelated};

bool IsLineFact(Fact fact) {
  return std::find(std::begin(kLineFacts), std::end(kLineFacts), fact) != std::end(kLineFacts);
}

int64_t FactOr(const Sketch& sketch, Fact fact, int64_t otherwise) {
  const auto found = sketch.facts.find(fact);
  return found == sketch.facts.end() ? otherwise : found->second;
}

bool Has(const Sketch& sketch, Fact fact) { return sketch.facts.count(fact) != 0; }

std::string NameOf(int64_t symbol) {
  return std::string(rules::SymbolName(static_cast<Symbol>(symbol)));
}

bool KeepsTotalsOfDiseases(const rules::Program& program) {
  return std::any_of(program.accumulators.begin(), program.accumulators.end(),
                     [](const rules::AccumulatorSpec& spec) { return spec.per_dise_codg; });
}

Date AddDays(Date date, int64_t days) {
  const int64_t sum = std::clamp<int64_t>(date.days() + days, kFirstDate.days(), kLastDate.days());
  return Date(static_cast<int32_t>(sum));
}

// The same day `months` earlier, the 28th at the latest.
Date MonthsBefore(Date date, int64_t months) {
  constexpr int64_t kMonthsOfYear = 12;
  const Date::Civil civil = date.civil();
  const int64_t month = civil.year * kMonthsOfYear + civil.month - 1 - months;
  const int64_t year = std::max<int64_t>(month / kMonthsOfYear, 1900);
  return Date::FromCivil(static_cast<int>(year), static_cast<int>(month % kMonthsOfYear) + 1,
                         std::min(civil.day, 28));
}

absl::string_view PersonTypeCode(int64_t type) {
  switch (static_cast<rules::PersonType>(type)) {
    case rules::PersonType::kInService:
      return "11";
    case rules::PersonType::kRetired:
      return "12";
    case rules::PersonType::kStudentChild:
      return "14";
    case rules::PersonType::kResident:
      return "15";
    case rules::PersonType::kOther:
      return "91";
  }
  return "91";
}

// An institution's area that lies so, seen from `insured`.
std::string CareArea(absl::string_view insured, int64_t place) {
  switch (static_cast<rules::CarePlace>(place)) {
    case rules::CarePlace::kLocal:
      return std::string(insured);
    case rules::CarePlace::kInProvince:
      return absl::StrCat(insured.substr(0, 2), insured.substr(2, 2) == "98" ? "97" : "98", "00");
    case rules::CarePlace::kOutOfProvince:
      return absl::StartsWith(insured, "43") ? "410100" : "430100";
  }
  return std::string(insured);
}

}  // namespace

Sketch SketchOf(const rules::RowSpace& space, const rules::RowSpace::Point& point) {
  constexpr auto kCurrent = static_cast<size_t>(rules::SubAccount::kCurrentYear);
  constexpr auto kPast = static_cast<size_t>(rules::SubAccount::kPastYears);
  Sketch sketch;
  for (size_t d = 0; d < point.size(); ++d) {
    const rules::Dimension& dimension = space.dimensions()[d];
    const int64_t value = dimension.values[point[d]];
    switch (dimension.operand) {
      case rules::Operand::kFact:
        if (!dimension.rights.empty()) {
          for (size_t r = 0; r < dimension.rights.size(); ++r)
            if ((value >> r & 1) != 0) sketch.rights.insert(dimension.rights[r]);
        } else {
          sketch.facts[dimension.spec->fact] = value;
        }
        break;
      case rules::Operand::kAccumulator:
        sketch.totals[dimension.index] = value;
        break;
      case rules::Operand::kSince:
        sketch.since[dimension.index] = value;
        break;
      case rules::Operand::kGiven:
        sketch.given[dimension.index] = value;
        break;
      case rules::Operand::kAmount:
        if (dimension.index == rules::kBalc || dimension.index == rules::kBalcCurrent) {
          sketch.account[kCurrent] = Fen(value);
        } else if (dimension.index == rules::kBalcPast) {
          sketch.account[kPast] = Fen(value);
        } else {
          sketch.wanted_amounts.push_back(value);
        }
        break;
      case rules::Operand::kLiteral:
        break;
    }
  }
  return sketch;
}

Workbench::Workbench(const rules::Program& program) : program_(program), narrow_(program) {
  area_ = program.admdvs.empty() || program.admdvs[0] == "*" ? "999999" : program.admdvs[0];
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(std::make_unique<rules::Program>(program));
  auto book = rules::RuleBook::Build(std::move(programs));
  YIJIE_CHECK(book.ok(), "a package that compiled makes no rule book");
  reference_.policies = *std::move(book);
}

bool Workbench::Run(const Sketch& sketch) {
  case_.Clear();
  if (!ChooseDays(sketch)) return false;
  ChooseBirth(sketch);
  MakeInstitution(sketch);
  MakePerson(sketch);
  MakeClaim(sketch);
  MakeClaimInput(reference_, case_.institution(), person_, case_.claim(), enddate_, &input_);
  if (input_.refusal != v1::SETTLED || !FactsAreAsWanted(sketch)) return false;
  for (size_t i = 0; i < input_.lines.size(); ++i) input_.lines[i].item = &items_[item_of_line_[i]];
  input_.input.lines = input_.lines;
  SetTotals(sketch);
  rules::Evaluate(narrow_.For(input_.input.facts), input_.input, decision_);
  return true;
}

bool Workbench::ChooseDays(const Sketch& sketch) {
  constexpr int64_t kIntoTheYear = 60;
  const bool crosses = FactOr(sketch, Fact::kCrossesYear, 0) != 0;
  const int64_t stay = FactOr(sketch, Fact::kStayDays, crosses ? 10 : 0);
  if (Has(sketch, Fact::kEnddate)) {
    enddate_ = Date(static_cast<int32_t>(sketch.facts.at(Fact::kEnddate)));
  } else if (Has(sketch, Fact::kBegndate)) {
    enddate_ = AddDays(Date(static_cast<int32_t>(sketch.facts.at(Fact::kBegndate))), stay);
    if (program_.version_by != rules::VersionBy::kBegndate)
      enddate_ = std::max(enddate_, program_.valid_from);
  } else if (crosses) {
    enddate_ = AddDays(rules::NextBenefitYearStart(program_, program_.valid_from), stay / 2);
  } else {
    enddate_ = AddDays(program_.valid_from, kIntoTheYear);
    const Date year = rules::BenefitYearStart(program_, enddate_);
    if (stay > enddate_.days() - year.days() || enddate_ > program_.valid_to)
      enddate_ = std::min(AddDays(rules::NextBenefitYearStart(program_, enddate_), stay),
                          program_.valid_to);
  }
  begndate_ = Has(sketch, Fact::kBegndate)
                  ? Date(static_cast<int32_t>(sketch.facts.at(Fact::kBegndate)))
                  : AddDays(enddate_, -stay);
  if (program_.version_by == rules::VersionBy::kBegndate && !Has(sketch, Fact::kBegndate))
    begndate_ = std::min(begndate_, program_.valid_to);
  if (enddate_ < begndate_) return false;
  const bool really = begndate_ < rules::BenefitYearStart(program_, enddate_);
  return !Has(sketch, Fact::kCrossesYear) || really == crosses;
}

void Workbench::ChooseBirth(const Sketch& sketch) {
  constexpr int64_t kUsualAge = 40;
  if (Has(sketch, Fact::kBrdy)) {
    born_ = Date(static_cast<int32_t>(sketch.facts.at(Fact::kBrdy)));
  } else if (Has(sketch, Fact::kAgeDays)) {
    born_ = AddDays(begndate_, -sketch.facts.at(Fact::kAgeDays));
  } else {
    constexpr int64_t kMonthsOfYear = 12;
    born_ = MonthsBefore(begndate_, FactOr(sketch, Fact::kAge, kUsualAge) * kMonthsOfYear);
  }
}

void Workbench::MakeInstitution(const Sketch& sketch) {
  v1::Institution& institution = *case_.mutable_institution();
  const int64_t code = FactOr(sketch, Fact::kFixmedinsCode, 0);
  institution.set_fixmedins_code(code == 0 ? std::string(kInstitution) : NameOf(code));
  institution.set_fixmedins_name("校验用机构");
  institution.set_kind(static_cast<v1::InstitutionKind>(FactOr(sketch, Fact::kKind, v1::HOSPITAL)));
  institution.set_hosp_lv(
      static_cast<v1::HospitalLevel>(FactOr(sketch, Fact::kHospLv, v1::LEVEL_3)));
  institution.set_hosp_grade(
      static_cast<v1::HospitalGrade>(FactOr(sketch, Fact::kHospGrade, v1::GRADE_NONE)));
  institution.set_hosp_place(
      static_cast<v1::HospitalPlace>(FactOr(sketch, Fact::kHospPlace, v1::PLACE_NONE)));
  institution.set_price_class(static_cast<int32_t>(FactOr(sketch, Fact::kPriceClass, 0)));
  institution.set_admdvs(Has(sketch, Fact::kCareAdmdvs)
                             ? absl::StrFormat("%06d", sketch.facts.at(Fact::kCareAdmdvs))
                             : CareArea(area_, FactOr(sketch, Fact::kCarePlace, 0)));
  institution.set_begndate(FormatDate(kFirstDate));
}

void Workbench::MakePerson(const Sketch& sketch) {
  constexpr int64_t kInsuredLong = 3'653;
  v1::PersonFacts& facts = *case_.mutable_person();
  facts.set_psn_no(std::string(kPersonNo));
  facts.set_psn_name("校验用例");
  facts.set_brdy(FormatDate(born_));
  facts.set_cvlserv_flag(FactOr(sketch, Fact::kCvlserv, 0) != 0);
  v1::Coverage& coverage = *facts.add_coverage();
  coverage.set_insutype(std::string(rules::SymbolName(program_.insutype)));
  coverage.set_psn_type(std::string(PersonTypeCode(
      FactOr(sketch, Fact::kPsnType, static_cast<int64_t>(rules::PersonType::kInService)))));
  coverage.set_insuplc_admdvs(area_);
  const Date since = Has(sketch, Fact::kInsuredMonths)
                         ? MonthsBefore(begndate_, sketch.facts.at(Fact::kInsuredMonths))
                         : AddDays(begndate_, -FactOr(sketch, Fact::kInsuredDays, kInsuredLong));
  coverage.set_begndate(FormatDate(since));
  coverage.set_psn_insu_stas("1");
  if (const int64_t gap = FactOr(sketch, Fact::kGapMonths, rules::kNoGap); gap < rules::kNoGap) {
    v1::Coverage& earlier = *facts.add_coverage();
    earlier = coverage;
    const Date gap_begins = MonthsBefore(since, gap);
    earlier.set_begndate(FormatDate(MonthsBefore(gap_begins, 1)));
    earlier.set_enddate(FormatDate(AddDays(gap_begins, -1)));
  }
  if (Has(sketch, Fact::kPaidAgeDays))
    coverage.set_paid_on(FormatDate(AddDays(born_, sketch.facts.at(Fact::kPaidAgeDays))));
  coverage.set_premium_tier(static_cast<int32_t>(FactOr(sketch, Fact::kPremiumTier, 0)));
  coverage.set_contribution_rate_1e6(
      static_cast<int32_t>(FactOr(sketch, Fact::kContributionRate, 0)));
  coverage.set_missed_years(static_cast<int32_t>(FactOr(sketch, Fact::kMissedYears, 0)));
  coverage.set_repaired_years(static_cast<int32_t>(FactOr(sketch, Fact::kRepairedYears, 0)));
  const std::string always = FormatDate(kFirstDate);
  if (const int64_t assistance = FactOr(sketch, Fact::kAssistance, 0); assistance != 0) {
    v1::AssistanceSpan& span = *facts.add_assistance();
    span.set_class_(static_cast<v1::AssistanceClass>(assistance));
    span.set_begndate(always);
  }
  if (FactOr(sketch, Fact::kInjury, 0) == static_cast<int64_t>(rules::Injury::kRecognised))
    facts.add_injury()->set_recognition_no(std::string(kInjuryNo));
  if (const int64_t kind = FactOr(sketch, Fact::kRegistration, 0); kind != 0) {
    v1::Registration& registration = *facts.add_registration();
    registration.set_kind(static_cast<v1::RegistrationKind>(kind));
    registration.set_admdvs(case_.institution().admdvs());
    registration.set_begndate(always);
  }
  for (const Symbol right : sketch.rights) {
    v1::Right& held = *facts.add_right();
    held.set_code(std::string(rules::SymbolName(right)));
    held.set_begndate(always);
  }
  for (const auto& [fact, set] :
       {std::make_pair(Fact::kRetireDate, &v1::PersonFacts::set_retire_date<std::string>),
        std::make_pair(Fact::kWorkDate, &v1::PersonFacts::set_work_date<std::string>)}) {
    const int64_t day = FactOr(sketch, fact, rules::kNoDay);
    if (day != rules::kNoDay) (facts.*set)(FormatDate(Date(static_cast<int32_t>(day))));
  }
  person_ = Person();
  person_.version = 1;
  person_.facts = std::make_shared<v1::PersonFacts>(facts);
  person_.account = sketch.account;
}

void Workbench::MakeClaim(const Sketch& sketch) {
  v1::Claim& claim = *case_.mutable_claim();
  claim.set_psn_no(std::string(kPersonNo));
  claim.set_insutype(std::string(rules::SymbolName(program_.insutype)));
  claim.set_med_type(Has(sketch, Fact::kMedType) ? NameOf(sketch.facts.at(Fact::kMedType))
                                                 : program_.med_type[0]);
  claim.set_begndate(FormatDate(begndate_));
  claim.set_enddate(FormatDate(enddate_));
  claim.set_dise_codg(NameOf(FactOr(sketch, Fact::kDiseCodg, 0)));
  if (claim.dise_codg().empty() && KeepsTotalsOfDiseases(program_))
    claim.set_dise_codg(std::string(kDisease));
  claim.set_emergency(FactOr(sketch, Fact::kEmergency, 0) != 0);
  claim.set_rel_ttp_flag(FactOr(sketch, Fact::kThirdParty, 0) != 0);
  claim.set_advance_flag(FactOr(sketch, Fact::kAdvance, 0) != 0);
  claim.set_transfer(static_cast<v1::TransferKind>(FactOr(sketch, Fact::kTransfer, 0)));
  claim.set_stay_part(static_cast<v1::StayPart>(FactOr(sketch, Fact::kStayPart, 0)));
  claim.mutable_delivery()->set_mode(
      static_cast<v1::DeliveryMode>(FactOr(sketch, Fact::kDelivery, 0)));
  claim.mutable_delivery()->set_fetus_cnt(static_cast<int32_t>(FactOr(sketch, Fact::kFetusCnt, 0)));
  claim.mutable_delivery()->set_geso_weeks(
      static_cast<int32_t>(FactOr(sketch, Fact::kGesoWeeks, 0)));
  claim.mutable_delivery()->set_vbac(FactOr(sketch, Fact::kVbac, 0) != 0);
  claim.mutable_delivery()->set_analgesia(FactOr(sketch, Fact::kAnalgesia, 0) != 0);
  if (FactOr(sketch, Fact::kInjury, 0) != 0) claim.set_injury_no(std::string(kInjuryNo));
  if (sketch.account[0] + sketch.account[1] > Fen(0)) claim.set_acct_used_flag(v1::ACCT_OWN);
  for (uint16_t i = 0; i < program_.given.size(); ++i) {
    constexpr int64_t kUsualFen = 500'000;
    const auto found = sketch.given.find(i);
    const bool money = program_.given[i].holds == rules::Holds::kMoney;
    v1::GivenValue& value = *claim.add_given();
    value.set_name(program_.given[i].name);
    value.set_value(found != sketch.given.end() ? found->second : money ? kUsualFen : 1);
  }
  item_of_line_.clear();
  if (program_.benefit_only) return;
  items_.assign(2, rules::CatalogueItem());
  items_[0].item_class = static_cast<rules::ItemClass>(FactOr(sketch, Fact::kChrgitmLv, 1));
  items_[0].kind = static_cast<rules::ItemKind>(FactOr(sketch, Fact::kItemKind, 1));
  items_[0].code = static_cast<Symbol>(FactOr(sketch, Fact::kMedListCodg, 0));
  if (items_[0].item_class == rules::ItemClass::kB) items_[0].selfpay_prop = Ratio(100'000);
  items_[1].item_class = rules::ItemClass::kB;
  items_[1].kind = items_[0].kind;
  items_[1].selfpay_prop = Ratio(100'000);
  const Fen first = sketch.class_b ? Fen(sketch.bill.value() / 10) : Fen(0);
  if (sketch.class_b) AddLines(sketch, first, 1);
  AddLines(sketch, sketch.bill - first, 0);
  claim.set_medfee_sumamt_fen(sketch.bill.value());
}

void Workbench::AddLines(const Sketch& sketch, Fen amount, size_t item) {
  constexpr int64_t k1e4 = 10'000;
  v1::Claim& claim = *case_.mutable_claim();
  const int64_t price = FactOr(sketch, Fact::kPric, sketch.unit_price.value());
  Fen rest = amount;
  do {
    const Fen part = std::min(rest, Fen(kMaxLineFen));
    v1::FeeLine& line = *claim.add_fee_line();
    item_of_line_.push_back(item);
    line.set_feedetl_sn(absl::StrCat(claim.fee_line_size()));
    line.set_med_list_codg(item == 1 || items_[0].code == Symbol::kNone
                               ? absl::StrCat("LINT-ITEM-", item)
                               : std::string(rules::SymbolName(items_[0].code)));
    line.set_det_item_fee_sumamt_fen(part.value());
    line.set_pric_fen_1e4(price * k1e4);
    line.set_cnt_1e4(price == 0 ? k1e4 : std::max<int64_t>(part.value() * k1e4 / price, 1));
    line.set_unrelated(FactOr(sketch, Fact::kUnrelated, 0) != 0);
    rest -= part;
  } while (rest > Fen(0));
}

bool Workbench::FactsAreAsWanted(const Sketch& sketch) const {
  for (const auto& [fact, value] : sketch.facts) {
    const bool any_other = (fact == Fact::kFixmedinsCode || fact == Fact::kDiseCodg) &&
                           value == static_cast<int64_t>(Symbol::kNone);
    if (IsLineFact(fact) || fact == Fact::kCrossesYear || any_other) continue;
    if (input_.input.facts[fact] != value) return false;
  }
  return true;
}

void Workbench::SetTotals(const Sketch& sketch) {
  person_.accumulators.clear();
  const auto add = [this](uint16_t accumulator, int64_t value) {
    const rules::AccumulatorSpec& spec = program_.accumulators[accumulator];
    person_.accumulators.push_back({rules::KeyFor(program_, spec, input_.input), value});
  };
  for (const auto& [accumulator, value] : sketch.totals)
    if (value != 0) add(accumulator, value);
  for (const auto& [accumulator, days] : sketch.since)
    if (days != rules::kNeverDays) add(accumulator, begndate_.days() - days);
  input_.input.accumulators = person_.accumulators;
}

v1::PolicyCase Workbench::Case() const {
  v1::PolicyCase result = case_;
  for (size_t i = 0; i < items_.size() && !program_.benefit_only; ++i) {
    v1::CatalogueItem item;
    item.set_med_list_codg(items_[i].code == Symbol::kNone
                               ? absl::StrCat("LINT-ITEM-", i)
                               : std::string(rules::SymbolName(items_[i].code)));
    item.set_kind(static_cast<v1::ItemKind>(items_[i].kind));
    item.set_chrgitm_lv(static_cast<v1::ItemClass>(items_[i].item_class));
    item.set_selfpay_prop_1e6(static_cast<int32_t>(items_[i].selfpay_prop.millionths()));
    item.set_begndate(FormatDate(kFirstDate));
    const bool used = std::any_of(
        result.claim().fee_line().begin(), result.claim().fee_line().end(),
        [&item](const v1::FeeLine& line) { return line.med_list_codg() == item.med_list_codg(); });
    if (used) *result.add_catalogue() = item;
  }
  for (const rules::AccumulatorEntry& entry : person_.accumulators)
    ToProto(entry, result.add_before());
  result.set_acct_current_fen(person_.account[0].value());
  result.set_acct_past_fen(person_.account[1].value());
  return result;
}

std::string Workbench::Answer() const {
  const std::string step = program_.step_text[decision_.refused_step].label;
  switch (decision_.verdict) {
    case rules::Verdict::kSettled:
      return absl::StrCat("已结算：费用", FormatYuan(decision_.amount[rules::kMedfeeSumamt]),
                          "元，基金支付", FormatYuan(decision_.fund_pay_sumamt()), "元，个人负担",
                          FormatYuan(decision_.amount[rules::kPsnPartAmt]), "元");
    case rules::Verdict::kExcluded:
    case rules::Verdict::kLacksFigure:
      return absl::StrCat("拒付：", program_.row_text[decision_.refused_row].reason);
    case rules::Verdict::kNoMatchingRow:
      return absl::StrCat("拒付：步骤“", step, "”没有适用的行");
    case rules::Verdict::kTwoRows:
      return absl::StrCat("拒付：步骤“", step, "”有两行同时适用");
    case rules::Verdict::kOutOfRange:
      return absl::StrCat("拒付：步骤“", step, "”算出的数额超出范围");
  }
  return "";
}

}  // namespace yijie::engine
