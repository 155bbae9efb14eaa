#include "engine/resolver.h"

#include <chrono>

#include "absl/time/clock.h"
#include "base/log.h"

namespace yijie::engine {

namespace {

Moment Now() { return MomentOf(absl::ToUnixMillis(absl::Now())); }

void LogIfFailed(const absl::Status& status) {
  if (!status.ok()) LogLine("resolve_failed").Text("reason", status.message());
}

}  // namespace

void ResolveOnce(Engine& engine) { LogIfFailed(engine.Resolve(Now())); }

std::unique_ptr<Periodic> KeepResolving(Engine& engine) {
  constexpr std::chrono::seconds kPause(5);
  return std::make_unique<Periodic>("resolve", kPause, [&engine] { ResolveOnce(engine); });
}

std::unique_ptr<Periodic> KeepResolvingCross(Engine& engine) {
  constexpr std::chrono::seconds kPause(1);
  return std::make_unique<Periodic>("resolve-cross", kPause,
                                    [&engine] { LogIfFailed(engine.ResolveCross(Now())); });
}

}  // namespace yijie::engine
