#ifndef YIJIE_ENGINE_FAMILY_FAMILY_PAYMENTS_H_
#define YIJIE_ENGINE_FAMILY_FAMILY_PAYMENTS_H_

// Drives payments over two persons (个人账户共济) through their steps, and carries out what a crash
// left open. docs/family.md tells the protocol and why no step can be lost or done twice.
//
// Nothing here waits: each step is a job of the engine, whose reply sends the next one. Nothing is
// kept here either but what an attempt that is being worked on was given; what is open is in the
// store.

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/family/family_money.h"
#include "engine/job.h"
#include "engine/moment.h"
#include "storage/store.h"
#include "yijie/store/v1/family.pb.h"

namespace yijie::engine {

class FamilyPayments {
 public:
  // `store` outlives it. `send` takes a step into the engine, whatever its load, even while it
  // drains; `resume` gives a job of a client back to its lane. Neither blocks.
  FamilyPayments(storage::StoreReader& store, std::function<void(std::unique_ptr<Job>)> send,
                 std::function<void(std::unique_ptr<Job>)> resume);

  // Asks the givers of `plan`, one after the other, then lets `job` go on with Job::family set. The
  // job holds its message key all the while. When it has its answer, its holds are closed; an error
  // leaves for the client after that.
  void Raise(std::unique_ptr<Job> job, FamilyPlan plan);

  // Gives back what an undone settlement of `person` owes: the undo is durable.
  void Refund(const std::string& person, const store::v1::FamilyOwed& owed, const Moment& now);

  // Sends the steps for everything the store says is open. What is being worked on takes no harm:
  // a hold is closed when its settlement has an answer, not before.
  absl::Status Resolve(const Moment& now);

 private:
  struct Round;
  class Answering;

  void AskNext(const std::shared_ptr<Round>& round);
  void Take(const std::shared_ptr<Round>& round, const std::string& giver, const Reply& reply);
  void Settle(Round& round);
  void Close(const std::string& giver, const store::v1::FamilyHold& hold, const Moment& now,
             std::shared_ptr<const Answering> answering);
  absl::Status ResolvePerson(const std::string& psn_no, const Moment& now);

  storage::StoreReader& store_;
  const std::function<void(std::unique_ptr<Job>)> send_;
  const std::function<void(std::unique_ptr<Job>)> resume_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_FAMILY_FAMILY_PAYMENTS_H_
