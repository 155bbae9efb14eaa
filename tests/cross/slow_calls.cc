#include "tests/cross/slow_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/cross/attempt.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

int64_t NumberFromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  int64_t number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

std::string PersonOf(int64_t number) { return absl::StrCat("S", number); }

// A thread that does nothing but sleep, and notes when the machine let it sleep too long: then
// nobody could have been in time.
class IdleThread {
 public:
  IdleThread() : thread_([this] { Run(); }) {}
  ~IdleThread() { Stop(); }

  void Stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  // Whether it was held up between the two times; after Stop.
  bool WasHeldUp(steady_clock::time_point begin, steady_clock::time_point end) const {
    return std::any_of(held_up_.begin(), held_up_.end(),
                       [&](const auto& span) { return span.first < end && begin < span.second; });
  }
  milliseconds longest() const {
    steady_clock::duration longest{};
    for (const auto& [begin, end] : held_up_) longest = std::max(longest, end - begin);
    return std::chrono::duration_cast<milliseconds>(longest);
  }

 private:
  void Run() {
    constexpr milliseconds kSleep{2};
    constexpr milliseconds kTooLong{10};
    while (!stopping_) {
      const auto wake = steady_clock::now() + kSleep;
      std::this_thread::sleep_until(wake);
      const auto now = steady_clock::now();
      if (now - wake > kTooLong) held_up_.emplace_back(wake, now);
    }
  }

  std::atomic<bool> stopping_{false};
  std::vector<std::pair<steady_clock::time_point, steady_clock::time_point>> held_up_;
  std::thread thread_;
};

// What an institution was told.
struct Told {
  Reply reply;
  steady_clock::time_point asked, answered;
  bool late() const { return answered - asked > kSlowBudget + kTolerance; }
};

// Sends all messages, so many at once, and waits for the answers.
class Hospital {
 public:
  std::vector<Told> SendAll(Engine& care, const std::vector<v1::SettleRequest>& bills,
                            int in_flight) {
    told_.resize(bills.size());
    for (size_t i = 0; i < bills.size(); ++i) {
      AwaitFewerThan(in_flight);
      std::unique_ptr<Job> job = JobOf(Call::kSettle, bills[i]);
      job->respond = [this, i, arrived = job->arrived](Reply reply) {
        const auto now = steady_clock::now();
        const MutexLock lock(mutex_);
        told_[i] = {std::move(reply), arrived, now};
        --inside_;
        answered_.NotifyOne();
      };
      care.Submit(std::move(job));
    }
    AwaitFewerThan(1);
    return std::move(told_);
  }

 private:
  // And one more, unless none is to be inside.
  void AwaitFewerThan(int limit) {
    const MutexLock lock(mutex_);
    while (inside_ >= limit) answered_.Wait(mutex_);
    if (limit > 1) ++inside_;
  }

  Mutex mutex_;
  CondVar answered_;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Told> told_;
};

struct Totals {
  int64_t settled = 0;
  int64_t receivable_fen = 0;
  int64_t payable_fen = 0;
  int64_t hold_fen = 0;
};

Totals TotalsOf(storage::MemoryStore& store) {
  Totals totals;
  const absl::Status read = store.ForEachVersion(
      [&totals](absl::string_view /*psn_no*/, const storage::PersonVersion& version) {
        const store::v1::PersonEvent event = *ParseEvent(version);
        if (event.settled().has_cross()) ++totals.settled;
        for (const store::v1::JournalLine& line : event.journal()) {
          if (line.account() == store::v1::CROSS_RECEIVABLE)
            totals.receivable_fen += line.amount_fen();
          if (line.account() == store::v1::CROSS_PAYABLE) totals.payable_fen += line.amount_fen();
          if (line.account() == store::v1::CROSS_HOLD) totals.hold_fen += line.amount_fen();
        }
        return absl::OkStatus();
      });
  EXPECT_TRUE(read.ok()) << read;
  return totals;
}

// Until the insured place knows every decision.
void AwaitNothingOpen(CrossWorld& world) {
  const auto begun = steady_clock::now();
  const auto give_up = begun + std::chrono::seconds(60);
  while (!(*world.care_store().ScanRows(kCrossOpenTable, "", "", 1)).empty()) {
    ASSERT_LT(steady_clock::now(), give_up) << "something stays open";
    ASSERT_TRUE(world.care().ResolveCross(TestNow()).ok());
    std::this_thread::sleep_for(milliseconds(10));
  }
  std::printf("nothing open %lld ms after healing\n",
              static_cast<long long>(
                  std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun).count()));
}

// How the message stands at the place of care.
v1::MessageState StateOf(const v1::SettleRequest& bill, CrossWorld& world) {
  v1::QueryMessageRequest query = QueryOf(bill.header().msgid(), false);
  query.set_fixmedins_code(kCareHospital);
  return Parsed<v1::QueryMessageResponse>(Ask(world.care(), Call::kQueryMessage, query)).state();
}

void CountSettled(const Reply& reply, Verdicts* verdicts) {
  const v1::Settlement settlement = Parsed<v1::SettleResponse>(reply).settlement();
  EXPECT_EQ(settlement.outcome(), v1::SETTLED) << settlement.reason();
  ++verdicts->settled;
  verdicts->owed_fen +=
      settlement.amounts().fund_pay_sumamt_fen() + settlement.amounts().acct_pay_fen();
}

void Count(const v1::SettleRequest& bill, const Told& told, CrossWorld& world, Verdicts* verdicts) {
  const std::string& msgid = bill.header().msgid();
  if (told.late()) ++verdicts->late;
  const absl::Status& status = told.reply.status;
  const v1::MessageState state = StateOf(bill, world);
  if (status.ok()) {
    EXPECT_EQ(state, v1::ANSWERED) << msgid;
    return CountSettled(told.reply, verdicts);
  }
  if (absl::IsUnavailable(status)) {
    ++verdicts->undecided;
    // The same message again gets what it came to.
    if (state == v1::ANSWERED) CountSettled(Ask(world.care(), Call::kSettle, bill), verdicts);
    return;
  }
  EXPECT_TRUE(absl::StrContains(status.message(), "not applied")) << status;
  EXPECT_EQ(state, v1::NEVER_SEEN) << msgid << ": " << status;
  const bool silent =
      absl::IsDeadlineExceeded(status) || absl::StrContains(status.message(), "did not answer");
  silent ? ++verdicts->silent : ++verdicts->busy;
}

}  // namespace

uint64_t SlowSeed() {
  const auto seed = static_cast<uint64_t>(NumberFromEnvironment("YIJIE_SEED", 1));
  std::cout << "YIJIE_SEED=" << seed << std::endl;
  return seed;
}

int64_t SlowCalls(int64_t otherwise) {
  return NumberFromEnvironment("YIJIE_SLOW_CALLS", otherwise);
}

SlowDelays::Delay SlowDelays::Draw() {
  const MutexLock lock(mutex_);
  if (healed_) return {};
  const double times = 0.5 * std::pow(10.0, std::uniform_real_distribution<>()(random_));
  const auto whole = static_cast<int64_t>(
      times * static_cast<double>(std::chrono::microseconds(kSlowBudget).count()));
  const int64_t there = static_cast<int64_t>(random_() % static_cast<uint64_t>(whole + 1));
  return {std::chrono::microseconds(there), std::chrono::microseconds(whole - there)};
}

void SlowDelays::Heal() {
  const MutexLock lock(mutex_);
  healed_ = true;
}

int SlowPersons(int64_t calls) { return static_cast<int>(std::max<int64_t>(calls / 2, 500)); }

Verdicts SettleSlowly(CrossWorld& world, SlowWays& ways, int64_t calls, int in_flight,
                      std::mt19937_64& random) {
  const int persons = SlowPersons(calls);
  for (int i = 0; i < persons; ++i) world.Enrol(PersonOf(i));
  std::vector<v1::SettleRequest> bills;
  for (int64_t i = 0; i < calls; ++i) {
    bills.push_back(
        BillAway(absl::StrCat("S", i), 1'000 + static_cast<int64_t>(random() % 200'000)));
    bills.back().mutable_claim()->set_psn_no(
        PersonOf(static_cast<int64_t>(random() % static_cast<uint64_t>(persons))));
  }
  IdleThread idle;
  const std::vector<Told> told = Hospital().SendAll(world.care(), bills, in_flight);
  idle.Stop();
  ways.Heal();
  world.care().AwaitIdle();
  AwaitNothingOpen(world);
  ways.AwaitNothingUnderWay();
  world.care().AwaitIdle();
  Verdicts verdicts;
  for (size_t i = 0; i < told.size(); ++i) Count(bills[i], told[i], world, &verdicts);
  std::printf(
      "%lld calls: %lld settled, %lld undecided; not applied: %lld silence, %lld person busy; %lld "
      "messages came after their sender gave up; %lld replies later than the budget and %lld ms\n",
      static_cast<long long>(calls), static_cast<long long>(verdicts.settled),
      static_cast<long long>(verdicts.undecided), static_cast<long long>(verdicts.silent),
      static_cast<long long>(verdicts.busy), static_cast<long long>(ways.late()),
      static_cast<long long>(verdicts.late), static_cast<long long>(kTolerance.count()));
  // When they should have been told, to when they were.
  const auto held_up = std::count_if(told.begin(), told.end(), [&idle](const Told& each) {
    return each.late() &&
           idle.WasHeldUp(each.asked + kSlowBudget - milliseconds(20), each.answered);
  });
  if (verdicts.late > 0) {
    std::printf("%lld of the late ones while an idle thread was held up too, for up to %lld ms\n",
                static_cast<long long>(held_up), static_cast<long long>(idle.longest().count()));
  }
  return verdicts;
}

void ExpectAsTold(CrossWorld& world, const Verdicts& told, int64_t calls) {
  const Totals care = TotalsOf(world.care_store()), home = TotalsOf(world.home_store());
  EXPECT_EQ(care.settled, told.settled);
  EXPECT_EQ(home.settled, told.settled);
  EXPECT_EQ(care.receivable_fen, told.owed_fen);
  EXPECT_EQ(home.payable_fen, -told.owed_fen);
  EXPECT_EQ(home.hold_fen, 0);
  EXPECT_EQ(ReservationsAt(world.home_store(), SlowPersons(calls)), 0);
  world.ExpectSoundBooks();
}

void ExpectSettlesNow(CrossWorld& world) {
  v1::SettleRequest bill = BillAway("now", 10'000);
  bill.mutable_claim()->set_psn_no(PersonOf(0));
  Reply reply;
  for (int tries = 0; tries < 200; ++tries) {
    reply = Ask(world.care(), Call::kSettle, bill);
    if (reply.status.ok()) break;
    world.Resolve();
  }
  EXPECT_EQ(Parsed<v1::SettleResponse>(reply).settlement().outcome(), v1::SETTLED);
}

int64_t HeldFen(storage::MemoryStore& home) { return TotalsOf(home).hold_fen; }

int64_t ReservationsAt(storage::MemoryStore& home, int persons) {
  int64_t held = 0;
  for (int i = 0; i < persons; ++i) {
    const Person person = *ParsePerson(**home.LoadLatest(PersonOf(i)));
    if (person.rest->cross().has_reservation()) ++held;
  }
  return held;
}

}  // namespace yijie::engine
