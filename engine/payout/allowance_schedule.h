#ifndef YIJIE_ENGINE_PAYOUT_ALLOWANCE_SCHEDULE_H_
#define YIJIE_ENGINE_PAYOUT_ALLOWANCE_SCHEDULE_H_

// Monthly allowances (伤残津贴、生活护理费、供养亲属抚恤金): which months are to be instructed.
// Pure functions.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/date.h"
#include "base/fen.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// Longer than a life.
inline constexpr int kMaxAllowanceMonths = 12 * 120;

struct MonthDue {
  std::string month;  // "2026-03"
  // Above 0: to be instructed; below 0: was paid too much and is owed by the person.
  Fen amount;
  bool first = false;  // else a correction of what was instructed before (补支、追回)
  Date due;            // pay day of the month
};

// Months well-formed and in order, rates above 0 and from begin_month on, pay day 1 to 28, stops
// with their reason. Errors name the field.
absl::Status CheckSchedule(const yijie::v1::AllowanceSchedule& schedule);

// What is missing, or too much, for each month up to `through_month`, inclusive, compared with what
// was instructed, oldest first; and notes it as instructed. So the same call again gives nothing,
// and rates or stops that become known late end in the same sums as those known in time. Months
// after `through_month` are looked at only where they were instructed already.
absl::StatusOr<std::vector<MonthDue>> AdvanceSchedule(const std::string& through_month,
                                                      yijie::v1::AllowanceSchedule* schedule);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_ALLOWANCE_SCHEDULE_H_
