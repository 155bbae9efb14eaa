// The cells of `When`: what is read, and what is refused.

#include "rules/cell.h"

#include <limits>

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace yijie::rules {
namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

absl::StatusOr<int64_t> ParseNumber(absl::string_view text) {
  int64_t value = 0;
  if (!absl::SimpleAtoi(text, &value))
    return absl::InvalidArgumentError(absl::StrCat("bad number ", text));
  return value;
}

const EnumNames& Levels() {
  static const EnumNames* const names = new EnumNames{"NONE", "PRIMARY", "", "LEVEL_3"};
  return *names;
}

struct Intervals {
  const char* text;
  bool negated;
  std::vector<std::pair<int64_t, int64_t>> expected;
};

TEST(IntervalCell, GoodCells) {
  const Intervals rows[] = {
      {"3", false, {{3, 3}}},
      {"0", false, {{0, 0}}},
      {"[15..60)", false, {{15, 59}}},
      {"(15..60]", false, {{16, 60}}},
      {"(15..60)", false, {{16, 59}}},
      {"[15..15]", false, {{15, 15}}},
      {"(14..16)", false, {{15, 15}}},
      {"[60..)", false, {{60, kHighest}}},
      {"[60..]", false, {{60, kHighest}}},
      {"(..14]", false, {{kLowest, 14}}},
      {"(..)", false, {{kLowest, kHighest}}},
      {"[0..5], [60..)", false, {{0, 5}, {60, kHighest}}},
      {" [ 0 .. 5 ] , 7 ", false, {{0, 5}, {7, 7}}},
      {"not([0..5])", true, {{0, 5}}},
      {"not( 1, 2 )", true, {{1, 1}, {2, 2}}},
  };
  for (const Intervals& row : rows) {
    const auto cell = ParseIntervalCell(row.text, ParseNumber);
    ASSERT_TRUE(cell.ok()) << row.text << ": " << cell.status();
    EXPECT_EQ(cell->test, Condition::Test::kIntervals);
    EXPECT_EQ(cell->negated, row.negated) << row.text;
    ASSERT_EQ(cell->intervals.size(), row.expected.size()) << row.text;
    for (size_t i = 0; i < row.expected.size(); ++i) {
      EXPECT_EQ(cell->intervals[i].low, row.expected[i].first) << row.text;
      EXPECT_EQ(cell->intervals[i].high, row.expected[i].second) << row.text;
    }
  }
}

TEST(IntervalCell, BadCells) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "empty item"},
      {" ", "empty item"},
      {"1,", "empty item"},
      {",1", "empty item"},
      {"1,,2", "empty item"},
      {"not()", "empty item"},
      {"not(1", "does not close"},
      {"not 1", "bad number"},
      {"x", "bad number x"},
      {"[x..5]", "bad number x"},
      {"[1..y)", "bad number y"},
      {"1..5", "is not an interval"},
      {"[1..5", "is not an interval"},
      {"1..5]", "is not an interval"},
      {"{1..5}", "is not an interval"},
      {"..", "is not an interval"},
      {"[5..3]", "is empty"},
      {"(5..6)", "is empty"},
      {"[5..5)", "is empty"},
      {"[1...3]", "bad number .3"},
      {"[1..2..3]", "bad number 2..3"},
  };
  for (const auto& [text, message] : rows) {
    const auto cell = ParseIntervalCell(text, ParseNumber);
    ASSERT_FALSE(cell.ok()) << text;
    EXPECT_TRUE(absl::StrContains(cell.status().message(), message))
        << text << ": " << cell.status();
  }
}

TEST(EnumCell, GoodCells) {
  struct Row {
    const char* text;
    bool negated;
    uint64_t mask;
  };
  const Row rows[] = {{"NONE", false, 1},
                      {"LEVEL_3", false, 8},
                      {"PRIMARY, LEVEL_3", false, 10},
                      {" PRIMARY,NONE ", false, 3},
                      {"PRIMARY, PRIMARY", false, 2},
                      {"not(LEVEL_3)", true, 8},
                      {"not( NONE , LEVEL_3 )", true, 9}};
  for (const Row& row : rows) {
    const auto cell = ParseEnumCell(row.text, Levels());
    ASSERT_TRUE(cell.ok()) << row.text << ": " << cell.status();
    EXPECT_EQ(cell->test, Condition::Test::kMask);
    EXPECT_EQ(cell->negated, row.negated) << row.text;
    EXPECT_EQ(cell->mask, row.mask) << row.text;
  }
}

TEST(EnumCell, BadCells) {
  for (const char* text : {"", "level_3", "LEVEL_2", "LEVEL_3;NONE", "not(LEVEL_3", "not()",
                           "LEVEL_3,", "!LEVEL_3", "not not(LEVEL_3)"}) {
    EXPECT_FALSE(ParseEnumCell(text, Levels()).ok()) << text;
  }
  // The choices are named, without the gaps between their numbers.
  EXPECT_TRUE(absl::StrContains(ParseEnumCell("X", Levels()).status().message(),
                                "is not one of NONE, PRIMARY, "));
}

TEST(CodeCell, HoldsSortedSymbols) {
  const auto cell = ParseCodeCell("not(zz9, aa1,mm5)");
  ASSERT_TRUE(cell.ok());
  EXPECT_EQ(cell->test, Condition::Test::kSymbols);
  EXPECT_TRUE(cell->negated);
  ASSERT_EQ(cell->symbols.size(), 3U);
  EXPECT_TRUE(std::is_sorted(cell->symbols.begin(), cell->symbols.end()));
  for (const char* code : {"zz9", "aa1", "mm5"}) {
    EXPECT_TRUE(std::binary_search(cell->symbols.begin(), cell->symbols.end(), Intern(code)))
        << code;
  }
  EXPECT_FALSE(ParseCodeCell("21,").ok());
  EXPECT_FALSE(ParseCodeCell("not(21").ok());
}

TEST(Symbols, KeepTheirNumberAndName) {
  const Symbol symbol = Intern("a name of its own");
  EXPECT_EQ(Intern("a name of its own"), symbol);
  EXPECT_EQ(TryIntern("a name of its own"), symbol);
  EXPECT_EQ(FindSymbol("a name of its own"), symbol);
  EXPECT_EQ(SymbolName(symbol), "a name of its own");
  EXPECT_EQ(Intern(""), Symbol::kNone);
  EXPECT_EQ(FindSymbol("never interned by anybody"), std::nullopt);
}

}  // namespace
}  // namespace yijie::rules
