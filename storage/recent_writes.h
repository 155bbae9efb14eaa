#ifndef YIJIE_STORAGE_RECENT_WRITES_H_
#define YIJIE_STORAGE_RECENT_WRITES_H_

// What the batches applied last wrote of persons and messages, so that the writer need not look up
// in the database what its caller has just looked up there.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace yijie::storage {

// Two generations: the young one becomes the old one when it holds `capacity` persons or messages.
// Not thread-safe.
class RecentWrites {
 public:
  // `sequence`: of the last batch before the first that is put here.
  RecentWrites(size_t capacity, uint64_t sequence)
      : capacity_(capacity), young_{sequence, {}, {}}, old_{sequence, {}, {}} {}

  // Whether everything is remembered that was written by the batches after `sequence`.
  bool HasAllAfter(uint64_t sequence) const { return sequence >= old_.after; }

  // The newest version of a person, if remembered.
  std::optional<int64_t> FindVersion(absl::string_view psn_no) const {
    // The young ones first: an older version of the same person may still be among the old.
    for (const Generation* generation : {&young_, &old_}) {
      const auto entry = generation->versions.find(psn_no);
      if (entry != generation->versions.end()) return entry->second;
    }
    return std::nullopt;
  }

  // False: no batch that is remembered wrote the key. True: one did, or another key is as this.
  bool MayHaveMessage(absl::string_view key) const {
    const size_t hash = HashOf(key);
    return young_.messages.contains(hash) || old_.messages.contains(hash);
  }

  void PutVersion(absl::string_view psn_no, int64_t version) {
    young_.versions.insert_or_assign(psn_no, version);
  }
  void PutMessage(absl::string_view key) { young_.messages.insert(HashOf(key)); }

  // Everything of the batch `sequence` was put.
  void EndBatch(uint64_t sequence) {
    if (young_.versions.size() < capacity_ && young_.messages.size() < capacity_) return;
    old_ = std::exchange(young_, {sequence, {}, {}});
    young_.versions.reserve(capacity_);  // it does not move while somebody waits
    young_.messages.reserve(capacity_);
  }

 private:
  struct Generation {
    uint64_t after = 0;  // it holds what the batches after this one wrote
    absl::flat_hash_map<std::string, int64_t> versions;
    absl::flat_hash_set<size_t> messages;  // hashes of keys
  };

  static size_t HashOf(absl::string_view key) { return absl::Hash<absl::string_view>()(key); }

  const size_t capacity_;
  Generation young_, old_;
};

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_RECENT_WRITES_H_
