// What is filed, moved and cancelled, what is refused, and what is malformed.

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/audit/audit.h"
#include "engine/refused_acts.h"
#include "tests/registration/registration_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

v1::ChangeRegistrationRequest MoveOf(const std::string& msgid, const std::string& number,
                                     const std::string& admdvs) {
  v1::ChangeRegistrationRequest request;
  *request.mutable_header() = ReferralOf(msgid).header();
  request.set_psn_no("P1");
  request.set_registration_no(number);
  request.set_admdvs(admdvs);
  request.set_filer(v1::FILED_BY_PERSON);
  return request;
}

v1::CancelRegistrationRequest CancelOf(const std::string& msgid, const std::string& number) {
  v1::CancelRegistrationRequest request;
  *request.mutable_header() = ReferralOf(msgid).header();
  request.set_psn_no("P1");
  request.set_registration_no(number);
  request.set_filer(v1::FILED_BY_PERSON);
  return request;
}

v1::RegistrationResponse Move(RegistrationWorld& world,
                              const v1::ChangeRegistrationRequest& request,
                              const Moment& now = TestNow()) {
  return Parsed<v1::RegistrationResponse>(world.Send(Call::kChangeRegistration, request, now));
}

v1::RegistrationResponse Cancel(RegistrationWorld& world,
                                const v1::CancelRegistrationRequest& request,
                                const Moment& now = TestNow()) {
  return Parsed<v1::RegistrationResponse>(world.Send(Call::kCancelRegistration, request, now));
}

TEST(RegistrationCalls, AReferralIsForTheCityAndSixMonths) {
  RegistrationWorld world;
  v1::RegisterRequest request = ReferralOf("r1");
  request.set_admdvs("620102");
  const v1::RegistrationResponse response = world.Register(request);
  ASSERT_EQ(response.outcome(), v1::REGISTRATION_FILED) << response.reason();
  const v1::FiledRegistration& filed = response.registration();
  EXPECT_EQ(filed.admdvs(), "620199");
  EXPECT_EQ(filed.begndate(), "2026-06-15");
  EXPECT_EQ(filed.enddate(), "2026-12-14");
  EXPECT_EQ(filed.filed_on(), "2026-06-15");
  EXPECT_EQ(filed.filer_code(), "AGENCY");
  ASSERT_EQ(world.Filed().registration_size(), 1);
  EXPECT_EQ(world.Filed().registration(0).SerializeAsString(), filed.SerializeAsString());
  world.Restart();
  EXPECT_EQ(world.Filed().registration_size(), 1);
  world.ExpectSound();
}

TEST(RegistrationCalls, AMunicipalityIsOnePlaceAndLongTermIsOpen) {
  RegistrationWorld world;
  v1::RegisterRequest request = ResidenceOf("r1");
  request.set_admdvs("110105");
  const v1::FiledRegistration filed = world.Register(request).registration();
  EXPECT_EQ(filed.admdvs(), "119900");
  EXPECT_EQ(filed.enddate(), "");
}

TEST(RegistrationCalls, SameMessageSameReplyOtherContentRefused) {
  RegistrationWorld world;
  const Reply first = world.Send(Call::kRegister, ReferralOf("r1"));
  const Reply again = world.Send(Call::kRegister, ReferralOf("r1"), DaysLater(3));
  EXPECT_EQ(first.bytes, again.bytes);
  EXPECT_EQ(world.Filed().registration_size(), 1);
  v1::RegisterRequest other = ReferralOf("r1");
  other.set_admdvs("500100");
  EXPECT_TRUE(absl::IsAlreadyExists(world.Send(Call::kRegister, other).status));
  // A refusal too is final for its id.
  v1::RegisterRequest refused = ReferralOf("r2");
  refused.set_admdvs("410102");
  const Reply no = world.Send(Call::kRegister, refused);
  EXPECT_EQ(Parsed<v1::RegistrationResponse>(no).outcome(), v1::REGISTRATION_NOT_NEEDED);
  EXPECT_EQ(world.Send(Call::kRegister, refused).bytes, no.bytes);
  world.ExpectSound();
}

struct RefusedRegistration {
  const char* name;
  v1::RegistrationOutcome outcome;
  const char* sections;  // of the area rules
  void (*spoil)(v1::RegisterRequest*);
};

class RegistrationIsRefused : public testing::TestWithParam<RefusedRegistration> {};

TEST_P(RegistrationIsRefused, WithAReasonAndNothingIsFiled) {
  const RefusedRegistration& row = GetParam();
  RegistrationWorld world(row.sections);
  v1::RegisterRequest request = ReferralOf("r1");
  row.spoil(&request);
  const v1::RegistrationResponse response = world.Register(request);
  EXPECT_EQ(response.outcome(), row.outcome) << response.reason();
  EXPECT_FALSE(response.reason().empty());
  EXPECT_EQ(world.Filed().registration_size(), 0);
  EXPECT_EQ(response.version(), world.person().version);
  world.ExpectSound();
}

const RefusedRegistration kRefused[] = {
    {"NotInsuredThen", v1::REGISTRATION_NOT_INSURED, "",
     [](auto* r) {
       r->set_psn_no("P1");
       r->set_begndate("2019-12-31");
     }},
    {"InTheInsuredCity", v1::REGISTRATION_NOT_NEEDED, "", [](auto* r) { r->set_admdvs("410181"); }},
    {"ExemptProvince", v1::REGISTRATION_NOT_NEEDED,
     "registration { cite: \"s1 1\" in_province_exempt: true }",
     [](auto* r) { r->set_admdvs("410200"); }},
    {"ExemptZone", v1::REGISTRATION_NOT_NEEDED,
     "registration { cite: \"s1 1\" exempt_admdvs: \"620199\" }", [](auto*) {}},
    {"KindNotOffered", v1::REGISTRATION_KIND_NOT_OFFERED,
     "registration { cite: \"s1 1\" kind: LONG_TERM }", [](auto*) {}},
    {"LongTermByAHospital", v1::REGISTRATION_KIND_NOT_OFFERED, "",
     [](auto* r) {
       r->mutable_header()->set_fixmedins_code(kHospital);
       r->set_filer(v1::FILED_BY_HOSPITAL);
       r->set_kind(v1::LONG_TERM);
       r->set_long_term_reason(v1::POSTED);
     }},
    {"NoCommitment", v1::REGISTRATION_NEEDS_PAPERS,
     "registration { cite: \"s1 1\" no_commitment: true }",
     [](auto* r) { r->set_by_commitment(true); }},
    {"ADayTooShort", v1::REGISTRATION_TOO_SHORT, "", [](auto* r) { r->set_enddate("2026-12-13"); }},
    {"ShorterThanTheAreaGives", v1::REGISTRATION_TOO_SHORT,
     "registration { cite: \"s1 1\" temporary_months: 12 }",
     [](auto* r) { r->set_enddate("2027-06-13"); }},
    {"Backdated", v1::REGISTRATION_BACKDATED,
     "registration { cite: \"s1 1\" late_filing: BEFORE_ADMISSION }",
     [](auto* r) { r->set_begndate("2026-06-14"); }},
    {"InjuryBackdated", v1::REGISTRATION_BACKDATED, "",
     [](auto* r) {
       r->set_work_injury(true);
       r->set_begndate("2026-06-14");
     }},
    {"InjuryTooLong", v1::REGISTRATION_TOO_LONG,
     "registration { cite: \"s1 1\" work_injury_referral_months: 6 }",
     [](auto* r) {
       r->set_work_injury(true);
       r->set_enddate("2026-12-15");
     }},
};

INSTANTIATE_TEST_SUITE_P(Rows, RegistrationIsRefused, testing::ValuesIn(kRefused),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(RegistrationCalls, WorkInjuryHasItsOwnValidityAndNeedsARecognition) {
  RegistrationWorld world(
      "registration { cite: \"s1 1\" work_injury_long_term_months: 12 work_injury_referral_months: "
      "6 }");
  v1::RegisterRequest residence = ResidenceOf("r1");
  residence.set_work_injury(true);
  EXPECT_EQ(world.Register(residence).registration().enddate(), "2027-06-14");
  v1::RegisterRequest referral = ReferralOf("r2");
  referral.set_work_injury(true);
  EXPECT_EQ(world.Register(referral).registration().enddate(), "2026-12-14");
  // Beside one of medical care of the same kind.
  EXPECT_EQ(world.Register(ReferralOf("r3")).outcome(), v1::REGISTRATION_FILED);
  world.Amend("a1", [](v1::PersonFacts* facts) { facts->clear_injury(); });
  referral.mutable_header()->set_msgid("r4");
  EXPECT_EQ(world.Register(referral).outcome(), v1::REGISTRATION_NO_INJURY);
  world.ExpectSound();
}

// No source of the national rule says how long one is valid.
TEST(RegistrationCalls, WorkInjuryHasNoEndWhereTheAreaNamesNone) {
  RegistrationWorld world;
  v1::RegisterRequest residence = ResidenceOf("r1");
  residence.set_work_injury(true);
  EXPECT_EQ(world.Register(residence).registration().enddate(), "");
  v1::RegisterRequest referral = ReferralOf("r2");
  referral.set_work_injury(true);
  referral.set_enddate("2028-06-14");
  const v1::RegistrationResponse filed = world.Register(referral);
  EXPECT_EQ(filed.outcome(), v1::REGISTRATION_FILED) << filed.reason();
  EXPECT_EQ(filed.registration().enddate(), "2028-06-14");
  world.ExpectSound();
}

TEST(RegistrationCalls, OnePlaceOfAKindUnlessTheAreaGivesSeveral) {
  v1::RegisterRequest elsewhere = ReferralOf("r2");
  elsewhere.set_admdvs("500100");
  {
    RegistrationWorld world;
    const auto first = world.Register(ReferralOf("r1")).registration();
    const auto taken = world.Register(elsewhere);
    EXPECT_EQ(taken.outcome(), v1::REGISTRATION_PLACE_TAKEN);
    EXPECT_EQ(taken.registration().registration_no(), first.registration_no());
    // Another kind, and the time after, are free.
    v1::RegisterRequest residence = ResidenceOf("r3");
    residence.set_admdvs("500100");
    EXPECT_EQ(world.Register(residence).outcome(), v1::REGISTRATION_FILED);
    elsewhere.mutable_header()->set_msgid("r4");
    elsewhere.set_begndate("2026-12-15");
    EXPECT_EQ(world.Register(elsewhere).outcome(), v1::REGISTRATION_FILED);
    world.ExpectSound();
  }
  RegistrationWorld world("registration { cite: \"s1 1\" several_places: true }");
  EXPECT_EQ(world.Register(ReferralOf("r1")).outcome(), v1::REGISTRATION_FILED);
  EXPECT_EQ(world.Register(elsewhere).outcome(), v1::REGISTRATION_FILED);
  EXPECT_EQ(world.Register(ReferralOf("r5")).outcome(), v1::REGISTRATION_PLACE_TAKEN);
}

TEST(RegistrationCalls, AMoveEndsTheOldPlaceTheDayBefore) {
  RegistrationWorld world;
  const std::string first = world.Register(ResidenceOf("r1")).registration().registration_no();
  v1::ChangeRegistrationRequest move = MoveOf("c1", first, "500100");
  move.set_begndate("2026-07-01");
  const auto moved = Move(world, move, DaysLater(1));
  ASSERT_EQ(moved.outcome(), v1::REGISTRATION_FILED) << moved.reason();
  EXPECT_EQ(moved.before().registration_no(), first);
  EXPECT_EQ(moved.before().cut_off_on(), "2026-06-30");
  EXPECT_EQ(moved.registration().admdvs(), "509900");
  EXPECT_EQ(moved.registration().begndate(), "2026-07-01");
  EXPECT_EQ(moved.registration().long_term_reason(), v1::RESIDENT);
  EXPECT_NE(moved.registration().registration_no(), first);
  EXPECT_EQ(Move(world, MoveOf("c2", moved.registration().registration_no(), "500100")).outcome(),
            v1::REGISTRATION_PLACE_TAKEN);
  EXPECT_EQ(Move(world, MoveOf("c3", "BA0", "110100")).outcome(), v1::REGISTRATION_NOT_FOUND);
  EXPECT_EQ(Cancel(world, CancelOf("d1", first), DaysLater(20)).outcome(), v1::REGISTRATION_OVER);
  const auto cancelled =
      Cancel(world, CancelOf("d2", moved.registration().registration_no()), DaysLater(20));
  EXPECT_EQ(cancelled.outcome(), v1::REGISTRATION_FILED);
  EXPECT_EQ(cancelled.registration().cut_off_on(), "2026-07-04");
  EXPECT_EQ(Cancel(world, CancelOf("d3", moved.registration().registration_no()), DaysLater(20))
                .outcome(),
            v1::REGISTRATION_OVER);
  world.ExpectSound();
}

TEST(RegistrationCalls, TheLockHoldsForLongTermAndNotForTheAgency) {
  RegistrationWorld world("registration { cite: \"s1 1\" change_lock_months: 6 }");
  const std::string first = world.Register(ResidenceOf("r1")).registration().registration_no();
  const std::string second = world.Register(ReferralOf("r2")).registration().registration_no();
  const auto locked = Move(world, MoveOf("c1", first, "500100"), DaysLater(182));
  EXPECT_EQ(locked.outcome(), v1::REGISTRATION_LOCKED);
  EXPECT_TRUE(absl::StrContains(locked.reason(), "2026-12-15")) << locked.reason();
  EXPECT_EQ(Cancel(world, CancelOf("d1", first)).outcome(), v1::REGISTRATION_LOCKED);
  EXPECT_EQ(Cancel(world, CancelOf("d2", second)).outcome(), v1::REGISTRATION_FILED);
  EXPECT_EQ(Move(world, MoveOf("c2", first, "500100"), DaysLater(183)).outcome(),
            v1::REGISTRATION_FILED);
  v1::CancelRegistrationRequest by_agency =
      CancelOf("d3", world.Filed().registration(2).registration_no());
  by_agency.set_filer(v1::FILED_BY_AGENCY);
  EXPECT_EQ(Cancel(world, by_agency, DaysLater(184)).outcome(), v1::REGISTRATION_FILED);
  world.ExpectSound();
}

TEST(RegistrationCalls, AHospitalChangesOnlyWhatItFiled) {
  RegistrationWorld world;
  v1::RegisterRequest own = ReferralOf("r1");
  own.mutable_header()->set_fixmedins_code(kHospital);
  own.set_filer(v1::FILED_BY_HOSPITAL);
  const std::string number = world.Register(own).registration().registration_no();
  v1::CancelRegistrationRequest other = CancelOf("d1", number);
  other.mutable_header()->set_fixmedins_code(kOtherHospital);
  other.set_filer(v1::FILED_BY_HOSPITAL);
  EXPECT_EQ(Cancel(world, other).outcome(), v1::REGISTRATION_OF_ANOTHER_FILER);
  EXPECT_EQ(world.store().ScanRows(kRefusedActs, "", "", 10)->size(), 1U);
  v1::CancelRegistrationRequest same = CancelOf("d2", number);
  same.mutable_header()->set_fixmedins_code(kHospital);
  same.set_filer(v1::FILED_BY_HOSPITAL);
  EXPECT_EQ(Cancel(world, same).outcome(), v1::REGISTRATION_FILED);
  // Nobody else is a hospital, and a hospital is nobody else.
  v1::RegisterRequest pretends = ReferralOf("r2");
  pretends.set_filer(v1::FILED_BY_HOSPITAL);
  EXPECT_TRUE(absl::IsInvalidArgument(world.Send(Call::kRegister, pretends).status));
  pretends = ReferralOf("r3");
  pretends.mutable_header()->set_fixmedins_code(kHospital);
  pretends.set_filer(v1::FILED_BY_AGENCY);
  EXPECT_TRUE(absl::IsInvalidArgument(world.Send(Call::kRegister, pretends).status));
  world.ExpectSound();
}

TEST(RegistrationCalls, PapersAreOwedUntilTheyAreSupplied) {
  RegistrationWorld world;
  v1::RegisterRequest request = ResidenceOf("r1");
  request.set_by_commitment(true);
  const auto filed = world.Register(request).registration();
  EXPECT_TRUE(filed.papers_owed());
  v1::SupplyRegistrationPapersRequest papers;
  *papers.mutable_header() = ReferralOf("p1").header();
  papers.set_psn_no("P1");
  papers.set_registration_no(filed.registration_no());
  const auto send = [&] {
    return Parsed<v1::RegistrationResponse>(
        world.Send(Call::kSupplyRegistrationPapers, papers, DaysLater(2)));
  };
  EXPECT_FALSE(send().registration().papers_owed());
  papers.mutable_header()->set_msgid("p2");
  EXPECT_EQ(send().outcome(), v1::REGISTRATION_OWES_NO_PAPERS);
  papers.mutable_header()->set_msgid("p3");
  papers.set_registration_no("BA0");
  EXPECT_EQ(send().outcome(), v1::REGISTRATION_NOT_FOUND);
  world.ExpectSound();
}

TEST(RegistrationCalls, AnUnknownPersonIsNotFound) {
  RegistrationWorld world;
  v1::RegisterRequest request = ReferralOf("r1");
  request.set_psn_no("P9");
  EXPECT_TRUE(absl::IsNotFound(world.Send(Call::kRegister, request).status));
}

template <typename Request>
struct BadRequest {
  const char* field;
  void (*spoil)(Request&);
};

template <typename Request, size_t kRows>
void ExpectFieldsNamed(Call call, const Request& sound, const BadRequest<Request> (&rows)[kRows]) {
  ASSERT_TRUE(MakeJob(call, std::make_unique<Request>(sound), TestNow()).ok());
  for (const BadRequest<Request>& bad : rows) {
    auto request = std::make_unique<Request>(sound);
    bad.spoil(*request);
    const auto job = MakeJob(call, std::move(request), TestNow());
    ASSERT_EQ(job.status().code(), absl::StatusCode::kInvalidArgument) << bad.field;
    EXPECT_TRUE(absl::StartsWith(job.status().message(), absl::StrCat(bad.field, ":")))
        << bad.field << " got " << job.status();
  }
}

TEST(RegistrationCalls, EveryBadFieldOfRegisterIsNamed) {
  const BadRequest<v1::RegisterRequest> kBad[] = {
      {"header.msgid", [](auto& r) { r.mutable_header()->clear_msgid(); }},
      {"psn_no", [](auto& r) { r.set_psn_no("a b"); }},
      {"kind", [](auto& r) { r.clear_kind(); }},
      {"kind", [](auto& r) { r.set_kind(static_cast<v1::RegistrationKind>(9)); }},
      {"kind",
       [](auto& r) {
         r.set_work_injury(true);
         r.set_kind(v1::EMERGENCY);
       }},
      {"long_term_reason", [](auto& r) { r.set_long_term_reason(v1::POSTED); }},
      {"long_term_reason", [](auto& r) { r.set_kind(v1::LONG_TERM); }},
      {"long_term_reason",
       [](auto& r) { r.set_long_term_reason(static_cast<v1::LongTermReason>(7)); }},
      {"admdvs", [](auto& r) { r.set_admdvs("6201"); }},
      {"admdvs", [](auto& r) { r.set_admdvs("62010x"); }},
      {"admdvs", [](auto& r) { r.set_admdvs("620000"); }},
      {"admdvs", [](auto& r) { r.set_admdvs("629900"); }},
      {"begndate", [](auto& r) { r.set_begndate("2026-02-30"); }},
      {"begndate", [](auto& r) { r.set_begndate("2027-06-17"); }},
      {"begndate", [](auto& r) { r.set_begndate("2016-06-01"); }},
      {"enddate", [](auto& r) { r.set_enddate("2026-6-30"); }},
      {"enddate", [](auto& r) { r.set_enddate("2026-06-14"); }},
      {"filer", [](auto& r) { r.clear_filer(); }},
      {"filer", [](auto& r) { r.set_filer(static_cast<v1::RegistrationFiler>(4)); }},
      {"reason", [](auto& r) { r.clear_reason(); }},
      {"reason", [](auto& r) { r.set_reason("a\nb"); }},
      {"reason", [](auto& r) { r.set_reason(std::string(301, 'x')); }},
  };
  ExpectFieldsNamed(Call::kRegister, ReferralOf("r1"), kBad);
}

TEST(RegistrationCalls, EveryBadFieldOfTheOthersIsNamed) {
  const BadRequest<v1::ChangeRegistrationRequest> kBadMove[] = {
      {"header.fixmedins_code", [](auto& r) { r.mutable_header()->clear_fixmedins_code(); }},
      {"psn_no", [](auto& r) { r.clear_psn_no(); }},
      {"registration_no", [](auto& r) { r.clear_registration_no(); }},
      {"registration_no", [](auto& r) { r.set_registration_no(std::string(31, '1')); }},
      {"admdvs", [](auto& r) { r.clear_admdvs(); }},
      {"begndate", [](auto& r) { r.set_begndate("2026-06-14"); }},
      {"enddate",
       [](auto& r) {
         r.set_begndate("2026-06-20");
         r.set_enddate("2026-06-19");
       }},
      {"filer", [](auto& r) { r.clear_filer(); }},
  };
  ExpectFieldsNamed(Call::kChangeRegistration, MoveOf("c1", "BA1", "500100"), kBadMove);
  const BadRequest<v1::CancelRegistrationRequest> kBadCancel[] = {
      {"psn_no", [](auto& r) { r.clear_psn_no(); }},
      {"registration_no", [](auto& r) { r.clear_registration_no(); }},
      {"filer", [](auto& r) { r.clear_filer(); }},
  };
  ExpectFieldsNamed(Call::kCancelRegistration, CancelOf("d1", "BA1"), kBadCancel);
  v1::SupplyRegistrationPapersRequest papers;
  *papers.mutable_header() = Header("p1");
  papers.set_psn_no("P1");
  papers.set_registration_no("BA1");
  const BadRequest<v1::SupplyRegistrationPapersRequest> kBadPapers[] = {
      {"psn_no", [](auto& r) { r.clear_psn_no(); }},
      {"registration_no", [](auto& r) { r.clear_registration_no(); }},
  };
  ExpectFieldsNamed(Call::kSupplyRegistrationPapers, papers, kBadPapers);
  EXPECT_TRUE(absl::IsInvalidArgument(
      MakeJob(Call::kGetRegistrations, std::make_unique<v1::GetRegistrationsRequest>(), TestNow())
          .status()));
}

// The audit sees a registration that was taken away, altered, or changed without a message.
TEST(RegistrationCalls, TheAuditSeesWhatWasTamperedWith) {
  const auto findings = [](void (*tamper)(store::v1::PersonState*)) {
    RegistrationWorld world;
    world.Register(ReferralOf("r1"));
    world.Settle(StayAt("m1", kHospital));
    storage::PersonVersion last = **world.store().LoadLatest("P1");
    store::v1::PersonState state;
    YIJIE_CHECK(state.ParseFromString(last.state), "a state cannot be read");
    tamper(&state);
    last.state = state.SerializeAsString();
    world.store().PlantVersion("P1", last);
    return AuditLedger(world.store())->findings.size();
  };
  EXPECT_EQ(findings([](auto*) {}), 0U);
  EXPECT_EQ(findings([](auto* state) { state->clear_registrations(); }), 1U);
  EXPECT_EQ(findings([](auto* state) {
              state->mutable_registrations()->mutable_registration(0)->mutable_filed()->set_kind(
                  v1::LONG_TERM);
            }),
            1U);
}

}  // namespace
}  // namespace yijie::engine
