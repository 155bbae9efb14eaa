#ifndef YIJIE_ENGINE_BOOKS_COMPARE_H_
#define YIJIE_ENGINE_BOOKS_COMPARE_H_

// The tree of digests over a book, and the side that answers when two books are compared. The tree
// is not stored: the digests of groups are, and what is below a group is read where it is needed.

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/books/book_view.h"
#include "yijie/v1/books.pb.h"

namespace yijie::engine {

// A node with at most so many records on the answering side is answered by the records.
inline constexpr int64_t kLeafRows = 16;
inline constexpr int kMaxNodes = 64;  // of a request
inline constexpr int kMaxScopeDays = 366;

// INVALID_ARGUMENT that begins with the field. `scope.refund` must have digests: not STANDING_ONLY.
absl::Status CheckScope(const v1::BookScope& scope);

// The node is well-formed and lies in `scope`.
absl::Status CheckNode(const v1::BookScope& scope, const v1::BookNode& node);

// The three below: `scope` was checked, `node` lies in it, and `book` is of its institution. Errors
// are those of reading the book.

absl::StatusOr<SetDigest> DigestOfScope(const BookView& book, const v1::BookScope& scope);

// Children that have records, ascending by label. `node` is not of full depth.
absl::StatusOr<std::vector<v1::BookChild>> ChildrenOf(const BookView& book,
                                                      const v1::BookScope& scope,
                                                      const v1::BookNode& node);

// All fields filled in, ascending by setl_id. However many there are: meant for nodes with few.
absl::StatusOr<std::vector<v1::BookRow>> RowsOf(const BookView& book, const v1::BookScope& scope,
                                                const v1::BookNode& node);

// The child of `node` with that label. INVALID_ARGUMENT if it is no label of a child.
absl::StatusOr<v1::BookNode> ChildNode(const v1::BookNode& node, absl::string_view label);

// One step of CompareBook. INVALID_ARGUMENT if the request is malformed. Answers at least one node
// and then as many as go into kMaxAnswerBytes or so.
inline constexpr size_t kMaxAnswerBytes = 32 * 1024;
absl::StatusOr<v1::CompareBookResponse> AnswerCompare(const BookView& book,
                                                      const v1::CompareBookRequest& request);

// Totals of the caller beside the centre's. Without digests only figures are compared.
v1::StatementResult CompareTotals(const v1::BookTotals& own, const v1::BookTotals& centre);

// What differs, in Chinese, for the clerk; "平" if nothing does.
std::string DescribeTotals(const v1::BookTotals& own, const v1::BookTotals& centre);

// Totals of a selection of the entries of a scope. The digest is empty for STANDING_ONLY.
v1::BookTotals TotalsOf(const std::vector<yijie::store::v1::BookEntry>& entries,
                        v1::RefundSelection refund);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_COMPARE_H_
