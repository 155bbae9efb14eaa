#include "engine/receipt.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/fen.h"
#include "base/ratio.h"
#include "engine/code_names.h"
#include "engine/columns.h"
#include "yijie/v1/service.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {
namespace {

constexpr int kPageColumns = 80;
constexpr int kTextColumns = 78;  // of wrapped text: closing punctuation may hang over the end
constexpr int kFieldColumn = 24;  // where the value of a field begins

// ---------------------------------------------------------------------------------------------
// The page.

class Page {
 public:
  void Rule(char mark) {
    text_.append(kPageColumns, mark);
    text_ += '\n';
  }

  void Centre(absl::string_view line) { Put((kPageColumns - Columns(line)) / 2, line); }

  void Line(int indent, absl::string_view line) { Put(indent, line); }

  // Wrapped; lines after the first begin under the text, past `label`.
  void Labelled(int indent, absl::string_view label, int text_column, absl::string_view text) {
    std::string head(label);
    for (const std::string& line : Wrap(text, kTextColumns - text_column)) {
      const int gap = text_column - indent - Columns(head);
      Put(indent,
          absl::StrCat(head, std::string(gap > 0 ? static_cast<size_t>(gap) : 0, ' '), line));
      head.clear();
    }
  }

  // Left out if there is nothing to say.
  void Field(absl::string_view label, absl::string_view value) {
    if (!value.empty()) Labelled(0, label, kFieldColumn, value);
  }

  // The amount ends at the right edge; a label too long for one line is wrapped before it.
  void Amount(int indent, absl::string_view label, int64_t fen) {
    const std::string amount = FormatYuan(Fen(fen));
    const int room = kPageColumns - indent - Columns(amount) - 1;
    const std::vector<std::string> lines = Wrap(label, room - 2);
    for (size_t i = 0; i + 1 < lines.size(); ++i) Put(indent, lines[i]);
    const int gap = room + 1 - Columns(lines.back());
    Put(indent, absl::StrCat(lines.back(), std::string(static_cast<size_t>(gap), ' '), amount));
  }

  void AmountIfAny(int indent, absl::string_view label, int64_t fen) {
    if (fen != 0) Amount(indent, label, fen);
  }

  std::string Take() { return std::move(text_); }

 private:
  // Everything printed passes here.
  void Put(int indent, absl::string_view line) {
    if (indent > 0) text_.append(static_cast<size_t>(indent), ' ');
    for (const Glyph& glyph : Glyphs(line)) absl::StrAppend(&text_, glyph.bytes);
    text_ += '\n';
  }

  std::string text_;
};

// ---------------------------------------------------------------------------------------------
// Masks.

std::string Join(const std::vector<Glyph>& glyphs, size_t begin, size_t end) {
  std::string text;
  for (size_t i = begin; i < end; ++i) absl::StrAppend(&text, glyphs[i].bytes);
  return text;
}

// ---------------------------------------------------------------------------------------------
// Words for codes.

std::string WithCode(absl::string_view words, absl::string_view code) {
  if (code.empty()) return std::string(words);
  return words.empty() ? std::string(code) : absl::StrCat(words, " (", code, ")");
}

absl::string_view ReverseOutcomeWords(v1::ReverseOutcome outcome) {
  switch (outcome) {
    case v1::REVERSED:
      return "已撤销";
    case v1::NOTHING_TO_REVERSE:
      return "无可撤销的结算";
    case v1::ALREADY_REVERSED:
      return "此前已撤销，本次无资金变动";
    case v1::LATER_SETTLEMENT_EXISTS:
      return "存在后续结算，须先撤销后续结算";
    case v1::CLEARING_PERIOD_CLOSED:
      return "所属清算期已关闭，须由经办机构办理";
    case v1::ONLY_BY_AGENCY:
      return "已过机构自行撤销期限，须由经办机构办理";
    case v1::NO_SUCH_SETTLEMENT:
      return "没有这一结算";
    case v1::ONLY_BY_PLACE_OF_CARE:
      return "异地结算，须由就医地撤销";
    case v1::FILED_WITH_AGENCY:
      return "属于向经办机构申报的费用，须由经办机构撤回";
    default:
      return "未知结果";
  }
}

absl::string_view RefundOutcomeWords(v1::RefundOutcome outcome) {
  switch (outcome) {
    case v1::REFUNDED:
      return "已部分退费";
    case v1::REFUND_NO_SUCH_SETTLEMENT:
      return "没有这一结算";
    case v1::REFUND_NOT_STANDING:
      return "原结算已撤销";
    case v1::REFUND_PERIOD_CLOSED:
      return "所属清算期已关闭，须由经办机构办理";
    case v1::REFUND_ONLY_BY_AGENCY:
      return "已过机构自行撤销期限，须由经办机构办理";
    case v1::REFUND_NOT_ALLOWED:
      return "只能整单撤销";
    case v1::REFUND_LATER_SETTLEMENT:
      return "存在后续结算，须先撤销后续结算";
    case v1::REFUND_NO_SUCH_LINE:
      return "没有该行费用";
    case v1::REFUND_MORE_THAN_BOUGHT:
      return "退费数量多于原数量";
    case v1::REFUND_NOTHING_LEFT:
      return "没有余下的费用，请整单撤销";
    case v1::REFUND_REMAINDER_REFUSED:
      return "余下费用不能结算";
    default:
      return "未知结果";
  }
}

absl::string_view SubAccountWords(v1::SubAccount sub_account) {
  return sub_account == v1::PAST_YEARS ? "历年账户 Past years" : "当年账户 Current year";
}

// "2026-11-21T09:30:00+08:00" -> "2026-11-21 09:30:00 +08:00".
std::string Time(absl::string_view rfc3339) {
  constexpr size_t kDay = 10, kSecond = 19;
  if (rfc3339.size() <= kSecond || rfc3339[kDay] != 'T') return std::string(rfc3339);
  return absl::StrCat(rfc3339.substr(0, kDay), " ", rfc3339.substr(kDay + 1, kSecond - kDay - 1),
                      " ", rfc3339.substr(kSecond));
}

// ---------------------------------------------------------------------------------------------
// Sections.

void PrintTitle(absl::string_view title, bool sample_data, Page& page) {
  page.Rule('=');
  page.Centre(title);
  if (sample_data) page.Centre("*** 示例数据，不是真实待遇 SAMPLE DATA, NOT REAL BENEFITS ***");
  page.Rule('=');
}

void PrintHeader(const v1::Settlement& settlement, const ReceiptNames& names, Page& page) {
  page.Field("定点机构 Institution", WithCode(names.institution_name, settlement.fixmedins_code()));
  page.Field("结算编号 Settlement", settlement.setl_id());
  page.Field("结算时间 Time", Time(settlement.setl_time()));
  page.Field("险种 Scheme", WithCode(SchemeWords(settlement.insutype()), settlement.insutype()));
  page.Field("医疗类别 Benefit",
             WithCode(BenefitKindWords(settlement.med_type()), settlement.med_type()));
  page.Field("就诊编号 Visit", settlement.mdtrt_id());
  page.Field("参保人 Person", MaskName(names.psn_name));
  if (names.certno.empty()) {
    page.Field("人员编号 Number", MaskNumber(settlement.psn_no()));
  } else {
    page.Field("证件号码 Certificate", MaskNumber(names.certno));
  }
}

void PrintHeading(absl::string_view heading, Page& page) {
  page.Rule('-');
  page.Line(0, heading);
}

void PrintBill(const v1::Amounts& amounts, Page& page) {
  PrintHeading("费用 THE BILL（元 yuan）", page);
  page.Amount(2, "医疗费总额 Total", amounts.medfee_sumamt_fen());
  page.Amount(4, "全自费 Wholly own pay", amounts.fulamt_ownpay_amt_fen());
  page.Amount(4, "超限价自费 Above the price limit", amounts.overlmt_selfpay_fen());
  page.Amount(4, "先行自付 Paid first by the person", amounts.preselfpay_amt_fen());
  page.Amount(4, "符合政策范围 In scope", amounts.inscp_scp_amt_fen());
  page.Amount(2, "起付线 Deductible", amounts.act_pay_dedc_fen());
}

void PrintPayers(const v1::Settlement& settlement, Page& page) {
  const v1::Amounts& amounts = settlement.amounts();
  PrintHeading("支付 WHO PAYS（元 yuan）", page);
  page.Amount(2, "基金支付总额 Funds", amounts.fund_pay_sumamt_fen());
  for (const v1::FundPayment& payment : settlement.setldetail()) {
    const absl::string_view name = FundWords(payment.fund_pay_type());
    page.Amount(4, WithCode(name.empty() ? "基金 Fund" : name, payment.fund_pay_type()),
                payment.fund_payamt_fen());
  }
  page.AmountIfAny(2, "医院负担 Hospital", amounts.hosp_part_amt_fen());
  page.Amount(2, "个人负担总金额 Person", amounts.psn_part_amt_fen());
  page.Amount(4, "个人账户支出 Personal account", amounts.acct_pay_fen());
  page.AmountIfAny(4, "个人账户共济支付 Relatives' accounts", amounts.acct_mulaid_pay_fen());
  page.Amount(4, "个人现金支出 Cash", amounts.psn_cash_pay_fen());
}

// Not among the sums of the bill. `heading` names what is done with the benefits.
void PrintBenefits(absl::string_view heading,
                   const google::protobuf::RepeatedPtrField<v1::BenefitPayment>& benefits,
                   Page& page) {
  if (benefits.empty()) return;
  PrintHeading(heading, page);
  int64_t total_fen = 0;
  for (const v1::BenefitPayment& benefit : benefits) {
    page.Amount(2, benefit.label(), benefit.amount_fen());
    page.Labelled(4, "支付方 payer", 18, BenefitPayerLabel(benefit.fund_pay_type()));
    total_fen += benefit.amount_fen();
  }
  page.Amount(2, "合计 Total, 不计入上列费用 not part of the bill", total_fen);
}

void PrintAccount(int64_t before_fen, int64_t after_fen, int64_t version, Page& page) {
  PrintHeading("个人账户 PERSONAL ACCOUNT（元 yuan）", page);
  page.Amount(2, "结算前余额 Balance before", before_fen);
  page.Amount(2, "结算后余额 Balance after", after_fen);
  if (version != 0) page.Line(2, absl::StrCat("账户版本 Account version ", version));
}

void PrintStep(int number, const v1::ExplainedStep& step, Page& page) {
  const std::string row =
      step.row() == 0 ? "" : absl::StrCat(", 第", step.row(), "行 row ", step.row());
  page.Amount(1, absl::StrCat(number, ". ", step.label(), " (", step.step(), row, ")"),
              step.amount_fen());
  if (step.base_fen() != 0) {
    std::string base = absl::StrCat("基数 base ", FormatYuan(Fen(step.base_fen())));
    if (step.ratio_1e6() != 0) {
      absl::StrAppend(&base, "  比例 ratio ", FormatPercent(Ratio(step.ratio_1e6())));
    }
    page.Line(4, base);
  }
  if (!step.note().empty()) page.Labelled(4, "说明 note", 16, step.note());
  if (!step.cite().empty()) {
    const std::string grade = step.grade().empty() ? "" : absl::StrCat(" [", step.grade(), "]");
    page.Labelled(4, "依据 source", 16, absl::StrCat(step.cite(), grade));
  }
}

// The steps run once for each part of a stay that is split by benefit years.
void PrintSteps(const v1::Explanation& explanation, Page& page) {
  int number = 0;
  int32_t part = 0;
  for (const v1::ExplainedStep& step : explanation.step()) {
    if (step.part() != part) {
      part = step.part();
      page.Line(1,
                absl::StrCat("【第", part, "部分 Part ", part, "】按待遇年度分段 by benefit year"));
    }
    PrintStep(++number, step, page);
  }
}

void PrintWhy(const v1::Explanation& explanation, Page& page) {
  if (explanation.policy().empty() && explanation.step().empty()) return;
  PrintHeading("计算依据 WHY（元 yuan）", page);
  page.Labelled(1, "政策 policy", 16,
                absl::StrCat(explanation.policy_title(), " ", explanation.policy(), " ",
                             explanation.policy_hash()));
  PrintSteps(explanation, page);
  if (explanation.source().empty()) return;
  PrintHeading("文件 SOURCES（A B 官方文本 official, C D 未经官方核实 not confirmed）", page);
  for (const v1::CitedSource& source : explanation.source()) {
    page.Labelled(1, source.id(), 16, absl::StrCat(source.title(), " [", source.grade(), "]"));
  }
}

std::string PrintRefusal(const v1::Settlement& settlement, const ReceiptNames& names) {
  Page page;
  PrintTitle("医保结算拒付通知 SETTLEMENT REFUSED", settlement.explanation().sample_data(), page);
  PrintHeader(settlement, names, page);
  page.Rule('-');
  page.Field("结果 Outcome", absl::StrCat(OutcomeWords(settlement.outcome()), " ",
                                          v1::Outcome_Name(settlement.outcome())));
  page.Field("原因 Reason", settlement.reason());
  page.Line(0, "本次没有资金变动。No money has moved.");
  PrintWhy(settlement.explanation(), page);
  page.Rule('=');
  return page.Take();
}

// The funds of a reversal are known by their fields only.
void PrintReversedAmounts(const v1::Amounts& amounts, Page& page) {
  PrintHeading("退回 TAKEN BACK（元 yuan）", page);
  page.Amount(2, "医疗费总额 Total", amounts.medfee_sumamt_fen());
  page.Amount(2, "基金支付总额 Funds", amounts.fund_pay_sumamt_fen());
  page.AmountIfAny(4, "基本医保统筹基金 Pooling fund", amounts.hifp_pay_fen());
  page.AmountIfAny(4, "公务员医疗补助 Civil-servant supplement", amounts.cvlserv_pay_fen());
  page.AmountIfAny(4, "企业补充 Enterprise supplement", amounts.hifes_pay_fen());
  page.AmountIfAny(4, "居民大病保险 Resident big illness", amounts.hifmi_pay_fen());
  page.AmountIfAny(4, "职工大额医疗费用补助 Large-amount supplement", amounts.hifob_pay_fen());
  page.AmountIfAny(4, "医疗救助 Medical assistance", amounts.maf_pay_fen());
  page.AmountIfAny(4, "其他基金 Other funds", amounts.oth_pay_fen());
  page.AmountIfAny(2, "医院负担 Hospital", amounts.hosp_part_amt_fen());
  page.Amount(2, "个人负担总金额 Person", amounts.psn_part_amt_fen());
  page.Amount(4, "个人账户支出 Personal account", amounts.acct_pay_fen());
  page.AmountIfAny(4, "个人账户共济支付 Relatives' accounts", amounts.acct_mulaid_pay_fen());
  page.Amount(4, "个人现金支出 Cash", amounts.psn_cash_pay_fen());
}

}  // namespace

std::string MaskNumber(absl::string_view number) {
  const std::vector<Glyph> glyphs = Glyphs(number);
  const size_t size = glyphs.size();
  const size_t head = size >= 15 ? 6 : 0;
  const size_t tail = size >= 8 ? 4 : 0;
  return absl::StrCat(Join(glyphs, 0, head), std::string(size - head - tail, '*'),
                      Join(glyphs, size - tail, size));
}

std::string MaskName(absl::string_view name) {
  const std::vector<Glyph> glyphs = Glyphs(name);
  if (glyphs.empty()) return "";
  return glyphs.size() == 1 ? "*" : absl::StrCat(glyphs[0].bytes, "*");
}

std::string PrintReceipt(const v1::Settlement& settlement, const ReceiptNames& names) {
  if (settlement.outcome() != v1::SETTLED) return PrintRefusal(settlement, names);
  Page page;
  PrintTitle(settlement.setl_id().empty() ? "医保预结算单（未结算） ESTIMATE, NOTHING SETTLED"
                                          : "医保结算单 SETTLEMENT STATEMENT",
             settlement.explanation().sample_data(), page);
  PrintHeader(settlement, names, page);
  PrintBill(settlement.amounts(), page);
  PrintPayers(settlement, page);
  PrintBenefits("另行支付的待遇 BENEFITS PAID APART（元 yuan）", settlement.benefit(), page);
  PrintAccount(settlement.balc_before_fen(), settlement.balc_fen(), settlement.version(), page);
  PrintWhy(settlement.explanation(), page);
  page.Rule('=');
  return page.Take();
}

std::string PrintRefund(const v1::RefundResponse& refund) {
  Page page;
  const bool refunded = refund.outcome() == v1::REFUNDED;
  const v1::Settlement& remainder = refund.settlement();
  PrintTitle(refunded ? "医保部分退费单 REFUND OF LINES" : "医保未退费 NOT REFUNDED",
             remainder.explanation().sample_data(), page);
  page.Field("结果 Outcome", absl::StrCat(RefundOutcomeWords(refund.outcome()), " ",
                                          v1::RefundOutcome_Name(refund.outcome())));
  page.Field("原因 Reason", refund.reason());
  page.Field("原结算 Original", refund.orig_setl_id());
  if (!refunded) {
    page.Field("有关结算 See", refund.remainder_setl_id());
    page.Line(0, "本次没有资金变动。No money has moved.");
    page.Rule('=');
    return page.Take();
  }
  page.Field("撤销编号 Reversal", refund.reversal().setl_id());
  page.Field("余下结算 Remainder", refund.remainder_setl_id());
  page.Field("退费时间 Time", Time(remainder.setl_time()));
  PrintHeading("退回 GOES BACK（元 yuan）", page);
  page.Amount(2, "医疗费减少 Bill", refund.goods_fen());
  page.Amount(
      2,
      refund.cash_back_fen() < 0 ? "个人补交现金 Cash to be paid" : "退个人现金 Cash to the person",
      std::abs(refund.cash_back_fen()));
  for (const v1::SubAccountRefund& back : refund.account_back()) {
    page.Amount(2, absl::StrCat("退回个人账户 Account: ", SubAccountWords(back.sub_account())),
                back.amount_fen());
  }
  page.Amount(2, "基金少支付 Funds", refund.fund_back_fen());
  PrintPayers(remainder, page);
  PrintAccount(refund.reversal().balc_before_fen(), remainder.balc_fen(), remainder.version(),
               page);
  page.Rule('=');
  return page.Take();
}

std::string PrintReversal(const v1::Reversal& reversal) {
  Page page;
  const bool reversed = reversal.outcome() == v1::REVERSED;
  PrintTitle(reversed ? "医保结算撤销单 REVERSAL" : "医保结算未撤销 NOT REVERSED", false, page);
  page.Field("结果 Outcome", absl::StrCat(ReverseOutcomeWords(reversal.outcome()), " ",
                                          v1::ReverseOutcome_Name(reversal.outcome())));
  page.Field("原因 Reason", reversal.reason());
  page.Field("原结算 Original", reversal.orig_setl_id());
  page.Field(reversal.outcome() == v1::LATER_SETTLEMENT_EXISTS ? "后续结算 Later"
             : reversal.outcome() == v1::ALREADY_REVERSED      ? "余下结算 Remainder"
                                                               : "撤销编号 Reversal",
             reversal.setl_id());
  page.Field("撤销时间 Time", Time(reversal.setl_time()));
  page.Field("清算日 Clearing day", reversal.clr_date());
  if (reversed) {
    PrintReversedAmounts(reversal.amounts(), page);
    if (reversal.has_cash_paid_fen())
      page.Amount(2, "应退个人现金 Cash to the person", reversal.cash_paid_fen());
    PrintBenefits("撤销的另付待遇 BENEFITS TAKEN BACK（元 yuan）", reversal.benefit(), page);
    PrintAccount(reversal.balc_before_fen(), reversal.balc_fen(), reversal.version(), page);
  }
  page.Rule('=');
  return page.Take();
}

}  // namespace yijie::engine
