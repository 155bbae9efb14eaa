// Every case file in the tree is one test: the shipped tables must give what their cases say, and
// the published worked examples their published answers, to the fen.

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
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
  for (const char* folder : {"/rules/tables", "/tests/oracle"}) {
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

// The runner itself: a case that expects a wrong fen must fail.
TEST(PolicyCases, AWrongExpectationIsFound) {
  const auto folder =
      std::filesystem::temp_directory_path() / absl::StrCat("yijie_wrong_case_", getpid());
  std::filesystem::create_directories(folder);
  const std::string source = absl::StrCat(YIJIE_SOURCE_DIR, "/tests/oracle/EMP-01");
  std::filesystem::copy_file(source + ".policy", folder / "wrong.policy");
  std::filesystem::copy_file(source + ".cases", folder / "wrong.cases");
  std::string text = ReadFile((folder / "wrong.cases").string()).value();
  const size_t at = text.find("656000");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 6, "656001");
  std::ofstream(folder / "wrong.cases") << text;
  const auto results = RunCases((folder / "wrong.cases").string());
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(results.ok()) << results.status().message();
  ASSERT_FALSE(results->front().differences.empty());
}

}  // namespace
}  // namespace yijie::engine
