#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/area/area_code.h"
#include "engine/call.h"
#include "engine/queries.h"
#include "engine/registration/registration_state.h"
#include "engine/registration/registration_transactions.h"
#include "engine/stored_day.h"
#include "engine/validate.h"
#include "yijie/v1/registration.pb.h"

// The calls of RegistrationService: checks of their requests, and what answers them.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// A first day may be so many days before or after the day of filing.
constexpr int64_t kMostDaysBack = 3'660;
constexpr int64_t kMostDaysAhead = 366;

template <typename Request>
absl::Status CheckPerson(const Request& request, Job* job) {
  job->lane_key = request.psn_no();
  return CheckPersonNo("psn_no", request.psn_no());
}

absl::Status CheckPlace(const std::string& admdvs) {
  if (!IsAreaCode(admdvs)) return BadField("admdvs", "must be an area of six digits");
  return IsWiderThanACity(admdvs) ? BadField("admdvs", "must be a city or a district of one")
                                  : absl::OkStatus();
}

absl::Status CheckDays(const std::string& begndate, const std::string& enddate, int64_t most_back,
                       Date today) {
  Date first = today;
  if (!begndate.empty()) {
    YIJIE_RETURN_IF_ERROR(CheckIsoDay("begndate", begndate));
    first = StoredDay(begndate);
    if (first.days() < today.days() - most_back || first.days() > today.days() + kMostDaysAhead) {
      return BadField("begndate", absl::StrCat("is not within ", most_back, " days before and ",
                                               kMostDaysAhead, " days after today"));
    }
  }
  if (enddate.empty()) return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(CheckIsoDay("enddate", enddate));
  const Date last = StoredDay(enddate);
  return last < first || last < today ? BadField("enddate", "before begndate or today")
                                      : absl::OkStatus();
}

absl::Status CheckNumber(const std::string& registration_no) {
  return CheckMessageId("registration_no", registration_no);  // of the same shape
}

template <typename Request>
absl::Status CheckFiler(const Request& request) {
  if (request.filer() == v1::REGISTRATION_FILER_UNSPECIFIED ||
      !v1::RegistrationFiler_IsValid(request.filer()))
    return BadField("filer", absl::StrCat("unknown value ", static_cast<int>(request.filer())));
  return absl::OkStatus();
}

absl::Status CheckKind(const v1::RegisterRequest& request) {
  const v1::RegistrationKind kind = request.kind();
  if (kind == v1::NOT_REGISTERED || !v1::RegistrationKind_IsValid(kind))
    return BadField("kind", absl::StrCat("unknown value ", static_cast<int>(kind)));
  if (request.work_injury() && kind != v1::LONG_TERM && kind != v1::REFERRAL)
    return BadField("kind", "for work injury LONG_TERM or REFERRAL");
  if (!v1::LongTermReason_IsValid(request.long_term_reason()))
    return BadField("long_term_reason",
                    absl::StrCat("unknown value ", static_cast<int>(request.long_term_reason())));
  const bool given = request.long_term_reason() != v1::LONG_TERM_REASON_UNSPECIFIED;
  if (given != (kind == v1::LONG_TERM))
    return BadField("long_term_reason", given ? "is for LONG_TERM only" : "must be set");
  return absl::OkStatus();
}

absl::Status Prepare(const v1::RegisterRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  YIJIE_RETURN_IF_ERROR(CheckKind(request));
  YIJIE_RETURN_IF_ERROR(CheckPlace(request.admdvs()));
  YIJIE_RETURN_IF_ERROR(
      CheckDays(request.begndate(), request.enddate(), kMostDaysBack, job->now.day));
  YIJIE_RETURN_IF_ERROR(CheckFiler(request));
  if (request.reason().empty() && request.kind() != v1::REFERRAL) return absl::OkStatus();
  return CheckReason("reason", request.reason());
}

absl::Status Prepare(const v1::ChangeRegistrationRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  YIJIE_RETURN_IF_ERROR(CheckNumber(request.registration_no()));
  YIJIE_RETURN_IF_ERROR(CheckPlace(request.admdvs()));
  YIJIE_RETURN_IF_ERROR(CheckDays(request.begndate(), request.enddate(), 0, job->now.day));
  return CheckFiler(request);
}

absl::Status Prepare(const v1::CancelRegistrationRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  YIJIE_RETURN_IF_ERROR(CheckNumber(request.registration_no()));
  return CheckFiler(request);
}

absl::Status Prepare(const v1::SupplyRegistrationPapersRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  return CheckNumber(request.registration_no());
}

absl::Status Prepare(const v1::GetRegistrationsRequest& request, Job* job) {
  return CheckPerson(request, job);
}

// A hospital says that it is one, and nobody else does.
template <typename Request>
absl::Status CheckSender(const Reference& reference, const Request& request) {
  const v1::Institution* sender = reference.FindInstitution(request.header().fixmedins_code());
  const bool is_hospital = sender != nullptr && sender->kind() == v1::HOSPITAL;
  if (request.filer() == v1::FILED_BY_HOSPITAL && !is_hospital)
    return BadField("header.fixmedins_code", "is no hospital");
  if (request.filer() != v1::FILED_BY_HOSPITAL && sender != nullptr)
    return BadField("filer", "an institution files as FILED_BY_HOSPITAL");
  return absl::OkStatus();
}

absl::StatusOr<Effect> WorkRegister(const Job& job, const WorkContext& context,
                                    const Person& person) {
  const auto& request = RequestOf<v1::RegisterRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckSender(context.reference, request));
  std::vector<storage::PersonVersion> history;
  if (!request.begndate().empty() && StoredDay(request.begndate()) < job.now.day) {
    YIJIE_ASSIGN_OR_RETURN(history, LoadLater(context.store, request.psn_no(), 0, person.version));
  }
  return Register(context.reference, request, job.body, history, person, job.now);
}

absl::StatusOr<Effect> WorkChange(const Job& job, const WorkContext& context,
                                  const Person& person) {
  const auto& request = RequestOf<v1::ChangeRegistrationRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckSender(context.reference, request));
  return ChangeRegistration(context.reference, request, job.body, person, job.now);
}

absl::StatusOr<Effect> WorkCancel(const Job& job, const WorkContext& context,
                                  const Person& person) {
  const auto& request = RequestOf<v1::CancelRegistrationRequest>(job);
  YIJIE_RETURN_IF_ERROR(CheckSender(context.reference, request));
  return CancelRegistration(context.reference, request, job.body, person, job.now);
}

absl::StatusOr<Effect> WorkSupplyPapers(const Job& job, const WorkContext& /*context*/,
                                        const Person& person) {
  return SupplyRegistrationPapers(RequestOf<v1::SupplyRegistrationPapersRequest>(job), job.body,
                                  person, job.now);
}

absl::StatusOr<std::string> WorkGet(const Job& /*job*/, const WorkContext& /*context*/,
                                    const Person& person) {
  v1::GetRegistrationsResponse response;
  for (const store::v1::StoredRegistration& each : person.rest->registrations().registration())
    *response.add_registration() = each.filed();
  *response.mutable_loaded() = person.facts->registration();
  return response.SerializeAsString();
}

// A bill that is reserved for a place of care was judged without what is filed now.
template <typename Request>
CallSpec Filing(Call call, const char* method, v1::Transaction transaction,
                decltype(CallSpec::transact) transact) {
  return CountingOnTotals(Changing<Request, Prepare>(
      call, method, "psn_no", transaction, v1::RegistrationOutcome_descriptor(), transact));
}

}  // namespace

std::vector<CallSpec> RegistrationCalls() {
  CallSpec file = Filing<v1::RegisterRequest>(
      Call::kRegister, "yijie.v1.RegistrationService.Register", v1::REGISTER, WorkRegister);
  file.reads_history = true;
  return {
      file,
      Filing<v1::ChangeRegistrationRequest>(Call::kChangeRegistration,
                                            "yijie.v1.RegistrationService.ChangeRegistration",
                                            v1::CHANGE_REGISTRATION, WorkChange),
      Filing<v1::CancelRegistrationRequest>(Call::kCancelRegistration,
                                            "yijie.v1.RegistrationService.CancelRegistration",
                                            v1::CANCEL_REGISTRATION, WorkCancel),
      Filing<v1::SupplyRegistrationPapersRequest>(
          Call::kSupplyRegistrationPapers, "yijie.v1.RegistrationService.SupplyRegistrationPapers",
          v1::SUPPLY_REGISTRATION_PAPERS, WorkSupplyPapers),
      Reading<v1::GetRegistrationsRequest, Prepare>(Call::kGetRegistrations,
                                                    "yijie.v1.RegistrationService.GetRegistrations",
                                                    "psn_no", WorkGet),
  };
}

}  // namespace yijie::engine
