#include "tests/timetable.h"

#include <algorithm>
#include <utility>

namespace yijie {

using std::chrono::steady_clock;

constexpr std::chrono::hours kLongestWait{1};

Timetable::~Timetable() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyOne();
  }
  thread_.join();
}

void Timetable::At(steady_clock::time_point time, std::function<void()> act) {
  const MutexLock lock(mutex_);
  const auto added = acts_.emplace(time, std::move(act));
  // Whoever is not the first needs nobody to wake.
  if (added == acts_.begin()) changed_.NotifyOne();
}

void Timetable::Run() {
  while (std::function<void()> act = Next()) act();
}

std::function<void()> Timetable::Next() {
  const MutexLock lock(mutex_);
  while (!stopping_) {
    if (acts_.empty()) {
      changed_.Wait(mutex_);
      continue;
    }
    const auto first = acts_.begin();
    const auto now = steady_clock::now();
    if (first->first <= now) {
      std::function<void()> act = std::move(first->second);
      acts_.erase(first);
      return act;
    }
    // Times at the ends of the clock have no distance that can be waited for.
    changed_.WaitFor(mutex_, std::min(first->first, now + kLongestWait) - now);
  }
  return nullptr;
}

}  // namespace yijie
