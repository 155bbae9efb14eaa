#include "engine/gateway/three_way.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/date.h"
#include "base/fen.h"
#include "base/status_macros.h"
#include "engine/books/compare.h"
#include "engine/books/descent.h"
#include "engine/books/set_digest.h"

namespace yijie::engine {
namespace {

constexpr std::array<absl::string_view, kBookSides> kSideWords = {"就医地", "网关", "参保地"};

bool SameTotals(const v1::BookTotals& a, const v1::BookTotals& b) {
  return a.count() == b.count() && a.digest() == b.digest();
}

bool AllEqual(const std::array<v1::BookTotals, kBookSides>& totals) {
  return SameTotals(totals[0], totals[1]) && SameTotals(totals[1], totals[2]);
}

// The records in which `other` differs from the gateway's `book`, by id: the gateway's and its own.
using Pairs =
    std::map<std::string, std::pair<std::optional<v1::BookRow>, std::optional<v1::BookRow>>>;

absl::StatusOr<Pairs> DifferencesFrom(const SortedBook& book, const v1::BookScope& scope,
                                      PairBook& other) {
  YIJIE_ASSIGN_OR_RETURN(Descent descent, Descent::Start(book, scope));
  while (!descent.done()) YIJIE_RETURN_IF_ERROR(descent.Take(other.Compare(descent.request())));
  Pairs pairs;
  for (const v1::BookDifference& difference : descent.differences()) {
    const bool here = difference.has_institution(), there = difference.has_centre();
    auto& pair = pairs[here ? difference.institution().setl_id() : difference.centre().setl_id()];
    if (here) pair.first = difference.institution();
    if (there) pair.second = difference.centre();
  }
  return pairs;
}

absl::Status FindDifferences(const v1::BookScope& scope, PairBook& care, PairBook& gateway,
                             PairBook& insured, ThreeWayDay* day) {
  std::vector<v1::BookRow> rows = gateway.RowsOf(day->day);
  std::map<std::string, v1::BookRow> by_id;
  for (const v1::BookRow& row : rows) by_id[row.setl_id()] = row;
  YIJIE_ASSIGN_OR_RETURN(const SortedBook book, SortedBook::Make(std::move(rows)));
  v1::BookScope of_day = scope;
  of_day.set_begndate(day->day);
  of_day.set_enddate(day->day);
  YIJIE_ASSIGN_OR_RETURN(const Pairs at_care, DifferencesFrom(book, of_day, care));
  YIJIE_ASSIGN_OR_RETURN(const Pairs at_insured, DifferencesFrom(book, of_day, insured));
  std::map<std::string, ThreeWayDifference> found;
  for (const Pairs* pairs : {&at_care, &at_insured}) {
    for (const auto& [setl_id, pair] : *pairs) {
      ThreeWayDifference& difference = found[setl_id];
      difference.setl_id = setl_id;
      const auto in_gateway = by_id.find(setl_id);
      if (in_gateway != by_id.end()) difference.row.fill(in_gateway->second);
    }
  }
  for (const auto& [setl_id, pair] : at_care) found[setl_id].row[0] = pair.second;
  for (const auto& [setl_id, pair] : at_insured) found[setl_id].row[2] = pair.second;
  for (auto& [setl_id, difference] : found) day->differences.push_back(std::move(difference));
  return absl::OkStatus();
}

std::string Yuan(int64_t fen) { return FormatYuan(Fen(fen)); }

void AppendDifference(const ThreeWayDifference& difference, std::string* out) {
  absl::StrAppend(out, "  结算 ", difference.setl_id, "\n");
  for (size_t side = 0; side < kBookSides; ++side) {
    absl::StrAppend(out, "    ", kSideWords[side], "：");
    if (const auto& row = difference.row[side]; row) {
      absl::StrAppend(out, row->refd_setl_flag() ? "退费，" : "", "险种 ", row->insutype(),
                      "，清算类别 ", row->clr_type(), "，医疗费 ", Yuan(row->medfee_sumamt_fen()),
                      "，基金 ", Yuan(row->fund_pay_sumamt_fen()), "，个人账户 ",
                      Yuan(row->acct_pay_fen()), "，现金 ", Yuan(row->psn_cash_pay_fen()), "\n");
    } else {
      *out += "无\n";
    }
  }
}

}  // namespace

bool ThreeWayResult::equal() const {
  return std::all_of(days.begin(), days.end(),
                     [](const ThreeWayDay& day) { return day.differences.empty(); });
}

absl::StatusOr<ThreeWayResult> CompareThreeWays(const v1::BookScope& scope, PairBook& care,
                                                PairBook& gateway, PairBook& insured) {
  YIJIE_RETURN_IF_ERROR(CheckScope(scope));
  const int32_t last = ParseDate(scope.enddate())->days();
  ThreeWayResult result;
  for (int32_t at = ParseDate(scope.begndate())->days(); at <= last; ++at) {
    ThreeWayDay day;
    day.day = FormatDate(Date(at));
    day.totals = {care.TotalsOf(day.day), gateway.TotalsOf(day.day), insured.TotalsOf(day.day)};
    if (!AllEqual(day.totals)) {
      YIJIE_RETURN_IF_ERROR(FindDifferences(scope, care, gateway, insured, &day));
      if (day.differences.empty())
        return absl::AbortedError("the books changed while they were compared; try again");
    }
    const bool empty = std::all_of(day.totals.begin(), day.totals.end(),
                                   [](const v1::BookTotals& of) { return of.count() == 0; });
    if (!empty || !day.differences.empty()) result.days.push_back(std::move(day));
  }
  return result;
}

std::string ThreeWayAsText(const v1::BookScope& scope, const ThreeWayResult& result) {
  std::string out = absl::StrCat("三方对账  就医地参保地 ", scope.fixmedins_code(), "  清算日 ",
                                 scope.begndate(), " 至 ", scope.enddate());
  if (!scope.insutype().empty()) absl::StrAppend(&out, "  险种 ", scope.insutype());
  out += "\n";
  if (result.days.empty()) out += "没有记录\n";
  for (const ThreeWayDay& day : result.days) {
    absl::StrAppend(&out, day.day, "  ", day.differences.empty() ? "平" : "不平", "  笔数：");
    for (size_t side = 0; side < kBookSides; ++side)
      absl::StrAppend(&out, side == 0 ? "" : "，", kSideWords[side], " ", day.totals[side].count());
    absl::StrAppend(&out, "\n");
    for (const ThreeWayDifference& difference : day.differences) AppendDifference(difference, &out);
  }
  absl::StrAppend(&out, "对账结果：", result.equal() ? "平" : "不平", "\n");
  return out;
}

}  // namespace yijie::engine
