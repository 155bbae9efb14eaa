#include "engine/inquiry/history.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/moment.h"
#include "engine/person.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::PersonEvent;

constexpr int kMaxScanned = 1'024;  // versions, for one page
constexpr int kChunk = 128;         // of them read at once
constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 500;
// Days by which versions may be out of order.
constexpr int32_t kDisorderDays = 1;

Date Shifted(Date day, int32_t days) { return Date(day.days() + days); }

absl::StatusOr<Date> DayOfVersion(storage::StoreReader& store, absl::string_view psn_no,
                                  int64_t version) {
  YIJIE_ASSIGN_OR_RETURN(const auto record, store.LoadVersion(psn_no, version));
  if (!record) return absl::DataLossError("a version of a person is not there");
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(*record));
  return DayOf(event);
}

absl::StatusOr<std::optional<Date>> OptionalDay(absl::string_view path, absl::string_view text) {
  if (text.empty()) return std::nullopt;
  YIJIE_RETURN_IF_ERROR(CheckIsoDay(path, text));
  YIJIE_ASSIGN_OR_RETURN(const Date day, ParseDate(text));
  return day;
}

}  // namespace

Date DayOf(const PersonEvent& event) { return MomentOf(event.time_unix_ms()).day; }

absl::StatusOr<int64_t> VersionBefore(storage::StoreReader& store, absl::string_view psn_no,
                                      int64_t newest, Date day) {
  const Date bound = Shifted(day, -kDisorderDays);
  int64_t low = 0;  // of a day before `bound`, or 0
  int64_t high = newest + 1;
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    YIJIE_ASSIGN_OR_RETURN(const Date middle_day, DayOfVersion(store, psn_no, middle));
    (middle_day < bound ? low : high) = middle;
  }
  return low;
}

absl::StatusOr<int64_t> VisitVersions(storage::StoreReader& store, absl::string_view psn_no,
                                      int64_t after, int64_t newest, std::optional<Date> last,
                                      int limit, const VersionVisitor& visit) {
  int left = limit;
  while (after < newest) {
    if (left == 0) return after;
    YIJIE_ASSIGN_OR_RETURN(const std::vector<storage::PersonVersion> chunk,
                           store.LoadHistory(psn_no, after, std::min(kChunk, left)));
    if (chunk.empty()) return absl::DataLossError("the history of a person ends early");
    for (const storage::PersonVersion& version : chunk) {
      if (version.version > newest) return 0;
      YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(version));
      if (last && DayOf(event) > Shifted(*last, kDisorderDays)) return 0;
      YIJIE_ASSIGN_OR_RETURN(const bool go_on, visit(version, event));
      after = version.version;
      if (!go_on) return after < newest ? after : 0;
    }
    left -= static_cast<int>(chunk.size());
  }
  return 0;
}

absl::StatusOr<PageQuery> CheckPage(absl::string_view path, const v1::HistoryPage& page) {
  const auto field = [&](absl::string_view name) { return absl::StrCat(path, ".", name); };
  PageQuery query;
  YIJIE_ASSIGN_OR_RETURN(query.span.first, OptionalDay(field("begndate"), page.begndate()));
  YIJIE_ASSIGN_OR_RETURN(query.span.last, OptionalDay(field("enddate"), page.enddate()));
  if (query.span.first && query.span.last && *query.span.last < *query.span.first)
    return BadField(field("enddate"), "before begndate");
  if (page.after_version() < 0) return BadField(field("after_version"), "negative");
  if (page.page_size() < 0 || page.page_size() > kMaxPage)
    return BadField(field("page_size"), absl::StrCat("outside 0 to ", kMaxPage));
  query.after_version = page.after_version();
  query.page_size = page.page_size() == 0 ? kDefaultPage : page.page_size();
  return query;
}

absl::StatusOr<int64_t> VisitPage(storage::StoreReader& store, absl::string_view psn_no,
                                  int64_t newest, const PageQuery& query, const RowMaker& make) {
  int64_t after = query.after_version;
  if (query.span.first && after == 0) {
    YIJIE_ASSIGN_OR_RETURN(after, VersionBefore(store, psn_no, newest, *query.span.first));
  }
  int rows = 0;
  return VisitVersions(
      store, psn_no, after, newest, query.span.last, kMaxScanned,
      [&](const storage::PersonVersion& version, const PersonEvent& event) -> absl::StatusOr<bool> {
        if (!query.span.Holds(DayOf(event))) return true;
        YIJIE_ASSIGN_OR_RETURN(const int made, make(version, event));
        rows += made;
        return rows < query.page_size;
      });
}

}  // namespace yijie::engine
