// Defects of a package are named with file, line and column: one row for each way to be wrong.

#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "rules/loader.h"
#include "tests/rules/broken_packages.h"
#include "tests/rules/good_package.h"
#include "tests/rules/temp_folder.h"

namespace yijie::rules {
namespace {

std::string MessageOf(absl::string_view text) {
  const auto program = CompilePackage("dir/good.policy", text);
  if (program.ok()) return "";
  EXPECT_EQ(program.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(program.status().message());
}

class BrokenPackageIsRefused : public testing::TestWithParam<BrokenPackage> {};

TEST_P(BrokenPackageIsRefused, WithFileLineAndColumn) {
  const BrokenPackage& row = GetParam();
  std::string place;
  const std::string text = Break(row, &place);
  const std::string message = MessageOf(text);
  const std::string prefix = absl::StrCat("dir/good.policy:", place, ": ");
  bool found = false;
  for (const absl::string_view line : absl::StrSplit(message, '\n')) {
    found = found || (absl::StartsWith(line, prefix) && absl::StrContains(line, row.message));
  }
  EXPECT_TRUE(found) << "expected " << prefix << "..." << row.message << "...\ngot\n" << message;
}

INSTANTIATE_TEST_SUITE_P(Rows, BrokenPackageIsRefused, testing::ValuesIn(BrokenPackages()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(LoaderErrors, TheUnbrokenPackageCompiles) { EXPECT_EQ(MessageOf(kGoodPackage), ""); }

TEST(LoaderErrors, EmptyTextHasManyDefectsAtTheFirstColumn) {
  const std::string message = MessageOf("");
  EXPECT_TRUE(absl::StrContains(message, "dir/good.policy:1:1: step: a package needs steps"));
}

TEST(LoaderErrors, TextsAreUtf8) {
  const std::string raw = absl::StrReplaceAll(kGoodPackage, {{"law", "l\xffw"}});
  EXPECT_EQ(MessageOf(raw), "dir/good.policy:11:12: not UTF-8, or a byte 0");
  const std::string escaped = absl::StrReplaceAll(kGoodPackage, {{"law", "l\\377w"}});
  EXPECT_EQ(MessageOf(escaped), "dir/good.policy:11:3: title: not UTF-8, or a byte 0");
}

// The good package with `count` times `what` behind it; the one of `number`, counted from 0, stands
// in `line`.
std::string WithMany(int count, absl::string_view what, int number, int* line) {
  std::string text = kGoodPackage;
  *line = 1 + static_cast<int>(std::count(text.begin(), text.end(), '\n')) + number;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, absl::StrReplaceAll(what, {{"#", absl::StrCat("x", i)}}), "\n");
  }
  return text;
}

TEST(LoaderErrors, TooManySteps) {
  int line = 0;
  // 14 steps stand there, so number 61 is the 47th of these.
  const std::string text =
      WithMany(50, "step { id: \"#\" label: \"x\" sum { of: \"own\" } }", 46, &line);
  EXPECT_EQ(MessageOf(text),
            absl::StrCat("dir/good.policy:", line, ":1: step: more than 60 steps"));
}

TEST(LoaderErrors, TooManyAccumulators) {
  int line = 0;
  const std::string text = WithMany(64, "accumulator { name: \"#\" period: DAY }", 60, &line);
  EXPECT_TRUE(absl::StrContains(
      MessageOf(text),
      absl::StrCat("dir/good.policy:", line, ":1: accumulator: more than 64 accumulators")));
}

TEST(LoaderErrors, TooManyGivenNumbers) {
  int line = 0;
  const std::string text = WithMany(30, "given { name: \"#\" label: \"x\" }", 28, &line);
  EXPECT_TRUE(absl::StrContains(
      MessageOf(text), absl::StrCat("dir/good.policy:", line, ":1: given: more than 30 numbers")));
}

TEST(LoaderErrors, TooManyAmounts) {
  std::string groups;
  for (int i = 0; i < 128; ++i) absl::StrAppend(&groups, "group { name: \"g", i, "\" }\n");
  const std::string text = absl::StrReplaceAll(kGoodPackage, {{"    group {", groups + "group {"}});
  EXPECT_TRUE(absl::StrContains(MessageOf(text), "id: more than 128 amounts"));
}

TEST(LoaderErrors, TooManyAdjusts) {
  std::string adjusts;
  for (int i = 0; i < 60'001; ++i) adjusts += "adjust{points:\"1%\"}";
  const std::string text = absl::StrReplaceAll(
      kGoodPackage, {{"    adjust { when { psn_type", adjusts + "adjust { when { psn_type"}});
  EXPECT_TRUE(absl::StrContains(MessageOf(text), "step: more than 60000 adjusts"));
}

TEST(LoaderErrors, TooManyTerms) {
  std::string terms;
  for (int i = 0; i < 61; ++i) terms += "of: \"own\" ";
  const std::string money = absl::StrReplaceAll(
      kGoodPackage, {{"accumulator: \"paid\" of: \"own\"", "accumulator: \"paid\" " + terms}});
  EXPECT_TRUE(absl::StrContains(MessageOf(money), "of: too many terms"));
  terms = absl::StrReplaceAll(terms, {{"own", "2"}});
  const std::string counts =
      absl::StrReplaceAll(kGoodPackage, {{"row { of: \"stay_days\"", "row { " + terms}});
  EXPECT_TRUE(absl::StrContains(MessageOf(counts), "of: too many terms"));
}

TEST(LoaderErrors, APackageWithoutABillHasNothingThatNeedsOne) {
  const std::string message = MessageOf(
      absl::StrReplaceAll(kGoodPackage, {{"med_type: \"21\"", "med_type: \"LUMP_SUM\""}}));
  EXPECT_TRUE(absl::StrContains(
      message, "id: without a bill there are only gate, value, sum, accumulate, benefit"));
  EXPECT_TRUE(
      absl::StrContains(message, "year_crossing: without a bill there are no fees to split"));
}

TEST(LoaderErrors, TooManyRows) {
  std::string rows;
  for (int i = 0; i < 60'000; ++i) rows += "row{reason:\"x\"}";
  const std::string text = absl::StrReplaceAll(
      kGoodPackage, {{"    row { when { third_party", rows + "row { when { third_party"}});
  EXPECT_TRUE(absl::StrContains(MessageOf(text), "step: more than 60000 rows"));
}

TEST(LoaderErrors, TooLarge) {
  EXPECT_EQ(MessageOf(std::string(kMaxPackageBytes + 1, ' ')),
            "dir/good.policy:1:1: larger than 4194304 bytes");
}

TEST(LoaderErrors, OnlyFiftyDefectsAreListed) {
  std::string text;
  for (int i = 0; i < 80; ++i) text += "source { id: \"B\" title: \"x\" grade: \"A\" }\n";
  const std::string message = MessageOf(text);
  const std::vector<std::string> lines = absl::StrSplit(message, '\n');
  ASSERT_EQ(lines.size(), 51U);
  EXPECT_TRUE(absl::StartsWith(lines.back(), "dir/good.policy: and ")) << lines.back();
}

TEST(LoaderErrors, DeepNestingIsRefused) {
  std::string text = "missing: \"x\" step { classify { row { when {";
  for (int i = 0; i < 50; ++i) text += " amount {";
  EXPECT_NE(MessageOf(text), "");
}

TEST(LoadRuleBook, NamesTheBadFileAndTakesNothing) {
  const TempFolder folder;
  folder.Write("a/good.policy", kGoodPackage);
  folder.Write("b/bad.policy", "id: \"bad\"\n");
  const auto book = LoadRuleBook(folder.path());
  ASSERT_FALSE(book.ok());
  EXPECT_TRUE(absl::StartsWith(book.status().message(), folder.path() + "/b/bad.policy:1:1: "))
      << book.status().message();
}

TEST(LoadRuleBook, TakesEveryPolicyFileBelowAndNothingElse) {
  const TempFolder folder;
  folder.Write("a/good.policy", kGoodPackage);
  folder.Write(
      "b/c/other.policy",
      absl::StrReplaceAll(kGoodPackage, {{"id: \"good\"", "id: \"other\""}, {"411699", "411599"}}));
  folder.Write("b/notes.txt", "not a policy");
  const auto book = LoadRuleBook(folder.path());
  ASSERT_TRUE(book.ok()) << book.status().message();
  EXPECT_EQ((*book)->programs().size(), 2U);
  EXPECT_NE((*book)->FindById("other"), nullptr);
  EXPECT_EQ((*book)->FindById("none"), nullptr);
}

TEST(LoadRuleBook, FolderThatIsNotThereOrEmpty) {
  const TempFolder folder;
  EXPECT_EQ(LoadRuleBook(folder.path() + "/none").status().code(), absl::StatusCode::kNotFound);
  const auto empty = LoadRuleBook(folder.path());
  EXPECT_TRUE(absl::StrContains(empty.status().message(), "no *.policy file below"));
}

// --- Every defect the compiler can name stands in a row above.

// The string literals of a call, neighbours joined.
std::vector<std::string> LiteralsOf(const std::string& call) {
  std::vector<std::string> literals;
  size_t end_of_last = std::string::npos;
  for (size_t i = 0; i < call.size(); ++i) {
    if (call[i] != '"') continue;
    std::string literal;
    for (++i; i < call.size() && call[i] != '"'; ++i) {
      if (call[i] == '\\') ++i;
      literal += call[i];
    }
    const bool neighbour = end_of_last != std::string::npos &&
                           call.find_first_not_of(" \n", end_of_last + 1) == i - literal.size() - 1;
    if (neighbour) {
      literals.back() += literal;
    } else {
      literals.push_back(literal);
    }
    end_of_last = i;
  }
  return literals;
}

TEST(LoaderErrors, EveryDefectOfTheCompilerHasARow) {
  std::ostringstream content;
  for (const char* file : {"compile.cc", "compile_rows.cc"}) {
    std::ifstream in(absl::StrCat(YIJIE_SOURCE_DIR, "/rules/", file));
    content << in.rdbuf();
  }
  const std::string source = content.str();
  // Tested above.
  std::vector<std::string> elsewhere = {
      "a package needs steps",
      "more than ",
      " accumulators",
      "too many terms",
      "without a bill there are no fees to split",
      "without a bill there are only gate, value, sum, accumulate, benefit"};
  int calls = 0;
  for (size_t at = source.find("defects_.Add("); at != std::string::npos;
       at = source.find("defects_.Add(", at + 1)) {
    ++calls;
    for (const std::string& literal : LiteralsOf(source.substr(at, source.find(");", at) - at))) {
      const bool field =
          literal.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
      if (field || literal.size() < 10) continue;  // a field name or a quotation mark
      bool covered = false;
      for (const BrokenPackage& row : BrokenPackages()) {
        const size_t colon = row.message.find(": ");
        const absl::string_view what = colon == absl::string_view::npos || colon > 18
                                           ? row.message
                                           : row.message.substr(colon + 2);
        covered = covered || absl::StrContains(literal, what) || absl::StrContains(what, literal);
      }
      for (const std::string& other : elsewhere) covered = covered || literal == other;
      EXPECT_TRUE(covered) << "no row for the defect: " << literal;
    }
  }
  EXPECT_GT(calls, 80);
}

}  // namespace
}  // namespace yijie::rules
