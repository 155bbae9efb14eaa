#ifndef YIJIE_BASE_LOG_H_
#define YIJIE_BASE_LOG_H_

// One line of JSON per event on stderr. Never personal data: no names, certificate numbers, card
// numbers or person numbers.

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace yijie {

// LogLine("settle").Text("institution", code).Number("us", 312);   writes when the temporary dies.
// Thread-safe: one write(2) a line.
class LogLine {
 public:
  explicit LogLine(absl::string_view event);
  ~LogLine();
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  LogLine& Text(absl::string_view name, absl::string_view value);
  LogLine& Number(absl::string_view name, int64_t value);

 private:
  std::string line_;
};

}  // namespace yijie

#endif  // YIJIE_BASE_LOG_H_
