#include "tests/campaign/calendar.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace yijie::campaign {
namespace {

bool IsLeap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysOfMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && IsLeap(year) ? 1 : 0);
}

int DaysOfYear(int year) { return IsLeap(year) ? 366 : 365; }

}  // namespace

std::string IsoDay(int day_number) {
  int year = 1970;
  while (day_number >= DaysOfYear(year)) day_number -= DaysOfYear(year++);
  int month = 1;
  while (day_number >= DaysOfMonth(year, month)) day_number -= DaysOfMonth(year, month++);
  return absl::StrFormat("%04d-%02d-%02d", year, month, day_number + 1);
}

int DayNumber(const std::string& iso_day) {
  const int year = std::stoi(iso_day.substr(0, 4));
  const int month = std::stoi(iso_day.substr(5, 2));
  int days = std::stoi(iso_day.substr(8, 2)) - 1;
  for (int y = 1970; y < year; ++y) days += DaysOfYear(y);
  for (int m = 1; m < month; ++m) days += DaysOfMonth(year, m);
  return days;
}

Now NoonOf(int day_number) {
  constexpr int64_t kDayMs = 86'400'000;
  constexpr int64_t kNoonMs = 4 * 3'600'000;  // 12:00 at UTC+8
  Now now;
  now.day_number = day_number;
  now.unix_ms = day_number * kDayMs + kNoonMs;
  now.day = IsoDay(day_number);
  now.time = absl::StrCat(now.day, "T12:00:00+08:00");
  return now;
}

}  // namespace yijie::campaign
