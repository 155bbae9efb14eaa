#include "tests/sim/sim_store.h"

#include <algorithm>

namespace yijie::sim {

using storage::Commit;
using storage::CommitOutcome;

void SimStore::CommitGroup(std::vector<Commit> group, storage::CommitDone done) {
  if (dead_) return done(std::vector<CommitOutcome>(group.size(), CommitOutcome::kUnknown));
  if (hooks_.answers_early) {
    for (Commit& commit : group) commit.gate = nullptr;  // gone with the answer
    done(std::vector<CommitOutcome>(group.size(), CommitOutcome::kDone));
    done = [](const std::vector<CommitOutcome>&) {};
  }
  unsynced_.push_back({std::move(group), std::move(done)});
  synced_by_ = std::max(synced_by_, loop_.now() + SyncTime());
  loop_.At(synced_by_, [self = shared_from_this()] { self->SyncFirst(); });
}

void SimStore::Crash() {
  dead_ = true;
  const int synced = draws_.Below(static_cast<int>(unsynced_.size()) + 1);
  std::deque<Group> groups = std::move(unsynced_);
  unsynced_.clear();
  for (int i = 0; i < synced; ++i) {
    for (const Commit& commit : groups[static_cast<size_t>(i)].commits) ApplyOne(commit);
  }
  for (const Group& group : groups)
    group.done(std::vector<CommitOutcome>(group.commits.size(), CommitOutcome::kUnknown));
}

Micros SimStore::SyncTime() {
  return draws_.Percent(3) ? draws_.Between(100 * kMillisecond, 2 * kSecond)
                           : draws_.Between(200, 5 * kMillisecond);
}

void SimStore::SyncFirst() {
  if (dead_) return;
  Group group = std::move(unsynced_.front());
  unsynced_.pop_front();
  const std::vector<CommitOutcome> outcomes = Apply(group);
  group.done(outcomes);
  hooks_.answered();
}

std::vector<CommitOutcome> SimStore::Apply(Group& group) {
  if (hooks_.full()) {
    return std::vector<CommitOutcome>(group.commits.size(), hooks_.hides_full_disk
                                                                ? CommitOutcome::kDone
                                                                : CommitOutcome::kNotApplied);
  }
  std::vector<CommitOutcome> outcomes;
  for (const Commit& commit : group.commits) outcomes.push_back(ApplyOne(commit));
  return outcomes;
}

CommitOutcome SimStore::ApplyOne(Commit commit) {
  if (hooks_.write && !hooks_.write(commit)) return CommitOutcome::kDone;
  // Of a store that says done of what it dropped, what its engine saw is not there.
  if (hooks_.write || hooks_.hides_full_disk || hooks_.answers_early) commit.version_at = 0;
  CommitOutcome outcome = CommitOutcome::kUnknown;
  disk_.CommitGroup({commit},
                    [&outcome](const std::vector<CommitOutcome>& told) { outcome = told[0]; });
  if (outcome == CommitOutcome::kDone) hooks_.durable(commit);
  return outcome;
}

}  // namespace yijie::sim
