#include "engine/area/area_code.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace yijie::engine {

bool IsAreaCode(absl::string_view code) {
  constexpr size_t kDigits = 6;
  return code.size() == kDigits && std::all_of(code.begin(), code.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

absl::string_view AreaStem(absl::string_view area) {
  constexpr size_t kProvince = 2, kCity = 4;
  const bool city = absl::EndsWith(area, "00") || absl::EndsWith(area, "99");
  if (!city) return area;
  const absl::string_view stem = area.substr(0, kCity);
  return absl::EndsWith(stem, "00") || absl::EndsWith(stem, "99") ? stem.substr(0, kProvince)
                                                                  : stem;
}

bool AreaHolds(absl::string_view area, absl::string_view code) {
  return absl::StartsWith(code, AreaStem(area));
}

std::string ProvinceOf(absl::string_view code) { return absl::StrCat(code.substr(0, 2), "0000"); }

}  // namespace yijie::engine
