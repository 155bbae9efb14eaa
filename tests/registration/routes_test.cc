// What is not settled outside the area: maternity, what an area names, work injury beyond what is
// settled across provinces; each with its reason and its route.

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "engine/transactions.h"
#include "tests/registration/registration_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

struct Row {
  const char* name;
  v1::Outcome outcome;
  const char* said;  // in the reason
  const char* hospital;
  const char* sections;
  void (*make)(v1::Claim*);
};

void Delivery(v1::Claim* claim) {
  claim->set_insutype("510");
  claim->set_med_type("52");
}

constexpr char kQinghai[] =
    "across { cite: \"s1 1\" maternity_text: \"生育分娩先现金结清，由用人单位报销\" }";
constexpr char kSettlesMaternity[] = "across { cite: \"s1 1\" maternity_settled: true }";
constexpr char kOutOfCity[] =
    "across { refusal { cite: \"s1 1\" insutype: \"310\" med_type: \"21\" scope: OUT_OF_CITY "
    "text: \"请回参保地\" } }";

const Row kRows[] = {
    {"DeliveryAtHome", v1::SETTLED, "", kHospital, "", Delivery},
    {"DeliveryInProvince", v1::SETTLED, "", kInProvinceHospital, "", Delivery},
    {"DeliveryAcrossProvinces", v1::OTHER_ROUTE, "经办机构报销", kOutOfProvinceHospital, "",
     Delivery},
    {"DeliveryByTheTextOfTheArea", v1::OTHER_ROUTE, "由用人单位报销", kOutOfProvinceHospital,
     kQinghai, Delivery},
    {"DeliveryWhereItIsSettled", v1::SETTLED, "", kOutOfProvinceHospital, kSettlesMaternity,
     Delivery},
    // Never as an ordinary stay.
    {"DeliveryAsAnOrdinaryStay", v1::OTHER_ROUTE, "生育", kOutOfProvinceHospital, "",
     [](v1::Claim* claim) { claim->mutable_delivery()->set_mode(v1::NATURAL); }},
    {"MaternityOutpatient", v1::OTHER_ROUTE, "生育", kOutOfProvinceHospital, "",
     [](v1::Claim* claim) { claim->set_med_type("51"); }},
    {"LongerCodes", v1::OTHER_ROUTE, "生育", kOutOfProvinceHospital, "",
     [](v1::Claim* claim) { claim->set_med_type("5201"); }},
    {"OrdinaryStay", v1::SETTLED, "", kOutOfProvinceHospital, "", [](v1::Claim*) {}},
    {"NamedByTheAreaInProvince", v1::OTHER_ROUTE, "请回参保地", kInProvinceHospital, kOutOfCity,
     [](v1::Claim*) {}},
    {"NamedByTheAreaAcross", v1::OTHER_ROUTE, "请回参保地", kOutOfProvinceHospital, kOutOfCity,
     [](v1::Claim*) {}},
    {"NamedByTheAreaAtHome", v1::SETTLED, "", kHospital, kOutOfCity, [](v1::Claim*) {}},
};

class Routes : public testing::TestWithParam<Row> {};

TEST_P(Routes, AreNamed) {
  const Row& row = GetParam();
  RegistrationWorld world(row.sections);
  v1::SettleRequest request = StayAt("m1", row.hospital);
  row.make(request.mutable_claim());
  const v1::Settlement settlement = world.Settle(request);
  EXPECT_EQ(settlement.outcome(), row.outcome) << settlement.reason();
  EXPECT_TRUE(absl::StrContains(settlement.reason(), row.said)) << settlement.reason();
  world.ExpectSound();
}

INSTANTIATE_TEST_SUITE_P(Rows, Routes, testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.name); });

// A stay for a work injury in another province to which nothing is wrong.
struct InjuryStay {
  v1::RegisterRequest registration = ResidenceOf("r1");
  v1::SettleRequest request = StayAt("m1", kOutOfProvinceHospital);
  v1::InjuryRecognition::Confirmation confirmation;
  bool registered = true;

  InjuryStay() {
    registration.set_work_injury(true);
    v1::Claim& claim = *request.mutable_claim();
    claim.set_insutype("410");
    claim.set_begndate("2026-06-15");
    claim.set_enddate("2026-06-15");
    claim.set_injury_no(kInjuryNo);
    claim.set_acct_used_flag(v1::ACCT_NOT_USED);
  }
};

struct InjuryRow {
  const char* name;
  v1::Outcome outcome;
  const char* said;
  void (*change)(InjuryStay*);
};

void Rehabilitation(InjuryStay* stay) { stay->request.mutable_claim()->set_med_type("422"); }
void Devices(InjuryStay* stay) { stay->request.mutable_claim()->set_med_type("425"); }
void Confirm(v1::InjuryRecognition::ConfirmationKind kind, InjuryStay* stay) {
  stay->confirmation.set_kind(kind);
  stay->confirmation.set_begndate("2026-02-01");
}

const InjuryRow kInjuryRows[] = {
    {"InPatient", v1::SETTLED, "", [](InjuryStay*) {}},
    {"Posted", v1::SETTLED, "",
     [](InjuryStay* s) { s->registration.set_long_term_reason(v1::POSTED); }},
    {"Referred", v1::SETTLED, "",
     [](InjuryStay* s) {
       s->registration = ReferralOf("r1");
       s->registration.set_work_injury(true);
     }},
    {"NotRegistered", v1::OTHER_ROUTE, "须先备案", [](InjuryStay* s) { s->registered = false; }},
    {"RegisteredForMedicalCareOnly", v1::OTHER_ROUTE, "须先备案",
     [](InjuryStay* s) { s->registration.set_work_injury(false); }},
    {"RegisteredElsewhere", v1::OTHER_ROUTE, "须先备案",
     [](InjuryStay* s) { s->registration.set_admdvs("620200"); }},
    {"EmergencyIsNoRegistration", v1::OTHER_ROUTE, "须先备案",
     [](InjuryStay* s) {
       s->registered = false;
       s->request.mutable_claim()->set_emergency(true);
     }},
    {"RegisteredFromTheDayAfter", v1::OTHER_ROUTE, "须先备案",
     [](InjuryStay* s) { s->registration.set_begndate("2026-06-16"); }},
    {"TheDayBeforeItBegan", v1::OTHER_ROUTE, "2025年4月1日前",
     [](InjuryStay* s) {
       s->request.mutable_claim()->set_begndate("2025-03-31");
       s->request.mutable_claim()->set_enddate("2025-03-31");
     }},
    {"TheDayItBegan", v1::OTHER_ROUTE, "须先备案",
     [](InjuryStay* s) {
       s->registered = false;
       s->request.mutable_claim()->set_begndate("2025-03-31");
       s->request.mutable_claim()->set_enddate("2025-04-01");
     }},
    {"OutPatient", v1::OTHER_ROUTE, "住院、康复和辅助器具",
     [](InjuryStay* s) { s->request.mutable_claim()->set_med_type("11"); }},
    {"RehabilitationCheckUp", v1::OTHER_ROUTE, "住院、康复和辅助器具",
     [](InjuryStay* s) { s->request.mutable_claim()->set_med_type("424"); }},
    {"ThirdParty", v1::OTHER_ROUTE, "第三人",
     [](InjuryStay* s) { s->request.mutable_claim()->set_rel_ttp_flag(true); }},
    {"NoRecognition", v1::OTHER_ROUTE, "没有工伤认定",
     [](InjuryStay* s) { s->request.mutable_claim()->clear_injury_no(); }},
    {"AnotherRecognition", v1::OTHER_ROUTE, "没有工伤认定",
     [](InjuryStay* s) { s->request.mutable_claim()->set_injury_no("GS2"); }},
    {"RehabilitationNotConfirmed", v1::OTHER_ROUTE, "没有工伤康复确认", Rehabilitation},
    {"RehabilitationConfirmedAsSomethingElse", v1::OTHER_ROUTE, "没有工伤康复确认",
     [](InjuryStay* s) {
       Rehabilitation(s);
       Confirm(v1::InjuryRecognition::DEVICE, s);
     }},
    {"RehabilitationConfirmationIsOver", v1::OTHER_ROUTE, "没有工伤康复确认",
     [](InjuryStay* s) {
       Rehabilitation(s);
       Confirm(v1::InjuryRecognition::REHABILITATION, s);
       s->confirmation.set_enddate("2026-06-14");
     }},
    {"Rehabilitation", v1::SETTLED, "",
     [](InjuryStay* s) {
       Rehabilitation(s);
       Confirm(v1::InjuryRecognition::REHABILITATION, s);
     }},
    {"DevicesNotConfirmed", v1::OTHER_ROUTE, "没有辅助器具配置确认", Devices},
    {"Devices", v1::SETTLED, "",
     [](InjuryStay* s) {
       Devices(s);
       Confirm(v1::InjuryRecognition::DEVICE, s);
     }},
    {"AtHomeNothingOfItIsAsked", v1::SETTLED, "",
     [](InjuryStay* s) {
       s->registered = false;
       s->request.mutable_header()->set_fixmedins_code(kHospital);
       s->request.mutable_claim()->set_med_type("11");
     }},
};

class InjuryAcrossProvinces : public testing::TestWithParam<InjuryRow> {};

TEST_P(InjuryAcrossProvinces, IsSettledOrHasItsRoute) {
  const InjuryRow& row = GetParam();
  InjuryStay stay;
  row.change(&stay);
  RegistrationWorld world;
  if (stay.confirmation.kind() != v1::InjuryRecognition::CONFIRMATION_KIND_UNSPECIFIED) {
    v1::AmendPersonRequest amend;
    *amend.mutable_header() = Header("a1");
    *amend.mutable_facts() = InsuredFacts();
    *amend.mutable_facts()->mutable_injury(0)->add_confirmation() = stay.confirmation;
    ASSERT_TRUE(world.Send(Call::kAmendPerson, amend).status.ok());
  }
  if (stay.registered) {
    ASSERT_EQ(world.Register(stay.registration).outcome(), v1::REGISTRATION_FILED);
  }
  const v1::Settlement settlement = world.Settle(stay.request);
  EXPECT_EQ(settlement.outcome(), row.outcome) << settlement.reason();
  EXPECT_TRUE(absl::StrContains(settlement.reason(), row.said)) << settlement.reason();
  if (row.outcome == v1::SETTLED) {
    EXPECT_EQ(settlement.amounts().oth_pay_fen(), 100'000);
  } else {
    EXPECT_TRUE(absl::StrContains(settlement.reason(), "经办机构报销")) << settlement.reason();
  }
  world.ExpectSound();
}

INSTANTIATE_TEST_SUITE_P(Rows, InjuryAcrossProvinces, testing::ValuesIn(kInjuryRows),
                         [](const auto& row) { return std::string(row.param.name); });

// The route ends at the agency, which settles what the hospital may not send.
TEST(AgencyRoute, SettlesWhatTheHospitalMayNot) {
  RegistrationWorld world;
  v1::Claim claim = StayAt("m1", kOutOfProvinceHospital).claim();
  Delivery(&claim);
  const auto outcome = [&](const CounterMessage* counter) {
    ClaimInput input;
    rules::Decision decision;
    v1::Settlement settlement;
    const Person person = world.person();
    EXPECT_TRUE(EvaluateClaim(world.reference(), "fixmedins_code", kOutOfProvinceHospital, claim,
                              counter, person, TestNow(), &input, &decision, &settlement)
                    .ok());
    return settlement.outcome();
  };
  EXPECT_EQ(outcome(nullptr), v1::OTHER_ROUTE);
  const CounterMessage filed{"AGENCY", "b1", nullptr, FiledClaim{}};
  EXPECT_EQ(outcome(&filed), v1::SETTLED);
}

TEST(AgencyRoute, SettlesWorkInjuryThatIsNotSettledAcrossProvinces) {
  RegistrationWorld world;
  const Person person = world.person();
  const CounterMessage filed{"AGENCY", "b1", nullptr, FiledClaim{}};
  const struct {
    const char* med_type;
    const char* day;
    bool emergency;
  } rows[] = {
      {"11", "2026-06-10", false},
      {"424", "2026-06-10", false},
      {"21", "2026-06-10", true},   // not registered
      {"21", "2025-03-31", false},  // the day before direct settlement began
  };
  for (const auto& row : rows) {
    v1::Claim claim = InjuryStay().request.claim();
    claim.set_med_type(row.med_type);
    claim.set_begndate(row.day);
    claim.set_enddate(row.day);
    claim.set_emergency(row.emergency);
    ClaimInput input;
    rules::Decision decision;
    v1::Settlement settlement;
    EXPECT_TRUE(EvaluateClaim(world.reference(), "fixmedins_code", kOutOfProvinceHospital, claim,
                              &filed, person, TestNow(), &input, &decision, &settlement)
                    .ok());
    EXPECT_EQ(settlement.outcome(), v1::SETTLED) << row.med_type << settlement.reason();
    EXPECT_EQ(settlement.amounts().oth_pay_fen(), 100'000) << row.med_type;
  }
}

TEST(AgencyRoute, ABadConfirmationOfAnInjuryIsNamed) {
  const struct {
    const char* field;
    void (*spoil)(v1::InjuryRecognition::Confirmation*);
  } rows[] = {
      {"facts.injury[0].confirmation[0].kind", [](auto* c) { c->clear_kind(); }},
      {"facts.injury[0].confirmation[0].begndate", [](auto* c) { c->clear_begndate(); }},
      {"facts.injury[0].confirmation[0].enddate", [](auto* c) { c->set_enddate("2025-12-31"); }}};
  for (const auto& row : rows) {
    auto amend = std::make_unique<v1::AmendPersonRequest>();
    *amend->mutable_header() = Header("a1");
    *amend->mutable_facts() = InsuredFacts();
    auto* confirmation = amend->mutable_facts()->mutable_injury(0)->add_confirmation();
    confirmation->set_kind(v1::InjuryRecognition::RELAPSE);
    confirmation->set_begndate("2026-01-01");
    row.spoil(confirmation);
    const auto job = MakeJob(Call::kAmendPerson, std::move(amend), TestNow());
    ASSERT_TRUE(absl::IsInvalidArgument(job.status())) << row.field;
    EXPECT_TRUE(absl::StartsWith(job.status().message(), row.field)) << job.status();
  }
}

}  // namespace
}  // namespace yijie::engine
