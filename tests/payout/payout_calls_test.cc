// Every call of PayoutService by itself: what it does, what it refuses, and bad input.

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/payout/payout_world.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {
namespace {

const char* const kP = "P1";

v1::ReimburseResponse Reimburse(PayoutWorld& world, const v1::ReimburseRequest& request) {
  return world.Ok<v1::ReimburseResponse>(Call::kReimburse, request);
}
v1::ApplyBenefitResponse Apply(PayoutWorld& world, const v1::ApplyBenefitRequest& request) {
  return world.Ok<v1::ApplyBenefitResponse>(Call::kApplyBenefit, request);
}
void RegisterAccount(PayoutWorld& world, const std::string& acct_no = "1001") {
  ASSERT_EQ(world.Register(kP, world.Account(kP, acct_no)).outcome(0), v1::BANK_ACCOUNT_MATCHES);
}
PaymentExport Export(PayoutWorld& world, const std::string& file_id) {
  const auto exported = ExportPayments(
      kAgency, file_id, "", [](int64_t, int64_t) {}, world);
  EXPECT_TRUE(exported.ok()) << exported.status();
  return exported.value_or(PaymentExport());
}
PaymentImport Import(PayoutWorld& world, const std::string& bytes) {
  const auto imported = ImportStatuses(
      kAgency, bytes, [](int64_t, int64_t) {}, world);
  EXPECT_TRUE(imported.ok()) << imported.status();
  return imported.value_or(PaymentImport());
}

TEST(PayoutCallsTest, ABillIsReimbursedToTheAccount) {
  PayoutWorld world;
  RegisterAccount(world);
  const auto request = world.ReimburseOf(kP, "R1", 100'000);
  const auto response = Reimburse(world, request);
  ASSERT_EQ(response.outcome(), v1::OFFLINE_DONE) << response.reason();
  // Half of the bill, less 10 %.
  EXPECT_EQ(response.settlement().amounts().fund_pay_sumamt_fen(), 45'000);
  EXPECT_EQ(response.settlement().amounts().hifp_pay_fen(), 45'000);
  EXPECT_EQ(response.settlement().amounts().psn_cash_pay_fen(), 55'000);
  EXPECT_EQ(response.settlement().fixmedins_code(), kHospital);
  EXPECT_EQ(response.last_filing_day(), "2026-12-10");
  EXPECT_EQ(response.decision_due(), "2026-07-27");  // 30 working days after Monday 2026-06-15
  ASSERT_EQ(response.payout_size(), 1);
  EXPECT_EQ(response.payout(0).amount_fen(), 45'000);
  EXPECT_EQ(response.payout(0).kind(), v1::PAYOUT_REIMBURSEMENT);
  EXPECT_EQ(response.payout(0).source_id(), response.settlement().setl_id());
  EXPECT_FALSE(absl::StrContains(response.ShortDebugString(), "\"1001\""));
  EXPECT_TRUE(world.LedgerIsClean());
  // The same message again: the same bytes, nothing more.
  EXPECT_EQ(world.Send(Call::kReimburse, request).bytes, response.SerializeAsString());
  world.Restart();
  EXPECT_EQ(world.Send(Call::kReimburse, request).bytes, response.SerializeAsString());
  EXPECT_EQ(world.Payouts(kP).payout_size(), 1);
  auto other = request;
  other.set_receipt_no("R9");
  EXPECT_EQ(world.Send(Call::kReimburse, other).status.code(), absl::StatusCode::kAlreadyExists);
  // It is in no institution's book.
  const auto newest = world.store().LoadHistory(kP, 0, 100);
  for (const auto& version : *newest) {
    store::v1::PersonEvent event;
    ASSERT_TRUE(event.ParseFromString(version.event));
    for (const auto& line : event.journal())
      EXPECT_NE(line.account(), store::v1::INSTITUTION_PAYABLE);
  }
}

TEST(PayoutCallsTest, WorkInjuryIsDecidedInTwentyDays) {
  PayoutWorld world;
  RegisterAccount(world);
  const auto response = Reimburse(world, world.ReimburseOf(kP, "R1", 100'000, "410"));
  ASSERT_EQ(response.outcome(), v1::OFFLINE_DONE) << response.reason();
  EXPECT_EQ(response.decision_due(), "2026-07-13");
  EXPECT_EQ(response.payout(0).debtor_account(), "A410");
}

TEST(PayoutCallsTest, RefusalsChangeNothing) {
  struct Row {
    const char* what;
    std::function<void(PayoutWorld&, v1::ReimburseRequest&)> spoil;
    v1::OfflineOutcome outcome;
  };
  const Row rows[] = {
      {"paper", [](auto&, auto& r) { r.mutable_paper()->RemoveLast(); },
       v1::OFFLINE_PAPERS_MISSING},
      {"late",
       [](auto& w, auto& r) {
         w.SetDay("2026-12-12");
         r.mutable_claim()->set_filed_on("2026-12-11");
       },
       v1::OFFLINE_TOO_LATE},
      {"not insured",
       [](auto&, auto& r) {
         r.mutable_claim()->set_insutype("320");
         r.add_paper(v1::ReimbursementRules::DIAGNOSIS);
         r.add_paper(v1::ReimbursementRules::MEDICAL_RECORD);
       },
       v1::OFFLINE_CLAIM_REFUSED},
      {"receipt twice", [](auto& w, auto&) { Reimburse(w, w.ReimburseOf(kP, "R1", 5'000)); },
       v1::OFFLINE_REIMBURSED_BEFORE},
      {"visit twice",
       [](auto& w, auto& r) {
         auto earlier = w.ReimburseOf(kP, "R0", 5'000);
         earlier.mutable_claim()->set_mdtrt_id("V1");
         ASSERT_EQ(Reimburse(w, earlier).outcome(), v1::OFFLINE_DONE);
         r.mutable_claim()->set_mdtrt_id("V1");
       },
       v1::OFFLINE_REIMBURSED_BEFORE},
      {"settled directly",
       [](auto& w, auto& r) {
         auto direct = SettleOf("d1", kP, 5'000);
         direct.mutable_claim()->set_mdtrt_id("V1");
         ASSERT_EQ(w.template Ok<v1::SettleResponse>(Call::kSettle, direct).settlement().outcome(),
                   v1::SETTLED);
         r.mutable_claim()->set_mdtrt_id("V1");
       },
       v1::OFFLINE_SETTLED_DIRECTLY},
      {"account ended",
       [](auto& w, auto&) {
         auto ended = w.Account(kP, "1002", "2021-01-01");
         ended.set_enddate("2021-02-01");
         w.Register(kP, ended);
         auto later = w.Account(kP, "1003", "2030-01-01");
         ASSERT_EQ(w.Register(kP, later).outcome(0), v1::BANK_ACCOUNT_MATCHES);
       },
       v1::OFFLINE_DONE},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    PayoutWorld world;
    RegisterAccount(world);
    auto request = world.ReimburseOf(kP, "R1", 100'000);
    row.spoil(world, request);
    const int before = world.Payouts(kP).payout_size();
    const auto version = world.Payouts(kP).version();
    const auto response = Reimburse(world, request);
    EXPECT_EQ(response.outcome(), row.outcome) << response.reason();
    if (row.outcome == v1::OFFLINE_DONE) continue;
    EXPECT_FALSE(response.reason().empty());
    EXPECT_EQ(world.Payouts(kP).payout_size(), before);
    EXPECT_EQ(world.Payouts(kP).version(), version);
    EXPECT_TRUE(world.LedgerIsClean());
  }
  PayoutWorld no_account;
  EXPECT_EQ(Reimburse(no_account, no_account.ReimburseOf(kP, "R1", 100'000)).outcome(),
            v1::OFFLINE_ACCOUNT_REFUSED);
}

TEST(PayoutCallsTest, AReimbursedVisitIsNotSettledAtTheCounter) {
  PayoutWorld world;
  RegisterAccount(world);
  auto request = world.ReimburseOf(kP, "R1", 5'000);
  request.mutable_claim()->set_mdtrt_id("V1");
  const auto done = Reimburse(world, request);
  auto direct = SettleOf("d1", kP, 5'000);
  direct.mutable_claim()->set_mdtrt_id("V1");
  EXPECT_EQ(world.Ok<v1::SettleResponse>(Call::kSettle, direct).settlement().outcome(),
            v1::REIMBURSED_BEFORE);
  // Before any question about coverage and policy (the order of v1::Outcome).
  auto uninsured = direct;
  uninsured.mutable_header()->set_msgid("d1b");
  uninsured.mutable_claim()->set_insutype("390");
  EXPECT_EQ(world.Ok<v1::SettleResponse>(Call::kSettle, uninsured).settlement().outcome(),
            v1::REIMBURSED_BEFORE);
  // Nor is it undone there, not even by the agency's own undo of settlements.
  v1::ReverseRequest reverse = ReverseOf("u1", kP, done.settlement().setl_id());
  EXPECT_EQ(world.Ok<v1::ReverseResponse>(Call::kReverse, reverse).reversal().outcome(),
            v1::NO_SUCH_SETTLEMENT);
  v1::UndoSettlementRequest undo;
  *undo.mutable_header() = reverse.header();
  undo.mutable_header()->set_fixmedins_code(kAgency);
  undo.set_psn_no(kP);
  undo.set_fixmedins_code(kAgency);
  undo.set_setl_id(reverse.setl_id());
  undo.set_reason("重复");
  EXPECT_EQ(world.Ok<v1::ReverseResponse>(Call::kUndoSettlement, undo).reversal().outcome(),
            v1::FILED_WITH_AGENCY);
  EXPECT_EQ(world.Withdraw(kP, done.settlement().setl_id()).outcome(), v1::WITHDRAWN);
  direct.mutable_header()->set_msgid("d2");
  EXPECT_EQ(world.Ok<v1::SettleResponse>(Call::kSettle, direct).settlement().outcome(),
            v1::SETTLED);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayoutCallsTest, WithdrawnBeforeItIsSentAndAfterItIsPaid) {
  PayoutWorld world;
  RegisterAccount(world);
  const auto first = Reimburse(world, world.ReimburseOf(kP, "R1", 100'000));
  auto withdrawn = world.Withdraw(kP, first.settlement().setl_id());
  ASSERT_EQ(withdrawn.outcome(), v1::WITHDRAWN) << withdrawn.reason();
  EXPECT_EQ(withdrawn.payout_size(), 1);
  EXPECT_EQ(withdrawn.debt_size(), 0);
  EXPECT_EQ(world.Payouts(kP).payout(0).state(), v1::PAYOUT_CANCELLED);
  EXPECT_EQ(world.Withdraw(kP, first.settlement().setl_id()).outcome(), v1::WITHDRAW_REFUSED);
  EXPECT_TRUE(Export(world, "F0").bytes.empty());

  const auto second = Reimburse(world, world.ReimburseOf(kP, "R1", 100'000));
  ASSERT_EQ(second.outcome(), v1::OFFLINE_DONE);
  EXPECT_FALSE(Export(world, "F1").bytes.empty());
  EXPECT_EQ(world.Withdraw(kP, second.settlement().setl_id()).outcome(), v1::WITHDRAW_PENDING);
  const std::string id = second.payout(0).payout_id() + "-01";
  EXPECT_EQ(Import(world, StatusFileOf("S1", "F1", "2026-06-16", {{id, "ACSC", "450.00"}})).paid,
            1);
  withdrawn = world.Withdraw(kP, second.settlement().setl_id());
  ASSERT_EQ(withdrawn.outcome(), v1::WITHDRAWN);
  ASSERT_EQ(withdrawn.debt_size(), 1);
  EXPECT_EQ(withdrawn.debt(0).amount_fen(), 45'000);
  // The next benefit pays the debt first.
  const auto benefit = Apply(world, world.BenefitOf(kP, "INJURY_LUMP_SUM", "2026-06-01", 50'000));
  ASSERT_EQ(benefit.outcome(), v1::OFFLINE_DONE) << benefit.reason();
  EXPECT_EQ(benefit.payout(0).gross_fen(), 50'000);
  EXPECT_EQ(benefit.payout(0).amount_fen(), 5'000);
  EXPECT_EQ(world.Payouts(kP).debt_size(), 0);
  EXPECT_TRUE(world.LedgerIsClean());
  // Withdrawn as well, what it had deducted is owed again.
  ASSERT_EQ(world.Withdraw(kP, benefit.settlement().setl_id()).outcome(), v1::WITHDRAWN);
  ASSERT_EQ(world.Payouts(kP).debt_size(), 1);
  EXPECT_EQ(world.Payouts(kP).debt(0).amount_fen(), 45'000);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayoutCallsTest, ABenefitIsGrantedOnce) {
  PayoutWorld world;
  RegisterAccount(world);
  EXPECT_EQ(Apply(world, world.BenefitOf(kP, "INJURY_LUMP_SUM", "2026-06-01", 100)).outcome(),
            v1::OFFLINE_DONE);
  EXPECT_EQ(Apply(world, world.BenefitOf(kP, "INJURY_LUMP_SUM", "2026-06-01", 200)).outcome(),
            v1::OFFLINE_GRANTED_BEFORE);
  EXPECT_EQ(Apply(world, world.BenefitOf(kP, "INJURY_DEATH", "2026-06-01", 200)).outcome(),
            v1::OFFLINE_OTHER_PAYEE);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayoutCallsTest, MonthlyAllowance) {
  PayoutWorld world;
  RegisterAccount(world);
  const auto granted = Apply(world, world.BenefitOf(kP, "INJURY_MONTHLY", "2026-04-01", 1'000));
  ASSERT_EQ(granted.outcome(), v1::OFFLINE_DONE) << granted.reason();
  EXPECT_EQ(granted.payout_size(), 0);
  ASSERT_EQ(granted.schedule_size(), 1);
  EXPECT_EQ(world.MakeMonth(kP, "2026-05").payout_size(), 2);
  EXPECT_EQ(world.MakeMonth(kP, "2026-05").outcome(), v1::PAYOUT_REPEATED);
  EXPECT_EQ(world.MakeMonth(kP, "2026-06").payout_size(), 1);
  EXPECT_TRUE(world.LedgerIsClean());
  // May and June are not owed: not sent yet, they are cancelled.
  v1::StopAllowanceRequest stop;
  *stop.mutable_header() = world.NextHeader();
  stop.set_psn_no(kP);
  stop.set_schedule_id(granted.schedule(0).schedule_id());
  stop.mutable_stop()->set_reason(v1::REFUSES_TREATMENT);
  stop.mutable_stop()->set_from_month("2026-05");
  EXPECT_EQ(world.Ok<v1::StopAllowanceResponse>(Call::kStopAllowance, stop).outcome(),
            v1::PAYOUT_DONE);
  *stop.mutable_header() = world.NextHeader();
  EXPECT_EQ(world.Ok<v1::StopAllowanceResponse>(Call::kStopAllowance, stop).outcome(),
            v1::PAYOUT_REPEATED);
  const auto taken = world.MakeMonth(kP, "2026-06");
  EXPECT_EQ(taken.outcome(), v1::PAYOUT_DONE);
  EXPECT_EQ(taken.payout_size(), 2);
  for (const v1::Payout& payout : taken.payout()) EXPECT_EQ(payout.state(), v1::PAYOUT_CANCELLED);
  const PaymentExport file = Export(world, "F1");
  EXPECT_EQ(file.transfers, 1);
  EXPECT_EQ(file.amount, Fen(1'000));
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayoutCallsTest, AMonthOnItsWayIsTakenBackWhenTheBankHasDecided) {
  PayoutWorld world;
  RegisterAccount(world);
  const auto granted = Apply(world, world.BenefitOf(kP, "INJURY_MONTHLY", "2026-05-01", 1'000));
  const auto made = world.MakeMonth(kP, "2026-05");
  ASSERT_EQ(made.payout_size(), 1);
  Export(world, "F1");
  ASSERT_EQ(world.MakeMonth(kP, "2026-06").payout_size(), 1);
  EXPECT_EQ(world.Withdraw(kP, granted.settlement().setl_id()).outcome(), v1::WITHDRAW_PENDING);
  v1::StopAllowanceRequest stop;
  *stop.mutable_header() = world.NextHeader();
  stop.set_psn_no(kP);
  stop.set_schedule_id(granted.schedule(0).schedule_id());
  stop.mutable_stop()->set_reason(v1::CONDITION_LOST);
  stop.mutable_stop()->set_from_month("2026-05");
  ASSERT_EQ(world.Ok<v1::StopAllowanceResponse>(Call::kStopAllowance, stop).outcome(),
            v1::PAYOUT_DONE);
  // June was not sent.
  EXPECT_EQ(world.MakeMonth(kP, "2026-06").payout_size(), 1);
  EXPECT_EQ(world.MakeMonth(kP, "2026-06").outcome(), v1::PAYOUT_PENDING);
  Import(world, StatusFileOf("S1", "F1", "2026-06-15",
                             {{made.payout(0).payout_id() + "-01", "RJCT", ""}}));
  const auto taken = world.MakeMonth(kP, "2026-06");
  ASSERT_EQ(taken.payout_size(), 1);
  EXPECT_EQ(taken.payout(0).state(), v1::PAYOUT_CANCELLED);
  EXPECT_EQ(taken.debt_size(), 0);
  EXPECT_EQ(world.MakeMonth(kP, "2026-06").outcome(), v1::PAYOUT_REPEATED);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayoutCallsTest, DeathEndsAnAllowance) {
  PayoutWorld world;
  RegisterAccount(world);
  Apply(world, world.BenefitOf(kP, "INJURY_MONTHLY", "2026-04-01", 1'000));
  ASSERT_EQ(world.MakeMonth(kP, "2026-05").payout_size(), 2);
  Export(world, "F1");
  std::vector<BankRow> rows;
  const v1::GetPayoutsResponse sent = world.Payouts(kP);
  for (const v1::Payout& payout : sent.payout())
    rows.push_back({payout.payout_id() + "-01", "ACSC", ""});
  EXPECT_EQ(Import(world, StatusFileOf("S1", "F1", "2026-06-15", rows)).paid, 2);
  v1::AmendPersonRequest amend;
  *amend.mutable_header() = world.NextHeader();
  *amend.mutable_facts() = *ParsePerson(**world.store().LoadLatest(kP))->facts;
  amend.mutable_facts()->set_death_date("2026-04-20");
  const Reply amended = world.Send(Call::kAmendPerson, amend);
  ASSERT_TRUE(amended.status.ok()) << amended.status;
  const auto after = world.Payouts(kP);
  ASSERT_EQ(after.debt_size(), 1) << after.ShortDebugString();
  EXPECT_EQ(after.debt(0).amount_fen(), 1'000);
  EXPECT_EQ(world.MakeMonth(kP, "2026-06").outcome(), v1::PAYOUT_REPEATED);
  EXPECT_TRUE(world.LedgerIsClean());
}

// Facts become known under which the claim is refused: the person owes what was reimbursed.
TEST(PayoutCallsTest, ACorrectedReimbursementStaysInBalance) {
  PayoutWorld world;
  RegisterAccount(world);
  const auto done = Reimburse(world, world.ReimburseOf(kP, "R1", 100'000));
  ASSERT_EQ(done.outcome(), v1::OFFLINE_DONE);
  v1::AmendPersonRequest amend;
  *amend.mutable_facts() = *ParsePerson(**world.store().LoadLatest(kP))->facts;
  *amend.mutable_header() = world.NextHeader();
  auto same = world.Ok<v1::AmendPersonResponse>(Call::kAmendPerson, amend);
  EXPECT_EQ(same.correction_size(), 0) << same.ShortDebugString();
  for (v1::Coverage& coverage : *amend.mutable_facts()->mutable_coverage())
    coverage.set_begndate("2026-06-05");
  *amend.mutable_header() = world.NextHeader();
  const auto corrected = world.Ok<v1::AmendPersonResponse>(Call::kAmendPerson, amend);
  ASSERT_EQ(corrected.correction_size(), 1);
  EXPECT_EQ(corrected.owed_to_person_fen(), -45'000);
  EXPECT_EQ(world.Withdraw(kP, done.settlement().setl_id()).outcome(), v1::WITHDRAW_REFUSED);
  EXPECT_TRUE(world.LedgerIsClean());
}

// The agency names the settlement it was answered, which late facts replaced.
TEST(PayoutCallsTest, ACorrectedReimbursementIsWithdrawnByTheIdOfTheFirst) {
  PayoutWorld world;
  RegisterAccount(world);
  v1::ReimburseRequest request = world.ReimburseOf(kP, "R1", 100'000);
  *request.mutable_claim() = world.CounterBillOf(kP, 100'000, 0).claim();
  request.mutable_claim()->clear_mdtrt_id();
  request.mutable_claim()->set_acct_used_flag(v1::ACCT_NOT_USED);
  const auto done = Reimburse(world, request);
  ASSERT_EQ(done.outcome(), v1::OFFLINE_DONE) << done.reason();
  v1::PersonFacts poor = world.Facts(kP);
  poor.add_assistance()->set_class_(v1::DIBAO);
  poor.mutable_assistance(0)->set_begndate("2026-01-01");
  const auto corrected = world.Amend(poor);
  ASSERT_EQ(corrected.correction_size(), 1);
  ASSERT_EQ(corrected.correction(0).outcome(), v1::SETTLED);
  const auto withdrawn = world.Withdraw(kP, done.settlement().setl_id());
  EXPECT_EQ(withdrawn.outcome(), v1::WITHDRAWN) << withdrawn.reason();
  EXPECT_EQ(withdrawn.reversal().orig_setl_id(), corrected.correction(0).setl_id());
  const v1::GetPayoutsResponse told = world.Payouts(kP);
  EXPECT_GT(told.payout_size(), 0);
  for (const v1::Payout& payout : told.payout())
    EXPECT_EQ(payout.state(), v1::PAYOUT_CANCELLED) << payout.ShortDebugString();
  EXPECT_EQ(world.Withdraw(kP, done.settlement().setl_id()).outcome(), v1::WITHDRAW_REFUSED);
  *request.mutable_header() = world.NextHeader();
  EXPECT_EQ(Reimburse(world, request).outcome(), v1::OFFLINE_DONE);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayoutCallsTest, AReturnedPayoutIsReissuedOnceToACorrectedAccount) {
  PayoutWorld world;
  RegisterAccount(world);
  const auto done = Reimburse(world, world.ReimburseOf(kP, "R1", 100'000));
  const std::string payout_id = done.payout(0).payout_id();
  const PaymentExport file = Export(world, "F1");
  EXPECT_EQ(world.Reissue(kP, payout_id).outcome(), v1::PAYOUT_WRONG_STATE);
  world.SetDay("2026-06-17");
  const std::string back =
      StatusFileOf("S1", "F1", "2026-06-17", {{payout_id + "-01", "RJCT", ""}});
  EXPECT_EQ(Import(world, back).returned, 1);
  EXPECT_EQ(world.Reissue(kP, payout_id).outcome(), v1::PAYOUT_ACCOUNT_UNCHANGED);
  EXPECT_TRUE(Export(world, "F2").bytes.empty());
  ASSERT_EQ(world.Register(kP, world.Account(kP, "2002", "2026-06-16")).outcome(0),
            v1::BANK_ACCOUNT_MATCHES);
  EXPECT_EQ(world.Reissue(kP, payout_id).outcome(), v1::PAYOUT_DONE);
  EXPECT_EQ(world.Reissue(kP, payout_id).outcome(), v1::PAYOUT_WRONG_STATE);
  const PaymentExport again = Export(world, "F3");
  EXPECT_TRUE(absl::StrContains(again.bytes, "2002"));
  // What the bank told before may be told again and changes nothing; the first file is as it was.
  EXPECT_EQ(Import(world, back).repeated, 1);
  EXPECT_EQ(Export(world, "F1").bytes, file.bytes);
  // So is what stands in it, under whatever message id it is asked for.
  v1::PutPayoutsInFileRequest asked;
  *asked.mutable_header() = world.NextHeader();
  asked.set_psn_no(kP);
  asked.set_file_id("F1");
  const auto told = world.Ok<v1::PutPayoutsInFileResponse>(Call::kPutPayoutsInFile, asked);
  ASSERT_EQ(told.transfer_size(), 1);
  EXPECT_EQ(told.transfer(0).payee().acct_no(), "1001");
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayoutCallsTest, AFileWithABadRowChangesNothing) {
  PayoutWorld world(3);
  std::vector<std::string> ids;
  for (int i = 1; i <= 3; ++i) {
    const std::string psn_no = PayoutWorld::Person(i);
    world.Register(psn_no, world.Account(psn_no, "1001"));
    ids.push_back(Reimburse(world, world.ReimburseOf(psn_no, "R1", 10'000)).payout(0).payout_id() +
                  "-01");
  }
  Export(world, "F1");
  const PaymentImport bad = Import(
      world,
      StatusFileOf("S1", "F1", "2026-06-16",
                   {{ids[0], "ACSC", "45.00"}, {ids[1], "ACSC", "45.01"}, {"x", "ACSC", ""}}));
  EXPECT_EQ(bad.defects.size(), 2U);
  for (int i = 1; i <= 3; ++i)
    EXPECT_EQ(world.Payouts(PayoutWorld::Person(i)).payout(0).state(), v1::PAYOUT_IN_FILE);
  EXPECT_EQ(Import(world, StatusFileOf("S2", "NOFILE", "2026-06-16", {{ids[0], "ACSC", ""}}))
                .defects.size(),
            1U);
  EXPECT_EQ(Import(world, "<not xml").defects.size(), 1U);
  const std::string good =
      StatusFileOf("S3", "F1", "2026-06-16",
                   {{ids[0], "ACSC", "45.00"}, {ids[1], "RJCT", ""}, {ids[2], "PDNG", ""}});
  const PaymentImport done = Import(world, good);
  EXPECT_TRUE(done.defects.empty());
  EXPECT_EQ(done.paid, 1);
  EXPECT_EQ(done.returned, 1);
  EXPECT_EQ(done.pending, 1);
  const PaymentImport again = Import(world, good);
  EXPECT_EQ(again.paid + again.returned, 0);
  EXPECT_EQ(again.repeated, 2);
  // The opposite of what was told before.
  EXPECT_EQ(Import(world, StatusFileOf("S4", "F1", "2026-06-17", {{ids[0], "RJCT", ""}}))
                .defects[0]
                .outcome(),
            v1::PAYOUT_STATUS_CONFLICT);
  EXPECT_TRUE(world.LedgerIsClean());
}

TEST(PayoutCallsTest, OneFileAfterTheOther) {
  PayoutWorld world(2);
  for (int i = 1; i <= 2; ++i) {
    const std::string psn_no = PayoutWorld::Person(i);
    world.Register(psn_no, world.Account(psn_no, "1001"));
    Reimburse(world, world.ReimburseOf(psn_no, "R1", 10'000));
  }
  int calls = 0;
  world.before_call = [&] {
    return ++calls > 3 ? absl::UnavailableError("cut off") : absl::OkStatus();
  };
  EXPECT_FALSE(ExportPayments(
                   kAgency, "F1", "2026-06-15", [](int64_t, int64_t) {}, world)
                   .ok());
  world.before_call = [] { return absl::OkStatus(); };
  EXPECT_EQ(Export(world, "F2").other_file_id, "F1");
  EXPECT_EQ(Export(world, "F1").transfers, 2);
  EXPECT_TRUE(Export(world, "F2").bytes.empty());
  EXPECT_EQ(ExportPayments(
                kAgency, "F1", "2026-06-14", [](int64_t, int64_t) {}, world)
                .status()
                .code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ExportPayments(
                kAgency, "F 3", "2026-06-15", [](int64_t, int64_t) {}, world)
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ExportPayments(
                kAgency, "F3", "2026-06-16", [](int64_t, int64_t) {}, world)
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(PayoutCallsTest, AccountsThatDoNotMatch) {
  PayoutWorld world;
  auto account = world.Account(kP, "1001", "2024-01-01");
  account.set_acct_name("other");
  account.set_certno("X");
  auto response = world.Register(kP, account);
  EXPECT_EQ(response.outcome_size(), 2);
  EXPECT_EQ(response.outcome(0), v1::NAME_MISMATCH);
  EXPECT_EQ(world.Payouts(kP).account_size(), 0);
  EXPECT_EQ(world.Register(kP, world.Account(kP, "1001", "2024-01-01")).outcome(0),
            v1::BANK_ACCOUNT_MATCHES);
  EXPECT_EQ(world.Register(kP, world.Account(kP, "1002", "2025-01-01")).outcome(0),
            v1::BANK_ACCOUNT_MATCHES);
  EXPECT_EQ(world.Register(kP, world.Account(kP, "1003", "2024-06-01")).outcome(0),
            v1::ACCOUNT_OUT_OF_ORDER);
  const auto payouts = world.Payouts(kP);
  ASSERT_EQ(payouts.account_size(), 2);
  EXPECT_EQ(payouts.account(0).enddate(), "2024-12-31");
  EXPECT_TRUE(payouts.account(1).enddate().empty());
  EXPECT_TRUE(world.LedgerIsClean());
}

// One wrong field for each row; the error begins with its path.
TEST(PayoutCallsTest, BadInputNamesTheField) {
  PayoutWorld world;
  int rows = 0;
  const auto expect = [&](Call call, const auto& good, const char* path, auto spoil) {
    auto request = good;
    spoil(request);
    const Reply reply = world.Send(call, request);
    EXPECT_EQ(reply.status.code(), absl::StatusCode::kInvalidArgument) << path;
    EXPECT_TRUE(absl::StartsWith(reply.status.message(), absl::StrCat(path, ":")))
        << path << ": " << reply.status;
    ++rows;
  };
  v1::RegisterBankAccountRequest account;
  *account.mutable_header() = world.NextHeader();
  account.set_psn_no(kP);
  *account.mutable_account() = world.Account(kP, "1001");
  constexpr auto kRegister = Call::kRegisterBankAccount;
  expect(kRegister, account, "header.msgid", [](auto& r) { r.mutable_header()->clear_msgid(); });
  expect(kRegister, account, "psn_no", [](auto& r) { r.clear_psn_no(); });
  expect(kRegister, account, "account.holder",
         [](auto& r) { r.mutable_account()->clear_holder(); });
  expect(kRegister, account, "account.acct_no",
         [](auto& r) { r.mutable_account()->set_acct_no("1 2"); });
  expect(kRegister, account, "account.acct_name",
         [](auto& r) { r.mutable_account()->clear_acct_name(); });
  expect(kRegister, account, "account.psn_cert_type",
         [](auto& r) { r.mutable_account()->clear_psn_cert_type(); });
  expect(kRegister, account, "account.certno",
         [](auto& r) { r.mutable_account()->set_certno(std::string(65, 'x')); });
  expect(kRegister, account, "account.bank_code",
         [](auto& r) { r.mutable_account()->clear_bank_code(); });
  expect(kRegister, account, "account.begndate",
         [](auto& r) { r.mutable_account()->set_begndate("2026-02-30"); });
  expect(kRegister, account, "account.enddate",
         [](auto& r) { r.mutable_account()->set_enddate("2019-12-31"); });
  expect(kRegister, account, "account.confirmed_on",
         [](auto& r) { r.mutable_account()->set_confirmed_on("2026-06-16"); });

  const v1::ReimburseRequest bill = world.ReimburseOf(kP, "R1", 10'000);
  constexpr auto kReimburse = Call::kReimburse;
  expect(kReimburse, bill, "claim.psn_no", [](auto& r) { r.mutable_claim()->clear_psn_no(); });
  expect(kReimburse, bill, "claim.med_type",
         [](auto& r) { r.mutable_claim()->set_med_type("INJURY_LUMP_SUM"); });
  expect(kReimburse, bill, "claim.acct_used_flag",
         [](auto& r) { r.mutable_claim()->set_acct_used_flag(v1::ACCT_OWN); });
  expect(kReimburse, bill, "claim.fee_line", [](auto& r) { r.mutable_claim()->clear_fee_line(); });
  expect(kReimburse, bill, "claim.filed_on",
         [](auto& r) { r.mutable_claim()->set_filed_on("2026-06-16"); });
  expect(kReimburse, bill, "fixmedins_code", [](auto& r) { r.clear_fixmedins_code(); });
  expect(kReimburse, bill, "receipt_no", [](auto& r) { r.clear_receipt_no(); });
  expect(kReimburse, bill, "paper[2]",
         [](auto& r) { r.add_paper(static_cast<v1::ReimbursementRules::Paper>(9)); });
  expect(kReimburse, bill, "paper", [](auto& r) {
    for (int i = 0; i < 9; ++i) r.add_paper(v1::ReimbursementRules::RECEIPT);
  });

  const v1::ApplyBenefitRequest lump = world.BenefitOf(kP, "INJURY_LUMP_SUM", "2026-06-01", 100);
  const v1::ApplyBenefitRequest monthly = world.BenefitOf(kP, "INJURY_MONTHLY", "2026-06-01", 100);
  constexpr auto kApply = Call::kApplyBenefit;
  expect(kApply, lump, "claim.begndate", [](auto& r) { r.mutable_claim()->clear_begndate(); });
  expect(kApply, lump, "claim.medfee_sumamt_fen",
         [](auto& r) { r.mutable_claim()->set_medfee_sumamt_fen(1); });
  expect(kApply, bill.claim().psn_no().empty() ? lump : [&] {
    v1::ApplyBenefitRequest request = lump;
    *request.mutable_claim() = bill.claim();
    return request;
  }(), "claim.med_type", [](auto&) {});
  expect(kApply, lump, "claim.acct_used_flag",
         [](auto& r) { r.mutable_claim()->set_acct_used_flag(v1::ACCT_OWN); });
  expect(kApply, lump, "fixmedins_code", [](auto& r) { r.set_fixmedins_code("-"); });
  expect(kApply, lump, "begin_month", [](auto& r) { r.set_begin_month("2026-06"); });
  expect(kApply, lump, "pay_day", [](auto& r) { r.set_pay_day(1); });
  expect(kApply, monthly, "begin_month", [](auto& r) { r.set_begin_month("2026-13"); });
  expect(kApply, monthly, "pay_day", [](auto& r) { r.set_pay_day(29); });

  v1::WithdrawClaimRequest withdraw;
  *withdraw.mutable_header() = world.NextHeader();
  withdraw.set_psn_no(kP);
  expect(Call::kWithdrawClaim, withdraw, "setl_id", [](auto&) {});
  expect(Call::kWithdrawClaim, withdraw, "psn_no", [](auto& r) { r.set_psn_no("-"); });

  v1::StopAllowanceRequest stop;
  *stop.mutable_header() = world.NextHeader();
  stop.set_psn_no(kP);
  stop.set_schedule_id(std::string(32, 'x'));
  stop.mutable_stop()->set_reason(v1::CONDITION_LOST);
  stop.mutable_stop()->set_from_month("2026-05");
  constexpr auto kStop = Call::kStopAllowance;
  expect(kStop, stop, "psn_no", [](auto& r) { r.clear_psn_no(); });
  expect(kStop, stop, "schedule_id", [](auto& r) { r.set_schedule_id("x"); });
  expect(kStop, stop, "stop.reason", [](auto& r) { r.mutable_stop()->clear_reason(); });
  expect(kStop, stop, "stop.reason", [](auto& r) { r.mutable_stop()->set_reason(v1::DIED); });
  expect(kStop, stop, "stop.from_month", [](auto& r) { r.mutable_stop()->clear_from_month(); });
  expect(kStop, stop, "stop.through_month",
         [](auto& r) { r.mutable_stop()->set_through_month("2026-04"); });

  v1::MakeDuePayoutsRequest due;
  *due.mutable_header() = world.NextHeader();
  due.set_psn_no(kP);
  due.set_through_month("2026-06");
  expect(Call::kMakeDuePayouts, due, "psn_no", [](auto& r) { r.clear_psn_no(); });
  expect(Call::kMakeDuePayouts, due, "through_month",
         [](auto& r) { r.set_through_month("2026-07"); });
  expect(Call::kMakeDuePayouts, due, "through_month", [](auto& r) { r.set_through_month("x"); });

  v1::PutPayoutsInFileRequest put;
  *put.mutable_header() = world.NextHeader();
  put.set_psn_no(kP);
  put.set_file_id("F1");
  expect(Call::kPutPayoutsInFile, put, "file_id", [](auto& r) { r.set_file_id("F 1"); });
  expect(Call::kPutPayoutsInFile, put, "psn_no", [](auto& r) { r.clear_psn_no(); });
  EXPECT_EQ(world.Send(Call::kPutPayoutsInFile, put).status.code(), absl::StatusCode::kNotFound);

  v1::ApplyPayoutStatusRequest status;
  *status.mutable_header() = world.NextHeader();
  status.set_psn_no(kP);
  status.set_file_id("F1");
  status.set_day("2026-06-15");
  status.add_row()->set_end_to_end_id("x");
  status.mutable_row(0)->set_state(v1::ATTEMPT_PAID);
  constexpr auto kStatus = Call::kApplyPayoutStatus;
  expect(kStatus, status, "psn_no", [](auto& r) { r.clear_psn_no(); });
  expect(kStatus, status, "file_id", [](auto& r) { r.clear_file_id(); });
  expect(kStatus, status, "day", [](auto& r) { r.clear_day(); });
  expect(kStatus, status, "row", [](auto& r) { r.clear_row(); });
  expect(kStatus, status, "row[0].end_to_end_id",
         [](auto& r) { r.mutable_row(0)->clear_end_to_end_id(); });
  expect(kStatus, status, "row[0].state", [](auto& r) { r.mutable_row(0)->clear_state(); });
  expect(kStatus, status, "row[0].amount_fen",
         [](auto& r) { r.mutable_row(0)->set_amount_fen(-1); });
  expect(kStatus, status, "row[0].reason_code",
         [](auto& r) { r.mutable_row(0)->set_reason_code("\x01"); });
  expect(kStatus, status, "row[1].end_to_end_id",
         [](auto& r) { *r.add_row() = v1::PayoutStatusRow(r.row(0)); });
  EXPECT_EQ(world.Ok<v1::ApplyPayoutStatusResponse>(kStatus, status).outcome(),
            v1::PAYOUT_UNKNOWN_ID);

  v1::ReissuePayoutRequest reissue;
  *reissue.mutable_header() = world.NextHeader();
  reissue.set_psn_no(kP);
  expect(Call::kReissuePayout, reissue, "payout_id", [](auto&) {});
  expect(Call::kGetPayouts, v1::GetPayoutsRequest(), "psn_no", [](auto&) {});
  EXPECT_GE(rows, 50);
  EXPECT_EQ(world.Payouts(kP).version(), 1);
}

}  // namespace
}  // namespace yijie::engine
