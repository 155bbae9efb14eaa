#ifndef YIJIE_BASE_UTF8_H_
#define YIJIE_BASE_UTF8_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace yijie {

// Where the text stops being well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing
// above U+10FFFF); npos if it nowhere does.
size_t FirstNotUtf8(absl::string_view text);

inline bool IsUtf8(absl::string_view text) { return FirstNotUtf8(text) == absl::string_view::npos; }

// For messages that quote what was refused: every bad byte becomes '?'.
std::string WithoutBadBytes(absl::string_view text);

}  // namespace yijie

#endif  // YIJIE_BASE_UTF8_H_
