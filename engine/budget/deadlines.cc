#include "engine/budget/deadlines.h"

#include <memory>
#include <utility>
#include <vector>

#include "base/thread_name.h"

namespace yijie::engine {

Deadlines::Deadlines(std::function<TimePoint()> clock, bool stepped)
    : clock_(std::move(clock)), wheel_(clock_()) {
  if (!stepped) thread_ = std::thread([this] { Run(); });
}

Deadlines::~Deadlines() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyOne();
  if (thread_.joinable()) thread_.join();
}

void Deadlines::Add(Caller& caller) {
  if (caller.deadline == TimePoint::max()) return;
  bool sooner = false;
  {
    const MutexLock lock(mutex_);
    wheel_.Add(caller);
    sooner = DeadlineWheel::FoundBy(caller.deadline) < wakes_at_;
  }
  if (sooner) wake_.NotifyOne();
}

void Deadlines::Remove(Caller& caller) {
  if (caller.deadline == TimePoint::max()) return;
  const MutexLock lock(mutex_);
  wheel_.Remove(caller);
}

bool Deadlines::ExpireDue() {
  // A caller in the wheel is alive: whoever answers it takes it out first, under the lock.
  std::vector<std::shared_ptr<Caller>> due;
  {
    const MutexLock lock(mutex_);
    for (DeadlineWheel::Entry* entry : wheel_.TakeDue(clock_()))
      due.push_back(static_cast<Caller*>(entry)->shared_from_this());
    if (due.empty()) return false;
    ++answering_;
  }
  for (const std::shared_ptr<Caller>& caller : due) caller->Expire();
  const MutexLock lock(mutex_);
  if (--answering_ == 0) idle_.NotifyAll();
  return true;
}

void Deadlines::AwaitIdle() {
  const MutexLock lock(mutex_);
  while (answering_ > 0) idle_.Wait(mutex_);
}

void Deadlines::Run() {
  NameThisThread("deadlines");
  while (true) {
    ExpireDue();
    const MutexLock lock(mutex_);
    if (stopping_) return;
    const TimePoint next = wheel_.NextDue();
    wakes_at_ = next == TimePoint::max() ? next : DeadlineWheel::FoundBy(next);
    if (wakes_at_ == TimePoint::max()) {
      wake_.Wait(mutex_);
    } else {
      wake_.WaitFor(mutex_, wakes_at_ - clock_());
    }
  }
}

}  // namespace yijie::engine
