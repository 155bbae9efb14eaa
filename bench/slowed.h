#ifndef YIJIE_BENCH_SLOWED_H_
#define YIJIE_BENCH_SLOWED_H_

// What a slower disk costs: the rows of a durable figure again, with each sync taking longer.

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "bench/report.h"
#include "bench/settle_driver.h"

namespace yijie::bench {

inline constexpr std::array kSyncDelays = {std::chrono::milliseconds(1),
                                           std::chrono::milliseconds(5)};

// "rpc/64 +1ms": settles a second and their p99, beside those of the same load without the delay in
// the same repetition.
class Slowed {
 public:
  Slowed(const std::string& load, std::chrono::milliseconds delay);

  std::chrono::milliseconds delay() const { return delay_; }
  const std::string& name() const { return name_; }

  void Add(const Window& slow, const Window& usual);
  void MoveTo(Report& report);

 private:
  std::chrono::milliseconds delay_;
  std::string name_;
  Row rate_, p99_;
};

// One for each of kSyncDelays.
std::vector<Slowed> SlowedRows(const std::string& load);

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_SLOWED_H_
