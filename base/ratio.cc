#include "base/ratio.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/decimal.h"

namespace yijie {
namespace {

enum class Mode : uint8_t { kHalfUp, kTrunc, kHalfEven, kCeil };

__int128 Divide(__int128 exact, __int128 unit, Mode mode) {
  const __int128 quotient = exact / unit;
  const __int128 rest = exact % unit;
  switch (mode) {
    case Mode::kTrunc:
      return quotient;
    case Mode::kCeil:
      return quotient + (rest != 0 ? 1 : 0);
    case Mode::kHalfUp:
      return quotient + (2 * rest >= unit ? 1 : 0);
    case Mode::kHalfEven:
      return quotient + (2 * rest > unit || (2 * rest == unit && quotient % 2 == 1) ? 1 : 0);
  }
  return quotient;
}

}  // namespace

Fen RoundTo(__int128 exact, __int128 one_fen, Rounding rounding) {
  YIJIE_CHECK(exact >= 0, "rounding a negative amount");
  const __int128 one_yuan = 100 * one_fen;
  __int128 fen = 0;
  switch (rounding) {
    case Rounding::kFenHalfUp:
      fen = Divide(exact, one_fen, Mode::kHalfUp);
      break;
    case Rounding::kFenTrunc:
      fen = Divide(exact, one_fen, Mode::kTrunc);
      break;
    case Rounding::kFenHalfEven:
      fen = Divide(exact, one_fen, Mode::kHalfEven);
      break;
    case Rounding::kFenCeil:
      fen = Divide(exact, one_fen, Mode::kCeil);
      break;
    case Rounding::kYuanHalfUp:
      fen = 100 * Divide(exact, one_yuan, Mode::kHalfUp);
      break;
    case Rounding::kYuanTrunc:
      fen = 100 * Divide(exact, one_yuan, Mode::kTrunc);
      break;
  }
  YIJIE_CHECK(fen <= INT64_MAX, "money overflow");
  return Fen(static_cast<int64_t>(fen));
}

Fen Round(FenMillionths exact, Rounding rounding) { return RoundTo(exact, Ratio::kOne, rounding); }

Fen RoundFine(FenFine exact, Rounding rounding) {
  return RoundTo(exact, FineRatio::kOne, rounding);
}

absl::StatusOr<Ratio> ParsePercent(absl::string_view text, Ratio most) {
  absl::string_view number = text;
  if (!absl::ConsumeSuffix(&number, "%")) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a percentage such as \"63%\""));
  }
  absl::StatusOr<int64_t> millionths = ParseDecimal(number, /*decimals=*/4, most.millionths());
  if (!millionths.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "not a percentage from 0% to ", FormatPercent(most), ": ", millionths.status().message()));
  }
  return Ratio(*millionths);
}

absl::StatusOr<Ratio> ParsePoints(absl::string_view text) {
  absl::string_view magnitude = text;
  const bool negative = absl::ConsumePrefix(&magnitude, "-");
  if (!negative) absl::ConsumePrefix(&magnitude, "+");
  absl::StatusOr<Ratio> ratio = ParsePercent(magnitude);
  if (!ratio.ok()) return ratio.status();
  return Ratio(negative ? -ratio->millionths() : ratio->millionths());
}

std::string FormatPercent(Ratio ratio) {
  const int64_t m = ratio.millionths() < 0 ? -ratio.millionths() : ratio.millionths();
  std::string digits =
      absl::StrFormat("%s%d.%04d", ratio.millionths() < 0 ? "-" : "", m / 10'000, m % 10'000);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits + "%";
}

}  // namespace yijie
