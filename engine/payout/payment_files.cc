#include "engine/payout/payment_files.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "base/status_macros.h"
#include "engine/payout/payment_file.h"
#include "engine/payout/payout_book.h"
#include "engine/validate.h"
#include "storage/hand_over.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::PaymentFileMember;

constexpr absl::string_view kFileTable = "payment_file";
constexpr absl::string_view kMemberTable = "payment_file_member";
constexpr absl::string_view kOpenTable = "payment_file_open";
constexpr absl::string_view kOpenKey = "open";
constexpr absl::string_view kZero("\0", 1);
constexpr int kPage = 1'000;

using Members = std::map<std::string, PaymentFileMember>;  // by person

std::string MemberKey(absl::string_view file_id, absl::string_view psn_no) {
  return absl::StrCat(file_id, kZero, psn_no);
}

// First key that is after every key which begins with `prefix`, a text that ends in no 0xff.
std::string EndOfPrefix(std::string prefix) {
  ++prefix.back();
  return prefix;
}

// The payouts that may go into a file on `through`, oldest first, as many as fit.
absl::StatusOr<Members> DueMembers(storage::StoreReader& store, const std::string& through) {
  Members members;
  size_t payouts = 0;
  std::string first;
  const std::string end = EndOfPrefix(absl::StrCat(through, kZero));
  while (payouts < kMaxPayoutsOfFile) {
    YIJIE_ASSIGN_OR_RETURN(const std::vector<storage::Row> rows,
                           store.ScanRows(kPayoutDueTable, first, end, kPage));
    for (const storage::Row& row : rows) {
      const auto named = ReadPayoutDueKey(row.key);
      if (!named) return absl::DataLossError("a row of due payouts cannot be read");
      if (payouts == kMaxPayoutsOfFile) break;
      members[named->first].add_payout_id(named->second);
      ++payouts;
    }
    if (rows.size() < static_cast<size_t>(kPage)) break;
    first = absl::StrCat(rows.back().key, kZero);
  }
  return members;
}

absl::Status NoSuchFile() { return absl::NotFoundError("file_id: no such payment file"); }

storage::RowWrite WriteFile(const v1::PaymentFile& file) {
  return {std::string(kFileTable), file.file_id(), file.SerializeAsString()};
}

}  // namespace

absl::StatusOr<std::optional<v1::PaymentFile>> LoadPaymentFile(storage::StoreReader& store,
                                                               absl::string_view file_id) {
  YIJIE_ASSIGN_OR_RETURN(const auto row, store.GetRow(kFileTable, file_id));
  if (!row) return std::nullopt;
  v1::PaymentFile file;
  if (!file.ParseFromString(*row)) return absl::DataLossError("a payment file cannot be read");
  return file;
}

absl::StatusOr<PaymentFileMember> LoadPaymentFileMember(storage::StoreReader& store,
                                                        absl::string_view file_id,
                                                        absl::string_view psn_no) {
  YIJIE_ASSIGN_OR_RETURN(const auto row, store.GetRow(kMemberTable, MemberKey(file_id, psn_no)));
  PaymentFileMember member;
  if (row && !member.ParseFromString(*row))
    return absl::DataLossError("a member of a payment file cannot be read");
  return member;
}

absl::StatusOr<v1::OpenPaymentFileResponse> PaymentFiles::Open(
    const v1::OpenPaymentFileRequest& request, const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckFileId("file_id", request.file_id()));
  if (!request.through_date().empty())
    YIJIE_RETURN_IF_ERROR(CheckIsoDay("through_date", request.through_date()));
  const MutexLock lock(mutex_);
  YIJIE_ASSIGN_OR_RETURN(const auto known, LoadPaymentFile(store_, request.file_id()));
  if (!known) return OpenNew(request, now);
  if (!request.through_date().empty() && known->through_date() != request.through_date()) {
    return absl::AlreadyExistsError(
        absl::StrCat("through_date: the file was opened through ", known->through_date()));
  }
  v1::OpenPaymentFileResponse response;
  *response.mutable_file() = *known;
  return response;
}

absl::StatusOr<v1::OpenPaymentFileResponse> PaymentFiles::OpenNew(
    const v1::OpenPaymentFileRequest& request, const Moment& now) {
  const std::string today = FormatDate(now.day);
  const std::string through = request.through_date().empty() ? today : request.through_date();
  if (through > today) return BadField("through_date", absl::StrCat(through, " has not come yet"));
  v1::OpenPaymentFileResponse response;
  YIJIE_ASSIGN_OR_RETURN(const auto open, store_.GetRow(kOpenTable, kOpenKey));
  if (open) {
    response.set_other_file_id(*open);
    return response;
  }
  const std::shared_ptr<const Reference> reference = reference_();
  if (reference->payers == nullptr)
    return absl::FailedPreconditionError("this engine has no accounts to pay from");
  YIJIE_ASSIGN_OR_RETURN(const Members members, DueMembers(store_, through));
  v1::PaymentFile& file = *response.mutable_file();
  file.set_file_id(request.file_id());
  file.set_through_date(through);
  file.set_created_at(now.rfc3339);
  file.set_day(today);
  *file.mutable_payers() = *reference->payers;
  file.set_members(static_cast<int64_t>(members.size()));
  if (members.empty()) return response;
  std::vector<storage::RowWrite> rows;
  for (const auto& [psn_no, member] : members) {
    rows.push_back(
        {std::string(kMemberTable), MemberKey(file.file_id(), psn_no), member.SerializeAsString()});
  }
  rows.push_back(WriteFile(file));
  rows.push_back({std::string(kOpenTable), std::string(kOpenKey), file.file_id()});
  YIJIE_RETURN_IF_ERROR(storage::WriteRows(store_, std::move(rows)));
  return response;
}

absl::StatusOr<v1::ListPaymentFileResponse> PaymentFiles::List(
    const v1::ListPaymentFileRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckFileId("file_id", request.file_id()));
  if (!request.after_psn_no().empty())
    YIJIE_RETURN_IF_ERROR(CheckPersonNo("after_psn_no", request.after_psn_no()));
  YIJIE_ASSIGN_OR_RETURN(const auto file, LoadPaymentFile(store_, request.file_id()));
  if (!file) return NoSuchFile();
  v1::ListPaymentFileResponse response;
  *response.mutable_file() = *file;
  const std::string prefix = MemberKey(request.file_id(), "");
  const std::string first =
      request.after_psn_no().empty() ? prefix : absl::StrCat(prefix, request.after_psn_no(), kZero);
  YIJIE_ASSIGN_OR_RETURN(const std::vector<storage::Row> rows,
                         store_.ScanRows(kMemberTable, first, EndOfPrefix(prefix), kPage));
  for (const storage::Row& row : rows) response.add_psn_no(row.key.substr(prefix.size()));
  return response;
}

absl::StatusOr<v1::ClosePaymentFileResponse> PaymentFiles::Close(
    const v1::ClosePaymentFileRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckFileId("file_id", request.file_id()));
  const MutexLock lock(mutex_);
  YIJIE_ASSIGN_OR_RETURN(auto file, LoadPaymentFile(store_, request.file_id()));
  if (!file) return NoSuchFile();
  if (!file->closed()) {
    file->set_closed(true);
    YIJIE_RETURN_IF_ERROR(storage::WriteRows(
        store_,
        {WriteFile(*file), {std::string(kOpenTable), std::string(kOpenKey), std::nullopt}}));
  }
  v1::ClosePaymentFileResponse response;
  *response.mutable_file() = *std::move(file);
  return response;
}

absl::StatusOr<v1::ListAllowancesResponse> PaymentFiles::ListAllowances(
    const v1::ListAllowancesRequest& request) {
  if (!request.after_psn_no().empty())
    YIJIE_RETURN_IF_ERROR(CheckPersonNo("after_psn_no", request.after_psn_no()));
  const std::string first =
      request.after_psn_no().empty() ? "" : absl::StrCat(request.after_psn_no(), kZero);
  YIJIE_ASSIGN_OR_RETURN(const std::vector<storage::Row> rows,
                         store_.ScanRows(kAllowanceTable, first, "", kPage));
  v1::ListAllowancesResponse response;
  for (const storage::Row& row : rows) response.add_psn_no(row.key);
  return response;
}

}  // namespace yijie::engine
