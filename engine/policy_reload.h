#ifndef YIJIE_ENGINE_POLICY_RELOAD_H_
#define YIJIE_ENGINE_POLICY_RELOAD_H_

// Reads the policy directory again while the engine serves.

#include <string>

#include "base/mutex.h"
#include "engine/engine.h"
#include "engine/metrics.h"
#include "storage/store.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

class PolicyReload {
 public:
  // All but the directory outlive it.
  PolicyReload(std::string directory, storage::Store& store, Metrics& metrics, Engine& engine)
      : directory_(std::move(directory)), store_(store), metrics_(metrics), engine_(engine) {}

  // Compiles the directory, archives what is new, and gives the engine the new book; or leaves
  // everything as it is and says why. Thread-safe, one at a time; takes as long as compiling does,
  // so not for a lane or the poller. Logs and counts what it did.
  yijie::v1::ReloadPoliciesResponse Run();

 private:
  absl::StatusOr<std::shared_ptr<const rules::RuleBook>> Load();

  const std::string directory_;
  storage::Store& store_;
  Metrics& metrics_;
  Engine& engine_;
  Mutex running_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_RELOAD_H_
