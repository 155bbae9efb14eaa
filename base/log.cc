#include "base/log.h"

#include <limits.h>
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

// A log line that cannot be written is dropped: logging must not stop a settlement.
void WriteToStderr(absl::string_view text) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

std::string TimeNow() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
}

std::string BeginLine(absl::string_view time, absl::string_view event) {
  return absl::StrCat("{\"time\":\"", time, "\",\"event\":\"", event, "\"");
}

}  // namespace

LogLines::~LogLines() { Write(); }

void LogLines::Add(absl::string_view line) {
  if (text_.size() + line.size() > PIPE_BUF) Write();
  text_.append(line.data(), line.size());
}

void LogLines::Write() {
  if (!text_.empty()) WriteToStderr(text_);
  text_.clear();
}

LogLine::LogLine(absl::string_view event) : line_(BeginLine(TimeNow(), event)) {}

LogLine::LogLine(absl::string_view event, LogLines& lines) : lines_(&lines) {
  if (lines.time_.empty()) lines.time_ = TimeNow();
  line_ = BeginLine(lines.time_, event);
}

LogLine::~LogLine() {
  line_ += "}\n";
  lines_ == nullptr ? WriteToStderr(line_) : lines_->Add(line_);
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
