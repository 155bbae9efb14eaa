#include "tests/payout/payout_world.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "engine/audit/audit.h"
#include "engine/policy_archive.h"
#include "rules/loader.h"
#include "tests/payout/sample_payouts.h"

namespace yijie::engine {
namespace {

std::unique_ptr<const rules::Program> Package(const std::string& id, const std::string& insutype,
                                              const std::string& med_type,
                                              const std::string& body) {
  const std::string text = absl::StrCat(
      "id: \"", id, "\" title: \"试\" admdvs: \"", kArea, "\" insutype: \"", insutype,
      "\" med_type: \"", med_type,
      "\" valid_from: \"2020-01-01\" sample_data: true source { id: \"s1\" title: \"made up\" "
      "grade: \"SAMPLE\" }\n",
      body);
  auto program = rules::CompilePackage("test.policy", text);
  YIJIE_CHECK(program.ok(), std::string(program.status().message()).c_str());
  return *std::move(program);
}

// A share of a bill, counted in a yearly total.
std::string PayBody(const std::string& fund, const std::string& code, const std::string& ratio) {
  return absl::StrCat(
      "accumulator { name: \"pool\" period: YEAR }\n"
      "step { id: \"classify\" label: \"c\" cite: \"s1 1\" classify {} }\n"
      "step { id: \"pay\" label: \"p\" cite: \"s1 1\" pay { fund: ",
      fund, " fund_pay_type: \"", code, "\" base: \"inscp_scp_amt\" row { band { ratio: \"", ratio,
      "\" } } limit { accumulator: \"pool\" row { amount: \"1000000\" } } } }");
}

std::string GivenBody() {
  return "given { name: \"amount\" label: \"a\" holds: MONEY }\n"
         "step { id: \"benefit\" label: \"待遇\" cite: \"s1 1\" benefit { fund: WORK_INJURY "
         "fund_pay_type: \"410100\" row { of: \"amount\" } } }";
}

// Half of a bill at the counter, 80 % for DIBAO, and beside it what is given as "amount"; nothing
// runs on from bill to bill.
std::string CounterBody(const std::string& fund_of_benefit) {
  return absl::StrCat(
      "given { name: \"amount\" label: \"a\" holds: MONEY }\n"
      "step { id: \"classify\" label: \"c\" cite: \"s1 1\" classify {} }\n"
      "step { id: \"pay\" label: \"p\" cite: \"s1 1\" pay { fund: HIFP fund_pay_type: \"310100\" "
      "base: \"inscp_scp_amt\" "
      "row { when { assistance: \"DIBAO\" } band { ratio: \"80%\" } } "
      "row { when { assistance: \"not(DIBAO)\" } band { ratio: \"50%\" } } } }\n"
      "step { id: \"benefit\" label: \"营养补助\" cite: \"s1 1\" benefit { fund: HIFP "
      "fund_pay_type: \"",
      fund_of_benefit, "\" row { of: \"amount\" } } }");
}

std::shared_ptr<const Reference> PayoutReference() {
  auto reference = std::make_shared<Reference>(*TestReference());
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(Package("t-310-21", "310", "21", PayBody("HIFP", "310100", "50%")));
  programs.push_back(Package("t-310-11", "310", "11", PayBody("HIFP", "310100", "50%")));
  programs.push_back(Package("t-410-21", "410", "21", PayBody("WORK_INJURY", "410100", "100%")));
  programs.push_back(Package("t-lump", "410", "INJURY_LUMP_SUM", GivenBody()));
  programs.push_back(Package("t-month", "410", "INJURY_MONTHLY", GivenBody()));
  programs.push_back(Package("t-death", "410", "INJURY_DEATH", GivenBody()));
  programs.push_back(Package("t-dependant", "410", "INJURY_DEPENDANT", GivenBody()));
  programs.push_back(Package("t-counter", "310", "52", CounterBody("310100")));
  programs.push_back(Package("t-unpaid", "310", "51", CounterBody("310900")));
  reference->policies = *rules::RuleBook::Build(std::move(programs));
  const std::string area = absl::StrCat(
      "id: \"test\" title: \"试\" admdvs: \"", kArea,
      "\" begndate: \"2020-01-01\" sample_data: true source { id: \"s1\" title: \"made up\" grade: "
      "\"SAMPLE\" } reimbursement { cite: \"s1 1\" filing_deadline_months: 6 reduction_1e6: 100000 "
      "paper: RECEIPT paper: FEE_LIST } clearing { cite: \"s1 1\" reversal_by_institution: "
      "SAME_PERIOD } undo { cite: \"s1 1\" partial_refund_allowed: true }");
  auto book = AreaBook::Build({{"test.area", area}});
  YIJIE_CHECK(book.ok(), std::string(book.status().message()).c_str());
  reference->areas = std::make_shared<const AreaBook>(*std::move(book));
  auto payers = std::make_shared<v1::PayerAccounts>();
  payers->set_name("示例市医疗保障经办中心");
  for (const v1::FundBankAccount& account : SampleFundAccounts()) *payers->add_account() = account;
  reference->payers = std::move(payers);
  return reference;
}

v1::PersonFacts FactsOf(const std::string& psn_no) {
  v1::PersonFacts facts = TestFacts(psn_no);
  facts.set_psn_cert_type("99");
  facts.set_gend("1");
  // One normal relation of basic medical insurance.
  for (int i = facts.coverage_size() - 1; i >= 0; --i) {
    if (facts.coverage(i).insutype() == "390") facts.mutable_coverage()->DeleteSubrange(i, 1);
  }
  facts.set_certno("T" + psn_no);
  v1::Coverage injury = facts.coverage(0);
  injury.set_insutype("410");
  *facts.add_coverage() = injury;
  return facts;
}

}  // namespace

Moment NoonOf(const std::string& day) {
  constexpr int64_t kDayMs = 86'400'000;
  constexpr int64_t kFourHoursMs = 14'400'000;  // noon at UTC+8
  return MomentOf(ParseDate(day)->days() * kDayMs + kFourHoursMs);
}

PayoutWorld::PayoutWorld(int persons) : reference_(PayoutReference()), now_(NoonOf("2026-06-15")) {
  YIJIE_CHECK(ArchivePolicies(store_, *reference_->policies, absl::UnixEpoch()).ok(), "archive");
  for (int i = 1; i <= persons; ++i) {
    yijie::store::v1::PersonEvent event;
    event.set_clr_date("1970-01-01");
    event.mutable_facts_loaded();
    yijie::engine::Person person = TestPerson(Person(i), 0, 0);
    person.facts = std::make_shared<v1::PersonFacts>(FactsOf(Person(i)));
    store_.PlantVersion(Person(i), {1, SerializeState(person), event.SerializeAsString()});
  }
  Restart();
}

void PayoutWorld::Restart() {
  files_.reset();
  engine_.reset();
  engine_ = std::make_unique<Engine>(EngineOptions(), store_, metrics_, reference_);
  files_ = std::make_unique<PaymentFiles>(store_, [this] { return reference_; });
}

v1::BankAccount PayoutWorld::Account(const std::string& psn_no, const std::string& acct_no,
                                     const std::string& begndate) {
  v1::BankAccount account;
  account.set_holder(v1::SELF);
  account.set_acct_no(acct_no);
  account.set_acct_name("test");
  account.set_psn_cert_type("99");
  account.set_certno("T" + psn_no);
  account.set_bank_code("999100000014");
  account.set_begndate(begndate);
  account.set_confirmed_on(FormatDate(now_.day));
  return account;
}

v1::MessageHeader PayoutWorld::NextHeader() {
  v1::MessageHeader header;
  header.set_fixmedins_code(kAgency);
  header.set_msgid(absl::StrCat("a", ++messages_));
  return header;
}

v1::RegisterBankAccountResponse PayoutWorld::Register(const std::string& psn_no,
                                                      const v1::BankAccount& account) {
  v1::RegisterBankAccountRequest request;
  *request.mutable_header() = NextHeader();
  request.set_psn_no(psn_no);
  *request.mutable_account() = account;
  return Ok<v1::RegisterBankAccountResponse>(Call::kRegisterBankAccount, request);
}

v1::ReimburseRequest PayoutWorld::ReimburseOf(const std::string& psn_no,
                                              const std::string& receipt_no, int64_t fen,
                                              const std::string& insutype) {
  v1::ReimburseRequest request;
  *request.mutable_header() = NextHeader();
  *request.mutable_claim() = SettleOf("", psn_no, fen, insutype).claim();
  request.mutable_claim()->set_med_type("21");
  request.mutable_claim()->set_acct_used_flag(v1::ACCT_NOT_USED);
  request.mutable_claim()->set_mdtrt_id("");
  request.set_fixmedins_code(kHospital);
  request.set_receipt_no(receipt_no);
  request.add_paper(v1::ReimbursementRules::RECEIPT);
  request.add_paper(v1::ReimbursementRules::FEE_LIST);
  return request;
}

v1::ApplyBenefitRequest PayoutWorld::BenefitOf(const std::string& psn_no,
                                               const std::string& med_type,
                                               const std::string& begndate, int64_t fen) {
  v1::ApplyBenefitRequest request;
  *request.mutable_header() = NextHeader();
  v1::Claim* claim = request.mutable_claim();
  claim->set_psn_no(psn_no);
  claim->set_insutype("410");
  claim->set_med_type(med_type);
  claim->set_begndate(begndate);
  v1::GivenValue* given = claim->add_given();
  given->set_name("amount");
  given->set_value(fen);
  request.set_fixmedins_code(kHospital);
  if (med_type == "INJURY_MONTHLY" || med_type == "INJURY_DEPENDANT") {
    request.set_begin_month(begndate.substr(0, 7));
    request.set_pay_day(10);
  }
  return request;
}

v1::SettleRequest PayoutWorld::CounterBillOf(const std::string& psn_no, int64_t fen,
                                             int64_t benefit_fen) {
  v1::SettleRequest request = SettleOf(NextHeader().msgid(), psn_no, fen);
  v1::Claim* claim = request.mutable_claim();
  claim->set_med_type("52");
  claim->set_acct_used_flag(v1::ACCT_NOT_USED);
  claim->mutable_fee_line(0)->set_cnt_1e4(20'000);
  claim->mutable_fee_line(0)->set_pric_fen_1e4(fen / 2 * 10'000);
  v1::GivenValue* given = claim->add_given();
  given->set_name("amount");
  given->set_value(benefit_fen);
  return request;
}

v1::PersonFacts PayoutWorld::Facts(const std::string& psn_no) {
  return *ParsePerson(**store_.LoadLatest(psn_no))->facts;
}

v1::AmendPersonResponse PayoutWorld::Amend(const v1::PersonFacts& facts) {
  v1::AmendPersonRequest request;
  *request.mutable_header() = NextHeader();
  *request.mutable_facts() = facts;
  return Ok<v1::AmendPersonResponse>(Call::kAmendPerson, request);
}

v1::Payee PayoutWorld::PayeeOf(v1::PayeeRelation relation, const std::string& certno) {
  v1::Payee payee;
  payee.set_relation(relation);
  payee.set_kinship(v1::SPOUSE);
  payee.set_name("亲属");
  payee.set_psn_cert_type("99");
  payee.set_certno(certno);
  payee.set_proof_no("PROOF-1");
  *payee.mutable_account() = Account("P1", "3003");
  payee.mutable_account()->set_holder(v1::OTHER_PAYEE);
  payee.mutable_account()->set_acct_name("亲属");
  payee.mutable_account()->set_certno(certno);
  return payee;
}

v1::WithdrawClaimResponse PayoutWorld::Withdraw(const std::string& psn_no,
                                                const std::string& setl_id) {
  v1::WithdrawClaimRequest request;
  *request.mutable_header() = NextHeader();
  request.set_psn_no(psn_no);
  request.set_setl_id(setl_id);
  return Ok<v1::WithdrawClaimResponse>(Call::kWithdrawClaim, request);
}

v1::ReissuePayoutResponse PayoutWorld::Reissue(const std::string& psn_no,
                                               const std::string& payout_id) {
  v1::ReissuePayoutRequest request;
  *request.mutable_header() = NextHeader();
  request.set_psn_no(psn_no);
  request.set_payout_id(payout_id);
  return Ok<v1::ReissuePayoutResponse>(Call::kReissuePayout, request);
}

v1::MakeDuePayoutsResponse PayoutWorld::MakeMonth(const std::string& psn_no,
                                                  const std::string& month) {
  v1::MakeDuePayoutsRequest request;
  *request.mutable_header() = NextHeader();
  request.set_psn_no(psn_no);
  request.set_through_month(month);
  return Ok<v1::MakeDuePayoutsResponse>(Call::kMakeDuePayouts, request);
}

v1::GetPayoutsResponse PayoutWorld::Payouts(const std::string& psn_no) {
  v1::GetPayoutsRequest request;
  request.set_psn_no(psn_no);
  return Ok<v1::GetPayoutsResponse>(Call::kGetPayouts, request);
}

bool PayoutWorld::LedgerIsClean() {
  const auto report = AuditLedger(store_);
  if (!report.ok()) return false;
  for (const AuditFinding& finding : report->findings)
    std::printf("%s %lld: %s\n", finding.psn_no.c_str(), static_cast<long long>(finding.version),
                finding.what.c_str());
  return report->clean();
}

absl::StatusOr<v1::OpenPaymentFileResponse> PayoutWorld::Open(
    const v1::OpenPaymentFileRequest& request) {
  YIJIE_RETURN_IF_ERROR(before_call());
  return files_->Open(request, now_);
}

absl::StatusOr<v1::ListPaymentFileResponse> PayoutWorld::List(
    const v1::ListPaymentFileRequest& request) {
  YIJIE_RETURN_IF_ERROR(before_call());
  return files_->List(request);
}

absl::StatusOr<v1::ClosePaymentFileResponse> PayoutWorld::Close(
    const v1::ClosePaymentFileRequest& request) {
  YIJIE_RETURN_IF_ERROR(before_call());
  return files_->Close(request);
}

absl::StatusOr<v1::ListAllowancesResponse> PayoutWorld::ListAllowances(
    const v1::ListAllowancesRequest& request) {
  YIJIE_RETURN_IF_ERROR(before_call());
  return files_->ListAllowances(request);
}

template <typename Response, typename Request>
absl::StatusOr<Response> PayoutWorld::Run(Call call, const Request& request) {
  YIJIE_RETURN_IF_ERROR(before_call());
  const Reply reply = Send(call, request);
  if (!reply.status.ok()) return reply.status;
  Response response;
  YIJIE_CHECK(response.ParseFromString(reply.bytes), "a reply cannot be read");
  return response;
}

absl::StatusOr<v1::PutPayoutsInFileResponse> PayoutWorld::Put(
    const v1::PutPayoutsInFileRequest& request) {
  return Run<v1::PutPayoutsInFileResponse>(Call::kPutPayoutsInFile, request);
}

absl::StatusOr<v1::ApplyPayoutStatusResponse> PayoutWorld::Apply(
    const v1::ApplyPayoutStatusRequest& request) {
  return Run<v1::ApplyPayoutStatusResponse>(Call::kApplyPayoutStatus, request);
}

absl::StatusOr<v1::MakeDuePayoutsResponse> PayoutWorld::MakeDue(
    const v1::MakeDuePayoutsRequest& request) {
  return Run<v1::MakeDuePayoutsResponse>(Call::kMakeDuePayouts, request);
}

absl::StatusOr<v1::GetPayoutsResponse> PayoutWorld::Get(const v1::GetPayoutsRequest& request) {
  return Run<v1::GetPayoutsResponse>(Call::kGetPayouts, request);
}

std::string StatusFileOf(const std::string& msg_id, const std::string& file_id,
                         const std::string& day, const std::vector<BankRow>& rows) {
  std::string told;
  for (const BankRow& row : rows) {
    absl::StrAppend(&told, "<TxInfAndSts><OrgnlEndToEndId>", row.end_to_end_id,
                    "</OrgnlEndToEndId><TxSts>", row.status, "</TxSts>");
    if (row.status == "RJCT")
      absl::StrAppend(&told, "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf>");
    if (!row.yuan.empty())
      absl::StrAppend(&told, "<OrgnlTxRef><Amt><InstdAmt Ccy=\"CNY\">", row.yuan,
                      "</InstdAmt></Amt></OrgnlTxRef>");
    absl::StrAppend(&told, "</TxInfAndSts>");
  }
  return absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.002.001.10\"><CstmrPmtStsRpt>"
      "<GrpHdr><MsgId>",
      msg_id, "</MsgId><CreDtTm>", day, "T10:00:00+08:00</CreDtTm></GrpHdr><OrgnlGrpInfAndSts>",
      "<OrgnlMsgId>", file_id,
      "</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>PART</GrpSts>"
      "</OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>",
      file_id, "-0001</OrgnlPmtInfId>", told, "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>\n");
}

}  // namespace yijie::engine
