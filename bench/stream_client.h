#ifndef YIJIE_BENCH_STREAM_CLIENT_H_
#define YIJIE_BENCH_STREAM_CLIENT_H_

#include <chrono>
#include <memory>

#include "absl/status/statusor.h"
#include "bench/settle_driver.h"
#include "bench/world.h"

namespace yijie::bench {

// One SettleStream of one client thread, over one connection and one completion queue. Messages
// are bytes: the client serialises nothing and looks at what it needs of the answers.
class StreamClient {
 public:
  // To 127.0.0.1.
  explicit StreamClient(int port);
  ~StreamClient();
  StreamClient(const StreamClient&) = delete;
  StreamClient& operator=(const StreamClient&) = delete;

  struct Traffic {
    RequestBytes* requests = nullptr;
    int batch = 1;       // claims in a message
    int in_flight = 64;  // most claims sent and not answered
    std::chrono::milliseconds length{0};
  };
  // Keeps the claims in flight. Latency of a claim is from the writing of its message. Fails at the
  // first claim that is not settled, other than by RESOURCE_EXHAUSTED.
  absl::StatusOr<Window> Run(const Traffic& traffic);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_STREAM_CLIENT_H_
