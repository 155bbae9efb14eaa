#ifndef YIJIE_BASE_FEN_H_
#define YIJIE_BASE_FEN_H_

// Money: a whole number of fen (分, 1/100 yuan).
//
// Arithmetic is checked: an overflow stops the process. It cannot happen on input that passed the
// limits of the edge (kMaxClaimFen), so it always means a defect.

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/check.h"

namespace yijie {

class Fen {
 public:
  constexpr Fen() = default;
  constexpr explicit Fen(int64_t fen) : fen_(fen) {}
  constexpr int64_t value() const { return fen_; }

  friend Fen operator+(Fen a, Fen b) {
    Fen sum;
    YIJIE_CHECK(!__builtin_add_overflow(a.fen_, b.fen_, &sum.fen_), "money overflow");
    return sum;
  }
  friend Fen operator-(Fen a, Fen b) {
    Fen difference;
    YIJIE_CHECK(!__builtin_sub_overflow(a.fen_, b.fen_, &difference.fen_), "money overflow");
    return difference;
  }
  Fen operator-() const { return Fen(0) - *this; }
  Fen& operator+=(Fen other) { return *this = *this + other; }
  Fen& operator-=(Fen other) { return *this = *this - other; }

  friend constexpr bool operator==(Fen a, Fen b) { return a.fen_ == b.fen_; }
  friend constexpr bool operator!=(Fen a, Fen b) { return a.fen_ != b.fen_; }
  friend constexpr bool operator<(Fen a, Fen b) { return a.fen_ < b.fen_; }
  friend constexpr bool operator<=(Fen a, Fen b) { return a.fen_ <= b.fen_; }
  friend constexpr bool operator>(Fen a, Fen b) { return a.fen_ > b.fen_; }
  friend constexpr bool operator>=(Fen a, Fen b) { return a.fen_ >= b.fen_; }

 private:
  int64_t fen_ = 0;
};

// Largest total of one bill, and of one figure in a policy table: 100 billion yuan. Sums of several
// such stay far inside int64.
inline constexpr int64_t kMaxClaimFen = 10'000'000'000'000;

// "1234.5" -> 123450 fen. At most two decimals, no sign, no thousands separators, at most
// kMaxClaimFen.
absl::StatusOr<Fen> ParseYuan(absl::string_view text);

// 123450 -> "1234.50", -5 -> "-0.05".
std::string FormatYuan(Fen amount);

}  // namespace yijie

#endif  // YIJIE_BASE_FEN_H_
