#ifndef YIJIE_STORAGE_ROCKS_READER_H_
#define YIJIE_STORAGE_ROCKS_READER_H_

// What an opened RocksDB holds, as records.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rocksdb/db.h"
#include "storage/store.h"

namespace yijie::storage {

class RocksReader final : public StoreReader {
 public:
  // The database may be open for writing or for reading only.
  explicit RocksReader(std::shared_ptr<rocksdb::DB> db) : db_(std::move(db)) {}

  absl::StatusOr<std::optional<PersonVersion>> LoadLatest(absl::string_view psn_no) override;
  absl::StatusOr<std::optional<PersonVersion>> LoadVersion(absl::string_view psn_no,
                                                           int64_t version) override;
  absl::StatusOr<std::vector<PersonVersion>> LoadHistory(absl::string_view psn_no,
                                                         int64_t after_version, int limit) override;
  absl::StatusOr<std::optional<MessageEntry>> FindMessage(const MessageKey& key) override;
  absl::StatusOr<std::optional<std::string>> GetTable(absl::string_view name) override;
  absl::StatusOr<std::vector<Row>> ScanRows(absl::string_view table, absl::string_view first,
                                            absl::string_view end, int limit) override;
  absl::StatusOr<std::optional<std::string>> GetRow(absl::string_view table,
                                                    absl::string_view key) override;
  absl::StatusOr<std::vector<CommittedGroup>> ScanGroups(uint64_t after_sequence,
                                                         int limit) override;
  absl::Status ForEachVersion(
      const std::function<absl::Status(absl::string_view psn_no, const PersonVersion&)>& visit)
      override;
  absl::Status ForEachMessage(
      const std::function<absl::Status(const MessageKey&, const MessageEntry&)>& visit) override;

 private:
  // Calls `visit` with key and value of the records from `first` up to, not including, `end`, in
  // key order, while it returns true.
  absl::Status ScanRecords(
      const std::string& first, const std::string& end, rocksdb::ReadOptions options,
      absl::string_view doing,
      const std::function<absl::StatusOr<bool>(absl::string_view, absl::string_view)>& visit);

  // Calls `visit` with key and value of every record whose key starts with `tag`, in key order.
  absl::Status ForEachRecord(
      char tag, absl::string_view doing,
      const std::function<absl::Status(absl::string_view, absl::string_view)>& visit);

  const std::shared_ptr<rocksdb::DB> db_;
};

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_ROCKS_READER_H_
