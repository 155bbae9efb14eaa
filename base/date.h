#ifndef YIJIE_BASE_DATE_H_
#define YIJIE_BASE_DATE_H_

// A civil day. No time zone, no clock.

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace yijie {

class Date {
 public:
  constexpr Date() = default;
  // Days since 1970-01-01.
  constexpr explicit Date(int32_t days) : days_(days) {}
  // The day must exist; years from 0 on.
  static Date FromCivil(int year, int month, int day);

  constexpr int32_t days() const { return days_; }
  struct Civil {
    int year, month, day;
  };
  Civil civil() const;  // of days not before 0000-03-01

  friend constexpr bool operator==(Date a, Date b) { return a.days_ == b.days_; }
  friend constexpr bool operator!=(Date a, Date b) { return a.days_ != b.days_; }
  friend constexpr bool operator<(Date a, Date b) { return a.days_ < b.days_; }
  friend constexpr bool operator<=(Date a, Date b) { return a.days_ <= b.days_; }
  friend constexpr bool operator>(Date a, Date b) { return a.days_ > b.days_; }
  friend constexpr bool operator>=(Date a, Date b) { return a.days_ >= b.days_; }

 private:
  int32_t days_ = 0;
};

// Bounds of what is accepted: 1900-01-01 and 2199-12-31. Open ends of spans are stored as these.
inline constexpr Date kFirstDate(-25567);
inline constexpr Date kLastDate(84005);

// ISO "2026-11-21", an existing day within [kFirstDate, kLastDate].
absl::StatusOr<Date> ParseDate(absl::string_view text);
std::string FormatDate(Date date);

// The same day so many months later (0 or more), or the last day of that month if it is shorter.
Date AddMonths(Date date, int months);

// Whole years completed on `on` by somebody born on `born`; a birthday on 29 February counts from 1
// March in other years.
int WholeYears(Date born, Date on);

}  // namespace yijie

#endif  // YIJIE_BASE_DATE_H_
