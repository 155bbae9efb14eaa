#include "engine/engine.h"

#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "engine/cross/attempt.h"
#include "engine/load/unfinished_load.h"
#include "engine/reference_tables.h"
#include "rules/loader.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

absl::StatusOr<std::string> Table(storage::StoreReader& store, absl::string_view name) {
  YIJIE_ASSIGN_OR_RETURN(std::optional<std::string> bytes, store.GetTable(name));
  return bytes ? *std::move(bytes) : std::string();
}

// The engine has one clock.
CrossOptions CrossOptionsOf(const EngineOptions& options) {
  CrossOptions cross = options.cross;
  cross.clock = options.clock;
  cross.stepped = options.stepped;
  return cross;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Reference>> LoadReference(
    storage::StoreReader& store, const std::string& policy_directory) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnfinishedLoad(store));
  auto reference = std::make_shared<Reference>();
  YIJIE_ASSIGN_OR_RETURN(reference->policies, rules::LoadRuleBook(policy_directory));
  YIJIE_ASSIGN_OR_RETURN(reference->areas, LoadAreaBook(policy_directory));
  YIJIE_ASSIGN_OR_RETURN(const std::string catalogue, Table(store, kCatalogueTable));
  YIJIE_ASSIGN_OR_RETURN(reference->catalogue, ParseCatalogue(catalogue));
  YIJIE_ASSIGN_OR_RETURN(const std::string institutions, Table(store, kInstitutionsTable));
  YIJIE_ASSIGN_OR_RETURN(reference->institutions, ParseInstitutions(institutions));
  return std::shared_ptr<const Reference>(std::move(reference));
}

Engine::Engine(EngineOptions options, storage::Store& store, Metrics& metrics,
               std::shared_ptr<const Reference> reference)
    : options_(std::move(options)),
      metrics_(metrics),
      reference_(std::move(reference)),
      family_(
          store, [this](std::unique_ptr<Job> job) { SendStep(std::move(job)); },
          [this](std::unique_ptr<Job> job) { Dispatch(std::move(job)); }),
      cross_(
          CrossOptionsOf(options_), store,
          [this](std::unique_ptr<Job> job) { SendStep(std::move(job)); },
          [this](std::unique_ptr<Job> job) { Dispatch(std::move(job)); },
          [this](const Job& job, Reply reply) { Answer(job, std::move(reply)); }),
      repointings_(
          store, [this](std::unique_ptr<Job> job) { SendStep(std::move(job)); },
          [this](std::unique_ptr<Job> job) { Dispatch(std::move(job)); }) {
  LaneOptions lane;
  lane.store = &store;
  lane.metrics = &metrics;
  lane.reference = [this] { return this->reference(); };
  lane.cached_persons = options_.cached_persons / static_cast<size_t>(options_.lanes) + 1;
  lane.release = [this](const Job& job) { Release(job); };
  lane.finished = [this] { Finished(); };
  lane.raise_family = [this](std::unique_ptr<Job> job, FamilyPlan plan) {
    family_.Raise(std::move(job), std::move(plan));
  };
  lane.let_depart = [this](std::unique_ptr<Job> job) { repointings_.LetDepart(std::move(job)); };
  lane.refund_family = [this](const std::string& psn_no, const store::v1::FamilyOwed& owed,
                              const Moment& now) { family_.Refund(psn_no, owed, now); };
  lane.raise_cross = [this](std::unique_ptr<Job> job, CrossPlan plan) {
    cross_.Raise(std::move(job), std::move(plan));
  };
  lane.tell_cross = [this](const std::string& visitor, const store::v1::CrossAttempt& attempt,
                           const Moment& now) { cross_.Tell(visitor, attempt, now); };
  lane.store_failed = [this] {
    if (!store_failed_.exchange(true) && options_.store_failed) options_.store_failed();
  };
  lane.stepped = options_.stepped;
  lane.clock = options_.clock;
  for (int i = 0; i < options_.lanes; ++i) lanes_.push_back(std::make_unique<Lane>(lane));
}

Engine::~Engine() { Drain(); }

std::shared_ptr<const Reference> Engine::reference() const {
  const MutexLock lock(reference_mutex_);
  return reference_;
}

void Engine::SetReference(std::shared_ptr<const Reference> reference) {
  const MutexLock lock(reference_mutex_);
  reference_.swap(reference);  // the old one goes with the parameter, after the lock
}

void Engine::Submit(std::unique_ptr<Job> job) {
  const int64_t inside = in_flight_.fetch_add(1) + 1;
  metrics_.SetInFlight(inside);
  if (draining_.load())
    return Refuse(*job,
                  absl::UnavailableError("the engine is stopping; not applied, send again later"));
  if (inside > options_.max_in_flight) {
    return Refuse(*job, absl::ResourceExhaustedError(
                            "too many calls at once; not applied, send again later"));
  }
  if (const auto in_force = reference();
      !job->insuplc_admdvs.empty() && in_force->IsElsewhere(job->insuplc_admdvs)) {
    job->lane_key = VisitorKey(job->lane_key, job->insuplc_admdvs);
    cross_.Admit(*job);
    if (job->call == Call::kPreSettle) return cross_.Try(std::move(job), *in_force);
  }
  Dispatch(std::move(job));
}

void Engine::SendStep(std::unique_ptr<Job> job) {
  metrics_.SetInFlight(in_flight_.fetch_add(1) + 1);
  Dispatch(std::move(job));
}

void Engine::Dispatch(std::unique_ptr<Job> job) {
  if (job->call == Call::kQueryMessage && messages_.IsHeld(job->other_key)) {
    yijie::v1::QueryMessageResponse response;
    response.set_state(yijie::v1::IN_PROGRESS);
    metrics_.CallDone(job->call, absl::OkStatus(), options_.clock() - job->arrived);
    job->respond({absl::OkStatus(), response.SerializeAsString()});
    return Finished();
  }
  if (job->has_key && !job->holds_key) {
    const storage::MessageKey key = job->key;
    if (messages_.TryClaim(key, job) == MessageTable::Claim::kWaits) return;
    job->holds_key = true;
  }
  if (job->has_other_key && !job->holds_other_key) {
    const storage::MessageKey key = job->other_key;
    if (messages_.TryClaim(key, job) == MessageTable::Claim::kWaits) return;
    job->holds_other_key = true;
  }
  Lane& lane = LaneOf(job->lane_key);
  lane.Submit(std::move(job));
}

void Engine::Release(const Job& job) {
  for (const bool other : {true, false}) {
    if (!(other ? job.holds_other_key : job.holds_key)) continue;
    for (std::unique_ptr<Job>& waiter : messages_.Release(other ? job.other_key : job.key))
      Dispatch(std::move(waiter));
  }
}

void Engine::Finished() {
  const MutexLock lock(drain_mutex_);
  const int64_t left = in_flight_.fetch_sub(1) - 1;
  metrics_.SetInFlight(left);
  // Under the lock: the engine may be destroyed as soon as Drain sees 0.
  if (left == 0) drained_.NotifyAll();
}

void Engine::Refuse(Job& job, absl::Status status) {
  metrics_.CallDone(job.call, status, std::chrono::nanoseconds(0));
  job.respond({std::move(status), ""});
  Finished();
}

void Engine::Answer(const Job& job, Reply reply) {
  metrics_.CallDone(job.call, reply.status, options_.clock() - job.arrived);
  Release(job);
  job.respond(std::move(reply));
  Finished();
}

absl::Status Engine::Resolve(const Moment& now) {
  absl::Status status = family_.Resolve(now);
  status.Update(repointings_.Resolve(now));
  return status;
}

bool Engine::Step() {
  bool worked = false;
  for (const std::unique_ptr<Lane>& lane : lanes_) worked = lane->Step() || worked;
  return worked;
}

void Engine::Drain() {
  draining_.store(true);
  AwaitIdle();
  cross_.Drain();
  AwaitIdle();
}

void Engine::AwaitIdle() {
  YIJIE_CHECK(!options_.stepped || in_flight() == 0, "a stepped engine cannot wait for itself");
  const MutexLock lock(drain_mutex_);
  while (in_flight_.load() > 0) drained_.Wait(drain_mutex_);
}

Lane& Engine::LaneOf(absl::string_view lane_key) {
  return *lanes_[absl::HashOf(lane_key) % lanes_.size()];
}

}  // namespace yijie::engine
