#ifndef YIJIE_ENGINE_BUDGET_DEADLINE_WHEEL_H_
#define YIJIE_ENGINE_BUDGET_DEADLINE_WHEEL_H_

// Finds those whose deadline has passed, among many of whom nearly none ever reaches it: adding and
// removing are a few pointer writes, without allocation. Slots of one millisecond in a ring; who
// is due in a later round of the ring stays in its slot.

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace yijie::engine {

// Not thread-safe.
class DeadlineWheel {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // In at most one wheel, which it leaves before it dies.
  struct Entry {
    TimePoint deadline;
    Entry* before = nullptr;
    Entry* after = nullptr;
    size_t slot = 0;
    bool waits = false;  // in the wheel
  };

  explicit DeadlineWheel(TimePoint now) : tick_(TickOf(now)) {}

  void Add(Entry& entry);
  // No matter whether it is still in the wheel.
  void Remove(Entry& entry);

  // Takes those out whose deadline is not after `now`, in no particular order.
  std::vector<Entry*> TakeDue(TimePoint now);

  // Nobody is due before this moment; max() if nobody waits.
  TimePoint NextDue() const;

  // When somebody with this deadline is sure to be found due.
  static TimePoint FoundBy(TimePoint deadline);

 private:
  static constexpr size_t kSlots = 4096;
  static int64_t TickOf(TimePoint time);
  static size_t SlotOf(int64_t tick) { return static_cast<size_t>(tick) % kSlots; }
  void TakeFrom(size_t slot, TimePoint now, std::vector<Entry*>* due);

  int64_t tick_;  // of the last TakeDue; slots before it hold nobody who is due
  std::array<Entry*, kSlots> slots_{};
  std::bitset<kSlots> taken_;  // slots that are not empty
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_DEADLINE_WHEEL_H_
