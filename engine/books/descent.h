#ifndef YIJIE_ENGINE_BOOKS_DESCENT_H_
#define YIJIE_ENGINE_BOOKS_DESCENT_H_

// The side that asks when two books are compared: an institution with its own file, or one province
// beside another. Holds no connection; the caller carries the messages:
//
//   absl::StatusOr<Descent> descent = Descent::Start(book, scope);
//   while (!descent->done()) {
//     response = Call(descent->request());
//     YIJIE_RETURN_IF_ERROR(descent->Take(response));
//   }
//
// Goes down the tree of digests only where the two sides differ. At the end the differences found
// are applied to the own digest, and the result must be the centre's, all 256 bits and all sums: a
// search that overlooked something ends with an error and never with a shorter list.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/books/book_view.h"
#include "yijie/v1/books.pb.h"

namespace yijie::engine {

// Not thread-safe.
class Descent {
 public:
  // Beyond these the two are not nearly the same book, and are compared by GetBookDetails.
  static constexpr size_t kMaxDifferences = 10'000;
  static constexpr int kMaxRequests = 5'000;

  // `own` outlives the object and does not change. INVALID_ARGUMENT if the scope is malformed.
  static absl::StatusOr<Descent> Start(const BookView& own, const v1::BookScope& scope);

  bool done() const { return done_; }

  // What to ask next. Only while not done.
  const v1::CompareBookRequest& request() const { return request_; }

  // The answer to request(). After an error the object is of no more use:
  //   ABORTED             the centre's book changed meanwhile; start again
  //   RESOURCE_EXHAUSTED  more differences or requests than the limits above
  //   INVALID_ARGUMENT    the answer is malformed; begins with the field
  //   DATA_LOSS           the answers do not add up to the digest of the centre
  // and errors of reading the own book.
  absl::Status Take(const v1::CompareBookResponse& response);

  // By setl_id. Complete when done.
  const std::vector<v1::BookDifference>& differences() const { return differences_; }
  const v1::BookTotals& centre() const { return centre_; }
  const v1::BookTotals& own() const { return request_.own(); }

 private:
  struct Pair {
    std::optional<v1::BookRow> centre, institution;
  };

  Descent(const BookView& own, const v1::BookScope& scope, const SetDigest& own_digest);

  absl::Status CheckCentre(const v1::CompareBookResponse& response);
  absl::Status TakeNode(const v1::BookNode& node, const v1::ExpandedNode& expanded);
  absl::Status TakeChildren(const v1::BookNode& node, const v1::ExpandedNode& expanded);
  absl::Status TakeRows(const v1::BookNode& node, const v1::ExpandedNode& expanded);
  absl::Status AddOwnRows(const v1::BookNode& node);
  void AddCentreRow(v1::BookRow row);
  void AddOwnRow(v1::BookRow row);
  absl::Status AskNext();
  absl::Status Finish();

  const BookView* own_;
  SetDigest own_digest_;
  v1::BookTotals centre_;
  int requests_ = 1;
  bool done_ = false;
  v1::CompareBookRequest request_;
  std::deque<v1::BookNode> frontier_;  // differs below, not asked for yet
  std::map<std::string, Pair> found_;  // by setl_id: rows of nodes that differ, equal ones removed
  std::vector<v1::BookDifference> differences_;
};

// In words: "金额不符" and so on.
absl::string_view DifferenceWords(v1::DifferenceKind kind);

// One line a difference, in Chinese, for the clerk.
std::string DifferencesAsText(const std::vector<v1::BookDifference>& differences);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_DESCENT_H_
