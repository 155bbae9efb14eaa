// The forms of the report over the hand-made history: CSV against a kept file, and what the page
// must and must not contain.

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "engine/html.h"
#include "engine/replay/replay.h"
#include "engine/replay/report_csv.h"
#include "engine/replay/report_html.h"
#include "engine/replay/report_text.h"
#include "gtest/gtest.h"
#include "tests/memory_store.h"
#include "tests/replay/hand_history.h"

namespace yijie::engine {
namespace {

constexpr char kGolden[] = YIJIE_GOLDEN_DIR "/report.csv";

ReplayReport HandReport(const std::string& draft = HandDraft()) {
  storage::MemoryStore store;
  BookHandHistory(store);
  const auto report = ReplayStore(store, *HandReference(draft), ReplayOptions());
  EXPECT_TRUE(report.ok()) << report.status();
  return *report;
}

ReportSubject Subject() {
  ReportSubject subject;
  subject.history = "data & <more>";
  subject.draft = "drafts/\"2027\"";
  return subject;
}

// YIJIE_UPDATE_GOLDEN=1 writes the file anew.
TEST(ReportCsvTest, IsAsKept) {
  const std::string csv = ReportAsCsv(Subject(), HandReport());
  if (std::getenv("YIJIE_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(WriteFile(kGolden, csv).ok());
  }
  const auto kept = ReadFile(kGolden);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ(csv, *kept);
}

TEST(ReportCsvTest, EveryRowHasTheColumnsOfTheHeader) {
  std::string csv = ReportAsCsv(Subject(), HandReport());
  csv += ReportAsCsv(Subject(), HandReport(HandPolicyWithBenefits()));
  const std::vector<std::string> lines = absl::StrSplit(csv, '\n', absl::SkipEmpty());
  ASSERT_GT(lines.size(), 10U);
  const auto columns = [](const std::string& line) {
    return std::count(line.begin(), line.end(), ',');
  };
  for (const std::string& line : lines) EXPECT_EQ(columns(line), columns(lines[0])) << line;
}

TEST(ReportHtmlTest, HasTheFiguresAndTheCharts) {
  const std::string page = ReportAsHtml(Subject(), HandReport());
  for (const char* part :
       {"data &amp; &lt;more&gt;", "drafts/&quot;2027&quot;", "11800.00", "9550.00", "-2250.00",
        "8150.00", "+2250.00", "三级 Level 3", "退休 Retired (12)", "政策不予支付", "410199",
        "城镇职工基本医疗保险统筹基金", "<svg", "<rect",
        "aria-label=\"按医院等级 By hospital level\""}) {
    EXPECT_TRUE(absl::StrContains(page, part)) << part;
  }
}

// One bar is as long as its figure says: 9,550 of 11,800 is 323 of 400 pixels.
TEST(ReportHtmlTest, BarsAreAsLongAsTheFigures) {
  const std::string page = ReportAsHtml(Subject(), HandReport());
  EXPECT_TRUE(absl::StrContains(page, "width=\"400\" height=\"13\" fill=\"#9aa7b8\""));
  EXPECT_TRUE(absl::StrContains(page, "width=\"323\" height=\"13\" fill=\"#2f6db3\""));
}

TEST(ReportHtmlTest, StandsAlone) {
  const std::string page = ReportAsHtml(Subject(), HandReport());
  for (const char* part : {"http://", "https://", "src=", "href=", "url(", "@import", "<script",
                           "<link", "<iframe", "<img"}) {
    EXPECT_FALSE(absl::StrContains(page, part)) << part;
  }
}

TEST(HtmlTest, Escapes) {
  EXPECT_EQ(HtmlEscape("<a href='x'>&\"\x01</a>"),
            "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
  EXPECT_EQ(HtmlEscape("医保"), "医保");
  EXPECT_EQ(HtmlTable({"a", "b"}, {{"<", "1"}}),
            "<table>\n<tr><th>a</th><th>b</th></tr>\n<tr><td>&lt;</td><td>1</td></tr>\n</table>\n");
}

TEST(ReportTextTest, SaysWhatAStoredHistoryCannotTell) {
  const ReplayReport report = HandReport();
  EXPECT_TRUE(absl::StrContains(ReportAsText(Subject(), report), "不详 not known"));
  ReportSubject generated;
  generated.refusals_known = true;
  EXPECT_FALSE(absl::StrContains(ReportAsText(generated, report), "不详 not known"));
}

TEST(ReportTest, NamesWhoPaysBenefits) {
  const ReplayReport report = HandReport(HandPolicyWithBenefits());
  const std::string text = ReportAsText(Subject(), report);
  for (const char* part :
       {"              0.00            600.00          +600.00  待遇 Benefit: 生育基金 Maternity "
        "fund "
        "(510100)\n",
        "              0.00            420.00          +420.00  待遇 Benefit: 用人单位 Employer\n",
        "              0.00           1020.00         +1020.00  待遇合计"}) {
    EXPECT_TRUE(absl::StrContains(text, part)) << part << " in\n" << text;
  }
  const std::string csv = ReportAsCsv(Subject(), report);
  for (const char* part :
       {"benefit,\"510100\",\"生育基金 Maternity fund "
        "(510100)\",6,,,,,,,,,,,,,,,,0.00,600.00,600.00\n",
        "benefit,\"\",\"用人单位 Employer\",7,,,,,,,,,,,,,,,,0.00,420.00,420.00\n"}) {
    EXPECT_TRUE(absl::StrContains(csv, part)) << part << " in\n" << csv;
  }
  const std::string page = ReportAsHtml(Subject(), report);
  for (const char* part :
       {"<td>待遇 Benefit: 用人单位 Employer</td><td>0.00</td><td>420.00</td><td>+420.00</td>",
        "beside the bills</td><td>0.00</td><td>1020.00</td><td>+1020.00</td>",
        "<th>待遇差额</th>"}) {
    EXPECT_TRUE(absl::StrContains(page, part)) << part << " in\n" << page;
  }
}

TEST(ReportTest, SaysThatTheDraftHoldsSampleData) {
  ReplayReport report = HandReport();
  EXPECT_FALSE(report.sample_data);
  EXPECT_FALSE(absl::StrContains(ReportAsText(Subject(), report), kSampleDataWords));
  EXPECT_FALSE(absl::StrContains(ReportAsHtml(Subject(), report), kSampleDataWords));
  report.sample_data = true;
  EXPECT_TRUE(absl::StrContains(ReportAsText(Subject(), report), kSampleDataWords));
  EXPECT_TRUE(absl::StrContains(ReportAsHtml(Subject(), report), kSampleDataWords));
}

TEST(ReportTest, PersonNumbersAreMaskedUnlessAskedFor) {
  ReplayReport report = HandReport();
  report.losers[0].psn_no = "4101051970010112345";
  ReportSubject subject;
  for (const std::string& text : {ReportAsText(subject, report), ReportAsCsv(subject, report),
                                  ReportAsHtml(subject, report)}) {
    EXPECT_FALSE(absl::StrContains(text, "4101051970010112345"));
    EXPECT_TRUE(absl::StrContains(text, "410105*********2345"));
  }
  subject.shows_psn_no = true;
  for (const std::string& text : {ReportAsText(subject, report), ReportAsCsv(subject, report),
                                  ReportAsHtml(subject, report)}) {
    EXPECT_TRUE(absl::StrContains(text, "4101051970010112345"));
  }
}

}  // namespace
}  // namespace yijie::engine
