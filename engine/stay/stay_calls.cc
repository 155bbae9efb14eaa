#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/card/credential.h"
#include "engine/family/family_givers.h"
#include "engine/stay/stay_state.h"
#include "engine/stay/stay_transactions.h"
#include "engine/validate.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/stay.pb.h"

// The calls of StayService: checks of their requests, and what answers them.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// What every request about a stay names.
template <typename Request>
absl::Status CheckNames(const Request& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  return CheckVisitId("mdtrt_id", request.mdtrt_id());
}

absl::Status Prepare(const v1::AdmitRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckNames(request, job));
  if (request.has_credential())
    YIJIE_RETURN_IF_ERROR(ValidateCredential("credential", request.credential()));
  return CheckAdmission("admission.", request.admission());
}

absl::Status Prepare(const v1::ChangeStayRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckNames(request, job));
  return CheckAdmission("admission.", request.admission());
}

absl::Status Prepare(const v1::StayRequest& request, Job* job) { return CheckNames(request, job); }

absl::Status Prepare(const v1::UploadFeesRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckNames(request, job));
  YIJIE_RETURN_IF_ERROR(CheckBatchNo("chrg_bchno", request.chrg_bchno()));
  for (int i = 0; i < request.fee_line_size(); ++i) {
    if (request.fee_line(i).fee_ocur_date().empty())
      return BadField(absl::StrCat("fee_line[", i, "].fee_ocur_date"), "must be set");
  }
  int64_t sum = 0;
  return CheckFeeLines("fee_line", request.fee_line(), kFirstDate, kLastDate, &sum);
}

absl::Status Prepare(const v1::CancelFeesRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckNames(request, job));
  return CheckBatchNo("chrg_bchno", request.chrg_bchno());
}

absl::Status Prepare(const v1::DischargeRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckNames(request, job));
  return CheckIsoDay("enddate", request.enddate());
}

absl::Status Prepare(const v1::SettleStayRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckNames(request, job));
  YIJIE_RETURN_IF_ERROR(CheckBillTotal("medfee_sumamt_fen", request.medfee_sumamt_fen()));
  YIJIE_RETURN_IF_ERROR(CheckAcctUse("acct_used_flag", request.acct_used_flag()));
  if (request.has_credential())
    YIJIE_RETURN_IF_ERROR(ValidateCredential("credential", request.credential()));
  YIJIE_RETURN_IF_ERROR(CheckDelivery("delivery.", request.delivery()));
  return request.until().empty() ? absl::OkStatus() : CheckIsoDay("until", request.until());
}

absl::Status Prepare(const v1::GetStayRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  return CheckNames(request, job);
}

// The uploads of the institution's stay; none if there is no such stay.
template <typename Request>
absl::StatusOr<UploadedBatches> LoadUploads(const Request& request, const WorkContext& context,
                                            const Person& person) {
  UploadedBatches uploaded;
  const store::v1::PersonStays& stays = person.rest->stays();
  const int index = FindStay(stays, request.header().fixmedins_code(), request.mdtrt_id());
  if (index < 0) return uploaded;
  for (const store::v1::FeeBatch& batch : stays.stay(index).batch()) {
    YIJIE_ASSIGN_OR_RETURN(
        const auto record,
        context.store.LoadVersion(UploadedFor(batch, request.psn_no()), batch.version()));
    store::v1::PersonEvent event;
    if (!record || !event.ParseFromString(record->event) ||
        !uploaded.emplace_back().ParseFromString(event.request())) {
      return absl::DataLossError("the fees of a stay cannot be read");
    }
  }
  return uploaded;
}

absl::Status CheckInstitutionIsKnown(const v1::MessageHeader& header, const WorkContext& context) {
  return context.reference.FindInstitution(header.fixmedins_code()) != nullptr
             ? absl::OkStatus()
             : absl::NotFoundError("header.fixmedins_code: no such institution");
}

absl::StatusOr<Effect> WorkAdmit(const Job& job, const WorkContext& context, const Person& person) {
  const auto& request = RequestOf<v1::AdmitRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown(request.header(), context));
  return Admit(context.reference, request, job.body, person, job.now);
}

absl::StatusOr<Effect> WorkChangeStay(const Job& job, const WorkContext& context,
                                      const Person& person) {
  const auto& request = RequestOf<v1::ChangeStayRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown(request.header(), context));
  YIJIE_ASSIGN_OR_RETURN(const UploadedBatches uploaded, LoadUploads(request, context, person));
  return ChangeStay(context.reference, request, job.body, uploaded, person, job.now);
}

absl::StatusOr<Effect> WorkCancelAdmission(const Job& job, const WorkContext& context,
                                           const Person& person) {
  const auto& request = RequestOf<v1::StayRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown(request.header(), context));
  return CancelAdmission(request, job.body, person, job.now);
}

absl::StatusOr<Effect> WorkUploadFees(const Job& job, const WorkContext& context,
                                      const Person& person) {
  const auto& request = RequestOf<v1::UploadFeesRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown(request.header(), context));
  YIJIE_ASSIGN_OR_RETURN(const UploadedBatches uploaded, LoadUploads(request, context, person));
  return UploadFees(request, job.body, uploaded, person, job.now);
}

absl::StatusOr<Effect> WorkCancelFees(const Job& job, const WorkContext& context,
                                      const Person& person) {
  const auto& request = RequestOf<v1::CancelFeesRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown(request.header(), context));
  return CancelFees(request, job.body, person, job.now);
}

absl::StatusOr<Effect> WorkDischarge(const Job& job, const WorkContext& context,
                                     const Person& person) {
  const auto& request = RequestOf<v1::DischargeRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown(request.header(), context));
  YIJIE_ASSIGN_OR_RETURN(const UploadedBatches uploaded, LoadUploads(request, context, person));
  return Discharge(request, job.body, uploaded, person, job.now);
}

absl::StatusOr<Effect> WorkCancelDischarge(const Job& job, const WorkContext& context,
                                           const Person& person) {
  const auto& request = RequestOf<v1::StayRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown(request.header(), context));
  return CancelDischarge(context.reference, request, job.body, person, job.now);
}

absl::StatusOr<Effect> WorkSettleStay(const Job& job, const WorkContext& context,
                                      const Person& person) {
  const auto& request = RequestOf<v1::SettleStayRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckInstitutionIsKnown(request.header(), context));
  YIJIE_ASSIGN_OR_RETURN(const UploadedBatches uploaded, LoadUploads(request, context, person));
  return WithGivers(
      SettleStay(context.reference, request, job.body, uploaded, person, job.now, job.family.get()),
      context, person, job.now);
}

absl::StatusOr<std::string> WorkGetStay(const Job& job, const WorkContext& /*context*/,
                                        const Person& person) {
  return GetStay(RequestOf<v1::GetStayRequest>(job), person).SerializeAsString();
}

template <typename Request>
CallSpec ChangingStay(Call call, const char* method, v1::Transaction transaction,
                      decltype(CallSpec::transact) transact) {
  return Changing<Request, Prepare>(call, method, "psn_no", transaction,
                                    v1::StayOutcome_descriptor(), transact);
}

}  // namespace

std::vector<CallSpec> StayCalls() {
  std::vector<CallSpec> calls = {
      ChangingStay<v1::AdmitRequest>(Call::kAdmit, "yijie.v1.StayService.Admit", v1::ADMIT,
                                     WorkAdmit),
      ChangingStay<v1::ChangeStayRequest>(Call::kChangeStay, "yijie.v1.StayService.ChangeStay",
                                          v1::CHANGE_STAY, WorkChangeStay),
      ChangingStay<v1::StayRequest>(Call::kCancelAdmission, "yijie.v1.StayService.CancelAdmission",
                                    v1::CANCEL_ADMISSION, WorkCancelAdmission),
      ChangingStay<v1::UploadFeesRequest>(Call::kUploadFees, "yijie.v1.StayService.UploadFees",
                                          v1::UPLOAD_FEES, WorkUploadFees),
      ChangingStay<v1::CancelFeesRequest>(Call::kCancelFees, "yijie.v1.StayService.CancelFees",
                                          v1::CANCEL_FEES, WorkCancelFees),
      ChangingStay<v1::DischargeRequest>(Call::kDischarge, "yijie.v1.StayService.Discharge",
                                         v1::DISCHARGE, WorkDischarge),
      ChangingStay<v1::StayRequest>(Call::kCancelDischarge, "yijie.v1.StayService.CancelDischarge",
                                    v1::CANCEL_DISCHARGE, WorkCancelDischarge),
      Changing<v1::SettleStayRequest, Prepare>(Call::kSettleStay, "yijie.v1.StayService.SettleStay",
                                               "psn_no", v1::SETTLE_STAY, v1::Outcome_descriptor(),
                                               WorkSettleStay),
      Reading<v1::GetStayRequest, Prepare>(Call::kGetStay, "yijie.v1.StayService.GetStay", "psn_no",
                                           WorkGetStay),
  };
  for (CallSpec& spec : calls) {
    spec.reads_history = spec.call == Call::kChangeStay || spec.call == Call::kUploadFees ||
                         spec.call == Call::kDischarge || spec.call == Call::kSettleStay;
    spec.counts_on_totals = spec.call == Call::kSettleStay;
  }
  return calls;
}

}  // namespace yijie::engine
