#ifndef YIJIE_ENGINE_AUDIT_AUDIT_PAYOUTS_H_
#define YIJIE_ENGINE_AUDIT_AUDIT_PAYOUTS_H_

// The part of the audit that looks at the payouts of one person. Shares no code with engine/payout.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {

// What must hold after every version:
//   payouts      go on only as yijie.v1.PayoutState says, by a payout event; what is to be paid, to
//                whom and why never changes; at most one attempt is open or paid, and it is the
//                last
//   ledger       BENEFIT_PAYABLE of the person = payouts that are not paid and not cancelled; BANK
//   by
//                account of the agency = payouts that are paid, those no longer kept included
//   debts        less what waits to be instructed = PERSON_CLEARING, apart from corrections made
//                before these were settled up; looked at when a payout event has completed what a
//                settlement or an undo began
//   payee        a payout goes to an account of the insured, or of the payee it names
//   filed once   no two claims that stand have one receipt of one institution
class PayoutAudit {
 public:
  using Sink = std::function<void(absl::string_view what)>;

  PayoutAudit(std::string psn_no, Sink add) : psn_no_(std::move(psn_no)), add_(std::move(add)) {}

  // Versions come in order. The state is then taken for the truth.
  void Check(const store::v1::PersonEvent& event, const store::v1::PersonPayouts& payouts);

  // Keys of the rows of due payouts that the newest state stands for.
  std::set<std::string> DueKeys() const;
  bool HasSchedule() const { return last_.schedule_size() > 0; }

 private:
  void Fold(const store::v1::PersonEvent& event);
  void CheckMoves(const store::v1::PersonEvent& event, const store::v1::PersonPayouts& payouts);
  void CheckPayout(const yijie::v1::Payout& before, const yijie::v1::Payout& after);
  void CheckAttempts(const yijie::v1::Payout& payout);
  void CompareLedger();
  void CompareDebts(const store::v1::PersonPayouts& payouts);
  void CheckFiledOnce(const store::v1::PersonPayouts& payouts);

  const std::string psn_no_;
  const Sink add_;
  absl::int128 payable_ = 0;                       // lines of BENEFIT_PAYABLE
  absl::int128 clearing_ = 0;                      // of PERSON_CLEARING, as above
  std::map<std::string, absl::int128> bank_;       // of BANK, by account
  std::map<std::string, yijie::v1::Payout> seen_;  // by id, as they were last
  std::set<int64_t> filed_;                        // versions of claims filed with the agency
  int64_t version_ = 0;
  store::v1::PersonPayouts last_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_AUDIT_AUDIT_PAYOUTS_H_
