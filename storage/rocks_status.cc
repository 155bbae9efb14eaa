#include "storage/rocks_status.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace yijie::storage {

absl::Status FromRocks(const rocksdb::Status& status, absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  // RocksDB's text names files, never data (allow_data_in_errors is off).
  const std::string text = absl::StrCat("cannot ", doing, ": ", status.ToString());
  if (status.IsCorruption() || status.IsPathNotFound() || status.IsNotFound()) {
    return absl::DataLossError(
        absl::StrCat(text, "; a file of the store is damaged or missing: restore a copy"));
  }
  return absl::UnavailableError(
      absl::StrCat(text, "; check the disk and its permissions, then start again"));
}

absl::StatusOr<std::optional<std::string>> GetRecord(rocksdb::DB& db, absl::string_view key,
                                                     absl::string_view doing) {
  std::string value;
  const rocksdb::Status status = db.Get(rocksdb::ReadOptions(), ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  YIJIE_RETURN_IF_ERROR(FromRocks(status, doing));
  return value;
}

}  // namespace yijie::storage
