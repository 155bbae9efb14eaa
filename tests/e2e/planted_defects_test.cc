// The test of kills would notice: it is run against a program with a defect in it, one after the
// other, and must fail; against the same program without one it must not.
//
//   YIJIE_SEED=n    as for the test of kills
//   YIJIE_KILLS=n   runs until a defect must have been noticed; default 12

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/data_folder.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {
namespace {

struct Outcome {
  int exit_code = 0;
  std::string output;
};

Outcome RunKillTest(const std::string& defect) {
  const TempFolder folder;
  const std::string output = folder.Path("output");
  const std::string command =
      absl::StrCat("YIJIE_PROGRAM=", YIJIE_WITH_DEFECTS, " YIJIE_DEFECT=", defect,
                   " YIJIE_GIVE_UP=10", " YIJIE_KILLS=", NumberFromEnvironment("YIJIE_KILLS", 12),
                   " ", YIJIE_KILL_TEST, " > ", output, " 2>&1");
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), ReadWholeFile(output)};
}

// What the test said first, for whoever reads the log.
std::string FirstFailure(const std::string& output) {
  const std::vector<std::string> lines = absl::StrSplit(output, '\n');
  for (size_t i = 0; i + 1 < lines.size(); ++i)
    if (absl::EndsWith(lines[i], ": Failure")) return absl::StrCat(lines[i], " ", lines[i + 1]);
  return output;
}

class PlantedInKills : public testing::TestWithParam<const char*> {};

TEST_P(PlantedInKills, IsNoticed) {
  const Outcome outcome = RunKillTest(GetParam());
  std::cout << GetParam() << ": " << FirstFailure(outcome.output) << "\n";
  EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
  EXPECT_TRUE(absl::StrContains(outcome.output, "[  FAILED  ]")) << outcome.output;
  // It ran: what failed is no start.
  EXPECT_FALSE(absl::StrContains(outcome.output, "TwoProvincesTest::SetUp")) << outcome.output;
}

INSTANTIATE_TEST_SUITE_P(Defects, PlantedInKills,
                         testing::Values("care_answers_before_it_writes",
                                         "home_answers_before_it_writes",
                                         "coordinator_forgets_what_is_open",
                                         "care_forgets_messages", "gateway_loses_records",
                                         "gateway_drops_confirms"),
                         [](const auto& row) { return std::string(row.param); });

TEST(NothingPlanted, IsNotNoticed) {
  const Outcome outcome = RunKillTest("none");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
}

}  // namespace
}  // namespace yijie::e2e
