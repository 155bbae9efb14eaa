#ifndef YIJIE_ENGINE_AREA_AREA_CODE_H_
#define YIJIE_ENGINE_AREA_AREA_CODE_H_

// Codes of areas (医保区划), six digits: a province xx0000 or xx9900, a city xxyy00 or xxyy99, else
// a county (GB/T 2260 and the convention beside it).

#include <string>

#include "absl/strings/string_view.h"

namespace yijie::engine {

bool IsAreaCode(absl::string_view code);

// The digits that the codes of all parts of an area share: 2 of a province, 4 of a city, 6 of a
// county. `area` is a code.
absl::string_view AreaStem(absl::string_view area);

// Whether `code` is `area` or a part of it.
bool AreaHolds(absl::string_view area, absl::string_view code);

// The province of a code, xx0000.
std::string ProvinceOf(absl::string_view code);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_AREA_AREA_CODE_H_
