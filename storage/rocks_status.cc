#include "storage/rocks_status.h"

#include "absl/strings/str_cat.h"

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

}  // namespace yijie::storage
