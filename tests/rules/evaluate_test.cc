// What each step and each switch does, one small package at a time. Amounts are fen; packages are
// written in yuan.

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/rules/evaluation_bench.h"

namespace yijie::rules {
namespace {

// --- classify

TEST(Classify, FourBucketsOfALine) {
  Bench bench("");
  Line& limited = bench.AddLine(10'000);
  bench.item().price_limit = Fen(3'000);
  bench.item().selfpay_prop = Ratio(100'000);
  limited.cnt_1e4 = 25'000;  // two and a half at no more than 30.00
  const Decision& decision = bench.Run();
  EXPECT_EQ(decision.lines[0].fulamt_ownpay, Fen(0));
  EXPECT_EQ(decision.lines[0].overlmt, Fen(2'500));
  EXPECT_EQ(decision.lines[0].preselfpay, Fen(750));
  EXPECT_EQ(decision.lines[0].inscp, Fen(6'750));
  EXPECT_EQ(decision.amount[kMedfeeSumamt], Fen(10'000));
  EXPECT_EQ(bench.Of("classify"), 6'750);
  EXPECT_EQ(bench.Person(), 10'000);
}

TEST(Classify, OutsideTheScopeIsWhollyOwnPay) {
  Bench bench("");
  bench.AddLine(100).item = nullptr;
  bench.AddLine(200);
  bench.item().item_class = ItemClass::kC;
  bench.AddLine(400).outside_restriction = true;
  bench.AddLine(800);
  const Decision& decision = bench.Run();
  EXPECT_EQ(decision.amount[kFulamtOwnpayAmt], Fen(700));
  EXPECT_EQ(decision.amount[kInscpScpAmt], Fen(800));
  EXPECT_EQ(decision.lines[0].selfpay_prop, Ratio(Ratio::kOne));
}

TEST(Classify, RowReplacesTheShareOfTheCatalogue) {
  Bench bench("", "",
              "classify { row { when { chrgitm_lv: \"CLASS_B\" pric: \"[10..)\" } selfpay_prop: "
              "\"20%\" } }");
  bench.AddLine(1'000);  // 10.00 a piece, class B: the row's
  bench.item().item_class = ItemClass::kB;
  bench.item().selfpay_prop = Ratio(50'000);
  bench.AddLine(999);  // too cheap: the catalogue's
  bench.item().item_class = ItemClass::kB;
  bench.item().selfpay_prop = Ratio(50'000);
  bench.AddLine(1'000);  // class A
  const Decision& decision = bench.Run();
  EXPECT_EQ(decision.lines[0].preselfpay, Fen(200));
  EXPECT_EQ(decision.lines[1].preselfpay, Fen(50));  // 49.95
  EXPECT_EQ(decision.lines[2].preselfpay, Fen(0));
}

TEST(Classify, TwoRowsForALineAreRefused) {
  Bench bench("", "",
              "classify { row { selfpay_prop: \"20%\" } row { when { item_kind: \"DRUG\" } "
              "selfpay_prop: \"10%\" } }");
  const Decision& decision = bench.Run(100);
  EXPECT_EQ(decision.verdict, Verdict::kTwoRows);
  EXPECT_EQ(bench.program().row_text[decision.refused_row].number, 2);
}

// --- gate

TEST(Gate, FirstRowThatMatchesSpeaks) {
  Bench bench(WriteStep("gate",
                        "gate { row { when { third_party: \"YES\" } reason: \"a\" } row { when { "
                        "emergency: \"YES\" } "
                        "reason: \"b\" incomplete: true } row { reason: \"c\" } }"));
  bench.input.facts.Set(Fact::kThirdParty, 1);
  bench.input.facts.Set(Fact::kEmergency, 1);
  EXPECT_EQ(bench.Run(100).verdict, Verdict::kExcluded);
  EXPECT_EQ(bench.program().row_text[bench.Run(100).refused_row].reason, "a");
  bench.input.facts.Set(Fact::kThirdParty, 0);
  EXPECT_EQ(bench.Run(100).verdict, Verdict::kLacksFigure);
  bench.input.facts.Set(Fact::kEmergency, 0);
  EXPECT_EQ(bench.program().row_text[bench.Run(100).refused_row].reason, "c");
  EXPECT_EQ(bench.Run(100).refused_step, 1);
}

TEST(Gate, LooksAtTotalsWithWhatThisClaimAdded) {
  Bench bench(WriteStep("add", "accumulate { accumulator: \"year\" of: \"inscp_scp_amt\" }") +
                  WriteStep("gate",
                            "gate { row { when { amount { of: \"acc:year\" is: \"(100..)\" } } "
                            "reason: \"a\" } }"),
              kYearTotal);
  EXPECT_EQ(bench.Run(10'000).verdict, Verdict::kSettled);
  EXPECT_EQ(bench.Run(10'001).verdict, Verdict::kExcluded);
  bench.Hold("year", "2024-01-01", 1);
  EXPECT_EQ(bench.Run(10'000).verdict, Verdict::kExcluded);
}

// --- deductible

TEST(DeductibleStep, TakesTheRowAtMostTheBase) {
  Bench bench(Deductible("row { amount: \"500\" }"));
  EXPECT_EQ(bench.Run(100'000).act_pay_dedc, Fen(50'000));
  EXPECT_EQ(bench.Run(49'999).act_pay_dedc, Fen(49'999));
  EXPECT_EQ(bench.Run(0).act_pay_dedc, Fen(0));
}

TEST(DeductibleStep, OnlyTheOneNamedSoIsActPayDedc) {
  Bench bench(WriteStep("other", "deductible { base: \"inscp_scp_amt\" row { amount: \"5\" } }"));
  EXPECT_EQ(bench.Run(1'000).act_pay_dedc, Fen(0));
  EXPECT_EQ(bench.Of("other"), 500);
}

TEST(DeductibleStep, NoRowAndTwoRowsAreRefused) {
  Bench bench(
      Deductible("row { when { hosp_lv: \"LEVEL_3, LEVEL_2\" } amount: \"9\" } "
                 "row { when { hosp_lv: \"not(LEVEL_1, LEVEL_2)\" } amount: \"5\" }"));
  const std::pair<int64_t, Verdict> rows[] = {{4, Verdict::kTwoRows},
                                              {3, Verdict::kSettled},
                                              {2, Verdict::kNoMatchingRow},
                                              {1, Verdict::kSettled}};
  for (const auto& [level, verdict] : rows) {
    bench.input.facts.Set(Fact::kHospLv, level);
    EXPECT_EQ(bench.Run(1'000).verdict, verdict) << level;
  }
  bench.input.facts.Set(Fact::kHospLv, 2);
  EXPECT_EQ(bench.Run(1'000).refused_row, kNoRow);
  EXPECT_EQ(bench.Run(1'000).refused_step, 1);
}

TEST(DeductibleStep, AdjustsApplyInOrder) {
  Bench bench(Deductible(
      "row { amount: \"100\" } adjust { when { emergency: \"YES\" } set: \"80\" } "
      "adjust { factor: \"50%\" } adjust { when { age: \"[0..14]\" } factor: \"10%\" }"));
  bench.input.facts.Set(Fact::kAge, 30);
  EXPECT_EQ(bench.Run(100'000).act_pay_dedc, Fen(5'000));
  bench.input.facts.Set(Fact::kEmergency, 1);
  EXPECT_EQ(bench.Run(100'000).act_pay_dedc, Fen(4'000));
  bench.input.facts.Set(Fact::kAge, 14);
  EXPECT_EQ(bench.Run(100'000).act_pay_dedc, Fen(400));
}

TEST(DeductibleStep, AlreadyPaidCountsAndWhatIsTakenIsAdded) {
  Bench bench(Deductible("row { amount: \"500\" } already: \"year\""), kYearTotal);
  EXPECT_EQ(bench.Run(30'000).act_pay_dedc, Fen(30'000));
  EXPECT_EQ(bench.Added("year"), 30'000);
  bench.Hold("year", "2024-01-01", 30'000);
  EXPECT_EQ(bench.Run(30'000).act_pay_dedc, Fen(20'000));
  EXPECT_EQ(bench.Added("year"), 20'000);
  bench.Hold("year", "2024-01-01", 20'000);
  EXPECT_EQ(bench.Run(30'000).act_pay_dedc, Fen(0));
  EXPECT_EQ(bench.Added("year"), 0);
}

// SHAPES.md cell 6: half of 1,600 would be 800, but the year's total is 2,000 and 1,600 are paid.
TEST(DeductibleStep, LimitBoundsTheYear) {
  Bench bench(
      Deductible("row { amount: \"1600\" } adjust { factor: \"50%\" } "
                 "limit { accumulator: \"year\" row { amount: \"2000\" } }") +
          Pay("row { band { ratio: \"82%\" } }", "base: \"inscp_scp_amt\" base: \"-act_pay_dedc\""),
      kYearTotal);
  bench.Hold("year", "2024-01-01", 160'000);
  EXPECT_EQ(bench.Run(3'000'000).act_pay_dedc, Fen(40'000));
  EXPECT_EQ(bench.Of("hifp_pay"), 2'427'200);
  EXPECT_EQ(bench.Added("year"), 40'000);
}

// SHAPES.md cell 7: per year 300, visits of 400 and 400.
TEST(DeductibleStep, TwoVisitsShareAYearlyDeductible) {
  Bench bench(
      Deductible("row { amount: \"300\" } already: \"year\"") +
          Pay("row { band { ratio: \"60%\" } }", "base: \"inscp_scp_amt\" base: \"-act_pay_dedc\""),
      kYearTotal);
  bench.Run(40'000);
  EXPECT_EQ(bench.Of("hifp_pay"), 6'000);
  bench.Hold("year", "2024-01-01", bench.Added("year"));
  bench.Run(40'000);
  EXPECT_EQ(bench.Of("hifp_pay"), 24'000);
}

// --- pay

// SHAPES.md cell 1: bands on absolute amounts begin at the deductible.
TEST(PayStep, StartPutsTheMoneyOnTheBandAxis) {
  Bench bench(Deductible("row { amount: \"400\" }") +
              Pay("start: \"act_pay_dedc\" row { band { to: \"1500\" ratio: \"63%\" } band { "
                  "ratio: \"83%\" } }",
                  "base: \"inscp_scp_amt\" base: \"-act_pay_dedc\""));
  const Decision& decision = bench.Run(1'000'000);
  EXPECT_EQ(bench.Of("hifp_pay"), 774'800);
  EXPECT_EQ(bench.Person(), 225'200);
  ASSERT_EQ(decision.funds.size(), 1U);
  EXPECT_EQ(decision.funds[0].fund, Fund::kHifp);
  EXPECT_EQ(decision.trace.back().base, Fen(850'000));
  EXPECT_EQ(decision.trace.back().ratio, Ratio(830'000));
}

TEST(PayStep, WithoutStartTheBandsLieOnTheExcess) {
  Bench bench(Deductible("row { amount: \"400\" }") +
              Pay("row { band { to: \"1500\" ratio: \"63%\" } band { ratio: \"83%\" } }",
                  "base: \"inscp_scp_amt\" base: \"-act_pay_dedc\""));
  bench.Run(1'000'000);
  EXPECT_EQ(bench.Of("hifp_pay"), 94'500 + 672'300);
}

TEST(PayStep, EndOfABandBelongsToIt) {
  Bench bench(Pay("row { band { to: \"10\" ratio: \"100%\" } band { ratio: \"0%\" } }"));
  EXPECT_EQ((bench.Run(999), bench.Of("hifp_pay")), 999);
  EXPECT_EQ((bench.Run(1'000), bench.Of("hifp_pay")), 1'000);
  EXPECT_EQ((bench.Run(1'001), bench.Of("hifp_pay")), 1'000);
}

// SHAPES.md cell 3: four bands on one admission; cell 4: retired bear 60 % of the own share.
TEST(PayStep, OwnFactorMultipliesTheOwnShareOfEveryBand) {
  Bench bench(
      Pay("row { band { to: \"1300\" ratio: \"0%\" } band { to: \"30000\" ratio: \"85%\" } band { "
          "to: \"40000\" "
          "ratio: \"90%\" } band { to: \"100000\" ratio: \"95%\" } band { ratio: \"85%\" } } "
          "adjust { when { psn_type: \"RETIRED\" } own_factor: \"60%\" }"));
  bench.input.facts.SetEnum(Fact::kPsnType, PersonType::kInService);
  EXPECT_EQ((bench.Run(12'000'000), bench.Of("hifp_pay")), 10'739'500);
  bench.input.facts.SetEnum(Fact::kPsnType, PersonType::kRetired);
  // 91 %, 94 %, 97 %, 91 %; the band of 0 % stays.
  EXPECT_EQ((bench.Run(12'000'000), bench.Of("hifp_pay")),
            2'611'700 + 940'000 + 5'820'000 + 1'820'000);
}

TEST(PayStep, AdjustsOfARatioAndTheirBounds) {
  struct Row {
    const char* adjusts;
    int64_t paid;  // of 1,000.00 at 60 %
  };
  const Row rows[] = {{"adjust { points: \"-5%\" }", 55'000},
                      {"adjust { points: \"+5%\" }", 65'000},
                      {"adjust { points: \"50%\" }", 100'000},
                      {"adjust { points: \"-70%\" }", 0},
                      {"adjust { factor: \"50%\" }", 30'000},
                      {"adjust { own_factor: \"50%\" }", 80'000},
                      {"adjust { set: \"70%\" }", 70'000},
                      {"adjust { points: \"10%\" } adjust { factor: \"50%\" }", 35'000},
                      {"adjust { factor: \"50%\" } adjust { points: \"10%\" }", 40'000},
                      {"adjust { when { emergency: \"YES\" } points: \"10%\" }", 60'000}};
  for (const Row& row : rows) {
    Bench bench(Pay(absl::StrCat("row { band { ratio: \"60%\" } } ", row.adjusts)));
    bench.Run(100'000);
    EXPECT_EQ(bench.Of("hifp_pay"), row.paid) << row.adjusts;
  }
}

TEST(PayStep, LimitBoundsThePaymentAndIsAddedTo) {
  Bench bench(Pay("row { band { ratio: \"50%\" } } limit { accumulator: \"year\" row { amount: "
                  "\"100\" } }"),
              kYearTotal);
  EXPECT_EQ((bench.Run(10'000), bench.Of("hifp_pay")), 5'000);
  EXPECT_EQ(bench.Added("year"), 5'000);
  EXPECT_EQ((bench.Run(30'000), bench.Of("hifp_pay")), 10'000);
  bench.Hold("year", "2024-01-01", 9'000);
  const Decision& decision = bench.Run(30'000);
  EXPECT_EQ(bench.Of("hifp_pay"), 1'000);
  EXPECT_EQ(decision.trace.back().note, Note::kLimited);
  EXPECT_NE(decision.trace.back().limit_row, kNoRow);
  bench.Hold("year", "2024-01-01", 9'000);  // above the limit already
  EXPECT_EQ((bench.Run(30'000), bench.Of("hifp_pay")), 0);
}

// 4,000.00 at 85 % are reached at 4,705.882, so 4,705.88 are used up.
TEST(PayStep, MoneyBeyondALimitIsToTheNearestFen) {
  Bench bench(Pay("row { band { ratio: \"85%\" } } limit { row { amount: \"4000\" } }") +
              WriteStep("rest", "sum { of: \"hifp_pay.beyond\" }"));
  bench.Run(4'121'047);
  EXPECT_EQ(bench.Of("rest"), 3'650'459);
}

TEST(PayStep, LimitWithoutAMatchingRowBoundsNothingAndTwoRowsAreRefused) {
  Bench bench(
      Pay("row { band { ratio: \"50%\" } } limit { row { when { age: \"[0..10]\" } amount: \"1\" } "
          "row { when { "
          "age: \"[5..20]\" } amount: \"2\" } }"));
  bench.input.facts.Set(Fact::kAge, 30);
  EXPECT_EQ((bench.Run(10'000), bench.Of("hifp_pay")), 5'000);
  bench.input.facts.Set(Fact::kAge, 3);
  EXPECT_EQ((bench.Run(10'000), bench.Of("hifp_pay")), 100);
  bench.input.facts.Set(Fact::kAge, 7);
  EXPECT_EQ(bench.Run(10'000).verdict, Verdict::kTwoRows);
}

TEST(PayStep, NoMoreThanThePersonStillOwes) {
  Bench bench(
      Pay("row { band { ratio: \"80%\" } }") +
      WriteStep(
          "second",
          "pay { fund: MAF fund_pay_type: \"610100\" base: \"inscp_scp_amt\" row { band { ratio: "
          "\"100%\" } } }"));
  bench.Run(10'000);
  EXPECT_EQ(bench.Of("second"), 2'000);
  EXPECT_EQ(bench.Person(), 0);
}

TEST(PayStep, BandsOfAYearlyTotalGoOnWhereTheLastClaimEnded) {
  Bench bench(Pay("start: \"acc:year\" row { band { to: \"100\" ratio: \"0%\" } band { ratio: "
                  "\"60%\" } }") +
                  WriteStep("add", "accumulate { accumulator: \"year\" of: \"inscp_scp_amt\" }"),
              kYearTotal);
  EXPECT_EQ((bench.Run(8'000), bench.Of("hifp_pay")), 0);
  bench.Hold("year", "2024-01-01", 8'000);
  EXPECT_EQ((bench.Run(8'000), bench.Of("hifp_pay")), 3'600);
  EXPECT_EQ(bench.Added("year"), 8'000);
}

TEST(Rounding, OfThePackageDecides) {
  // 33 fen at 50 %: 16.5; 250 fen at 50 %: 1.25 yuan.
  const std::tuple<const char*, int64_t, int64_t> rows[] = {
      {"FEN_HALF_UP", 33, 17},    {"FEN_TRUNC", 33, 16},   {"FEN_HALF_EVEN", 33, 16},
      {"FEN_HALF_EVEN", 35, 18},  {"FEN_CEIL", 33, 17},    {"YUAN_HALF_UP", 250, 100},
      {"YUAN_HALF_UP", 300, 200}, {"YUAN_TRUNC", 399, 100}};
  for (const auto& [rounding, fen, paid] : rows) {
    Bench bench(Pay("row { band { ratio: \"50%\" } }"), absl::StrCat("rounding: ", rounding));
    bench.Run(fen);
    EXPECT_EQ(bench.Of("hifp_pay"), paid) << rounding;
  }
}

TEST(Rounding, SumOfBandsIsRoundedOnce) {
  // 1 fen at 40 % and 1 at 20 %: 0.6, one fen; rounded apart it would be none.
  Bench bench(Pay("row { band { to: \"0.01\" ratio: \"40%\" } band { ratio: \"20%\" } }"));
  bench.Run(2);
  EXPECT_EQ(bench.Of("hifp_pay"), 1);
}

// --- cap, quota, sum, accumulate

TEST(CapStep, SplitsAtTheBound) {
  Bench bench(WriteStep("cap",
                        "cap { base: \"inscp_scp_amt\" limit { accumulator: \"year\" row { amount: "
                        "\"100\" } } }"),
              kYearTotal);
  bench.Run(12'345);
  EXPECT_EQ(bench.Of("cap"), 10'000);
  EXPECT_EQ(bench.Over("cap"), 2'345);
  EXPECT_EQ(bench.Added("year"), 10'000);
  bench.Run(10'000);
  EXPECT_EQ(bench.Over("cap"), 0);
}

TEST(CapStep, WhatIsOverHasAName) {
  Bench bench(
      WriteStep("cap", "cap { base: \"inscp_scp_amt\" limit { row { amount: \"100\" } } }") +
      WriteStep("rest", "sum { of: \"cap.over\" }"));
  bench.Run(12'345);
  EXPECT_EQ(bench.Of("rest"), 2'345);
}

std::string Quota(const char* mode) {
  return WriteStep(
      "birth",
      absl::StrCat("quota { fund: MATERNITY fund_pay_type: \"510100\" mode: ", mode,
                   " base: \"inscp_scp_amt\" row { amount: \"50\" } each_further_baby: \"5\" }"));
}

TEST(QuotaStep, LimitPaysTheCostUpToTheAmount) {
  Bench bench(Quota("LIMIT"));
  bench.input.facts.Set(Fact::kFetusCnt, 1);
  EXPECT_EQ((bench.Run(8'000), bench.Of("birth")), 5'000);
  EXPECT_EQ(bench.Person(), 3'000);
  EXPECT_EQ((bench.Run(4'000), bench.Of("birth")), 4'000);
  bench.input.facts.Set(Fact::kFetusCnt, 3);
  EXPECT_EQ((bench.Run(8'000), bench.Of("birth")), 6'000);
  bench.input.facts.Set(Fact::kFetusCnt, 0);
  EXPECT_EQ((bench.Run(8'000), bench.Of("birth")), 5'000);
}

TEST(QuotaStep, FixedLeavesTheDifferenceToTheHospital) {
  Bench bench(Quota("FIXED"));
  bench.input.facts.Set(Fact::kFetusCnt, 1);
  EXPECT_EQ(bench.Run(8'000).hosp_part, Fen(3'000));
  EXPECT_EQ(bench.Of("birth"), 5'000);
  EXPECT_EQ(bench.Person(), 0);
  EXPECT_EQ(bench.Run(4'000).hosp_part, Fen(-1'000));
  bench.input.facts.Set(Fact::kFetusCnt, 2);
  EXPECT_EQ(bench.Run(4'000).hosp_part, Fen(-1'500));
}

TEST(SumStep, NegativeCountsAsNothing) {
  Bench bench(WriteStep("a", "sum { of: \"inscp_scp_amt\" of: \"inscp_scp_amt\" }") +
              WriteStep("b", "sum { of: \"inscp_scp_amt\" of: \"-a\" }"));
  bench.Run(700);
  EXPECT_EQ(bench.Of("a"), 1'400);
  EXPECT_EQ(bench.Of("b"), 0);
}

TEST(AccumulateStep, CountsOrAdds) {
  Bench bench(
      WriteStep("one", "accumulate { accumulator: \"visits\" }") +
          WriteStep(
              "add",
              "accumulate { accumulator: \"year\" of: \"inscp_scp_amt\" of: \"-classify\" of: "
              "\"inscp_scp_amt\" }"),
      absl::StrCat(kYearTotal, " accumulator { name: \"visits\" period: YEAR holds: COUNT }"));
  bench.Run(700);
  EXPECT_EQ(bench.Added("visits"), 1);
  EXPECT_EQ(bench.Added("year"), 700);
  EXPECT_EQ(bench.Of("one"), 0);
}

// --- accumulators

TEST(Accumulator, PeriodsBeginWhereTheyShould) {
  const std::tuple<const char*, const char*, const char*, const char*> rows[] = {
      {"YEAR", "", "2024-03-15", "2024-01-01"},
      {"YEAR", "07-01", "2024-06-30", "2023-07-01"},
      {"YEAR", "07-01", "2024-07-01", "2024-07-01"},
      {"YEAR", "12-31", "2024-12-30", "2023-12-31"},
      {"MONTH", "07-01", "2024-02-29", "2024-02-01"},
      {"DAY", "07-01", "2024-02-29", "2024-02-29"},
      {"QUARTER", "", "2024-06-30", "2024-04-01"},
      {"QUARTER", "07-01", "2024-03-31", "2024-01-01"},
      {"QUARTER", "12-31", "2024-06-29", "2024-03-31"},
      {"QUARTER", "12-31", "2024-06-30", "2024-06-30"},
      {"HALF_YEAR", "08-31", "2024-02-29", "2024-02-29"},
      {"HALF_YEAR", "", "2024-06-30", "2024-01-01"},
      {"HALF_YEAR", "", "2024-07-01", "2024-07-01"},
      {"LIFE", "07-01", "2024-02-29", "1900-01-01"}};
  for (const auto& [period, start, day, expected] : rows) {
    Bench bench(WriteStep("add", "accumulate { accumulator: \"t\" of: \"inscp_scp_amt\" }"),
                absl::StrCat("accumulator { name: \"t\" period: ", period,
                             " } benefit_year_start: \"", start, "\""));
    bench.SetDay(day);
    bench.Run(5);
    AccumulatorKey key;
    EXPECT_EQ(bench.Added("t", &key), 5);
    EXPECT_EQ(FormatDate(key.period), expected) << period << " " << start;
  }
}

TEST(Accumulator, KeysSeparateTotals) {
  Bench bench(
      WriteStep(
          "gate",
          "gate { row { when { amount { of: \"acc:t\" is: \"[1..)\" } } reason: \"held\" } }") +
          WriteStep("add", "accumulate { accumulator: \"t\" of: \"inscp_scp_amt\" }"),
      "accumulator { name: \"t\" period: YEAR per_institution: true per_hosp_lv: true "
      "per_dise_codg: true }");
  bench.input.facts.Set(Fact::kHospLv, 4);
  bench.input.dise_codg = Intern("M1");
  bench.Run(500);
  AccumulatorKey key;
  EXPECT_EQ(bench.Added("t", &key), 500);
  EXPECT_EQ(key.institution, Intern("H1"));
  EXPECT_EQ(key.dise_codg, Intern("M1"));
  EXPECT_EQ(key.hosp_lv, 4);
  bench.totals.push_back({key, 500});
  EXPECT_EQ(bench.Run(500).verdict, Verdict::kExcluded);
  bench.input.institution = Intern("H2");
  EXPECT_EQ(bench.Run(500).verdict, Verdict::kSettled);
  bench.input.institution = Intern("H1");
  bench.input.facts.Set(Fact::kHospLv, 3);
  EXPECT_EQ(bench.Run(500).verdict, Verdict::kSettled);
  bench.input.facts.Set(Fact::kHospLv, 4);
  bench.input.dise_codg = Symbol::kNone;
  EXPECT_EQ(bench.Run(500).verdict, Verdict::kSettled);
  EXPECT_EQ(bench.Added("t"), 500);
  key.dise_codg = Symbol::kNone;
  bench.totals.push_back({key, 500});
  EXPECT_EQ(bench.Run(500).verdict, Verdict::kExcluded) << "leaving the code out opens nothing";
}

// --- account

std::string Account(const char* body) {
  return WriteStep("acct_pay", absl::StrCat("account { ", body, " }"));
}

TEST(AccountStep, PaysInOrderWhatItMay) {
  Bench bench(
      Account("of: \"psn_part_amt\" of: \"-fulamt_ownpay_amt\" order: \"PAST_YEARS\" order: "
              "\"CURRENT_YEAR\""));
  bench.input.account = {Fen(300), Fen(500)};
  EXPECT_EQ(bench.Run(1'000).acct_pay(), Fen(0));  // the claim does not allow it
  bench.input.account_allowed = true;
  EXPECT_EQ(bench.Run(600).account_paid[1], Fen(500));
  EXPECT_EQ(bench.Run(600).account_paid[0], Fen(100));
  EXPECT_EQ(bench.Run(1'000).acct_pay(), Fen(800));
  bench.AddLine(50).item = nullptr;  // own pay, not for the account
  bench.input.account = {Fen(5'000), Fen(5'000)};
  EXPECT_EQ(bench.Run().acct_pay(), Fen(1'000));
}

TEST(AccountStep, OnlyTheSubAccountsNamed) {
  Bench bench(Account("of: \"psn_part_amt\" order: \"PAST_YEARS\""));
  bench.input.account_allowed = true;
  bench.input.account = {Fen(300), Fen(500)};
  EXPECT_EQ(bench.Run(1'000).account_paid[0], Fen(0));
  EXPECT_EQ(bench.Run(1'000).account_paid[1], Fen(500));
}

TEST(AccountStep, WhereItMayBeUsed) {
  Bench bench(Account("of: \"psn_part_amt\" order: \"CURRENT_YEAR\" when { kind: \"PHARMACY\" }"));
  bench.input.account_allowed = true;
  bench.input.account = {Fen(300), Fen(0)};
  bench.input.facts.Set(Fact::kKind, 1);
  EXPECT_EQ(bench.Run(1'000).acct_pay(), Fen(0));
  bench.input.facts.Set(Fact::kKind, 2);
  EXPECT_EQ(bench.Run(1'000).acct_pay(), Fen(300));
}

// Shanghai: this year's account goes before the deductible; relatives pay what is left of the
// share.
TEST(AccountStep, RelativesPayBehindDeductibleAndFundsOnly) {
  Bench bench(WriteStep("stage", "account { of: \"inscp_scp_amt\" order: \"CURRENT_YEAR\" }") +
              WriteStep("open", "sum { of: \"inscp_scp_amt\" of: \"-stage\" }") +
              WriteStep("act_pay_dedc", "deductible { base: \"open\" row { amount: \"500\" } }") +
              Pay("row { band { ratio: \"70%\" } }", "base: \"open\" base: \"-act_pay_dedc\"") +
              WriteStep("share", "sum { of: \"open\" of: \"-hifp_pay\" }") +
              Account("of: \"share\" order: \"PAST_YEARS\""));
  bench.input.account_allowed = true;
  bench.input.family_offered = Fen(1'000'000);
  EXPECT_EQ(bench.Run(100'000).family_paid, Fen(65'000));
  EXPECT_EQ(bench.Of("stage"), 0);
  EXPECT_EQ(bench.Of("hifp_pay"), 35'000);
  // Own money of this year stays where it was; own money of past years goes before relatives'.
  bench.input.account = {Fen(20'000), Fen(5'000)};
  EXPECT_EQ(bench.Run(100'000).family_paid, Fen(54'000));
  EXPECT_EQ(bench.Of("hifp_pay"), 21'000);
  bench.input.family_offered = Fen(100);
  EXPECT_EQ(bench.Run(100'000).family_paid, Fen(100));
}

TEST(AccountStep, RelativesDoNotPayWhereAQuotaFollows) {
  Bench bench(Account("of: \"inscp_scp_amt\" order: \"CURRENT_YEAR\"") +
              WriteStep("quota",
                        "quota { fund: MATERNITY fund_pay_type: \"510100\" mode: LIMIT base: "
                        "\"psn_part_amt\" row { amount: \"10\" } }"));
  bench.input.account_allowed = true;
  bench.input.family_offered = Fen(1'000'000);
  EXPECT_EQ(bench.Run(5'000).family_paid, Fen(0));
  EXPECT_EQ(bench.Of("quota"), 1'000);
}

// --- conditions

TEST(Condition, EveryCellAsksItsFact) {
  const std::tuple<const char*, Fact, int64_t, int64_t> rows[] = {
      {"kind: \"PHARMACY\"", Fact::kKind, 2, 1},
      {"hosp_lv: \"LEVEL_2\"", Fact::kHospLv, 3, 4},
      {"hosp_grade: \"GRADE_A\"", Fact::kHospGrade, 1, 0},
      {"hosp_place: \"CITY\"", Fact::kHospPlace, 3, 2},
      {"price_class: \"[2..3]\"", Fact::kPriceClass, 2, 1},
      {"care_place: \"IN_PROVINCE\"", Fact::kCarePlace, 1, 2},
      {"registration: \"REFERRAL\"", Fact::kRegistration, 2, 1},
      {"psn_type: \"RESIDENT\"", Fact::kPsnType, 4, 3},
      {"age: \"[60..)\"", Fact::kAge, 60, 59},
      {"assistance: \"not(ASSISTANCE_NONE)\"", Fact::kAssistance, 2, 0},
      {"cvlserv: \"YES\"", Fact::kCvlserv, 1, 0},
      {"emergency: \"NO\"", Fact::kEmergency, 0, 1},
      {"third_party: \"YES\"", Fact::kThirdParty, 1, 0},
      {"injury: \"RECOGNISED\"", Fact::kInjury, 2, 1},
      {"delivery: \"CAESAREAN\"", Fact::kDelivery, 3, 1},
      {"fetus_cnt: \"2\"", Fact::kFetusCnt, 2, 1},
      {"geso_weeks: \"(..28)\"", Fact::kGesoWeeks, 27, 28},
      {"stay_days: \"not([0..1])\"", Fact::kStayDays, 2, 1},
      {"begndate: \"(..2024-01-01)\"", Fact::kBegndate, 19'722, 19'723},
      {"enddate: \"2024-01-01\"", Fact::kEnddate, 19'723, 19'724},
      {"fixmedins_code: \"not(H2)\"", Fact::kFixmedinsCode, static_cast<int64_t>(Intern("H1")),
       static_cast<int64_t>(Intern("H2"))},
      {"care_admdvs: \"4116\"", Fact::kCareAdmdvs, 411'699, 411'700},
      {"care_admdvs: \"11, 411602\"", Fact::kCareAdmdvs, 110'105, 411'699},
      {"brdy: \"[2000-01-01..)\"", Fact::kBrdy, 10'957, 10'956},
      {"age_days: \"[0..28]\"", Fact::kAgeDays, 28, 29},
      {"retire_date: \"(..2020-01-01)\"", Fact::kRetireDate, 18'261, kNoDay},
      {"retire_date: \"not((..2020-01-01))\"", Fact::kRetireDate, kNoDay, 18'261},
      {"work_date: \"[1990-01-01..)\"", Fact::kWorkDate, 7'305, kNoDay},
      {"insured_days: \"(180..)\"", Fact::kInsuredDays, 181, 180},
      {"insured_months: \"[6..)\"", Fact::kInsuredMonths, 6, 5},
      {"gap_months: \"[0..3]\"", Fact::kGapMonths, 3, 4},
      {"missed_years: \"[1..)\"", Fact::kMissedYears, 1, 0},
      {"repaired_years: \"0\"", Fact::kRepairedYears, 0, 1},
      {"paid_age_days: \"[1..90]\"", Fact::kPaidAgeDays, 90, 91},
      {"premium_tier: \"2\"", Fact::kPremiumTier, 2, 1},
      {"contribution_rate: \"[6%..7.5%)\"", Fact::kContributionRate, 60'000, 75'000},
      {"transfer: \"UP\"", Fact::kTransfer, 1, 2},
      {"stay_part: \"LATER_PART\"", Fact::kStayPart, 2, 1},
      {"advance: \"YES\"", Fact::kAdvance, 1, 0},
      {"vbac: \"YES\"", Fact::kVbac, 1, 0},
      {"analgesia: \"NO\"", Fact::kAnalgesia, 0, 1},
      {"med_type: \"21, 2101\"", Fact::kMedType, static_cast<int64_t>(Intern("2101")),
       static_cast<int64_t>(Intern("2102"))},
      {"dise_codg: \"not(M1)\"", Fact::kDiseCodg, static_cast<int64_t>(Intern("M2")),
       static_cast<int64_t>(Intern("M1"))}};
  for (const auto& [cell, fact, yes, no] : rows) {
    Bench bench(
        WriteStep("gate", absl::StrCat("gate { row { when { ", cell, " } reason: \"r\" } }")));
    bench.input.facts.Set(fact, yes);
    EXPECT_EQ(bench.Run(1).verdict, Verdict::kExcluded) << cell;
    bench.input.facts.Set(fact, no);
    EXPECT_EQ(bench.Run(1).verdict, Verdict::kSettled) << cell;
  }
}

TEST(Condition, RightIsOneOfThosePersonHolds) {
  Bench bench(
      Pay("row { when { right: \"HTN1, DM1\" } band { ratio: \"70%\" } } "
          "row { when { right: \"not(HTN1, DM1)\" } band { ratio: \"50%\" } }"));
  EXPECT_EQ(bench.Run(10'000).fund_pay_sumamt(), Fen(5'000));
  bench.rights = {Intern("OTHER1"), Intern("DM1")};
  EXPECT_EQ(bench.Run(10'000).fund_pay_sumamt(), Fen(7'000));
  bench.rights = {Intern("OTHER1")};
  EXPECT_EQ(bench.Run(10'000).fund_pay_sumamt(), Fen(5'000));
}

TEST(Condition, AllCellsOfARowMustHold) {
  Bench bench(
      WriteStep("gate",
                "gate { row { when { age: \"[60..)\" cvlserv: \"YES\" hosp_lv: \"-\" amount { of: "
                "\"inscp_scp_amt\" is: \"(1..2], (3..)\" } } reason: \"r\" } }"));
  const auto verdict = [&bench](int64_t age, int64_t cvlserv, int64_t fen) {
    bench.input.facts.Set(Fact::kAge, age);
    bench.input.facts.Set(Fact::kCvlserv, cvlserv);
    return bench.Run(fen).verdict;
  };
  EXPECT_EQ(verdict(60, 1, 200), Verdict::kExcluded);
  EXPECT_EQ(verdict(60, 1, 301), Verdict::kExcluded);
  EXPECT_EQ(verdict(59, 1, 200), Verdict::kSettled);
  EXPECT_EQ(verdict(60, 0, 200), Verdict::kSettled);
  EXPECT_EQ(verdict(60, 1, 100), Verdict::kSettled);
  EXPECT_EQ(verdict(60, 1, 300), Verdict::kSettled);
}

// --- Vectors worked out by hand: V1 by the parameters of Taiyuan 2023, the others by invented ones

TEST(Vectors, V1ResidentWithBigIllnessAndAssistance) {
  Bench bench(
      Deductible("row { amount: \"500\" }") +
          Pay("row { band { ratio: \"70%\" } }",
              "base: \"inscp_scp_amt\" base: \"-act_pay_dedc\"") +
          WriteStep("own", "sum { of: \"inscp_scp_amt\" of: \"-hifp_pay\" }") +
          WriteStep("hifmi_pay",
                    "pay { fund: HIFMI fund_pay_type: \"390200\" base: \"own\" start: \"acc:year\" "
                    "row { band { to: \"10000\" ratio: \"0%\" } band { ratio: \"60%\" } } }") +
          WriteStep("maf_pay",
                    "pay { fund: MAF fund_pay_type: \"610100\" base: \"own\" base: \"-hifmi_pay\" "
                    "row { band { ratio: \"70%\" } } }"),
      kYearTotal);
  bench.AddLine(120'340).item = nullptr;
  bench.AddLine(31'200 + 1'000'000);
  bench.item().price_limit = Fen(1'000'000);
  bench.AddLine(85'627);
  bench.item().selfpay_prop = Ratio(Ratio::kOne);
  bench.AddLine(627'068);
  bench.Hold("year", "2024-01-01", 600'000);
  const Decision& decision = bench.Run();
  EXPECT_EQ(decision.amount[kMedfeeSumamt], Fen(1'864'235));
  EXPECT_EQ(decision.amount[kFulamtOwnpayAmt], Fen(120'340));
  EXPECT_EQ(decision.amount[kOverlmtSelfpay], Fen(31'200));
  EXPECT_EQ(decision.amount[kPreselfpayAmt], Fen(85'627));
  EXPECT_EQ(decision.amount[kInscpScpAmt], Fen(1'627'068));
  EXPECT_EQ(decision.act_pay_dedc, Fen(50'000));
  EXPECT_EQ(bench.Of("hifp_pay"), 1'103'948);
  EXPECT_EQ(bench.Of("own"), 523'120);
  EXPECT_EQ(bench.Of("hifmi_pay"), 73'872);
  EXPECT_EQ(bench.Of("maf_pay"), 314'474);
  EXPECT_EQ(bench.Person(), 371'941);
}

TEST(Vectors, V1bDeductibleNotInTheBigIllnessBase) {
  Bench bench(
      Deductible("row { amount: \"500\" }") +
          Pay("row { band { ratio: \"70%\" } }",
              "base: \"inscp_scp_amt\" base: \"-act_pay_dedc\"") +
          WriteStep("own",
                    "sum { of: \"inscp_scp_amt\" of: \"-hifp_pay\" of: \"-act_pay_dedc\" }") +
          WriteStep("hifmi_pay",
                    "pay { fund: HIFMI fund_pay_type: \"390200\" base: \"own\" start: \"acc:year\" "
                    "row { band { to: \"10000\" ratio: \"0%\" } band { ratio: \"60%\" } } }"),
      kYearTotal);
  bench.Hold("year", "2024-01-01", 600'000);
  bench.Run(1'627'068);
  EXPECT_EQ(bench.Of("hifmi_pay"), 43'872);
}

TEST(Vectors, V3YearCrossing) {
  // M1: everything in the new year, 20,000 in scope; M2: 12,000 with the deductible, then 8,000
  // without.
  Bench bench(
      Deductible("row { amount: \"500\" } already: \"year\"") +
          Pay("row { band { ratio: \"70%\" } }", "base: \"inscp_scp_amt\" base: \"-act_pay_dedc\""),
      kYearTotal);
  EXPECT_EQ((bench.Run(2'000'000), bench.Of("hifp_pay")), 1'365'000);
  EXPECT_EQ((bench.Run(1'200'000), bench.Of("hifp_pay")), 805'000);
  bench.Hold("year", "2024-01-01", 50'000);
  EXPECT_EQ((bench.Run(800'000), bench.Of("hifp_pay")), 560'000);
}

TEST(Vectors, V5PointsLowerIsNotSelfPayFirst) {
  Bench points(Pay("row { band { ratio: \"70%\" } } adjust { points: \"-20%\" }"));
  EXPECT_EQ((points.Run(1'000'000), points.Of("hifp_pay")), 500'000);
  Bench first(Pay("row { band { ratio: \"70%\" } }"), "",
              "classify { row { selfpay_prop: \"20%\" } }");
  EXPECT_EQ((first.Run(1'000'000), first.Of("hifp_pay")), 560'000);
}

// V8 in 3.12: 7 lines of 3.31 at 15 % round line by line.
TEST(Vectors, V8PayFirstIsRoundedByLine) {
  Bench bench("");
  for (int i = 0; i < 7; ++i) {
    bench.AddLine(331);
    bench.item().selfpay_prop = Ratio(150'000);
  }
  EXPECT_EQ(bench.Run().amount[kPreselfpayAmt], Fen(350));
}

// --- exactness

TEST(Rounding, ExplanationOfAPaymentRoundedToYuanComesToThePayment) {
  Bench bench(Pay("row { band { ratio: \"100%\" } }"), "rounding: YUAN_HALF_UP");
  const Decision& decision = bench.Run(60);
  EXPECT_EQ(bench.Of("hifp_pay"), 60);
  Fen bands;
  Fen last;
  for (const Trace& trace : decision.trace) {
    if (trace.step != 1) continue;
    if (trace.has_ratio) bands += trace.amount;
    last = trace.amount;
  }
  EXPECT_TRUE(bands == Fen(60) || last == Fen(60)) << "the bands say " << bands.value();
}

TEST(Rounding, AdjustedRatiosStayExact) {
  // 33.3333 % of 33.3333 % is 11.11108888889 %; of 10,000,000.00 that is 1,111,108.89.
  Bench bench(Pay("row { band { ratio: \"33.3333%\" } } adjust { factor: \"33.3333%\" }"));
  bench.Run(1'000'000'000);
  EXPECT_EQ(bench.Of("hifp_pay"), 111'110'889);
}

}  // namespace
}  // namespace yijie::rules
