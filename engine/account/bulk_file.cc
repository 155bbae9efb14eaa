#include "engine/account/bulk_file.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "engine/account/credited_months.h"
#include "engine/load/cells.h"
#include "engine/load/csv.h"

namespace yijie::engine {

const absl::string_view kCreditColumnsHelp =
    R"(One row for a person and a period. A row that was credited before is skipped.

  batch_no            the agency's number of the batch, 1 to 12 letters and digits; to credit a
                      period again after it was undone or refused, give another
  agency              code of the paying agency, 1 to 12 letters and digits
  psn_no              person number
  period              month 2026-05, or account year 2026 by the calendar year in which it begins
  contribution_base   yuan a month; empty: that of the person's coverage (a retired person has none))";

const absl::string_view kCloseYearColumnsHelp =
    R"(One row for a person and an account year that is over. A year that is closed is skipped.

  batch_no            the agency's number of the batch, 1 to 12 letters and digits; a refusal is final
                      for its row, so give another to try again
  agency              code of the agency, 1 to 12 letters and digits
  psn_no              person number
  year                calendar year in which the account year begins)";

namespace {

namespace v1 = yijie::v1;

constexpr size_t kMaxBatch = 12;
constexpr size_t kMaxAgency = 12;
constexpr size_t kMaxPersonNumber = 30;
constexpr size_t kMaxPeriod = 7;
constexpr absl::string_view kRowColumn = "row";
constexpr absl::string_view kOthersDone = "其余各行已办理";

enum CreditColumn : size_t { kBatchNo, kAgency, kPsnNo, kPeriod, kBase, kCreditColumnCount };
constexpr absl::string_view kCreditColumns[kCreditColumnCount] = {"batch_no", "agency", "psn_no",
                                                                  "period", "contribution_base"};
enum CloseColumn : size_t { kCloseBatch, kCloseAgency, kClosePsnNo, kCloseYear, kCloseColumnCount };
constexpr absl::string_view kCloseColumns[kCloseColumnCount] = {"batch_no", "agency", "psn_no",
                                                                "year"};

// 30 characters, all a message id may have; no two rows have the same.
std::string MessageIdOf(absl::string_view kind, absl::string_view row) {
  constexpr size_t kDigits = 28;
  const Digest digest = Sha256(row);
  const std::string hex = absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
  return absl::StrCat(kind, hex.substr(0, kDigits));
}

v1::CreditByPolicyRequest ReadCreditRow(Cells& cells) {
  v1::CreditByPolicyRequest request;
  const std::string batch = cells.Alphanumeric(kBatchNo, kMaxBatch);
  request.mutable_header()->set_fixmedins_code(cells.Alphanumeric(kAgency, kMaxAgency));
  request.set_psn_no(cells.Alphanumeric(kPsnNo, kMaxPersonNumber));
  request.set_period(cells.Text(kPeriod, kMaxPeriod));
  if (!ParseCreditPeriod(request.period()))
    cells.Refuse(kPeriod, "is neither a month 2026-05 nor a year 2026");
  int64_t base = 0;
  if (!cells.IsEmpty(kBase)) {
    base = cells.Yuan(kBase, Fen(kMaxClaimFen)).value();
    v1::GivenValue* const given = request.add_given();
    given->set_name("contribution_base");
    given->set_value(base);
  }
  request.mutable_header()->set_msgid(
      MessageIdOf("CB", absl::StrCat(batch, "\t", request.header().fixmedins_code(), "\t",
                                     request.psn_no(), "\t", request.period(), "\t", base)));
  return request;
}

v1::CloseAccountYearRequest ReadCloseRow(Cells& cells) {
  v1::CloseAccountYearRequest request;
  const std::string batch = cells.Alphanumeric(kCloseBatch, kMaxBatch);
  request.mutable_header()->set_fixmedins_code(cells.Alphanumeric(kCloseAgency, kMaxAgency));
  request.set_psn_no(cells.Alphanumeric(kClosePsnNo, kMaxPersonNumber));
  int year = 0;
  const std::string digits = cells.Digits(kCloseYear, 4, 4);
  if (!absl::SimpleAtoi(digits, &year) || !ParseCreditPeriod(digits))
    cells.Refuse(kCloseYear, "is not within 1900 and 2198");
  request.set_year(year);
  request.mutable_header()->set_msgid(
      MessageIdOf("CY", absl::StrCat(batch, "\t", request.header().fixmedins_code(), "\t",
                                     request.psn_no(), "\t", year)));
  return request;
}

// Rows of a file, each once by what `key` says of it.
template <typename Request, typename Read, typename Key>
std::vector<BulkRow<Request>> ParseRows(const InputFile& file,
                                        absl::Span<const absl::string_view> columns, size_t column,
                                        Read read, Key key, RowErrors& errors) {
  std::vector<BulkRow<Request>> rows;
  absl::flat_hash_map<std::string, int64_t> lines;
  ReadCsv(file, {columns}, errors, [&](const CsvRow& row) {
    Cells cells(row, columns, errors);
    Request request = read(cells);
    if (!cells.ok()) return;
    const auto [found, is_new] = lines.emplace(key(request), row.line);
    if (!is_new) {
      cells.Refuse(column, absl::StrCat("is already in line ", found->second));
      return;
    }
    rows.push_back({row.line, std::move(request)});
  });
  return rows;
}

// Whether a status speaks of the row and not of the engine.
bool IsOfRow(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
         absl::IsAlreadyExists(status);
}

// The response to a row; nothing if the row is bad, which is noted.
template <typename Request>
absl::StatusOr<std::optional<v1::AccountResponse>> AskRow(const BulkRow<Request>& row,
                                                          const AskAccount<Request>& ask,
                                                          RowErrors& errors) {
  absl::StatusOr<v1::AccountResponse> response = ask(row.request);
  if (response.ok()) return *std::move(response);
  if (!IsOfRow(response.status())) return response.status();
  errors.Add(row.line, kRowColumn, response.status().message());
  return std::nullopt;
}

// The rows that are still to be credited; bad ones are noted.
absl::StatusOr<std::vector<CreditRow>> CheckAll(std::vector<CreditRow> rows,
                                                const AskAccount<v1::CreditByPolicyRequest>& check,
                                                const BulkProgress& progress, RowErrors& errors) {
  const auto total = static_cast<int64_t>(rows.size());
  int64_t checked = 0;
  std::vector<CreditRow> left;
  for (CreditRow& row : rows) {
    YIJIE_ASSIGN_OR_RETURN(const auto response, AskRow(row, check, errors));
    progress(++checked, total);
    if (!response) continue;
    if (response->outcome() != v1::ACCOUNT_DONE) {
      errors.Add(row.line, kRowColumn, response->reason());
    } else if (!response->answered()) {
      left.push_back(std::move(row));
    }
  }
  return left;
}

}  // namespace

std::vector<CreditRow> ParseCredits(const InputFile& file, RowErrors& errors) {
  return ParseRows<v1::CreditByPolicyRequest>(
      file, kCreditColumns, kPsnNo, ReadCreditRow,
      [](const v1::CreditByPolicyRequest& request) {
        return absl::StrCat(request.psn_no(), "\t", request.period());
      },
      errors);
}

std::vector<CloseYearRow> ParseYearsToClose(const InputFile& file, RowErrors& errors) {
  return ParseRows<v1::CloseAccountYearRequest>(
      file, kCloseColumns, kClosePsnNo, ReadCloseRow,
      [](const v1::CloseAccountYearRequest& request) {
        return absl::StrCat(request.psn_no(), "\t", request.year());
      },
      errors);
}

absl::StatusOr<BulkResult> CreditAll(const InputFile& file,
                                     const AskAccount<v1::CreditByPolicyRequest>& check,
                                     const AskAccount<v1::CreditByPolicyRequest>& credit,
                                     const BulkProgress& progress) {
  RowErrors errors(file.path);
  std::vector<CreditRow> rows = ParseCredits(file, errors);
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());
  const auto total = static_cast<int64_t>(rows.size());
  YIJIE_ASSIGN_OR_RETURN(rows, CheckAll(std::move(rows), check, progress, errors));
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());

  BulkResult result;
  result.done_before = total - static_cast<int64_t>(rows.size());
  for (const CreditRow& row : rows) {
    YIJIE_ASSIGN_OR_RETURN(const auto response, AskRow(row, credit, errors));
    if (response && response->outcome() == v1::ACCOUNT_DONE) {
      ++result.done;
      result.amount += Fen(response->amount_fen());
    } else if (response) {
      errors.Add(row.line, kRowColumn, absl::StrCat("核对后情况有变：", response->reason()));
    }
    progress(result.done_before + result.done, total);
  }
  YIJIE_RETURN_IF_ERROR(errors.ToStatus(kOthersDone));
  return result;
}

absl::StatusOr<BulkResult> CloseAll(const InputFile& file,
                                    const AskAccount<v1::CloseAccountYearRequest>& close,
                                    const BulkProgress& progress) {
  RowErrors errors(file.path);
  const std::vector<CloseYearRow> rows = ParseYearsToClose(file, errors);
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());
  BulkResult result;
  for (const CloseYearRow& row : rows) {
    YIJIE_ASSIGN_OR_RETURN(const auto response, AskRow(row, close, errors));
    if (response && response->outcome() == v1::ACCOUNT_DONE) {
      ++result.done;
      result.amount += Fen(response->amount_fen());
    } else if (response && response->outcome() == v1::YEAR_CLOSED) {
      ++result.done_before;
    } else if (response) {
      errors.Add(row.line, kRowColumn, response->reason());
    }
    progress(result.done + result.done_before, static_cast<int64_t>(rows.size()));
  }
  YIJIE_RETURN_IF_ERROR(errors.ToStatus(kOthersDone));
  return result;
}

}  // namespace yijie::engine
