// Ten times more calls than can be done, in virtual time: a disk that makes so many commits durable
// each millisecond, and nothing else that takes time.

#include <algorithm>
#include <deque>
#include <map>

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/budget/held_store.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr int kPersons = 300;
constexpr int kEachTick = 64;  // commits that the disk takes in a millisecond
constexpr milliseconds kBudget{100};

struct Sent {
  TimePoint at;
  Call call = Call::kCreditAccount;
  int replies = 0;
  Reply reply;
  bool ok() const { return replies == 1 && reply.status.ok(); }
};

class OverloadTest : public testing::Test {
 protected:
  OverloadTest() {
    for (int i = 0; i < kPersons; ++i) PlantPerson(Person(i), 0, 0, &store_);
    options_.stepped = true;
    options_.clock = [this] { return now_; };
    options_.budgets.fill(kBudget);
    options_.max_in_flight = 2'000;
    options_.max_unsynced = kEachTick;
    options_.slow_percent = 0;
    Start();
    store_.Hold();
  }
  ~OverloadTest() override {
    store_.Release();
    Settle();
  }
  void Start() { engine_ = std::make_unique<Engine>(options_, store_, metrics_, TestReference()); }
  static std::string Person(int i) { return absl::StrCat("P", i); }

  template <typename Request>
  Sent& Send(Call call, const Request& request, nanoseconds own_budget = kBudget) {
    sent_.push_back({now_, call, 0, {}});
    Sent& sent = sent_.back();
    std::unique_ptr<Job> job = JobOf(call, request);
    job->arrived = now_;
    job->deadline = now_ + own_budget;
    job->respond = [&sent](Reply reply) {
      ++sent.replies;
      sent.reply = std::move(reply);
    };
    engine_->Submit(std::move(job));
    most_inside_ = std::max(most_inside_, engine_->in_flight());
    return sent;
  }
  Sent& SendCredit(const char* institution, nanoseconds own_budget = kBudget) {
    ++number_;
    auto request = CreditOf(absl::StrCat("c", number_), Person(number_ % kPersons), 1);
    request.mutable_header()->set_fixmedins_code(institution);
    return Send(Call::kCreditAccount, request, own_budget);
  }
  void Settle() {
    while (engine_->Step()) {
    }
  }
  // A millisecond: what was begun is durable, what waits is begun.
  void Tick() {
    Settle();
    if (store_.syncing()) store_.Finish();
    Settle();
    if (store_.waiting() > 0) store_.Begin();
    now_ += milliseconds(1);
    Settle();
  }
  // Until nobody waits.
  void Quieten() {
    for (int i = 0; i < 1'000 && engine_->in_flight() > 0; ++i) Tick();
    ASSERT_EQ(engine_->in_flight(), 0);
  }
  int64_t Effects() {
    int64_t fen = 0;
    for (int i = 0; i < kPersons; ++i)
      fen += ParsePerson(**store_.LoadLatest(Person(i)))->balance().value();
    return fen;
  }
  int64_t CountOk() const {
    return std::count_if(sent_.begin(), sent_.end(), [](const Sent& sent) { return sent.ok(); });
  }

  const QuietLog quiet_;
  TimePoint now_{std::chrono::hours(5)};
  EngineOptions options_;
  storage::HeldStore store_;
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
  std::deque<Sent> sent_;
  int number_ = 0;
  int64_t most_inside_ = 0;
};

TEST_F(OverloadTest, TenTimesTheLoad) {
  constexpr int kTicks = 300;
  for (int tick = 0; tick < kTicks; ++tick) {
    for (int i = 0; i < 10 * kEachTick; ++i) SendCredit(i % 2 == 0 ? kHospital : kOtherHospital);
    Tick();
  }
  const int64_t done_under_load = CountOk();
  Quieten();
  EXPECT_GE(done_under_load, kTicks * kEachTick * 9 / 10) << "what it can do it does";
  EXPECT_LE(most_inside_, options_.max_in_flight);
  int64_t refused = 0;
  for (const Sent& sent : sent_) {
    ASSERT_EQ(sent.replies, 1);
    ASSERT_LE(sent.reply.timing.wall(), kBudget);
    if (sent.ok()) continue;
    ASSERT_EQ(sent.reply.status.code(), absl::StatusCode::kResourceExhausted)
        << sent.reply.status << ": what cannot be done in its time is told so on arrival";
    ASSERT_TRUE(absl::StrContains(sent.reply.status.message(), "not applied"));
    ASSERT_GT(sent.reply.retry_after.count(), 0);
    ASSERT_LE(sent.reply.timing.wall(), milliseconds(1));
    ++refused;
  }
  EXPECT_GT(refused, kTicks * kEachTick * 8);
  EXPECT_EQ(Effects(), CountOk()) << "what was refused has an effect";
}

TEST_F(OverloadTest, ItIsOverWhenTheLoadIs) {
  for (int tick = 0; tick < 100; ++tick) {
    for (int i = 0; i < 10 * kEachTick; ++i) SendCredit(kHospital);
    Tick();
  }
  // Within the time that what was let in may take.
  for (int tick = 0; tick < kBudget.count(); ++tick) Tick();
  const size_t before = sent_.size();
  for (int tick = 0; tick < 100; ++tick) {
    for (int i = 0; i < kEachTick / 2; ++i) SendCredit(kHospital);
    Tick();
  }
  Quieten();
  for (size_t i = before; i < sent_.size(); ++i) {
    ASSERT_TRUE(sent_[i].ok()) << sent_[i].reply.status;
    ASSERT_LE(sent_[i].reply.timing.wall(), milliseconds(4));
  }
}

TEST_F(OverloadTest, ANoisyInstitutionDoesNotTakeTheTurnsOfOthers) {
  nanoseconds longest{0};
  for (int tick = 0; tick < 300; ++tick) {
    for (int i = 0; i < 10 * kEachTick; ++i) SendCredit(kHospital);
    SendCredit(kOtherHospital);
    Tick();
  }
  Quieten();
  int64_t noisy_done = 0;
  for (size_t i = 0; i < sent_.size(); ++i) {
    const bool of_other = i % (10 * kEachTick + 1) == 10 * kEachTick;
    if (!of_other) {
      noisy_done += sent_[i].ok() ? 1 : 0;
      continue;
    }
    ASSERT_TRUE(sent_[i].ok()) << sent_[i].reply.status;
    longest = std::max(longest, sent_[i].reply.timing.wall());
  }
  EXPECT_LE(longest, milliseconds(4));
  EXPECT_GE(noisy_done, 300 * (kEachTick - 1) * 9 / 10) << "what the others leave is not wasted";
}

// Undo goes before settlements, but not all undo there is of one institution.
TEST_F(OverloadTest, AFloodOfUndoDoesNotKeepSettlementsOfOthersOut) {
  std::vector<const Sent*> others;
  for (int tick = 0; tick < 300; ++tick) {
    for (int i = 0; i < 10 * kEachTick; ++i) {
      ++number_;
      Send(Call::kReverseByMessage, UndoOf(absl::StrCat("u", number_), Person(number_ % kPersons),
                                           absl::StrCat("never", number_)));
    }
    others.push_back(&SendCredit(kOtherHospital));
    Tick();
  }
  Quieten();
  for (const Sent* sent : others) {
    ASSERT_TRUE(sent->ok()) << sent->reply.status;
    ASSERT_LE(sent->reply.timing.wall(), milliseconds(4));
  }
}

TEST_F(OverloadTest, AQuietInstitutionGoesIntoTheNextGroup) {
  for (int i = 0; i < 1'000; ++i) SendCredit(kHospital);
  engine_->Step();
  Sent& quiet = SendCredit(kOtherHospital);
  engine_->Step();
  store_.Begin();
  store_.Finish();
  engine_->Step();
  EXPECT_TRUE(quiet.ok()) << "it waits behind what was there before it";
  EXPECT_LE(CountOk(), kEachTick);
  Quieten();
}

TEST_F(OverloadTest, AQuietInstitutionIsLetInByItsOwnWait) {
  options_.max_in_flight = 100'000;
  Start();
  for (int tick = 0; tick < 100; ++tick) {
    for (int i = 0; i < 10 * kEachTick; ++i) SendCredit(kHospital);
    Tick();
  }
  constexpr milliseconds kShort{8};
  ASSERT_GT(engine_->in_flight(), 2 * kShort.count() * kEachTick)
      << "the queue is longer than that";
  const Sent& noisy = SendCredit(kHospital, kShort);
  const Sent& quiet = SendCredit(kOtherHospital, kShort);
  Settle();
  EXPECT_EQ(noisy.reply.status.code(), absl::StatusCode::kResourceExhausted) << noisy.reply.status;
  Quieten();
  EXPECT_TRUE(quiet.ok()) << quiet.reply.status;
}

TEST_F(OverloadTest, WhileCallsWaitTheLaneAnswersAndNotTheStore) {
  const Sent& first = SendCredit(kHospital);
  Settle();
  store_.Begin();
  const Sent& second = SendCredit(kHospital);
  store_.Finish();
  EXPECT_EQ(first.replies, 0) << "the next group waits for the thread of the store";
  EXPECT_TRUE(engine_->Step());
  EXPECT_TRUE(first.ok()) << first.reply.status;
  EXPECT_EQ(second.replies, 0);
  store_.Begin();
  store_.Finish();
  EXPECT_TRUE(second.ok()) << "nobody waits: there and then";
  Settle();
}

TEST_F(OverloadTest, WhatWasLetInIsDoneThoughTheDiskGetsSlower) {
  options_.max_in_flight = 100'000;  // time is what bounds
  Start();
  for (int tick = 0; tick < 200; ++tick) {
    for (int i = 0; i < 10 * kEachTick; ++i) SendCredit(i % 2 == 0 ? kHospital : kOtherHospital);
    Tick();
  }
  ASSERT_GT(engine_->in_flight(), 10 * kEachTick);
  for (int tick = 0; tick < kBudget.count() && engine_->in_flight() > 0; ++tick) {
    Tick();
    now_ += std::chrono::microseconds(500);
  }
  for (const Sent& sent : sent_) {
    ASSERT_EQ(sent.replies, 1);
    ASSERT_TRUE(sent.ok() || sent.reply.timing.wall() <= milliseconds(1))
        << "it waited only to be refused: " << sent.reply.status;
  }
}

TEST_F(OverloadTest, WhatUndoesAndAsksGoesBeforeWhatSettles) {
  store_.Release();
  const auto settled = [&] {
    auto request = SettleOf("s1", Person(0), 100);
    Sent& sent = Send(Call::kSettle, request);
    Settle();
    return Parsed<v1::SettleResponse>(sent.reply).settlement().setl_id();
  }();
  store_.Hold();
  for (int tick = 0; tick < 30; ++tick) {
    for (int i = 0; i < 10 * kEachTick; ++i) SendCredit(kHospital);
    Tick();
  }
  Sent& query = Send(Call::kQueryMessage, QueryOf("s1", false));
  Sent& undo = Send(Call::kReverse, ReverseOf("u1", Person(0), settled));
  Settle();
  EXPECT_TRUE(query.ok()) << "asking does not wait for the disk: " << query.reply.status;
  for (int tick = 0; tick < 6; ++tick) Tick();
  EXPECT_TRUE(undo.ok()) << undo.reply.status;
  EXPECT_GT(engine_->in_flight(), 0) << "those that came earlier still wait";
  Quieten();
}

TEST_F(OverloadTest, MemoryIsBoundedToo) {
  options_.max_bytes_in_flight = 20'000;
  options_.budgets.fill(std::chrono::seconds(600));
  Start();
  int let_in = 0;
  int64_t bytes = 0;
  for (int i = 0; i < 100; ++i) {
    const auto request = SettleOf(absl::StrCat("m", i), Person(i), 100);
    bytes = static_cast<int64_t>(request.ByteSizeLong());
    Sent& sent = Send(Call::kSettle, request);
    if (sent.replies == 0) {
      ++let_in;
    } else {
      EXPECT_EQ(sent.reply.status.code(), absl::StatusCode::kResourceExhausted)
          << sent.reply.status;
    }
  }
  EXPECT_GT(let_in, 0);
  EXPECT_LE(let_in * bytes, options_.max_bytes_in_flight);
  Quieten();
}

// Nor are they refused for the changes that wait for it.
TEST_F(OverloadTest, ReadsGoOnWhileTheDiskHangs) {
  for (int tick = 0; tick < 10; ++tick) {
    for (int i = 0; i < 2 * kEachTick; ++i) SendCredit(kHospital);
    Tick();
  }
  for (int tick = 0; tick < 500; ++tick) {
    const Sent& view = Send(Call::kGetAccount, AccountOf(Person(tick % kPersons)));
    Settle();
    ASSERT_TRUE(view.ok()) << tick << ": " << view.reply.status;
    now_ += milliseconds(1);
    Settle();
  }
}

// While the disk hangs, calls are refused on arrival as soon as that is seen; when it is back,
// everything is as before.
TEST_F(OverloadTest, AHangIsSeenAndForgotten) {
  for (int tick = 0; tick < 20; ++tick) {
    for (int i = 0; i < kEachTick / 2; ++i) SendCredit(kHospital);
    Tick();
  }
  const auto hang = [&](int ticks) {
    for (int tick = 0; tick < ticks; ++tick) {
      for (int i = 0; i < kEachTick / 2; ++i) SendCredit(kHospital);
      Settle();
      now_ += milliseconds(1);
      Settle();
    }
  };
  hang(150);
  const size_t seen = sent_.size();
  hang(1'000);
  for (size_t i = seen; i < sent_.size(); ++i)
    ASSERT_EQ(sent_[i].reply.status.code(), absl::StatusCode::kResourceExhausted) << i;
  for (const Sent& sent : sent_) {
    ASSERT_EQ(sent.replies, 1);
    ASSERT_LE(sent.reply.timing.wall(), kBudget + milliseconds(1));
  }
  // A few writes, and it is trusted again.
  size_t back = 0;
  for (int tick = 0; tick < 200; ++tick) {
    if (tick == 50) back = sent_.size();
    for (int i = 0; i < kEachTick / 2; ++i) SendCredit(kHospital);
    Tick();
  }
  Quieten();
  int64_t ok = 0;
  for (size_t i = back; i < sent_.size(); ++i) ok += sent_[i].ok() ? 1 : 0;
  EXPECT_EQ(ok, static_cast<int64_t>(sent_.size() - back));
  // Every effect was acknowledged or is one whose caller was told to ask again.
  int64_t not_known = 0;
  for (const Sent& sent : sent_)
    not_known += sent.reply.status.code() == absl::StatusCode::kUnavailable ? 1 : 0;
  EXPECT_GT(not_known, 0);
  EXPECT_EQ(Effects(), CountOk() + not_known);
}

}  // namespace
}  // namespace yijie::engine
