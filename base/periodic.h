#ifndef YIJIE_BASE_PERIODIC_H_
#define YIJIE_BASE_PERIODIC_H_

#include <chrono>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace yijie {

// Does something at once and then again and again on a thread of its own, with a pause after each
// time, until it is destroyed. The thread has `name`, of at most 15 bytes.
class Periodic {
 public:
  Periodic(const char* name, std::chrono::milliseconds pause, std::function<void()> act);
  // Waits for the act that is at work.
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  void Run();

  const char* const name_;
  const std::chrono::milliseconds pause_;
  const std::function<void()> act_;
  Mutex mutex_;
  CondVar wake_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace yijie

#endif  // YIJIE_BASE_PERIODIC_H_
