#ifndef YIJIE_ENGINE_CORRECTION_REPLAY_HISTORY_H_
#define YIJIE_ENGINE_CORRECTION_REPLAY_HISTORY_H_

// What the settlements of a person would have been, had other facts been known on time.
//
// Every claim that was ever settled is evaluated again at its own place in the history, as of its
// own moment, with the account and the running totals that those before it would have left. Claims
// that were undone count until they were; claims that were refused stay refused, also those that an
// earlier correction refused. Other movements of the account are taken as they were. A bill that
// left the person for a newborn never was; one that arrived has its place where it came in first.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/transactions.h"
#include "storage/store.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// A claim of the past and what it comes to now.
struct ReplayedClaim {
  SettledRecord record;  // the newest settlement of the claim: the first, or its last correction
  yijie::v1::Claim claim;
  bool stands = false;       // `record` was not undone
  int64_t came_unix_ms = 0;  // ClaimCameAt
  // The account year was turned since: this year's money of then is past years' now.
  bool turned_since = false;

  // Without id; the balances and the moment in it are those the claim would have had.
  yijie::v1::Settlement settlement;
  // If it settles:
  const rules::Program* program = nullptr;  // of the Reference
  std::string admdvs;                       // insured area
  std::array<Fen, rules::kSubAccounts> account_paid{};
  std::vector<rules::AccumulatorEntry> deltas;
  std::optional<FiledClaim> filed;

  bool settles() const { return settlement.outcome() == yijie::v1::SETTLED; }
};

// `versions`: the history of a person, all of it, oldest first; may be empty. The claims are in the
// order in which they were first settled. DATA_LOSS if a record cannot be read; NOT_FOUND if the
// institution of a claim is not known any more.
absl::StatusOr<std::vector<ReplayedClaim>> ReplayHistory(
    const Reference& reference, absl::Span<const storage::PersonVersion> versions,
    std::shared_ptr<const yijie::v1::PersonFacts> facts);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CORRECTION_REPLAY_HISTORY_H_
