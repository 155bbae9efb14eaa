#include "engine/payout/allowance_schedule.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "tests/payout/sample_payouts.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// Invented amounts.
v1::AllowanceSchedule SampleSchedule() {
  v1::AllowanceSchedule schedule;
  schedule.set_schedule_id("s1");
  schedule.set_kind(v1::PAYOUT_INJURY_MONTHLY);
  schedule.set_label("伤残津贴");
  schedule.set_fund_pay_type("410100");
  schedule.set_begin_month("2025-11");
  schedule.set_pay_day(15);
  v1::AllowanceRate* rate = schedule.add_rate();
  rate->set_from_month("2025-11");
  rate->set_amount_fen(400'000);
  return schedule;
}

void AddStop(const std::string& from, const std::string& through, v1::AllowanceSchedule* schedule) {
  v1::AllowanceStop* stop = schedule->add_stop();
  stop->set_reason(v1::REFUSES_APPRAISAL);
  stop->set_from_month(from);
  stop->set_through_month(through);
}

std::string Advance(const std::string& through, v1::AllowanceSchedule* schedule) {
  const auto due = AdvanceSchedule(through, schedule);
  if (!due.ok()) return std::string(due.status().message());
  std::string text;
  for (const MonthDue& month : *due) {
    absl::StrAppendFormat(&text, "%s %d%s %s; ", month.month, month.amount.value(),
                          month.first ? "" : " correction", FormatDate(month.due));
  }
  return text;
}

TEST(AllowanceScheduleTest, EveryMonthOnce) {
  v1::AllowanceSchedule schedule = SampleSchedule();
  EXPECT_EQ(Advance("2025-10", &schedule), "");
  EXPECT_EQ(Advance("2026-01", &schedule),
            "2025-11 400000 2025-11-15; 2025-12 400000 2025-12-15; 2026-01 400000 2026-01-15; ");
  EXPECT_EQ(Advance("2026-01", &schedule), "");
  EXPECT_EQ(Advance("2025-12", &schedule), "");
  EXPECT_EQ(Advance("2026-02", &schedule), "2026-02 400000 2026-02-15; ");
}

TEST(AllowanceScheduleTest, EndsAndStops) {
  v1::AllowanceSchedule schedule = SampleSchedule();
  schedule.set_end_month("2026-03");
  AddStop("2025-12", "2026-01", &schedule);
  EXPECT_EQ(Advance("2026-12", &schedule),
            "2025-11 400000 2025-11-15; 2026-02 400000 2026-02-15; 2026-03 400000 2026-03-15; ");
}

TEST(AllowanceScheduleTest, DeathKnownLate) {
  v1::AllowanceSchedule schedule = SampleSchedule();
  Advance("2026-02", &schedule);
  AddStop("2026-01", "", &schedule);
  EXPECT_EQ(Advance("2026-03", &schedule),
            "2026-01 -400000 correction 2026-01-15; 2026-02 -400000 correction 2026-02-15; ");
  EXPECT_EQ(Advance("2026-03", &schedule), "");
  // It was another person's death.
  schedule.clear_stop();
  EXPECT_EQ(Advance("2026-03", &schedule),
            "2026-01 400000 correction 2026-01-15; 2026-02 400000 correction 2026-02-15; "
            "2026-03 400000 2026-03-15; ");
}

TEST(AllowanceScheduleTest, RateKnownLate) {
  v1::AllowanceSchedule schedule = SampleSchedule();
  Advance("2026-02", &schedule);
  v1::AllowanceRate* rate = schedule.add_rate();
  rate->set_from_month("2026-01");
  rate->set_amount_fen(420'050);
  EXPECT_EQ(Advance("2026-03", &schedule),
            "2026-01 20050 correction 2026-01-15; 2026-02 20050 correction 2026-02-15; "
            "2026-03 420050 2026-03-15; ");
}

std::string Month(int months_from_2025) {
  return absl::StrFormat("%04d-%02d", 2025 + months_from_2025 / 12, months_from_2025 % 12 + 1);
}

// Facts known late and facts known in time end in the same sums for each month.
TEST(AllowanceScheduleTest, LateFactsEndAsFactsInTime) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 3'000; ++round) {
    v1::AllowanceSchedule late = SampleSchedule();
    std::map<std::string, int64_t> instructed;
    const auto note = [&](int through) {
      const auto due = AdvanceSchedule(Month(through), &late);
      ASSERT_TRUE(due.ok()) << due.status();
      for (const MonthDue& month : *due) instructed[month.month] += month.amount.value();
      for (const auto& [month, amount] : instructed) ASSERT_GE(amount, 0) << month;
    };
    int rate_from = 10;
    for (int step = 0; step < 8; ++step) {
      note(static_cast<int>(random() % 40));
      if (random() % 2 == 0) {
        const auto from = static_cast<int>(random() % 40);
        AddStop(Month(from), random() % 4 == 0 ? "" : Month(from + static_cast<int>(random() % 5)),
                &late);
      } else if (late.stop_size() > 0 && random() % 2 == 0) {
        late.mutable_stop()->DeleteSubrange(0, 1);
      } else {
        rate_from += 1 + static_cast<int>(random() % 4);
        v1::AllowanceRate* rate = late.add_rate();
        rate->set_from_month(Month(rate_from));
        rate->set_amount_fen(static_cast<int64_t>(1 + random() % 500'000));
      }
    }
    note(40);
    v1::AllowanceSchedule in_time = late;
    in_time.clear_month();
    const auto due = AdvanceSchedule(Month(40), &in_time);
    ASSERT_TRUE(due.ok());
    std::map<std::string, int64_t> expected;
    for (const MonthDue& month : *due) expected[month.month] = month.amount.value();
    for (auto it = instructed.begin(); it != instructed.end();)
      it = it->second == 0 ? instructed.erase(it) : std::next(it);
    ASSERT_EQ(instructed, expected);
  }
}

TEST(AllowanceScheduleTest, BadSchedules) {
  struct Row {
    const char* field;
    void (*spoil)(v1::AllowanceSchedule*);
  };
  const Row rows[] = {{"begin_month", [](auto* s) { s->set_begin_month("2025-13"); }},
                      {"end_month", [](auto* s) { s->set_end_month("2025-10"); }},
                      {"end_month", [](auto* s) { s->set_end_month("x"); }},
                      {"rate", [](auto* s) { s->clear_rate(); }},
                      {"rate", [](auto* s) { s->mutable_rate(0)->set_from_month("2025-12"); }},
                      {"rate", [](auto* s) { *s->add_rate() = s->rate(0); }},
                      {"rate.amount_fen", [](auto* s) { s->mutable_rate(0)->set_amount_fen(0); }},
                      {"stop.reason", [](auto* s) { s->add_stop()->set_from_month("2025-12"); }},
                      {"stop.through_month", [](auto* s) { AddStop("2026-01", "2025-12", s); }},
                      {"pay_day", [](auto* s) { s->set_pay_day(29); }},
                      {"pay_day", [](auto* s) { s->set_pay_day(0); }}};
  EXPECT_TRUE(CheckSchedule(SampleSchedule()).ok());
  for (const Row& row : rows) {
    v1::AllowanceSchedule schedule = SampleSchedule();
    row.spoil(&schedule);
    const absl::Status status = CheckSchedule(schedule);
    EXPECT_TRUE(absl::StartsWith(status.message(), row.field)) << row.field << ": " << status;
    const std::string before = schedule.SerializeAsString();
    EXPECT_FALSE(AdvanceSchedule("2026-01", &schedule).ok());
    EXPECT_EQ(schedule.SerializeAsString(), before);
  }
  v1::AllowanceSchedule schedule = SampleSchedule();
  EXPECT_TRUE(absl::StartsWith(Advance("January", &schedule), "through_month"));
}

}  // namespace
}  // namespace yijie::engine
