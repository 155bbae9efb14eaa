#include "base/utf8.h"

#include <cstddef>
#include <cstdint>

namespace yijie {
namespace {

// Bytes of a UTF-8 sequence by its first byte, and the bounds of the second byte, which exclude
// overlong forms, surrogates and what is above U+10FFFF. Length 0: cannot begin a sequence.
struct Sequence {
  size_t length;
  uint8_t second_min, second_max;
};

Sequence SequenceOf(uint8_t first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xC2) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

size_t FirstNotUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const Sequence sequence = SequenceOf(static_cast<uint8_t>(text[i]));
    if (sequence.length == 0 || text.size() - i < sequence.length) return i;
    for (size_t k = 1; k < sequence.length; ++k) {
      const auto byte = static_cast<uint8_t>(text[i + k]);
      const uint8_t min = k == 1 ? sequence.second_min : uint8_t{0x80};
      const uint8_t max = k == 1 ? sequence.second_max : uint8_t{0xBF};
      if (byte < min || byte > max) return i;
    }
    i += sequence.length;
  }
  return absl::string_view::npos;
}

std::string WithoutBadBytes(absl::string_view text) {
  std::string result(text);
  for (size_t bad = FirstNotUtf8(result); bad != absl::string_view::npos;
       bad = FirstNotUtf8(result)) {
    result[bad] = '?';
  }
  return result;
}

}  // namespace yijie
