#include "engine/gateway/area_clearing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/deterministic_bytes.h"
#include "engine/gateway/passed_on.h"
#include "tests/gateway/gateway_world.h"

namespace yijie::engine {
namespace {

const ClearingMonth kJune = *ClearingMonth::Parse("2026-06");

// A settlement between two of three provinces, and perhaps its undo.
struct Record {
  std::string resv_id, care, insured, day;
  int64_t fund = 0, account = 0;
  bool undone = false;
};

void Log(const Record& record, storage::Store& store) {
  const v1::ConfirmRequest request =
      ConfirmOf(record.resv_id, record.care, record.insured, record.day);
  const v1::ConfirmResponse answer = AnswerTo(request, record.fund, record.account);
  Commit(LogConfirm(request, answer.SerializeAsString(), TestNow()), store);
  if (!record.undone) return;
  const v1::ConfirmUndoRequest undo = ConfirmUndoOf("U" + record.resv_id, request, record.day);
  const auto settled = *store.LoadVersion(PassedOnKey(record.resv_id, record.care), 1);
  Commit(LogConfirmUndo(undo, AnswerTo(undo, answer).SerializeAsString(), *settled, TestNow()),
         store);
}

v1::AreaClearing ClearingOf(storage::Store& store) {
  BookProjection projection(store);
  EXPECT_TRUE(projection.CatchUp().ok());
  return *MakeAreaClearing(store, kJune);
}

TEST(AreaClearing, PairsAreOffsetAndPositionsAddUpToNothing) {
  storage::MemoryStore store;
  Log({"R1", "620000", "410199", "2026-06-01", 80'000, 20'000}, store);
  Log({"R2", "620100", "410000", "2026-06-30", 10'000, 0}, store);
  Log({"R3", "410000", "620100", "2026-06-15", 30'000, 5'000}, store);
  Log({"R4", "430000", "410000", "2026-06-15", 7'000, 0, true}, store);
  Log({"R5", "430000", "620000", "2026-06-15", 1, 0}, store);
  Log({"R6", "620000", "410199", "2026-07-01", 999, 0}, store);  // another month
  const v1::AreaClearing clearing = ClearingOf(store);
  ASSERT_EQ(clearing.pair_size(), 4);
  // By insured place, then place of care.
  EXPECT_EQ(clearing.pair(0).mdtrtarea_admdvs(), "430000");
  EXPECT_EQ(clearing.pair(0).payable_fen(), 0);
  EXPECT_EQ(clearing.pair(0).settlements().count(), 1);
  EXPECT_EQ(clearing.pair(0).refunds().count(), 1);
  EXPECT_EQ(clearing.pair(1).mdtrtarea_admdvs(), "620000");
  EXPECT_EQ(clearing.pair(1).payable_fen(), 110'000);
  EXPECT_EQ(clearing.pair(1).settlements().acct_pay_fen(), 20'000);
  EXPECT_EQ(clearing.pair(2).payable_fen(), 35'000);
  ASSERT_EQ(clearing.net_size(), 2);
  EXPECT_EQ(clearing.net(0).debtor_admdvs(), "410000");
  EXPECT_EQ(clearing.net(0).creditor_admdvs(), "620000");
  EXPECT_EQ(clearing.net(0).amount_fen(), 75'000);
  EXPECT_EQ(clearing.net(1).debtor_admdvs(), "620000");
  EXPECT_EQ(clearing.net(1).creditor_admdvs(), "430000");
  EXPECT_EQ(clearing.net(1).amount_fen(), 1);
  int64_t net = 0;
  for (const v1::AreaPosition& position : clearing.position()) net += position.net_fen();
  EXPECT_EQ(net, 0);
  EXPECT_EQ(clearing.records().count(), 6);
  const std::string text = AreaClearingAsText(clearing, TwoProvinces());
  EXPECT_TRUE(absl::StrContains(text, "河南省(410000) 付 甘肃省(620000)  750.00")) << text;
}

TEST(AreaClearing, TheSameBytesInWhateverOrderRecordsCome) {
  const char* text = std::getenv("YIJIE_SEED");
  uint64_t seed = 20'261'122;
  if (text != nullptr && !absl::SimpleAtoi(text, &seed)) seed = 20'261'122;
  std::cout << "YIJIE_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  const std::vector<std::string> areas = {"620000", "410000", "430000", "630000"};
  std::vector<Record> records;
  for (int i = 0; i < 40; ++i) {
    const size_t care = random() % areas.size();
    const size_t insured = (care + 1 + random() % (areas.size() - 1)) % areas.size();
    records.push_back({absl::StrCat("R", i), areas[care], areas[insured],
                       absl::StrCat("2026-06-", 10 + random() % 20),
                       static_cast<int64_t>(random() % 1'000'000),
                       static_cast<int64_t>(random() % 100'000), random() % 4 == 0});
  }
  std::string first;
  for (int round = 0; round < 50; ++round) {
    storage::MemoryStore store;
    for (const Record& record : records) Log(record, store);
    const v1::AreaClearing clearing = ClearingOf(store);
    const std::string bytes =
        absl::StrCat(DeterministicBytes(clearing), AreaClearingAsText(clearing, TwoProvinces()));
    if (round == 0) first = bytes;
    ASSERT_EQ(bytes, first) << "round " << round;
    std::shuffle(records.begin(), records.end(), random);
  }
}

TEST(AdvanceFunds, WarnAtSeventyAndNinetyPerCent) {
  EXPECT_EQ(WarningFor(-5, 1'000), v1::ADVANCE_NORMAL);
  EXPECT_EQ(WarningFor(699, 1'000), v1::ADVANCE_NORMAL);
  EXPECT_EQ(WarningFor(700, 1'000), v1::ADVANCE_YELLOW);
  EXPECT_EQ(WarningFor(899, 1'000), v1::ADVANCE_YELLOW);
  EXPECT_EQ(WarningFor(900, 1'000), v1::ADVANCE_RED);
  EXPECT_EQ(WarningFor(INT64_MAX, 1), v1::ADVANCE_RED);
}

TEST(AdvanceFunds, UsageAndForecastOfAMonth) {
  storage::MemoryStore store;
  Log({"R1", "620000", "410199", "2026-06-02", 30'000, 5'000}, store);
  Log({"R2", "620000", "410199", "2026-06-16", 50'000, 0}, store);  // after the day
  BookProjection projection(store);
  ASSERT_TRUE(projection.CatchUp().ok());
  const PeerTable table = TwoProvinces(
      "advance { insuplc_admdvs: '410000' mdtrtarea_admdvs: '620000' amount_fen: 100000 }"
      "advance { insuplc_admdvs: '630000' mdtrtarea_admdvs: '620000' amount_fen: 20000 }");
  const v1::AdvanceFunds funds =
      *MakeAdvanceFunds(store, table, kJune, Date::FromCivil(2026, 6, 15));
  ASSERT_EQ(funds.pair_size(), 2);
  const v1::AdvanceUsage& henan = funds.pair(0);
  EXPECT_EQ(henan.insuplc_admdvs(), "410000");
  EXPECT_EQ(henan.cleared_fen(), 35'000);
  EXPECT_EQ(henan.usage_1e4(), 3'500);
  EXPECT_EQ(henan.warning(), v1::ADVANCE_NORMAL);
  EXPECT_EQ(henan.forecast_fen(), 70'000);  // 30 days over 15
  EXPECT_EQ(henan.forecast_warning(), v1::ADVANCE_YELLOW);
  EXPECT_EQ(funds.pair(1).cleared_fen(), 0);
  ASSERT_EQ(funds.place_size(), 1);
  EXPECT_EQ(funds.place(0).advance_fen(), 120'000);
  EXPECT_EQ(funds.place(0).cleared_fen(), 35'000);
  EXPECT_EQ(funds.place(0).usage_1e4(), 2'916);  // rounded down
  const v1::AdvanceFunds all = *MakeAdvanceFunds(store, table, kJune, Date::FromCivil(2026, 6, 30));
  EXPECT_EQ(all.pair(0).forecast_fen(), all.pair(0).cleared_fen());
  EXPECT_EQ(all.pair(0).warning(), v1::ADVANCE_YELLOW);
  // 35,000 x 30 / 7 = 150,000; x 30 / 11 = 95,454.5..., half up.
  EXPECT_EQ(
      MakeAdvanceFunds(store, table, kJune, Date::FromCivil(2026, 6, 11))->pair(0).forecast_fen(),
      95'455);
  EXPECT_TRUE(absl::StrContains(AdvanceFundsAsText(funds, table),
                                "使用率 35.00% 正常；全月预计 700.00，70.00% 黄色预警"))
      << AdvanceFundsAsText(funds, table);
}

}  // namespace
}  // namespace yijie::engine
