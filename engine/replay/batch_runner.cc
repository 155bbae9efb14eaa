#include "engine/replay/batch_runner.h"

namespace yijie::engine {

BatchRunner::BatchRunner(int threads, size_t most_losers, PersonsDone progress)
    : most_waiting_(2 * static_cast<size_t>(threads)),
      most_losers_(most_losers),
      progress_(std::move(progress)) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

BatchRunner::~BatchRunner() {
  {
    const MutexLock lock(mutex_);
    waiting_.clear();
  }
  Stop();
}

bool BatchRunner::Submit(BatchWork work) {
  const MutexLock lock(mutex_);
  while (waiting_.size() >= most_waiting_ && failed_.ok()) changed_.Wait(mutex_);
  if (!failed_.ok()) return false;
  waiting_.emplace_back(submitted_++, std::move(work));
  changed_.NotifyAll();
  return true;
}

absl::StatusOr<ReplayReport> BatchRunner::Finish() {
  Stop();
  const MutexLock lock(mutex_);
  if (!failed_.ok()) return failed_;
  return std::move(report_);
}

void BatchRunner::Stop() {
  {
    const MutexLock lock(mutex_);
    ended_ = true;
    changed_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void BatchRunner::Work() {
  Numbered work;
  while (Take(&work)) {
    BatchResult result;
    const absl::Status status = work.second(&result);
    Give(work.first, status, std::move(result));
  }
}

bool BatchRunner::Take(Numbered* work) {
  const MutexLock lock(mutex_);
  while (waiting_.empty() && !ended_) changed_.Wait(mutex_);
  if (waiting_.empty()) return false;
  *work = std::move(waiting_.front());
  waiting_.pop_front();
  changed_.NotifyAll();
  return true;
}

void BatchRunner::Give(int64_t number, absl::Status status, BatchResult result) {
  const MutexLock lock(mutex_);
  if (!status.ok()) {
    if (failed_.ok() || number < failed_batch_) {
      failed_ = std::move(status);
      failed_batch_ = number;
    }
    changed_.NotifyAll();
    return;
  }
  early_.emplace(number, std::move(result));
  for (auto next = early_.begin(); next != early_.end() && next->first == merged_;
       next = early_.erase(next)) {
    for (const Digest& person : next->second.persons) report_.ChainHash(person);
    report_.Merge(std::move(next->second.report), most_losers_);
    ++merged_;
  }
  progress_(report_.persons);
}

}  // namespace yijie::engine
