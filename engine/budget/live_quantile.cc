#include "engine/budget/live_quantile.h"

#include <algorithm>

#include "absl/numeric/bits.h"

namespace yijie::engine {
namespace {

constexpr std::chrono::milliseconds kWindow{500};
constexpr size_t kFractionBits = 3;

}  // namespace

// Logarithmic, with eight linear steps in each octave.
size_t LiveQuantile::BucketOf(std::chrono::nanoseconds value) {
  const auto n =
      static_cast<uint64_t>(std::max<int64_t>(value.count(), int64_t{1} << kFractionBits));
  const size_t shift = absl::bit_width(n) - 1 - kFractionBits;
  const size_t step = static_cast<size_t>(n >> shift) - (size_t{1} << kFractionBits);
  return std::min((shift << kFractionBits) + step, kBuckets - 1);
}

std::chrono::nanoseconds LiveQuantile::TopOf(size_t bucket) {
  const size_t shift = bucket >> kFractionBits;
  const uint64_t step = (bucket & ((1U << kFractionBits) - 1)) + (1U << kFractionBits);
  return std::chrono::nanoseconds(((step + 1) << shift) - 1);
}

void LiveQuantile::Turn(TimePoint now) {
  if (now - begun_ < kWindow) return;
  const bool older_counts = now - begun_ < 2 * kWindow;
  if (!older_counts) windows_[newer_] = Window();
  newer_ = 1 - newer_;
  windows_[newer_] = Window();
  begun_ = now;
}

void LiveQuantile::Add(TimePoint now, std::chrono::nanoseconds value) {
  Turn(now);
  Window& window = windows_[newer_];
  ++window.count[BucketOf(value)];
  ++window.sum;
}

std::chrono::nanoseconds LiveQuantile::P99(TimePoint now) {
  Turn(now);
  const uint64_t sum = windows_[0].sum + windows_[1].sum;
  if (sum < 2) return std::chrono::nanoseconds(0);
  const uint64_t above = std::max<uint64_t>(sum / 100, 1);  // so many may be larger
  uint64_t seen = 0;
  for (size_t bucket = kBuckets; bucket-- > 0;) {
    seen += windows_[0].count[bucket] + windows_[1].count[bucket];
    if (seen > above) return TopOf(bucket);
  }
  return std::chrono::nanoseconds(0);
}

}  // namespace yijie::engine
