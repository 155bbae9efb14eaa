// Every case file in the tree is one test: the shipped tables must give what their cases say, and
// the published worked examples their published answers, and every rule shape its worked figures,
// to the fen.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "engine/policy_cases.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

class PolicyCaseFile : public testing::TestWithParam<std::string> {};

TEST_P(PolicyCaseFile, GivesWhatItSays) {
  const auto results = RunCases(GetParam());
  ASSERT_TRUE(results.ok()) << results.status().message();
  for (const CaseResult& result : *results) {
    EXPECT_TRUE(result.differences.empty())
        << result.name << ": " << absl::StrJoin(result.differences, "\n  ");
  }
}

std::vector<std::string> AllCaseFiles() {
  std::vector<std::string> files;
  for (const char* folder : {"/rules/tables", "/tests/oracle", "/tests/shapes"}) {
    const auto found = FindFiles(absl::StrCat(YIJIE_SOURCE_DIR, folder), ".cases");
    if (found.ok()) files.insert(files.end(), found->begin(), found->end());
  }
  return files;
}

std::string NameOf(const testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::path(info.param).stem();
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Files, PolicyCaseFile, testing::ValuesIn(AllCaseFiles()), NameOf);

TEST(PolicyCases, EveryShippedPackageHasCases) {
  const auto policies = rules::LoadRuleBook(absl::StrCat(YIJIE_SOURCE_DIR, "/rules/tables"));
  ASSERT_TRUE(policies.ok()) << policies.status().message();
  for (const auto& program : (*policies)->programs()) {
    EXPECT_TRUE(
        std::filesystem::exists(std::filesystem::path(program->file).replace_extension(".cases")))
        << program->file;
  }
}

// The shapes that rule tables must be able to express (tests/shapes/README.md): letter and how many
// there are of it.
constexpr std::pair<char, int> kShapes[] = {{'A', 11}, {'B', 21}, {'C', 21}, {'D', 14},
                                            {'E', 10}, {'F', 5},  {'G', 8},  {'H', 7},
                                            {'I', 8},  {'J', 8},  {'K', 5}};

TEST(PolicyCases, EveryShapeHasAPackageWithCases) {
  const auto files = FindFiles(absl::StrCat(YIJIE_SOURCE_DIR, "/tests/shapes"), ".cases");
  ASSERT_TRUE(files.ok()) << files.status().message();
  std::set<std::string> shown;
  for (const std::string& file : *files) {
    const std::string stem = std::filesystem::path(file).stem();
    shown.insert(stem.substr(0, stem.find('-')));
  }
  for (const auto& [letter, count] : kShapes) {
    for (int number = 1; number <= count; ++number) {
      const std::string id = absl::StrFormat("%c%02d", letter, number);
      EXPECT_TRUE(shown.count(id) == 1) << "no tests/shapes/" << id << "-*.cases";
    }
  }
}

// All published worked examples that were collected.
constexpr absl::string_view kPublishedExamples[] = {
    "EMP-01", "EMP-02", "EMP-04",  "EMP-05",  "EMP-07",  "EMP-10",  "EMP-11",  "EMP-12", "EMP-13",
    "EMP-15", "RES-01", "RES-02",  "RES-03",  "RES-05",  "RES-07",  "RES-08",  "RES-09", "RES-11",
    "RES-13", "RES-14", "BIG-01",  "BIG-02",  "BIG-04",  "BIG-05",  "BIG-07",  "BIG-09", "OUT-01",
    "OUT-02", "OUT-04", "OUT-05",  "OUT-07",  "OUT-08",  "OUT-09",  "OUT-11",  "OUT-12", "OUT-13",
    "OUT-14", "OUT-15", "XREG-01", "XREG-03", "XREG-05", "XREG-06", "XREG-09", "MAT-01", "MAT-02",
    "MAT-03", "MAT-04", "MAT-05",  "MAT-07",  "MAT-08",  "MAT-09",  "MAT-10",  "MAT-12", "MAT-15",
    "INJ-01", "INJ-02", "INJ-05",  "INJ-07",  "INJ-08",  "INJ-09",  "INJ-10",  "INJ-11", "INJ-13",
    "INJ-14", "INJ-15", "AID-01",  "AID-03",  "ACC-01",  "ACC-02",  "ACC-03",  "SUP-02"};

TEST(PolicyCases, EveryPublishedExampleHasAPackageWithCases) {
  for (const absl::string_view id : kPublishedExamples) {
    EXPECT_TRUE(
        std::filesystem::exists(absl::StrCat(YIJIE_SOURCE_DIR, "/tests/oracle/", id, ".cases")))
        << id;
  }
}

// Runs the cases of `stem` with `expected` replaced by `wrong`; the differences they then show.
std::vector<std::string> DifferencesOfAWrongCase(const std::string& stem,
                                                 const std::string& expected,
                                                 const std::string& wrong) {
  const auto folder =
      std::filesystem::temp_directory_path() / absl::StrCat("yijie_wrong_case_", getpid());
  std::filesystem::create_directories(folder);
  const std::string source = absl::StrCat(YIJIE_SOURCE_DIR, "/tests/", stem);
  std::filesystem::copy_file(source + ".policy", folder / "wrong.policy");
  std::string text = ReadFile(source + ".cases").value();
  const size_t at = text.find(expected);
  EXPECT_NE(at, std::string::npos) << expected;
  if (at != std::string::npos) text.replace(at, expected.size(), wrong);
  std::ofstream(folder / "wrong.cases") << text;
  const auto results = RunCases((folder / "wrong.cases").string());
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(results.ok()) << results.status().message();
  return results.ok() ? results->front().differences : std::vector<std::string>();
}

// The runner itself: a case that expects a wrong fen must fail.
TEST(PolicyCases, AWrongExpectationIsFound) {
  EXPECT_FALSE(
      DifferencesOfAWrongCase("oracle/EMP-01", "hifp_pay_fen: 656000", "hifp_pay_fen: 656001")
          .empty());
  EXPECT_THAT(DifferencesOfAWrongCase("shapes/B08-shanghai-inpatient-cumulative", "value: 100000",
                                      "value: 100001"),
              testing::ElementsAre(testing::HasSubstr("expected 100001, got 100000")));
  EXPECT_THAT(DifferencesOfAWrongCase("oracle/MAT-07", "value: 1337173", "value: 1337172"),
              testing::ElementsAre("benefit allowance: expected 1337172, got 1337173"));
}

}  // namespace
}  // namespace yijie::engine
