#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/books/closed_period.h"
#include "engine/call.h"
#include "engine/card/credential.h"
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

absl::Status CheckSettlementId(absl::string_view setl_id) {
  return setl_id.size() == 30 ? absl::OkStatus() : BadField("setl_id", "needs 30 characters");
}

absl::Status Prepare(const v1::PreSettleRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  job->lane_key = request.claim().psn_no();
  YIJIE_RETURN_IF_ERROR(CheckIsBill(request.claim()));
  return CheckClaim(request.claim());
}

absl::Status Prepare(const v1::SettleRequest& request, Job* job) {
  job->lane_key = request.claim().psn_no();
  if (request.has_credential())
    YIJIE_RETURN_IF_ERROR(ValidateCredential("credential", request.credential()));
  YIJIE_RETURN_IF_ERROR(CheckIsBill(request.claim()));
  return CheckClaim(request.claim());
}

absl::Status Prepare(const v1::ReverseRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  return CheckSettlementId(request.setl_id());
}

absl::Status Prepare(const v1::ReverseByMessageRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckMessageId("omsgid", request.omsgid()));
  const bool of_stay = request.transaction() == v1::SETTLE_STAY;
  if (!of_stay && request.transaction() != v1::SETTLE &&
      request.transaction() != v1::TRANSACTION_UNSPECIFIED) {
    return BadField("transaction", "only a Settle or SettleStay message can be undone");
  }
  job->has_other_key = true;
  job->other_key = {request.header().fixmedins_code(),
                    static_cast<uint8_t>(of_stay ? v1::SETTLE_STAY : v1::SETTLE), request.omsgid()};
  return absl::OkStatus();
}

absl::Status Prepare(const v1::GetSettlementRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  return CheckSettlementId(request.setl_id());
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
  if (request.transaction() == v1::FAMILY_REFUND)
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
  return WithGivers(Settle(context.reference, RequestOf<v1::SettleRequest>(job), job.body, person,
                           job.now, job.family.get()),
                    context, person, job.now);
}

absl::StatusOr<Effect> WorkCreditAccount(const Job& job, const WorkContext& /*context*/,
                                         const Person& person) {
  return Credit(RequestOf<v1::CreditAccountRequest>(job), job.body, person, job.now);
}

// The settlement that stands for that of `version`: itself, or the last of those that corrections
// replaced it by. Without a replacement that was undone since, too.
absl::StatusOr<int64_t> NewestOfClaim(storage::StoreReader& store, int64_t version,
                                      const Person& person) {
  if (person.ReversedBy(version) == 0) return version;
  YIJIE_ASSIGN_OR_RETURN(const auto later,
                         LoadLater(store, person.facts->psn_no(), version, person.version));
  for (const storage::PersonVersion& each : later) {
    YIJIE_ASSIGN_OR_RETURN(const store::v1::PersonEvent event, ParseEvent(each));
    if (event.has_settled() && event.settled().corrects_version() == version)
      version = each.version;
  }
  return version;
}

// Both undo calls answer with a Reversal in field 1, so the bytes serve both.
absl::StatusOr<Effect> ReverseVersion(const v1::MessageHeader& header, int64_t version,
                                      absl::string_view setl_id, const Job& job,
                                      const WorkContext& context, const Person& person) {
  const std::string& psn_no = person.facts->psn_no();
  YIJIE_ASSIGN_OR_RETURN(SettledRecord original, LoadSettled(context.store, psn_no, version,
                                                             setl_id, header.fixmedins_code()));
  if (!original.event.settled().bill_institution().empty()) {
    return RefuseReversal(v1::FILED_WITH_AGENCY, "该结算为向经办机构申报，须由经办机构撤回", "",
                          original, person, job.now);
  }
  YIJIE_ASSIGN_OR_RETURN(const int64_t newest, NewestOfClaim(context.store, version, person));
  if (newest != version) {
    YIJIE_ASSIGN_OR_RETURN(original,
                           LoadSettled(context.store, psn_no, newest, "", header.fixmedins_code()));
  }
  if (person.ReversedBy(newest) == 0) {
    YIJIE_ASSIGN_OR_RETURN(const bool closed, IsPeriodClosed(context.store, header.fixmedins_code(),
                                                             original.event.setlym()));
    if (closed) {
      return RefuseReversal(
          v1::CLEARING_PERIOD_CLOSED,
          absl::StrCat("清算期", original.event.setlym(), "已关闭，须由经办机构办理"), "", original,
          person, job.now);
    }
  }
  const bool corrects = original.event.settled().corrects_version() != 0;
  YIJIE_ASSIGN_OR_RETURN(const auto later,
                         LoadLater(context.store, psn_no, corrects ? 0 : newest, person.version));
  return Reverse(header, job.body, original, later, person, job.now);
}

absl::StatusOr<Effect> WorkReverse(const Job& job, const WorkContext& context,
                                   const Person& person) {
  const auto& request = RequestOf<v1::ReverseRequest>(job);
  const std::optional<int64_t> version = VersionOfSettlementId(request.setl_id(), request.psn_no());
  if (!version) return absl::NotFoundError("setl_id: no such settlement of this person");
  return ReverseVersion(request.header(), *version, request.setl_id(), job, context, person);
}

Effect NothingToReverse(absl::string_view reason, const Moment& now) {
  v1::ReverseByMessageResponse response;
  response.mutable_reversal()->set_outcome(v1::NOTHING_TO_REVERSE);
  response.mutable_reversal()->set_reason(std::string(reason));
  response.mutable_reversal()->set_setl_time(now.rfc3339);
  return Answer(response.SerializeAsString(), v1::NOTHING_TO_REVERSE);
}

absl::StatusOr<Effect> WorkReverseByMessage(const Job& job, const WorkContext& context,
                                            const Person& person) {
  const auto& request = RequestOf<v1::ReverseByMessageRequest>(job);
  if (context.reference.FindInstitution(request.header().fixmedins_code()) == nullptr)
    return absl::NotFoundError("header.fixmedins_code: no such institution");
  YIJIE_ASSIGN_OR_RETURN(const auto original, FindAnswer(context.store, job.other_key));
  if (!original) {
    Effect effect = NothingToReverse("原报文未到达，已作废", job.now);
    effect.closes.push_back(job.other_key);
    return effect;
  }
  if (original->psn_no.empty()) return NothingToReverse("原报文未产生结算", job.now);
  if (original->psn_no != request.psn_no())
    return absl::InvalidArgumentError("psn_no: the original message is of another person");
  return ReverseVersion(request.header(), original->version, "", job, context, person);
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
  YIJIE_ASSIGN_OR_RETURN(
      const auto response,
      GetSettlement(context.store, RequestOf<v1::GetSettlementRequest>(job), person));
  return response.SerializeAsString();
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
  std::vector<CallSpec> calls = {
      Reading<v1::PreSettleRequest, Prepare>(
          Call::kPreSettle, "yijie.v1.SettlementService.PreSettle", "claim.psn_no", WorkPreSettle),
      Changing<v1::SettleRequest, Prepare>(Call::kSettle, "yijie.v1.SettlementService.Settle",
                                           "claim.psn_no", v1::SETTLE, v1::Outcome_descriptor(),
                                           WorkSettle),
      Changing<v1::ReverseRequest, Prepare>(Call::kReverse, "yijie.v1.SettlementService.Reverse",
                                            "psn_no", v1::REVERSE, v1::ReverseOutcome_descriptor(),
                                            WorkReverse),
      Changing<v1::ReverseByMessageRequest, Prepare>(
          Call::kReverseByMessage, "yijie.v1.SettlementService.ReverseByMessage", "psn_no",
          v1::REVERSE_BY_MESSAGE, v1::ReverseOutcome_descriptor(), WorkReverseByMessage),
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
  for (CallSpec& spec : calls) {
    spec.reads_history = spec.call == Call::kReverse || spec.call == Call::kReverseByMessage;
  }
  return calls;
}

}  // namespace yijie::engine
