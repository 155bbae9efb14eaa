#include "tests/memory_store.h"

#include <limits>

#include "base/check.h"
#include "base/status_macros.h"
#include "storage/record_codec.h"

namespace yijie::storage {
namespace {

std::tuple<std::string, uint8_t, std::string> ToTuple(const MessageKey& key) {
  return {key.institution, key.transaction, key.msgid};
}

}  // namespace

absl::StatusOr<std::optional<PersonVersion>> MemoryStore::LoadLatest(absl::string_view psn_no) {
  MutexLock lock(mutex_);
  const auto found = versions_.find(PersonKey(psn_no, NewestVersion(psn_no)));
  if (found == versions_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<std::optional<PersonVersion>> MemoryStore::LoadVersion(absl::string_view psn_no,
                                                                      int64_t version) {
  MutexLock lock(mutex_);
  const auto found = versions_.find(PersonKey(psn_no, version));
  if (found == versions_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<std::vector<PersonVersion>> MemoryStore::LoadHistory(absl::string_view psn_no,
                                                                    int64_t after_version,
                                                                    int limit) {
  MutexLock lock(mutex_);
  std::vector<PersonVersion> history;
  for (auto it = versions_.upper_bound(PersonKey(psn_no, after_version));
       it != versions_.end() && it->first.first == psn_no &&
       history.size() < static_cast<size_t>(limit);
       ++it) {
    history.push_back(it->second);
  }
  return history;
}

absl::StatusOr<std::optional<MessageEntry>> MemoryStore::FindMessage(const MessageKey& key) {
  MutexLock lock(mutex_);
  const auto found = messages_.find(ToTuple(key));
  if (found == messages_.end()) return std::nullopt;
  return found->second;
}

uint64_t MemoryStore::Position() const {
  MutexLock lock(mutex_);
  return sequence_;
}

void MemoryStore::CommitGroup(std::vector<Commit> group, CommitDone done) {
  std::vector<CommitOutcome> outcomes;
  {
    MutexLock lock(mutex_);
    std::vector<CommittedPerson> moved;
    for (Commit& commit : group) outcomes.push_back(Apply(commit, moved));
    ++sequence_;
    if (!moved.empty()) groups_[sequence_] = std::move(moved);
  }
  done(outcomes);
}

absl::Status MemoryStore::PutTable(absl::string_view name, absl::string_view bytes) {
  MutexLock lock(mutex_);
  if (bytes.empty()) {
    tables_.erase(std::string(name));
  } else {
    tables_[std::string(name)] = std::string(bytes);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> MemoryStore::GetTable(absl::string_view name) {
  MutexLock lock(mutex_);
  const auto found = tables_.find(std::string(name));
  if (found == tables_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<std::vector<Row>> MemoryStore::ScanRows(absl::string_view table,
                                                       absl::string_view first,
                                                       absl::string_view end, int limit) {
  YIJIE_RETURN_IF_ERROR(CheckName("table", table));
  if (limit < 1) return absl::InvalidArgumentError("limit is below 1");
  MutexLock lock(mutex_);
  std::vector<Row> rows;
  for (auto it = rows_.lower_bound(RowName(table, first));
       it != rows_.end() && it->first.first == table && (end.empty() || it->first.second < end) &&
       rows.size() < static_cast<size_t>(limit);
       ++it) {
    rows.push_back({it->first.second, it->second});
  }
  return rows;
}

absl::StatusOr<std::optional<std::string>> MemoryStore::GetRow(absl::string_view table,
                                                               absl::string_view key) {
  YIJIE_RETURN_IF_ERROR(CheckRow(table, key));
  MutexLock lock(mutex_);
  const auto found = rows_.find(RowName(table, key));
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<std::vector<CommittedGroup>> MemoryStore::ScanGroups(uint64_t after_sequence,
                                                                    int limit) {
  if (limit < 1) return absl::InvalidArgumentError("limit is below 1");
  MutexLock lock(mutex_);
  std::vector<CommittedGroup> groups;
  size_t persons = 0;
  for (auto it = groups_.upper_bound(after_sequence);
       it != groups_.end() && persons < static_cast<size_t>(limit); ++it) {
    persons += it->second.size();
    groups.push_back({it->first, it->second});
  }
  return groups;
}

absl::Status MemoryStore::ForEachVersion(
    const std::function<absl::Status(absl::string_view psn_no, const PersonVersion&)>& visit) {
  std::map<PersonKey, PersonVersion> versions;
  {
    MutexLock lock(mutex_);
    versions = versions_;
  }
  for (const auto& [key, version] : versions) {
    YIJIE_RETURN_IF_ERROR(visit(key.first, version));
  }
  return absl::OkStatus();
}

absl::Status MemoryStore::ForEachMessage(
    const std::function<absl::Status(const MessageKey&, const MessageEntry&)>& visit) {
  std::map<MessageTuple, MessageEntry> messages;
  {
    MutexLock lock(mutex_);
    messages = messages_;
  }
  for (const auto& [key, entry] : messages) {
    const auto& [institution, transaction, msgid] = key;
    YIJIE_RETURN_IF_ERROR(visit({institution, transaction, msgid}, entry));
  }
  return absl::OkStatus();
}

void MemoryStore::PlantVersion(absl::string_view psn_no, PersonVersion version) {
  MutexLock lock(mutex_);
  versions_[PersonKey(psn_no, version.version)] = std::move(version);
}

void MemoryStore::PlantMessage(const MessageKey& key, MessageEntry entry) {
  MutexLock lock(mutex_);
  messages_[ToTuple(key)] = std::move(entry);
}

void MemoryStore::RemoveMessage(const MessageKey& key) {
  MutexLock lock(mutex_);
  messages_.erase(ToTuple(key));
  message_written_.erase(ToTuple(key));
}

CommitOutcome MemoryStore::Apply(Commit& commit, std::vector<CommittedPerson>& moved) {
  if (commit.gate != nullptr && !commit.gate->MayBegin()) return CommitOutcome::kNotApplied;
  CheckWhatItRead(commit);
  for (const RowWrite& row : commit.rows) {
    if (!CheckRow(row.table, row.key).ok()) return CommitOutcome::kNotApplied;
  }
  if (!commit.psn_no.empty() && NewestVersion(commit.psn_no) != commit.expected_version) {
    return CommitOutcome::kVersionConflict;
  }
  std::map<MessageTuple, MessageEntry> added;
  for (MessageWrite& message : commit.messages) {
    MessageTuple key = ToTuple(message.key);
    if (messages_.count(key) != 0 || !added.emplace(std::move(key), message.entry).second) {
      return CommitOutcome::kDuplicateKey;
    }
  }
  for (const auto& [key, entry] : added) message_written_[key] = sequence_ + 1;
  messages_.merge(added);
  if (!commit.psn_no.empty()) {
    commit.earlier.push_back({std::move(commit.state), std::move(commit.event)});
    int64_t version = commit.expected_version;
    for (VersionWrite& write : commit.earlier) {
      ++version;
      versions_[PersonKey(commit.psn_no, version)] = {version, std::move(write.state),
                                                      std::move(write.event)};
      version_written_[PersonKey(commit.psn_no, version)] = sequence_ + 1;
      moved.push_back({commit.psn_no, version});
    }
  }
  for (RowWrite& row : commit.rows) {
    const RowName name(row.table, row.key);
    if (row.value) {
      rows_[name] = *std::move(row.value);
    } else {
      rows_.erase(name);
    }
  }
  return CommitOutcome::kDone;
}

void MemoryStore::CheckWhatItRead(const Commit& commit) const {
  const auto next = version_written_.find(PersonKey(commit.psn_no, commit.expected_version + 1));
  YIJIE_CHECK(next == version_written_.end() || next->second > commit.version_at,
              "a commit passed over a version that was there when its person was read");
  YIJIE_CHECK(commit.version_at == 0 || NewestVersion(commit.psn_no) >= commit.expected_version,
              "a commit builds on a version that nobody can have seen");
  for (const MessageWrite& message : commit.messages) {
    const auto taken = message_written_.find(ToTuple(message.key));
    YIJIE_CHECK(taken == message_written_.end() || taken->second > message.absent_at,
                "a commit uses a key that was taken when it was asked for");
  }
}

int64_t MemoryStore::NewestVersion(absl::string_view psn_no) const {
  auto it = versions_.upper_bound(PersonKey(psn_no, std::numeric_limits<int64_t>::max()));
  if (it == versions_.begin()) return 0;
  --it;
  return it->first.first == psn_no ? it->first.second : 0;
}

}  // namespace yijie::storage
