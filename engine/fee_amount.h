#ifndef YIJIE_ENGINE_FEE_AMOUNT_H_
#define YIJIE_ENGINE_FEE_AMOUNT_H_

#include <cstdint>

namespace yijie::engine {

// Fen of a fee line: quantity times price, each in ten-thousandths, half-up, as the national
// interface computes it. Exact for any quantity and price that are not negative.
inline __int128 FeeAmount(int64_t cnt_1e4, int64_t pric_fen_1e4) {
  constexpr int64_t kScale = 100'000'000;  // 1e4 of the quantity times 1e4 of the price
  // Almost every fee is in range of the division that takes half the time.
  int64_t product = 0;
  int64_t sum = 0;
  if (!__builtin_mul_overflow(cnt_1e4, pric_fen_1e4, &product) &&
      !__builtin_add_overflow(product, kScale / 2, &sum)) {
    return sum / kScale;
  }
  return (static_cast<__int128>(cnt_1e4) * pric_fen_1e4 + kScale / 2) / kScale;
}

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_FEE_AMOUNT_H_
