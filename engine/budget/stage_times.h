#ifndef YIJIE_ENGINE_BUDGET_STAGE_TIMES_H_
#define YIJIE_ENGINE_BUDGET_STAGE_TIMES_H_

// Where the time of a call goes: yijie.v1.Timing, and the histograms of docs/latency.md.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace yijie::engine {

// In the order a call passes through them. Those that wait for others it may pass again.
enum class Stage : uint8_t {
  kEdge,   // reading and checking the request
  kQueue,  // its turn with the person's lane, other claims of the person and copies of the message
  kWork,   // facts, evaluation, and making the records
  kPeers,  // other parties: the insured place of a visitor, relatives' accounts
  kGroup,  // the write before
  kSync,   // the synced write
  kReply,  // from durable, or from the answer of a read, to handed to the network
};
inline constexpr size_t kStages = 7;

inline constexpr std::array<absl::string_view, kStages> kStageNames = {
    "edge", "queue", "work", "peers", "group", "sync", "reply"};

constexpr absl::string_view NameOf(Stage stage) { return kStageNames[static_cast<size_t>(stage)]; }

// Each moment since arrival is counted to exactly one stage, so the stages add up to `wall()`.
struct StageTimes {
  using TimePoint = std::chrono::steady_clock::time_point;

  TimePoint arrived;
  TimePoint since;  // all before it is counted
  std::array<std::chrono::nanoseconds, kStages> took{};

  void Begin(TimePoint now) { *this = {now, now, {}}; }
  // Counts what has passed since the last call to `stage`. A moment before that counts nothing.
  void Spend(Stage stage, TimePoint now) {
    if (now <= since) return;
    took[static_cast<size_t>(stage)] += now - since;
    since = now;
  }
  std::chrono::nanoseconds of(Stage stage) const { return took[static_cast<size_t>(stage)]; }
  std::chrono::nanoseconds wall() const { return since - arrived; }
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_STAGE_TIMES_H_
