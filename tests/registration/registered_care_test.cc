// Which registration a bill has: by place, day, kind, scheme, and when it was filed.

#include "engine/registration/registered_care.h"

#include <gtest/gtest.h>

#include "base/date.h"
#include "engine/area/area_book.h"
#include "engine/registration/registration_state.h"
#include "tests/registration/registration_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// A stay in Lanzhou from 2026-06-01 to 2026-06-10 of a person of 410199.
struct Stay {
  v1::PersonFacts person;
  store::v1::PersonRegistrations filed;
  v1::RegistrationRules rules = AreaBook::Default().registration();
  v1::Claim claim;
  std::string care = "620100";
  std::string begndate = "2026-06-01";
  std::string enddate = "2026-06-10";
  bool reimbursed = false;

  Stay() { claim.set_insutype("310"); }

  v1::FiledRegistration& Add(v1::RegistrationKind kind, const std::string& begndate_,
                             const std::string& filed_on) {
    store::v1::StoredRegistration& stored = *filed.add_registration();
    v1::FiledRegistration& one = *stored.mutable_filed();
    one.set_registration_no(std::to_string(filed.registration_size()));
    one.set_kind(kind);
    one.set_admdvs("620199");
    one.set_begndate(begndate_);
    one.set_filed_on(filed_on);
    return one;
  }

  v1::RegistrationKind Kind() const {
    return RegistrationOf({person, filed, rules, claim, "410199", care, *ParseDate(begndate),
                           *ParseDate(enddate), reimbursed});
  }
};

struct Row {
  const char* name;
  v1::RegistrationKind expected;
  void (*make)(Stay*);
};

const Row kRows[] = {
    {"Nothing", v1::NOT_REGISTERED, [](Stay*) {}},
    {"Before", v1::REFERRAL, [](Stay* s) { s->Add(v1::REFERRAL, "2026-05-01", "2026-05-01"); }},
    {"FromTheAdmissionDayOn", v1::REFERRAL,
     [](Stay* s) { s->Add(v1::REFERRAL, "2026-06-01", "2026-06-01"); }},
    {"DuringTheStay", v1::REFERRAL,
     [](Stay* s) { s->Add(v1::REFERRAL, "2026-06-10", "2026-06-10"); }},
    {"AfterTheStay", v1::NOT_REGISTERED,
     [](Stay* s) { s->Add(v1::REFERRAL, "2026-06-11", "2026-06-11"); }},
    {"BackdatedAfterTheStay", v1::REFERRAL,
     [](Stay* s) { s->Add(v1::REFERRAL, "2026-06-01", "2026-06-14"); }},
    {"FiledAheadForALaterDay", v1::NOT_REGISTERED,
     [](Stay* s) { s->Add(v1::REFERRAL, "2026-06-05", "2026-05-01"); }},
    {"DuringTheStayWhereThatIsTooLate", v1::NOT_REGISTERED,
     [](Stay* s) {
       s->rules.set_late_filing(v1::RegistrationRules::BEFORE_ADMISSION);
       s->Add(v1::REFERRAL, "2026-06-10", "2026-06-10");
     }},
    {"AdmittedOnTheLastDay", v1::REFERRAL,
     [](Stay* s) { s->Add(v1::REFERRAL, "2026-01-01", "2026-01-01").set_enddate("2026-06-01"); }},
    {"ExpiredTheDayBefore", v1::NOT_REGISTERED,
     [](Stay* s) { s->Add(v1::REFERRAL, "2026-01-01", "2026-01-01").set_enddate("2026-05-31"); }},
    {"CancelledDuringTheStay", v1::REFERRAL,
     [](Stay* s) {
       s->Add(v1::REFERRAL, "2026-05-01", "2026-05-01").set_cut_off_on("2026-06-04");
     }},
    {"CancelledBeforeTheStay", v1::NOT_REGISTERED,
     [](Stay* s) {
       s->Add(v1::REFERRAL, "2026-05-01", "2026-05-01").set_cut_off_on("2026-05-31");
     }},
    {"VoidOnTheDayItBegan", v1::NOT_REGISTERED,
     [](Stay* s) {
       s->Add(v1::REFERRAL, "2026-06-01", "2026-06-01").set_cut_off_on("2026-05-31");
     }},
    {"AnotherCity", v1::NOT_REGISTERED,
     [](Stay* s) {
       s->Add(v1::LONG_TERM, "2026-05-01", "2026-05-01");
       s->care = "620200";
     }},
    {"ADistrictOfTheCity", v1::LONG_TERM,
     [](Stay* s) {
       s->Add(v1::LONG_TERM, "2026-05-01", "2026-05-01");
       s->care = "620102";
     }},
    {"AnyPartOfAMunicipality", v1::LONG_TERM,
     [](Stay* s) {
       s->Add(v1::LONG_TERM, "2026-05-01", "2026-05-01").set_admdvs("119900");
       s->care = "110228";
     }},
    {"TheBestOfSeveral", v1::LONG_TERM,
     [](Stay* s) {
       s->Add(v1::TEMPORARY, "2026-05-01", "2026-05-01");
       s->Add(v1::LONG_TERM, "2026-05-01", "2026-05-01");
       s->claim.set_emergency(true);
     }},
    {"Emergency", v1::EMERGENCY, [](Stay* s) { s->claim.set_emergency(true); }},
    {"EmergencyOverTemporary", v1::EMERGENCY,
     [](Stay* s) {
       s->Add(v1::TEMPORARY, "2026-05-01", "2026-05-01");
       s->claim.set_emergency(true);
     }},
    {"EmergencyThatMustBeFiled", v1::NOT_REGISTERED,
     [](Stay* s) {
       s->claim.set_emergency(true);
       s->rules.set_emergency_must_be_filed(true);
     }},
    {"EmergencyThatWasFiled", v1::EMERGENCY,
     [](Stay* s) {
       s->Add(v1::EMERGENCY, "2026-06-02", "2026-06-02");
       s->rules.set_emergency_must_be_filed(true);
     }},
    {"Loaded", v1::REFERRAL,
     [](Stay* s) {
       v1::Registration& loaded = *s->person.add_registration();
       loaded.set_kind(v1::REFERRAL);
       loaded.set_admdvs("620100");
       loaded.set_begndate("2026-06-01");
     }},
    {"TheBestOfSeveralLoaded", v1::REFERRAL,
     [](Stay* s) {
       for (const v1::RegistrationKind kind : {v1::TEMPORARY, v1::REFERRAL, v1::EMERGENCY}) {
         v1::Registration& loaded = *s->person.add_registration();
         loaded.set_kind(kind);
         loaded.set_admdvs("620100");
         loaded.set_begndate("2026-05-01");
       }
     }},
    {"LoadedForDaysWithinTheStay", v1::NOT_REGISTERED,
     [](Stay* s) {
       v1::Registration& loaded = *s->person.add_registration();
       loaded.set_kind(v1::REFERRAL);
       loaded.set_admdvs("620100");
       loaded.set_begndate("2026-06-02");
     }},
    {"ExemptProvinceIsNotThis", v1::NOT_REGISTERED,
     [](Stay* s) { s->rules.set_in_province_exempt(true); }},
    {"InTheExemptProvince", v1::LONG_TERM,
     [](Stay* s) {
       s->rules.set_in_province_exempt(true);
       s->care = "411200";
     }},
    {"InAZoneWithoutRegistration", v1::LONG_TERM,
     [](Stay* s) { s->rules.add_exempt_admdvs("620199"); }},
    {"OutsideTheZone", v1::NOT_REGISTERED, [](Stay* s) { s->rules.add_exempt_admdvs("620299"); }},
    {"ReimbursedAndFiledAfterIt", v1::NOT_REGISTERED,
     [](Stay* s) {
       s->Add(v1::REFERRAL, "2026-06-01", "2026-06-14");
       s->reimbursed = true;
     }},
    {"ReimbursedWhereThatCounts", v1::REFERRAL,
     [](Stay* s) {
       s->Add(v1::REFERRAL, "2026-06-01", "2026-06-14");
       s->reimbursed = true;
       s->rules.set_late_counts_when_reimbursed(true);
     }},
    {"ReimbursedAndFiledInTime", v1::REFERRAL,
     [](Stay* s) {
       s->Add(v1::REFERRAL, "2026-06-01", "2026-06-10");
       s->reimbursed = true;
     }},
    {"MedicalIsNotForInjury", v1::NOT_REGISTERED,
     [](Stay* s) {
       s->Add(v1::LONG_TERM, "2026-05-01", "2026-05-01");
       s->claim.set_insutype("410");
     }},
    {"InjuryIsNotForMedical", v1::NOT_REGISTERED,
     [](Stay* s) { s->Add(v1::LONG_TERM, "2026-05-01", "2026-05-01").set_work_injury(true); }},
    {"Injury", v1::LONG_TERM,
     [](Stay* s) {
       s->Add(v1::LONG_TERM, "2026-05-01", "2026-05-01").set_work_injury(true);
       s->claim.set_insutype("410");
     }},
    {"InjuryFiledDuringTheStay", v1::NOT_REGISTERED,
     [](Stay* s) {
       s->Add(v1::LONG_TERM, "2026-06-02", "2026-06-02").set_work_injury(true);
       s->claim.set_insutype("410");
     }},
};

class RegisteredCare : public testing::TestWithParam<Row> {};

TEST_P(RegisteredCare, IsOfTheKind) {
  Stay stay;
  GetParam().make(&stay);
  EXPECT_EQ(stay.Kind(), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Rows, RegisteredCare, testing::ValuesIn(kRows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(RegistrationsKnown, AreThoseOfTheMoment) {
  store::v1::PersonRegistrations all;
  store::v1::StoredRegistration& one = *all.add_registration();
  one.set_time_unix_ms(100);
  one.mutable_filed()->set_cut_off_on("2026-06-01");
  one.set_cut_off_time_unix_ms(200);
  one.set_papers_time_unix_ms(300);
  EXPECT_EQ(RegistrationsKnown(all, 99).registration_size(), 0);
  EXPECT_EQ(RegistrationsKnown(all, 199).registration(0).filed().cut_off_on(), "");
  EXPECT_EQ(RegistrationsKnown(all, 200).registration(0).filed().cut_off_on(), "2026-06-01");
  EXPECT_TRUE(RegistrationsKnown(all, 299).registration(0).filed().papers_owed());
  EXPECT_FALSE(RegistrationsKnown(all, 300).registration(0).filed().papers_owed());
}

}  // namespace
}  // namespace yijie::engine
