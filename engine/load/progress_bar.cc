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
  if (total == 0) return Draw(absl::StrCat(done, " ", what_));
  const std::string counts = absl::StrCat(done, " of ", total, " ", what_);
  if (!terminal_) return Draw(counts);
  const auto filled = static_cast<size_t>(static_cast<int64_t>(kBarWidth) * done / total);
  const std::string bar = std::string(filled, '#') + std::string(kBarWidth - filled, '.');
  Draw(absl::StrCat("[", bar, "] ", counts));
}

void ProgressBar::Draw(const std::string& text) const {
  const std::string line = terminal_ ? absl::StrCat("\r", text, "\033[K") : text + "\n";
  std::fputs(line.c_str(), stderr);
}

}  // namespace yijie::engine
