#include "engine/account/interest.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

v1::AccountRules Rates(int32_t current_1e6, int32_t past_1e6,
                       v1::AccountRules::DayCount day_count) {
  v1::AccountRules rules;
  rules.set_current_year_interest_1e6(current_1e6);
  rules.set_past_years_interest_1e6(past_1e6);
  rules.set_day_count(day_count);
  return rules;
}

int64_t InterestOn(int64_t fen, int days, int32_t rate_1e6, v1::AccountRules::DayCount count) {
  BalanceSpan span;
  span.begin = Date(20'000);
  span.end = Date(20'000 + days);
  span.opening = {Fen(0), Fen(fen)};
  const v1::AccountInterest interest = ComputeInterest(span, Rates(0, rate_1e6, count));
  return interest.part_size() == 0 ? 0 : interest.part(0).amount_fen();
}

TEST(Interest, WorkedOutByHand) {
  // 1,000.00 yuan, a year of 365 days at 1.5 %: 15.00 by 365 days, 15.2083.. by 360.
  EXPECT_EQ(InterestOn(100'000, 365, 15'000, v1::AccountRules::ACTUAL_365), 1'500);
  EXPECT_EQ(InterestOn(100'000, 365, 15'000, v1::AccountRules::ACTUAL_360), 1'521);
  // Half a fen goes up: 12,000 fen, 1 day, 1.5 % by 360 days is 0.5 fen; one fen less is below.
  EXPECT_EQ(InterestOn(12'000, 1, 15'000, v1::AccountRules::ACTUAL_360), 1);
  EXPECT_EQ(InterestOn(11'999, 1, 15'000, v1::AccountRules::ACTUAL_360), 0);
  EXPECT_EQ(InterestOn(100'000, 365, 0, v1::AccountRules::ACTUAL_365), 0);
  // The most an account can hold, for two leap years.
  EXPECT_EQ(InterestOn(1'000'000'000'000'000, 732, 100'000, v1::AccountRules::ACTUAL_360),
            203'333'333'333'333);
}

TEST(Interest, IsOnTheBalanceAtTheEndOfEachDay) {
  const char* const given = std::getenv("YIJIE_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  std::printf("YIJIE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 2'000; ++round) {
    BalanceSpan span;
    span.begin = Date(20'000);
    span.end = Date(20'000 + 1 + static_cast<int>(random() % 366));
    span.opening = {Fen(static_cast<int64_t>(random() % 100'000)),
                    Fen(static_cast<int64_t>(random() % 100'000))};
    for (uint64_t i = random() % 20; i > 0; --i) {
      BalanceSpan::Change change;
      change.day = Date(19'990 + static_cast<int>(random() % 400));
      change.amount = {Fen(static_cast<int64_t>(random() % 10'000)),
                       Fen(static_cast<int64_t>(random() % 10'000))};
      span.changes.push_back(change);
    }
    std::array<__int128, 2> fen_days{};
    for (int32_t day = span.begin.days(); day < span.end.days(); ++day) {
      for (size_t i = 0; i < 2; ++i) {
        __int128 balance = span.opening[i].value();
        for (const auto& change : span.changes)
          balance += change.day.days() <= day ? change.amount[i].value() : 0;
        fen_days[i] += balance;
      }
    }
    const auto interest = ComputeInterest(span, Rates(3'500, 15'000, v1::AccountRules::ACTUAL_360));
    ASSERT_EQ(interest.part_size(), 2);
    EXPECT_EQ(interest.part(0).fen_days(), static_cast<int64_t>(fen_days[0]));
    EXPECT_EQ(interest.part(1).fen_days(), static_cast<int64_t>(fen_days[1]));
  }
}

}  // namespace
}  // namespace yijie::engine
