// Payouts with the real program: claims filed with the agency, files to the bank and back, and a
// server that is killed in between.

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/e2e_test.h"
#include "yijie/v1/payout.grpc.pb.h"

namespace yijie::e2e {
namespace {

constexpr char kPerson[] = "S4301000001";

class PayoutTest : public E2eTest {
 protected:
  void SetUp() override {
    MakeSampleData(data());
    Start();
  }

  void Start() {
    StartServer({"--payers", absl::StrCat(TablesDirectory(), "/sample/payers.textpb")});
  }
  void Kill() {
    Disconnect();
    server().Kill();
    Start();
  }
  std::string Address() { return absl::StrCat("127.0.0.1:", server().port()); }

  v1::MessageHeader Header() {
    v1::MessageHeader header;
    header.set_fixmedins_code(kAgency);
    header.set_msgid(absl::StrCat("p", ++messages_));
    return header;
  }
  std::unique_ptr<v1::PayoutService::Stub> Stub() {
    return v1::PayoutService::NewStub(
        grpc::CreateChannel(Address(), grpc::InsecureChannelCredentials()));
  }

  void Register(const std::string& acct_no, const std::string& begndate) {
    const std::string file = folder().Path("account.json");
    WriteFile(file, absl::StrCat(R"({"header": {"fixmedins_code": ")", kAgency,
                                 R"(", "msgid": "acct)", acct_no, R"("}, "psn_no": ")", kPerson,
                                 R"(", "account": {"holder": "SELF", "acct_no": ")", acct_no,
                                 R"(", "acct_name": "样例甲", "psn_cert_type": "01", )",
                                 R"("certno": "99999919860412101X", "bank_code": "999100000014", )",
                                 R"("begndate": ")", begndate, R"(", "confirmed_on": ")", begndate,
                                 "\"}}"));
    const CommandResult sent =
        RunYijie({"call", "--server", Address(), "PayoutService.RegisterBankAccount", file});
    EXPECT_EQ(sent.exit_code, 0) << sent.output;
    EXPECT_TRUE(absl::StrContains(sent.output, "BANK_ACCOUNT_MATCHES")) << sent.output;
  }

  CommandResult Export(const std::string& id) {
    return RunYijie({"payout", "export", "--server", Address(), "--agency", kAgency, "--id", id,
                     folder().Path(id + ".xml")});
  }
  CommandResult Import(const std::string& name, const std::string& file_id,
                       const std::string& rows) {
    WriteFile(folder().Path(name),
              absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document "
                           "xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\">"
                           "<CstmrPmtStsRpt><GrpHdr><MsgId>",
                           name, "</MsgId><CreDtTm>2026-06-20T10:00:00+08:00</CreDtTm></GrpHdr>",
                           "<OrgnlGrpInfAndSts><OrgnlMsgId>", file_id,
                           "</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>"
                           "<GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>"
                           "<OrgnlPmtInfId>",
                           file_id, "-0001</OrgnlPmtInfId>", rows,
                           "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>\n"));
    return RunYijie(
        {"payout", "import", "--server", Address(), "--agency", kAgency, folder().Path(name)});
  }
  static std::string Row(const std::string& end_to_end_id, const std::string& status) {
    return absl::StrCat("<TxInfAndSts><OrgnlEndToEndId>", end_to_end_id,
                        "</OrgnlEndToEndId><TxSts>", status, "</TxSts>",
                        status == "RJCT" ? "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>" : "",
                        "</TxInfAndSts>");
  }

 private:
  int messages_ = 0;
};

TEST_F(PayoutTest, FromTheClaimToTheBankAndBack) {
  Register("6210001", "2026-06-01");
  v1::ReimburseRequest bill;
  *bill.mutable_header() = Header();
  *bill.mutable_claim() = OutpatientBill(kPerson, "x", 500'000).claim();
  bill.mutable_claim()->set_acct_used_flag(v1::ACCT_NOT_USED);
  bill.set_fixmedins_code(kHospital);
  bill.set_receipt_no("PJ-0001");
  for (const auto paper :
       {v1::ReimbursementRules::RECEIPT, v1::ReimbursementRules::FEE_LIST,
        v1::ReimbursementRules::DIAGNOSIS, v1::ReimbursementRules::MEDICAL_RECORD}) {
    bill.add_paper(paper);
  }
  v1::ReimburseResponse reimbursed;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(Stub()->Reimburse(&context, bill, &reimbursed).ok());
  }
  ASSERT_EQ(reimbursed.outcome(), v1::OFFLINE_DONE) << reimbursed.reason();
  ASSERT_EQ(reimbursed.payout_size(), 1);

  v1::ApplyBenefitRequest lump;
  *lump.mutable_header() = Header();
  lump.mutable_claim()->set_psn_no(kPerson);
  lump.mutable_claim()->set_insutype("410");
  lump.mutable_claim()->set_med_type("INJURY_LUMP_SUM");
  lump.mutable_claim()->set_begndate(bill.claim().begndate());
  lump.mutable_claim()->set_injury_no("SAMPLE-GS-2026-0001");
  for (const auto& [name, value] :
       {std::pair<const char*, int64_t>("wage", 600'000), {"area_wage", 800'000}, {"grade", 10}}) {
    v1::GivenValue* given = lump.mutable_claim()->add_given();
    given->set_name(name);
    given->set_value(value);
  }
  lump.set_fixmedins_code(kHospital);
  v1::ApplyBenefitResponse granted;
  {
    grpc::ClientContext context;
    const grpc::Status status = Stub()->ApplyBenefit(&context, lump, &granted);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }
  ASSERT_EQ(granted.outcome(), v1::OFFLINE_DONE) << granted.reason();
  EXPECT_EQ(granted.payout(0).amount_fen(), 4'200'000);  // 7 months of 6,000 yuan

  const CommandResult first = Export("F1");
  ASSERT_EQ(first.exit_code, 0) << first.output;
  const std::string bytes = ReadWholeFile(folder().Path("F1.xml"));
  EXPECT_TRUE(absl::StrContains(bytes, "42000.00"));
  Kill();
  EXPECT_EQ(Export("F1").exit_code, 0);
  EXPECT_EQ(ReadWholeFile(folder().Path("F1.xml")), bytes);
  EXPECT_TRUE(absl::StrContains(Export("F2").output, "没有到期应发"));

  const std::string one = reimbursed.payout(0).payout_id() + "-01";
  const std::string two = granted.payout(0).payout_id() + "-01";
  const CommandResult bad = Import("bad.xml", "F1", Row(one, "ACSC") + Row("nobody", "ACSC"));
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(bad.output, "TxInfAndSts[2]")) << bad.output;
  const std::string rows = Row(one, "ACSC") + Row(two, "RJCT");
  CommandResult told = Import("s1.xml", "F1", rows);
  EXPECT_TRUE(absl::StrContains(told.output, "到账 1 笔，退票 1 笔")) << told.output;
  Kill();
  told = Import("s1.xml", "F1", rows);
  EXPECT_TRUE(absl::StrContains(told.output, "到账 0 笔，退票 0 笔")) << told.output;

  Register("6210002", "2026-06-20");
  v1::ReissuePayoutRequest reissue;
  *reissue.mutable_header() = Header();
  reissue.set_psn_no(kPerson);
  reissue.set_payout_id(granted.payout(0).payout_id());
  v1::ReissuePayoutResponse again;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(Stub()->ReissuePayout(&context, reissue, &again).ok());
  }
  EXPECT_EQ(again.outcome(), v1::PAYOUT_DONE) << again.reason();
  EXPECT_EQ(Export("F3").exit_code, 0);
  EXPECT_TRUE(absl::StrContains(ReadWholeFile(folder().Path("F3.xml")), "6210002"));
  told = Import("s2.xml", "F3", Row(granted.payout(0).payout_id() + "-02", "ACSC"));
  EXPECT_TRUE(absl::StrContains(told.output, "到账 1 笔")) << told.output;
  EndAndAudit();
}

}  // namespace
}  // namespace yijie::e2e
