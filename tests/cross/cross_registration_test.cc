// What registration (异地就医备案) does to a bill on the way across areas: tables that take
// points off, that have a share paid first and that have a table of their own, each equal to
// what the policy comes to when it is evaluated without any message.

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "base/file.h"
#include "engine/transactions.h"
#include "rules/loader.h"
#include "tests/cross/cross_world.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/registration.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int64_t kBill = 1'000'000;  // 10,000 yuan, all of class A

// A shipped table as if it were that of the insured place.
InsuredPlace WithTable(const std::string& file, const std::string& area,
                       const std::string& insutype) {
  auto text = ReadFile(absl::StrCat(YIJIE_SOURCE_DIR, "/", file, ".policy"));
  YIJIE_CHECK(text.ok(), file.c_str());
  auto program = rules::CompilePackage(
      file,
      absl::StrReplaceAll(*text, {{absl::StrCat("\"", area, "\""), absl::StrCat("\"", kArea, "\"")},
                                  {"valid_to: \"2018-12-31\"", ""}}));
  YIJIE_CHECK(program.ok(), std::string(program.status().message()).c_str());
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(*std::move(program));
  InsuredPlace home;
  home.policies = *rules::RuleBook::Build(std::move(programs));
  home.insutype = insutype;
  return home;
}

v1::RegisterRequest RegisterAway(const std::string& msgid, v1::RegistrationKind kind) {
  v1::RegisterRequest request;
  request.mutable_header()->set_fixmedins_code("AGENCY");
  request.mutable_header()->set_msgid(msgid);
  request.set_psn_no("P1");
  request.set_kind(kind);
  if (kind == v1::LONG_TERM) request.set_long_term_reason(v1::RESIDENT);
  request.set_admdvs("620100");
  request.set_begndate("2026-06-01");
  request.set_filer(v1::FILED_BY_PERSON);
  request.set_reason("本地条件所限");
  return request;
}

v1::SettleRequest Bill(const std::string& insutype) {
  v1::SettleRequest request = BillAway("M1", kBill);
  request.mutable_claim()->set_insutype(insutype);
  return request;
}

// What the policy comes to where the hospital is one of the engine's own: no message, no peer.
v1::Settlement Evaluated(CrossWorld& world, const v1::Claim& claim, const char* admdvs) {
  Reference reference = world.home_reference();
  reference.catalogue = TestReference()->catalogue;
  v1::Institution hospital = *TestReference()->FindInstitution(kHospital);
  hospital.set_fixmedins_code(kCareHospital);
  hospital.set_admdvs(admdvs);
  reference.institutions[kCareHospital] = hospital;
  v1::PreSettleRequest request;
  request.set_fixmedins_code(kCareHospital);
  *request.mutable_claim() = claim;
  return *PreSettle(reference, request, world.insured(), TestNow());
}

struct Ratio {
  const char* name;
  const char* table;
  const char* area;
  const char* insutype;
  v1::RegistrationKind kind;
  int64_t at_home_fen;  // by hand
  int64_t away_fen;
};

// Hunan: (10,000-1,100) x 85 %, 5 or 10 points less. Xining: (10,000-750) x 75 %; elsewhere
// (10,000-1,000-750) x 75 %. Jiamusi: (10,000-700) x 65 %; elsewhere (10,000-1,500) x 50 % or 40 %.
constexpr char kHunan[] = "rules/tables/hunan/hunan-changsha-employee-inpatient";
constexpr char kXining[] = "tests/cross/xining-pay-first";
constexpr char kJiamusi[] =
    "rules/tables/heilongjiang/heilongjiang-jiamusi-resident-inpatient-2018";
const Ratio kRatios[] = {
    {"PointsLongTerm", kHunan, "430199", "310", v1::LONG_TERM, 756'500, 756'500},
    {"PointsReferral", kHunan, "430199", "310", v1::REFERRAL, 756'500, 712'000},
    {"PointsUnregistered", kHunan, "430199", "310", v1::NOT_REGISTERED, 756'500, 667'500},
    {"PayFirstLongTerm", kXining, "630199", "310", v1::LONG_TERM, 693'750, 693'750},
    {"PayFirstReferral", kXining, "630199", "310", v1::REFERRAL, 693'750, 618'750},
    {"PayFirstUnregistered", kXining, "630199", "310", v1::NOT_REGISTERED, 693'750, 618'750},
    {"TableLongTerm", kJiamusi, "230899", "390", v1::LONG_TERM, 604'500, 425'000},
    {"TableReferral", kJiamusi, "230899", "390", v1::REFERRAL, 604'500, 425'000},
    {"TableUnregistered", kJiamusi, "230899", "390", v1::NOT_REGISTERED, 604'500, 340'000},
};

class RatioAcrossAreas : public testing::TestWithParam<Ratio> {};

TEST_P(RatioAcrossAreas, IsThatOfThePolicyEvaluatedLocally) {
  const Ratio& row = GetParam();
  CrossWorld world(WithTable(row.table, row.area, row.insutype));
  if (row.kind != v1::NOT_REGISTERED) {
    const auto filed = Parsed<v1::RegistrationResponse>(
        world.AtHome(Call::kRegister, RegisterAway("R1", row.kind)));
    ASSERT_EQ(filed.outcome(), v1::REGISTRATION_FILED) << filed.reason();
  }
  const v1::SettleRequest bill = Bill(row.insutype);
  const v1::Settlement home = Evaluated(world, bill.claim(), kArea);
  const v1::Settlement away = Evaluated(world, bill.claim(), "620100");
  EXPECT_EQ(home.amounts().hifp_pay_fen(), row.at_home_fen) << home.reason();
  EXPECT_EQ(away.amounts().hifp_pay_fen(), row.away_fen) << away.reason();
  const v1::Settlement settled = world.Settle(bill);
  ASSERT_EQ(settled.outcome(), v1::SETTLED) << settled.reason();
  EXPECT_EQ(settled.amounts().SerializeAsString(), away.amounts().SerializeAsString());
  ASSERT_EQ(settled.line_size(), away.line_size());
  EXPECT_EQ(world.open_attempts(), 0);
  world.ExpectSoundBooks();
}

INSTANTIATE_TEST_SUITE_P(Rows, RatioAcrossAreas, testing::ValuesIn(kRatios),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(LateAcross, ARegistrationAfterTheSettlementActsOnLaterBillsOnly) {
  CrossWorld world(WithTable(kHunan, "430199", "310"));
  const v1::Settlement first = world.Settle(Bill("310"));
  EXPECT_EQ(first.amounts().hifp_pay_fen(), 667'500);
  const auto late = Parsed<v1::RegistrationResponse>(
      world.AtHome(Call::kRegister, RegisterAway("R1", v1::REFERRAL)));
  EXPECT_EQ(late.outcome(), v1::REGISTRATION_AFTER_SETTLEMENT);
  EXPECT_TRUE(absl::StrContains(late.reason(), "手工报销")) << late.reason();
  v1::RegisterRequest from_today = RegisterAway("R2", v1::REFERRAL);
  from_today.clear_begndate();
  ASSERT_EQ(Parsed<v1::RegistrationResponse>(world.AtHome(Call::kRegister, from_today)).outcome(),
            v1::REGISTRATION_FILED);
  // Facts told again replay the first bill: it is judged by what was known then.
  v1::AmendPersonRequest again;
  *again.mutable_header() = Header("again");
  *again.mutable_facts() = *world.insured().facts;
  const auto amended = Parsed<v1::AmendPersonResponse>(world.AtHome(Call::kAmendPerson, again));
  EXPECT_EQ(amended.correction_size(), 0);
  v1::SettleRequest later = BillAway("M2", kBill);
  later.mutable_claim()->set_begndate("2026-06-15");
  later.mutable_claim()->set_enddate("2026-06-15");
  // The second stay at the level has half the deductible.
  EXPECT_EQ(world.Settle(later).amounts().hifp_pay_fen(), (1'000'000 - 55'000) * 80 / 100);
  world.ExpectSoundBooks();
}

// A bill that is reserved was judged already: what is filed waits until it is ended.
TEST(LateAcross, NothingIsFiledWhileABillIsReserved) {
  CrossWorld world(WithTable(kHunan, "430199", "310"));
  world.peer().way = [](Call call) {
    return call == Call::kConfirm ? Way::kRequestLost : Way::kOpen;
  };
  world.Settle(Bill("310"));
  v1::RegisterRequest request = RegisterAway("R1", v1::REFERRAL);
  request.clear_begndate();
  EXPECT_TRUE(absl::IsResourceExhausted(world.AtHome(Call::kRegister, request).status));
  world.peer().way = [](Call) { return Way::kOpen; };
  world.Resolve();
  EXPECT_EQ(Parsed<v1::RegistrationResponse>(world.AtHome(Call::kRegister, request)).outcome(),
            v1::REGISTRATION_FILED);
  world.ExpectSoundBooks();
}

TEST(KindsAcross, DeliveryIsRefusedAtTheInsuredPlaceWithItsRoute) {
  CrossWorld world;
  v1::SettleRequest delivery = BillAway("M1", 5'000);
  delivery.mutable_claim()->set_insutype("510");
  delivery.mutable_claim()->set_med_type("52");
  const v1::Settlement refused = world.Settle(delivery);
  EXPECT_EQ(refused.outcome(), v1::OTHER_ROUTE);
  EXPECT_TRUE(absl::StrContains(refused.reason(), "经办机构报销")) << refused.reason();
  EXPECT_EQ(world.open_attempts(), 0);
  // Qinghai names the employer.
  InsuredPlace qinghai;
  const auto text =
      ReadFile(absl::StrCat(YIJIE_SOURCE_DIR, "/rules/tables/qinghai/qinghai-area.area"));
  auto areas = AreaBook::Build(
      {{"qinghai.area", absl::StrReplaceAll(*text, {{"\"639900\"", "\"410000\""}})}});
  ASSERT_TRUE(areas.ok()) << areas.status();
  qinghai.areas = std::make_shared<const AreaBook>(*std::move(areas));
  CrossWorld there(qinghai);
  const v1::Settlement told = there.Settle(delivery);
  EXPECT_EQ(told.outcome(), v1::OTHER_ROUTE);
  EXPECT_TRUE(absl::StrContains(told.reason(), "用人单位")) << told.reason();
  there.ExpectSoundBooks();
}

}  // namespace
}  // namespace yijie::engine
