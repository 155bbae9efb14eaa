// `yijie policy replay` as a process: beside a running server, over a generated history, and with
// bad drafts.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {
namespace {

class ReplayCommandTest : public E2eTest {
 protected:
  CommandResult Replay(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"policy", "replay"});
    return RunYijie(arguments);
  }
  CommandResult ReplayData() { return Replay({"--data", data(), "--draft", TablesDirectory()}); }
};

void ExpectLine(const CommandResult& result, const std::string& line) {
  EXPECT_TRUE(absl::StrContains(result.output, line + "\n")) << line << "\n" << result.output;
}

TEST_F(ReplayCommandTest, RunsBesideAServerWhichGoesOn) {
  StartOnSampleData();
  const v1::SettleRequest visit = SampleBill("02-outpatient-changsha.json");
  Settle(visit);
  Settle(SampleBill("04-inpatient-zhengzhou.json"));
  const CommandResult first = ReplayData();
  ASSERT_EQ(first.exit_code, 0) << first.output;
  ExpectLine(first, "结算 claims    2");
  ExpectLine(first, "变化 changed   0");
  // The server does not notice.
  const v1::SettleRequest next = OutpatientBill(visit.claim().psn_no(), "NEXT1", 40'000);
  const v1::Settlement settled = Settle(next);
  const auto undone = client().Send(
      ReverseOf(settled.fixmedins_code(), settled.psn_no(), settled.setl_id(), "UNDO1"));
  ASSERT_TRUE(undone.ok());
  ASSERT_EQ(undone->reversal().outcome(), v1::REVERSED);
  const CommandResult second = ReplayData();
  ASSERT_EQ(second.exit_code, 0) << second.output;
  ExpectLine(second, "结算 claims    2");
  ExpectLine(second, "撤销 reversed  1 (不计入 not counted)");
  ExpectLine(second, "变化 changed   0");
  EXPECT_EQ(EndAndAudit().settled, 3);
}

TEST_F(ReplayCommandTest, WritesTheSameReportWithAnyNumberOfThreads) {
  const auto run = [this](const char* threads, const char* name) {
    return Replay({"--generate", "200,1500", "--seed", "5", "--current", TablesDirectory(),
                   "--draft", TablesDirectory(), "--threads", threads, "--csv",
                   folder().Path(absl::StrCat(name, ".csv")), "--html",
                   folder().Path(absl::StrCat(name, ".html"))});
  };
  const CommandResult one = run("1", "one");
  ASSERT_EQ(one.exit_code, 0) << one.output;
  ExpectLine(one, "变化 changed   0");
  const CommandResult three = run("3", "three");
  ASSERT_EQ(three.exit_code, 0) << three.output;
  for (const char* extension : {".csv", ".html"}) {
    const std::string text = ReadWholeFile(folder().Path(absl::StrCat("one", extension)));
    EXPECT_GT(text.size(), 1'000U);
    EXPECT_EQ(text, ReadWholeFile(folder().Path(absl::StrCat("three", extension))));
  }
}

TEST_F(ReplayCommandTest, BadDraftIsRefusedWithFileLineAndColumn) {
  const std::string file = folder().Path("bad.policy");
  WriteFile(file, "id: \"bad\"\ntitle: \"坏\"\nadmdvs: 7\n");
  const CommandResult result =
      Replay({"--generate", "10,20", "--current", TablesDirectory(), "--draft", folder().path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(result.output, absl::StrCat(file, ":3:9: "))) << result.output;
}

TEST_F(ReplayCommandTest, TellsWhatIsMissing) {
  const auto refuses = [this](std::vector<std::string> arguments, const char* why) {
    const CommandResult result = Replay(std::move(arguments));
    EXPECT_NE(result.exit_code, 0);
    EXPECT_TRUE(absl::StrContains(result.output, why)) << why << "\n" << result.output;
  };
  const std::string tables = TablesDirectory();
  refuses({"--data", folder().path()}, "--draft");
  refuses({"--draft", tables}, "--data");
  refuses({"--data", folder().path(), "--draft", tables}, "no store in");
  refuses({"--generate", "10,20", "--draft", tables}, "--current");
  refuses({"--generate", "0,20", "--draft", tables, "--current", tables}, "--generate");
  refuses({"--generate", "2000000,20", "--draft", tables, "--current", tables}, "--generate");
}

}  // namespace
}  // namespace yijie::e2e
