// Inquiry with the real program: statements, pages and changes across restarts.

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/e2e_test.h"
#include "yijie/v1/inquiry.grpc.pb.h"

namespace yijie::e2e {
namespace {

constexpr char kPerson[] = "S4301000001";

class InquiryTest : public E2eTest {
 protected:
  void SetUp() override { StartOnSampleData(); }

  std::string Address() { return absl::StrCat("127.0.0.1:", server().port()); }

  // The lines `yijie changes` prints.
  std::vector<std::string> Changes(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"changes", "--server", Address()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const CommandResult result = RunYijie(all);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return absl::StrSplit(result.output, '\n', absl::SkipEmpty());
  }
};

TEST_F(InquiryTest, AConsumerGoesOnWhereItStoppedAcrossRestarts) {
  const std::vector<std::string> loaded = Changes({"--consumer", "push"});
  EXPECT_FALSE(loaded.empty());
  EXPECT_TRUE(Changes({"--consumer", "push"}).empty());
  const v1::Settlement first = Settle(OutpatientBill(kPerson, "m1", 60'000));
  KillAndRestart();
  const v1::Settlement second = Settle(OutpatientBill(kPerson, "m2", 50'000));
  const std::vector<std::string> since = Changes({"--consumer", "push"});
  ASSERT_EQ(since.size(), 2U);
  EXPECT_TRUE(absl::StrContains(since[0], first.setl_id())) << since[0];
  EXPECT_TRUE(absl::StrContains(since[1], second.setl_id())) << since[1];
  EXPECT_FALSE(absl::StrContains(since[0], "psn_name"));
  Restart();
  EXPECT_TRUE(Changes({"--consumer", "push"}).empty());
  EXPECT_EQ(Changes({}).size(), loaded.size() + 2);
  const CommandResult bad = RunYijie({"changes", "--server", Address(), "--after", "9.9.9"});
  EXPECT_EQ(bad.exit_code, 1) << bad.output;
  EXPECT_TRUE(absl::StrContains(bad.output, "cursor:")) << bad.output;
}

TEST_F(InquiryTest, AnOptionThatWouldLeaveNothingOutIsRefused) {
  const CommandResult result = RunYijie(
      {"inquire", "payouts", "--server", Address(), "--psn-no", kPerson, "--from", "2026-01-01"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(result.output, "--from is for visits, settlements, movements"))
      << result.output;
}

TEST_F(InquiryTest, TheStatementIsPrinted) {
  const v1::Settlement settled = Settle(OutpatientBill(kPerson, "m1", 60'000));
  const std::string year = settled.clr_date().substr(0, 4);
  const std::string page = folder().Path("rights.html");
  const CommandResult result = RunYijie({"rights", "--server", Address(), "--psn-no", kPerson,
                                         "--year", year, "--text", "--html", page});
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(absl::StrContains(result.output, "个人权益记录单")) << result.output;
  EXPECT_TRUE(absl::StrContains(result.output, "600.00")) << result.output;
  EXPECT_TRUE(absl::StrContains(ReadWholeFile(page), "<!DOCTYPE html>"));
  const CommandResult json =
      RunYijie({"rights", "--server", Address(), "--psn-no", kPerson, "--year", year, "--json"});
  EXPECT_TRUE(absl::StrContains(json.output, "\"settled\": 1")) << json.output;
  const CommandResult rows = RunYijie({"inquire", "settlements", "--server", Address(), "--psn-no",
                                       kPerson, "--institution", kHospital});
  EXPECT_TRUE(absl::StrContains(rows.output, settled.setl_id())) << rows.output;
  const CommandResult others = RunYijie({"inquire", "settlements", "--server", Address(),
                                         "--psn-no", kPerson, "--institution", kPharmacy});
  EXPECT_EQ(others.exit_code, 0) << others.output;
  EXPECT_FALSE(absl::StrContains(others.output, settled.setl_id())) << others.output;
  EXPECT_TRUE(EndAndAudit().clean());
}

}  // namespace
}  // namespace yijie::e2e
