#include "engine/area/care_place.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "engine/area/area_code.h"

namespace yijie::engine {
namespace {

// Whether `province` is the code of a province's own institutions and `city` that of its capital,
// which by GB/T 2260 is its first city.
bool IsSeatedIn(absl::string_view province, absl::string_view city) {
  return absl::EndsWith(province, "9900") && absl::StartsWith(absl::ClippedSubstr(city, 2), "01");
}

}  // namespace

bool IsMunicipality(absl::string_view admdvs) {
  const absl::string_view province = admdvs.substr(0, 2);
  return province == "11" || province == "12" || province == "31" || province == "50";
}

rules::CarePlace CarePlaceOf(absl::string_view insured_admdvs, absl::string_view care_admdvs) {
  if (insured_admdvs.substr(0, 2) != care_admdvs.substr(0, 2))
    return rules::CarePlace::kOutOfProvince;
  if (IsMunicipality(insured_admdvs) || insured_admdvs.substr(0, 4) == care_admdvs.substr(0, 4) ||
      IsSeatedIn(insured_admdvs, care_admdvs) || IsSeatedIn(care_admdvs, insured_admdvs)) {
    return rules::CarePlace::kLocal;
  }
  return rules::CarePlace::kInProvince;
}

bool IsRegistrationExempt(const yijie::v1::RegistrationRules& registration,
                          absl::string_view insured_admdvs, absl::string_view care_admdvs) {
  const rules::CarePlace place = CarePlaceOf(insured_admdvs, care_admdvs);
  if (place == rules::CarePlace::kInProvince && registration.in_province_exempt()) return true;
  return place != rules::CarePlace::kLocal &&
         std::any_of(registration.exempt_admdvs().begin(), registration.exempt_admdvs().end(),
                     [&](const std::string& area) { return AreaHolds(area, care_admdvs); });
}

}  // namespace yijie::engine
