#include "tests/engine/engine_fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

std::string PolicyText(const std::string& insutype, const std::string& med_type,
                       const std::string& body) {
  return absl::StrCat("id: \"test-", insutype, "\" title: \"试\" admdvs: \"", kArea,
                      "\" insutype: \"", insutype, "\" med_type: \"", med_type,
                      "\" valid_from: \"2020-01-01\" sample_data: true "
                      "source { id: \"s1\" title: \"made up\" grade: \"SAMPLE\" }\n",
                      "step { id: \"classify\" label: \"c\" cite: \"s1 1\" classify {} }\n", body);
}

std::string EmployeePolicy() {
  return PolicyText("310", "21", R"policy(
accumulator { name: "dedc_year" period: YEAR }
accumulator { name: "pool" period: YEAR }
step {
  id: "gate" label: "g" cite: "s1 1"
  gate { row { when { third_party: "YES" } reason: "third" } }
}
step {
  id: "act_pay_dedc" label: "d" cite: "s1 1"
  deductible {
    base: "inscp_scp_amt"
    row { amount: "500" }
    limit { accumulator: "dedc_year" row { amount: "800" } }
  }
}
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: HIFP fund_pay_type: "310100"
    base: "inscp_scp_amt" base: "-act_pay_dedc"
    row { band { ratio: "80%" } }
    limit { accumulator: "pool" row { amount: "10000" } }
  }
}
step {
  id: "acct_pay" label: "a" cite: "s1 1"
  account { of: "psn_part_amt" order: "CURRENT_YEAR" order: "PAST_YEARS" }
}
)policy");
}

std::string ResidentPolicy() {
  return PolicyText("390", "21", R"policy(
accumulator { name: "stays" period: YEAR holds: COUNT }
step {
  id: "once" label: "g" cite: "s1 1"
  gate { row { when { amount { of: "acc:stays" is: "[1..)" } } reason: "one stay a year" } }
}
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: HIFP fund_pay_type: "390100" base: "inscp_scp_amt"
    row { band { ratio: "50%" } }
  }
}
step { id: "count" label: "n" cite: "s1 1" accumulate { accumulator: "stays" } }
)policy");
}

std::string DiseasePolicy() {
  return PolicyText("510", "52", R"policy(
accumulator { name: "by_disease" period: YEAR per_dise_codg: true }
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: MATERNITY fund_pay_type: "510100" base: "inscp_scp_amt"
    row { band { ratio: "100%" } }
    limit { accumulator: "by_disease" row { amount: "100" } }
  }
}
)policy");
}

rules::CatalogueItem Item(const char* code, rules::ItemClass item_class, int64_t selfpay_1e6) {
  rules::CatalogueItem item;
  item.code = rules::Intern(code);
  item.kind = rules::ItemKind::kDrug;
  item.item_class = item_class;
  item.selfpay_prop = Ratio(selfpay_1e6);
  return item;
}

v1::Institution Hospital(const char* code) {
  v1::Institution institution;
  institution.set_fixmedins_code(code);
  institution.set_fixmedins_name("test");
  institution.set_kind(v1::HOSPITAL);
  institution.set_admdvs(kArea);
  institution.set_hosp_lv(v1::LEVEL_3);
  institution.set_begndate("2020-01-01");
  return institution;
}

}  // namespace

std::unique_ptr<const rules::Program> TestProgram(const std::string& insutype) {
  const std::string text = insutype == "310"   ? EmployeePolicy()
                           : insutype == "390" ? ResidentPolicy()
                                               : DiseasePolicy();
  auto program = rules::CompilePackage(absl::StrCat("test-", insutype, ".policy"), text);
  YIJIE_CHECK(program.ok(), std::string(program.status().message()).c_str());
  return *std::move(program);
}

std::shared_ptr<const Reference> TestReference() {
  auto reference = std::make_shared<Reference>();
  std::vector<std::unique_ptr<const rules::Program>> programs;
  for (const char* scheme : {"310", "390", "510"}) programs.push_back(TestProgram(scheme));
  reference->policies = *rules::RuleBook::Build(std::move(programs));
  reference->catalogue = *rules::Catalogue::Build({Item("A", rules::ItemClass::kA, 0),
                                                   Item("B", rules::ItemClass::kB, 100'000),
                                                   Item("C", rules::ItemClass::kC, 0)});
  for (const char* code : {kHospital, kOtherHospital})
    reference->institutions.emplace(code, Hospital(code));
  return reference;
}

v1::PersonFacts TestFacts(const std::string& psn_no) {
  v1::PersonFacts facts;
  facts.set_psn_no(psn_no);
  facts.set_psn_name("test");
  facts.set_brdy("1980-02-03");
  for (const char* scheme : {"310", "390", "510"}) {
    v1::Coverage* coverage = facts.add_coverage();
    coverage->set_insutype(scheme);
    coverage->set_psn_type("11");
    coverage->set_insuplc_admdvs(kArea);
    coverage->set_begndate("2020-01-01");
    coverage->set_psn_insu_stas("1");
  }
  return facts;
}

Person TestPerson(const std::string& psn_no, int64_t current_fen, int64_t past_fen) {
  Person person;
  person.version = 1;
  person.facts = std::make_shared<v1::PersonFacts>(TestFacts(psn_no));
  person.account = {Fen(current_fen), Fen(past_fen)};
  return person;
}

void PlantPerson(const std::string& psn_no, int64_t current_fen, int64_t past_fen,
                 storage::MemoryStore* store) {
  yijie::store::v1::PersonEvent event;
  event.mutable_facts_loaded();
  store->PlantVersion(psn_no, {1, SerializeState(TestPerson(psn_no, current_fen, past_fen)),
                               event.SerializeAsString()});
}

Moment TestNow() { return MomentOf(int64_t{1'781'496'000'000}); }

v1::MessageHeader Header(const std::string& msgid) {
  v1::MessageHeader header;
  header.set_fixmedins_code(kHospital);
  header.set_msgid(msgid);
  return header;
}

v1::SettleRequest SettleOf(const std::string& msgid, const std::string& psn_no, int64_t fen,
                           const std::string& insutype) {
  v1::SettleRequest request;
  *request.mutable_header() = Header(msgid);
  v1::Claim* claim = request.mutable_claim();
  claim->set_psn_no(psn_no);
  claim->set_insutype(insutype);
  claim->set_med_type(insutype == "510" ? "52" : "21");
  claim->set_begndate("2026-06-01");
  claim->set_enddate("2026-06-10");
  claim->set_medfee_sumamt_fen(fen);
  claim->set_acct_used_flag(v1::ACCT_OWN);
  v1::FeeLine* line = claim->add_fee_line();
  line->set_feedetl_sn("1");
  line->set_med_list_codg("A");
  line->set_cnt_1e4(10'000);
  line->set_pric_fen_1e4(fen * 10'000);
  line->set_det_item_fee_sumamt_fen(fen);
  return request;
}

v1::CreditAccountRequest CreditOf(const std::string& msgid, const std::string& psn_no,
                                  int64_t fen) {
  v1::CreditAccountRequest request;
  *request.mutable_header() = Header(msgid);
  request.set_psn_no(psn_no);
  request.set_sub_account(v1::CURRENT_YEAR);
  request.set_amount_fen(fen);
  return request;
}

v1::ReverseByMessageRequest UndoOf(const std::string& msgid, const std::string& psn_no,
                                   const std::string& omsgid) {
  v1::ReverseByMessageRequest request;
  *request.mutable_header() = Header(msgid);
  request.set_psn_no(psn_no);
  request.set_omsgid(omsgid);
  return request;
}

v1::ReverseRequest ReverseOf(const std::string& msgid, const std::string& psn_no,
                             const std::string& setl_id) {
  v1::ReverseRequest request;
  *request.mutable_header() = Header(msgid);
  request.set_psn_no(psn_no);
  request.set_setl_id(setl_id);
  return request;
}

v1::QueryMessageRequest QueryOf(const std::string& msgid, bool fence) {
  v1::QueryMessageRequest request;
  request.set_fixmedins_code(kHospital);
  request.set_transaction(v1::SETTLE);
  request.set_msgid(msgid);
  request.set_fence(fence);
  return request;
}

v1::GetAccountRequest AccountOf(const std::string& psn_no) {
  v1::GetAccountRequest request;
  request.set_psn_no(psn_no);
  return request;
}

Reply Inbox::Get() {
  const MutexLock lock(mutex_);
  while (count_ == 0) came_.Wait(mutex_);
  return reply_;
}

int Inbox::count() {
  const MutexLock lock(mutex_);
  return count_;
}

void Inbox::Put(Reply reply) {
  const MutexLock lock(mutex_);
  reply_ = std::move(reply);
  ++count_;
  came_.NotifyAll();
}

QuietLog::QuietLog() {
  if (std::getenv("YIJIE_LOUD") != nullptr) return;
  saved_ = dup(STDERR_FILENO);
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDERR_FILENO);
  close(nowhere);
}

QuietLog::~QuietLog() {
  if (saved_ < 0) return;
  dup2(saved_, STDERR_FILENO);
  close(saved_);
}

}  // namespace yijie::engine
