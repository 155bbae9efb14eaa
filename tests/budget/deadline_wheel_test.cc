// DeadlineWheel against an ordered list.

#include "engine/budget/deadline_wheel.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace yijie::engine {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using TimePoint = DeadlineWheel::TimePoint;

TEST(DeadlineWheelTest, FindsExactlyThoseWhoAreDue) {
  const char* given = std::getenv("YIJIE_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "YIJIE_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  const auto below = [&](int64_t n) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(n));
  };
  TimePoint now = TimePoint(hours(30));
  DeadlineWheel wheel(now);
  std::vector<DeadlineWheel::Entry> entries(500);
  std::set<DeadlineWheel::Entry*> inside;
  int64_t found = 0;
  for (int step = 0; step < 200'000; ++step) {
    DeadlineWheel::Entry& entry = entries[static_cast<size_t>(below(500))];
    const int64_t what = below(10);
    if (what < 5) {
      if (inside.count(&entry) != 0) continue;
      // From the past to some rounds ahead.
      entry.deadline = now + microseconds(below(15'000'000) - 1'000);
      wheel.Add(entry);
      inside.insert(&entry);
    } else if (what < 7) {
      wheel.Remove(entry);
      inside.erase(&entry);
    } else {
      now += microseconds(below(100) == 0 ? below(20'000'000) : below(3'000));
      const TimePoint next = wheel.NextDue();
      for (const DeadlineWheel::Entry* waiting : inside)
        ASSERT_TRUE(next <= waiting->deadline || next <= now) << "somebody is due earlier";
      std::vector<DeadlineWheel::Entry*> due = wheel.TakeDue(now);
      for (DeadlineWheel::Entry* taken : due) {
        ASSERT_LE(taken->deadline, now);
        ASSERT_EQ(inside.erase(taken), 1U);
        ++found;
      }
      for (const DeadlineWheel::Entry* waiting : inside) ASSERT_GT(waiting->deadline, now);
    }
    ASSERT_EQ(wheel.NextDue() == TimePoint::max(), inside.empty());
  }
  EXPECT_GT(found, 1'000);
}

// Who waits for the moment the wheel tells does not wake for nothing again and again.
TEST(DeadlineWheelTest, EachWakeComesCloser) {
  TimePoint now = TimePoint(hours(1));
  DeadlineWheel wheel(now);
  DeadlineWheel::Entry entry;
  entry.deadline = now + std::chrono::seconds(60);  // some rounds ahead
  wheel.Add(entry);
  int wakes = 0;
  while (wheel.TakeDue(now).empty()) {
    const TimePoint next = DeadlineWheel::FoundBy(wheel.NextDue());
    ASSERT_GT(next, now);
    now = next;
    ASSERT_LT(++wakes, 100);
  }
  EXPECT_GE(now, entry.deadline);
  EXPECT_LE(now, entry.deadline + milliseconds(1));
}

}  // namespace
}  // namespace yijie::engine
