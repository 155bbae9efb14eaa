#include "engine/registration/registration_transactions.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/area/care_place.h"
#include "engine/arrears.h"
#include "engine/insurance_status.h"
#include "engine/queries.h"
#include "engine/registration/registration_state.h"
#include "engine/stored_day.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::StoredRegistration;
using v1::FiledRegistration;

constexpr int kMaxRegistrations = 500;
constexpr absl::string_view kManualRoute = "费用由个人先行垫付，凭票据到参保地经办机构手工报销";

// Why something is not done, and what stands in its way.
struct Refusal {
  v1::RegistrationOutcome outcome = v1::REGISTRATION_FILED;
  std::string reason;
  FiledRegistration other;
  std::string settled_setl_id;
};

// --- Leaves

Date DayOr(const std::string& day, Date otherwise) {
  return day.empty() ? otherwise : StoredDay(day);
}

Date DayBefore(Date day) { return Date(day.days() - 1); }

// The last day of so many months from `first` on.
Date LastOfMonths(Date first, int months) { return DayBefore(AddMonths(first, months)); }

// The relation that a registration of medical care, or of work injury, is under; nullptr if none is
// in force.
const v1::Coverage* FindRelation(const BenefitFacts& facts, bool work_injury, Date day) {
  constexpr std::array<absl::string_view, 2> kMedical = {"310", "390"};
  if (work_injury) {
    const v1::Coverage* found = FindCoverage(facts, kWorkInjuryScheme, day);
    return found != nullptr && IsNormal(*found) ? found : nullptr;
  }
  for (const absl::string_view scheme : kMedical) {
    const v1::Coverage* found = FindCoverage(facts, scheme, day);
    if (found != nullptr && IsNormal(*found)) return found;
  }
  return nullptr;
}

bool IsOffered(const v1::RegistrationRules& rules, v1::RegistrationKind kind) {
  return std::find(rules.kind().begin(), rules.kind().end(), kind) != rules.kind().end();
}

// What a hospital may file.
bool MayBeFiledByHospital(v1::RegistrationKind kind) {
  return kind == v1::REFERRAL || kind == v1::EMERGENCY;
}

// Months of validity: the least of medical care, the most of work injury. 0: no end is asked for.
int MonthsOf(const v1::RegistrationRules& rules, const FiledRegistration& filed) {
  if (filed.work_injury())
    return filed.kind() == v1::LONG_TERM ? rules.work_injury_long_term_months()
                                         : rules.work_injury_referral_months();
  return filed.kind() == v1::LONG_TERM ? 0 : rules.temporary_months();
}

const StoredRegistration* FindNumber(const Person& person, absl::string_view registration_no) {
  const auto& kept = person.rest->registrations().registration();
  const auto found = std::find_if(kept.begin(), kept.end(), [&](const StoredRegistration& each) {
    return each.filed().registration_no() == registration_no;
  });
  return found == kept.end() ? nullptr : &*found;
}

// --- Checks. Nothing: it may go on.

std::optional<Refusal> CheckPlaceAndKind(const v1::RegistrationRules& rules,
                                         const v1::Coverage& relation,
                                         const FiledRegistration& filed) {
  if (!IsOffered(rules, filed.kind()) ||
      (filed.filer() == v1::FILED_BY_HOSPITAL && !MayBeFiledByHospital(filed.kind()))) {
    return Refusal{
        v1::REGISTRATION_KIND_NOT_OFFERED, "参保地不办理此类备案，或此类备案不由医院办理", {}, ""};
  }
  const std::string& insured = relation.insuplc_admdvs();
  if (CarePlaceOf(insured, filed.admdvs()) == rules::CarePlace::kLocal)
    return Refusal{v1::REGISTRATION_NOT_NEEDED, "就医地在参保统筹区内，无需备案", {}, ""};
  if (!filed.work_injury() && IsRegistrationExempt(rules, insured, filed.admdvs()))
    return Refusal{v1::REGISTRATION_NOT_NEEDED, "参保地规定到该地就医无需备案，直接结算", {}, ""};
  if (filed.by_commitment() && rules.no_commitment())
    return Refusal{
        v1::REGISTRATION_NEEDS_PAPERS, "参保地不办理承诺备案，请携带备案材料办理", {}, ""};
  return std::nullopt;
}

// Gives `filed` its last day, if it has none.
std::optional<Refusal> CheckValidity(const v1::RegistrationRules& rules, FiledRegistration* filed) {
  const int months = MonthsOf(rules, *filed);
  if (months == 0) return std::nullopt;
  const Date last = LastOfMonths(StoredDay(filed->begndate()), months);
  if (filed->enddate().empty()) filed->set_enddate(FormatDate(last));
  const Date asked = StoredDay(filed->enddate());
  if (filed->work_injury() && asked > last) {
    return Refusal{v1::REGISTRATION_TOO_LONG,
                   absl::StrCat("工伤异地就医备案有效期最长", months, "个月，至", FormatDate(last)),
                   {},
                   ""};
  }
  if (!filed->work_injury() && asked < last) {
    return Refusal{v1::REGISTRATION_TOO_SHORT,
                   absl::StrCat("备案有效期不少于", months, "个月，至", FormatDate(last)),
                   {},
                   ""};
  }
  return std::nullopt;
}

bool Meet(const FiledRegistration& a, const FiledRegistration& b) {
  return StoredDay(a.begndate()) <= LastValidDay(b) && StoredDay(b.begndate()) <= LastValidDay(a);
}

// One valid place of a kind at a time, unless the area gives several; one registration of a place.
std::optional<Refusal> CheckOthers(const v1::RegistrationRules& rules, const Person& person,
                                   const FiledRegistration& filed, absl::string_view leaving) {
  for (const StoredRegistration& stored : person.rest->registrations().registration()) {
    const FiledRegistration& other = stored.filed();
    if (other.kind() != filed.kind() || other.work_injury() != filed.work_injury() ||
        other.registration_no() == leaving || !Meet(other, filed))
      continue;
    const bool same = other.admdvs() == filed.admdvs();
    if (!same && rules.several_places()) continue;
    return Refusal{v1::REGISTRATION_PLACE_TAKEN,
                   same ? absl::StrCat("已有该地的同类备案", other.registration_no())
                        : absl::StrCat("已有同类备案", other.registration_no(), "，就医地",
                                       other.admdvs(), "：请变更就医地或先撤销"),
                   other, ""};
  }
  return std::nullopt;
}

// A hospital changes only what it filed itself.
std::optional<Refusal> CheckStanding(const v1::MessageHeader& header, v1::RegistrationFiler filer,
                                     const StoredRegistration* stored, Date today) {
  if (stored == nullptr) return Refusal{v1::REGISTRATION_NOT_FOUND, "无此备案", {}, ""};
  const FiledRegistration& filed = stored->filed();
  if (filer == v1::FILED_BY_HOSPITAL && filed.filer_code() != header.fixmedins_code())
    return Refusal{v1::REGISTRATION_OF_ANOTHER_FILER, "该备案不是本机构办理的", {}, ""};
  if (LastValidDay(filed) < std::max(today, StoredDay(filed.begndate())))
    return Refusal{v1::REGISTRATION_OVER, "该备案已失效", filed, ""};
  return std::nullopt;
}

// The lock is the person's; the agency may put right what was filed wrongly.
std::optional<Refusal> CheckLock(const v1::RegistrationRules& rules, v1::RegistrationFiler filer,
                                 const FiledRegistration& filed, Date today) {
  if (filed.kind() != v1::LONG_TERM || filed.work_injury() || filer == v1::FILED_BY_AGENCY)
    return std::nullopt;
  const Date free = AddMonths(StoredDay(filed.begndate()), rules.change_lock_months());
  if (rules.change_lock_months() == 0 || today >= free) return std::nullopt;
  return Refusal{v1::REGISTRATION_LOCKED,
                 absl::StrCat("长期备案自生效起", rules.change_lock_months(),
                              "个月内不得变更或撤销，", FormatDate(free), "起可办理"),
                 filed, ""};
}

// A settlement that stands, of care that the registration would be for, on or after its first day.
absl::StatusOr<std::optional<Refusal>> CheckSettled(
    const Reference& reference, const std::vector<storage::PersonVersion>& history,
    const Person& person, const FiledRegistration& filed) {
  for (const storage::PersonVersion& version : history) {
    YIJIE_ASSIGN_OR_RETURN(const store::v1::PersonEvent event, ParseEvent(version));
    if (!event.has_settled() || person.ReversedBy(version.version) != 0) continue;
    const store::v1::SettledEvent& settled = event.settled();
    const std::string& code =
        settled.bill_institution().empty() ? event.fixmedins_code() : settled.bill_institution();
    const v1::Institution* here = reference.FindInstitution(code);
    const std::string care = settled.has_cross() ? settled.cross().bill().institution().admdvs()
                             : here == nullptr   ? ""
                                                 : here->admdvs();
    if (care.empty() || !IsSamePlace(filed.admdvs(), care)) continue;
    if ((settled.insutype() == kWorkInjuryScheme) != filed.work_injury()) continue;
    YIJIE_ASSIGN_OR_RETURN(const v1::Claim claim, StoredClaim(event));
    const std::string& last = claim.enddate().empty() ? claim.begndate() : claim.enddate();
    if (last < filed.begndate()) continue;
    return Refusal{v1::REGISTRATION_AFTER_SETTLEMENT,
                   absl::StrCat(claim.begndate(), "至", last, "的就医已结算（", settled.setl_id(),
                                "），结算后补办的备案不改变该结算：", kManualRoute,
                                "；此后的就医请自今日起备案"),
                   {},
                   settled.setl_id()};
  }
  return std::optional<Refusal>();
}

std::optional<Refusal> CheckBackdated(const v1::RegistrationRules& rules,
                                      const FiledRegistration& filed) {
  const bool late = filed.begndate() < filed.filed_on();
  if (!late) return std::nullopt;
  if (!filed.work_injury() && rules.late_filing() == v1::RegistrationRules::BEFORE_SETTLEMENT)
    return std::nullopt;
  return Refusal{v1::REGISTRATION_BACKDATED,
                 absl::StrCat("备案自办理之日起生效，不能补办此前的就医：", kManualRoute),
                 {},
                 ""};
}

// --- Replies

Effect Refuse(Refusal refusal, const Person& person) {
  v1::RegistrationResponse response;
  response.set_outcome(refusal.outcome);
  response.set_reason(refusal.reason);
  if (!refusal.other.registration_no().empty())
    *response.mutable_registration() = std::move(refusal.other);
  response.set_settled_setl_id(refusal.settled_setl_id);
  response.set_version(person.version);
  Effect effect = Answer(response.SerializeAsString(), refusal.outcome);
  if (refusal.outcome == v1::REGISTRATION_OF_ANOTHER_FILER) {
    effect.refused = RefusedRight{person.facts->psn_no(), "",
                                  v1::RegistrationOutcome_Name(refusal.outcome), refusal.reason};
  }
  return effect;
}

// What an act leaves: `changed` come into the state, the last of them is answered.
absl::StatusOr<Effect> Book(const v1::MessageHeader& header, const std::string& request_bytes,
                            std::vector<StoredRegistration> changed, const Person& person,
                            const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "psn_no"));
  Booking booking(person, header, request_bytes, now);
  store::v1::RegistrationEvent& event = *booking.event().mutable_registration();
  for (StoredRegistration& each : changed) *event.add_registration() = std::move(each);
  FoldRegistrations(event, booking.state().mutable_registrations());
  v1::RegistrationResponse response;
  response.set_outcome(v1::REGISTRATION_FILED);
  *response.mutable_registration() = event.registration(event.registration_size() - 1).filed();
  if (event.registration_size() > 1) *response.mutable_before() = event.registration(0).filed();
  response.set_version(booking.next().version);
  return std::move(booking).Finish(response.SerializeAsString(), v1::REGISTRATION_FILED);
}

// --- A new one

StoredRegistration Numbered(FiledRegistration filed, const Person& person, const Moment& now) {
  const Date::Civil day = now.day.civil();
  constexpr int kYear = 10'000, kMonth = 100;
  filed.set_registration_no(
      absl::StrCat("BA", day.year * kYear + day.month * kMonth + day.day, "-", person.version + 1));
  StoredRegistration stored;
  *stored.mutable_filed() = std::move(filed);
  stored.set_time_unix_ms(now.unix_ms);
  return stored;
}

absl::Status CheckRoom(const Person& person) {
  if (person.rest->registrations().registration_size() < kMaxRegistrations) return absl::OkStatus();
  return absl::ResourceExhaustedError("psn_no: the person has too many registrations");
}

// What all new ones are asked, moved or not; `leaving` is the number of one that ends by it.
std::optional<Refusal> CheckNew(const Reference& reference, const Person& person,
                                absl::string_view leaving, Date today, FiledRegistration* filed) {
  const BenefitFacts facts(*reference.areas, *person.facts);
  const v1::Coverage* relation =
      FindRelation(facts, filed->work_injury(), StoredDay(filed->begndate()));
  if (relation == nullptr) {
    return Refusal{v1::REGISTRATION_NOT_INSURED,
                   absl::StrCat(filed->begndate(), "无正常的",
                                filed->work_injury() ? "工伤保险" : "基本医疗保险", "参保关系"),
                   {},
                   ""};
  }
  if (filed->work_injury() && person.facts->injury().empty())
    return Refusal{v1::REGISTRATION_NO_INJURY, "没有工伤认定，认定后备案", {}, ""};
  const v1::RegistrationRules& rules =
      reference.areas->Find(relation->insuplc_admdvs(), today).registration();
  if (auto refusal = CheckPlaceAndKind(rules, *relation, *filed)) return refusal;
  if (auto refusal = CheckValidity(rules, filed)) return refusal;
  if (auto refusal = CheckBackdated(rules, *filed)) return refusal;
  return CheckOthers(rules, person, *filed, leaving);
}

const v1::RegistrationRules& RulesOfPerson(const Reference& reference, const Person& person,
                                           bool work_injury, Date today) {
  const BenefitFacts facts(*reference.areas, *person.facts);
  const v1::Coverage* relation = FindRelation(facts, work_injury, today);
  return relation == nullptr
             ? AreaBook::Default().registration()
             : reference.areas->Find(relation->insuplc_admdvs(), today).registration();
}

StoredRegistration CutOff(StoredRegistration stored, Date last, const Moment& now) {
  stored.mutable_filed()->set_cut_off_on(FormatDate(last));
  stored.set_cut_off_time_unix_ms(now.unix_ms);
  return stored;
}

}  // namespace

absl::StatusOr<Effect> Register(const Reference& reference, const v1::RegisterRequest& request,
                                const std::string& request_bytes,
                                const std::vector<storage::PersonVersion>& history,
                                const Person& person, const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckRoom(person));
  FiledRegistration filed;
  filed.set_kind(request.kind());
  filed.set_long_term_reason(request.long_term_reason());
  filed.set_admdvs(RegisteredPlace(request.admdvs()));
  filed.set_begndate(FormatDate(DayOr(request.begndate(), now.day)));
  filed.set_enddate(request.enddate());
  filed.set_work_injury(request.work_injury());
  filed.set_by_commitment(request.by_commitment());
  filed.set_papers_owed(request.by_commitment());
  filed.set_filer(request.filer());
  filed.set_filer_code(request.header().fixmedins_code());
  filed.set_filed_on(FormatDate(now.day));
  if (auto refusal = CheckNew(reference, person, "", now.day, &filed))
    return Refuse(*std::move(refusal), person);
  if (filed.begndate() < filed.filed_on()) {
    YIJIE_ASSIGN_OR_RETURN(auto refusal, CheckSettled(reference, history, person, filed));
    if (refusal) return Refuse(*std::move(refusal), person);
  }
  return Book(request.header(), request_bytes, {Numbered(std::move(filed), person, now)}, person,
              now);
}

absl::StatusOr<Effect> ChangeRegistration(const Reference& reference,
                                          const v1::ChangeRegistrationRequest& request,
                                          const std::string& request_bytes, const Person& person,
                                          const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckRoom(person));
  const StoredRegistration* old = FindNumber(person, request.registration_no());
  if (auto refusal = CheckStanding(request.header(), request.filer(), old, now.day))
    return Refuse(*std::move(refusal), person);
  const v1::RegistrationRules& rules =
      RulesOfPerson(reference, person, old->filed().work_injury(), now.day);
  if (auto refusal = CheckLock(rules, request.filer(), old->filed(), now.day))
    return Refuse(*std::move(refusal), person);
  FiledRegistration filed = old->filed();
  filed.clear_cut_off_on();
  filed.set_admdvs(RegisteredPlace(request.admdvs()));
  if (filed.admdvs() == old->filed().admdvs()) {
    return Refuse({v1::REGISTRATION_PLACE_TAKEN, "备案的就医地已是该地", old->filed(), ""}, person);
  }
  const Date first = DayOr(request.begndate(), now.day);
  filed.set_begndate(FormatDate(first));
  filed.set_enddate(request.enddate());
  filed.set_filer(request.filer());
  filed.set_filer_code(request.header().fixmedins_code());
  filed.set_filed_on(FormatDate(now.day));
  if (auto refusal = CheckNew(reference, person, request.registration_no(), now.day, &filed))
    return Refuse(*std::move(refusal), person);
  std::vector<StoredRegistration> changed;
  changed.push_back(CutOff(*old, DayBefore(first), now));
  changed.push_back(Numbered(std::move(filed), person, now));
  return Book(request.header(), request_bytes, std::move(changed), person, now);
}

absl::StatusOr<Effect> CancelRegistration(const Reference& reference,
                                          const v1::CancelRegistrationRequest& request,
                                          const std::string& request_bytes, const Person& person,
                                          const Moment& now) {
  const StoredRegistration* old = FindNumber(person, request.registration_no());
  if (auto refusal = CheckStanding(request.header(), request.filer(), old, now.day))
    return Refuse(*std::move(refusal), person);
  const v1::RegistrationRules& rules =
      RulesOfPerson(reference, person, old->filed().work_injury(), now.day);
  if (auto refusal = CheckLock(rules, request.filer(), old->filed(), now.day))
    return Refuse(*std::move(refusal), person);
  return Book(request.header(), request_bytes, {CutOff(*old, DayBefore(now.day), now)}, person,
              now);
}

absl::StatusOr<Effect> SupplyRegistrationPapers(const v1::SupplyRegistrationPapersRequest& request,
                                                const std::string& request_bytes,
                                                const Person& person, const Moment& now) {
  const StoredRegistration* old = FindNumber(person, request.registration_no());
  if (old == nullptr) return Refuse({v1::REGISTRATION_NOT_FOUND, "无此备案", {}, ""}, person);
  if (!old->filed().papers_owed())
    return Refuse({v1::REGISTRATION_OWES_NO_PAPERS, "该备案不欠材料", old->filed(), ""}, person);
  StoredRegistration supplied = *old;
  supplied.mutable_filed()->set_papers_owed(false);
  supplied.set_papers_time_unix_ms(now.unix_ms);
  return Book(request.header(), request_bytes, {std::move(supplied)}, person, now);
}

}  // namespace yijie::engine
