#include "engine/payout/file_run.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "engine/payout/payment_file.h"
#include "engine/payout/status_file.h"
#include "engine/payout/status_import.h"

namespace yijie::engine {
namespace {

// 30 characters: a message of a run, for one person.
std::string MessageIdOf(absl::string_view run, absl::string_view psn_no) {
  constexpr int kBytes = 15;
  return HexPrefix(Sha256(absl::StrCat(run, absl::string_view("\0", 1), psn_no)), kBytes);
}

template <typename Request>
Request RequestFor(const std::string& agency, absl::string_view run, const std::string& psn_no) {
  Request request;
  request.mutable_header()->set_fixmedins_code(agency);
  request.mutable_header()->set_msgid(MessageIdOf(run, psn_no));
  request.set_psn_no(psn_no);
  return request;
}

// Visits the persons of a file.
template <typename Visit>
absl::Status ForEachMember(const std::string& file_id, PayoutGateway& gateway, const Visit& visit) {
  v1::ListPaymentFileRequest request;
  request.set_file_id(file_id);
  while (true) {
    YIJIE_ASSIGN_OR_RETURN(const v1::ListPaymentFileResponse page, gateway.List(request));
    if (page.psn_no().empty()) return absl::OkStatus();
    for (const std::string& psn_no : page.psn_no())
      YIJIE_RETURN_IF_ERROR(visit(psn_no, page.file().members()));
    request.set_after_psn_no(page.psn_no(page.psn_no_size() - 1));
  }
}

// Payouts that were ever in the file.
absl::StatusOr<std::vector<v1::Payout>> LoadSent(const std::string& file_id,
                                                 const RunProgress& progress,
                                                 PayoutGateway& gateway) {
  std::vector<v1::Payout> sent;
  int64_t done = 0;
  const auto visit = [&](const std::string& psn_no, int64_t members) -> absl::Status {
    v1::GetPayoutsRequest request;
    request.set_psn_no(psn_no);
    YIJIE_ASSIGN_OR_RETURN(const v1::GetPayoutsResponse response, gateway.Get(request));
    for (const v1::Payout& payout : response.payout()) {
      if (!TransfersOf(payout, file_id).empty()) sent.push_back(payout);
    }
    progress(++done, 2 * members);
    return absl::OkStatus();
  };
  const absl::Status status = ForEachMember(file_id, gateway, visit);
  if (absl::IsNotFound(status)) return sent;
  if (!status.ok()) return status;
  return sent;
}

// What the file changes, by person: the attempts whose state is another afterwards.
using Changes = std::map<std::string, std::vector<v1::PayoutStatusRow>>;
Changes ChangesOf(const std::vector<v1::Payout>& before, const std::vector<v1::Payout>& after) {
  Changes changes;
  for (size_t i = 0; i < before.size(); ++i) {
    for (int a = 0; a < before[i].attempt_size(); ++a) {
      const v1::PayoutAttempt& attempt = after[i].attempt(a);
      if (attempt.state() == before[i].attempt(a).state()) continue;
      v1::PayoutStatusRow& row = changes[before[i].psn_no()].emplace_back();
      row.set_end_to_end_id(attempt.end_to_end_id());
      row.set_state(attempt.state());
      row.set_amount_fen(before[i].amount_fen());
      row.set_reason_code(attempt.reason_code());
    }
  }
  return changes;
}

}  // namespace

absl::StatusOr<PaymentExport> ExportPayments(const std::string& agency, const std::string& file_id,
                                             const std::string& through_date,
                                             const RunProgress& progress, PayoutGateway& gateway) {
  v1::OpenPaymentFileRequest open;
  open.set_file_id(file_id);
  open.set_through_date(through_date);
  YIJIE_ASSIGN_OR_RETURN(const v1::OpenPaymentFileResponse opened, gateway.Open(open));
  PaymentExport exported;
  exported.other_file_id = opened.other_file_id();
  if (!exported.other_file_id.empty() || opened.file().members() == 0) return exported;
  std::vector<v1::FileTransfer> transfers;
  int64_t done = 0;
  const auto visit = [&](const std::string& psn_no, int64_t members) -> absl::Status {
    auto put =
        RequestFor<v1::PutPayoutsInFileRequest>(agency, absl::StrCat("put ", file_id), psn_no);
    put.set_file_id(file_id);
    YIJIE_ASSIGN_OR_RETURN(const v1::PutPayoutsInFileResponse response, gateway.Put(put));
    for (const v1::FileTransfer& transfer : response.transfer()) {
      exported.amount += Fen(transfer.amount_fen());
      transfers.push_back(transfer);
    }
    progress(++done, members);
    return absl::OkStatus();
  };
  YIJIE_RETURN_IF_ERROR(ForEachMember(file_id, gateway, visit));
  v1::ClosePaymentFileRequest close;
  close.set_file_id(file_id);
  YIJIE_RETURN_IF_ERROR(gateway.Close(close).status());
  exported.transfers = static_cast<int64_t>(transfers.size());
  if (transfers.empty()) return exported;  // all were withdrawn meanwhile
  YIJIE_ASSIGN_OR_RETURN(exported.bytes, WritePaymentFile(opened.file(), std::move(transfers)));
  return exported;
}

absl::StatusOr<PaymentImport> ImportStatuses(const std::string& agency, absl::string_view bytes,
                                             const RunProgress& progress, PayoutGateway& gateway) {
  const StatusFileReading reading = ReadStatusFile(bytes);
  std::vector<v1::Payout> sent;
  if (CheckFileId("file_id", reading.file.file_id).ok()) {
    YIJIE_ASSIGN_OR_RETURN(sent, LoadSent(reading.file.file_id, progress, gateway));
  }
  const std::vector<v1::Payout> before = sent;
  StatusImport judged = ImportStatusFile(reading, &sent);
  PaymentImport imported;
  imported.defects = std::move(judged.defects);
  if (!imported.defects.empty()) return imported;
  imported.pending = judged.pending;
  imported.repeated = judged.repeated;
  const Changes changes = ChangesOf(before, sent);
  const std::string run = absl::StrCat("status ", HexPrefix(Sha256(bytes), 32));
  auto done = static_cast<int64_t>(changes.size());
  for (const auto& [psn_no, rows] : changes) {
    auto apply = RequestFor<v1::ApplyPayoutStatusRequest>(agency, run, psn_no);
    apply.set_file_id(reading.file.file_id);
    apply.set_day(reading.file.day);
    for (const v1::PayoutStatusRow& row : rows) *apply.add_row() = row;
    YIJIE_ASSIGN_OR_RETURN(const v1::ApplyPayoutStatusResponse response, gateway.Apply(apply));
    if (!response.defect().empty()) {
      return absl::AbortedError(
          absl::StrCat("payouts of a person changed meanwhile: ", response.defect(0).reason()));
    }
    imported.paid += response.paid();
    imported.returned += response.returned();
    progress(++done, 2 * static_cast<int64_t>(changes.size()));
  }
  return imported;
}

absl::StatusOr<MonthlyRun> RunMonthly(const std::string& agency, const std::string& month,
                                      const std::string& run, const RunProgress& progress,
                                      PayoutGateway& gateway) {
  MonthlyRun result;
  v1::ListAllowancesRequest list;
  while (true) {
    YIJIE_ASSIGN_OR_RETURN(const v1::ListAllowancesResponse page, gateway.ListAllowances(list));
    if (page.psn_no().empty()) return result;
    for (const std::string& psn_no : page.psn_no()) {
      auto request = RequestFor<v1::MakeDuePayoutsRequest>(
          agency, absl::StrCat("monthly ", month, " ", run), psn_no);
      request.set_through_month(month);
      YIJIE_ASSIGN_OR_RETURN(const v1::MakeDuePayoutsResponse response, gateway.MakeDue(request));
      progress(++result.persons, 0);
      if (response.outcome() != v1::PAYOUT_DONE && response.outcome() != v1::PAYOUT_REPEATED)
        result.refused.push_back(absl::StrCat(psn_no, ": ", response.reason()));
      for (const v1::Payout& payout : response.payout()) {
        if (payout.state() != v1::PAYOUT_CREATED) continue;
        ++result.payouts;
        result.amount += Fen(payout.amount_fen());
      }
    }
    list.set_after_psn_no(page.psn_no(page.psn_no_size() - 1));
  }
}

}  // namespace yijie::engine
