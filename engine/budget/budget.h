#ifndef YIJIE_ENGINE_BUDGET_BUDGET_H_
#define YIJIE_ENGINE_BUDGET_BUDGET_H_

// How long a call may take, by the kind of till it comes from. docs/latency.md explains what
// follows from it.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/job.h"

namespace yijie::engine {

enum class Channel : uint8_t {
  kPharmacy,       // a pharmacy's till
  kOutpatient,     // a hospital's till, and reads and undos of its bills
  kInpatient,      // stays: admission, fees, discharge, and the bill on leaving
  kCrossProvince,  // the insured place is another engine: two hops and two commits
  kOther,          // the agency's own calls
};
inline constexpr size_t kChannels = 5;

// "pharmacy", "out-patient", ...
absl::string_view NameOf(Channel channel);

// By channel; 0: no budget, only the caller's own deadline counts.
using Budgets = std::array<std::chrono::milliseconds, kChannels>;
inline constexpr Budgets kNoBudgets{};
// Those of `yijie serve`. The agency's calls wait as long as the longest of the others: nobody
// queues behind them.
inline constexpr Budgets kDefaultBudgets{
    std::chrono::milliseconds(50), std::chrono::milliseconds(200), std::chrono::milliseconds(800),
    std::chrono::milliseconds(3'000), std::chrono::milliseconds(3'000)};

// `budgets` with what `text` says: "pharmacy=50ms,in-patient=2s", a number with the unit ms or s,
// from 1 ms to 10 min. INVALID_ARGUMENT names the part that is wrong.
absl::StatusOr<Budgets> ParseBudgets(absl::string_view text, Budgets budgets);

// "pharmacy=50ms,out-patient=200ms,...", which ParseBudgets reads.
std::string ToText(const Budgets& budgets);

// Channel of a call. `elsewhere`: the person is insured where another engine is.
Channel ChannelOf(const Job& job, bool elsewhere);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_BUDGET_H_
