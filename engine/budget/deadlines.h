#ifndef YIJIE_ENGINE_BUDGET_DEADLINES_H_
#define YIJIE_ENGINE_BUDGET_DEADLINES_H_

// Sees to it that every caller is answered when its deadline passes, whatever holds up its job.

#include <chrono>
#include <functional>
#include <thread>

#include "base/mutex.h"
#include "engine/budget/caller.h"
#include "engine/budget/deadline_wheel.h"

namespace yijie::engine {

class Deadlines {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // `stepped`: no thread, ExpireDue is called instead.
  Deadlines(std::function<TimePoint()> clock, bool stepped);
  ~Deadlines();
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // Thread-safe. A caller without a deadline is not watched.
  void Add(Caller& caller);
  void Remove(Caller& caller);

  // Answers those whose deadline has passed. False if there are none.
  bool ExpireDue();

  // Waits until nobody is being answered. Thread-safe.
  void AwaitIdle();

 private:
  void Run();

  const std::function<TimePoint()> clock_;
  Mutex mutex_;
  CondVar wake_;
  DeadlineWheel wheel_ ABSL_GUARDED_BY(mutex_);
  TimePoint wakes_at_ ABSL_GUARDED_BY(mutex_) = TimePoint::max();
  CondVar idle_;
  int answering_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // none if stepped
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_DEADLINES_H_
