#include "tests/stay/stay_world.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "engine/audit/audit.h"
#include "engine/policy_archive.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// Half of a bill of this benefit kind.
std::unique_ptr<const rules::Program> HalfOf(const std::string& med_type) {
  const std::string text = absl::StrCat(
      "id: \"test-half-", med_type, "\" title: \"试\" admdvs: \"", kArea,
      "\" insutype: \"310\" med_type: \"", med_type,
      "\" valid_from: \"2020-01-01\" sample_data: true source { id: \"s1\" title: \"made up\" "
      "grade: "
      "\"SAMPLE\" } step { id: \"classify\" label: \"c\" cite: \"s1 1\" classify {} }",
      "step { id: \"hifp_pay\" label: \"p\" cite: \"s1 1\" pay { fund: HIFP fund_pay_type: "
      "\"310100\" base: \"inscp_scp_amt\" row { band { ratio: \"50%\" } } } }");
  auto program = rules::CompilePackage("half.policy", text);
  YIJIE_CHECK(program.ok(), std::string(program.status().message()).c_str());
  return *std::move(program);
}

std::shared_ptr<const Reference> StayReference(const std::string& stay_rules) {
  auto reference = std::make_shared<Reference>(*TestReference());
  std::vector<std::unique_ptr<const rules::Program>> programs;
  for (const char* scheme : {"310", "390", "510"}) programs.push_back(TestProgram(scheme));
  for (const char* med_type : {"11", "41"}) programs.push_back(HalfOf(med_type));
  reference->policies = *rules::RuleBook::Build(std::move(programs));
  if (stay_rules.empty()) return reference;
  const std::string area = absl::StrCat(
      "id: \"test\" title: \"试\" admdvs: \"", kArea,
      "\" begndate: \"2020-01-01\" sample_data: true source { id: \"s1\" title: \"made up\" grade: "
      "\"SAMPLE\" } stay { cite: \"s1 1\" ",
      stay_rules, " }");
  auto book = AreaBook::Build({{"test.area", area}});
  YIJIE_CHECK(book.ok(), std::string(book.status().message()).c_str());
  reference->areas = std::make_shared<const AreaBook>(*std::move(book));
  return reference;
}

}  // namespace

std::string June(int day) { return absl::StrFormat("2026-06-%02d", day); }

v1::FeeLine Line(const std::string& serial, int day, int64_t fen, const std::string& item) {
  v1::FeeLine line;
  line.set_feedetl_sn(serial);
  line.set_med_list_codg(item);
  line.set_fee_ocur_date(June(day));
  line.set_cnt_1e4(10'000);
  line.set_pric_fen_1e4(fen * 10'000);
  line.set_det_item_fee_sumamt_fen(fen);
  return line;
}

StayWorld::StayWorld(const std::string& stay_rules) : reference_(StayReference(stay_rules)) {
  YIJIE_CHECK(ArchivePolicies(store_, *reference_->policies, absl::UnixEpoch()).ok(), "archive");
  yijie::store::v1::PersonEvent event;
  event.set_clr_date("1970-01-01");
  event.mutable_facts_loaded();
  store_.PlantVersion(kPatient,
                      {1, SerializeState(TestPerson(kPatient, 0, 0)), event.SerializeAsString()});
  Restart();
  YIJIE_CHECK(Send(Call::kCreditAccount, CreditOf("credit", kPatient, 10'000'000)).status.ok(),
              "a credit fails");
}

void StayWorld::Restart() {
  engine_.reset();
  engine_ = std::make_unique<Engine>(EngineOptions(), store_, metrics_, reference_);
}

v1::MessageHeader StayWorld::NextHeader() {
  v1::MessageHeader header = Header(absl::StrCat("s", ++messages_));
  header.set_fixmedins_code(hospital_);
  return header;
}

template <typename Request>
Request StayWorld::About(const std::string& visit) {
  Request request;
  *request.mutable_header() = NextHeader();
  request.set_psn_no(kPatient);
  request.set_mdtrt_id(visit);
  return request;
}

template <typename Request>
v1::StayResponse StayWorld::SendStay(Call call, const Request& request) {
  const Reply reply = Send(call, request);
  EXPECT_TRUE(reply.status.ok()) << reply.status;
  v1::StayResponse response;
  EXPECT_TRUE(response.ParseFromString(reply.bytes));
  EXPECT_EQ(response.reason().empty(), response.outcome() == v1::STAY_DONE);
  return response;
}

v1::StayResponse StayWorld::Admit(const std::string& visit, int day) {
  auto request = About<v1::AdmitRequest>(visit);
  request.mutable_admission()->set_insutype("310");
  request.mutable_admission()->set_med_type("21");
  request.mutable_admission()->set_begndate(June(day));
  return SendStay(Call::kAdmit, request);
}

v1::StayResponse StayWorld::Change(const std::string& visit, int day) {
  auto request = About<v1::ChangeStayRequest>(visit);
  request.mutable_admission()->set_insutype("310");
  request.mutable_admission()->set_med_type("21");
  request.mutable_admission()->set_begndate(June(day));
  return SendStay(Call::kChangeStay, request);
}

v1::StayResponse StayWorld::CancelAdmission(const std::string& visit) {
  return SendStay(Call::kCancelAdmission, About<v1::StayRequest>(visit));
}

v1::StayResponse StayWorld::Upload(const std::string& visit, const std::string& batch,
                                   std::vector<v1::FeeLine> lines) {
  auto request = About<v1::UploadFeesRequest>(visit);
  request.set_chrg_bchno(batch);
  for (v1::FeeLine& line : lines) *request.add_fee_line() = std::move(line);
  return SendStay(Call::kUploadFees, request);
}

v1::StayResponse StayWorld::CancelFees(const std::string& visit, const std::string& batch) {
  auto request = About<v1::CancelFeesRequest>(visit);
  request.set_chrg_bchno(batch);
  return SendStay(Call::kCancelFees, request);
}

v1::StayResponse StayWorld::Discharge(const std::string& visit, int day) {
  auto request = About<v1::DischargeRequest>(visit);
  request.set_enddate(June(day));
  return SendStay(Call::kDischarge, request);
}

v1::StayResponse StayWorld::CancelDischarge(const std::string& visit) {
  return SendStay(Call::kCancelDischarge, About<v1::StayRequest>(visit));
}

v1::StayResponse StayWorld::Get(const std::string& visit) {
  v1::GetStayRequest request;
  request.set_fixmedins_code(hospital_);
  request.set_psn_no(kPatient);
  request.set_mdtrt_id(visit);
  return SendStay(Call::kGetStay, request);
}

v1::SettleStayRequest StayWorld::SettleRequest(const std::string& visit, int64_t fen, int until) {
  auto request = About<v1::SettleStayRequest>(visit);
  request.set_medfee_sumamt_fen(fen);
  request.set_acct_used_flag(v1::ACCT_OWN);
  if (until != 0) request.set_until(June(until));
  return request;
}

v1::Settlement StayWorld::Settle(const std::string& visit, int64_t fen, int until) {
  return Parsed<v1::SettleResponse>(Send(Call::kSettleStay, SettleRequest(visit, fen, until)))
      .settlement();
}

v1::Reversal StayWorld::Reverse(const std::string& setl_id) {
  v1::ReverseRequest request = ReverseOf("", kPatient, setl_id);
  *request.mutable_header() = NextHeader();
  return Parsed<v1::ReverseResponse>(Send(Call::kReverse, request)).reversal();
}

int64_t StayWorld::Balance() {
  return ParsePerson(**store_.LoadLatest(kPatient))->balance().value();
}

int64_t StayWorld::Version() { return (*store_.LoadLatest(kPatient))->version; }

v1::Claim StayWorld::StoredClaim(int64_t version) {
  yijie::store::v1::PersonEvent event;
  EXPECT_TRUE(event.ParseFromString((*store_.LoadVersion(kPatient, version))->event));
  return event.settled().claim();
}

bool StayWorld::LedgerIsClean() {
  const auto report = AuditLedger(store_);
  if (!report.ok()) return false;
  for (const AuditFinding& finding : report->findings)
    ADD_FAILURE() << finding.version << ": " << finding.what;
  return report->clean();
}

}  // namespace yijie::engine
