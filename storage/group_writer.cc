#include "storage/group_writer.h"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/thread_name.h"
#include "storage/rocks_options.h"

namespace yijie::storage {
namespace {

rocksdb::WriteOptions WriteOptionsWith(Defect defect) {
  rocksdb::WriteOptions options = MakeWriteOptions();
  if (defect == Defect::kUnsyncedWrite) options.sync = false;
  return options;
}

}  // namespace

GroupWriter::GroupWriter(rocksdb::DB& db, HighWaterMark& mark, uint64_t sequence, Settings settings)
    : db_(db),
      mark_(mark),
      settings_(std::move(settings)),
      write_options_(WriteOptionsWith(settings_.defect)),
      batch_(db, sequence),
      sequence_(sequence) {
  thread_ = std::thread([this] { Run(); });
}

GroupWriter::~GroupWriter() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  queued_.NotifyOne();
  thread_.join();
}

void GroupWriter::Submit(std::vector<Commit> group, CommitDone done) {
  Request request;
  request.group = std::move(group);
  request.done = std::move(done);
  Enqueue(std::move(request));
}

CommitOutcome GroupWriter::SubmitTable(std::string name, std::string bytes) {
  // Shared, because the thread may still be inside set_value() when get() returns.
  const auto outcome = std::make_shared<std::promise<CommitOutcome>>();
  Request request;
  request.table = TableWrite{std::move(name), std::move(bytes)};
  request.done = [outcome](const std::vector<CommitOutcome>& outcomes) {
    outcome->set_value(outcomes[0]);
  };
  std::future<CommitOutcome> answer = outcome->get_future();
  Enqueue(std::move(request));
  return answer.get();
}

void GroupWriter::Enqueue(Request request) {
  {
    MutexLock lock(mutex_);
    queue_.push_back(std::move(request));
  }
  queued_.NotifyOne();
}

void GroupWriter::Run() {
  NameThisThread("writer");
  for (;;) {
    std::vector<Request> requests = Take();
    if (requests.empty()) return;
    Process(requests);
  }
}

// Whole requests in order, at least one, up to max_group commits; none when it is time to stop.
std::vector<GroupWriter::Request> GroupWriter::Take() {
  std::vector<Request> taken;
  size_t commits = 0;
  MutexLock lock(mutex_);
  while (queue_.empty() && !stop_) queued_.Wait(mutex_);
  while (!queue_.empty()) {
    commits += queue_.front().size();
    if (!taken.empty() && commits > settings_.max_group) break;
    taken.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return taken;
}

void GroupWriter::Process(std::vector<Request>& requests) {
  batch_.Clear();
  // What a batch that cannot be written means for all commits: also for one that was refused,
  // because its reason may be a commit that is now not there.
  CommitOutcome batch_outcome = CommitOutcome::kDone;
  if (failed_) {
    batch_outcome = CommitOutcome::kUnknown;
  } else if (!HasSpace()) {
    batch_outcome = CommitOutcome::kNotApplied;
  } else {
    for (Request& request : requests) {
      for (const Commit& commit : request.group) {
        const bool begins = commit.gate == nullptr || commit.gate->MayBegin();
        request.outcomes.push_back(begins ? batch_.Add(commit) : CommitOutcome::kNotApplied);
      }
      if (request.table) request.outcomes.push_back(batch_.AddTable(*request.table));
    }
    if (settings_.defect == Defect::kAcknowledgeBeforeWrite) {
      for (Request& request : requests) request.done(request.outcomes);
    }
    if (!batch_.empty()) batch_outcome = Write();
    if (settings_.defect == Defect::kAcknowledgeBeforeWrite) return;
  }
  for (Request& request : requests) {
    if (batch_outcome != CommitOutcome::kDone) {
      request.outcomes.assign(request.size(), batch_outcome);
    }
    request.done(request.outcomes);
  }
}

CommitOutcome GroupWriter::Write() {
  const uint64_t sequence = sequence_ + 1;
  rocksdb::WriteBatch& bytes = batch_.Finish(sequence);
  if (settings_.defect == Defect::kMarkAheadOfWrite) mark_.Write(sequence).IgnoreError();

  const auto start = std::chrono::steady_clock::now();
  const rocksdb::Status written = db_.Write(write_options_, &bytes);
  const auto write_time = std::chrono::steady_clock::now() - start;
  // A stall under no_slowdown, refused before anything reached the log.
  if (written.IsIncomplete()) return CommitOutcome::kNotApplied;
  if (!written.ok()) return Fail(written.ToString());
  sequence_ = sequence;
  batch_.Applied(sequence);

  if (settings_.defect != Defect::kMarkNeverWritten) {
    const absl::Status marked = mark_.Write(sequence);
    if (!marked.ok()) return Fail(marked.ToString());
  }
  if (settings_.on_group) settings_.on_group({batch_.added(), write_time});
  return CommitOutcome::kDone;
}

CommitOutcome GroupWriter::Fail(absl::string_view what) {
  if (settings_.defect == Defect::kTrustTheError) return CommitOutcome::kNotApplied;
  failed_ = true;
  LogLine("store_write_failed").Text("what", what);
  if (settings_.on_failure) settings_.on_failure();
  return CommitOutcome::kUnknown;
}

bool GroupWriter::HasSpace() {
  uint64_t free_bytes = 0;
  const rocksdb::IOStatus status =
      db_.GetFileSystem()->GetFreeSpace(settings_.directory, {}, &free_bytes, nullptr);
  const bool low = !status.ok() || free_bytes < settings_.min_free_bytes;
  if (low != low_space_) {
    low_space_ = low;
    LogLine(low ? "store_low_space" : "store_space_again")
        .Number("free_bytes", static_cast<int64_t>(free_bytes))
        .Number("min_free_bytes", static_cast<int64_t>(settings_.min_free_bytes));
  }
  return !low;
}

}  // namespace yijie::storage
