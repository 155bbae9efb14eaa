#include "engine/payout/deadlines.h"

#include <gtest/gtest.h>

#include <random>

#include "absl/strings/match.h"
#include "absl/time/civil_time.h"
#include "tests/payout/sample_payouts.h"

namespace yijie::engine {
namespace {

Date Day(int month, int day) { return Date::FromCivil(2026, month, day); }

// 示例数据: shaped like an arrangement of public holidays, not one.
WorkCalendar SampleCalendar() {
  CalendarYear year;
  year.year = 2026;
  for (int day = 1; day <= 7; ++day) year.holidays.push_back(Day(10, day));
  year.worked_weekends = {Day(9, 27), Day(10, 10)};  // Sunday, Saturday
  const auto calendar = WorkCalendar::Create({year});
  EXPECT_TRUE(calendar.ok()) << calendar.status();
  return *calendar;
}

// By hand: from Friday 2026-09-25, working days are Sun 27 (exchanged), Mon 28, Tue 29, Wed 30, Thu
// 8 October, Fri 9, Sat 10 (exchanged), Mon 12, Tue 13, Wed 14.
TEST(DeadlinesTest, AcrossAHoliday) {
  const WorkCalendar calendar = SampleCalendar();
  const Date filed = Day(9, 25);
  const std::pair<int, Date> rows[] = {{1, Day(9, 27)},  {4, Day(9, 30)},  {5, Day(10, 8)},
                                       {7, Day(10, 10)}, {8, Day(10, 12)}, {10, Day(10, 14)}};
  for (const auto& [days, due] : rows) {
    const DecisionDue result = DecisionDueAfter(filed, days, calendar);
    EXPECT_EQ(FormatDate(result.day), FormatDate(due)) << days;
    EXPECT_FALSE(result.weekends_only);
    EXPECT_EQ(result.note, "");
  }
}

TEST(DeadlinesTest, WithoutACalendarItSaysSo) {
  const DecisionDue medical = DecisionDueAfter(Day(9, 25), kMedicalDecisionWorkingDays, {});
  EXPECT_EQ(FormatDate(medical.day), "2026-11-06");  // six weeks
  EXPECT_TRUE(medical.weekends_only);
  EXPECT_TRUE(absl::StrContains(medical.note, "2026年节假日安排未录入"));
  EXPECT_EQ(FormatDate(DecisionDueAfter(Day(9, 25), kInjuryDecisionWorkingDays, {}).day),
            "2026-10-23");
  EXPECT_EQ(
      FormatDate(DecisionDueAfter(Day(9, 25), kMaternityAllowanceDecisionWorkingDays, {}).day),
      "2026-10-09");
}

// Into a year that is not in the calendar.
TEST(DeadlinesTest, PartlyKnown) {
  const DecisionDue due = DecisionDueAfter(Day(12, 25), 10, SampleCalendar());
  EXPECT_EQ(FormatDate(due.day), "2027-01-08");
  EXPECT_TRUE(due.weekends_only);
  EXPECT_FALSE(absl::StrContains(due.note, "2026"));
  EXPECT_TRUE(absl::StrContains(due.note, "2027年"));
}

TEST(DeadlinesTest, WeekendsAgreeWithTheCivilCalendar) {
  const WorkCalendar calendar;
  for (int32_t day = kFirstDate.days(); day <= kLastDate.days(); day += 1) {
    const absl::Weekday weekday = absl::GetWeekday(absl::CivilDay(1970, 1, 1) + day);
    const bool weekend = weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
    ASSERT_EQ(calendar.IsWorkingDay(Date(day)), !weekend) << FormatDate(Date(day));
  }
}

TEST(DeadlinesTest, BadCalendars) {
  struct Row {
    const char* what;
    CalendarYear year;
  };
  const Row rows[] = {{"is of another year", {2026, {Date::FromCivil(2025, 12, 31)}, {}}},
                      {"stands twice", {2026, {Day(10, 1), Day(10, 1)}, {}}},
                      {"is of another year", {2025, {}, {Day(9, 27)}}},
                      {"no weekend", {2026, {}, {Day(9, 28)}}},
                      {"a holiday and worked", {2026, {Day(9, 27)}, {Day(9, 27)}}},
                      {"stands twice", {2026, {}, {Day(9, 27), Day(9, 27)}}}};
  for (const Row& row : rows) {
    const auto calendar = WorkCalendar::Create({row.year});
    EXPECT_TRUE(absl::StrContains(calendar.status().message(), row.what)) << calendar.status();
  }
  EXPECT_FALSE(WorkCalendar::Create({CalendarYear{2026, {}, {}}, CalendarYear{2026, {}, {}}}).ok());
}

TEST(DeadlinesTest, LastDayToFile) {
  const auto last = [](Date end, FilingRule rule) {
    const std::optional<Date> day = LastFilingDay(end, rule);
    return day ? FormatDate(*day) : "none";
  };
  EXPECT_EQ(last(Day(5, 20), {}), "none");
  EXPECT_EQ(last(Day(5, 20), {0, 6, 30}), "2027-06-30");
  EXPECT_EQ(last(Day(5, 20), {3, 6, 30}), "2027-06-30");
  EXPECT_EQ(last(Day(5, 20), {12, 0, 0}), "2027-05-20");
  EXPECT_EQ(last(Day(8, 31), {6, 0, 0}), "2027-02-28");
  EXPECT_EQ(last(Date::FromCivil(2027, 8, 31), {6, 0, 0}), "2028-02-29");
  EXPECT_EQ(last(Day(12, 31), {1, 0, 0}), "2027-01-31");
  EXPECT_EQ(last(Day(11, 30), {1, 0, 0}), "2026-12-30");
}

}  // namespace
}  // namespace yijie::engine
