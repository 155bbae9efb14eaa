#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/fen.h"
#include "engine/books/clearing_class.h"
#include "engine/books/clearing_statement.h"
#include "engine/code_names.h"
#include "engine/columns.h"

namespace yijie::engine {
namespace {

constexpr int kLabelColumns = 22;
constexpr int kMoneyColumns = 18;

void AppendCount(absl::string_view label, int64_t count, std::string* out) {
  absl::StrAppend(out, label, count);
}

// "  医疗费总额            1234.50": labels to the left, yuan to the right.
void AppendMoney(absl::string_view label, int64_t fen, std::string* out) {
  const std::string yuan = FormatYuan(Fen(fen));
  const int gap = kLabelColumns - Columns(label) + kMoneyColumns - static_cast<int>(yuan.size());
  absl::StrAppend(out, "  ", label, std::string(static_cast<size_t>(std::max(gap, 1)), ' '), yuan,
                  "\n");
}

std::string Named(absl::string_view words, absl::string_view code) {
  return words.empty() ? std::string(code) : absl::StrCat(code, " ", words);
}

void AppendAmounts(const v1::ClearingLine& line, std::string* out) {
  AppendCount("  结算", line.settlements(), out);
  AppendCount("笔，退费", line.refunds(), out);
  AppendCount("笔，", line.heads(), out);
  *out += "人\n";
  const v1::ClearingAmounts& amounts = line.amounts();
  AppendMoney("医疗费总额", amounts.medfee_sumamt_fen(), out);
  AppendMoney("基金支付总额", amounts.fund_pay_sumamt_fen(), out);
  for (const v1::FundPayment& fund : line.fund()) {
    AppendMoney(absl::StrCat("  其中 ", fund.fund_pay_type()), fund.fund_payamt_fen(), out);
  }
  AppendMoney("个人账户支出", amounts.acct_pay_fen(), out);
  AppendMoney("  其中家庭共济", amounts.acct_mulaid_pay_fen(), out);
  AppendMoney("个人现金支出", amounts.psn_cash_pay_fen(), out);
  AppendMoney("医院负担", amounts.hosp_part_amt_fen(), out);
  AppendMoney("质量保证金", amounts.quality_deposit_fen(), out);
  if (amounts.psn_clearing_fen() != 0) AppendMoney("与个人清算", amounts.psn_clearing_fen(), out);
  AppendMoney("应付金额", amounts.payable_fen(), out);
}

void AppendLate(const v1::LateCorrection& late, std::string* out) {
  absl::StrAppend(out, "  ", late.clr_date(), " 退费 ", late.setl_id(), "，原结算 ",
                  late.orig_setl_id(), "（", late.orig_setlym(), "），应付 ",
                  FormatYuan(Fen(late.amounts().payable_fen())), "\n");
}

}  // namespace

std::string ClearingStatementAsText(const v1::ClearingStatement& statement) {
  std::string out = absl::StrCat("月度清算单\n机构 ", statement.fixmedins_code(), "  清算年月 ",
                                 statement.setlym(), "  单位：元\n");
  for (const v1::ClearingLine& line : statement.line()) {
    absl::StrAppend(&out, "\n险种 ",
                    Named(InChinese(SchemeWords(line.insutype())), line.insutype()), "  清算类别 ",
                    Named(ClearingClassWords(line.clr_type()), line.clr_type()), "\n");
    AppendAmounts(line, &out);
  }
  out += "\n合计\n";
  AppendAmounts(statement.total(), &out);
  if (statement.late_correction_size() != 0) {
    out += "\n以前清算期的更正（已计入以上各项）\n";
    for (const v1::LateCorrection& late : statement.late_correction()) AppendLate(late, &out);
  }
  absl::StrAppend(&out, "\n记录摘要 ", absl::BytesToHexString(statement.records().digest()), "\n");
  return out;
}

}  // namespace yijie::engine
