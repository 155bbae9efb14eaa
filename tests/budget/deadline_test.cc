// What is said when the time of a call is over, stage by stage, over a disk that the test moves and
// a clock that it turns. One thread: the engine is stepped.

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/queries.h"
#include "tests/budget/held_store.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr char kPerson[] = "P1";
constexpr milliseconds kInpatient{800};  // of the bills of engine_fixture.h

// A call that was made, and what came back.
struct Sent {
  std::vector<Reply> replies;
  bool answered() const { return !replies.empty(); }
  const Reply& reply() const { return replies.at(0); }
  absl::StatusCode code() const { return reply().status.code(); }
  bool Says(absl::string_view words) const {
    return absl::StrContains(reply().status.message(), words);
  }
};

class DeadlineTest : public testing::Test {
 protected:
  DeadlineTest() {
    PlantPerson(kPerson, 100'000, 20'000, &store_);
    PlantPerson("P2", 0, 0, &store_);
    EngineOptions options;
    options.stepped = true;
    options.clock = [this] { return now_; };
    options.budgets = kDefaultBudgets;
    engine_ = std::make_unique<Engine>(options, store_, metrics_, TestReference());
  }
  ~DeadlineTest() override {
    store_.Release();
    Settle();
    for (const auto& sent : sent_) EXPECT_EQ(sent->replies.size(), 1U);
  }

  template <typename Request>
  Sent& Send(Call call, const Request& request, TimePoint deadline = TimePoint::max()) {
    sent_.push_back(std::make_unique<Sent>());
    Sent* const sent = sent_.back().get();
    std::unique_ptr<Job> job = JobOf(call, request);
    job->arrived = now_;
    job->deadline = deadline;
    job->respond = [sent](Reply reply) { sent->replies.push_back(std::move(reply)); };
    engine_->Submit(std::move(job));
    return *sent;
  }
  Sent& SendSettle(const std::string& msgid, TimePoint deadline = TimePoint::max()) {
    return Send(Call::kSettle, SettleOf(msgid, kPerson, 100'000), deadline);
  }
  void Settle() {
    while (engine_->Step()) {
    }
  }
  void Pass(nanoseconds time) {
    now_ += time;
    Settle();
  }
  int64_t Version() { return (*store_.LoadLatest(kPerson))->version; }
  v1::MessageState StateOf(const std::string& msgid) {
    Sent& sent = Send(Call::kQueryMessage, QueryOf(msgid, false));
    Settle();
    return Parsed<v1::QueryMessageResponse>(sent.reply()).state();
  }

  const QuietLog quiet_;
  TimePoint now_{std::chrono::hours(5)};
  storage::HeldStore store_;
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
  std::vector<std::unique_ptr<Sent>> sent_;
};

TEST_F(DeadlineTest, EdgeADeadlineAlreadyPast) {
  const Sent& sent = SendSettle("m1", now_);
  ASSERT_TRUE(sent.answered());
  EXPECT_EQ(sent.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(sent.Says("stage edge")) << sent.reply().status;
  EXPECT_TRUE(sent.Says("not applied"));
  EXPECT_EQ(StateOf("m1"), v1::NEVER_SEEN);
}

TEST_F(DeadlineTest, QueueNothingBeginsAfterTheBudget) {
  const Sent& sent = SendSettle("m1");
  now_ += kInpatient;
  Settle();
  EXPECT_EQ(sent.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(sent.Says("stage queue")) << sent.reply().status;
  EXPECT_EQ(sent.reply().timing.wall(), nanoseconds(kInpatient));
  EXPECT_EQ(StateOf("m1"), v1::NEVER_SEEN);
  EXPECT_EQ(Version(), 1);
}

TEST_F(DeadlineTest, TheShorterOfBudgetAndCallersDeadlineCounts) {
  store_.Hold();
  const Sent& sooner = SendSettle("m1", now_ + milliseconds(20));
  const Sent& later = SendSettle("m2", now_ + std::chrono::seconds(20));
  Pass(milliseconds(19));
  EXPECT_FALSE(sooner.answered());
  Pass(milliseconds(2));
  EXPECT_EQ(sooner.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_FALSE(later.answered());
  Pass(kInpatient);
  EXPECT_EQ(later.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(DeadlineTest, GroupACommitThatWaitsIsTakenBack) {
  store_.Hold();
  const Sent& sent = SendSettle("m1");
  Settle();
  ASSERT_EQ(store_.waiting(), 1U);
  Pass(kInpatient);
  EXPECT_EQ(sent.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(sent.Says("stage group")) << sent.reply().status;
  EXPECT_EQ(StateOf("m1"), v1::IN_PROGRESS) << "its id is held until that is certain";
  store_.Release();
  Settle();
  EXPECT_EQ(StateOf("m1"), v1::NEVER_SEEN);
  EXPECT_EQ(Version(), 1);
  // The person is read again, and the message may come again.
  const Sent& again = SendSettle("m1");
  Settle();
  EXPECT_EQ(Parsed<v1::SettleResponse>(again.reply()).settlement().version(), 2);
}

// The writer comes to the commit before anybody has noticed that the time is over.
TEST_F(DeadlineTest, GroupTheWriterLeavesOutWhatIsLate) {
  store_.Hold();
  const Sent& sent = SendSettle("m1");
  Settle();
  now_ += kInpatient;
  store_.Begin();
  store_.Finish();
  EXPECT_EQ(sent.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(sent.Says("stage group")) << sent.reply().status;
  EXPECT_EQ(Version(), 1);
}

TEST_F(DeadlineTest, GroupWhatWasBuiltOnALateCommitIsNotAppliedEither) {
  store_.Hold();
  const Sent& first = SendSettle("m1", now_ + milliseconds(10));
  Settle();
  const Sent& second = Send(Call::kCreditAccount, CreditOf("m2", kPerson, 7));
  const Sent& other = Send(Call::kCreditAccount, CreditOf("m3", "P2", 9));
  Settle();
  Pass(milliseconds(11));
  EXPECT_EQ(first.code(), absl::StatusCode::kDeadlineExceeded);
  store_.Release();
  Settle();
  EXPECT_EQ(second.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(second.Says("not applied"));
  EXPECT_TRUE(other.reply().status.ok());
  const Sent& again = Send(Call::kCreditAccount, CreditOf("m2", kPerson, 7));
  Settle();
  EXPECT_EQ(Parsed<v1::CreditAccountResponse>(again.reply()).balc_fen(), 120'007);
}

TEST_F(DeadlineTest, SyncTheResultIsNotKnownAndFoundByTheRetry) {
  store_.Hold();
  const Sent& sent = SendSettle("m1");
  Settle();
  store_.Begin();
  Pass(kInpatient);
  EXPECT_EQ(sent.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(sent.Says("not known")) << sent.reply().status;
  EXPECT_FALSE(sent.Says("not applied"));
  EXPECT_EQ(StateOf("m1"), v1::IN_PROGRESS);
  store_.Finish();
  Settle();
  EXPECT_EQ(StateOf("m1"), v1::ANSWERED);
  const Sent& again = SendSettle("m1");
  Settle();
  EXPECT_EQ(Parsed<v1::SettleResponse>(again.reply()).settlement().version(), 2);
  EXPECT_EQ(Version(), 2);
}

TEST_F(DeadlineTest, SyncTheDiskRefusesAfterTheDeadline) {
  store_.Hold();
  const Sent& sent = SendSettle("m1");
  Settle();
  store_.Begin();
  Pass(kInpatient);
  EXPECT_EQ(sent.code(), absl::StatusCode::kUnavailable);
  store_.Finish(/*fails=*/true);
  Settle();
  EXPECT_EQ(StateOf("m1"), v1::NEVER_SEEN);
  store_.Release();
  const Sent& again = SendSettle("m1");
  Settle();
  EXPECT_TRUE(again.reply().status.ok());
  EXPECT_EQ(Version(), 2);
}

// "Not applied" would not be true of a copy while the first one is on its way.
TEST_F(DeadlineTest, QueueACopyThatWaitsForTheFirstIsNotKnown) {
  store_.Hold();
  SendSettle("m1");
  Settle();
  store_.Begin();
  const Sent& copy = SendSettle("m1", now_ + milliseconds(30));
  Pass(milliseconds(31));
  EXPECT_EQ(copy.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(copy.Says("another copy")) << copy.reply().status;
  store_.Finish();
  Settle();
  EXPECT_EQ(Version(), 2);
}

TEST_F(DeadlineTest, EdgeALateCopyOfWhatIsOnItsWayIsNotKnown) {
  store_.Hold();
  SendSettle("m1");
  Settle();
  const Sent& copy = SendSettle("m1", now_);
  ASSERT_TRUE(copy.answered());
  EXPECT_EQ(copy.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(copy.Says("another copy")) << copy.reply().status;
}

// Once the first copy is known to have left nothing, the second one is like any other.
TEST_F(DeadlineTest, GroupACopyWhoseFirstFailedIsNotApplied) {
  store_.Hold();
  SendSettle("m1");
  Settle();
  store_.Begin();
  const Sent& copy = SendSettle("m1", now_ + milliseconds(30));
  store_.Finish(/*fails=*/true);
  Settle();
  ASSERT_EQ(store_.waiting(), 1U);
  Pass(milliseconds(31));
  EXPECT_EQ(copy.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(copy.Says("not applied")) << copy.reply().status;
}

TEST_F(DeadlineTest, QueueAParkedJobIsAnswered) {
  const auto first = [&] {
    const Sent& sent = SendSettle("m1");
    Settle();
    return Parsed<v1::SettleResponse>(sent.reply()).settlement().setl_id();
  }();
  store_.Hold();
  SendSettle("m2");
  Settle();
  const Sent& undo = Send(Call::kReverse, ReverseOf("u1", kPerson, first), now_ + milliseconds(30));
  Settle();
  Pass(milliseconds(31));
  EXPECT_EQ(undo.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(undo.Says("stage queue")) << undo.reply().status;
  store_.Release();
  Settle();
  EXPECT_EQ(StateOf("u1"), v1::NEVER_SEEN);
}

// However many calls of the same person come after it.
TEST_F(DeadlineTest, QueueAParkedJobIsNotOvertaken) {
  const Sent& first = SendSettle("m1");
  Settle();
  const auto setl_id = Parsed<v1::SettleResponse>(first.reply()).settlement().setl_id();
  store_.Hold();
  Send(Call::kCreditAccount, CreditOf("c0", kPerson, 1));
  Settle();
  const Sent& undo = Send(Call::kReverse, ReverseOf("u1", kPerson, setl_id));
  Settle();
  for (int i = 1; i <= 5 && !undo.answered(); ++i) {
    store_.Begin();
    Send(Call::kCreditAccount, CreditOf(absl::StrCat("c", i), kPerson, 1));
    Settle();
    store_.Finish();
    Settle();
  }
  ASSERT_TRUE(undo.answered());
  EXPECT_EQ(Parsed<v1::ReverseResponse>(undo.reply()).reversal().outcome(), v1::REVERSED);
}

// Reads do not wait for the disk.
TEST_F(DeadlineTest, ReadsGoOnWhileTheDiskHangs) {
  store_.Hold();
  SendSettle("m1");
  Settle();
  const Sent& read = Send(Call::kGetAccount, AccountOf(kPerson));
  Settle();
  EXPECT_EQ(Parsed<v1::GetAccountResponse>(read.reply()).balc_fen(), 120'000);
}

TEST_F(DeadlineTest, TheCivilClockDoesNotMatter) {
  for (const int64_t jump_ms : {-86'400'000L, 86'400'000L}) {
    std::unique_ptr<Job> job =
        JobOf(Call::kCreditAccount, CreditOf(absl::StrCat("c", jump_ms), "P2", 1));
    job->now = MomentOf(TestNow().unix_ms + jump_ms);
    job->arrived = now_;
    Inbox inbox;
    engine_->Submit(inbox.Await(std::move(job)));
    Settle();
    EXPECT_TRUE(inbox.Get().status.ok());
  }
}

TEST_F(DeadlineTest, EachMomentIsInOneStage) {
  store_.Hold();
  std::unique_ptr<Job> job = JobOf(Call::kSettle, SettleOf("m1", kPerson, 100'000));
  job->arrived = now_ - microseconds(7);
  Inbox inbox;
  engine_->Submit(inbox.Await(std::move(job)));
  now_ += microseconds(11);
  Settle();
  now_ += microseconds(23);
  store_.Begin();
  now_ += microseconds(140);
  store_.Finish();
  const StageTimes times = inbox.Get().timing;
  EXPECT_EQ(times.of(Stage::kEdge), microseconds(7));
  EXPECT_EQ(times.of(Stage::kQueue), microseconds(11));
  EXPECT_EQ(times.of(Stage::kGroup), microseconds(23));
  EXPECT_EQ(times.of(Stage::kSync), microseconds(140));
  EXPECT_EQ(times.wall(), microseconds(181));
  nanoseconds sum{0};
  for (const nanoseconds took : times.took) sum += took;
  EXPECT_EQ(sum, times.wall());
  Settle();
}

// A disk that hangs: every call is answered when its time is over, nothing is said twice, and once
// the disk is back the books agree with what was said.
TEST_F(DeadlineTest, AHangingDisk) {
  store_.Hold();
  std::vector<std::pair<std::string, const Sent*>> calls;
  for (int i = 0; i < 200; ++i) {
    const std::string msgid = absl::StrCat("c", i);
    const std::string person = i % 3 == 0 ? "P2" : kPerson;
    calls.emplace_back(msgid, &Send(Call::kCreditAccount, CreditOf(msgid, person, 1),
                                    now_ + milliseconds(20 + i)));
    Settle();
    if (i == 50) store_.Begin();
  }
  const TimePoint begun = now_;
  while (now_ < begun + milliseconds(300)) {
    Pass(milliseconds(1));
    for (int i = 0; i < 200; ++i) {
      const bool due = now_ >= begun + milliseconds(20 + i);
      ASSERT_EQ(calls[static_cast<size_t>(i)].second->answered(), due) << i;
    }
  }
  store_.Release();
  Settle();
  int64_t known = 0;
  for (const auto& [msgid, sent] : calls) {
    const auto answer =
        FindAnswer(store_, {kHospital, static_cast<uint8_t>(v1::CREDIT_ACCOUNT), msgid});
    ASSERT_TRUE(answer.ok()) << answer.status();
    if (sent->code() == absl::StatusCode::kDeadlineExceeded) {
      EXPECT_FALSE(answer->has_value()) << msgid << " was told that it was not applied";
    } else {
      EXPECT_EQ(sent->code(), absl::StatusCode::kUnavailable) << sent->reply().status;
      known += answer->has_value() ? 1 : 0;
    }
  }
  EXPECT_EQ(known, 51);
  EXPECT_EQ(engine_->in_flight(), 0);
}

}  // namespace
}  // namespace yijie::engine
