#include "engine/gateway/route.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/area/area_code.h"
#include "engine/books/book_entry.h"
#include "engine/call.h"
#include "engine/cross/cross_digest.h"
#include "engine/edge.h"
#include "engine/validate.h"
#include "yijie/v1/cross.pb.h"

namespace yijie::engine {
namespace {

absl::Status CheckEnvelope(Call call, const CrossEnvelope& envelope) {
  if (!IsAreaCode(envelope.admdvs))
    return BadField("header.fixmedins_code", "must be an area of six digits");
  if (!IsAreaCode(envelope.insuplc_admdvs))
    return BadField("insuplc_admdvs", "must be an area of six digits");
  return call == Call::kEvaluate ? absl::OkStatus()
                                 : CheckMessageId("header.msgid", envelope.resv_id);
}

absl::Status CheckUnaltered(Call call, const google::protobuf::Message& request) {
  // A question changes nothing and has no digest.
  return call == Call::kQueryReservation ? absl::OkStatus() : CheckSeal(request);
}

absl::Status Unsound(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the answer of the insured place ", what));
}

// Answers to what reserves name the request they are about, and are sealed.
template <typename Request, typename Response>
absl::Status CheckReserving(const google::protobuf::Message& request, const std::string& reply) {
  const auto& asked = static_cast<const Request&>(request);
  Response response;
  if (!response.ParseFromString(reply)) return Unsound("cannot be read");
  if (response.resv_id() != asked.header().msgid() || response.request_digest() != asked.digest())
    return Unsound("is not about what was asked");
  return CheckSeal(response).ok() ? absl::OkStatus() : Unsound("was altered");
}

absl::Status CheckReserved(const google::protobuf::Message& request, const std::string& reply) {
  YIJIE_RETURN_IF_ERROR((CheckReserving<v1::ReserveRequest, v1::ReserveResponse>(request, reply)));
  v1::ReserveResponse response;
  response.ParseFromString(reply);
  return AreAmountsInRange(response.settlement()) ? absl::OkStatus()
                                                  : Unsound("has amounts out of range");
}

absl::Status CheckEvaluated(const google::protobuf::Message& request, const std::string& reply) {
  v1::EvaluateResponse response;
  if (!response.ParseFromString(reply)) return Unsound("cannot be read");
  if (response.request_digest() != static_cast<const v1::EvaluateRequest&>(request).digest())
    return Unsound("is not about what was asked");
  if (!CheckSeal(response).ok()) return Unsound("was altered");
  return AreAmountsInRange(response.settlement()) ? absl::OkStatus()
                                                  : Unsound("has amounts out of range");
}

template <typename Response>
absl::Status CheckEnding(absl::string_view resv_id, const std::string& reply) {
  Response response;
  if (!response.ParseFromString(reply)) return Unsound("cannot be read");
  return response.resv_id() == resv_id ? absl::OkStatus() : Unsound("is not about what was asked");
}

}  // namespace

absl::StatusOr<Route> RouteOf(const PeerTable& table, const PeerMessage& message) {
  const std::optional<size_t> sender = table.WithIdentity(message.identity);
  if (!sender) return absl::PermissionDeniedError("the certificate is of no peer of this gateway");
  if (message.bytes.size() > kMaxPeerMessageBytes)
    return absl::InvalidArgumentError("request: is too large");
  std::shared_ptr<google::protobuf::Message> request = NewRequest(message.call);
  if (!request->ParseFromString(message.bytes))
    return absl::InvalidArgumentError("request: not a message of this call");
  Route route;
  route.sender = *sender;
  route.envelope = EnvelopeOf(message.call, *request);
  YIJIE_RETURN_IF_ERROR(CheckEnvelope(message.call, route.envelope));
  YIJIE_RETURN_IF_ERROR(CheckUnaltered(message.call, *request));
  if (!AreaHolds(table.peer(*sender).admdvs(), route.envelope.admdvs))
    return absl::PermissionDeniedError(
        "header.fixmedins_code: not in the area of the certificate that the message came with");
  if (!table.Carries(route.envelope.insutype))
    return absl::FailedPreconditionError(absl::StrCat(
        "insutype: bills of scheme ", route.envelope.insutype, " go through another gateway"));
  const std::optional<size_t> receiver = table.Find(route.envelope.insuplc_admdvs);
  if (!receiver)
    return absl::NotFoundError(absl::StrCat("insuplc_admdvs: area ", route.envelope.insuplc_admdvs,
                                            " is not known to this gateway"));
  route.receiver = *receiver;
  route.request = std::move(request);
  return route;
}

absl::Status CheckAnswers(Call call, const google::protobuf::Message& request,
                          const std::string& reply) {
  const std::string resv_id = EnvelopeOf(call, request).resv_id;
  switch (call) {
    case Call::kReserve:
      return CheckReserved(request, reply);
    case Call::kReserveUndo:
      return CheckReserving<v1::ReserveUndoRequest, v1::ReserveUndoResponse>(request, reply);
    case Call::kEvaluate:
      return CheckEvaluated(request, reply);
    case Call::kConfirm:
      return CheckEnding<v1::ConfirmResponse>(resv_id, reply);
    case Call::kConfirmUndo:
      return CheckEnding<v1::ConfirmUndoResponse>(resv_id, reply);
    case Call::kCancelReservation:
      return CheckEnding<v1::CancelReservationResponse>(resv_id, reply);
    default:
      return v1::QueryReservationResponse().ParseFromString(reply) ? absl::OkStatus()
                                                                   : Unsound("cannot be read");
  }
}

}  // namespace yijie::engine
