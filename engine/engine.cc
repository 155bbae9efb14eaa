#include "engine/engine.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "engine/budget/retry_after.h"
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

// At least, before a call that found the engine full comes again: a few times the work of what is
// inside.
constexpr std::chrono::milliseconds kRetryWhenFull{20};

// The turns of those ahead may take so many times what turns took lately: whoever is let in is to
// be done in time even then, and not to wait only to be told at the deadline.
constexpr int kDoubt = 2;

// Not told of a message that may be a copy of one that is being worked on.
absl::Status Stopping() {
  return absl::UnavailableError("the engine is stopping; not applied, send again later");
}

// The engine has one clock.
CrossOptions CrossOptionsOf(const EngineOptions& options) {
  CrossOptions cross = options.cross;
  cross.clock = options.clock;
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
      deadlines_(options_.clock, options_.stepped),
      desk_{options_.clock, &deadlines_, &metrics, &slow_claims_},
      admission_({options_.max_in_flight, options_.max_bytes_in_flight}),
      slow_claims_(options_.slow_percent),
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
  lane.max_unsynced = options_.max_unsynced;
  lane.finished = [this](const Job& job) { Finished(job); };
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
  const std::shared_ptr<const Reference> in_force =
      job->insuplc_admdvs.empty() ? nullptr : reference();
  const bool elsewhere = in_force != nullptr && in_force->IsElsewhere(job->insuplc_admdvs);
  if (elsewhere) job->lane_key = VisitorKey(job->lane_key, job->insuplc_admdvs);
  SeatCaller(*job, elsewhere);
  // Counted in before anything else, so that whoever drains either waits for it or has it refused.
  const Admission::Verdict verdict = admission_.TryEnter(job->caller->load());
  if (verdict == Admission::Verdict::kIn) metrics_.Entered();
  if (std::optional<Reply> refusal = Refusal(*job, verdict)) {
    job->respond(*std::move(refusal));
    if (verdict == Admission::Verdict::kIn) Finished(*job);
    return;
  }
  deadlines_.Add(*job->caller);
  if (elsewhere && job->call == Call::kPreSettle) return cross_.Try(std::move(job), *in_force);
  Dispatch(std::move(job));
}

std::optional<Reply> Engine::Refusal(const Job& job, Admission::Verdict verdict) const {
  const TimePoint now = options_.clock();
  const bool stopping = draining_.load();
  const Lane& lane = LaneOf(job.lane_key);
  std::chrono::nanoseconds needed = kDoubt * lane.Wait(job.caller->load());
  if (SpecOf(job.call).transact != nullptr) needed += lane.forecast().Write(now);
  const bool late = now >= job.deadline;
  const bool in = verdict == Admission::Verdict::kIn;
  const bool fits = job.deadline == TimePoint::max() || needed <= job.deadline - now;
  if (!stopping && !late && in && fits) return std::nullopt;
  if (job.has_key && messages_.IsHeld(job.key)) job.caller->WaitForCopy();
  if (stopping) return Reply{job.caller->UnlessCopied(Stopping()), ""};
  if (late) return Reply{job.caller->TooLate(), ""};
  return in ? job.caller->Unfit(Stage::kQueue, needed, job.deadline - now)
            : job.caller->NoRoom(verdict == Admission::Verdict::kShare, needed);
}

std::optional<Reply> Engine::RefusalAtOnce(Call call) const {
  if (draining_.load()) return Reply{absl::UnavailableError("the engine is stopping"), ""};
  if (!admission_.IsFull(PriorityOf(call))) return std::nullopt;
  Reply reply;
  reply.status = absl::ResourceExhaustedError(
      "stage edge: too many calls at once; not applied, send the same message "
      "again later");
  reply.retry_after = SpreadOut(kRetryWhenFull, options_.clock());
  return reply;
}

void Engine::SeatCaller(Job& job, bool elsewhere) {
  const Channel channel = ChannelOf(job, elsewhere);
  const std::chrono::milliseconds budget = options_.budgets[static_cast<size_t>(channel)];
  if (budget.count() > 0) job.deadline = std::min(job.deadline, job.arrived + budget);
  if (elsewhere) job.deadline = std::min(job.deadline, job.arrived + options_.cross.budget);
  // The way back to a visitor's caller takes its time too.
  const auto kept = elsewhere ? options_.cross.kept_to_answer : std::chrono::milliseconds(0);
  job.caller = std::make_shared<Caller>(desk_, job, channel, job.deadline - kept);
  job.respond = [caller = job.caller](Reply reply) { caller->Answer(std::move(reply)); };
}

void Engine::SendStep(std::unique_ptr<Job> job) {
  ++steps_inside_;
  admission_.Enter(LoadOfStep(*job));
  metrics_.Entered();
  Dispatch(std::move(job));
}

void Engine::Dispatch(std::unique_ptr<Job> job) {
  if (job->caller != nullptr) job->caller->Enter(Stage::kQueue, options_.clock());
  if (job->call == Call::kQueryMessage && !job->holds_other_key &&
      messages_.IsHeld(job->other_key)) {
    yijie::v1::QueryMessageResponse response;
    response.set_state(yijie::v1::IN_PROGRESS);
    job->respond({absl::OkStatus(), response.SerializeAsString()});
    return Finished(*job);
  }
  if (job->has_key && !job->holds_key) {
    if (messages_.TryClaim(job->key, /*copy=*/true, job) == MessageTable::Claim::kWaits) return;
    job->holds_key = true;
  }
  if (job->has_other_key && !job->holds_other_key) {
    if (messages_.TryClaim(job->other_key, /*copy=*/false, job) == MessageTable::Claim::kWaits)
      return;
    job->holds_other_key = true;
  }
  Lane& lane = LaneOf(job->lane_key);
  lane.Submit(std::move(job));
}

void Engine::Release(const Job& job) {
  for (const bool other : {true, false}) {
    if (!(other ? job.holds_other_key : job.holds_key)) continue;
    const storage::MessageKey& key = other ? job.other_key : job.key;
    std::unique_ptr<Job> next = messages_.Release(key);
    if (next == nullptr) continue;
    // Its own key comes before the other, so it waited for that unless it has it.
    (next->has_key && !next->holds_key ? next->holds_key : next->holds_other_key) = true;
    Dispatch(std::move(next));
  }
}

void Engine::Finished(const Job& job) {
  if (job.caller == nullptr) --steps_inside_;
  const CallLoad load = job.caller != nullptr ? job.caller->load() : LoadOfStep(job);
  metrics_.Left();
  admission_.Leave(load);  // the engine may be gone once its last job left
}

void Engine::Answer(const Job& job, Reply reply) {
  Release(job);
  job.respond(std::move(reply));
  Finished(job);
}

bool Engine::HasRoomForSteps() const { return steps_inside_ < options_.max_in_flight / 4; }

absl::Status Engine::ResolveCross(const Moment& now) {
  return HasRoomForSteps() ? cross_.Resolve(now) : absl::OkStatus();
}

absl::Status Engine::Resolve(const Moment& now) {
  if (!HasRoomForSteps()) return absl::OkStatus();
  absl::Status status = family_.Resolve(now);
  status.Update(repointings_.Resolve(now));
  return status;
}

bool Engine::Step() {
  bool worked = deadlines_.ExpireDue();
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
  admission_.AwaitEmpty();
  deadlines_.AwaitIdle();
}

Lane& Engine::LaneOf(absl::string_view lane_key) const {
  return *lanes_[absl::HashOf(lane_key) % lanes_.size()];
}

}  // namespace yijie::engine
