#include "engine/card/identity_number.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "base/check.h"

namespace yijie::engine {
namespace {

constexpr size_t kDigits = 17;
constexpr int kFirstYear = 1800;  // a sample of the standard was born in 1880

int Number(absl::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

bool IsDayOfTheCalendar(int year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  const int days = kDays[static_cast<size_t>(month - 1)] + (leap && month == 2 ? 1 : 0);
  return day >= 1 && day <= days;
}

}  // namespace

char IdentityCardCheckCharacter(absl::string_view digits) {
  YIJIE_CHECK(digits.size() == kDigits, "an identity number has 17 digits before its check");
  constexpr std::array<int, kDigits> kWeights = {7, 9, 10, 5,  8, 4, 2, 1, 6,
                                                 3, 7, 9,  10, 5, 8, 4, 2};
  int sum = 0;
  for (size_t i = 0; i < kDigits; ++i) sum += (digits[i] - '0') * kWeights[i];
  return "10X98765432"[sum % 11];
}

std::string NormalIdentityNumber(absl::string_view number) {
  if (number.size() != kDigits + 1) return "";
  const absl::string_view digits = number.substr(0, kDigits);
  const bool all_digits = std::all_of(digits.begin(), digits.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (!all_digits) return "";
  const int year = Number(digits.substr(6, 4));
  if (year < kFirstYear ||
      !IsDayOfTheCalendar(year, Number(digits.substr(10, 2)), Number(digits.substr(12, 2))))
    return "";
  const char check = number.back() == 'x' ? 'X' : number.back();
  if (check != IdentityCardCheckCharacter(digits)) return "";
  return std::string(digits) + check;
}

}  // namespace yijie::engine
