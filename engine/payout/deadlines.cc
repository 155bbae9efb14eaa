#include "engine/payout/deadlines.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/check.h"

namespace yijie::engine {
namespace {

constexpr int kMaxWorkingDays = 250;
constexpr int kMonthsOfYear = 12;

bool IsWeekend(Date day) {
  // 1970-01-01 was a Thursday; 0 is Sunday.
  const int weekday = ((day.days() + 4) % 7 + 7) % 7;
  return weekday == 0 || weekday == 6;
}

Date DayOrLastOf(int year, int month, int day) {
  const int next_year = month == kMonthsOfYear ? year + 1 : year;
  const Date next_month = Date::FromCivil(next_year, month % kMonthsOfYear + 1, 1);
  const Date wanted = Date(Date::FromCivil(year, month, 1).days() + day - 1);
  return std::min(wanted, Date(next_month.days() - 1));
}

}  // namespace

absl::StatusOr<WorkCalendar> WorkCalendar::Create(const std::vector<CalendarYear>& years) {
  WorkCalendar calendar;
  for (const CalendarYear& year : years) {
    const auto bad = [&](Date day, absl::string_view what) {
      return absl::InvalidArgumentError(
          absl::StrCat("calendar of ", year.year, ": ", FormatDate(day), " ", what));
    };
    if (!calendar.years_.insert(year.year).second)
      return absl::InvalidArgumentError(absl::StrCat("calendar of ", year.year, ": given twice"));
    for (const Date day : year.holidays) {
      if (day.civil().year != year.year) return bad(day, "is of another year");
      if (!calendar.holidays_.insert(day.days()).second) return bad(day, "stands twice");
    }
    for (const Date day : year.worked_weekends) {
      if (day.civil().year != year.year) return bad(day, "is of another year");
      if (!IsWeekend(day)) return bad(day, "is worked and no weekend");
      if (calendar.holidays_.contains(day.days())) return bad(day, "is a holiday and worked");
      if (!calendar.worked_weekends_.insert(day.days()).second) return bad(day, "stands twice");
    }
  }
  return calendar;
}

bool WorkCalendar::IsWorkingDay(Date day) const {
  if (holidays_.contains(day.days())) return false;
  return !IsWeekend(day) || worked_weekends_.contains(day.days());
}

DecisionDue DecisionDueAfter(Date accepted, int working_days, const WorkCalendar& calendar) {
  YIJIE_CHECK(working_days >= 1 && working_days <= kMaxWorkingDays, "working days out of range");
  DecisionDue due{accepted, false, ""};
  std::set<int> unknown;
  while (working_days > 0) {
    due.day = Date(due.day.days() + 1);
    if (calendar.IsWorkingDay(due.day)) --working_days;
    const int year = due.day.civil().year;
    if (!calendar.Knows(year)) unknown.insert(year);
  }
  due.weekends_only = !unknown.empty();
  if (due.weekends_only)
    due.note = absl::StrCat(absl::StrJoin(unknown, "、"), "年节假日安排未录入，仅扣除周末");
  return due;
}

std::optional<Date> LastFilingDay(Date service_end, const FilingRule& rule) {
  const Date::Civil end = service_end.civil();
  if (rule.next_year_month != 0)
    return DayOrLastOf(end.year + 1, rule.next_year_month, rule.next_year_day);
  if (rule.months == 0) return std::nullopt;
  return AddMonths(service_end, rule.months);
}

}  // namespace yijie::engine
