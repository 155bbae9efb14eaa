#include "engine/load/text_check.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "base/check.h"

namespace yijie::engine {
namespace {

constexpr size_t kCardDigits = 17;

}  // namespace

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
