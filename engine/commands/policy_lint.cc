#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/mutex.h"
#include "engine/area/area_book.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/lint/example.h"
#include "engine/lint/lint.h"
#include "engine/load/progress_bar.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

struct Options {
  std::string path;
  std::vector<std::string> skip;
  std::string examples;
  int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
};

constexpr const char* kKinds =
    "no-row, two-rows, dead-row, idle-condition, no-bound, seam, ratio, overdrawn, cap-passed,\n"
    "falls, unpinned, case, weak-source";

std::shared_ptr<const rules::RuleBook> Load(const std::string& path) {
  if (std::filesystem::is_directory(path)) {
    auto book = rules::LoadRuleBook(path);
    if (!book.ok()) Fail(book.status());
    return *std::move(book);
  }
  const auto text = ReadFile(path);
  if (!text.ok()) Fail(text.status());
  auto program = rules::CompilePackage(path, *text);
  if (!program.ok()) Fail(program.status());
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(*std::move(program));
  auto book = rules::RuleBook::Build(std::move(programs));
  if (!book.ok()) Fail(book.status());
  return *std::move(book);
}

// The findings of each package, in the order of the book.
std::vector<std::vector<Finding>> LintAll(const rules::RuleBook& book, int threads) {
  const auto& programs = book.programs();
  std::vector<std::vector<Finding>> findings(programs.size());
  std::atomic<size_t> next = 0;
  int64_t done = 0;
  Mutex mutex;  // of `done` and `bar`
  ProgressBar bar("packages");
  const auto work = [&] {
    for (size_t i = next++; i < programs.size(); i = next++) {
      findings[i] = LintPackage(*programs[i]);
      const MutexLock lock(mutex);
      bar.Update(++done, static_cast<int64_t>(programs.size()));
    }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  return findings;
}

// Writes the claim of a finding for `yijie evaluate`; the file's name.
std::string WriteExample(const Finding& finding, const std::string& directory, size_t number) {
  const std::string file = absl::StrCat(
      directory, "/", std::filesystem::path(finding.file).stem().string(), "-", number, ".json");
  std::ofstream(file) << ToJson(*finding.example) << "\n";
  return file;
}

void Print(const Finding& finding, const Options& options, size_t number) {
  std::cout << finding.file << ":" << finding.line << ": [" << KindName(finding.kind) << "] "
            << finding.text << "\n";
  if (!finding.example.has_value()) return;
  std::cout << "    例：" << DescribeExample(*finding.example) << "\n    引擎答复："
            << finding.answer << "\n";
  if (!options.examples.empty())
    std::cout << "    " << WriteExample(finding, options.examples, number) << "\n";
}

void LintPolicies(const Options& options) {
  const auto book = Load(options.path);
  const std::set<std::string> skip(options.skip.begin(), options.skip.end());
  if (!options.examples.empty()) std::filesystem::create_directories(options.examples);
  size_t told = 0;
  const auto tell = [&](const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      if (skip.count(KindName(finding.kind)) == 0) Print(finding, options, ++told);
    }
  };
  for (const std::vector<Finding>& findings : LintAll(*book, options.threads)) tell(findings);
  tell(LintSeams(*book));
  if (std::filesystem::is_directory(options.path)) {
    const auto areas = LoadAreaBook(options.path);
    if (!areas.ok()) Fail(areas.status());
    tell(LintAreas(**areas));
  }
  std::cout << book->programs().size() << " 个政策表，" << told << " 处问题\n";
  if (told > 0) throw CLI::RuntimeError(1);
}

}  // namespace

void AddPolicyLintCommand(CLI::App& policy) {
  const auto options = std::make_shared<Options>();
  CLI::App* lint = policy.add_subcommand(
      "lint",
      "Prove packages before they load: every claim has exactly one row, no row or condition is\n"
      "idle, no payment falls as cost rises, no cap can be passed, every figure is tested by a\n"
      "case. Each finding comes with file, line and a claim that shows it. Exit 1 with findings.");
  lint->add_option("PATH", options->path, "Directory with *.policy files, or one file")
      ->required()
      ->check(CLI::ExistingPath);
  lint->add_option("--skip", options->skip,
                   std::string("Kinds of findings not to tell, comma separated: ") + kKinds)
      ->delimiter(',');
  lint->add_option("--examples", options->examples,
                   "Directory for the claims, one JSON file each, for `yijie evaluate`");
  lint->add_option("--threads", options->threads, "Packages looked at at once")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  lint->callback([options] { LintPolicies(*options); });
}

}  // namespace yijie::engine
