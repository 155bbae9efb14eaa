// The four agree, and then each is made to disagree in each way it can.

#include "engine/books/four_way.h"

#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace yijie::engine {
namespace {

// P1 has two settlements, P2 one, P3 one that was undone.
FourWayInput Agreeing() {
  FourWayInput input;
  input.payments = {{"S1", "", "P1", Fen(6000)},
                    {"S2", "", "P1", Fen(50)},
                    {"S3", "", "P2", Fen(4000)},
                    {"S4", "", "P3", Fen(900)},
                    {"S5", "S4", "P3", Fen(-900)}};
  input.heads = 2;
  input.roster = {{2, "P1", Fen(6050)}, {3, "P2", Fen(4000)}};
  input.receipts = {{2, "N1", "S1", "P1", Fen(6000)}, {3, "N2", "S2", "P1", Fen(20)},
                    {4, "N3", "S2", "P1", Fen(30)},   {5, "N4", "S3", "P2", Fen(4000)},
                    {6, "N5", "S4", "P3", Fen(900)},  {7, "N6", "S5", "P3", Fen(-900)}};
  return input;
}

TEST(FourWayTest, AllFourAgree) {
  const FourWayResult result = CompareFourWays(Agreeing());
  EXPECT_EQ(FourWayAsText(result),
            "四相符：钱、人头、名册、票据一致\n账上100.50元，2人；名册100.50元；票据100.50元\n");
  EXPECT_TRUE(result.agree());
}

struct Planted {
  const char* what;
  std::function<void(FourWayInput&)> change;
  std::vector<std::string> lines;  // of the report, all of them
};

const std::vector<Planted>& Disagreements() {
  static const auto* const kPlanted = new std::vector<Planted>{
      {"one head too many",
       [](FourWayInput& in) { in.heads = 3; },
       {"[人头] 清点3人，账上2人", "[人头] 清点3人，名册2人"}},
      {"a payment the others do not know",
       [](FourWayInput& in) {
         in.payments.push_back({"S9", "", "P9", Fen(100)});
       },
       {"[钱] 合计与名册不符：账上101.50元，名册100.50元，相差1.00元",
        "[钱] 合计与票据不符：账上101.50元，票据100.50元，相差1.00元", "[人头] 清点2人，账上3人",
        "[名册] 人员P9账上有（1.00元）、名册无", "[票据] 结算S9无票据"}},
      {"a person swapped on the roster, with the same money",
       [](FourWayInput& in) { in.roster[1].psn_no = "P8"; },
       {"[名册] 人员P8名册有（第3行）、账上无", "[名册] 人员P2账上有（40.00元）、名册无"}},
      {"money moved between two persons of the roster",
       [](FourWayInput& in) {
         in.roster[0].amount = Fen(6049);
         in.roster[1].amount = Fen(4001);
       },
       {"[名册] 人员P1金额不符：账上60.50元，名册60.49元，相差0.01元",
        "[名册] 人员P2金额不符：账上40.00元，名册40.01元，相差-0.01元"}},
      {"a person twice on the roster",
       [](FourWayInput& in) {
         in.roster.push_back({4, "P1", Fen(0)});
       },
       {"[名册] 人员P1重复：第2行和第4行"}},
      {"a receipt number twice",
       [](FourWayInput& in) { in.receipts[1].receipt_no = "N1"; },
       {"[票据] 票据N1重复：第2行和第3行"}},
      {"a receipt of nothing, of the money of another",
       [](FourWayInput& in) { in.receipts[3].setl_id = "S7"; },
       {"[票据] 票据N4的结算S7账上无", "[票据] 结算S3无票据"}},
      {"a receipt made out to another person",
       [](FourWayInput& in) { in.receipts[3].psn_no = "P1"; },
       {"[票据] 票据N4的人员与结算S3不符"}},
      {"money moved between two receipts",
       [](FourWayInput& in) {
         in.receipts[0].amount = Fen(5999);
         in.receipts[3].amount = Fen(4001);
       },
       {"[票据] 结算S1金额不符：账上60.00元，票据59.99元，相差0.01元",
        "[票据] 结算S3金额不符：账上40.00元，票据40.01元，相差-0.01元"}},
      {"a refund without its red receipt",
       [](FourWayInput& in) { in.receipts.pop_back(); },
       {"[钱] 合计与票据不符：账上100.50元，票据109.50元，相差-9.00元", "[票据] 结算S5无票据"}},
      {"a late refund of a person who is not on the roster",
       [](FourWayInput& in) {
         in.payments.push_back({"S6", "S0", "P6", Fen(-10)});
         in.receipts.push_back({8, "N7", "S6", "P6", Fen(-10)});
       },
       {"[钱] 合计与名册不符：账上100.40元，名册100.50元，相差-0.10元",
        "[名册] 人员P6账上有（-0.10元）、名册无"}}};
  return *kPlanted;
}

TEST(FourWayTest, EveryDisagreementIsListed) {
  for (const Planted& planted : Disagreements()) {
    FourWayInput input = Agreeing();
    planted.change(input);
    const FourWayResult result = CompareFourWays(input);
    EXPECT_FALSE(result.agree()) << planted.what;
    const std::string text = FourWayAsText(result);
    EXPECT_TRUE(absl::StartsWith(text, absl::StrCat("四不相符：", planted.lines.size(), "处\n")))
        << planted.what << "\n"
        << text;
    for (const std::string& line : planted.lines) {
      EXPECT_TRUE(absl::StrContains(text, absl::StrCat("  ", line, "\n")))
          << planted.what << ": " << line << "\n"
          << text;
    }
  }
}

TEST(FourWayTest, PaymentsAreWhatFundsAndAccountPay) {
  v1::BookRow row;
  row.set_setl_id("S1");
  row.set_psn_no("P1");
  row.set_orig_setl_id("S0");
  row.set_fund_pay_sumamt_fen(-60);
  row.set_acct_pay_fen(-30);
  row.set_psn_cash_pay_fen(-10);
  const auto payments = PaymentsOf({row});
  ASSERT_EQ(payments.size(), 1U);
  EXPECT_EQ(payments[0].amount, Fen(-90));
  EXPECT_EQ(payments[0].orig_setl_id, "S0");
}

TEST(FourWayTest, FilesAreRead) {
  RowErrors errors("f.csv");
  const auto roster = ParseRoster(
      MakeInputFile("f.csv", "psn_name,psn_no,amount\n张三,P1,60.50\n,P2,-0.10\n"), errors);
  const auto receipts = ParseReceipts(
      MakeInputFile("f.csv", "receipt_no,setl_id,psn_no,amount\nN1,S1,P1,60.5\n"), errors);
  ASSERT_TRUE(errors.empty()) << errors.ToStatus();
  ASSERT_EQ(roster.size(), 2U);
  EXPECT_EQ(roster[0].psn_no, "P1");
  EXPECT_EQ(roster[1].amount, Fen(-10));
  EXPECT_EQ(roster[1].line, 3);
  ASSERT_EQ(receipts.size(), 1U);
  EXPECT_EQ(receipts[0].amount, Fen(6050));
}

TEST(FourWayTest, BadFilesListTheirRowsWithoutWhatTheyHold) {
  RowErrors errors("f.csv");
  ParseRoster(MakeInputFile("f.csv", "psn_no,amount\n张三,1\nP2,x\nP3,\n"), errors);
  const std::string text(errors.ToStatus().message());
  EXPECT_TRUE(absl::StrContains(text, "f.csv:2")) << text;
  EXPECT_TRUE(absl::StrContains(text, "f.csv:3")) << text;
  EXPECT_TRUE(absl::StrContains(text, "f.csv:4")) << text;
  EXPECT_FALSE(absl::StrContains(text, "张三")) << text;
  RowErrors others("g.csv");
  ParseReceipts(MakeInputFile("g.csv", "receipt_no,psn_no,amount\nN1,P1,1\n"), others);
  EXPECT_TRUE(absl::StrContains(others.ToStatus().message(), "setl_id is missing"));
}

}  // namespace
}  // namespace yijie::engine
