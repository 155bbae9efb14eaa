#ifndef YIJIE_BASE_RATIO_H_
#define YIJIE_BASE_RATIO_H_

// Shares and percentages: whole millionths, so 63 % is 630,000 and 96.1 % is 961,000.

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/fen.h"

namespace yijie {

class Ratio {
 public:
  static constexpr int64_t kOne = 1'000'000;

  constexpr Ratio() = default;
  constexpr explicit Ratio(int64_t millionths) : millionths_(millionths) {}
  constexpr int64_t millionths() const { return millionths_; }

  friend constexpr bool operator==(Ratio a, Ratio b) { return a.millionths_ == b.millionths_; }
  friend constexpr bool operator<(Ratio a, Ratio b) { return a.millionths_ < b.millionths_; }

 private:
  int64_t millionths_ = 0;
};

// How a product that is not a whole number of fen (or yuan) becomes one. National texts do not say;
// packages do, half-up by default.
enum class Rounding : uint8_t {
  kFenHalfUp,
  kFenTrunc,
  kFenHalfEven,
  kFenCeil,
  kYuanHalfUp,
  kYuanTrunc
};

// A product of money and ratio before it is rounded: fen x millionths. Sums of bands are kept like
// this and rounded once.
using FenMillionths = __int128;

inline FenMillionths Multiply(Fen amount, Ratio ratio) {
  return static_cast<FenMillionths>(amount.value()) * ratio.millionths();
}

// `exact` must not be negative.
Fen Round(FenMillionths exact, Rounding rounding);

// Round where it is spent: the usual rounding of an amount that fits 64 bits.
inline Fen RoundFast(FenMillionths exact, Rounding rounding) {
  constexpr int64_t kHalf = Ratio::kOne / 2;
  if (rounding != Rounding::kFenHalfUp || exact < 0 || exact > INT64_MAX - kHalf)
    return Round(exact, rounding);
  return Fen(static_cast<int64_t>((static_cast<uint64_t>(exact) + kHalf) / Ratio::kOne));
}

inline Fen Apply(Fen amount, Ratio ratio, Rounding rounding) {
  return RoundFast(Multiply(amount, ratio), rounding);
}

// A ratio while it is being adjusted: millionths of millionths, so that a percentage of a
// percentage is exact. Always within 0 and 1.
class FineRatio {
 public:
  static constexpr int64_t kOne = Ratio::kOne * Ratio::kOne;

  constexpr explicit FineRatio(Ratio ratio) : value_(ratio.millionths() * Ratio::kOne) {}
  constexpr int64_t value() const { return value_; }

  // Percentage points, held within 0 and 1.
  constexpr FineRatio Plus(Ratio points, int64_t times = 1) const {
    const __int128 sum = value_ + static_cast<__int128>(points.millionths()) * Ratio::kOne * times;
    return FineRatio(sum < 0 ? 0 : sum > kOne ? kOne : static_cast<int64_t>(sum));
  }
  // Whether points would leave 0 to 1.
  constexpr bool Passes(Ratio points, int64_t times = 1) const {
    const __int128 sum = value_ + static_cast<__int128>(points.millionths()) * Ratio::kOne * times;
    return sum < 0 || sum > kOne;
  }
  // A second factor on a product is cut at the twelfth decimal; a product above 1 becomes 1.
  constexpr FineRatio Times(Ratio factor) const {
    const __int128 product = static_cast<__int128>(value_) * factor.millionths() / Ratio::kOne;
    return FineRatio(product > kOne ? kOne : static_cast<int64_t>(product));
  }
  constexpr FineRatio Rest() const { return FineRatio(kOne - value_); }
  // Cut to millionths, for people to read.
  constexpr Ratio ToRatio() const { return Ratio(value_ / Ratio::kOne); }

 private:
  constexpr explicit FineRatio(int64_t value) : value_(value) {}
  int64_t value_;
};

// fen x FineRatio.
using FenFine = __int128;
inline FenFine Multiply(Fen amount, FineRatio ratio) {
  return static_cast<FenFine>(amount.value()) * ratio.value();
}
// `exact` must not be negative.
Fen RoundFine(FenFine exact, Rounding rounding);

// `exact` counts `one_fen` for every fen; it must not be negative and the result must fit.
Fen RoundTo(__int128 exact, __int128 one_fen, Rounding rounding);

// "63%", "96.1%", "33.3333%" -> millionths. 0 to `most`, at most four decimals.
absl::StatusOr<Ratio> ParsePercent(absl::string_view text, Ratio most = Ratio(Ratio::kOne));

// "-5%" or "+10%" or "5%": percentage points, -100 to 100 %.
absl::StatusOr<Ratio> ParsePoints(absl::string_view text);

// 630000 -> "63%", 961000 -> "96.1%".
std::string FormatPercent(Ratio ratio);

}  // namespace yijie

#endif  // YIJIE_BASE_RATIO_H_
