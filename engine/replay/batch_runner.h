#ifndef YIJIE_ENGINE_REPLAY_BATCH_RUNNER_H_
#define YIJIE_ENGINE_REPLAY_BATCH_RUNNER_H_

// Runs batches of persons on several threads and adds up what they come to in the order in which
// they were handed over, so that the sum does not depend on the threads.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "engine/replay/person_replay.h"

namespace yijie::engine {

using BatchWork = std::function<absl::Status(BatchResult* result)>;
// Called by one thread at a time, with the persons done so far.
using PersonsDone = std::function<void(int64_t persons)>;

class BatchRunner {
 public:
  BatchRunner(int threads, size_t most_losers, PersonsDone progress);
  // Drops what was not begun, waits for the rest.
  ~BatchRunner();
  BatchRunner(const BatchRunner&) = delete;
  BatchRunner& operator=(const BatchRunner&) = delete;

  // Hands over the next batch; waits while enough others wait. False once a batch has failed: no
  // more are needed.
  bool Submit(BatchWork work);

  // Waits for all. The error of the earliest batch that failed, or the report. Once, at the end.
  absl::StatusOr<ReplayReport> Finish();

 private:
  using Numbered = std::pair<int64_t, BatchWork>;

  void Work();
  bool Take(Numbered* work);
  void Give(int64_t number, absl::Status status, BatchResult result);
  void Stop();

  const size_t most_waiting_;
  const size_t most_losers_;
  const PersonsDone progress_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<Numbered> waiting_ ABSL_GUARDED_BY(mutex_);
  int64_t submitted_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<int64_t, BatchResult> early_ ABSL_GUARDED_BY(mutex_);  // those before are not done
  int64_t merged_ ABSL_GUARDED_BY(mutex_) = 0;                    // batches in `report_`
  ReplayReport report_ ABSL_GUARDED_BY(mutex_);
  absl::Status failed_ ABSL_GUARDED_BY(mutex_);
  int64_t failed_batch_ ABSL_GUARDED_BY(mutex_) = 0;

  std::vector<std::thread> threads_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_BATCH_RUNNER_H_
