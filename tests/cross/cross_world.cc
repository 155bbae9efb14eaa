#include "tests/cross/cross_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/check.h"
#include "engine/accumulator_codec.h"
#include "engine/audit/audit.h"
#include "engine/cross/cross_digest.h"
#include "engine/policy_archive.h"
#include "engine/queries.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

std::shared_ptr<const Reference> ReferenceOf(const char* area) {
  auto reference = std::make_shared<Reference>(*TestReference());
  reference->own_areas = {area};
  return reference;
}

// The place of care has no policies of the insured place.
std::shared_ptr<const Reference> CareReference() {
  auto reference = std::make_shared<Reference>(*ReferenceOf(kCareArea));
  reference->policies = std::make_shared<const rules::RuleBook>();
  v1::Institution hospital = *reference->FindInstitution(kHospital);
  hospital.set_fixmedins_code(kCareHospital);
  hospital.set_admdvs("620100");
  reference->institutions = {{kCareHospital, hospital}};
  return reference;
}

// Only the place of care has a catalogue and institutions.
std::shared_ptr<const Reference> HomeReference(const InsuredPlace& home) {
  auto reference = std::make_shared<Reference>(*ReferenceOf(kHomeArea));
  reference->catalogue = rules::Catalogue();
  if (home.policies != nullptr) reference->policies = home.policies;
  if (home.areas != nullptr) reference->areas = home.areas;
  return reference;
}

}  // namespace

void LoopbackPeer::Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
                        std::chrono::steady_clock::time_point /*deadline*/,
                        std::function<void(Reply)> done) {
  sent.push_back(call);
  const std::unique_ptr<google::protobuf::Message> copy(request->New());
  copy->CopyFrom(*request);
  if (alter_request) alter_request(call, copy.get());
  const Way chosen = way(call);
  if (chosen == Way::kRequestLost)
    return done({absl::DeadlineExceededError("no answer came in time"), ""});
  Reply reply = Deliver(call, *copy);
  if (chosen == Way::kDoubled) {
    const Reply again = Deliver(call, *copy);
    EXPECT_EQ(again.status, reply.status);
    EXPECT_EQ(again.bytes, reply.bytes) << "the same message got another answer";
  }
  if (alter_reply) alter_reply(call, &reply);
  if (chosen == Way::kReplyLost)
    return done({absl::DeadlineExceededError("no answer came in time"), ""});
  done(std::move(reply));
}

Reply LoopbackPeer::Deliver(Call call, const google::protobuf::Message& request) {
  std::unique_ptr<google::protobuf::Message> copy(request.New());
  copy->CopyFrom(request);
  auto job = MakeJob(call, std::move(copy), TestNow());
  if (!job.ok()) return {job.status(), ""};
  Inbox inbox;
  home_->Submit(inbox.Await(*std::move(job)));
  return inbox.Get();
}

CrossWorld::CrossWorld(const InsuredPlace& home)
    : care_reference_(CareReference()), home_reference_(HomeReference(home)) {
  YIJIE_CHECK(ArchivePolicies(home_store_, *home_reference_->policies, absl::UnixEpoch()).ok(),
              "archive");
  home_ = std::make_unique<Engine>(EngineOptions(), home_store_, home_metrics_, home_reference_);
  insutype_ = home.insutype;
  Enrol("P1");
  peer_.Connect(home_.get());
  GoBy(peer_);
}

CrossWorld::~CrossWorld() = default;

void CrossWorld::Enrol(const std::string& psn_no) {
  v1::AmendPersonRequest facts;
  *facts.mutable_header() = Header(absl::StrCat("enrol", psn_no));
  v1::PersonFacts& person = *facts.mutable_facts();
  person = TestFacts(psn_no);
  person.set_psn_cert_type("99");
  person.set_certno("T" + psn_no);
  person.set_gend("1");
  // One normal relation of basic medical insurance.
  person.mutable_coverage()->erase(
      std::remove_if(person.mutable_coverage()->begin(), person.mutable_coverage()->end(),
                     [&](const v1::Coverage& each) {
                       return each.insutype() == (insutype_ == "310" ? "390" : "310");
                     }),
      person.mutable_coverage()->end());
  YIJIE_CHECK(AtHome(Call::kAmendPerson, facts).status.ok(), "enrolment");
  for (const auto& [sub_account, fen] :
       {std::pair(v1::CURRENT_YEAR, 30'000), std::pair(v1::PAST_YEARS, 20'000)}) {
    v1::CreditAccountRequest credit =
        CreditOf(absl::StrCat("credit", psn_no, ".", sub_account), psn_no, fen);
    credit.set_sub_account(sub_account);
    YIJIE_CHECK(AtHome(Call::kCreditAccount, credit).status.ok(), "credit");
  }
}

void CrossWorld::RestartCare() {
  care_.reset();
  EngineOptions options;
  options.cross = care_options_;
  care_ = std::make_unique<Engine>(options, care_store_, care_metrics_, care_reference_);
}

void CrossWorld::GoBy(CrossPeer& way, CrossOptions options) {
  care_options_ = std::move(options);
  care_options_.peer = &way;
  RestartCare();
}

void CrossWorld::Wait() { care_->AwaitIdle(); }

v1::Settlement CrossWorld::Settle(const v1::SettleRequest& request) {
  v1::Settlement settlement =
      Parsed<v1::SettleResponse>(AtCare(Call::kSettle, request)).settlement();
  Wait();
  return settlement;
}

void CrossWorld::Resolve() {
  // Deciding against an attempt, telling it, and forgetting it may take a round each.
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(care_->ResolveCross(TestNow()).ok());
    Wait();
  }
}

Person CrossWorld::visitor() {
  Wait();
  const auto newest = *care_store_.LoadLatest(kVisitor);
  return newest ? *ParsePerson(*newest) : NewPerson(kVisitor);
}

Person CrossWorld::insured() { return *ParsePerson(**home_store_.LoadLatest("P1")); }

int64_t CrossWorld::Ledger(storage::MemoryStore& store, const std::string& psn_no,
                           store::v1::LedgerAccount account) {
  Wait();
  int64_t sum = 0;
  const auto history = store.LoadHistory(psn_no, 0, 10'000);
  YIJIE_CHECK(history.ok(), "a history cannot be read");
  for (const storage::PersonVersion& version : *history) {
    const store::v1::PersonEvent event = *ParseEvent(version);
    for (const store::v1::JournalLine& line : event.journal())
      if (line.account() == account) sum += line.amount_fen();
  }
  return sum;
}

void CrossWorld::ExpectSoundBooks() {
  Wait();
  const auto check = [](storage::MemoryStore& store, const std::string& psn_no, int64_t opening) {
    int64_t account = opening;
    std::map<std::string, int64_t> totals;
    const std::vector<storage::PersonVersion> history = *store.LoadHistory(psn_no, 0, 10'000);
    for (const storage::PersonVersion& version : history) {
      const store::v1::PersonEvent event = *ParseEvent(version);
      int64_t sum = 0;
      for (const store::v1::JournalLine& line : event.journal()) {
        sum += line.amount_fen();
        if (line.account() == store::v1::PERSONAL_ACCOUNT) account -= line.amount_fen();
      }
      EXPECT_EQ(sum, 0) << psn_no << " version " << version.version;
      for (const v1::AccumulatorValue& delta : event.delta())
        totals[delta.name() + "/" + delta.period()] += delta.value();
    }
    if (history.empty()) return;
    const Person person = *ParsePerson(history.back());
    EXPECT_EQ(person.balance().value(), account);
    std::map<std::string, int64_t> now;
    for (const rules::AccumulatorEntry& entry : person.accumulators) {
      v1::AccumulatorValue value;
      ToProto(entry, &value);
      now[value.name() + "/" + value.period()] += value.value();
    }
    for (const auto& [name, value] : totals) EXPECT_EQ(now[name], value) << name;
  };
  for (storage::MemoryStore* store : {&home_store_, &care_store_}) {
    const absl::StatusOr<AuditReport> report = AuditLedger(*store);
    ASSERT_TRUE(report.ok()) << report.status();
    for (const AuditFinding& finding : report->findings)
      ADD_FAILURE() << finding.psn_no << " version " << finding.version << ": " << finding.what;
  }
  check(home_store_, "P1", 0);
  check(care_store_, kVisitor, 0);
}

v1::SettleRequest BillAway(const std::string& msgid, int64_t fen) {
  v1::SettleRequest request = SettleOf(msgid, "P1", fen);
  request.mutable_header()->set_fixmedins_code(kCareHospital);
  request.mutable_claim()->set_insuplc_admdvs(kArea);
  return request;
}

v1::ReverseRequest UndoAway(const std::string& msgid, const std::string& setl_id) {
  v1::ReverseRequest request = ReverseOf(msgid, "P1", setl_id);
  request.mutable_header()->set_fixmedins_code(kCareHospital);
  return request;
}

v1::ReverseByMessageRequest UndoAwayByMessage(const std::string& msgid, const std::string& omsgid) {
  v1::ReverseByMessageRequest request = UndoOf(msgid, "P1", omsgid);
  request.mutable_header()->set_fixmedins_code(kCareHospital);
  request.set_insuplc_admdvs(kArea);
  return request;
}

v1::PreSettleRequest TrialOf(const v1::SettleRequest& bill) {
  v1::PreSettleRequest request;
  request.set_fixmedins_code(bill.header().fixmedins_code());
  *request.mutable_claim() = bill.claim();
  return request;
}

}  // namespace yijie::engine
