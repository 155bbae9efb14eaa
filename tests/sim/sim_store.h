#ifndef YIJIE_TESTS_SIM_SIM_STORE_H_
#define YIJIE_TESTS_SIM_SIM_STORE_H_

// The store of one life of a process: what is durable outlives it on the disk, what is not yet
// synced dies with it, or part of it.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/store.h"
#include "tests/memory_store.h"
#include "tests/sim/draws.h"
#include "tests/sim/event_loop.h"

namespace yijie::sim {

class SimStore : public storage::Store, public std::enable_shared_from_this<SimStore> {
 public:
  struct Hooks {
    // The disk takes nothing now.
    std::function<bool()> full;
    // A commit became durable.
    std::function<void(const storage::Commit&)> durable;
    // Commits were answered: whoever waited may go on.
    std::function<void()> answered;
    // For planted defects. What a wrong engine writes; false: it says that it is written, and it is
    // not.
    std::function<bool(storage::Commit&)> write;
    // Groups are answered when they are handed over, before they are durable.
    bool answers_early = false;
    // What a full disk did not take is answered as done.
    bool hides_full_disk = false;
  };

  // All outlive the store.
  SimStore(storage::MemoryStore& disk, EventLoop& loop, Draws& draws, const Hooks& hooks)
      : disk_(disk), loop_(loop), draws_(draws), hooks_(hooks) {}

  // The power goes. Of the groups under way the first few may have been synced; nobody hears which.
  // From now on every commit ends without an answer.
  void Crash();

  absl::StatusOr<std::optional<storage::PersonVersion>> LoadLatest(
      absl::string_view psn_no) override {
    return disk_.LoadLatest(psn_no);
  }
  absl::StatusOr<std::optional<storage::PersonVersion>> LoadVersion(absl::string_view psn_no,
                                                                    int64_t version) override {
    return disk_.LoadVersion(psn_no, version);
  }
  absl::StatusOr<std::vector<storage::PersonVersion>> LoadHistory(absl::string_view psn_no,
                                                                  int64_t after_version,
                                                                  int limit) override {
    return disk_.LoadHistory(psn_no, after_version, limit);
  }
  absl::StatusOr<std::optional<storage::MessageEntry>> FindMessage(
      const storage::MessageKey& key) override {
    return disk_.FindMessage(key);
  }
  absl::StatusOr<std::optional<std::string>> GetTable(absl::string_view name) override {
    return disk_.GetTable(name);
  }
  absl::StatusOr<std::vector<storage::Row>> ScanRows(absl::string_view table,
                                                     absl::string_view first, absl::string_view end,
                                                     int limit) override {
    return disk_.ScanRows(table, first, end, limit);
  }
  absl::StatusOr<std::optional<std::string>> GetRow(absl::string_view table,
                                                    absl::string_view key) override {
    return disk_.GetRow(table, key);
  }
  absl::StatusOr<std::vector<storage::CommittedGroup>> ScanGroups(uint64_t after_sequence,
                                                                  int limit) override {
    return disk_.ScanGroups(after_sequence, limit);
  }
  absl::Status ForEachVersion(
      const std::function<absl::Status(absl::string_view, const storage::PersonVersion&)>& visit)
      override {
    return disk_.ForEachVersion(visit);
  }
  absl::Status ForEachMessage(
      const std::function<absl::Status(const storage::MessageKey&, const storage::MessageEntry&)>&
          visit) override {
    return disk_.ForEachMessage(visit);
  }
  absl::Status PutTable(absl::string_view name, absl::string_view bytes) override {
    return disk_.PutTable(name, bytes);
  }
  uint64_t Position() const override { return disk_.Position(); }
  void CommitGroup(std::vector<storage::Commit> group, storage::CommitDone done) override;

 private:
  struct Group {
    std::vector<storage::Commit> commits;
    storage::CommitDone done;
  };

  Micros SyncTime();
  void SyncFirst();
  std::vector<storage::CommitOutcome> Apply(Group& group);
  storage::CommitOutcome ApplyOne(storage::Commit commit);

  storage::MemoryStore& disk_;
  EventLoop& loop_;
  Draws& draws_;
  const Hooks& hooks_;
  bool dead_ = false;
  Micros synced_by_ = 0;  // the last group handed over
  std::deque<Group> unsynced_;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_SIM_STORE_H_
