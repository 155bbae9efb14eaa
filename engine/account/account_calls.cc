#include <algorithm>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/account/account_history.h"
#include "engine/account/account_transactions.h"
#include "engine/account/credited_months.h"
#include "engine/call.h"
#include "engine/deterministic_bytes.h"
#include "engine/queries.h"
#include "engine/validate.h"
#include "yijie/v1/account.pb.h"

// The calls of AccountService: checks of their requests, and what answers them.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int64_t kMaxAmountFen = 1'000'000'000'000;
constexpr int kMaxPage = 1'000;
constexpr size_t kMaxReason = 200;
constexpr int kFirstYear = 1900;
constexpr int kLastYear = 2198;  // the year after must be a year too

absl::Status CheckAmount(absl::string_view path, int64_t fen, int64_t least) {
  if (fen >= least && fen <= kMaxAmountFen) return absl::OkStatus();
  return BadField(path, absl::StrCat(fen, " is outside ", least, " to ", kMaxAmountFen));
}

absl::Status CheckReason(const std::string& reason) {
  if (reason.empty() || reason.size() > kMaxReason || !IsUtf8(reason))
    return BadField("reason", absl::StrCat("needs 1 to ", kMaxReason, " bytes of UTF-8"));
  return absl::OkStatus();
}

absl::Status CheckArea(absl::string_view path, const std::string& admdvs) {
  if (admdvs.size() == 6 && std::all_of(admdvs.begin(), admdvs.end(), absl::ascii_isdigit))
    return absl::OkStatus();
  return BadField(path, "needs six digits");
}

// A field that the act of the request does not use.
absl::Status CheckUnused(absl::string_view path, bool empty) {
  return empty ? absl::OkStatus() : BadField(path, "must be empty for this act");
}

template <typename Request>
absl::Status CheckPerson(const Request& request, Job* job) {
  job->lane_key = request.psn_no();
  return CheckPersonNo("psn_no", request.psn_no());
}

absl::Status Prepare(const v1::CreditByPolicyRequest& request, Job* job) {
  // CheckCredit has the same request and no message id of its own.
  YIJIE_RETURN_IF_ERROR(CheckHeader(request.header()));
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  if (!ParseCreditPeriod(request.period()))
    return BadField("period", "needs a month \"2026-05\" or a year \"2026\"");
  return CheckGiven("given", request.given());
}

absl::Status Prepare(const v1::CloseAccountYearRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  if (request.year() >= kFirstYear && request.year() <= kLastYear) return absl::OkStatus();
  return BadField("year",
                  absl::StrCat(request.year(), " is outside ", kFirstYear, " to ", kLastYear));
}

absl::Status Prepare(const v1::PayFromAccountRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  if (request.purpose() != v1::AccountRules::FAMILY_PREMIUM &&
      request.purpose() != v1::AccountRules::COMMERCIAL_INSURANCE) {
    return BadField("purpose", "must be FAMILY_PREMIUM or COMMERCIAL_INSURANCE");
  }
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("payee", request.payee()));
  YIJIE_RETURN_IF_ERROR(CheckAmount("amount_fen", request.amount_fen(), 1));
  return CheckMessageId("document_no", request.document_no());
}

absl::Status Prepare(const v1::FreezeAccountRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  if (request.frozen()) {
    YIJIE_RETURN_IF_ERROR(CheckIsoDay("begndate", request.begndate()));
  } else if (!request.begndate().empty()) {
    return BadField("begndate", "must be empty to lift a freeze");
  }
  return CheckReason(request.reason());
}

absl::Status Prepare(const v1::EndAccountRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  const v1::AccountAct act = request.act();
  if (act != v1::ACT_PAID_OUT && act != v1::ACT_INHERITED && act != v1::ACT_TRANSFERRED_OUT &&
      act != v1::ACT_TO_FUND) {
    return BadField("act", "must be PAID_OUT, INHERITED, TRANSFERRED_OUT or TO_FUND");
  }
  YIJIE_RETURN_IF_ERROR(CheckMessageId("document_no", request.document_no()));
  if (act != v1::ACT_INHERITED) {
    YIJIE_RETURN_IF_ERROR(CheckUnused("heir_psn_no", request.heir_psn_no().empty()));
  } else {
    YIJIE_RETURN_IF_ERROR(CheckPersonNo("heir_psn_no", request.heir_psn_no()));
    if (request.heir_psn_no() == request.psn_no())
      return BadField("heir_psn_no", "is the owner of the account");
  }
  return act == v1::ACT_TRANSFERRED_OUT ? CheckArea("admdvs", request.admdvs())
                                        : CheckUnused("admdvs", request.admdvs().empty());
}

absl::Status CheckTransferIn(const v1::ReceiveIntoAccountRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckUnused("from_psn_no", request.from_psn_no().empty()));
  YIJIE_RETURN_IF_ERROR(CheckArea("admdvs", request.admdvs()));
  YIJIE_RETURN_IF_ERROR(CheckAmount("current_year_fen", request.current_year_fen(), 0));
  YIJIE_RETURN_IF_ERROR(CheckAmount("past_years_fen", request.past_years_fen(), 0));
  if (request.current_year_fen() + request.past_years_fen() > 0) return absl::OkStatus();
  return BadField("current_year_fen", "and past_years_fen are both 0");
}

absl::Status CheckInheritance(const v1::ReceiveIntoAccountRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("from_psn_no", request.from_psn_no()));
  if (request.from_psn_no() == request.psn_no()) return BadField("from_psn_no", "is the heir");
  YIJIE_RETURN_IF_ERROR(CheckUnused("admdvs", request.admdvs().empty()));
  YIJIE_RETURN_IF_ERROR(CheckUnused("current_year_fen", request.current_year_fen() == 0));
  return CheckUnused("past_years_fen", request.past_years_fen() == 0);
}

absl::Status Prepare(const v1::ReceiveIntoAccountRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  YIJIE_RETURN_IF_ERROR(CheckMessageId("document_no", request.document_no()));
  if (request.act() == v1::ACT_TRANSFERRED_IN) return CheckTransferIn(request);
  if (request.act() == v1::ACT_INHERITANCE) return CheckInheritance(request);
  return BadField("act", "must be INHERITANCE or TRANSFERRED_IN");
}

absl::Status Prepare(const v1::OffsetDebtRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  if (!request.debt_id().empty())
    YIJIE_RETURN_IF_ERROR(CheckMessageId("debt_id", request.debt_id()));
  return CheckAmount("amount_fen", request.amount_fen(), 0);
}

absl::Status Prepare(const v1::UndoAccountPostingRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  if (request.version() < 1) return BadField("version", "needs the version of a posting");
  return CheckReason(request.reason());
}

// Milliseconds since 1970 UTC of an instant that passed its check.
absl::StatusOr<int64_t> ParseInstant(const std::string& text) {
  absl::Time time;
  std::string error;
  const bool parsed = !text.empty() && absl::ascii_isdigit(text[0]) &&
                      absl::ParseTime(absl::RFC3339_full, text, &time, &error);
  const int64_t unix_ms = parsed ? absl::ToUnixMillis(time) : 0;
  if (!parsed || unix_ms < StartOfDay(kFirstDate) || unix_ms >= StartOfDay(kLastDate))
    return BadField("instant", "needs an instant such as 2026-03-31T23:59:59+08:00");
  return unix_ms;
}

absl::Status Prepare(const v1::GetAccountAsOfRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  return ParseInstant(request.instant()).status();
}

absl::Status Prepare(const v1::GetAccountStatementRequest& request, Job* job) {
  YIJIE_RETURN_IF_ERROR(CheckPerson(request, job));
  YIJIE_RETURN_IF_ERROR(CheckIsoDay("begndate", request.begndate()));
  YIJIE_RETURN_IF_ERROR(CheckIsoDay("enddate", request.enddate()));
  if (request.enddate() < request.begndate()) return BadField("enddate", "before begndate");
  if (request.after_version() < 0) return BadField("after_version", "negative");
  if (request.page_size() < 0 || request.page_size() > kMaxPage)
    return BadField("page_size", absl::StrCat("outside 0 to ", kMaxPage));
  return absl::OkStatus();
}

// --- What answers them

template <typename Request, absl::StatusOr<Effect> (*kWork)(const Request&, const AccountWork&)>
absl::StatusOr<Effect> Work(const Job& job, const WorkContext& context, const Person& person) {
  return kWork(RequestOf<Request>(job),
               {context.reference, context.store, job.body, person, job.now});
}

// The answer that was given to the message before, if it was sent.
absl::StatusOr<std::optional<v1::AccountResponse>> AnsweredBefore(
    const v1::CreditByPolicyRequest& request, storage::StoreReader& store) {
  const storage::MessageKey key{request.header().fixmedins_code(),
                                static_cast<uint8_t>(v1::CREDIT_BY_POLICY),
                                request.header().msgid()};
  YIJIE_ASSIGN_OR_RETURN(const auto answer, FindAnswer(store, key));
  if (!answer) return std::nullopt;
  if (answer->request != DeterministicBytes(request))
    return absl::AlreadyExistsError("request: differs from the first message with this msgid");
  v1::AccountResponse response;
  if (!response.ParseFromString(answer->reply))
    return absl::DataLossError("a stored reply cannot be read");
  response.set_answered(true);
  return response;
}

absl::StatusOr<std::string> WorkCheckCredit(const Job& job, const WorkContext& context,
                                            const Person& person) {
  const auto& request = RequestOf<v1::CreditByPolicyRequest>(job);
  YIJIE_ASSIGN_OR_RETURN(const auto answered, AnsweredBefore(request, context.store));
  if (answered) return answered->SerializeAsString();
  return CheckCredit(request, {context.reference, context.store, job.body, person, job.now})
      .SerializeAsString();
}

absl::StatusOr<std::string> WorkGetAccountAsOf(const Job& job, const WorkContext& context,
                                               const Person& person) {
  const auto& request = RequestOf<v1::GetAccountAsOfRequest>(job);
  YIJIE_ASSIGN_OR_RETURN(const int64_t unix_ms, ParseInstant(request.instant()));
  YIJIE_ASSIGN_OR_RETURN(const auto response, GetAccountAsOf(context.reference, context.store,
                                                             request, unix_ms, person));
  return response.SerializeAsString();
}

absl::StatusOr<std::string> WorkGetAccountStatement(const Job& job, const WorkContext& context,
                                                    const Person& person) {
  YIJIE_ASSIGN_OR_RETURN(
      const auto response,
      GetAccountStatement(context.store, RequestOf<v1::GetAccountStatementRequest>(job), person));
  return response.SerializeAsString();
}

template <typename Request, absl::StatusOr<Effect> (*kWork)(const Request&, const AccountWork&)>
CallSpec ChangingAccount(Call call, const char* method, v1::Transaction transaction) {
  return Changing<Request, Prepare>(call, method, "psn_no", transaction,
                                    v1::AccountOutcome_descriptor(), Work<Request, kWork>);
}

}  // namespace

std::vector<CallSpec> AccountCalls() {
  std::vector<CallSpec> calls = {
      ChangingAccount<v1::CreditByPolicyRequest, CreditByPolicy>(
          Call::kCreditByPolicy, "yijie.v1.AccountService.CreditByPolicy", v1::CREDIT_BY_POLICY),
      ChangingAccount<v1::CloseAccountYearRequest, CloseAccountYear>(
          Call::kCloseAccountYear, "yijie.v1.AccountService.CloseAccountYear",
          v1::CLOSE_ACCOUNT_YEAR),
      ChangingAccount<v1::PayFromAccountRequest, PayFromAccount>(
          Call::kPayFromAccount, "yijie.v1.AccountService.PayFromAccount", v1::PAY_FROM_ACCOUNT),
      ChangingAccount<v1::FreezeAccountRequest, FreezeAccount>(
          Call::kFreezeAccount, "yijie.v1.AccountService.FreezeAccount", v1::FREEZE_ACCOUNT),
      ChangingAccount<v1::EndAccountRequest, EndAccount>(
          Call::kEndAccount, "yijie.v1.AccountService.EndAccount", v1::END_ACCOUNT),
      ChangingAccount<v1::ReceiveIntoAccountRequest, ReceiveIntoAccount>(
          Call::kReceiveIntoAccount, "yijie.v1.AccountService.ReceiveIntoAccount",
          v1::RECEIVE_INTO_ACCOUNT),
      ChangingAccount<v1::OffsetDebtRequest, OffsetDebt>(
          Call::kOffsetDebt, "yijie.v1.AccountService.OffsetDebt", v1::OFFSET_DEBT),
      ChangingAccount<v1::UndoAccountPostingRequest, UndoAccountPosting>(
          Call::kUndoAccountPosting, "yijie.v1.AccountService.UndoAccountPosting",
          v1::UNDO_ACCOUNT_POSTING),
      Reading<v1::CreditByPolicyRequest, Prepare>(
          Call::kCheckCredit, "yijie.v1.AccountService.CheckCredit", "psn_no", WorkCheckCredit),
      Reading<v1::GetAccountAsOfRequest, Prepare>(Call::kGetAccountAsOf,
                                                  "yijie.v1.AccountService.GetAccountAsOf",
                                                  "psn_no", WorkGetAccountAsOf),
      Reading<v1::GetAccountStatementRequest, Prepare>(
          Call::kGetAccountStatement, "yijie.v1.AccountService.GetAccountStatement", "psn_no",
          WorkGetAccountStatement),
  };
  for (CallSpec& spec : calls) {
    spec.reads_history = spec.call == Call::kCloseAccountYear || spec.call == Call::kEndAccount ||
                         spec.call == Call::kUndoAccountPosting;
  }
  return calls;
}

}  // namespace yijie::engine
