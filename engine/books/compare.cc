#include "engine/books/compare.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/date.h"
#include "base/fen.h"
#include "base/status_macros.h"
#include "engine/books/book_entry.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

constexpr char kGroupSeparator = '/';

bool IsGroup(const v1::BookNode& node) { return !node.insutype().empty(); }

bool IsCode(absl::string_view text) {
  return !text.empty() && text.size() <= 6 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c));
  });
}

// Digests of the records of a group that a scope selects.
SetDigest Selected(const GroupDigests& digests, v1::RefundSelection refund) {
  switch (refund) {
    case v1::SETTLEMENTS_ONLY:
      return digests.settlements;
    case v1::REFUNDS_ONLY:
      return digests.refunds;
    default:
      SetDigest all = digests.settlements;
      all.Merge(digests.refunds);
      return all;
  }
}

bool IsSelected(const v1::BookRow& row, v1::RefundSelection refund) {
  if (refund == v1::ALL_RECORDS) return true;
  return row.refd_setl_flag() == (refund == v1::REFUNDS_ONLY);
}

// Visits the groups below a node that have selected records.
absl::Status VisitGroupsOf(const BookView& book, const v1::BookScope& scope,
                           const v1::BookNode& node,
                           const std::function<void(const BookGroup&, const SetDigest&)>& visit) {
  const bool one_day = !node.clr_date().empty();
  return book.VisitGroups(
      one_day ? node.clr_date() : scope.begndate(), one_day ? node.clr_date() : scope.enddate(),
      [&](const BookGroup& group, const GroupDigests& digests) {
        if (!scope.insutype().empty() && group.insutype != scope.insutype()) return;
        if (!scope.clr_type().empty() && group.clr_type != scope.clr_type()) return;
        if (IsGroup(node) &&
            (group.insutype != node.insutype() || group.clr_type != node.clr_type())) {
          return;
        }
        const SetDigest selected = Selected(digests, scope.refund());
        if (selected.count() != 0) visit(group, selected);
      });
}

std::vector<v1::BookChild> ToChildren(const std::map<std::string, SetDigest>& digests) {
  std::vector<v1::BookChild> children;
  for (const auto& [label, digest] : digests) {
    v1::BookChild& child = children.emplace_back();
    child.set_label(label);
    child.set_count(digest.count());
    child.set_digest(digest.ShortBytes());
  }
  return children;
}

BookGroup GroupOf(const v1::BookNode& node) {
  return {node.clr_date(), node.insutype(), node.clr_type()};
}

BucketPrefix PrefixOf(const v1::BookNode& node) {
  const absl::StatusOr<BucketPrefix> prefix = BucketPrefix::Parse(node.prefix());
  YIJIE_CHECK(prefix.ok(), "a node was checked");
  return *prefix;
}

absl::StatusOr<std::vector<v1::BookChild>> BucketChildren(const BookView& book,
                                                          const v1::BookScope& scope,
                                                          const v1::BookNode& node) {
  const BucketPrefix prefix = PrefixOf(node);
  YIJIE_CHECK(prefix.digits < BucketPrefix::kMaxDigits, "a node of full depth has no children");
  std::array<SetDigest, 16> digests;
  YIJIE_RETURN_IF_ERROR(book.VisitRows(GroupOf(node), prefix, [&](const IndexedRow& row) {
    if (!IsSelected(row.row, scope.refund())) return;
    digests[static_cast<size_t>(prefix.NextDigit(row.bucket))].Add(FieldsOf(row.row), row.hash);
  }));
  std::map<std::string, SetDigest> children;
  for (size_t digit = 0; digit < digests.size(); ++digit) {
    if (digests[digit].count() != 0) {
      children[std::string(1, "0123456789abcdef"[digit])] = digests[digit];
    }
  }
  return ToChildren(children);
}

int64_t CountOf(const std::vector<v1::BookChild>& children) {
  int64_t count = 0;
  for (const v1::BookChild& child : children) count += child.count();
  return count;
}

void ClearPath(const v1::BookNode& node, v1::BookRow& row) {
  if (node.clr_date().empty()) return;
  row.clear_clr_date();
  if (!IsGroup(node)) return;
  row.clear_insutype();
  row.clear_clr_type();
}

absl::StatusOr<v1::ExpandedNode> Expand(const BookView& book, const v1::BookScope& scope,
                                        const v1::BookNode& node) {
  v1::ExpandedNode expanded;
  if (node.prefix().size() < BucketPrefix::kMaxDigits) {
    YIJIE_ASSIGN_OR_RETURN(std::vector<v1::BookChild> children, ChildrenOf(book, scope, node));
    if (CountOf(children) > kLeafRows) {
      for (v1::BookChild& child : children) *expanded.add_child() = std::move(child);
      return expanded;
    }
  }
  YIJIE_ASSIGN_OR_RETURN(std::vector<v1::BookRow> rows, RowsOf(book, scope, node));
  expanded.set_rows(true);
  for (v1::BookRow& row : rows) {
    ClearPath(node, row);
    *expanded.add_row() = std::move(row);
  }
  return expanded;
}

absl::Status CheckCompare(const v1::CompareBookRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckScope(request.scope()));
  if (const auto own = SetDigest::FromTotals(request.own()); !own.ok()) {
    return BadField("own", own.status().message());
  }
  if (request.node_size() < 1 || request.node_size() > kMaxNodes) {
    return BadField("node", absl::StrCat("must be 1 to ", kMaxNodes));
  }
  for (int i = 0; i < request.node_size(); ++i) {
    const absl::Status status = CheckNode(request.scope(), request.node(i));
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("node[", i, "].", status.message()));
    }
  }
  return absl::OkStatus();
}

// Whether the figures are equal, digests apart.
bool SameFigures(const v1::BookTotals& a, const v1::BookTotals& b) {
  return a.count() == b.count() && a.medfee_sumamt_fen() == b.medfee_sumamt_fen() &&
         a.fund_pay_sumamt_fen() == b.fund_pay_sumamt_fen() &&
         a.acct_pay_fen() == b.acct_pay_fen() && a.psn_cash_pay_fen() == b.psn_cash_pay_fen();
}

bool DigestsDiffer(const v1::BookTotals& a, const v1::BookTotals& b) {
  return !a.digest().empty() && !b.digest().empty() && a.digest() != b.digest();
}

// Figures of a request can be any int64.
std::string YuanOf(__int128 fen) {
  const bool negative = fen < 0;
  const auto size = static_cast<unsigned __int128>(negative ? -fen : fen);
  const auto cents = static_cast<uint64_t>(size % 100);
  return absl::StrCat(negative ? "-" : "", static_cast<uint64_t>(size / 100), ".",
                      cents < 10 ? "0" : "", cents);
}

}  // namespace

absl::Status CheckScope(const v1::BookScope& scope) {
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("scope.fixmedins_code", scope.fixmedins_code()));
  const absl::StatusOr<Date> first = ParseDate(scope.begndate());
  if (!first.ok()) return BadField("scope.begndate", first.status().message());
  const absl::StatusOr<Date> last = ParseDate(scope.enddate());
  if (!last.ok()) return BadField("scope.enddate", last.status().message());
  if (*last < *first) return BadField("scope.enddate", "is before begndate");
  if (last->days() - first->days() >= kMaxScopeDays) {
    return BadField("scope.enddate",
                    absl::StrCat("the scope is longer than ", kMaxScopeDays, " days"));
  }
  if (!scope.insutype().empty() && !IsCode(scope.insutype())) {
    return BadField("scope.insutype", "must be 1 to 6 letters and digits, or empty");
  }
  if (!scope.clr_type().empty() && !IsCode(scope.clr_type())) {
    return BadField("scope.clr_type", "must be 1 to 6 letters and digits, or empty");
  }
  switch (scope.refund()) {
    case v1::ALL_RECORDS:
    case v1::SETTLEMENTS_ONLY:
    case v1::REFUNDS_ONLY:
      return absl::OkStatus();
    default:
      return BadField("scope.refund", "must be ALL_RECORDS, SETTLEMENTS_ONLY or REFUNDS_ONLY");
  }
}

absl::Status CheckNode(const v1::BookScope& scope, const v1::BookNode& node) {
  const bool group = !node.insutype().empty() || !node.clr_type().empty();
  if (node.clr_date().empty()) {
    return group || !node.prefix().empty()
               ? BadField("clr_date", "is empty in the middle of a path")
               : absl::OkStatus();
  }
  if (!ParseDate(node.clr_date()).ok() || node.clr_date() < scope.begndate() ||
      node.clr_date() > scope.enddate()) {
    return BadField("clr_date", "must be a day of the scope");
  }
  if (!group) {
    return node.prefix().empty() ? absl::OkStatus()
                                 : BadField("insutype", "is empty in the middle of a path");
  }
  if (!IsCode(node.insutype()) ||
      (!scope.insutype().empty() && node.insutype() != scope.insutype())) {
    return BadField("insutype", "must be 1 to 6 letters and digits, and of the scope");
  }
  if (!IsCode(node.clr_type()) ||
      (!scope.clr_type().empty() && node.clr_type() != scope.clr_type())) {
    return BadField("clr_type", "must be 1 to 6 letters and digits, and of the scope");
  }
  const absl::StatusOr<BucketPrefix> prefix = BucketPrefix::Parse(node.prefix());
  return prefix.ok() ? absl::OkStatus() : BadField("prefix", prefix.status().message());
}

absl::StatusOr<SetDigest> DigestOfScope(const BookView& book, const v1::BookScope& scope) {
  SetDigest sum;
  YIJIE_RETURN_IF_ERROR(VisitGroupsOf(
      book, scope, {}, [&](const BookGroup&, const SetDigest& digest) { sum.Merge(digest); }));
  return sum;
}

absl::StatusOr<std::vector<v1::BookChild>> ChildrenOf(const BookView& book,
                                                      const v1::BookScope& scope,
                                                      const v1::BookNode& node) {
  if (IsGroup(node)) return BucketChildren(book, scope, node);
  const bool days = node.clr_date().empty();
  std::map<std::string, SetDigest> children;
  YIJIE_RETURN_IF_ERROR(
      VisitGroupsOf(book, scope, node, [&](const BookGroup& group, const SetDigest& digest) {
        const std::string label =
            days ? group.clr_date : absl::StrCat(group.insutype, "/", group.clr_type);
        children[label].Merge(digest);
      }));
  return ToChildren(children);
}

absl::StatusOr<std::vector<v1::BookRow>> RowsOf(const BookView& book, const v1::BookScope& scope,
                                                const v1::BookNode& node) {
  std::vector<BookGroup> groups;
  YIJIE_RETURN_IF_ERROR(
      VisitGroupsOf(book, scope, node,
                    [&](const BookGroup& group, const SetDigest&) { groups.push_back(group); }));
  std::vector<v1::BookRow> rows;
  for (const BookGroup& group : groups) {
    YIJIE_RETURN_IF_ERROR(book.VisitRows(group, PrefixOf(node), [&](const IndexedRow& row) {
      if (IsSelected(row.row, scope.refund())) rows.push_back(row.row);
    }));
  }
  std::sort(rows.begin(), rows.end(),
            [](const v1::BookRow& a, const v1::BookRow& b) { return a.setl_id() < b.setl_id(); });
  return rows;
}

absl::StatusOr<v1::BookNode> ChildNode(const v1::BookNode& node, absl::string_view label) {
  v1::BookNode child = node;
  if (node.clr_date().empty()) {
    child.set_clr_date(std::string(label));
  } else if (!IsGroup(node)) {
    const std::vector<std::string> parts = absl::StrSplit(label, kGroupSeparator);
    if (parts.size() != 2) return BadField("label", "must be a scheme, a stroke and a class");
    child.set_insutype(parts[0]);
    child.set_clr_type(parts[1]);
  } else {
    if (label.size() != 1) return BadField("label", "must be one hex digit");
    child.mutable_prefix()->append(label.data(), label.size());
  }
  return child;
}

absl::StatusOr<v1::CompareBookResponse> AnswerCompare(const BookView& book,
                                                      const v1::CompareBookRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckCompare(request));
  YIJIE_ASSIGN_OR_RETURN(const SetDigest centre, DigestOfScope(book, request.scope()));
  v1::CompareBookResponse response;
  *response.mutable_centre() = centre.ToTotals();
  if (centre == *SetDigest::FromTotals(request.own())) return response;
  size_t bytes = 0;
  for (const v1::BookNode& node : request.node()) {
    YIJIE_ASSIGN_OR_RETURN(v1::ExpandedNode expanded, Expand(book, request.scope(), node));
    bytes += expanded.ByteSizeLong();
    if (response.node_size() != 0 && bytes > kMaxAnswerBytes) break;
    *response.add_node() = std::move(expanded);
  }
  return response;
}

v1::StatementResult CompareTotals(const v1::BookTotals& own, const v1::BookTotals& centre) {
  if (own.count() < centre.count()) return v1::CENTRE_MORE;
  if (own.count() > centre.count()) return v1::INSTITUTION_MORE;
  if (!SameFigures(own, centre)) return v1::AMOUNTS_DIFFER;
  return DigestsDiffer(own, centre) ? v1::RECORDS_DIFFER : v1::FLAT;
}

std::string DescribeTotals(const v1::BookTotals& own, const v1::BookTotals& centre) {
  std::vector<std::string> parts;
  if (own.count() != centre.count()) {
    parts.push_back(absl::StrCat("笔数：中心", centre.count(), "，机构", own.count()));
  }
  const auto compare = [&](absl::string_view name, int64_t ours, int64_t theirs) {
    if (ours == theirs) return;
    parts.push_back(absl::StrCat(name, "：中心", YuanOf(theirs), "元，机构", YuanOf(ours),
                                 "元，相差", YuanOf(static_cast<__int128>(theirs) - ours), "元"));
  };
  compare("医疗费总额", own.medfee_sumamt_fen(), centre.medfee_sumamt_fen());
  compare("基金支付总额", own.fund_pay_sumamt_fen(), centre.fund_pay_sumamt_fen());
  compare("个人账户支出", own.acct_pay_fen(), centre.acct_pay_fen());
  compare("个人现金支出", own.psn_cash_pay_fen(), centre.psn_cash_pay_fen());
  if (parts.empty() && DigestsDiffer(own, centre)) parts.push_back("合计相同，但明细记录不同");
  return parts.empty() ? "平" : absl::StrJoin(parts, "；");
}

v1::BookTotals TotalsOf(const std::vector<yijie::store::v1::BookEntry>& entries,
                        v1::RefundSelection refund) {
  const auto is_refund = [](const yijie::store::v1::BookEntry& entry) {
    return entry.kind() == yijie::store::v1::BOOK_REVERSAL;
  };
  absl::flat_hash_set<absl::string_view> settled, undone;
  for (const yijie::store::v1::BookEntry& entry : entries) {
    if (is_refund(entry)) {
      undone.insert(entry.orig_setl_id());
    } else {
      settled.insert(entry.setl_id());
    }
  }
  const auto counts = [&](const yijie::store::v1::BookEntry& entry) {
    switch (refund) {
      case v1::SETTLEMENTS_ONLY:
        return !is_refund(entry);
      case v1::REFUNDS_ONLY:
        return is_refund(entry);
      case v1::STANDING_ONLY:
        return is_refund(entry) ? settled.count(entry.orig_setl_id()) == 0
                                : undone.count(entry.setl_id()) == 0;
      default:
        return true;
    }
  };
  SetDigest sum;
  for (const yijie::store::v1::BookEntry& entry : entries) {
    if (counts(entry)) sum.Add(FieldsOf(entry));
  }
  v1::BookTotals totals = sum.ToTotals();
  if (refund == v1::STANDING_ONLY) totals.clear_digest();
  return totals;
}

}  // namespace yijie::engine
