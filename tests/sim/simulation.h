#ifndef YIJIE_TESTS_SIM_SIMULATION_H_
#define YIJIE_TESTS_SIM_SIMULATION_H_

// One simulation: everything in it follows from its seed. Places, gateway and hospitals live
// through a minute of chaos; then all faults end, and within the bound nothing may be open any
// more.

#include <cstdint>
#include <string>

#include "tests/sim/coverage.h"
#include "tests/sim/defect.h"

namespace yijie::sim {

struct SimulationOptions {
  uint64_t seed = 1;
  const Defect* defect = nullptr;  // none
  bool audit = false;              // the full audit of all ledgers at the end
};

struct SimulationResult {
  std::string failure;  // empty if all is well
  uint64_t hash = 0;    // of everything that was delivered, and of the end
  int64_t messages = 0;
  int64_t crashes = 0;
  int64_t settled = 0;  // across areas
  int64_t undone = 0;
  int64_t cancelled = 0;
  int64_t errands = 0;
  int64_t certain_after = 0;  // the heal, until nothing was open any more; microseconds
};

SimulationResult Simulate(const SimulationOptions& options, Coverage* coverage);

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_SIMULATION_H_
