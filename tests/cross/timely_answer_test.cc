#include "engine/cross/timely_answer.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "base/mutex.h"
#include "tests/cross/cross_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using std::chrono::milliseconds;

TEST(TimelyAnswer, TheFirstAnswerCounts) {
  std::vector<Reply> told;
  TimelyAnswer answer([&told](Reply reply) { told.push_back(std::move(reply)); });
  EXPECT_TRUE(answer.BeginDeciding());
  answer.Give({absl::OkStatus(), "first"});
  answer.Give({absl::OkStatus(), "second"});
  EXPECT_FALSE(answer.TimeIsUp());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].bytes, "first");
}

TEST(TimelyAnswer, WhoWasToldNotAppliedIsNotBooked) {
  std::vector<Reply> told;
  TimelyAnswer answer([&told](Reply reply) { told.push_back(std::move(reply)); });
  EXPECT_TRUE(answer.TimeIsUp());
  EXPECT_FALSE(answer.BeginDeciding());
  answer.Give({absl::OkStatus(), "late"});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(absl::IsDeadlineExceeded(told[0].status)) << told[0].status;
  EXPECT_TRUE(absl::StrContains(told[0].status.message(), "not applied"));
}

TEST(TimelyAnswer, WhatIsBeingBookedIsUndecided) {
  std::vector<Reply> told;
  TimelyAnswer answer([&told](Reply reply) { told.push_back(std::move(reply)); });
  EXPECT_TRUE(answer.BeginDeciding());
  EXPECT_TRUE(answer.TimeIsUp());
  ASSERT_EQ(told.size(), 1U);
  EXPECT_TRUE(absl::IsUnavailable(told[0].status)) << told[0].status;
  EXPECT_FALSE(absl::StrContains(told[0].status.message(), "not applied"));
}

// Whatever the interleaving: one answer, and never "not applied" for what was booked.
TEST(TimelyAnswer, TimeAndDecisionRace) {
  for (int i = 0; i < 2'000; ++i) {
    std::atomic<int> answers{0};
    std::atomic<bool> not_applied{false};
    TimelyAnswer answer([&](const Reply& reply) {
      ++answers;
      not_applied = absl::IsDeadlineExceeded(reply.status);
    });
    std::thread time([&answer] { answer.TimeIsUp(); });
    const bool booked = answer.BeginDeciding();
    answer.Give({absl::OkStatus(), "booked"});
    time.join();
    EXPECT_EQ(answers, 1);
    EXPECT_NE(booked, not_applied.load());
  }
}

// A way that does not even say at the deadline that no answer came, until it is woken.
class DumbPeer : public CrossPeer {
 public:
  void Send(Call /*call*/, std::shared_ptr<const google::protobuf::Message> /*request*/,
            std::chrono::steady_clock::time_point /*deadline*/,
            std::function<void(Reply)> done) override {
    {
      const MutexLock lock(mutex_);
      if (!awake_) return waiting_.push_back(std::move(done));
    }
    done(Silence());
  }
  void Wake() {
    std::vector<std::function<void(Reply)>> waiting;
    {
      const MutexLock lock(mutex_);
      awake_ = true;
      waiting.swap(waiting_);
    }
    for (const auto& done : waiting) done(Silence());
  }

 private:
  static Reply Silence() { return {absl::DeadlineExceededError("no answer came in time"), ""}; }

  Mutex mutex_;
  bool awake_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::function<void(Reply)>> waiting_ ABSL_GUARDED_BY(mutex_);
};

TEST(CrossDeadline, TheCallerIsAnsweredThoughNothingMoves) {
  CrossWorld world;
  DumbPeer dumb;
  CrossOptions options;
  options.budget = milliseconds(150);
  world.GoBy(dumb, options);
  const Reply told = world.AtCare(Call::kSettle, BillAway("M1", 150'000));
  EXPECT_TRUE(absl::IsDeadlineExceeded(told.status)) << told.status;
  EXPECT_TRUE(absl::StrContains(told.status.message(), "not applied")) << told.status;
  // The message is worked on until its way has an end; then it may come again.
  dumb.Wake();
  world.GoBy(world.peer());
  world.Resolve();
  const v1::Settlement settled = world.Settle(BillAway("M1", 150'000));
  EXPECT_EQ(settled.outcome(), v1::SETTLED) << settled.reason();
  world.Resolve();
  EXPECT_EQ(world.open_attempts(), 0);
  world.ExpectSoundBooks();
}

}  // namespace
}  // namespace yijie::engine
