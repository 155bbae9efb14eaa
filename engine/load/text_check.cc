#include "engine/load/text_check.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "base/check.h"

namespace yijie::engine {
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

constexpr size_t kCardDigits = 17;

}  // namespace

bool IsUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const Sequence sequence = SequenceOf(static_cast<uint8_t>(text[i]));
    if (sequence.length == 0 || text.size() - i < sequence.length) return false;
    for (size_t k = 1; k < sequence.length; ++k) {
      const auto byte = static_cast<uint8_t>(text[i + k]);
      const uint8_t min = k == 1 ? sequence.second_min : uint8_t{0x80};
      const uint8_t max = k == 1 ? sequence.second_max : uint8_t{0xBF};
      if (byte < min || byte > max) return false;
    }
    i += sequence.length;
  }
  return true;
}

char IdentityCardCheckCharacter(absl::string_view digits) {
  YIJIE_CHECK(digits.size() == kCardDigits, "an identity card has 17 digits before its check");
  constexpr std::array<int, kCardDigits> kWeights = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                     3, 7, 9,  10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < kCardDigits; ++i) sum += (digits[i] - '0') * kWeights[i];
  return "10X98765432"[sum % 11];
}

bool IsIdentityCardNumber(absl::string_view number) {
  if (number.size() != kCardDigits + 1) return false;
  const absl::string_view digits = number.substr(0, kCardDigits);
  const bool all_digits = std::all_of(digits.begin(), digits.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  return all_digits && number.back() == IdentityCardCheckCharacter(digits);
}

}  // namespace yijie::engine
