#include "tests/engine/fault_store.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace yijie::storage {

FaultStore::FaultStore(MemoryStore& durable, Options options)
    : durable_(durable), options_(options), state_(options.seed), thread_([this] { Run(); }) {}

FaultStore::~FaultStore() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    held_ = false;
  }
  wake_.NotifyOne();
  thread_.join();
}

void FaultStore::Decide(std::function<Fault(const Commit&)> decide) {
  const MutexLock lock(mutex_);
  decide_ = std::move(decide);
}

void FaultStore::Hold() {
  const MutexLock lock(mutex_);
  held_ = true;
}

void FaultStore::Release() {
  {
    const MutexLock lock(mutex_);
    held_ = false;
  }
  wake_.NotifyOne();
}

size_t FaultStore::waiting() {
  const MutexLock lock(mutex_);
  return inbox_.size();
}

uint64_t FaultStore::Draw() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

FaultStore::Fault FaultStore::Drawn() {
  const auto draw = static_cast<int>(Draw() % 1000);
  if (draw < options_.unknown_permille) {
    return Draw() % 2 == 0 ? Fault::kUnknownApplied : Fault::kUnknownNotApplied;
  }
  return static_cast<int>(Draw() % 100) < options_.not_applied_percent ? Fault::kNotApplied
                                                                       : Fault::kNone;
}

void FaultStore::CommitGroup(std::vector<Commit> group, CommitDone done) {
  {
    const MutexLock lock(mutex_);
    if (options_.defect == Defect::kShowsEarly) {
      for (const Commit& commit : group) {
        if (commit.psn_no.empty()) continue;
        early_[commit.psn_no] = {commit.new_version(), commit.state, commit.event};
      }
    }
    inbox_.push_back({std::move(group), std::move(done), {}});
  }
  wake_.NotifyOne();
}

void FaultStore::Run() {
  while (true) {
    std::list<Group> next;
    bool stop = false;
    {
      const MutexLock lock(mutex_);
      while ((inbox_.empty() || held_) && worked_.empty() && !stopping_) wake_.Wait(mutex_);
      if (!inbox_.empty() && !held_) next.splice(next.begin(), inbox_, inbox_.begin());
      stop = stopping_ && next.empty() && worked_.empty();
    }
    if (stop) return;
    for (Group& group : next) {
      Work(group);
      worked_.push_back(std::move(group));
    }
    if (worked_.empty()) continue;
    // Sometimes wait, so that answers of several groups are open and leave in any order.
    const bool late = static_cast<int>(Draw() % 100) < options_.late_percent;
    if (late && worked_.size() < 4) {
      std::this_thread::sleep_for(std::chrono::microseconds(Draw() % 100));
      const MutexLock lock(mutex_);
      if (!inbox_.empty() && !held_) continue;
    }
    AnswerOne(options_.late_percent > 0 ? Draw() % worked_.size() : 0);
  }
}

void FaultStore::Work(Group& group) {
  for (Commit& commit : group.commits) {
    CommitGate* const gate = std::exchange(commit.gate, nullptr);
    const bool begins = unknown_ || gate == nullptr || gate->MayBegin();
    group.outcomes.push_back(begins ? WorkOn(commit) : CommitOutcome::kNotApplied);
  }
  if (options_.defect == Defect::kSwapsResults && group.outcomes.size() > 1) {
    std::swap(group.outcomes[0], group.outcomes[1]);
  }
}

CommitOutcome FaultStore::WorkOn(Commit commit) {
  if (unknown_) return CommitOutcome::kUnknown;
  // Of a store that shows or tells what is not there, what its engine saw may not be.
  if (options_.defect != Defect::kNone) commit.version_at = 0;
  std::function<Fault(const Commit&)> decide;
  {
    const MutexLock lock(mutex_);
    decide = decide_;
  }
  switch (decide ? decide(commit) : Drawn()) {
    case Fault::kNone:
      break;
    case Fault::kNotApplied:
      if (options_.defect == Defect::kAppliesWhatItRefused) Apply(std::move(commit));
      return CommitOutcome::kNotApplied;
    case Fault::kUnknownApplied:
      Apply(std::move(commit));
      unknown_ = true;
      return CommitOutcome::kUnknown;
    case Fault::kUnknownNotApplied:
      unknown_ = true;
      return CommitOutcome::kUnknown;
  }
  const bool defective = Draw() % 4 == 0;
  if (defective && options_.defect == Defect::kForgets) return CommitOutcome::kDone;
  if (defective && options_.defect == Defect::kLosesMessages) commit.messages.clear();
  if (defective && options_.defect == Defect::kLosesTheState) commit.psn_no.clear();
  if (options_.defect == Defect::kAnswersEarly)
    return CommitOutcome::kDone;  // applied by AnswerOne
  return Apply(std::move(commit));
}

CommitOutcome FaultStore::Apply(Commit commit) {
  CommitOutcome outcome = CommitOutcome::kUnknown;
  std::vector<Commit> one;
  one.push_back(std::move(commit));
  durable_.CommitGroup(std::move(one), [&outcome](const std::vector<CommitOutcome>& outcomes) {
    outcome = outcomes[0];
  });
  return outcome;
}

void FaultStore::AnswerOne(size_t index) {
  Group group = std::move(worked_[index]);
  worked_.erase(worked_.begin() + static_cast<std::ptrdiff_t>(index));
  group.done(group.outcomes);
  if (options_.defect == Defect::kAnswersTwice) group.done(group.outcomes);
  if (options_.defect == Defect::kAnswersEarly) {
    for (Commit& commit : group.commits) Apply(std::move(commit));
  }
}

absl::StatusOr<std::optional<PersonVersion>> FaultStore::LoadLatest(absl::string_view psn_no) {
  {
    const MutexLock lock(mutex_);
    if (const auto early = early_.find(psn_no); early != early_.end())
      return std::optional(early->second);
  }
  return durable_.LoadLatest(psn_no);
}

absl::StatusOr<std::optional<PersonVersion>> FaultStore::LoadVersion(absl::string_view psn_no,
                                                                     int64_t version) {
  return durable_.LoadVersion(psn_no, version);
}

absl::StatusOr<std::vector<PersonVersion>> FaultStore::LoadHistory(absl::string_view psn_no,
                                                                   int64_t after_version,
                                                                   int limit) {
  return durable_.LoadHistory(psn_no, after_version, limit);
}

absl::StatusOr<std::optional<MessageEntry>> FaultStore::FindMessage(const MessageKey& key) {
  return durable_.FindMessage(key);
}

absl::Status FaultStore::PutTable(absl::string_view name, absl::string_view bytes) {
  return durable_.PutTable(name, bytes);
}

absl::StatusOr<std::optional<std::string>> FaultStore::GetTable(absl::string_view name) {
  return durable_.GetTable(name);
}

absl::StatusOr<std::vector<Row>> FaultStore::ScanRows(absl::string_view table,
                                                      absl::string_view first,
                                                      absl::string_view end, int limit) {
  return durable_.ScanRows(table, first, end, limit);
}

absl::StatusOr<std::optional<std::string>> FaultStore::GetRow(absl::string_view table,
                                                              absl::string_view key) {
  return durable_.GetRow(table, key);
}

absl::StatusOr<std::vector<CommittedGroup>> FaultStore::ScanGroups(uint64_t after_sequence,
                                                                   int limit) {
  return durable_.ScanGroups(after_sequence, limit);
}

absl::Status FaultStore::ForEachVersion(
    const std::function<absl::Status(absl::string_view psn_no, const PersonVersion&)>& visit) {
  return durable_.ForEachVersion(visit);
}

absl::Status FaultStore::ForEachMessage(
    const std::function<absl::Status(const MessageKey&, const MessageEntry&)>& visit) {
  return durable_.ForEachMessage(visit);
}

}  // namespace yijie::storage
