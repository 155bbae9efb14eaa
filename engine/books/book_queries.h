#ifndef YIJIE_ENGINE_BOOKS_BOOK_QUERIES_H_
#define YIJIE_ENGINE_BOOKS_BOOK_QUERIES_H_

// What BooksService answers, without the network. Every answer counts in what was acknowledged
// before it was asked for.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/books/book_projection.h"
#include "engine/books/clearing_month.h"
#include "engine/moment.h"
#include "storage/store.h"
#include "yijie/v1/books.pb.h"

namespace yijie::engine {

// INVALID_ARGUMENT, beginning with the field, for a malformed request. Thread-safe.
class BookQueries {
 public:
  // Both outlive it. Table "period" (institution, a zero byte, month -> store::v1::ClosedPeriod)
  // has no other writer.
  BookQueries(storage::Store& store, BookProjection& projection)
      : store_(store), projection_(projection) {}

  absl::StatusOr<v1::GetBookTotalsResponse> GetTotals(const v1::GetBookTotalsRequest& request);
  absl::StatusOr<v1::GetBookDetailsResponse> GetDetails(const v1::GetBookDetailsRequest& request);
  absl::StatusOr<v1::CompareBookResponse> Compare(const v1::CompareBookRequest& request);
  absl::StatusOr<v1::GetClearingStatementResponse> GetStatement(
      const v1::GetClearingStatementRequest& request);
  absl::StatusOr<v1::ClosePeriodResponse> Close(const v1::ClosePeriodRequest& request,
                                                const Moment& now);

 private:
  // Inside projection_.Read.
  absl::StatusOr<v1::ClearingStatement> MakeStatement(absl::string_view fixmedins_code,
                                                      ClearingMonth period);
  absl::Status CloseNow(const v1::ClosePeriodRequest& request, ClearingMonth period,
                        const Moment& now, v1::ClosePeriodResponse* response);
  // The first month the institution can close next; nothing if it has no records.
  absl::StatusOr<std::optional<ClearingMonth>> NextToClose(absl::string_view fixmedins_code);

  storage::Store& store_;
  BookProjection& projection_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_BOOK_QUERIES_H_
