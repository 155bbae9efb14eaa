#include "engine/cross/cross_envelope.h"

#include "base/check.h"
#include "yijie/v1/cross.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

template <typename Request>
CrossEnvelope Envelope(const google::protobuf::Message& message) {
  const auto& request = static_cast<const Request&>(message);
  return {request.header().fixmedins_code(), request.insuplc_admdvs(), request.header().msgid(),
          request.insutype(), ""};
}

template <typename Request>
CrossEnvelope EnvelopeOfUndo(const google::protobuf::Message& message) {
  CrossEnvelope envelope = Envelope<Request>(message);
  envelope.orig_resv_id = static_cast<const Request&>(message).orig_resv_id();
  return envelope;
}

CrossEnvelope OfReserve(const google::protobuf::Message& message) {
  const auto& request = static_cast<const v1::ReserveRequest&>(message);
  return {request.header().fixmedins_code(), request.insuplc_admdvs(), request.header().msgid(),
          request.claim().insutype(), ""};
}

CrossEnvelope OfEvaluate(const google::protobuf::Message& message) {
  const auto& request = static_cast<const v1::EvaluateRequest&>(message);
  return {request.admdvs(), request.insuplc_admdvs(), "", request.claim().insutype(), ""};
}

CrossEnvelope OfQuery(const google::protobuf::Message& message) {
  const auto& request = static_cast<const v1::QueryReservationRequest&>(message);
  return {request.admdvs(), request.insuplc_admdvs(), request.resv_id(), request.insutype(), ""};
}

}  // namespace

CrossEnvelope EnvelopeOf(Call call, const google::protobuf::Message& request) {
  switch (call) {
    case Call::kReserve:
      return OfReserve(request);
    case Call::kConfirm:
      return Envelope<v1::ConfirmRequest>(request);
    case Call::kReserveUndo:
      return EnvelopeOfUndo<v1::ReserveUndoRequest>(request);
    case Call::kConfirmUndo:
      return EnvelopeOfUndo<v1::ConfirmUndoRequest>(request);
    case Call::kCancelReservation:
      return Envelope<v1::CancelReservationRequest>(request);
    case Call::kEvaluate:
      return OfEvaluate(request);
    case Call::kQueryReservation:
      return OfQuery(request);
    default:
      YIJIE_CHECK(false, "not a call of CrossService");
      return {};
  }
}

}  // namespace yijie::engine
