#ifndef YIJIE_ENGINE_LOAD_BULK_COMMITTER_H_
#define YIJIE_ENGINE_LOAD_BULK_COMMITTER_H_

// Commits of a bulk load, in groups, under the mark of an unfinished load.

#include <future>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/store.h"

namespace yijie::engine {

class BulkCommitter {
 public:
  // Commits in one durable write.
  static constexpr size_t kGroup = 1000;

  // What Add waits for when a group is full.
  enum class Wait {
    kForThis,          // that it is durable: the next commits may build on it
    kForTheOneBefore,  // that the group before it is: the next is made meanwhile. For commits that
                       // do not build on each other
  };

  // `mark` is put before the first commit, unless `is_marked` says that it stands. The store
  // outlives this object.
  BulkCommitter(storage::Store& store, Wait wait, std::string mark, bool is_marked)
      : store_(store), wait_(wait), mark_(std::move(mark)), is_marked_(is_marked) {}

  // Takes a commit, and hands the group over when it is full. After an error the load has to end;
  // the mark stays.
  //   UNKNOWN             the store did not tell whether the group is applied
  //   RESOURCE_EXHAUSTED  the store could not take the group
  absl::Status Add(storage::Commit commit);

  // Commits that are taken and not handed over yet. With Wait::kForThis the others are durable.
  size_t pending() const { return group_.size(); }

  // Makes the rest durable and removes the mark.
  absl::Status Finish();

 private:
  using Outcomes = std::future<std::vector<storage::CommitOutcome>>;

  // Hands the group over.
  absl::Status Flush();
  // Waits until the store has answered what was handed over.
  absl::Status WaitForAnswer();

  storage::Store& store_;
  const Wait wait_;
  const std::string mark_;
  bool is_marked_;
  std::vector<storage::Commit> group_;
  Outcomes handed_over_;  // of the newest group; not valid if there is none
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LOAD_BULK_COMMITTER_H_
