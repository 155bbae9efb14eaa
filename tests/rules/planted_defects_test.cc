// The comparison must catch what is wrong: every row breaks one thing in a compiled program.

#include <functional>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "rules/loader.h"
#include "tests/rules/comparison.h"
#include "tests/rules/good_package.h"

namespace yijie::rules {
namespace {

// The good package with more to go wrong in it.
std::string RichPackage() {
  return absl::StrReplaceAll(
      kGoodPackage, {{"points: \"2%\" }",
                      "points: \"2%\" } adjust { own_factor: \"60%\" } adjust { factor: \"90%\" }"},
                     {"accumulator { name: \"pool\" period: YEAR }",
                      "accumulator { name: \"pool\" period: YEAR per_hosp_lv: true }"},
                     {"each_further_baby: \"5\"", "each_further_baby: \"0.05\""}});
}

Step& StepOf(Program& program, absl::string_view id) {
  for (size_t i = 0; i < program.steps.size(); ++i) {
    if (program.step_text[i].id == id) return program.steps[i];
  }
  ADD_FAILURE() << "no step " << id;
  return program.steps.front();
}

struct Planted {
  const char* name;
  std::function<void(Program&)> plant;
};

std::vector<Planted> PlantedDefects() {
  return {
      {"BandEndsOneFenLater",
       [](Program& p) {
         ++p.bands[0].to;
         ++p.bands[1].from;
       }},
      {"BandRatiosSwapped", [](Program& p) { std::swap(p.bands[0].ratio, p.bands[1].ratio); }},
      {"LastBandLost", [](Program& p) { --p.rows[StepOf(p, "hifp_pay").rows.begin].bands.end; }},
      {"LimitDropped", [](Program& p) { StepOf(p, "hifp_pay").limit = Limit(); }},
      {"LimitForgetsWhatWasPaid",
       [](Program& p) { StepOf(p, "hifp_pay").limit.accumulator = kNoAccumulator; }},
      {"LimitOfTheDeductibleDropped",
       [](Program& p) { StepOf(p, "act_pay_dedc").limit = Limit(); }},
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
      {"RoundedDown", [](Program& p) { p.rounding = Rounding::kFenTrunc; }},
      {"RoundedToEven", [](Program& p) { p.rounding = Rounding::kFenHalfEven; }},
      {"ConditionNegated", [](Program& p) { p.conditions[0].negated = !p.conditions[0].negated; }},
      {"IntervalEndBelongs", [](Program& p) { ++p.intervals[1].high; }},
      {"IntervalBeginsLater", [](Program& p) { ++p.intervals[0].low; }},
      {"AmountOfARowWrong",
       [](Program& p) { p.rows[StepOf(p, "act_pay_dedc").rows.begin].amount += Fen(1); }},
      {"AlreadyPaidForgotten",
       [](Program& p) { StepOf(p, "act_pay_dedc").accumulator = kNoAccumulator; }},
      {"YearBeginsInJanuary", [](Program& p) { p.benefit_year_month = 1; }},
      {"TotalOfAllLevels", [](Program& p) { p.accumulators[0].per_hosp_lv = false; }},
      {"CountCountsMoney", [](Program& p) { p.accumulators[2].counts = false; }},
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
      {"PayFirstShareOfARowLost", [](Program& p) { StepOf(p, "classify").rows = Slice(); }},
      {"CapKeepsTheRest",
       [](Program& p) { std::swap(StepOf(p, "capped").out, StepOf(p, "capped").over); }},
      {"DeductibleNotReported",
       [](Program& p) { StepOf(p, "act_pay_dedc").reports_deductible = false; }},
  };
}

class PlantedDefect : public testing::TestWithParam<Planted> {};

std::string FirstDifference(const Program& program, const v1::Package& package) {
  int64_t settled = 0;
  for (uint64_t seed = 0; seed < 3'000; ++seed) {
    Random random(seed);
    std::string difference = CompareHistory(program, package, random, &settled);
    if (!difference.empty()) return difference;
  }
  EXPECT_GT(settled, 3'000);
  return "";
}

TEST_P(PlantedDefect, IsCaught) {
  v1::Package package;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(RichPackage(), &package));
  const auto program = CompilePackage("rich.policy", RichPackage());
  ASSERT_TRUE(program.ok()) << program.status().message();
  Program broken = **program;
  GetParam().plant(broken);
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
