#ifndef YIJIE_ENGINE_METRICS_H_
#define YIJIE_ENGINE_METRICS_H_

// What an operator watches, in Prometheus form. Labels come from closed sets and from the packages
// in force, so the number of series is bounded and no personal data can get in.

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/budget/budget.h"
#include "engine/budget/stage_times.h"
#include "engine/job.h"
#include "rules/rule_book.h"

namespace yijie::engine {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  // Serves /metrics on `address` ("127.0.0.1:9464") until destroyed. Loopback unless the operator
  // says otherwise: there is no authentication.
  absl::Status Expose(const std::string& address);

  // All thread-safe and without waiting.
  //
  // A call of a client was answered; a step of the engine ended.
  void CallDone(Call call, Channel channel, const absl::Status& status, const StageTimes& times);
  void StepDone(Call call, const absl::Status& status, std::chrono::nanoseconds took);
  // A call was refused at the edge.
  void Rejected(Call call, const absl::Status& status);
  void Outcome(Call call, int outcome);  // of the reply's outcome enum
  void GroupWritten(size_t commits, std::chrono::nanoseconds took);
  void Entered();  // a call or a step is inside
  void Left();

  // Thread-safe.
  void SetPolicies(const rules::RuleBook& policies);  // those in force from now on
  void PoliciesReloaded(bool done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_METRICS_H_
