// Which catalogue row holds for a fee item.

#include "rules/catalogue.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"

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

}  // namespace
}  // namespace yijie::rules
