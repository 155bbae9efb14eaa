#ifndef YIJIE_ENGINE_INQUIRY_CHANGES_H_
#define YIJIE_ENGINE_INQUIRY_CHANGES_H_

// Change events: every committed version of every person once, from the list of committed groups
// (storage/store.h). Nothing is written for them, so nothing can be forgotten.

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "storage/store.h"
#include "yijie/v1/inquiry.pb.h"

namespace yijie::engine {

// How far a consumer is: done with the groups before `sequence` and with the first `done` persons
// of the group of that sequence. 0, 0: before the first group; else the group exists and has as
// many persons.
struct ChangeCursor {
  uint64_t sequence = 0;
  uint32_t done = 0;

  friend bool operator==(const ChangeCursor& a, const ChangeCursor& b) {
    return a.sequence == b.sequence && a.done == b.done;
  }
  friend bool operator<(const ChangeCursor& a, const ChangeCursor& b) {
    return a.sequence != b.sequence ? a.sequence < b.sequence : a.done < b.done;
  }
};

// "815.3"; empty for the start.
std::string FormatCursor(const ChangeCursor& cursor);
// INVALID_ARGUMENT naming `path`.
absl::StatusOr<ChangeCursor> ParseCursor(absl::string_view path, absl::string_view text);

// INVALID_ARGUMENT naming `path` unless the store has this position. A store restored from a copy
// older than the cursor does not: a consumer that went on with it would miss changes and never
// know.
absl::Status CheckCursor(storage::StoreReader& store, absl::string_view path,
                         const ChangeCursor& cursor);

// After the last change there is. About 100 short reads.
absl::StatusOr<ChangeCursor> NewestCursor(storage::StoreReader& store);

// Which changes are told.
class ChangeSelection {
 public:
  // INVALID_ARGUMENT, the path beginning with "filter.".
  static absl::StatusOr<ChangeSelection> Make(const v1::ChangeFilter& filter);

  bool HasPerson(const std::string& psn_no) const;
  bool Holds(const v1::ChangeEvent& change) const;

 private:
  absl::flat_hash_set<std::string> persons_;  // empty: all
  std::string fixmedins_code_;                // empty: all
  absl::flat_hash_set<int> kinds_;            // empty: all
};

// Takes up to 100 changes after `cursor`, and moves it behind the last version looked at, at most
// 1,000 of them. `caught_up` says that there was nothing left.
absl::StatusOr<v1::WatchChangesResponse> NextChanges(storage::StoreReader& store,
                                                     const ChangeSelection& selection,
                                                     ChangeCursor* cursor);

// Cursors of named consumers: rows of table "change_cursor", name -> FormatCursor. Thread-safe.
class ConsumerCursors {
 public:
  static constexpr int kMaxConsumers = 100;

  // `store` outlives it; the table has no other writer.
  explicit ConsumerCursors(storage::Store& store) : store_(store) {}

  // The start for a consumer that never acknowledged.
  absl::StatusOr<ChangeCursor> Load(absl::string_view consumer);

  // The cursor kept afterwards: the later of `cursor` and the one before. RESOURCE_EXHAUSTED for
  // one consumer too many.
  absl::StatusOr<ChangeCursor> Acknowledge(const std::string& consumer, const ChangeCursor& cursor);

 private:
  absl::StatusOr<ChangeCursor> LoadLocked(absl::string_view consumer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  storage::Store& store_;
  Mutex mutex_;
};

// INVALID_ARGUMENT naming `path`: 1 to 50 of [0-9A-Za-z._-].
absl::Status CheckConsumer(absl::string_view path, absl::string_view consumer);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_INQUIRY_CHANGES_H_
