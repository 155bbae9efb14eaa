#include "engine/local_time.h"

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace yijie::engine {
namespace {

std::string Format(absl::string_view format, int64_t unix_ms) {
  static const absl::TimeZone zone = absl::FixedTimeZone(8 * 60 * 60);
  return absl::FormatTime(format, absl::FromUnixMillis(unix_ms), zone);
}

}  // namespace

std::string FormatLocalTime(int64_t unix_ms) { return Format("%Y-%m-%dT%H:%M:%S%Ez", unix_ms); }

std::string FormatLocalDay(int64_t unix_ms) { return Format("%Y-%m-%d", unix_ms); }

}  // namespace yijie::engine
