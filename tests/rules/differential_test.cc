// The compiled program against the slow interpreter: on the shipped packages, on variations of
// them, and on packages made up from a seed. Seed and number of histories: YIJIE_SEED,
// YIJIE_HISTORIES.

#include <filesystem>
#include <fstream>
#include <sstream>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/loader.h"
#include "tests/rules/comparison.h"
#include "tests/rules/made_packages.h"

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
    if (kind < 6)
      subject.package =
          shipped[static_cast<size_t>(random.Below(static_cast<int64_t>(shipped.size())))];
    if (kind >= 6) subject.package = GeneratePackage(random);
    if (kind >= 1 && kind < 6) MutatePackage(random, &subject.package);
    subject.program = Compiled(subject.package);
    if (subject.program != nullptr) return subject;
  }
}

TEST(Differential, CompiledProgramAndSlowInterpreterAgree) {
  const auto seed = static_cast<uint64_t>(FromEnvironment("YIJIE_SEED", 20261121));
  const int64_t histories = FromEnvironment("YIJIE_HISTORIES", 50'000);
  constexpr int64_t kHistoriesOfOnePackage = 20;
  std::printf("YIJIE_SEED=%llu YIJIE_HISTORIES=%lld\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(histories));
  const std::vector<v1::Package> shipped = ShippedPackages();
  ASSERT_GT(shipped.size(), 10U);
  int64_t settled = 0;
  int failures = 0;
  for (int64_t done = 0; done < histories && failures < 5; done += kHistoriesOfOnePackage) {
    Random random(seed + static_cast<uint64_t>(done));
    const Subject subject = MakeSubject(shipped, random);
    for (int64_t i = 0; i < kHistoriesOfOnePackage; ++i) {
      const std::string difference =
          CompareHistory(*subject.program, subject.package, random, &settled);
      if (difference.empty()) continue;
      ++failures;
      ADD_FAILURE() << "YIJIE_SEED=" << seed + static_cast<uint64_t>(done)
                    << " YIJIE_HISTORIES=1: history " << i << " of " << subject.package.id() << ": "
                    << difference << "\n"
                    << subject.package.DebugString().substr(0, 6000);
      break;
    }
  }
  std::printf("  %lld settled claims compared\n", static_cast<long long>(settled));
  EXPECT_GT(settled, histories / 4);
}

}  // namespace
}  // namespace yijie::rules
