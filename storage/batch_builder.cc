#include "storage/batch_builder.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/record_codec.h"
#include "storage/rocks_options.h"
#include "storage/rocks_status.h"

namespace yijie::storage {
namespace {

// Persons whose newest version is remembered, 100 bytes each, and messages, 20; twice as many at
// most.
constexpr size_t kRecent = 100'000;
// Memory of a batch that is used again. A larger one is the exception, of a bulk load.
constexpr size_t kMostBytesKept = size_t{8} << 20;

rocksdb::WriteBatch MakeWriteBatch() {
  return rocksdb::WriteBatch(/*reserved_bytes=*/0, /*max_bytes=*/0, kProtectionBytesPerKey,
                             /*default_cf_ts_sz=*/0);
}

bool IsWellFormed(const Commit& commit) {
  for (const MessageWrite& message : commit.messages) {
    if (!CheckMessageKey(message.key).ok()) return false;
  }
  for (const RowWrite& row : commit.rows) {
    if (!CheckRow(row.table, row.key).ok()) return false;
  }
  if (commit.psn_no.empty()) {
    return (!commit.messages.empty() || !commit.rows.empty()) && commit.expected_version == 0 &&
           commit.earlier.empty() && commit.state.empty() && commit.event.empty();
  }
  return CheckName("psn_no", commit.psn_no).ok() && commit.expected_version >= 0 &&
         commit.expected_version <
             std::numeric_limits<int64_t>::max() - static_cast<int64_t>(commit.earlier.size());
}

CommitOutcome Unreadable(const absl::Status& status) {
  LogLine("store_check_failed").Text("what", status.ToString());
  return CommitOutcome::kNotApplied;
}

}  // namespace

BatchBuilder::BatchBuilder(rocksdb::DB& db, uint64_t sequence)
    : db_(db), recent_(kRecent, sequence), batch_(MakeWriteBatch()) {}

void BatchBuilder::Clear() {
  if (batch_.GetDataSize() > kMostBytesKept) batch_ = MakeWriteBatch();
  batch_.Clear();
  added_ = 0;
  versions_.clear();
  message_keys_.clear();
  persons_.clear();
}

void BatchBuilder::Applied(uint64_t sequence) {
  for (const auto& [psn_no, version] : versions_) recent_.PutVersion(psn_no, version);
  for (const std::string& key : message_keys_) recent_.PutMessage(key);
  recent_.EndBatch(sequence);
}

CommitOutcome BatchBuilder::Add(const Commit& commit) {
  if (!IsWellFormed(commit)) return CommitOutcome::kNotApplied;
  if (!commit.psn_no.empty()) {
    const absl::StatusOr<bool> at_version = IsAtVersion(commit);
    if (!at_version.ok()) return Unreadable(at_version.status());
    if (!*at_version) return CommitOutcome::kVersionConflict;
  }
  const auto keys = FreeMessageKeys(commit);
  if (!keys.ok()) return Unreadable(keys.status());
  if (!keys->has_value()) return CommitOutcome::kDuplicateKey;

  if (!commit.psn_no.empty()) {
    int64_t version = commit.expected_version;
    for (const VersionWrite& earlier : commit.earlier)
      PutVersion(commit.psn_no, ++version, earlier.state, earlier.event);
    PutVersion(commit.psn_no, ++version, commit.state, commit.event);
    versions_[commit.psn_no] = version;
  }
  for (size_t i = 0; i < commit.messages.size(); ++i) {
    const std::string& key = (**keys)[i];
    const rocksdb::Status put = batch_.Put(key, EncodeMessageRecord(key, commit.messages[i].entry));
    YIJIE_CHECK(put.ok(), "batch takes a message record");
    message_keys_.insert(key);
  }
  for (const RowWrite& row : commit.rows) PutRow(row);
  ++added_;
  return CommitOutcome::kDone;
}

void BatchBuilder::PutVersion(const std::string& psn_no, int64_t version, absl::string_view state,
                              absl::string_view event) {
  const std::string key = PersonKey(psn_no, version);
  const rocksdb::Status put = batch_.Put(key, EncodePersonRecord(key, state, event));
  YIJIE_CHECK(put.ok(), "batch takes a person record");
  persons_.push_back({psn_no, version});
}

void BatchBuilder::PutRow(const RowWrite& row) {
  const std::string key = RowKey(row.table, row.key);
  const rocksdb::Status put =
      row.value ? batch_.Put(key, EncodeRowRecord(key, *row.value)) : batch_.Delete(key);
  YIJIE_CHECK(put.ok(), "batch takes a row record");
}

CommitOutcome BatchBuilder::AddTable(const TableWrite& table) {
  if (!CheckName("table name", table.name).ok()) return CommitOutcome::kNotApplied;
  const std::string key = TableKey(table.name);
  const rocksdb::Status put = table.bytes.empty()
                                  ? batch_.Delete(key)
                                  : batch_.Put(key, EncodeTableRecord(key, table.bytes));
  YIJIE_CHECK(put.ok(), "batch takes a table record");
  ++added_;
  return CommitOutcome::kDone;
}

rocksdb::WriteBatch& BatchBuilder::Finish(uint64_t sequence) {
  if (!persons_.empty()) {
    const std::string key = GroupKey(sequence);
    const rocksdb::Status put = batch_.Put(key, EncodeGroupRecord(key, persons_));
    YIJIE_CHECK(put.ok(), "batch takes a group record");
  }
  const rocksdb::Status put = batch_.Put(ToSlice(kSequenceKey), EncodeSequenceRecord(sequence));
  YIJIE_CHECK(put.ok(), "batch takes the sequence record");
  return batch_;
}

absl::StatusOr<bool> BatchBuilder::Exists(const std::string& key) {
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      db_.Get(rocksdb::ReadOptions(), db_.DefaultColumnFamily(), key, &value);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return FromRocks(status, "check a commit against the store");
  return true;
}

absl::StatusOr<bool> BatchBuilder::IsAtVersion(const Commit& commit) {
  const auto in_batch = versions_.find(commit.psn_no);
  if (in_batch != versions_.end()) return in_batch->second == commit.expected_version;
  if (const std::optional<int64_t> newest = recent_.FindVersion(commit.psn_no))
    return *newest == commit.expected_version;
  if (Remembers(commit.version_at)) return true;
  // Versions have no gaps, so two keys tell the newest, and one where the other was seen.
  YIJIE_ASSIGN_OR_RETURN(const bool has_next,
                         Exists(PersonKey(commit.psn_no, commit.expected_version + 1)));
  const bool was_there = commit.expected_version == 0 || commit.version_at != 0;
  if (has_next || was_there) return !has_next;
  return Exists(PersonKey(commit.psn_no, commit.expected_version));
}

absl::StatusOr<bool> BatchBuilder::IsInStore(const std::string& message_key, uint64_t absent_at) {
  if (Remembers(absent_at) && !recent_.MayHaveMessage(message_key)) return false;
  return Exists(message_key);
}

absl::StatusOr<std::optional<std::vector<std::string>>> BatchBuilder::FreeMessageKeys(
    const Commit& commit) {
  std::vector<std::string> keys;
  for (const MessageWrite& message : commit.messages) {
    std::string key = EncodeMessageKey(message.key);
    const bool is_twice = std::find(keys.begin(), keys.end(), key) != keys.end();
    if (is_twice || message_keys_.contains(key)) return std::nullopt;
    YIJIE_ASSIGN_OR_RETURN(const bool in_store, IsInStore(key, message.absent_at));
    if (in_store) return std::nullopt;
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace yijie::storage
