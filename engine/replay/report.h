#ifndef YIJIE_ENGINE_REPLAY_REPORT_H_
#define YIJIE_ENGINE_REPLAY_REPORT_H_

// What a replay found: who pays how much as it was settled, and under the draft. Settlements that
// were reversed count in neither.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/fen.h"
#include "engine/replay/claim_result.h"

namespace yijie::engine {

// By what claims are grouped.
enum class Dimension : uint8_t { kScheme, kPersonType, kHospitalLevel, kBenefitKind, kArea };
inline constexpr size_t kDimensions = 5;

// The group of a claim in every dimension: a code of the national interface, or its beginning.
using ClaimGroups = std::array<std::string, kDimensions>;

// Claims and who pays them.
struct Tally {
  int64_t claims = 0;
  int64_t changed = 0;      // another outcome, or somebody pays another amount
  int64_t refused_now = 0;  // settled before, refused under the draft
  int64_t settled_now = 0;  // refused before, settled under the draft
  Paid stored, draft;

  void Add(const ClaimResult& stored_result, const ClaimResult& draft_result);
  Tally& operator+=(const Tally& other);
};

struct FundTally {
  int64_t claims = 0;  // to which the payer pays, before or under the draft
  Fen stored, draft;
};

struct PersonTally {
  std::string psn_no;
  Tally tally;

  // What the person pays more under the draft, account and cash, and gets less in benefits.
  Fen loss() const {
    return tally.draft.person() - tally.stored.person() + tally.stored.benefit -
           tally.draft.benefit;
  }
};

struct ReplayReport {
  int64_t persons = 0;   // with a record; not all have claims
  int64_t reversed = 0;  // settlements that were undone, in none of the tallies
  // Settlements of the history that another package text decided than the draft's; where it is the
  // same text, a difference comes from totals, the account, institutions or the catalogue.
  int64_t other_package = 0;
  // Some package of the draft has figures that no official text confirms.
  bool sample_data = false;
  Tally total;
  std::array<std::map<std::string, Tally, std::less<>>, kDimensions> groups;
  std::map<std::string, FundTally, std::less<>> funds;           // by fund_pay_type
  std::map<std::string, FundTally, std::less<>> benefits;        // alike; "" the employer
  std::map<yijie::v1::Outcome, int64_t> refused_now_by_outcome;  // of Tally::refused_now
  std::vector<PersonTally> losers;  // most loss first, then by psn_no; those with a loss only

  // Over every claim of every person, reversed ones too: SHA-256 of the digest so far and the
  // person's digest, persons in the order of their numbers. Does not depend on the number of
  // threads.
  Digest hash{};

  // Work of all threads together.
  int64_t history_ns = 0;  // parsing or generating the history
  int64_t settle_ns = 0;   // settling it again, comparing

  Tally& Group(Dimension dimension, absl::string_view key);
  // Adds a claim that stands to all tallies but that of the person.
  void Add(const ClaimGroups& of, const ClaimResult& stored, const ClaimResult& draft);
  void AddLoser(PersonTally person, size_t most);
  // The digest of the next person in order.
  void ChainHash(const Digest& person);
  // Everything of `part` but its hash.
  void Merge(ReplayReport part, size_t most_losers);
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REPLAY_REPORT_H_
