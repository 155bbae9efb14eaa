// Days against absl's calendar over the whole range, and texts that are no days.

#include "base/date.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace yijie {
namespace {

TEST(Date, EveryDayOfTheRange) {
  const absl::CivilDay first(1900, 1, 1);
  const absl::CivilDay last(2199, 12, 31);
  int32_t days = kFirstDate.days();
  for (absl::CivilDay day = first; day <= last; ++day, ++days) {
    const Date::Civil civil = Date(days).civil();
    ASSERT_EQ(civil.year, day.year());
    ASSERT_EQ(civil.month, day.month());
    ASSERT_EQ(civil.day, day.day());
    const std::string text = absl::FormatCivilTime(day);
    ASSERT_EQ(FormatDate(Date(days)), text);
    const auto parsed = ParseDate(text);
    ASSERT_TRUE(parsed.ok()) << text;
    ASSERT_EQ(parsed->days(), days);
    ASSERT_EQ(Date::FromCivil(civil.year, civil.month, civil.day).days(), days);
  }
  EXPECT_EQ(days - 1, kLastDate.days());
  EXPECT_EQ(FormatDate(Date(0)), "1970-01-01");
}

TEST(Date, EveryShapedTextIsADayExactlyIfTheCalendarHasIt) {
  for (int year = 1895; year <= 2205; ++year) {
    for (int month = 0; month <= 13; ++month) {
      for (int day = 0; day <= 32; ++day) {
        const absl::CivilDay civil(year, month, day);
        const bool exists = civil.year() == year && civil.month() == month && civil.day() == day;
        const bool expected = exists && year >= 1900 && year <= 2199;
        const std::string text = absl::StrFormat("%04d-%02d-%02d", year, month, day);
        ASSERT_EQ(ParseDate(text).ok(), expected) << text;
      }
    }
  }
}

TEST(Date, ALongTextIsNotRepeatedWhole) {
  const absl::Status status = ParseDate(std::string(2'000'000, 'x')).status();
  EXPECT_LT(status.message().size(), 100U) << status;
}

TEST(Date, BadTexts) {
  for (const char* text :
       {"", "2026", "2026-11", "2026-11-1", "2026-1-01", "26-11-01", "2026/11/01", "20261101",
        " 2026-11-01", "2026-11-01 ", "2026-11-01T00", "2026-11-0a", "+026-11-01", "2026--1-01",
        "-026-11-01", "２０２６-11-01", "0000-00-00", "9999-12-31"}) {
    EXPECT_FALSE(ParseDate(text).ok()) << text;
    EXPECT_TRUE(absl::StrContains(ParseDate(text).status().message(), text)) << text;
  }
}

TEST(Date, Order) {
  const Date a = *ParseDate("2026-02-28");
  const Date b = *ParseDate("2026-03-01");
  EXPECT_TRUE(a < b && a <= b && b > a && b >= a && a != b && a == a && a <= a);
  EXPECT_FALSE(b < a || a == b);
}

TEST(AddMonths, StaysOnTheDayOrGoesToTheLastOfAShorterMonth) {
  const auto add = [](const char* day, int months) {
    return FormatDate(AddMonths(*ParseDate(day), months));
  };
  EXPECT_EQ(add("2026-03-15", 0), "2026-03-15");
  EXPECT_EQ(add("2026-01-31", 1), "2026-02-28");
  EXPECT_EQ(add("2024-01-31", 1), "2024-02-29");
  EXPECT_EQ(add("2026-10-31", 2), "2026-12-31");
  EXPECT_EQ(add("2026-11-30", 14), "2028-01-30");
}

TEST(WholeYears, BirthdaysCount) {
  const std::tuple<const char*, const char*, int> rows[] = {
      {"1980-06-15", "2026-06-14", 45}, {"1980-06-15", "2026-06-15", 46},
      {"1980-06-15", "2026-12-31", 46}, {"1980-06-15", "1980-06-15", 0},
      {"2020-02-29", "2021-02-28", 0},  {"2020-02-29", "2021-03-01", 1},
      {"2020-02-29", "2024-02-28", 3},  {"2020-02-29", "2024-02-29", 4},
      {"2025-12-31", "2026-01-01", 0}};
  for (const auto& [born, on, years] : rows) {
    EXPECT_EQ(WholeYears(*ParseDate(born), *ParseDate(on)), years) << born << " " << on;
  }
}

TEST(WholeYears, GrowsByOneAYear) {
  const Date born = *ParseDate("2000-03-17");
  int last = 0;
  for (Date on = born; on < Date(born.days() + 40'000); on = Date(on.days() + 1)) {
    const int years = WholeYears(born, on);
    ASSERT_TRUE(years == last || years == last + 1);
    if (years == last + 1) {
      ASSERT_EQ(FormatDate(on).substr(4), "-03-17");
    }
    last = years;
  }
  EXPECT_EQ(last, 109);
}

}  // namespace
}  // namespace yijie
