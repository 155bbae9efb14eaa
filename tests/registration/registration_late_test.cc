// When a registration is known decides what it acts on: before the bill is settled the hospital
// settles as registered; after it nothing changes, whatever else becomes known.

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/registration/registration_world.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int64_t kAtHome = 80'000;  // 80 % of 1,000 yuan
constexpr int64_t kReferred = 75'000;
constexpr int64_t kUnregistered = 70'000;

int64_t HifpOf(const v1::Settlement& settlement) {
  EXPECT_EQ(settlement.outcome(), v1::SETTLED) << settlement.reason();
  return settlement.amounts().hifp_pay_fen();
}

TEST(LateRegistration, BeforeTheSettlementItCountsForTheWholeStay) {
  RegistrationWorld world;
  v1::RegisterRequest late = ReferralOf("r1");
  late.set_begndate("2026-06-01");
  ASSERT_EQ(world.Register(late).outcome(), v1::REGISTRATION_FILED);
  EXPECT_EQ(HifpOf(world.Settle(StayAt("m1", kOutOfProvinceHospital))), kReferred);
  world.ExpectSound();
}

TEST(LateRegistration, AfterTheSettlementItIsRefusedWithTheManualRoute) {
  RegistrationWorld world;
  const v1::Settlement settled = world.Settle(StayAt("m1", kOutOfProvinceHospital));
  EXPECT_EQ(HifpOf(settled), kUnregistered);
  v1::RegisterRequest late = ReferralOf("r1");
  late.set_begndate("2026-06-10");
  const v1::RegistrationResponse refused = world.Register(late);
  EXPECT_EQ(refused.outcome(), v1::REGISTRATION_AFTER_SETTLEMENT);
  EXPECT_EQ(refused.settled_setl_id(), settled.setl_id());
  EXPECT_TRUE(absl::StrContains(refused.reason(), "手工报销")) << refused.reason();
  // The day after that stay, and any other place, are free; so is everything from today on.
  late.mutable_header()->set_msgid("r2");
  late.set_admdvs("620200");
  EXPECT_EQ(world.Register(late).outcome(), v1::REGISTRATION_FILED);
  late.mutable_header()->set_msgid("r3");
  late.set_kind(v1::TEMPORARY);
  late.set_admdvs("620100");
  late.set_begndate("2026-06-11");
  EXPECT_EQ(world.Register(late).outcome(), v1::REGISTRATION_FILED);
  world.ExpectSound();
}

TEST(LateRegistration, AfterTheUndoOfTheSettlementItCounts) {
  RegistrationWorld world;
  const v1::Settlement settled = world.Settle(StayAt("m1", kOutOfProvinceHospital));
  v1::ReverseRequest undo = ReverseOf("u1", "P1", settled.setl_id());
  undo.mutable_header()->set_fixmedins_code(kOutOfProvinceHospital);
  ASSERT_EQ(Parsed<v1::ReverseResponse>(world.Send(Call::kReverse, undo)).reversal().outcome(),
            v1::REVERSED);
  v1::RegisterRequest late = ReferralOf("r1");
  late.set_begndate("2026-06-01");
  ASSERT_EQ(world.Register(late).outcome(), v1::REGISTRATION_FILED);
  EXPECT_EQ(HifpOf(world.Settle(StayAt("m2", kOutOfProvinceHospital))), kReferred);
  world.ExpectSound();
}

// Registered within the stay, settled; registered within another stay after it was settled. Facts
// told again make nothing different, for each bill is judged by what was known when it came in.
TEST(LateRegistration, AReplayTreatsItByWhenItWasKnown) {
  RegistrationWorld world;
  EXPECT_EQ(HifpOf(world.Settle(StayAt("m1", kOutOfProvinceHospital))), kUnregistered);
  ASSERT_EQ(world.Register(ReferralOf("r1")).outcome(), v1::REGISTRATION_FILED);
  v1::SettleRequest later = StayAt("m2", kOutOfProvinceHospital);
  later.mutable_claim()->set_begndate("2026-06-16");
  later.mutable_claim()->set_enddate("2026-06-17");
  EXPECT_EQ(HifpOf(world.Settle(later, DaysLater(3))), kReferred);
  v1::CancelRegistrationRequest cancel;
  *cancel.mutable_header() = ReferralOf("d1").header();
  cancel.set_psn_no("P1");
  cancel.set_registration_no(world.Filed().registration(0).registration_no());
  cancel.set_filer(v1::FILED_BY_PERSON);
  ASSERT_EQ(
      Parsed<v1::RegistrationResponse>(world.Send(Call::kCancelRegistration, cancel, DaysLater(4)))
          .outcome(),
      v1::REGISTRATION_FILED);
  EXPECT_EQ(
      world
          .Amend(
              "a1", [](v1::PersonFacts* facts) { facts->set_psn_name("other"); }, DaysLater(5))
          .correction_size(),
      0);
  // The agency's own records of the past do correct.
  const v1::AmendPersonResponse amended = world.Amend(
      "a2",
      [](v1::PersonFacts* facts) {
        v1::Registration& loaded = *facts->add_registration();
        loaded.set_kind(v1::LONG_TERM);
        loaded.set_admdvs("620100");
        loaded.set_begndate("2026-06-01");
        loaded.set_enddate("2026-06-10");
      },
      DaysLater(6));
  ASSERT_EQ(amended.correction_size(), 1);
  EXPECT_EQ(amended.correction(0).before().hifp_pay_fen(), kUnregistered);
  EXPECT_EQ(amended.correction(0).after().hifp_pay_fen(), kAtHome);
  // And leave what was filed as it is.
  EXPECT_EQ(world.Filed().registration_size(), 1);
  EXPECT_EQ(world.Filed().loaded_size(), 1);
  EXPECT_EQ(world
                .Amend(
                    "a3", [](v1::PersonFacts*) {}, DaysLater(7))
                .correction_size(),
            1);
  world.ExpectSound();
}

TEST(LateRegistration, AStayThatWasRegisteredWhenItBeganStaysSo) {
  RegistrationWorld world;
  v1::RegisterRequest early = ReferralOf("r1");
  early.set_begndate("2026-06-01");
  const std::string number = world.Register(early).registration().registration_no();
  v1::CancelRegistrationRequest cancel;
  *cancel.mutable_header() = ReferralOf("d1").header();
  cancel.set_psn_no("P1");
  cancel.set_registration_no(number);
  cancel.set_filer(v1::FILED_BY_PERSON);
  world.Send(Call::kCancelRegistration, cancel);
  EXPECT_EQ(HifpOf(world.Settle(StayAt("m1", kOutOfProvinceHospital))), kReferred);
  v1::SettleRequest later = StayAt("m2", kOutOfProvinceHospital);
  later.mutable_claim()->set_begndate("2026-06-15");
  later.mutable_claim()->set_enddate("2026-06-16");
  EXPECT_EQ(HifpOf(world.Settle(later, DaysLater(2))), kUnregistered);
  world.ExpectSound();
}

// Care in another city of the province takes the same path, with the area's own rules.
TEST(InProvinceCare, GoesByTheRulesOfTheArea) {
  const auto settle = [](RegistrationWorld& world) {
    return HifpOf(world.Settle(StayAt("m1", kInProvinceHospital)));
  };
  RegistrationWorld asks;
  EXPECT_EQ(settle(asks), kUnregistered);
  RegistrationWorld registered;
  v1::RegisterRequest request = ReferralOf("r1");
  request.set_admdvs("410200");
  request.set_begndate("2026-06-01");
  ASSERT_EQ(registered.Register(request).outcome(), v1::REGISTRATION_FILED);
  EXPECT_EQ(settle(registered), kReferred);
  RegistrationWorld exempt("registration { cite: \"s1 1\" in_province_exempt: true }");
  EXPECT_EQ(settle(exempt), kAtHome);
  EXPECT_EQ(HifpOf(exempt.Settle(StayAt("m2", kOutOfProvinceHospital))), kUnregistered);
  RegistrationWorld home;
  EXPECT_EQ(HifpOf(home.Settle(StayAt("m1", kHospital))), kAtHome);
}

TEST(HomeCare, OfLongTermRegistrantsGoesByPapersAndArea) {
  const auto outcome = [](const char* sections, bool by_commitment, auto spoil) {
    RegistrationWorld world(sections);
    v1::RegisterRequest residence = ResidenceOf("r1");
    residence.set_begndate("2026-06-01");
    residence.set_by_commitment(by_commitment);
    EXPECT_EQ(world.Register(residence).outcome(), v1::REGISTRATION_FILED);
    v1::SettleRequest stay = StayAt("m1", kHospital);
    spoil(&world, &stay);
    const v1::Settlement settlement = world.Settle(stay);
    EXPECT_EQ(settlement.reason().empty(), settlement.outcome() == v1::SETTLED);
    world.ExpectSound();
    return settlement.outcome();
  };
  const auto nothing = [](RegistrationWorld*, v1::SettleRequest*) {};
  constexpr char kNever[] = "registration { cite: \"s1 1\" home_care: NEVER }";
  constexpr char kAlways[] = "registration { cite: \"s1 1\" home_care: ALWAYS }";
  EXPECT_EQ(outcome("", false, nothing), v1::SETTLED);
  EXPECT_EQ(outcome("", true, nothing), v1::OTHER_ROUTE);
  EXPECT_EQ(outcome(kAlways, true, nothing), v1::SETTLED);
  EXPECT_EQ(outcome(kNever, false, nothing), v1::OTHER_ROUTE);
  EXPECT_EQ(outcome("", true,
                    [](RegistrationWorld*, v1::SettleRequest* stay) {
                      stay->mutable_claim()->set_emergency(true);
                    }),
            v1::SETTLED);
  EXPECT_EQ(outcome("", true,
                    [](RegistrationWorld*, v1::SettleRequest* stay) {
                      stay->mutable_header()->set_fixmedins_code(kPharmacyAtHome);
                    }),
            v1::SETTLED);
  EXPECT_EQ(outcome("", true,
                    [](RegistrationWorld* world, v1::SettleRequest*) {
                      v1::SupplyRegistrationPapersRequest papers;
                      *papers.mutable_header() = ReferralOf("p1").header();
                      papers.set_psn_no("P1");
                      papers.set_registration_no(world->Filed().registration(0).registration_no());
                      world->Send(Call::kSupplyRegistrationPapers, papers);
                    }),
            v1::SETTLED);
}

}  // namespace
}  // namespace yijie::engine
