#ifndef YIJIE_BASE_LOG_H_
#define YIJIE_BASE_LOG_H_

// One line of JSON per event on stderr; dropped, and counted, while whoever reads a pipe or socket
// there does not: a line never waits. Never personal data: no names, certificate numbers, card
// numbers or person numbers.

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace yijie {

// Lines of one moment that are written together, which saves a write(2) for each: whole lines, no
// more at once than a pipe takes in one piece. Written at the latest when this dies.
class LogLines {
 public:
  LogLines() = default;
  ~LogLines();
  LogLines(const LogLines&) = delete;
  LogLines& operator=(const LogLines&) = delete;

 private:
  friend class LogLine;
  void Add(absl::string_view line);
  void Write();

  std::string time_;  // of the first line
  std::string text_;
  int64_t lines_ = 0;
};

// LogLine("settle").Text("institution", code).Number("us", 312);   writes when the temporary dies.
// Thread-safe: one write(2) a line.
class LogLine {
 public:
  explicit LogLine(absl::string_view event);
  // Goes to `lines`, which outlives it.
  LogLine(absl::string_view event, LogLines& lines);
  ~LogLine();
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  LogLine& Text(absl::string_view name, absl::string_view value);
  LogLine& Number(absl::string_view name, int64_t value);

 private:
  std::string line_;
  LogLines* lines_ = nullptr;
};

}  // namespace yijie

#endif  // YIJIE_BASE_LOG_H_
