#ifndef YIJIE_ENGINE_NEWBORN_REPOINTINGS_H_
#define YIJIE_ENGINE_NEWBORN_REPOINTINGS_H_

// Drives re-pointings of bills (新生儿费用改挂) through their steps, and carries out what a crash
// left open. docs/newborn.md tells the protocol and why no bill can be lost or settled twice.
//
// Nothing here waits, and nothing is kept here: what is open is in the store.

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/job.h"
#include "engine/moment.h"
#include "storage/store.h"

namespace yijie::engine {

class Repointings {
 public:
  // `store` outlives it. `send` takes a job into the engine, whatever its load, even while it
  // drains; `resume` gives the job of a client back to its lane. Neither blocks.
  Repointings(storage::StoreReader& store, std::function<void(std::unique_ptr<Job>)> send,
              std::function<void(std::unique_ptr<Job>)> resume);

  // Lets the bill of `job`, a Repoint, leave its person, then lets `job` go on with Job::departed
  // set. The job holds its message key all the while. When it has its answer, the departure is
  // closed.
  void LetDepart(std::unique_ptr<Job> job);

  // Sends the message of every open departure again. What is being worked on takes no harm: a
  // message is worked on once at a time.
  absl::Status Resolve(const Moment& now);

 private:
  void GoOn(std::unique_ptr<Job> job, Reply reply);
  void Close(const std::string& psn_no, int64_t version, const storage::MessageKey& key,
             const Moment& now);
  absl::Status ResolvePerson(const std::string& psn_no, const Moment& now);

  storage::StoreReader& store_;
  const std::function<void(std::unique_ptr<Job>)> send_;
  const std::function<void(std::unique_ptr<Job>)> resume_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_NEWBORN_REPOINTINGS_H_
