#include "engine/books/descent.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/fen.h"
#include "base/status_macros.h"
#include "engine/books/book_entry.h"
#include "engine/books/compare.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

bool SameAmounts(const v1::BookRow& a, const v1::BookRow& b) {
  return a.medfee_sumamt_fen() == b.medfee_sumamt_fen() &&
         a.fund_pay_sumamt_fen() == b.fund_pay_sumamt_fen() &&
         a.acct_pay_fen() == b.acct_pay_fen() && a.psn_cash_pay_fen() == b.psn_cash_pay_fen();
}

bool SamePlace(const v1::BookRow& a, const v1::BookRow& b) {
  return a.clr_date() == b.clr_date() && a.insutype() == b.insutype() &&
         a.clr_type() == b.clr_type();
}

// UNSPECIFIED if the two are the same record. Both have the same setl_id.
v1::DifferenceKind KindOf(const v1::BookRow& centre, const v1::BookRow& own) {
  if (centre.refd_setl_flag() != own.refd_setl_flag()) return v1::STATE_DIFFERS;
  if (!SameAmounts(centre, own)) return v1::AMOUNT_DIFFERS;
  if (centre.psn_no() != own.psn_no()) return v1::PERSON_DIFFERS;
  if (!SamePlace(centre, own)) return v1::PLACE_DIFFERS;
  return v1::DIFFERENCE_KIND_UNSPECIFIED;
}

// The row as the answering side would have written it in full.
absl::StatusOr<v1::BookRow> CompleteRow(const v1::BookNode& node, const v1::BookRow& sent) {
  v1::BookRow row = sent;
  if (!node.clr_date().empty()) row.set_clr_date(node.clr_date());
  if (!node.insutype().empty()) {
    row.set_insutype(node.insutype());
    row.set_clr_type(node.clr_type());
  }
  YIJIE_RETURN_IF_ERROR(CheckBookRow(row));
  YIJIE_ASSIGN_OR_RETURN(const BucketPrefix prefix, BucketPrefix::Parse(node.prefix()));
  const uint16_t bucket = BucketOf(row.setl_id());
  if (bucket < prefix.value || bucket > prefix.last()) {
    return BadField("setl_id", "does not belong below the node asked for");
  }
  return row;
}

bool LiesIn(const v1::BookScope& scope, const v1::BookRow& row) {
  if (row.clr_date() < scope.begndate() || row.clr_date() > scope.enddate()) return false;
  if (!scope.insutype().empty() && row.insutype() != scope.insutype()) return false;
  if (!scope.clr_type().empty() && row.clr_type() != scope.clr_type()) return false;
  return scope.refund() == v1::ALL_RECORDS ||
         row.refd_setl_flag() == (scope.refund() == v1::REFUNDS_ONLY);
}

absl::Status CheckChild(const v1::BookChild& child, absl::string_view label_before) {
  if (child.label() <= label_before) return BadField("label", "is out of order");
  if (child.count() < 1) return BadField("count", "must be above 0");
  if (child.digest().size() != SetDigest::kShortBytes)
    return BadField("digest", "must be 16 bytes");
  return absl::OkStatus();
}

bool SameChild(const v1::BookChild& a, const v1::BookChild& b) {
  return a.count() == b.count() && a.digest() == b.digest();
}

void AppendRow(absl::string_view side, const v1::BookRow& row, std::string* out) {
  absl::StrAppend(out, "    ", side, " ", row.clr_date(), " 险种", row.insutype(), " 类别",
                  row.clr_type(), " 人员", row.psn_no(), " 退费", row.refd_setl_flag() ? "1" : "0",
                  " 总额", FormatYuan(Fen(row.medfee_sumamt_fen())), " 基金",
                  FormatYuan(Fen(row.fund_pay_sumamt_fen())), " 账户",
                  FormatYuan(Fen(row.acct_pay_fen())), " 现金",
                  FormatYuan(Fen(row.psn_cash_pay_fen())));
  if (!row.medins_setl_id().empty()) absl::StrAppend(out, " 报文", row.medins_setl_id());
  *out += '\n';
}

}  // namespace

absl::StatusOr<Descent> Descent::Start(const BookView& own, const v1::BookScope& scope) {
  YIJIE_RETURN_IF_ERROR(CheckScope(scope));
  YIJIE_ASSIGN_OR_RETURN(const SetDigest digest, DigestOfScope(own, scope));
  return Descent(own, scope, digest);
}

Descent::Descent(const BookView& own, const v1::BookScope& scope, const SetDigest& own_digest)
    : own_(&own), own_digest_(own_digest) {
  *request_.mutable_scope() = scope;
  *request_.mutable_own() = own_digest.ToTotals();
  request_.add_node();  // the whole scope
}

absl::Status Descent::Take(const v1::CompareBookResponse& response) {
  YIJIE_CHECK(!done_, "an answer is taken while one is awaited");
  YIJIE_RETURN_IF_ERROR(CheckCentre(response));
  for (int i = 0; i < response.node_size(); ++i) {
    const absl::Status status = TakeNode(request_.node(i), response.node(i));
    if (absl::IsInvalidArgument(status)) {
      return absl::InvalidArgumentError(absl::StrCat("node[", i, "].", status.message()));
    }
    YIJIE_RETURN_IF_ERROR(status);
  }
  // What was not answered is asked again, first.
  for (int i = request_.node_size(); i > response.node_size(); --i) {
    frontier_.push_front(request_.node(i - 1));
  }
  return AskNext();
}

absl::Status Descent::CheckCentre(const v1::CompareBookResponse& response) {
  const absl::StatusOr<SetDigest> centre = SetDigest::FromTotals(response.centre());
  if (!centre.ok()) return BadField("centre", centre.status().message());
  const v1::BookTotals totals = centre->ToTotals();
  if (requests_ == 1) {
    centre_ = totals;
  } else if (totals.SerializeAsString() != centre_.SerializeAsString()) {
    return absl::AbortedError("the book changed while it was compared; start again");
  }
  const bool flat = *centre == own_digest_;
  if (flat && response.node_size() != 0) return BadField("node", "the books are the same");
  if (flat) {
    request_.clear_node();
    return absl::OkStatus();
  }
  if (response.node_size() < 1 || response.node_size() > request_.node_size()) {
    return BadField("node", "must be one to as many as were asked for");
  }
  return absl::OkStatus();
}

absl::Status Descent::TakeNode(const v1::BookNode& node, const v1::ExpandedNode& expanded) {
  return expanded.rows() ? TakeRows(node, expanded) : TakeChildren(node, expanded);
}

absl::Status Descent::TakeChildren(const v1::BookNode& node, const v1::ExpandedNode& expanded) {
  if (expanded.row_size() != 0) return BadField("row", "stands without `rows`");
  if (node.prefix().size() == BucketPrefix::kMaxDigits)
    return BadField("child", "is below full depth");
  YIJIE_ASSIGN_OR_RETURN(const std::vector<v1::BookChild> children,
                         ChildrenOf(*own_, request_.scope(), node));
  std::map<std::string, v1::BookChild> own;
  for (const v1::BookChild& child : children) own[child.label()] = child;
  std::string before;
  for (const v1::BookChild& child : expanded.child()) {
    YIJIE_RETURN_IF_ERROR(CheckChild(child, before));
    before = child.label();
    YIJIE_ASSIGN_OR_RETURN(v1::BookNode below, ChildNode(node, child.label()));
    YIJIE_RETURN_IF_ERROR(CheckNode(request_.scope(), below));
    const auto same = own.find(child.label());
    const bool differs = same == own.end() || !SameChild(same->second, child);
    if (differs) frontier_.push_back(std::move(below));
    if (same != own.end()) own.erase(same);
  }
  // The centre has nothing below these: no need to ask.
  for (const auto& [label, child] : own) {
    YIJIE_ASSIGN_OR_RETURN(const v1::BookNode below, ChildNode(node, label));
    YIJIE_RETURN_IF_ERROR(AddOwnRows(below));
  }
  return absl::OkStatus();
}

absl::Status Descent::TakeRows(const v1::BookNode& node, const v1::ExpandedNode& expanded) {
  if (expanded.child_size() != 0) return BadField("child", "stands beside `rows`");
  absl::string_view before;
  for (const v1::BookRow& sent : expanded.row()) {
    YIJIE_ASSIGN_OR_RETURN(v1::BookRow row, CompleteRow(node, sent));
    if (!LiesIn(request_.scope(), row)) return BadField("row", "is not of the scope");
    if (sent.setl_id() <= before) return BadField("row", "is out of order");
    before = sent.setl_id();
    AddCentreRow(std::move(row));
  }
  return AddOwnRows(node);
}

absl::Status Descent::AddOwnRows(const v1::BookNode& node) {
  YIJIE_ASSIGN_OR_RETURN(std::vector<v1::BookRow> rows, RowsOf(*own_, request_.scope(), node));
  for (v1::BookRow& row : rows) AddOwnRow(std::move(row));
  if (found_.size() > kMaxDifferences) {
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", kMaxDifferences, " records differ"));
  }
  return absl::OkStatus();
}

void Descent::AddCentreRow(v1::BookRow row) {
  Pair& pair = found_[row.setl_id()];
  pair.centre = std::move(row);
}

// Rows of a node come in together, so what is equal is dropped at once; a row that stands elsewhere
// in the other book meets its partner whenever that node comes.
void Descent::AddOwnRow(v1::BookRow row) {
  const std::string id = row.setl_id();
  Pair& pair = found_[id];
  pair.institution = std::move(row);
  if (pair.centre.has_value() &&
      KindOf(*pair.centre, *pair.institution) == v1::DIFFERENCE_KIND_UNSPECIFIED) {
    found_.erase(id);
  }
}

absl::Status Descent::AskNext() {
  request_.clear_node();
  while (!frontier_.empty() && request_.node_size() < kMaxNodes) {
    *request_.add_node() = std::move(frontier_.front());
    frontier_.pop_front();
  }
  if (request_.node_size() == 0) return Finish();
  if (++requests_ > kMaxRequests) {
    return absl::ResourceExhaustedError(absl::StrCat("more than ", kMaxRequests, " requests"));
  }
  return absl::OkStatus();
}

absl::Status Descent::Finish() {
  SetDigest corrected = own_digest_;
  for (auto& [id, pair] : found_) {
    v1::BookDifference& difference = differences_.emplace_back();
    difference.set_kind(!pair.institution.has_value() ? v1::ONLY_CENTRE
                        : !pair.centre.has_value()    ? v1::ONLY_INSTITUTION
                                                      : KindOf(*pair.centre, *pair.institution));
    if (pair.institution.has_value()) {
      corrected.Remove(FieldsOf(*pair.institution));
      *difference.mutable_institution() = *std::move(pair.institution);
    }
    if (pair.centre.has_value()) {
      corrected.Add(FieldsOf(*pair.centre));
      *difference.mutable_centre() = *std::move(pair.centre);
    }
  }
  found_.clear();
  done_ = true;
  if (corrected.ToTotals().SerializeAsString() == centre_.SerializeAsString()) {
    return absl::OkStatus();
  }
  differences_.clear();
  return absl::DataLossError("the records sent do not add up to the digest of the centre");
}

absl::string_view DifferenceWords(v1::DifferenceKind kind) {
  switch (kind) {
    case v1::ONLY_CENTRE:
      return "中心有、机构无";
    case v1::ONLY_INSTITUTION:
      return "机构有、中心无";
    case v1::STATE_DIFFERS:
      return "退费状态不符";
    case v1::AMOUNT_DIFFERS:
      return "金额不符";
    case v1::PERSON_DIFFERS:
      return "人员不符";
    case v1::PLACE_DIFFERS:
      return "清算日、险种或清算类别不符";
    default:
      return "未知差异";
  }
}

std::string DifferencesAsText(const std::vector<v1::BookDifference>& differences) {
  std::string out = absl::StrCat("不符记录 ", differences.size(), " 笔\n");
  for (const v1::BookDifference& difference : differences) {
    const bool has_centre = difference.has_centre();
    const v1::BookRow& named = has_centre ? difference.centre() : difference.institution();
    absl::StrAppend(&out, "  结算 ", named.setl_id(), "：", DifferenceWords(difference.kind()),
                    "\n");
    if (has_centre) AppendRow("中心", difference.centre(), &out);
    if (difference.has_institution()) AppendRow("机构", difference.institution(), &out);
  }
  return out;
}

}  // namespace yijie::engine
