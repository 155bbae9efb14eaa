#ifndef YIJIE_ENGINE_AREA_CHECK_AREA_H_
#define YIJIE_ENGINE_AREA_CHECK_AREA_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "rules/place.h"
#include "rules/program.h"
#include "yijie/v1/area.pb.h"

namespace yijie::engine {

// Every area; as `admdvs` of a file.
inline constexpr absl::string_view kAllAreas = "*";

// The one form in which areas are compared: xxyy00 as xxyy99, xx0000 as xx9900. Six digits or "*".
std::string AreaKey(absl::string_view admdvs);

// Adds a defect for everything that `proto/yijie/v1/area.proto` does not allow in one file. Returns
// where it cites sources of grade D.
std::vector<rules::WeakCitation> CheckArea(const yijie::v1::AreaRules& rules,
                                           const rules::Place& place, rules::Defects& defects);

// Writes the default of every field whose default is not zero into it.
void FillDefaults(yijie::v1::AreaRules& rules);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_AREA_CHECK_AREA_H_
