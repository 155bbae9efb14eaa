#ifndef YIJIE_BENCH_COMMIT_STREAM_H_
#define YIJIE_BENCH_COMMIT_STREAM_H_

// Commits as the lane makes them, to be written without an engine.

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/world.h"
#include "storage/store.h"

namespace yijie::bench {

// Settlements of persons of `world`, one each, on top of what `store` holds of them.
absl::StatusOr<std::vector<storage::Commit>> RealCommits(const World& world, RequestBytes& requests,
                                                         storage::Store& store);

// Real commits again and again: each time round a person's next version, under new message ids.
class CommitStream {
 public:
  explicit CommitStream(std::vector<storage::Commit> commits) : commits_(std::move(commits)) {}

  // The next `count` commits, each to be applied once, in order.
  std::vector<storage::Commit> Next(int count);

 private:
  std::vector<storage::Commit> commits_;
  uint64_t taken_ = 0;
};

// CPU time of this process, all threads, microseconds.
double CpuMicroseconds();

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_COMMIT_STREAM_H_
