#include "engine/load/progress_bar.h"

#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace yijie::engine {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBarWidth = 40;
constexpr std::chrono::milliseconds kBarInterval(100);
constexpr std::chrono::milliseconds kLineInterval(5000);

}  // namespace

ProgressBar::ProgressBar(absl::string_view what)
    : what_(what),
      terminal_(isatty(STDERR_FILENO) == 1),
      interval_(terminal_ ? kBarInterval : kLineInterval),
      next_(Clock::now() + interval_) {}

ProgressBar::~ProgressBar() {
  if (drawn_ && terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::Update(int64_t done, int64_t total) {
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + interval_;
  drawn_ = true;
  const std::string counts = absl::StrCat(done, " of ", total, " ", what_);
  if (!terminal_) {
    std::fputs(absl::StrCat(counts, "\n").c_str(), stderr);
    return;
  }
  const auto filled =
      static_cast<size_t>(total > 0 ? static_cast<int64_t>(kBarWidth) * done / total : 0);
  const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, '.');
  std::fputs(absl::StrCat("\r[", bar, "] ", counts, "\033[K").c_str(), stderr);
}

}  // namespace yijie::engine
