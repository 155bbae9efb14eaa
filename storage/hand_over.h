#ifndef YIJIE_STORAGE_HAND_OVER_H_
#define YIJIE_STORAGE_HAND_OVER_H_

// For those that wait for the store, as the engine's lanes do not.

#include <future>
#include <vector>

#include "absl/status/status.h"
#include "storage/store.h"

namespace yijie::storage {

// Store::CommitGroup; what became of each commit can be waited for on any thread but the store's.
std::future<std::vector<CommitOutcome>> HandOver(Store& store, std::vector<Commit> group);

// Writes rows by a commit that moves nobody, and waits until they are durable. UNAVAILABLE if they
// were not written, or if that is not known.
absl::Status WriteRows(Store& store, std::vector<RowWrite> rows);

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_HAND_OVER_H_
