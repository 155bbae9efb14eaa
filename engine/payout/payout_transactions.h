#ifndef YIJIE_ENGINE_PAYOUT_PAYOUT_TRANSACTIONS_H_
#define YIJIE_ENGINE_PAYOUT_PAYOUT_TRANSACTIONS_H_

// What the calls of PayoutService do to a person, beside claims (offline_claims.h), as functions:
// no I/O, no clock, no threads.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/payout/bank_account.h"
#include "engine/payout/dues.h"
#include "engine/payout/make_payouts.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// The contract of all: the request passed the checks of its call, `request_bytes` is its
// deterministic serialisation, and `person` is at its newest version.

// What waited for an account is instructed with it.
absl::StatusOr<Effect> RegisterBankAccount(const Reference& reference,
                                           const yijie::v1::RegisterBankAccountRequest& request,
                                           const std::string& request_bytes, const Person& person,
                                           const Moment& now);

absl::StatusOr<Effect> StopAllowance(const yijie::v1::StopAllowanceRequest& request,
                                     const std::string& request_bytes, const Person& person,
                                     const Moment& now);

absl::StatusOr<Effect> MakeDuePayouts(const Reference& reference,
                                      const yijie::v1::MakeDuePayoutsRequest& request,
                                      const std::string& request_bytes, const Person& person,
                                      const Moment& now);

// `payout_ids`: those of the person that were due when the file was opened.
absl::StatusOr<Effect> PutPayoutsInFile(const yijie::v1::PaymentFile& file,
                                        const std::vector<std::string>& payout_ids,
                                        const yijie::v1::PutPayoutsInFileRequest& request,
                                        const std::string& request_bytes, const Person& person,
                                        const Moment& now);

absl::StatusOr<Effect> ApplyPayoutStatus(const yijie::v1::ApplyPayoutStatusRequest& request,
                                         const std::string& request_bytes, const Person& person,
                                         const Moment& now);

absl::StatusOr<Effect> ReissuePayout(const yijie::v1::ReissuePayoutRequest& request,
                                     const std::string& request_bytes, const Person& person,
                                     const Moment& now);

absl::StatusOr<Effect> InstructDues(const Reference& reference,
                                    const yijie::v1::InstructDuesRequest& request,
                                    const std::string& request_bytes, const Person& person,
                                    const Moment& now);

yijie::v1::GetPayoutsResponse GetPayouts(const Person& person);

// --- Shared with claims

// The account a payout made today is paid to, and whether it belongs to the person.
struct Payee {
  const yijie::v1::BankAccount* account = nullptr;  // of the person's state; nullptr: none
  BankAccountMatch match;
};
Payee PayeeOf(const Person& person, Date today);

// Terms of payouts to `payee`, due on `now`'s day, that are numbered under `commit_id`.
PayoutTerms TermsOf(const Reference& reference, const Person& person, const Payee& payee,
                    const std::string& commit_id, const Moment& now);

// The version of a call of PayoutService in which the payouts of the person are `up`.
absl::StatusOr<Effect> BookPayoutCall(store::v1::PayoutEvent::Kind kind,
                                      const yijie::v1::MessageHeader& header,
                                      const std::string& request_bytes, SettlingUp up,
                                      std::string reply, int outcome, const Person& person,
                                      const Moment& now);

// Puts the event and the state of payouts into `booking`.
void BookPayouts(store::v1::PayoutEvent::Kind kind, store::v1::PersonPayouts payouts,
                 const Moment& now, Booking* booking);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_PAYOUT_TRANSACTIONS_H_
