// Settlement ids, the form of running totals in records, the table of messages, and where care was
// given.

#include <gtest/gtest.h>

#include "engine/accumulator_codec.h"
#include "engine/claim_input.h"
#include "engine/message_table.h"
#include "engine/settlement_id.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

TEST(SettlementId, LeadsBackToTheVersion) {
  const Date day = *ParseDate("2026-06-15");
  for (const int64_t version :
       {int64_t{1}, int64_t{31}, int64_t{32}, int64_t{1'000'000}, kMaxVersion}) {
    const std::string id = MakeSettlementId("410199", day, "P1", version);
    EXPECT_EQ(id.size(), 30U);
    EXPECT_EQ(id.substr(0, 12), "410199260615");
    EXPECT_EQ(VersionOfSettlementId(id, "P1"), version);
    EXPECT_EQ(VersionOfSettlementId(id, "P2"), std::nullopt);
  }
}

TEST(SettlementId, MalformedIdsHaveNoVersion) {
  const std::string id = MakeSettlementId("410199", *ParseDate("2026-06-15"), "P1", 1);
  EXPECT_EQ(VersionOfSettlementId("", "P1"), std::nullopt);
  EXPECT_EQ(VersionOfSettlementId(id.substr(1), "P1"), std::nullopt);
  EXPECT_EQ(VersionOfSettlementId(id + "0", "P1"), std::nullopt);
  std::string other = id;
  other.back() = 'U';  // not a digit of this alphabet
  EXPECT_EQ(VersionOfSettlementId(other, "P1"), std::nullopt);
  other.back() = '0';  // version 0
  EXPECT_EQ(VersionOfSettlementId(other, "P1"), std::nullopt);
}

TEST(SettlementIdDeathTest, VersionsAndAreasOutsideTheirRangeStopTheProcess) {
  const Date day = *ParseDate("2026-06-15");
  EXPECT_DEATH((void)MakeSettlementId("410199", day, "P1", 0), "parts of a settlement id");
  EXPECT_DEATH((void)MakeSettlementId("410199", day, "P1", kMaxVersion + 1),
               "parts of a settlement id");
  EXPECT_DEATH((void)MakeSettlementId("4101", day, "P1", 1), "parts of a settlement id");
}

rules::AccumulatorEntry Total(const char* institution, const char* disease, int level) {
  rules::AccumulatorEntry entry;
  entry.key.insutype = rules::Intern("310");
  entry.key.name = rules::Intern("pool");
  entry.key.period = *ParseDate("2026-01-01");
  entry.key.institution = rules::Intern(institution);
  entry.key.dise_codg = rules::Intern(disease);
  entry.key.hosp_lv = level;
  entry.value = -42;
  return entry;
}

v1::AccumulatorValue ValueOf(const rules::AccumulatorEntry& entry) {
  v1::AccumulatorValue value;
  ToProto(entry, &value);
  return value;
}

TEST(AccumulatorCodec, RoundTripsEveryKey) {
  for (const char* institution : {"", "H1"}) {
    for (const char* disease : {"", "M01.100"}) {
      for (const int level : {-1, 0, 4}) {
        const rules::AccumulatorEntry entry = Total(institution, disease, level);
        const auto back = FromProto(ValueOf(entry));
        ASSERT_TRUE(back.ok()) << back.status();
        EXPECT_TRUE(back->key == entry.key) << ValueOf(entry).key();
        EXPECT_EQ(back->value, -42);
      }
    }
  }
  EXPECT_EQ(ValueOf(Total("H1", "M1", 3)).key(), "institution=H1;hosp_lv=LEVEL_2;dise_codg=M1");
}

TEST(AccumulatorCodec, UnreadableRecordsAreErrors) {
  v1::AccumulatorValue value = ValueOf(Total("H1", "", -1));
  for (const char* key :
       {"institution", "color=red", "hosp_lv=LEVEL_9", "hosp_lv=LEVEL_2;institution=H1", ";"}) {
    value.set_key(key);
    EXPECT_FALSE(FromProto(value).ok()) << key;
  }
  value.set_key("");
  value.set_period("2026");
  EXPECT_FALSE(FromProto(value).ok());
}

// The edge lets ';' and '=' into disease codes.
TEST(AccumulatorCodec, CodesWithSeparatorsRoundTrip) {
  for (const char* disease : {"M1;x", "M1;hosp_lv=LEVEL_2", "a=b", ";", "=", "hosp_lv=LEVEL_9"}) {
    const rules::AccumulatorEntry entry = Total("", disease, -1);
    const auto back = FromProto(ValueOf(entry));
    EXPECT_TRUE(back.ok() && back->key == entry.key) << disease;
  }
}

TEST(AccumulatorCodec, RecordOrderIsByNamePeriodAndKey) {
  const v1::AccumulatorValue a = ValueOf(Total("", "", -1));
  v1::AccumulatorValue b = ValueOf(Total("H1", "", -1));
  EXPECT_TRUE(RecordOrder(a, b));
  EXPECT_FALSE(RecordOrder(b, a));
  EXPECT_FALSE(RecordOrder(a, a));
  b.set_period("2025-01-01");
  EXPECT_TRUE(RecordOrder(b, a));
}

TEST(CarePlace, SeenFromTheInsuredArea) {
  using rules::CarePlace;
  const std::tuple<const char*, const char*, CarePlace> rows[] = {
      {"410199", "410199", CarePlace::kLocal},
      {"410199", "410105", CarePlace::kLocal},
      {"410199", "411699", CarePlace::kInProvince},
      {"410199", "430199", CarePlace::kOutOfProvince},
      {"119900", "110105", CarePlace::kLocal},
      {"119900", "120101", CarePlace::kOutOfProvince},
      {"319900", "310115", CarePlace::kLocal},
      {"509900", "500101", CarePlace::kLocal},
      {"120100", "120225", CarePlace::kLocal},
      {"439900", "430199", CarePlace::kLocal},
      {"439900", "439900", CarePlace::kLocal},
      {"419900", "410105", CarePlace::kLocal},
      {"419900", "410299", CarePlace::kInProvince},
      {"419900", "419001", CarePlace::kInProvince},
      {"419900", "430199", CarePlace::kOutOfProvince},
      {"410199", "419900", CarePlace::kLocal},
      {"410299", "419900", CarePlace::kInProvince},
      {"", "", CarePlace::kLocal}};
  for (const auto& [insured, care, expected] : rows) {
    EXPECT_EQ(CarePlaceOf(insured, care), expected) << insured << " " << care;
  }
}

storage::MessageKey Key(const char* institution, uint8_t transaction, const char* msgid) {
  return {institution, transaction, msgid};
}

TEST(MessageTable, OneHolderAndItsWaitersInOrder) {
  MessageTable table;
  auto job = std::make_unique<Job>();
  EXPECT_EQ(table.TryClaim(Key("H", 1, "a"), /*copy=*/true, job), MessageTable::Claim::kMine);
  EXPECT_NE(job, nullptr);
  EXPECT_TRUE(table.IsHeld(Key("H", 1, "a")));
  for (const char* lane : {"first", "second"}) {
    auto waiter = std::make_unique<Job>();
    waiter->lane_key = lane;
    EXPECT_EQ(table.TryClaim(Key("H", 1, "a"), /*copy=*/true, waiter), MessageTable::Claim::kWaits);
    EXPECT_EQ(waiter, nullptr);
  }
  for (const char* lane : {"first", "second"}) {
    const std::unique_ptr<Job> next = table.Release(Key("H", 1, "a"));
    ASSERT_NE(next, nullptr);
    EXPECT_EQ(next->lane_key, lane);
    EXPECT_TRUE(table.IsHeld(Key("H", 1, "a"))) << "it is the next one's";
  }
  EXPECT_EQ(table.Release(Key("H", 1, "a")), nullptr);
  EXPECT_FALSE(table.IsHeld(Key("H", 1, "a")));
}

TEST(MessageTable, KeysDifferInEveryPart) {
  MessageTable table;
  auto job = std::make_unique<Job>();
  EXPECT_EQ(table.TryClaim(Key("H", 1, "a"), /*copy=*/true, job), MessageTable::Claim::kMine);
  EXPECT_EQ(table.TryClaim(Key("H", 2, "a"), /*copy=*/true, job), MessageTable::Claim::kMine);
  EXPECT_EQ(table.TryClaim(Key("G", 1, "a"), /*copy=*/true, job), MessageTable::Claim::kMine);
  EXPECT_EQ(table.TryClaim(Key("H", 1, "b"), /*copy=*/true, job), MessageTable::Claim::kMine);
}

TEST(MessageTable, ABillAndAStayOfOneIdAreHeldAsOne) {
  MessageTable table;
  auto job = std::make_unique<Job>();
  ASSERT_EQ(table.TryClaim(Key("H", v1::SETTLE, "a"), /*copy=*/true, job),
            MessageTable::Claim::kMine);
  EXPECT_TRUE(table.IsHeld(Key("H", v1::SETTLE_STAY, "a")));
  EXPECT_EQ(table.Release(Key("H", v1::SETTLE_STAY, "a")), nullptr);
  EXPECT_FALSE(table.IsHeld(Key("H", v1::SETTLE, "a")));
}

TEST(MessageTableDeathTest, ReleasingWhatIsNotHeldStopsTheProcess) {
  MessageTable table;
  EXPECT_DEATH((void)table.Release(Key("H", 1, "a")), "releasing a message that is not held");
}

}  // namespace
}  // namespace yijie::engine
