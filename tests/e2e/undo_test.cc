// Refund of lines, the agency's undo, the four-way agreement and the trail of refused acts, with
// the real program.

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/fen.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {
namespace {

constexpr char kPerson[] = "S4301000001";

std::string Yuan(int64_t fen) { return FormatYuan(Fen(fen)); }

int64_t PaidBy(const v1::Settlement& settlement) {
  return settlement.amounts().fund_pay_sumamt_fen() + settlement.amounts().acct_pay_fen();
}

class UndoTest : public E2eTest {
 protected:
  void SetUp() override { StartOnSampleData(); }

  std::string Address() { return absl::StrCat("127.0.0.1:", server().port()); }

  CommandResult Agreement(const std::string& day, int heads, const std::string& roster,
                          const std::string& receipts) {
    WriteFile(folder().Path("roster.csv"), absl::StrCat("psn_no,amount\n", roster));
    WriteFile(folder().Path("receipts.csv"),
              absl::StrCat("receipt_no,setl_id,psn_no,amount\n", receipts));
    return RunYijie({"agreement", "--server", Address(), "--institution", kHospital, "--from", day,
                     "--to", day, "--heads", absl::StrCat(heads), "--roster",
                     folder().Path("roster.csv"), "--receipts", folder().Path("receipts.csv")});
  }

  CommandResult Refund(const std::string& msgid, const std::string& setl_id,
                       const std::string& line) {
    return RunYijie({"refund", "--server", Address(), "--institution", kHospital, "--msgid", msgid,
                     "--psn", kPerson, "--setl-id", setl_id, "--line", line});
  }
};

TEST_F(UndoTest, RefundTellsWhatGoesBackAndTheBooksFollow) {
  v1::SettleRequest bill = OutpatientBill(kPerson, "m1", 60'000);
  v1::FeeLine& more = *bill.mutable_claim()->add_fee_line() = bill.claim().fee_line(0);
  more.set_feedetl_sn("2");
  more.set_cnt_1e4(30'000);
  more.set_pric_fen_1e4(100'000'000);
  more.set_det_item_fee_sumamt_fen(30'000);
  bill.mutable_claim()->set_medfee_sumamt_fen(90'000);
  const v1::Settlement settled = Settle(bill);
  const CommandResult refund = Refund("r1", settled.setl_id(), "2:1");
  ASSERT_EQ(refund.exit_code, 0) << refund.output;
  EXPECT_TRUE(absl::StrContains(refund.output, "医保部分退费单")) << refund.output;
  EXPECT_TRUE(absl::StrContains(refund.output, "100.00")) << refund.output;
  EXPECT_EQ(Refund("r1", settled.setl_id(), "2:1").output, refund.output);
  EXPECT_EQ(Refund("r2", settled.setl_id(), "2:1").exit_code, 1) << "it does not stand any more";
  for (const char* line : {"2", "x:1", "1:", "1:1.00001", "1:-1", "1:1."})
    EXPECT_EQ(Refund("r3", settled.setl_id(), line).exit_code, 1) << line;

  // The four agree with what the receipts say: a plus, a minus and a plus.
  const auto told = client().Send(GetSettlementOf(kHospital, kPerson, settled.setl_id()));
  ASSERT_TRUE(told.ok());
  const auto rest = client().Send(GetSettlementOf(kHospital, kPerson, told->replaced_by_setl_id()));
  ASSERT_TRUE(rest.ok());
  const int64_t paid = PaidBy(rest->settlement());
  const std::string roster = absl::StrCat(kPerson, ",", Yuan(paid), "\n");
  const std::string receipts =
      absl::StrCat("N1,", settled.setl_id(), ",", kPerson, ",", Yuan(PaidBy(settled)), "\nN2,",
                   told->reversed_by_setl_id(), ",", kPerson, ",", Yuan(-PaidBy(settled)), "\nN3,",
                   told->replaced_by_setl_id(), ",", kPerson, ",", Yuan(paid), "\n");
  const CommandResult agreed = Agreement(settled.clr_date(), 1, roster, receipts);
  EXPECT_EQ(agreed.exit_code, 0) << agreed.output;
  EXPECT_TRUE(absl::StrContains(agreed.output, "四相符：钱、人头、名册、票据一致"))
      << agreed.output;
  const CommandResult heads = Agreement(settled.clr_date(), 2, roster, receipts);
  EXPECT_EQ(heads.exit_code, 1) << heads.output;
  EXPECT_TRUE(absl::StrContains(heads.output, "[人头]")) << heads.output;
  const CommandResult bad = Agreement(settled.clr_date(), 1, "P-1,x\n", "N1,,,\n");
  EXPECT_EQ(bad.exit_code, 1) << bad.output;
  EXPECT_TRUE(absl::StrContains(bad.output, "roster.csv:2")) << bad.output;
  EXPECT_TRUE(absl::StrContains(bad.output, "receipts.csv:2")) << bad.output;
  EXPECT_TRUE(EndAndAudit().clean());
  const CommandResult audit = RunYijie({"ledger", "audit", "--data", data()});
  EXPECT_EQ(audit.exit_code, 0) << audit.output;
}

TEST_F(UndoTest, TheAgencyUndoesAndRefusalsLeaveATrail) {
  const v1::Settlement settled = Settle(OutpatientBill(kPerson, "m1", 60'000));
  const auto stolen = client().Send(ReverseOf(kPharmacy, kPerson, settled.setl_id(), "x1"));
  ASSERT_TRUE(stolen.ok());
  EXPECT_EQ(stolen->reversal().outcome(), v1::NO_SUCH_SETTLEMENT);
  client().Send(GetSettlementOf(kPharmacy, kPerson, settled.setl_id()));
  const auto undo = [&](const std::string& msgid) {
    return RunYijie({"undo", "--server", Address(), "--agency", kAgency, "--msgid", msgid, "--psn",
                     kPerson, "--setl-id", settled.setl_id(), "--institution", kHospital,
                     "--reason", "核查"});
  };
  const CommandResult undone = undo("a1");
  EXPECT_EQ(undone.exit_code, 0) << undone.output;
  EXPECT_TRUE(absl::StrContains(undone.output, "已撤销")) << undone.output;
  EXPECT_EQ(undo("a1").output, undone.output);
  EXPECT_TRUE(EndAndAudit().clean());
  const CommandResult shown = RunYijie({"ledger", "show", "--data", data(), "--psn", kPerson});
  EXPECT_TRUE(absl::StrContains(shown.output, absl::StrCat("by agency ", kAgency, ": 核查")))
      << shown.output;
  EXPECT_TRUE(absl::StrContains(shown.output, "QUALITY_DEPOSIT")) << shown.output;
  const CommandResult trail = RunYijie({"ledger", "refused", "--data", data()});
  EXPECT_EQ(trail.exit_code, 0) << trail.output;
  EXPECT_TRUE(absl::StrContains(trail.output, "共 2 条")) << trail.output;
  EXPECT_TRUE(absl::StrContains(trail.output, absl::StrCat("该结算属于机构", kHospital)))
      << trail.output;
  const CommandResult of_other = RunYijie(
      {"ledger", "refused", "--data", data(), "--institution", kHospital, "--from", "2020-01-01"});
  EXPECT_TRUE(absl::StrContains(of_other.output, "共 0 条")) << of_other.output;
  EXPECT_EQ(RunYijie({"ledger", "refused", "--data", data(), "--to", "2026"}).exit_code, 1);
  const CommandResult json = RunYijie({"ledger", "refused", "--data", data(), "--json"});
  EXPECT_TRUE(absl::StrContains(json.output, "\"outcome\":\"NO_SUCH_SETTLEMENT\"")) << json.output;
}

}  // namespace
}  // namespace yijie::e2e
