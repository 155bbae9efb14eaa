#include "engine/cross/cross_keeper.h"

#include <chrono>

#include "absl/time/clock.h"
#include "base/log.h"

namespace yijie::engine {

CrossKeeper::CrossKeeper(Engine& engine) : engine_(engine), thread_([this] { Run(); }) {}

CrossKeeper::~CrossKeeper() {
  {
    const MutexLock lock(mutex_);
    stop_ = true;
    wake_.NotifyAll();
  }
  thread_.join();
}

void CrossKeeper::Run() {
  constexpr std::chrono::seconds kPause(1);
  while (true) {
    const absl::Status status = engine_.ResolveCross(MomentOf(absl::ToUnixMillis(absl::Now())));
    if (!status.ok()) LogLine("cross_resolve_failed").Text("reason", status.message());
    const MutexLock lock(mutex_);
    if (!stop_) wake_.WaitFor(mutex_, kPause);
    if (stop_) return;
  }
}

}  // namespace yijie::engine
