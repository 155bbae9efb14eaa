#ifndef YIJIE_STORAGE_EMBEDDED_STORE_H_
#define YIJIE_STORAGE_EMBEDDED_STORE_H_

// The Store over an opened RocksDB: reads go to the RocksReader, writes to the GroupWriter.

#include <memory>
#include <string>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/file_system.h"
#include "storage/group_writer.h"
#include "storage/high_water_mark.h"
#include "storage/rocks_reader.h"
#include "storage/store.h"

namespace yijie::storage {

// Keeps other processes, and other stores of this one, out of a directory.
class DirectoryLock {
 public:
  // FAILED_PRECONDITION if the lock is taken. `fs` outlives the lock.
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Take(rocksdb::FileSystem& fs,
                                                             const std::string& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  DirectoryLock(rocksdb::FileSystem& fs, rocksdb::FileLock* lock) : fs_(fs), lock_(lock) {}

  rocksdb::FileSystem& fs_;
  rocksdb::FileLock* const lock_;
};

class EmbeddedStore final : public Store {
 public:
  // `sequence` is that of the newest group in `db`.
  EmbeddedStore(std::unique_ptr<DirectoryLock> lock, std::unique_ptr<rocksdb::DB> db,
                std::unique_ptr<HighWaterMark> mark, uint64_t sequence,
                GroupWriter::Settings settings);

  // Answers every commit, syncs the mark, closes.
  ~EmbeddedStore() override;

  absl::StatusOr<std::optional<PersonVersion>> LoadLatest(absl::string_view psn_no) override {
    return reader_.LoadLatest(psn_no);
  }
  absl::StatusOr<std::optional<PersonVersion>> LoadVersion(absl::string_view psn_no,
                                                           int64_t version) override {
    return reader_.LoadVersion(psn_no, version);
  }
  absl::StatusOr<std::vector<PersonVersion>> LoadHistory(absl::string_view psn_no,
                                                         int64_t after_version,
                                                         int limit) override {
    return reader_.LoadHistory(psn_no, after_version, limit);
  }
  absl::StatusOr<std::optional<MessageEntry>> FindMessage(const MessageKey& key) override {
    return reader_.FindMessage(key);
  }
  absl::StatusOr<std::optional<std::string>> GetTable(absl::string_view name) override {
    return reader_.GetTable(name);
  }
  absl::StatusOr<std::vector<Row>> ScanRows(absl::string_view table, absl::string_view first,
                                            absl::string_view end, int limit) override {
    return reader_.ScanRows(table, first, end, limit);
  }
  absl::StatusOr<std::optional<std::string>> GetRow(absl::string_view table,
                                                    absl::string_view key) override {
    return reader_.GetRow(table, key);
  }
  absl::StatusOr<std::vector<CommittedGroup>> ScanGroups(uint64_t after_sequence,
                                                         int limit) override {
    return reader_.ScanGroups(after_sequence, limit);
  }
  absl::Status ForEachVersion(
      const std::function<absl::Status(absl::string_view psn_no, const PersonVersion&)>& visit)
      override {
    return reader_.ForEachVersion(visit);
  }
  absl::Status ForEachMessage(
      const std::function<absl::Status(const MessageKey&, const MessageEntry&)>& visit) override {
    return reader_.ForEachMessage(visit);
  }
  uint64_t Position() const override { return writer_.Position(); }
  void CommitGroup(std::vector<Commit> group, CommitDone done) override;
  absl::Status PutTable(absl::string_view name, absl::string_view bytes) override;

 private:
  // In the order in which they may be gone last: the writer goes first.
  const std::unique_ptr<DirectoryLock> lock_;
  const std::shared_ptr<rocksdb::DB> db_;
  const std::unique_ptr<HighWaterMark> mark_;
  RocksReader reader_;
  GroupWriter writer_;
};

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_EMBEDDED_STORE_H_
