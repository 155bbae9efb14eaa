// Unpaid premiums: each regime of AreaRules.arrears against days worked out by hand from the text
// it is taken from, and against a slow reading of the same text for all days.

#include "engine/arrears.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/claim_input.h"
#include "engine/inquiry/participation.h"
#include "engine/stored_day.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr char kArea[] = "410199";

AreaBook BookWith(const std::string& arrears) {
  auto book = AreaBook::Build(
      {{"test.area",
        absl::StrCat(
            "id: \"test-area\" title: \"示例\" admdvs: \"410199\" begndate: \"2020-01-01\" "
            "sample_data: true source { id: \"s1\" title: \"made up\" grade: \"SAMPLE\" } "
            "arrears { cite: \"s1 1\" ",
            arrears, " }")}});
  YIJIE_CHECK(book.ok(), std::string(book.status().message()).c_str());
  return *std::move(book);
}

v1::Coverage Suspended(const std::string& begndate, const std::string& enddate) {
  v1::Coverage coverage;
  coverage.set_insutype("310");
  coverage.set_psn_type("11");
  coverage.set_insuplc_admdvs(kArea);
  coverage.set_begndate(begndate);
  coverage.set_enddate(enddate);
  coverage.set_psn_insu_stas("2");
  return coverage;
}

// Normal from 2020, in arrears for April to December 2026, normal again from 2027.
v1::PersonFacts InArrears() {
  v1::PersonFacts facts;
  v1::Coverage& before = *facts.add_coverage();
  before = Suspended("2020-01-01", "2026-03-31");
  before.set_psn_insu_stas("1");
  *facts.add_coverage() = Suspended("2026-04-01", "2026-12-31");
  v1::Coverage& after = *facts.add_coverage();
  after = Suspended("2027-01-01", "");
  after.set_psn_insu_stas("1");
  return facts;
}

// The days of 2026 from April on without benefits, "first..last" or "" if there are none.
std::string GapOf(const std::string& arrears, const v1::PersonFacts& facts) {
  const AreaBook book = BookWith(arrears);
  const BenefitFacts now(book, facts);
  std::string first;
  std::string last;
  for (Date day = *ParseDate("2026-01-01"); day <= *ParseDate("2027-02-01");
       day = Date(day.days() + 1)) {
    const v1::Coverage* coverage = FindCoverage(now, "310", day);
    EXPECT_NE(coverage, nullptr) << FormatDate(day);
    if (coverage == nullptr || coverage->psn_insu_stas() == "1") continue;
    if (first.empty()) first = FormatDate(day);
    EXPECT_TRUE(last.empty() || day.days() == ParseDate(last)->days() + 1)
        << "two gaps: " << FormatDate(day);
    last = FormatDate(day);
  }
  return first.empty() ? "" : absl::StrCat(first, "..", last);
}

struct Expectation {
  const char* what;
  const char* rules;
  const char* pay_order_on;
  const char* repaid_on;
  bool flexible;
  const char* gap;
};

constexpr char kZhejiang[] =
    "regime: GAP_REIMBURSED_IF_PAID_IN_TIME suspended_from_month: 2 order_days: 60 "
    "restored_in_month: 2";
constexpr char kContinuous[] =
    "regime: CONTINUOUS_IF_PAID_IN_TIME suspended_from_month: 1 back_pay_months: 3";
constexpr char kNextDay[] =
    "regime: RESTORED_NEXT_DAY suspended_from_month: 1 back_pay_months: 3 waiting_months: 3";
constexpr char kWhenPaid[] = "regime: RESTORED_WHEN_PAID";

const Expectation kExpectations[] = {
    {"status only, unpaid", "regime: STATUS_ONLY", "", "", false, "2026-04-01..2026-12-31"},
    {"status only, paid", "regime: STATUS_ONLY", "", "2026-05-01", false, "2026-04-01..2026-12-31"},

    {"in time: unpaid, from the second month", kZhejiang, "", "", false, "2026-06-01..2026-12-31"},
    {"in time: on the last day", kZhejiang, "2026-07-01", "2026-08-30", false, ""},
    {"in time: a day late", kZhejiang, "2026-07-01", "2026-08-31", false, "2026-06-01..2026-09-30"},
    {"in time: no order known, counted from the first unpaid day", kZhejiang, "", "2026-06-01",
     false, "2026-06-01..2026-07-31"},
    {"in time: no order known, 60 days", kZhejiang, "", "2026-05-31", false, ""},

    {"continuous: unpaid", kContinuous, "", "", false, "2026-05-01..2026-12-31"},
    {"continuous: three months to the day", kContinuous, "", "2026-07-01", false, ""},
    {"continuous: a day later it had ended", kContinuous, "", "2026-07-02", false,
     "2026-05-01..2026-12-31"},

    {"next day: unpaid", kNextDay, "", "", false, "2026-05-01..2026-12-31"},
    {"next day", kNextDay, "", "2026-08-10", false, "2026-05-01..2026-08-10"},
    {"next day: paid before it began", kNextDay, "", "2026-04-20", false, ""},
    {"next day: flexible, within three months", kNextDay, "", "2026-07-01", true,
     "2026-05-01..2026-07-01"},
    {"next day: flexible, later, waits three months", kNextDay, "", "2026-08-10", true,
     "2026-05-01..2026-11-10"},
    {"next day: flexible, waits beyond the relation", kNextDay, "", "2026-11-30", true,
     "2026-05-01..2026-12-31"},

    {"when paid: unpaid", kWhenPaid, "", "", false, "2026-04-01..2026-12-31"},
    {"when paid", kWhenPaid, "", "2026-08-10", false, "2026-04-01..2026-08-09"},
    {"when paid: after the relation", kWhenPaid, "", "2027-01-20", false, "2026-04-01..2026-12-31"},
};

TEST(Arrears, EachRegimeGivesTheGapOfItsText) {
  for (const Expectation& expected : kExpectations) {
    SCOPED_TRACE(expected.what);
    v1::PersonFacts facts = InArrears();
    v1::Coverage& coverage = *facts.mutable_coverage(1);
    coverage.set_pay_order_on(expected.pay_order_on);
    coverage.set_repaid_on(expected.repaid_on);
    coverage.set_flexible_employment(expected.flexible);
    EXPECT_EQ(GapOf(expected.rules, facts), expected.gap);
  }
}

TEST(Arrears, OtherAreasAndEndedRelationsStayAsTheyAre) {
  const AreaBook book = BookWith(kWhenPaid);
  v1::PersonFacts facts = InArrears();
  facts.mutable_coverage(1)->set_repaid_on("2026-08-10");
  ASSERT_TRUE(BenefitFacts(book, facts).restored());
  facts.mutable_coverage(1)->set_insuplc_admdvs("430199");
  EXPECT_FALSE(BenefitFacts(book, facts).restored());
  facts.mutable_coverage(1)->set_insuplc_admdvs(kArea);
  facts.mutable_coverage(1)->set_psn_insu_stas("4");
  EXPECT_FALSE(BenefitFacts(book, facts).restored());
}

// The parts cover the days of the relation, each once.
TEST(Arrears, NoDayIsLostOrDoubled) {
  for (const char* rules : {kZhejiang, kContinuous, kNextDay, kWhenPaid}) {
    const AreaBook book = BookWith(rules);
    for (Date repaid = *ParseDate("2026-03-20"); repaid < *ParseDate("2027-02-10");
         repaid = Date(repaid.days() + 1)) {
      v1::PersonFacts facts = InArrears();
      facts.mutable_coverage(1)->set_repaid_on(FormatDate(repaid));
      const BenefitFacts effective(book, facts);
      ASSERT_TRUE(effective.restored());
      for (int i = 1; i < effective->coverage_size(); ++i) {
        EXPECT_EQ(ParseDate(effective->coverage(i).begndate())->days(),
                  ParseDate(effective->coverage(i - 1).enddate())->days() + 1)
            << rules << " " << FormatDate(repaid);
      }
      EXPECT_EQ(effective->coverage(0).begndate(), "2020-01-01");
      EXPECT_EQ(effective->coverage(effective->coverage_size() - 1).enddate(), "");
    }
  }
}

// What is told of participation is what counts.
TEST(Coverage, ParticipationSeesWhatBackPayRestores) {
  Person person = TestPerson("P1", 0, 0);
  v1::PersonFacts facts = InArrears();
  facts.mutable_coverage(1)->set_repaid_on("2026-08-10");
  person.facts = std::make_shared<const v1::PersonFacts>(facts);
  const auto in_force = [&](const AreaBook& book, const char* day) {
    const v1::GetParticipationResponse told = ParticipationOn(book, person, *ParseDate(day));
    for (const v1::ParticipationSpan& span : told.span()) {
      if (span.in_force()) return span.coverage().psn_insu_stas();
    }
    return std::string();
  };
  EXPECT_EQ(in_force(BookWith(kWhenPaid), "2026-08-09"), "2");
  EXPECT_EQ(in_force(BookWith(kWhenPaid), "2026-08-10"), "1");
  EXPECT_EQ(in_force(AreaBook(), "2026-08-10"), "2");
  const auto months =
      ParticipationByMonth(BookWith(kWhenPaid), facts, 2026, *ParseDate("2026-08-31"));
  ASSERT_EQ(months.size(), 8);
  EXPECT_EQ(months[6].normal_days(), 0);
  EXPECT_EQ(months[7].normal_days(), 22);
}

// A scheme beside that of the bill is a right, as long as its own premium is paid.
TEST(Coverage, OtherSchemesAreRights) {
  const auto rights_with = [](const char* status) {
    Person person = TestPerson("P1", 0, 0);
    auto facts = std::make_shared<v1::PersonFacts>(*person.facts);
    v1::Coverage& large = *facts->add_coverage();
    large = Suspended("2026-01-01", "");
    large.set_insutype("330");
    large.set_psn_insu_stas(status);
    person.facts = facts;
    const std::shared_ptr<const Reference> reference = TestReference();
    const v1::SettleRequest request = SettleOf("m1", "P1", 10'000);
    ClaimInput input;
    MakeClaimInput(*reference, *reference->FindInstitution(request.header().fixmedins_code()),
                   person, request.claim(), StoredDay(request.claim().begndate()), &input);
    EXPECT_EQ(input.refusal, v1::SETTLED) << input.reason;
    return input.rights;
  };
  const rules::Symbol basic = rules::Intern("INSURED_310");
  const rules::Symbol large = rules::Intern("INSURED_330");
  EXPECT_THAT(rights_with("1"), testing::AllOf(testing::Contains(basic), testing::Contains(large)));
  EXPECT_THAT(rights_with("2"),
              testing::AllOf(testing::Contains(basic), testing::Not(testing::Contains(large))));
}

}  // namespace
}  // namespace yijie::engine
