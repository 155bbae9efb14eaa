#include "tests/family/family_world.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/audit/audit.h"
#include "engine/policy_archive.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using storage::FaultStore;

std::unique_ptr<const rules::Program> HalfAndAccount() {
  const std::string text = absl::StrCat(
      "id: \"test-family\" title: \"试\" admdvs: \"", kArea,
      "\" insutype: \"310\" med_type: \"11\" valid_from: \"2020-01-01\" sample_data: true "
      "source { id: \"s1\" title: \"made up\" grade: \"SAMPLE\" } "
      "step { id: \"classify\" label: \"c\" cite: \"s1 1\" classify {} } "
      "step { id: \"hifp_pay\" label: \"p\" cite: \"s1 1\" pay { fund: HIFP fund_pay_type: "
      "\"310100\" base: \"inscp_scp_amt\" row { band { ratio: \"50%\" } } } } "
      "step { id: \"acct_pay\" label: \"a\" cite: \"s1 1\" account { of: \"psn_part_amt\" order: "
      "\"CURRENT_YEAR\" order: \"PAST_YEARS\" } }");
  auto program = rules::CompilePackage("family.policy", text);
  YIJIE_CHECK(program.ok(), std::string(program.status().message()).c_str());
  return *std::move(program);
}

std::shared_ptr<const Reference> FamilyReference(const std::string& sharing) {
  auto reference = std::make_shared<Reference>(*TestReference());
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(TestProgram("310"));
  programs.push_back(HalfAndAccount());
  reference->policies = *rules::RuleBook::Build(std::move(programs));
  const std::string area = absl::StrCat(
      "id: \"test\" title: \"试\" admdvs: \"", kArea,
      "\" begndate: \"2020-01-01\" sample_data: true source { id: \"s1\" title: \"made up\" grade: "
      "\"SAMPLE\" } account { cite: \"s1 1\" use { purpose: OWN_SHARE } use { purpose: "
      "FAMILY_SHARE } } sharing { cite: \"s1 1\" relation: SPOUSE relation: CHILD ",
      sharing, " }");
  auto book = AreaBook::Build({{"test.area", area}});
  YIJIE_CHECK(book.ok(), std::string(book.status().message()).c_str());
  reference->areas = std::make_shared<const AreaBook>(*std::move(book));
  return reference;
}

// The store under test, with what it does wrong.
class SpoilingStore : public FaultStore {
 public:
  SpoilingStore(storage::MemoryStore& durable, FaultStore::Options options,
                FamilyWorld::Spoil spoil)
      : FaultStore(durable, options), spoil_(std::move(spoil)) {}
  void CommitGroup(std::vector<storage::Commit> group, storage::CommitDone done) override {
    if (spoil_) {
      for (storage::Commit& commit : group) spoil_(commit);
    }
    FaultStore::CommitGroup(std::move(group), std::move(done));
  }

 private:
  const FamilyWorld::Spoil spoil_;
};

}  // namespace

v1::SettleRequest FamilyBill(const std::string& msgid, const std::string& psn_no, int64_t fen) {
  v1::SettleRequest request = SettleOf(msgid, psn_no, fen);
  request.mutable_claim()->set_med_type("11");
  request.mutable_claim()->set_enddate("2026-06-01");
  request.mutable_claim()->set_acct_used_flag(v1::ACCT_FAMILY);
  return request;
}

v1::ChangeFamilyBondRequest BondOf(const std::string& msgid, const std::string& giver,
                                   const std::string& relative, int rank) {
  v1::ChangeFamilyBondRequest request;
  *request.mutable_header() = Header(msgid);
  request.set_psn_no(giver);
  request.set_change(v1::BIND);
  v1::FamilyBond& bond = *request.mutable_bond();
  bond.set_relative_psn_no(relative);
  bond.set_relation(v1::SPOUSE);
  bond.set_consent_no("C-1");
  bond.set_begndate("2026-01-01");
  bond.set_rank(rank);
  return request;
}

FamilyWorld::FamilyWorld(Options options)
    : options_(std::move(options)), reference_(FamilyReference(options_.sharing)) {
  YIJIE_CHECK(ArchivePolicies(durable_, *reference_->policies, absl::UnixEpoch()).ok(), "archive");
  yijie::store::v1::PersonEvent event;
  event.set_clr_date("1970-01-01");
  event.mutable_facts_loaded();
  for (const char* psn_no : kFamily) {
    durable_.PlantVersion(psn_no,
                          {1, SerializeState(TestPerson(psn_no, 0, 0)), event.SerializeAsString()});
  }
  Start();
}

FamilyWorld::~FamilyWorld() { engine_.reset(); }

void FamilyWorld::Start() {
  engine_.reset();
  store_.reset();
  crashed_ = false;
  crash_at_ = 0;
  store_ = std::make_unique<SpoilingStore>(durable_, options_.faults, options_.spoil);
  const bool random_faults =
      options_.faults.not_applied_percent > 0 || options_.faults.unknown_permille > 0;
  if (!random_faults) {
    store_->Decide([this](const storage::Commit&) {
      if (refuse_at_ > 0 && --refuse_at_ == 0) return FaultStore::Fault::kNotApplied;
      if (crash_at_ == 0 || --crash_at_ > 0) return FaultStore::Fault::kNone;
      crashed_ = true;
      return crash_applies_ ? FaultStore::Fault::kUnknownApplied
                            : FaultStore::Fault::kUnknownNotApplied;
    });
  }
  EngineOptions engine;
  engine.lanes = options_.lanes;
  engine.store_failed = [] {};
  engine_ = std::make_unique<Engine>(engine, *store_, metrics_, reference_);
}

void FamilyWorld::Credit(const std::string& psn_no, int64_t current_fen, int64_t past_fen) {
  for (const auto& [sub, fen] :
       {std::pair(v1::CURRENT_YEAR, current_fen), std::pair(v1::PAST_YEARS, past_fen)}) {
    if (fen == 0) continue;
    v1::CreditAccountRequest request = CreditOf(NextId(), psn_no, fen);
    request.set_sub_account(sub);
    Reply reply = Send(Call::kCreditAccount, request);
    while (absl::IsResourceExhausted(reply.status)) reply = Send(Call::kCreditAccount, request);
    ASSERT_TRUE(reply.status.ok()) << reply.status;
  }
}

void FamilyWorld::Bind(const std::string& giver, const std::string& relative, int rank) {
  const v1::ChangeFamilyBondRequest request = BondOf(NextId(), giver, relative, rank);
  Reply reply = Send(Call::kChangeFamilyBond, request);
  while (absl::IsResourceExhausted(reply.status)) reply = Send(Call::kChangeFamilyBond, request);
  ASSERT_EQ(Parsed<v1::ChangeFamilyBondResponse>(reply).outcome(), v1::FAMILY_BOND_DONE);
}

v1::Settlement FamilyWorld::Settle(const v1::SettleRequest& request) {
  return Parsed<v1::SettleResponse>(Send(Call::kSettle, request)).settlement();
}

v1::Reversal FamilyWorld::Reverse(const std::string& psn_no, const std::string& setl_id) {
  return Parsed<v1::ReverseResponse>(Send(Call::kReverse, ReverseOf(NextId(), psn_no, setl_id)))
      .reversal();
}

void FamilyWorld::CrashAt(int n, bool applied) {
  crash_applies_ = applied;
  crash_at_ = n;
}

void FamilyWorld::Restart() {
  Start();
  Quiesce();
}

void FamilyWorld::RestartAndCrashAt(int n, bool applied) {
  Start();
  CrashAt(n, applied);
  Quiesce();
}

void FamilyWorld::Quiesce() {
  // With a store that refuses now and then a step may have to be sent again.
  for (int i = 0; i < 200; ++i) {
    engine_->AwaitIdle();
    const auto open = durable_.ScanRows("family_open", "", "", 1);
    const auto newborn = durable_.ScanRows("newborn_open", "", "", 1);
    if (crashed_ || !open.ok() || !newborn.ok() || (open->empty() && newborn->empty())) return;
    if (!engine_->Resolve(TestNow()).ok()) return;
  }
}

int64_t FamilyWorld::Balance(const std::string& psn_no) {
  const auto sub = SubBalances(psn_no);
  return sub[0] + sub[1];
}

std::array<int64_t, 2> FamilyWorld::SubBalances(const std::string& psn_no) {
  const Person person = *ParsePerson(**durable_.LoadLatest(psn_no));
  return {person.account[0].value(), person.account[1].value()};
}

store::v1::PersonFamily FamilyWorld::FamilyOf(const std::string& psn_no) {
  return ParsePerson(**durable_.LoadLatest(psn_no))->rest->family();
}

std::string FamilyWorld::Problem() {
  const auto report = AuditLedger(durable_);
  if (!report.ok()) return std::string(report.status().message());
  if (!report->clean()) {
    const AuditFinding& first = report->findings[0];
    return absl::StrCat(first.psn_no, " ", first.version, ": ", first.what);
  }
  if (report->open_holds + report->open_refunds + report->open_departures > 0)
    return "steps are still open";
  return "";
}

}  // namespace yijie::engine
