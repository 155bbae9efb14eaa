// Random operations on the engine over the store on disk, compared with an independent model, reply
// by reply and state by state.
//
// YIJIE_OPERATIONS sets their number, YIJIE_PERSONS that of the persons (made a multiple of 8);
// YIJIE_SEED replays.

#include "tests/campaign/runner.h"

#include <algorithm>
#include <cstdio>

#include <gtest/gtest.h>

#include "tests/engine/engine_fixture.h"

namespace yijie::campaign {
namespace {

TEST(Campaign, EngineAndModelAgree) {
  CampaignOptions options;
  options.seed = static_cast<uint64_t>(storage::TestNumber("YIJIE_SEED", 20261122));
  options.operations = storage::TestNumber("YIJIE_OPERATIONS", 100'000);
  const int64_t persons = storage::TestNumber("YIJIE_PERSONS", options.operations / 100);
  options.persons = static_cast<int>(std::clamp<int64_t>(persons, 16, 1'000'000) / 8 * 8);
  options.restart_every = options.operations / 5 + 1;
  std::printf("YIJIE_SEED=%llu YIJIE_OPERATIONS=%lld YIJIE_PERSONS=%d\n",
              static_cast<unsigned long long>(options.seed),
              static_cast<long long>(options.operations), options.persons);
  const engine::QuietLog quiet;
  const CampaignResult result = RunCampaign(options);
  for (const auto& [what, times] : result.told)
    std::printf("%9lld %s\n", static_cast<long long>(times), what.c_str());
  std::printf(
      "%lld operations, %lld versions, %lld settlements corrected, %lld periods closed, "
      "%lld bills paid by relatives, "
      "%lld restarts\n",
      static_cast<long long>(result.operations), static_cast<long long>(result.versions),
      static_cast<long long>(result.corrected), static_cast<long long>(result.closed_periods),
      static_cast<long long>(result.paid_by_relatives), static_cast<long long>(result.restarts));
  if (!result.difference.empty()) FAIL() << result.difference;
}

}  // namespace
}  // namespace yijie::campaign
