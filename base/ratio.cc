#include "base/ratio.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/decimal.h"

namespace yijie {
namespace {

enum class Mode : uint8_t { kHalfUp, kTrunc, kHalfEven, kCeil };

// Number is an integer type that holds 2 * exact.
template <typename Number>
Number Divide(Number exact, Number unit, Mode mode) {
  const Number quotient = exact / unit;
  const Number rest = exact % unit;
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

template <typename Number>
Number ToFen(Number exact, Number one_fen, Rounding rounding) {
  switch (rounding) {
    case Rounding::kFenHalfUp:
      return Divide<Number>(exact, one_fen, Mode::kHalfUp);
    case Rounding::kFenTrunc:
      return Divide<Number>(exact, one_fen, Mode::kTrunc);
    case Rounding::kFenHalfEven:
      return Divide<Number>(exact, one_fen, Mode::kHalfEven);
    case Rounding::kFenCeil:
      return Divide<Number>(exact, one_fen, Mode::kCeil);
    case Rounding::kYuanHalfUp:
      return 100 * Divide<Number>(exact, 100 * one_fen, Mode::kHalfUp);
    case Rounding::kYuanTrunc:
      return 100 * Divide<Number>(exact, 100 * one_fen, Mode::kTrunc);
  }
  return 0;
}

// A division of 128 bits costs some ten times one of 64 by a constant, and nearly all amounts are
// small enough for that.
template <int64_t kOneFen>
Fen RoundBy(__int128 exact, Rounding rounding) {
  if (exact < 0 || exact > INT64_MAX) return RoundTo(exact, kOneFen, rounding);
  return Fen(static_cast<int64_t>(
      ToFen<uint64_t>(static_cast<uint64_t>(exact), uint64_t{kOneFen}, rounding)));
}

}  // namespace

Fen RoundTo(__int128 exact, __int128 one_fen, Rounding rounding) {
  YIJIE_CHECK(exact >= 0, "rounding a negative amount");
  const __int128 fen = ToFen<__int128>(exact, one_fen, rounding);
  YIJIE_CHECK(fen <= INT64_MAX, "money overflow");
  return Fen(static_cast<int64_t>(fen));
}

Fen Round(FenMillionths exact, Rounding rounding) { return RoundBy<Ratio::kOne>(exact, rounding); }

Fen RoundFine(FenFine exact, Rounding rounding) {
  return RoundBy<FineRatio::kOne>(exact, rounding);
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
