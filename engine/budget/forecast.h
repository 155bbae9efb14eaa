#ifndef YIJIE_ENGINE_BUDGET_FORECAST_H_
#define YIJIE_ENGINE_BUDGET_FORECAST_H_

// How long a call would take in a lane if it came now, from what went on in the last second.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/mutex.h"
#include "engine/budget/live_quantile.h"

namespace yijie::engine {

// Thread-safe.
class Forecast {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // --- What goes on.

  // While others waited, the lane took so many in this time. More than a second is a disk that
  // hangs, of which Write() tells.
  void Drained(size_t jobs, std::chrono::nanoseconds time);
  // Nobody had to wait for the lane.
  void KeptUp();
  // A group was made, beginning at `begun`, and given to the store; it is durable, or failed.
  void Sent(TimePoint begun);
  void Written(TimePoint begun, TimePoint now);

  // --- What is to be expected.

  // Until a call before which so many are taken is worked on.
  std::chrono::nanoseconds Wait(int64_t ahead) const {
    return std::chrono::nanoseconds(ahead * per_job_ns_.load(std::memory_order_relaxed));
  }
  // From then on until its commit is durable: the 99th percentile of late, but no more than four
  // times the longest of the last eight, so that a disk that is fast again is trusted soon; and not
  // less than the oldest write on its way has taken already. 0 if nothing is on its way: then the
  // disk is tried, however slow it was.
  std::chrono::nanoseconds Write(TimePoint now) const;

 private:
  static constexpr TimePoint::rep kNone = 0;

  void SetOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::atomic<int64_t> per_job_ns_{0};
  std::atomic<TimePoint::rep> oldest_{kNone};  // when the first group of `out_` was begun
  std::atomic<int64_t> p99_ns_{0};
  std::atomic<TimePoint::rep> p99_at_{0};
  Mutex mutex_;
  LiveQuantile written_ ABSL_GUARDED_BY(mutex_);
  std::array<std::chrono::nanoseconds, 8> last_ ABSL_GUARDED_BY(mutex_){};
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;            // of `last_`
  std::deque<TimePoint> out_ ABSL_GUARDED_BY(mutex_);  // groups on their way
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_FORECAST_H_
