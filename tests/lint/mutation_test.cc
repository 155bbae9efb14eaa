// How many slips of the pen in the shipped packages lint finds, and how often it cries wolf.

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>

#include <google/protobuf/text_format.h>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "engine/lint/lint.h"
#include "engine/lint/row_lists.h"
#include "engine/lint/sketch.h"
#include "rules/loader.h"
#include "tests/lint/mutations.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using rules::Program;

constexpr int kMutations = 1'000;

struct Shipped {
  std::string file;
  v1::Package package;
};

std::vector<Shipped> ShippedPackages() {
  std::vector<Shipped> shipped;
  const auto files = FindFiles(YIJIE_SOURCE_DIR "/rules/tables", ".policy");
  EXPECT_TRUE(files.ok()) << files.status();
  for (const std::string& file : *files) {
    const auto text = ReadFile(file);
    EXPECT_TRUE(text.ok()) << text.status();
    Shipped& one = shipped.emplace_back();
    one.file = file;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(*text, &one.package)) << file;
  }
  return shipped;
}

absl::StatusOr<std::unique_ptr<const Program>> Compile(const Shipped& shipped,
                                                       const v1::Package& package) {
  std::string text;
  google::protobuf::TextFormat::PrintToString(package, &text);
  return rules::CompilePackage(shipped.file, text);
}

bool SameDecision(const rules::Decision& a, const rules::Decision& b) {
  if (a.verdict != b.verdict) return false;
  if (a.verdict != rules::Verdict::kSettled) return true;
  return std::equal(a.amount.begin(), a.amount.begin() + rules::kPsnPartAmt + 1,
                    b.amount.begin()) &&
         a.hosp_part == b.hosp_part && a.acct_pay() == b.acct_pay() &&
         std::equal(a.funds.begin(), a.funds.end(), b.funds.begin(), b.funds.end(),
                    [](const auto& x, const auto& y) { return x.amount == y.amount; }) &&
         std::equal(a.benefits.begin(), a.benefits.end(), b.benefits.begin(), b.benefits.end(),
                    [](const auto& x, const auto& y) { return x.amount == y.amount; });
}

// Whether some claim, of the kinds that the rows of either package tell apart, gets another answer.
bool AnswersDiffer(const Program& a, const Program& b) {
  if (a.valid_from != b.valid_from || a.valid_to != b.valid_to) return true;
  constexpr size_t kMostPoints = 2'000;
  Workbench of_a(a);
  Workbench of_b(b);
  bool differ = false;
  for (const Program* program : {&a, &b}) {
    std::vector<rules::Slice> whens;
    for (const RowList& list : RowListsOf(*program))
      for (const LintRow& row : list.rows) whens.push_back(row.when);
    const rules::RowSpace space(*program, std::move(whens), {});
    size_t points = 0;
    space.Explore([&](const rules::RowSpace::Point& point, const std::vector<size_t>&) {
      Sketch sketch = SketchOf(space, point);
      for (const int64_t yuan : {50, 700, 1'000, 5'000, 20'000, 90'000, 600'000}) {
        sketch.bill = Fen(yuan * 100);
        if (!of_a.Run(sketch) || !of_b.Run(sketch)) continue;
        differ = differ || !SameDecision(of_a.decision(), of_b.decision());
      }
      return !differ && ++points < kMostPoints;
    });
  }
  return differ;
}

std::string Told(const std::vector<Finding>& findings) {
  std::vector<std::string> lines;
  for (const Finding& finding : findings) {
    lines.push_back(absl::StrCat(finding.file, ":", finding.line, ": [", KindName(finding.kind),
                                 "] ", finding.text));
  }
  return absl::StrJoin(lines, "\n");
}

TEST(LintMutation, ShippedPackagesAreClean) {
  const auto book = rules::LoadRuleBook(YIJIE_SOURCE_DIR "/rules/tables");
  ASSERT_TRUE(book.ok()) << book.status();
  for (const auto& program : (*book)->programs()) {
    const std::vector<Finding> findings = LintPackage(*program);
    EXPECT_TRUE(findings.empty()) << Told(findings);
  }
  const std::vector<Finding> seams = LintSeams(**book);
  EXPECT_TRUE(seams.empty()) << Told(seams);
  const auto areas = LoadAreaBook(YIJIE_SOURCE_DIR "/rules/tables");
  ASSERT_TRUE(areas.ok()) << areas.status();
  const std::vector<Finding> cited = LintAreas(**areas);
  EXPECT_TRUE(cited.empty()) << Told(cited);
}

// What the next test does to a package, without a slip, is no finding.
TEST(LintMutation, PrintedAgainIsClean) {
  for (const Shipped& one : ShippedPackages()) {
    const auto program = Compile(one, one.package);
    ASSERT_TRUE(program.ok()) << program.status();
    const std::vector<Finding> findings = LintPackage(**program);
    EXPECT_TRUE(findings.empty()) << Told(findings);
  }
}

TEST(LintMutation, SlipsAreCaught) {
  const char* given = std::getenv("YIJIE_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261122;
  std::cout << "seed " << seed << " (YIJIE_SEED)\n";
  std::mt19937_64 random(seed);
  const std::vector<Shipped> shipped = ShippedPackages();
  struct Tally {
    int made = 0;
    int caught = 0;
    int by_proof = 0;  // also without the cases
  };
  std::map<Slip, Tally> tallies;
  Tally all;
  int without_effect = 0;
  for (int i = 0; all.made < kMutations; ++i) {
    ASSERT_LT(i, 100 * kMutations) << "the packages have no place for slips";
    const Slip slip = kSlips[static_cast<size_t>(all.made) % std::size(kSlips)];
    const Shipped& one = shipped[random() % shipped.size()];
    v1::Package package = one.package;
    const auto what = MakeSlip(slip, random, &package);
    if (!what) continue;
    const auto program = Compile(one, package);
    const std::vector<Finding> findings =
        program.ok() ? LintPackage(**program) : std::vector<Finding>();
    const bool caught = !program.ok() || !findings.empty();
    const bool by_proof =
        !program.ok() || std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
          return finding.kind != FindingKind::kCase && finding.kind != FindingKind::kUnpinned;
        });
    if (!caught) {
      const auto original = Compile(one, one.package);
      ASSERT_TRUE(original.ok()) << original.status();
      if (!AnswersDiffer(**original, **program)) {
        ++without_effect;
        continue;
      }
      std::cout << "missed: " << std::filesystem::path(one.file).filename().string() << ": "
                << SlipName(slip) << ": " << *what << "\n";
    }
    for (Tally* tally : {&tallies[slip], &all}) {
      ++tally->made;
      tally->caught += caught ? 1 : 0;
      tally->by_proof += by_proof ? 1 : 0;
    }
  }
  for (const auto& [slip, tally] : tallies)
    std::cout << SlipName(slip) << ": " << tally.caught << " of " << tally.made << ", "
              << tally.by_proof << " without cases\n";
  std::cout << "all: " << all.caught << " of " << all.made << " caught; " << without_effect
            << " more changed no answer\n";
  EXPECT_GE(all.caught * 100, all.made * 99);
}

}  // namespace
}  // namespace yijie::engine
