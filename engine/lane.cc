#include "engine/lane.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "base/thread_name.h"
#include "engine/account/year_turn.h"
#include "engine/budget/caller.h"
#include "engine/cross/attempt.h"
#include "engine/cross/reservation.h"
#include "engine/queries.h"
#include "engine/stay/stay_transactions.h"
#include "engine/transactions.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using storage::CommitOutcome;
using yijie::store::v1::PersonEvent;
using yijie::store::v1::PersonState;
using yijie::store::v1::Verdict;

// Most jobs taken at once: enough for a group that is worth a write, few enough that what comes
// meanwhile and matters more does not wait long.
constexpr size_t kBatch = 16;

// Classes whose jobs do not wait for the store to write.
constexpr uint32_t kThatRead =
    1U << static_cast<size_t>(Priority::kQuery) | 1U << static_cast<size_t>(Priority::kView);

// What a job counts for in the queue. One that comes back from other parties holds up others.
CallLoad LoadInQueue(const Job& job) {
  const bool comes_back = job.cross != nullptr || job.family != nullptr || job.departed != nullptr;
  if (job.caller == nullptr || comes_back) return LoadOfStep(job);
  return job.caller->load();
}

// The work of a claim grows with its lines.
int64_t CostOf(const CallLoad& load) {
  constexpr int64_t kBytesOfCost = 8'192;
  return std::clamp<int64_t>(load.bytes / kBytesOfCost, 1,
                             FairQueue<std::unique_ptr<Job>, kPriorities>::kMaxCost);
}

absl::Status NoSuch(absl::string_view field, absl::string_view what) {
  return absl::NotFoundError(absl::StrCat(field, ": no such ", what));
}

absl::Status OtherContent(const Job& job, const std::string& stored_request) {
  const std::unique_ptr<google::protobuf::Message> stored(job.request->New());
  std::string field = "request";
  if (stored->ParseFromString(stored_request)) field = FirstDifference(*stored, *job.request);
  return absl::AlreadyExistsError(
      absl::StrCat(field, ": differs from the first message with this msgid"));
}

absl::Status ExplainFailure(CommitOutcome outcome, const Job& job) {
  if (job.caller != nullptr && job.caller->withdrawn()) return job.caller->TooLate();
  switch (outcome) {
    case CommitOutcome::kDone:
      return absl::OkStatus();
    case CommitOutcome::kVersionConflict:
      return absl::ResourceExhaustedError(
          "stage sync: a change of the person that this one rests on was not applied; not applied, "
          "send the same message again");
    case CommitOutcome::kNotApplied:
      return absl::ResourceExhaustedError(
          "stage sync: the store cannot take commits now; not applied, send the same message again "
          "later");
    case CommitOutcome::kDuplicateKey:
      return absl::InternalError(
          "the message id is taken in the store and was not when asked; not applied");
    case CommitOutcome::kUnknown:
      return absl::UnavailableError(
          "a write ended without an answer; the result is not known, send the same message again");
  }
  return absl::InternalError("unknown outcome of a commit");
}

storage::Commit VerdictCommit(const Job& job, const std::string& reply, uint64_t absent_at) {
  Verdict verdict;
  verdict.set_request(job.body);
  verdict.set_reply(reply);
  verdict.set_time_unix_ms(job.now.unix_ms);
  storage::Commit commit;
  commit.messages.push_back({job.key, {job.digest, "", 0, verdict.SerializeAsString()}, absent_at});
  return commit;
}

// The answer to a message whose id was closed before it arrived, at `closed`.
std::string ReplyToClosed(const Job& job, const Moment& closed) {
  if (job.call == Call::kSettleStay)
    return ReplyToClosedSettleStay(RequestOf<v1::SettleStayRequest>(job), closed);
  if (job.call == Call::kReserve) return ReplyToClosedReserve(RequestOf<v1::ReserveRequest>(job));
  if (job.call == Call::kReserveUndo)
    return ReplyToClosedReserveUndo(RequestOf<v1::ReserveUndoRequest>(job));
  YIJIE_CHECK(job.call == Call::kSettle, "only messages that settle or reserve are closed");
  return ReplyToClosedSettle(RequestOf<v1::SettleRequest>(job), closed);
}

// The entry of an id that shall never be applied.
storage::MessageWrite ClosedMessage(const storage::MessageKey& key, const Moment& now) {
  Verdict verdict;
  verdict.set_closed(true);
  verdict.set_time_unix_ms(now.unix_ms);
  return {key, {Digest{}, "", 0, verdict.SerializeAsString()}};
}

}  // namespace

Lane::Lane(LaneOptions options) : options_(std::move(options)) {
  if (!options_.stepped) thread_ = std::thread([this] { Run(); });
}

Lane::~Lane() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyOne();
  if (thread_.joinable()) thread_.join();
}

void Lane::Submit(std::unique_ptr<Job> job) {
  const CallLoad load = LoadInQueue(*job);
  {
    const MutexLock lock(mutex_);
    queue_.Push(ClassOf(load), load.institution, CostOf(load), std::move(job));
  }
  wake_.NotifyOne();
}

size_t Lane::ClassOf(const CallLoad& load) const {
  // Of one institution. A flood of it would keep all settlements of the others out for good.
  constexpr int64_t kMostThatGoesFirst = 16;
  const auto number = static_cast<size_t>(load.priority);
  const bool is_many =
      load.institution != 0 && queue_.CostOf(number, load.institution) >= kMostThatGoesFirst;
  if (is_many && load.priority == Priority::kUndo) return static_cast<size_t>(Priority::kChange);
  if (is_many && load.priority == Priority::kQuery) return static_cast<size_t>(Priority::kView);
  return number;
}

std::chrono::nanoseconds Lane::Wait(const CallLoad& load) const {
  const MutexLock lock(mutex_);
  // A call that reads is taken before changes that wait for the store.
  const size_t number = ClassOf(load);
  const bool reads = (kThatRead >> number & 1) != 0;
  return forecast_.Wait(
      queue_.Ahead(number, load.institution, CostOf(load), reads ? Takeable() : Queue::kAll));
}

void Lane::Run() {
  NameThisThread("lane");
  while (Take(/*wait=*/true)) WorkOff();
}

bool Lane::Step() {
  if (!Take(/*wait=*/false)) return false;
  WorkOff();
  return true;
}

bool Lane::Take(bool wait) {
  const MutexLock lock(mutex_);
  while (wait && queue_.size(Takeable()) == 0 && completions_.empty() && certain_.empty() &&
         !(stopping_ && groups_out_ == 0))
    wake_.Wait(mutex_);
  TakeJobs();
  answered_.swap(completions_);
  to_answer_.swap(certain_);
  return !jobs_.empty() || !answered_.empty() || !to_answer_.empty();
}

Lane::Queue::Mask Lane::Takeable() const {
  return commits_out_ < options_.max_unsynced ? Queue::kAll : kThatRead;
}

void Lane::TakeJobs() {
  const Queue::Mask mask = Takeable();
  const size_t jobs = std::min(queue_.size(mask), kBatch);
  begun_ = options_.clock();
  if (jobs == 0) return;
  for (size_t i = 0; i < jobs; ++i) jobs_.push_back(queue_.Pop(mask));
  if (mask != Queue::kAll) return;  // how fast changes are taken is seen when they are
  others_waited_ ? forecast_.Drained(taken_, begun_ - taken_at_) : forecast_.KeptUp();
  taken_at_ = begun_;
  taken_ = jobs;
  others_waited_ = queue_.size() > 0;
}

void Lane::WorkOff() {
  for (CertainGroup& group : to_answer_) {
    for (Completion& completion : AnswerGroup(group)) answered_.push_back(std::move(completion));
  }
  to_answer_.clear();
  std::shared_ptr<const Reference> in_force = options_.reference();
  if (in_force != reference_) ++reference_number_;
  reference_ = std::move(in_force);
  std::vector<std::unique_ptr<Job>> unparked;
  for (const Completion& completion : answered_) {
    Cached& cached = *completion.cached;
    cached.broken = cached.broken || !completion.applied;
    if (--cached.unsynced > 0 || parked_.empty()) continue;
    if (auto waiting = parked_.extract(*cached.recency)) {
      for (std::unique_ptr<Job>& job : waiting.mapped()) unparked.push_back(std::move(job));
    }
  }
  Prefetch();
  // Before those of the same persons that came later.
  for (std::unique_ptr<Job>& job : unparked) Process(std::move(job));
  for (std::unique_ptr<Job>& job : jobs_) Process(std::move(job));
  SendGroup();
  Evict();
  jobs_.clear();
  answered_.clear();
}

void Lane::Prefetch() const {
  constexpr size_t kLine = 64;
  const auto ask_for = [](const auto* object) {  // which may be null
    const char* const bytes = reinterpret_cast<const char*>(object);
    for (size_t i = 0; i < sizeof(*object); i += kLine) __builtin_prefetch(bytes + i);
  };
  for (const std::unique_ptr<Job>& job : jobs_) ask_for(job.get());
  for (const std::unique_ptr<Job>& job : jobs_) persons_.prefetch(job->lane_key);
  std::array<const Cached*, kBatch> known{};
  size_t count = 0;
  for (const std::unique_ptr<Job>& job : jobs_) {
    const auto entry = persons_.find(job->lane_key);
    if (entry != persons_.end()) ask_for(known[count++] = entry->second.get());
  }
  for (size_t i = 0; i < count; ++i) {
    ask_for(known[i]->person.facts.get());
    ask_for(known[i]->person.rest.get());
    __builtin_prefetch(known[i]->person.accumulators.data());
  }
}

void Lane::Process(std::unique_ptr<Job> job) {
  if (EndLate(*job)) return;
  EnterStage(*job, Stage::kWork);
  read_at_ = options_.store->Position();
  if (job->has_key) {
    const absl::StatusOr<bool> answered = AnswerFromStore(*job);
    if (!answered.ok()) return Answer(*job, {answered.status(), ""});
    if (*answered) return;
    if (job->caller != nullptr) job->caller->NoCopyApplied();
    if (EndUnfit(*job)) return;
  }
  const CallSpec& spec = SpecOf(job->call);
  if (spec.transact != nullptr) return Transact(spec, std::move(job));
  if (spec.query != nullptr) return Query(spec, std::move(job));
  QueryMessage(std::move(job));
}

// --- Calls that change a person

void Lane::Transact(const CallSpec& spec, std::unique_ptr<Job> job) {
  const std::string psn_no = job->lane_key;
  // Nobody overtakes those of the same person that wait: they could wait for ever.
  if (parked_.contains(psn_no)) return Park(psn_no, std::move(job));
  if (spec.reads_history && HasUnsynced(psn_no)) return Park(psn_no, std::move(job));
  const absl::StatusOr<Cached*> cached = FindPerson(psn_no, spec);
  if (!cached.ok()) return Answer(*job, {cached.status(), ""});
  if ((*cached)->broken) return Park(psn_no, std::move(job));
  if (spec.counts_on_totals) {
    if (absl::Status free = CheckNotReserved((*cached)->person); !free.ok())
      return Answer(*job, {std::move(free), ""});
  }
  const bool may_turn = TurnMayBeDue(job->now.day, **cached);
  if (may_turn && (*cached)->unsynced > 0) return Park(psn_no, std::move(job));
  absl::StatusOr<Effect> effect =
      may_turn ? WorkAfterTurn(spec, *job, **cached)
               : spec.transact(*job, {*reference_, *options_.store}, (*cached)->person);
  if (effect.ok() && (effect->family_plan || effect->cross_plan || effect->needs_departure))
    return AskPeers(std::move(job), *std::move(effect));
  const bool moves = effect.ok() && effect->moves;
  // A refusal is final for its message, so it may not rest on a commit that could still fail.
  if (effect.ok() && !moves && (*cached)->unsynced > 0) return Park(psn_no, std::move(job));
  if (!moves && (*cached)->person.version == 0) Forget(psn_no);
  if (!effect.ok()) return Answer(*job, {effect.status(), ""});
  // A step without a message id that found nothing to do.
  if (!moves && !job->has_key) return Answer(*job, {absl::OkStatus(), std::move(effect->reply)});
  moves ? Book(std::move(job), psn_no, **cached, *std::move(effect))
        : BookVerdict(std::move(job), *std::move(effect));
}

void Lane::AskPeers(std::unique_ptr<Job> job, Effect effect) {
  EnterStage(*job, Stage::kPeers);
  if (effect.family_plan)
    return options_.raise_family(std::move(job), *std::move(effect.family_plan));
  if (effect.cross_plan) return options_.raise_cross(std::move(job), *std::move(effect.cross_plan));
  // A bill that left its person cannot be taken back.
  if (job->caller != nullptr && !job->caller->BeginEffects())
    return Answer(*job, {job->caller->TooLate(), ""});
  options_.let_depart(std::move(job));
}

bool Lane::KnowsNoTurn(Date today, const Cached& cached) const {
  return today < cached.no_turn_until && cached.no_turn_facts == cached.person.facts &&
         cached.no_turn_reference == reference_number_;
}

void Lane::RememberNoTurn(Date until, Cached& cached) const {
  cached.no_turn_until = until;
  cached.no_turn_facts = cached.person.facts;
  cached.no_turn_reference = reference_number_;
}

bool Lane::TurnMayBeDue(Date today, Cached& cached) const {
  if (cached.person.version == 0 || KnowsNoTurn(today, cached)) return false;
  const TurnOutlook outlook = ForeseeTurn(*reference_, cached.person, today);
  if (!outlook.due) RememberNoTurn(outlook.settled_until, cached);
  return outlook.due.has_value();
}

absl::StatusOr<Effect> Lane::WorkAfterTurn(const CallSpec& spec, const Job& job, Cached& cached) {
  const TurnOutlook outlook = ForeseeTurn(*reference_, cached.person, job.now.day);
  YIJIE_ASSIGN_OR_RETURN(const auto turn, FindTurn(*options_.store, cached.person, *outlook.due));
  if (!turn) {
    RememberNoTurn(outlook.settled_until, cached);
    return spec.transact(job, {*reference_, *options_.store}, cached.person);
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(cached.person, spec.person_field));
  BookedVersion turned = BookTurn(*turn, cached.person, job.now);
  ReaderWithVersion store(*options_.store, job.lane_key,
                          {turned.next.version, SerializeState(turned.next), turned.event});
  YIJIE_ASSIGN_OR_RETURN(Effect effect, spec.transact(job, {*reference_, store}, turned.next));
  if (effect.moves) effect.earlier.insert(effect.earlier.begin(), std::move(turned));
  return effect;
}

absl::Status Lane::ViewTurned(Date today, const std::string& psn_no, Person* person) {
  const auto entry = persons_.find(psn_no);
  Cached* const cached = entry == persons_.end() ? nullptr : entry->second.get();
  if (cached != nullptr && KnowsNoTurn(today, *cached)) return absl::OkStatus();
  const TurnOutlook outlook = ForeseeTurn(*reference_, *person, today);
  std::optional<YearTurn> turn;
  if (outlook.due) {
    YIJIE_ASSIGN_OR_RETURN(turn, FindTurn(*options_.store, *person, *outlook.due));
  }
  if (turn) {
    ViewAfter(*turn, person);
  } else if (cached != nullptr && cached->person.facts == person->facts) {
    RememberNoTurn(outlook.settled_until, *cached);
  }
  return absl::OkStatus();
}

void Lane::Park(const std::string& psn_no, std::unique_ptr<Job> job) {
  EnterStage(*job, Stage::kQueue);
  parked_[psn_no].push_back(std::move(job));
}

void Lane::BookVerdict(std::unique_ptr<Job> job, Effect effect) {
  storage::Commit commit = VerdictCommit(*job, effect.reply, read_at_);
  AddTo(std::move(commit), std::move(job), std::move(effect), nullptr);
}

void Lane::Book(std::unique_ptr<Job> job, const std::string& psn_no, Cached& cached,
                Effect effect) {
  storage::Commit commit;
  commit.psn_no = psn_no;
  commit.expected_version = cached.person.version;
  commit.version_at = cached.unsynced > 0 ? 0 : cached.version_at;
  cached.version_at = read_at_;
  for (BookedVersion& earlier : effect.earlier)
    commit.earlier.push_back({SerializeState(earlier.next), std::move(earlier.event)});
  commit.state = SerializeState(effect.next);
  commit.event = std::move(effect.event);
  const int64_t answered_by = effect.answered_by == 0 ? effect.next.version : effect.answered_by;
  if (job->has_key)
    commit.messages.push_back({job->key, {job->digest, psn_no, answered_by, ""}, read_at_});
  cached.person = std::move(effect.next);
  ++cached.unsynced;
  AddTo(std::move(commit), std::move(job), std::move(effect), &cached);
}

void Lane::AddTo(storage::Commit commit, std::unique_ptr<Job> job, Effect effect, Cached* cached) {
  for (const storage::MessageKey& key : effect.closes)
    commit.messages.push_back(ClosedMessage(key, job->now));
  commit.rows = std::move(effect.rows);
  if (effect.refused) commit.rows.push_back(RefusedMessage(*job, *effect.refused));
  Pending pending;
  pending.reply = std::move(effect.reply);
  pending.outcome = effect.outcome;
  pending.setl_id = std::move(effect.setl_id);
  pending.family_owed = std::move(effect.family_owed);
  pending.cross_tell = std::move(effect.cross_tell);
  pending.cached = cached;
  pending.job = std::move(job);
  AddToGroup(std::move(commit), std::move(pending));
}

// --- Calls that read

void Lane::Query(const CallSpec& spec, std::unique_ptr<Job> job) {
  std::optional<RefusedRight> refused;
  absl::StatusOr<std::string> answer = AnswerOfQuery(spec, *job, &refused);
  ForgetIfNobody(job->lane_key);
  std::optional<storage::RowWrite> row;
  if (refused) row = refused_reads_.Take(*reference_, *job, *refused);
  if (!row) return Answer(*job, ReplyOf(std::move(answer)));
  storage::Commit commit;
  commit.rows.push_back(*std::move(row));
  Pending pending;
  pending.status = answer.status();
  if (answer.ok()) pending.reply = *std::move(answer);
  pending.job = std::move(job);
  AddToGroup(std::move(commit), std::move(pending));
}

absl::StatusOr<std::string> Lane::AnswerOfQuery(const CallSpec& spec, const Job& job,
                                                std::optional<RefusedRight>* refused) {
  YIJIE_ASSIGN_OR_RETURN(Person person, DurablePerson(job.lane_key, spec));
  YIJIE_RETURN_IF_ERROR(ViewTurned(job.now.day, job.lane_key, &person));
  return spec.query(job, {*reference_, *options_.store, refused}, person);
}

void Lane::QueryMessage(std::unique_ptr<Job> job) {
  const auto& request = RequestOf<v1::QueryMessageRequest>(*job);
  const absl::StatusOr<v1::QueryMessageResponse> response =
      engine::QueryMessage(*options_.store, request);
  if (!response.ok()) return Answer(*job, {response.status(), ""});
  Pending pending;
  pending.reply = response->SerializeAsString();
  if (response->state() != v1::NEVER_SEEN || !request.fence()) {
    return Answer(*job, {absl::OkStatus(), std::move(pending.reply)});
  }
  if (reference_->FindInstitution(job->other_key.institution) == nullptr) {
    return Answer(*job, {NoSuch("fixmedins_code", "institution"), ""});
  }
  storage::Commit commit;
  commit.messages.push_back(ClosedMessage(job->other_key, job->now));
  pending.job = std::move(job);
  AddToGroup(std::move(commit), std::move(pending));
}

// --- What is stored

absl::StatusOr<bool> Lane::AnswerFromStore(const Job& job) {
  YIJIE_ASSIGN_OR_RETURN(std::optional<StoredAnswer> answer, FindAnswer(*options_.store, job.key));
  if (!answer) return false;
  if (answer->closed) {
    answer->reply = ReplyToClosed(job, MomentOf(answer->time_unix_ms));
  } else if (answer->request != job.body) {
    return OtherContent(job, answer->request);
  }
  Answer(job, {absl::OkStatus(), std::move(answer->reply)});
  return true;
}

absl::StatusOr<Lane::Cached*> Lane::FindPerson(const std::string& psn_no, const CallSpec& spec) {
  const auto entry = persons_.find(psn_no);
  if (entry != persons_.end()) {
    Cached* cached = entry->second.get();
    Touch(*cached);
    // Broken with commits still out: the caller parks until they are answered.
    if (!cached->broken || cached->unsynced > 0) return cached;
    Forget(psn_no);
  }
  YIJIE_ASSIGN_OR_RETURN(const auto newest, options_.store->LoadLatest(psn_no));
  if (!newest && !spec.may_create && !IsVisitor(psn_no)) return NoSuch(spec.person_field, "person");
  auto cached = std::make_unique<Cached>();
  cached->version_at = read_at_;
  if (newest) {
    YIJIE_ASSIGN_OR_RETURN(cached->person, ParsePerson(*newest));
  } else {
    cached->person = NewPerson(psn_no);
  }
  recency_.push_front(psn_no);
  cached->recency = recency_.begin();
  return persons_.emplace(psn_no, std::move(cached)).first->second.get();
}

absl::StatusOr<Person> Lane::DurablePerson(const std::string& psn_no, const CallSpec& spec) {
  if (!HasUnsynced(psn_no)) {
    YIJIE_ASSIGN_OR_RETURN(const Cached* cached, FindPerson(psn_no, spec));
    return cached->person;
  }
  YIJIE_ASSIGN_OR_RETURN(const auto newest, options_.store->LoadLatest(psn_no));
  if (!newest) return NoSuch(spec.person_field, "person");
  return ParsePerson(*newest);
}

void Lane::ForgetIfNobody(const std::string& psn_no) {
  const auto entry = persons_.find(psn_no);
  const bool nobody = entry != persons_.end() && entry->second->person.version == 0 &&
                      entry->second->unsynced == 0 && !parked_.contains(psn_no);
  if (nobody) Forget(psn_no);
}

void Lane::Forget(const std::string& psn_no) {
  const auto entry = persons_.find(psn_no);
  YIJIE_CHECK(entry->second->unsynced == 0, "a person leaves with commits on their way");
  recency_.erase(entry->second->recency);
  persons_.erase(entry);
}

bool Lane::HasUnsynced(const std::string& psn_no) const {
  const auto entry = persons_.find(psn_no);
  return entry != persons_.end() && entry->second->unsynced > 0;
}

void Lane::Touch(Cached& cached) { recency_.splice(recency_.begin(), recency_, cached.recency); }

void Lane::Evict() {
  // One whose commits are on their way stays. There are no more of these than commits, so that
  // looking at each person once is enough whatever the store does.
  for (size_t looks = persons_.size(); looks > 0 && persons_.size() > options_.cached_persons;
       --looks) {
    Cached& last = *persons_.find(recency_.back())->second;
    if (last.unsynced > 0) {
      Touch(last);
    } else {
      Forget(std::string(recency_.back()));
    }
  }
}

// --- Groups

void Lane::AddToGroup(storage::Commit commit, Pending pending) {
  EnterStage(*pending.job, Stage::kGroup);
  commit.gate = pending.job->caller.get();
  group_.push_back(std::move(commit));
  group_pending_.push_back(std::move(pending));
}

void Lane::SendGroup() {
  if (group_.empty()) return;
  {
    const MutexLock lock(mutex_);
    ++groups_out_;
    commits_out_ += group_.size();
  }
  forecast_.Sent(begun_);
  auto pending = std::make_shared<std::vector<Pending>>(std::move(group_pending_));
  options_.store->CommitGroup(std::move(group_), [this, pending, begun = begun_](
                                                     const std::vector<CommitOutcome>& outcomes) {
    GroupDone({std::move(*pending), outcomes, begun, options_.clock()});
  });
  group_.clear();
  group_pending_.clear();
}

void Lane::GroupDone(CertainGroup group) {
  YIJIE_CHECK(group.pending.size() == group.outcomes.size(),
              "the store answered another number of commits");
  forecast_.Written(group.begun, group.certain);
  // Before anybody hears of it: what is not known may be there after all, and nobody may be told
  // anything that rests on its being absent, as a question about the message or a copy of it would.
  const bool unknown =
      std::count(group.outcomes.begin(), group.outcomes.end(), CommitOutcome::kUnknown) > 0;
  if (unknown) options_.store_failed();
  const size_t commits = group.pending.size();
  if (HandOver(group)) return;
  std::vector<Completion> done = AnswerGroup(group);
  const MutexLock lock(mutex_);
  for (Completion& completion : done) completions_.push_back(std::move(completion));
  --groups_out_;
  commits_out_ -= commits;
  // Under the lock: the lane may end, and be destroyed, as soon as it sees that nothing is out.
  wake_.NotifyOne();
}

bool Lane::HandOver(CertainGroup& group) {
  const MutexLock lock(mutex_);
  if (queue_.size() == 0) return false;
  --groups_out_;
  commits_out_ -= group.pending.size();
  certain_.push_back(std::move(group));
  wake_.NotifyOne();
  return true;
}

std::vector<Lane::Completion> Lane::AnswerGroup(CertainGroup& group) {
  LogLines lines;
  std::vector<Completion> done;
  for (size_t i = 0; i < group.pending.size(); ++i) {
    Pending& pending = group.pending[i];
    const CommitOutcome outcome = group.outcomes[i];
    const bool applied = outcome == CommitOutcome::kDone;
    if (applied) {
      for (const store::v1::FamilyOwed& owed : pending.family_owed)
        options_.refund_family(pending.job->lane_key, owed, pending.job->now);
      if (pending.cross_tell)
        options_.tell_cross(pending.job->lane_key, *pending.cross_tell, pending.job->now);
    }
    const Job& job = *pending.job;
    // Which tells the stage it was in.
    absl::Status status = applied ? pending.status : ExplainFailure(outcome, job);
    if (job.caller != nullptr) job.caller->Enter(Stage::kReply, group.certain);
    Answer(job, {std::move(status), applied ? std::move(pending.reply) : std::string()});
    if (applied && pending.status.ok()) LogEffect(pending, lines);
    if (pending.cached != nullptr) done.push_back({pending.cached, applied});
  }
  return done;
}

bool Lane::EndLate(const Job& job) {
  const bool withdrawn = job.caller != nullptr && job.caller->withdrawn();
  if (!withdrawn && options_.clock() < job.deadline) return false;
  Answer(job, {job.caller != nullptr ? job.caller->TooLate()
                                     : absl::DeadlineExceededError("too late; not applied"),
               ""});
  return true;
}

bool Lane::EndUnfit(const Job& job) {
  const TimePoint now = options_.clock();
  const std::chrono::nanoseconds write = forecast_.Write(now);
  if (job.caller == nullptr || job.deadline == TimePoint::max() || now + write <= job.deadline)
    return false;
  Answer(job, job.caller->Unfit(Stage::kWork, write, job.deadline - now));
  return true;
}

void Lane::EnterStage(const Job& job, Stage stage) const {
  if (job.caller != nullptr) job.caller->Enter(stage, options_.clock());
}

void Lane::Answer(const Job& job, Reply reply) {
  if (job.caller == nullptr)
    options_.metrics->StepDone(job.call, reply.status, options_.clock() - job.arrived);
  options_.release(job);
  job.respond(std::move(reply));
  options_.finished(job);
}

void Lane::LogEffect(const Pending& pending, LogLines& lines) const {
  const Job& job = *pending.job;
  if (pending.outcome != 0) options_.metrics->Outcome(job.call, pending.outcome);
  const auto took = options_.clock() - job.arrived;
  LogLine line(CallName(job.call), lines);
  line.Text("institution", job.key.institution);
  // The id of a step may hold a person number (RefundMessageId).
  if (job.caller != nullptr) line.Text("msgid", job.key.msgid);
  if (!pending.setl_id.empty()) line.Text("setl_id", pending.setl_id);
  line.Number("outcome", pending.outcome);
  line.Number("us", std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

}  // namespace yijie::engine
