// Each kind of finding, planted in a package that is otherwise clean, found at its line, and shown
// by a claim on which the engine misbehaves.

#include "engine/lint/lint.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/lint/example.h"
#include "engine/policy_cases.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

constexpr char kClean[] = R"policy(id: "clean"
title: "校验用"
admdvs: "410199"
insutype: "390"
med_type: "21"
valid_from: "2022-01-01"
valid_to: "2024-12-31"
source { id: "s" title: "文件" grade: "B" }
accumulator { name: "pool_paid" period: YEAR }
step {
  id: "in_scope" label: "费用分类" cite: "s 1"
  classify {}
}
step {
  id: "gate" label: "不予支付" cite: "s 2"
  gate {
    row { when { third_party: "YES" } reason: "第三人负担" }
    row { when { hosp_lv: "LEVEL_NONE" } reason: "未定级机构没有标准" incomplete: true }
  }
}
step {
  id: "act_pay_dedc" label: "起付标准" cite: "s 3"
  deductible {
    base: "inscp_scp_amt"
    row { when { hosp_lv: "PRIMARY, LEVEL_1" } amount: "200" }
    row { when { hosp_lv: "LEVEL_2" } amount: "400" }
    row { when { hosp_lv: "LEVEL_3" } amount: "900" }
    adjust { when { age: "[0..14]" } factor: "50%" }
  }
}
step {
  id: "hifp_pay" label: "统筹支付" cite: "s 4"
  pay {
    fund: HIFP
    fund_pay_type: "390100"
    base: "inscp_scp_amt" base: "-act_pay_dedc"
    row { when { hosp_lv: "LEVEL_3" } band { to: "10000" ratio: "60%" } band { ratio: "70%" } }
    row { when { hosp_lv: "not(LEVEL_3)" } band { ratio: "80%" } }
    adjust { when { psn_type: "RETIRED" } points: "5%" }
    limit { accumulator: "pool_paid" row { amount: "150000" } }
  }
}
)policy";

struct Planted {
  const char* name;
  FindingKind kind;
  const char* from;
  const char* to;
  bool has_example = true;
};

// How a failing test names its parameter.
void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

std::vector<Finding> Lint(const std::string& text) {
  auto program = rules::CompilePackage("clean.policy", text);
  EXPECT_TRUE(program.ok()) << program.status();
  return program.ok() ? LintPackage(**program) : std::vector<Finding>();
}

// The package has no cases; what lint says of that is tested by itself.
std::vector<Finding> WithoutCases(std::vector<Finding> findings) {
  findings.erase(std::remove_if(findings.begin(), findings.end(),
                                [](const Finding& f) { return f.kind == FindingKind::kCase; }),
                 findings.end());
  return findings;
}

int LineOf(const std::string& text, const std::string& part) {
  const size_t at = text.find(part);
  return 1 + static_cast<int>(
                 std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n'));
}

TEST(Lint, CleanPackageHasNoFindings) {
  for (const Finding& finding : WithoutCases(Lint(kClean)))
    ADD_FAILURE() << KindName(finding.kind) << " " << finding.line << " " << finding.text;
}

class PlantedDefect : public testing::TestWithParam<Planted> {};

TEST_P(PlantedDefect, IsFoundAndShown) {
  const Planted& planted = GetParam();
  const std::string text = absl::StrReplaceAll(kClean, {{planted.from, planted.to}});
  ASSERT_NE(text, kClean);
  const std::vector<Finding> findings = WithoutCases(Lint(text));
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.kind == planted.kind;
  });
  ASSERT_NE(found, findings.end()) << findings.size() << " findings, none of this kind";
  EXPECT_EQ(found->file, "clean.policy");
  EXPECT_GT(found->line, 0);
  ASSERT_EQ(found->example.has_value(), planted.has_example);
  if (!planted.has_example) return;
  EXPECT_FALSE(found->answer.empty());
  EXPECT_FALSE(DescribeExample(*found->example).empty());
  // The claim can be evaluated as it stands, and gets the answer that was told.
  auto program = rules::CompilePackage("clean.policy", text);
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(*std::move(program));
  const auto book = rules::RuleBook::Build(std::move(programs));
  ASSERT_TRUE(book.ok());
  const auto settlement = EvaluateCase(*book, *found->example);
  ASSERT_TRUE(settlement.ok()) << settlement.status();
  const bool refused = planted.kind == FindingKind::kNoRow || planted.kind == FindingKind::kTwoRows;
  EXPECT_EQ(settlement->outcome(), refused ? v1::POLICY_INCOMPLETE : v1::SETTLED);
}

constexpr Planted kPlanted[] = {
    {"LevelWithoutRow", FindingKind::kNoRow,
     "    row { when { hosp_lv: \"LEVEL_2\" } amount: \"400\" }\n", ""},
    {"LevelWithTwoRows", FindingKind::kTwoRows, "\"PRIMARY, LEVEL_1\"",
     "\"PRIMARY, LEVEL_1, LEVEL_2\""},
    {"RowOnlyForRefusedClaims", FindingKind::kDeadRow,
     "    row { when { hosp_lv: \"LEVEL_2\" } amount: \"400\" }\n",
     "    row { when { hosp_lv: \"LEVEL_2\" } amount: \"400\" }\n"
     "    row { when { hosp_lv: \"LEVEL_NONE\" } amount: \"100\" }\n",
     false},
    {"ConditionThatTheGateDecides", FindingKind::kIdleTest, "when { hosp_lv: \"LEVEL_2\" }",
     "when { hosp_lv: \"LEVEL_2\" third_party: \"NO\" }", false},
    {"ConditionThatAlwaysHolds", FindingKind::kIdleTest, "when { hosp_lv: \"LEVEL_2\" }",
     "when { hosp_lv: \"LEVEL_2\" age: \"[0..)\" }", false},
    {"LimitForSomeOnly", FindingKind::kNoBound, "row { amount: \"150000\" }",
     "row { when { psn_type: \"RESIDENT\" } amount: \"150000\" }"},
    {"PointsPastTheWhole", FindingKind::kRatio, "points: \"5%\"", "points: \"45%\""},
    {"PaysForMoneyAlreadyPaid", FindingKind::kOverdrawn, "\nstep {\n  id: \"hifp_pay\"",
     "\nstep {\n  id: \"first\" label: \"先付\" cite: \"s 9\"\n  pay { fund: HIFMI fund_pay_type: "
     "\"390200\" base: \"inscp_scp_amt\" row { band { ratio: \"50%\" } } }\n}\nstep {\n  id: "
     "\"hifp_pay\""},
    {"CapPassedByAnotherStep", FindingKind::kCapPassed, "\nstep {\n  id: \"hifp_pay\"",
     "\nstep {\n  id: \"add\" label: \"累计\" cite: \"s 9\"\n  accumulate { accumulator: "
     "\"pool_paid\" of: \"act_pay_dedc\" }\n}\nstep {\n  id: \"hifp_pay\""},
    {"MoreCostLessPayment", FindingKind::kFalls,
     "    row { when { hosp_lv: \"LEVEL_2\" } amount: \"400\" }\n",
     "    row { when { hosp_lv: \"LEVEL_2\" amount { of: \"inscp_scp_amt\" is: \"[0..50000]\" } } "
     "amount: \"400\" }\n    row { when { hosp_lv: \"LEVEL_2\" amount { of: \"inscp_scp_amt\" is: "
     "\"(50000..)\" } } amount: \"40000\" }\n"},
    {"SourceOfGradeD", FindingKind::kWeakSource, "grade: \"B\" }\n",
     "grade: \"D\" }\nsample_data: true\n", false},
};
INSTANTIATE_TEST_SUITE_P(Each, PlantedDefect, testing::ValuesIn(kPlanted),
                         [](const auto& planted) { return std::string(planted.param.name); });

// A table that goes by the day of discharge has claims whose stay began before it.
TEST(Lint, TheDayThatDoesNotDecideMayLieOutsideTheVersion) {
  const std::string parted = absl::StrReplaceAll(
      kClean, {{"    row { when { hosp_lv: \"LEVEL_2\" } amount: \"400\" }\n",
                "    row { when { hosp_lv: \"LEVEL_2\" begndate: \"(..2021-12-31]\" } amount: "
                "\"300\" }\n"
                "    row { when { hosp_lv: \"LEVEL_2\" begndate: \"[2022-01-01..)\" } amount: "
                "\"400\" }\n"}});
  for (const Finding& finding : WithoutCases(Lint(parted)))
    ADD_FAILURE() << KindName(finding.kind) << " " << finding.line << " " << finding.text;

  const std::string gap = absl::StrReplaceAll(
      parted, {{"begndate: \"(..2021-12-31]\"", "begndate: \"(..2021-12-30]\""}});
  const std::vector<Finding> findings = WithoutCases(Lint(gap));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, FindingKind::kNoRow);
  ASSERT_TRUE(findings[0].example.has_value());
  EXPECT_EQ(findings[0].example->claim().begndate(), "2021-12-31");
  EXPECT_GE(findings[0].example->claim().enddate(), "2022-01-01");

  const std::string by_admission = absl::StrReplaceAll(
      parted, {{"title: \"校验用\"", "title: \"校验用\" version_by: BY_BEGNDATE"}});
  const std::vector<Finding> dead = WithoutCases(Lint(by_admission));
  ASSERT_FALSE(dead.empty());
  EXPECT_EQ(dead[0].kind, FindingKind::kDeadRow);
}

// Citations that no row makes: of steps, ceilings, and area rules.
TEST(Lint, EveryCitationOfGradeDIsTold) {
  const std::string text = absl::StrReplaceAll(
      kClean,
      {{"grade: \"B\" }\n",
        "grade: \"B\" }\nsource { id: \"d\" title: \"转载\" grade: \"D\" }\nsample_data: true\n"},
       {"classify {}",
        "classify { ceiling { when { item_kind: \"MATERIAL\" } per: STAY amount: \"900\"\n      "
        "cite: "
        "\"d 5\" } }"},
       {"  id: \"act_pay_dedc\"",
        "  id: \"own\" label: \"累计\"\n  cite: \"d 6\"\n  sum { of: \"inscp_scp_amt\" }\n}\nstep "
        "{\n  id: "
        "\"act_pay_dedc\""}});
  std::vector<int> lines;
  for (const Finding& finding : WithoutCases(Lint(text))) {
    EXPECT_EQ(finding.kind, FindingKind::kWeakSource) << finding.text;
    lines.push_back(finding.line);
  }
  EXPECT_EQ(lines, (std::vector<int>{LineOf(text, "ceiling {"), LineOf(text, "cite: \"d 6\"")}));
}

TEST(Lint, AreasCiteNoSourceOfGradeD) {
  const std::string area =
      "id: \"a\" title: \"试\" admdvs: \"*\" begndate: \"2020-01-01\" sample_data: true\n"
      "source { id: \"s\" title: \"文件\" grade: \"B\" } source { id: \"d\" title: \"转载\" grade: "
      "\"D\" }\n"
      "registration {\n  cite: \"s 1\"\n  cite: \"d 2\"\n}\n"
      "across { refusal { cite: \"d 3\" insutype: \"340\" text: \"另行办理\" } }\n";
  const auto areas = AreaBook::Build({{"a.area", area}});
  ASSERT_TRUE(areas.ok()) << areas.status();
  const std::vector<Finding> findings = LintAreas(*areas);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].kind, FindingKind::kWeakSource);
  EXPECT_EQ(findings[0].file, "a.area");
  EXPECT_EQ(findings[0].line, LineOf(area, "cite: \"d 2\""));
  EXPECT_EQ(findings[1].line, LineOf(area, "cite: \"d 3\""));
}

TEST(Lint, FallingPaymentMayBeMeant) {
  const std::string text = absl::StrReplaceAll(
      kClean,
      {{"    row { when { hosp_lv: \"LEVEL_2\" } amount: \"400\" }\n",
        "    row { when { hosp_lv: \"LEVEL_2\" amount { of: \"inscp_scp_amt\" is: \"[0..50000]\" } "
        "} amount: \"400\" }\n    row { when { hosp_lv: \"LEVEL_2\" amount { of: "
        "\"inscp_scp_amt\" is: \"(50000..)\" } } amount: \"40000\" }\n"},
       {"valid_to:", "payment_may_fall: \"s 3\"\nvalid_to:"}});
  EXPECT_TRUE(WithoutCases(Lint(text)).empty());
}

TEST(Lint, FindingNamesTheLineOfTheRow) {
  const std::string text =
      absl::StrReplaceAll(kClean, {{"\"PRIMARY, LEVEL_1\"", "\"PRIMARY, LEVEL_1, LEVEL_3\""}});
  const std::vector<Finding> findings = WithoutCases(Lint(text));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].line, LineOf(text, "row { when { hosp_lv: \"LEVEL_3\" } amount"));
}

TEST(Lint, DaysBetweenVersions) {
  const std::string next =
      absl::StrReplaceAll(kClean, {{"id: \"clean\"", "id: \"next\""},
                                   {"valid_from: \"2022-01-01\"", "valid_from: \"2025-02-01\""},
                                   {"valid_to: \"2024-12-31\"", "valid_to: \"2026-12-31\""}});
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(*rules::CompilePackage("clean.policy", kClean));
  programs.push_back(*rules::CompilePackage("next.policy", next));
  const auto book = rules::RuleBook::Build(std::move(programs));
  ASSERT_TRUE(book.ok()) << book.status();
  const std::vector<Finding> findings = LintSeams(**book);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, FindingKind::kSeam);
  EXPECT_NE(findings[0].text.find("自2025-01-01至2025-01-31"), std::string::npos);
  ASSERT_TRUE(findings[0].example.has_value());
  const auto settlement = EvaluateCase(*book, *findings[0].example);
  ASSERT_TRUE(settlement.ok()) << settlement.status();
  EXPECT_EQ(settlement->outcome(), v1::NO_POLICY);
}

TEST(Lint, PackageWithoutCases) {
  const std::vector<Finding> findings = Lint(kClean);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, FindingKind::kCase);
}

}  // namespace
}  // namespace yijie::engine
