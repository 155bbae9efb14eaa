#include "engine/account/year_turn.h"

#include <gtest/gtest.h>

#include "engine/account/account_history.h"
#include "engine/transactions.h"
#include "tests/account/account_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Balances = AccountWorld::Balances;

TEST(YearTurn, IsBookedWithTheFirstMessageOfTheYear) {
  AccountWorld world;
  world.GoTo("2025-06-30");
  world.Put(30'000);
  const int64_t before = world.Version();
  world.GoTo("2025-07-01");
  EXPECT_EQ(world.Now(), (Balances{0, 30'000})) << "seen before it is booked";
  EXPECT_EQ(world.Version(), before) << "a query books nothing";
  const v1::Settlement settled = world.Settle(20'000);
  EXPECT_EQ(settled.version(), before + 2);
  EXPECT_EQ(settled.balc_before_fen(), 30'000);
  EXPECT_EQ(world.Event(before + 1).account().act(), v1::ACT_YEAR_TURNED);
  EXPECT_EQ(world.Now(), (Balances{0, 20'000}));
  world.Put(5'000);
  EXPECT_EQ(world.Version(), before + 3) << "once a year";
  EXPECT_EQ(world.Now(), (Balances{5'000, 20'000}));
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(YearTurn, IsNoBusinessOfARefusalOrARetry) {
  AccountWorld world;
  world.Put(30'000);
  const int64_t before = world.Version();
  world.GoTo("2025-07-02");
  EXPECT_EQ(world.Act(Call::kCloseAccountYear, AccountWorld::CloseYear(2026)).outcome(),
            v1::YEAR_NOT_OVER);
  EXPECT_EQ(world.Version(), before);
  v1::FreezeAccountRequest freeze = AccountWorld::Freeze(true, "2025-07-02");
  *freeze.mutable_header() = world.AgencyHeader();
  const Reply first = world.Send(Call::kFreezeAccount, freeze);
  EXPECT_EQ(world.Version(), before + 2);
  world.Restart();
  EXPECT_EQ(world.Send(Call::kFreezeAccount, freeze).bytes, first.bytes);
  EXPECT_EQ(world.Version(), before + 2);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(YearTurn, IsTheAreasToSay) {
  AccountWorld world("use { purpose: OWN_SHARE }");
  world.Put(30'000);
  world.GoTo("2027-07-02");
  world.Put(1);
  EXPECT_EQ(world.Now(), (Balances{30'001, 0}));
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(YearTurn, NobodyIsTurnedFromYearsBeforeTheirFirstRecord) {
  AccountWorld world;
  world.GoTo("2025-07-20");
  world.Amend(AccountWorld::SoundFacts("P3"));
  v1::CreditAccountRequest credit = CreditOf("c", "P3", 700);
  EXPECT_EQ(Parsed<v1::CreditAccountResponse>(world.Send(Call::kCreditAccount, credit)).version(),
            2);
  world.GoTo("2026-07-01");
  EXPECT_EQ(world.Now("P3"), (Balances{0, 700}));
}

TEST(YearTurn, SeveralYearsWithoutARecordAreOneTurn) {
  AccountWorld world;
  world.Put(100);
  const int64_t before = world.Version();
  world.GoTo("2029-01-01");
  world.Put(1);
  EXPECT_EQ(world.Version(), before + 2);
  EXPECT_EQ(world.Event(before + 1).account().period(), "2028-07-01");
  EXPECT_EQ(world.Now(), (Balances{1, 100}));
}

TEST(YearTurn, MoneyOfABulkLoadInTheNewYearStaysThisYears) {
  AccountWorld world;
  world.Put(100);
  world.GoTo("2025-07-03");
  // As `yijie load accounts` does it, without area rules.
  const Person person = *ParsePerson(**world.store().LoadLatest(kOwner));
  v1::CreditAccountRequest credit = CreditOf("load", kOwner, 40);
  const Effect loaded = *Credit(credit, "", person, MomentOf(StartOfDay(world.today()) + 1));
  world.store().PlantVersion(kOwner,
                             {loaded.next.version, SerializeState(loaded.next), loaded.event});
  world.Restart();
  EXPECT_EQ(world.Now(), (Balances{40, 100}));
  world.Put(1);
  EXPECT_EQ(world.Now(), (Balances{41, 100}));
  // A bill that this year's money pays stays as it is when facts come that change nothing.
  EXPECT_EQ(world.Settle(60).amounts().acct_pay_fen(), 30);
  const Balances paid = world.Now();
  EXPECT_EQ(world.Amend(world.FactsOf(kOwner)).correction_size(), 0);
  EXPECT_EQ(world.Now(), paid);
}

TEST(YearTurn, ARefundGoesToWhereTheMoneyIsNow) {
  AccountWorld world;
  world.GoTo("2025-06-30");
  world.Put(30'000);
  const v1::Settlement old = world.Settle(20'000);
  world.GoTo("2025-07-02");
  world.Put(5'000);
  const v1::Settlement young = world.Settle(4'000);
  EXPECT_EQ(world.Now(), (Balances{3'000, 20'000}));
  EXPECT_EQ(world.Reverse(old.setl_id()).outcome(), v1::REVERSED);
  EXPECT_EQ(world.Now(), (Balances{3'000, 30'000}));
  EXPECT_EQ(world.Reverse(young.setl_id()).outcome(), v1::REVERSED);
  EXPECT_EQ(world.Now(), (Balances{5'000, 30'000}));
  EXPECT_TRUE(world.LedgerIsClean());
}

// Late facts about a claim of last year, when its money is past years' already.
TEST(YearTurn, ACorrectionPaysAndRefundsWhereTheMoneyIsNow) {
  AccountWorld world;
  world.Put(30'000);
  world.GoTo("2025-06-20");
  world.Settle(20'000);  // 10,000 of the account
  world.GoTo("2025-07-05");
  world.Put(1'000);
  v1::PersonFacts facts = world.FactsOf(kOwner);
  EXPECT_EQ(world.Amend(facts).correction_size(), 0) << "nothing new";
  for (v1::Coverage& coverage : *facts.mutable_coverage()) {
    if (coverage.insutype() == "310") coverage.set_psn_type("12");
  }
  const v1::AmendPersonResponse amended = world.Amend(facts);
  ASSERT_EQ(amended.correction_size(), 1);
  EXPECT_EQ(amended.correction(0).after().acct_pay_fen(), 6'000);
  EXPECT_EQ(world.Now(), (Balances{1'000, 24'000}));
  EXPECT_EQ(world.Amend(facts).correction_size(), 0) << "the same again changes nothing";
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(YearTurn, ACorrectedRefusalRefundsPastYearsMoney) {
  AccountWorld world;
  world.Put(30'000);
  world.GoTo("2025-06-20");
  world.Settle(20'000);
  world.GoTo("2025-07-05");
  v1::PersonFacts facts = world.FactsOf(kOwner);
  for (v1::Coverage& coverage : *facts.mutable_coverage()) {
    if (coverage.insutype() == "310") coverage.set_begndate("2025-06-25");
  }
  ASSERT_EQ(world.Amend(facts).correction_size(), 1);
  EXPECT_EQ(world.Now(), (Balances{0, 30'000}));
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(YearTurn, TheBalanceOfAPastInstantIsWhatWasThereThen) {
  AccountWorld world;
  world.GoTo("2025-06-30");
  world.Put(30'000);
  const int64_t put = world.now_ms();
  world.GoTo("2026-01-05");
  world.Put(1);
  const int64_t midnight = StartOfDay(*ParseDate("2025-07-01"));
  EXPECT_EQ(world.AsOf(put - 1).balc_fen(), 0);
  EXPECT_EQ(AccountWorld::Of(world.AsOf(put).sub_balance()), (Balances{30'000, 0}));
  EXPECT_EQ(AccountWorld::Of(world.AsOf(midnight - 1).sub_balance()), (Balances{30'000, 0}));
  EXPECT_EQ(AccountWorld::Of(world.AsOf(midnight).sub_balance()), (Balances{0, 30'000}));
  EXPECT_EQ(world.AsOf(StartOfDay(*ParseDate("2024-01-01"))).version(), 0);
}

}  // namespace
}  // namespace yijie::engine
