// A mistake that somebody could make, put into the program for tests/e2e/planted_defects_test.cc;
// YIJIE_DEFECT says which. The program itself has no way to ask for one: the linker sets these
// functions in the place of two of its own (--wrap), all else are the objects of `yijie`.

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "engine/cross/attempt.h"
#include "engine/gateway/gateway.h"
#include "storage/rocks_store.h"
#include "tests/timetable.h"
#include "yijie/v1/cross.pb.h"
#include "yijie/v1/message.pb.h"

namespace yijie {
namespace {

using engine::Call;
using engine::Gateway;
using engine::PeerMessage;
using engine::Reply;
using storage::Commit;
using storage::CommitDone;
using storage::CommitOutcome;
using storage::Store;
using Opened = absl::StatusOr<std::unique_ptr<Store>>;
using Respond = std::function<void(Reply)>;

bool Has(absl::string_view defect) {
  const char* planted = std::getenv("YIJIE_DEFECT");
  return planted != nullptr && defect == planted;
}

// Every so many-th one.
bool IsHit() {
  constexpr int kEach = 8;
  static std::atomic<int> count{0};
  return ++count % kEach == 0;
}

// The store of a party, with the defect that is planted there.
class DefectiveStore final : public Store {
 public:
  enum class Defect : uint8_t {
    kAnswersBeforeItWrites,
    kForgetsWhatIsOpen,  // of the coordinator: which attempts are not ended
    kForgetsMessages,    // which settlement a message came to
    kLosesRecords,       // every so many-th is answered and never written
  };

  DefectiveStore(std::unique_ptr<Store> store, Defect defect)
      : store_(std::move(store)), defect_(defect) {}
  // An orderly end loses nothing: only a kill does.
  ~DefectiveStore() override {
    while (unwritten_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }

  uint64_t Position() const override { return store_->Position(); }
  void CommitGroup(std::vector<Commit> group, CommitDone done) override {
    if (defect_ == Defect::kAnswersBeforeItWrites)
      return WriteLater(std::move(group), std::move(done));
    if (defect_ == Defect::kLosesRecords && IsHit())
      return done(std::vector<CommitOutcome>(group.size(), CommitOutcome::kDone));
    for (Commit& commit : group) Forget(&commit);
    store_->CommitGroup(std::move(group), std::move(done));
  }

  absl::Status PutTable(absl::string_view name, absl::string_view bytes) override {
    return store_->PutTable(name, bytes);
  }
  absl::StatusOr<std::optional<storage::PersonVersion>> LoadLatest(
      absl::string_view psn_no) override {
    return store_->LoadLatest(psn_no);
  }
  absl::StatusOr<std::optional<storage::PersonVersion>> LoadVersion(absl::string_view psn_no,
                                                                    int64_t version) override {
    return store_->LoadVersion(psn_no, version);
  }
  absl::StatusOr<std::vector<storage::PersonVersion>> LoadHistory(absl::string_view psn_no,
                                                                  int64_t after_version,
                                                                  int limit) override {
    return store_->LoadHistory(psn_no, after_version, limit);
  }
  absl::StatusOr<std::optional<storage::MessageEntry>> FindMessage(
      const storage::MessageKey& key) override {
    return store_->FindMessage(key);
  }
  absl::StatusOr<std::optional<std::string>> GetTable(absl::string_view name) override {
    return store_->GetTable(name);
  }
  absl::StatusOr<std::vector<storage::Row>> ScanRows(absl::string_view table,
                                                     absl::string_view first, absl::string_view end,
                                                     int limit) override {
    return store_->ScanRows(table, first, end, limit);
  }
  absl::StatusOr<std::optional<std::string>> GetRow(absl::string_view table,
                                                    absl::string_view key) override {
    return store_->GetRow(table, key);
  }
  absl::StatusOr<std::vector<storage::CommittedGroup>> ScanGroups(uint64_t after_sequence,
                                                                  int limit) override {
    return store_->ScanGroups(after_sequence, limit);
  }
  absl::Status ForEachVersion(
      const std::function<absl::Status(absl::string_view, const storage::PersonVersion&)>& visit)
      override {
    return store_->ForEachVersion(visit);
  }
  absl::Status ForEachMessage(
      const std::function<absl::Status(const storage::MessageKey&, const storage::MessageEntry&)>&
          visit) override {
    return store_->ForEachMessage(visit);
  }

 private:
  void WriteLater(std::vector<Commit> group, CommitDone done) {
    constexpr std::chrono::milliseconds kLater(30);
    ++unwritten_;
    for (Commit& commit : group) commit.gate = nullptr;  // of a caller who has gone by then
    done(std::vector<CommitOutcome>(group.size(), CommitOutcome::kDone));
    later_.At(std::chrono::steady_clock::now() + kLater, [this, group = std::move(group)] {
      store_->CommitGroup(group, [this](const std::vector<CommitOutcome>&) { --unwritten_; });
    });
  }

  void Forget(Commit* commit) const {
    if (defect_ == Defect::kForgetsMessages && !commit->psn_no.empty()) commit->messages.clear();
    if (defect_ != Defect::kForgetsWhatIsOpen) return;
    std::vector<storage::RowWrite> rows;
    for (storage::RowWrite& row : commit->rows)
      if (row.table != engine::kCrossOpenTable) rows.push_back(std::move(row));
    commit->rows = std::move(rows);
  }

  const std::unique_ptr<Store> store_;
  const Defect defect_;
  std::atomic<int> unwritten_{0};
  Timetable later_;
};

std::unique_ptr<Store> WithDefect(const std::string& directory, std::unique_ptr<Store> store) {
  using Defect = DefectiveStore::Defect;
  const bool care = absl::EndsWith(directory, "/care"), home = absl::EndsWith(directory, "/home"),
             gateway = absl::EndsWith(directory, "/gateway");
  const auto with = [&store](Defect defect) {
    return std::make_unique<DefectiveStore>(std::move(store), defect);
  };
  if (Has("care_answers_before_it_writes") && care) return with(Defect::kAnswersBeforeItWrites);
  if (Has("home_answers_before_it_writes") && home) return with(Defect::kAnswersBeforeItWrites);
  if (Has("coordinator_forgets_what_is_open") && care) return with(Defect::kForgetsWhatIsOpen);
  if (Has("care_forgets_messages") && care) return with(Defect::kForgetsMessages);
  if (Has("gateway_loses_records") && gateway) return with(Defect::kLosesRecords);
  return store;
}

// The gateway says that the insured place confirmed, and tells it nothing.
bool IsDropped(const PeerMessage& message, const Respond& respond) {
  if (!Has("gateway_drops_confirms") || message.call != Call::kConfirm || !IsHit()) return false;
  v1::ConfirmRequest request;
  request.ParseFromString(message.bytes);
  v1::ConfirmResponse response;
  response.set_resv_id(request.header().msgid());
  respond({absl::OkStatus(), response.SerializeAsString()});
  return true;
}

}  // namespace

// --- Of the program, and in their places

Opened RealOpen(storage::RocksOptions options) __asm__(
    "__real__ZN5yijie7storage14OpenRocksStoreENS0_12RocksOptionsE");
Opened Open(storage::RocksOptions options) __asm__(
    "__wrap__ZN5yijie7storage14OpenRocksStoreENS0_12RocksOptionsE");
void RealTake(Gateway* gateway, PeerMessage message, Respond respond) __asm__(
    "__real__ZN5yijie6engine7Gateway4TakeENS0_11PeerMessageESt8functionIFvNS0_5ReplyEEE");
void Take(Gateway* gateway, PeerMessage message, Respond respond) __asm__(
    "__wrap__ZN5yijie6engine7Gateway4TakeENS0_11PeerMessageESt8functionIFvNS0_5ReplyEEE");

Opened Open(storage::RocksOptions options) {
  const std::string directory = options.directory;
  Opened store = RealOpen(std::move(options));
  if (store.ok()) *store = WithDefect(directory, *std::move(store));
  return store;
}

void Take(Gateway* gateway, PeerMessage message, Respond respond) {
  if (!IsDropped(message, respond)) RealTake(gateway, std::move(message), std::move(respond));
}

}  // namespace yijie
