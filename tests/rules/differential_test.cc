// The compiled program against the slow interpreter: on the shipped packages, on variations of
// them, and on packages made up from a seed. Seed, number of histories and threads: YIJIE_SEED,
// YIJIE_HISTORIES, YIJIE_THREADS; `./dev differential` sets them.

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/loader.h"
#include "tests/rules/comparison.h"
#include "tests/rules/made_packages.h"
#include "tests/rules/shape_pairs.h"

namespace yijie::rules {
namespace {

struct Subject {
  v1::Package package;
  std::unique_ptr<const Program> program;
};

v1::Package ParsePackage(const std::string& text) {
  v1::Package package;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &package));
  return package;
}

std::vector<v1::Package> ShippedPackages() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           absl::StrCat(YIJIE_SOURCE_DIR, "/rules/tables"))) {
    if (entry.path().extension() == ".policy") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<v1::Package> packages;
  for (const std::string& file : files) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    packages.push_back(ParsePackage(text.str()));
  }
  return packages;
}

// Null if the package does not compile.
std::unique_ptr<const Program> Compiled(const v1::Package& package) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(package, &text);
  auto program = CompilePackage("made.policy", text);
  return program.ok() ? *std::move(program) : nullptr;
}

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

// A shipped package, a variation of one, or a new one.
Subject MakeSubject(const std::vector<v1::Package>& shipped, Random& random) {
  while (true) {
    Subject subject;
    const int64_t kind = random.Below(10);
    if (kind < 4)
      subject.package =
          shipped[static_cast<size_t>(random.Below(static_cast<int64_t>(shipped.size())))];
    if (kind >= 4) subject.package = GeneratePackage(random);
    if (kind >= 1 && kind < 4) MutatePackage(random, &subject.package);
    subject.program = Compiled(subject.package);
    if (subject.program != nullptr) return subject;
  }
}

// Where people look on, how far it is.
class Progress {
 public:
  explicit Progress(int64_t whole) : whole_(whole), shown_(isatty(STDERR_FILENO) != 0) {}
  void Add(int64_t done) {
    const int64_t before = done_.fetch_add(done);
    const int64_t percent = (before + done) * 100 / whole_;
    if (!shown_ || percent == before * 100 / whole_) return;
    const auto filled = static_cast<int>(std::min<int64_t>(percent / 2, 50));
    std::fprintf(stderr, "\r  [%-50.*s] %3lld %%", filled,
                 "##################################################",
                 static_cast<long long>(percent));
    if (percent >= 100) std::fprintf(stderr, "\n");
  }

 private:
  const int64_t whole_;
  const bool shown_;
  std::atomic<int64_t> done_{0};
};

constexpr int64_t kHistoriesOfOnePackage = 10;

// One thread's part of the histories.
struct Worker {
  std::map<std::string, int64_t> verdicts;
  std::vector<std::string> failures;
  ShapePairs pairs;

  void Run(const std::vector<v1::Package>& shipped, uint64_t seed, int64_t histories) {
    Random random(seed);
    const Subject subject = MakeSubject(shipped, random);
    const int64_t settled_before = verdicts["SETTLED"];
    for (int64_t i = 0; i < histories; ++i) {
      const std::string difference =
          CompareHistory(*subject.program, subject.package, random, &verdicts);
      if (difference.empty()) continue;
      failures.push_back(absl::StrCat("YIJIE_SEED=", seed, " YIJIE_HISTORIES=", i + 1, ": history ",
                                      i, " of ", subject.package.id(), ": ", difference, "\n",
                                      subject.package.DebugString().substr(0, 12'000)));
      return;
    }
    if (verdicts["SETTLED"] > settled_before) pairs.Add(subject.package);
  }
};

TEST(Differential, CompiledProgramAndSlowInterpreterAgree) {
  const auto seed = static_cast<uint64_t>(FromEnvironment("YIJIE_SEED", 20261121));
  const int64_t histories = FromEnvironment("YIJIE_HISTORIES", 50'000);
  const auto threads = static_cast<size_t>(FromEnvironment("YIJIE_THREADS", 1));
  std::printf("YIJIE_SEED=%llu YIJIE_HISTORIES=%lld\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(histories));
  const std::vector<v1::Package> shipped = ShippedPackages();
  ASSERT_GT(shipped.size(), 10U);
  std::vector<Worker> workers(threads);
  std::atomic<int64_t> next{0};
  Progress progress(histories);
  const auto work = [&](Worker* worker) {
    while (worker->failures.size() < 5) {
      const int64_t begin = next.fetch_add(kHistoriesOfOnePackage);
      if (begin >= histories) return;
      const int64_t count = std::min(kHistoriesOfOnePackage, histories - begin);
      worker->Run(shipped, seed + static_cast<uint64_t>(begin), count);
      progress.Add(count);
    }
  };
  std::vector<std::thread> running;
  for (Worker& worker : workers) running.emplace_back(work, &worker);
  for (std::thread& thread : running) thread.join();
  std::map<std::string, int64_t> verdicts;
  ShapePairs pairs;
  for (const Worker& worker : workers) {
    for (const auto& [verdict, claims] : worker.verdicts) verdicts[verdict] += claims;
    pairs.Add(worker.pairs);
    for (const std::string& failure : worker.failures) ADD_FAILURE() << failure;
  }
  for (const auto& [verdict, claims] : verdicts)
    std::printf("  %-12s %9lld claims\n", verdict.c_str(), static_cast<long long>(claims));
  std::printf("  %zu shapes, each pair of them in %lld or more packages\n", pairs.shapes(),
              static_cast<long long>(pairs.Rarest()));
  EXPECT_GT(verdicts["SETTLED"], histories / 4);
  if (histories < 50'000) return;
  EXPECT_EQ(verdicts.size(), 6U) << "some verdict was never given";
  EXPECT_EQ(pairs.Missing(), "");
}

}  // namespace
}  // namespace yijie::rules
