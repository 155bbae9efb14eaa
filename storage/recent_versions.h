#ifndef YIJIE_STORAGE_RECENT_VERSIONS_H_
#define YIJIE_STORAGE_RECENT_VERSIONS_H_

// The newest versions of the persons written last, so that the writer need not look them up.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace yijie::storage {

// Holds between `capacity` and twice as many persons: those put last. Not thread-safe.
class RecentVersions {
 public:
  explicit RecentVersions(size_t capacity) : capacity_(capacity) {}

  std::optional<int64_t> Find(absl::string_view psn_no) const {
    // The young ones first: an older version of the same person may still be among the old.
    for (const Versions* versions : {&young_, &old_}) {
      const auto entry = versions->find(psn_no);
      if (entry != versions->end()) return entry->second;
    }
    return std::nullopt;
  }

  void Put(absl::string_view psn_no, int64_t version) {
    young_.insert_or_assign(psn_no, version);
    if (young_.size() < capacity_) return;
    old_ = std::exchange(young_, {});
    young_.reserve(capacity_);
  }

 private:
  using Versions = absl::flat_hash_map<std::string, int64_t>;

  const size_t capacity_;
  Versions young_, old_;
};

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_RECENT_VERSIONS_H_
