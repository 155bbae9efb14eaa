#include "tests/replay/hand_history.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "engine/reference_tables.h"
#include "rules/loader.h"
#include "tests/replay/bookkeeper.h"
#include "yijie/store/v1/tables.pb.h"

namespace yijie::engine {
namespace {

constexpr char kLevel2[] = "H41010000002";
constexpr char kLevel3[] = "H41010000003";

constexpr char kPolicy[] = R"policy(id: "hand"
title: "手算"
admdvs: "410199"
insutype: "310"
med_type: "21"
valid_from: "2022-01-01"
benefit_year_start: "01-01"
source { id: "s1" title: "invented" grade: "A" }
accumulator { name: "paid" period: YEAR }
accumulator { name: "stays" period: YEAR holds: COUNT }
step { id: "classify" label: "费用分类" cite: "s1 1" classify {} }
step {
  id: "exclude" label: "不予支付" cite: "s1 2"
  gate { row { when { third_party: "YES" } reason: "第三人负担" } }
}
step {
  id: "act_pay_dedc" label: "起付标准" cite: "s1 3"
  deductible {
    base: "inscp_scp_amt"
    row { amount: "1000" }
    adjust { when { amount { of: "acc:stays" is: "[1..)" } } factor: "50%" }
  }
}
step {
  id: "hifp_pay" label: "统筹支付" cite: "s1 4"
  pay {
    fund: HIFP
    fund_pay_type: "310100"
    base: "inscp_scp_amt"
    base: "-act_pay_dedc"
    row { when { psn_type: "not(RETIRED)" } band { ratio: "80%" } }
    row { when { psn_type: "RETIRED" } band { ratio: "90%" } }
    limit { accumulator: "paid" row { amount: "5000" } }
  }
}
step { id: "stay_add" label: "住院次数" accumulate { accumulator: "stays" } }
step {
  id: "acct_pay" label: "个人账户支付" cite: "s1 5"
  account { of: "psn_part_amt" order: "CURRENT_YEAR" order: "PAST_YEARS" }
}
)policy";

// Books the events of one person.
class Story {
 public:
  Story(const char* psn_no, Bookkeeper& books) : books_(books) {
    facts_.set_psn_no(psn_no);
    facts_.set_brdy("1966-05-01");
    v1::Coverage& coverage = *facts_.add_coverage();
    coverage.set_insutype("310");
    coverage.set_insuplc_admdvs("410199");
    coverage.set_begndate("2020-01-01");
    coverage.set_psn_insu_stas("1");
    SetType("11");
  }
  Story& SetType(const char* psn_type) {
    facts_.mutable_coverage(0)->set_psn_type(psn_type);
    books_.Facts(std::make_shared<const v1::PersonFacts>(facts_));
    return *this;
  }
  Story& Credit(int64_t yuan) {
    books_.Credit(rules::SubAccount::kPastYears, Fen(100 * yuan));
    return *this;
  }
  Story& Stay(int64_t yuan, const char* hospital = kLevel3, const char* insutype = "310") {
    v1::SettleRequest request;
    request.mutable_header()->set_fixmedins_code(hospital);
    v1::Claim& claim = *request.mutable_claim();
    claim.set_psn_no(facts_.psn_no());
    claim.set_insutype(insutype);
    claim.set_med_type("2101");
    claim.set_begndate("2026-02-03");
    claim.set_enddate("2026-02-10");
    claim.set_acct_used_flag(v1::ACCT_OWN);
    claim.set_medfee_sumamt_fen(100 * yuan);
    v1::FeeLine& line = *claim.add_fee_line();
    line.set_feedetl_sn("1");
    line.set_med_list_codg("X1");
    line.set_cnt_1e4(10'000);
    line.set_pric_fen_1e4(100 * yuan * 10'000);
    line.set_det_item_fee_sumamt_fen(100 * yuan);
    books_.Settle(++stays_, request);
    return *this;
  }
  Story& ReverseLast() {
    books_.Reverse(stays_);
    return *this;
  }

 private:
  Bookkeeper& books_;
  v1::PersonFacts facts_;
  int64_t stays_ = 0;
};

void AddHospital(const char* code, v1::HospitalLevel level, store::v1::InstitutionTable* table) {
  v1::Institution& hospital = *table->add_institution();
  hospital.set_fixmedins_code(code);
  hospital.set_kind(v1::HOSPITAL);
  hospital.set_admdvs("410199");
  hospital.set_hosp_lv(level);
  hospital.set_begndate("2020-01-01");
}

}  // namespace

std::string HandPolicy() { return kPolicy; }

std::string HandDraft() {
  return absl::StrReplaceAll(
      kPolicy, {{"ratio: \"80%\"", "ratio: \"70%\""},
                {"gate { ", "gate { row { when { hosp_lv: \"LEVEL_2\" } reason: \"二级\" } "}});
}

std::string HandPolicyWithBenefits() {
  return absl::StrCat(kPolicy, R"policy(
step {
  id: "allowance" label: "津贴" cite: "s1 6"
  benefit {
    fund: MATERNITY
    fund_pay_type: "510100"
    row { when { psn_type: "not(RETIRED)" } amount: "100" }
    row { when { psn_type: "RETIRED" } amount: "0" }
  }
}
step { id: "wage" label: "工资" cite: "s1 7" benefit { fund: EMPLOYER row { amount: "60" } } }
)policy");
}

std::shared_ptr<const Reference> HandReference(const std::string& policy) {
  auto program = rules::CompilePackage("hand.policy", policy);
  YIJIE_CHECK(program.ok(), "the hand-made policy compiles");
  std::vector<std::unique_ptr<const rules::Program>> programs;
  programs.push_back(*std::move(program));
  store::v1::InstitutionTable institutions;
  AddHospital(kLevel2, v1::LEVEL_2, &institutions);
  AddHospital(kLevel3, v1::LEVEL_3, &institutions);
  store::v1::CatalogueTable catalogue;
  v1::CatalogueItem& drug = *catalogue.add_item();
  drug.set_med_list_codg("X1");
  drug.set_kind(v1::DRUG);
  drug.set_chrgitm_lv(v1::CLASS_A);
  drug.set_begndate("2020-01-01");
  auto reference = std::make_shared<Reference>();
  reference->policies = *rules::RuleBook::Build(std::move(programs));
  reference->institutions = *ParseInstitutions(institutions.SerializeAsString());
  reference->catalogue = *ParseCatalogue(catalogue.SerializeAsString());
  return reference;
}

void BookHandHistory(storage::Store& store, const std::string& policy) {
  const std::shared_ptr<const Reference> reference = HandReference(policy);
  Bookkeeper books(*reference, store);
  Story("P1", books).Credit(1000).Stay(5000).Stay(2000).ReverseLast().SetType("12").Stay(4000);
  Story("P2", books).Stay(3000, kLevel2);
  Story("P3", books).Credit(500).Stay(3000).Credit(300).Stay(2000);
  Story("P4", books).Credit(2000).Stay(3000).Stay(1500);
  Story("P5", books).Stay(1000, kLevel3, "390");
  books.Flush();
}

}  // namespace yijie::engine
