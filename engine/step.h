#ifndef YIJIE_ENGINE_STEP_H_
#define YIJIE_ENGINE_STEP_H_

// Steps that the engine sends itself, to act over two persons.

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "engine/job.h"
#include "engine/moment.h"

namespace yijie::engine {

// A step for the person of `lane_key`. Nobody waits for it: it has no deadline, and whoever does
// sets `respond`.
template <typename Step>
std::unique_ptr<Job> StepJobOf(const std::string& lane_key, Call call, Step step,
                               const Moment& now) {
  auto job = std::make_unique<Job>();
  job->call = call;
  job->lane_key = lane_key;
  job->now = now;
  job->arrived = std::chrono::steady_clock::now();
  job->deadline = std::chrono::steady_clock::time_point::max();
  job->request = std::make_shared<const Step>(std::move(step));
  job->respond = [](const Reply&) {};
  return job;
}

// The same for the person it names.
template <typename Step>
std::unique_ptr<Job> StepJob(Call call, Step step, const Moment& now) {
  const std::string psn_no = step.psn_no();
  return StepJobOf(psn_no, call, std::move(step), now);
}

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_STEP_H_
