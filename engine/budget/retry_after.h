#ifndef YIJIE_ENGINE_BUDGET_RETRY_AFTER_H_
#define YIJIE_ENGINE_BUDGET_RETRY_AFTER_H_

// When a refused call is to come again.

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace yijie::engine {

// Calls refused at the same moment come again at different ones: between `time`, at least 5 ms, and
// twice that, by the low bits of when they arrived.
inline std::chrono::milliseconds SpreadOut(std::chrono::milliseconds time,
                                           std::chrono::steady_clock::time_point arrived) {
  using std::chrono::milliseconds;
  const milliseconds least = std::clamp(time, milliseconds(5), milliseconds(5'000));
  const auto mixed = static_cast<uint64_t>(arrived.time_since_epoch().count()) * 0x9e3779b97f4a7c15;
  return least + least * static_cast<int64_t>(mixed >> 58) / 64;
}

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_RETRY_AFTER_H_
