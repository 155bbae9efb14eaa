#ifndef YIJIE_BENCH_SERVED_H_
#define YIJIE_BENCH_SERVED_H_

// What the benchmarks over the network run against: `yijie serve` over a store with the world in
// it, and the echo beside it, each in a process of its own.

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "bench/options.h"
#include "bench/process.h"
#include "bench/rpc_client.h"
#include "bench/world.h"

namespace yijie::bench {

class Served {
 public:
  struct Settings {
    std::chrono::microseconds sync_delay{0};  // added to each sync of the server
    bool with_echo = true;
    // A minute for every bill: one stall of the disk is to be in p99 and not to end the run, as a
    // claim past its budget would.
    bool patient = false;
  };
  // `directory` exists. The server keeps its store and its log there. Persons are in its memory
  // when this returns.
  static absl::StatusOr<std::unique_ptr<Served>> Start(const Options& options, const World& world,
                                                       const std::string& directory,
                                                       const Settings& settings);

  const ServerProcess& server() const { return *server_; }
  const ServerProcess& echo() const { return *echo_; }
  RequestBytes& requests() { return requests_; }
  // Of a settlement of middle length: state and event.
  size_t commit_bytes() const { return commit_bytes_; }
  // A file that may be written, beside the store.
  std::string sync_file() const { return directory_ + "/sync"; }

 private:
  Served(const World& world, std::string directory);
  absl::Status StartEcho(const std::string& reply);
  absl::Status WarmUp();

  const std::string directory_;
  RequestBytes requests_;
  size_t commit_bytes_ = 0;
  std::unique_ptr<ServerProcess> server_, echo_;
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_SERVED_H_
