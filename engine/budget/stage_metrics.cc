#include "engine/budget/stage_metrics.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/numeric/bits.h"

namespace yijie::engine {
namespace {

constexpr std::array<absl::string_view, kTold> kToldNames = {"answered", "not_applied", "not_known",
                                                             "rejected"};

prometheus::ClientMetric::Label LabelOf(const char* name, absl::string_view value) {
  prometheus::ClientMetric::Label label;
  label.name = name;
  label.value = std::string(value);
  return label;
}

}  // namespace

Told ToldBy(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return Told::kAnswered;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
      return Told::kNotApplied;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return Told::kNotKnown;
    default:
      return Told::kRejected;
  }
}

void StageMetrics::Add(std::chrono::nanoseconds time, Histogram& to) {
  const size_t bits = absl::bit_width(static_cast<uint64_t>(time.count()));
  const size_t bucket = bits <= kFirstBit ? 0 : std::min(bits - kFirstBit, kBuckets - 1);
  to.count[bucket].fetch_add(1, std::memory_order_relaxed);
  to.sum_ns.fetch_add(time.count(), std::memory_order_relaxed);
}

void StageMetrics::Count(Channel channel, Told told, const StageTimes& times) {
  ByStage& by_stage = histograms_[static_cast<size_t>(channel)][static_cast<size_t>(told)];
  for (size_t stage = 0; stage < kStages; ++stage) {
    if (times.took[stage].count() > 0) Add(times.took[stage], by_stage[stage]);
  }
  Add(times.wall(), by_stage[kStages]);
}

prometheus::ClientMetric StageMetrics::Show(const Histogram& histogram) {
  prometheus::ClientMetric metric;
  uint64_t below = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    below += histogram.count[i].load(std::memory_order_relaxed);
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = below;
    bucket.upper_bound = i + 1 < kBuckets
                             ? static_cast<double>(uint64_t{1} << (i + kFirstBit)) / 1e9
                             : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back(bucket);
  }
  metric.histogram.sample_count = below;
  metric.histogram.sample_sum =
      static_cast<double>(histogram.sum_ns.load(std::memory_order_relaxed)) / 1e9;
  return metric;
}

std::vector<prometheus::MetricFamily> StageMetrics::Collect() const {
  prometheus::MetricFamily family;
  family.name = "yijie_stage_seconds";
  family.help = "Where the time of calls goes, by stage, channel and what the caller was told";
  family.type = prometheus::MetricType::Histogram;
  for (size_t channel = 0; channel < kChannels; ++channel) {
    for (size_t told = 0; told < kTold; ++told) {
      for (size_t stage = 0; stage <= kStages; ++stage) {
        prometheus::ClientMetric metric = Show(histograms_[channel][told][stage]);
        if (metric.histogram.sample_count == 0) continue;
        const bool wall = stage == kStages;
        metric.label = {LabelOf("channel", NameOf(static_cast<Channel>(channel))),
                        LabelOf("stage", wall ? "wall" : NameOf(static_cast<Stage>(stage))),
                        LabelOf("told", kToldNames[told])};
        family.metric.push_back(std::move(metric));
      }
    }
  }
  return {family};
}

}  // namespace yijie::engine
