// Engine and lanes over a store that answers when and what the test says.

#include <thread>

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/books/closed_period.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/fault_store.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using storage::FaultStore;
using Fault = FaultStore::Fault;

constexpr char kPerson[] = "P1";

class LaneTest : public testing::Test {
 protected:
  LaneTest() : store_(durable_, FaultStore::Options()) {
    PlantPerson(kPerson, 100'000, 20'000, &durable_);
    PlantPerson("P2", 0, 0, &durable_);
    Start(EngineOptions());
  }
  void Start(EngineOptions options) {
    options.store_failed = [this] { ++store_failures_; };
    engine_ = std::make_unique<Engine>(options, store_, metrics_, TestReference());
  }
  int64_t Version(const std::string& psn_no = kPerson) {
    return (*durable_.LoadLatest(psn_no))->version;
  }
  int64_t Balance(const std::string& psn_no = kPerson) {
    return ParsePerson(**durable_.LoadLatest(psn_no))->balance().value();
  }
  // Waits until the store has `groups` groups it has not taken up.
  void AwaitGroups(size_t groups) {
    while (store_.waiting() < groups) std::this_thread::yield();
  }
  void FailCommitOf(const std::string& msgid) {
    store_.Decide([msgid](const storage::Commit& commit) {
      return commit.messages[0].key.msgid == msgid ? Fault::kNotApplied : Fault::kNone;
    });
  }

  const QuietLog quiet_;
  storage::MemoryStore durable_;
  FaultStore store_;
  Metrics metrics_;
  std::atomic<int> store_failures_{0};
  std::unique_ptr<Engine> engine_;
};

TEST_F(LaneTest, AClosedPeriodIsNotUndoneByTheInstitution) {
  const auto settled =
      Parsed<v1::SettleResponse>(Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000)));
  storage::Commit close;
  close.rows.push_back({std::string(kClosedPeriods),
                        ClosedPeriodKey(kHospital, settled.settlement().clr_date().substr(0, 7)),
                        "closed"});
  durable_.CommitGroup({close}, [](const std::vector<storage::CommitOutcome>& outcomes) {
    ASSERT_EQ(outcomes[0], storage::CommitOutcome::kDone);
  });
  const int64_t balance = Balance();
  for (const char* msgid : {"u1", "u1"}) {  // a refusal is final for its message
    const auto undone = Parsed<v1::ReverseResponse>(
        Ask(*engine_, Call::kReverse, ReverseOf(msgid, kPerson, settled.settlement().setl_id())));
    EXPECT_EQ(undone.reversal().outcome(), v1::CLEARING_PERIOD_CLOSED);
  }
  EXPECT_EQ(Parsed<v1::ReverseByMessageResponse>(
                Ask(*engine_, Call::kReverseByMessage, UndoOf("u2", kPerson, "m1")))
                .reversal()
                .outcome(),
            v1::CLEARING_PERIOD_CLOSED);
  EXPECT_EQ(Balance(), balance);
}

TEST_F(LaneTest, SettleMovesTheAccountAndIsDurable) {
  const auto reply =
      Parsed<v1::SettleResponse>(Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000)));
  const v1::Amounts& amounts = reply.settlement().amounts();
  EXPECT_EQ(reply.settlement().outcome(), v1::SETTLED);
  EXPECT_EQ(amounts.act_pay_dedc_fen(), 50'000);
  EXPECT_EQ(amounts.hifp_pay_fen(), 40'000);
  EXPECT_EQ(amounts.acct_pay_fen(), 60'000);
  EXPECT_EQ(amounts.psn_cash_pay_fen(), 0);
  EXPECT_EQ(reply.settlement().balc_fen(), 60'000);
  EXPECT_EQ(reply.settlement().version(), 2);
  EXPECT_EQ(Version(), 2);
  EXPECT_EQ(Balance(), 60'000);
}

TEST_F(LaneTest, SameMessageGetsTheSameBytesAndOtherContentIsRefused) {
  const Reply first = Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000));
  const Reply again = Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000));
  EXPECT_EQ(first.bytes, again.bytes);
  const Reply other = Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'001));
  EXPECT_EQ(other.status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(absl::StartsWith(other.status.message(), "claim.")) << other.status;
  EXPECT_EQ(Version(), 2);
  // Another call may use the same id.
  EXPECT_TRUE(Ask(*engine_, Call::kCreditAccount, CreditOf("m1", kPerson, 5)).status.ok());
}

TEST_F(LaneTest, CopiesOfOneMessageAtOnceMakeOneCommit) {
  store_.Hold();
  Inbox inboxes[6];
  for (Inbox& inbox : inboxes) {
    engine_->Submit(inbox.Await(JobOf(Call::kSettle, SettleOf("m1", kPerson, 100'000))));
  }
  AwaitGroups(1);
  EXPECT_EQ(inboxes[0].count(), 0);
  store_.Release();
  const Reply first = inboxes[0].Get();
  EXPECT_TRUE(first.status.ok()) << first.status;
  for (Inbox& inbox : inboxes) EXPECT_EQ(inbox.Get().bytes, first.bytes);
  EXPECT_EQ(Version(), 2);
}

TEST_F(LaneTest, AfterACommitThatFailedTheNextWorksOnTheDurableState) {
  FailCommitOf("m1");
  const Reply failed = Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000));
  EXPECT_EQ(failed.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(failed.bytes.empty());
  EXPECT_EQ(Version(), 1);
  // The lane learns of the failure a moment after the caller; until then it may refuse again.
  Reply next = Ask(*engine_, Call::kSettle, SettleOf("m2", kPerson, 100'000));
  for (int i = 0; i < 1'000 && !next.status.ok(); ++i) {
    next = Ask(*engine_, Call::kSettle, SettleOf("m2", kPerson, 100'000));
  }
  const auto reply = Parsed<v1::SettleResponse>(next);
  EXPECT_EQ(reply.settlement().version(), 2);
  EXPECT_EQ(reply.settlement().balc_before_fen(), 120'000);
  EXPECT_EQ(reply.settlement().amounts().act_pay_dedc_fen(), 50'000);
  EXPECT_EQ(Balance(), 60'000);
}

TEST_F(LaneTest, ACommitThatFailedTakesThoseBuiltOnItAlong) {
  FailCommitOf("m1");
  store_.Hold();
  Inbox first;
  Inbox second;
  Inbox other_person;
  engine_->Submit(first.Await(JobOf(Call::kSettle, SettleOf("m1", kPerson, 100'000))));
  AwaitGroups(1);
  engine_->Submit(second.Await(JobOf(Call::kCreditAccount, CreditOf("m2", kPerson, 7))));
  engine_->Submit(other_person.Await(JobOf(Call::kCreditAccount, CreditOf("m3", "P2", 9))));
  AwaitGroups(2);
  store_.Release();
  EXPECT_EQ(first.Get().status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(second.Get().status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(other_person.Get().status.ok());
  engine_->Drain();
  EXPECT_EQ(Version(), 1);
  EXPECT_EQ(Balance("P2"), 9);
}

TEST_F(LaneTest, UndoThatMeetsItsOriginalOnTheWayUndoesIt) {
  store_.Hold();
  Inbox original;
  Inbox undo;
  engine_->Submit(original.Await(JobOf(Call::kSettle, SettleOf("m1", kPerson, 100'000))));
  AwaitGroups(1);
  engine_->Submit(undo.Await(JobOf(Call::kReverseByMessage, UndoOf("u1", kPerson, "m1"))));
  store_.Release();
  const auto settled = Parsed<v1::SettleResponse>(original.Get());
  const auto reversed = Parsed<v1::ReverseByMessageResponse>(undo.Get());
  EXPECT_EQ(reversed.reversal().outcome(), v1::REVERSED);
  EXPECT_EQ(reversed.reversal().orig_setl_id(), settled.settlement().setl_id());
  EXPECT_EQ(reversed.reversal().amounts().hifp_pay_fen(), -40'000);
  EXPECT_EQ(Balance(), 120'000);
  EXPECT_EQ(Version(), 3);
  const auto again = Parsed<v1::ReverseByMessageResponse>(
      Ask(*engine_, Call::kReverseByMessage, UndoOf("u2", kPerson, "m1")));
  EXPECT_EQ(again.reversal().outcome(), v1::ALREADY_REVERSED);
  EXPECT_EQ(Version(), 3);
}

TEST_F(LaneTest, UndoThatOvertakesItsOriginalClosesIt) {
  const auto undo = Parsed<v1::ReverseByMessageResponse>(
      Ask(*engine_, Call::kReverseByMessage, UndoOf("u1", kPerson, "m1")));
  EXPECT_EQ(undo.reversal().outcome(), v1::NOTHING_TO_REVERSE);
  const Reply late = Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000));
  EXPECT_EQ(Parsed<v1::SettleResponse>(late).settlement().outcome(), v1::REVERSED_BEFORE_ARRIVAL);
  EXPECT_EQ(Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000)).bytes, late.bytes);
  const auto query =
      Parsed<v1::QueryMessageResponse>(Ask(*engine_, Call::kQueryMessage, QueryOf("m1", false)));
  EXPECT_EQ(query.state(), v1::CLOSED);
  EXPECT_EQ(Version(), 1);
}

TEST_F(LaneTest, UndoWaitsForWhatIsOnItsWay) {
  const auto first =
      Parsed<v1::SettleResponse>(Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000)));
  store_.Hold();
  Inbox second;
  Inbox undo;
  engine_->Submit(second.Await(JobOf(Call::kSettle, SettleOf("m2", kPerson, 100'000))));
  AwaitGroups(1);
  engine_->Submit(
      undo.Await(JobOf(Call::kReverse, ReverseOf("u1", kPerson, first.settlement().setl_id()))));
  store_.Release();
  const auto settled = Parsed<v1::SettleResponse>(second.Get());
  const auto refused = Parsed<v1::ReverseResponse>(undo.Get());
  EXPECT_EQ(refused.reversal().outcome(), v1::LATER_SETTLEMENT_EXISTS);
  EXPECT_EQ(refused.reversal().setl_id(), settled.settlement().setl_id());
}

TEST_F(LaneTest, ParkedJobsFinishThoughTheCommitFails) {
  const auto first =
      Parsed<v1::SettleResponse>(Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000)));
  FailCommitOf("m2");
  store_.Hold();
  Inbox second;
  Inbox undo;
  Inbox credit;
  engine_->Submit(second.Await(JobOf(Call::kSettle, SettleOf("m2", kPerson, 100'000))));
  AwaitGroups(1);
  engine_->Submit(
      undo.Await(JobOf(Call::kReverse, ReverseOf("u1", kPerson, first.settlement().setl_id()))));
  store_.Release();
  EXPECT_EQ(second.Get().status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Parsed<v1::ReverseResponse>(undo.Get()).reversal().outcome(), v1::REVERSED);
  engine_->Submit(credit.Await(JobOf(Call::kCreditAccount, CreditOf("c1", kPerson, 1))));
  EXPECT_TRUE(credit.Get().status.ok());
  EXPECT_EQ(Balance(), 120'001);
}

TEST_F(LaneTest, ReadsSeeDurableStateOnly) {
  store_.Hold();
  Inbox settle;
  engine_->Submit(settle.Await(JobOf(Call::kSettle, SettleOf("m1", kPerson, 100'000))));
  AwaitGroups(1);
  const auto account =
      Parsed<v1::GetAccountResponse>(Ask(*engine_, Call::kGetAccount, AccountOf(kPerson)));
  EXPECT_EQ(account.balc_fen(), 120'000);
  EXPECT_EQ(account.version(), 1);
  v1::PreSettleRequest request;
  request.set_fixmedins_code(kHospital);
  *request.mutable_claim() = SettleOf("x", kPerson, 100'000).claim();
  const auto pre = Parsed<v1::PreSettleResponse>(Ask(*engine_, Call::kPreSettle, request));
  EXPECT_EQ(pre.settlement().version(), 1);
  EXPECT_EQ(pre.settlement().amounts().act_pay_dedc_fen(), 50'000);
  EXPECT_EQ(pre.settlement().setl_id(), "");
  const auto query =
      Parsed<v1::QueryMessageResponse>(Ask(*engine_, Call::kQueryMessage, QueryOf("m1", false)));
  EXPECT_EQ(query.state(), v1::IN_PROGRESS);
  store_.Release();
  EXPECT_TRUE(settle.Get().status.ok());
  const auto answered =
      Parsed<v1::QueryMessageResponse>(Ask(*engine_, Call::kQueryMessage, QueryOf("m1", false)));
  EXPECT_EQ(answered.state(), v1::ANSWERED);
  EXPECT_EQ(answered.settle().SerializeAsString(), settle.Get().bytes);
}

TEST_F(LaneTest, FenceMakesNeverSeenFinal) {
  const auto unseen =
      Parsed<v1::QueryMessageResponse>(Ask(*engine_, Call::kQueryMessage, QueryOf("m1", false)));
  EXPECT_EQ(unseen.state(), v1::NEVER_SEEN);
  const auto fenced =
      Parsed<v1::QueryMessageResponse>(Ask(*engine_, Call::kQueryMessage, QueryOf("m1", true)));
  EXPECT_EQ(fenced.state(), v1::NEVER_SEEN);
  const auto late =
      Parsed<v1::SettleResponse>(Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000)));
  EXPECT_EQ(late.settlement().outcome(), v1::REVERSED_BEFORE_ARRIVAL);
}

TEST_F(LaneTest, OneHospitalLearnsNothingOfAnothersSettlements) {
  const auto settled =
      Parsed<v1::SettleResponse>(Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000)));
  auto reverse = ReverseOf("u1", kPerson, settled.settlement().setl_id());
  reverse.mutable_header()->set_fixmedins_code(kOtherHospital);
  const Reply refused = Ask(*engine_, Call::kReverse, reverse);
  EXPECT_EQ(Parsed<v1::ReverseResponse>(refused).reversal().outcome(), v1::NO_SUCH_SETTLEMENT);
  // Exactly what is said about an id that does not exist, once it is put for the id.
  auto no_such = reverse;
  no_such.mutable_header()->set_msgid("u0");
  no_such.mutable_setl_id()->back() ^= 1;
  auto told = Parsed<v1::ReverseResponse>(Ask(*engine_, Call::kReverse, no_such));
  EXPECT_EQ(told.reversal().outcome(), v1::NO_SUCH_SETTLEMENT);
  told.mutable_reversal()->set_orig_setl_id(reverse.setl_id());
  EXPECT_EQ(told.SerializeAsString(), Parsed<v1::ReverseResponse>(refused).SerializeAsString());
  EXPECT_EQ(Ask(*engine_, Call::kReverse, reverse).bytes, refused.bytes) << "it is kept";
  auto undo = UndoOf("u1", kPerson, "m1");
  undo.mutable_header()->set_fixmedins_code(kOtherHospital);
  EXPECT_EQ(Parsed<v1::ReverseByMessageResponse>(Ask(*engine_, Call::kReverseByMessage, undo))
                .reversal()
                .outcome(),
            v1::NOTHING_TO_REVERSE);
  EXPECT_EQ(Version(), 2);
}

TEST_F(LaneTest, UnknownPersonIsNotFound) {
  for (const auto& reply : {Ask(*engine_, Call::kSettle, SettleOf("m1", "P9", 100)),
                            Ask(*engine_, Call::kCreditAccount, CreditOf("m1", "P9", 100)),
                            Ask(*engine_, Call::kReverseByMessage, UndoOf("m1", "P9", "m0")),
                            Ask(*engine_, Call::kGetAccount, AccountOf("P9"))}) {
    EXPECT_EQ(reply.status.code(), absl::StatusCode::kNotFound) << reply.status;
  }
}

TEST_F(LaneTest, PassedDeadlineIsNotApplied) {
  Inbox inbox;
  auto job = inbox.Await(JobOf(Call::kSettle, SettleOf("m1", kPerson, 100'000)));
  job->deadline = std::chrono::steady_clock::now();
  engine_->Submit(std::move(job));
  EXPECT_EQ(inbox.Get().status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(Version(), 1);
  EXPECT_TRUE(Ask(*engine_, Call::kSettle, SettleOf("m1", kPerson, 100'000)).status.ok());
}

TEST_F(LaneTest, AboveTheLimitOfCallsIsRefusedAtOnce) {
  EngineOptions options;
  options.max_in_flight = 2;
  Start(options);
  store_.Hold();
  Inbox inboxes[3];
  for (int i = 0; i < 3; ++i) {
    engine_->Submit(
        inboxes[i].Await(JobOf(Call::kCreditAccount, CreditOf(absl::StrCat("c", i), kPerson, 1))));
  }
  EXPECT_EQ(inboxes[2].Get().status.code(), absl::StatusCode::kResourceExhausted);
  store_.Release();
  EXPECT_TRUE(inboxes[0].Get().status.ok());
  EXPECT_TRUE(inboxes[1].Get().status.ok());
  engine_->Drain();
  EXPECT_EQ(engine_->in_flight(), 0);
  EXPECT_EQ(Balance(), 120'002);
}

TEST_F(LaneTest, DrainWaitsForOpenCommitsAndRefusesNewOnes) {
  store_.Hold();
  Inbox open;
  engine_->Submit(open.Await(JobOf(Call::kCreditAccount, CreditOf("c1", kPerson, 1))));
  AwaitGroups(1);
  std::thread releaser([this] {
    // Refused at once, so Drain has begun.
    while (Ask(*engine_, Call::kGetAccount, AccountOf(kPerson)).status.ok())
      std::this_thread::yield();
    const Reply copy = Ask(*engine_, Call::kCreditAccount, CreditOf("c1", kPerson, 1));
    EXPECT_FALSE(copy.status.ok());
    EXPECT_FALSE(absl::StrContains(copy.status.message(), "not applied")) << "the first may be";
    store_.Release();
  });
  engine_->Drain();
  EXPECT_EQ(open.count(), 1);
  releaser.join();
  EXPECT_EQ(Ask(*engine_, Call::kCreditAccount, CreditOf("c2", kPerson, 1)).status.code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(Balance(), 120'001);
}

TEST_F(LaneTest, WriteWithoutAnAnswerIsUnknownAndStopsTheProcessOnce) {
  store_.Decide([](const storage::Commit&) { return Fault::kUnknownApplied; });
  EXPECT_EQ(Ask(*engine_, Call::kCreditAccount, CreditOf("c1", kPerson, 1)).status.code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(Ask(*engine_, Call::kCreditAccount, CreditOf("c2", kPerson, 1)).status.code(),
            absl::StatusCode::kUnavailable);
  engine_->Drain();
  EXPECT_EQ(store_failures_.load(), 1);
  // After recovery the same message finds what it did.
  Engine recovered(EngineOptions(), durable_, metrics_, TestReference());
  const auto credited = Parsed<v1::CreditAccountResponse>(
      Ask(recovered, Call::kCreditAccount, CreditOf("c1", kPerson, 1)));
  EXPECT_EQ(credited.version(), 2);
  EXPECT_EQ(Balance(), 120'001);
}

// A restart may find the write done; who asked in between would be told that it was not.
TEST_F(LaneTest, NobodyHearsOfAWriteWithoutAnAnswerBeforeTheProcessIsToStop) {
  store_.Decide([](const storage::Commit&) { return Fault::kUnknownApplied; });
  Inbox inboxes[3];
  std::atomic<int> heard{-1};
  EngineOptions options;
  options.store_failed = [&] {
    heard = 0;
    for (Inbox& inbox : inboxes) heard += inbox.count();
  };
  engine_ = std::make_unique<Engine>(options, store_, metrics_, TestReference());
  store_.Hold();
  for (Inbox& inbox : inboxes)
    engine_->Submit(inbox.Await(JobOf(Call::kSettle, SettleOf("m1", kPerson, 100'000))));
  AwaitGroups(1);
  store_.Release();
  EXPECT_EQ(inboxes[0].Get().status.code(), absl::StatusCode::kUnavailable);
  for (Inbox& copy : inboxes) copy.Get();
  EXPECT_EQ(heard.load(), 0);
  engine_.reset();
}

TEST_F(LaneTest, CopiesOfOneMessageAreWorkedOnOneAfterTheOther) {
  store_.Hold();
  constexpr int kCopies = 500;
  Inbox inboxes[kCopies];
  for (Inbox& inbox : inboxes)
    engine_->Submit(inbox.Await(JobOf(Call::kSettle, SettleOf("m1", kPerson, 100'000))));
  Inbox fence;
  engine_->Submit(fence.Await(JobOf(Call::kQueryMessage, QueryOf("m1", true))));
  EXPECT_EQ(Parsed<v1::QueryMessageResponse>(fence.Get()).state(), v1::IN_PROGRESS);
  store_.Release();
  const Reply first = inboxes[0].Get();
  for (Inbox& inbox : inboxes) EXPECT_EQ(inbox.Get().bytes, first.bytes);
  engine_->Drain();
  EXPECT_EQ(Version(), 2);
}

TEST_F(LaneTest, MorePersonsThanTheCacheHolds) {
  EngineOptions options;
  options.cached_persons = 1;
  options.lanes = 3;
  Start(options);
  for (int i = 0; i < 20; ++i) PlantPerson(absl::StrCat("Q", i), 0, 0, &durable_);
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < 20; ++i) {
      const std::string psn_no = absl::StrCat("Q", i);
      const Reply reply = Ask(*engine_, Call::kCreditAccount,
                              CreditOf(absl::StrCat("c", round, "-", i), psn_no, 10));
      EXPECT_EQ(Parsed<v1::CreditAccountResponse>(reply).balc_fen(), 10 * round);
    }
  }
}

// Persons who are looked at while no commit is answered do not stay for ever.
TEST_F(LaneTest, AHangingStoreDoesNotKeepEverybodyInMemory) {
  EngineOptions options;
  options.cached_persons = 4;
  options.lanes = 1;
  Start(options);
  store_.Hold();
  Inbox open;
  engine_->Submit(open.Await(JobOf(Call::kCreditAccount, CreditOf("c1", kPerson, 1))));
  AwaitGroups(1);
  const auto balance = [this](Engine& engine, const std::string& psn_no) {
    return Parsed<v1::GetAccountResponse>(Ask(engine, Call::kGetAccount, AccountOf(psn_no)))
        .balc_fen();
  };
  for (int i = 0; i < 20; ++i) {
    const std::string psn_no = absl::StrCat("Q", i);
    PlantPerson(psn_no, 0, 0, &durable_);
    EXPECT_EQ(balance(*engine_, psn_no), 0);
  }
  // Somebody else moves the first of them, which an engine would not see of a person in its memory.
  Metrics metrics;
  Engine other(EngineOptions(), durable_, metrics, TestReference());
  ASSERT_TRUE(Ask(other, Call::kCreditAccount, CreditOf("c2", "Q0", 10)).status.ok());
  EXPECT_EQ(balance(*engine_, "Q0"), 10) << "it was kept";
  store_.Release();
  EXPECT_TRUE(open.Get().status.ok());
}

// A refusal is final, so it may not count a stay that never became durable.
TEST_F(LaneTest, RefusalDoesNotRestOnACommitThatFailed) {
  FailCommitOf("m1");
  store_.Hold();
  Inbox first;
  Inbox second;
  engine_->Submit(first.Await(JobOf(Call::kSettle, SettleOf("m1", kPerson, 100'000, "390"))));
  AwaitGroups(1);
  engine_->Submit(second.Await(JobOf(Call::kSettle, SettleOf("m2", kPerson, 100'000, "390"))));
  Inbox after;  // when it is on its way, the second job was worked on or waits
  engine_->Submit(after.Await(JobOf(Call::kCreditAccount, CreditOf("c1", "P2", 1))));
  AwaitGroups(2);
  store_.Release();
  EXPECT_EQ(first.Get().status.code(), absl::StatusCode::kResourceExhausted);
  const Reply reply = second.Get();
  EXPECT_TRUE(after.Get().status.ok());
  engine_->Drain();
  if (!reply.status.ok()) return;  // "not applied, send again" would be right
  EXPECT_EQ(Parsed<v1::SettleResponse>(reply).settlement().outcome(), v1::SETTLED)
      << "refused for a stay that does not exist";
}

// ';' and '=' may stand in a disease code, which is part of the key of a running total.
TEST_F(LaneTest, AnyDiseaseCodeLeavesThePersonReadable) {
  auto request = SettleOf("m1", kPerson, 1'000, "510");
  request.mutable_claim()->set_dise_codg("M01;x");
  EXPECT_TRUE(Ask(*engine_, Call::kSettle, request).status.ok());
  Engine restarted(EngineOptions(), durable_, metrics_, TestReference());
  const Reply reply = Ask(restarted, Call::kGetAccount, AccountOf(kPerson));
  EXPECT_TRUE(reply.status.ok()) << reply.status;
}

// A stepped engine works on the caller's thread and under the caller's clock.
TEST_F(LaneTest, SteppedEngineWorksInsideItsStepsOnly) {
  std::chrono::steady_clock::time_point now;
  EngineOptions options;
  options.stepped = true;
  options.clock = [&now] { return now; };
  Engine stepped(options, durable_, metrics_, TestReference());
  EXPECT_FALSE(stepped.Step());
  Inbox in_time;
  Inbox late;
  for (Inbox* inbox : {&in_time, &late}) {
    auto job = inbox->Await(JobOf(Call::kCreditAccount, CreditOf("c1", kPerson, 1)));
    job->deadline = now + std::chrono::seconds(inbox == &in_time ? 2 : 1);
    stepped.Submit(std::move(job));
    now += std::chrono::seconds(1);
    EXPECT_EQ(inbox->count(), 0);
    EXPECT_TRUE(stepped.Step());
  }
  EXPECT_TRUE(in_time.Get().status.ok());
  EXPECT_EQ(late.Get().status.code(), absl::StatusCode::kDeadlineExceeded);
  while (stepped.Step()) {
  }
  EXPECT_EQ(stepped.in_flight(), 0);
}

}  // namespace
}  // namespace yijie::engine
