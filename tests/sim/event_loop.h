#ifndef YIJIE_TESTS_SIM_EVENT_LOOP_H_
#define YIJIE_TESTS_SIM_EVENT_LOOP_H_

// Virtual time: what is to happen, in order. One thread.

#include <cstdint>
#include <functional>
#include <vector>

namespace yijie::sim {

using Micros = int64_t;
inline constexpr Micros kMillisecond = 1'000;
inline constexpr Micros kSecond = 1'000'000;

class EventLoop {
 public:
  // Since the simulation began.
  Micros now() const { return now_; }

  // Acts of the same instant happen in the order they were given.
  void At(Micros when, std::function<void()> act);
  void After(Micros delay, std::function<void()> act) { At(now_ + delay, std::move(act)); }

  // Lets the next act happen if it is due by `until`; else time is `until`, and false.
  bool RunOne(Micros until);

 private:
  struct Event {
    Micros when;
    uint64_t number;
    std::function<void()> act;
  };
  static bool IsLater(const Event& a, const Event& b) {
    return a.when != b.when ? a.when > b.when : a.number > b.number;
  }

  Micros now_ = 0;
  uint64_t number_ = 0;
  std::vector<Event> heap_;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_EVENT_LOOP_H_
