#ifndef YIJIE_STORAGE_ROCKS_STORE_H_
#define YIJIE_STORAGE_ROCKS_STORE_H_

// The embedded store: RocksDB, one writer thread, one synced write a group, and an acknowledged
// high-water mark outside RocksDB. docs/storage.md has keys, bytes, settings and what recovery
// does.

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace rocksdb {
class Env;
}

namespace yijie::storage {

// Called by the writer thread after each group; for metrics. Must not block.
struct GroupStats {
  size_t commits = 0;
  std::chrono::nanoseconds write_time{0};  // of the synced write
};

struct RocksOptions {
  // Directory of the store. Created if `create_if_missing`. Only one process can have it open.
  std::string directory;
  bool create_if_missing = true;

  // Most commits put in one synced write. More wait for the next.
  size_t max_group = 1024;

  // Below this much free disk space commits end as kNotApplied. Reads go on. Default 1 GiB.
  uint64_t min_free_bytes = uint64_t{1} << 30;

  // For tests: a file system that loses power. Not owned; nullptr is the machine's own. The mark is
  // written through it too.
  rocksdb::Env* env = nullptr;

  std::function<void(const GroupStats&)> on_group;
  // A write ended without an answer: every commit is kUnknown from here on. Runs once, on the
  // store's thread, before anybody hears of it.
  std::function<void()> on_failure;
};

// Opens and recovers a store. Fails, and says why, rather than serve a state that forgot an
// acknowledged commit:
//   DATA_LOSS            what was recovered is behind the acknowledged mark, or a file is damaged
//   FAILED_PRECONDITION  the directory is in use, or has a format this program does not know
//   NOT_FOUND            there is none, and none is to be made
absl::StatusOr<std::unique_ptr<Store>> OpenRocksStore(RocksOptions options);

// Opens a store for reading only, as it is at this moment: what is committed later is not seen.
// Takes no lock and writes nothing in the directory, so another process may have the store open and
// go on committing. Files which that process deletes meanwhile keep their disk space until the
// reader is destroyed. `env` as in RocksOptions.
//
// A group that is written and not acknowledged yet may be seen. It may be lost with power, and its
// sequence then be that of another group: a consumer takes its cursor from the open Store.
//   NOT_FOUND    there is no store in the directory
//   UNAVAILABLE  that process added or dropped files during every one of many tries: try again
//   DATA_LOSS, FAILED_PRECONDITION  as OpenRocksStore
absl::StatusOr<std::unique_ptr<StoreReader>> OpenRocksSnapshot(const std::string& directory,
                                                               rocksdb::Env* env = nullptr);

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_ROCKS_STORE_H_
