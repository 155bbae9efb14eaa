#ifndef YIJIE_ENGINE_AUDIT_AUDIT_H_
#define YIJIE_ENGINE_AUDIT_AUDIT_H_

// Checks that the ledger in a store adds up: every version of every person, every message entry.
// Shares no code with what writes the ledger. Read-only; takes one pass over the versions and one
// over the messages, and memory for the history of one person.
//
// What must hold:
//   versions     1, 2, 3, ... without gaps
//   journal      the lines of an event add up to 0
//   balances     sub-balances of a state = fold of PERSONAL_ACCOUNT lines; never negative
//   accumulators of a state = fold of deltas; sorted, none of them 0
//   account      acts on it post what belongs to them; interest is on the balances of the journal;
//                this year's money of before a turn of the year goes back to past years'
//   facts        change only when facts are loaded or amended
//   reversals    negate journal and deltas of one settlement, which was not reversed before; the
//                list in the state is the fold of them. The correction of a settlement whose claim
//                is refused now may leave the institution what it was owed, owed by the person
//   payouts      as audit_payouts.h says; the rows of due payouts and of allowances are those
//                of the newest states
//   replies      a settlement's amounts keep the identities of settlement.proto and are what the
//                journal says; balances and version in a reply are those of the state
//   messages     every settlement, reversal and credit has one message entry, every entry leads to
//                the version it names, and the digest of an entry is that of the request
//   family       payments over two persons, engine/family/family_audit.h
//   newborns     bills that were re-pointed, engine/newborn/newborn_audit.h
//   policies     the package of every settlement is in the archive, by its hash

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/store.h"

namespace yijie::engine {

struct AuditFinding {
  std::string psn_no;   // empty for a message that names no person
  int64_t version = 0;  // 0 if it concerns no version
  std::string what;     // without names and certificate numbers
};

struct AuditReport {
  static constexpr size_t kMaxListed = 100;

  int64_t persons = 0;
  int64_t versions = 0;
  int64_t facts_loaded = 0;  // events by kind
  int64_t credited = 0;
  int64_t account_acts = 0;
  int64_t settled = 0;
  int64_t reversed = 0;
  int64_t messages = 0;
  // Settlements' parts that relatives' accounts paid; steps of such payments that are still to be
  // carried out, which is no defect.
  int64_t family_payments = 0;
  int64_t open_holds = 0;
  int64_t open_refunds = 0;
  // Bills re-pointed to newborns; those that left and did not arrive yet, which is no defect.
  int64_t repointed = 0;
  int64_t open_departures = 0;
  int64_t finding_count = 0;
  std::vector<AuditFinding> findings;  // the first kMaxListed

  bool clean() const { return finding_count == 0; }
  void Add(absl::string_view psn_no, int64_t version, absl::string_view what);
};

// Keys of all rows of a table.
absl::StatusOr<std::set<std::string>> RowKeys(storage::StoreReader& store, absl::string_view table);

// Fails only if the store cannot be read.
absl::StatusOr<AuditReport> AuditLedger(storage::Store& store);

// True if the store can be read and the audit finds nothing.
bool IsLedgerClean(storage::Store& store);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_AUDIT_AUDIT_H_
