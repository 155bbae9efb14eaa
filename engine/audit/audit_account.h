#ifndef YIJIE_ENGINE_AUDIT_AUDIT_ACCOUNT_H_
#define YIJIE_ENGINE_AUDIT_AUDIT_ACCOUNT_H_

// The part of the audit that looks at what happens to a personal account beside settlements: acts
// of AccountService and turns of the year. Shares no code with what books them.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "engine/audit/audit_reply.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {

// Of one person. What must hold:
//   journal   an act posts to the accounts of the ledger that belong to it, in their direction
//   undo      negates one credit or payment that was not undone before; this year's money of before
//             a turn counts as past years'
//   interest  is the balance of all days it covers, at the rate it names, rounded half up
//   end       leaves nothing in the account
//   state     of the account changes by these events only, and says which were undone and turned
class AccountAudit {
 public:
  // Before the balances of `context.event` are compared; any event, in order.
  void Check(const ReplyContext& context, const FindingSink& add);

  // The state after an event. One that is not the fold is reported and then taken for the truth.
  void CompareState(const store::v1::PersonState& state, const store::v1::PersonEvent& event,
                    const FindingSink& add);

  // The version of the last turn of the year; 0 if there was none.
  int64_t turned_version() const { return turned_version_; }

 private:
  void CheckTurn(const ReplyContext& context, const FindingSink& add);
  void CheckUndo(const ReplyContext& context, const FindingSink& add);
  void CheckJournal(const ReplyContext& context, const FindingSink& add) const;
  void CheckInterest(const store::v1::PersonEvent& event, const FindingSink& add) const;
  void Remember(const ReplyContext& context);

  // A change of the whole balance and the day from which it bears interest.
  struct Change {
    int32_t day = 0;
    absl::int128 amount;
  };

  std::vector<Change> changes_;
  std::map<int64_t, store::v1::PersonEvent> undoable_;  // journal and delta, by version
  std::set<int64_t> undone_;
  int64_t turned_version_ = 0;
  std::string year_begins_;
  std::string account_;  // state of the version before, serialized
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_AUDIT_AUDIT_ACCOUNT_H_
