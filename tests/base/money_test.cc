// Money, shares, decimals and digests: exact against slow references, refusing what is not exact.

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/decimal.h"
#include "base/digest.h"
#include "base/fen.h"
#include "base/ratio.h"

namespace yijie {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

constexpr Rounding kRoundings[] = {Rounding::kFenHalfUp,   Rounding::kFenTrunc,
                                   Rounding::kFenHalfEven, Rounding::kFenCeil,
                                   Rounding::kYuanHalfUp,  Rounding::kYuanTrunc};

// Is `fen` what `millionths` of a fen round to? Said by distances, not by division.
bool IsRounded(__int128 millionths, Rounding rounding, int64_t fen) {
  const bool yuan = rounding == Rounding::kYuanHalfUp || rounding == Rounding::kYuanTrunc;
  const __int128 unit = yuan ? 100'000'000 : 1'000'000;
  if (yuan && fen % 100 != 0) return false;
  const __int128 above = static_cast<__int128>(fen) * 1'000'000 - millionths;  // result less exact
  switch (rounding) {
    case Rounding::kFenTrunc:
    case Rounding::kYuanTrunc:
      return above <= 0 && above > -unit;
    case Rounding::kFenCeil:
      return above >= 0 && above < unit;
    case Rounding::kFenHalfUp:
    case Rounding::kYuanHalfUp:
      return 2 * above <= unit && 2 * above > -unit;
    case Rounding::kFenHalfEven:
      if (2 * above == unit || 2 * above == -unit) return fen % 2 == 0;
      return 2 * above < unit && 2 * above > -unit;
  }
  return false;
}

// --- Fen

TEST(Fen, Arithmetic) {
  EXPECT_EQ(Fen(3) + Fen(-5), Fen(-2));
  EXPECT_EQ(Fen(3) - Fen(5), Fen(-2));
  EXPECT_EQ(-Fen(3), Fen(-3));
  Fen sum(1);
  sum += Fen(5);
  sum -= Fen(2);
  EXPECT_EQ(sum, Fen(4));
  EXPECT_LT(Fen(-1), Fen(0));
  EXPECT_LE(Fen(0), Fen());
  EXPECT_NE(Fen(1), Fen(2));
  EXPECT_EQ(Fen(kMost) + Fen(kLeast), Fen(-1));
}

TEST(FenDeathTest, OverflowStopsTheProcess) {
  EXPECT_DEATH((void)(Fen(kMost) + Fen(1)), "money overflow");
  EXPECT_DEATH((void)(Fen(kLeast) - Fen(1)), "money overflow");
  EXPECT_DEATH((void)(-Fen(kLeast)), "money overflow");
  EXPECT_DEATH((void)(Fen(kLeast) + Fen(-1)), "money overflow");
}

TEST(Fen, ParseAndFormatRoundTrip) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto fen =
        static_cast<int64_t>(random() % (static_cast<uint64_t>(kMaxClaimFen) + 1)) >> (i % 40);
    const auto parsed = ParseYuan(FormatYuan(Fen(fen)));
    ASSERT_TRUE(parsed.ok()) << fen;
    EXPECT_EQ(*parsed, Fen(fen));
  }
}

TEST(Fen, Format) {
  EXPECT_EQ(FormatYuan(Fen(0)), "0.00");
  EXPECT_EQ(FormatYuan(Fen(123'450)), "1234.50");
  EXPECT_EQ(FormatYuan(Fen(-5)), "-0.05");
  EXPECT_EQ(FormatYuan(Fen(-100)), "-1.00");
  EXPECT_EQ(FormatYuan(Fen(kMost)), "92233720368547758.07");
  EXPECT_EQ(FormatYuan(Fen(kLeast)), "-92233720368547758.08");
}

TEST(Fen, ParseYuan) {
  const std::pair<const char*, int64_t> good[] = {{"0", 0},
                                                  {"1", 100},
                                                  {"1.5", 150},
                                                  {"1.05", 105},
                                                  {"007", 700},
                                                  {"100000000000", kMaxClaimFen},
                                                  {"100000000000.00", kMaxClaimFen}};
  for (const auto& [text, fen] : good) {
    ASSERT_TRUE(ParseYuan(text).ok()) << text;
    EXPECT_EQ(ParseYuan(text)->value(), fen) << text;
  }
  for (const char* text : {"", " ", "1 ", "-1", "+1", "1.", ".5", "1.005", "1,000", "1e3", "0x1",
                           "1.5.5", "一", "100000000000.01", "99999999999999999999999999"}) {
    EXPECT_FALSE(ParseYuan(text).ok()) << text;
    EXPECT_TRUE(absl::StartsWith(ParseYuan(text).status().message(), "not an amount in yuan: "))
        << text;
  }
}

// --- Decimal

TEST(Decimal, ScalesExactly) {
  EXPECT_EQ(*ParseDecimal("12.5", 4, 1'000'000), 125'000);
  EXPECT_EQ(*ParseDecimal("12.5000", 4, 1'000'000), 125'000);
  EXPECT_EQ(*ParseDecimal("100", 4, 1'000'000), 1'000'000);
  EXPECT_EQ(*ParseDecimal("0.0001", 4, 1'000'000), 1);
  EXPECT_EQ(*ParseDecimal("5", 0, 5), 5);
  EXPECT_FALSE(ParseDecimal("100.0001", 4, 1'000'000).ok());
  EXPECT_FALSE(ParseDecimal("6", 0, 5).ok());
  EXPECT_FALSE(ParseDecimal("1.0", 0, 5).ok());
  EXPECT_FALSE(ParseDecimal("1.00001", 4, 1'000'000).ok());
  EXPECT_EQ(*ParseDecimal("9223372036854775807", 0, kMost), kMost);
}

TEST(Decimal, TheLargestMaxHoldsToo) {
  EXPECT_FALSE(ParseDecimal("9223372036854775808", 0, kMost).ok());
}

TEST(Decimal, EveryShortTextAgainstItsGrammar) {
  // All texts of up to four of these characters.
  const std::string alphabet = "019.- ";
  const auto by_grammar = [](const std::string& text) {
    const size_t point = text.find('.');
    const std::string whole = text.substr(0, point);
    const std::string fraction = point == std::string::npos ? "0" : text.substr(point + 1);
    const auto digits = [](const std::string& part) {
      return !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
    };
    return digits(whole) && digits(fraction) && fraction.size() <= 2;
  };
  for (int code = 0; code < 6 * 6 * 6 * 6; ++code) {
    for (int length = 1; length <= 4; ++length) {
      std::string text;
      for (int i = 0, rest = code; i < length; ++i, rest /= 6)
        text += alphabet[static_cast<size_t>(rest % 6)];
      ASSERT_EQ(ParseDecimal(text, 2, kMost).ok(), by_grammar(text)) << "\"" << text << "\"";
    }
  }
}

// --- Ratio

TEST(Rounding, EverySmallProduct) {
  // Fen 0 to 300 at a choice of shares around the halves, in every mode.
  for (const Rounding rounding : kRoundings) {
    for (int64_t fen = 0; fen <= 300; ++fen) {
      for (const int64_t share :
           {0, 1, 499'999, 500'000, 500'001, 333'333, 250'000, 750'000, 999'999, 1'000'000}) {
        const Fen rounded = Apply(Fen(fen), Ratio(share), rounding);
        ASSERT_TRUE(IsRounded(static_cast<__int128>(fen) * share, rounding, rounded.value()))
            << fen << " x " << share << " -> " << rounded.value() << " mode "
            << static_cast<int>(rounding);
      }
    }
  }
}

TEST(Rounding, EveryFractionAroundSmallAmounts) {
  for (const Rounding rounding : kRoundings) {
    for (int64_t whole = 0; whole <= 3; ++whole) {
      for (int64_t part = 0; part < 1'000'000; part += part < 10 || part > 999'980 ? 1 : 499) {
        for (const int64_t near_half :
             {int64_t{0}, int64_t{500'000} - part, int64_t{500'001} - part}) {
          const __int128 exact = static_cast<__int128>(whole) * 1'000'000 + part + near_half;
          ASSERT_TRUE(IsRounded(exact, rounding, Round(exact, rounding).value()))
              << whole << " " << part;
        }
      }
    }
  }
}

TEST(Rounding, RandomProductsUpToTheLargestClaim) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 200'000; ++i) {
    const auto fen =
        static_cast<int64_t>(random() % static_cast<uint64_t>(kMaxClaimFen)) >> (i % 44);
    const Ratio share(static_cast<int64_t>(random() % 1'000'001));
    const Rounding rounding = kRoundings[random() % 6];
    const Fen rounded = Apply(Fen(fen), share, rounding);
    ASSERT_TRUE(IsRounded(Multiply(Fen(fen), share), rounding, rounded.value()))
        << fen << " " << share.millionths();
  }
}

TEST(RoundingDeathTest, NegativeAndTooLargeStopTheProcess) {
  EXPECT_DEATH((void)Round(-1, Rounding::kFenHalfUp), "rounding a negative amount");
  const __int128 too_large = (static_cast<__int128>(kMost) + 1) * 1'000'000;
  EXPECT_DEATH((void)Round(too_large, Rounding::kFenTrunc), "money overflow");
  EXPECT_EQ(Round(too_large - 1'000'000, Rounding::kFenTrunc), Fen(kMost));
}

TEST(Ratio, ParsePercent) {
  const std::pair<const char*, int64_t> good[] = {{"0%", 0},
                                                  {"100%", 1'000'000},
                                                  {"63%", 630'000},
                                                  {"96.1%", 961'000},
                                                  {"33.3333%", 333'333},
                                                  {"0.0001%", 1},
                                                  {"100.0000%", 1'000'000}};
  for (const auto& [text, millionths] : good) {
    ASSERT_TRUE(ParsePercent(text).ok()) << text;
    EXPECT_EQ(ParsePercent(text)->millionths(), millionths) << text;
  }
  for (const char* text : {"", "%", "63", "63 %", "-1%", "+1%", "100.0001%", "101%", "33.33333%",
                           "63%%", ".5%", "1.%"}) {
    EXPECT_FALSE(ParsePercent(text).ok()) << text;
  }
}

TEST(Ratio, ParsePoints) {
  EXPECT_EQ(ParsePoints("-5%")->millionths(), -50'000);
  EXPECT_EQ(ParsePoints("+10%")->millionths(), 100'000);
  EXPECT_EQ(ParsePoints("2.5%")->millionths(), 25'000);
  EXPECT_EQ(ParsePoints("-100%")->millionths(), -1'000'000);
  for (const char* text : {"", "-", "5", "--5%", "-+5%", "+-5%", "-101%", "- 5%"}) {
    EXPECT_FALSE(ParsePoints(text).ok()) << text;
  }
}

TEST(Ratio, FormatRoundTripsForEveryMillionth) {
  for (int64_t m = 0; m <= 1'000'000; m += 7) {
    const std::string text = FormatPercent(Ratio(m));
    const auto parsed = ParsePercent(text);
    ASSERT_TRUE(parsed.ok()) << text;
    ASSERT_EQ(parsed->millionths(), m) << text;
  }
  EXPECT_EQ(FormatPercent(Ratio(630'000)), "63%");
  EXPECT_EQ(FormatPercent(Ratio(961'000)), "96.1%");
  EXPECT_EQ(FormatPercent(Ratio(0)), "0%");
  EXPECT_EQ(FormatPercent(Ratio(1'000'000)), "100%");
  EXPECT_EQ(FormatPercent(Ratio(-50'000)), "-5%");
  EXPECT_EQ(FormatPercent(Ratio(1)), "0.0001%");
}

// --- Digest

TEST(Digest, KnownAnswersOfSha256) {
  EXPECT_EQ(HexPrefix(Sha256(""), 32),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexPrefix(Sha256("abc"), 32),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HexPrefix(Sha256("abc"), 8), "ba7816bf8f01cfea");
  EXPECT_EQ(HexPrefix(Sha256("abc"), 0), "");
  EXPECT_NE(Sha256(absl::string_view("a\0b", 3)), Sha256("a"));
  EXPECT_EQ(HexPrefix(Sha256(std::string(1'000'000, 'a')), 32),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
}  // namespace yijie
