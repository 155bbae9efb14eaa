#ifndef YIJIE_ENGINE_REPLAY_REPLAY_H_
#define YIJIE_ENGINE_REPLAY_REPLAY_H_

// `yijie policy replay`: settles a history again under a draft of the policy tables, person by
// person in the order of the commits, and reports who would pay what. docs/policy-replay.md has the
// rules of the game.

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "engine/reference.h"
#include "engine/replay/report.h"
#include "engine/sample/sample_history.h"
#include "storage/store.h"

namespace yijie::engine {

struct ReplayOptions {
  int threads = 1;     // that settle; one more reads the store
  size_t losers = 20;  // most persons listed
  // Called as persons are done, by one thread at a time; `total` is 0 if it is not known.
  std::function<void(int64_t done, int64_t total)> progress = [](int64_t, int64_t) {};
};

// The history of a store. `draft` has the draft's policies and the institutions and the catalogue
// of the store. DATA_LOSS for records that cannot be read.
absl::StatusOr<ReplayReport> ReplayStore(storage::StoreReader& store, const Reference& draft,
                                         const ReplayOptions& options);

// A generated history, settled under `current` first. Both have the institutions and the catalogue
// of `history`.
absl::StatusOr<ReplayReport> ReplaySample(const SampleHistory& history, const Reference& current,
                                          const Reference& draft, const ReplayOptions& options);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_REPLAY_H_
