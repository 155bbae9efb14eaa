#include "base/periodic.h"

#include <utility>

#include "base/thread_name.h"

namespace yijie {

Periodic::Periodic(const char* name, std::chrono::milliseconds pause, std::function<void()> act)
    : name_(name), pause_(pause), act_(std::move(act)), thread_([this] { Run(); }) {}

Periodic::~Periodic() {
  {
    const MutexLock lock(mutex_);
    stop_ = true;
    wake_.NotifyAll();
  }
  thread_.join();
}

void Periodic::Run() {
  NameThisThread(name_);
  while (true) {
    act_();
    // One that wakes for nothing acts a little earlier.
    const MutexLock lock(mutex_);
    if (!stop_) wake_.WaitFor(mutex_, pause_);
    if (stop_) return;
  }
}

}  // namespace yijie
