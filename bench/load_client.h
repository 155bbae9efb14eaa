#ifndef YIJIE_BENCH_LOAD_CLIENT_H_
#define YIJIE_BENCH_LOAD_CLIENT_H_

// Open-loop clients in processes of their own, so that what one of them does is not counted as
// waiting of another, and each gets its turn of the processor as a client elsewhere would.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/open_loop.h"

namespace yijie::bench {

struct LoadClient {
  LoadPlan plan;              // of unary calls; `requests` and `begin` are set in the process
  std::string requests_file;  // of RequestBytes::Write
  uint64_t first_serial = 0;  // of its message ids, which no other client has
  // Added to its nice value. For noise, which elsewhere would cost this machine nothing to send.
  int nice = 0;
};

// Runs them all at once, this program being run again with `--load-client`. What they complain of
// is added to `log_file`. Results are in the order of `clients`.
absl::StatusOr<std::vector<LoadResult>> RunLoadClients(const std::vector<LoadClient>& clients,
                                                       const std::string& log_file);

// The load of `client` from so many processes, with an equal share of its rate, connections and
// open calls each.
std::vector<LoadClient> SplitLoad(const LoadClient& client, int processes);

// What clients saw together.
LoadResult Together(const std::vector<LoadResult>& results);

// In the client's process: does what `arguments` say and writes the result to stdout.
int RunLoadClient(const std::string& arguments);

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_LOAD_CLIENT_H_
