#ifndef YIJIE_BENCH_POSTGRES_PEER_H_
#define YIJIE_BENCH_POSTGRES_PEER_H_

// The conventional system: a PostgreSQL cluster of its own with the tables and the stored procedure
// of bench/peers/postgres, driven by pgbench. docs/benchmarks.md says how it is tuned.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/latency.h"
#include "bench/peer_claims.h"
#include "bench/process.h"

namespace yijie::bench {

class PostgresPeer {
 public:
  // `binaries` has postgres, initdb, psql and pgbench; `scripts` is bench/peers/postgres. All files
  // are in `directory`, which exists, but for a socket in /tmp. They go with this object.
  static absl::StatusOr<std::unique_ptr<PostgresPeer>> Start(const std::string& binaries,
                                                             const std::string& scripts,
                                                             const std::string& directory);

  // Makes the tables and loads the files WritePeerFiles wrote into `directory`.
  absl::Status Load();

  // Settles what the engine decided, and fails at the first amount that is another. Leaves nothing
  // behind. Gives how many claims were settled.
  absl::StatusOr<int64_t> CheckDecisions();

  struct Traffic {
    ClaimRange claims;
    int clients = 1;
    double per_second = 0;  // at random moments; 0: each client sends as soon as it is answered
    int seconds = 1;
  };
  struct Result {
    double per_second = 0;
    Latencies latency;                 // with a rate: from when a call was to be sent
    std::vector<int64_t> nanoseconds;  // sorted
  };
  absl::StatusOr<Result> Run(const Traffic& traffic);

  // Every call of Run that was answered is in the tables, once, and the journal is even.
  absl::Status CheckBooks();

  absl::StatusOr<std::string> Version();

 private:
  PostgresPeer(std::string binaries, std::string scripts, std::string directory)
      : binaries_(std::move(binaries)),
        scripts_(std::move(scripts)),
        directory_(std::move(directory)),
        log_(directory_ + "/clients.log") {}

  absl::StatusOr<std::string> Psql(const std::vector<std::string>& arguments);
  // Latencies pgbench logged, which are removed.
  absl::StatusOr<std::vector<int64_t>> TakeLogs();

  const std::string binaries_, scripts_, directory_, log_;
  std::string socket_;
  std::unique_ptr<ServerProcess> cluster_;
  int runs_ = 0;
  int64_t answered_ = 0;
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_POSTGRES_PEER_H_
