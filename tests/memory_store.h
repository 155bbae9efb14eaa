#ifndef YIJIE_TESTS_MEMORY_STORE_H_
#define YIJIE_TESTS_MEMORY_STORE_H_

// The Store contract in memory, without durability: for tests of what stands above it.

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "storage/store.h"

namespace yijie::storage {

// Commits are applied and answered inside CommitGroup, on the thread of the caller.
class MemoryStore : public Store {
 public:
  absl::StatusOr<std::optional<PersonVersion>> LoadLatest(absl::string_view psn_no) override;
  absl::StatusOr<std::optional<PersonVersion>> LoadVersion(absl::string_view psn_no,
                                                           int64_t version) override;
  absl::StatusOr<std::vector<PersonVersion>> LoadHistory(absl::string_view psn_no,
                                                         int64_t after_version, int limit) override;
  absl::StatusOr<std::optional<MessageEntry>> FindMessage(const MessageKey& key) override;
  uint64_t Position() const override;
  // Stops the process if a commit says that it found its person at a version, or a key free, when
  // that was already passed by or taken (Commit::version_at, MessageWrite::absent_at).
  void CommitGroup(std::vector<Commit> group, CommitDone done) override;
  absl::Status PutTable(absl::string_view name, absl::string_view bytes) override;
  absl::StatusOr<std::optional<std::string>> GetTable(absl::string_view name) override;
  absl::StatusOr<std::vector<Row>> ScanRows(absl::string_view table, absl::string_view first,
                                            absl::string_view end, int limit) override;
  absl::StatusOr<std::optional<std::string>> GetRow(absl::string_view table,
                                                    absl::string_view key) override;
  absl::StatusOr<std::vector<CommittedGroup>> ScanGroups(uint64_t after_sequence,
                                                         int limit) override;
  // `visit` sees the store as it was at the call, and may call the store.
  absl::Status ForEachVersion(
      const std::function<absl::Status(absl::string_view psn_no, const PersonVersion&)>& visit)
      override;
  absl::Status ForEachMessage(
      const std::function<absl::Status(const MessageKey&, const MessageEntry&)>& visit) override;

  // Records as they are, unchecked, over whatever is there: for histories that no commit can make.
  void PlantVersion(absl::string_view psn_no, PersonVersion version);
  void PlantMessage(const MessageKey& key, MessageEntry entry);
  void RemoveMessage(const MessageKey& key);

 private:
  using PersonKey = std::pair<std::string, int64_t>;
  using MessageTuple = std::tuple<std::string, uint8_t, std::string>;
  using RowName = std::pair<std::string, std::string>;  // table and key

  // Adds the person to `moved` if the commit moved one.
  CommitOutcome Apply(Commit& commit, std::vector<CommittedPerson>& moved)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CheckWhatItRead(const Commit& commit) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t NewestVersion(absl::string_view psn_no) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<PersonKey, PersonVersion> versions_ ABSL_GUARDED_BY(mutex_);
  std::map<MessageTuple, MessageEntry> messages_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> tables_ ABSL_GUARDED_BY(mutex_);
  std::map<RowName, std::string> rows_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, std::vector<CommittedPerson>> groups_ ABSL_GUARDED_BY(mutex_);
  // By which group they were written; nothing for what was planted.
  std::map<PersonKey, uint64_t> version_written_ ABSL_GUARDED_BY(mutex_);
  std::map<MessageTuple, uint64_t> message_written_ ABSL_GUARDED_BY(mutex_);
  uint64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;  // of the newest group
};

}  // namespace yijie::storage

#endif  // YIJIE_TESTS_MEMORY_STORE_H_
