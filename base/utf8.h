#ifndef YIJIE_BASE_UTF8_H_
#define YIJIE_BASE_UTF8_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace yijie {

// Length of the longest beginning that is well-formed UTF-8 (RFC 3629): no overlong forms, no
// surrogates, nothing above U+10FFFF.
size_t Utf8Prefix(absl::string_view text);

inline bool IsUtf8(absl::string_view text) { return Utf8Prefix(text) == text.size(); }

// For messages that quote what was refused: every bad byte becomes '?'.
std::string WithoutBadBytes(absl::string_view text);

}  // namespace yijie

#endif  // YIJIE_BASE_UTF8_H_
