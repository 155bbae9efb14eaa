#ifndef YIJIE_TESTS_CAMPAIGN_RUNNER_H_
#define YIJIE_TESTS_CAMPAIGN_RUNNER_H_

// A campaign: random operations on the engine and on the model, compared reply by reply; at the end
// the whole store.

#include <cstdint>
#include <map>
#include <string>

#include "tests/campaign/engine_under_test.h"

namespace yijie::campaign {

struct CampaignOptions {
  uint64_t seed = 1;
  int64_t operations = 100'000;
  int persons = 1'000;
  int64_t restart_every = 20'000;  // operations
};

struct CampaignResult {
  // Empty, or where engine and model differ first, with all operations of the person.
  std::string difference;
  int64_t operations = 0;
  int64_t restarts = 0;
  int64_t versions = 0;   // in the store
  int64_t corrected = 0;  // settlements
  int64_t closed_periods = 0;
  int64_t paid_by_relatives = 0;        // settlements
  std::map<std::string, int64_t> told;  // how often each call was told each outcome or error
};

CampaignResult RunCampaign(const CampaignOptions& options, const Defect& defect = {});

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_RUNNER_H_
