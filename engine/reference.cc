#include "engine/reference.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace yijie::engine {
namespace {

// The digits that all codes of an area share.
absl::string_view StemOf(absl::string_view area) {
  constexpr size_t kProvince = 2, kCity = 4;
  const bool city = absl::EndsWith(area, "00") || absl::EndsWith(area, "99");
  if (!city) return area;
  const absl::string_view stem = area.substr(0, kCity);
  return absl::EndsWith(stem, "00") || absl::EndsWith(stem, "99") ? stem.substr(0, kProvince)
                                                                  : stem;
}

}  // namespace

bool Reference::IsElsewhere(absl::string_view admdvs) const {
  return !own_areas.empty() &&
         std::none_of(own_areas.begin(), own_areas.end(), [admdvs](const std::string& own) {
           return absl::StartsWith(admdvs, StemOf(own));
         });
}

}  // namespace yijie::engine
