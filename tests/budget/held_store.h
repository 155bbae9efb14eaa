#ifndef YIJIE_TESTS_BUDGET_HELD_STORE_H_
#define YIJIE_TESTS_BUDGET_HELD_STORE_H_

#include <deque>
#include <utility>
#include <vector>

#include "tests/memory_store.h"

namespace yijie::storage {

// A store whose disk does what the test says, when it says it: a group waits until Begin, and is
// durable at Finish. One thread.
class HeldStore final : public MemoryStore {
 public:
  // Once it is not held, a group is durable when CommitGroup returns.
  void Hold() { held_ = true; }
  void Release() {
    held_ = false;
    while (waiting() > 0 || syncing()) {
      if (!syncing()) Begin();
      Finish();
    }
  }

  size_t waiting() const { return groups_.size(); }
  bool syncing() const { return syncing_.has_value(); }

  // The writer takes up all groups that wait.
  void Begin() {
    syncing_.emplace();
    for (Group& group : groups_) {
      for (Commit& commit : group.commits) {
        CommitGate* const gate = std::exchange(commit.gate, nullptr);
        group.begun.push_back(gate == nullptr || gate->MayBegin());
      }
      syncing_->push_back(std::move(group));
    }
    groups_.clear();
  }

  // They are durable, or, if `fails`, were refused by the disk.
  void Finish(bool fails = false) {
    std::vector<Group> done = *std::move(syncing_);
    syncing_.reset();
    for (Group& group : done) {
      std::vector<CommitOutcome> outcomes;
      for (size_t i = 0; i < group.commits.size(); ++i) {
        const bool applies = group.begun[i] && !fails;
        outcomes.push_back(applies ? ApplyOne(std::move(group.commits[i]))
                                   : CommitOutcome::kNotApplied);
      }
      group.done(outcomes);
    }
  }

  void CommitGroup(std::vector<Commit> group, CommitDone done) override {
    if (!held_) return MemoryStore::CommitGroup(std::move(group), std::move(done));
    groups_.push_back({std::move(group), std::move(done), {}});
  }

 private:
  struct Group {
    std::vector<Commit> commits;
    CommitDone done;
    std::vector<bool> begun;
  };

  CommitOutcome ApplyOne(Commit commit) {
    CommitOutcome outcome = CommitOutcome::kUnknown;
    std::vector<Commit> one;
    one.push_back(std::move(commit));
    MemoryStore::CommitGroup(
        std::move(one), [&outcome](const std::vector<CommitOutcome>& told) { outcome = told[0]; });
    return outcome;
  }

  bool held_ = false;
  std::deque<Group> groups_;
  std::optional<std::vector<Group>> syncing_;
};

}  // namespace yijie::storage

#endif  // YIJIE_TESTS_BUDGET_HELD_STORE_H_
