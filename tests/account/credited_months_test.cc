#include "engine/account/credited_months.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

namespace yijie::engine {
namespace {

store::v1::MonthSpan Span(int first, int last) {
  store::v1::MonthSpan span;
  span.set_first(first);
  span.set_last(last);
  return span;
}

TEST(CreditPeriod, IsAMonthOrAYear) {
  for (const char* bad : {"", "2026-13", "2026-00", "2026-1", "26-01", "2026/01", "20260", "2026-",
                          "1899", "2199", "２０２６", "2026-01-01", "-026", "2026-0a"}) {
    EXPECT_FALSE(ParseCreditPeriod(bad).has_value()) << bad;
  }
  const auto month = ParseCreditPeriod("2026-05");
  ASSERT_TRUE(month.has_value());
  EXPECT_FALSE(month->whole_year);
  EXPECT_EQ(FormatDate(FirstDayOf(*month, "07-01")), "2026-05-01");
  EXPECT_EQ(MonthsOf(*month, "07-01").first(), 2026 * 12 + 4);
  EXPECT_EQ(MonthsOf(*month, "07-01").last(), 2026 * 12 + 4);
  const auto year = ParseCreditPeriod("2026");
  ASSERT_TRUE(year.has_value());
  EXPECT_EQ(FormatDate(FirstDayOf(*year, "07-01")), "2026-07-01");
  EXPECT_EQ(MonthsOf(*year, "07-01").first(), 2026 * 12 + 6);
  EXPECT_EQ(MonthsOf(*year, "07-01").last(), 2027 * 12 + 5);
}

TEST(CreditedMonths, AreTheSetOfMonthsInTheFewestSpans) {
  const char* const given = std::getenv("YIJIE_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  std::printf("YIJIE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  CreditedMonths spans;
  std::set<int> months;
  for (int step = 0; step < 20'000; ++step) {
    const int first = static_cast<int>(random() % 40);
    const auto span = Span(first, first + (random() % 3 == 0 ? 11 : 0));
    bool any = false;
    bool all = true;
    for (int m = span.first(); m <= span.last(); ++m) {
      any = any || months.count(m) > 0;
      all = all && months.count(m) > 0;
    }
    ASSERT_EQ(AnyCredited(spans, span), any);
    if (!any) {
      AddMonths(span, &spans);
      for (int m = span.first(); m <= span.last(); ++m) months.insert(m);
    } else if (all) {
      RemoveMonths(span, &spans);
      for (int m = span.first(); m <= span.last(); ++m) months.erase(m);
    }
    std::set<int> held;
    int before = -2;
    for (const auto& each : spans) {
      ASSERT_GT(each.first(), before + 1) << "spans touch or are out of order";
      before = each.last();
      for (int m = each.first(); m <= each.last(); ++m) held.insert(m);
    }
    ASSERT_EQ(held, months);
  }
}

}  // namespace
}  // namespace yijie::engine
