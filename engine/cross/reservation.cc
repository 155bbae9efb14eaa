#include "engine/cross/reservation.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/account/year_turn.h"
#include "engine/accumulator_codec.h"
#include "engine/cross/cross_digest.h"
#include "engine/payout/dues.h"
#include "engine/settlement_id.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::CrossReservation;

constexpr absl::string_view kBusy = "该参保人另有异地结算正在办理，请稍后重试";
constexpr absl::string_view kNotKnown = "参保地无此人员";
constexpr absl::string_view kClosed = "该预占在到达前已被就医地取消";

// --- Answers

v1::ReserveResponse AnswerTo(const v1::ReserveRequest& request, v1::ReserveOutcome outcome,
                             absl::string_view reason) {
  v1::ReserveResponse response;
  response.set_outcome(outcome);
  response.set_reason(std::string(reason));
  response.set_resv_id(request.header().msgid());
  response.set_request_digest(request.digest());
  return response;
}

v1::ReserveUndoResponse AnswerTo(const v1::ReserveUndoRequest& request) {
  v1::ReserveUndoResponse response;
  response.set_resv_id(request.header().msgid());
  response.set_request_digest(request.digest());
  return response;
}

template <typename Response>
Effect Sealed(Response response) {
  Seal(&response);
  return Answer(response.SerializeAsString(), response.outcome());
}

// What a commit gives a settlement; a reservation has none of it yet. The balances stay: the
// receipt of the visitor shows them.
void ForgetCommit(v1::Settlement* settlement) {
  settlement->clear_setl_id();
  settlement->clear_setl_time();
  settlement->clear_clr_date();
  settlement->clear_setlym();
  settlement->clear_version();
}

// --- State

void SetReservation(CrossReservation reservation, Booking* booking) {
  *booking->state().mutable_cross()->mutable_reservation() = std::move(reservation);
}

void DropReservation(Booking* booking) {
  store::v1::PersonState& state = booking->state();
  state.mutable_cross()->clear_reservation();
  if (state.cross().open().empty()) state.clear_cross();
}

const CrossReservation& ReservationOf(const Person& person) {
  return person.rest->cross().reservation();
}

// What the account gave, where that money is now.
std::array<Fen, rules::kSubAccounts> HeldNow(const CrossReservation& reservation,
                                             const Person& person) {
  std::array<Fen, rules::kSubAccounts> held{};
  for (size_t i = 0; i < held.size(); ++i) {
    const auto sub_account =
        SubAccountNow(static_cast<rules::SubAccount>(i), reservation.version(), person);
    held[static_cast<size_t>(sub_account)] += Fen(reservation.account_fen(static_cast<int>(i)));
  }
  return held;
}

// Gives back what is held and forgets the reservation.
void PutBack(const CrossReservation& reservation, Booking* booking) {
  if (reservation.kind() == store::v1::CROSS_SETTLE) {
    const auto held = HeldNow(reservation, booking->next());
    for (size_t i = 0; i < held.size(); ++i)
      booking->TakeFrom(static_cast<rules::SubAccount>(i), -held[i]);
    booking->Post(store::v1::CROSS_HOLD, reservation.admdvs(), -booking->Sum());
  }
  booking->event().mutable_cross()->set_released(reservation.resv_id());
  DropReservation(booking);
}

// What a place of care decided about a reservation.
template <typename Request>
absl::Status CheckDecides(const Request& request, store::v1::CrossKind kind, const Person& person) {
  const CrossReservation& reservation = ReservationOf(person);
  const bool held = reservation.kind() == kind &&
                    reservation.admdvs() == request.header().fixmedins_code() &&
                    reservation.resv_id() == request.header().msgid();
  if (!held)
    return absl::FailedPreconditionError("header.msgid: nothing is reserved under this id");
  if (reservation.digest() != request.reserved_digest())
    return absl::FailedPreconditionError("reserved_digest: something else is reserved");
  return absl::OkStatus();
}

// The clearing day and period of the place of care are those of all sides.
template <typename Request>
void FixClearing(const Request& request, Booking* booking) {
  constexpr size_t kYearAndMonth = 7;  // 2026-11
  booking->event().set_clr_date(request.clr_date());
  booking->event().set_setlym(request.clr_date().substr(0, kYearAndMonth));
}

store::v1::CrossPart PartOf(const CrossReservation& reservation, absl::string_view setl_id) {
  store::v1::CrossPart part;
  part.set_peer_admdvs(reservation.admdvs());
  part.set_resv_id(reservation.resv_id());
  part.set_setl_id(std::string(setl_id));
  part.set_at_insured_place(true);
  return part;
}

}  // namespace

bool HasReservation(const Person& person) { return person.rest->cross().has_reservation(); }

absl::Status CheckNotReserved(const Person& person) {
  if (!HasReservation(person)) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("the person's settlement in ", ReservationOf(person).admdvs(),
                   " is being completed; not applied, send the same message again later"));
}

absl::StatusOr<Effect> Reserve(const Reference& reference, const v1::ReserveRequest& request,
                               const std::string& request_bytes, const Person& person,
                               const Moment& now) {
  if (person.version == 0) return Sealed(AnswerTo(request, v1::PERSON_NOT_KNOWN, kNotKnown));
  if (HasReservation(person)) return Sealed(AnswerTo(request, v1::PERSON_BUSY, kBusy));
  const CounterMessage counter{request.institution().fixmedins_code(), request.medins_msgid(),
                               request.has_credential() ? &request.credential() : nullptr,
                               std::nullopt};
  ClaimInput input;
  thread_local rules::Decision decision;
  v1::ReserveResponse response = AnswerTo(request, v1::RESERVED, "");
  v1::Settlement& settlement = *response.mutable_settlement();
  YIJIE_RETURN_IF_ERROR(
      EvaluateClaimAt(reference, CareSide{request.institution(), &request.line_class()},
                      request.claim(), &counter, person, now, &input, &decision, &settlement));
  ForgetCommit(&settlement);
  settlement.set_medins_setl_id(request.medins_msgid());
  settlement.set_insuplc_admdvs(request.insuplc_admdvs());
  settlement.set_resv_id(request.header().msgid());
  if (settlement.outcome() != v1::SETTLED) {
    response.set_outcome(v1::RESERVE_REFUSED);
    response.set_reason(settlement.reason());
    return Sealed(std::move(response));
  }
  constexpr int64_t kVersionsToCome = 4;  // this one, and at most three of the Confirm
  if (person.version > kMaxVersion - kVersionsToCome)
    return absl::ResourceExhaustedError("claim.psn_no: the person has too many records");
  Seal(&response);
  Booking booking(person, request.header(), request_bytes, now);
  for (size_t i = 0; i < rules::kSubAccounts; ++i)
    booking.TakeFrom(static_cast<rules::SubAccount>(i), decision.account_paid[i]);
  booking.Post(store::v1::CROSS_HOLD, request.header().fixmedins_code(), -booking.Sum());
  booking.event().mutable_cross()->set_reserved(request.header().msgid());
  CrossReservation reservation;
  reservation.set_kind(store::v1::CROSS_SETTLE);
  reservation.set_admdvs(request.header().fixmedins_code());
  reservation.set_resv_id(request.header().msgid());
  reservation.set_version(booking.next().version);
  reservation.set_digest(response.digest());
  reservation.set_time_unix_ms(now.unix_ms);
  *reservation.mutable_bill()->mutable_institution() = request.institution();
  *reservation.mutable_bill()->mutable_line_class() = request.line_class();
  *reservation.mutable_claim() = request.claim();
  *reservation.mutable_settlement() = settlement;
  for (const rules::AccumulatorEntry& delta : decision.deltas)
    ToProto(delta, reservation.add_delta());
  for (const Fen paid : decision.account_paid) reservation.add_account_fen(paid.value());
  reservation.set_policy(input.program->id);
  reservation.set_policy_hash(input.program->hash.data(), input.program->hash.size());
  reservation.set_insured_admdvs(input.admdvs);
  SetReservation(std::move(reservation), &booking);
  return std::move(booking).Finish(response.SerializeAsString(), v1::RESERVED);
}

absl::StatusOr<v1::EvaluateResponse> Evaluate(const Reference& reference,
                                              const v1::EvaluateRequest& request,
                                              const Person& person, const Moment& now) {
  v1::EvaluateResponse response;
  response.set_request_digest(request.digest());
  v1::Settlement& settlement = *response.mutable_settlement();
  if (person.version == 0) {
    settlement.set_outcome(v1::NOT_INSURED);
    settlement.set_reason(std::string(kNotKnown));
  } else {
    ClaimInput input;
    thread_local rules::Decision decision;
    YIJIE_RETURN_IF_ERROR(
        EvaluateClaimAt(reference, CareSide{request.institution(), &request.line_class()},
                        request.claim(), nullptr, person, now, &input, &decision, &settlement));
  }
  ForgetCommit(&settlement);
  settlement.set_insuplc_admdvs(request.insuplc_admdvs());
  Seal(&response);
  return response;
}

absl::StatusOr<Effect> Confirm(const Reference& reference, const v1::ConfirmRequest& request,
                               const std::string& request_bytes, const Person& person,
                               const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckDecides(request, store::v1::CROSS_SETTLE, person));
  const CrossReservation& reservation = ReservationOf(person);
  Booking release(person, request.header(), "", now);
  PutBack(reservation, &release);
  std::vector<BookedVersion> earlier;
  earlier.push_back(std::move(release).Finish(""));

  const Person& released = earlier.back().next;
  Booking booking(released, request.header(), request_bytes, now);
  FixClearing(request, &booking);
  store::v1::CrossPart part = PartOf(reservation, request.setl_id());
  part.set_own_admdvs(reservation.settlement().insuplc_admdvs());
  *part.mutable_bill() = reservation.bill();
  std::vector<rules::AccumulatorEntry> deltas;
  for (const v1::AccumulatorValue& delta : reservation.delta()) {
    YIJIE_ASSIGN_OR_RETURN(deltas.emplace_back(), FromProto(delta));
  }
  v1::ConfirmResponse response;
  response.set_resv_id(reservation.resv_id());
  v1::Settlement& settlement = *response.mutable_settlement();
  settlement = reservation.settlement();
  settlement.set_setl_time(now.rfc3339);
  settlement.set_clr_date(request.clr_date());
  settlement.set_balc_before_fen(released.balance().value());
  ClaimMoves moves;
  moves.policy = reservation.policy();
  moves.policy_hash = reservation.policy_hash();
  moves.admdvs = reservation.insured_admdvs();
  moves.account_paid = HeldNow(reservation, released);
  moves.deltas = deltas;
  moves.cross = &part;
  BookSettlement(moves, now, &settlement, &booking);
  settlement.set_balc_fen(booking.next().balance().value());
  *booking.event().mutable_settled()->mutable_claim() = reservation.claim();
  Effect effect =
      std::move(booking).Finish(response.SerializeAsString(), v1::SETTLED, settlement.setl_id());
  effect.earlier = std::move(earlier);
  return SettleUp(reference, request.header(), DuesOfSettlement(settlement), now,
                  std::move(effect));
}

absl::StatusOr<Effect> ReserveUndo(const v1::ReserveUndoRequest& request,
                                   const std::string& request_bytes, const SettledRecord& original,
                                   const std::vector<storage::PersonVersion>& later,
                                   const Person& person, const Moment& now) {
  v1::ReserveUndoResponse response = AnswerTo(request);
  if (HasReservation(person)) {
    response.set_person_busy(true);
    response.set_reason(std::string(kBusy));
    return Sealed(std::move(response));
  }
  if (person.ReversedBy(original.version) != 0) {
    response.set_outcome(v1::ALREADY_REVERSED);
    response.set_reason("参保地此前已撤销该结算");
    return Sealed(std::move(response));
  }
  YIJIE_ASSIGN_OR_RETURN(const LaterSettlement first, FindLaterSettlement(original, later, person));
  if (!first.setl_id.empty()) {
    response.set_outcome(v1::LATER_SETTLEMENT_EXISTS);
    response.set_reason(first.reason);
    response.set_later_setl_id(first.setl_id);
    return Sealed(std::move(response));
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "psn_no"));
  response.set_outcome(v1::REVERSED);
  Seal(&response);
  Booking booking(person, request.header(), request_bytes, now);
  booking.event().mutable_cross()->set_reserved(request.header().msgid());
  CrossReservation reservation;
  reservation.set_kind(store::v1::CROSS_UNDO);
  reservation.set_admdvs(request.header().fixmedins_code());
  reservation.set_resv_id(request.header().msgid());
  reservation.set_version(booking.next().version);
  reservation.set_digest(response.digest());
  reservation.set_time_unix_ms(now.unix_ms);
  reservation.set_orig_version(original.version);
  SetReservation(std::move(reservation), &booking);
  return std::move(booking).Finish(response.SerializeAsString(), v1::REVERSED);
}

Effect RefuseUndo(const v1::ReserveUndoRequest& request) {
  v1::ReserveUndoResponse response = AnswerTo(request);
  response.set_outcome(v1::NO_SUCH_SETTLEMENT);
  response.set_reason("参保地无此异地结算");
  return Sealed(std::move(response));
}

absl::StatusOr<Effect> ConfirmUndo(const Reference& reference,
                                   const v1::ConfirmUndoRequest& request,
                                   const std::string& request_bytes, const SettledRecord& original,
                                   const Person& person, const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckDecides(request, store::v1::CROSS_UNDO, person));
  const CrossReservation reservation = ReservationOf(person);
  Booking booking(person, request.header(), request_bytes, now);
  FixClearing(request, &booking);
  DropReservation(&booking);
  v1::ConfirmUndoResponse response;
  response.set_resv_id(reservation.resv_id());
  v1::Reversal& reversal = *response.mutable_reversal();
  YIJIE_RETURN_IF_ERROR(BookReversal(original, now, &booking, &reversal));
  reversal.set_clr_date(request.clr_date());
  store::v1::CrossPart& part = *booking.event().mutable_reversed()->mutable_cross();
  part = PartOf(reservation, request.setl_id());
  part.set_own_admdvs(original.event.settled().cross().own_admdvs());
  return SettleUp(
      reference, request.header(), DuesOfUndo(original.event), now,
      std::move(booking).Finish(response.SerializeAsString(), v1::REVERSED, reversal.setl_id()));
}

std::optional<Effect> Release(const v1::CancelReservationRequest& request,
                              const std::string& request_bytes, const Person& person,
                              const Moment& now) {
  const CrossReservation& reservation = ReservationOf(person);
  const auto kind = request.undo() ? store::v1::CROSS_UNDO : store::v1::CROSS_SETTLE;
  if (reservation.kind() != kind || reservation.admdvs() != request.header().fixmedins_code() ||
      reservation.resv_id() != request.header().msgid()) {
    return std::nullopt;
  }
  v1::CancelReservationResponse response;
  response.set_outcome(v1::CANCELLED);
  response.set_resv_id(reservation.resv_id());
  Booking booking(person, request.header(), request_bytes, now);
  PutBack(reservation, &booking);
  return std::move(booking).Finish(response.SerializeAsString(), v1::CANCELLED);
}

Effect NothingReserved(const v1::CancelReservationRequest& request,
                       std::vector<storage::MessageKey> closes) {
  v1::CancelReservationResponse response;
  response.set_outcome(v1::NOTHING_RESERVED);
  response.set_resv_id(request.header().msgid());
  Effect effect = Answer(response.SerializeAsString(), v1::NOTHING_RESERVED);
  effect.closes = std::move(closes);
  return effect;
}

std::string ReplyToClosedReserve(const v1::ReserveRequest& request) {
  return Sealed(AnswerTo(request, v1::RESERVATION_CLOSED, kClosed)).reply;
}

std::string ReplyToClosedReserveUndo(const v1::ReserveUndoRequest& request) {
  v1::ReserveUndoResponse response = AnswerTo(request);
  response.set_outcome(v1::NOTHING_TO_REVERSE);
  response.set_reason(std::string(kClosed));
  return Sealed(std::move(response)).reply;
}

}  // namespace yijie::engine
