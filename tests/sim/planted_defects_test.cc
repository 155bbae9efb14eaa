// Every planted defect is found, by a seed that is named.

#include <cinttypes>
#include <cstdio>

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.h"
#include "tests/sim/defect.h"
#include "tests/sim/simulation.h"

namespace yijie::sim {
namespace {

constexpr uint64_t kMostSeeds = 1'000;

class PlantedDefectTest : public testing::TestWithParam<PlantedDefect> {
 protected:
  const engine::QuietLog quiet_;
};

TEST_P(PlantedDefectTest, IsFound) {
  const PlantedDefect& planted = GetParam();
  Coverage coverage;
  for (uint64_t seed = 1; seed <= kMostSeeds; ++seed) {
    const Defect defect = planted.make();
    SimulationOptions options;
    options.seed = seed;
    options.defect = &defect;
    const SimulationResult result = Simulate(options, &coverage);
    if (result.failure.empty()) continue;
    std::printf("%-26s seed %3" PRIu64 "  %s\n%37s(%s)\n", planted.name, seed,
                result.failure.c_str(), "", planted.what);
    return;
  }
  FAIL() << planted.name << ": no simulation of " << kMostSeeds << " noticed that " << planted.what;
}

std::string NameOf(const testing::TestParamInfo<PlantedDefect>& planted) {
  return planted.param.name;
}

INSTANTIATE_TEST_SUITE_P(All, PlantedDefectTest, testing::ValuesIn(PlantedDefects()), NameOf);

}  // namespace
}  // namespace yijie::sim
