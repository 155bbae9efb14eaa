#ifndef YIJIE_TESTS_CAMPAIGN_CALENDAR_H_
#define YIJIE_TESTS_CAMPAIGN_CALENDAR_H_

// Days of the campaign. Every operation happens at noon: cards count in whole days.

#include <cstdint>
#include <string>

namespace yijie::campaign {

// The moment of an operation, as the model tells time.
struct Now {
  int day_number = 0;   // since 1970-01-01
  int64_t unix_ms = 0;  // noon of that day, UTC+8
  std::string day;      // ISO
  std::string time;     // RFC 3339
};

// ISO text of a day.
std::string IsoDay(int day_number);
int DayNumber(const std::string& iso_day);
Now NoonOf(int day_number);

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_CALENDAR_H_
