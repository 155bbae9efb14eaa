#include "engine/cross/attempt.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "engine/cross/cross_digest.h"
#include "engine/cross/visitor_bill.h"
#include "engine/settlement_id.h"
#include "engine/stored_day.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::CrossAttempt;

constexpr char kSeparator = '@';

// --- Attempts in the state

const CrossAttempt* FindAttempt(const Person& visitor, absl::string_view resv_id) {
  for (const CrossAttempt& attempt : visitor.rest->cross().open())
    if (attempt.resv_id() == resv_id) return &attempt;
  return nullptr;
}

CrossAttempt* Find(absl::string_view resv_id, Booking* booking) {
  for (CrossAttempt& attempt : *booking->state().mutable_cross()->mutable_open())
    if (attempt.resv_id() == resv_id) return &attempt;
  return nullptr;
}

// The row of the visitor is there as long as any attempt is.
void KeepRow(Booking* booking) {
  const bool open = !booking->state().cross().open().empty();
  booking->rows().push_back({std::string(kCrossOpenTable), booking->next().facts->psn_no(),
                             open ? std::optional<std::string>("") : std::nullopt});
}

void Drop(absl::string_view resv_id, Booking* booking) {
  store::v1::PersonState& state = booking->state();
  auto* open = state.mutable_cross()->mutable_open();
  open->erase(std::remove_if(
                  open->begin(), open->end(),
                  [resv_id](const CrossAttempt& attempt) { return attempt.resv_id() == resv_id; }),
              open->end());
  if (open->empty()) state.clear_cross();
  KeepRow(booking);
}

// The attempt is decided for: what the insured place is told from now on.
CrossAttempt Decide(const CrossAnswer& answer, absl::string_view setl_id,
                    const std::string& reserved_digest, Booking* booking) {
  CrossAttempt* attempt = Find(answer.attempt.resv_id(), booking);
  attempt->set_decision(store::v1::CROSS_CONFIRMED);
  attempt->set_setl_id(std::string(setl_id));
  attempt->set_clr_date(booking->event().clr_date());
  attempt->set_reserved_digest(reserved_digest);
  return *attempt;
}

store::v1::CrossPart PartOf(const CrossAttempt& attempt) {
  store::v1::CrossPart part;
  part.set_peer_admdvs(attempt.insuplc_admdvs());
  part.set_own_admdvs(attempt.admdvs());
  part.set_resv_id(attempt.resv_id());
  return part;
}

// An attempt that was decided against meanwhile cannot be decided for.
absl::Status CheckUndecided(const CrossAnswer& answer, const Person& visitor) {
  YIJIE_RETURN_IF_ERROR(answer.status);
  const CrossAttempt* attempt = FindAttempt(visitor, answer.attempt.resv_id());
  if (attempt != nullptr && attempt->decision() == store::v1::CROSS_UNDECIDED)
    return absl::OkStatus();
  return absl::AbortedError("the attempt was given up; not applied, send the same message again");
}

absl::Status CheckRoomForAttempt(const Person& visitor) {
  if (visitor.rest->cross().open_size() >= kMaxOpenAttempts) {
    return absl::ResourceExhaustedError(
        "too many settlements of this person wait for the insured place; not applied, send again "
        "later");
  }
  constexpr int64_t kVersionsToCome = 3;
  if (visitor.version <= kMaxVersion - kVersionsToCome) return absl::OkStatus();
  return absl::ResourceExhaustedError("claim.psn_no: the person has too many records");
}

CrossAttempt AttemptFor(const Reference& reference, const v1::MessageHeader& header,
                        v1::Transaction transaction, store::v1::CrossKind kind,
                        absl::string_view visitor_key, const std::string& insutype) {
  CrossAttempt attempt;
  attempt.set_kind(kind);
  attempt.set_admdvs(reference.own_areas.front());
  const size_t separator = visitor_key.find(kSeparator);
  attempt.set_psn_no(std::string(visitor_key.substr(0, separator)));
  attempt.set_insuplc_admdvs(std::string(visitor_key.substr(separator + 1)));
  attempt.set_fixmedins_code(header.fixmedins_code());
  attempt.set_transaction(transaction);
  attempt.set_msgid(header.msgid());
  attempt.set_insutype(insutype);
  return attempt;
}

// --- Settlements

// What the answer says of the message, whoever evaluated it.
void Describe(const v1::SettleRequest& request, const Moment& now, v1::Settlement* out) {
  DescribeBill(request.header().fixmedins_code(), request.claim(), now, out);
  out->set_medins_setl_id(request.header().msgid());
}

absl::StatusOr<Effect> PlanSettlement(const Reference& reference, const v1::SettleRequest& request,
                                      const Person& visitor, const Moment& now) {
  const v1::Claim& claim = request.claim();
  YIJIE_ASSIGN_OR_RETURN(const v1::Institution* institution,
                         InstitutionOfBill(reference, "header.fixmedins_code",
                                           request.header().fixmedins_code(), claim, now));
  v1::SettleResponse refusal;
  if (RefuseWithoutAgreement(*institution, claim, refusal.mutable_settlement())) {
    Describe(request, now, refusal.mutable_settlement());
    Effect effect = Answer(refusal.SerializeAsString(), v1::INSTITUTION_NOT_IN_FORCE);
    effect.refused = RightRefusedBy(refusal.settlement());
    return effect;
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForAttempt(visitor));
  Effect effect;
  CrossPlan& plan = effect.cross_plan.emplace();
  plan.attempt = AttemptFor(reference, request.header(), v1::SETTLE, store::v1::CROSS_SETTLE,
                            visitor.facts->psn_no(), claim.insutype());
  plan.reserve = std::make_shared<v1::ReserveRequest>();
  plan.reserve->set_medins_msgid(request.header().msgid());
  FillBill(reference, *institution, claim, plan.reserve.get());
  if (request.has_credential()) *plan.reserve->mutable_credential() = request.credential();
  return effect;
}

// The insured place refuses: the message has its answer, and the attempt is over.
Effect BookRefusal(std::string reply, int outcome, const v1::MessageHeader& header,
                   const std::string& request_bytes, const CrossAnswer& answer,
                   const Person& visitor, const Moment& now) {
  Booking booking(visitor, header, request_bytes, now);
  booking.event().mutable_cross()->set_refused(answer.attempt.resv_id());
  Drop(answer.attempt.resv_id(), &booking);
  return std::move(booking).Finish(std::move(reply), outcome);
}

absl::StatusOr<Effect> PlanUndo(const Reference& reference, const v1::MessageHeader& header,
                                v1::Transaction transaction, const SettledRecord& original,
                                const Person& visitor) {
  const store::v1::CrossPart& part = original.event.settled().cross();
  if (FindAttempt(visitor, part.resv_id()) != nullptr) {
    return absl::ResourceExhaustedError(
        "the insured place was not told of the settlement yet; not applied, send the same message "
        "again later");
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForAttempt(visitor));
  Effect effect;
  CrossPlan& plan = effect.cross_plan.emplace();
  plan.attempt = AttemptFor(reference, header, transaction, store::v1::CROSS_UNDO,
                            visitor.facts->psn_no(), original.event.settled().insutype());
  plan.undo = std::make_shared<v1::ReserveUndoRequest>();
  plan.undo->set_insuplc_admdvs(plan.attempt.insuplc_admdvs());
  plan.undo->set_psn_no(plan.attempt.psn_no());
  plan.undo->set_orig_resv_id(part.resv_id());
  plan.undo->set_insutype(plan.attempt.insutype());
  plan.attempt.set_orig_resv_id(part.resv_id());
  plan.undo->set_fixmedins_code(original.event.fixmedins_code());
  return effect;
}

}  // namespace

std::string VisitorKey(absl::string_view psn_no, absl::string_view insuplc_admdvs) {
  return absl::StrCat(psn_no, std::string(1, kSeparator), insuplc_admdvs);
}

bool IsVisitor(absl::string_view key) { return key.find(kSeparator) != absl::string_view::npos; }

absl::StatusOr<Effect> SettleAcross(const Reference& reference, const v1::SettleRequest& request,
                                    const std::string& request_bytes, const Person& visitor,
                                    const Moment& now, const CrossAnswer* answer) {
  if (answer == nullptr) return PlanSettlement(reference, request, visitor, now);
  YIJIE_RETURN_IF_ERROR(CheckUndecided(*answer, visitor));
  v1::SettleResponse response;
  v1::Settlement& settlement = *response.mutable_settlement();
  if (answer->reserved.outcome() != v1::RESERVED) {
    settlement = answer->reserved.settlement();
    Describe(request, now, &settlement);
    if (answer->reserved.outcome() == v1::PERSON_NOT_KNOWN) settlement.set_outcome(v1::NOT_INSURED);
    settlement.set_reason(answer->reserved.reason());
    Effect effect = BookRefusal(response.SerializeAsString(), settlement.outcome(),
                                request.header(), request_bytes, *answer, visitor, now);
    effect.refused = RightRefusedBy(settlement);
    return effect;
  }
  settlement = answer->reserved.settlement();
  Describe(request, now, &settlement);
  settlement.clear_benefit();  // the insured place owes them, and tells the person
  Booking booking(visitor, request.header(), request_bytes, now);
  store::v1::CrossPart part = PartOf(answer->attempt);
  ClaimMoves moves;
  moves.policy = settlement.explanation().policy();
  moves.admdvs = answer->attempt.insuplc_admdvs();
  moves.terms = TermsAt(reference, request.header().fixmedins_code(), now);
  moves.cross = &part;
  BookSettlement(moves, now, &settlement, &booking);
  booking.event().mutable_settled()->mutable_cross()->set_setl_id(settlement.setl_id());
  CrossAttempt decided = Decide(*answer, settlement.setl_id(), answer->reserved.digest(), &booking);
  Effect effect =
      std::move(booking).Finish(response.SerializeAsString(), v1::SETTLED, settlement.setl_id());
  effect.cross_tell = std::move(decided);
  return effect;
}

absl::StatusOr<Effect> UndoAcross(const Reference& reference, const v1::MessageHeader& header,
                                  v1::Transaction transaction, const std::string& request_bytes,
                                  const SettledRecord& original, const Person& visitor,
                                  const Moment& now, absl::string_view agency_reason,
                                  const CrossAnswer* answer) {
  if (answer == nullptr) return PlanUndo(reference, header, transaction, original, visitor);
  YIJIE_RETURN_IF_ERROR(CheckUndecided(*answer, visitor));
  if (answer->undo.outcome() != v1::REVERSED) {
    const Effect refusal = RefuseReversal(answer->undo.outcome(), answer->undo.reason(),
                                          answer->undo.later_setl_id(), original, visitor, now);
    return BookRefusal(refusal.reply, refusal.outcome, header, request_bytes, *answer, visitor,
                       now);
  }
  Booking booking(visitor, header, request_bytes, now);
  v1::ReverseResponse response;
  v1::Reversal& reversal = *response.mutable_reversal();
  YIJIE_RETURN_IF_ERROR(BookReversal(original, now, &booking, &reversal));
  store::v1::ReversedEvent& event = *booking.event().mutable_reversed();
  if (!agency_reason.empty()) {
    event.set_by_agency(true);
    event.set_agency_reason(std::string(agency_reason));
  }
  *event.mutable_cross() = PartOf(answer->attempt);
  event.mutable_cross()->set_setl_id(reversal.setl_id());
  CrossAttempt decided = Decide(*answer, reversal.setl_id(), answer->undo.digest(), &booking);
  Effect effect =
      std::move(booking).Finish(response.SerializeAsString(), v1::REVERSED, reversal.setl_id());
  effect.cross_tell = std::move(decided);
  return effect;
}

absl::StatusOr<Effect> BeginAttempt(const CrossAttempt& attempt, const Person& visitor,
                                    const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckRoomForAttempt(visitor));
  Booking booking(visitor, v1::MessageHeader(), "", now);
  const int64_t version = booking.next().version;
  CrossAttempt* begun = booking.state().mutable_cross()->add_open();
  *begun = attempt;
  begun->set_version(version);
  begun->set_resv_id(
      MakeSettlementId(attempt.insuplc_admdvs(), now.day, visitor.facts->psn_no(), version));
  booking.event().mutable_cross()->set_began(begun->resv_id());
  KeepRow(&booking);
  std::string reply = begun->SerializeAsString();
  return std::move(booking).Finish(std::move(reply), 0);
}

absl::StatusOr<Effect> CancelAttempt(absl::string_view resv_id, const Person& visitor,
                                     const Moment& now) {
  const CrossAttempt* open = FindAttempt(visitor, resv_id);
  if (open == nullptr) return Answer("", 0);
  if (open->decision() != store::v1::CROSS_UNDECIDED) return Answer(open->SerializeAsString(), 0);
  Booking booking(visitor, v1::MessageHeader(), "", now);
  CrossAttempt* attempt = Find(resv_id, &booking);
  attempt->set_decision(store::v1::CROSS_CANCELLED);
  booking.event().mutable_cross()->set_cancelled(std::string(resv_id));
  CrossAttempt decided = *attempt;
  Effect effect = std::move(booking).Finish(decided.SerializeAsString(), 0);
  effect.cross_tell = std::move(decided);
  return effect;
}

absl::StatusOr<Effect> EndAttempt(absl::string_view resv_id, const Person& visitor,
                                  const Moment& now) {
  const CrossAttempt* attempt = FindAttempt(visitor, resv_id);
  if (attempt == nullptr) return Answer("", 0);
  if (attempt->decision() == store::v1::CROSS_UNDECIDED)
    return absl::InternalError("the end of an attempt that is not decided");
  Booking booking(visitor, v1::MessageHeader(), "", now);
  booking.event().mutable_cross()->set_ended(std::string(resv_id));
  Drop(resv_id, &booking);
  return std::move(booking).Finish("", 0);
}

}  // namespace yijie::engine
