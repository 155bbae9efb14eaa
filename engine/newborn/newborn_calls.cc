#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/cross/reservation.h"
#include "engine/newborn/arrival.h"
#include "engine/newborn/departure.h"
#include "engine/queries.h"
#include "engine/validate.h"
#include "yijie/store/v1/newborn.pb.h"
#include "yijie/v1/agency.pb.h"

// The call that re-points a bill to a newborn, and its steps: checks of the request, and what
// answers them.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::DepartReply;
using store::v1::DepartStep;
using store::v1::Departure;
using store::v1::OpenDeparture;

absl::Status Prepare(const v1::RepointRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("from_psn_no", request.from_psn_no()));
  if (request.from_psn_no() == request.psn_no()) return BadField("from_psn_no", "is the child");
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  if (request.setl_id().empty() == request.mdtrt_id().empty())
    return BadField("setl_id", "either this or mdtrt_id must be set");
  YIJIE_RETURN_IF_ERROR(request.setl_id().empty()
                            ? CheckVisitId("mdtrt_id", request.mdtrt_id())
                            : CheckSettlementId("setl_id", request.setl_id()));
  if (!request.insutype().empty())
    YIJIE_RETURN_IF_ERROR(CheckScheme("insutype", request.insutype()));
  if (!request.med_type().empty())
    YIJIE_RETURN_IF_ERROR(CheckKindOfCare("med_type", request.med_type()));
  return CheckReason("reason", request.reason());
}

// A message whose bill left has no answer yet, which would tell that it came with other content.
absl::Status CheckSameContent(const OpenDeparture& open, const Job& job) {
  if (open.request() == job.body) return absl::OkStatus();
  v1::RepointRequest first;
  if (!first.ParseFromString(open.request()))
    return absl::DataLossError("the request of an open departure cannot be read");
  return absl::AlreadyExistsError(absl::StrCat(FirstDifference(first, *job.request),
                                               ": differs from the first message with this msgid"));
}

bool IsRelated(const v1::PersonFacts& child, const v1::PersonFacts& from) {
  return child.mother_psn_no() == from.psn_no() || child.brdy() == from.brdy();
}

// What would leave, or left already, as the durable records of its person say.
absl::StatusOr<DepartReply> LookAtBill(const v1::RepointRequest& request,
                                       const WorkContext& context, const Person& from) {
  const OpenDeparture* open = FindDeparture(from.rest->newborn(), request);
  if (open == nullptr) {
    YIJIE_ASSIGN_OR_RETURN(FoundBill bill, FindBill(context.store, request, from));
    return std::move(bill.told);
  }
  DepartReply told;
  told.set_outcome(v1::REPOINTED);
  YIJIE_ASSIGN_OR_RETURN(*told.mutable_departure(),
                         LoadDeparture(context.store, from.facts->psn_no(), open->version()));
  return told;
}

absl::StatusOr<Effect> ArriveAt(const Departure& departure, v1::RepointOutcome if_refused,
                                const Job& job, const WorkContext& context, const Person& child) {
  // Once the bill has left, Repointings tells the caller that the result is not known.
  YIJIE_RETURN_IF_ERROR(CheckNotReserved(child));
  YIJIE_ASSIGN_OR_RETURN(auto history, LoadLater(context.store, job.lane_key, 0, child.version));
  return Arrive(context.reference, RequestOf<v1::RepointRequest>(job), job.body, departure,
                std::move(history), if_refused, child, job.now);
}

// Whether the bill would arrive. If so, it is asked to leave.
absl::StatusOr<Effect> BeforeDeparture(const Job& job, const WorkContext& context,
                                       const Person& child) {
  const auto& request = RequestOf<v1::RepointRequest>(job);
  if (context.reference.FindInstitution(request.fixmedins_code()) == nullptr)
    return absl::NotFoundError("fixmedins_code: no such institution");
  YIJIE_ASSIGN_OR_RETURN(const auto newest, context.store.LoadLatest(request.from_psn_no()));
  if (!newest) return absl::NotFoundError("from_psn_no: no such person");
  YIJIE_ASSIGN_OR_RETURN(const Person from, ParsePerson(*newest));
  const OpenDeparture* open = FindDeparture(from.rest->newborn(), request);
  Effect ask;
  ask.needs_departure = true;
  if (open != nullptr && !open->waits()) {  // it left by this message
    YIJIE_RETURN_IF_ERROR(CheckSameContent(*open, job));
    return ask;
  }
  if (!IsRelated(*child.facts, *from.facts))
    return RefuseRepoint(v1::REPOINT_NOT_RELATED, "既非该新生儿的母亲，也非同一出生日期的临时编号");
  YIJIE_ASSIGN_OR_RETURN(const DepartReply told, LookAtBill(request, context, from));
  if (told.outcome() != v1::REPOINTED) return RefuseRepoint(told.outcome(), told.reason());
  YIJIE_ASSIGN_OR_RETURN(
      Effect would, ArriveAt(told.departure(), v1::REPOINT_CHILD_REFUSED, job, context, child));
  return would.moves ? ask : would;
}

absl::StatusOr<Effect> WorkRepoint(const Job& job, const WorkContext& context,
                                   const Person& child) {
  if (job.departed == nullptr) return BeforeDeparture(job, context, child);
  YIJIE_RETURN_IF_ERROR(job.departed->status());
  const DepartReply& told = **job.departed;
  if (told.outcome() != v1::REPOINTED)
    return RefuseRepoint(told.outcome(), told.reason(), told.later_setl_id());
  return ArriveAt(told.departure(), v1::REPOINT_WAITS, job, context, child);
}

// --- Steps

absl::StatusOr<Effect> WorkDepart(const Job& job, const WorkContext& context, const Person& from) {
  const auto& step = RequestOf<DepartStep>(job);
  v1::RepointRequest request;
  if (!request.ParseFromString(step.request()))
    return absl::DataLossError("the request of a departure cannot be read");
  if (const OpenDeparture* open = FindDeparture(from.rest->newborn(), request)) {
    YIJIE_ASSIGN_OR_RETURN(const Departure departure,
                           LoadDeparture(context.store, step.psn_no(), open->version()));
    if (open->waits()) return TakeUpDeparture(step, *open, departure, from, job.now);
    DepartReply told;
    told.set_outcome(v1::REPOINTED);
    *told.mutable_departure() = departure;
    return Answer(told.SerializeAsString(), told.outcome());
  }
  // What has left already does not depend on it.
  YIJIE_RETURN_IF_ERROR(CheckNotReserved(from));
  YIJIE_ASSIGN_OR_RETURN(const FoundBill bill, FindBill(context.store, request, from));
  if (bill.told.outcome() != v1::REPOINTED)
    return Answer(bill.told.SerializeAsString(), bill.told.outcome());
  YIJIE_ASSIGN_OR_RETURN(auto history, LoadLater(context.store, step.psn_no(), 0, from.version));
  return Depart(context.reference, step, bill, std::move(history), from, job.now);
}

// The job holds the key of the message: what the store does not say of it now, no attempt that is
// at work does.
absl::StatusOr<Effect> WorkCloseDeparture(const Job& job, const WorkContext& context,
                                          const Person& from) {
  const auto& step = RequestOf<store::v1::CloseDepartureStep>(job);
  YIJIE_ASSIGN_OR_RETURN(const auto entry, context.store.FindMessage(job.other_key));
  if (!entry) return Answer("", 0);
  return CloseDeparture(step.version(), !entry->psn_no.empty(), from, job.now);
}

}  // namespace

std::vector<CallSpec> NewbornCalls() {
  std::vector<CallSpec> calls = {
      Changing<v1::RepointRequest, Prepare>(Call::kRepoint, "yijie.v1.AgencyService.Repoint",
                                            "psn_no", v1::REPOINT, v1::RepointOutcome_descriptor(),
                                            WorkRepoint),
      StepOf<DepartStep>(Call::kDepart, "engine.Depart", WorkDepart),
      StepOf<store::v1::CloseDepartureStep>(Call::kCloseDeparture, "engine.CloseDeparture",
                                            WorkCloseDeparture),
  };
  for (CallSpec& spec : calls) spec.reads_history = spec.call != Call::kCloseDeparture;
  return calls;
}

}  // namespace yijie::engine
