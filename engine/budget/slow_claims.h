#ifndef YIJIE_ENGINE_BUDGET_SLOW_CLAIMS_H_
#define YIJIE_ENGINE_BUDGET_SLOW_CLAIMS_H_

// The log of calls that used much of their time: one line each with where it went.

#include <chrono>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "engine/budget/budget.h"
#include "engine/budget/stage_times.h"

namespace yijie::engine {

class SlowClaims {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // A call is slow that took `percent` of its time or more; 0: none is.
  explicit SlowClaims(int percent) : percent_(percent) {}

  bool IsSlow(const StageTimes& times, TimePoint deadline) const;

  // Writes at most ten lines a second; the next one after others were left out says how many.
  // Thread-safe.
  void Log(absl::string_view call, Channel channel, const google::protobuf::Message& request,
           const absl::Status& status, const StageTimes& times, TimePoint deadline);

 private:
  // How many lines were left out before this one; below 0: it is left out too.
  int64_t Turn(TimePoint now);

  const int percent_;
  Mutex mutex_;
  TimePoint second_ ABSL_GUARDED_BY(mutex_);  // began then
  int64_t lines_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_SLOW_CLAIMS_H_
