#include "base/log.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace yijie {
namespace {

void AppendEscaped(absl::string_view text, std::string* out) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(out, "\\u%04x", static_cast<unsigned>(c));
    } else {
      out->push_back(c);
    }
  }
}

}  // namespace

LogLine::LogLine(absl::string_view event) {
  line_ = absl::StrCat("{\"time\":\"",
                       absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()),
                       "\",\"event\":\"", event, "\"");
}

LogLine::~LogLine() {
  line_ += "}\n";
  // A log line that cannot be written is dropped: logging must not stop a settlement.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line_.data(), line_.size());
}

LogLine& LogLine::Text(absl::string_view name, absl::string_view value) {
  absl::StrAppend(&line_, ",\"", name, "\":\"");
  AppendEscaped(value, &line_);
  line_ += '"';
  return *this;
}

LogLine& LogLine::Number(absl::string_view name, int64_t value) {
  absl::StrAppend(&line_, ",\"", name, "\":", value);
  return *this;
}

}  // namespace yijie
