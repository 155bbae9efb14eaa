#ifndef YIJIE_ENGINE_LOAD_PROGRESS_BAR_H_
#define YIJIE_ENGINE_LOAD_PROGRESS_BAR_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace yijie::engine {

// Shows on stderr how far a long command is: a bar if stderr is a terminal, else a line every few
// seconds. A command that is done at once shows nothing.
class ProgressBar {
 public:
  // `what` is being counted: "persons".
  explicit ProgressBar(absl::string_view what);
  // Wipes the bar.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Cheap: most calls draw nothing. A `total` of 0 is not known: no bar, only the count.
  void Update(int64_t done, int64_t total);

 private:
  void Draw(const std::string& text) const;

  const std::string what_;
  const bool terminal_;
  const std::chrono::steady_clock::duration interval_;  // between two drawings
  std::chrono::steady_clock::time_point next_;
  bool drawn_ = false;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_PROGRESS_BAR_H_
