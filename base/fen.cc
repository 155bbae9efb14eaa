#include "base/fen.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/decimal.h"

namespace yijie {

absl::StatusOr<Fen> ParseYuan(absl::string_view text) {
  absl::StatusOr<int64_t> fen = ParseDecimal(text, /*decimals=*/2, kMaxClaimFen);
  if (!fen.ok())
    return absl::InvalidArgumentError(
        absl::StrCat("not an amount in yuan: ", fen.status().message()));
  return Fen(*fen);
}

std::string FormatYuan(Fen amount) {
  const int64_t fen = amount.value();
  const uint64_t magnitude = fen < 0 ? 0 - static_cast<uint64_t>(fen) : static_cast<uint64_t>(fen);
  return absl::StrFormat("%s%d.%02d", fen < 0 ? "-" : "", magnitude / 100, magnitude % 100);
}

}  // namespace yijie
