#include "base/utf8.h"

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

// Length of the sequence at `text`; 0 if it is none.
size_t LengthOfFirst(absl::string_view text) {
  const Sequence sequence = SequenceOf(static_cast<uint8_t>(text[0]));
  if (text.size() < sequence.length) return 0;
  for (size_t k = 1; k < sequence.length; ++k) {
    const auto byte = static_cast<uint8_t>(text[k]);
    const uint8_t min = k == 1 ? sequence.second_min : uint8_t{0x80};
    const uint8_t max = k == 1 ? sequence.second_max : uint8_t{0xBF};
    if (byte < min || byte > max) return 0;
  }
  return sequence.length;
}

}  // namespace

size_t Utf8Prefix(absl::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const size_t length = LengthOfFirst(text.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return i;
}

std::string WithoutBadBytes(absl::string_view text) {
  std::string result(text);
  for (size_t bad = Utf8Prefix(result); bad < result.size(); bad = Utf8Prefix(result))
    result[bad] = '?';
  return result;
}

}  // namespace yijie
