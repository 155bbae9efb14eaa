#ifndef YIJIE_ENGINE_REPLAY_TRACK_H_
#define YIJIE_ENGINE_REPLAY_TRACK_H_

// One person's running state under one set of policies: what their facts, account and totals would
// be, had these policies decided every claim. It does to the person what the transactions do
// (engine/transactions.cc), without journal, reply and store.

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/fen.h"
#include "engine/claim_input.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/replay/claim_result.h"
#include "rules/decision.h"
#include "yijie/v1/claim.pb.h"

namespace yijie::engine {

// Not thread-safe. Memory is kept from person to person.
class Track {
 public:
  // `reference` outlives the track.
  explicit Track(const Reference& reference) : reference_(reference) {}

  // A person without facts, money or history.
  void Begin();

  // The calls of a person come in the order of the commits.
  void SetFacts(std::shared_ptr<const yijie::v1::PersonFacts> facts);
  // A negative amount leaves the account; one that holds less gives all it has.
  void Credit(rules::SubAccount sub_account, Fen amount);
  // Whether it may be used: frozen, ended.
  void SetAccount(const store::v1::PersonAccount& account);
  // For care elsewhere (异地就医备案), as they are known now.
  void SetRegistrations(const store::v1::PersonRegistrations& registrations);
  // This year's money becomes past years'.
  void TurnYear();
  // `claim` passed CheckClaim. An institution that is not in the reference is a refusal:
  // INSTITUTION_NOT_IN_FORCE. `version` names the commit; versions rise. `received` is the day the
  // claim came in. Relatives' accounts pay at most `family_offered`.
  ClaimResult Settle(int64_t version, absl::string_view fixmedins_code,
                     const yijie::v1::Claim& claim, Date received, Fen family_offered = Fen());
  // Undoes what Settle did at `version`: from now on it counts for nothing. A claim that was
  // refused has nothing to undo.
  void Reverse(int64_t version);

  const Person& person() const { return person_; }

 private:
  // What a settlement changed.
  struct Change {
    int64_t version = 0;
    std::array<Fen, rules::kSubAccounts> account_paid{};
    std::vector<rules::AccumulatorEntry> deltas;
  };

  const Reference& reference_;
  Person person_;
  std::vector<Change> changes_;  // those of this person first: `change_count_`
  size_t change_count_ = 0;
  ClaimInput input_;
  rules::Decision decision_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_TRACK_H_
