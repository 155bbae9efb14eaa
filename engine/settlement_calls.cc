#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/card/credential.h"
#include "engine/cross/attempt.h"
#include "engine/family/family_givers.h"
#include "engine/queries.h"
#include "engine/settlement_id.h"
#include "engine/transactions.h"
#include "engine/validate.h"
#include "yijie/v1/service.pb.h"

// The calls of SettlementService: checks of their requests, and what answers them.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int64_t kMaxCreditFen = 1'000'000'000'000;
constexpr int kMaxPage = 1'000;
constexpr size_t kMaxMemo = 100;

absl::Status Prepare(const v1::PreSettleRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  job->lane_key = request.claim().psn_no();
  job->insuplc_admdvs = request.claim().insuplc_admdvs();
  return CheckNetworkedBill(request.claim());
}

absl::Status Prepare(const v1::SettleRequest& request, Job* job) {
  job->lane_key = request.claim().psn_no();
  job->insuplc_admdvs = request.claim().insuplc_admdvs();
  if (request.has_credential())
    YIJIE_RETURN_IF_ERROR(ValidateCredential("credential", request.credential()));
  return CheckNetworkedBill(request.claim());
}

absl::Status Prepare(const v1::GetSettlementRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckSettlementId("setl_id", request.setl_id()));
  job->insuplc_admdvs = AreaOfSettlementId(request.setl_id());
  return absl::OkStatus();
}

// Calls that institutions send; what the agency and other areas were answered is not theirs to
// read.
bool IsOfInstitutions(v1::Transaction transaction) {
  switch (transaction) {
    case v1::SETTLE:
    case v1::REVERSE:
    case v1::REVERSE_BY_MESSAGE:
    case v1::REFUND:
    case v1::ADMIT:
    case v1::CHANGE_STAY:
    case v1::CANCEL_ADMISSION:
    case v1::UPLOAD_FEES:
    case v1::CANCEL_FEES:
    case v1::DISCHARGE:
    case v1::CANCEL_DISCHARGE:
    case v1::SETTLE_STAY:
      return true;
    default:
      return false;
  }
}

absl::Status Prepare(const v1::QueryMessageRequest& request, Job* job) {
  job->lane_key = request.msgid();
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  YIJIE_RETURN_IF_ERROR(CheckMessageId("msgid", request.msgid()));
  if (request.transaction() == v1::TRANSACTION_UNSPECIFIED ||
      !v1::Transaction_IsValid(request.transaction())) {
    return BadField("transaction",
                    absl::StrCat("unknown value ", static_cast<int>(request.transaction())));
  }
  if (!IsOfInstitutions(request.transaction()))
    return BadField("transaction", "is no call of an institution");
  if (request.fence() && request.transaction() != v1::SETTLE &&
      request.transaction() != v1::SETTLE_STAY)
    return BadField("fence", "only a Settle or SettleStay message can be closed");
  job->has_other_key = request.fence();
  job->other_key = {request.fixmedins_code(), static_cast<uint8_t>(request.transaction()),
                    request.msgid()};
  return absl::OkStatus();
}

absl::Status Prepare(const v1::GetAccountRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  return CheckPersonNo("psn_no", request.psn_no());
}

absl::Status Prepare(const v1::CreditAccountRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  if (request.sub_account() != v1::CURRENT_YEAR && request.sub_account() != v1::PAST_YEARS) {
    return BadField("sub_account",
                    absl::StrCat("unknown value ", static_cast<int>(request.sub_account())));
  }
  if (request.amount_fen() < 1 || request.amount_fen() > kMaxCreditFen) {
    return BadField("amount_fen",
                    absl::StrCat(request.amount_fen(), " is outside 1 to ", kMaxCreditFen));
  }
  if (request.memo().size() > kMaxMemo)
    return BadField("memo", absl::StrCat("longer than ", kMaxMemo, " bytes"));
  return absl::OkStatus();
}

absl::Status Prepare(const v1::ListPostingsRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  if (request.after_version() < 0) return BadField("after_version", "negative");
  if (request.page_size() < 0 || request.page_size() > kMaxPage)
    return BadField("page_size", absl::StrCat("outside 0 to ", kMaxPage));
  return absl::OkStatus();
}

// --- Calls that move money

absl::StatusOr<Effect> WorkSettle(const Job& job, const WorkContext& context,
                                  const Person& person) {
  if (IsVisitor(job.lane_key)) {
    return SettleAcross(context.reference, RequestOf<v1::SettleRequest>(job), job.body, person,
                        job.now, job.cross.get());
  }
  return WithGivers(Settle(context.reference, RequestOf<v1::SettleRequest>(job), job.body, person,
                           job.now, job.family.get()),
                    context, person, job.now);
}

absl::StatusOr<Effect> WorkCreditAccount(const Job& job, const WorkContext& /*context*/,
                                         const Person& person) {
  return Credit(RequestOf<v1::CreditAccountRequest>(job), job.body, person, job.now);
}

// --- Calls that read

absl::StatusOr<std::string> WorkPreSettle(const Job& job, const WorkContext& context,
                                          const Person& person) {
  v1::PreSettleResponse response;
  YIJIE_ASSIGN_OR_RETURN(
      *response.mutable_settlement(),
      PreSettle(context.reference, RequestOf<v1::PreSettleRequest>(job), person, job.now));
  return response.SerializeAsString();
}

absl::StatusOr<std::string> WorkGetSettlement(const Job& job, const WorkContext& context,
                                              const Person& person) {
  const auto& request = RequestOf<v1::GetSettlementRequest>(job);
  const auto response = GetSettlement(context.store, request, job.lane_key, person);
  if (absl::IsNotFound(response.status()) && context.refused != nullptr) {
    YIJIE_ASSIGN_OR_RETURN(const std::string owner,
                           InstitutionOfSettlement(context.store, job.lane_key, request.setl_id()));
    *context.refused =
        RefusedRight{request.psn_no(), request.setl_id(), "NOT_FOUND",
                     owner.empty() ? "没有该结算" : absl::StrCat("该结算属于机构", owner)};
  }
  YIJIE_RETURN_IF_ERROR(response.status());
  return response->SerializeAsString();
}

absl::StatusOr<std::string> WorkGetAccount(const Job& /*job*/, const WorkContext& /*context*/,
                                           const Person& person) {
  return GetAccount(person).SerializeAsString();
}

absl::StatusOr<std::string> WorkListPostings(const Job& job, const WorkContext& context,
                                             const Person& /*person*/) {
  YIJIE_ASSIGN_OR_RETURN(const auto response,
                         ListPostings(context.store, RequestOf<v1::ListPostingsRequest>(job)));
  return response.SerializeAsString();
}

}  // namespace

std::vector<CallSpec> SettlementCalls() {
  return {
      Reading<v1::PreSettleRequest, Prepare>(
          Call::kPreSettle, "yijie.v1.SettlementService.PreSettle", "claim.psn_no", WorkPreSettle),
      CountingOnTotals(Changing<v1::SettleRequest, Prepare>(
          Call::kSettle, "yijie.v1.SettlementService.Settle", "claim.psn_no", v1::SETTLE,
          v1::Outcome_descriptor(), WorkSettle)),
      Reading<v1::GetSettlementRequest, Prepare>(Call::kGetSettlement,
                                                 "yijie.v1.SettlementService.GetSettlement",
                                                 "psn_no", WorkGetSettlement),
      // Names no person: the lane answers it (Lane::QueryMessage).
      Reading<v1::QueryMessageRequest, Prepare>(
          Call::kQueryMessage, "yijie.v1.SettlementService.QueryMessage", nullptr, nullptr),
      Reading<v1::GetAccountRequest, Prepare>(
          Call::kGetAccount, "yijie.v1.SettlementService.GetAccount", "psn_no", WorkGetAccount),
      Changing<v1::CreditAccountRequest, Prepare>(
          Call::kCreditAccount, "yijie.v1.SettlementService.CreditAccount", "psn_no",
          v1::CREDIT_ACCOUNT, nullptr, WorkCreditAccount),
      Reading<v1::ListPostingsRequest, Prepare>(Call::kListPostings,
                                                "yijie.v1.SettlementService.ListPostings", "psn_no",
                                                WorkListPostings),
  };
}

}  // namespace yijie::engine
