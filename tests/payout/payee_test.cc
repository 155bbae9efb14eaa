// Who else than the insured is paid, what waits for an account, and allowances that change.

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/payout/payee.h"
#include "tests/payout/payout_world.h"

namespace yijie::engine {
namespace {

const char* const kP = "P1";

v1::ApplyBenefitResponse Apply(PayoutWorld& world, const v1::ApplyBenefitRequest& request) {
  return world.Ok<v1::ApplyBenefitResponse>(Call::kApplyBenefit, request);
}

void Register(PayoutWorld& world) {
  ASSERT_EQ(world.Register(kP, world.Account(kP, "1001")).outcome(0), v1::BANK_ACCOUNT_MATCHES);
}

void Die(PayoutWorld& world, const std::string& day) {
  v1::PersonFacts facts = world.Facts(kP);
  facts.set_death_date(day);
  world.Amend(facts);
}

// Pays or returns all that waits.
void Pay(PayoutWorld& world, const std::string& file_id, const std::string& status = "ACSC") {
  const std::string today = FormatDate(world.now().day);
  const auto exported = ExportPayments(
      kAgency, file_id, today, [](int64_t, int64_t) {}, world);
  ASSERT_TRUE(exported.ok()) << exported.status();
  std::vector<BankRow> rows;
  const v1::GetPayoutsResponse told_1 = world.Payouts(kP);
  for (const v1::Payout& payout : told_1.payout()) {
    if (payout.state() == v1::PAYOUT_IN_FILE)
      rows.push_back({payout.attempt(payout.attempt_size() - 1).end_to_end_id(), status, ""});
  }
  ASSERT_FALSE(rows.empty());
  const auto told = ImportStatuses(
      kAgency, StatusFileOf("S" + file_id, file_id, today, rows), [](int64_t, int64_t) {}, world);
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_TRUE(told->defects.empty());
}

v1::Settlement Settle(PayoutWorld& world, int64_t fen, int64_t benefit_fen) {
  const auto response =
      world.Ok<v1::SettleResponse>(Call::kSettle, world.CounterBillOf(kP, fen, benefit_fen));
  EXPECT_EQ(response.settlement().outcome(), v1::SETTLED) << response.settlement().reason();
  return response.settlement();
}

void Undo(PayoutWorld& world, const std::string& setl_id) {
  const auto response = world.Ok<v1::ReverseResponse>(
      Call::kReverse, ReverseOf(world.NextHeader().msgid(), kP, setl_id));
  ASSERT_EQ(response.reversal().outcome(), v1::REVERSED) << response.reversal().reason();
}

TEST(DuesTest, ABenefitBesideABillIsInstructedAndCancelledWithIt) {
  PayoutWorld world;
  Register(world);
  const v1::Settlement bill = Settle(world, 100'000, 7'000);
  auto told = world.Payouts(kP);
  ASSERT_EQ(told.payout_size(), 1);
  EXPECT_EQ(told.payout(0).amount_fen(), 7'000);
  EXPECT_EQ(told.payout(0).label(), "营养补助");
  EXPECT_EQ(told.payout(0).source_id(), bill.setl_id());
  Undo(world, bill.setl_id());
  told = world.Payouts(kP);
  EXPECT_EQ(told.payout(0).state(), v1::PAYOUT_CANCELLED);
  EXPECT_EQ(told.debt_size(), 0);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(DuesTest, ABenefitThatWasPaidIsOwedWhenItsBillIsUndone) {
  PayoutWorld world;
  Register(world);
  const v1::Settlement bill = Settle(world, 100'000, 7'000);
  Pay(world, "F1");
  Undo(world, bill.setl_id());
  ASSERT_EQ(world.Payouts(kP).debt_size(), 1);
  EXPECT_EQ(world.Payouts(kP).debt(0).amount_fen(), 7'000);
  // The next one is less by it.
  Settle(world, 100'000, 9'000);
  const auto told = world.Payouts(kP);
  EXPECT_EQ(told.payout(1).gross_fen(), 9'000);
  EXPECT_EQ(told.payout(1).amount_fen(), 2'000);
  EXPECT_EQ(told.debt_size(), 0);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(DuesTest, WhatComesBackMeetsTheDebtOfTheUndoneBill) {
  PayoutWorld world;
  Register(world);
  const v1::Settlement bill = Settle(world, 100'000, 7'000);
  ASSERT_TRUE(ExportPayments(
                  kAgency, "F1", "", [](int64_t, int64_t) {}, world)
                  .ok());
  Undo(world, bill.setl_id());
  auto told = world.Payouts(kP);
  EXPECT_EQ(told.payout(0).state(), v1::PAYOUT_IN_FILE);
  ASSERT_EQ(told.debt_size(), 1);
  const auto back = ImportStatuses(
      kAgency,
      StatusFileOf("S1", "F1", "2026-06-15", {{told.payout(0).payout_id() + "-01", "RJCT", ""}}),
      [](int64_t, int64_t) {}, world);
  ASSERT_TRUE(back.ok());
  told = world.Payouts(kP);
  EXPECT_EQ(told.payout(0).state(), v1::PAYOUT_CANCELLED);
  EXPECT_EQ(told.debt_size(), 0);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(DuesTest, ADebtThatIsMetInPartStaysAsOldAsItIs) {
  PayoutWorld world;
  Register(world);
  Settle(world, 100'000, 7'000);
  Pay(world, "F1");
  v1::PersonFacts poor = world.Facts(kP);
  poor.add_assistance()->set_class_(v1::DIBAO);
  poor.mutable_assistance(0)->set_begndate("2026-01-01");
  const v1::AmendPersonResponse corrected = world.Amend(poor);
  ASSERT_TRUE(ExportPayments(
                  kAgency, "F2", "", [](int64_t, int64_t) {}, world)
                  .ok());
  Undo(world, corrected.correction(0).setl_id());
  auto told = world.Payouts(kP);
  ASSERT_EQ(told.debt_size(), 1);
  EXPECT_EQ(told.debt(0).amount_fen(), 37'000);
  const std::string since = told.debt(0).since();
  const std::string later = FormatDate(Date(world.now().day.days() + 1));
  world.SetDay(later);
  const auto back = ImportStatuses(
      kAgency, StatusFileOf("S2", "F2", later, {{told.payout(1).payout_id() + "-01", "RJCT", ""}}),
      [](int64_t, int64_t) {}, world);
  ASSERT_TRUE(back.ok());
  told = world.Payouts(kP);
  EXPECT_EQ(told.payout(1).state(), v1::PAYOUT_CANCELLED);
  ASSERT_EQ(told.debt_size(), 1);
  EXPECT_EQ(told.debt(0).amount_fen(), 7'000);
  EXPECT_EQ(told.debt(0).since(), since);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(DuesTest, WhatCannotBeInstructedWaitsForAnAccount) {
  PayoutWorld world;
  Settle(world, 100'000, 7'000);
  ASSERT_EQ(world.Payouts(kP).due_size(), 1);
  EXPECT_EQ(world.Payouts(kP).payout_size(), 0);
  EXPECT_TRUE(world.LedgerIsClean());
  Register(world);
  EXPECT_EQ(world.Payouts(kP).due_size(), 0);
  EXPECT_EQ(world.Payouts(kP).payout_size(), 1);
  // A fund that no account of the agency pays for.
  v1::SettleRequest unpaid = world.CounterBillOf(kP, 100'000, 5'000);
  unpaid.mutable_claim()->set_med_type("51");
  world.Ok<v1::SettleResponse>(Call::kSettle, unpaid);
  EXPECT_EQ(world.Payouts(kP).due_size(), 1);
  v1::InstructDuesRequest request;
  *request.mutable_header() = world.NextHeader();
  request.set_psn_no(kP);
  EXPECT_EQ(world.Ok<v1::InstructDuesResponse>(Call::kInstructDues, request).outcome(),
            v1::PAYOUT_NO_PAYER);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(DuesTest, ASupplementGoesAndIsTakenBackWithItsCorrection) {
  PayoutWorld world;
  Register(world);
  Settle(world, 100'000, 0);
  v1::PersonFacts poor = world.Facts(kP);
  const v1::PersonFacts rich = poor;
  poor.add_assistance()->set_class_(v1::DIBAO);
  poor.mutable_assistance(0)->set_begndate("2026-01-01");
  EXPECT_EQ(world.Amend(poor).owed_to_person_fen(), 30'000);
  ASSERT_EQ(world.Payouts(kP).payout_size(), 1);
  EXPECT_EQ(world.Payouts(kP).payout(0).kind(), v1::PAYOUT_SUPPLEMENT);
  EXPECT_EQ(world.Payouts(kP).payout(0).amount_fen(), 30'000);
  world.Amend(rich);
  EXPECT_EQ(world.Payouts(kP).payout(0).state(), v1::PAYOUT_CANCELLED);
  world.Amend(poor);
  Pay(world, "F1");
  world.Amend(rich);
  ASSERT_EQ(world.Payouts(kP).debt_size(), 1);
  EXPECT_EQ(world.Payouts(kP).debt(0).amount_fen(), 30'000);
  world.Amend(poor);  // it was paid once already
  const auto told = world.Payouts(kP);
  EXPECT_EQ(told.debt_size(), 0);
  EXPECT_EQ(told.payout_size(), 2);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayeeTest, TheDeathBenefitGoesToASurvivor) {
  PayoutWorld world;
  Register(world);
  v1::ApplyBenefitRequest request = world.BenefitOf(kP, "INJURY_DEATH", "2026-06-01", 90'000);
  *request.mutable_payee() = world.PayeeOf(v1::SURVIVOR, "T9");
  auto refused = Apply(world, request);
  EXPECT_EQ(refused.outcome(), v1::OFFLINE_PAYEE_REFUSED);
  ASSERT_EQ(refused.payee_outcome_size(), 1);
  EXPECT_EQ(refused.payee_outcome(0), v1::PAYEE_INSURED_ALIVE);
  Die(world, "2026-06-02");
  *request.mutable_header() = world.NextHeader();
  const auto done = Apply(world, request);
  ASSERT_EQ(done.outcome(), v1::OFFLINE_DONE) << done.reason();
  EXPECT_EQ(done.payout(0).other_payee().relation(), v1::SURVIVOR);
  EXPECT_TRUE(absl::StrContains(done.payout(0).payee().certno(), "*"));
  EXPECT_EQ(world.Payouts(kP).payout(0).payee().acct_name(), "亲*");
  *request.mutable_header() = world.NextHeader();
  EXPECT_EQ(Apply(world, request).outcome(), v1::OFFLINE_GRANTED_BEFORE);
  // Returned, it goes to a corrected account of the same survivor, and of nobody else.
  Pay(world, "F1", "RJCT");
  const std::string payout_id = done.payout(0).payout_id();
  EXPECT_EQ(world.Reissue(kP, payout_id).outcome(), v1::PAYOUT_PAYEE_REFUSED);
  v1::ReissuePayoutRequest again;
  *again.mutable_header() = world.NextHeader();
  again.set_psn_no(kP);
  again.set_payout_id(payout_id);
  *again.mutable_payee() = world.PayeeOf(v1::SURVIVOR, "T8");
  EXPECT_EQ(world.Ok<v1::ReissuePayoutResponse>(Call::kReissuePayout, again).outcome(),
            v1::PAYOUT_PAYEE_REFUSED);
  *again.mutable_header() = world.NextHeader();
  *again.mutable_payee() = world.PayeeOf(v1::SURVIVOR, "T9");
  again.mutable_payee()->mutable_account()->set_acct_no("3004");
  const auto reissued = world.Ok<v1::ReissuePayoutResponse>(Call::kReissuePayout, again);
  EXPECT_EQ(reissued.outcome(), v1::PAYOUT_DONE) << reissued.reason();
  Pay(world, "F2");
  // Withdrawn, the survivor owes it, and not the insured's estate.
  const auto withdrawn = world.Withdraw(kP, done.settlement().setl_id());
  ASSERT_EQ(withdrawn.debt_size(), 1);
  EXPECT_NE(withdrawn.debt(0).payee_certno(), "");
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayeeTest, DependantsAreGrantedTheirOwnAllowances) {
  PayoutWorld world;
  Die(world, "2026-06-02");
  for (const char* certno : {"T8", "T9"}) {
    v1::ApplyBenefitRequest request = world.BenefitOf(kP, "INJURY_DEPENDANT", "2026-06-01", 2'400);
    *request.mutable_payee() = world.PayeeOf(v1::DEPENDANT, certno);
    EXPECT_EQ(Apply(world, request).outcome(), v1::OFFLINE_DONE);
    *request.mutable_header() = world.NextHeader();
    EXPECT_EQ(Apply(world, request).outcome(), v1::OFFLINE_GRANTED_BEFORE);
  }
  world.SetDay("2026-07-15");
  EXPECT_EQ(world.MakeMonth(kP, "2026-07").payout_size(), 4);
  const v1::GetPayoutsResponse told_2 = world.Payouts(kP);
  for (const v1::Payout& payout : told_2.payout())
    EXPECT_EQ(payout.other_payee().relation(), v1::DEPENDANT);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayeeTest, AnHeirGetsWhatWaited) {
  PayoutWorld world;
  Settle(world, 100'000, 7'000);
  v1::InstructDuesRequest request;
  *request.mutable_header() = world.NextHeader();
  request.set_psn_no(kP);
  *request.mutable_payee() = world.PayeeOf(v1::HEIR, "T9");
  auto response = world.Ok<v1::InstructDuesResponse>(Call::kInstructDues, request);
  EXPECT_EQ(response.outcome(), v1::PAYOUT_PAYEE_REFUSED);
  Die(world, "2026-06-12");
  *request.mutable_header() = world.NextHeader();
  response = world.Ok<v1::InstructDuesResponse>(Call::kInstructDues, request);
  EXPECT_EQ(response.outcome(), v1::PAYOUT_DONE) << response.reason();
  ASSERT_EQ(response.payout_size(), 1);
  EXPECT_EQ(response.payout(0).other_payee().relation(), v1::HEIR);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayeeTest, Plausible) {
  PayoutWorld world;
  const Date today = world.now().day;
  v1::PersonFacts adult = world.Facts(kP);
  adult.set_brdy("1990-01-01");
  v1::PersonFacts child = adult;
  child.set_brdy("2016-01-01");
  v1::PersonFacts dead = adult;
  dead.set_death_date("2026-06-01");
  const v1::Payee guardian = world.PayeeOf(v1::GUARDIAN_OF_MINOR, "T9");
  using Wrong = std::vector<v1::PayeeOutcome>;
  EXPECT_EQ(MatchPayee(guardian, child, "", today).wrong, Wrong{});
  EXPECT_EQ(MatchPayee(guardian, adult, "", today).wrong, Wrong{v1::PAYEE_NOT_A_MINOR});
  EXPECT_EQ(MatchPayee(guardian, dead, "", today).wrong,
            (Wrong{v1::PAYEE_INSURED_DIED, v1::PAYEE_NOT_A_MINOR}));
  EXPECT_EQ(MatchPayee(guardian, child, "INJURY_DEATH", today).wrong,
            Wrong{v1::PAYEE_NOT_FOR_BENEFIT});
  const v1::Payee survivor = world.PayeeOf(v1::SURVIVOR, "T9");
  EXPECT_EQ(MatchPayee(survivor, dead, "INJURY_DEATH", today).wrong, Wrong{});
  EXPECT_EQ(MatchPayee(survivor, dead, "INJURY_LUMP_SUM", today).wrong,
            Wrong{v1::PAYEE_NOT_FOR_BENEFIT});
  EXPECT_EQ(MatchPayee(world.PayeeOf(v1::SURVIVOR, "tp1"), dead, "INJURY_DEATH", today).wrong,
            Wrong{v1::PAYEE_IS_THE_INSURED});
  v1::Payee other = survivor;
  other.mutable_account()->set_acct_name("别人");
  EXPECT_EQ(MatchPayee(other, dead, "INJURY_DEATH", today).wrong,
            Wrong{v1::PAYEE_ACCOUNT_MISMATCH});
  other = survivor;
  other.mutable_account()->set_certno("T7");
  EXPECT_EQ(MatchPayee(other, dead, "INJURY_DEATH", today).wrong,
            Wrong{v1::PAYEE_ACCOUNT_MISMATCH});
  other = survivor;
  other.set_psn_cert_type("01");
  other.mutable_account()->set_psn_cert_type("01");
  EXPECT_EQ(MatchPayee(other, dead, "INJURY_DEATH", today).wrong, Wrong{v1::PAYEE_CERTNO_INVALID});
}

class AllowanceTest : public testing::Test {
 protected:
  void SetUp() override {
    Register(world_);
    const auto granted = Apply(world_, world_.BenefitOf(kP, "INJURY_MONTHLY", "2026-04-01", 1'000));
    ASSERT_EQ(granted.outcome(), v1::OFFLINE_DONE) << granted.reason();
    setl_id_ = granted.settlement().setl_id();
    ASSERT_EQ(world_.MakeMonth(kP, "2026-05").payout_size(), 2);
  }
  v1::AmendAllowanceRequest AmendmentOf(const std::string& from_month, int64_t fen) {
    v1::AmendAllowanceRequest request;
    *request.mutable_header() = world_.NextHeader();
    request.set_psn_no(kP);
    request.set_setl_id(setl_id_);
    request.set_from_month(from_month);
    request.add_given()->set_name("amount");
    request.mutable_given(0)->set_value(fen);
    request.set_reason("复核");
    return request;
  }
  v1::AmendAllowanceResponse Amend(const std::string& from_month, int64_t fen) {
    return world_.Ok<v1::AmendAllowanceResponse>(Call::kAmendAllowance,
                                                 AmendmentOf(from_month, fen));
  }
  // Gross of what stands for the month.
  int64_t OfMonth(const std::string& month) {
    int64_t sum = 0;
    const v1::GetPayoutsResponse told_3 = world_.Payouts(kP);
    for (const v1::Payout& payout : told_3.payout()) {
      if (payout.source_item() == month && payout.state() != v1::PAYOUT_CANCELLED)
        sum += payout.gross_fen();
    }
    return sum;
  }

  PayoutWorld world_;
  std::string setl_id_;
};

// A reimbursed visit is not settled again; what else is filed may name it.
TEST_F(AllowanceTest, AVisitThatWasReimbursedMayBringABenefitToo) {
  v1::ReimburseRequest bill = world_.ReimburseOf(kP, "R1", 5'000);
  bill.mutable_claim()->set_mdtrt_id("V1");
  ASSERT_EQ(world_.Ok<v1::ReimburseResponse>(Call::kReimburse, bill).outcome(), v1::OFFLINE_DONE);
  v1::ApplyBenefitRequest lump = world_.BenefitOf(kP, "INJURY_LUMP_SUM", "2026-04-01", 1'000);
  lump.mutable_claim()->set_mdtrt_id("V1");
  const auto told = Apply(world_, lump);
  EXPECT_EQ(told.outcome(), v1::OFFLINE_DONE) << told.reason();
}

TEST_F(AllowanceTest, MonthsPaidTooLowAreMadeUpFor) {
  Pay(world_, "F1");
  const auto amended = Amend("2026-05", 1'500);
  ASSERT_EQ(amended.outcome(), v1::PAYOUT_DONE) << amended.reason();
  ASSERT_EQ(amended.payout_size(), 1);
  EXPECT_EQ(amended.payout(0).amount_fen(), 500);
  EXPECT_EQ(OfMonth("2026-04"), 1'000);
  EXPECT_EQ(OfMonth("2026-05"), 1'500);
  world_.MakeMonth(kP, "2026-06");
  EXPECT_EQ(OfMonth("2026-06"), 1'500);
  EXPECT_EQ(Amend("2026-05", 1'500).outcome(), v1::PAYOUT_REPEATED);
  EXPECT_TRUE(world_.LedgerIsClean());
}

TEST_F(AllowanceTest, MonthsPaidTooHighBecomeADebt) {
  Pay(world_, "F1");
  const auto amended = Amend("2026-04", 600);
  ASSERT_EQ(amended.outcome(), v1::PAYOUT_DONE) << amended.reason();
  EXPECT_EQ(amended.debt_size(), 2);
  const auto june = world_.MakeMonth(kP, "2026-06");
  ASSERT_EQ(june.payout_size(), 1);
  EXPECT_EQ(june.payout(0).gross_fen(), 600);
  EXPECT_EQ(june.payout(0).amount_fen(), 0);  // 800 are owed
  ASSERT_EQ(world_.Payouts(kP).debt_size(), 1);
  EXPECT_EQ(world_.Payouts(kP).debt(0).amount_fen(), 200);
  EXPECT_TRUE(world_.LedgerIsClean());
}

TEST_F(AllowanceTest, MonthsThatWereNotSentAreInstructedAnew) {
  const auto amended = Amend("2026-05", 600);
  EXPECT_EQ(amended.debt_size(), 0);
  EXPECT_EQ(OfMonth("2026-04"), 1'000);
  EXPECT_EQ(OfMonth("2026-05"), 600);
  EXPECT_TRUE(world_.LedgerIsClean());
}

TEST_F(AllowanceTest, ACorrectedGrantCanBeWithdrawn) {
  Pay(world_, "F1");
  EXPECT_EQ(Amend("2026-05", 1'500).outcome(), v1::PAYOUT_DONE);
  ASSERT_EQ(world_.Withdraw(kP, setl_id_).outcome(), v1::WITHDRAWN);
  int64_t owed = 0;
  const v1::GetPayoutsResponse told_4 = world_.Payouts(kP);
  for (const v1::BenefitDebt& debt : told_4.debt()) owed += debt.amount_fen();
  EXPECT_EQ(owed, 2'000);
  EXPECT_TRUE(world_.LedgerIsClean());
}

TEST_F(AllowanceTest, AGrantRefusedUnderLateFactsIsTakenBack) {
  Pay(world_, "F1");
  v1::PersonFacts facts = world_.Facts(kP);
  for (v1::Coverage& coverage : *facts.mutable_coverage()) coverage.set_begndate("2026-05-15");
  world_.Amend(facts);
  int64_t owed = 0;
  const v1::GetPayoutsResponse told_5 = world_.Payouts(kP);
  for (const v1::BenefitDebt& debt : told_5.debt()) owed += debt.amount_fen();
  EXPECT_EQ(owed, 2'000);
  EXPECT_EQ(world_.MakeMonth(kP, "2026-06").outcome(), v1::PAYOUT_REPEATED);
  EXPECT_TRUE(world_.LedgerIsClean());
}

TEST_F(AllowanceTest, BadInputNamesTheField) {
  const auto expect = [&](Call call, const auto& good, const char* path, auto spoil) {
    auto request = good;
    spoil(request);
    const Reply reply = world_.Send(call, request);
    EXPECT_EQ(reply.status.code(), absl::StatusCode::kInvalidArgument) << path;
    EXPECT_TRUE(absl::StartsWith(reply.status.message(), absl::StrCat(path, ":")))
        << path << ": " << reply.status;
  };
  const v1::AmendAllowanceRequest amend = AmendmentOf("2026-05", 600);
  constexpr auto kAmend = Call::kAmendAllowance;
  expect(kAmend, amend, "psn_no", [](auto& r) { r.clear_psn_no(); });
  expect(kAmend, amend, "setl_id", [](auto& r) { r.clear_setl_id(); });
  expect(kAmend, amend, "from_month", [](auto& r) { r.set_from_month("2026-13"); });
  expect(kAmend, amend, "from_month", [](auto& r) { r.set_from_month("2026-03"); });
  expect(kAmend, amend, "given", [](auto& r) { r.clear_given(); });
  expect(kAmend, amend, "given[0].value", [](auto& r) { r.mutable_given(0)->set_value(-1); });
  expect(kAmend, amend, "given[1].name",
         [](auto& r) { *r.add_given() = v1::GivenValue(r.given(0)); });
  expect(kAmend, amend, "reason", [](auto& r) { r.clear_reason(); });
  expect(kAmend, amend, "reason", [](auto& r) { r.set_reason("a\nb"); });

  v1::ApplyBenefitRequest death = world_.BenefitOf(kP, "INJURY_DEATH", "2026-06-01", 100);
  *death.mutable_payee() = world_.PayeeOf(v1::SURVIVOR, "T9");
  constexpr auto kApply = Call::kApplyBenefit;
  expect(kApply, death, "payee.relation", [](auto& r) { r.mutable_payee()->clear_relation(); });
  expect(kApply, death, "payee.kinship", [](auto& r) { r.mutable_payee()->clear_kinship(); });
  expect(kApply, death, "payee.name", [](auto& r) { r.mutable_payee()->clear_name(); });
  expect(kApply, death, "payee.psn_cert_type",
         [](auto& r) { r.mutable_payee()->clear_psn_cert_type(); });
  expect(kApply, death, "payee.certno", [](auto& r) { r.mutable_payee()->set_certno("1 2"); });
  expect(kApply, death, "payee.proof_no", [](auto& r) { r.mutable_payee()->clear_proof_no(); });
  expect(kApply, death, "payee.account.holder",
         [](auto& r) { r.mutable_payee()->mutable_account()->set_holder(v1::SELF); });
  expect(kApply, death, "payee.account.acct_no",
         [](auto& r) { r.mutable_payee()->mutable_account()->clear_acct_no(); });
  expect(kApply, death, "payee.account.confirmed_on",
         [](auto& r) { r.mutable_payee()->mutable_account()->set_confirmed_on("2099-01-01"); });

  v1::InstructDuesRequest dues;
  *dues.mutable_header() = world_.NextHeader();
  expect(Call::kInstructDues, dues, "psn_no", [](auto&) {});
  dues.set_psn_no(kP);
  expect(Call::kInstructDues, dues, "payee.relation", [](auto& r) { r.mutable_payee(); });
  v1::RegisterBankAccountRequest account;
  *account.mutable_header() = world_.NextHeader();
  account.set_psn_no(kP);
  *account.mutable_account() = world_.PayeeOf(v1::HEIR, "T9").account();
  expect(Call::kRegisterBankAccount, account, "account.holder", [](auto&) {});
}

}  // namespace
}  // namespace yijie::engine
