#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/policy_cases.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// Compiles every package below the directory and says what is there.
void CheckPolicies(const std::string& directory) {
  const auto policies = rules::LoadRuleBook(directory);
  if (!policies.ok()) Fail(policies.status());
  for (const auto& program : (*policies)->programs()) {
    std::cout << program->id << "  " << FormatDate(program->valid_from) << " .. "
              << (program->valid_to == kLastDate ? "" : FormatDate(program->valid_to)) << "  "
              << (program->sample_data ? "示例数据 sample" : "政策 policy") << "  "
              << program->title << "\n";
  }
}

void TestPolicies(const std::string& path) {
  const bool one_file = !std::filesystem::is_directory(path);
  const absl::StatusOr<std::vector<std::string>> files =
      one_file ? std::vector<std::string>{path} : FindFiles(path, ".cases");
  if (!files.ok()) Fail(files.status());
  if (files->empty()) Fail(absl::NotFoundError(absl::StrCat("no *.cases file below ", path)));
  int passed = 0;
  int failed = 0;
  for (const std::string& file : *files) {
    const auto results = RunCases(file);
    if (!results.ok()) {
      ++failed;
      std::cout << results.status().message() << "\n";
      continue;
    }
    for (const CaseResult& result : *results) {
      ++(result.differences.empty() ? passed : failed);
      for (const std::string& difference : result.differences)
        std::cout << file << ": " << result.name << ": " << difference << "\n";
    }
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  if (failed > 0 || passed == 0) throw CLI::RuntimeError(1);
}

}  // namespace

void AddPolicyCommand(CLI::App& yijie) {
  CLI::App* policy =
      yijie.add_subcommand("policy", "Policy tables (政策表).")->require_subcommand(1);
  const auto directory = std::make_shared<std::string>();
  CLI::App* check = policy->add_subcommand(
      "check", "Compile all packages; name every defect with file, line and column.");
  check->add_option("DIRECTORY", *directory, "Directory with *.policy files")
      ->required()
      ->check(CLI::ExistingDirectory);
  check->callback([directory] { CheckPolicies(*directory); });
  CLI::App* test = policy->add_subcommand("test", "Run the *.cases beside the packages.");
  test->add_option("PATH", *directory, "Directory with *.cases files, or one file")
      ->required()
      ->check(CLI::ExistingPath);
  test->callback([directory] { TestPolicies(*directory); });
  AddPolicyTextCommands(*policy);
  AddPolicyVersionCommands(*policy);
  AddPolicyLintCommand(*policy);
  AddPolicyReplayCommand(*policy);
}

void AddEvaluateCommand(CLI::App& yijie) {
  struct Options {
    std::string policies;
    std::string file;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* evaluate = yijie.add_subcommand(
      "evaluate",
      "Evaluate one claim without a store: person, institution, catalogue and\n"
      "claim in, settlement with its explanation out, as JSON.");
  evaluate->add_option("--policies", options->policies, "Directory with *.policy tables")
      ->required()
      ->check(CLI::ExistingDirectory);
  evaluate->add_option("FILE", options->file, "yijie.v1.PolicyCase as protobuf JSON")
      ->required()
      ->check(CLI::ExistingFile);
  evaluate->callback([options] {
    const auto policies = rules::LoadRuleBook(options->policies);
    if (!policies.ok()) Fail(policies.status());
    v1::PolicyCase policy_case;
    if (const absl::Status read = ReadJson(options->file, &policy_case); !read.ok()) Fail(read);
    const auto settlement = EvaluateCase(*policies, policy_case);
    if (!settlement.ok()) Fail(settlement.status());
    std::cout << ToJson(*settlement) << "\n";
  });
}

}  // namespace yijie::engine
