#include "engine/budget/forecast.h"

#include <algorithm>

#include "base/check.h"

namespace yijie::engine {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kFresh = std::chrono::seconds(1);

}  // namespace

void Forecast::Drained(size_t jobs, nanoseconds time) {
  if (jobs == 0 || time > kFresh) return;
  const int64_t sample = time.count() / static_cast<int64_t>(jobs);
  const int64_t before = per_job_ns_.load(std::memory_order_relaxed);
  per_job_ns_.store(before == 0 ? sample : before + (sample - before) / 8,
                    std::memory_order_relaxed);
}

void Forecast::KeptUp() {
  const int64_t before = per_job_ns_.load(std::memory_order_relaxed);
  per_job_ns_.store(before - before / 8, std::memory_order_relaxed);
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
  const auto sent = std::find(out_.begin(), out_.end(), begun);
  YIJIE_CHECK(sent != out_.end(), "a group is answered twice");
  out_.erase(sent);
  SetOldest();
  written_.Add(now, now - begun);
  last_[next_++ % last_.size()] = now - begun;
  const nanoseconds trusted = 4 * *std::max_element(last_.begin(), last_.end());
  p99_ns_.store(std::min(written_.P99(now), trusted).count(), std::memory_order_relaxed);
  p99_at_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
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
