#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/fen.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/payout/allowances.h"
#include "engine/payout/make_payouts.h"
#include "engine/payout/offline_claims.h"
#include "engine/payout/payee.h"
#include "engine/payout/payment_file.h"
#include "engine/payout/payment_files.h"
#include "engine/payout/payout_transactions.h"
#include "engine/queries.h"
#include "engine/settlement_id.h"
#include "engine/validate.h"
#include "yijie/v1/payout.pb.h"

// The calls of PayoutService: checks of their requests, and what answers them.

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int kMaxPapers = 10;
constexpr int kMaxStatusRows = 1'000;
constexpr size_t kMaxCode = 35;     // of ISO 20022
constexpr size_t kMaxReason = 300;  // bytes
constexpr int kLastPayDay = 28;

absl::Status CheckPrintable(absl::string_view path, absl::string_view text, size_t min,
                            size_t max) {
  if (text.size() < min || text.size() > max)
    return BadField(path, absl::StrCat("needs ", min, " to ", max, " characters"));
  for (const char c : text) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c)))
      return BadField(path, "may hold only printable ASCII");
  }
  return absl::OkStatus();
}

bool IsOneLine(absl::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

absl::Status CheckMonth(absl::string_view path, absl::string_view month) {
  return ParseDate(absl::StrCat(month, "-01")).ok() ? absl::OkStatus()
                                                    : BadField(path, "not a month such as 2026-03");
}

absl::Status Prepare(const v1::RegisterBankAccountRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  if (request.account().holder() == v1::OTHER_PAYEE)
    return BadField("account.holder", "no account of the insured");
  return CheckBankAccountShape("account", request.account(), job->now.day);
}

absl::Status Prepare(const v1::ReimburseRequest& request, Job* job) {
  job->lane_key = request.claim().psn_no();
  YIJIE_RETURN_IF_ERROR(CheckIsBill(request.claim()));
  YIJIE_RETURN_IF_ERROR(CheckClaim(request.claim()));
  if (request.claim().acct_used_flag() != v1::ACCT_NOT_USED)
    return BadField("claim.acct_used_flag", "the account pays at the counter only");
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  YIJIE_RETURN_IF_ERROR(CheckVisitId("receipt_no", request.receipt_no()));
  if (request.paper_size() > kMaxPapers)
    return BadField("paper", absl::StrCat("at most ", kMaxPapers));
  for (int i = 0; i < request.paper_size(); ++i) {
    const int paper = request.paper(i);
    if (paper == v1::ReimbursementRules::PAPER_UNSPECIFIED ||
        !v1::ReimbursementRules::Paper_IsValid(paper)) {
      return BadField(absl::StrCat("paper[", i, "]"), absl::StrCat("unknown value ", paper));
    }
  }
  return absl::OkStatus();
}

absl::Status Prepare(const v1::ApplyBenefitRequest& request, Job* job) {
  const v1::Claim& claim = request.claim();
  job->lane_key = claim.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckClaim(claim));
  if (CheckIsBill(claim).ok())
    return BadField("claim.med_type", "a bill is no benefit of its own; see Reimburse");
  if (claim.acct_used_flag() != v1::ACCT_NOT_USED)
    return BadField("claim.acct_used_flag", "the account pays at the counter only");
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  if (request.has_payee())
    YIJIE_RETURN_IF_ERROR(CheckPayeeShape("payee", request.payee(), job->now.day));
  if (!IsMonthly(claim.med_type())) {
    if (!request.begin_month().empty())
      return BadField("begin_month", "only for a benefit that is paid each month");
    if (request.pay_day() != 0)
      return BadField("pay_day", "only for a benefit that is paid each month");
    return absl::OkStatus();
  }
  YIJIE_RETURN_IF_ERROR(CheckMonth("begin_month", request.begin_month()));
  if (request.pay_day() < 1 || request.pay_day() > kLastPayDay)
    return BadField("pay_day", absl::StrCat(request.pay_day(), " is outside 1 to ", kLastPayDay));
  return absl::OkStatus();
}

absl::Status Prepare(const v1::WithdrawClaimRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  return request.setl_id().size() == 30 ? absl::OkStatus()
                                        : BadField("setl_id", "needs 30 characters");
}

absl::Status Prepare(const v1::StopAllowanceRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckPrintable("schedule_id", request.schedule_id(), 32, 32));
  const v1::AllowanceStop& stop = request.stop();
  if (stop.reason() == v1::ALLOWANCE_STOP_REASON_UNSPECIFIED ||
      !v1::AllowanceStopReason_IsValid(stop.reason())) {
    return BadField("stop.reason", absl::StrCat("unknown value ", static_cast<int>(stop.reason())));
  }
  if (stop.reason() == v1::AMENDED) return BadField("stop.reason", "follows from AmendAllowance");
  if (stop.reason() == v1::DIED)
    return BadField("stop.reason", "a death is a fact of the person: AgencyService.AmendPerson");
  YIJIE_RETURN_IF_ERROR(CheckMonth("stop.from_month", stop.from_month()));
  if (stop.through_month().empty()) return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(CheckMonth("stop.through_month", stop.through_month()));
  return stop.through_month() < stop.from_month()
             ? BadField("stop.through_month", "before from_month")
             : absl::OkStatus();
}

absl::Status Prepare(const v1::MakeDuePayoutsRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckMonth("through_month", request.through_month()));
  return request.through_month() > FormatDate(job->now.day).substr(0, 7)
             ? BadField("through_month", "has not come yet")
             : absl::OkStatus();
}

absl::Status Prepare(const v1::PutPayoutsInFileRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  return CheckFileId("file_id", request.file_id());
}

absl::Status CheckStatusRow(const std::string& path, const v1::PayoutStatusRow& row) {
  YIJIE_RETURN_IF_ERROR(
      CheckPrintable(absl::StrCat(path, ".end_to_end_id"), row.end_to_end_id(), 1, kMaxCode));
  if (row.state() == v1::PAYOUT_ATTEMPT_STATE_UNSPECIFIED ||
      !v1::PayoutAttemptState_IsValid(row.state())) {
    return BadField(absl::StrCat(path, ".state"),
                    absl::StrCat("unknown value ", static_cast<int>(row.state())));
  }
  if (row.has_amount_fen() && (row.amount_fen() < 0 || row.amount_fen() > kMaxClaimFen)) {
    return BadField(absl::StrCat(path, ".amount_fen"),
                    absl::StrCat(row.amount_fen(), " is outside 0 to ", kMaxClaimFen));
  }
  return CheckPrintable(absl::StrCat(path, ".reason_code"), row.reason_code(), 0, kMaxCode);
}

absl::Status Prepare(const v1::ApplyPayoutStatusRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckFileId("file_id", request.file_id()));
  YIJIE_RETURN_IF_ERROR(CheckIsoDay("day", request.day()));
  if (request.row().empty() || request.row_size() > kMaxStatusRows)
    return BadField("row", absl::StrCat("needs 1 to ", kMaxStatusRows));
  std::set<std::string> told;
  for (int i = 0; i < request.row_size(); ++i) {
    const std::string path = absl::StrCat("row[", i, "]");
    YIJIE_RETURN_IF_ERROR(CheckStatusRow(path, request.row(i)));
    if (!told.insert(request.row(i).end_to_end_id()).second)
      return BadField(absl::StrCat(path, ".end_to_end_id"), "told by an earlier row");
  }
  return absl::OkStatus();
}

absl::Status Prepare(const v1::ReissuePayoutRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckPrintable("payout_id", request.payout_id(), 32, 32));
  return request.has_payee() ? CheckPayeeShape("payee", request.payee(), job->now.day)
                             : absl::OkStatus();
}

absl::Status Prepare(const v1::InstructDuesRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  return request.has_payee() ? CheckPayeeShape("payee", request.payee(), job->now.day)
                             : absl::OkStatus();
}

absl::Status Prepare(const v1::AmendAllowanceRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", request.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckSettlementId("setl_id", request.setl_id()));
  YIJIE_RETURN_IF_ERROR(CheckMonth("from_month", request.from_month()));
  if (request.given().empty()) return BadField("given", "nothing is corrected");
  YIJIE_RETURN_IF_ERROR(CheckGiven("given", request.given()));
  if (request.reason().empty() || request.reason().size() > kMaxReason)
    return BadField("reason", absl::StrCat("must have 1 to ", kMaxReason, " bytes"));
  return IsOneLine(request.reason()) ? absl::OkStatus()
                                     : BadField("reason", "must be text in one line");
}

absl::Status Prepare(const v1::GetPayoutsRequest& request, Job* job) {
  job->lane_key = request.psn_no();
  return CheckPersonNo("psn_no", request.psn_no());
}

absl::StatusOr<Effect> WorkRegisterBankAccount(const Job& job, const WorkContext& context,
                                               const Person& person) {
  return RegisterBankAccount(context.reference, RequestOf<v1::RegisterBankAccountRequest>(job),
                             job.body, person, job.now);
}

absl::StatusOr<Effect> WorkReimburse(const Job& job, const WorkContext& context,
                                     const Person& person) {
  const auto& request = RequestOf<v1::ReimburseRequest>(job);
  bool settled_directly = false;
  if (!request.claim().mdtrt_id().empty()) {
    YIJIE_ASSIGN_OR_RETURN(const auto versions,
                           LoadLater(context.store, request.claim().psn_no(), 0, person.version));
    YIJIE_ASSIGN_OR_RETURN(
        settled_directly,
        WasSettledDirectly(versions, person, request.fixmedins_code(), request.claim().mdtrt_id()));
  }
  return Reimburse(context.reference, request, job.body, settled_directly, person, job.now);
}

absl::StatusOr<Effect> WorkApplyBenefit(const Job& job, const WorkContext& context,
                                        const Person& person) {
  return ApplyBenefit(context.reference, RequestOf<v1::ApplyBenefitRequest>(job), job.body, person,
                      job.now);
}

// A settlement of a claim that was filed with the agency which asks.
absl::StatusOr<SettledRecord> LoadFiled(const v1::MessageHeader& header, const std::string& setl_id,
                                        const WorkContext& context, const Person& person) {
  const std::string& psn_no = person.facts->psn_no();
  const std::optional<int64_t> version = VersionOfSettlementId(setl_id, psn_no);
  if (!version) return absl::NotFoundError("setl_id: no such settlement of this person");
  YIJIE_ASSIGN_OR_RETURN(SettledRecord record, LoadSettled(context.store, psn_no, *version, setl_id,
                                                           header.fixmedins_code()));
  if (record.event.settled().bill_institution().empty())
    return absl::NotFoundError("setl_id: no claim that was filed with this agency");
  return record;
}

absl::StatusOr<Effect> WorkWithdrawClaim(const Job& job, const WorkContext& context,
                                         const Person& person) {
  const auto& request = RequestOf<v1::WithdrawClaimRequest>(job);
  YIJIE_ASSIGN_OR_RETURN(SettledRecord filed,
                         LoadFiled(request.header(), request.setl_id(), context, person));
  // The agency may know the claim by a settlement that late facts replaced since.
  YIJIE_ASSIGN_OR_RETURN(const SettledRecord original,
                         NewestOfClaim(context.store, request.psn_no(), std::move(filed), person));
  // A correction does not change when the claim came.
  const bool corrects = original.event.settled().corrects_version() != 0;
  YIJIE_ASSIGN_OR_RETURN(
      const auto later,
      LoadLater(context.store, request.psn_no(), corrects ? 0 : original.version, person.version));
  return WithdrawClaim(context.reference, request, job.body, original, later, person, job.now);
}

absl::StatusOr<Effect> WorkStopAllowance(const Job& job, const WorkContext& /*context*/,
                                         const Person& person) {
  return StopAllowance(RequestOf<v1::StopAllowanceRequest>(job), job.body, person, job.now);
}

absl::StatusOr<Effect> WorkMakeDuePayouts(const Job& job, const WorkContext& context,
                                          const Person& person) {
  return MakeDuePayouts(context.reference, RequestOf<v1::MakeDuePayoutsRequest>(job), job.body,
                        person, job.now);
}

absl::StatusOr<Effect> WorkPutPayoutsInFile(const Job& job, const WorkContext& context,
                                            const Person& person) {
  const auto& request = RequestOf<v1::PutPayoutsInFileRequest>(job);
  YIJIE_ASSIGN_OR_RETURN(const auto file, LoadPaymentFile(context.store, request.file_id()));
  if (!file) return absl::NotFoundError("file_id: no such payment file");
  YIJIE_ASSIGN_OR_RETURN(const auto member,
                         LoadPaymentFileMember(context.store, request.file_id(), request.psn_no()));
  return PutPayoutsInFile(*file, {member.payout_id().begin(), member.payout_id().end()}, request,
                          job.body, person, job.now);
}

absl::StatusOr<Effect> WorkApplyPayoutStatus(const Job& job, const WorkContext& /*context*/,
                                             const Person& person) {
  return ApplyPayoutStatus(RequestOf<v1::ApplyPayoutStatusRequest>(job), job.body, person, job.now);
}

absl::StatusOr<Effect> WorkReissuePayout(const Job& job, const WorkContext& /*context*/,
                                         const Person& person) {
  return ReissuePayout(RequestOf<v1::ReissuePayoutRequest>(job), job.body, person, job.now);
}

absl::StatusOr<Effect> WorkInstructDues(const Job& job, const WorkContext& context,
                                        const Person& person) {
  return InstructDues(context.reference, RequestOf<v1::InstructDuesRequest>(job), job.body, person,
                      job.now);
}

absl::StatusOr<Effect> WorkAmendAllowance(const Job& job, const WorkContext& context,
                                          const Person& person) {
  const auto& request = RequestOf<v1::AmendAllowanceRequest>(job);
  YIJIE_ASSIGN_OR_RETURN(const SettledRecord grant,
                         LoadFiled(request.header(), request.setl_id(), context, person));
  if (!grant.event.settled().paid_by_schedule() || person.ReversedBy(grant.version) != 0)
    return absl::NotFoundError("setl_id: no monthly allowance of this person that stands");
  YIJIE_ASSIGN_OR_RETURN(const v1::Claim claim, StoredClaim(grant.event));
  return AmendAllowance(context.reference, request, job.body, grant, claim, person, job.now);
}

absl::StatusOr<std::string> WorkGetPayouts(const Job& /*job*/, const WorkContext& /*context*/,
                                           const Person& person) {
  return GetPayouts(person).SerializeAsString();
}

}  // namespace

std::vector<CallSpec> PayoutCalls() {
  std::vector<CallSpec> calls = {
      Changing<v1::RegisterBankAccountRequest, Prepare>(
          Call::kRegisterBankAccount, "yijie.v1.PayoutService.RegisterBankAccount", "psn_no",
          v1::REGISTER_BANK_ACCOUNT, v1::BankAccountOutcome_descriptor(), WorkRegisterBankAccount),
      Changing<v1::ReimburseRequest, Prepare>(Call::kReimburse, "yijie.v1.PayoutService.Reimburse",
                                              "claim.psn_no", v1::REIMBURSE,
                                              v1::OfflineOutcome_descriptor(), WorkReimburse),
      Changing<v1::ApplyBenefitRequest, Prepare>(
          Call::kApplyBenefit, "yijie.v1.PayoutService.ApplyBenefit", "claim.psn_no",
          v1::APPLY_BENEFIT, v1::OfflineOutcome_descriptor(), WorkApplyBenefit),
      Changing<v1::WithdrawClaimRequest, Prepare>(
          Call::kWithdrawClaim, "yijie.v1.PayoutService.WithdrawClaim", "psn_no",
          v1::WITHDRAW_CLAIM, v1::WithdrawOutcome_descriptor(), WorkWithdrawClaim),
      Changing<v1::StopAllowanceRequest, Prepare>(
          Call::kStopAllowance, "yijie.v1.PayoutService.StopAllowance", "psn_no",
          v1::STOP_ALLOWANCE, v1::PayoutOutcome_descriptor(), WorkStopAllowance),
      Changing<v1::MakeDuePayoutsRequest, Prepare>(
          Call::kMakeDuePayouts, "yijie.v1.PayoutService.MakeDuePayouts", "psn_no",
          v1::MAKE_DUE_PAYOUTS, v1::PayoutOutcome_descriptor(), WorkMakeDuePayouts),
      Changing<v1::PutPayoutsInFileRequest, Prepare>(
          Call::kPutPayoutsInFile, "yijie.v1.PayoutService.PutPayoutsInFile", "psn_no",
          v1::PUT_PAYOUTS_IN_FILE, nullptr, WorkPutPayoutsInFile),
      Changing<v1::ApplyPayoutStatusRequest, Prepare>(
          Call::kApplyPayoutStatus, "yijie.v1.PayoutService.ApplyPayoutStatus", "psn_no",
          v1::APPLY_PAYOUT_STATUS, v1::PayoutOutcome_descriptor(), WorkApplyPayoutStatus),
      Changing<v1::ReissuePayoutRequest, Prepare>(
          Call::kReissuePayout, "yijie.v1.PayoutService.ReissuePayout", "psn_no",
          v1::REISSUE_PAYOUT, v1::PayoutOutcome_descriptor(), WorkReissuePayout),
      Changing<v1::InstructDuesRequest, Prepare>(
          Call::kInstructDues, "yijie.v1.PayoutService.InstructDues", "psn_no", v1::INSTRUCT_DUES,
          v1::PayoutOutcome_descriptor(), WorkInstructDues),
      Changing<v1::AmendAllowanceRequest, Prepare>(
          Call::kAmendAllowance, "yijie.v1.PayoutService.AmendAllowance", "psn_no",
          v1::AMEND_ALLOWANCE, v1::PayoutOutcome_descriptor(), WorkAmendAllowance),
      Reading<v1::GetPayoutsRequest, Prepare>(
          Call::kGetPayouts, "yijie.v1.PayoutService.GetPayouts", "psn_no", WorkGetPayouts),
  };
  for (CallSpec& spec : calls) {
    spec.reads_history = spec.call == Call::kReimburse || spec.call == Call::kWithdrawClaim ||
                         spec.call == Call::kAmendAllowance;
    spec.counts_on_totals = spec.reads_history || spec.call == Call::kApplyBenefit;
  }
  return calls;
}

}  // namespace yijie::engine
