#ifndef YIJIE_ENGINE_LOAD_SCHEMES_H_
#define YIJIE_ENGINE_LOAD_SCHEMES_H_

#include <array>

#include "absl/strings/string_view.h"

namespace yijie::engine {

// The schemes (险种类型) that are settled: employees, residents, work injury, maternity.
inline constexpr std::array<absl::string_view, 4> kSchemes = {"310", "390", "410", "510"};

// Those a person may be insured in: what is settled, and what pays beside it or has a route of its
// own (proto/yijie/v1/person.proto, Coverage).
inline constexpr std::array<absl::string_view, 12> kInsuredSchemes = {
    "310", "320", "330", "340", "350", "360", "370", "390", "392", "399", "410", "510"};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_SCHEMES_H_
