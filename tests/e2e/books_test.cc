// Reconciliation and clearing with the real program.

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/e2e/e2e_test.h"
#include "yijie/v1/books.grpc.pb.h"

namespace yijie::e2e {
namespace {

constexpr char kPerson[] = "S4301000001";

std::string Yuan(int64_t fen) {
  return absl::StrFormat("%s%d.%02d", fen < 0 ? "-" : "", std::abs(fen) / 100, std::abs(fen) % 100);
}

class BooksTest : public E2eTest {
 protected:
  void SetUp() override { StartOnSampleData(); }

  std::string Address() { return absl::StrCat("127.0.0.1:", server().port()); }

  // A row of the hospital's own book; `sign` is -1 for an undo.
  static std::string Row(const v1::Settlement& settlement, const std::string& setl_id,
                         const std::string& clr_date, int64_t sign, int64_t more_cash = 0) {
    const v1::Amounts& a = settlement.amounts();
    return absl::StrCat(setl_id, ",", settlement.psn_no(), ",", clr_date, ",",
                        settlement.insutype(), ",11,", sign < 0 ? 1 : 0, ",",
                        Yuan(sign * a.medfee_sumamt_fen()), ",",
                        Yuan(sign * a.fund_pay_sumamt_fen()), ",", Yuan(sign * a.acct_pay_fen()),
                        ",", Yuan(sign * a.psn_cash_pay_fen() + more_cash), "\n");
  }
  static std::string Row(const v1::Settlement& settlement, int64_t more_cash = 0) {
    return Row(settlement, settlement.setl_id(), settlement.clr_date(), 1, more_cash);
  }

  // `yijie reconcile` of these rows.
  CommandResult Reconcile(const std::string& rows, const std::string& from, const std::string& to) {
    const std::string file = folder().Path("book.csv");
    WriteFile(file, absl::StrCat("setl_id,psn_no,clr_date,insutype,clr_type,refd_setl_flag,"
                                 "medfee_sumamt,fund_pay_sumamt,acct_pay,psn_cash_pay\n",
                                 rows));
    return RunYijie({"reconcile", "--server", Address(), "--institution", kHospital, "--from", from,
                     "--to", to, file});
  }
};

TEST_F(BooksTest, ReconcileFindsTheOneRecordThatDiffers) {
  std::vector<v1::Settlement> settled;
  for (int i = 0; i < 6; ++i) {
    settled.push_back(Settle(OutpatientBill(kPerson, absl::StrCat("m", i), 10'000 + i * 1'111)));
  }
  const auto undo = client().Send(ReverseOf(kHospital, kPerson, settled[5].setl_id(), "undo"));
  ASSERT_TRUE(undo.ok());
  ASSERT_EQ(undo->reversal().outcome(), v1::REVERSED);
  // Asked about right after the last answer: nothing acknowledged is missing.
  const std::string from = settled[0].clr_date();
  const std::string to = undo->reversal().clr_date();
  const std::string undo_row =
      Row(settled[5], undo->reversal().setl_id(), undo->reversal().clr_date(), -1);
  std::string rows = undo_row;
  for (const v1::Settlement& settlement : settled) rows += Row(settlement);
  const CommandResult equal = Reconcile(rows, from, to);
  EXPECT_EQ(equal.exit_code, 0) << equal.output;
  EXPECT_TRUE(absl::StrContains(equal.output, "对账结果：平")) << equal.output;

  KillAndRestart();
  // The hospital lost the answer to one bill.
  std::string without = undo_row;
  for (size_t i = 0; i < settled.size(); ++i) {
    if (i != 2) without += Row(settled[i]);
  }
  const CommandResult lost = Reconcile(without, from, to);
  EXPECT_EQ(lost.exit_code, 1) << lost.output;
  EXPECT_TRUE(absl::StrContains(lost.output, "不符记录 1 笔")) << lost.output;
  EXPECT_TRUE(absl::StrContains(lost.output, settled[2].setl_id())) << lost.output;

  // A fen more cash in one.
  const CommandResult amount = Reconcile(absl::StrCat(without, Row(settled[2], 1)), from, to);
  EXPECT_EQ(amount.exit_code, 1) << amount.output;
  EXPECT_TRUE(absl::StrContains(amount.output, "金额不符")) << amount.output;
  EXPECT_TRUE(absl::StrContains(amount.output, settled[2].setl_id())) << amount.output;

  const CommandResult malformed = Reconcile("x\n", from, to);
  EXPECT_EQ(malformed.exit_code, 1) << malformed.output;
  EXPECT_TRUE(absl::StrContains(malformed.output, "book.csv:2")) << malformed.output;
  EXPECT_TRUE(EndAndAudit().clean());

  const CommandResult nobody = Reconcile(without, from, to);
  EXPECT_EQ(nobody.exit_code, 2) << nobody.output;
  EXPECT_FALSE(absl::StrContains(nobody.output, "send the same message again")) << nobody.output;
}

TEST_F(BooksTest, ClearingStatementAddsUpTheMonth) {
  const v1::Settlement first = Settle(OutpatientBill(kPerson, "m1", 60'000));
  const v1::Settlement second = Settle(OutpatientBill(kPerson, "m2", 50'000));
  const auto stub =
      v1::BooksService::NewStub(grpc::CreateChannel(Address(), grpc::InsecureChannelCredentials()));
  v1::GetClearingStatementRequest request;
  request.set_fixmedins_code(kHospital);
  request.set_setlym(first.clr_date().substr(0, 7));
  v1::GetClearingStatementResponse response;
  {
    grpc::ClientContext context;
    const grpc::Status status = stub->GetClearingStatement(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  // Both in one month, unless the test runs across its end.
  if (second.clr_date().substr(0, 7) == request.setlym()) {
    EXPECT_EQ(response.statement().total().settlements(), 2);
    EXPECT_EQ(response.statement().total().heads(), 1);
    const v1::ClearingAmounts& owed = response.statement().total().amounts();
    EXPECT_EQ(owed.payable_fen() + owed.quality_deposit_fen(),
              first.amounts().fund_pay_sumamt_fen() + first.amounts().acct_pay_fen() +
                  second.amounts().fund_pay_sumamt_fen() + second.amounts().acct_pay_fen());
  }
  EXPECT_FALSE(response.closed());
  v1::ClosePeriodRequest close;
  close.mutable_header()->set_fixmedins_code(kAgency);
  close.mutable_header()->set_msgid("close");
  close.set_fixmedins_code(kHospital);
  close.set_setlym(second.clr_date().substr(0, 7));
  close.set_digest(response.statement().records().digest());
  v1::ClosePeriodResponse closed;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(stub->ClosePeriod(&context, close, &closed).ok());
    EXPECT_EQ(closed.outcome(), v1::PERIOD_NOT_OVER);
  }
  {
    grpc::ClientContext context;
    close.set_setlym("2026");
    const grpc::Status status = stub->ClosePeriod(&context, close, &closed);
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
    EXPECT_TRUE(absl::StartsWith(status.error_message(), "setlym:")) << status.error_message();
  }
  const CommandResult printed = RunYijie({"clearing", "--server", Address(), "--institution",
                                          kHospital, "--period", request.setlym()});
  EXPECT_EQ(printed.exit_code, 0) << printed.output;
  EXPECT_TRUE(absl::StrContains(printed.output, "月度清算单")) << printed.output;
}

}  // namespace
}  // namespace yijie::e2e
