#ifndef YIJIE_ENGINE_PAYOUT_DUES_H_
#define YIJIE_ENGINE_PAYOUT_DUES_H_

// What funds owe a person beside what they pay to institutions: benefits beside a bill
// (津贴、补助), and what corrections, refunds and undos give (补支) or take back (追回).
//
// Settlements and undos leave it in PERSON_CLEARING. One version at the end of the same commit
// settles up: what is owed to the person becomes payouts, or waits in `due` for an account; what is
// taken back is taken from what waits, then from payouts that were not sent, and the rest is a
// debt. So after every commit
//   PERSON_CLEARING of the person = debts - dues.
// Functions without I/O, clock or threads.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/payout/make_payouts.h"
#include "engine/payout/posting.h"
#include "engine/reference.h"
#include "yijie/store/v1/payout.pb.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/payout.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// What a commit changes in PERSON_CLEARING by one claim, with the opposite sign: above 0 it is
// owed to the person, below 0 taken back.
struct DueChange {
  std::string claim_id;  // id of the first settlement of the claim
  yijie::v1::PayoutKind kind = yijie::v1::PAYOUT_SUPPLEMENT;
  std::string label;
  std::string fund_pay_type;  // of an amount above 0
  Fen amount;
};

// The claim that a settlement belongs to: corrections and remainders of refunds stay in it.
const std::string& ClaimIdOf(const store::v1::SettledEvent& settled);

// The claim was first settled when benefits of a bill at the counter were told and not journalled.
bool BenefitsAreToldOnly(const store::v1::SettledEvent& settled);

// What an event leaves owed to the person in PERSON_CLEARING; below 0: owed by the person.
Fen OwedToPerson(const store::v1::PersonEvent& event);

// The benefits that funds owe beside the bill.
std::vector<DueChange> DuesOfSettlement(const yijie::v1::Settlement& settlement);

// The undo of a settlement, by the event of that.
std::vector<DueChange> DuesOfUndo(const store::v1::PersonEvent& original);

// A claim that was `before` and is `after`, none if it is refused now: `owed` in all, spread over
// the funds that pay more than before, then the personal account if it pays more; the rest, which
// was recovered before, comes from the fund that pays most.
std::vector<DueChange> DuesOfCorrection(const std::string& claim_id,
                                        const yijie::v1::Settlement& before,
                                        const yijie::v1::Settlement* after, Fen owed);

// A state of payouts on its way to the version that settles up.
struct SettlingUp {
  store::v1::PersonPayouts after;
  std::vector<Posting> journal;
  std::vector<yijie::v1::Payout> cancelled;
  std::vector<yijie::v1::Payout> made;
  std::vector<yijie::v1::BenefitDebt> debts;  // that arose, as parts of those in `after`
};

// Cancels payouts of the claim that were not sent or came back, newest first, until `amount` is
// met; what of them is owed still waits again. Gives what is not met.
Fen CancelOfClaim(const std::string& claim_id, Fen amount, SettlingUp* out);

// A debt in `out`, payouts of whose claim came back, is met with these. What is left of it stays as
// old as it is: the oldest debt is taken back first.
void MeetDebt(const yijie::v1::BenefitDebt& debt, SettlingUp* out);

// `amount`, above 0, is not owed for the claim any more: it is taken from what waits, then from
// payouts that were not sent, and the rest is a debt from today on.
void TakeBackDue(const std::string& claim_id, Fen amount, const Moment& now, SettlingUp* out);

// Takes back first, then gives: a debt of the same claim shrinks, and the rest waits.
void ApplyDueChanges(const std::vector<DueChange>& changes, const Moment& now, SettlingUp* out);

// Makes payouts to `payee` of all that waits and has an account of the agency to be paid from, as
// far as there is room. `terms` are those of the commit; its debts are not looked at.
absl::Status InstructWaiting(PayoutTerms terms, SettlingUp* out);

// The same, if the person lives and has an account today.
absl::Status InstructIfPayable(const Reference& reference, const Person& person, const Moment& now,
                               SettlingUp* out);

// The id under which payouts of the version after `person` are numbered; `source` is the claim or
// schedule of one of them.
std::string PayoutCommitId(const std::string& source, const Person& person, const Moment& now);

// Adds to `effect`, if it moves, the version in which the payouts of the person are `up`.
absl::StatusOr<Effect> WithPayouts(const yijie::v1::MessageHeader& header,
                                   store::v1::PayoutEvent::Kind kind, SettlingUp up,
                                   const Moment& now, Effect effect);

// Adds to `effect`, if it moves, the version that settles up `changes`; none if they are empty.
absl::StatusOr<Effect> SettleUp(const Reference& reference, const yijie::v1::MessageHeader& header,
                                const std::vector<DueChange>& changes, const Moment& now,
                                absl::StatusOr<Effect> effect);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_DUES_H_
