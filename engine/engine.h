#ifndef YIJIE_ENGINE_ENGINE_H_
#define YIJIE_ENGINE_ENGINE_H_

// The engine without its network edge: takes jobs, spreads them over the lanes, and sees to it that
// no message is worked on twice at once. The gRPC server, the benchmarks and the tests all stand on
// this.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "engine/budget/admission.h"
#include "engine/budget/budget.h"
#include "engine/budget/caller.h"
#include "engine/budget/deadlines.h"
#include "engine/budget/slow_claims.h"
#include "engine/cross/cross_settlements.h"
#include "engine/family/family_payments.h"
#include "engine/job.h"
#include "engine/lane.h"
#include "engine/message_table.h"
#include "engine/metrics.h"
#include "engine/newborn/repointings.h"
#include "engine/reference.h"
#include "storage/store.h"

namespace yijie::engine {

struct EngineOptions {
  // Lanes, each one thread. 1 serves any load two cores can bring; more help where a store or a
  // person's read is slow.
  int lanes = 1;
  // Most calls inside at once, and most memory they may hold, in bytes; above either, calls are
  // refused at once with RESOURCE_EXHAUSTED (engine/budget/admission.h). Bounds memory and
  // queueing.
  int64_t max_in_flight = 4096;
  int64_t max_bytes_in_flight = int64_t{256} << 20;
  // Most commits of a lane that the store has not answered. More make larger groups on a slow disk;
  // fewer let what matters more, and the other institutions, wait less.
  size_t max_unsynced = 512;
  // A call that takes so much of its time, in percent, is logged; 0: none.
  int slow_percent = 50;
  // Most persons kept in memory, over all lanes; about 2 KB each.
  size_t cached_persons = 200'000;
  // Most time for a call, by its channel; the caller's own deadline may be shorter. At the smaller
  // of both every call is answered.
  Budgets budgets = kNoBudgets;
  // The way to the insured places of visitors. Its peer outlives the engine.
  CrossOptions cross;
  // Called once, from any thread, when a write ended without an answer. The process is to exit and
  // recover (docs/storage.md).
  std::function<void()> store_failed;
  // No threads: the lanes work inside Step() only, on the thread of its caller. For simulations.
  bool stepped = false;
  // Steady time, which deadlines are in. Only simulations have another.
  std::function<std::chrono::steady_clock::time_point()> clock = std::chrono::steady_clock::now;
};

// Institutions, catalogue and policy tables from the store and the policy directory.
// FAILED_PRECONDITION if a bulk load was left unfinished: half-loaded facts must not decide claims.
absl::StatusOr<std::shared_ptr<const Reference>> LoadReference(storage::StoreReader& store,
                                                               const std::string& policy_directory);

class Engine {
 public:
  // `store` and `metrics` outlive the engine.
  Engine(EngineOptions options, storage::Store& store, Metrics& metrics,
         std::shared_ptr<const Reference> reference);
  // Drains. Whoever steps an engine has worked it off before.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Thread-safe, does not block. `job->respond` is called exactly once, perhaps before this
  // returns.
  void Submit(std::unique_ptr<Job> job);

  // What a call is refused with before its request is looked at; nothing if it may come in.
  // Thread-safe.
  std::optional<Reply> RefusalAtOnce(Call call) const;

  // Of a stepped engine, always from one thread: the lanes work off what has come since the last
  // step. False if nothing has.
  bool Step();

  // Refuses new jobs from now on (UNAVAILABLE, not applied) and waits until those inside are
  // answered.
  void Drain();

  // Waits until nothing is inside. New jobs are taken meanwhile.
  void AwaitIdle();

  // Sends the steps for what acts over two persons left open (FamilyPayments::Resolve,
  // Repointings::Resolve): at start-up, and now and then. Thread-safe; returns before they are
  // done. Sends none while so many are inside that the disk must hang or the engine be far behind.
  absl::Status Resolve(const Moment& now);

  // The same for settlements across areas (CrossSettlements::Resolve).
  absl::Status ResolveCross(const Moment& now);

  // Thread-safe. What claims taken up from now on are judged by; those being worked on keep theirs.
  std::shared_ptr<const Reference> reference() const;
  void SetReference(std::shared_ptr<const Reference> reference);

  int64_t in_flight() const { return admission_.inside(); }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Takes the keys the job needs, then gives it to its lane.
  void Dispatch(std::unique_ptr<Job> job);
  // A step that the engine sends itself: it is inside whatever the load, and even while draining.
  void SendStep(std::unique_ptr<Job> job);
  bool HasRoomForSteps() const;
  void Release(const Job& job);
  // Ends a job outside of the lanes.
  void Answer(const Job& job, Reply reply);
  void Finished(const Job& job);
  // Why the job, which is not inside yet, cannot come in or be done in its time.
  std::optional<Reply> Refusal(const Job& job, Admission::Verdict verdict) const;
  // Gives the job its deadline, and whoever waits for it an answer when that passes.
  void SeatCaller(Job& job, bool elsewhere);
  Lane& LaneOf(absl::string_view lane_key) const;

  const EngineOptions options_;
  Metrics& metrics_;
  mutable Mutex reference_mutex_;
  std::shared_ptr<const Reference> reference_ ABSL_GUARDED_BY(reference_mutex_);
  MessageTable messages_;
  Deadlines deadlines_;
  const Caller::Desk desk_;
  Admission admission_;
  SlowClaims slow_claims_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> store_failed_{false};
  std::atomic<int64_t> steps_inside_{0};
  FamilyPayments family_;
  CrossSettlements cross_;
  Repointings repointings_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ENGINE_H_
