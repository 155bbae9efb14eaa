#include "engine/moment.h"

#include "base/check.h"
#include "engine/local_time.h"

namespace yijie::engine {

Moment MomentOf(int64_t unix_ms) {
  const Date day = LocalDay(unix_ms);
  YIJIE_CHECK(kFirstDate <= day && day <= kLastDate, "the clock is outside 1900 to 2199");
  return {unix_ms, day, FormatLocalTime(unix_ms)};
}

}  // namespace yijie::engine
