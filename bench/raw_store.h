#ifndef YIJIE_BENCH_RAW_STORE_H_
#define YIJIE_BENCH_RAW_STORE_H_

// The floor under the durable settlement: RocksDB with the store's options but the memory table
// that costs least, written by one thread in synced batches, with all keys and values that
// settlements and their group write, and nothing else done. The acknowledged mark is not written.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/settle_driver.h"
#include "storage/store.h"

namespace yijie::bench {

class RawStore {
 public:
  // `commits` are real ones, each with a person and one message; at least one.
  static absl::StatusOr<std::unique_ptr<RawStore>> Open(
      const std::string& directory, const std::vector<storage::Commit>& commits);
  ~RawStore();
  RawStore(const RawStore&) = delete;
  RawStore& operator=(const RawStore&) = delete;

  // Writes batches of `group` commits, one after the other. The latency is that of a batch.
  absl::StatusOr<Window> Run(int group, std::chrono::milliseconds length);

  // Mean bytes of keys and values of a commit.
  size_t commit_bytes() const { return commit_bytes_; }

 private:
  struct Impl;
  RawStore(std::unique_ptr<Impl> impl, size_t commit_bytes);

  const std::unique_ptr<Impl> impl_;
  const size_t commit_bytes_;
};

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_RAW_STORE_H_
