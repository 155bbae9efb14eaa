#ifndef YIJIE_BASE_TIMETABLE_H_
#define YIJIE_BASE_TIMETABLE_H_

#include <chrono>
#include <functional>
#include <map>
#include <thread>

#include "base/mutex.h"

namespace yijie {

// Runs what it is given, each at its time, on a thread of its own. What is given must not block:
// everything after it would be late.
class Timetable {
 public:
  Timetable() : thread_([this] { Run(); }) {}
  // Waits for the act that is at work. What is still to come is forgotten.
  ~Timetable();
  Timetable(const Timetable&) = delete;
  Timetable& operator=(const Timetable&) = delete;

  // Thread-safe. At once if the time is past.
  void At(std::chrono::steady_clock::time_point time, std::function<void()> act);

 private:
  void Run();
  // The next act when its time has come; none at the end.
  std::function<void()> Next();

  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> acts_
      ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace yijie

#endif  // YIJIE_BASE_TIMETABLE_H_
