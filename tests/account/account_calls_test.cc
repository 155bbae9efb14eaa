// The calls of AccountService: what they refuse as malformed, what they refuse as business, and
// that a message is applied once.

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/account/account_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Balances = AccountWorld::Balances;

v1::EndAccountRequest Estate() { return AccountWorld::End(v1::ACT_INHERITED, "E1"); }

v1::ReceiveIntoAccountRequest Inheritance(const std::string& document) {
  v1::ReceiveIntoAccountRequest request;
  request.set_psn_no(kHeir);
  request.set_act(v1::ACT_INHERITANCE);
  request.set_document_no(document);
  request.set_from_psn_no(kOwner);
  return request;
}

v1::OffsetDebtRequest Offset(const std::string& debt_id, int64_t fen) {
  v1::OffsetDebtRequest request;
  request.set_psn_no(kOwner);
  request.set_debt_id(debt_id);
  request.set_amount_fen(fen);
  return request;
}

void Bury(AccountWorld& world, const std::string& day) {
  v1::PersonFacts facts = world.FactsOf(kOwner);
  facts.set_death_date(day);
  world.Amend(facts);
}

void Retire(AccountWorld& world) {
  v1::PersonFacts facts = world.FactsOf(kOwner);
  for (v1::Coverage& coverage : *facts.mutable_coverage()) coverage.set_psn_type("12");
  world.Amend(facts);
}

// --- Malformed requests

// One bad field of a request that is good otherwise.
class BadInput {
 public:
  template <typename Request>
  void Add(Call call, Request good, const std::string& field,
           const std::function<void(Request&)>& spoil) {
    AccountWorld world;
    if (!good.has_header()) *good.mutable_header() = world.AgencyHeader();
    spoil(good);
    const Reply reply = world.Send(call, good);
    EXPECT_EQ(reply.status.code(), absl::StatusCode::kInvalidArgument)
        << CallName(call) << " " << field << ": " << reply.status;
    EXPECT_TRUE(absl::StartsWith(reply.status.message(), field + ":"))
        << CallName(call) << " should name " << field << ": " << reply.status.message();
    EXPECT_EQ(world.Version(), 1);
  }

  // What every call that changes something has.
  template <typename Request>
  void AddCommon(Call call, const Request& good) {
    Add<Request>(call, good, "header.fixmedins_code",
                 [](Request& r) { r.mutable_header()->set_fixmedins_code("-"); });
    Add<Request>(call, good, "header.msgid", [](Request& r) { r.mutable_header()->clear_msgid(); });
    Add<Request>(call, good, "psn_no", [](Request& r) { r.set_psn_no(""); });
    Add<Request>(call, good, "psn_no", [](Request& r) { r.set_psn_no(std::string(31, '1')); });
  }
};

TEST(AccountCalls, AMalformedRequestNamesItsField) {
  BadInput bad;
  const auto credit = AccountWorld::CreditFor("2025-01", 100);
  using Credit = v1::CreditByPolicyRequest;
  for (const Call call : {Call::kCreditByPolicy, Call::kCheckCredit}) {
    bad.AddCommon(call, credit);
    bad.Add<Credit>(call, credit, "period", [](Credit& r) { r.set_period("2025-1"); });
    bad.Add<Credit>(call, credit, "given[0].name",
                    [](Credit& r) { r.mutable_given(0)->set_name("A B"); });
    bad.Add<Credit>(call, credit, "given[0].value",
                    [](Credit& r) { r.mutable_given(0)->set_value(-1); });
    bad.Add<Credit>(call, credit, "given[1].name", [](Credit& r) { *r.add_given() = r.given(0); });
  }

  const auto close = AccountWorld::CloseYear(2024);
  using Close = v1::CloseAccountYearRequest;
  bad.AddCommon(Call::kCloseAccountYear, close);
  for (const int year : {0, 1899, 2199, -5, INT32_MAX})
    bad.Add<Close>(Call::kCloseAccountYear, close, "year", [=](Close& r) { r.set_year(year); });

  const auto pay = AccountWorld::Pay(v1::AccountRules::FAMILY_PREMIUM, 100);
  using Pay = v1::PayFromAccountRequest;
  bad.AddCommon(Call::kPayFromAccount, pay);
  for (const int purpose : {0, 1, 2, 99}) {
    bad.Add<Pay>(Call::kPayFromAccount, pay, "purpose",
                 [=](Pay& r) { r.set_purpose(static_cast<v1::AccountRules::Purpose>(purpose)); });
  }
  bad.Add<Pay>(Call::kPayFromAccount, pay, "payee", [](Pay& r) { r.set_payee("甲"); });
  for (const int64_t fen :
       {int64_t{0}, int64_t{-1}, int64_t{1'000'000'000'001}, INT64_MAX, INT64_MIN})
    bad.Add<Pay>(Call::kPayFromAccount, pay, "amount_fen", [=](Pay& r) { r.set_amount_fen(fen); });
  bad.Add<Pay>(Call::kPayFromAccount, pay, "document_no", [](Pay& r) { r.set_document_no(""); });

  const auto freeze = AccountWorld::Freeze(true, "2025-01-10");
  using Freeze = v1::FreezeAccountRequest;
  bad.AddCommon(Call::kFreezeAccount, freeze);
  bad.Add<Freeze>(Call::kFreezeAccount, freeze, "begndate",
                  [](Freeze& r) { r.set_begndate("2025-02-30"); });
  bad.Add<Freeze>(Call::kFreezeAccount, freeze, "begndate", [](Freeze& r) { r.set_frozen(false); });
  bad.Add<Freeze>(Call::kFreezeAccount, freeze, "reason", [](Freeze& r) { r.clear_reason(); });
  bad.Add<Freeze>(Call::kFreezeAccount, freeze, "reason",
                  [](Freeze& r) { r.set_reason(std::string(201, 'x')); });

  const auto end = Estate();
  using End = v1::EndAccountRequest;
  bad.AddCommon(Call::kEndAccount, end);
  for (const int act : {0, 1, 11, 14, 77}) {
    bad.Add<End>(Call::kEndAccount, end, "act",
                 [=](End& r) { r.set_act(static_cast<v1::AccountAct>(act)); });
  }
  bad.Add<End>(Call::kEndAccount, end, "document_no", [](End& r) { r.set_document_no("a b"); });
  bad.Add<End>(Call::kEndAccount, end, "heir_psn_no", [](End& r) { r.clear_heir_psn_no(); });
  bad.Add<End>(Call::kEndAccount, end, "heir_psn_no", [](End& r) { r.set_heir_psn_no(kOwner); });
  bad.Add<End>(Call::kEndAccount, end, "heir_psn_no", [](End& r) { r.set_act(v1::ACT_PAID_OUT); });
  bad.Add<End>(Call::kEndAccount, end, "admdvs", [](End& r) { r.set_admdvs("430199"); });
  bad.Add<End>(Call::kEndAccount, AccountWorld::End(v1::ACT_TRANSFERRED_OUT, "E1"), "admdvs",
               [](End& r) { r.set_admdvs("43019"); });

  const auto transfer = AccountWorld::TransferIn("T1", 1, 2);
  using Receive = v1::ReceiveIntoAccountRequest;
  bad.AddCommon(Call::kReceiveIntoAccount, transfer);
  const auto receive = [&](const Receive& good, const std::string& field,
                           const std::function<void(Receive&)>& spoil) {
    bad.Add<Receive>(Call::kReceiveIntoAccount, good, field, spoil);
  };
  receive(transfer, "act", [](Receive& r) { r.set_act(v1::ACT_CREDITED); });
  receive(transfer, "document_no", [](Receive& r) { r.clear_document_no(); });
  receive(transfer, "admdvs", [](Receive& r) { r.set_admdvs("4301xx"); });
  receive(transfer, "from_psn_no", [](Receive& r) { r.set_from_psn_no("P9"); });
  receive(transfer, "current_year_fen", [](Receive& r) { r.set_current_year_fen(-1); });
  receive(transfer, "past_years_fen", [](Receive& r) { r.set_past_years_fen(INT64_MAX); });
  receive(AccountWorld::TransferIn("T1", 0, 0), "current_year_fen", [](Receive&) {});
  receive(Inheritance("E1"), "from_psn_no", [](Receive& r) { r.set_from_psn_no(kHeir); });
  receive(Inheritance("E1"), "from_psn_no", [](Receive& r) { r.clear_from_psn_no(); });
  receive(Inheritance("E1"), "admdvs", [](Receive& r) { r.set_admdvs("430199"); });
  receive(Inheritance("E1"), "past_years_fen", [](Receive& r) { r.set_past_years_fen(1); });

  using Debt = v1::OffsetDebtRequest;
  bad.AddCommon(Call::kOffsetDebt, Offset("", 0));
  bad.Add<Debt>(Call::kOffsetDebt, Offset("a b", 0), "debt_id", [](Debt&) {});
  bad.Add<Debt>(Call::kOffsetDebt, Offset("", -1), "amount_fen", [](Debt&) {});

  using Undo = v1::UndoAccountPostingRequest;
  bad.AddCommon(Call::kUndoAccountPosting, AccountWorld::Undo(1));
  bad.Add<Undo>(Call::kUndoAccountPosting, AccountWorld::Undo(0), "version", [](Undo&) {});
  bad.Add<Undo>(Call::kUndoAccountPosting, AccountWorld::Undo(1), "reason",
                [](Undo& r) { r.set_reason("\xff"); });
}

TEST(AccountCalls, AMalformedQuestionNamesItsField) {
  AccountWorld world;
  v1::GetAccountAsOfRequest as_of;
  as_of.set_psn_no(kOwner);
  for (const char* instant : {"", "2026-01-01", "2026-01-01T00:00:00", "infinite-future", "noon",
                              "1850-01-01T00:00:00Z", "2300-01-01T00:00:00Z"}) {
    as_of.set_instant(instant);
    const absl::Status status = world.Send(Call::kGetAccountAsOf, as_of).status;
    EXPECT_TRUE(absl::StartsWith(status.message(), "instant:")) << instant << status;
  }
  v1::GetAccountStatementRequest good;
  good.set_psn_no(kOwner);
  good.set_begndate("2025-01-01");
  good.set_enddate("2025-01-31");
  const auto refused = [&](const std::string& field,
                           const std::function<void(v1::GetAccountStatementRequest&)>& spoil) {
    v1::GetAccountStatementRequest request = good;
    spoil(request);
    const absl::Status status = world.Send(Call::kGetAccountStatement, request).status;
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StartsWith(status.message(), field + ":")) << status;
  };
  refused("psn_no", [](auto& r) { r.clear_psn_no(); });
  refused("begndate", [](auto& r) { r.set_begndate("x"); });
  refused("enddate", [](auto& r) { r.clear_enddate(); });
  refused("enddate", [](auto& r) { r.set_enddate("2024-12-31"); });
  refused("after_version", [](auto& r) { r.set_after_version(-1); });
  refused("page_size", [](auto& r) { r.set_page_size(1'001); });
}

// --- Once

TEST(AccountCalls, AMessageIsAppliedOnce) {
  AccountWorld world;
  world.Put(10'000, v1::PAST_YEARS);
  const auto once = [&world](Call call, auto request) {
    *request.mutable_header() = world.AgencyHeader();
    const Reply first = world.Send(call, request);
    ASSERT_TRUE(first.status.ok()) << first.status;
    ASSERT_EQ(Parsed<v1::AccountResponse>(first).outcome(), v1::ACCOUNT_DONE) << CallName(call);
    const int64_t version = world.Version();
    world.Restart();
    EXPECT_EQ(world.Send(call, request).bytes, first.bytes) << CallName(call);
    request.set_psn_no(kHeir);
    EXPECT_EQ(world.Send(call, request).status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_EQ(world.Version(), version);
  };
  once(Call::kCreditByPolicy, AccountWorld::CreditFor("2025-01", 500'000));
  once(Call::kPayFromAccount, AccountWorld::Pay(v1::AccountRules::FAMILY_PREMIUM, 100));
  once(Call::kFreezeAccount, AccountWorld::Freeze(true, "2025-01-10"));
  once(Call::kFreezeAccount, AccountWorld::Freeze(false, ""));
  once(Call::kReceiveIntoAccount, AccountWorld::TransferIn("T1", 1, 2));
  once(Call::kUndoAccountPosting, AccountWorld::Undo(world.Version()));
  world.PlantDebt("D1", "2025-01-01", 50);
  once(Call::kOffsetDebt, Offset("", 0));
  world.GoTo("2025-07-01");
  once(Call::kCloseAccountYear, AccountWorld::CloseYear(2024));
  once(Call::kEndAccount, AccountWorld::End(v1::ACT_TRANSFERRED_OUT, "X1"));
  EXPECT_TRUE(world.LedgerIsClean());
}

// --- Crediting

TEST(AccountCredit, OncePerMonthUnlessItWasUndone) {
  AccountWorld world;
  const auto credit = AccountWorld::CreditFor("2025-01", 654'325);
  const v1::AccountResponse done = world.Act(Call::kCreditByPolicy, credit);
  ASSERT_EQ(done.outcome(), v1::ACCOUNT_DONE) << done.reason();
  EXPECT_EQ(done.amount_fen(), 13'087);
  EXPECT_EQ(done.policy(), "test-account_credit");
  EXPECT_GT(done.explanation().step_size(), 0);
  EXPECT_EQ(world.Now(), (Balances{13'087, 0}));
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, credit).outcome(), v1::PERIOD_CREDITED);
  EXPECT_EQ(world.Act(Call::kUndoAccountPosting, AccountWorld::Undo(done.version())).outcome(),
            v1::ACCOUNT_DONE);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, credit).outcome(), v1::ACCOUNT_DONE);
  EXPECT_EQ(world.Now(), (Balances{13'087, 0}));
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(AccountCredit, TheBaseIsThatOfTheCoverageIfNoneIsGiven) {
  AccountWorld world;
  v1::CreditByPolicyRequest credit = AccountWorld::CreditFor("2025-01", 0);
  credit.clear_given();
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, credit).outcome(), v1::CREDIT_REFUSED);
  v1::PersonFacts facts = world.FactsOf(kOwner);
  for (v1::Coverage& coverage : *facts.mutable_coverage())
    coverage.set_contribution_base_fen(500'000);
  world.Amend(facts);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, credit).amount_fen(), 10'000);
}

TEST(AccountCredit, TheRetiredAreCreditedForTheYear) {
  AccountWorld world;
  Retire(world);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2025-01", 0)).outcome(),
            v1::WRONG_PERIOD_KIND);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2025", 0)).outcome(),
            v1::PERIOD_NOT_BEGUN);
  v1::CreditByPolicyRequest year = AccountWorld::CreditFor("2024", 0);
  year.clear_given();
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, year).amount_fen(), 90'000);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, year).outcome(), v1::PERIOD_CREDITED);
}

TEST(AccountCredit, MonthsOfAYearThatWasCreditedAreCreditedToo) {
  AccountWorld world;
  ASSERT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2025-01", 500'000)).outcome(),
            v1::ACCOUNT_DONE);
  Retire(world);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2024", 0)).outcome(),
            v1::PERIOD_CREDITED);
}

TEST(AccountCredit, RefusedWithoutCoverageAfterDeathAndByThePackage) {
  AccountWorld world;
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2019-12", 100)).outcome(),
            v1::CREDIT_REFUSED);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2025-02", 100)).outcome(),
            v1::PERIOD_NOT_BEGUN);
  v1::CreditByPolicyRequest extra = AccountWorld::CreditFor("2025-01", 100'000);
  extra.add_given()->set_name("other");
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, extra).outcome(), v1::CREDIT_REFUSED);
  Bury(world, "2024-12-31");
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2025-01", 100'000)).outcome(),
            v1::CREDIT_REFUSED);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2024-12", 100'000)).outcome(),
            v1::ACCOUNT_DONE);
}

TEST(AccountCredit, ACheckBooksNothingAndKnowsTheMessage) {
  AccountWorld world;
  v1::CreditByPolicyRequest credit = AccountWorld::CreditFor("2025-01", 500'000);
  *credit.mutable_header() = world.AgencyHeader();
  const int64_t version = world.Version();
  const v1::AccountResponse checked = world.Act(Call::kCheckCredit, credit);
  EXPECT_EQ(checked.outcome(), v1::ACCOUNT_DONE);
  EXPECT_EQ(checked.amount_fen(), 10'000);
  EXPECT_FALSE(checked.answered());
  EXPECT_EQ(world.Version(), version);
  ASSERT_EQ(world.Act(Call::kCreditByPolicy, credit).outcome(), v1::ACCOUNT_DONE);
  EXPECT_TRUE(world.Act(Call::kCheckCredit, credit).answered());
  credit.set_period("2024-12");
  EXPECT_EQ(world.Send(Call::kCheckCredit, credit).status.code(), absl::StatusCode::kAlreadyExists);
}

// --- Freezing and uses

TEST(AccountFreeze, AClaimIsSettledInCashFromTheDayOn) {
  AccountWorld world;
  world.Put(50'000);
  ASSERT_EQ(world.Act(Call::kFreezeAccount, AccountWorld::Freeze(true, "2025-01-12")).outcome(),
            v1::ACCOUNT_DONE);
  EXPECT_EQ(world.Settle(2'000).amounts().acct_pay_fen(), 1'000) << "not yet";
  world.GoTo("2025-01-12");
  const v1::Settlement settled = world.Settle(2'000);
  EXPECT_EQ(settled.outcome(), v1::SETTLED);
  EXPECT_EQ(settled.amounts().acct_pay_fen(), 0);
  EXPECT_EQ(settled.amounts().psn_cash_pay_fen(), 1'000);
  EXPECT_EQ(world.Act(Call::kPayFromAccount, AccountWorld::Pay(v1::AccountRules::FAMILY_PREMIUM, 1))
                .outcome(),
            v1::ACCOUNT_FROZEN);
  EXPECT_EQ(world.Act(Call::kEndAccount, AccountWorld::End(v1::ACT_PAID_OUT, "X")).outcome(),
            v1::ACCOUNT_FROZEN);
  EXPECT_EQ(world.Act(Call::kFreezeAccount, AccountWorld::Freeze(true, "2025-01-12")).outcome(),
            v1::FREEZE_AS_IT_WAS);
  world.Put(1'000);  // money comes in
  ASSERT_EQ(world.Act(Call::kFreezeAccount, AccountWorld::Freeze(false, "")).outcome(),
            v1::ACCOUNT_DONE);
  EXPECT_EQ(world.Settle(2'000).amounts().acct_pay_fen(), 1'000);
  EXPECT_EQ(world.Now(), (Balances{49'000, 0}));
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(AccountUse, IsTheAreasToPermit) {
  AccountWorld strict("use { purpose: FAMILY_SHARE }");
  strict.Put(50'000);
  EXPECT_EQ(strict.Settle(2'000).amounts().acct_pay_fen(), 0);
  EXPECT_EQ(
      strict.Act(Call::kPayFromAccount, AccountWorld::Pay(v1::AccountRules::FAMILY_PREMIUM, 1))
          .outcome(),
      v1::USE_NOT_PERMITTED);
  AccountWorld past("use { purpose: OWN_SHARE past_years_only: true }");
  past.Put(50'000);
  past.Put(300, v1::PAST_YEARS);
  EXPECT_EQ(past.Settle(2'000).amounts().acct_pay_fen(), 300);
  EXPECT_EQ(past.Now(), (Balances{50'000, 0}));
}

TEST(AccountUse, NotAfterDeath) {
  AccountWorld world;
  world.Put(50'000);
  Bury(world, "2025-01-09");
  EXPECT_EQ(world.Act(Call::kPayFromAccount, AccountWorld::Pay(v1::AccountRules::FAMILY_PREMIUM, 1))
                .outcome(),
            v1::USE_NOT_PERMITTED);
}

// --- Interest

TEST(AccountInterest, IsBookedOnceForEachYearInOrder) {
  AccountWorld world;
  world.Put(360'000);  // 2025-01-10 to 2025-06-30 are 172 days
  world.GoTo("2026-07-02");
  EXPECT_EQ(world.Act(Call::kCloseAccountYear, AccountWorld::CloseYear(2025)).outcome(),
            v1::EARLIER_YEAR_OPEN);
  const v1::AccountResponse first =
      world.Act(Call::kCloseAccountYear, AccountWorld::CloseYear(2024));
  ASSERT_EQ(first.outcome(), v1::ACCOUNT_DONE) << first.reason();
  EXPECT_EQ(first.amount_fen(), 602);  // 360,000 x 172 x 0.35 % / 360
  const v1::AccountResponse second =
      world.Act(Call::kCloseAccountYear, AccountWorld::CloseYear(2025));
  ASSERT_EQ(second.outcome(), v1::ACCOUNT_DONE) << second.reason();
  EXPECT_EQ(second.amount_fen(), 5'484);  // 360,602 x 365 x 1.5 % / 360 = 5,484.2
  EXPECT_EQ(world.Act(Call::kCloseAccountYear, AccountWorld::CloseYear(2024)).outcome(),
            v1::YEAR_CLOSED);
  EXPECT_EQ(world.Act(Call::kCloseAccountYear, AccountWorld::CloseYear(2026)).outcome(),
            v1::YEAR_NOT_OVER);
  EXPECT_EQ(world.Now(), (Balances{0, 366'086}));
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(AccountInterest, DoesNotDependOnTheDayOfTheRun) {
  const auto run = [](bool late) {
    AccountWorld world;
    world.Put(777'777);
    world.GoTo("2025-07-01");
    if (!late) world.Act(Call::kCloseAccountYear, AccountWorld::CloseYear(2024));
    world.GoTo("2026-03-03");
    world.Put(12'345);
    if (late) world.Act(Call::kCloseAccountYear, AccountWorld::CloseYear(2024));
    world.GoTo("2026-07-01");
    world.Act(Call::kCloseAccountYear, AccountWorld::CloseYear(2025));
    EXPECT_TRUE(world.LedgerIsClean());
    return world.Now();
  };
  EXPECT_EQ(run(false), run(true));
}

// --- The end of an account, and what comes in

TEST(AccountEnd, InheritanceReachesTheHeirOnce) {
  AccountWorld world;
  world.Put(300);
  world.Put(700, v1::PAST_YEARS);
  EXPECT_EQ(world.Act(Call::kEndAccount, Estate()).outcome(), v1::PERSON_NOT_DECEASED);
  EXPECT_EQ(world.Act(Call::kReceiveIntoAccount, Inheritance("E1")).outcome(),
            v1::NO_SUCH_DOCUMENT);
  Bury(world, "2025-01-10");
  const v1::AccountResponse ended = world.Act(Call::kEndAccount, Estate());
  ASSERT_EQ(ended.outcome(), v1::ACCOUNT_DONE) << ended.reason();
  EXPECT_EQ(ended.amount_fen(), -1'000);
  EXPECT_EQ(world.Act(Call::kEndAccount, Estate()).outcome(), v1::ACCOUNT_ENDED);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2025-01", 100'000)).outcome(),
            v1::ACCOUNT_ENDED);
  EXPECT_EQ(world.Act(Call::kReceiveIntoAccount, Inheritance("E2")).outcome(),
            v1::NO_SUCH_DOCUMENT);
  ASSERT_EQ(world.Act(Call::kReceiveIntoAccount, Inheritance("E1")).outcome(), v1::ACCOUNT_DONE);
  EXPECT_EQ(world.Act(Call::kReceiveIntoAccount, Inheritance("E1")).outcome(), v1::DOCUMENT_USED);
  EXPECT_EQ(world.Now(), (Balances{0, 0}));
  EXPECT_EQ(world.Now(kHeir), (Balances{300, 700}));
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(AccountEnd, InterestUpToYesterdayGoesAlong) {
  AccountWorld world;
  world.Put(360'000, v1::PAST_YEARS);
  world.GoTo("2025-02-09");  // 30 days later
  const v1::AccountResponse ended =
      world.Act(Call::kEndAccount, AccountWorld::End(v1::ACT_TRANSFERRED_OUT, "X"));
  EXPECT_EQ(ended.amount_fen(), -360'450);  // 360,000 x 30 x 1.5 % / 360
  EXPECT_EQ(ended.balc_fen(), 0);
  // Money that comes back later is ended with a document of its own, and bears interest from then.
  EXPECT_EQ(world.Act(Call::kPayFromAccount, AccountWorld::Pay(v1::AccountRules::FAMILY_PREMIUM, 1))
                .outcome(),
            v1::ACCOUNT_ENDED);
  world.Put(360'000, v1::PAST_YEARS);
  EXPECT_EQ(world.Settle(2'000).amounts().acct_pay_fen(), 0);
  world.GoTo("2025-02-19");
  EXPECT_EQ(world.Act(Call::kEndAccount, AccountWorld::End(v1::ACT_TRANSFERRED_OUT, "X")).outcome(),
            v1::DOCUMENT_USED);
  EXPECT_EQ(
      world.Act(Call::kEndAccount, AccountWorld::End(v1::ACT_TRANSFERRED_OUT, "Y")).amount_fen(),
      -360'150);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(AccountEnd, EachWayHasItsAccountOfTheLedger) {
  const std::vector<std::pair<v1::AccountAct, store::v1::LedgerAccount>> ways = {
      {v1::ACT_PAID_OUT, store::v1::PAYEE_PAYABLE},
      {v1::ACT_INHERITED, store::v1::FAMILY_CLEARING},
      {v1::ACT_TRANSFERRED_OUT, store::v1::TRANSFER},
      {v1::ACT_TO_FUND, store::v1::FUND_INCOME}};
  for (const auto& [act, account] : ways) {
    AccountWorld world;
    world.Put(300);
    Bury(world, "2025-01-10");
    const auto ended = world.Act(Call::kEndAccount, AccountWorld::End(act, "X"));
    ASSERT_EQ(ended.outcome(), v1::ACCOUNT_DONE) << ended.reason();
    const auto event = world.Event(ended.version());
    ASSERT_EQ(event.journal_size(), 2);
    EXPECT_EQ(event.journal(1).account(), account);
    EXPECT_EQ(event.journal(1).amount_fen(), -300);
    EXPECT_TRUE(world.LedgerIsClean());
  }
}

TEST(AccountEnd, AYearWithoutItsInterestComesFirst) {
  AccountWorld world;
  world.Put(360'000);
  world.GoTo("2025-07-03");
  EXPECT_EQ(world.Act(Call::kEndAccount, AccountWorld::End(v1::ACT_PAID_OUT, "X")).outcome(),
            v1::EARLIER_YEAR_OPEN);
}

TEST(AccountTransfer, ReopensAnAccountThatWasTransferredAway) {
  AccountWorld world;
  world.Put(300);
  world.Act(Call::kEndAccount, AccountWorld::End(v1::ACT_TRANSFERRED_OUT, "X"));
  ASSERT_EQ(world.Act(Call::kReceiveIntoAccount, AccountWorld::TransferIn("T", 10, 20)).outcome(),
            v1::ACCOUNT_DONE);
  EXPECT_EQ(world.Now(), (Balances{10, 20}));
  EXPECT_EQ(world.Act(Call::kReceiveIntoAccount, AccountWorld::TransferIn("T", 10, 20)).outcome(),
            v1::DOCUMENT_USED);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2025-01", 100'000)).outcome(),
            v1::ACCOUNT_DONE);
  world.Act(Call::kEndAccount, AccountWorld::End(v1::ACT_PAID_OUT, "Z"));
  EXPECT_EQ(world.Act(Call::kReceiveIntoAccount, AccountWorld::TransferIn("U", 10, 20)).outcome(),
            v1::ACCOUNT_ENDED);
  EXPECT_TRUE(world.LedgerIsClean());
}

// --- Debts and undoing

TEST(AccountDebt, IsDeductedOldestFirstAndNeverBelowZero) {
  AccountWorld world;
  world.Put(500);
  world.Put(400, v1::PAST_YEARS);
  EXPECT_EQ(world.Act(Call::kOffsetDebt, Offset("", 0)).outcome(), v1::NO_DEBT);
  world.PlantDebt("D2", "2025-01-05", 300);
  world.PlantDebt("D1", "2025-01-01", 600);
  EXPECT_EQ(world.Act(Call::kOffsetDebt, Offset("D9", 0)).outcome(), v1::NO_DEBT);
  EXPECT_EQ(world.Act(Call::kOffsetDebt, Offset("D2", 100)).amount_fen(), -100);
  EXPECT_EQ(world.Now(), (Balances{400, 400}));
  EXPECT_EQ(world.Act(Call::kOffsetDebt, Offset("", 0)).amount_fen(), -800);
  EXPECT_EQ(world.Now(), (Balances{0, 0}));
  EXPECT_EQ(world.Act(Call::kOffsetDebt, Offset("D1", 0)).outcome(), v1::NO_DEBT);
  EXPECT_EQ(world.Act(Call::kOffsetDebt, Offset("D2", 0)).outcome(), v1::NO_DEBT);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(AccountDebt, WhatTheAccountDoesNotHoldStaysOwed) {
  AccountWorld world;
  world.Put(500);
  world.PlantDebt("D1", "2025-01-01", 600);
  EXPECT_EQ(world.Act(Call::kOffsetDebt, Offset("", 0)).amount_fen(), -500);
  EXPECT_EQ(world.Act(Call::kOffsetDebt, Offset("", 0)).outcome(), v1::BALANCE_SHORT);
  world.Put(500);
  EXPECT_EQ(world.Act(Call::kOffsetDebt, Offset("", 0)).amount_fen(), -100);
}

TEST(AccountUndo, NotOfWhatIsNoCreditOrPaymentAndNotOfSpentMoney) {
  AccountWorld world;
  const int64_t put = world.Put(1'000);
  const v1::Settlement settled = world.Settle(400);
  for (const int64_t version : {int64_t{1}, settled.version(), settled.version() + 1, INT64_MAX}) {
    EXPECT_EQ(world.Act(Call::kUndoAccountPosting, AccountWorld::Undo(version)).outcome(),
              v1::CANNOT_BE_UNDONE)
        << version;
  }
  EXPECT_EQ(world.Act(Call::kUndoAccountPosting, AccountWorld::Undo(put)).outcome(),
            v1::BALANCE_SHORT);
  world.Reverse(settled.setl_id());
  const v1::AccountResponse undone = world.Act(Call::kUndoAccountPosting, AccountWorld::Undo(put));
  EXPECT_EQ(undone.outcome(), v1::ACCOUNT_DONE);
  EXPECT_EQ(world.Act(Call::kUndoAccountPosting, AccountWorld::Undo(undone.version())).outcome(),
            v1::CANNOT_BE_UNDONE);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(AccountFull, NoAccountHoldsMoreThanItCan) {
  AccountWorld world;
  constexpr int64_t kMost = 1'000'000'000'000;
  for (int i = 0; i < 1'000; ++i) world.Put(kMost);
  EXPECT_EQ(world.Act(Call::kReceiveIntoAccount, AccountWorld::TransferIn("T", 1, 0)).outcome(),
            v1::ACCOUNT_FULL);
  EXPECT_EQ(world.Act(Call::kCreditByPolicy, AccountWorld::CreditFor("2025-01", 100'000)).outcome(),
            v1::ACCOUNT_FULL);
}

}  // namespace
}  // namespace yijie::engine
