#ifndef YIJIE_ENGINE_BUDGET_LIVE_QUANTILE_H_
#define YIJIE_ENGINE_BUDGET_LIVE_QUANTILE_H_

// The 99th percentile of what took how long lately.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace yijie::engine {

// Remembers half a second to one second: two windows, of which the older is dropped when the newer
// is full of time. Values are kept to 1/8. Not thread-safe.
class LiveQuantile {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  void Add(TimePoint now, std::chrono::nanoseconds value);

  // The value that 99 of 100 were not above; of fewer than 100, all but the largest, so that one
  // that stands out says nothing. 0 if there are less than two.
  std::chrono::nanoseconds P99(TimePoint now);

 private:
  static constexpr size_t kBuckets = 8 * 48;
  struct Window {
    std::array<uint32_t, kBuckets> count{};
    uint64_t sum = 0;
  };
  static size_t BucketOf(std::chrono::nanoseconds value);
  static std::chrono::nanoseconds TopOf(size_t bucket);
  void Turn(TimePoint now);

  std::array<Window, 2> windows_;
  size_t newer_ = 0;
  TimePoint begun_;  // the newer window
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_LIVE_QUANTILE_H_
