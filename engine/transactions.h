#ifndef YIJIE_ENGINE_TRANSACTIONS_H_
#define YIJIE_ENGINE_TRANSACTIONS_H_

// What the calls of SettlementService do to a person, as functions from reference, request, person
// and moment to reply and next state. No I/O, no clock, no threads; the lanes run them, and so can
// a simulator.

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/booking.h"
#include "engine/books/clearing_terms.h"
#include "engine/claim_input.h"
#include "engine/entitlement.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// A settlement and why it exists, from a PersonEvent that settled.
struct SettledRecord {
  int64_t version = 0;
  yijie::store::v1::PersonEvent event;
};

// When the claim of a settlement came in, as it is judged: what is left after a refund of lines,
// and a bill that was re-pointed, as of the first settlement. `event` is that of no correction.
int64_t ClaimCameAt(const yijie::store::v1::PersonEvent& event);

// The settlement as it was answered, from the event of one. DATA_LOSS if it cannot be read.
absl::StatusOr<yijie::v1::Settlement> StoredSettlement(const yijie::store::v1::PersonEvent& event);

// The contract of all: the request passed the checks of validate.h, `request_bytes` is its
// deterministic serialisation, and `person` is at its newest version. Errors are gRPC statuses for
// the caller and change nothing.

absl::StatusOr<yijie::v1::Settlement> PreSettle(const Reference& reference,
                                                const yijie::v1::PreSettleRequest& request,
                                                const Person& person, const Moment& now);

absl::StatusOr<Effect> Settle(const Reference& reference, const yijie::v1::SettleRequest& request,
                              const std::string& request_bytes, const Person& person,
                              const Moment& now, const FamilyMoney* family = nullptr);

// Changes what a settlement changes beside money and totals; its event and its reply are complete
// but for what this adds.
using SettlementChange = std::function<void(yijie::v1::Settlement*, Booking*)>;

// What every settlement by message comes to, whatever message brought the claim. `change` is called
// if it settles. `family` is what relatives' accounts were asked for; while it is null, a claim
// that they could pay a part of comes to a FamilyPlan that says how much.
absl::StatusOr<Effect> SettleClaim(const Reference& reference,
                                   const yijie::v1::MessageHeader& header,
                                   const yijie::v1::Claim& claim,
                                   const yijie::v1::Credential* credential,
                                   const std::string& request_bytes, const Person& person,
                                   const Moment& now, const SettlementChange& change,
                                   const FamilyMoney* family = nullptr);

// The answer to a Settle whose id was closed before it arrived, at `closed`.
std::string ReplyToClosedSettle(const yijie::v1::SettleRequest& request, const Moment& closed);

// Undoes `original`. `later` are the versions of the person after it, oldest first, all of them;
// where the original is a correction, after the settlement that it corrects first of all, or more.
// Where the agency undoes, `agency_reason` says why and `header` is the agency's.
absl::StatusOr<Effect> Reverse(const yijie::v1::MessageHeader& header,
                               const std::string& request_bytes, const SettledRecord& original,
                               const std::vector<storage::PersonVersion>& later,
                               const Person& person, const Moment& now,
                               absl::string_view agency_reason = "");

// The settlement that must be undone before `original`, for it counted on totals of it or is of a
// later part of the same stay; its id is empty if there is none.
struct LaterSettlement {
  std::string setl_id;
  std::string reason;  // in Chinese
};
absl::StatusOr<LaterSettlement> FindLaterSettlement(
    const SettledRecord& original, const std::vector<storage::PersonVersion>& later,
    const Person& person);

// The settlement of the lines that remained, if the undo of version `reversed_by`, one of `later`,
// was part of a refund of lines; empty otherwise.
absl::StatusOr<std::string> RemainderAfter(int64_t reversed_by,
                                           const std::vector<storage::PersonVersion>& later);

// The answer to an undo that is refused; `later_setl_id` names what stands in its way, if anything
// does.
Effect RefuseReversal(yijie::v1::ReverseOutcome outcome, absl::string_view reason,
                      const std::string& later_setl_id, const SettledRecord& original,
                      const Person& person, const Moment& now);

absl::StatusOr<Effect> Credit(const yijie::v1::CreditAccountRequest& request,
                              const std::string& request_bytes, const Person& person,
                              const Moment& now);

// --- What settling and undoing are made of, for calls that do several at once

// Evaluates `claim` for `person` as it came in at `now`, and describes the answer. `decision` is
// set if `out` says SETTLED. `field` is where the request names the institution; `counter` is null
// where no credential is asked for. `input` points into `person`. Relatives' accounts pay at most
// `family_offered`.
absl::Status EvaluateClaim(const Reference& reference, absl::string_view field,
                           const std::string& fixmedins_code, const yijie::v1::Claim& claim,
                           const CounterMessage* counter, const Person& person, const Moment& now,
                           ClaimInput* input, rules::Decision* decision, yijie::v1::Settlement* out,
                           Fen family_offered = Fen());

// The same for a claim of the institution of `care`, wherever it is. One of another place may be a
// day ahead of `came`, as its clock may be.
absl::Status EvaluateClaimAt(const Reference& reference, const CareSide& care,
                             const yijie::v1::Claim& claim, const CounterMessage* counter,
                             const Person& person, const Moment& came, ClaimInput* input,
                             rules::Decision* decision, yijie::v1::Settlement* out,
                             Fen family_offered = Fen());

// What the trail of refused acts is to have of a settlement that was refused; nothing if whoever
// sent it had a right to.
std::optional<RefusedRight> RightRefusedBy(const yijie::v1::Settlement& refused);

// A claim that settles, beside what its settlement says.
struct ClaimMoves {
  absl::string_view policy;  // id of the package
  absl::string_view policy_hash;
  absl::string_view admdvs;  // insured area
  std::array<Fen, rules::kSubAccounts> account_paid{};
  std::vector<store::v1::FamilyPart> family;  // what each relative's account paid
  absl::Span<const rules::AccumulatorEntry> deltas;
  ClearingTerms terms;  // with the institution, today
  // What the person had paid in cash before, if that is settled: the institution is owed the rest
  // only, and the difference to the cash of the settlement goes to PERSON_CLEARING.
  std::optional<Fen> cash_paid;
  std::optional<FiledClaim> filed;  // with the agency
  // A claim that was settled before benefits were journalled: they stay told only.
  bool benefits_told_only = false;
  // Of the first settlement of the claim; empty if this is the first.
  std::string claim_id;
  // Settled across areas: what funds and account pay is owed by, or to, that side.
  const store::v1::CrossPart* cross = nullptr;

  void SetPolicy(const rules::Program& program) {
    policy = program.id;
    policy_hash = {reinterpret_cast<const char*>(program.hash.data()), program.hash.size()};
  }
};

// The terms of the hold-back from an institution at `now`: those of its own area, as it is a matter
// of the agreement, whoever insures the person.
ClearingTerms TermsAt(const Reference& reference, absl::string_view fixmedins_code,
                      const Moment& now);

// Debits: what each fund spends, benefits included, and what the personal account pays. Credits:
// what is owed to the institution, what is held back from it, and to PERSON_CLEARING what is owed
// to the person; a later version of the commit settles that up (engine/payout/dues.h). Sets id and
// version of `settlement`, which EvaluateClaim described.
void BookSettlement(const ClaimMoves& moves, const Moment& now, yijie::v1::Settlement* settlement,
                    Booking* booking);

// The opposite of all that `original` did, and the answer that tells so.
absl::Status BookReversal(const SettledRecord& original, const Moment& now, Booking* booking,
                          yijie::v1::Reversal* reversal);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_TRANSACTIONS_H_
