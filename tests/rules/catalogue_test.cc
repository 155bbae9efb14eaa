// Which catalogue row holds for a fee item.

#include "rules/catalogue.h"

#include <random>

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace yijie::rules {
namespace {

// `limit` tells the rows apart.
CatalogueItem Item(const char* code, const char* insutype, const char* admdvs, const char* from,
                   const char* to, int64_t limit) {
  CatalogueItem item;
  item.code = Intern(code);
  item.insutype = Intern(insutype);
  item.admdvs = Intern(admdvs);
  item.begndate = *ParseDate(from);
  item.enddate = *ParseDate(to);
  item.price_limit = Fen(limit);
  return item;
}

int64_t Found(const Catalogue& catalogue, const char* code, const char* insutype,
              const char* admdvs, const char* day) {
  const CatalogueItem* item =
      catalogue.Find(code, Intern(insutype), Intern(admdvs), *ParseDate(day));
  return item == nullptr ? -1 : item->price_limit.value();
}

TEST(Catalogue, SchemeGoesBeforeAreaAndBothBeforeNone) {
  const auto catalogue =
      Catalogue::Build({Item("X", "", "", "2020-01-01", "2030-12-31", 1),
                        Item("X", "", "410199", "2020-01-01", "2030-12-31", 2),
                        Item("X", "310", "", "2020-01-01", "2030-12-31", 3),
                        Item("X", "310", "410199", "2020-01-01", "2030-12-31", 4)});
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  EXPECT_EQ(catalogue->size(), 4U);
  EXPECT_EQ(Found(*catalogue, "X", "310", "410199", "2024-01-01"), 4);
  EXPECT_EQ(Found(*catalogue, "X", "310", "430199", "2024-01-01"), 3);
  EXPECT_EQ(Found(*catalogue, "X", "390", "410199", "2024-01-01"), 2);
  EXPECT_EQ(Found(*catalogue, "X", "390", "430199", "2024-01-01"), 1);
  EXPECT_EQ(Found(*catalogue, "Y", "310", "410199", "2024-01-01"), -1);
}

TEST(Catalogue, BothEndsOfADayRangeBelong) {
  const auto catalogue = Catalogue::Build({Item("X", "", "", "2022-03-01", "2022-03-31", 1),
                                           Item("X", "", "", "2022-04-01", "2022-04-01", 2)});
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  EXPECT_EQ(Found(*catalogue, "X", "310", "1", "2022-02-28"), -1);
  EXPECT_EQ(Found(*catalogue, "X", "310", "1", "2022-03-01"), 1);
  EXPECT_EQ(Found(*catalogue, "X", "310", "1", "2022-03-31"), 1);
  EXPECT_EQ(Found(*catalogue, "X", "310", "1", "2022-04-01"), 2);
  EXPECT_EQ(Found(*catalogue, "X", "310", "1", "2022-04-02"), -1);
}

TEST(Catalogue, SpecificRowThatIsNotInForceLeavesTheGeneralOne) {
  const auto catalogue =
      Catalogue::Build({Item("X", "", "", "2020-01-01", "2030-12-31", 1),
                        Item("X", "310", "410199", "2022-01-01", "2022-12-31", 4)});
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  EXPECT_EQ(Found(*catalogue, "X", "310", "410199", "2022-06-01"), 4);
  EXPECT_EQ(Found(*catalogue, "X", "310", "410199", "2023-01-01"), 1);
}

TEST(Catalogue, OverlapsOfOneScopeAreRefused) {
  const auto overlap =
      Catalogue::Build({Item("Z9", "310", "410199", "2022-06-30", "2023-12-31", 2),
                        Item("Z9", "310", "410199", "2022-01-01", "2022-06-30", 1)});
  ASSERT_FALSE(overlap.ok());
  EXPECT_EQ(overlap.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(overlap.status().message(), "Z9")) << overlap.status();
  EXPECT_TRUE(absl::StrContains(overlap.status().message(), "2022-06-30")) << overlap.status();
  // A long row overlaps one that is not its neighbour in time.
  EXPECT_FALSE(Catalogue::Build({Item("Z9", "", "", "2020-01-01", "2029-12-31", 1),
                                 Item("Z9", "310", "", "2021-01-01", "2021-12-31", 2),
                                 Item("Z9", "", "", "2022-01-01", "2022-01-01", 3)})
                   .ok());
}

TEST(Catalogue, EmptyFindsNothing) {
  const auto catalogue = Catalogue::Build({});
  ASSERT_TRUE(catalogue.ok());
  EXPECT_EQ(Found(*catalogue, "X", "310", "410199", "2022-01-01"), -1);
  EXPECT_EQ(Found(Catalogue(), "X", "310", "410199", "2022-01-01"), -1);
}

// Against a list that is gone through from front to back.
TEST(Catalogue, FindsAllLinesOfABillAsOneByOne) {
  std::mt19937 random(20261122);
  const auto below = [&random](uint32_t n) { return random() % n; };
  for (const int codes : {0, 1, 2, 3, 100, 5'000}) {
    std::vector<CatalogueItem> items;
    for (int i = 0; i < codes; ++i) {
      const std::string code = absl::StrCat("CODE", i * 7);
      items.push_back(Item(code.c_str(), "", "", "2020-01-01", "2024-06-30", i + 1));
      if (i % 3 == 0)
        items.push_back(Item(code.c_str(), "390", "", "2020-01-01", "2030-12-31", -i - 1));
    }
    const auto catalogue = Catalogue::Build(items);
    ASSERT_TRUE(catalogue.ok()) << catalogue.status();
    for (const size_t lines : {0U, 1U, 15U, 16U, 17U, 100U}) {
      std::vector<std::string> names(lines);
      std::vector<Catalogue::Wanted> wanted(lines);
      const Symbol insutype = Intern(below(2) == 0 ? "390" : "310");
      for (size_t i = 0; i < lines; ++i) {
        names[i] = absl::StrCat("CODE", below(static_cast<uint32_t>(codes) * 7 + 1));
        wanted[i] = {names[i], Date::FromCivil(2019 + static_cast<int>(below(8)), 3, 1)};
      }
      catalogue->FindAll(insutype, Symbol::kNone, absl::MakeSpan(wanted));
      for (const Catalogue::Wanted& each : wanted) {
        const CatalogueItem* expected = nullptr;
        for (const CatalogueItem& item : items) {
          const bool fits = SymbolName(item.code) == each.code && item.begndate <= each.day &&
                            each.day <= item.enddate &&
                            (item.insutype == Symbol::kNone || item.insutype == insutype);
          if (fits && (expected == nullptr || item.insutype != Symbol::kNone)) expected = &item;
        }
        EXPECT_EQ(each.found == nullptr, expected == nullptr) << each.code;
        if (each.found != nullptr && expected != nullptr) {
          EXPECT_EQ(each.found->price_limit, expected->price_limit) << each.code;
        }
        EXPECT_EQ(each.found, catalogue->Find(each.code, insutype, Symbol::kNone, each.day));
      }
    }
  }
}

}  // namespace
}  // namespace yijie::rules
