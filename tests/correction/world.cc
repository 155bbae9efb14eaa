#include "tests/correction/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "base/digest.h"
#include "engine/accumulator_codec.h"
#include "engine/call.h"
#include "engine/correction/amendment.h"
#include "engine/deterministic_bytes.h"
#include "engine/edge.h"
#include "engine/policy_archive.h"
#include "engine/queries.h"
#include "engine/settlement_id.h"
#include "rules/loader.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

std::unique_ptr<const rules::Program> OutpatientProgram(const std::string& name,
                                                        const std::string& days,
                                                        const std::string& ratio,
                                                        const std::string& dibao) {
  const std::string text = absl::StrCat(
      "id: \"test-310-11-", name, "\" title: \"试\" admdvs: \"", kArea,
      "\" insutype: \"310\" med_type: \"11\" version_by: BY_FILING ", days,
      " sample_data: true source { id: \"s1\" title: \"made up\" grade: \"SAMPLE\" }\n",
      R"policy(
accumulator { name: "dedc_out" period: YEAR }
accumulator { name: "pool" period: YEAR }
step { id: "classify" label: "c" cite: "s1 1" classify {} }
step {
  id: "gate" label: "g" cite: "s1 1"
  gate { row { when { cvlserv: "YES" } reason: "civil servant" } }
}
step {
  id: "act_pay_dedc" label: "d" cite: "s1 1"
  deductible {
    base: "inscp_scp_amt"
    row { when { assistance: "DIBAO" } amount: "0" }
    row { when { assistance: "not(DIBAO)" } amount: "200" }
    limit { accumulator: "dedc_out" row { amount: "400" } }
  }
}
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: HIFP fund_pay_type: "310100"
    base: "inscp_scp_amt" base: "-act_pay_dedc"
)policy",
      "    row { when { assistance: \"DIBAO\" } band { ratio: \"", dibao, "\" } }\n",
      "    row { when { assistance: \"not(DIBAO)\" } band { ratio: \"", ratio, "\" } }\n",
      R"policy(
    adjust { when { psn_type: "RETIRED" } points: "5%" }
    limit { accumulator: "pool" row { amount: "10000" } }
  }
}
step {
  id: "acct_pay" label: "a" cite: "s1 1"
  account { of: "psn_part_amt" order: "CURRENT_YEAR" order: "PAST_YEARS" }
}
)policy");
  auto program = rules::CompilePackage(absl::StrCat(name, ".policy"), text);
  YIJIE_CHECK(program.ok(), std::string(program.status().message()).c_str());
  return *std::move(program);
}

std::vector<std::unique_ptr<const rules::Program>> Programs() {
  std::vector<std::unique_ptr<const rules::Program>> programs;
  for (const char* scheme : {"310", "390", "510"}) programs.push_back(TestProgram(scheme));
  programs.push_back(
      OutpatientProgram("a", "valid_from: \"2020-01-01\" valid_to: \"2026-03-31\"", "60%", "80%"));
  programs.push_back(OutpatientProgram("b", "valid_from: \"2026-04-01\"", "70%", "90%"));
  return programs;
}

template <typename T>
T Checked(absl::StatusOr<T> result) {
  YIJIE_CHECK(result.ok(), std::string(result.status().message()).c_str());
  return *std::move(result);
}

template <typename Response>
Response Read(const std::string& bytes) {
  Response response;
  YIJIE_CHECK(response.ParseFromString(bytes), "a reply cannot be read");
  return response;
}

}  // namespace

std::shared_ptr<const Reference> CorrectionReference() {
  auto reference = std::make_shared<Reference>(*TestReference());
  reference->policies = Checked(rules::RuleBook::Build(Programs()));
  return reference;
}

v1::PersonFacts SoundFacts() {
  v1::PersonFacts facts = TestFacts("P1");
  facts.set_psn_cert_type("99");
  facts.set_certno("T1");
  facts.set_gend("1");
  // One normal relation of basic medical insurance.
  for (int i = facts.coverage_size() - 1; i >= 0; --i) {
    if (facts.coverage(i).insutype() == "390") facts.mutable_coverage()->DeleteSubrange(i, 1);
  }
  return facts;
}

World::World(std::shared_ptr<const Reference> reference, const v1::PersonFacts& facts)
    : reference_(std::move(reference)),
      store_(std::make_unique<storage::MemoryStore>()),
      person_(NewPerson(facts.psn_no())) {
  YIJIE_CHECK(ArchivePolicies(*store_, *reference_->policies, absl::UnixEpoch()).ok(), "archive");
  constexpr int64_t kDayMs = 86'400'000;
  Amend(facts, MomentOf(TestNow().unix_ms - 160 * kDayMs));
}

void World::Apply(Effect effect, const v1::MessageHeader& header, v1::Transaction transaction,
                  const std::string& body) {
  if (!effect.moves) return;
  storage::Commit commit;
  commit.psn_no = person_.facts->psn_no();
  commit.expected_version = person_.version;
  for (BookedVersion& earlier : effect.earlier)
    commit.earlier.push_back({SerializeState(earlier.next), std::move(earlier.event)});
  commit.state = SerializeState(effect.next);
  commit.event = std::move(effect.event);
  const int64_t version = effect.answered_by == 0 ? effect.next.version : effect.answered_by;
  commit.messages.push_back(
      {{header.fixmedins_code(), static_cast<uint8_t>(transaction), header.msgid()},
       {Sha256(body), commit.psn_no, version, ""}});
  std::vector<storage::Commit> group;
  group.push_back(std::move(commit));
  store_->CommitGroup(std::move(group), [](const std::vector<storage::CommitOutcome>& outcomes) {
    YIJIE_CHECK(outcomes[0] == storage::CommitOutcome::kDone, "a commit failed");
  });
  person_ = std::move(effect.next);
}

v1::Settlement World::Settle(const v1::SettleRequest& request, const Moment& now) {
  const std::string body = DeterministicBytes(request);
  Effect effect = Checked(engine::Settle(*reference_, request, body, person_, now));
  const auto response = Read<v1::SettleResponse>(effect.reply);
  Apply(std::move(effect), request.header(), v1::SETTLE, body);
  return response.settlement();
}

void World::Credit(const v1::CreditAccountRequest& request, const Moment& now) {
  const std::string body = DeterministicBytes(request);
  Apply(Checked(engine::Credit(request, body, person_, now)), request.header(), v1::CREDIT_ACCOUNT,
        body);
}

v1::Reversal World::Reverse(const std::string& msgid, const std::string& setl_id,
                            const Moment& now) {
  const v1::ReverseRequest request = ReverseOf(msgid, person_.facts->psn_no(), setl_id);
  const auto job =
      Checked(MakeJob(Call::kReverse, std::make_unique<v1::ReverseRequest>(request), now));
  Effect effect =
      Checked(SpecOf(Call::kReverse).transact(*job, WorkContext{*reference_, *store_}, person_));
  const auto response = Read<v1::ReverseResponse>(effect.reply);
  Apply(std::move(effect), request.header(), v1::REVERSE, job->body);
  return response.reversal();
}

v1::AmendPersonResponse World::Amend(const v1::PersonFacts& facts, const Moment& now) {
  v1::AmendPersonRequest request;
  *request.mutable_header() = Header(absl::StrCat("amend", ++amendments_));
  *request.mutable_facts() = facts;
  const auto job =
      Checked(MakeJob(Call::kAmendPerson, std::make_unique<v1::AmendPersonRequest>(request), now));
  Effect effect = Checked(
      SpecOf(Call::kAmendPerson).transact(*job, WorkContext{*reference_, *store_}, person_));
  const auto response = Read<v1::AmendPersonResponse>(effect.reply);
  Apply(std::move(effect), request.header(), v1::AMEND_PERSON, job->body);
  return response;
}

v1::AmendPersonResponse World::AmendWith(const Replayer& replayer, const v1::PersonFacts& facts,
                                         const Moment& now) {
  v1::AmendPersonRequest request;
  *request.mutable_header() = Header(absl::StrCat("amend", ++amendments_));
  *request.mutable_facts() = facts;
  const std::string body = DeterministicBytes(request);
  const auto replayed =
      Checked(replayer(*reference_, Versions(), std::make_shared<v1::PersonFacts>(facts), now));
  Effect effect = Checked(BookAmendment(*reference_, request, body, replayed, person_, now));
  const auto response = Read<v1::AmendPersonResponse>(effect.reply);
  Apply(std::move(effect), request.header(), v1::AMEND_PERSON, body);
  return response;
}

std::vector<storage::PersonVersion> World::Versions() {
  return Checked(LoadLater(*store_, person_.facts->psn_no(), 0, person_.version));
}

std::map<std::string, int64_t> World::Ledger(store::v1::LedgerAccount account) {
  std::map<std::string, int64_t> sums;
  for (const storage::PersonVersion& version : Versions()) {
    const auto event = Read<store::v1::PersonEvent>(version.event);
    for (const store::v1::JournalLine& line : event.journal()) {
      if (line.account() == account) sums[line.subject()] += line.amount_fen();
    }
  }
  for (auto it = sums.begin(); it != sums.end();) it = it->second == 0 ? sums.erase(it) : ++it;
  return sums;
}

std::string World::Totals() const {
  std::vector<v1::AccumulatorValue> values;
  for (const rules::AccumulatorEntry& entry : person_.accumulators)
    ToProto(entry, &values.emplace_back());
  std::sort(values.begin(), values.end(), RecordOrder);
  std::string text;
  for (const v1::AccumulatorValue& value : values)
    absl::StrAppend(&text, value.ShortDebugString(), "\n");
  return text;
}

}  // namespace yijie::engine
