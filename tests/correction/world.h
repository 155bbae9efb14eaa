#ifndef YIJIE_TESTS_CORRECTION_WORLD_H_
#define YIJIE_TESTS_CORRECTION_WORLD_H_

// One person in a store of its own, moved call by call without lanes.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/correction/replay_history.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "tests/memory_store.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// The book of engine_fixture.h and scheme 310, benefit kind 11, in two versions by the day of
// filing, until 2026-03-31 and from then on: deductible 200 (none for DIBAO), fund 60 % (80 % for
// DIBAO, 70 % and 90 % in the later version), 5 points more for the retired, up to the pool of
// 10,000 a year that kind 21 shares; then the account. Civil servants are excluded.
std::shared_ptr<const Reference> CorrectionReference();

// A person in all schemes whose facts pass every check.
v1::PersonFacts SoundFacts();

// What stands for ReplayHistory in an amendment.
using Replayer = std::function<absl::StatusOr<std::vector<ReplayedClaim>>(
    const Reference&, const std::vector<storage::PersonVersion>&,
    std::shared_ptr<const v1::PersonFacts>, const Moment&)>;

class World {
 public:
  // Enrols the person through AmendPerson.
  World(std::shared_ptr<const Reference> reference, const v1::PersonFacts& facts);

  v1::Settlement Settle(const v1::SettleRequest& request, const Moment& now);
  void Credit(const v1::CreditAccountRequest& request, const Moment& now);
  v1::Reversal Reverse(const std::string& msgid, const std::string& setl_id, const Moment& now);
  // By the call's own row, or with another replayer.
  v1::AmendPersonResponse Amend(const v1::PersonFacts& facts, const Moment& now);
  v1::AmendPersonResponse AmendWith(const Replayer& replayer, const v1::PersonFacts& facts,
                                    const Moment& now);

  const Person& person() const { return person_; }
  storage::MemoryStore& store() { return *store_; }
  std::vector<storage::PersonVersion> Versions();
  // Sum of an account of the ledger by subject, over all versions; none that is 0.
  std::map<std::string, int64_t> Ledger(store::v1::LedgerAccount account);
  // Running totals as text, in the order of records.
  std::string Totals() const;

 private:
  void Apply(Effect effect, const v1::MessageHeader& header, v1::Transaction transaction,
             const std::string& body);

  std::shared_ptr<const Reference> reference_;
  std::unique_ptr<storage::MemoryStore> store_;
  Person person_;
  int amendments_ = 0;
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_CORRECTION_WORLD_H_
