#ifndef YIJIE_ENGINE_AUDIT_AUDIT_PERSON_H_
#define YIJIE_ENGINE_AUDIT_AUDIT_PERSON_H_

// The part of the audit that looks at one person: folds the events and compares every state.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "engine/audit/audit.h"
#include "engine/audit/audit_account.h"
#include "engine/audit/audit_payouts.h"
#include "engine/audit/audit_reply.h"
#include "engine/registration/registration_audit.h"
#include "storage/store.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// Sums are 128 bits wide: damaged records must be reported, not overflow.
class PersonAudit {
 public:
  // `report` takes the findings and outlives this object.
  PersonAudit(absl::string_view psn_no, AuditReport& report)
      : psn_no_(psn_no),
        report_(report),
        payouts_(psn_no_, [this](absl::string_view what) { Add(what); }) {}
  PersonAudit(const PersonAudit&) = delete;
  PersonAudit& operator=(const PersonAudit&) = delete;

  const std::string& psn_no() const { return psn_no_; }
  const PayoutAudit& payouts() const { return payouts_; }

  // Versions come in order. The event, if it can be read. A state that is not the fold is reported
  // and then taken for the truth, so that one defect is one finding.
  std::optional<store::v1::PersonEvent> Check(const storage::PersonVersion& version);

 private:
  using SubBalances = std::map<int, absl::int128>;  // by v1::SubAccount
  using AccumulatorKey = std::tuple<std::string, std::string, std::string, std::string>;
  using Accumulators = std::map<AccumulatorKey, absl::int128>;  // those that are not 0

  // What a settlement did, to compare its reversal with.
  struct Settlement {
    store::v1::PersonEvent event;  // journal, delta, what; without request and reply
    MoneyOfReply money;
  };

  void Add(absl::string_view what) { report_.Add(psn_no_, version_, what); }
  void CheckVersion(int64_t version);
  void FoldJournal(const store::v1::PersonEvent& event);
  void FoldDeltas(const store::v1::PersonEvent& event);
  void CheckKind(const store::v1::PersonEvent& event, absl::int128 balance_before);
  void CheckReversal(const store::v1::PersonEvent& event, absl::int128 balance_before);
  void CheckRemainder(const store::v1::PersonEvent& event);
  void CheckSettlementId(const std::string& setl_id);
  void CompareFacts(const store::v1::PersonState& state, bool may_change);
  void CompareCards(const store::v1::PersonState& state, bool may_change);
  void CompareBalances(const store::v1::PersonState& state);
  void CompareAccumulators(const store::v1::PersonState& state);
  void CompareReversed(const store::v1::PersonState& state);
  // Folds on from what the state says.
  void AdoptState(const store::v1::PersonState& state);
  absl::int128 Balance() const;

  const std::string psn_no_;
  AuditReport& report_;
  int64_t version_ = 0;
  std::string facts_;  // of the version before, serialized
  std::string cards_;  // likewise
  AccountAudit account_;
  SubBalances balances_;
  Accumulators accumulators_;
  std::map<int64_t, int64_t> reversed_by_;     // version of a settlement -> of its reversal
  std::map<int64_t, Settlement> settlements_;  // by version
  std::map<std::string, int64_t> setl_ids_;    // -> version
  PayoutAudit payouts_;
  RegistrationAudit registrations_;
  int64_t refund_of_ = 0;  // settlement the version before undid for a refund of lines
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_AUDIT_AUDIT_PERSON_H_
