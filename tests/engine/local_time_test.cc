// Local times against absl's.

#include "engine/local_time.h"

#include <random>

#include <gtest/gtest.h>

#include "absl/time/time.h"
#include "engine/moment.h"

namespace yijie::engine {
namespace {

TEST(LocalTime, IsThatOfAbsl) {
  const absl::TimeZone zone = absl::FixedTimeZone(8 * 60 * 60);
  std::mt19937_64 random(20261122);
  // 1900 to 2199, before 1970 too.
  std::uniform_int_distribution<int64_t> times(-2'208'000'000'000, 7'258'000'000'000);
  for (int i = 0; i < 200'000; ++i) {
    const int64_t unix_ms = i < 4'000 ? i - 2'000 : times(random);
    const absl::Time time = absl::FromUnixMillis(unix_ms);
    ASSERT_EQ(FormatLocalTime(unix_ms), absl::FormatTime("%Y-%m-%dT%H:%M:%S%Ez", time, zone))
        << unix_ms;
    ASSERT_EQ(FormatLocalDay(unix_ms), absl::FormatTime("%Y-%m-%d", time, zone)) << unix_ms;
  }
}

TEST(LocalTimeDeathTest, AClockOutsideTheCalendarStopsTheProcess) {
  EXPECT_EQ(MomentOf(0).day, Date(0));
  EXPECT_DEATH((void)MomentOf(-2'300'000'000'000), "the clock is outside 1900 to 2199");
}

}  // namespace
}  // namespace yijie::engine
