#ifndef YIJIE_STORAGE_ROCKS_STATUS_H_
#define YIJIE_STORAGE_ROCKS_STATUS_H_

// The border between RocksDB's types and ours.

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rocksdb/db.h"
#include "rocksdb/slice.h"
#include "rocksdb/status.h"

namespace yijie::storage {

// Debian's absl::string_view is not std::string_view, so there is no implicit way.
inline rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline absl::string_view ToView(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

// Corruption and missing files are DATA_LOSS, the rest is UNAVAILABLE. `doing` completes "cannot ".
absl::Status FromRocks(const rocksdb::Status& status, absl::string_view doing);

// The value of a key, or nothing if it is absent. `doing` as above.
absl::StatusOr<std::optional<std::string>> GetRecord(rocksdb::DB& db, absl::string_view key,
                                                     absl::string_view doing);

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_ROCKS_STATUS_H_
