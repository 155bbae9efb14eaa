#ifndef YIJIE_ENGINE_CROSS_CROSS_KEEPER_H_
#define YIJIE_ENGINE_CROSS_CROSS_KEEPER_H_

#include <thread>

#include "base/mutex.h"
#include "engine/engine.h"

namespace yijie::engine {

// Carries out what settlements across areas left open, at once and every second, on its own thread:
// attempts that a crash cut off, and decisions the insured place has not answered.
class CrossKeeper {
 public:
  // `engine` outlives it.
  explicit CrossKeeper(Engine& engine);
  ~CrossKeeper();
  CrossKeeper(const CrossKeeper&) = delete;
  CrossKeeper& operator=(const CrossKeeper&) = delete;

 private:
  void Run();

  Engine& engine_;
  Mutex mutex_;
  CondVar wake_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_CROSS_KEEPER_H_
