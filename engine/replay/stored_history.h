#ifndef YIJIE_ENGINE_REPLAY_STORED_HISTORY_H_
#define YIJIE_ENGINE_REPLAY_STORED_HISTORY_H_

// The history of persons as the store keeps it, played to a PersonReplay.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/reference.h"
#include "engine/replay/person_replay.h"
#include "storage/store.h"

namespace yijie::engine {

// All versions of one person, oldest first.
struct StoredPerson {
  std::string psn_no;
  std::vector<storage::PersonVersion> versions;
};

// Plays persons and adds them to `result`. DATA_LOSS, without personal data in the text, for a
// record that cannot be read or a history with a gap.
absl::Status ReplayStoredPersons(const std::vector<StoredPerson>& persons, const Reference& draft,
                                 size_t most_losers, BatchResult* result);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_STORED_HISTORY_H_
