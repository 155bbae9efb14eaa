#ifndef YIJIE_TESTS_CROSS_SLOW_CALLS_H_
#define YIJIE_TESTS_CROSS_SLOW_CALLS_H_

// Many bills at once for persons of an insured place that answers late, and what is to be so when
// all late messages have come.

#include <chrono>
#include <cstdint>
#include <random>

#include "base/mutex.h"
#include "tests/cross/cross_world.h"

namespace yijie::engine {

// Of each bill. A reply later than this and kTolerance is too late.
inline constexpr std::chrono::milliseconds kSlowBudget{300};
inline constexpr std::chrono::milliseconds kTolerance{5};

// YIJIE_SEED, printed.
uint64_t SlowSeed();
// YIJIE_SLOW_CALLS, or `otherwise`.
int64_t SlowCalls(int64_t otherwise);

// What a message and its answer take on their ways. Thread-safe.
class SlowDelays {
 public:
  struct Delay {
    std::chrono::microseconds there{0}, back{0};
  };

  explicit SlowDelays(uint64_t seed) : random_(seed) {}

  // 0.5 to 5 times the budget, each doubling as likely as another, divided at random between the
  // two ways; nothing once healed.
  Delay Draw();
  void Heal();

 private:
  Mutex mutex_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  bool healed_ ABSL_GUARDED_BY(mutex_) = false;
};

// What is slow between two places.
class SlowWays {
 public:
  virtual ~SlowWays() = default;
  virtual void Heal() = 0;
  // Until every message and every answer, also of those who gave up, has come to its end.
  virtual void AwaitNothingUnderWay() const = 0;
  // Messages that reached the insured place after their sender had given up.
  virtual int64_t late() const = 0;
};

// What institutions were told of all messages.
struct Verdicts {
  int64_t settled = 0;
  int64_t silent = 0;     // not applied: the insured place did not answer in time
  int64_t busy = 0;       // not applied: another settlement of the person is not over
  int64_t undecided = 0;  // what became of it is for the institution to ask
  int64_t late = 0;       // later than the budget and kTolerance
  int64_t owed_fen = 0;   // of what stands at the place of care
};

// So many persons for so many calls.
int SlowPersons(int64_t calls);

// Sends bills of random persons (SlowPersons of them, enrolled here), at most `in_flight` at once,
// then heals the ways and waits until everything has come to its end. Prints what came of it.
Verdicts SettleSlowly(CrossWorld& world, SlowWays& ways, int64_t calls, int in_flight,
                      std::mt19937_64& random);

// What is so in the end is what institutions were told, on both sides, and nothing is held.
void ExpectAsTold(CrossWorld& world, const Verdicts& told, int64_t calls);

// With nothing slow any more, a bill of a person of the campaign settles: nothing was left that
// keeps it. Sent again as an institution does, so a busy machine is no failure.
void ExpectSettlesNow(CrossWorld& world);

int64_t HeldFen(storage::MemoryStore& home);
int64_t ReservationsAt(storage::MemoryStore& home, int persons);

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_CROSS_SLOW_CALLS_H_
