// An insured place that answers after half of the budget to five times of it. What the institution
// was told is what is so in the end: nothing that was "not applied" happens later, and nothing
// stays held.
//
//   YIJIE_SEED=n        the same delays in another interleaving
//   YIJIE_SLOW_CALLS=n  calls; default 2,000

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "engine/cross/cross_envelope.h"
#include "tests/cross/cross_world.h"
#include "tests/cross/slow_calls.h"
#include "tests/timetable.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using std::chrono::steady_clock;

constexpr int kInFlight = 500;

// Takes each message and its answer to the other side late. As over a network, who waits is told
// at the deadline that no answer came, and the message goes on its way all the same.
class SlowWay : public CrossPeer, public SlowWays {
 public:
  explicit SlowWay(uint64_t seed) : delays_(seed) {}

  void Connect(Engine& home) { home_ = &home; }
  void Heal() override { delays_.Heal(); }
  // A planted defect: from now on cancellations are answered, and never delivered.
  void ForgeCancels() { forging_ = true; }
  void AwaitNothingUnderWay() const override {
    while (under_way_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  int64_t late() const override { return late_; }

  void Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
            steady_clock::time_point deadline, std::function<void(Reply)> done) override {
    if (forging_ && call == Call::kCancelReservation) return done(ForgedCancel(*request));
    const auto now = steady_clock::now();
    const SlowDelays::Delay delay = delays_.Draw();
    auto waiting = std::make_shared<Waiting>();
    waiting->done = std::move(done);
    ++under_way_;
    timetable_.At(deadline, [waiting] {
      Tell(*waiting, {absl::DeadlineExceededError("no answer came in time"), ""});
    });
    timetable_.At(now + delay.there, [this, call, request, deadline, delay, waiting] {
      Deliver(call, *request, deadline, delay, waiting);
    });
  }

 private:
  struct Waiting {
    std::atomic<bool> told{false};
    std::function<void(Reply)> done;
  };

  static Reply ForgedCancel(const google::protobuf::Message& request) {
    v1::CancelReservationResponse response;
    response.set_resv_id(EnvelopeOf(Call::kCancelReservation, request).resv_id);
    return {absl::OkStatus(), response.SerializeAsString()};
  }

  static void Tell(Waiting& waiting, Reply reply) {
    if (!waiting.told.exchange(true)) waiting.done(std::move(reply));
  }

  void Deliver(Call call, const google::protobuf::Message& request,
               steady_clock::time_point deadline, const SlowDelays::Delay& delay,
               const std::shared_ptr<Waiting>& waiting) {
    if (steady_clock::now() > deadline) ++late_;
    std::unique_ptr<google::protobuf::Message> copy(request.New());
    copy->CopyFrom(request);
    auto job = MakeJob(call, std::move(copy), TestNow());
    ASSERT_TRUE(job.ok()) << job.status();
    (*job)->respond = [this, delay, waiting](Reply reply) {
      timetable_.At(steady_clock::now() + delay.back, [this, waiting, answer = std::move(reply)] {
        Tell(*waiting, answer);
        --under_way_;
      });
    };
    home_->Submit(*std::move(job));
  }

  Engine* home_ = nullptr;
  SlowDelays delays_;
  std::atomic<bool> forging_{false};
  std::atomic<int64_t> late_{0}, under_way_{0};
  Timetable timetable_;  // last: what it runs uses all of the above
};

// Two places with a slow way between them.
class CrossSlow : public ::testing::Test {
 protected:
  CrossSlow() {
    way_.Connect(world_.home());
    CrossOptions options;
    options.budget = kSlowBudget;
    world_.GoBy(way_, options);
  }

  std::mt19937_64 random_{SlowSeed()};
  SlowWay way_{random_()};
  CrossWorld world_;
};

TEST_F(CrossSlow, WhatIsToldNotAppliedStaysSoAndNothingIsLeftHeld) {
  const int64_t calls = SlowCalls(2'000);
  const Verdicts told = SettleSlowly(world_, way_, calls, kInFlight, random_);
  ExpectAsTold(world_, told, calls);
  // Late messages did come.
  EXPECT_GT(told.silent, 0);
  EXPECT_GT(way_.late(), 0);
  ExpectSettlesNow(world_);
}

// The checks above can fail.
TEST_F(CrossSlow, CancelsThatAreLostAndSaidToBeDoneLeaveMoneyHeld) {
  constexpr int64_t kCalls = 500;
  way_.ForgeCancels();
  EXPECT_GT(SettleSlowly(world_, way_, kCalls, kInFlight, random_).silent, 0);
  EXPECT_NE(HeldFen(world_.home_store()), 0);
  EXPECT_GT(ReservationsAt(world_.home_store(), SlowPersons(kCalls)), 0);
}

}  // namespace
}  // namespace yijie::engine
