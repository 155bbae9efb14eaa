#ifndef YIJIE_STORAGE_BATCH_BUILDER_H_
#define YIJIE_STORAGE_BATCH_BUILDER_H_

// Turns commits into one RocksDB batch, and leaves out those that must not be applied.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "storage/recent_writes.h"
#include "storage/store.h"

namespace yijie::storage {

struct TableWrite {
  std::string name;
  std::string bytes;  // empty removes the table
};

// Makes one batch after the other. Not thread-safe. Commits that were added outlive the batch.
class BatchBuilder {
 public:
  // Only what this builder makes, and Applied() is told of, changes persons and messages in `db`,
  // whose newest group is `sequence`.
  BatchBuilder(rocksdb::DB& db, uint64_t sequence);

  // Begins a new batch, in the memory of the one before.
  void Clear();

  // kDone: in the batch, and applied if the batch is written. Else nothing of it is in the batch.
  // Checked in this order: kNotApplied (malformed, or the store could not be read),
  // kVersionConflict, kDuplicateKey; against the store and the commits added before.
  CommitOutcome Add(const Commit& commit);

  // kNotApplied if the name is malformed.
  CommitOutcome AddTable(const TableWrite& table);

  bool empty() const { return added_ == 0; }
  size_t added() const { return added_; }

  // Puts the sequence of the group and the persons it moves into the batch, and gives the batch.
  rocksdb::WriteBatch& Finish(uint64_t sequence);

  // The batch, that of `sequence`, is in the store: the next need not look up what it wrote.
  void Applied(uint64_t sequence);

 private:
  absl::StatusOr<bool> Exists(const std::string& key);
  // Whether everything written since a caller looked (Store::Position) is remembered; 0: it did
  // not.
  bool Remembers(uint64_t position) const { return position != 0 && recent_.HasAllAfter(position); }
  absl::StatusOr<bool> IsAtVersion(const Commit& commit);
  absl::StatusOr<bool> IsInStore(const std::string& message_key, uint64_t absent_at);
  // The encoded keys of the commit's messages, or nothing if one of them is in use.
  absl::StatusOr<std::optional<std::vector<std::string>>> FreeMessageKeys(const Commit& commit);
  void PutVersion(const std::string& psn_no, int64_t version, absl::string_view state,
                  absl::string_view event);
  void PutRow(const RowWrite& row);

  rocksdb::DB& db_;
  RecentWrites recent_;
  rocksdb::WriteBatch batch_;
  size_t added_ = 0;
  absl::flat_hash_map<absl::string_view, int64_t> versions_;  // of persons in the batch
  absl::flat_hash_set<std::string> message_keys_;             // in the batch
  std::vector<CommittedPerson> persons_;                      // that moved, in order
};

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_BATCH_BUILDER_H_
