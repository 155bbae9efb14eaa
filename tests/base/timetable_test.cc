#include "base/timetable.h"

#include <gtest/gtest.h>

#include <string>

#include "base/mutex.h"

namespace yijie {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// What was done, in order.
class Done {
 public:
  void Add(char what) {
    const MutexLock lock(mutex_);
    all_ += what;
    changed_.NotifyAll();
  }
  std::string Await(size_t count) {
    const MutexLock lock(mutex_);
    while (all_.size() < count) changed_.Wait(mutex_);
    return all_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::string all_ ABSL_GUARDED_BY(mutex_);
};

TEST(Timetable, ActsInOrderOfTimeAndNeverEarly) {
  Done done;
  Timetable timetable;
  const auto begun = steady_clock::now();
  bool early = false;
  for (const auto& [after, what] :
       {std::pair(30, 'c'), std::pair(10, 'a'), std::pair(20, 'b'), std::pair(30, 'd')}) {
    const auto time = begun + milliseconds(after);
    timetable.At(time, [&done, &early, time, act = what] {
      early = early || steady_clock::now() < time;
      done.Add(act);
    });
  }
  EXPECT_EQ(done.Await(4), "abcd");
  EXPECT_FALSE(early);
}

TEST(Timetable, WhatIsPastIsDoneAtOnceAndActsMayAddOthers) {
  Done done;
  Timetable timetable;
  timetable.At(steady_clock::time_point::min(), [&] {
    done.Add('a');
    timetable.At(steady_clock::now(), [&done] { done.Add('b'); });
  });
  EXPECT_EQ(done.Await(2), "ab");
}

TEST(Timetable, WhatIsStillToComeAtTheEndIsForgotten) {
  bool done = false;
  {
    Timetable timetable;
    timetable.At(steady_clock::now() + std::chrono::hours(1), [&done] { done = true; });
  }
  EXPECT_FALSE(done);
}

}  // namespace
}  // namespace yijie
