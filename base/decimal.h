#ifndef YIJIE_BASE_DECIMAL_H_
#define YIJIE_BASE_DECIMAL_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace yijie {

// Reads a non-negative decimal exactly: "12.5" with 4 decimals -> 125000. Digits, then optionally a
// point and 1 to `decimals` digits. Refuses signs, blanks, exponents, more decimals, and anything
// above `max` (in the scaled unit).
absl::StatusOr<int64_t> ParseDecimal(absl::string_view text, int decimals, int64_t max);

}  // namespace yijie

#endif  // YIJIE_BASE_DECIMAL_H_
