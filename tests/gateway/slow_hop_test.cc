// A slow insured place behind a real gateway: messages go over connections, and each is worked on
// and answered 0.5 to 5 times the budget late.
//
//   YIJIE_SEED=n        the same delays in another interleaving
//   YIJIE_SLOW_CALLS=n  calls; default 1,000

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/cross/slow_calls.h"
#include "tests/gateway/hop_world.h"
#include "tests/timetable.h"

namespace yijie::engine {
namespace {

using std::chrono::steady_clock;

// All three parties and their connections share this machine.
constexpr int kInFlight = 100;

// The port of an insured place that lies behind a slow line: what is left of the time of a message
// travels with it, so a late one is worked on all the same.
class SlowPlace : public SlowWays {
 public:
  explicit SlowPlace(uint64_t seed) : delays_(seed) {}

  void Heal() override { delays_.Heal(); }
  void AwaitNothingUnderWay() const override {
    while (under_way_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  int64_t late() const override { return late_; }

  PeerHandler Before(PeerHandler home) {
    return [this, home = std::move(home)](PeerMessage message, std::function<void(Reply)> respond) {
      ++under_way_;
      const SlowDelays::Delay delay = delays_.Draw();
      const auto now = steady_clock::now();
      if (now + delay.there > message.deadline) ++late_;
      message.deadline += delay.there;
      timetable_.At(now + delay.there, [this, home, delay, message, respond = std::move(respond)] {
        home(message, [this, delay, respond](Reply reply) {
          timetable_.At(steady_clock::now() + delay.back, [this, respond, reply] {
            respond(reply);
            --under_way_;
          });
        });
      });
    };
  }

 private:
  SlowDelays delays_;
  std::atomic<int64_t> late_{0}, under_way_{0};
  Timetable timetable_;  // last: what it runs uses all of the above
};

CrossOptions WithSlowBudget() {
  CrossOptions options;
  options.budget = kSlowBudget;
  return options;
}

TEST(SlowHop, WhatIsToldNotAppliedStaysSoAndNothingIsLeftHeld) {
  std::mt19937_64 random(SlowSeed());
  const int64_t calls = SlowCalls(1'000);
  SlowPlace place(random());
  HopWorld world({}, {""}, WithSlowBudget(),
                 [&place](PeerHandler home) { return place.Before(std::move(home)); });
  const Verdicts told = SettleSlowly(world.areas(), place, calls, kInFlight, random);
  ExpectAsTold(world.areas(), told, calls);
  EXPECT_GT(told.silent, 0);
  EXPECT_GT(place.late(), 0);
  // The gateway has what stands, and nothing else.
  const ThreeWayResult books = world.Compare("");
  EXPECT_TRUE(books.equal()) << ThreeWayAsText(ScopeOfPair("2026-06-14", "2026-06-16"), books);
  ASSERT_EQ(books.days.size(), told.settled == 0 ? 0U : 1U);
  for (const ThreeWayDay& day : books.days)
    for (const v1::BookTotals& totals : day.totals) EXPECT_EQ(totals.count(), told.settled);
  ExpectSoundStore(world.gateway("").log());
  ExpectSettlesNow(world.areas());
}

}  // namespace
}  // namespace yijie::engine
