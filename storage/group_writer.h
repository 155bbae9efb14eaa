#ifndef YIJIE_STORAGE_GROUP_WRITER_H_
#define YIJIE_STORAGE_GROUP_WRITER_H_

// The only writer of the store: one thread that merges waiting groups, checks their commits,
// writes them as one synced batch, records the mark, and answers.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "storage/batch_builder.h"
#include "storage/high_water_mark.h"
#include "storage/rocks_store.h"
#include "storage/store.h"
#include "storage/testing_defects.h"

namespace yijie::storage {

class GroupWriter {
 public:
  struct Settings {
    std::string directory;  // whose free space counts
    size_t max_group = 0;
    uint64_t min_free_bytes = 0;
    std::function<void(const GroupStats&)> on_group;
    std::function<void()> on_failure;
    Defect defect = Defect::kNone;
  };

  // `db` and `mark` outlive the writer. `sequence` is that of the newest group in `db`.
  GroupWriter(rocksdb::DB& db, HighWaterMark& mark, uint64_t sequence, Settings settings);

  // Writes and answers what waits. Nothing may be submitted any more.
  ~GroupWriter();

  // Thread-safe. `done` runs on the writer's thread.
  void Submit(std::vector<Commit> group, CommitDone done);

  // Store::Position(). Thread-safe.
  uint64_t Position() const { return sequence_; }

  // Waits for the result. Thread-safe, but not for the writer's thread.
  CommitOutcome SubmitTable(std::string name, std::string bytes);

 private:
  struct Request {
    std::vector<Commit> group;
    std::optional<TableWrite> table;  // instead of a group
    CommitDone done;
    std::vector<CommitOutcome> outcomes = {};

    size_t size() const { return table ? 1 : group.size(); }
  };

  void Enqueue(Request request);
  void Run();
  std::vector<Request> Take();
  void Process(std::vector<Request>& requests);
  // What becomes of the commits that are in `batch`.
  CommitOutcome Write();
  CommitOutcome Fail(absl::string_view what);
  bool HasSpace();

  rocksdb::DB& db_;
  HighWaterMark& mark_;
  const Settings settings_;
  const rocksdb::WriteOptions write_options_;

  // Of the writer's thread.
  BatchBuilder batch_;
  std::atomic<uint64_t> sequence_;  // of the newest group that was applied; read by any thread
  bool failed_ = false;             // an outcome was kUnknown: nothing is written any more
  bool low_space_ = false;          // to log a change once

  Mutex mutex_;
  CondVar queued_;
  std::deque<Request> queue_ ABSL_GUARDED_BY(mutex_);
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_GROUP_WRITER_H_
