// What is worked out instead of written, and what goes beyond one bill: formulas, values, benefits,
// guarantees, groups, ceilings, several limits, days held, stays over the year's end. Amounts are
// fen; packages are written in yuan.

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/rules/evaluation_bench.h"

namespace yijie::rules {
namespace {

std::string Value(const char* body) { return WriteStep("v", absl::StrCat("value { ", body, " }")); }

const char* const kGiven =
    "given { name: \"wage\" label: \"w\" } given { name: \"days\" label: \"d\" holds: COUNT }";

// --- formulas

TEST(Formula, EachPartInItsOrder) {
  const std::pair<const char*, int64_t> rows[] = {
      {"amount: \"10.05\"", 1'005},
      {"of: \"wage\"", 100'000},
      {"of: \"wage\" of: \"-inscp_scp_amt\"", 99'000},
      {"of: \"inscp_scp_amt\" of: \"-wage\"", 0},
      {"of: \"wage\" ratio: \"250%\"", 250'000},
      {"of: \"wage\" ratio: \"33.3333%\"", 33'333},
      {"amount: \"10\" times: \"days\"", 100'000},
      {"amount: \"10\" times: \"days\" times: \"age\"", 3'000'000},
      {"amount: \"10\" times: \"days\" every: \"90\"", 2'000},
      {"amount: \"10\" times: \"days\" every: \"50\"", 2'000},
      {"amount: \"10\" times: \"days\" every: \"100\"", 1'000},
      {"of: \"wage\" divide: \"30.4\"", 3'289},
      {"of: \"wage\" times: \"98\" divide: \"30\"", 326'667},
      {"of: \"wage\" ratio: \"0.0005%\" divide: \"1\"", 1},  // 0.5, rounded once
      {"of: \"wage\" at_least: \"1000.01\"", 100'001},
      {"of: \"wage\" at_most: \"inscp_scp_amt\"", 1'000},
      {"of: \"wage\" at_least: \"3000\" at_most: \"2000\"", 200'000},
      {"amount: \"0.5\" at_least: \"inscp_scp_amt\"", 1'000}};
  for (const auto& [row, value] : rows) {
    Bench bench(Value(absl::StrCat("row { ", row, " }").c_str()), kGiven);
    bench.given = {100'000, 100};
    bench.input.facts.Set(Fact::kAge, 30);
    bench.Run(1'000);
    EXPECT_EQ(bench.Of("v"), value) << row;
    EXPECT_EQ(bench.Person(), 1'000);
  }
}

TEST(Formula, AFigureAloneIsNotRoundedAndAnythingElseIs) {
  const std::pair<const char*, int64_t> rows[] = {{"amount: \"10.55\"", 1'055},
                                                  {"amount: \"10.55\" times: \"1\"", 1'000},
                                                  {"of: \"inscp_scp_amt\"", 1'000},
                                                  {"amount: \"9\" at_least: \"10.55\"", 1'055}};
  for (const auto& [row, value] : rows) {
    Bench bench(Value(absl::StrCat("row { ", row, " }").c_str()), "rounding: YUAN_TRUNC");
    bench.Run(1'055);
    EXPECT_EQ(bench.Of("v"), value) << row;
  }
}

TEST(Formula, CountsAreRoundedToWholeNumbers) {
  for (const auto& [rounding, count] : {std::pair{"FEN_HALF_UP", 3}, std::pair{"FEN_CEIL", 4},
                                        std::pair{"YUAN_TRUNC", 3}, std::pair{"YUAN_HALF_UP", 3}}) {
    Bench bench(Value("holds: COUNT row { of: \"days\" divide: \"30.4\" }"),
                absl::StrCat(kGiven, " rounding: ", rounding));
    bench.given = {0, 98};  // 3.22 months
    bench.Run(100);
    EXPECT_EQ(bench.Of("v"), count) << rounding;
  }
}

TEST(Formula, BeyondWhatAStepMayWorkOutIsRefused) {
  const std::pair<const char*, Verdict> rows[] = {
      {"of: \"wage\" ratio: \"1000%\" times: \"10\"", Verdict::kSettled},
      {"of: \"wage\" ratio: \"1000%\" times: \"11\"", Verdict::kOutOfRange},
      {"of: \"wage\" ratio: \"1000%\" times: \"11\" at_most: \"5\"", Verdict::kOutOfRange},
      {"amount: \"0\" times: \"50000\" times: \"20000\"", Verdict::kSettled},
      {"amount: \"0\" times: \"50000\" times: \"20001\"", Verdict::kOutOfRange}};
  for (const auto& [row, verdict] : rows) {
    Bench bench(Value(absl::StrCat("row { ", row, " }").c_str()), kGiven);
    bench.given = {10'000'000'000'000, 0};
    EXPECT_EQ(bench.Run(100).verdict, verdict) << row;
  }
}

// Each sum is many times the one before it.
TEST(SumStep, SumsOfSumsAreRefusedBeforeTheyOverflow) {
  for (const char* how : {"sum { ", "cap { limit { row { when { age: \"150\" } amount: \"1\" } } ",
                          "accumulate { accumulator: \"year\" "}) {
    const char* const term = how[0] == 'c' ? "base" : "of";
    std::string steps;
    for (int i = 1; i < 12; ++i) {
      std::string terms;
      const std::string before = i == 1 ? "wage" : absl::StrCat("s", i - 1);
      for (int j = 0; j < 60; ++j) absl::StrAppend(&terms, term, ": \"", before, "\" ");
      steps += WriteStep(absl::StrCat("s", i).c_str(), absl::StrCat(how, terms, "}"));
    }
    Bench bench(steps, absl::StrCat(kYearTotal, kGiven));
    bench.given = {10'000'000'000'000, 0};
    EXPECT_EQ(bench.Run(100).verdict, Verdict::kOutOfRange) << how;
    bench.given = {1, 0};
    EXPECT_EQ(bench.Run(100).refused_step, 9) << how;  // 60^9 > 10^15
  }
}

// --- adjusts

TEST(AdjustRows, PlusAndTimes) {
  const std::pair<const char*, int64_t> rows[] = {{"plus: \"10\"", 11'000},
                                                  {"plus: \"-10\"", 9'000},
                                                  {"plus: \"-100.01\"", 0},
                                                  {"plus: \"10\" times: \"days\"", 13'000},
                                                  {"factor: \"250%\"", 25'000}};
  for (const auto& [adjust, value] : rows) {
    Bench bench(Value(absl::StrCat("row { amount: \"100\" } adjust { ", adjust, " }").c_str()),
                kGiven);
    bench.given = {0, 3};
    bench.Run(100);
    EXPECT_EQ(bench.Of("v"), value) << adjust;
  }
  Bench ratio(Pay("row { band { ratio: \"50%\" } } adjust { points: \"-5%\" times: \"days\" }"),
              kGiven);
  ratio.given = {0, 3};
  EXPECT_EQ((ratio.Run(1'000), ratio.Of("hifp_pay")), 350);
}

TEST(QuotaStep, ShareOfTheAdjustedAmountForEachFurtherBaby) {
  Bench bench(WriteStep("birth",
                        "quota { fund: MATERNITY fund_pay_type: \"510100\" mode: LIMIT base: "
                        "\"inscp_scp_amt\" row { amount: \"33.33\" } adjust { factor: \"50%\" } "
                        "each_further_baby: \"10%\" }"));
  bench.input.facts.Set(Fact::kFetusCnt, 3);
  bench.Run(100'000);
  EXPECT_EQ(bench.Of("birth"), 1'667 + 2 * 167);
}

// --- classify

TEST(Classify, RowReplacesThePriceLimitOrExcludes) {
  Bench bench("", "",
              "classify { row { when { item_kind: \"SERVICE\" } pric_uplmt: \"3\" } row { when { "
              "item_kind: \"MATERIAL\" } exclude: true } }");
  bench.AddLine(1'000);
  bench.item().kind = ItemKind::kService;
  bench.item().price_limit = Fen(100);
  bench.AddLine(2'000);
  bench.item().kind = ItemKind::kMaterial;
  const Decision& decision = bench.Run();
  EXPECT_EQ(decision.lines[0].overlmt, Fen(700));
  EXPECT_EQ(decision.lines[0].inscp, Fen(300));
  EXPECT_EQ(decision.lines[1].fulamt_ownpay, Fen(2'000));
}

TEST(Classify, CeilingsOfTheDayAndOfTheStay) {
  Bench bench("", "",
              "classify { ceiling { when { item_kind: \"SERVICE\" } per: FEE_DAY amount: \"40\" } "
              "ceiling { when { pric: \"[10..)\" } per: STAY amount: \"70\" } }");
  const char* const days[] = {"2024-03-14", "2024-03-14", "2024-03-15", "2024-03-15"};
  for (const char* day : days) {
    Line& line = bench.AddLine(3'000);
    line.day = *ParseDate(day);
    bench.item().kind = ItemKind::kService;
    bench.item().selfpay_prop = Ratio(100'000);
  }
  const Decision& decision = bench.Run();
  EXPECT_EQ(decision.lines[0].overlmt, Fen(0));
  EXPECT_EQ(decision.lines[0].preselfpay, Fen(300));
  EXPECT_EQ(decision.lines[1].overlmt, Fen(2'000));  // 10 of the day's 40 are left
  EXPECT_EQ(decision.lines[2].overlmt, Fen(0));
  EXPECT_EQ(decision.lines[3].overlmt, Fen(3'000));  // the stay's 70 are used up
}

TEST(Classify, GroupsSumABucketAlsoOfLinesOutsideTheCatalogue) {
  Bench bench("", "",
              "classify { group { name: \"a\" bucket: \"medfee_sumamt\" } "
              "group { name: \"b\" when { unrelated: \"YES\" } bucket: \"fulamt_ownpay_amt\" } "
              "group { name: \"c\" when { item_kind: \"DRUG\" } bucket: \"medfee_sumamt\" } "
              "group { name: \"d\" when { item_kind: \"not(DRUG)\" } bucket: \"medfee_sumamt\" } "
              "group { name: \"e\" } }");
  bench.AddLine(100);
  Line& unlisted = bench.AddLine(20);
  unlisted.item = nullptr;
  unlisted.unrelated = true;
  bench.AddLine(3).unrelated = true;
  bench.Run();
  EXPECT_EQ(bench.Group(0), 123);
  EXPECT_EQ(bench.Group(1), 20);
  EXPECT_EQ(bench.Group(2), 103);
  EXPECT_EQ(bench.Group(3), 20);
  EXPECT_EQ(bench.Group(4), 103);
}

// --- pay, account

TEST(PayStep, WhatALimitCutsOffAndTheMoneyBehindIt) {
  struct Row {
    const char* limit;
    int64_t paid, over, beyond;
  };
  // 100.00: nothing for 20.00, half of the next 40.00, 80 % of the last 40.00: 52.00.
  const Row rows[] = {
      {"52", 5'200, 0, 0},         {"50", 5'000, 200, 250},        {"20", 2'000, 3'200, 4'000},
      {"10", 1'000, 4'200, 6'000}, {"10.01", 1'001, 4'199, 5'998}, {"51.99", 5'199, 1, 1},
      {"0", 0, 5'200, 8'000}};
  for (const Row& row : rows) {
    Bench bench(Pay(absl::StrCat("row { band { to: \"20\" ratio: \"0%\" } band { to: \"60\" ratio: "
                                 "\"50%\" } band { ratio: \"80%\" } } limit { row { amount: \"",
                                 row.limit, "\" } }")) +
                WriteStep("over", "sum { of: \"hifp_pay.over\" }") +
                WriteStep("beyond", "sum { of: \"hifp_pay.beyond\" }"));
    bench.Run(10'000);
    EXPECT_EQ(bench.Of("hifp_pay"), row.paid) << row.limit;
    EXPECT_EQ(bench.Of("over"), row.over) << row.limit;
    EXPECT_EQ(bench.Of("beyond"), row.beyond) << row.limit;
  }
}

TEST(PayStep, AllLimitsHoldAndAllAreAddedTo) {
  Bench bench(Pay("row { band { ratio: \"50%\" } } "
                  "limit { accumulator: \"year\" row { amount: \"60\" } } "
                  "limit { accumulator: \"month\" row { amount: \"40\" } } "
                  "limit { row { amount: \"30\" } }"),
              absl::StrCat(kYearTotal, " accumulator { name: \"month\" period: MONTH }"));
  EXPECT_EQ((bench.Run(10'000), bench.Of("hifp_pay")), 3'000);
  EXPECT_EQ(bench.Added("year"), 3'000);
  EXPECT_EQ(bench.Added("month"), 3'000);
  bench.Hold("month", "2024-03-01", 1'500);
  EXPECT_EQ((bench.Run(10'000), bench.Of("hifp_pay")), 2'500);
  bench.Hold("year", "2024-01-01", 5'900);
  EXPECT_EQ((bench.Run(10'000), bench.Of("hifp_pay")), 100);
}

TEST(PayStep, GuaranteeRaisesThePaymentBeforeTheLimits) {
  const std::string steps =
      Pay("row { band { ratio: \"10%\" } } at_least { when { age: \"[60..)\" } of: "
          "\"medfee_sumamt\" ratio: \"45%\" } limit { row { amount: \"60\" } }");
  Bench bench(steps);
  bench.AddLine(5'000);
  bench.AddLine(5'000).item = nullptr;
  bench.input.facts.Set(Fact::kAge, 59);
  EXPECT_EQ((bench.Run(), bench.Of("hifp_pay")), 500);
  bench.input.facts.Set(Fact::kAge, 60);
  EXPECT_EQ((bench.Run(), bench.Of("hifp_pay")), 4'500);
  bench.AddLine(5'000).item = nullptr;
  EXPECT_EQ((bench.Run(), bench.Of("hifp_pay")), 6'000);
}

TEST(PayStep, GuaranteeMayPassTheBaseButNotWhatThePersonOwes) {
  Bench bench(Pay("row { band { ratio: \"10%\" } } at_least { amount: \"80\" }",
                  "base: \"inscp_scp_amt\""));
  bench.AddLine(1'000);
  bench.AddLine(5'000).item = nullptr;
  EXPECT_EQ((bench.Run(), bench.Of("hifp_pay")), 6'000);
  EXPECT_EQ(bench.Person(), 0);
}

TEST(PayStep, TheHospitalsShareIsNoFund) {
  Bench bench(WriteStep("hosp",
                        "pay { fund: HOSPITAL base: \"inscp_scp_amt\" row { band { ratio: "
                        "\"30%\" } } }") +
              Pay("row { band { ratio: \"80%\" } }"));
  const Decision& decision = bench.Run(1'000);
  EXPECT_EQ(decision.hosp_part, Fen(300));
  EXPECT_EQ(bench.Of("hifp_pay"), 560);  // of the 700 that are still owed
  EXPECT_EQ(decision.funds.size(), 1U);
  EXPECT_EQ(bench.Person(), 140);
}

TEST(AccountStep, WhatItPaidNoFundPaysAfterwards) {
  Bench bench(WriteStep("first",
                        "account { of: \"preselfpay_amt\" of: \"classify\" order: "
                        "\"CURRENT_YEAR\" }") +
              Pay("row { band { ratio: \"100%\" } }") +
              WriteStep("last",
                        "account { of: \"psn_part_amt\" order: \"PAST_YEARS\" order: "
                        "\"CURRENT_YEAR\" }"));
  bench.input.account = {Fen(400), Fen(50)};
  bench.input.account_allowed = true;
  const Decision& decision = bench.Run(1'000);
  EXPECT_EQ(bench.Of("first"), 400);
  EXPECT_EQ(bench.Of("hifp_pay"), 600);
  EXPECT_EQ(bench.Of("last"), 0);
  EXPECT_EQ(decision.acct_pay(), Fen(400));
  EXPECT_EQ(bench.Person(), 400);
}

TEST(Balance, IsATermAlsoWhereTheAccountMayNotPay) {
  Bench bench(
      Pay("row { when { amount { of: \"balc\" is: \"0\" } } band { ratio: \"50%\" } } "
          "row { when { amount { of: \"balc\" is: \"(0..)\" } } band { ratio: \"10%\" } }"));
  EXPECT_EQ((bench.Run(1'000), bench.Of("hifp_pay")), 500);
  bench.input.account = {Fen(0), Fen(1)};
  EXPECT_EQ((bench.Run(1'000), bench.Of("hifp_pay")), 100);
}

TEST(Rounding, OfAStepGoesBeforeThatOfThePackage) {
  Bench bench(WriteStep("hifp_pay",
                        "rounding: YUAN_TRUNC pay { fund: HIFP fund_pay_type: "
                        "\"310100\" base: \"inscp_scp_amt\" row { band { ratio: \"50%\" "
                        "} } }") +
                  WriteStep("v", "value { row { of: \"inscp_scp_amt\" ratio: \"50%\" } }"),
              "rounding: FEN_CEIL");
  bench.Run(1'999);
  EXPECT_EQ(bench.Of("hifp_pay"), 900);
  EXPECT_EQ(bench.Of("v"), 1'000);
}

// --- accumulate

TEST(AccumulateStep, ReplacesCountsAndAsksWhen) {
  Bench bench(
      WriteStep("r", "accumulate { accumulator: \"year\" of: \"inscp_scp_amt\" replace: true }") +
          WriteStep("c",
                    "accumulate { accumulator: \"n\" of: \"age\" when { cvlserv: "
                    "\"YES\" } }"),
      absl::StrCat(kYearTotal, "accumulator { name: \"n\" period: LIFE holds: COUNT }"));
  bench.Hold("year", "2024-01-01", 5'000);
  bench.input.facts.Set(Fact::kAge, 7);
  bench.Run(300);
  EXPECT_EQ(bench.Added("year"), -4'700);
  EXPECT_EQ(bench.Added("n"), 0);
  bench.input.facts.Set(Fact::kCvlserv, 1);
  bench.Run(300);
  EXPECT_EQ(bench.Added("n"), 7);
  EXPECT_EQ(bench.Of("c"), 0);
}

TEST(AccumulateStep, WritesWhatItAddedAlsoWhereItAddsItsOwnTotal) {
  Bench bench(
      WriteStep("twice",
                "accumulate { accumulator: \"year\" of: \"acc:year\" of: \"inscp_scp_amt\" }"),
      kYearTotal);
  bench.Hold("year", "2024-01-01", 500);
  bench.Run(30);
  EXPECT_EQ(bench.Of("twice"), 530);
  EXPECT_EQ(bench.Added("year"), 530);
}

TEST(Since, DaysFromTheDayHeldToTheBeginning) {
  Bench bench(Value("holds: COUNT row { of: \"since:left\" }") +
                  WriteStep("leave", "accumulate { accumulator: \"left\" }"),
              "accumulator { name: \"left\" period: LIFE holds: DAY }");
  bench.SetStay("2024-03-10", "2024-03-15");
  bench.Run(100);
  EXPECT_EQ(bench.Of("v"), 999'999);
  EXPECT_EQ(bench.Added("left"), ParseDate("2024-03-15")->days());
  bench.Hold("left", "1900-01-01", ParseDate("2024-02-28")->days());
  bench.Run(100);
  EXPECT_EQ(bench.Of("v"), 11);
  EXPECT_EQ(bench.Added("left"), 16);
  bench.Hold("left", "1900-01-01", 11);  // the day it begins
  EXPECT_EQ((bench.Run(100), bench.Of("v")), 0);
  bench.Hold("left", "1900-01-01", 1);  // a later day: nothing is known of one before
  bench.Run(100);
  EXPECT_EQ(bench.Of("v"), 999'999);
  bench.Hold("left", "1900-01-01", 100);
  bench.Run(100);
  EXPECT_EQ(bench.Added("left"), 0) << "a late claim moved the day back";
}

TEST(Since, WithoutADiseaseCodeNoDiseaseIsTheSame) {
  Bench bench(Value("holds: COUNT row { of: \"since:left\" }") +
                  WriteStep("leave", "accumulate { accumulator: \"left\" }"),
              "accumulator { name: \"left\" period: LIFE holds: DAY per_dise_codg: true }");
  bench.Hold("left", "1900-01-01", ParseDate("2024-03-06")->days());
  bench.Run(100);
  EXPECT_EQ(bench.Of("v"), 999'999);
  EXPECT_EQ(bench.Added("left"), 0);
  EXPECT_TRUE(bench.Run(100).deltas.empty()) << "the claim depends on a total that is nobody's";
  bench.totals.back().key.dise_codg = bench.input.dise_codg = Intern("J18");
  bench.Run(100);
  EXPECT_EQ(bench.Of("v"), 9);
  EXPECT_EQ(bench.Added("left"), 9);
}

TEST(Condition, OneOfTheRightsIsHeld) {
  Bench bench(WriteStep("gate",
                        "gate { row { when { right: \"M1, M2\" } reason: \"held\" } row { "
                        "when { right: \"not(M3)\" } reason: \"not held\" incomplete: true } "
                        "}"));
  EXPECT_EQ(bench.Run(100).verdict, Verdict::kLacksFigure);
  bench.rights = {Intern("M3")};
  EXPECT_EQ(bench.Run(100).verdict, Verdict::kSettled);
  bench.rights = {Intern("M3"), Intern("M2")};
  EXPECT_EQ(bench.Run(100).verdict, Verdict::kExcluded);
}

// --- benefits

TEST(BenefitStep, IsPaidApartFromTheBillAndWithinItsLimits) {
  Bench bench(
      WriteStep("allowance",
                "benefit { fund: MATERNITY fund_pay_type: \"510200\" row { of: \"wage\" "
                "times: \"days\" divide: \"30\" } limit { accumulator: \"year\" row { amount: "
                "\"5000\" } } }"),
      absl::StrCat(kYearTotal, kGiven));
  bench.given = {120'000, 98};
  const Decision& decision = bench.Run(700);
  ASSERT_EQ(decision.benefits.size(), 1U);
  EXPECT_EQ(decision.benefits[0].amount, Fen(392'000));
  EXPECT_TRUE(decision.funds.empty());
  EXPECT_EQ(bench.Person(), 700);
  bench.Hold("year", "2024-01-01", 450'000);
  EXPECT_EQ((bench.Run(700), bench.Of("allowance")), 50'000);
  bench.Hold("year", "2024-01-01", 50'000);
  EXPECT_TRUE(bench.Run(700).benefits.empty());
}

TEST(BenefitStep, NeedsNoBill) {
  const auto program = CompilePackage(
      "t.policy",
      absl::StrCat("id: \"t\" title: \"t\" admdvs: \"*\" insutype: \"510\" med_type: \"LUMP_SUM\" "
                   "valid_from: \"2020-01-01\" sample_data: true source { id: \"s\" title: \"t\" "
                   "grade: \"SAMPLE\" } ",
                   WriteStep("sum", "benefit { fund: EMPLOYER row { amount: \"12\" } }")));
  ASSERT_TRUE(program.ok()) << program.status().message();
  Input input;
  Decision decision;
  Evaluate(**program, input, decision);
  EXPECT_EQ(decision.verdict, Verdict::kSettled);
  ASSERT_EQ(decision.benefits.size(), 1U);
  EXPECT_EQ(decision.benefits[0].fund, Fund::kEmployer);
  EXPECT_EQ(decision.benefits[0].amount, Fen(1'200));
}

// --- stays over the year's end

const char* const kSplit = "year_crossing: SPLIT_BY_FEE_DAY";

TEST(YearCrossing, EachYearHasItsOwnTotalsAndOneSettlementComesOfIt) {
  Bench bench(
      Deductible("row { when { stay_part: \"not(LATER_PART)\" } amount: \"50\" } row { when "
                 "{ stay_part: \"LATER_PART\" } amount: \"0\" }") +
          Pay("row { band { ratio: \"50%\" } } limit { accumulator: \"year\" row { amount: "
              "\"60\" } }",
              "base: \"inscp_scp_amt\" base: \"-act_pay_dedc\""),
      absl::StrCat(kYearTotal, kSplit));
  bench.SetStay("2023-12-20", "2024-01-05");
  bench.AddLine(10'000).day = *ParseDate("2024-01-01");
  bench.AddLine(20'000).day = *ParseDate("2023-12-31");
  bench.Hold("year", "2023-01-01", 2'000);
  const Decision& decision = bench.Run();
  EXPECT_EQ(decision.act_pay_dedc, Fen(5'000));
  ASSERT_EQ(decision.funds.size(), 2U);
  EXPECT_EQ(decision.funds[0].amount, Fen(4'000));  // half of 150.00, 40.00 of the old year left
  EXPECT_EQ(decision.funds[1].amount, Fen(5'000));
  EXPECT_EQ(bench.Of("hifp_pay"), 9'000);
  EXPECT_EQ(bench.Person(), 21'000);
  ASSERT_EQ(decision.deltas.size(), 2U);
  EXPECT_EQ(FormatDate(decision.deltas[0].key.period), "2023-01-01");
  EXPECT_EQ(decision.deltas[1].value, 5'000);
}

TEST(YearCrossing, DaysOfThePartsAddUpToThoseOfTheStay) {
  Bench bench(Value("holds: COUNT row { of: \"stay_days\" }") +
                  WriteStep("gate",
                            "gate { row { when { stay_part: \"FIRST_PART\" stay_days: "
                            "\"not(12)\" } reason: \"r\" } row { when { enddate: "
                            "\"not(2023-12-31, 2024-01-05)\" } reason: \"r\" } }"),
              kSplit);
  bench.SetStay("2023-12-20", "2024-01-05");
  EXPECT_EQ(bench.Run(100).verdict, Verdict::kSettled);
  EXPECT_EQ(bench.Of("v"), 16);
}

TEST(YearCrossing, WholeUnlessThePackageSplits) {
  for (const char* header : {"", kSplit}) {
    Bench bench(WriteStep("gate",
                          "gate { row { when { crosses_year: \"YES\" stay_part: "
                          "\"WHOLE_STAY\" } reason: \"r\" } }"),
                header);
    bench.SetStay("2023-12-20", "2024-01-05");
    EXPECT_EQ(bench.Run(100).verdict, header[0] == '\0' ? Verdict::kExcluded : Verdict::kSettled);
    bench.SetStay("2024-12-20", "2024-12-31");
    EXPECT_EQ(bench.Run(100).verdict, Verdict::kSettled);
  }
}

TEST(YearCrossing, APartOfALaterPartIsOne) {
  Bench bench(
      WriteStep("gate", "gate { row { when { stay_part: \"FIRST_PART\" } reason: \"r\" } }"),
      kSplit);
  bench.SetStay("2023-12-20", "2024-01-05");
  EXPECT_EQ(bench.Run(100).verdict, Verdict::kExcluded);
  bench.input.facts.SetEnum(Fact::kStayPart, StayPart::kLater);
  EXPECT_EQ(bench.Run(100).verdict, Verdict::kSettled);
}

}  // namespace
}  // namespace yijie::rules
