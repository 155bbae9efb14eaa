#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/fen.h"
#include "engine/books/clearing_class.h"
#include "engine/code_names.h"
#include "engine/gateway/area_clearing.h"

namespace yijie::engine {
namespace {

std::string Yuan(int64_t fen) { return FormatYuan(Fen(fen)); }

// "甘肃(620000)".
std::string Named(absl::string_view admdvs, const PeerTable& names) {
  const std::string name = names.NameOf(admdvs);
  return name == admdvs ? name : absl::StrCat(name, "(", admdvs, ")");
}

std::string WithWords(absl::string_view code, absl::string_view words) {
  return words.empty() ? std::string(code) : absl::StrCat(code, " ", words);
}

// Hundredths of a per cent, "87.35%".
std::string Percent(int32_t share_1e4) {
  return absl::StrFormat("%d.%02d%%", share_1e4 / 100, share_1e4 % 100);
}

void AppendPair(const v1::PairClearing& pair, const PeerTable& names, std::string* out) {
  absl::StrAppend(out, "  ", Named(pair.insuplc_admdvs(), names), " 应付 ",
                  Named(pair.mdtrtarea_admdvs(), names), "  ", Yuan(pair.payable_fen()),
                  "\n    结算", pair.settlements().count(), "笔，医疗费总额 ",
                  Yuan(pair.settlements().medfee_sumamt_fen()), "，基金支付 ",
                  Yuan(pair.settlements().fund_pay_sumamt_fen()), "，个人账户支出 ",
                  Yuan(pair.settlements().acct_pay_fen()), "\n    退费", pair.refunds().count(),
                  "笔，医疗费总额 ", Yuan(pair.refunds().medfee_sumamt_fen()), "，基金支付 ",
                  Yuan(pair.refunds().fund_pay_sumamt_fen()), "，个人账户支出 ",
                  Yuan(pair.refunds().acct_pay_fen()), "\n");
  for (const v1::SchemeClearing& scheme : pair.scheme()) {
    absl::StrAppend(
        out, "    险种 ", WithWords(scheme.insutype(), InChinese(SchemeWords(scheme.insutype()))),
        "，清算类别 ", WithWords(scheme.clr_type(), ClearingClassWords(scheme.clr_type())),
        "：结算", scheme.settlements(), "笔，退费", scheme.refunds(), "笔，应付 ",
        Yuan(scheme.payable_fen()), "\n");
  }
}

void AppendUsage(const std::string& whose, const v1::AdvanceUsage& usage, std::string* out) {
  absl::StrAppend(out, "  ", whose, "  预付金 ", Yuan(usage.advance_fen()), "，本月已发生 ",
                  Yuan(usage.cleared_fen()), "，使用率 ", Percent(usage.usage_1e4()), " ",
                  WarningWords(usage.warning()), "；全月预计 ", Yuan(usage.forecast_fen()), "，",
                  Percent(usage.forecast_1e4()), " ", WarningWords(usage.forecast_warning()), "\n");
}

}  // namespace

absl::string_view WarningWords(v1::AdvanceWarning warning) {
  switch (warning) {
    case v1::ADVANCE_YELLOW:
      return "黄色预警";
    case v1::ADVANCE_RED:
      return "红色预警，需紧急调增";
    default:
      return "正常";
  }
}

std::string AreaClearingAsText(const v1::AreaClearing& clearing, const PeerTable& names) {
  std::string out = absl::StrCat("异地就医月度清算表\n清算年月 ", clearing.setlym(),
                                 "  单位：元\n\n应付（轧差前）\n");
  for (const v1::PairClearing& pair : clearing.pair()) AppendPair(pair, names, &out);
  out += "\n轧差后\n";
  for (const v1::AreaDebt& debt : clearing.net()) {
    absl::StrAppend(&out, "  ", Named(debt.debtor_admdvs(), names), " 付 ",
                    Named(debt.creditor_admdvs(), names), "  ", Yuan(debt.amount_fen()), "\n");
  }
  out += "\n各地区\n";
  for (const v1::AreaPosition& position : clearing.position()) {
    absl::StrAppend(&out, "  ", Named(position.admdvs(), names), "  应收 ",
                    Yuan(position.receivable_fen()), "，应付 ", Yuan(position.payable_fen()),
                    "，净额 ", Yuan(position.net_fen()), "\n");
  }
  absl::StrAppend(&out, "\n记录", clearing.records().count(), "笔，摘要 ",
                  absl::BytesToHexString(clearing.records().digest()), "\n");
  return out;
}

std::string AdvanceFundsAsText(const v1::AdvanceFunds& funds, const PeerTable& names) {
  std::string out = absl::StrCat("异地就医预付金使用情况\n清算年月 ", funds.setlym(), "  截至 ",
                                 funds.as_of(), "  单位：元\n\n按参保地、就医地\n");
  for (const v1::AdvanceUsage& usage : funds.pair()) {
    AppendUsage(absl::StrCat(Named(usage.insuplc_admdvs(), names), " 付 ",
                             Named(usage.mdtrtarea_admdvs(), names)),
                usage, &out);
  }
  out += "\n按就医地合计\n";
  for (const v1::AdvanceUsage& usage : funds.place())
    AppendUsage(Named(usage.mdtrtarea_admdvs(), names), usage, &out);
  return out;
}

}  // namespace yijie::engine
