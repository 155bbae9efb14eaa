#ifndef YIJIE_BENCH_SETTLE_DRIVER_H_
#define YIJIE_BENCH_SETTLE_DRIVER_H_

// Keeps a number of Settle calls inside an engine: as one is answered, the next goes in. The
// caller's thread does what the thread of the gRPC poller does, parsing and checking included.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "bench/latency.h"
#include "bench/world.h"
#include "engine/engine.h"

namespace yijie::bench {

// One timed window of a closed loop.
struct Window {
  double per_second = 0;
  Latencies latency;            // from arrival, before parsing, to reply
  int64_t settled = 0;          // in the window and until the last call was answered
  int64_t answered_inside = 0;  // of them, before the window ended
  int64_t busy = 0;             // refused by the engine for the moment, sent again
};

class SettleDriver {
 public:
  // Both outlive the driver.
  SettleDriver(engine::Engine& engine, RequestBytes& requests)
      : engine_(engine), requests_(requests) {}

  // Fails at the first reply that is not SETTLED, after the calls inside were answered.
  absl::StatusOr<Window> Run(int in_flight, std::chrono::milliseconds length);

  // The same for a number of calls.
  absl::StatusOr<Window> RunCalls(int in_flight, int64_t calls);

  // Reads every person once, so that all are in the engine's memory.
  absl::Status WarmUp();

 private:
  using Clock = std::chrono::steady_clock;
  struct Done {
    std::string request;
    Clock::time_point arrived, replied;
    absl::Status status;
  };

  // Keeps calls in flight while `open` says so.
  absl::StatusOr<Window> RunWhile(int in_flight, const std::function<bool()>& open,
                                  Clock::time_point end);
  void Submit(std::string request);
  // Waits until at least one call is answered.
  std::vector<Done> TakeDone();

  engine::Engine& engine_;
  RequestBytes& requests_;
  Mutex mutex_;
  CondVar answered_;
  std::vector<Done> done_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_SETTLE_DRIVER_H_
