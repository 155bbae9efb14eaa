#ifndef YIJIE_TESTS_STORAGE_STORE_FIXTURE_H_
#define YIJIE_TESTS_STORAGE_STORE_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "storage/rocks_store.h"
#include "storage/store.h"

namespace yijie::storage {

// A new directory, removed at the end; in memory if the machine has /dev/shm.
class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const { return path_; }
  // Path of the store's log file; there must be exactly one.
  std::string OnlyLogFile() const;

 private:
  std::string path_;
};

// Options of a store in `directory`, with the machine's free space of no concern.
RocksOptions TestOptions(const std::string& directory, rocksdb::Env* env = nullptr);

// Seed of a randomised test: YIJIE_SEED if set, else new. Printed, so that a failure can be run
// again.
uint64_t TestSeed(absl::string_view test);

// Value of an environment variable, or `fallback`.
int64_t TestNumber(const char* variable, int64_t fallback);

// A commit of a person with one message whose id is `msgid`.
Commit MakeCommit(absl::string_view psn_no, int64_t expected_version, absl::string_view msgid,
                  absl::string_view bytes = "bytes");
MessageKey MakeKey(absl::string_view msgid);

// Commits and waits for the answer.
std::vector<CommitOutcome> CommitAndWait(Store& store, std::vector<Commit> group);
CommitOutcome CommitAndWait(Store& store, Commit commit);

}  // namespace yijie::storage

#endif  // YIJIE_TESTS_STORAGE_STORE_FIXTURE_H_
