#include "engine/family/family_keeper.h"

#include <chrono>

#include "absl/time/clock.h"
#include "base/log.h"

namespace yijie::engine {

FamilyKeeper::FamilyKeeper(Engine& engine) : engine_(engine), thread_([this] { Run(); }) {}

FamilyKeeper::~FamilyKeeper() {
  {
    const MutexLock lock(mutex_);
    stop_ = true;
    wake_.NotifyAll();
  }
  thread_.join();
}

void FamilyKeeper::Run() {
  constexpr std::chrono::seconds kPause(5);
  while (true) {
    const absl::Status status = engine_.ResolveFamily(MomentOf(absl::ToUnixMillis(absl::Now())));
    if (!status.ok()) LogLine("family_resolve_failed").Text("reason", status.message());
    const MutexLock lock(mutex_);
    if (!stop_) wake_.WaitFor(mutex_, kPause);
    if (stop_) return;
  }
}

}  // namespace yijie::engine
