#include "base/timetable.h"

#include <utility>

namespace yijie {

using std::chrono::steady_clock;

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
    const auto left = first->first - steady_clock::now();
    if (left <= left.zero()) {
      std::function<void()> act = std::move(first->second);
      acts_.erase(first);
      return act;
    }
    changed_.WaitFor(mutex_, left);
  }
  return nullptr;
}

}  // namespace yijie
