#ifndef YIJIE_ENGINE_PERSON_H_
#define YIJIE_ENGINE_PERSON_H_

// A person as the engine works on it: facts, account and running totals at one version.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "base/fen.h"
#include "rules/decision.h"
#include "storage/store.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

struct Person {
  int64_t version = 0;
  std::shared_ptr<const yijie::v1::PersonFacts> facts;  // shared by the versions between two loads
  std::array<Fen, rules::kSubAccounts> account{};       // by rules::SubAccount
  std::vector<rules::AccumulatorEntry> accumulators;    // none is 0
  std::vector<yijie::store::v1::ReversedSettlement> reversed;
  // What the state holds beside the fields above (cards, stays, payouts, ...), which are left empty
  // in it. Never null; shared by the versions that do not change it. At first the one empty state
  // of the process: a person without records is made for every message, and needs none of its own.
  std::shared_ptr<const yijie::store::v1::PersonState> rest{
      std::shared_ptr<void>(), &yijie::store::v1::PersonState::default_instance()};

  Fen balance() const { return account[0] + account[1]; }
  // The commit that undid the settlement of `settled_version`; 0 if it stands.
  int64_t ReversedBy(int64_t settled_version) const;
  // Adds to running totals; totals that come to 0 are dropped.
  void Add(absl::Span<const rules::AccumulatorEntry> deltas);
};

// A person without records: version 0, known by number only.
Person NewPerson(const std::string& psn_no);

// DATA_LOSS if the record cannot be read.
absl::StatusOr<Person> ParsePerson(const storage::PersonVersion& record);

// Why the version exists. DATA_LOSS if the record cannot be read.
absl::StatusOr<yijie::store::v1::PersonEvent> ParseEvent(const storage::PersonVersion& record);

// The bytes of yijie.store.v1.PersonState; the version is not in them.
std::string SerializeState(const Person& person);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PERSON_H_
