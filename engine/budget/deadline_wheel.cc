#include "engine/budget/deadline_wheel.h"

#include <algorithm>

namespace yijie::engine {
namespace {

constexpr std::chrono::milliseconds kTick{1};

}  // namespace

int64_t DeadlineWheel::TickOf(TimePoint time) { return time.time_since_epoch() / kTick; }

DeadlineWheel::TimePoint DeadlineWheel::FoundBy(TimePoint deadline) {
  return TimePoint((TickOf(deadline) + 1) * kTick);
}

void DeadlineWheel::Add(Entry& entry) {
  entry.slot = SlotOf(std::max(TickOf(entry.deadline), tick_));
  entry.waits = true;
  entry.before = nullptr;
  entry.after = slots_[entry.slot];
  if (entry.after != nullptr) entry.after->before = &entry;
  slots_[entry.slot] = &entry;
  taken_.set(entry.slot);
}

void DeadlineWheel::Remove(Entry& entry) {
  if (!entry.waits) return;
  entry.waits = false;
  if (entry.after != nullptr) entry.after->before = entry.before;
  if (entry.before != nullptr) {
    entry.before->after = entry.after;
    return;
  }
  slots_[entry.slot] = entry.after;
  if (entry.after == nullptr) taken_.reset(entry.slot);
}

std::vector<DeadlineWheel::Entry*> DeadlineWheel::TakeDue(TimePoint now) {
  std::vector<Entry*> due;
  const int64_t last = std::max(TickOf(now), tick_);
  const int64_t visits = std::min<int64_t>(last - tick_ + 1, kSlots);
  for (int64_t i = 0; i < visits; ++i) TakeFrom(SlotOf(tick_ + i), now, &due);
  tick_ = last;
  return due;
}

void DeadlineWheel::TakeFrom(size_t slot, TimePoint now, std::vector<Entry*>* due) {
  for (Entry* entry = slots_[slot]; entry != nullptr;) {
    Entry* const next = entry->after;
    if (entry->deadline <= now) {
      Remove(*entry);
      due->push_back(entry);
    }
    entry = next;
  }
}

DeadlineWheel::TimePoint DeadlineWheel::NextDue() const {
  for (size_t i = 0; i < kSlots && taken_.any(); ++i) {
    const int64_t tick = tick_ + static_cast<int64_t>(i);
    if (taken_.test(SlotOf(tick))) return TimePoint(tick * kTick);
  }
  return TimePoint::max();
}

}  // namespace yijie::engine
