#include "engine/area/check_area.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "rules/citations.h"
#include "rules/text_file.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using rules::Place;

constexpr int64_t kWhole1e6 = 1'000'000;
constexpr size_t kMaxPersonTypeDigits = 10;
constexpr size_t kMaxBenefitKindDigits = 6;

// A section of the file: where it stands, and its checks.
class Section {
 public:
  Section(const Place& place, rules::Defects& defects) : place_(place), defects_(defects) {}

  void Within(absl::string_view field, int64_t value, int64_t least, int64_t most) {
    if (value >= least && value <= most) return;
    Defect(field, absl::StrCat(value, " is not within ", least, " and ", most));
  }

  // Values of a repeated enum: none is 0, none is there twice.
  void Distinct(absl::string_view field, const google::protobuf::RepeatedField<int>& values) {
    std::set<int> seen;
    for (int i = 0; i < values.size(); ++i) {
      if (values.Get(i) == 0) defects_.Add(place_, field, i, "must not be UNSPECIFIED");
      if (!seen.insert(values.Get(i)).second) defects_.Add(place_, field, i, "is there twice");
    }
  }

  // `index` of a repeated field.
  void Defect(absl::string_view field, absl::string_view text, int index = -1) {
    defects_.Add(place_, field, index, text);
  }

 private:
  const Place place_;
  rules::Defects& defects_;
};

class AreaChecker {
 public:
  AreaChecker(const Place& file, rules::Defects& defects) : file_(file), defects_(defects) {}

  std::vector<rules::WeakCitation> Check(const v1::AreaRules& rules) {
    Header(rules);
    citations_.AddSources(rules.source(), file_, defects_);
    if (rules.has_card()) Card(rules.card());
    if (rules.has_account()) Account(rules.account());
    if (rules.has_sharing()) Sharing(rules.sharing());
    if (rules.has_stay()) Stay(rules.stay());
    if (rules.has_arrears()) Arrears(rules.arrears());
    if (rules.has_clearing()) Clearing(rules.clearing());
    if (rules.has_reimbursement()) Reimbursement(rules.reimbursement());
    if (rules.has_undo()) Cited(rules.undo(), "undo", -1);
    for (int i = 0; i < rules.route_size(); ++i) Route(rules.route(i), i);
    if (rules.has_registration()) Registration(rules.registration());
    if (rules.has_across()) Across(rules.across());
    citations_.CheckSampleData(rules.sample_data(), file_, defects_);
    return std::move(weak_);
  }

 private:
  void Header(const v1::AreaRules& rules) {
    if (!rules::IsName(rules.id())) defects_.Add(file_, "id", -1, "must be set, of a-z 0-9 - _");
    if (rules.title().empty()) defects_.Add(file_, "title", -1, "must be set");
    Areas(rules);
    const Date begndate = Day("begndate", rules.begndate());
    const Date enddate = rules.enddate().empty() ? kLastDate : Day("enddate", rules.enddate());
    if (enddate < begndate) defects_.Add(file_, "enddate", -1, "before begndate");
    // Any year that is not a leap year: 29 February does not come every year.
    const std::string start = absl::StrCat("2001-", rules.year_start());
    if (!rules.year_start().empty() && !ParseDate(start).ok()) {
      defects_.Add(file_, "year_start", -1,
                   "a month and a day that every year has, such as \"07-01\"");
    }
  }

  void Areas(const v1::AreaRules& rules) {
    if (rules.admdvs().empty()) defects_.Add(file_, "admdvs", -1, "at least one area, or \"*\"");
    std::set<std::string> seen;
    for (int i = 0; i < rules.admdvs_size(); ++i) {
      const std::string& area = rules.admdvs(i);
      if (area != kAllAreas && !rules::IsAllDigits(area, 6)) {
        defects_.Add(file_, "admdvs", i,
                     absl::StrCat("\"", area, "\" is neither six digits nor \"*\""));
      } else if (!seen.insert(AreaKey(area)).second) {
        defects_.Add(file_, "admdvs", i, absl::StrCat("area ", area, " is there twice"));
      }
    }
  }

  Date Day(absl::string_view field, const std::string& text) {
    const absl::StatusOr<Date> day = ParseDate(text);
    if (!day.ok()) defects_.Add(file_, field, -1, day.status().message());
    return day.value_or(Date());
  }

  // The section `field`, after checking that it says where it is from.
  template <typename Message>
  Section Cited(const Message& section, absl::string_view field, int index) {
    const Place place = file_.Child(section, field, index);
    Cites(section, place);
    return Section(place, defects_);
  }

  template <typename Message>
  void Cites(const Message& section, const Place& place) {
    if (section.cite().empty()) defects_.Add(place, "cite", -1, "no citation");
    for (int i = 0; i < section.cite_size(); ++i) {
      if (citations_.GradeOf(section.cite(i), place, i, defects_) == "D")
        weak_.push_back({section.cite(i), rules::LineOf(place, "cite", i)});
    }
  }

  void Card(const v1::CardRules& card) {
    Section section = Cited(card, "card", -1);
    section.Within("wrong_pin_lock", card.wrong_pin_lock(), 0, 20);
    section.Within("wrong_pin_unlocks_lifetime", card.wrong_pin_unlocks_lifetime(), 0, 100);
    section.Within("temporary_loss_days", card.temporary_loss_days(), 0, 365);
    section.Within("temporary_loss_days_bank", card.temporary_loss_days_bank(), 0, 365);
    section.Within("lost_cancel_days", card.lost_cancel_days(), 0, 365);
    if (card.wrong_pin_unlocks_lifetime() > 0 && card.wrong_pin_lock() == 0) {
      section.Defect("wrong_pin_unlocks_lifetime", "of no use without wrong_pin_lock");
    }
  }

  void Account(const v1::AccountRules& account) {
    Section section = Cited(account, "account", -1);
    google::protobuf::RepeatedField<int> purposes;
    for (const v1::AccountRules::Use& use : account.use()) purposes.Add(use.purpose());
    section.Distinct("use", purposes);
    section.Within("current_year_interest_1e6", account.current_year_interest_1e6(), 0, 100'000);
    section.Within("past_years_interest_1e6", account.past_years_interest_1e6(), 0, 100'000);
    const bool interest =
        account.current_year_interest_1e6() != 0 || account.past_years_interest_1e6() != 0;
    if (interest != (account.day_count() != v1::AccountRules::DAY_COUNT_UNSPECIFIED))
      section.Defect("day_count", interest ? "must be set where there is interest"
                                           : "of no use without interest");
  }

  void Sharing(const v1::SharingRules& sharing) {
    Section section = Cited(sharing, "sharing", -1);
    section.Distinct("relation", sharing.relation());
    section.Within("max_accounts_per_settlement", sharing.max_accounts_per_settlement(), 0, 20);
    section.Within("yearly_limit_fen", sharing.yearly_limit_fen(), 0, 100'000'000'000);
  }

  void Stay(const v1::StayRules& stay) {
    Section section = Cited(stay, "stay", -1);
    if (stay.overlapping_stay() == v1::StayRules::ALLOW) {
      section.Defect("overlapping_stay",
                     "FLAG or REFUSE: nobody lies in two hospitals and no one looks at it");
    }
  }

  void Arrears(const v1::ArrearsRules& arrears) {
    Section section = Cited(arrears, "arrears", -1);
    const auto regime = arrears.regime();
    section.Within("suspended_from_month", arrears.suspended_from_month(), 0, 2);
    const bool status_only = regime == v1::ArrearsRules::STATUS_ONLY;
    if (status_only && arrears.suspended_from_month() != 0)
      section.Defect("suspended_from_month", "of no use under STATUS_ONLY");
    const bool in_time = regime == v1::ArrearsRules::GAP_REIMBURSED_IF_PAID_IN_TIME;
    const bool next_day = regime == v1::ArrearsRules::RESTORED_NEXT_DAY;
    const bool continuous = regime == v1::ArrearsRules::CONTINUOUS_IF_PAID_IN_TIME;
    Parameter(section, "order_days", arrears.order_days(), in_time, 1, 365);
    Parameter(section, "restored_in_month", arrears.restored_in_month(), in_time, 1, 12);
    Parameter(section, "back_pay_months", arrears.back_pay_months(), continuous || next_day, 1, 36);
    Parameter(section, "waiting_months", arrears.waiting_months(), next_day, 0, 36);
  }

  // A number that the regime uses or does not.
  static void Parameter(Section& section, absl::string_view field, int64_t value, bool used,
                        int64_t least, int64_t most) {
    if (used) section.Within(field, value, least, most);
    if (!used && value != 0) section.Defect(field, "of no use under this regime");
  }

  void Clearing(const v1::ClearingRules& clearing) {
    Section section = Cited(clearing, "clearing", -1);
    section.Within("quality_deposit_1e6", clearing.quality_deposit_1e6(), 0, 200'000);
    if (clearing.account_part_subject_to_deposit() && clearing.quality_deposit_1e6() == 0)
      section.Defect("account_part_subject_to_deposit", "of no use without a deposit");
  }

  void Reimbursement(const v1::ReimbursementRules& reimbursement) {
    Section section = Cited(reimbursement, "reimbursement", -1);
    section.Within("filing_deadline_months", reimbursement.filing_deadline_months(), 0, 120);
    section.Within("reduction_1e6", reimbursement.reduction_1e6(), 0, kWhole1e6);
    section.Distinct("paper", reimbursement.paper());
  }

  void Route(const v1::Route& route, int index) {
    Section section = Cited(route, "route", index);
    const std::string& insutype = route.insutype();
    const std::string& prefix = route.psn_type_prefix();
    if (route.text().empty()) section.Defect("text", "must be set: it is told to the person");
    if (!insutype.empty() && !rules::IsAllDigits(insutype, 3))
      section.Defect("insutype", "three digits, such as \"340\"");
    if (prefix.size() > kMaxPersonTypeDigits || !rules::IsAllDigits(prefix, prefix.size()))
      section.Defect("psn_type_prefix", "1 to 10 digits");
    if (insutype.empty() && prefix.empty())
      section.Defect("insutype", "this or psn_type_prefix must be set");
  }

  void Registration(const v1::RegistrationRules& registration) {
    Section section = Cited(registration, "registration", -1);
    section.Distinct("kind", registration.kind());
    // 0 is the default of 6.
    if (registration.temporary_months() != 0)
      section.Within("temporary_months", registration.temporary_months(), 6, 60);
    section.Within("change_lock_months", registration.change_lock_months(), 0, 6);
    section.Within("work_injury_long_term_months", registration.work_injury_long_term_months(), 0,
                   60);
    section.Within("work_injury_referral_months", registration.work_injury_referral_months(), 0,
                   60);
    const bool late = registration.late_filing() == v1::RegistrationRules::BEFORE_SETTLEMENT;
    if (registration.late_counts_when_reimbursed() && !late)
      section.Defect("late_counts_when_reimbursed", "of no use under BEFORE_ADMISSION");
    for (int i = 0; i < registration.exempt_admdvs_size(); ++i) {
      const std::string& area = registration.exempt_admdvs(i);
      if (!rules::IsAllDigits(area, 6))
        section.Defect("exempt_admdvs", absl::StrCat("\"", area, "\" is not six digits"), i);
    }
  }

  void Across(const v1::CrossRules& across) {
    const bool maternity = across.maternity_settled() || !across.maternity_text().empty();
    if (maternity || !across.cite().empty()) {
      Section section = Cited(across, "across", -1);
      if (across.maternity_settled() && !across.maternity_text().empty())
        section.Defect("maternity_text", "of no use where maternity is settled");
    }
    const Place place = file_.Child(across, "across", -1);
    for (int i = 0; i < across.refusal_size(); ++i) Refusal(across.refusal(i), place, i);
  }

  void Refusal(const v1::CrossRules::Refusal& refusal, const Place& across, int index) {
    const Place place = across.Child(refusal, "refusal", index);
    Section section(place, defects_);
    Cites(refusal, place);
    if (refusal.text().empty()) section.Defect("text", "must be set: it is told to the person");
    if (refusal.insutype().empty() && refusal.med_type().empty())
      section.Defect("insutype", "this or med_type must be set");
    if (!refusal.insutype().empty() && !rules::IsAllDigits(refusal.insutype(), 3))
      section.Defect("insutype", "three digits, such as \"340\"");
    for (int i = 0; i < refusal.med_type_size(); ++i) {
      const std::string& med_type = refusal.med_type(i);
      if (med_type.empty() || med_type.size() > kMaxBenefitKindDigits ||
          !rules::IsAllDigits(med_type, med_type.size()))
        section.Defect("med_type", "1 to 6 digits", i);
    }
  }

  const Place& file_;
  rules::Defects& defects_;
  rules::Citations citations_;
  std::vector<rules::WeakCitation> weak_;
};

// Validity of temporary kinds: 医保发〔2022〕22号.
void FillRegistration(v1::RegistrationRules& registration) {
  constexpr int32_t kTemporary = 6;
  if (registration.kind().empty()) {
    for (const auto kind : {v1::LONG_TERM, v1::REFERRAL, v1::EMERGENCY, v1::TEMPORARY})
      registration.add_kind(kind);
  }
  if (registration.temporary_months() == 0) registration.set_temporary_months(kTemporary);
}

}  // namespace

std::string AreaKey(absl::string_view admdvs) {
  if (absl::EndsWith(admdvs, "0000")) return absl::StrCat(admdvs.substr(0, 2), "9900");
  const bool province = absl::EndsWith(admdvs, "9900");
  if (!province && absl::EndsWith(admdvs, "00")) return absl::StrCat(admdvs.substr(0, 4), "99");
  return std::string(admdvs);
}

std::vector<rules::WeakCitation> CheckArea(const v1::AreaRules& rules, const Place& place,
                                           rules::Defects& defects) {
  return AreaChecker(place, defects).Check(rules);
}

void FillDefaults(v1::AreaRules& rules) {
  if (rules.year_start().empty()) rules.set_year_start("01-01");
  if (rules.account().use().empty()) {
    rules.mutable_account()->add_use()->set_purpose(v1::AccountRules::OWN_SHARE);
  }
  v1::StayRules& stay = *rules.mutable_stay();
  if (stay.outpatient_during_stay() == v1::StayRules::HANDLING_UNSPECIFIED)
    stay.set_outpatient_during_stay(v1::StayRules::FLAG);
  if (stay.purchase_during_stay() == v1::StayRules::HANDLING_UNSPECIFIED)
    stay.set_purchase_during_stay(v1::StayRules::FLAG);
  if (stay.overlapping_stay() == v1::StayRules::HANDLING_UNSPECIFIED)
    stay.set_overlapping_stay(v1::StayRules::REFUSE);
  if (rules.reimbursement().paper().empty()) {
    for (const auto paper :
         {v1::ReimbursementRules::RECEIPT, v1::ReimbursementRules::FEE_LIST,
          v1::ReimbursementRules::DIAGNOSIS, v1::ReimbursementRules::MEDICAL_RECORD}) {
      rules.mutable_reimbursement()->add_paper(paper);
    }
  }
  FillRegistration(*rules.mutable_registration());
}

}  // namespace yijie::engine
