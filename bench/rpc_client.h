#ifndef YIJIE_BENCH_RPC_CLIENT_H_
#define YIJIE_BENCH_RPC_CLIENT_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/settle_driver.h"

namespace yijie::bench {

// Unary calls of one client thread over one connection and one completion queue. Requests and
// replies are bytes: the client serialises and parses nothing.
class RpcClient {
 public:
  // To 127.0.0.1.
  explicit RpcClient(int port);
  ~RpcClient();
  RpcClient(const RpcClient&) = delete;
  RpcClient& operator=(const RpcClient&) = delete;

  struct Traffic {
    std::string method;                                 // "/package.Service/Method"
    std::function<const std::string*()> next;           // the next request; nullptr: no more
    std::function<absl::Status(absl::string_view)> ok;  // is a reply as it should be?
    int in_flight = 1;
    std::chrono::milliseconds length{0};
  };
  // Fails at the first call that fails, other than by RESOURCE_EXHAUSTED: that is sent again.
  absl::StatusOr<Window> Run(const Traffic& traffic);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_RPC_CLIENT_H_
