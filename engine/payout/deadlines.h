#ifndef YIJIE_ENGINE_PAYOUT_DEADLINES_H_
#define YIJIE_ENGINE_PAYOUT_DEADLINES_H_

// Time limits of claims filed afterwards (手工报销): until when a person may file, and until when
// the agency must decide. Pure functions of days; thread-safe.

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "base/date.h"

namespace yijie::engine {

// Working days within which the agency decides: 社会保险经办条例 (国务院令第765号)
// 第二十条、第二十二条, in force nationwide.
inline constexpr int kMedicalDecisionWorkingDays = 30;
inline constexpr int kInjuryDecisionWorkingDays = 20;
inline constexpr int kMaternityAllowanceDecisionWorkingDays = 10;

// One year of the State Council's arrangement of public holidays (国务院办公厅节假日安排).
struct CalendarYear {
  int year = 0;
  std::vector<Date> holidays;         // days off
  std::vector<Date> worked_weekends;  // Saturdays and Sundays worked in exchange (调休上班)
};

class WorkCalendar {
 public:
  WorkCalendar() = default;  // knows weekends only
  // INVALID_ARGUMENT for a year given twice, a day of another year, one that is both or stands
  // twice, or a worked weekend that is no weekend.
  static absl::StatusOr<WorkCalendar> Create(const std::vector<CalendarYear>& years);

  bool IsWorkingDay(Date day) const;
  // The arrangement of that year is known; otherwise only weekends are.
  bool Knows(int year) const { return years_.contains(year); }

 private:
  absl::flat_hash_set<int> years_;
  absl::flat_hash_set<int32_t> holidays_;  // Date::days
  absl::flat_hash_set<int32_t> worked_weekends_;
};

struct DecisionDue {
  Date day;
  // Some year on the way is not in the calendar: holidays would move the day back.
  bool weekends_only = false;
  std::string note;  // says so, in Chinese; else empty
};

// The last of `working_days` working days after `accepted`. The day of acceptance is not counted
// (民法典 第二百零一条). `working_days` is 1 to 250.
DecisionDue DecisionDueAfter(Date accepted, int working_days, const WorkCalendar& calendar);

// Policy on filing; local. Nothing set: no limit.
struct FilingRule {
  int months = 0;  // after the day of service or discharge
  // A fixed day of the year after it ("次年6月30日前"); goes before `months`.
  int next_year_month = 0;
  int next_year_day = 0;
};

// Last day to file for what ended on `service_end`, none if there is no limit. A day that the month
// does not have becomes its last.
std::optional<Date> LastFilingDay(Date service_end, const FilingRule& rule);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_DEADLINES_H_
