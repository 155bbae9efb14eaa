#include "engine/inquiry/participation.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/str_format.h"
#include "engine/arrears.h"
#include "engine/insurance_status.h"
#include "engine/receipt.h"
#include "engine/registration/registration_state.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

template <typename Span>
void CopyInForce(const google::protobuf::RepeatedPtrField<Span>& all, const std::string& day,
                 google::protobuf::RepeatedPtrField<Span>* out) {
  for (const Span& span : all) {
    if (Covers(span, day)) *out->Add() = span;
  }
}

bool IsInStay(const Person& person) {
  const auto& stays = person.rest->stays().stay();
  return std::any_of(stays.begin(), stays.end(), [](const yijie::store::v1::Stay& stay) {
    return stay.status() == yijie::store::v1::IN_STAY;
  });
}

Date LastOfMonth(int year, int month) {
  const Date next =
      month == 12 ? Date::FromCivil(year + 1, 1, 1) : Date::FromCivil(year, month + 1, 1);
  return Date(next.days() - 1);
}

std::set<std::string> SchemesOf(const BenefitFacts& facts) {
  std::set<std::string> schemes;
  for (const v1::Coverage& coverage : facts->coverage()) schemes.insert(coverage.insutype());
  return schemes;
}

// The last coverage of the scheme in the days, with the number of days on which it was normal;
// without a month if there is none.
v1::ParticipationMonth CoverageIn(const BenefitFacts& facts, const std::string& insutype,
                                  Date first, Date last) {
  v1::ParticipationMonth month;
  const v1::Coverage* newest = nullptr;
  int normal_days = 0;
  for (Date day = first; day <= last; day = Date(day.days() + 1)) {
    const v1::Coverage* coverage = FindCoverage(facts, insutype, day);
    if (coverage == nullptr) continue;
    newest = coverage;
    if (IsNormal(*coverage)) ++normal_days;
  }
  if (newest == nullptr) return month;
  const Date::Civil civil = first.civil();
  month.set_month(absl::StrFormat("%04d-%02d", civil.year, civil.month));
  month.set_insutype(insutype);
  month.set_insuplc_admdvs(newest->insuplc_admdvs());
  month.set_psn_type(newest->psn_type());
  month.set_psn_insu_stas(newest->psn_insu_stas());
  month.set_normal_days(normal_days);
  return month;
}

// Registrations for care elsewhere that were filed (RegistrationService), beside those of the
// facts.
void AddFiledInForce(const store::v1::PersonRegistrations& registrations, Date day,
                     v1::GetParticipationResponse* response) {
  for (const store::v1::StoredRegistration& stored : registrations.registration()) {
    const v1::FiledRegistration& filed = stored.filed();
    if (!IsValidOn(filed, day)) continue;
    v1::Registration& registration = *response->add_registration();
    registration.set_kind(filed.kind());
    registration.set_admdvs(filed.admdvs());
    registration.set_begndate(filed.begndate());
    registration.set_enddate(filed.cut_off_on().empty() ? filed.enddate() : filed.cut_off_on());
  }
}

}  // namespace

v1::GetParticipationResponse ParticipationOn(const AreaBook& areas, const Person& person,
                                             Date day) {
  const BenefitFacts benefit(areas, *person.facts);
  const v1::PersonFacts& facts = *benefit;
  const std::string iso = FormatDate(day);
  v1::GetParticipationResponse response;
  response.set_psn_no(facts.psn_no());
  response.set_psn_name(MaskName(facts.psn_name()));
  response.set_psn_cert_type(facts.psn_cert_type());
  response.set_certno(MaskNumber(facts.certno()));
  response.set_gend(facts.gend());
  response.set_brdy(facts.brdy());
  response.set_day(iso);
  for (const v1::Coverage& coverage : facts.coverage()) {
    v1::ParticipationSpan* span = response.add_span();
    *span->mutable_coverage() = coverage;
    span->set_in_force(FindCoverage(benefit, coverage.insutype(), day) == &coverage);
  }
  CopyInForce(facts.assistance(), iso, response.mutable_assistance());
  CopyInForce(facts.registration(), iso, response.mutable_registration());
  AddFiledInForce(person.rest->registrations(), day, &response);
  CopyInForce(facts.right(), iso, response.mutable_right());
  CopyInForce(facts.suspension(), iso, response.mutable_suspension());
  response.set_deceased(!facts.death_date().empty() && facts.death_date() <= iso);
  response.set_in_stay(IsInStay(person));
  response.set_version(person.version);
  return response;
}

google::protobuf::RepeatedPtrField<v1::ParticipationMonth> ParticipationByMonth(
    const AreaBook& areas, const v1::PersonFacts& stored, int year, Date through) {
  const BenefitFacts facts(areas, stored);
  google::protobuf::RepeatedPtrField<v1::ParticipationMonth> months;
  for (const std::string& insutype : SchemesOf(facts)) {
    for (int month = 1; month <= through.civil().month; ++month) {
      const Date last =
          std::min(LastOfMonth(year, month), through, [](Date a, Date b) { return a < b; });
      v1::ParticipationMonth row =
          CoverageIn(facts, insutype, Date::FromCivil(year, month, 1), last);
      if (!row.month().empty()) *months.Add() = std::move(row);
    }
  }
  return months;
}

}  // namespace yijie::engine
