#include "engine/claim_input.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "engine/account/account_rules.h"
#include "engine/area/area_code.h"
#include "engine/area/care_place.h"
#include "engine/arrears.h"
#include "engine/insurance_status.h"
#include "engine/load/schemes.h"
#include "engine/registration/registered_care.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using rules::Fact;

rules::PersonType PersonTypeOf(absl::string_view psn_type) {
  const absl::string_view group = psn_type.substr(0, 2);
  if (group == "11") return rules::PersonType::kInService;
  if (group == "12") return rules::PersonType::kRetired;
  if (group == "14") return rules::PersonType::kStudentChild;
  if (group == "15" || group == "16" || group == "17" || group == "18")
    return rules::PersonType::kResident;
  return rules::PersonType::kOther;
}

v1::AssistanceClass AssistanceOn(const v1::PersonFacts& facts, Date day) {
  for (const v1::AssistanceSpan& span : facts.assistance()) {
    if (Covers(span, day)) return span.class_();
  }
  return v1::ASSISTANCE_NONE;
}

rules::Injury InjuryOf(const v1::PersonFacts& facts, const std::string& injury_no) {
  if (injury_no.empty()) return rules::Injury::kNone;
  const bool recognised = std::any_of(
      facts.injury().begin(), facts.injury().end(),
      [&](const v1::InjuryRecognition& injury) { return injury.recognition_no() == injury_no; });
  return recognised ? rules::Injury::kRecognised : rules::Injury::kNotRecognised;
}

// First day of the unbroken normal coverage in the scheme that `coverage` continues.
Date InsuredSince(const v1::PersonFacts& facts, const v1::Coverage& coverage) {
  Date since = StoredDay(coverage.begndate());
  bool found = true;
  while (found) {
    found = false;
    for (const v1::Coverage& other : facts.coverage()) {
      if (other.insutype() != coverage.insutype() || !IsNormal(other) || other.enddate().empty() ||
          StoredDay(other.enddate()).days() + 1 != since.days()) {
        continue;
      }
      since = StoredDay(other.begndate());
      found = true;
    }
  }
  return since;
}

int64_t WholeMonths(Date from, Date to) {
  constexpr int64_t kMonthsOfYear = 12;
  const Date::Civil a = from.civil();
  const Date::Civil b = to.civil();
  return (b.year - a.year) * kMonthsOfYear + b.month - a.month - (b.day < a.day ? 1 : 0);
}

// Months begun without normal coverage in the scheme before `since`.
int64_t GapMonths(const v1::PersonFacts& facts, absl::string_view insutype, Date since) {
  int64_t gap = rules::kNoGap;
  for (const v1::Coverage& earlier : facts.coverage()) {
    if (earlier.insutype() != insutype || !IsNormal(earlier) || earlier.enddate().empty() ||
        StoredDay(earlier.enddate()) >= since) {
      continue;
    }
    const Date from(StoredDay(earlier.enddate()).days() + 1);
    const bool whole = from.civil().day == since.civil().day;
    gap = std::min(gap, WholeMonths(from, since) + (whole ? 0 : 1));
  }
  return gap;
}

int64_t DayOrNone(absl::string_view day) {
  return day.empty() ? rules::kNoDay : StoredDay(day).days();
}

void SetCoverageFacts(const v1::PersonFacts& person, const v1::Coverage& coverage, Date begndate,
                      rules::Facts* facts) {
  const Date since = InsuredSince(person, coverage);
  facts->Set(Fact::kInsuredDays, begndate.days() - since.days());
  facts->Set(Fact::kInsuredMonths, WholeMonths(since, begndate));
  facts->Set(Fact::kGapMonths, GapMonths(person, coverage.insutype(), since));
  facts->Set(Fact::kMissedYears, coverage.missed_years());
  facts->Set(Fact::kRepairedYears, coverage.repaired_years());
  facts->Set(Fact::kPremiumTier, coverage.premium_tier());
  facts->Set(Fact::kContributionRate, coverage.contribution_rate_1e6());
  if (!coverage.paid_on().empty()) {
    const int64_t age_days = StoredDay(coverage.paid_on()).days() - StoredDay(person.brdy()).days();
    facts->Set(Fact::kPaidAgeDays, std::max<int64_t>(age_days, 0));
  }
}

void SetPersonFacts(const v1::PersonFacts& person, const v1::Coverage& coverage,
                    const v1::Claim& claim, const v1::Institution& institution, Date begndate,
                    rules::Facts* facts) {
  facts->SetEnum(Fact::kPsnType, PersonTypeOf(coverage.psn_type()));
  const Date born = StoredDay(person.brdy());
  facts->Set(Fact::kAge, WholeYears(born, begndate));
  facts->Set(Fact::kAgeDays, begndate.days() - born.days());
  facts->Set(Fact::kBrdy, born.days());
  facts->Set(Fact::kRetireDate, DayOrNone(person.retire_date()));
  facts->Set(Fact::kWorkDate, DayOrNone(person.work_date()));
  SetCoverageFacts(person, coverage, begndate, facts);
  facts->SetEnum(Fact::kAssistance, AssistanceOn(person, begndate));
  facts->Set(Fact::kCvlserv, person.cvlserv_flag() ? 1 : 0);
  facts->SetEnum(Fact::kInjury, InjuryOf(person, claim.injury_no()));
  facts->SetEnum(Fact::kCarePlace, CarePlaceOf(coverage.insuplc_admdvs(), institution.admdvs()));
}

void SetInstitutionFacts(const v1::Institution& institution, rules::Symbol code,
                         rules::Facts* facts) {
  facts->SetEnum(Fact::kKind, institution.kind());
  facts->SetEnum(Fact::kHospLv, institution.hosp_lv());
  facts->SetEnum(Fact::kHospGrade, institution.hosp_grade());
  facts->SetEnum(Fact::kHospPlace, institution.hosp_place());
  facts->Set(Fact::kPriceClass, institution.price_class());
  facts->SetEnum(Fact::kFixmedinsCode, code);
  int64_t admdvs = 0;
  if (absl::SimpleAtoi(institution.admdvs(), &admdvs)) facts->Set(Fact::kCareAdmdvs, admdvs);
}

void SetClaimFacts(const v1::Claim& claim, rules::Symbol med_type, Date begndate, Date enddate,
                   rules::Facts* facts) {
  facts->SetEnum(Fact::kMedType, med_type);
  facts->Set(Fact::kEmergency, claim.emergency() ? 1 : 0);
  facts->Set(Fact::kThirdParty, claim.rel_ttp_flag() ? 1 : 0);
  facts->SetEnum(Fact::kDelivery, claim.delivery().mode());
  facts->Set(Fact::kFetusCnt, claim.delivery().fetus_cnt());
  facts->Set(Fact::kGesoWeeks, claim.delivery().geso_weeks());
  facts->Set(Fact::kVbac, claim.delivery().vbac() ? 1 : 0);
  facts->Set(Fact::kAnalgesia, claim.delivery().analgesia() ? 1 : 0);
  facts->SetEnum(Fact::kTransfer, claim.transfer());
  facts->SetEnum(Fact::kStayPart, claim.stay_part());
  facts->Set(Fact::kAdvance, claim.advance_flag() ? 1 : 0);
  facts->Set(Fact::kStayDays, enddate.days() - begndate.days());
  facts->Set(Fact::kBegndate, begndate.days());
  facts->Set(Fact::kEnddate, enddate.days());
}

rules::ClaimDays DaysOf(const v1::Claim& claim, Date begndate, Date enddate, Date received) {
  rules::ClaimDays days;
  days.begndate = begndate;
  days.enddate = enddate;
  days.filed = claim.filed_on().empty() ? received : StoredDay(claim.filed_on());
  // ISO days compare as text.
  const std::string& otherwise = claim.enddate().empty() ? claim.begndate() : claim.enddate();
  absl::string_view first = otherwise;
  absl::string_view last = claim.begndate();
  for (const v1::FeeLine& fee : claim.fee_line()) {
    const std::string& day = fee.fee_ocur_date().empty() ? otherwise : fee.fee_ocur_date();
    first = std::min<absl::string_view>(first, day);
    last = std::max<absl::string_view>(last, day);
  }
  days.first_fee = StoredDay(first);
  days.last_fee = StoredDay(last);
  return days;
}

// Why no package answers.
std::string NoPolicyReason(const v1::Claim& claim, const std::string& insuplc_admdvs,
                           const rules::ClaimDays& days, const rules::RuleBook::Match& match) {
  if (!match.seam) {
    return absl::StrCat("统筹区", insuplc_admdvs, "险种", claim.insutype(), "医疗类别",
                        claim.med_type(), "在", FormatDate(days.enddate), "无适用政策表");
  }
  return absl::StrCat("费用发生日期", FormatDate(days.first_fee), "至", FormatDate(days.last_fee),
                      "跨越政策版本，请办理中途结算：", FormatDate(*match.seam),
                      "之前的费用与该日起的费用分开结算");
}

Date DayOf(const v1::FeeLine& fee, Date enddate) {
  return fee.fee_ocur_date().empty() ? enddate : StoredDay(fee.fee_ocur_date());
}

// Names the first fee of after the institution's agreement (服务协议), where the area pays to its
// last day only; empty if there is none.
std::string LateFee(const v1::StayRules& rules, const v1::Institution& institution,
                    const v1::Claim& claim, Date enddate) {
  if (institution.enddate().empty() || rules.agreement_end() == v1::StayRules::UNTIL_DISCHARGE)
    return "";
  const Date last = StoredDay(institution.enddate());
  for (int i = 0; i < claim.fee_line_size(); ++i) {
    if (DayOf(claim.fee_line(i), enddate) <= last) continue;
    return absl::StrCat("定点医药机构服务协议在", institution.enddate(),
                        "终止，之后的费用基金不予支付，不得列入：费用明细",
                        claim.fee_line(i).feedetl_sn(), "（fee_line[", i, "].fee_ocur_date）");
  }
  return "";
}

// An item as the catalogue of another place has it. A code that no table here names is no symbol.
rules::CatalogueItem ItemOf(const v1::FeeLine& fee, const v1::LineClass& line_class) {
  rules::CatalogueItem item;
  item.code = rules::FindSymbol(fee.med_list_codg()).value_or(rules::Symbol::kNone);
  item.kind = static_cast<rules::ItemKind>(line_class.kind());
  item.item_class = static_cast<rules::ItemClass>(line_class.chrgitm_lv());
  item.selfpay_prop = Ratio(line_class.selfpay_prop_1e6());
  item.price_limit = Fen(line_class.pric_uplmt_fen());
  return item;
}

rules::Line LineOf(const v1::FeeLine& fee, Date enddate) {
  rules::Line line;
  line.cnt_1e4 = fee.cnt_1e4();
  line.pric_fen_1e4 = fee.pric_fen_1e4();
  line.amount = Fen(fee.det_item_fee_sumamt_fen());
  line.outside_restriction = fee.outside_restriction();
  line.unrelated = fee.unrelated();
  line.day = DayOf(fee, enddate);
  return line;
}

// Items are judged by the catalogue of the place of care, on the day of each fee.
void MakeLines(const Reference& reference, const CareSide& care, const v1::Claim& claim,
               rules::Symbol insutype, Date enddate, ClaimInput* out) {
  out->lines.clear();
  out->lines.reserve(static_cast<size_t>(claim.fee_line_size()));
  std::vector<rules::Catalogue::Wanted> wanted;
  wanted.reserve(static_cast<size_t>(claim.fee_line_size()));
  if (care.line_class != nullptr) out->items.reserve(static_cast<size_t>(claim.fee_line_size()));
  for (int i = 0; i < claim.fee_line_size(); ++i) {
    const v1::FeeLine& fee = claim.fee_line(i);
    rules::Line line = LineOf(fee, enddate);
    if (care.line_class == nullptr) {
      wanted.push_back({fee.med_list_codg(), line.day});
    } else if (care.line_class->Get(i).chrgitm_lv() != v1::ITEM_CLASS_UNSPECIFIED) {
      line.item = &out->items.emplace_back(ItemOf(fee, care.line_class->Get(i)));
    }
    out->lines.push_back(line);
  }
  if (care.line_class != nullptr) return;
  const rules::Symbol care_admdvs = rules::Intern(care.institution.admdvs());
  reference.catalogue.FindAll(insutype, care_admdvs, absl::MakeSpan(wanted));
  for (size_t i = 0; i < wanted.size(); ++i) out->lines[i].item = wanted[i].found;
}

void Refuse(v1::Outcome outcome, std::string reason, ClaimInput* out) {
  out->refusal = outcome;
  out->reason = std::move(reason);
}

// Whether the account may pay the owner's share of a bill on the day `received`; what may not be
// used is taken out of the input of `claim`. A frozen or ended account pays nothing and the claim
// is settled in cash.
bool AllowAccount(const Reference& reference, const Person& person, Date received,
                  ClaimInput* claim) {
  if (person.balance() == Fen(0)) return true;
  const store::v1::PersonAccount& account = person.rest->account();
  if (account.ended() || IsFrozen(account, received)) return false;
  const v1::Coverage* const coverage = AccountCoverage(*claim->facts, received);
  const bool same_area =
      coverage != nullptr && coverage->insuplc_admdvs() == claim->coverage->insuplc_admdvs();
  const v1::AreaRules& area =
      same_area ? claim->area.On(received) : AccountAreaRules(reference, coverage, received);
  const v1::AccountRules::Use* const use = FindUse(area.account(), v1::AccountRules::OWN_SHARE);
  if (use == nullptr) return false;
  if (use->past_years_only())
    claim->input.account[static_cast<size_t>(rules::SubAccount::kCurrentYear)] = Fen(0);
  return true;
}

// The right INSURED_330 of a coverage in scheme 330; none for what is no scheme.
rules::Symbol InsuredIn(absl::string_view insutype) {
  static const auto* const kRights = [] {
    auto* rights = new std::array<rules::Symbol, kInsuredSchemes.size()>;
    std::transform(
        kInsuredSchemes.begin(), kInsuredSchemes.end(), rights->begin(),
        [](absl::string_view scheme) { return rules::Intern(absl::StrCat("INSURED_", scheme)); });
    return rights;
  }();
  const auto found = std::find(kInsuredSchemes.begin(), kInsuredSchemes.end(), insutype);
  return found == kInsuredSchemes.end()
             ? rules::Symbol::kNone
             : (*kRights)[static_cast<size_t>(found - kInsuredSchemes.begin())];
}

// Codes of what the person holds on `day`, and INSURED_330 for each scheme with normal coverage.
// One that no table asks for was never interned and matches nothing.
void FindRights(const v1::PersonFacts& facts, Date day, std::vector<rules::Symbol>* rights) {
  for (const v1::Right& right : facts.right()) {
    if (!Covers(right, day)) continue;
    if (const auto code = rules::FindSymbol(right.code())) rights->push_back(*code);
  }
  for (const v1::Coverage& coverage : facts.coverage()) {
    if (IsNormal(coverage) && Covers(coverage, day))
      rights->push_back(InsuredIn(coverage.insutype()));
  }
}

// Person numbers are of an area: who has the number here may not be who is meant. Not asked below
// the city.
bool IsInsuredIn(const std::string& claimed, const v1::Coverage& coverage) {
  constexpr size_t kProvinceDigits = 2, kCityDigits = 4;
  const std::string& insured = coverage.insuplc_admdvs();
  const size_t digits = IsMunicipality(insured) ? kProvinceDigits : kCityDigits;
  return claimed.empty() || claimed.compare(0, digits, insured, 0, digits) == 0 ||
         AreaHolds(claimed, insured);
}

std::string NotNormalReason(const v1::Claim& claim, const v1::Coverage& coverage) {
  return absl::StrCat(claim.begndate(), "参保状态为", coverage.psn_insu_stas(), "，非正常参保");
}

// Whether any step of the package has a fund pay.
bool PaysFromFunds(const rules::Program& program) {
  return std::any_of(program.step_text.begin(), program.step_text.end(),
                     [](const rules::StepText& step) { return !step.fund_pay_type.empty(); });
}

// The numbers the package declares, in its order. The name of the first that the claim lacks or
// that the package does not ask for; empty if all is well.
std::string MakeGiven(const rules::Program& program, const v1::Claim& claim,
                      std::vector<int64_t>* given) {
  for (const rules::Given& wanted : program.given) {
    const auto found = std::find_if(
        claim.given().begin(), claim.given().end(),
        [&wanted](const v1::GivenValue& value) { return value.name() == wanted.name; });
    if (found == claim.given().end()) return absl::StrCat(wanted.label, "（", wanted.name, "）");
    given->push_back(found->value());
  }
  if (claim.given_size() == static_cast<int>(program.given.size())) return "";
  for (const v1::GivenValue& value : claim.given()) {
    const bool asked =
        std::any_of(program.given.begin(), program.given.end(),
                    [&value](const rules::Given& wanted) { return value.name() == wanted.name; });
    if (!asked) return value.name();
  }
  return "";
}

}  // namespace

void ClaimInput::Clear() {
  refusal = v1::SETTLED;
  reason.clear();
  facts.reset();
  coverage = nullptr;
  area = AreaBook::Around();
  program = nullptr;
  admdvs.clear();
  input = rules::Input();
  lines.clear();
  items.clear();
  rights.clear();
  given.clear();
}

void ClassifyLines(const Reference& reference, absl::string_view care_admdvs,
                   const v1::Claim& claim, google::protobuf::RepeatedPtrField<v1::LineClass>* out) {
  const rules::Symbol insutype = rules::FindSymbol(claim.insutype()).value_or(rules::Symbol::kNone);
  const rules::Symbol admdvs = rules::FindSymbol(care_admdvs).value_or(rules::Symbol::kNone);
  const Date enddate = StoredDay(claim.enddate().empty() ? claim.begndate() : claim.enddate());
  for (const v1::FeeLine& fee : claim.fee_line()) {
    v1::LineClass* line_class = out->Add();
    const rules::CatalogueItem* item =
        reference.catalogue.Find(fee.med_list_codg(), insutype, admdvs, DayOf(fee, enddate));
    if (item == nullptr) continue;
    line_class->set_chrgitm_lv(static_cast<v1::ItemClass>(item->item_class));
    line_class->set_kind(static_cast<v1::ItemKind>(item->kind));
    line_class->set_selfpay_prop_1e6(static_cast<int32_t>(item->selfpay_prop.millionths()));
    line_class->set_pric_uplmt_fen(item->price_limit.value());
  }
}

void MakeClaimInput(const Reference& reference, const CareSide& care, const Person& person,
                    const v1::Claim& claim, Date received, ClaimInput* out) {
  out->Clear();
  const v1::Institution& institution = care.institution;
  const Date begndate = StoredDay(claim.begndate());
  const Date enddate = claim.enddate().empty() ? begndate : StoredDay(claim.enddate());
  if (!Covers(institution, begndate)) {
    return Refuse(v1::INSTITUTION_NOT_IN_FORCE,
                  absl::StrCat("定点医药机构服务协议在", claim.begndate(), "未生效或已终止"), out);
  }
  const BenefitFacts& benefit = out->facts.emplace(*reference.areas, *person.facts);
  const v1::PersonFacts& facts = *benefit;
  const v1::Coverage* coverage = FindCoverage(benefit, claim.insutype(), begndate);
  if (coverage == nullptr) {
    return Refuse(v1::NOT_INSURED,
                  absl::StrCat(claim.begndate(), "无险种", claim.insutype(), "的参保关系"), out);
  }
  if (!care.taken_in && !IsInsuredIn(claim.insuplc_admdvs(), *coverage)) {
    return Refuse(v1::NOT_INSURED, absl::StrCat("该人员在", claim.insuplc_admdvs(), "没有参保关系"),
                  out);
  }
  out->coverage = coverage;
  out->admdvs = coverage->insuplc_admdvs();
  out->area = reference.areas->FindAround(out->admdvs);
  const bool normal = IsNormal(*coverage);
  const bool account_usable =
      IsSuspended(*coverage) && out->area.On(begndate).account().frozen_pool_account_usable();
  if (!normal && !account_usable)
    return Refuse(v1::COVERAGE_NOT_NORMAL, NotNormalReason(claim, *coverage), out);
  const rules::ClaimDays days = DaysOf(claim, begndate, enddate, received);
  const rules::RuleBook::Match match = reference.policies->Find(
      coverage->insuplc_admdvs(), claim.insutype(), claim.med_type(), days);
  if (!normal && (match.program == nullptr || PaysFromFunds(*match.program))) {
    return Refuse(v1::COVERAGE_NOT_NORMAL,
                  absl::StrCat(NotNormalReason(claim, *coverage),
                               "；统筹支付冻结期间，个人账户只可用于不动用基金的结算"),
                  out);
  }
  if (match.program == nullptr) {
    return Refuse(v1::NO_POLICY, NoPolicyReason(claim, coverage->insuplc_admdvs(), days, match),
                  out);
  }
  std::string late_fee;
  if (!care.taken_in)
    late_fee = LateFee(out->area.On(begndate).stay(), institution, claim, enddate);
  if (!late_fee.empty()) return Refuse(v1::CLAIM_INCOMPLETE, std::move(late_fee), out);
  // Of another place it comes from a peer, who may name as many as it likes.
  const std::optional<rules::Symbol> code = care.line_class == nullptr
                                                ? rules::Intern(institution.fixmedins_code())
                                                : rules::TryIntern(institution.fixmedins_code());
  if (!code) return Refuse(v1::INSTITUTION_NOT_IN_FORCE, "参保地无法登记该定点医药机构", out);
  out->program = match.program;
  rules::Input& input = out->input;
  input.insutype = match.program->insutype;
  input.institution = *code;
  // Past the limit of the symbol table an unknown disease is none: it then matches no row that asks
  // for one.
  input.dise_codg = rules::TryIntern(claim.dise_codg()).value_or(rules::Symbol::kNone);
  input.facts.SetEnum(Fact::kDiseCodg, input.dise_codg);
  input.begndate = begndate;
  input.enddate = enddate;
  SetInstitutionFacts(institution, input.institution, &input.facts);
  SetPersonFacts(facts, *coverage, claim, institution, begndate, &input.facts);
  input.facts.SetEnum(Fact::kRegistration,
                      RegistrationOf({facts, person.rest->registrations(),
                                      out->area.On(begndate).registration(), claim, out->admdvs,
                                      institution.admdvs(), begndate, enddate, care.reimbursed}));
  SetClaimFacts(claim, match.med_type, begndate, enddate, &input.facts);
  MakeLines(reference, care, claim, input.insutype, enddate, out);
  input.lines = out->lines;
  FindRights(facts, begndate, &out->rights);
  input.rights = out->rights;
  const std::string missing = MakeGiven(*match.program, claim, &out->given);
  if (!missing.empty()) {
    return Refuse(v1::CLAIM_INCOMPLETE,
                  absl::StrCat("申报数据与政策表", match.program->id, "不符：", missing), out);
  }
  input.given = out->given;
  input.accumulators = person.accumulators;
  input.account = person.account;
  if (claim.acct_used_flag() == v1::ACCT_NOT_USED) return;
  // Relatives may pay where the own account may not.
  const bool own = AllowAccount(reference, person, received, out);
  if (!own) input.account = {};
  input.account_allowed = own || claim.acct_used_flag() == v1::ACCT_FAMILY;
}

}  // namespace yijie::engine
