// The comparison must catch what is wrong: every row breaks one thing in a compiled program.

#include <functional>
#include <map>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "rules/loader.h"
#include "rules/row_index.h"
#include "tests/rules/comparison.h"
#include "tests/rules/good_package.h"

namespace yijie::rules {
namespace {

// The good package with more to go wrong in it.
std::string RichPackage() {
  return absl::StrCat(
      absl::StrReplaceAll(
          kGoodPackage,
          {{"points: \"2%\" }",
            "points: \"2%\" } adjust { own_factor: \"60%\" } adjust { factor: \"90%\" }"},
           {"accumulator { name: \"pool\" period: YEAR }",
            "accumulator { name: \"pool\" period: YEAR per_hosp_lv: true }"},
           {"each_further_baby: \"5\"", "each_further_baby: \"0.05\""},
           {"group { name",
            "ceiling { when { item_kind: \"DRUG\" } per: STAY amount: \"900\" } "
            "group { name"}}),
      R"policy(
accumulator { name: "quarter" period: QUARTER }
accumulator { name: "latest" period: HALF_YEAR }
step {
  id: "second" label: "p" cite: "s1 1" rounding: YUAN_TRUNC
  pay {
    fund: HOSPITAL
    base: "hifp_pay.beyond" base: "other_illness"
    row { when { care_admdvs: "41, 1101" } band { ratio: "35%" } }
    row { when { care_admdvs: "not(41, 1101)" } band { ratio: "15%" } }
    adjust { when { contribution_rate: "[6%..8%)" } points: "3%" times: "missed_years" }
    limit {
      accumulator: "quarter"
      row { when { hosp_lv: "not(LEVEL_3)" } amount: "300" }
      row { when { hosp_lv: "LEVEL_3" } amount: "none" }
    }
    limit { row { when { retire_date: "[2000-01-01..)" } of: "balc" at_most: "200" } }
  }
}
step {
  id: "cut" label: "s" cite: "s1 1"
  sum { of: "hifp_pay.over" }
}
step {
  id: "keep" label: "a" cite: "s1 1"
  accumulate { accumulator: "latest" of: "second" of: "base" replace: true }
}
step {
  id: "shared" label: "q" cite: "s1 1"
  quota {
    fund: MATERNITY fund_pay_type: "510300" mode: LIMIT base: "psn_part_amt"
    row { amount: "33.33" } each_further_baby: "25%" adjust { when { vbac: "YES" } plus: "-5.50" }
  }
}
)policy");
}

Step& StepOf(Program& program, absl::string_view id) {
  for (size_t i = 0; i < program.steps.size(); ++i) {
    if (program.step_text[i].id == id) return program.steps[i];
  }
  ADD_FAILURE() << "no step " << id;
  return program.steps.front();
}

Limit& LimitOf(Program& program, absl::string_view id) {
  return program.limits[StepOf(program, id).limits.begin];
}

Formula& FormulaOf(Program& program, absl::string_view id) {
  return program.formulas[program.rows[StepOf(program, id).rows.begin].formula];
}

// The first interval that a fact is held against.
Interval& IntervalOf(Program& program, Fact fact) {
  for (const Condition& condition : program.conditions) {
    if (condition.operand == Operand::kFact && condition.index == static_cast<uint16_t>(fact))
      return program.intervals[condition.values.begin];
  }
  ADD_FAILURE() << "no condition on the fact";
  return program.intervals.front();
}

struct Planted {
  const char* name;
  std::function<void(Program&)> plant;
};

std::vector<Planted> InBandsAndAmounts() {
  return {
      {"BandEndsOneFenLater",
       [](Program& p) {
         ++p.bands[0].to;
         ++p.bands[1].from;
       }},
      {"BandRatiosSwapped", [](Program& p) { std::swap(p.bands[0].ratio, p.bands[1].ratio); }},
      {"LastBandLost", [](Program& p) { --p.rows[StepOf(p, "hifp_pay").rows.begin].bands.end; }},
      {"LimitDropped", [](Program& p) { StepOf(p, "hifp_pay").limits = Slice(); }},
      {"LimitForgetsWhatWasPaid",
       [](Program& p) { LimitOf(p, "hifp_pay").accumulator = kNoAccumulator; }},
      {"LimitOfTheDeductibleDropped",
       [](Program& p) { StepOf(p, "act_pay_dedc").limits = Slice(); }},
      {"AdjustOrderChanged",
       [](Program& p) {
         const uint32_t first = StepOf(p, "hifp_pay").adjusts.begin;
         std::swap(p.adjusts[first], p.adjusts[first + 1]);
       }},
      {"OwnFactorTakenForFactor",
       [](Program& p) {
         p.adjusts[StepOf(p, "hifp_pay").adjusts.begin + 1].how = Adjust::How::kFactor;
       }},
      {"AdjustDropped", [](Program& p) { StepOf(p, "act_pay_dedc").adjusts = Slice(); }},
      {"RoundedDown", [](Program& p) { StepOf(p, "hifp_pay").rounding = Rounding::kFenTrunc; }},
      {"RoundedToEven",
       [](Program& p) { StepOf(p, "classify").rounding = Rounding::kFenHalfEven; }},
      {"RoundingOfAStepForgotten",
       [](Program& p) { StepOf(p, "second").rounding = Rounding::kFenHalfUp; }},
  };
}

std::vector<Planted> InConditionsAndTotals() {
  return {
      {"ConditionNegated", [](Program& p) { p.conditions[0].negated = !p.conditions[0].negated; }},
      {"IntervalEndBelongs", [](Program& p) { ++IntervalOf(p, Fact::kAge).high; }},
      {"IntervalBeginsLater", [](Program& p) { ++IntervalOf(p, Fact::kPric).low; }},
      {"AreaBeginsLater", [](Program& p) { IntervalOf(p, Fact::kCareAdmdvs).low += 1'000; }},
      {"PercentEndBelongs", [](Program& p) { ++IntervalOf(p, Fact::kContributionRate).high; }},
      {"UnknownDayFits", [](Program& p) { IntervalOf(p, Fact::kRetireDate).low = kNoDay; }},
      {"RightNotAsked",
       [](Program& p) {
         for (Condition& condition : p.conditions) {
           if (condition.test == Condition::Test::kHeld) condition.negated = true;
         }
       }},
      {"AmountOfARowWrong",
       [](Program& p) { p.rows[StepOf(p, "act_pay_dedc").rows.begin].amount += Fen(1); }},
      {"AlreadyPaidForgotten",
       [](Program& p) { StepOf(p, "act_pay_dedc").accumulator = kNoAccumulator; }},
      {"YearBeginsInJanuary", [](Program& p) { p.benefit_year_month = 1; }},
      {"TotalOfAllLevels", [](Program& p) { p.accumulators[0].per_hosp_lv = false; }},
      {"CountCountsMoney", [](Program& p) { p.accumulators[2].holds = Holds::kMoney; }},
      {"DayIsCounted", [](Program& p) { p.accumulators[3].holds = Holds::kCount; }},
      {"LifeBeginsAnew", [](Program& p) { p.accumulators[3].period = Period::kYear; }},
      {"QuarterTakenForMonth", [](Program& p) { p.accumulators[4].period = Period::kMonth; }},
      {"HalfYearTakenForYear", [](Program& p) { p.accumulators[5].period = Period::kYear; }},
      {"ReplaceAdds", [](Program& p) { StepOf(p, "keep").replace = false; }},
      {"AddReplaces", [](Program& p) { StepOf(p, "add").replace = true; }},
      {"AccumulatesAlways", [](Program& p) { StepOf(p, "leave").when = Slice(); }},
      {"SinceTakenForTheDay",
       [](Program& p) {
         for (Condition& condition : p.conditions) {
           if (condition.operand == Operand::kSince) condition.operand = Operand::kAccumulator;
         }
       }},
  };
}

std::vector<Planted> InClassifyAndSteps() {
  return {
      {"StayNotSplit", [](Program& p) { p.split_by_fee_day = false; }},
      {"CeilingOfTheDayForTheStay", [](Program& p) { p.ceilings[0].per_fee_day = false; }},
      {"CeilingOfTheStayForTheDay", [](Program& p) { p.ceilings[1].per_fee_day = true; }},
      {"CeilingDropped", [](Program& p) { --StepOf(p, "classify").ceilings.end; }},
      {"CeilingWrong", [](Program& p) { p.ceilings[0].amount += Fen(1); }},
      {"GroupOfAnotherBucket", [](Program& p) { p.groups[0].bucket = kInscpScpAmt; }},
      {"GroupOfAllLines", [](Program& p) { p.groups[0].when = Slice(); }},
      {"PriceLimitOfARowTaken",
       [](Program& p) {
         Row& row = p.rows[StepOf(p, "classify").rows.begin];
         row.has_price_limit = true;
         row.price_limit = Fen(100);
       }},
      {"ShareOfARowNotTaken",
       [](Program& p) { p.rows[StepOf(p, "classify").rows.begin].has_selfpay_prop = false; }},
      {"RowExcludes", [](Program& p) { p.rows[StepOf(p, "classify").rows.begin].exclude = true; }},
  };
}

std::vector<Planted> InFormulas() {
  return {
      {"RatioOfAFormulaWrong", [](Program& p) { FormulaOf(p, "base").ratio = Ratio(600'001); }},
      {"SumOfAFormulaLost", [](Program& p) { FormulaOf(p, "base").of = Slice(); }},
      {"TimesForgotten", [](Program& p) { FormulaOf(p, "allowance").times = Slice(); }},
      {"EveryForgotten", [](Program& p) { FormulaOf(p, "base").every = 1; }},
      {"EveryWrong", [](Program& p) { FormulaOf(p, "base").every = 8; }},
      {"DivideWrong", [](Program& p) { FormulaOf(p, "base").divide_1e4 = 300'000; }},
      {"DivideOfACountForgotten", [](Program& p) { FormulaOf(p, "weeks").divide_1e4 = 10'000; }},
      {"BoundsSwapped",
       [](Program& p) { std::swap(FormulaOf(p, "base").at_least, FormulaOf(p, "base").at_most); }},
      {"UpperBoundDropped", [](Program& p) { FormulaOf(p, "base").at_most = {}; }},
      {"LowerBoundDropped", [](Program& p) { FormulaOf(p, "base").at_least = {}; }},
      {"PlusTakenForSet",
       [](Program& p) {
         p.adjusts[StepOf(p, "base").adjusts.begin].how = Adjust::How::kSetAmount;
       }},
      {"PlusSignLost",
       [](Program& p) { p.adjusts[StepOf(p, "shared").adjusts.begin].amount = Fen(550); }},
      {"TimesOfAnAdjustForgotten",
       [](Program& p) { p.adjusts[StepOf(p, "base").adjusts.begin].times = Slice(); }},
      {"TimesOfPointsForgotten",
       [](Program& p) { p.adjusts[StepOf(p, "second").adjusts.begin].times = Slice(); }},
      {"GivenSwapped",
       [](Program& p) {
         for (Term& term : p.terms) {
           if (term.operand == Operand::kGiven) term.index = static_cast<uint16_t>(1 - term.index);
         }
       }},
      {"GuaranteeDropped", [](Program& p) { StepOf(p, "hifp_pay").at_least = RowSlice(); }},
      {"NoBoundForgotten",
       [](Program& p) { p.rows[LimitOf(p, "second").rows.end - 1].no_bound = false; }},
      {"SecondLimitDropped", [](Program& p) { --StepOf(p, "second").limits.end; }},
      {"FirstLimitDropped", [](Program& p) { ++StepOf(p, "second").limits.begin; }},
      {"OverAndBeyondSwapped",
       [](Program& p) { std::swap(StepOf(p, "hifp_pay").over, StepOf(p, "hifp_pay").beyond); }},
      {"HospitalTakenForAFund", [](Program& p) { StepOf(p, "second").fund = Fund::kHifp; }},
      {"ShareOfABabyForgotten",
       [](Program& p) { StepOf(p, "shared").each_further_baby_share = Ratio(); }},
      {"BenefitBoundDropped", [](Program& p) { StepOf(p, "allowance").limits = Slice(); }},
      {"BenefitTakenForAValue", [](Program& p) { StepOf(p, "allowance").kind = StepKind::kValue; }},
      {"TermSignLost",
       [](Program& p) { p.terms[StepOf(p, "hifp_pay").base.begin + 1].negative = false; }},
      {"StartLost", [](Program& p) { StepOf(p, "hifp_pay").start = Slice(); }},
      {"GateOpen", [](Program& p) { StepOf(p, "gate").rows.end = StepOf(p, "gate").rows.begin; }},
      {"QuotaFixed", [](Program& p) { StepOf(p, "birth").fixed_quota = true; }},
      {"BabyForgotten", [](Program& p) { StepOf(p, "birth").each_further_baby = Fen(); }},
      {"AccountOrderReversed",
       [](Program& p) {
         std::swap(StepOf(p, "acct_pay").order[0], StepOf(p, "acct_pay").order[1]);
       }},
      {"RelativesPayBeforeTheFunds",
       [](Program& p) { StepOf(p, "acct_pay").relatives_pay = true; }},
      {"PayFirstShareOfARowLost", [](Program& p) { StepOf(p, "classify").rows = RowSlice(); }},
      {"CapKeepsTheRest",
       [](Program& p) { std::swap(StepOf(p, "capped").out, StepOf(p, "capped").over); }},
      {"DeductibleNotReported",
       [](Program& p) { StepOf(p, "act_pay_dedc").reports_deductible = false; }},
  };
}

std::vector<Planted> PlantedDefects() {
  std::vector<Planted> all;
  for (const auto& part :
       {InBandsAndAmounts(), InConditionsAndTotals(), InClassifyAndSteps(), InFormulas()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

class PlantedDefect : public testing::TestWithParam<Planted> {};

std::string FirstDifference(const Program& program, const v1::Package& package) {
  std::map<std::string, int64_t> verdicts;
  for (uint64_t seed = 0; seed < 3'000; ++seed) {
    Random random(seed);
    std::string difference = CompareHistory(program, package, random, &verdicts);
    if (!difference.empty()) return difference;
  }
  EXPECT_GT(verdicts["SETTLED"], 3'000);
  return "";
}

TEST_P(PlantedDefect, IsCaught) {
  v1::Package package;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(RichPackage(), &package));
  const auto program = CompilePackage("rich.policy", RichPackage());
  ASSERT_TRUE(program.ok()) << program.status().message();
  Program broken = **program;
  GetParam().plant(broken);
  IndexRows(broken);
  EXPECT_NE(FirstDifference(broken, package), "");
}

INSTANTIATE_TEST_SUITE_P(Rows, PlantedDefect, testing::ValuesIn(PlantedDefects()),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(PlantedDefects, TheUnbrokenProgramPasses) {
  v1::Package package;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(RichPackage(), &package));
  const auto program = CompilePackage("rich.policy", RichPackage());
  ASSERT_TRUE(program.ok()) << program.status().message();
  EXPECT_EQ(FirstDifference(**program, package), "");
}

}  // namespace
}  // namespace yijie::rules
