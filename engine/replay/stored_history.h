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

// Histories of a few persons, all bytes in one piece: filled by one thread, played by another.
class StoredBatch {
 public:
  // Versions come in the order of the store: by person, then oldest first.
  void Add(absl::string_view psn_no, const storage::PersonVersion& version);

  size_t persons() const { return persons_.size(); }
  size_t bytes() const { return bytes_.size(); }
  absl::string_view last_psn_no() const { return persons_.back().psn_no; }

  // Plays the persons and adds them to `result`. DATA_LOSS, without personal data in the text, for
  // a record that cannot be read or a history with a gap.
  absl::Status Replay(const Reference& draft, size_t most_losers, BatchResult* result) const;

 private:
  struct Version {
    int64_t number = 0;
    size_t state = 0, event = 0, end = 0;  // in `bytes_`: the state, then the event
  };
  struct Person {
    std::string psn_no;
    size_t first = 0;  // in `versions_`; those up to the next person's
  };

  std::string bytes_;
  std::vector<Version> versions_;
  std::vector<Person> persons_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_STORED_HISTORY_H_
