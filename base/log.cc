#include "base/log.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/mutex.h"

namespace yijie {
namespace {

bool NeedsEscape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

void AppendEscape(char c, std::string* out) {
  if (static_cast<unsigned char>(c) < 0x20) {
    absl::StrAppendFormat(out, "\\u%04x", static_cast<unsigned>(c));
  } else {
    out->push_back('\\');
    out->push_back(c);
  }
}

// Text between two characters that need an escape goes over in one piece.
void AppendEscaped(absl::string_view text, std::string* out) {
  size_t begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!NeedsEscape(text[i])) continue;
    out->append(text.data() + begin, i - begin);
    AppendEscape(text[i], out);
    begin = i + 1;
  }
  out->append(text.data() + begin, text.size() - begin);
}

// False, and nothing is written, if that would wait for whoever reads a pipe or socket. Of at most
// PIPE_BUF bytes; longer texts may wait.
bool TryWrite(absl::string_view text) {
  pollfd stderr_now = {STDERR_FILENO, POLLOUT, 0};
  if (poll(&stderr_now, 1, 0) != 1 || (stderr_now.revents & POLLOUT) == 0) return false;
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  return true;
}

std::string TimeNow() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
}

std::string BeginLine(absl::string_view time, absl::string_view event) {
  constexpr size_t kUsualBytes = 192;  // of the whole line
  std::string line;
  line.reserve(kUsualBytes);
  absl::StrAppend(&line, "{\"time\":\"", time, "\",\"event\":\"", event, "\"");
  return line;
}

std::string DroppedLine(int64_t number) {
  return absl::StrCat(BeginLine(TimeNow(), "log_lines_dropped"), ",\"number\":", number, "}\n");
}

// A line that cannot be written at once is dropped: logging must not stop a settlement. The next
// that can be written comes after one that says how many were. Thread-safe.
class Stderr {
 public:
  void Write(absl::string_view text, int64_t lines) {
    const MutexLock lock(mutex_);  // or another line could take the room that was found
    if (dropped_ > 0 && TryWrite(DroppedLine(dropped_))) dropped_ = 0;
    if (dropped_ > 0 || !TryWrite(text)) dropped_ += lines;
  }

 private:
  Mutex mutex_;
  int64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
};

Stderr& TheStderr() {
  static auto* const the_stderr = new Stderr;  // never destroyed: threads log to the end
  return *the_stderr;
}

}  // namespace

LogLines::~LogLines() { Write(); }

void LogLines::Add(absl::string_view line) {
  if (text_.size() + line.size() > PIPE_BUF) Write();
  text_.append(line.data(), line.size());
  ++lines_;
}

void LogLines::Write() {
  if (!text_.empty()) TheStderr().Write(text_, lines_);
  text_.clear();
  lines_ = 0;
}

LogLine::LogLine(absl::string_view event) : line_(BeginLine(TimeNow(), event)) {}

LogLine::LogLine(absl::string_view event, LogLines& lines) : lines_(&lines) {
  if (lines.time_.empty()) lines.time_ = TimeNow();
  line_ = BeginLine(lines.time_, event);
}

LogLine::~LogLine() {
  line_ += "}\n";
  lines_ == nullptr ? TheStderr().Write(line_, 1) : lines_->Add(line_);
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
