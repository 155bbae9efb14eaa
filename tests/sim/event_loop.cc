#include "tests/sim/event_loop.h"

#include <algorithm>
#include <utility>

namespace yijie::sim {

void EventLoop::At(Micros when, std::function<void()> act) {
  heap_.push_back({std::max(when, now_), number_++, std::move(act)});
  std::push_heap(heap_.begin(), heap_.end(), IsLater);
}

bool EventLoop::RunOne(Micros until) {
  if (heap_.empty() || heap_.front().when > until) {
    now_ = std::max(now_, until);
    return false;
  }
  std::pop_heap(heap_.begin(), heap_.end(), IsLater);
  const Event event = std::move(heap_.back());
  heap_.pop_back();
  now_ = event.when;
  event.act();
  return true;
}

}  // namespace yijie::sim
