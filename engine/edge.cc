#include "engine/edge.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/deterministic_bytes.h"
#include "engine/validate.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using google::protobuf::Message;

constexpr int64_t kMaxCreditFen = 1'000'000'000'000;
constexpr int kMaxPage = 1'000;
constexpr size_t kMaxMemo = 100;

absl::Status Bad(absl::string_view path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", why));
}

absl::Status CheckSettlementId(absl::string_view setl_id) {
  return setl_id.size() == 30 ? absl::OkStatus() : Bad("setl_id", "needs 30 characters");
}

absl::Status Prepare(const v1::PreSettleRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  job->lane_key = request.claim().psn_no();
  YIJIE_RETURN_IF_ERROR(CheckIsBill(request.claim()));
  return CheckClaim(request.claim());
}

absl::Status Prepare(const v1::SettleRequest& request, Job* job) {
  job->lane_key = request.claim().psn_no();
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
  job->has_other_key = true;
  job->other_key = {request.header().fixmedins_code(), v1::SETTLE, request.omsgid()};
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
  if (request.transaction() < v1::SETTLE || request.transaction() > v1::CREDIT_ACCOUNT) {
    return Bad("transaction",
               absl::StrCat("unknown value ", static_cast<int>(request.transaction())));
  }
  if (request.fence() && request.transaction() != v1::SETTLE)
    return Bad("fence", "only a Settle message can be closed");
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
    return Bad("sub_account",
               absl::StrCat("unknown value ", static_cast<int>(request.sub_account())));
  }
  if (request.amount_fen() < 1 || request.amount_fen() > kMaxCreditFen) {
    return Bad("amount_fen",
               absl::StrCat(request.amount_fen(), " is outside 1 to ", kMaxCreditFen));
  }
  if (request.memo().size() > kMaxMemo)
    return Bad("memo", absl::StrCat("longer than ", kMaxMemo, " bytes"));
  return absl::OkStatus();
}

absl::Status Prepare(const v1::ListPostingsRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  if (request.after_version() < 0) return Bad("after_version", "negative");
  if (request.page_size() < 0 || request.page_size() > kMaxPage)
    return Bad("page_size", absl::StrCat("outside 0 to ", kMaxPage));
  return absl::OkStatus();
}

template <typename Request>
absl::Status PrepareQuery(const Message& request, Job* job) {
  return Prepare(static_cast<const Request&>(request), job);
}

// For calls that move money: the header, and the key under which the answer is kept.
template <typename Request, v1::Transaction kTransaction>
absl::Status PrepareMessage(const Message& message, Job* job) {
  const auto& request = static_cast<const Request&>(message);
  YIJIE_RETURN_IF_ERROR(CheckHeader(request.header()));
  YIJIE_RETURN_IF_ERROR(Prepare(request, job));
  job->has_key = true;
  job->key = {request.header().fixmedins_code(), kTransaction, request.header().msgid()};
  job->body = DeterministicBytes(request);
  job->digest = Sha256(job->body);
  return absl::OkStatus();
}

absl::Status PrepareCall(Call call, const Message& request, Job* job) {
  switch (call) {
    case Call::kPreSettle:
      return PrepareQuery<v1::PreSettleRequest>(request, job);
    case Call::kSettle:
      return PrepareMessage<v1::SettleRequest, v1::SETTLE>(request, job);
    case Call::kReverse:
      return PrepareMessage<v1::ReverseRequest, v1::REVERSE>(request, job);
    case Call::kReverseByMessage:
      return PrepareMessage<v1::ReverseByMessageRequest, v1::REVERSE_BY_MESSAGE>(request, job);
    case Call::kGetSettlement:
      return PrepareQuery<v1::GetSettlementRequest>(request, job);
    case Call::kQueryMessage:
      return PrepareQuery<v1::QueryMessageRequest>(request, job);
    case Call::kGetAccount:
      return PrepareQuery<v1::GetAccountRequest>(request, job);
    case Call::kCreditAccount:
      return PrepareMessage<v1::CreditAccountRequest, v1::CREDIT_ACCOUNT>(request, job);
    case Call::kListPostings:
      return PrepareQuery<v1::ListPostingsRequest>(request, job);
  }
  return absl::InternalError("unknown call");
}

}  // namespace

std::unique_ptr<Message> NewRequest(Call call) {
  switch (call) {
    case Call::kPreSettle:
      return std::make_unique<v1::PreSettleRequest>();
    case Call::kSettle:
      return std::make_unique<v1::SettleRequest>();
    case Call::kReverse:
      return std::make_unique<v1::ReverseRequest>();
    case Call::kReverseByMessage:
      return std::make_unique<v1::ReverseByMessageRequest>();
    case Call::kGetSettlement:
      return std::make_unique<v1::GetSettlementRequest>();
    case Call::kQueryMessage:
      return std::make_unique<v1::QueryMessageRequest>();
    case Call::kGetAccount:
      return std::make_unique<v1::GetAccountRequest>();
    case Call::kCreditAccount:
      return std::make_unique<v1::CreditAccountRequest>();
    case Call::kListPostings:
      return std::make_unique<v1::ListPostingsRequest>();
  }
  return nullptr;
}

absl::StatusOr<std::unique_ptr<Job>> MakeJob(Call call, std::unique_ptr<Message> request,
                                             const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(*request));
  auto job = std::make_unique<Job>();
  job->call = call;
  job->now = now;
  job->arrived = std::chrono::steady_clock::now();
  job->deadline = std::chrono::steady_clock::time_point::max();
  YIJIE_RETURN_IF_ERROR(PrepareCall(call, *request, job.get()));
  job->request = std::move(request);
  return job;
}

}  // namespace yijie::engine
