// What each message does to a person, without lanes and store.

#include "engine/transactions.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/payout/dues.h"
#include "rules/loader.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::JournalLine;
using yijie::store::v1::PersonEvent;

PersonEvent EventOf(const Effect& effect) {
  PersonEvent event;
  EXPECT_TRUE(event.ParseFromString(effect.event));
  return event;
}

// "2 310100 40000, ..." in the order of the record.
std::string Journal(const PersonEvent& event) {
  std::string text;
  for (const JournalLine& line : event.journal()) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", static_cast<int>(line.account()), " ",
                    line.subject(), " ", line.amount_fen());
  }
  return text;
}

// A person with the history that led there.
struct History {
  Person person = TestPerson("P1", 100'000, 20'000);
  std::vector<storage::PersonVersion> versions;
  std::shared_ptr<const Reference> reference = TestReference();

  Effect Take(absl::StatusOr<Effect> effect) {
    EXPECT_TRUE(effect.ok()) << effect.status();
    if (effect->moves) {
      for (const BookedVersion& earlier : effect->earlier)
        versions.push_back({earlier.next.version, SerializeState(earlier.next), earlier.event});
      person = effect->next;
      versions.push_back({person.version, SerializeState(person), effect->event});
    }
    return *std::move(effect);
  }
  Effect Settle(const std::string& msgid, int64_t fen, const std::string& insutype = "310") {
    return Take(engine::Settle(*reference, SettleOf(msgid, "P1", fen, insutype), "request", person,
                               TestNow()));
  }
  // Undoes the settlement of `version`.
  v1::Reversal Reverse(int64_t version) {
    SettledRecord record;
    std::vector<storage::PersonVersion> later;
    for (const storage::PersonVersion& each : versions) {
      if (each.version == version) {
        record.version = version;
        EXPECT_TRUE(record.event.ParseFromString(each.event));
      }
      if (each.version > version) later.push_back(each);
    }
    last =
        Take(SettleUp(*reference, Header("u"), DuesOfUndo(record.event), TestNow(),
                      engine::Reverse(Header("u"), "request", record, later, person, TestNow())));
    v1::ReverseResponse response;
    EXPECT_TRUE(response.ParseFromString(last.reply));
    return response.reversal();
  }
  Effect last;
};

v1::Settlement SettlementOf(const Effect& effect) {
  v1::SettleResponse response;
  EXPECT_TRUE(response.ParseFromString(effect.reply));
  return response.settlement();
}

TEST(Settle, BooksFundsAndAccountAgainstTheHospital) {
  History history;
  const Effect effect = history.Settle("m1", 300'000);  // fund 200,000; person 100,000
  EXPECT_TRUE(effect.moves);
  EXPECT_EQ(effect.outcome, v1::SETTLED);
  EXPECT_EQ(Journal(EventOf(effect)),
            "2 310100 200000, 1 CURRENT_YEAR 100000, 3 H41019900001 -300000");
  EXPECT_EQ(effect.next.version, 2);
  EXPECT_EQ(effect.next.account[0], Fen(0));
  EXPECT_EQ(effect.next.account[1], Fen(20'000));
  EXPECT_EQ(EventOf(effect).reply(), effect.reply);
  EXPECT_EQ(EventOf(effect).clr_date(), "2026-06-15");
  EXPECT_EQ(EventOf(effect).settled().setl_id(), effect.setl_id);
  const v1::Settlement settlement = SettlementOf(effect);
  EXPECT_EQ(settlement.balc_before_fen(), 120'000);
  EXPECT_EQ(settlement.balc_fen(), 20'000);
  EXPECT_EQ(settlement.medins_setl_id(), "m1");
  EXPECT_EQ(settlement.amounts().psn_part_amt_fen(), 100'000);
}

TEST(Settle, DeltasAreTheRunningTotals) {
  History history;
  const Effect first = history.Settle("m1", 300'000);
  std::vector<std::string> deltas;
  const PersonEvent event = EventOf(first);
  for (const auto& delta : event.delta()) {
    deltas.push_back(
        absl::StrCat(delta.insutype(), " ", delta.name(), " ", delta.period(), " ", delta.value()));
  }
  EXPECT_EQ(deltas, (std::vector<std::string>{"310 dedc_year 2026-01-01 50000",
                                              "310 pool 2026-01-01 200000"}));
  const Effect second = history.Settle("m2", 300'000);
  EXPECT_EQ(SettlementOf(second).amounts().act_pay_dedc_fen(), 30'000);  // 800 a year
  const Effect third = history.Settle("m3", 300'000);
  EXPECT_EQ(SettlementOf(third).amounts().act_pay_dedc_fen(), 0);
  EXPECT_EQ(history.person.accumulators.size(), 2U);
}

TEST(Settle, RefusalsInTheirOrderMoveNothing) {
  const History history;
  const auto outcome = [&](const std::function<void(v1::SettleRequest&, Person&)>& change) {
    v1::SettleRequest request = SettleOf("m1", "P1", 10'000);
    Person person = history.person;
    change(request, person);
    const auto effect = engine::Settle(*history.reference, request, "request", person, TestNow());
    EXPECT_TRUE(effect.ok()) << effect.status();
    EXPECT_FALSE(effect->moves);
    EXPECT_EQ(effect->setl_id, "");
    EXPECT_NE(SettlementOf(*effect).reason(), "");
    EXPECT_EQ(SettlementOf(*effect).outcome(), effect->outcome);
    return static_cast<v1::Outcome>(effect->outcome);
  };
  const auto set_days = [](v1::SettleRequest& request, const char* day) {
    request.mutable_claim()->set_begndate(day);
    request.mutable_claim()->set_enddate(day);
  };
  EXPECT_EQ(outcome([&](auto& request, auto&) { set_days(request, "2019-12-31"); }),
            v1::INSTITUTION_NOT_IN_FORCE);
  EXPECT_EQ(outcome([](auto& request, auto&) { request.mutable_claim()->set_insutype("320"); }),
            v1::NOT_INSURED);
  EXPECT_EQ(outcome([](auto&, Person& person) {
              auto facts = std::make_shared<v1::PersonFacts>(*person.facts);
              facts->mutable_coverage(0)->set_psn_insu_stas("2");
              person.facts = facts;
            }),
            v1::COVERAGE_NOT_NORMAL);
  EXPECT_EQ(outcome([](auto& request, auto&) { request.mutable_claim()->set_med_type("11"); }),
            v1::NO_POLICY);
  EXPECT_EQ(outcome([](auto& request, auto&) { request.mutable_claim()->set_rel_ttp_flag(true); }),
            v1::EXCLUDED_BY_POLICY);
}

TEST(Settle, ClaimsOfTomorrowAndUnknownHospitalsAreErrors) {
  const History history;
  v1::SettleRequest request = SettleOf("m1", "P1", 10'000);
  request.mutable_claim()->set_enddate("2026-06-16");
  auto effect = engine::Settle(*history.reference, request, "r", history.person, TestNow());
  EXPECT_EQ(effect.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StartsWith(effect.status().message(), "claim.enddate")) << effect.status();
  request.mutable_claim()->set_enddate("2026-06-15");
  EXPECT_TRUE(engine::Settle(*history.reference, request, "r", history.person, TestNow()).ok());
  request.mutable_header()->set_fixmedins_code("H9");
  effect = engine::Settle(*history.reference, request, "r", history.person, TestNow());
  EXPECT_EQ(effect.status().code(), absl::StatusCode::kNotFound);
}

// The default of the area: costs to the last day of the agreement (服务协议).
TEST(Settle, FeesAfterTheAgreementAreRefusedByName) {
  const History history;
  auto reference = std::make_shared<Reference>(*history.reference);
  reference->institutions.at(kHospital).set_enddate("2026-06-05");
  v1::SettleRequest request = SettleOf("m1", "P1", 10'000);
  v1::Claim& claim = *request.mutable_claim();
  *claim.add_fee_line() = claim.fee_line(0);
  claim.mutable_fee_line(0)->set_fee_ocur_date("2026-06-05");
  claim.mutable_fee_line(1)->set_feedetl_sn("2");
  claim.set_medfee_sumamt_fen(20'000);
  const auto settle = [&] {
    const auto effect = engine::Settle(*reference, request, "r", history.person, TestNow());
    EXPECT_TRUE(effect.ok()) << effect.status();
    return SettlementOf(*effect);
  };
  // Without a day a fee is of the last day of the claim.
  for (const char* day : {"", "2026-06-06"}) {
    claim.mutable_fee_line(1)->set_fee_ocur_date(day);
    const v1::Settlement refused = settle();
    EXPECT_EQ(refused.outcome(), v1::CLAIM_INCOMPLETE);
    EXPECT_TRUE(absl::StrContains(refused.reason(), "fee_line[1].fee_ocur_date"))
        << refused.reason();
  }
  claim.mutable_fee_line(1)->set_fee_ocur_date("2026-06-05");
  EXPECT_EQ(settle().outcome(), v1::SETTLED);

  claim.mutable_fee_line(1)->set_fee_ocur_date("2026-06-06");
  auto areas = AreaBook::Build(
      {{"test.area", absl::StrCat("id: \"test\" title: \"试\" admdvs: \"", kArea,
                                  "\" begndate: \"2020-01-01\" sample_data: true source { id: "
                                  "\"s1\" title: \"made up\" grade: \"SAMPLE\" } stay { cite: "
                                  "\"s1 1\" agreement_end: UNTIL_DISCHARGE }")}});
  ASSERT_TRUE(areas.ok()) << areas.status();
  reference->areas = std::make_shared<const AreaBook>(*std::move(areas));
  EXPECT_EQ(settle().outcome(), v1::SETTLED);
}

TEST(Settle, AClaimIsNotFiledTomorrow) {
  const History history;
  v1::SettleRequest request = SettleOf("m1", "P1", 10'000);
  request.mutable_claim()->set_filed_on("2026-06-16");
  auto effect = engine::Settle(*history.reference, request, "r", history.person, TestNow());
  EXPECT_EQ(effect.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StartsWith(effect.status().message(), "claim.filed_on")) << effect.status();
  request.mutable_claim()->set_filed_on("2026-06-15");
  EXPECT_TRUE(engine::Settle(*history.reference, request, "r", history.person, TestNow()).ok());
}

// Scheme 310, benefit kind 21, with a fund share of 10 %, 20 %, ... for each header; `more_steps`
// come after.
std::shared_ptr<const Reference> ReferenceOfVersions(const std::vector<std::string>& headers,
                                                     const std::string& more_steps = "") {
  auto reference = std::make_shared<Reference>(*TestReference());
  std::vector<std::unique_ptr<const rules::Program>> programs;
  for (const std::string& header : headers) {
    const size_t number = programs.size() + 1;
    auto program = rules::CompilePackage(
        absl::StrCat(number, ".policy"),
        absl::StrCat("id: \"v", number, "\" title: \"试\" admdvs: \"", kArea,
                     "\" insutype: \"310\" med_type: \"21\" sample_data: true ", header,
                     " source { id: \"s1\" title: \"made up\" grade: \"SAMPLE\" }"
                     " step { id: \"classify\" label: \"c\" cite: \"s1 1\" classify {} }"
                     " step { id: \"hifp_pay\" label: \"p\" cite: \"s1 1\" pay {"
                     " fund: HIFP fund_pay_type: \"310100\" base: \"inscp_scp_amt\""
                     " row { band { ratio: \"",
                     number, "0%\" } } } }", more_steps));
    EXPECT_TRUE(program.ok()) << program.status();
    programs.push_back(*std::move(program));
  }
  const auto policies = rules::RuleBook::Build(std::move(programs));
  EXPECT_TRUE(policies.ok()) << policies.status();
  reference->policies = *policies;
  return reference;
}

// What the pool pays of 10,000 fen, or the reason of the refusal.
std::string PaidOrReason(const Reference& reference, const v1::SettleRequest& request) {
  const auto effect = engine::Settle(reference, request, "r", History().person, TestNow());
  EXPECT_TRUE(effect.ok()) << effect.status();
  const v1::Settlement settlement = SettlementOf(*effect);
  if (settlement.outcome() == v1::SETTLED) return absl::StrCat(settlement.amounts().hifp_pay_fen());
  EXPECT_EQ(settlement.outcome(), v1::NO_POLICY);
  EXPECT_FALSE(effect->moves);
  return settlement.reason();
}

TEST(Settle, TheFilingDayIsTheDayOfArrivalUnlessTheClaimSays) {
  const auto reference = ReferenceOfVersions(
      {"valid_from: \"2020-01-01\"", "valid_from: \"2026-06-01\" known_from: \"2026-06-12\""});
  v1::SettleRequest request = SettleOf("m1", "P1", 10'000);
  EXPECT_EQ(PaidOrReason(*reference, request), "2000");  // arrives on 15 June
  request.mutable_claim()->set_filed_on("2026-06-11");
  EXPECT_EQ(PaidOrReason(*reference, request), "1000");
  request.mutable_claim()->set_filed_on("2026-06-12");
  EXPECT_EQ(PaidOrReason(*reference, request), "2000");
}

TEST(Settle, VersionsByFilingDay) {
  const auto reference = ReferenceOfVersions(
      {"valid_from: \"2020-01-01\" valid_to: \"2026-06-11\" version_by: BY_FILING",
       "valid_from: \"2026-06-12\" version_by: BY_FILING"});
  v1::SettleRequest request = SettleOf("m1", "P1", 10'000);
  EXPECT_EQ(PaidOrReason(*reference, request), "2000");
  request.mutable_claim()->set_filed_on("2026-06-11");
  EXPECT_EQ(PaidOrReason(*reference, request), "1000");
}

TEST(Settle, FeesOverTheSeamOfVersionsByServiceAreToBeSettledApart) {
  const auto reference = ReferenceOfVersions(
      {"valid_from: \"2020-01-01\" valid_to: \"2026-06-05\" version_by: BY_SERVICE",
       "valid_from: \"2026-06-06\" version_by: BY_SERVICE"});
  v1::SettleRequest request = SettleOf("m1", "P1", 10'000);
  v1::FeeLine* line = request.mutable_claim()->mutable_fee_line(0);
  EXPECT_EQ(PaidOrReason(*reference, request), "2000");  // no day: that of discharge, 10 June
  line->set_fee_ocur_date("2026-06-05");
  EXPECT_EQ(PaidOrReason(*reference, request), "1000");
  line->set_fee_ocur_date("2026-06-06");
  EXPECT_EQ(PaidOrReason(*reference, request), "2000");
  *request.mutable_claim()->add_fee_line() = *line;
  request.mutable_claim()->mutable_fee_line(1)->set_feedetl_sn("2");
  request.mutable_claim()->mutable_fee_line(1)->set_fee_ocur_date("2026-06-03");
  request.mutable_claim()->set_medfee_sumamt_fen(20'000);
  EXPECT_EQ(PaidOrReason(*reference, request),
            "费用发生日期2026-06-03至2026-06-06跨越政策版本，请办理中途结算："
            "2026-06-06之前的费用与该日起的费用分开结算");
}

TEST(Settle, SameInputSameBytes) {
  const History history;
  const v1::SettleRequest request = SettleOf("m1", "P1", 300'000);
  const auto once = engine::Settle(*history.reference, request, "r", history.person, TestNow());
  const auto again = engine::Settle(*history.reference, request, "r", history.person, TestNow());
  EXPECT_EQ(once->reply, again->reply);
  EXPECT_EQ(once->event, again->event);
  EXPECT_EQ(SerializeState(once->next), SerializeState(again->next));
}

// An input is used for claim after claim.
TEST(ClaimInput, ItemsOfAnotherPlaceAreThoseOfThisClaim) {
  const auto reference = TestReference();
  const Person person = TestPerson("P1", 0, 0);
  const v1::SettleRequest request = SettleOf("m1", "P1", 10'000);
  google::protobuf::RepeatedPtrField<v1::LineClass> classes;
  classes.Add()->set_chrgitm_lv(v1::CLASS_A);
  const CareSide care{*reference->FindInstitution(request.header().fixmedins_code()), &classes};
  ClaimInput input;
  for (int i = 0; i < 3; ++i) {
    MakeClaimInput(*reference, care, person, request.claim(), TestNow().day, &input);
    ASSERT_EQ(input.items.size(), 1U);
    EXPECT_EQ(input.lines[0].item, &input.items[0]);
  }
}

TEST(Booking, EventsHoldWhatIsTheirsThoughSeveralAreOpenAtOnce) {
  const Person person = TestPerson("P1", 100'000, 20'000);
  const auto take = [](int64_t fen, Booking* booking) {
    booking->TakeFrom(rules::SubAccount::kCurrentYear, Fen(fen));
    booking->Post(store::v1::ACCOUNT_FUNDING, "A", -booking->Sum());
  };
  const auto event_of = [](Booking&& booking, const std::string& reply) {
    return std::move(booking).Finish(reply).event;
  };
  Booking outer(person, Header("outer"), "o", TestNow());
  take(100, &outer);
  Booking inner(person, Header("inner"), "i", TestNow());
  take(7, &inner);
  inner.event().mutable_settled()->set_setl_id("S1");
  const std::string inner_event = event_of(std::move(inner), "inner reply");
  Booking empty(person, Header("empty"), "", TestNow());
  const std::string events[] = {inner_event, event_of(std::move(outer), "outer reply"),
                                event_of(std::move(empty), "")};
  const char* const expected[] = {"inner i inner reply S1 1 CURRENT_YEAR 7, 4 A -7",
                                  "outer o outer reply  1 CURRENT_YEAR 100, 4 A -100", "empty    "};
  for (size_t i = 0; i < std::size(events); ++i) {
    PersonEvent event;
    ASSERT_TRUE(event.ParseFromString(events[i]));
    EXPECT_EQ(absl::StrCat(event.msgid(), " ", event.request(), " ", event.reply(), " ",
                           event.settled().setl_id(), " ", Journal(event)),
              expected[i]);
  }
}

TEST(Reverse, PutsEverythingBack) {
  History history;
  const std::string before = SerializeState(history.person);
  const Effect settled = history.Settle("m1", 300'000);
  const v1::Reversal reversal = history.Reverse(2);
  EXPECT_EQ(reversal.outcome(), v1::REVERSED);
  EXPECT_EQ(reversal.orig_setl_id(), settled.setl_id);
  EXPECT_EQ(Journal(EventOf(history.last)),
            "2 310100 -200000, 1 CURRENT_YEAR -100000, 3 H41019900001 300000");
  EXPECT_EQ(reversal.balc_fen(), 120'000);
  EXPECT_EQ(reversal.version(), 3);
  EXPECT_EQ(history.person.account[0], Fen(100'000));
  EXPECT_TRUE(history.person.accumulators.empty());
  EXPECT_EQ(history.person.ReversedBy(2), 3);
  // Every amount is the opposite.
  const v1::Amounts original = SettlementOf(settled).amounts();
  const auto* reflection = original.GetReflection();
  const auto* type = original.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    EXPECT_EQ(reflection->GetInt64(reversal.amounts(), type->field(i)),
              -reflection->GetInt64(original, type->field(i)));
  }
  // But for the mark of the reversal, the state is that of before.
  Person without_mark = history.person;
  without_mark.reversed.clear();
  EXPECT_EQ(SerializeState(without_mark), before);
}

// What funds owe is in the journal of the settlement, what the employer owes is told only.
TEST(Reverse, NamesTheBenefitsTakenBack) {
  History history;
  history.reference = ReferenceOfVersions({"valid_from: \"2020-01-01\""}, R"policy(
    step {
      id: "allowance" label: "津贴" cite: "s1 1"
      benefit { fund: MATERNITY fund_pay_type: "510100" row { amount: "800" } }
    }
    step { id: "wage" label: "工资" cite: "s1 1" benefit { fund: EMPLOYER row { amount: "60" } } }
  )policy");
  const Effect settled = history.Settle("m1", 300'000);
  EXPECT_EQ(SettlementOf(settled).benefit_size(), 2);
  PersonEvent event;
  ASSERT_TRUE(event.ParseFromString(settled.earlier.at(0).event));
  EXPECT_TRUE(absl::StrContains(Journal(event), "510100"));
  const v1::Reversal reversal = history.Reverse(2);
  std::vector<std::string> benefits;
  for (const v1::BenefitPayment& benefit : reversal.benefit()) {
    benefits.push_back(absl::StrCat(benefit.step(), " ", benefit.label(), " ",
                                    benefit.fund_pay_type(), " ", benefit.amount_fen()));
  }
  EXPECT_EQ(benefits,
            (std::vector<std::string>{"allowance 津贴 510100 -80000", "wage 工资  -6000"}));
  EXPECT_TRUE(history.Reverse(2).benefit().empty());  // reversed before: nothing is taken back
}

TEST(Reverse, OnlyOnce) {
  History history;
  history.Settle("m1", 300'000);
  EXPECT_EQ(history.Reverse(2).outcome(), v1::REVERSED);
  const v1::Reversal again = history.Reverse(2);
  EXPECT_EQ(again.outcome(), v1::ALREADY_REVERSED);
  EXPECT_FALSE(history.last.moves);
  EXPECT_EQ(again.version(), 3);
}

TEST(Reverse, TheNewestOfDependentSettlementsFirst) {
  History history;
  history.Settle("m1", 300'000);
  history.Settle("m2", 300'000);
  const Effect newest = history.Settle("m3", 300'000);
  const v1::Reversal refused = history.Reverse(2);
  EXPECT_EQ(refused.outcome(), v1::LATER_SETTLEMENT_EXISTS);
  EXPECT_EQ(refused.setl_id(), newest.setl_id);
  for (const int64_t version : {4, 3, 2})
    EXPECT_EQ(history.Reverse(version).outcome(), v1::REVERSED);
  EXPECT_EQ(history.person.balance(), Fen(120'000));
  EXPECT_TRUE(history.person.accumulators.empty());
}

TEST(Reverse, IndependentSettlementsInAnyOrder) {
  History history;
  history.Settle("m1", 300'000, "310");
  history.Settle("m2", 300'000, "390");
  EXPECT_EQ(history.Reverse(2).outcome(), v1::REVERSED);
  EXPECT_EQ(history.Reverse(3).outcome(), v1::REVERSED);
}

// The third settlement took no deductible because the second had used the year's up: it depends on
// it without adding to it.
TEST(Reverse, ASettlementThatOnlyReadATotalDependsOnItToo) {
  History history;
  history.Settle("m1", 3'000'000);  // the pool of the year is used up
  history.Settle("m2", 100'000);    // the last 300 of the deductible
  const Effect third = history.Settle("m3", 100'000);
  ASSERT_EQ(SettlementOf(third).amounts().act_pay_dedc_fen(), 0);
  EXPECT_EQ(third.next.accumulators.size(), 2U);
  EXPECT_EQ(history.Reverse(3).outcome(), v1::LATER_SETTLEMENT_EXISTS);
}

TEST(Credit, BooksAgainstTheFunding) {
  History history;
  v1::CreditAccountRequest request = CreditOf("c1", "P1", 500);
  request.set_sub_account(v1::PAST_YEARS);
  const Effect effect = history.Take(Credit(request, "request", history.person, TestNow()));
  EXPECT_EQ(Journal(EventOf(effect)), "1 PAST_YEARS -500, 4 H41019900001 500");
  EXPECT_EQ(effect.next.account[1], Fen(20'500));
  v1::CreditAccountResponse response;
  ASSERT_TRUE(response.ParseFromString(effect.reply));
  EXPECT_EQ(response.balc_before_fen(), 120'000);
  EXPECT_EQ(response.balc_fen(), 120'500);
  EXPECT_EQ(response.version(), 2);
}

TEST(Credit, AnAccountHoldsOnlySoMuch) {
  History history;
  history.person.account[0] = Fen(100 * kMaxClaimFen - 20'000);
  EXPECT_FALSE(Credit(CreditOf("c1", "P1", 1), "r", history.person, TestNow()).ok());
}

TEST(PreSettle, SaysWhatSettleWouldAndGivesNoId) {
  const History history;
  v1::PreSettleRequest request;
  request.set_fixmedins_code(kHospital);
  *request.mutable_claim() = SettleOf("m1", "P1", 300'000).claim();
  const auto pre = PreSettle(*history.reference, request, history.person, TestNow());
  ASSERT_TRUE(pre.ok()) << pre.status();
  const auto settled = engine::Settle(*history.reference, SettleOf("m1", "P1", 300'000), "r",
                                      history.person, TestNow());
  EXPECT_EQ(pre->setl_id(), "");
  EXPECT_EQ(pre->version(), 1);
  EXPECT_EQ(pre->amounts().SerializeAsString(),
            SettlementOf(*settled).amounts().SerializeAsString());
  EXPECT_EQ(pre->explanation().SerializeAsString(),
            SettlementOf(*settled).explanation().SerializeAsString());
}

TEST(Explanation, NamesStepRowAndSource) {
  History history;
  const v1::Settlement settlement = SettlementOf(history.Settle("m1", 300'000));
  const v1::Explanation& explanation = settlement.explanation();
  EXPECT_EQ(explanation.policy(), "test-310");
  EXPECT_TRUE(explanation.sample_data());
  EXPECT_EQ(explanation.policy_hash().size(), 16U);
  ASSERT_EQ(explanation.step_size(), 4);
  const v1::ExplainedStep& pay = explanation.step(2);
  EXPECT_EQ(pay.step(), "hifp_pay");
  EXPECT_EQ(pay.row(), 1);
  EXPECT_EQ(pay.base_fen(), 250'000);
  EXPECT_EQ(pay.amount_fen(), 200'000);
  EXPECT_EQ(pay.ratio_1e6(), 800'000);
  EXPECT_EQ(pay.cite(), "s1 1");
  EXPECT_EQ(pay.grade(), "SAMPLE");
  ASSERT_EQ(settlement.line_size(), 1);
  EXPECT_EQ(settlement.line(0).chrgitm_lv(), "01");
  EXPECT_EQ(settlement.line(0).inscp_scp_amt_fen(), 300'000);
  ASSERT_EQ(settlement.setldetail_size(), 1);
  EXPECT_EQ(settlement.setldetail(0).fund_pay_type(), "310100");
}

TEST(Person, StateRoundTripsAndUnreadableStatesAreErrors) {
  History history;
  history.Settle("m1", 300'000);
  history.Reverse(2);
  history.Settle("m2", 70'000, "390");
  const storage::PersonVersion& newest = history.versions.back();
  const auto back = ParsePerson(newest);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(SerializeState(*back), newest.state);
  EXPECT_EQ(back->version, newest.version);
  EXPECT_EQ(back->ReversedBy(2), 3);
  EXPECT_EQ(ParsePerson({1, "\xff\xff", ""}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Person, StateListsTotalsInTheOrderOfRecordsAndKeepsNothingOfTheStateBefore) {
  History history;
  history.Settle("m1", 300'000);
  Person person = history.person;
  const std::string bytes = SerializeState(person);
  ASSERT_GE(person.accumulators.size(), 2U);
  std::reverse(person.accumulators.begin(), person.accumulators.end());
  EXPECT_EQ(SerializeState(person), bytes);
  store::v1::PersonState state;
  ASSERT_TRUE(state.ParseFromString(bytes));
  EXPECT_EQ(state.SerializeAsString(), bytes);
  const auto next = ParsePerson({1, SerializeState(NewPerson("P2")), ""});
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->facts->psn_no(), "P2");
  EXPECT_EQ(next->balance(), Fen(0));
  EXPECT_TRUE(next->accumulators.empty());
  EXPECT_TRUE(next->reversed.empty());
}

}  // namespace
}  // namespace yijie::engine
