#ifndef YIJIE_TESTS_ENGINE_FAULT_STORE_H_
#define YIJIE_TESTS_ENGINE_FAULT_STORE_H_

// A store that does everything the contract of storage/store.h allows: it answers late, from its
// own thread, out of order between groups, and with every outcome. It stands on a MemoryStore,
// which holds what is durable. It can also break the contract, so that a test can show that it
// would notice.

#include <functional>
#include <list>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "storage/store.h"
#include "tests/memory_store.h"

namespace yijie::storage {

class FaultStore : public Store {
 public:
  // What becomes of one commit.
  enum class Fault : uint8_t { kNone, kNotApplied, kUnknownApplied, kUnknownNotApplied };

  // Ways to break the contract.
  enum class Defect : uint8_t {
    kNone,
    kForgets,               // answers kDone without applying
    kAnswersTwice,          // calls `done` twice
    kSwapsResults,          // gives two commits of a group each other's result
    kLosesMessages,         // applies a commit without its message entries
    kShowsEarly,            // reads see commits that are not durable
    kAnswersEarly,          // answers kDone before it applies
    kAppliesWhatItRefused,  // answers kNotApplied and applies
    kLosesTheState,         // writes the message and no new version
  };

  struct Options {
    uint64_t seed = 1;
    int not_applied_percent = 0;
    int unknown_permille = 0;
    int late_percent = 0;  // of groups: answered after later ones
    Defect defect = Defect::kNone;
  };

  // `durable` outlives the store.
  FaultStore(MemoryStore& durable, Options options);
  // Answers what is still open.
  ~FaultStore() override;

  // From now on this decides about each commit; called on the store's thread.
  void Decide(std::function<Fault(const Commit&)> decide);
  // Takes no group up until Release.
  void Hold();
  void Release();
  // Groups handed over and not taken up.
  size_t waiting();

  absl::StatusOr<std::optional<PersonVersion>> LoadLatest(absl::string_view psn_no) override;
  absl::StatusOr<std::optional<PersonVersion>> LoadVersion(absl::string_view psn_no,
                                                           int64_t version) override;
  absl::StatusOr<std::vector<PersonVersion>> LoadHistory(absl::string_view psn_no,
                                                         int64_t after_version, int limit) override;
  absl::StatusOr<std::optional<MessageEntry>> FindMessage(const MessageKey& key) override;
  uint64_t Position() const override { return durable_.Position(); }
  void CommitGroup(std::vector<Commit> group, CommitDone done) override;
  absl::Status PutTable(absl::string_view name, absl::string_view bytes) override;
  absl::StatusOr<std::optional<std::string>> GetTable(absl::string_view name) override;
  absl::StatusOr<std::vector<Row>> ScanRows(absl::string_view table, absl::string_view first,
                                            absl::string_view end, int limit) override;
  absl::StatusOr<std::optional<std::string>> GetRow(absl::string_view table,
                                                    absl::string_view key) override;
  absl::StatusOr<std::vector<CommittedGroup>> ScanGroups(uint64_t after_sequence,
                                                         int limit) override;
  absl::Status ForEachVersion(
      const std::function<absl::Status(absl::string_view psn_no, const PersonVersion&)>& visit)
      override;
  absl::Status ForEachMessage(
      const std::function<absl::Status(const MessageKey&, const MessageEntry&)>& visit) override;

 private:
  struct Group {
    std::vector<Commit> commits;
    CommitDone done;
    std::vector<CommitOutcome> outcomes;
  };

  void Run();
  // Of the store's thread.
  void Work(Group& group);
  CommitOutcome WorkOn(Commit commit);
  CommitOutcome Apply(Commit commit);
  void AnswerOne(size_t index);
  uint64_t Draw();
  Fault Drawn();

  MemoryStore& durable_;
  const Options options_;

  Mutex mutex_;
  CondVar wake_;
  std::list<Group> inbox_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, PersonVersion> early_
      ABSL_GUARDED_BY(mutex_);  // defect kShowsEarly
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::function<Fault(const Commit&)> decide_ ABSL_GUARDED_BY(mutex_);

  std::vector<Group> worked_;  // applied, not answered
  bool unknown_ = false;       // after the first kUnknown everything is
  uint64_t state_;

  std::thread thread_;
};

}  // namespace yijie::storage

#endif  // YIJIE_TESTS_ENGINE_FAULT_STORE_H_
