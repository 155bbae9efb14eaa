#ifndef YIJIE_STORAGE_TESTING_DEFECTS_H_
#define YIJIE_STORAGE_TESTING_DEFECTS_H_

// Defects planted on purpose, so that a test can show that the tests would find them. For
// tests/storage only: RocksOptions has no way to ask for one.

#include <memory>

#include "absl/status/statusor.h"
#include "storage/rocks_store.h"

namespace yijie::storage {

enum class Defect : uint8_t {
  kNone,
  kUnsyncedWrite,           // the write of a group is not synced
  kAcknowledgeBeforeWrite,  // kDone is reported, then the group is written
  kTrustTheError,           // a failed write is reported as kNotApplied, and work goes on
  kMarkAheadOfWrite,        // the mark is written and synced, then the group
  kMarkNeverWritten,        // the mark stays at 0
};

absl::StatusOr<std::unique_ptr<Store>> OpenRocksStoreWithDefect(RocksOptions options,
                                                                Defect defect);

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_TESTING_DEFECTS_H_
