#ifndef YIJIE_ENGINE_LOCAL_TIME_H_
#define YIJIE_ENGINE_LOCAL_TIME_H_

// Times and days as they are printed: UTC+8, the one zone of the country, whatever the machine is
// set to.

#include <cstdint>
#include <string>

#include "base/date.h"

namespace yijie::engine {

// The day it is in that zone. `unix_ms`: milliseconds since 1970-01-01 UTC.
Date LocalDay(int64_t unix_ms);

// RFC 3339 with seconds: "2026-11-21T08:00:00+08:00".
std::string FormatLocalTime(int64_t unix_ms);

// LocalDay, ISO.
std::string FormatLocalDay(int64_t unix_ms);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOCAL_TIME_H_
