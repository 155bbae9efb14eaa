// What a person file says reaches the policy: the rate of contributions sets the yearly limit of
// out-patient pooling in Xining, and without a rate nothing is paid by guess.

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/deterministic_bytes.h"
#include "engine/load/load.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/reference_tables.h"
#include "engine/transactions.h"
#include "gtest/gtest.h"
#include "rules/loader.h"
#include "tests/load/files.h"
#include "tests/memory_store.h"

namespace yijie::engine {
namespace {

constexpr char kXiningHospital[] = "H63010000001";
constexpr char kXiningPerson[] =
    "P1,Jia,01,999999197001010017,1,1970-01-01,0,310,11,630199,"
    "2020-01-01,,1,,,,";

class LoadedContributionRate : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Load(LoadKind::kInstitutions,
                     absl::StrCat(kInstitutionHeader, kXiningHospital,
                                  ",Hospital,HOSPITAL,630199,LEVEL_2,GRADE_A,CITY,,2020-01-01,\n"),
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
  v1::Settlement LoadAndSettle(const std::string& persons) {
    const auto loaded = Load(LoadKind::kPersons, persons, store_);
    EXPECT_TRUE(loaded.ok()) << loaded.status();
    v1::SettleRequest request;
    request.mutable_header()->set_fixmedins_code(kXiningHospital);
    request.mutable_header()->set_msgid("M1");
    v1::Claim& claim = *request.mutable_claim();
    claim.set_psn_no("P1");
    claim.set_insutype("310");
    claim.set_med_type("11");
    claim.set_begndate("2026-11-20");
    claim.set_medfee_sumamt_fen(1'000'000);
    v1::FeeLine& line = *claim.add_fee_line();
    line.set_feedetl_sn("1");
    line.set_med_list_codg("X1");
    line.set_cnt_1e4(10'000);
    line.set_pric_fen_1e4(int64_t{1'000'000} * 10'000);
    line.set_det_item_fee_sumamt_fen(1'000'000);
    const auto effect = Settle(reference_, request, DeterministicBytes(request),
                               *ParsePerson(**store_.LoadLatest("P1")), MomentOf(kNow));
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
TEST_F(LoadedContributionRate, SetsTheLimit) {
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

TEST_F(LoadedContributionRate, UnknownOrUnlistedIsRefused) {
  for (const std::string& persons : {PersonsWithRate("7%"), PersonsWithRate(""),
                                     absl::StrCat(kPersonHeader, kXiningPerson, "\n")}) {
    SCOPED_TRACE(persons);
    EXPECT_EQ(LoadAndSettle(persons).outcome(), v1::POLICY_INCOMPLETE);
  }
}

}  // namespace
}  // namespace yijie::engine
