#include "engine/forecast.h"

#include <algorithm>

namespace yijie::engine {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kFresh = std::chrono::seconds(1);

}  // namespace

void Forecast::Drained(size_t jobs, nanoseconds time) {
  if (jobs == 0) return;
  const int64_t sample = time.count() / static_cast<int64_t>(jobs);
  const int64_t before = per_job_ns_.load(std::memory_order_relaxed);
  per_job_ns_.store(before == 0 ? sample : before + (sample - before) / 8,
                    std::memory_order_relaxed);
}

void Forecast::Sent(TimePoint begun) {
  const MutexLock lock(mutex_);
  out_.push_back(begun);
  SetOldest();
}

void Forecast::SetOldest() {
  oldest_.store(out_.empty() ? kNone : out_.front().time_since_epoch().count(),
                std::memory_order_relaxed);
}

void Forecast::Written(TimePoint begun, TimePoint now) {
  const MutexLock lock(mutex_);
  out_.erase(std::find(out_.begin(), out_.end(), begun));
  SetOldest();
  written_.Add(now, now - begun);
  p99_ns_.store(written_.P99(now).count(), std::memory_order_relaxed);
  p99_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

nanoseconds Forecast::Wait(Priority priority) const {
  int64_t ahead = 0;
  for (size_t i = 0; i <= static_cast<size_t>(priority); ++i)
    ahead += waiting_[i].load(std::memory_order_relaxed);
  return nanoseconds(ahead * per_job_ns_.load(std::memory_order_relaxed));
}

nanoseconds Forecast::Write(TimePoint now) const {
  const TimePoint::rep begun = oldest_.load(std::memory_order_relaxed);
  if (begun == kNone) return nanoseconds(0);
  const TimePoint oldest{nanoseconds(begun)};
  const TimePoint at(nanoseconds(p99_at_.load(std::memory_order_relaxed)));
  const nanoseconds p99(now - at < kFresh ? p99_ns_.load(std::memory_order_relaxed) : 0);
  return std::max(p99, now - oldest);
}

}  // namespace yijie::engine
