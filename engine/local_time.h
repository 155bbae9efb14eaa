#ifndef YIJIE_ENGINE_LOCAL_TIME_H_
#define YIJIE_ENGINE_LOCAL_TIME_H_

// Times and days as they are printed: UTC+8, the one zone of the country, whatever the machine is
// set to.

#include <cstdint>
#include <string>

namespace yijie::engine {

// RFC 3339 with seconds: "2026-11-21T08:00:00+08:00". `unix_ms`: milliseconds since 1970-01-01 UTC.
std::string FormatLocalTime(int64_t unix_ms);

// Day of FormatLocalTime, ISO.
std::string FormatLocalDay(int64_t unix_ms);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOCAL_TIME_H_
