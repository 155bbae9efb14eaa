// Area rules: every way to be wrong is refused with file, line and column; which file answers for
// an area and a day; and every default.

#include "engine/area/area_book.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr char kGoodArea[] = R"area(id: "good"
title: "好"
admdvs: "430199"
begndate: "2024-01-01"
enddate: "2025-12-31"
year_start: "07-01"
source { id: "s1" title: "law" grade: "A" }
source { id: "s2" title: "notice" grade: "B" }
card {
  cite: "s1 1"
  wrong_pin_lock: 6
  wrong_pin_unlocks_lifetime: 10
  temporary_loss_days: 10
  temporary_loss_days_bank: 5
  lost_cancel_days: 15
}
account {
  cite: "s1 2" cite: "s2 1"
  use { purpose: OWN_SHARE }
  use { purpose: COMMERCIAL_INSURANCE past_years_only: true }
  past_years_interest_1e6: 11000
  day_count: ACTUAL_360
}
sharing {
  cite: "s1 3"
  relation: SPOUSE relation: CHILD
  max_accounts_per_settlement: 1
  yearly_limit_fen: 500000
}
stay {
  cite: "s1 4"
  overlapping_stay: FLAG
}
arrears {
  cite: "s1 5"
  regime: RESTORED_NEXT_DAY
  suspended_from_month: 1
  back_pay_months: 3
  waiting_months: 3
}
clearing {
  cite: "s1 6"
  quality_deposit_1e6: 50000
  account_part_subject_to_deposit: true
}
reimbursement {
  cite: "s1 7"
  filing_deadline_months: 12
  reduction_1e6: 100000
  paper: RECEIPT
}
undo { cite: "s1 8" partial_refund_allowed: true }
route { cite: "s2 9" insutype: "340" text: "离休" }
registration {
  cite: "s1 10"
  kind: LONG_TERM kind: REFERRAL
  temporary_months: 6
  change_lock_months: 6
  exempt_admdvs: "439900"
}
across {
  cite: "s1 11"
  maternity_text: "生育"
  refusal { cite: "s1 12" insutype: "390" med_type: "14" text: "慢特病" }
}
)area";

Date Day(absl::string_view text) { return *ParseDate(text); }

std::string MessageOf(const std::vector<AreaBook::File>& files) {
  const auto book = AreaBook::Build(files);
  if (book.ok()) return "";
  EXPECT_EQ(book.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(book.status().message());
}

// What is replaced in the good file, and by what; `@` stands before the place of the defect.
struct BrokenArea {
  const char* name;
  const char* from;
  const char* to;
  const char* message;
};

class BrokenAreaIsRefused : public testing::TestWithParam<BrokenArea> {};

TEST_P(BrokenAreaIsRefused, WithFileLineAndColumn) {
  const BrokenArea& row = GetParam();
  ASSERT_TRUE(absl::StrContains(kGoodArea, row.from));
  std::string text = absl::StrReplaceAll(kGoodArea, {{row.from, row.to}});
  const size_t at = text.find('@');
  ASSERT_NE(at, std::string::npos);
  text.erase(at, 1);
  const std::vector<std::string> before = absl::StrSplit(text.substr(0, at), '\n');
  const std::string expected =
      absl::StrCat("dir/a.area:", before.size(), ":", before.back().size() + 1, ": ", row.message);
  EXPECT_EQ(MessageOf({{"dir/a.area", text}}), expected);
}

const BrokenArea kBroken[] = {
    {"IdMissing", "id: \"good\"\ntitle", "\n@title", "id: must be set, of a-z 0-9 - _"},
    {"IdWithCapitals", "id: \"good\"", "@id: \"Good\"", "id: must be set, of a-z 0-9 - _"},
    {"TitleEmpty", "title: \"好\"", "@title: \"\"", "title: must be set"},
    {"AreaOfFourDigits", "admdvs: \"430199\"", "@admdvs: \"4301\"",
     "admdvs: \"4301\" is neither six digits nor \"*\""},
    {"AreaTwice", "admdvs: \"430199\"", "admdvs: \"430199\" @admdvs: \"430100\"",
     "admdvs: area 430100 is there twice"},
    {"NoArea", "id: \"good\"\ntitle: \"好\"\nadmdvs: \"430199\"", "@id: \"good\" title: \"x\"",
     "admdvs: at least one area, or \"*\""},
    {"NotADay", "begndate: \"2024-01-01\"", "@begndate: \"2024-02-30\"",
     "begndate: \"2024-02-30\" is not a day of the calendar"},
    {"EndsBeforeItBegins", "enddate: \"2025-12-31\"", "@enddate: \"2023-12-31\"",
     "enddate: before begndate"},
    {"YearStartsOn29February", "year_start: \"07-01\"", "@year_start: \"02-29\"",
     "year_start: a month and a day that every year has, such as \"07-01\""},
    {"GradeUnknown", "grade: \"B\" }",
     "grade: \"B\" } source { id: \"s3\" title: \"t\" @grade: \"E\" }",
     "grade: one of A, B, C, D, SAMPLE"},
    {"WeakSourceNotSaid", "id: \"good\"\ntitle: \"好\"",
     "@id: \"good\" title: \"x\" source { id: \"w\" "
     "title: \"w\" grade: \"C\" } route { cite: \"w 1\" insutype: \"350\" text: \"x\" }",
     "sample_data: a cited source is graded below B, so the file must say sample_data: true"},
    {"SourceUnknown", "cite: \"s1 4\"", "@cite: \"s3 4\"",
     "cite: \"s3\" is not the id of a source"},
    {"SecondSourceUnknown", "cite: \"s2 1\"", "@cite: \"s9 1\"",
     "cite: \"s9\" is not the id of a source"},
    {"NoCitation", "undo { cite: \"s1 8\" partial", "undo { @partial", "cite: no citation"},
    {"PinLock", "wrong_pin_lock: 6", "@wrong_pin_lock: 21",
     "wrong_pin_lock: 21 is not within 0 and 20"},
    {"PinLockNegative", "wrong_pin_lock: 6", "@wrong_pin_lock: -1",
     "wrong_pin_lock: -1 is not within 0 and 20"},
    {"Unlocks", "wrong_pin_unlocks_lifetime: 10", "@wrong_pin_unlocks_lifetime: 101",
     "wrong_pin_unlocks_lifetime: 101 is not within 0 and 100"},
    {"UnlocksWithoutLock", "  wrong_pin_lock: 6\n  wrong", "  @wrong",
     "wrong_pin_unlocks_lifetime: of no use without wrong_pin_lock"},
    {"LossDays", "temporary_loss_days: 10", "@temporary_loss_days: 366",
     "temporary_loss_days: 366 is not within 0 and 365"},
    {"LossDaysBank", "temporary_loss_days_bank: 5", "@temporary_loss_days_bank: -5",
     "temporary_loss_days_bank: -5 is not within 0 and 365"},
    {"CancelDays", "lost_cancel_days: 15", "@lost_cancel_days: 1000",
     "lost_cancel_days: 1000 is not within 0 and 365"},
    {"UseTwice", "use { purpose: OWN_SHARE }",
     "use { purpose: OWN_SHARE } @use { purpose: OWN_SHARE }", "use: is there twice"},
    {"UseUnspecified", "use { purpose: OWN_SHARE }", "@use { past_years_only: true }",
     "use: must not be UNSPECIFIED"},
    {"Interest", "past_years_interest_1e6: 11000", "@past_years_interest_1e6: 100001",
     "past_years_interest_1e6: 100001 is not within 0 and 100000"},
    {"InterestWithoutDayCount",
     "  cite: \"s1 2\" cite: \"s2 1\"\n  use { purpose: OWN_SHARE }\n"
     "  use { purpose: COMMERCIAL_INSURANCE past_years_only: true }\n"
     "  past_years_interest_1e6: 11000\n  day_count: ACTUAL_360",
     "  @cite: \"s1 2\"\n  past_years_interest_1e6: 11000",
     "day_count: must be set where there is interest"},
    {"DayCountWithoutInterest", "  past_years_interest_1e6: 11000\n  day", "  @day",
     "day_count: of no use without interest"},
    {"RelationTwice", "relation: CHILD", "@relation: SPOUSE", "relation: is there twice"},
    {"RelationUnknown", "relation: CHILD\n  max", "relation: COUSIN\n  @max",
     "Unknown enumeration value of \"COUSIN\" for field \"relation\"."},
    {"Accounts", "max_accounts_per_settlement: 1", "@max_accounts_per_settlement: 21",
     "max_accounts_per_settlement: 21 is not within 0 and 20"},
    {"YearlyLimit", "yearly_limit_fen: 500000", "@yearly_limit_fen: 100000000001",
     "yearly_limit_fen: 100000000001 is not within 0 and 100000000000"},
    {"OverlapAllowed", "overlapping_stay: FLAG", "@overlapping_stay: ALLOW",
     "overlapping_stay: FLAG or REFUSE: nobody lies in two hospitals and no one looks at it"},
    {"SuspendedMonth", "suspended_from_month: 1", "@suspended_from_month: 3",
     "suspended_from_month: 3 is not within 0 and 2"},
    {"OrderDaysElsewhere", "waiting_months: 3", "waiting_months: 3 @order_days: 60",
     "order_days: of no use under this regime"},
    {"BackPayMonths", "back_pay_months: 3", "@back_pay_months: 37",
     "back_pay_months: 37 is not within 1 and 36"},
    {"WaitingElsewhere",
     "regime: RESTORED_NEXT_DAY\n  suspended_from_month: 1\n  back_pay_months: 3\n  ",
     "regime: RESTORED_WHEN_PAID @", "waiting_months: of no use under this regime"},
    {"Deposit", "quality_deposit_1e6: 50000", "@quality_deposit_1e6: 200001",
     "quality_deposit_1e6: 200001 is not within 0 and 200000"},
    {"NothingHeldBack", "  quality_deposit_1e6: 50000\n  ", "  @",
     "account_part_subject_to_deposit: of no use without a deposit"},
    {"FilingDeadline", "filing_deadline_months: 12", "@filing_deadline_months: 121",
     "filing_deadline_months: 121 is not within 0 and 120"},
    {"Reduction", "reduction_1e6: 100000", "@reduction_1e6: 1000001",
     "reduction_1e6: 1000001 is not within 0 and 1000000"},
    {"PaperTwice", "paper: RECEIPT", "paper: RECEIPT @paper: RECEIPT", "paper: is there twice"},
    {"RouteWithoutText", "text: \"离休\"", "@text: \"\"",
     "text: must be set: it is told to the person"},
    {"RouteForEverybody", "insutype: \"340\" text", "@insutype: \"\" text",
     "insutype: this or psn_type_prefix must be set"},
    {"RouteScheme", "insutype: \"340\"", "@insutype: \"34\"",
     "insutype: three digits, such as \"340\""},
    {"RouteCategory", "insutype: \"340\"", "@psn_type_prefix: \"1a\"",
     "psn_type_prefix: 1 to 10 digits"},
    {"TemporaryTooShort", "temporary_months: 6", "@temporary_months: 5",
     "temporary_months: 5 is not within 6 and 60"},
    {"LockTooLong", "change_lock_months: 6", "@change_lock_months: 7",
     "change_lock_months: 7 is not within 0 and 6"},
    {"KindTwice", "kind: LONG_TERM kind: REFERRAL", "kind: LONG_TERM @kind: LONG_TERM",
     "kind: is there twice"},
    {"KindUnspecified", "kind: LONG_TERM kind: REFERRAL", "@kind: NOT_REGISTERED",
     "kind: must not be UNSPECIFIED"},
    {"InjuryLongTerm", "change_lock_months: 6", "@work_injury_long_term_months: -1",
     "work_injury_long_term_months: -1 is not within 0 and 60"},
    {"InjuryReferral", "change_lock_months: 6", "@work_injury_referral_months: 61",
     "work_injury_referral_months: 61 is not within 0 and 60"},
    {"LateOfNoUse", "change_lock_months: 6",
     "late_filing: BEFORE_ADMISSION @late_counts_when_reimbursed: true",
     "late_counts_when_reimbursed: of no use under BEFORE_ADMISSION"},
    {"ExemptArea", "exempt_admdvs: \"439900\"", "exempt_admdvs: \"439900\" @exempt_admdvs: \"43\"",
     "exempt_admdvs: \"43\" is not six digits"},
    {"AcrossUncited", "across {\n  cite: \"s1 11\"\n  maternity", "across {\n  @maternity",
     "cite: no citation"},
    {"MaternityBothWays", "maternity_text: \"生育\"",
     "maternity_settled: true @maternity_text: \"生育\"",
     "maternity_text: of no use where maternity is settled"},
    {"RefusalUncited", "refusal { cite: \"s1 12\" insutype", "refusal { @insutype",
     "cite: no citation"},
    {"RefusalOfAnotherSource", "cite: \"s1 12\"", "@cite: \"s7 12\"",
     "cite: \"s7\" is not the id of a source"},
    {"RefusalWithoutText", "text: \"慢特病\"", "@text: \"\"",
     "text: must be set: it is told to the person"},
    {"RefusalOfEverything", "insutype: \"390\" med_type: \"14\"", "@insutype: \"\"",
     "insutype: this or med_type must be set"},
    {"RefusalScheme", "insutype: \"390\"", "@insutype: \"3900\"",
     "insutype: three digits, such as \"340\""},
    {"RefusalKind", "med_type: \"14\"", "med_type: \"14\" @med_type: \"1x\"",
     "med_type: 1 to 6 digits"},
    {"FieldUnknown", "title: \"好\"", "titel@: \"好\"",
     "Message type \"yijie.v1.AreaRules\" has no field named \"titel\"."},
    {"NotUtf8", "title: \"好\"", "title: \"@\xff\"", "not UTF-8, or a byte 0"},
};

INSTANTIATE_TEST_SUITE_P(Rows, BrokenAreaIsRefused, testing::ValuesIn(kBroken),
                         [](const auto& row) { return std::string(row.param.name); });

// A file for `areas` and a span of days.
AreaBook::File FileFor(const std::string& id, const std::vector<std::string>& areas,
                       const std::string& begndate, const std::string& enddate) {
  std::string text = absl::StrCat("id: \"", id, "\" title: \"x\" begndate: \"", begndate, "\"");
  if (!enddate.empty()) absl::StrAppend(&text, " enddate: \"", enddate, "\"");
  for (const std::string& area : areas) absl::StrAppend(&text, "\nadmdvs: \"", area, "\"");
  return {absl::StrCat(id, ".area"), text};
}

TEST(AreaBook, TheSmallestAreaAroundAnswers) {
  const auto book = AreaBook::Build(
      {FileFor("all", {"*"}, "2020-01-01", ""), FileFor("province", {"430000"}, "2021-01-01", ""),
       FileFor("city", {"430199", "430299"}, "2022-01-01", "2023-12-31"),
       FileFor("county", {"430181"}, "2023-01-01", "2023-06-30")});
  ASSERT_TRUE(book.ok()) << book.status();
  const struct {
    const char* area;
    const char* day;
    const char* id;
  } rows[] = {{"430181", "2023-06-30", "county"},   {"430181", "2023-07-01", "city"},
              {"430181", "2022-12-31", "city"},     {"430102", "2023-03-01", "city"},
              {"430199", "2023-12-31", "city"},     {"430100", "2022-01-01", "city"},
              {"430199", "2024-01-01", "province"}, {"430299", "2023-01-01", "city"},
              {"430399", "2023-01-01", "province"}, {"439900", "2023-01-01", "province"},
              {"430000", "2023-01-01", "province"}, {"430181", "2020-12-31", "all"},
              {"110105", "2023-01-01", "all"},      {"110105", "2019-12-31", ""}};
  for (const auto& row : rows)
    EXPECT_EQ(book->Find(row.area, Day(row.day)).id(), row.id) << row.area << " " << row.day;
}

TEST(AreaBook, TwoFilesForOneAreaAndDayAreRefused) {
  EXPECT_EQ(
      MessageOf({FileFor("a", {"430199"}, "2024-01-01", "2024-12-31"),
                 FileFor("b", {"430299", "430100"}, "2024-12-31", "")}),
      "b.area:3:1: admdvs: area 430100 has two files in force on 2024-12-31, this and a.area; "
      "end one the day before the other begins");
  EXPECT_EQ(MessageOf({FileFor("a", {"430199"}, "2024-01-01", "2024-12-31"),
                       FileFor("b", {"430199"}, "2025-01-01", "")}),
            "");
  EXPECT_EQ(MessageOf({FileFor("a", {"430199"}, "2024-01-01", ""),
                       {"c.area", FileFor("a", {"430299"}, "2024-01-01", "").text}}),
            "c.area:1:1: id: \"a\" is also the id of a.area");
}

TEST(AreaBook, WithoutAFileEverySwitchIsSafe) {
  const v1::AreaRules& rules = AreaBook().Find("430199", Day("2026-01-01"));
  EXPECT_EQ(&rules, &AreaBook::Default());
  EXPECT_EQ(rules.year_start(), "01-01");
  EXPECT_EQ(rules.card().ByteSizeLong(), 0U);
  ASSERT_EQ(rules.account().use_size(), 1);
  EXPECT_EQ(rules.account().use(0).purpose(), v1::AccountRules::OWN_SHARE);
  EXPECT_FALSE(rules.account().frozen_pool_account_usable());
  EXPECT_EQ(rules.account().past_years_interest_1e6(), 0);
  EXPECT_EQ(rules.sharing().relation_size(), 0);
  EXPECT_EQ(rules.stay().outpatient_during_stay(), v1::StayRules::FLAG);
  EXPECT_EQ(rules.stay().purchase_during_stay(), v1::StayRules::FLAG);
  EXPECT_EQ(rules.stay().overlapping_stay(), v1::StayRules::REFUSE);
  EXPECT_EQ(rules.stay().agreement_end(), v1::StayRules::UNTIL_AGREEMENT_ENDS);
  EXPECT_EQ(rules.arrears().regime(), v1::ArrearsRules::STATUS_ONLY);
  EXPECT_EQ(rules.clearing().quality_deposit_1e6(), 0);
  EXPECT_EQ(rules.clearing().reversal_by_institution(), v1::ClearingRules::SAME_DAY);
  EXPECT_EQ(rules.reimbursement().paper_size(), 4);
  EXPECT_FALSE(rules.undo().partial_refund_allowed());
  EXPECT_EQ(rules.route_size(), 0);
  EXPECT_EQ(rules.registration().kind_size(), 4);
  EXPECT_EQ(rules.registration().temporary_months(), 6);
  EXPECT_EQ(rules.registration().change_lock_months(), 0);
  EXPECT_EQ(rules.registration().late_filing(), v1::RegistrationRules::BEFORE_SETTLEMENT);
  EXPECT_EQ(rules.registration().home_care(), v1::RegistrationRules::AFTER_PAPERS);
  EXPECT_FALSE(rules.registration().in_province_exempt());
  EXPECT_FALSE(rules.registration().emergency_must_be_filed());
  EXPECT_EQ(rules.registration().work_injury_long_term_months(), 0);
  EXPECT_EQ(rules.registration().work_injury_referral_months(), 0);
  EXPECT_FALSE(rules.across().maternity_settled());
}

TEST(AreaBook, WhatAFileSaysStaysAndTheRestIsDefault) {
  const auto book = AreaBook::Build({{"good.area", kGoodArea}});
  ASSERT_TRUE(book.ok()) << book.status();
  const v1::AreaRules& rules = book->Find("430103", Day("2024-05-01"));
  EXPECT_EQ(rules.card().wrong_pin_lock(), 6);
  EXPECT_EQ(rules.account().use_size(), 2);
  EXPECT_EQ(rules.stay().overlapping_stay(), v1::StayRules::FLAG);
  EXPECT_EQ(rules.stay().purchase_during_stay(), v1::StayRules::FLAG);
  EXPECT_EQ(rules.reimbursement().paper_size(), 1);
}

TEST(AreaBook, RoutesAreFoundBySchemeAndCategory) {
  v1::AreaRules rules;
  v1::Route& retired = *rules.add_route();
  retired.set_insutype("340");
  v1::Route& both = *rules.add_route();
  both.set_insutype("310");
  both.set_psn_type_prefix("13");
  EXPECT_EQ(FindRoute(rules, "340", "11"), &retired);
  EXPECT_EQ(FindRoute(rules, "310", "1301"), &both);
  EXPECT_EQ(FindRoute(rules, "310", "11"), nullptr);
  EXPECT_EQ(FindRoute(rules, "390", "1301"), nullptr);
}

// The shipped tables, and that the sample file says so.
TEST(AreaBook, TheShippedFilesLoad) {
  const auto book = LoadAreaBook(std::string(YIJIE_SOURCE_DIR) + "/rules/tables");
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_GE((*book)->rules().size(), 5U);
  const v1::AreaRules& sample = (*book)->Find("430199", Day("2026-06-01"));
  EXPECT_TRUE(sample.sample_data());
  EXPECT_TRUE(absl::StrContains(sample.title(), "示例数据"));
}

}  // namespace
}  // namespace yijie::engine
