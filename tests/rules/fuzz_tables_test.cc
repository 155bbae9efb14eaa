// Bad tables: whatever becomes of the text of a package, the compiler answers with a program or
// with defects that have a place, and a program that comes of it settles hostile claims without a
// crash; Evaluate asserts the identities of the money itself. Seed and number of texts: YIJIE_SEED,
// YIJIE_TABLES.

#include <algorithm>
#include <cstdlib>
#include <map>

#include <gtest/gtest.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "rules/evaluate.h"
#include "rules/loader.h"
#include "tests/rules/good_package.h"
#include "tests/rules/random_claim.h"

namespace yijie::rules {
namespace {

constexpr absl::string_view kFile = "dir/bad.policy";

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

// What the shipped packages are made of, cut into words, numbers, strings and marks.
std::vector<std::string> TokensOf(absl::string_view text) {
  std::vector<std::string> tokens;
  size_t i = 0;
  const auto word = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  while (i < text.size()) {
    size_t end = i + 1;
    if (text[i] == '"') {
      end = std::min(text.find_first_of("\"\n", i + 1), text.size() - 1) + 1;
    } else if (word(text[i])) {
      while (end < text.size() && word(text[end])) ++end;
    }
    tokens.emplace_back(text.substr(i, end - i));
    i = end;
  }
  return tokens;
}

// Replacements that a table must survive: huge, negative, empty, no text at all.
const std::vector<std::string>& BadTokens() {
  static const auto* const tokens = new std::vector<std::string>{"\"92233720368547758.07\"",
                                                                 "\"100000000000\"",
                                                                 "\"99999999999999999999999999\"",
                                                                 "\"-1\"",
                                                                 "\"0\"",
                                                                 "\"0%\"",
                                                                 "\"100%\"",
                                                                 "\"1000%\"",
                                                                 "\"0.0001\"",
                                                                 "\"[..]\"",
                                                                 "\"(..0)\"",
                                                                 "\"[0..9223372036854775807]\"",
                                                                 "\"(9223372036854775807..)\"",
                                                                 "\"not(\"",
                                                                 "\"not()\"",
                                                                 "\",\"",
                                                                 "\"-\"",
                                                                 "\"\"",
                                                                 "\"\\377\\376\"",
                                                                 "\"\xff\xfe\"",
                                                                 std::string("\"a\0b\"", 5),
                                                                 "\"0001-01-01\"",
                                                                 "\"9999-12-31\"",
                                                                 "\"none\"",
                                                                 "\"psn_part_amt\"",
                                                                 "\"-psn_part_amt\"",
                                                                 "\"acc:\"",
                                                                 "\"since:\"",
                                                                 "\"balc\"",
                                                                 "\"hifp_pay\"",
                                                                 "\"hifp_pay.over\"",
                                                                 "\"hifp_pay.beyond\"",
                                                                 "\"act_pay_dedc\"",
                                                                 "\"stay_days\"",
                                                                 "{",
                                                                 "}",
                                                                 "{}",
                                                                 "step {",
                                                                 "-9223372036854775808",
                                                                 "1e400",
                                                                 "0x",
                                                                 "HOSPITAL",
                                                                 "EMPLOYER",
                                                                 "FIXED",
                                                                 "FEE_DAY",
                                                                 "COUNT",
                                                                 "DAY",
                                                                 "YUAN_TRUNC",
                                                                 "SPLIT_BY_FEE_DAY",
                                                                 "BY_SERVICE",
                                                                 "true",
                                                                 "\n"};
  return *tokens;
}

// Every digit 0, every small letter a, every capital A: tokens of one shape can often take each
// other's place.
std::string ShapeOf(absl::string_view token) {
  std::string shape;
  for (const char c : token) {
    const auto byte = static_cast<unsigned char>(c);
    const char kind = absl::ascii_isdigit(byte)   ? '0'
                      : absl::ascii_islower(byte) ? 'a'
                      : absl::ascii_isupper(byte) ? 'A'
                                                  : c;
    if (shape.empty() || shape.back() != kind) shape += kind;
  }
  return shape;
}

class Mutator {
 public:
  explicit Mutator(std::vector<std::string> texts) : texts_(std::move(texts)) {
    for (const std::string& text : texts_) tokens_.push_back(TokensOf(text));
    for (const auto& tokens : tokens_)
      for (const std::string& token : tokens) by_shape_[ShapeOf(token)].push_back(token);
    // The most money, days and counts that a cell or a figure may name.
    for (const char* most : {"\"100000000000\"", "\"1000%\"", "\"9999-12-31\""})
      by_shape_[ShapeOf(most)].resize(by_shape_[ShapeOf(most)].size() * 5 / 4, most);
  }

  std::string Make(Random& random) const {
    const size_t text = Pick(texts_.size(), random);
    return random.Percent(30) ? Bytes(texts_[text], random) : Tokens(text, random);
  }

 private:
  static size_t Pick(size_t count, Random& random) {
    return static_cast<size_t>(random.Below(static_cast<int64_t>(count)));
  }

  static std::string Bytes(std::string text, Random& random) {
    for (int64_t n = random.Between(1, 3); n > 0; --n) {
      const size_t at = Pick(text.size(), random);
      const size_t length = std::min(Pick(40, random), text.size() - at);
      const char byte = static_cast<char>(random.Below(256));
      switch (random.Below(5)) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        case 2:
          text.erase(at, length);
          break;
        case 3:
          text.insert(at, text.substr(at, length));
          break;
        default:
          text.resize(std::max<size_t>(at, 1));
      }
    }
    return text;
  }

  std::string Tokens(size_t of, Random& random) const {
    std::vector<std::string> tokens = tokens_[of];
    for (int64_t n = random.Between(1, 3); n > 0; --n) {
      const size_t at = Visible(tokens, random);
      if (random.Percent(65)) {
        const std::vector<std::string>& alike = by_shape_.at(ShapeOf(tokens_[of][at]));
        tokens[at] = alike[Pick(alike.size(), random)];
        continue;
      }
      switch (random.Below(6)) {
        case 0:
          tokens[at].clear();
          break;
        case 1:
          tokens[at] += tokens[at];
          break;
        case 2:
          std::swap(tokens[at], tokens[Visible(tokens, random)]);
          break;
        case 3:
        case 4:
          tokens[at] = BadTokens()[Pick(BadTokens().size(), random)];
          break;
        default: {
          const auto& other = tokens_[Pick(tokens_.size(), random)];
          tokens[at] = other[Visible(other, random)];
        }
      }
    }
    std::string text;
    for (const std::string& token : tokens) text += token;
    return text;
  }

  // One that is no blank; mostly a string, where the figures and names are.
  static size_t Visible(const std::vector<std::string>& tokens, Random& random) {
    const bool string = random.Percent(70);
    for (;;) {
      const size_t at = Pick(tokens.size(), random);
      if (tokens[at].empty() || tokens[at] == " " || tokens[at] == "\n") {
        if (random.Percent(2)) return at;
        continue;
      }
      if (!string || tokens[at][0] == '"' || random.Percent(2)) return at;
    }
  }

  std::vector<std::string> texts_;
  std::vector<std::vector<std::string>> tokens_;
  std::map<std::string, std::vector<std::string>> by_shape_;
};

// Empty if every line of a refusal begins with file:line:column: or counts the rest.
std::string WithoutPlace(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kInvalidArgument) return status.ToString();
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    absl::string_view rest = line;
    if (!absl::ConsumePrefix(&rest, kFile) || !absl::ConsumePrefix(&rest, ":"))
      return std::string(line);
    if (absl::StartsWith(rest, " and ") && absl::EndsWith(rest, " more")) continue;
    for (int number = 0; number < 2; ++number) {
      const size_t digits = rest.find_first_not_of("0123456789");
      if (digits == 0 || digits == absl::string_view::npos || rest[digits] != ':')
        return std::string(line);
      rest.remove_prefix(digits + 1);
    }
  }
  return "";
}

// As much money, and as large totals, as the edge and a history let through.
void MakeHostile(Random& random, MadeClaim* claim) {
  if (!claim->lines.empty()) {
    claim->lines.resize(1);
    claim->lines[0].amount = Fen(kMaxClaimFen);
    claim->lines[0].cnt_1e4 = 1'000'000;
    claim->lines[0].pric_fen_1e4 = kMaxClaimFen * 100;
  }
  for (AccumulatorEntry& total : claim->totals) {
    if (random.Percent(50)) total.value = 100 * kMaxClaimFen;
  }
  for (Fen& balance : claim->input.account) balance = Fen(100 * kMaxClaimFen);
  for (int64_t& given : claim->given) given = random.Percent(50) ? kMaxClaimFen : 0;
  for (const Fact fact : {Fact::kAge, Fact::kFetusCnt, Fact::kInsuredMonths, Fact::kGapMonths})
    claim->input.facts.Set(fact, random.Percent(50) ? 9'999 : 0);
  Connect(claim);
}

std::vector<std::string> ShippedTexts() {
  std::vector<std::string> texts = {kGoodPackage};
  const auto files = FindFiles(absl::StrCat(YIJIE_SOURCE_DIR, "/rules/tables"), ".policy");
  EXPECT_TRUE(files.ok());
  for (const std::string& file : *files) texts.push_back(*ReadFile(file));
  return texts;
}

TEST(FuzzTables, MutatedPackagesAreRefusedWithAPlaceOrSettle) {
  const auto seed = static_cast<uint64_t>(FromEnvironment("YIJIE_SEED", 20261122));
  const int64_t tables = FromEnvironment("YIJIE_TABLES", 20'000);
  std::printf("YIJIE_SEED=%llu YIJIE_TABLES=%lld\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(tables));
  const Mutator mutator(ShippedTexts());
  int64_t compiled = 0, settled = 0;
  MadeClaim claim;
  Decision decision;
  for (uint64_t i = seed; i < seed + static_cast<uint64_t>(tables); ++i) {
    Random random(i);
    const std::string text = mutator.Make(random);
    const std::string again = absl::StrCat("YIJIE_SEED=", i, " YIJIE_TABLES=1\n");
    SCOPED_TRACE(again);
    const auto program = CompilePackage(kFile, text);
    if (!program.ok()) {
      ASSERT_EQ(WithoutPlace(program.status()), "");
      continue;
    }
    ++compiled;
    for (int n = 0; n < 4; ++n) {
      MakeClaim(**program, random, &claim);
      if (n >= 2) MakeHostile(random, &claim);
      Evaluate(**program, claim.input, decision);
      settled += decision.verdict == Verdict::kSettled ? 1 : 0;
    }
  }
  std::printf("%lld of %lld compiled, %lld claims settled\n", static_cast<long long>(compiled),
              static_cast<long long>(tables), static_cast<long long>(settled));
  if (tables < 1'000) return;
  // Else nothing was tested.
  EXPECT_GT(compiled, tables / 10);
  EXPECT_GT(settled, tables / 10);
  EXPECT_LT(compiled, tables * 9 / 10);
}

std::string Refusal(absl::string_view text) {
  const auto program = CompilePackage(kFile, text);
  if (program.ok()) return "";
  EXPECT_EQ(WithoutPlace(program.status()), "");
  return std::string(program.status().message());
}

std::string Replaced(absl::string_view from, absl::string_view to) {
  const std::string text = absl::StrReplaceAll(kGoodPackage, {{from, to}});
  EXPECT_NE(text, kGoodPackage);
  return text;
}

TEST(FuzzTables, AStepNamesNeitherItselfNorALaterOne) {
  EXPECT_TRUE(absl::StrContains(Refusal(Replaced("of: \"-hifp_pay\"", "of: \"own\"")), "own"));
  EXPECT_TRUE(absl::StrContains(Refusal(Replaced("of: \"-hifp_pay\"", "of: \"base\"")), "base"));
  EXPECT_TRUE(absl::StrContains(Refusal(Replaced("base: \"-act_pay_dedc\"", "base: \"-hifp_pay\"")),
                                "hifp_pay"));
  EXPECT_TRUE(absl::StrContains(
      Refusal(Replaced("base: \"-act_pay_dedc\"", "base: \"-hifp_pay.over\"")), "hifp_pay"));
  EXPECT_TRUE(absl::StrContains(
      Refusal(Replaced("amount { of: \"acc:stays\"", "amount { of: \"own\"")), "own"));
}

TEST(FuzzTables, DeepNestingAndHugeTexts) {
  for (const absl::string_view open : {"step {", "classify {", "{", "<", "[", "source {"}) {
    std::string deep;
    for (int i = 0; i < 10'000; ++i) deep += std::string(open);
    EXPECT_NE(Refusal(deep), "") << open;
    EXPECT_NE(Refusal(absl::StrCat(kGoodPackage, deep)), "") << open;
  }
  const std::string spaces(kMaxPackageBytes - sizeof(kGoodPackage), ' ');
  EXPECT_EQ(Refusal(absl::StrCat(kGoodPackage, spaces)), "");
  EXPECT_NE(Refusal(std::string(kMaxPackageBytes, 'x')), "");
  EXPECT_NE(Refusal(std::string(kMaxPackageBytes, '"')), "");
  EXPECT_NE(Refusal(std::string(kMaxPackageBytes, '\0')), "");
  EXPECT_NE(Refusal(std::string(kMaxPackageBytes + 1, '\n')), "");
}

// The table of symbols only grows. Runs in a process of its own under ctest.
TEST(FuzzTables, CodesWithoutEndAreRefused) {
  std::string refusal;
  for (int file = 0; file < 4 && refusal.empty(); ++file) {
    std::string codes = "Q";
    for (int i = 0; i < 550'000; ++i) absl::StrAppend(&codes, ",", absl::Hex(file * 550'000 + i));
    refusal = Refusal(Replaced("when { third_party",
                               absl::StrCat("when { dise_codg: \"", codes, "\" third_party")));
  }
  EXPECT_TRUE(absl::StrContains(refusal, "dise_codg: too many different codes")) << refusal.size();
  EXPECT_EQ(Refusal(kGoodPackage), "");
}

TEST(FuzzTables, TextThatIsNoUtf8IsRefused) {
  for (const absl::string_view bad :
       {absl::string_view("\xff\xfe"), absl::string_view("a\0b", 3),
        absl::string_view("\xed\xa0\x80"), absl::string_view("\\377")}) {
    for (const absl::string_view from : {"title: \"好\"", "label: \"g\"", "reason: \"third\""}) {
      const absl::string_view field = from.substr(0, from.find('"'));
      EXPECT_NE(Refusal(Replaced(from, absl::StrCat(field, "\"", bad, "\""))), "") << from;
    }
  }
}

}  // namespace
}  // namespace yijie::rules
