#ifndef YIJIE_TESTS_E2E_WORKLOAD_H_
#define YIJIE_TESTS_E2E_WORKLOAD_H_

// Many clients at once that settle, undo, credit, resend and read over a few persons, so that they
// meet, and note everything they were told.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "tests/e2e/client.h"
#include "tests/e2e/history.h"

namespace yijie::e2e {

struct WorkloadSettings {
  int port = 0;
  int clients = 32;
  int persons = 48;  // GeneratedPerson(0...) of MakeGeneratedData
  uint64_t seed = 1;
  std::string tag;  // begins every message id; at most 12 characters
};

class Workload {
 public:
  // `newest` has an element for each person, and lives on over servers: the newest version
  // somebody was told of.
  Workload(WorkloadSettings settings, std::vector<std::atomic<int64_t>>& newest);
  // Joins.
  ~Workload();

  // Returns when all are connected and at work. A client ends at its first call that is
  // UNAVAILABLE or CANCELLED.
  void Start();
  // Messages that were acknowledged so far.
  int64_t acknowledged() const { return acknowledged_; }

  // Ends clients after the call they are in.
  void Stop() { stop_ = true; }
  void Join();
  // After Join. A server that ends waits up to 5 s for connections nobody reads from.
  void Disconnect() { connections_.clear(); }

  // After Join.
  History TakeHistory();
  // Calls that ended neither with OK nor UNAVAILABLE or CANCELLED, and resends that were answered
  // otherwise.
  std::vector<std::string> TakeProblems();

 private:
  class Worker;
  friend class Worker;

  const WorkloadSettings settings_;
  std::vector<std::atomic<int64_t>>& newest_;
  std::vector<std::unique_ptr<Client>> connections_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> acknowledged_{0};

  // Settlements about to be sent, for others to undo at once.
  Mutex mutex_;
  std::vector<v1::SettleRequest> announced_ ABSL_GUARDED_BY(mutex_);
};

// What a status says about the effect of a message. UNAVAILABLE promises nothing unless in words.
bool SaysNotApplied(const grpc::Status& status);

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_WORKLOAD_H_
