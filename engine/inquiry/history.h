#ifndef YIJIE_ENGINE_INQUIRY_HISTORY_H_
#define YIJIE_ENGINE_INQUIRY_HISTORY_H_

// Walks through the versions of a person by clearing days, with work that does not grow with the
// length of the history.
//
// Versions are not ordered by day to the letter: a message carries the moment it arrived and may be
// committed after one that came later. Two versions whose days are more than a day apart are taken
// to be in order.

#include <cstdint>
#include <functional>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/date.h"
#include "storage/store.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/inquiry.pb.h"

namespace yijie::engine {

struct ClearingSpan {
  std::optional<Date> first;  // nothing: no bound
  std::optional<Date> last;   // inclusive

  bool Holds(Date day) const { return (!first || *first <= day) && (!last || day <= *last); }
};

// The local day on which a version was made.
Date DayOf(const yijie::store::v1::PersonEvent& event);

// A version before which none is of `day` or later; 0 if it is the first already. About 20 reads.
absl::StatusOr<int64_t> VersionBefore(storage::StoreReader& store, absl::string_view psn_no,
                                      int64_t newest, Date day);

// Takes a version and returns false to end the walk after it.
using VersionVisitor = std::function<absl::StatusOr<bool>(
    const storage::PersonVersion& version, const yijie::store::v1::PersonEvent& event)>;

// Visits versions after `after`, oldest first, up to `newest`: at most `limit`, and few of a day
// after `last`. Returns the last one visited, or 0 if what would follow is of no interest.
absl::StatusOr<int64_t> VisitVersions(storage::StoreReader& store, absl::string_view psn_no,
                                      int64_t after, int64_t newest, std::optional<Date> last,
                                      int limit, const VersionVisitor& visit);

// A checked HistoryPage.
struct PageQuery {
  ClearingSpan span;
  int64_t after_version = 0;
  int page_size = 0;
};

// INVALID_ARGUMENT, the path beginning with `path` and a dot.
absl::StatusOr<PageQuery> CheckPage(absl::string_view path, const v1::HistoryPage& page);

// Adds rows and returns their number.
using RowMaker = std::function<absl::StatusOr<int>(const storage::PersonVersion& version,
                                                   const yijie::store::v1::PersonEvent& event)>;

// A page of the versions in the span. Returns `next_version`.
absl::StatusOr<int64_t> VisitPage(storage::StoreReader& store, absl::string_view psn_no,
                                  int64_t newest, const PageQuery& query, const RowMaker& make);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_INQUIRY_HISTORY_H_
