#ifndef YIJIE_ENGINE_FAMILY_FAMILY_KEEPER_H_
#define YIJIE_ENGINE_FAMILY_FAMILY_KEEPER_H_

#include <thread>

#include "base/mutex.h"
#include "engine/engine.h"

namespace yijie::engine {

// Carries out what family sharing left open, at once and every few seconds, on its own thread:
// steps that a crash cut off, or that the store could not take.
class FamilyKeeper {
 public:
  // `engine` outlives it.
  explicit FamilyKeeper(Engine& engine);
  ~FamilyKeeper();
  FamilyKeeper(const FamilyKeeper&) = delete;
  FamilyKeeper& operator=(const FamilyKeeper&) = delete;

 private:
  void Run();

  Engine& engine_;
  Mutex mutex_;
  CondVar wake_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_FAMILY_FAMILY_KEEPER_H_
