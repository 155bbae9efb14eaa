#include "tests/campaign/made_world.h"

#include <algorithm>

#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"

namespace yijie::campaign {
namespace {

namespace v1 = yijie::v1;

v1::Institution MakeInstitution(const std::string& code, v1::InstitutionKind kind,
                                v1::HospitalLevel level, const std::string& admdvs,
                                const std::string& enddate) {
  v1::Institution institution;
  institution.set_fixmedins_code(code);
  institution.set_fixmedins_name("test");
  institution.set_kind(kind);
  institution.set_admdvs(admdvs);
  institution.set_hosp_lv(level);
  institution.set_begndate("2020-01-01");
  institution.set_enddate(enddate);
  return institution;
}

v1::CatalogueItem MakeItem(const std::string& code, v1::ItemClass item_class, int32_t selfpay_1e6,
                           int64_t limit_fen) {
  v1::CatalogueItem item;
  item.set_med_list_codg(code);
  item.set_name("test");
  item.set_kind(v1::DRUG);
  item.set_chrgitm_lv(item_class);
  item.set_selfpay_prop_1e6(selfpay_1e6);
  item.set_pric_uplmt_fen(limit_fen);
  item.set_begndate("2020-01-01");
  return item;
}

std::string Package(const std::string& name, const std::string& insutype,
                    const std::string& med_type, const std::string& days,
                    const std::string& steps) {
  return absl::StrCat(
      "id: \"campaign-", name, "\" title: \"试\" admdvs: \"", kStrictArea, "\" admdvs: \"",
      kMildArea, "\" insutype: \"", insutype, "\" med_type: \"", med_type, "\" ", days,
      " sample_data: true source { id: \"s1\" title: \"made up\" grade: \"SAMPLE\" }\n",
      "step { id: \"classify\" label: \"c\" cite: \"s1 1\" classify {} }\n", steps);
}

std::string EmployeeInpatient(const std::string& name, const std::string& days,
                              const std::string& level_3, const std::string& other,
                              const std::string& first_band) {
  return Package(name, "310", "21", days,
                 absl::StrCat(R"policy(
accumulator { name: "stays" period: YEAR holds: COUNT }
accumulator { name: "pool" period: YEAR }
accumulator { name: "large" period: YEAR }
step {
  id: "gate" label: "g" cite: "s1 1"
  gate { row { when { third_party: "YES" } reason: "第三方责任" } }
}
step {
  id: "act_pay_dedc" label: "d" cite: "s1 1"
  deductible {
    base: "inscp_scp_amt"
    row { when { stay_part: "not(LATER_PART)" hosp_lv: "LEVEL_3" } amount: ")policy",
                              level_3, R"policy(" }
    row { when { stay_part: "not(LATER_PART)" hosp_lv: "not(LEVEL_3)" } amount: ")policy",
                              other, R"policy(" }
    row { when { stay_part: "LATER_PART" } amount: "0" }
    adjust { when { amount { of: "acc:stays" is: "[1..)" } } factor: "50%" }
  }
}
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: HIFP fund_pay_type: "310100"
    base: "inscp_scp_amt" base: "-act_pay_dedc"
    row { band { to: "10000" ratio: ")policy",
                              first_band, R"policy(" } band { ratio: "92%" } }
    adjust { when { psn_type: "RETIRED" } points: "3%" }
    limit { accumulator: "pool" row { amount: "30000" } }
  }
}
step {
  id: "hifob_pay" label: "l" cite: "s1 1"
  pay {
    fund: HIFOB fund_pay_type: "330100"
    base: "hifp_pay.over"
    row { band { ratio: "90%" } }
    limit { accumulator: "large" row { amount: "50000" } }
  }
}
step {
  id: "maf_pay" label: "m" cite: "s1 1"
  pay {
    fund: MAF fund_pay_type: "610100"
    base: "inscp_scp_amt" base: "-act_pay_dedc" base: "-hifp_pay" base: "-hifob_pay"
    row { when { assistance: "DIBAO" } band { ratio: "50%" } }
    row { when { assistance: "not(DIBAO)" } band { ratio: "0%" } }
  }
}
step {
  id: "count" label: "n" cite: "s1 1"
  accumulate { accumulator: "stays" when { stay_part: "not(LATER_PART)" } }
}
step {
  id: "acct_pay" label: "a" cite: "s1 1"
  account { of: "psn_part_amt" order: "CURRENT_YEAR" order: "PAST_YEARS" }
}
)policy"));
}

std::string EmployeeOutpatient() {
  return Package("employee-outpatient", "310", "11", "valid_from: \"2020-01-01\"", R"policy(
accumulator { name: "op_dedc" period: YEAR }
accumulator { name: "op_pool" period: YEAR }
accumulator { name: "pool" period: YEAR }
step {
  id: "act_pay_dedc" label: "d" cite: "s1 1"
  deductible {
    base: "inscp_scp_amt"
    row { when { assistance: "DIBAO" } amount: "0" }
    row { when { assistance: "not(DIBAO)" } amount: "300" }
    already: "op_dedc"
  }
}
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: HIFP fund_pay_type: "310100"
    base: "inscp_scp_amt" base: "-act_pay_dedc"
    row { when { hosp_lv: "LEVEL_3" } band { ratio: "50%" } }
    row { when { hosp_lv: "not(LEVEL_3)" } band { ratio: "60.5%" } }
    adjust { when { psn_type: "RETIRED" } points: "10%" }
    limit { accumulator: "op_pool" row { amount: "3000" } }
    limit { accumulator: "pool" row { amount: "30000" } }
  }
}
step {
  id: "acct_pay" label: "a" cite: "s1 1"
  account { of: "psn_part_amt" order: "CURRENT_YEAR" order: "PAST_YEARS" }
}
)policy");
}

std::string EmployeePharmacy() {
  return Package("employee-pharmacy", "310", "41", "valid_from: \"2020-01-01\"", R"policy(
step {
  id: "acct_pay" label: "a" cite: "s1 1"
  account { of: "inscp_scp_amt" order: "PAST_YEARS" order: "CURRENT_YEAR" }
}
)policy");
}

std::string ResidentInpatient() {
  return Package("resident-inpatient", "390", "21", "valid_from: \"2020-01-01\"", R"policy(
accumulator { name: "dedc_year" period: YEAR }
accumulator { name: "pool" period: YEAR }
step {
  id: "act_pay_dedc" label: "d" cite: "s1 1"
  deductible {
    base: "inscp_scp_amt"
    row { amount: "500" }
    limit { accumulator: "dedc_year" row { amount: "800" } }
  }
}
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: HIFP fund_pay_type: "390100"
    base: "inscp_scp_amt" base: "-act_pay_dedc"
    row { band { ratio: "65%" } }
    limit { accumulator: "pool" row { amount: "20000" } }
  }
}
)policy");
}

std::string ResidentOutpatient() {
  return Package("resident-outpatient", "390", "11", "valid_from: \"2020-01-01\"", R"policy(
step {
  id: "gate" label: "g" cite: "s1 1"
  gate { row { when { cvlserv: "YES" } reason: "公务员另行结算" } }
}
step {
  id: "hifp_pay" label: "p" cite: "s1 1"
  pay {
    fund: HIFP fund_pay_type: "390100"
    base: "inscp_scp_amt"
    row { band { ratio: "50%" } }
    limit { row { amount: "200" } }
  }
}
)policy");
}

v1::AreaRules Parse(const std::string& text) {
  v1::AreaRules rules;
  (void)google::protobuf::TextFormat::ParseFromString(text, &rules);
  return rules;
}

// What area.proto says about a file that is silent.
constexpr char kSilent[] = R"area(
stay { outpatient_during_stay: FLAG purchase_during_stay: FLAG overlapping_stay: REFUSE }
)area";

constexpr char kStrictAreaText[] = R"area(id: "campaign-strict"
title: "试"
admdvs: "430199"
begndate: "2020-01-01"
sample_data: true
source { id: "s1" title: "made up" grade: "SAMPLE" }
card {
  cite: "s1 1"
  wrong_pin_lock: 3
  wrong_pin_unlocks_lifetime: 2
  temporary_loss_days: 7
  temporary_loss_days_bank: 5
  lost_cancel_days: 30
  loss_covers_both_functions: true
  credential_required: true
}
stay {
  cite: "s1 2"
  outpatient_during_stay: REFUSE
  purchase_during_stay: ALLOW
  overlapping_stay: FLAG
}
account {
  cite: "s1 6"
  use { purpose: OWN_SHARE }
  use { purpose: FAMILY_SHARE }
  year_rollover: true
}
sharing {
  cite: "s1 7"
  relation: SPOUSE
  relation: PARENT
  relation: CHILD
  max_accounts_per_settlement: 2
  yearly_limit_fen: 150000
}
reimbursement { cite: "s1 8" filing_deadline_months: 1 }
route { cite: "s1 3" insutype: "310" psn_type_prefix: "13" text: "离休人员另行结算" }
)area";

constexpr char kLongUndoAreaText[] = R"area(id: "campaign-long-undo"
title: "试"
admdvs: "410198"
begndate: "2020-01-01"
sample_data: true
source { id: "s1" title: "made up" grade: "SAMPLE" }
clearing { cite: "s1 4" reversal_by_institution: SAME_PERIOD }
undo { cite: "s1 5" partial_refund_allowed: true }
)area";

}  // namespace

const std::vector<v1::Institution>& Institutions() {
  static const auto* const kInstitutions = new std::vector<v1::Institution>{
      MakeInstitution("H41019900001", v1::HOSPITAL, v1::LEVEL_3, kLongUndoArea, ""),
      MakeInstitution("H41019900002", v1::HOSPITAL, v1::LEVEL_2, kMildArea, ""),
      MakeInstitution("H41019900003", v1::HOSPITAL, v1::LEVEL_2, kLongUndoArea, "2025-03-31"),
      MakeInstitution("P41019900004", v1::PHARMACY, v1::LEVEL_NONE, kLongUndoArea, "")};
  return *kInstitutions;
}

bool IsPaidByTheAgency(const std::string& fund) {
  return std::find(kPaidByTheAgency.begin(), kPaidByTheAgency.end(), fund) !=
         kPaidByTheAgency.end();
}

const v1::Institution* FindInstitution(const std::string& code) {
  for (const v1::Institution& institution : Institutions()) {
    if (institution.fixmedins_code() == code) return &institution;
  }
  return nullptr;
}

const std::vector<v1::CatalogueItem>& Catalogue() {
  static const auto* const kCatalogue = new std::vector<v1::CatalogueItem>{
      MakeItem("A", v1::CLASS_A, 0, 0), MakeItem("B", v1::CLASS_B, 100'000, 0),
      MakeItem("C", v1::CLASS_C, 0, 0), MakeItem("L", v1::CLASS_A, 0, 5'000),
      MakeItem("M", v1::CLASS_B, 150'000, 3'333)};
  return *kCatalogue;
}

const v1::CatalogueItem* FindItem(const std::string& code) {
  for (const v1::CatalogueItem& item : Catalogue()) {
    if (item.med_list_codg() == code) return &item;
  }
  return nullptr;
}

const std::vector<std::pair<std::string, std::string>>& PolicyTexts() {
  static const auto* const kTexts = new std::vector<std::pair<std::string, std::string>>{
      {"employee-inpatient-a",
       EmployeeInpatient("employee-inpatient-a",
                         "valid_from: \"2020-01-01\" valid_to: \"2025-06-30\"", "900", "600",
                         "85%")},
      {"employee-inpatient-b",
       EmployeeInpatient("employee-inpatient-b", "valid_from: \"2025-07-01\"", "1000", "700",
                         "82%")},
      {"employee-outpatient", EmployeeOutpatient()},
      {"employee-pharmacy", EmployeePharmacy()},
      {"resident-inpatient", ResidentInpatient()},
      {"resident-outpatient", ResidentOutpatient()}};
  return *kTexts;
}

const std::vector<std::pair<std::string, std::string>>& AreaTexts() {
  static const auto* const kTexts = new std::vector<std::pair<std::string, std::string>>{
      {"strict", kStrictAreaText}, {"long-undo", kLongUndoAreaText}};
  return *kTexts;
}

const v1::AreaRules& RulesOfArea(const std::string& admdvs) {
  static const auto* const kSilentRules = new v1::AreaRules(Parse(kSilent));
  static const auto* const kStrictRules = new v1::AreaRules(Parse(kStrictAreaText));
  static const auto* const kLongUndoRules = new v1::AreaRules(Parse(kLongUndoAreaText));
  if (admdvs == kLongUndoArea) return *kLongUndoRules;
  return admdvs == kStrictArea ? *kStrictRules : *kSilentRules;
}

}  // namespace yijie::campaign
