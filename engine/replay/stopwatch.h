#ifndef YIJIE_ENGINE_REPLAY_STOPWATCH_H_
#define YIJIE_ENGINE_REPLAY_STOPWATCH_H_

#include <chrono>

#include "engine/replay/report.h"

namespace yijie::engine {

// Adds the time of one thread to what it was spent on, begun with the history.
class Stopwatch {
 public:
  // `report` outlives the watch.
  explicit Stopwatch(ReplayReport* report)
      : report_(report), since_(Clock::now()), spent_on_(&report->history_ns) {}
  ~Stopwatch() { Switch(nullptr); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

  void ReadingHistory() { Switch(&report_->history_ns); }
  void Settling() { Switch(&report_->settle_ns); }

 private:
  using Clock = std::chrono::steady_clock;

  void Switch(int64_t* next) {
    const Clock::time_point now = Clock::now();
    *spent_on_ += std::chrono::nanoseconds(now - since_).count();
    since_ = now;
    spent_on_ = next;
  }

  ReplayReport* const report_;
  Clock::time_point since_;
  int64_t* spent_on_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_STOPWATCH_H_
