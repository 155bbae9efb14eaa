#include "engine/replay/report_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/code_names.h"

namespace yijie::engine {
namespace {

// Labels stand last: Chinese takes two columns in some terminals and one in others.
constexpr absl::string_view kHead =
    "    claims   changed   refused   settled      funds before       funds draft        funds +/-"
    "       person +/-     benefits +/-\n";

void AppendTally(const Tally& tally, absl::string_view label, std::string* out) {
  absl::StrAppendFormat(out, "%10d%10d%10d%10d%18s%18s%17s%17s%17s  %s\n", tally.claims,
                        tally.changed, tally.refused_now, tally.settled_now,
                        FormatYuan(tally.stored.fund), FormatYuan(tally.draft.fund),
                        FormatDifference(tally.draft.fund - tally.stored.fund),
                        FormatDifference(tally.draft.person() - tally.stored.person()),
                        FormatDifference(tally.draft.benefit - tally.stored.benefit), label);
}

void AppendMoney(Fen before, Fen draft, absl::string_view label, std::string* out) {
  absl::StrAppendFormat(out, "%18s%18s%17s  %s\n", FormatYuan(before), FormatYuan(draft),
                        FormatDifference(draft - before), label);
}

void AppendHead(const ReportSubject& subject, const ReplayReport& report, std::string* out) {
  *out += "政策试算 POLICY REPLAY\n";
  if (report.sample_data) absl::StrAppend(out, "*** ", kSampleDataWords, " ***\n");
  absl::StrAppend(out, "历史 history   ", subject.history, "\n草案 draft     ", subject.draft,
                  "\n人数 persons   ", report.persons, "\n结算 claims    ", report.total.claims,
                  "\n撤销 reversed  ", report.reversed, " (不计入 not counted)\n变化 changed   ",
                  report.total.changed, "\n改为拒付 refused under the draft  ",
                  report.total.refused_now, "\n改为支付 settled under the draft  ");
  absl::StrAppend(out,
                  subject.refusals_known
                      ? absl::StrCat(report.total.settled_now)
                      : "不详 not known: 历史中没有拒付 refusals are not in a stored history",
                  "\n政策文本不同 decided by another package text  ", report.other_package, "\n");
}

void AppendWhoPays(const ReplayReport& report, std::string* out) {
  absl::StrAppend(out, "\n谁支付 WHO PAYS（元 yuan）\n",
                  "            before             draft              +/-\n");
  const Paid& before = report.total.stored;
  const Paid& draft = report.total.draft;
  for (const auto& [code, fund] : report.funds) {
    AppendMoney(fund.stored, fund.draft, FundLabel(code), out);
  }
  AppendMoney(before.fund, draft.fund, "基金合计 All funds", out);
  AppendMoney(before.account, draft.account, "个人账户 Personal account", out);
  AppendMoney(before.cash, draft.cash, "个人现金 Cash", out);
  AppendMoney(before.hospital, draft.hospital, "医院负担 Hospital", out);
  for (const auto& [code, benefit] : report.benefits) {
    AppendMoney(benefit.stored, benefit.draft, BenefitLabel(code), out);
  }
  AppendMoney(before.benefit, draft.benefit, kAllBenefitsWords, out);
}

}  // namespace

std::string ReportAsText(const ReportSubject& subject, const ReplayReport& report) {
  std::string out;
  AppendHead(subject, report, &out);
  AppendWhoPays(report, &out);
  for (size_t i = 0; i < kDimensions; ++i) {
    const auto dimension = static_cast<Dimension>(i);
    absl::StrAppend(&out, "\n", DimensionTitle(dimension), "（元 yuan）\n", kHead);
    for (const auto& [key, tally] : report.groups[i]) {
      AppendTally(tally, GroupLabel(dimension, key), &out);
    }
  }
  if (!report.refused_now_by_outcome.empty()) {
    out += "\n改为拒付的原因 WHY REFUSED UNDER THE DRAFT\n";
    for (const auto& [outcome, count] : report.refused_now_by_outcome) {
      absl::StrAppendFormat(&out, "%10d  %s %s\n", count, OutcomeWords(outcome),
                            v1::Outcome_Name(outcome));
    }
  }
  if (!report.losers.empty()) {
    absl::StrAppend(&out, "\n损失最多的人员 PERSONS WHO LOSE MOST（元 yuan）\n", kHead);
    for (const PersonTally& person : report.losers) {
      AppendTally(person.tally, PersonNumber(subject, person.psn_no), &out);
    }
  }
  absl::StrAppend(&out, "\nSHA-256  ", HexOf(report.hash), "\n");
  return out;
}

}  // namespace yijie::engine
