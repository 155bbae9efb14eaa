#ifndef YIJIE_ENGINE_LOAD_BULK_COMMITTER_H_
#define YIJIE_ENGINE_LOAD_BULK_COMMITTER_H_

// Commits of a bulk load, in groups, under the mark of an unfinished load.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/store.h"

namespace yijie::engine {

class BulkCommitter {
 public:
  // Commits in one durable write.
  static constexpr size_t kGroup = 1000;

  // `mark` is put before the first commit, unless `is_marked` says that it stands. The store
  // outlives this object.
  BulkCommitter(storage::Store& store, std::string mark, bool is_marked)
      : store_(store), mark_(std::move(mark)), is_marked_(is_marked) {}

  // Takes a commit, and makes the group durable when it is full; then pending() is 0. After an
  // error the load has to end; the mark stays.
  //   UNKNOWN             the store did not tell whether the group is applied
  //   RESOURCE_EXHAUSTED  the store could not take the group
  absl::Status Add(storage::Commit commit);

  // Commits that are taken and not durable yet.
  size_t pending() const { return group_.size(); }

  // Makes the rest durable and removes the mark.
  absl::Status Finish();

 private:
  absl::Status Flush();

  storage::Store& store_;
  const std::string mark_;
  bool is_marked_;
  std::vector<storage::Commit> group_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_BULK_COMMITTER_H_
