#include "engine/books/book_queries.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "base/status_macros.h"
#include "engine/books/book_entry.h"
#include "engine/books/clearing_statement.h"
#include "engine/books/closed_period.h"
#include "engine/books/compare.h"
#include "engine/validate.h"
#include "storage/hand_over.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::BookEntry;
using yijie::store::v1::ClosedPeriod;

constexpr absl::string_view kZero("\0", 1);
constexpr int kMaxPage = 1'000;
constexpr int kDefaultPage = 100;
// Records held in memory for one answer; about 500 bytes each.
constexpr size_t kMaxEntries = 1'000'000;
// A bill carries the moment it arrived. A month that ended so long ago has none under way.
constexpr int64_t kUnderWayMs = int64_t{10} * 60 * 1000;

absl::StatusOr<ClearingMonth> ParseMonth(absl::string_view field, absl::string_view text) {
  absl::StatusOr<ClearingMonth> month = ClearingMonth::Parse(text);
  if (month.ok()) return month;
  return BadField(field, month.status().message());
}

bool InScope(const v1::BookScope& scope, const BookEntry& entry) {
  if (!scope.insutype().empty() && entry.insutype() != scope.insutype()) return false;
  return scope.clr_type().empty() || entry.clr_type() == scope.clr_type();
}

bool IsSelected(const v1::BookScope& scope, const BookEntry& entry) {
  if (!InScope(scope, entry)) return false;
  if (scope.refund() == v1::ALL_RECORDS) return true;
  return (entry.kind() == yijie::store::v1::BOOK_REVERSAL) == (scope.refund() == v1::REFUNDS_ONLY);
}

absl::StatusOr<std::vector<BookEntry>> EntriesOf(storage::StoreReader& store,
                                                 absl::string_view fixmedins_code,
                                                 absl::string_view first_day,
                                                 absl::string_view last_day,
                                                 absl::string_view field) {
  std::vector<BookEntry> entries;
  YIJIE_RETURN_IF_ERROR(
      StoredBook(store, fixmedins_code)
          .VisitEntries(first_day, last_day, [&](const BookEntry& entry) -> absl::Status {
            if (entries.size() == kMaxEntries) {
              return absl::ResourceExhaustedError(
                  absl::StrCat(field, ": more than ", kMaxEntries, " records"));
            }
            entries.push_back(entry);
            return absl::OkStatus();
          }));
  return entries;
}

absl::StatusOr<v1::BookTotals> StandingTotals(storage::StoreReader& store,
                                              const v1::BookScope& scope) {
  YIJIE_ASSIGN_OR_RETURN(
      std::vector<BookEntry> entries,
      EntriesOf(store, scope.fixmedins_code(), scope.begndate(), scope.enddate(), "scope.enddate"));
  entries.erase(std::remove_if(entries.begin(), entries.end(),
                               [&](const BookEntry& entry) { return !InScope(scope, entry); }),
                entries.end());
  return TotalsOf(entries, v1::STANDING_ONLY);
}

// A token is the key after which the page begins, in hex.
absl::StatusOr<std::string> FirstKeyOf(const v1::GetBookDetailsRequest& request,
                                       const std::string& first, const std::string& end) {
  const std::string& token = request.page_token();
  if (token.empty()) return first;
  const bool hex = token.size() % 2 == 0 && token.size() <= 400 &&
                   std::all_of(token.begin(), token.end(), [](char c) {
                     return absl::ascii_isxdigit(static_cast<unsigned char>(c));
                   });
  const std::string key = hex ? absl::HexStringToBytes(token) : "";
  if (key < first || key >= end) return BadField("page_token", "is not of this scope");
  return absl::StrCat(key, kZero);
}

absl::Status CheckClose(const v1::ClosePeriodRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  YIJIE_RETURN_IF_ERROR(CheckHeader(request.header()));
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  if (request.digest().size() == SetDigest::kBytes) return absl::OkStatus();
  return BadField("digest", absl::StrCat("must have ", SetDigest::kBytes, " bytes"));
}

void Answer(v1::CloseOutcome outcome, absl::string_view reason, v1::ClosePeriodResponse* response) {
  response->set_outcome(outcome);
  response->set_reason(std::string(reason));
}

}  // namespace

absl::StatusOr<v1::GetBookTotalsResponse> BookQueries::GetTotals(
    const v1::GetBookTotalsRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  const bool standing = request.scope().refund() == v1::STANDING_ONLY;
  v1::BookScope checked = request.scope();
  if (standing) checked.set_refund(v1::ALL_RECORDS);
  YIJIE_RETURN_IF_ERROR(CheckScope(checked));
  if (request.own().count() < 0) return BadField("own.count", "must not be below 0");
  if (!request.own().digest().empty() && request.own().digest().size() != SetDigest::kBytes) {
    return BadField("own.digest", absl::StrCat("must have ", SetDigest::kBytes, " bytes, or none"));
  }
  v1::GetBookTotalsResponse response;
  YIJIE_RETURN_IF_ERROR(projection_.Read([&]() -> absl::Status {
    if (standing) {
      YIJIE_ASSIGN_OR_RETURN(*response.mutable_centre(), StandingTotals(store_, request.scope()));
      return absl::OkStatus();
    }
    const StoredBook book(store_, request.scope().fixmedins_code());
    YIJIE_ASSIGN_OR_RETURN(const SetDigest centre, DigestOfScope(book, request.scope()));
    *response.mutable_centre() = centre.ToTotals();
    return absl::OkStatus();
  }));
  response.set_stmt_rslt(CompareTotals(request.own(), response.centre()));
  response.set_stmt_rslt_dscr(DescribeTotals(request.own(), response.centre()));
  return response;
}

absl::StatusOr<v1::GetBookDetailsResponse> BookQueries::GetDetails(
    const v1::GetBookDetailsRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  const v1::BookScope& scope = request.scope();
  YIJIE_RETURN_IF_ERROR(CheckScope(scope));
  if (request.page_size() < 0 || request.page_size() > kMaxPage) {
    return BadField("page_size", absl::StrCat("must be 0 to ", kMaxPage));
  }
  const int page = request.page_size() == 0 ? kDefaultPage : request.page_size();
  const std::string end = EndOfBookDay(scope.fixmedins_code(), scope.enddate());
  YIJIE_ASSIGN_OR_RETURN(
      std::string first,
      FirstKeyOf(request, BookDayKey(scope.fixmedins_code(), scope.begndate()), end));
  YIJIE_RETURN_IF_ERROR(projection_.CatchUp());
  v1::GetBookDetailsResponse response;
  std::string last;  // key of the last record of the page
  while (true) {
    YIJIE_ASSIGN_OR_RETURN(const std::vector<storage::Row> rows,
                           store_.ScanRows(kBookTable, first, end, kMaxPage));
    for (const storage::Row& row : rows) {
      BookEntry entry;
      if (!entry.ParseFromString(row.value)) {
        return absl::DataLossError("a record of a book cannot be read");
      }
      if (!IsSelected(scope, entry)) continue;
      if (response.row_size() == page) {  // there is one more than goes into the page
        response.set_next_page_token(absl::BytesToHexString(last));
        return response;
      }
      v1::BookRow& added = *response.add_row() = RowOf(entry);
      added.set_orig_setl_id(entry.orig_setl_id());
      last = row.key;
    }
    if (rows.size() < static_cast<size_t>(kMaxPage)) return response;
    first = absl::StrCat(rows.back().key, kZero);
  }
}

absl::StatusOr<v1::CompareBookResponse> BookQueries::Compare(
    const v1::CompareBookRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  v1::CompareBookResponse response;
  const StoredBook book(store_, request.scope().fixmedins_code());
  YIJIE_RETURN_IF_ERROR(projection_.Read([&]() -> absl::Status {
    YIJIE_ASSIGN_OR_RETURN(response, AnswerCompare(book, request));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::ClearingStatement> BookQueries::MakeStatement(absl::string_view fixmedins_code,
                                                                 ClearingMonth period) {
  // The period of a record is the month of its day, so no other day has records of it.
  const std::string month = period.Format();
  YIJIE_ASSIGN_OR_RETURN(const std::vector<BookEntry> entries,
                         EntriesOf(store_, fixmedins_code, absl::StrCat(month, "-01"),
                                   absl::StrCat(month, "-31"), "setlym"));
  return MakeClearingStatement(fixmedins_code, period, entries);
}

absl::StatusOr<v1::GetClearingStatementResponse> BookQueries::GetStatement(
    const v1::GetClearingStatementRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", request.fixmedins_code()));
  YIJIE_ASSIGN_OR_RETURN(const ClearingMonth period, ParseMonth("setlym", request.setlym()));
  v1::GetClearingStatementResponse response;
  YIJIE_RETURN_IF_ERROR(projection_.Read([&]() -> absl::Status {
    YIJIE_ASSIGN_OR_RETURN(*response.mutable_statement(),
                           MakeStatement(request.fixmedins_code(), period));
    YIJIE_ASSIGN_OR_RETURN(
        const std::optional<std::string> closed,
        store_.GetRow(kClosedPeriods, ClosedPeriodKey(request.fixmedins_code(), period.Format())));
    response.set_closed(closed.has_value());
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<std::optional<ClearingMonth>> BookQueries::NextToClose(
    absl::string_view fixmedins_code) {
  const std::string first = absl::StrCat(fixmedins_code, kZero);
  const std::string end = absl::StrCat(fixmedins_code, "\1");
  // Some hundred rows in the life of an institution.
  YIJIE_ASSIGN_OR_RETURN(const std::vector<storage::Row> closed,
                         store_.ScanRows(kClosedPeriods, first, end, 10'000));
  if (!closed.empty()) {
    YIJIE_ASSIGN_OR_RETURN(const ClearingMonth last,
                           ClearingMonth::Parse(closed.back().key.substr(first.size())));
    return last.Next();
  }
  YIJIE_ASSIGN_OR_RETURN(const std::vector<storage::Row> groups,
                         store_.ScanRows(kBookGroupTable, first, end, 1));
  if (groups.empty()) return std::nullopt;
  YIJIE_ASSIGN_OR_RETURN(const ClearingMonth earliest,
                         ClearingMonth::Parse(groups[0].key.substr(first.size(), 7)));
  return earliest;
}

absl::Status BookQueries::CloseNow(const v1::ClosePeriodRequest& request, ClearingMonth period,
                                   const Moment& now, v1::ClosePeriodResponse* response) {
  const std::string& institution = request.fixmedins_code();
  YIJIE_ASSIGN_OR_RETURN(*response->mutable_statement(), MakeStatement(institution, period));
  const std::string key = ClosedPeriodKey(institution, period.Format());
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> stored,
                         store_.GetRow(kClosedPeriods, key));
  if (stored.has_value()) {
    ClosedPeriod closed;
    if (!closed.ParseFromString(*stored)) {
      return absl::DataLossError("a closed period cannot be read");
    }
    const bool same = closed.agency() == request.header().fixmedins_code() &&
                      closed.msgid() == request.header().msgid();
    Answer(same ? v1::PERIOD_CLOSED : v1::PERIOD_CLOSED_BEFORE, same ? "" : "该清算期此前已关闭",
           response);
    return absl::OkStatus();
  }
  YIJIE_ASSIGN_OR_RETURN(const std::optional<ClearingMonth> next, NextToClose(institution));
  if (next.has_value() && period < *next) {
    Answer(v1::PERIOD_CLOSED_BEFORE, "该清算期早于已关闭的清算期", response);
    return absl::OkStatus();
  }
  if (next.has_value() && *next < period) {
    Answer(v1::EARLIER_PERIOD_OPEN, absl::StrCat("请先关闭", next->Format(), "清算期"), response);
    return absl::OkStatus();
  }
  if (response->statement().records().digest() != request.digest()) {
    Answer(v1::RECORDS_CHANGED, "清算记录与所核对的清算单不一致，请重新核对", response);
    return absl::OkStatus();
  }
  ClosedPeriod closed;
  closed.set_agency(request.header().fixmedins_code());
  closed.set_msgid(request.header().msgid());
  closed.set_time_unix_ms(now.unix_ms);
  closed.set_digest(request.digest());
  YIJIE_RETURN_IF_ERROR(
      storage::WriteRows(store_, {{std::string(kClosedPeriods), key, closed.SerializeAsString()}}));
  Answer(v1::PERIOD_CLOSED, "", response);
  return absl::OkStatus();
}

absl::StatusOr<v1::ClosePeriodResponse> BookQueries::Close(const v1::ClosePeriodRequest& request,
                                                           const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckClose(request));
  YIJIE_ASSIGN_OR_RETURN(const ClearingMonth period, ParseMonth("setlym", request.setlym()));
  v1::ClosePeriodResponse response;
  const Moment settled = MomentOf(now.unix_ms - kUnderWayMs);
  if (!(period < ClearingMonth::Of(settled.day))) {
    Answer(v1::PERIOD_NOT_OVER, "该清算期尚未结束", &response);
    return response;
  }
  YIJIE_RETURN_IF_ERROR(
      projection_.Read([&] { return CloseNow(request, period, now, &response); }));
  return response;
}

}  // namespace yijie::engine
