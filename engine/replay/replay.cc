#include "engine/replay/replay.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/date.h"
#include "base/status_macros.h"
#include "engine/replay/batch_runner.h"
#include "engine/replay/stopwatch.h"
#include "engine/replay/stored_history.h"

namespace yijie::engine {
namespace {

// A made claim is filed on its last day.
Date LastDay(const v1::Claim& claim) {
  const absl::StatusOr<Date> day =
      ParseDate(claim.enddate().empty() ? claim.begndate() : claim.enddate());
  YIJIE_CHECK(day.ok(), "a made claim has no days");
  return *day;
}

// A batch is handed to one thread. Large enough that handing over costs nothing, small enough that
// a few of them need little memory; a person is never split.
constexpr size_t kBatchPersons = 64;
constexpr size_t kBatchBytes = 4 << 20;

bool HasSampleData(const Reference& reference) {
  const auto& programs = reference.policies->programs();
  return std::any_of(programs.begin(), programs.end(),
                     [](const auto& program) { return program->sample_data; });
}

// Groups versions, in the order of the store, into batches of whole persons.
class StoredBatches {
 public:
  StoredBatches(const Reference& draft, size_t most_losers, BatchRunner& runner)
      : draft_(draft), most_losers_(most_losers), runner_(runner) {}

  // CANCELLED once the runner needs no more.
  absl::Status Add(absl::string_view psn_no, const storage::PersonVersion& version) {
    const bool full = batch_->persons() >= kBatchPersons || batch_->bytes() >= kBatchBytes;
    if (full && batch_->last_psn_no() != psn_no) YIJIE_RETURN_IF_ERROR(HandOver());
    batch_->Add(psn_no, version);
    return absl::OkStatus();
  }

  absl::Status HandOver() {
    const auto batch = std::exchange(batch_, std::make_shared<StoredBatch>());
    const bool wanted = runner_.Submit(
        [this, batch](BatchResult* result) { return batch->Replay(draft_, most_losers_, result); });
    return wanted ? absl::OkStatus() : absl::CancelledError("a batch failed");
  }

 private:
  const Reference& draft_;
  const size_t most_losers_;
  BatchRunner& runner_;
  std::shared_ptr<StoredBatch> batch_ = std::make_shared<StoredBatch>();
};

// Plays a generated history under the current policies, and what comes of it to the replay.
class SampleReplay final : public HistoryVisitor {
 public:
  SampleReplay(const Reference& current, const Reference& draft, Stopwatch& watch)
      : current_(current), replay_(draft), watch_(watch) {}

  void Begin(absl::string_view psn_no) {
    current_.Begin();
    replay_.Begin(psn_no);
  }
  void Facts(std::shared_ptr<const v1::PersonFacts> facts) override {
    current_.SetFacts(facts);
    replay_.SetFacts(std::move(facts));
  }
  void Credit(rules::SubAccount sub_account, Fen amount) override {
    current_.Credit(sub_account, amount);
    replay_.Credit(sub_account, amount);
  }
  void Settle(int64_t version, const v1::SettleRequest& request) override {
    const std::string& institution = request.header().fixmedins_code();
    const Date received = LastDay(request.claim());
    ClaimResult stored = current_.Settle(version, institution, request.claim(), received);
    watch_.Settling();
    replay_.Settle(version, institution, request.claim(), received, std::move(stored));
    watch_.ReadingHistory();
  }
  void Reverse(int64_t version) override {
    current_.Reverse(version);
    replay_.Reverse(version);
  }
  void Finish(size_t most_losers, BatchResult* result) {
    watch_.Settling();
    replay_.Finish(most_losers, result);
    watch_.ReadingHistory();
  }

 private:
  Track current_;
  PersonReplay replay_;
  Stopwatch& watch_;
};

}  // namespace

absl::StatusOr<ReplayReport> ReplayStore(storage::StoreReader& store, const Reference& draft,
                                         const ReplayOptions& options) {
  BatchRunner runner(options.threads, options.losers,
                     [&](int64_t persons) { options.progress(persons, 0); });
  StoredBatches batches(draft, options.losers, runner);
  absl::Status read =
      store.ForEachVersion([&](absl::string_view psn_no, const storage::PersonVersion& version) {
        return batches.Add(psn_no, version);
      });
  if (read.ok()) read = batches.HandOver();
  absl::StatusOr<ReplayReport> report = runner.Finish();
  YIJIE_RETURN_IF_ERROR(report.status());
  YIJIE_RETURN_IF_ERROR(read);
  report->sample_data = HasSampleData(draft);
  return report;
}

absl::StatusOr<ReplayReport> ReplaySample(const SampleHistory& history, const Reference& current,
                                          const Reference& draft, const ReplayOptions& options) {
  const int64_t total = history.persons();
  BatchRunner runner(options.threads, options.losers,
                     [&](int64_t persons) { options.progress(persons, total); });
  for (int64_t begin = 0; begin < total; begin += kBatchPersons) {
    const int64_t end = std::min(total, begin + static_cast<int64_t>(kBatchPersons));
    const bool wanted = runner.Submit([&, begin, end](BatchResult* result) {
      Stopwatch watch(&result->report);
      SampleReplay replay(current, draft, watch);
      for (int64_t person = begin; person < end; ++person) {
        replay.Begin(history.psn_no(person));
        history.Play(person, replay);
        replay.Finish(options.losers, result);
      }
      return absl::OkStatus();
    });
    if (!wanted) break;
  }
  absl::StatusOr<ReplayReport> report = runner.Finish();
  if (report.ok()) report->sample_data = HasSampleData(draft);
  return report;
}

}  // namespace yijie::engine
