#ifndef YIJIE_ENGINE_FORECAST_H_
#define YIJIE_ENGINE_FORECAST_H_

// How long a call would take in a lane if it came now, from what went on in the last second.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/mutex.h"
#include "engine/admission.h"
#include "engine/live_quantile.h"

namespace yijie::engine {

// Thread-safe.
class Forecast {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // --- What goes on.

  void Queued(Priority priority) { Waiting(priority).fetch_add(1, std::memory_order_relaxed); }
  void Taken(Priority priority) { Waiting(priority).fetch_sub(1, std::memory_order_relaxed); }
  // While others waited, the lane took so many in this time.
  void Drained(size_t jobs, std::chrono::nanoseconds time);
  // A group was made, beginning at `begun`, and given to the store; it is durable, or failed.
  void Sent(TimePoint begun);
  void Written(TimePoint begun, TimePoint now);

  // --- What is to be expected.

  // Until a call of this priority is worked on.
  std::chrono::nanoseconds Wait(Priority priority) const;
  // From then on until its commit is durable: the 99th percentile of late, or how long the oldest
  // write on its way has taken already. 0 if nothing is on its way: then the disk is tried, however
  // slow it was.
  std::chrono::nanoseconds Write(TimePoint now) const;

 private:
  static constexpr TimePoint::rep kNone = 0;

  void SetOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::atomic<int64_t>& Waiting(Priority priority) {
    return waiting_[static_cast<size_t>(priority)];
  }

  std::array<std::atomic<int64_t>, kPriorities> waiting_{};
  std::atomic<int64_t> per_job_ns_{0};
  std::atomic<TimePoint::rep> oldest_{kNone};  // when the first group of `out_` was begun
  std::atomic<int64_t> p99_ns_{0};
  std::atomic<TimePoint::rep> p99_at_{0};
  Mutex mutex_;
  LiveQuantile written_ ABSL_GUARDED_BY(mutex_);
  std::deque<TimePoint> out_ ABSL_GUARDED_BY(mutex_);  // groups on their way
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_FORECAST_H_
