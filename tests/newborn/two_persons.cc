#include "tests/newborn/two_persons.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/digest.h"
#include "engine/accumulator_codec.h"
#include "engine/audit/audit.h"
#include "engine/policy_archive.h"
#include "engine/queries.h"
#include "engine/step.h"
#include "tests/correction/world.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

constexpr int64_t kDayMs = 86'400'000;

v1::PersonFacts FactsOf(const std::string& psn_no, const std::string& brdy) {
  v1::PersonFacts facts = SoundFacts();
  facts.set_psn_no(psn_no);
  facts.set_certno(psn_no);
  facts.set_brdy(brdy);
  return facts;
}

}  // namespace

v1::PersonFacts MotherFacts() { return FactsOf("M", "1990-05-05"); }

v1::PersonFacts ChildFacts() {
  v1::PersonFacts facts = FactsOf("C", "2025-12-01");
  facts.set_mother_psn_no("M");
  return facts;
}

TwoPersons::TwoPersons(std::shared_ptr<const Reference> reference, const v1::PersonFacts& mother,
                       const v1::PersonFacts& child, Spoil spoil)
    : reference_(std::move(reference)), spoil_(std::move(spoil)) {
  YIJIE_CHECK(ArchivePolicies(store_, *reference_->policies, absl::UnixEpoch()).ok(), "archive");
  for (const v1::PersonFacts& facts : {mother, child}) {
    persons_.emplace(facts.psn_no(), NewPerson(facts.psn_no()));
    v1::AmendPersonRequest request;
    *request.mutable_header() = Header(absl::StrCat("enrol", facts.psn_no()));
    *request.mutable_facts() = facts;
    Do<v1::AmendPersonResponse>(Call::kAmendPerson, request,
                                MomentOf(TestNow().unix_ms - 160 * kDayMs));
  }
}

Effect TwoPersons::Transact(Job& job) {
  auto effect =
      SpecOf(job.call).transact(job, WorkContext{*reference_, store_}, persons_.at(job.lane_key));
  YIJIE_CHECK(effect.ok(), std::string(effect.status().message()).c_str());
  if (!effect->needs_departure) return *std::move(effect);
  LetDepart(job);
  return Transact(job);
}

void TwoPersons::LetDepart(Job& job) {
  store::v1::DepartStep step;
  step.set_psn_no(RequestOf<v1::RepointRequest>(job).from_psn_no());
  step.set_agency(job.key.institution);
  step.set_msgid(job.key.msgid);
  step.set_request(job.body);
  const auto leaving = StepJob(Call::kDepart, step, job.now);
  Effect left = Transact(*leaving);
  store::v1::DepartReply told;
  YIJIE_CHECK(told.ParseFromString(left.reply), "the reply of a departure cannot be read");
  Apply(*leaving, std::move(left));
  if (spoil_ && told.outcome() == v1::REPOINTED) spoil_(told.mutable_departure());
  job.departed = std::make_shared<const absl::StatusOr<store::v1::DepartReply>>(told);
}

void TwoPersons::Close(const Job& job) {
  store::v1::CloseDepartureStep step;
  step.set_psn_no(RequestOf<v1::RepointRequest>(job).from_psn_no());
  step.set_version((**job.departed).departure().version());
  const auto closing = StepJob(Call::kCloseDeparture, step, job.now);
  closing->has_other_key = true;
  closing->other_key = job.key;
  Apply(*closing, Transact(*closing));
}

std::string TwoPersons::Run(Job& job) {
  Effect effect = Transact(job);
  std::string reply = effect.reply;
  Apply(job, std::move(effect));
  if (job.departed != nullptr && (**job.departed).outcome() == v1::REPOINTED) Close(job);
  return reply;
}

void TwoPersons::Apply(const Job& job, Effect effect) {
  storage::Commit commit;
  commit.rows = std::move(effect.rows);
  if (effect.moves) {
    commit.psn_no = job.lane_key;
    commit.expected_version = persons_.at(job.lane_key).version;
    for (BookedVersion& earlier : effect.earlier)
      commit.earlier.push_back({SerializeState(earlier.next), std::move(earlier.event)});
    commit.state = SerializeState(effect.next);
    commit.event = std::move(effect.event);
    const int64_t version = effect.answered_by == 0 ? effect.next.version : effect.answered_by;
    if (job.has_key) commit.messages.push_back({job.key, {job.digest, job.lane_key, version, ""}});
    persons_.at(job.lane_key) = std::move(effect.next);
  } else if (job.has_key) {
    store::v1::Verdict verdict;
    verdict.set_request(job.body);
    verdict.set_reply(effect.reply);
    commit.messages.push_back({job.key, {job.digest, "", 0, verdict.SerializeAsString()}});
  } else {
    return;
  }
  std::vector<storage::Commit> group;
  group.push_back(std::move(commit));
  store_.CommitGroup(std::move(group), [](const std::vector<storage::CommitOutcome>& outcomes) {
    YIJIE_CHECK(outcomes[0] == storage::CommitOutcome::kDone, "a commit failed");
  });
}

std::map<std::string, int64_t> TwoPersons::Ledger(const std::string& psn_no,
                                                  store::v1::LedgerAccount account) {
  std::map<std::string, int64_t> sums;
  const auto versions = LoadLater(store_, psn_no, 0, person(psn_no).version);
  YIJIE_CHECK(versions.ok(), "the history cannot be read");
  for (const storage::PersonVersion& version : *versions) {
    const store::v1::PersonEvent event = *ParseEvent(version);
    for (const store::v1::JournalLine& line : event.journal()) {
      if (line.account() == account) sums[line.subject()] += line.amount_fen();
    }
  }
  for (auto it = sums.begin(); it != sums.end();) it = it->second == 0 ? sums.erase(it) : ++it;
  return sums;
}

std::string TwoPersons::Totals(const std::string& psn_no) const {
  std::vector<v1::AccumulatorValue> values;
  for (const rules::AccumulatorEntry& entry : person(psn_no).accumulators)
    ToProto(entry, &values.emplace_back());
  std::sort(values.begin(), values.end(), RecordOrder);
  std::string text;
  for (const v1::AccumulatorValue& value : values)
    absl::StrAppend(&text, value.ShortDebugString(), "\n");
  return text;
}

std::string TwoPersons::Problem() {
  const auto report = AuditLedger(store_);
  if (!report.ok()) return std::string(report.status().message());
  if (report->clean()) return "";
  const AuditFinding& first = report->findings[0];
  return absl::StrCat(first.psn_no, " ", first.version, ": ", first.what);
}

}  // namespace yijie::engine
