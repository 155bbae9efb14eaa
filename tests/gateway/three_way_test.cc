// Planted differences between three books: each is found, on the right side.

#include "engine/gateway/three_way.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/gateway/passed_on.h"
#include "tests/gateway/gateway_world.h"

namespace yijie::engine {
namespace {

constexpr char kDay[] = "2026-06-15";

void Settle(storage::Store& store, int number, int64_t fund, const std::string& day = kDay) {
  const v1::ConfirmRequest request = ConfirmOf(absl::StrCat("R", number), "620000", "410199", day);
  Commit(LogConfirm(request, AnswerTo(request, fund, 0).SerializeAsString(), TestNow()), store);
}

ThreeWayResult Compare(std::array<storage::MemoryStore, kBookSides>& stores) {
  StoreBook care(stores[0]), gateway(stores[1]), insured(stores[2]);
  const auto result =
      CompareThreeWays(ScopeOfPair("2026-06-01", "2026-06-30"), care, gateway, insured);
  EXPECT_TRUE(result.ok()) << result.status();
  return *result;
}

TEST(ThreeWay, EqualBooksAreEqualWhateverTheOrder) {
  std::array<storage::MemoryStore, kBookSides> stores;
  for (int i = 0; i < 50; ++i) {
    Settle(stores[0], i, 100 + i);
    Settle(stores[1], 49 - i, 100 + 49 - i);
    Settle(stores[2], (i * 7) % 50, 100 + (i * 7) % 50);
  }
  const ThreeWayResult result = Compare(stores);
  EXPECT_TRUE(result.equal());
  ASSERT_EQ(result.days.size(), 1U);
  for (const v1::BookTotals& totals : result.days[0].totals) EXPECT_EQ(totals.count(), 50);
}

TEST(ThreeWay, NoRecordsAreEqual) {
  std::array<storage::MemoryStore, kBookSides> stores;
  const ThreeWayResult result = Compare(stores);
  EXPECT_TRUE(result.equal());
  EXPECT_TRUE(result.days.empty());
}

TEST(ThreeWay, ARecordThatOneSideLacksIsFoundThere) {
  for (size_t side = 0; side < kBookSides; ++side) {
    std::array<storage::MemoryStore, kBookSides> stores;
    for (int i = 0; i < 50; ++i)
      for (size_t each = 0; each < kBookSides; ++each)
        if (each != side || i != 17) Settle(stores[each], i, 100 + i);
    const ThreeWayResult result = Compare(stores);
    EXPECT_FALSE(result.equal());
    ASSERT_EQ(result.days.size(), 1U);
    ASSERT_EQ(result.days[0].differences.size(), 1U);
    const ThreeWayDifference& difference = result.days[0].differences[0];
    EXPECT_EQ(difference.setl_id, CareIdOf("R17"));
    for (size_t each = 0; each < kBookSides; ++each)
      EXPECT_EQ(difference.row[each].has_value(), each != side) << side << " " << each;
  }
}

TEST(ThreeWay, ARecordThatOnlyOneSideHasIsFoundThere) {
  for (size_t side = 0; side < kBookSides; ++side) {
    std::array<storage::MemoryStore, kBookSides> stores;
    Settle(stores[side], 3, 100, "2026-06-30");
    const ThreeWayResult result = Compare(stores);
    ASSERT_EQ(result.days.size(), 1U);
    EXPECT_EQ(result.days[0].day, "2026-06-30");
    ASSERT_EQ(result.days[0].differences.size(), 1U);
    for (size_t each = 0; each < kBookSides; ++each)
      EXPECT_EQ(result.days[0].differences[0].row[each].has_value(), each == side);
  }
}

TEST(ThreeWay, AmountsThatDifferAreToldForEachSide) {
  for (size_t side = 0; side < kBookSides; ++side) {
    std::array<storage::MemoryStore, kBookSides> stores;
    for (int i = 0; i < 50; ++i)
      for (size_t each = 0; each < kBookSides; ++each)
        Settle(stores[each], i, each == side && i == 4 ? 105 : 104);
    const ThreeWayResult result = Compare(stores);
    ASSERT_EQ(result.days.size(), 1U);
    ASSERT_EQ(result.days[0].differences.size(), 1U);
    const ThreeWayDifference& difference = result.days[0].differences[0];
    EXPECT_EQ(difference.setl_id, CareIdOf("R4"));
    for (size_t each = 0; each < kBookSides; ++each)
      EXPECT_EQ(difference.row[each]->fund_pay_sumamt_fen(), each == side ? 105 : 104);
    const std::string text = ThreeWayAsText(ScopeOfPair("2026-06-01", "2026-06-30"), result);
    EXPECT_TRUE(absl::StrContains(text, "结算 " + CareIdOf("R4"))) << text;
    EXPECT_TRUE(absl::StrContains(text, "对账结果：不平")) << text;
  }
}

TEST(ThreeWay, TwoSidesThatLackDifferentRecordsAreBothTold) {
  std::array<storage::MemoryStore, kBookSides> stores;
  for (int i = 0; i < 20; ++i) {
    if (i != 1) Settle(stores[0], i, 100);
    Settle(stores[1], i, 100);
    if (i != 2) Settle(stores[2], i, 100);
  }
  const ThreeWayResult result = Compare(stores);
  ASSERT_EQ(result.days.size(), 1U);
  ASSERT_EQ(result.days[0].differences.size(), 2U);
  EXPECT_FALSE(result.days[0].differences[0].row[0].has_value());
  EXPECT_TRUE(result.days[0].differences[0].row[2].has_value());
  EXPECT_TRUE(result.days[0].differences[1].row[0].has_value());
  EXPECT_FALSE(result.days[0].differences[1].row[2].has_value());
}

}  // namespace
}  // namespace yijie::engine
