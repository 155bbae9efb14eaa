#include "engine/load/bulk_committer.h"

#include <utility>

#include "base/status_macros.h"
#include "engine/load/unfinished_load.h"
#include "storage/hand_over.h"

namespace yijie::engine {
namespace {

using storage::CommitOutcome;

absl::Status ToStatus(CommitOutcome outcome) {
  switch (outcome) {
    case CommitOutcome::kDone:
      return absl::OkStatus();
    case CommitOutcome::kNotApplied:
      return absl::ResourceExhaustedError(
          "the store could not take a commit (is the disk full?). The load is unfinished: make "
          "room and run the same command again");
    case CommitOutcome::kVersionConflict:
    case CommitOutcome::kDuplicateKey:
      return absl::AbortedError(
          "the store changed while the load ran. The load is unfinished: stop what else writes and "
          "run the same command again");
    case CommitOutcome::kUnknown:
      break;
  }
  return absl::UnknownError(
      "the store did not say whether the last rows are stored. The load is unfinished: run the "
      "same command again, it continues");
}

}  // namespace

absl::Status BulkCommitter::Add(storage::Commit commit) {
  group_.push_back(std::move(commit));
  return group_.size() < kGroup ? absl::OkStatus() : Flush();
}

absl::Status BulkCommitter::Finish() {
  YIJIE_RETURN_IF_ERROR(Flush());
  YIJIE_RETURN_IF_ERROR(WaitForAnswer());
  return is_marked_ ? store_.PutTable(kUnfinishedLoadTable, "") : absl::OkStatus();
}

absl::Status BulkCommitter::Flush() {
  if (group_.empty()) return absl::OkStatus();
  if (!is_marked_) {
    YIJIE_RETURN_IF_ERROR(store_.PutTable(kUnfinishedLoadTable, mark_));
    is_marked_ = true;
  }
  // Before the next is handed over: after an error nothing more is written.
  YIJIE_RETURN_IF_ERROR(WaitForAnswer());
  handed_over_ = storage::HandOver(store_, std::exchange(group_, {}));
  return wait_ == Wait::kForThis ? WaitForAnswer() : absl::OkStatus();
}

absl::Status BulkCommitter::WaitForAnswer() {
  if (!handed_over_.valid()) return absl::OkStatus();
  for (const CommitOutcome outcome : handed_over_.get()) YIJIE_RETURN_IF_ERROR(ToStatus(outcome));
  return absl::OkStatus();
}

}  // namespace yijie::engine
