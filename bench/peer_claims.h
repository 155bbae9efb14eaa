#ifndef YIJIE_BENCH_PEER_CLAIMS_H_
#define YIJIE_BENCH_PEER_CLAIMS_H_

// The claims a conventional system settles beside the engine, as files for its COPY command.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/world.h"
#include "storage/store.h"

namespace yijie::bench {

struct DecidedClaim {
  v1::SettleRequest request;
  v1::Settlement settlement;  // what the engine answered
};

// Bills of any size for random persons, `for_each` in a row for one and the same, each settled on
// what the one before left. `store` holds the world as loaded and is not changed.
absl::StatusOr<std::vector<DecidedClaim>> DecideClaims(const World& world, storage::Store& store,
                                                       int persons, int for_each);

struct ClaimRange {
  int64_t first = 0, last = 0;  // ids, for load: decided by no one yet
};

// Writes the files bench/peers/postgres/load.sql reads: those of the world, and claims.copy with
// `decided` and one small bill for each person that can settle.
absl::StatusOr<ClaimRange> WritePeerFiles(const World& world,
                                          const std::vector<DecidedClaim>& decided,
                                          const std::string& directory);

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_PEER_CLAIMS_H_
