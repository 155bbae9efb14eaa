// What a person file says reaches the policy: the rate of contributions sets the yearly limit of
// out-patient pooling in Xining, and without a rate nothing is paid by guess. What it says of
// arrears reaches the area's regime.

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/deterministic_bytes.h"
#include "engine/load/load.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/reference_tables.h"
#include "engine/transactions.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rules/loader.h"
#include "tests/load/files.h"
#include "tests/memory_store.h"

namespace yijie::engine {
namespace {

constexpr char kXiningHospital[] = "H63010000001";
constexpr char kXiningPharmacy[] = "P63010000001";
constexpr char kXiningPerson[] =
    "P1,Jia,01,999999197001010017,1,1970-01-01,0,310,11,630199,"
    "2020-01-01,,1,,,,";

class LoadedFacts : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Load(LoadKind::kInstitutions,
                     absl::StrCat(kInstitutionHeader, kXiningHospital,
                                  ",Hospital,HOSPITAL,630199,LEVEL_2,GRADE_A,CITY,,2020-01-01,\n",
                                  kXiningPharmacy, ",Pharmacy,PHARMACY,630199,,,,,2020-01-01,\n"),
                     store_)
                    .ok());
    ASSERT_TRUE(Load(LoadKind::kCatalogue,
                     absl::StrCat(kCatalogueHeader, "X1,Drug,DRUG,01,0%,,,,2020-01-01,\n"), store_)
                    .ok());
    auto policies = rules::LoadRuleBook(YIJIE_SOURCE_ROOT "/rules/tables");
    ASSERT_TRUE(policies.ok()) << policies.status();
    reference_.policies = *policies;
    reference_.catalogue = *ParseCatalogue(**store_.GetTable(kCatalogueTable));
    reference_.institutions = *ParseInstitutions(**store_.GetTable(kInstitutionsTable));
  }

  // Loads the persons and settles an out-patient bill of 10,000 yuan for P1.
  v1::Settlement LoadAndSettle(const std::string& persons) { return LoadAndSettle(persons, "11"); }

  // The same for another kind of benefit, paid from an account of 300 yuan as far as it goes.
  v1::Settlement LoadAndSettle(const std::string& persons, const std::string& med_type) {
    const auto loaded = Load(LoadKind::kPersons, persons, store_);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    v1::SettleRequest request;
    request.mutable_header()->set_fixmedins_code(med_type == "41" ? kXiningPharmacy
                                                                  : kXiningHospital);
    request.mutable_header()->set_msgid("M1");
    v1::Claim& claim = *request.mutable_claim();
    claim.set_psn_no("P1");
    claim.set_insutype("310");
    claim.set_med_type(med_type);
    claim.set_acct_used_flag(v1::ACCT_OWN);
    claim.set_begndate("2026-11-20");
    claim.set_medfee_sumamt_fen(1'000'000);
    v1::FeeLine& line = *claim.add_fee_line();
    line.set_feedetl_sn("1");
    line.set_med_list_codg("X1");
    line.set_cnt_1e4(10'000);
    line.set_pric_fen_1e4(int64_t{1'000'000} * 10'000);
    line.set_det_item_fee_sumamt_fen(1'000'000);
    Person person = *ParsePerson(**store_.LoadLatest("P1"));
    person.account[0] = Fen(30'000);
    const auto effect =
        Settle(reference_, request, DeterministicBytes(request), person, MomentOf(kNow));
    EXPECT_TRUE(effect.ok()) << effect.status();
    v1::SettleResponse response;
    EXPECT_TRUE(effect.ok() && response.ParseFromString(effect->reply));
    return response.settlement();
  }

  static std::string PersonsWithRate(absl::string_view rate) {
    return absl::StrCat("contribution_rate,", kPersonHeader, rate, ",", kXiningPerson, "\n");
  }

  storage::MemoryStore store_;
  Reference reference_;
};

// 60 % of 10,000 is above every limit, so the pool pays the limit: 500, 1,200 or 2,000 yuan.
TEST_F(LoadedFacts, TheContributionRateSetsTheLimit) {
  for (const auto& [rate, paid_fen] :
       {std::make_pair("4.2%", 50'000), std::make_pair("6.5%", 120'000),
        std::make_pair("10%", 200'000)}) {
    SCOPED_TRACE(rate);
    const v1::Settlement settlement = LoadAndSettle(PersonsWithRate(rate));
    EXPECT_EQ(settlement.outcome(), v1::SETTLED) << settlement.reason();
    EXPECT_EQ(settlement.amounts().hifp_pay_fen(), paid_fen);
    EXPECT_EQ(settlement.amounts().psn_part_amt_fen(), 1'000'000 - paid_fen);
  }
}

TEST_F(LoadedFacts, AContributionRateUnknownOrUnlistedIsRefused) {
  for (const std::string& persons : {PersonsWithRate("7%"), PersonsWithRate(""),
                                     absl::StrCat(kPersonHeader, kXiningPerson, "\n")}) {
    SCOPED_TRACE(persons);
    EXPECT_EQ(LoadAndSettle(persons).outcome(), v1::POLICY_INCOMPLETE);
  }
}

// In arrears since March of 2026; `extra` are pay_order_on, repaid_on, flexible_employment.
std::string PersonsInArrears(absl::string_view extra) {
  std::string person(kXiningPerson);
  absl::StrReplaceAll({{"2020-01-01,,1", "2026-03-01,,2"}}, &person);
  return absl::StrCat("contribution_rate,pay_order_on,repaid_on,flexible_employment,",
                      kPersonHeader, "6.5%,", extra, ",", person, "\n");
}

class LoadedArrears : public LoadedFacts {
 protected:
  void UseArea(absl::string_view sections) {
    auto areas = AreaBook::Build(
        {{"test.area",
          absl::StrCat("id: \"test-area\" title: \"示例\" admdvs: \"630199\" begndate: "
                       "\"2020-01-01\" sample_data: true source { id: \"s1\" title: \"made up\" "
                       "grade: \"SAMPLE\" } ",
                       sections)}});
    ASSERT_TRUE(areas.ok()) << areas.status();
    reference_.areas = std::make_shared<const AreaBook>(*std::move(areas));
  }
};

TEST_F(LoadedArrears, PaidUpTheyGiveBenefitsWhereTheAreaSaysSo) {
  EXPECT_EQ(LoadAndSettle(PersonsInArrears(",2026-11-01,0")).outcome(), v1::COVERAGE_NOT_NORMAL);
  UseArea(R"(arrears { cite: "s1 1" regime: RESTORED_WHEN_PAID })");
  EXPECT_EQ(LoadAndSettle(PersonsInArrears(",,0")).outcome(), v1::COVERAGE_NOT_NORMAL);
  EXPECT_EQ(LoadAndSettle(PersonsInArrears(",2026-11-21,0")).outcome(), v1::COVERAGE_NOT_NORMAL);
  const v1::Settlement settled = LoadAndSettle(PersonsInArrears(",2026-11-20,0"));
  EXPECT_EQ(settled.outcome(), v1::SETTLED) << settled.reason();
  EXPECT_EQ(settled.amounts().hifp_pay_fen(), 120'000);
}

TEST_F(LoadedArrears, AFrozenPoolLeavesTheAccountToPurchasesWhereTheAreaSaysSo) {
  const std::string frozen = PersonsInArrears(",,0");
  EXPECT_EQ(LoadAndSettle(frozen, "41").outcome(), v1::COVERAGE_NOT_NORMAL);
  UseArea(R"(account { cite: "s1 1" frozen_pool_account_usable: true })");
  const v1::Settlement purchase = LoadAndSettle(frozen, "41");
  EXPECT_EQ(purchase.outcome(), v1::SETTLED) << purchase.reason();
  EXPECT_EQ(purchase.amounts().acct_pay_fen(), 30'000);
  EXPECT_EQ(purchase.setldetail_size(), 0);
  const v1::Settlement outpatient = LoadAndSettle(frozen, "11");
  EXPECT_EQ(outpatient.outcome(), v1::COVERAGE_NOT_NORMAL);
  EXPECT_THAT(outpatient.reason(), testing::HasSubstr("个人账户只可用于不动用基金的结算"));
}

// A retired cadre has a relation that is not settled here and a route of its own.
TEST_F(LoadedArrears, TheRouteOfARetiredCadreIsToldFromItsScheme) {
  UseArea(R"(route { cite: "s1 1" insutype: "340" text: "离休人员请到原渠道结算" })");
  std::string cadre(kXiningPerson);
  absl::StrReplaceAll({{",310,11,", ",340,13,"}}, &cadre);
  const std::string file = absl::StrCat(kPersonHeader, cadre, "\n");
  const auto loaded = Load(LoadKind::kPersons, file, store_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(ParsePerson(**store_.LoadLatest("P1"))->facts->coverage(0).insutype(), "340");
}

}  // namespace
}  // namespace yijie::engine
