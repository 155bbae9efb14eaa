#ifndef YIJIE_ENGINE_CROSS_CROSS_SETTLEMENTS_H_
#define YIJIE_ENGINE_CROSS_CROSS_SETTLEMENTS_H_

// Drives settlements across areas (异地就医直接结算) at the place of care: asks the insured place
// before a message is booked, and tells it the decision until it knows. docs/cross.md tells the
// protocol, and why no message can be lost or done twice.
//
// Nothing here waits: each step is a job of the engine or a message to the peer, whose answer sends
// the next one. Nothing is kept here either but what an attempt that is being worked on was given;
// what is open is in the store.

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "base/mutex.h"
#include "engine/cross/cross_peer.h"
#include "engine/cross/cross_plan.h"
#include "engine/job.h"
#include "engine/moment.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/store/v1/cross.pb.h"

namespace yijie::engine {

struct CrossOptions {
  CrossPeer* peer = nullptr;  // null: no insured place is ever reached
  // Most time for a message whose caller gives more, or no deadline.
  std::chrono::milliseconds budget{3'000};
  // Of it, what is kept to book and answer after the insured place has spoken.
  std::chrono::milliseconds kept_to_decide{50};
  // Time the insured place is given to learn a decision, before it is told again.
  std::chrono::milliseconds tell_timeout{2'000};
  // How long before its time is over the caller is answered, whatever the message waits for
  // (engine/budget/caller.h). Less than kept_to_decide.
  std::chrono::milliseconds kept_to_answer{20};
  // Steady time; that of the engine.
  std::function<std::chrono::steady_clock::time_point()> clock = std::chrono::steady_clock::now;
};

class CrossSettlements {
 public:
  // `store` and the peer outlive it. `send` takes a step into the engine, whatever its load, even
  // while it drains; `resume` gives a job of a client back to its lane; `answer` ends one that
  // needs no lane any more. None of them blocks.
  CrossSettlements(CrossOptions options, storage::StoreReader& store,
                   std::function<void(std::unique_ptr<Job>)> send,
                   std::function<void(std::unique_ptr<Job>)> resume,
                   std::function<void(const Job&, Reply)> answer);

  // A trial (预结算) of a visitor's bill: asks the insured place, and answers. No lane has to do
  // with it.
  void Try(std::unique_ptr<Job> job, const Reference& reference);

  // Asks the insured place, then lets `job` go on with Job::cross set. The job holds its message
  // key all the while. If it is not booked in the end, its attempt is decided against.
  void Raise(std::unique_ptr<Job> job, CrossPlan plan);

  // Tells the insured place a decision of `visitor` that is durable.
  void Tell(const std::string& visitor, const store::v1::CrossAttempt& attempt, const Moment& now);

  // Sends what is left to do for what the store says is open: for all of it, or where that is much
  // for a part, and for the next part at the next call. What is being worked on takes no harm: an
  // attempt is not decided against while its message is held. Not thread-safe with itself.
  absl::Status Resolve(const Moment& now);

  // Tells nothing more, and waits until what is being told has come to an end.
  void Drain();

 private:
  struct Round;

  void Begin(const std::shared_ptr<Round>& round);
  void Ask(const std::shared_ptr<Round>& round);
  void Take(const std::shared_ptr<Round>& round, const Reply& reply);
  void GoOn(Round& round);
  void Cancel(const std::string& visitor, const store::v1::CrossAttempt& attempt, const Moment& now,
              bool may_be_alive);
  void Told(const std::string& visitor, const store::v1::CrossAttempt& attempt, const Moment& now,
            const Reply& reply);
  absl::Status ResolveVisitor(const std::string& visitor, const Moment& now);
  // False if the insured place is being told already, or nothing is told any more.
  bool BeginTelling(const std::string& resv_id);
  void EndTelling(const std::string& resv_id);
  bool IsTellingMany();

  const CrossOptions options_;
  storage::StoreReader& store_;
  const std::function<void(std::unique_ptr<Job>)> send_;
  const std::function<void(std::unique_ptr<Job>)> resume_;
  const std::function<void(const Job&, Reply)> answer_;
  std::string resolve_from_;  // visitor with whom the next Resolve begins
  Mutex mutex_;
  CondVar told_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<std::string> telling_ ABSL_GUARDED_BY(mutex_);  // by resv_id
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_CROSS_SETTLEMENTS_H_
