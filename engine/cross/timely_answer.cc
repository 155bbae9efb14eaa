#include "engine/cross/timely_answer.h"

#include <utility>

namespace yijie::engine {

void TimelyAnswer::Give(Reply reply) {
  std::function<void(Reply)> respond;
  {
    const MutexLock lock(mutex_);
    respond.swap(respond_);
  }
  if (respond) respond(std::move(reply));
}

bool TimelyAnswer::BeginDeciding() {
  const MutexLock lock(mutex_);
  deciding_ = respond_ != nullptr;
  return deciding_;
}

bool TimelyAnswer::TimeIsUp() {
  std::function<void(Reply)> respond;
  bool deciding = false;
  {
    const MutexLock lock(mutex_);
    deciding = deciding_;
    respond.swap(respond_);
  }
  if (!respond) return false;
  respond({deciding ? absl::UnavailableError(
                          "undecided when the time was over; send the same message again, or ask "
                          "for it")
                    : absl::DeadlineExceededError(
                          "the time was over before the bill was decided; not applied, send the "
                          "same message again"),
           ""});
  return true;
}

}  // namespace yijie::engine
