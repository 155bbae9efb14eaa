#ifndef YIJIE_ENGINE_BUDGET_CALLER_H_
#define YIJIE_ENGINE_BUDGET_CALLER_H_

// Who waits for the answer of a job. It outlives what can happen to the job: at the deadline the
// caller is answered wherever the job is then, and what comes of the job later is heard by nobody.
//
// What may be said at the deadline is what is certain. Until the store begins the commit of the job
// it is taken back, and the answer is "not applied"; from then on the result is not known.

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include <google/protobuf/message.h>

#include "engine/budget/admission.h"
#include "engine/budget/budget.h"
#include "engine/budget/deadline_wheel.h"
#include "engine/budget/stage_times.h"
#include "engine/job.h"
#include "storage/store.h"

namespace yijie::engine {

class Deadlines;
class Metrics;
class SlowClaims;

class Caller final : public storage::CommitGate,
                     public DeadlineWheel::Entry,
                     public std::enable_shared_from_this<Caller> {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // What callers share; outlives them.
  struct Desk {
    std::function<TimePoint()> clock;
    Deadlines* deadlines = nullptr;
    Metrics* metrics = nullptr;
    SlowClaims* slow_claims = nullptr;
  };

  // Takes the `respond` of the job, which is answered at `answer_by` at the latest.
  Caller(const Desk& desk, Job& job, Channel channel, TimePoint answer_by);
  ~Caller() override;
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // What the call counts for while it is inside.
  const CallLoad& load() const { return load_; }

  // --- By whoever has the job.

  // Counts the time since the last call to the stage it was in.
  void Enter(Stage stage, TimePoint now);

  // Another copy of the message is being worked on, so "not applied" would not be certain.
  void WaitForCopy();
  // It came to an end and left nothing in the store.
  void NoCopyApplied();

  // What the job does from here on cannot be taken back. False if it was taken back before: the job
  // is to end without an effect.
  bool BeginEffects();

  // The same, asked by the store; false also if the time has passed.
  bool MayBegin() override;

  // The job was taken back.
  bool withdrawn() const { return fate_.load() == Fate::kWithdrawn; }

  // The reply reaches the caller unless it was answered before.
  void Answer(Reply reply);

  // --- At the deadline.

  // Takes the job back if that is still possible, and answers.
  void Expire();

  // The answer when less time is left than `needed` for what is to come before the call could be
  // answered.
  Reply Unfit(Stage stage, std::chrono::nanoseconds needed, std::chrono::nanoseconds left) const;

  // The answer when there is no room for the call, or none for its institution, and what is inside
  // takes so long.
  Reply NoRoom(bool of_institution, std::chrono::nanoseconds needed) const;

  // `not_applied`; but that the result is not known if another copy of the message is being worked
  // on.
  absl::Status UnlessCopied(absl::Status not_applied) const;

  // The answer when the time is over and nothing of the job was begun.
  absl::Status TooLate() const;

 private:
  enum class Fate : uint8_t { kOpen, kCopyAhead, kBegun, kWithdrawn };

  // True if the fate is now `to`, or was before.
  bool Turn(Fate to);
  StageTimes TimesUntil(TimePoint now) const;
  Stage stage() const { return stage_.load(std::memory_order_relaxed); }

  const Desk& desk_;
  const Call call_;
  const Channel channel_;
  const CallLoad load_;
  const TimePoint arrived_;
  const std::shared_ptr<const google::protobuf::Message> request_;
  const std::function<void(Reply)> respond_;

  std::atomic<Fate> fate_{Fate::kOpen};
  std::atomic<bool> was_ahead_{false};  // taken back while another copy was ahead
  std::atomic<bool> answered_{false};
  // Written by whoever has the job; read by Expire, for which "about now" is good enough.
  std::atomic<Stage> stage_{Stage::kEdge};
  std::atomic<TimePoint::rep> since_;
  std::array<std::atomic<TimePoint::rep>, kStages> took_{};
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BUDGET_CALLER_H_
