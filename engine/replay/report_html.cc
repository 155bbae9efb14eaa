#include "engine/replay/report_html.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "engine/code_names.h"
#include "engine/html.h"

namespace yijie::engine {
namespace {

struct Bar {
  std::string label;
  Fen before, draft;
};

// Pixels of a chart: labels, then bars, then figures.
constexpr int kLabelWidth = 400;
constexpr int kBarsWidth = 400;
constexpr int kFigureWidth = 140;
constexpr int kBarHeight = 13;
constexpr int kRowHeight = 38;

int64_t Magnitude(Fen amount) { return std::abs(amount.value()); }

int WidthOf(Fen amount, int64_t most) {
  return most == 0 ? 0 : static_cast<int>(absl::int128(Magnitude(amount)) * kBarsWidth / most);
}

void AppendBar(int y, Fen amount, int64_t most, absl::string_view colour, std::string* svg) {
  const int width = WidthOf(amount, most);
  absl::StrAppend(svg, "<rect x=\"", kLabelWidth, "\" y=\"", y, "\" width=\"", width,
                  "\" height=\"", kBarHeight, "\" fill=\"", colour, "\"/><text x=\"",
                  kLabelWidth + width + 6, "\" y=\"", y + kBarHeight - 2, "\">", FormatYuan(amount),
                  "</text>\n");
}

// Two bars a row: before, and under the draft.
std::string Chart(absl::string_view title, const std::vector<Bar>& bars) {
  int64_t most = 0;
  for (const Bar& bar : bars) most = std::max({most, Magnitude(bar.before), Magnitude(bar.draft)});
  std::string svg =
      absl::StrCat("<svg role=\"img\" aria-label=\"", HtmlEscape(title), "\" width=\"",
                   kLabelWidth + kBarsWidth + kFigureWidth, "\" height=\"",
                   static_cast<int>(bars.size()) * kRowHeight, "\">\n");
  int y = 4;
  for (const Bar& bar : bars) {
    absl::StrAppend(&svg, "<text x=\"", kLabelWidth - 8, "\" y=\"", y + kBarHeight + 4,
                    "\" text-anchor=\"end\">", HtmlEscape(bar.label), "</text>\n");
    AppendBar(y, bar.before, most, "#9aa7b8", &svg);
    AppendBar(y + kBarHeight + 1, bar.draft, most, "#2f6db3", &svg);
    y += kRowHeight;
  }
  return svg + "</svg>\n";
}

std::vector<std::string> MoneyRow(std::string label, Fen before, Fen draft) {
  return {std::move(label), FormatYuan(before), FormatYuan(draft),
          FormatDifference(draft - before)};
}

std::vector<std::string> TallyRow(const ReportSubject& subject, std::string label,
                                  const Tally& tally) {
  return {std::move(label),
          absl::StrCat(tally.claims),
          absl::StrCat(tally.changed),
          absl::StrCat(tally.refused_now),
          subject.refusals_known ? absl::StrCat(tally.settled_now) : "不详",
          FormatYuan(tally.stored.fund),
          FormatYuan(tally.draft.fund),
          FormatDifference(tally.draft.fund - tally.stored.fund),
          FormatDifference(tally.draft.account - tally.stored.account),
          FormatDifference(tally.draft.cash - tally.stored.cash),
          FormatDifference(tally.draft.benefit - tally.stored.benefit)};
}

std::vector<std::string> TallyHeader(absl::string_view of) {
  return {std::string(of), "结算数",   "变化",         "改为拒付", "改为支付", "基金（原）",
          "基金（草案）",  "基金差额", "个人账户差额", "现金差额", "待遇差额"};
}

std::string Summary(const ReportSubject& subject, const ReplayReport& report) {
  const std::string settled_now = subject.refusals_known ? absl::StrCat(report.total.settled_now)
                                                         : "不详（存储的历史中没有拒付）";
  return HtmlTable({"试算", ""}, {{"历史 History", subject.history},
                                  {"草案 Draft", subject.draft},
                                  {"人数 Persons", absl::StrCat(report.persons)},
                                  {"结算数 Claims", absl::StrCat(report.total.claims)},
                                  {"已撤销（不计入）Reversed", absl::StrCat(report.reversed)},
                                  {"有变化 Changed", absl::StrCat(report.total.changed)},
                                  {"改为拒付 Refused now", absl::StrCat(report.total.refused_now)},
                                  {"改为支付 Settled now", settled_now},
                                  {"原结算所用政策文本不同 Other package text",
                                   absl::StrCat(report.other_package)}});
}

std::string WhoPays(const ReplayReport& report) {
  const Paid& before = report.total.stored;
  const Paid& draft = report.total.draft;
  std::vector<Bar> bars;
  for (const auto& [code, fund] : report.funds) {
    bars.push_back({FundLabel(code), fund.stored, fund.draft});
  }
  bars.push_back({"个人账户 Personal account", before.account, draft.account});
  bars.push_back({"个人现金 Cash", before.cash, draft.cash});
  bars.push_back({"医院负担 Hospital", before.hospital, draft.hospital});
  for (const auto& [code, benefit] : report.benefits) {
    bars.push_back({BenefitLabel(code), benefit.stored, benefit.draft});
  }
  std::vector<std::vector<std::string>> rows;
  for (const Bar& bar : bars) rows.push_back(MoneyRow(bar.label, bar.before, bar.draft));
  rows.push_back(MoneyRow("基金合计 All funds", before.fund, draft.fund));
  rows.push_back(MoneyRow(std::string(kAllBenefitsWords), before.benefit, draft.benefit));
  return absl::StrCat(
      "<h2>谁支付 Who pays（元）</h2>\n", "<p class=\"note\">灰色：原结算；蓝色：草案。</p>\n",
      Chart("谁支付 Who pays", bars), HtmlTable({"基金 Fund", "原结算", "草案", "差额"}, rows));
}

std::string GroupSection(const ReportSubject& subject, const ReplayReport& report,
                         Dimension dimension) {
  std::vector<Bar> bars;
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, tally] : report.groups[static_cast<size_t>(dimension)]) {
    const std::string label = GroupLabel(dimension, key);
    bars.push_back({label, tally.stored.fund, tally.draft.fund});
    rows.push_back(TallyRow(subject, label, tally));
  }
  const absl::string_view title = DimensionTitle(dimension);
  return absl::StrCat("<h2>", HtmlEscape(title), "（基金支付，元）</h2>\n", Chart(title, bars),
                      HtmlTable(TallyHeader("类别"), rows));
}

std::string Refusals(const ReplayReport& report) {
  if (report.refused_now_by_outcome.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const auto& [outcome, count] : report.refused_now_by_outcome) {
    rows.push_back(
        {absl::StrCat(OutcomeWords(outcome), " ", v1::Outcome_Name(outcome)), absl::StrCat(count)});
  }
  return absl::StrCat("<h2>改为拒付的原因 Why refused under the draft</h2>\n",
                      HtmlTable({"原因", "结算数"}, rows));
}

std::string Losers(const ReportSubject& subject, const ReplayReport& report) {
  if (report.losers.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  for (const PersonTally& person : report.losers) {
    rows.push_back(TallyRow(subject, PersonNumber(subject, person.psn_no), person.tally));
  }
  return absl::StrCat("<h2>损失最多的人员 Persons who lose most（元）</h2>\n",
                      HtmlTable(TallyHeader("人员编号"), rows));
}

}  // namespace

std::string ReportAsHtml(const ReportSubject& subject, const ReplayReport& report) {
  std::string body;
  if (report.sample_data)
    absl::StrAppend(&body, "<p><strong>", kSampleDataWords, "</strong></p>\n");
  absl::StrAppend(&body, Summary(subject, report), WhoPays(report));
  for (size_t i = 0; i < kDimensions; ++i) {
    body += GroupSection(subject, report, static_cast<Dimension>(i));
  }
  absl::StrAppend(&body, Refusals(report), Losers(subject, report),
                  "<p class=\"note\">SHA-256 <code>", HexOf(report.hash), "</code></p>\n");
  return HtmlPage("政策试算 Policy replay", body);
}

}  // namespace yijie::engine
