// A relative's account pays: who pays how much, and what an undo gives back.

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/family/family_world.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/stay.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Subs = std::array<int64_t, 2>;

TEST(FamilyPayments, OwnAccountFirstThenTheRelative) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 3'000);
  world.Credit("B", 1'000, 0);
  world.Bind("A", "B");
  const v1::Settlement settlement = world.Settle(FamilyBill("s1", "B", 14'000));
  EXPECT_EQ(settlement.outcome(), v1::SETTLED);
  EXPECT_EQ(settlement.amounts().acct_pay_fen(), 1'000);
  EXPECT_EQ(settlement.amounts().acct_mulaid_pay_fen(), 6'000);
  EXPECT_EQ(settlement.amounts().psn_cash_pay_fen(), 0);
  EXPECT_EQ(settlement.balc_fen(), 0);
  world.Quiesce();
  EXPECT_EQ(world.SubBalances("A"), (Subs{0, 2'000}));  // this year's money first
  EXPECT_EQ(world.FamilyOf("A").hold_size(), 0);
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyPayments, WithoutBondOrWithoutTheFlagNobodyGives) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 0);
  EXPECT_EQ(world.Settle(FamilyBill("s1", "B", 2'000)).amounts().psn_cash_pay_fen(), 1'000);
  world.Bind("A", "B");
  v1::SettleRequest own = FamilyBill("s2", "B", 2'000);
  own.mutable_claim()->set_acct_used_flag(v1::ACCT_OWN);
  EXPECT_EQ(world.Settle(own).amounts().psn_cash_pay_fen(), 1'000);
  world.Quiesce();
  EXPECT_EQ(world.Balance("A"), 5'000);
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyPayments, SeveralGiversInTheOrderOfRank) {
  FamilyWorld world({});
  world.Credit("A", 1'000, 0);
  world.Credit("C", 9'000, 0);
  world.Credit("D", 500, 0);
  world.Bind("A", "B", 2);
  world.Bind("C", "B", 3);
  world.Bind("D", "B", 1);
  EXPECT_EQ(world.Settle(FamilyBill("s1", "B", 4'000)).amounts().acct_mulaid_pay_fen(), 2'000);
  world.Quiesce();
  EXPECT_EQ(world.Balance("D"), 0);
  EXPECT_EQ(world.Balance("A"), 0);
  EXPECT_EQ(world.Balance("C"), 8'500);
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyPayments, TheAreaOrdersByBalanceAndBoundsTheAccounts) {
  FamilyWorld::Options options;
  options.sharing = "order: LARGEST_BALANCE_FIRST max_accounts_per_settlement: 1";
  FamilyWorld world(options);
  world.Credit("A", 1'000, 0);
  world.Credit("C", 1'500, 0);
  world.Bind("A", "B", 1);
  world.Bind("C", "B", 2);
  const v1::Amounts amounts = world.Settle(FamilyBill("s1", "B", 8'000)).amounts();
  EXPECT_EQ(amounts.acct_mulaid_pay_fen(), 1'500);
  EXPECT_EQ(amounts.psn_cash_pay_fen(), 2'500);
  world.Quiesce();
  EXPECT_EQ(world.Balance("A"), 1'000);
}

TEST(FamilyPayments, LimitsOfBondAndAreaAndPastYearsOnly) {
  FamilyWorld::Options options;
  options.sharing = "past_years_only: true yearly_limit_fen: 1000";
  FamilyWorld world(options);
  world.Credit("A", 5'000, 5'000);
  v1::ChangeFamilyBondRequest bond = BondOf("b1", "A", "B");
  bond.mutable_bond()->set_settlement_limit_fen(700);
  bond.mutable_bond()->set_yearly_limit_fen(900);
  ASSERT_TRUE(world.Send(Call::kChangeFamilyBond, bond).status.ok());
  world.Bind("A", "C");
  const v1::Settlement first = world.Settle(FamilyBill("s1", "B", 4'000));
  EXPECT_EQ(first.amounts().acct_mulaid_pay_fen(), 700);
  world.Quiesce();
  EXPECT_EQ(world.Settle(FamilyBill("s2", "B", 4'000)).amounts().acct_mulaid_pay_fen(), 200);
  world.Quiesce();
  EXPECT_EQ(world.Settle(FamilyBill("s3", "C", 4'000)).amounts().acct_mulaid_pay_fen(), 100);
  world.Quiesce();
  EXPECT_EQ(world.SubBalances("A"), (Subs{5'000, 4'000}));
  // A refund is taken off the totals.
  EXPECT_EQ(world.Reverse("B", first.setl_id()).outcome(), v1::REVERSED);
  world.Quiesce();
  EXPECT_EQ(world.SubBalances("A"), (Subs{5'000, 4'700}));
  EXPECT_EQ(world.Settle(FamilyBill("s4", "B", 4'000)).amounts().acct_mulaid_pay_fen(), 700);
  world.Quiesce();
  EXPECT_EQ(world.Problem(), "");
}

// The id of a step that pays back begins with the giver's number.
TEST(FamilyPayments, StepsAreLoggedWithoutPersonNumbers) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 0);
  world.Bind("A", "B");
  testing::internal::CaptureStderr();
  const v1::Settlement settled = world.Settle(FamilyBill("s1", "B", 2'000));
  EXPECT_EQ(world.Reverse("B", settled.setl_id()).outcome(), v1::REVERSED);
  world.Quiesce();
  world.Restart();  // the last lines are written when the engine ends
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(absl::StrContains(log, "\"msgid\":\"s1\"")) << log;
  EXPECT_TRUE(absl::StrContains(log, "\"event\":\"RefundFamily\"")) << log;
  EXPECT_FALSE(absl::StrContains(log, "\"A.")) << log;
}

TEST(FamilyPayments, AnUndoGivesBackToTheSameSubAccountsOnce) {
  FamilyWorld world({});
  world.Credit("A", 300, 900);
  world.Credit("C", 100, 50);
  world.Bind("A", "B", 1);
  world.Bind("C", "B", 2);
  const v1::Settlement settled = world.Settle(FamilyBill("s1", "B", 2'600));
  EXPECT_EQ(settled.amounts().acct_mulaid_pay_fen(), 1'300);
  const v1::Reversal reversal = world.Reverse("B", settled.setl_id());
  EXPECT_EQ(reversal.outcome(), v1::REVERSED);
  EXPECT_EQ(reversal.amounts().acct_mulaid_pay_fen(), -1'300);
  EXPECT_EQ(world.Reverse("B", settled.setl_id()).outcome(), v1::ALREADY_REVERSED);
  world.Quiesce();
  ASSERT_TRUE(world.engine().Resolve(TestNow()).ok());
  world.Quiesce();
  EXPECT_EQ(world.SubBalances("A"), (Subs{300, 900}));
  EXPECT_EQ(world.SubBalances("C"), (Subs{100, 50}));
  EXPECT_EQ(world.FamilyOf("A").total_size(), 0);
  EXPECT_EQ(world.FamilyOf("B").owed_size(), 0);
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyPayments, TheSameMessageGetsTheSameReplyAndMovesNothingAgain) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 0);
  world.Bind("A", "B");
  const Reply first = world.Send(Call::kSettle, FamilyBill("s1", "B", 2'000));
  const Reply second = world.Send(Call::kSettle, FamilyBill("s1", "B", 2'000));
  EXPECT_EQ(first.bytes, second.bytes);
  world.Quiesce();
  EXPECT_EQ(world.Balance("A"), 4'000);
}

TEST(FamilyPayments, AnUndoBeforeTheMessageClosesIt) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 0);
  world.Bind("A", "B");
  ASSERT_TRUE(world.Send(Call::kReverseByMessage, UndoOf("u1", "B", "s1")).status.ok());
  EXPECT_EQ(world.Settle(FamilyBill("s1", "B", 2'000)).outcome(), v1::REVERSED_BEFORE_ARRIVAL);
  world.Quiesce();
  EXPECT_EQ(world.Balance("A"), 5'000);
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyPayments, ARefusedClaimAsksNobody) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 0);
  world.Bind("A", "B");
  v1::SettleRequest bill = FamilyBill("s1", "B", 2'000);
  bill.mutable_claim()->set_med_type("14");
  const int64_t version = (*world.durable().LoadLatest("A"))->version;
  EXPECT_EQ(world.Settle(bill).outcome(), v1::NO_POLICY);
  EXPECT_EQ((*world.durable().LoadLatest("A"))->version, version);
}

// A in arrears from May on; `repaid_on` empty: the premium was not paid since.
v1::AmendPersonRequest InArrears(const std::string& msgid, const std::string& repaid_on) {
  v1::AmendPersonRequest request;
  *request.mutable_header() = Header(msgid);
  v1::PersonFacts& facts = *request.mutable_facts();
  facts = TestFacts("A");
  facts.set_psn_cert_type("99");
  facts.set_certno("T1");
  facts.set_gend("1");
  facts.mutable_coverage()->DeleteSubrange(1, 2);
  facts.mutable_coverage(0)->set_enddate("2026-04-30");
  v1::Coverage& unpaid = *facts.add_coverage();
  unpaid = facts.coverage(0);
  unpaid.set_begndate("2026-05-01");
  unpaid.clear_enddate();
  unpaid.set_psn_insu_stas("2");
  unpaid.set_repaid_on(repaid_on);
  return request;
}

TEST(FamilyPayments, AGiverWithArrearsPaidInTimeGives) {
  FamilyWorld world({.lanes = 1,
                     .sharing = "} arrears { cite: \"s1 1\" regime: RESTORED_WHEN_PAID",
                     .faults = {},
                     .spoil = nullptr});
  world.Credit("A", 5'000, 0);
  world.Bind("A", "B");
  ASSERT_TRUE(world.Send(Call::kAmendPerson, InArrears("f1", "")).status.ok());
  EXPECT_EQ(world.Settle(FamilyBill("s1", "B", 2'000)).amounts().acct_mulaid_pay_fen(), 0);
  const v1::ChangeFamilyBondRequest bond = BondOf("b1", "A", "C");
  EXPECT_EQ(
      Parsed<v1::ChangeFamilyBondResponse>(world.Send(Call::kChangeFamilyBond, bond)).outcome(),
      v1::FAMILY_NOT_INSURED);
  ASSERT_TRUE(world.Send(Call::kAmendPerson, InArrears("f2", "2026-06-10")).status.ok());
  EXPECT_EQ(world.Settle(FamilyBill("s2", "B", 2'000)).amounts().acct_mulaid_pay_fen(), 1'000);
  world.Bind("A", "C");
  EXPECT_EQ(world.Settle(FamilyBill("s3", "C", 2'000)).amounts().acct_mulaid_pay_fen(), 1'000);
  world.Quiesce();
  EXPECT_EQ(world.Balance("A"), 3'000);
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyPayments, ABondThatIsOverGivesNothing) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 0);
  v1::ChangeFamilyBondRequest bond = BondOf("b1", "A", "B");
  bond.mutable_bond()->set_enddate("2026-06-14");  // the day before
  ASSERT_TRUE(world.Send(Call::kChangeFamilyBond, bond).status.ok());
  EXPECT_EQ(world.Settle(FamilyBill("s1", "B", 2'000)).amounts().acct_mulaid_pay_fen(), 0);
  EXPECT_EQ(world.Balance("A"), 5'000);
}

TEST(FamilyPayments, ACorrectionOverFamilyMoneyIsRefusedAndNamesTheSettlement) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 0);
  world.Bind("A", "B");
  const v1::Settlement settled = world.Settle(FamilyBill("s1", "B", 2'000));
  world.Quiesce();
  v1::AmendPersonRequest amend;
  *amend.mutable_header() = Header("a1");
  *amend.mutable_facts() = TestFacts("B");
  amend.mutable_facts()->mutable_coverage()->DeleteSubrange(1, 1);  // one relation of medical care
  amend.mutable_facts()->set_psn_cert_type("99");
  amend.mutable_facts()->set_certno("T1");
  amend.mutable_facts()->set_gend("1");
  EXPECT_TRUE(world.Send(Call::kAmendPerson, amend).status.ok());  // nothing comes out differently
  amend.mutable_header()->set_msgid("a2");
  amend.mutable_facts()->mutable_coverage(0)->set_begndate("2026-06-10");
  const Reply refused = world.Send(Call::kAmendPerson, amend);
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(refused.status.message(), settled.setl_id())) << refused.status;
  EXPECT_EQ(world.Reverse("B", settled.setl_id()).outcome(), v1::REVERSED);
  world.Quiesce();
  EXPECT_TRUE(world.Send(Call::kAmendPerson, amend).status.ok());
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyPayments, DrainCarriesOutWhatWasBegun) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 0);
  world.Bind("A", "B");
  Inbox inboxes[8];
  for (int i = 0; i < 8; ++i) {
    world.engine().Submit(
        inboxes[i].Await(JobOf(Call::kSettle, FamilyBill(absl::StrCat("s", i), "B", 1'000))));
  }
  world.engine().Drain();
  for (Inbox& inbox : inboxes) EXPECT_TRUE(inbox.Get().status.ok());
  EXPECT_EQ(world.Balance("A"), 1'000);
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyPayments, ADeadlineThatPassesLeavesNothingHeld) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 0);
  world.Bind("A", "B");
  for (int us = 0; us < 400; us += 10) {
    auto job = JobOf(Call::kSettle, FamilyBill(absl::StrCat("s", us), "B", 2));
    job->deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(us);
    Inbox inbox;
    world.engine().Submit(inbox.Await(std::move(job)));
    const Reply reply = inbox.Get();
    EXPECT_TRUE(reply.status.ok() || absl::IsDeadlineExceeded(reply.status) ||
                absl::IsResourceExhausted(reply.status) || absl::IsUnavailable(reply.status))
        << reply.status;
  }
  world.Quiesce();
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyPayments, AnUndoThatOvertakesOrFollowsLeavesNothing) {
  FamilyWorld world({});
  world.Credit("A", 5'000, 0);
  world.Bind("A", "B");
  for (int i = 0; i < 50; ++i) {
    const std::string id = absl::StrCat("s", i);
    Inbox settle;
    Inbox undo;
    world.engine().Submit(settle.Await(JobOf(Call::kSettle, FamilyBill(id, "B", 2'000))));
    world.engine().Submit(
        undo.Await(JobOf(Call::kReverseByMessage, UndoOf(absl::StrCat("u", i), "B", id))));
    EXPECT_EQ(Parsed<v1::SettleResponse>(settle.Get()).settlement().outcome(), v1::SETTLED);
    EXPECT_EQ(Parsed<v1::ReverseByMessageResponse>(undo.Get()).reversal().outcome(), v1::REVERSED);
  }
  world.Quiesce();
  EXPECT_EQ(world.Balance("A"), 5'000);
  EXPECT_EQ(world.Problem(), "");
}

// A commit of the member is not taken: the client is told so when the relative's money is home, and
// the message sent again finds it there.
TEST(FamilyPayments, AMessageThatWasNotAppliedFindsTheMoneyWhenItIsSentAgain) {
  FamilyWorld world({});
  world.Credit("A", 1'000, 0);
  world.Bind("A", "B");
  world.RefuseNext(2);  // the hold is taken, the settlement is not
  const Reply refused = world.Send(Call::kSettle, FamilyBill("s1", "B", 2'000));
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status)) << refused.status;
  EXPECT_EQ(world.Balance("A"), 1'000);
  EXPECT_EQ(world.Settle(FamilyBill("s1", "B", 2'000)).amounts().acct_mulaid_pay_fen(), 1'000);
  world.Quiesce();
  EXPECT_EQ(world.Problem(), "");
}

// The store does not take the close: the money stays held until the steps are sent again.
TEST(FamilyPayments, AStepThatTheStoreRefusedIsSentAgain) {
  FamilyWorld world({});
  world.Credit("A", 3'000, 0);
  world.Bind("A", "B");
  world.RefuseNext(3);
  const v1::Settlement settled = world.Settle(FamilyBill("s1", "B", 2'000));
  world.engine().AwaitIdle();
  EXPECT_EQ(world.FamilyOf("A").hold_size(), 1);
  EXPECT_EQ(world.Problem(), "steps are still open");
  world.Quiesce();
  EXPECT_EQ(world.FamilyOf("A").hold_size(), 0);
  for (int n = 2; n <= 3; ++n) {  // the refund, and then its end
    const v1::Settlement other = world.Settle(FamilyBill(absl::StrCat("t", n), "B", 2'000));
    world.Quiesce();
    world.RefuseNext(n);
    EXPECT_EQ(world.Reverse("B", other.setl_id()).outcome(), v1::REVERSED);
    world.engine().AwaitIdle();
    EXPECT_EQ(world.FamilyOf("B").owed_size(), 1) << n;
    world.Quiesce();
  }
  EXPECT_EQ(world.Reverse("B", settled.setl_id()).outcome(), v1::REVERSED);
  world.Quiesce();
  EXPECT_EQ(world.Balance("A"), 3'000);
  EXPECT_EQ(world.Problem(), "");
}

TEST(FamilyPayments, AStayIsPaidByARelativeAndUndone) {
  FamilyWorld world({});
  world.Credit("A", 100'000, 0);
  world.Bind("A", "B");
  v1::AdmitRequest admit;
  *admit.mutable_header() = Header("st1");
  admit.set_psn_no("B");
  admit.set_mdtrt_id("V1");
  admit.mutable_admission()->set_insutype("310");
  admit.mutable_admission()->set_med_type("21");
  admit.mutable_admission()->set_begndate("2026-06-01");
  ASSERT_EQ(Parsed<v1::StayResponse>(world.Send(Call::kAdmit, admit)).outcome(), v1::STAY_DONE);
  v1::UploadFeesRequest fees;
  *fees.mutable_header() = Header("st2");
  fees.set_psn_no("B");
  fees.set_mdtrt_id("V1");
  fees.set_chrg_bchno("1");
  *fees.add_fee_line() = SettleOf("x", "B", 100'000).claim().fee_line(0);
  fees.mutable_fee_line(0)->set_fee_ocur_date("2026-06-02");
  ASSERT_EQ(Parsed<v1::StayResponse>(world.Send(Call::kUploadFees, fees)).outcome(), v1::STAY_DONE);
  v1::DischargeRequest discharge;
  *discharge.mutable_header() = Header("st3");
  discharge.set_psn_no("B");
  discharge.set_mdtrt_id("V1");
  discharge.set_enddate("2026-06-10");
  ASSERT_EQ(Parsed<v1::StayResponse>(world.Send(Call::kDischarge, discharge)).outcome(),
            v1::STAY_DONE);
  v1::SettleStayRequest settle;
  *settle.mutable_header() = Header("st4");
  settle.set_psn_no("B");
  settle.set_mdtrt_id("V1");
  settle.set_medfee_sumamt_fen(100'000);
  settle.set_acct_used_flag(v1::ACCT_FAMILY);
  const v1::Settlement settled =
      Parsed<v1::SettleResponse>(world.Send(Call::kSettleStay, settle)).settlement();
  EXPECT_EQ(settled.amounts().acct_mulaid_pay_fen(), 60'000);
  world.Quiesce();
  EXPECT_EQ(world.Balance("A"), 40'000);
  EXPECT_EQ(world.Reverse("B", settled.setl_id()).outcome(), v1::REVERSED);
  world.Quiesce();
  EXPECT_EQ(world.Balance("A"), 100'000);
  EXPECT_EQ(world.Problem(), "");
}

// Everybody gives to everybody, all settle and undo at once, and the store refuses some commits.
void MutualSharing(int lanes, int not_applied_percent) {
  FamilyWorld::Options options;
  options.lanes = lanes;
  options.faults.not_applied_percent = not_applied_percent;
  options.faults.late_percent = 30;
  FamilyWorld world(options);
  for (const char* giver : kFamily) {
    world.Credit(giver, 4'000, 3'000);
    for (const char* relative : kFamily) {
      if (std::string(giver) != relative) world.Bind(giver, relative);
    }
  }
  constexpr int kRounds = 40;
  std::vector<std::thread> threads;
  for (const char* psn_no : kFamily) {
    threads.emplace_back([&world, psn_no] {
      for (int i = 0; i < kRounds; ++i) {
        const std::string id = absl::StrCat(psn_no, i);
        Reply reply = world.Send(Call::kSettle, FamilyBill(id, psn_no, 1'000));
        while (absl::IsResourceExhausted(reply.status))
          reply = world.Send(Call::kSettle, FamilyBill(id, psn_no, 1'000));
        ASSERT_TRUE(reply.status.ok()) << reply.status;
        if (i % 2 == 0) continue;
        Reply undo = world.Send(Call::kReverseByMessage, UndoOf(id, psn_no, id));
        while (absl::IsResourceExhausted(undo.status))
          undo = world.Send(Call::kReverseByMessage, UndoOf(id, psn_no, id));
        ASSERT_TRUE(undo.status.ok()) << undo.status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  world.Quiesce();
  EXPECT_EQ(world.Problem(), "");
  int64_t cash = 0;
  int64_t left = 0;
  for (const char* psn_no : kFamily) {
    left += world.Balance(psn_no);
    const auto history = world.durable().LoadHistory(psn_no, 0, 100'000);
    for (const storage::PersonVersion& version : *history) {
      const auto event = *ParseEvent(version);
      v1::SettleResponse reply;
      if (event.has_settled() && reply.ParseFromString(event.reply()) &&
          ParsePerson(**world.durable().LoadLatest(psn_no))->ReversedBy(version.version) == 0) {
        cash += reply.settlement().amounts().psn_cash_pay_fen();
      }
    }
  }
  // Half of the 160 settlements stand, and the own share of each is 500.
  EXPECT_EQ(4 * 7'000 - left + cash, 80 * 500);
}

TEST(FamilyPayments, MutualSharingInOneLane) { MutualSharing(1, 0); }
TEST(FamilyPayments, MutualSharingInSeveralLanes) { MutualSharing(4, 0); }
TEST(FamilyPayments, MutualSharingOverAStoreThatRefuses) { MutualSharing(3, 5); }

}  // namespace
}  // namespace yijie::engine
