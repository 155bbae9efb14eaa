#ifndef YIJIE_ENGINE_FAMILY_FAMILY_AUDIT_H_
#define YIJIE_ENGINE_FAMILY_FAMILY_AUDIT_H_

// The part of the audit that looks at payments over two persons (个人账户共济). Shares no code with
// what makes them.
//
// What must hold:
//   state     open holds, totals and owed refunds are the fold of the events;
//             bonds change only when a bond is changed
//   journal   of each step: what leaves or enters the account enters or leaves FAMILY_CLEARING
//   payments  a hold is used by one settlement at most, of the message it was taken for, and
//             when it is closed that settlement's part is what was used: so FAMILY_CLEARING of
//             both persons adds up to 0. What an undone settlement used is refunded once, exactly
//   rows      a person has a row of open steps if and only if its newest state has any; a row of
//             givers stands for each bond, and no other
// Open holds and refunds are counted; they are no defect.
//
// Takes memory for every payment of the ledger, about 200 bytes each.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/audit/audit.h"
#include "storage/store.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {

class FamilyAudit {
 public:
  // `report` takes the findings and outlives this object.
  explicit FamilyAudit(AuditReport& report) : report_(report) {}

  // Versions come as the ledger has them: those of a person one after the other, in order. `state`
  // as it was stored with `event`.
  void Add(absl::string_view psn_no, int64_t version, const store::v1::PersonState& state,
           const store::v1::PersonEvent& event);

  // After the last version. Fails only if the store cannot be read.
  absl::Status Finish(storage::StoreReader& store);

 private:
  // A payment by its hold, from both sides.
  struct Payment {
    bool held = false;
    std::string member;
    std::string message;  // of the settlement: institution and id
    int64_t taken = 0;
    bool closed = false;
    int64_t used = 0;
    int uses = 0;      // settlements that used it
    int64_t part = 0;  // what they say they used
    bool undone = false;
    int refunds = 0;
    int64_t refunded = 0;
    bool ended = false;
  };
  using PaymentKey = std::pair<std::string, int64_t>;  // giver and version of the hold
  using Parts = std::vector<store::v1::FamilyPart>;

  // The fold of one person.
  struct Folded {
    std::string psn_no;
    std::map<int64_t, store::v1::FamilyHold> taken;                // all of them
    std::set<int64_t> open;                                        // of `taken`
    std::map<std::pair<std::string, std::string>, int64_t> total;  // by relative and year
    std::map<int64_t, Parts> parts;                                // of settlements, by version
    std::set<PaymentKey> owed;
    std::string bonds;
    int64_t turned_version = 0;  // the last turn of the account year
    store::v1::PersonFamily newest;
  };

  void Begin(absl::string_view psn_no);
  void EndPerson();
  void FoldSettled(const store::v1::PersonEvent& event);
  void FoldReversed(const store::v1::PersonEvent& event);
  void FoldFamily(const store::v1::PersonEvent& event);
  void FoldHeld(const store::v1::PersonEvent& event);
  void FoldClosed(const store::v1::PersonEvent& event);
  void FoldRefunded(const store::v1::PersonEvent& event);
  void FoldRefundEnded(const store::v1::PersonEvent& event);
  void CompareState(const store::v1::PersonFamily& family, bool bonds_may_change);
  void CheckMoved(const store::v1::PersonEvent& event, int64_t hold_version,
                  const std::string& member, int64_t current, int64_t past);
  void CheckPayment(const PaymentKey& key, const Payment& payment);
  void Found(absl::string_view what) { report_.Add(person_.psn_no, version_, what); }

  AuditReport& report_;
  Folded person_;
  int64_t version_ = 0;
  std::map<PaymentKey, Payment> payments_;
  std::set<std::string> open_persons_;
  std::set<std::string> giver_keys_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_FAMILY_FAMILY_AUDIT_H_
