#ifndef YIJIE_ENGINE_BUDGET_STAGE_METRICS_H_
#define YIJIE_ENGINE_BUDGET_STAGE_METRICS_H_

// Histograms of where time goes, by stage, channel and what the caller was told:
// yijie_stage_seconds. Buckets are powers of two of nanoseconds, so that counting is one addition.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "absl/status/status.h"
#include "engine/budget/budget.h"
#include "engine/budget/stage_times.h"

namespace yijie::engine {

// What a caller knows then.
enum class Told : uint8_t {
  kAnswered,    // an answer, be it a business refusal
  kNotApplied,  // refused for want of time or room; certainly without an effect
  kNotKnown,    // to be asked again
  kRejected,    // the request is wrong
};
inline constexpr size_t kTold = 4;
Told ToldBy(absl::StatusCode code);

// Thread-safe, without locks.
class StageMetrics final : public prometheus::Collectable {
 public:
  // A stage the call did not pass is not counted.
  void Count(Channel channel, Told told, const StageTimes& times);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  // Bucket i holds times below 2^(i + kFirstBit) ns: 1 us to 17 s, and all above.
  static constexpr size_t kFirstBit = 10;
  static constexpr size_t kBuckets = 26;

  struct Histogram {
    std::array<std::atomic<uint64_t>, kBuckets> count{};
    std::atomic<int64_t> sum_ns{0};
  };
  using ByStage = std::array<Histogram, kStages + 1>;  // the last one is the wall

  static void Add(std::chrono::nanoseconds time, Histogram& to);
  static prometheus::ClientMetric Show(const Histogram& histogram);

  std::array<std::array<ByStage, kTold>, kChannels> histograms_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_STAGE_METRICS_H_
