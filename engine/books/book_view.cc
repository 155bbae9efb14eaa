#include "engine/books/book_view.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/books/book_entry.h"

namespace yijie::engine {
namespace {

bool InBookOrder(const IndexedRow& a, const IndexedRow& b) {
  return std::tie(a.bucket, a.row.setl_id()) < std::tie(b.bucket, b.row.setl_id());
}

// Sums of the money columns, signs left aside.
class MoneyBound {
 public:
  // False from the row on that goes too far. The amounts of `row` are in range.
  bool Take(const v1::BookRow& row) {
    const std::array<int64_t, 4> amounts = {row.medfee_sumamt_fen(), row.fund_pay_sumamt_fen(),
                                            row.acct_pay_fen(), row.psn_cash_pay_fen()};
    for (size_t i = 0; i < sums_.size(); ++i) {
      sums_[i] += std::abs(amounts[i]);
      if (sums_[i] > kMaxBookSumFen) return false;
    }
    return true;
  }

 private:
  std::array<int64_t, 4> sums_ = {};
};

}  // namespace

absl::StatusOr<BucketPrefix> BucketPrefix::Parse(absl::string_view hex) {
  constexpr absl::string_view kDigits = "0123456789abcdef";
  if (hex.size() > kMaxDigits) return absl::InvalidArgumentError("has more than 4 digits");
  BucketPrefix prefix;
  for (const char c : hex) {
    const size_t digit = kDigits.find(c);
    if (digit == absl::string_view::npos) {
      return absl::InvalidArgumentError("must be lower-case hex digits");
    }
    ++prefix.digits;
    prefix.value = static_cast<uint16_t>(prefix.value | static_cast<unsigned>(digit)
                                                            << 4 * (kMaxDigits - prefix.digits));
  }
  return prefix;
}

IndexedRow Indexed(v1::BookRow row) {
  IndexedRow indexed;
  indexed.hash = HashOf(FieldsOf(row));
  indexed.bucket = BucketOf(row.setl_id());
  indexed.row = std::move(row);
  return indexed;
}

absl::StatusOr<SortedBook> SortedBook::Make(std::vector<v1::BookRow> rows) {
  const auto refuse = [](size_t i, absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("row[", i, "].", what));
  };
  SortedBook book;
  MoneyBound bound;
  absl::flat_hash_set<std::string> ids;
  ids.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    v1::BookRow& row = rows[i];
    if (const absl::Status status = CheckBookRow(row); !status.ok()) {
      return refuse(i, status.message());
    }
    if (!bound.Take(row)) return refuse(i, "medfee_sumamt_fen: the book adds up to too much");
    if (!ids.insert(row.setl_id()).second) return refuse(i, "setl_id: is there twice");
    Group& group = book.groups_[{row.clr_date(), row.insutype(), row.clr_type()}];
    group.rows.push_back(Indexed(std::move(row)));
    const IndexedRow& added = group.rows.back();
    GroupDigests& digests = group.digests;
    (added.row.refd_setl_flag() ? digests.refunds : digests.settlements)
        .Add(FieldsOf(added.row), added.hash);
  }
  for (auto& [key, group] : book.groups_) {
    std::sort(group.rows.begin(), group.rows.end(), InBookOrder);
  }
  return book;
}

absl::Status SortedBook::VisitGroups(
    absl::string_view first_day, absl::string_view last_day,
    const std::function<void(const BookGroup&, const GroupDigests&)>& visit) const {
  for (auto at = groups_.lower_bound({std::string(first_day), "", ""});
       at != groups_.end() && at->first.clr_date <= last_day; ++at) {
    visit(at->first, at->second.digests);
  }
  return absl::OkStatus();
}

absl::Status SortedBook::VisitRows(const BookGroup& group, BucketPrefix prefix,
                                   const std::function<void(const IndexedRow&)>& visit) const {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return absl::OkStatus();
  const std::vector<IndexedRow>& rows = found->second.rows;
  auto at = std::partition_point(rows.begin(), rows.end(),
                                 [&](const IndexedRow& row) { return row.bucket < prefix.value; });
  for (; at != rows.end() && at->bucket <= prefix.last(); ++at) visit(*at);
  return absl::OkStatus();
}

}  // namespace yijie::engine
