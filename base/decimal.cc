#include "base/decimal.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace yijie {

absl::StatusOr<int64_t> ParseDecimal(absl::string_view text, int decimals, int64_t max) {
  const auto refuse = [text](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" ", why));
  };
  int64_t value = 0;
  int fraction_digits = -1;  // -1: before the point
  bool any = false;
  for (const char c : text) {
    if (c == '.' && any && fraction_digits < 0) {
      fraction_digits = 0;
      continue;
    }
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c)))
      return refuse("is not a plain decimal number");
    if (fraction_digits >= 0 && ++fraction_digits > decimals) {
      return refuse(absl::StrCat("has more than ", decimals, " decimals"));
    }
    any = true;
    const int digit = c - '0';
    if (digit > max || value > (max - digit) / 10) return refuse("is too large");
    value = value * 10 + digit;
  }
  if (!any || fraction_digits == 0) return refuse("is not a plain decimal number");
  for (int i = fraction_digits < 0 ? 0 : fraction_digits; i < decimals; ++i) {
    if (value > max / 10) return refuse("is too large");
    value *= 10;
  }
  if (value > max) return refuse("is too large");
  return value;
}

}  // namespace yijie
