#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "base/status_macros.h"
#include "engine/area/area_code.h"
#include "engine/call.h"
#include "engine/card/credential.h"
#include "engine/cross/attempt.h"
#include "engine/cross/cross_digest.h"
#include "engine/cross/reservation.h"
#include "engine/queries.h"
#include "engine/validate.h"
#include "yijie/store/v1/cross.pb.h"
#include "yijie/v1/cross.pb.h"

// The calls of CrossService, which a place of care sends to the insured place, and the steps of the
// place of care: checks of their requests, and what answers them.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int32_t kWhole1e6 = 1'000'000;

absl::Status CheckArea(absl::string_view path, absl::string_view admdvs) {
  return IsAreaCode(admdvs) ? absl::OkStatus() : BadField(path, "must be an area of six digits");
}

// What all messages to the insured place have.
template <typename Request>
absl::Status CheckEnvelope(const Request& request) {
  YIJIE_RETURN_IF_ERROR(CheckArea("header.fixmedins_code", request.header().fixmedins_code()));
  YIJIE_RETURN_IF_ERROR(CheckArea("insuplc_admdvs", request.insuplc_admdvs()));
  return CheckSeal(request);
}

template <typename Request>
absl::Status CheckEnvelopeOfPerson(const Request& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  return CheckEnvelope(request);
}

template <typename Request>
absl::Status CheckLineClasses(const Request& request) {
  if (request.line_class_size() != request.claim().fee_line_size())
    return BadField("line_class", "must have one entry for each line of the claim");
  for (int i = 0; i < request.line_class_size(); ++i) {
    const v1::LineClass& each = request.line_class(i);
    const auto field = [i](absl::string_view name) {
      return absl::StrCat("line_class[", i, "].", name);
    };
    if (!v1::ItemClass_IsValid(each.chrgitm_lv())) return BadField(field("chrgitm_lv"), "unknown");
    if (!v1::ItemKind_IsValid(each.kind())) return BadField(field("kind"), "unknown");
    if (each.selfpay_prop_1e6() < 0 || each.selfpay_prop_1e6() > kWhole1e6)
      return BadField(field("selfpay_prop_1e6"), absl::StrCat("outside 0 to ", kWhole1e6));
    if (each.pric_uplmt_fen() < 0 || each.pric_uplmt_fen() > kMaxClaimFen)
      return BadField(field("pric_uplmt_fen"), absl::StrCat("outside 0 to ", kMaxClaimFen));
  }
  return absl::OkStatus();
}

// An institution lies in the province of the place of care that speaks for it.
absl::Status CheckInstitution(const v1::Institution& institution, absl::string_view care_admdvs) {
  constexpr size_t kProvince = 2;
  YIJIE_RETURN_IF_ERROR(
      CheckInstitutionCode("institution.fixmedins_code", institution.fixmedins_code()));
  YIJIE_RETURN_IF_ERROR(CheckArea("institution.admdvs", institution.admdvs()));
  if (institution.admdvs().substr(0, kProvince) != care_admdvs.substr(0, kProvince))
    return BadField("institution.admdvs", "is not in the area that sends");
  if (!v1::InstitutionKind_IsValid(institution.kind()))
    return BadField("institution.kind", "unknown");
  if (!v1::HospitalLevel_IsValid(institution.hosp_lv()))
    return BadField("institution.hosp_lv", "unknown");
  if (!v1::HospitalGrade_IsValid(institution.hosp_grade()))
    return BadField("institution.hosp_grade", "unknown");
  if (!v1::HospitalPlace_IsValid(institution.hosp_place()))
    return BadField("institution.hosp_place", "unknown");
  YIJIE_RETURN_IF_ERROR(CheckIsoDay("institution.begndate", institution.begndate()));
  return institution.enddate().empty() ? absl::OkStatus()
                                       : CheckIsoDay("institution.enddate", institution.enddate());
}

// The bill of a ReserveRequest or an EvaluateRequest.
template <typename Request>
absl::Status CheckBill(const Request& request, absl::string_view care_admdvs) {
  YIJIE_RETURN_IF_ERROR(CheckInstitution(request.institution(), care_admdvs));
  YIJIE_RETURN_IF_ERROR(CheckNetworkedBill(request.claim()));
  if (request.claim().insuplc_admdvs() != request.insuplc_admdvs())
    return BadField("claim.insuplc_admdvs", "is not insuplc_admdvs");
  return CheckLineClasses(request);
}

absl::Status Prepare(const v1::EvaluateRequest& request, Job* job) {
  job->lane_key = request.claim().psn_no();
  YIJIE_RETURN_IF_ERROR(CheckArea("admdvs", request.admdvs()));
  YIJIE_RETURN_IF_ERROR(CheckArea("insuplc_admdvs", request.insuplc_admdvs()));
  YIJIE_RETURN_IF_ERROR(CheckSeal(request));
  return CheckBill(request, request.admdvs());
}

absl::Status Prepare(const v1::ReserveRequest& request, Job* job) {
  job->lane_key = request.claim().psn_no();
  YIJIE_RETURN_IF_ERROR(CheckEnvelope(request));
  YIJIE_RETURN_IF_ERROR(CheckMessageId("medins_msgid", request.medins_msgid()));
  YIJIE_RETURN_IF_ERROR(CheckBill(request, request.header().fixmedins_code()));
  if (request.has_credential())
    YIJIE_RETURN_IF_ERROR(ValidateCredential("credential", request.credential()));
  return absl::OkStatus();
}

template <typename Request>
absl::Status PrepareConfirmation(const Request& request, Job* job) {
  constexpr size_t kDigestBytes = 32;
  YIJIE_RETURN_IF_ERROR(CheckEnvelopeOfPerson(request, job));
  YIJIE_RETURN_IF_ERROR(CheckSettlementId("setl_id", request.setl_id()));
  YIJIE_RETURN_IF_ERROR(CheckIsoDay("clr_date", request.clr_date()));
  if (request.reserved_digest().size() != kDigestBytes)
    return BadField("reserved_digest", absl::StrCat("must have ", kDigestBytes, " bytes"));
  return absl::OkStatus();
}

absl::Status Prepare(const v1::ConfirmRequest& request, Job* job) {
  return PrepareConfirmation(request, job);
}

absl::Status Prepare(const v1::ConfirmUndoRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckMessageId("orig_resv_id", request.orig_resv_id()));
  return PrepareConfirmation(request, job);
}

absl::Status Prepare(const v1::ReserveUndoRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckEnvelopeOfPerson(request, job));
  YIJIE_RETURN_IF_ERROR(CheckMessageId("orig_resv_id", request.orig_resv_id()));
  return CheckInstitutionCode("fixmedins_code", request.fixmedins_code());
}

storage::MessageKey KeyOf(absl::string_view area, v1::Transaction transaction,
                          absl::string_view resv_id) {
  return {std::string(area), static_cast<uint8_t>(transaction), std::string(resv_id)};
}

v1::Transaction ReservingCall(bool undo) { return undo ? v1::RESERVE_UNDO : v1::RESERVE; }
v1::Transaction ConfirmingCall(bool undo) { return undo ? v1::CONFIRM_UNDO : v1::CONFIRM; }

absl::Status Prepare(const v1::CancelReservationRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckEnvelopeOfPerson(request, job));
  job->has_other_key = true;
  job->other_key = KeyOf(request.header().fixmedins_code(), ReservingCall(request.undo()),
                         request.header().msgid());
  return absl::OkStatus();
}

absl::Status Prepare(const v1::QueryReservationRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckArea("admdvs", request.admdvs()));
  YIJIE_RETURN_IF_ERROR(CheckArea("insuplc_admdvs", request.insuplc_admdvs()));
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  return CheckMessageId("resv_id", request.resv_id());
}

// --- At the insured place

absl::Status CheckIsOurs(const Reference& reference, absl::string_view insuplc_admdvs) {
  return reference.IsElsewhere(insuplc_admdvs)
             ? BadField("insuplc_admdvs", "no area whose insured persons are kept here")
             : absl::OkStatus();
}

absl::StatusOr<Effect> WorkReserve(const Job& job, const WorkContext& context,
                                   const Person& person) {
  const auto& request = RequestOf<v1::ReserveRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckIsOurs(context.reference, request.insuplc_admdvs()));
  return Reserve(context.reference, request, job.body, person, job.now);
}

absl::StatusOr<std::string> WorkEvaluate(const Job& job, const WorkContext& context,
                                         const Person& person) {
  const auto& request = RequestOf<v1::EvaluateRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckIsOurs(context.reference, request.insuplc_admdvs()));
  YIJIE_ASSIGN_OR_RETURN(const v1::EvaluateResponse response,
                         Evaluate(context.reference, request, person, job.now));
  return response.SerializeAsString();
}

absl::StatusOr<Effect> WorkConfirm(const Job& job, const WorkContext& context,
                                   const Person& person) {
  return Confirm(context.reference, RequestOf<v1::ConfirmRequest>(job), job.body, person, job.now);
}

absl::StatusOr<Effect> WorkReserveUndo(const Job& job, const WorkContext& context,
                                       const Person& person) {
  const auto& request = RequestOf<v1::ReserveUndoRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckIsOurs(context.reference, request.insuplc_admdvs()));
  const std::string& area = request.header().fixmedins_code();
  YIJIE_ASSIGN_OR_RETURN(
      const auto confirmed,
      FindAnswer(context.store, KeyOf(area, v1::CONFIRM, request.orig_resv_id())));
  if (!confirmed || confirmed->psn_no != request.psn_no()) return RefuseUndo(request);
  YIJIE_ASSIGN_OR_RETURN(const SettledRecord original, LoadSettled(context.store, request.psn_no(),
                                                                   confirmed->version, "", area));
  const auto& institution = original.event.settled().cross().bill().institution();
  if (institution.fixmedins_code() != request.fixmedins_code()) return RefuseUndo(request);
  YIJIE_ASSIGN_OR_RETURN(const auto later, LoadLater(context.store, request.psn_no(),
                                                     original.version, person.version));
  return ReserveUndo(request, job.body, original, later, person, job.now);
}

absl::StatusOr<Effect> WorkConfirmUndo(const Job& job, const WorkContext& context,
                                       const Person& person) {
  const auto& request = RequestOf<v1::ConfirmUndoRequest>(job);
  SettledRecord original;
  if (const int64_t version = person.rest->cross().reservation().orig_version(); version != 0) {
    YIJIE_ASSIGN_OR_RETURN(original, LoadSettled(context.store, request.psn_no(), version, "",
                                                 request.header().fixmedins_code()));
  }
  return ConfirmUndo(context.reference, request, job.body, original, person, job.now);
}

absl::StatusOr<Effect> WorkCancelReservation(const Job& job, const WorkContext& context,
                                             const Person& person) {
  const auto& request = RequestOf<v1::CancelReservationRequest>(job);
  if (auto released = Release(request, job.body, person, job.now)) return *std::move(released);
  const std::string& area = request.header().fixmedins_code();
  YIJIE_ASSIGN_OR_RETURN(const auto confirmed,
                         context.store.FindMessage(KeyOf(area, ConfirmingCall(request.undo()),
                                                         request.header().msgid())));
  if (confirmed)
    return absl::FailedPreconditionError("header.msgid: this reservation was confirmed");
  YIJIE_ASSIGN_OR_RETURN(const auto reserved, context.store.FindMessage(job.other_key));
  std::vector<storage::MessageKey> closes;
  if (!reserved) closes.push_back(job.other_key);
  return NothingReserved(request, std::move(closes));
}

absl::StatusOr<std::string> WorkQueryReservation(const Job& job, const WorkContext& context,
                                                 const Person& person) {
  const auto& request = RequestOf<v1::QueryReservationRequest>(job);
  v1::QueryReservationResponse response;
  const auto& held = person.rest->cross().reservation();
  const auto find = [&](v1::Transaction transaction) {
    return context.store.FindMessage(KeyOf(request.admdvs(), transaction, request.resv_id()));
  };
  YIJIE_ASSIGN_OR_RETURN(const auto confirmed, find(ConfirmingCall(request.undo())));
  YIJIE_ASSIGN_OR_RETURN(const auto reserved, find(ReservingCall(request.undo())));
  if (confirmed) {
    response.set_state(v1::RESERVATION_CONFIRMED);
  } else if (held.admdvs() == request.admdvs() && held.resv_id() == request.resv_id()) {
    response.set_state(v1::RESERVATION_HELD);
  } else {
    response.set_state(reserved ? v1::RESERVATION_ENDED : v1::RESERVATION_NEVER_SEEN);
  }
  return response.SerializeAsString();
}

// --- Steps of the place of care

absl::StatusOr<Effect> WorkBeginCross(const Job& job, const WorkContext& /*context*/,
                                      const Person& visitor) {
  return BeginAttempt(RequestOf<store::v1::BeginCrossStep>(job).attempt(), visitor, job.now);
}

absl::StatusOr<Effect> WorkCancelCross(const Job& job, const WorkContext& /*context*/,
                                       const Person& visitor) {
  return CancelAttempt(RequestOf<store::v1::CancelCrossStep>(job).resv_id(), visitor, job.now);
}

absl::StatusOr<Effect> WorkEndCross(const Job& job, const WorkContext& /*context*/,
                                    const Person& visitor) {
  return EndAttempt(RequestOf<store::v1::EndCrossStep>(job).resv_id(), visitor, job.now);
}

template <typename Step>
CallSpec VisitorStep(Call call, const char* method, decltype(CallSpec::transact) transact) {
  CallSpec spec = StepOf<Step>(call, method, transact);
  spec.person_field = "visitor";
  spec.may_create = true;
  return spec;
}

// A message of a place of care.
CallSpec OfPeers(CallSpec spec) {
  spec.of_peers = true;
  return spec;
}

// One that may be about a person who is not known here.
CallSpec OfAnyone(CallSpec spec) {
  spec.may_create = true;
  return OfPeers(std::move(spec));
}

CallSpec ReadingHistory(CallSpec spec) {
  spec.reads_history = true;
  return OfPeers(std::move(spec));
}

}  // namespace

std::vector<CallSpec> CrossCalls() {
  return {
      OfAnyone(Changing<v1::ReserveRequest, Prepare>(
          Call::kReserve, "yijie.v1.CrossService.Reserve", "claim.psn_no", v1::RESERVE,
          v1::ReserveOutcome_descriptor(), WorkReserve)),
      OfPeers(Changing<v1::ConfirmRequest, Prepare>(Call::kConfirm, "yijie.v1.CrossService.Confirm",
                                                    "psn_no", v1::CONFIRM, nullptr, WorkConfirm)),
      ReadingHistory(Changing<v1::ReserveUndoRequest, Prepare>(
          Call::kReserveUndo, "yijie.v1.CrossService.ReserveUndo", "psn_no", v1::RESERVE_UNDO,
          v1::ReverseOutcome_descriptor(), WorkReserveUndo)),
      ReadingHistory(Changing<v1::ConfirmUndoRequest, Prepare>(
          Call::kConfirmUndo, "yijie.v1.CrossService.ConfirmUndo", "psn_no", v1::CONFIRM_UNDO,
          nullptr, WorkConfirmUndo)),
      OfAnyone(Changing<v1::CancelReservationRequest, Prepare>(
          Call::kCancelReservation, "yijie.v1.CrossService.Cancel", "psn_no",
          v1::CANCEL_RESERVATION, v1::CancelOutcome_descriptor(), WorkCancelReservation)),
      OfPeers(Reading<v1::QueryReservationRequest, Prepare>(
          Call::kQueryReservation, "yijie.v1.CrossService.QueryReservation", "psn_no",
          WorkQueryReservation)),
      OfAnyone(Reading<v1::EvaluateRequest, Prepare>(
          Call::kEvaluate, "yijie.v1.CrossService.Evaluate", "claim.psn_no", WorkEvaluate)),
      VisitorStep<store::v1::BeginCrossStep>(Call::kBeginCross, "engine.BeginCross",
                                             WorkBeginCross),
      VisitorStep<store::v1::CancelCrossStep>(Call::kCancelCross, "engine.CancelCross",
                                              WorkCancelCross),
      VisitorStep<store::v1::EndCrossStep>(Call::kEndCross, "engine.EndCross", WorkEndCross),
  };
}

}  // namespace yijie::engine
