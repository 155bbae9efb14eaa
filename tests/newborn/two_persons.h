#ifndef YIJIE_TESTS_NEWBORN_TWO_PERSONS_H_
#define YIJIE_TESTS_NEWBORN_TWO_PERSONS_H_

// A mother "M" and her child "C" in one store, moved call by call without lanes, at any moment.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/check.h"
#include "engine/call.h"
#include "engine/edge.h"
#include "tests/memory_store.h"
#include "yijie/store/v1/newborn.pb.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {

v1::PersonFacts MotherFacts();
v1::PersonFacts ChildFacts();

class TwoPersons {
 public:
  // What a defect makes of a departure on its way to the child.
  using Spoil = std::function<void(store::v1::Departure*)>;

  // Enrols both, half a year before TestNow.
  TwoPersons(std::shared_ptr<const Reference> reference, const v1::PersonFacts& mother,
             const v1::PersonFacts& child, Spoil spoil = nullptr);

  // The reply of a call that passes its checks and is no error.
  template <typename Response, typename Request>
  Response Do(Call call, const Request& request, const Moment& now) {
    auto job = MakeJob(call, std::make_unique<Request>(request), now);
    YIJIE_CHECK(job.ok(), std::string(job.status().message()).c_str());
    Response response;
    YIJIE_CHECK(response.ParseFromString(Run(**job)), "a reply cannot be read");
    return response;
  }

  const Person& person(const std::string& psn_no) const { return persons_.at(psn_no); }
  storage::MemoryStore& store() { return store_; }
  // Sum of an account of the ledger over all versions of a person by subject; none that is 0.
  std::map<std::string, int64_t> Ledger(const std::string& psn_no,
                                        store::v1::LedgerAccount account);
  // Running totals as text, in the order of records.
  std::string Totals(const std::string& psn_no) const;
  // First finding of the audit; empty if there is none.
  std::string Problem();

 private:
  std::string Run(Job& job);
  // What a call comes to, a departure included.
  Effect Transact(Job& job);
  void LetDepart(Job& job);
  void Close(const Job& job);
  void Apply(const Job& job, Effect effect);

  const std::shared_ptr<const Reference> reference_;
  const Spoil spoil_;
  storage::MemoryStore store_;
  std::map<std::string, Person> persons_;
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_NEWBORN_TWO_PERSONS_H_
