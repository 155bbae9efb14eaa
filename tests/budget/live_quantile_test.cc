#include "engine/budget/live_quantile.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace yijie::engine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using TimePoint = LiveQuantile::TimePoint;

constexpr TimePoint kStart{std::chrono::hours(2)};

TEST(LiveQuantileTest, IsTheSortedValueToAnEighth) {
  std::mt19937_64 random(7);
  for (const size_t n : {2, 3, 50, 99, 100, 101, 1'000, 20'000}) {
    LiveQuantile quantile;
    std::vector<int64_t> values;
    for (size_t i = 0; i < n; ++i) {
      values.push_back(1'000 +
                       static_cast<int64_t>(random() % (uint64_t{1} << (10 + random() % 25))));
      quantile.Add(kStart, nanoseconds(values.back()));
    }
    std::sort(values.begin(), values.end());
    const size_t above = std::max<size_t>(n / 100, 1);
    const int64_t exact = values[n - 1 - above];
    const int64_t got = quantile.P99(kStart).count();
    EXPECT_GE(got, exact) << n;
    EXPECT_LE(got, exact + exact / 8 + 1) << n;
  }
}

TEST(LiveQuantileTest, OneThatStandsOutSaysNothing) {
  LiveQuantile quantile;
  EXPECT_EQ(quantile.P99(kStart).count(), 0);
  quantile.Add(kStart, milliseconds(500));
  EXPECT_EQ(quantile.P99(kStart).count(), 0);
  for (int i = 0; i < 20; ++i) quantile.Add(kStart, microseconds(100));
  EXPECT_LE(quantile.P99(kStart), microseconds(115));
  quantile.Add(kStart, milliseconds(500));
  EXPECT_GE(quantile.P99(kStart), milliseconds(500));
}

TEST(LiveQuantileTest, ForgetsWithinASecond) {
  LiveQuantile quantile;
  for (int i = 0; i < 1'000; ++i) quantile.Add(kStart, milliseconds(500));
  EXPECT_GE(quantile.P99(kStart + milliseconds(400)), milliseconds(500));
  for (int ms = 0; ms < 1'000; ms += 10) quantile.Add(kStart + milliseconds(ms), microseconds(100));
  EXPECT_LE(quantile.P99(kStart + milliseconds(1'000)), microseconds(115));
  EXPECT_EQ(quantile.P99(kStart + milliseconds(5'000)).count(), 0);
}

}  // namespace
}  // namespace yijie::engine
