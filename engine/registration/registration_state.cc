#include "engine/registration/registration_state.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/area/care_place.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

using store::v1::StoredRegistration;
namespace v1 = yijie::v1;

constexpr size_t kProvince = 2;
constexpr size_t kCity = 4;

}  // namespace

std::string RegisteredPlace(absl::string_view admdvs) {
  return IsMunicipality(admdvs) ? absl::StrCat(admdvs.substr(0, kProvince), "9900")
                                : absl::StrCat(admdvs.substr(0, kCity), "99");
}

bool IsWiderThanACity(absl::string_view admdvs) {
  if (IsMunicipality(admdvs)) return false;
  const absl::string_view city = admdvs.substr(kProvince, kCity - kProvince);
  return city == "00" || city == "99";
}

bool IsSamePlace(absl::string_view registered_admdvs, absl::string_view care_admdvs) {
  const size_t digits = IsMunicipality(registered_admdvs) ? kProvince : kCity;
  return absl::StartsWith(care_admdvs, registered_admdvs.substr(0, digits));
}

Date LastValidDay(const v1::FiledRegistration& filed) {
  const Date last = filed.enddate().empty() ? kLastDate : StoredDay(filed.enddate());
  return filed.cut_off_on().empty() ? last : std::min(last, StoredDay(filed.cut_off_on()));
}

bool IsValidOn(const v1::FiledRegistration& filed, Date day) {
  return StoredDay(filed.begndate()) <= day && day <= LastValidDay(filed);
}

void FoldRegistrations(const store::v1::RegistrationEvent& event,
                       store::v1::PersonRegistrations* registrations) {
  for (const StoredRegistration& each : event.registration()) {
    auto& kept = *registrations->mutable_registration();
    const auto found = std::find_if(kept.begin(), kept.end(), [&](const StoredRegistration& one) {
      return one.filed().registration_no() == each.filed().registration_no();
    });
    (found == kept.end() ? *kept.Add() : *found) = each;
  }
}

store::v1::PersonRegistrations RegistrationsKnown(
    const store::v1::PersonRegistrations& registrations, int64_t unix_ms) {
  store::v1::PersonRegistrations then;
  for (const StoredRegistration& each : registrations.registration()) {
    if (each.time_unix_ms() > unix_ms) continue;
    StoredRegistration& copy = *then.add_registration();
    copy = each;
    if (each.cut_off_time_unix_ms() > unix_ms) copy.mutable_filed()->clear_cut_off_on();
    if (each.papers_time_unix_ms() > unix_ms) copy.mutable_filed()->set_papers_owed(true);
  }
  return then;
}

}  // namespace yijie::engine
