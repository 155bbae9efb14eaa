#include "bench/slowed.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace yijie::bench {
namespace {

constexpr char kUsual[] = "the same without the delay";

}  // namespace

Slowed::Slowed(const std::string& load, std::chrono::milliseconds delay)
    : delay_(delay),
      name_(absl::StrCat(load, " +", delay.count(), "ms")),
      rate_{name_ + " settles", "1/s", Better::kMore, {}, kUsual, {}},
      p99_{name_ + " p99", "us", Better::kLess, {}, kUsual, {}} {}

void Slowed::Add(const Window& slow, const Window& usual) {
  Append(rate_, slow.per_second, usual.per_second);
  Append(p99_, slow.latency.p99_us, usual.latency.p99_us);
}

void Slowed::MoveTo(Report& report) {
  report.Add(std::move(rate_));
  report.Add(std::move(p99_));
}

std::vector<Slowed> SlowedRows(const std::string& load) {
  std::vector<Slowed> rows;
  for (const std::chrono::milliseconds delay : kSyncDelays) rows.emplace_back(load, delay);
  return rows;
}

}  // namespace yijie::bench
