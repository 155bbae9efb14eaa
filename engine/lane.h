#ifndef YIJIE_ENGINE_LANE_H_
#define YIJIE_ENGINE_LANE_H_

// A lane owns a share of the persons: one thread works on each of them, one job after the other, so
// no two claims of a person ever race and nothing is locked while a claim is evaluated.
//
// The lane evaluates on top of commits that are still being synced; nothing that rests on them
// leaves before they are durable. A commit that is not applied after all takes those built on it
// along, and the person is read again from the store.

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/date.h"
#include "base/log.h"
#include "base/mutex.h"
#include "engine/budget/admission.h"
#include "engine/budget/fair_queue.h"
#include "engine/budget/forecast.h"
#include "engine/call.h"
#include "engine/job.h"
#include "engine/metrics.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/refused_acts.h"
#include "storage/store.h"

namespace yijie::engine {

struct LaneOptions {
  storage::Store* store = nullptr;                              // not owned
  std::function<std::shared_ptr<const Reference>()> reference;  // the one in force
  Metrics* metrics = nullptr;                                   // not owned
  size_t cached_persons = 100'000;                              // most kept in memory
  // Most commits given to the store and not answered; while there are so many the lane takes up
  // only calls that read. What waits, waits in the fair queue.
  size_t max_unsynced = 512;
  // The outcome of a job is certain: its message keys are given up, so that whoever has the answer
  // finds it everywhere.
  std::function<void(const Job&)> release;
  // The reply of a job was given.
  std::function<void(const Job&)> finished;
  // A job that waits for money of relatives' accounts (Effect::family_plan); from the lane's
  // thread.
  std::function<void(std::unique_ptr<Job>, FamilyPlan)> raise_family;
  // A job that waits for a bill to leave another person (Effect::needs_departure); likewise.
  std::function<void(std::unique_ptr<Job>)> let_depart;
  // A durable commit of the person owes relatives' accounts; from any thread.
  std::function<void(const std::string& psn_no, const store::v1::FamilyOwed&, const Moment&)>
      refund_family;
  // A job that waits for the insured place (Effect::cross_plan); from the lane's thread.
  std::function<void(std::unique_ptr<Job>, CrossPlan)> raise_cross;
  // A durable decision that the insured place is to be told; from any thread.
  std::function<void(const std::string& visitor, const store::v1::CrossAttempt&, const Moment&)>
      tell_cross;
  // The store ended a write without an answer; the process is to stop and recover.
  std::function<void()> store_failed;
  bool stepped = false;  // no thread: the lane works inside Step() only
  std::function<std::chrono::steady_clock::time_point()> clock;
};

class Lane {
 public:
  explicit Lane(LaneOptions options);
  // Works off what was submitted, waits for its commits, and ends the thread. A stepped lane has
  // nothing left to do then.
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Thread-safe.
  void Submit(std::unique_ptr<Job> job);

  // What to expect of a call that comes now: until it is taken up, with the turns of the others as
  // they are and as long as they took lately; and the rest.
  std::chrono::nanoseconds Wait(const CallLoad& load) const;
  const Forecast& forecast() const { return forecast_; }

  // Of a stepped lane, always from one thread: works off what has come since the last step. False
  // if nothing has.
  bool Step();

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  // A person in memory. `person` is at the newest version, durable or not.
  struct Cached {
    Person person;
    int unsynced = 0;         // commits of the person that are not answered yet
    bool broken = false;      // one of them failed: read again before use
    uint64_t version_at = 0;  // of a commit with nothing unsynced (storage::Commit::version_at)
    // No turn of the account year comes due before this day, under these facts and the reference of
    // this number. Spares each call from asking the area rules.
    Date no_turn_until;
    std::shared_ptr<const yijie::v1::PersonFacts> no_turn_facts;
    int64_t no_turn_reference = 0;
    std::list<std::string>::iterator recency;
  };
  // A commit on its way, with the job that waits for it.
  struct Pending {
    std::unique_ptr<Job> job;
    Cached* cached = nullptr;  // the person that moves, if one does: it stays in memory meanwhile
    absl::Status status;       // told instead of the reply, if it is an error
    std::string reply;
    int outcome = 0;
    std::string setl_id;
    std::vector<store::v1::FamilyOwed> family_owed;
    std::optional<store::v1::CrossAttempt> cross_tell;
  };
  struct Completion {
    Cached* cached;
    bool applied;
  };
  // A group whose outcomes the store told, at `certain`.
  struct CertainGroup {
    std::vector<Pending> pending;
    std::vector<storage::CommitOutcome> outcomes;  // of `pending`
    TimePoint begun, certain;
  };

  void Run();
  using Queue = FairQueue<std::unique_ptr<Job>, kPriorities>;

  // Takes some of what has come; `wait`: until something has, or the lane ends. False if there is
  // nothing.
  bool Take(bool wait);
  void TakeJobs() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Where a job waits: in the class of its priority, or behind others if its institution has many
  // there.
  size_t ClassOf(const CallLoad& load) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Classes of which jobs may be taken up now.
  Queue::Mask Takeable() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WorkOff();
  // Asks for the memory of the jobs that were taken and of their persons, so that it comes while
  // others are worked on.
  void Prefetch() const;
  void Process(std::unique_ptr<Job> job);
  void Transact(const CallSpec& spec, std::unique_ptr<Job> job);
  // Sends away a job that needs something of other persons or parties first.
  void AskPeers(std::unique_ptr<Job> job, Effect effect);
  // Whether the account year of the person may have to be turned before a call of `today`; the
  // records tell.
  bool TurnMayBeDue(Date today, Cached& cached) const;
  // What the function of the call makes of the person once the year is turned, if it has to be.
  absl::StatusOr<Effect> WorkAfterTurn(const CallSpec& spec, const Job& job, Cached& cached);
  // Shows `person`, durable, as it is once the year is turned.
  absl::Status ViewTurned(Date today, const std::string& psn_no, Person* person);
  bool KnowsNoTurn(Date today, const Cached& cached) const;
  void RememberNoTurn(Date until, Cached& cached) const;
  void Query(const CallSpec& spec, std::unique_ptr<Job> job);
  absl::StatusOr<std::string> AnswerOfQuery(const CallSpec& spec, const Job& job,
                                            std::optional<RefusedRight>* refused);
  void QueryMessage(std::unique_ptr<Job> job);

  // Answers `job` from what is stored under its message id. False if nothing is.
  absl::StatusOr<bool> AnswerFromStore(const Job& job);

  // The newest state, from the cache or the store.
  absl::StatusOr<Cached*> FindPerson(const std::string& psn_no, const CallSpec& spec);
  // The newest durable state.
  absl::StatusOr<Person> DurablePerson(const std::string& psn_no, const CallSpec& spec);
  bool HasUnsynced(const std::string& psn_no) const;
  void Touch(Cached& cached);
  void Forget(const std::string& psn_no);
  // Of a number that nobody has: questions about such leave nothing in the cache.
  void ForgetIfNobody(const std::string& psn_no);
  void Evict();
  // Until nothing of the person is unsynced.
  void Park(const std::string& psn_no, std::unique_ptr<Job> job);

  // Put the commit of an effect into the group at hand.
  void Book(std::unique_ptr<Job> job, const std::string& psn_no, Cached& cached, Effect effect);
  void BookVerdict(std::unique_ptr<Job> job, Effect effect);
  void AddTo(storage::Commit commit, std::unique_ptr<Job> job, Effect effect, Cached* cached);
  void AddToGroup(storage::Commit commit, Pending pending);
  void SendGroup();
  // On the store's thread.
  void GroupDone(CertainGroup group);
  // Leaves the answering to the lane's thread if jobs wait for that. To answer costs more than to
  // write: done on the store's thread it would be what all wait for, behind the fair queue. While
  // nobody waits the store's thread answers, which spares the way. False: it is to.
  bool HandOver(CertainGroup& group);
  // From any thread. What became of the persons' commits.
  std::vector<Completion> AnswerGroup(CertainGroup& group);
  // True, and the job is answered, if its time is over.
  bool EndLate(const Job& job);
  // Likewise if the time left is too short to write.
  bool EndUnfit(const Job& job);
  void EnterStage(const Job& job, Stage stage) const;
  void Answer(const Job& job, Reply reply);
  void LogEffect(const Pending& pending, LogLines& lines) const;

  const LaneOptions options_;
  Forecast forecast_;

  mutable Mutex mutex_;
  CondVar wake_;
  Queue queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<Completion> completions_ ABSL_GUARDED_BY(mutex_);
  std::vector<CertainGroup> certain_ ABSL_GUARDED_BY(mutex_);  // handed over
  size_t groups_out_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t commits_out_ ABSL_GUARDED_BY(mutex_) = 0;  // in those groups
  // The last time jobs were taken: when, how many, and whether others had to wait.
  TimePoint taken_at_ ABSL_GUARDED_BY(mutex_);
  size_t taken_ ABSL_GUARDED_BY(mutex_) = 0;
  bool others_waited_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // Of the lane's thread.
  TimePoint begun_;                         // working off what was taken
  std::vector<std::unique_ptr<Job>> jobs_;  // taken
  std::vector<Completion> answered_;        // taken
  std::vector<CertainGroup> to_answer_;     // taken
  std::shared_ptr<const Reference> reference_;
  uint64_t read_at_ = 0;          // Store::Position() before the job at hand was begun
  int64_t reference_number_ = 0;  // grows when another one comes into force
  absl::flat_hash_map<std::string, std::unique_ptr<Cached>> persons_;
  std::list<std::string> recency_;  // most recent first
  absl::flat_hash_map<std::string, std::vector<std::unique_ptr<Job>>>
      parked_;  // by person: wait until nothing of it is unsynced
  RefusedReads refused_reads_;
  std::vector<storage::Commit> group_;
  std::vector<Pending> group_pending_;

  std::thread thread_;  // none if stepped
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LANE_H_
