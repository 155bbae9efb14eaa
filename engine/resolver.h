#ifndef YIJIE_ENGINE_RESOLVER_H_
#define YIJIE_ENGINE_RESOLVER_H_

#include <memory>

#include "base/periodic.h"
#include "engine/engine.h"

namespace yijie::engine {

// Carries out what acts over two persons left open (Engine::Resolve). What cannot be looked up or
// done is logged.
void ResolveOnce(Engine& engine);

// Carries out what acts over two persons left open (Engine::Resolve), at once and every few
// seconds: steps that a crash cut off, or that the store could not take. `engine` outlives what is
// returned.
std::unique_ptr<Periodic> KeepResolving(Engine& engine);

// The same for settlements across areas, every second: attempts that a crash cut off, and decisions
// that the insured place has not answered.
std::unique_ptr<Periodic> KeepResolvingCross(Engine& engine);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_RESOLVER_H_
