#include "engine/resolver.h"

#include <chrono>

#include "absl/time/clock.h"
#include "base/log.h"

namespace yijie::engine {

void ResolveOnce(Engine& engine) {
  const absl::Status status = engine.Resolve(MomentOf(absl::ToUnixMillis(absl::Now())));
  if (!status.ok()) LogLine("resolve_failed").Text("reason", status.message());
}

std::unique_ptr<Periodic> KeepResolving(Engine& engine) {
  constexpr std::chrono::seconds kPause(5);
  return std::make_unique<Periodic>("resolve", kPause, [&engine] { ResolveOnce(engine); });
}

std::unique_ptr<Periodic> KeepResolvingCross(Engine& engine) {
  constexpr std::chrono::seconds kPause(1);
  return std::make_unique<Periodic>("resolve-cross", kPause, [&engine] {
    const absl::Status status = engine.ResolveCross(MomentOf(absl::ToUnixMillis(absl::Now())));
    if (!status.ok()) LogLine("resolve_failed").Text("reason", status.message());
  });
}

}  // namespace yijie::engine
