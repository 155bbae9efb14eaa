#include "tests/campaign/bill.h"

#include <algorithm>

#include "tests/campaign/made_world.h"

namespace yijie::campaign {
namespace {

constexpr int64_t kMillion = 1'000'000;

int64_t HalfUp(int64_t numerator, int64_t denominator) {
  return (2 * numerator + denominator) / (2 * denominator);
}

v1::LineResult SplitLine(const v1::FeeLine& fee) {
  v1::LineResult line;
  line.set_feedetl_sn(fee.feedetl_sn());
  const int64_t amount = fee.det_item_fee_sumamt_fen();
  const v1::CatalogueItem* item = FindItem(fee.med_list_codg());
  if (item != nullptr) {
    line.set_chrgitm_lv(item->chrgitm_lv() == v1::CLASS_A   ? "01"
                        : item->chrgitm_lv() == v1::CLASS_B ? "02"
                                                            : "03");
  }
  if (item == nullptr || item->chrgitm_lv() == v1::CLASS_C || fee.outside_restriction()) {
    line.set_selfpay_prop_1e6(1'000'000);
    line.set_fulamt_ownpay_amt_fen(amount);
    return line;
  }
  int64_t rest = amount;
  if (item->pric_uplmt_fen() > 0)
    rest = std::min(rest, HalfUp(item->pric_uplmt_fen() * fee.cnt_1e4(), 10'000));
  const int64_t first = HalfUp(rest * item->selfpay_prop_1e6(), kMillion);
  line.set_selfpay_prop_1e6(item->selfpay_prop_1e6());
  line.set_overlmt_amt_fen(amount - rest);
  line.set_preselfpay_amt_fen(first);
  line.set_inscp_scp_amt_fen(rest - first);
  return line;
}

// A bill on its way through a package.
class Working {
 public:
  Working(const v1::Claim& claim, const v1::Institution& institution, const v1::PersonFacts& facts,
          const v1::Coverage& coverage, const Purse& purse, const Totals& totals, Bill& bill)
      : claim_(claim), purse_(purse), totals_(totals), bill_(bill) {
    level_3_ = institution.hosp_lv() == v1::LEVEL_3;
    retired_ = coverage.psn_type().substr(0, 2) == "12";
    later_part_ = claim.stay_part() == v1::LATER_PART;
    for (const v1::AssistanceSpan& span : facts.assistance()) {
      if (!Covers(span, claim.begndate())) continue;
      dibao_ = span.class_() == v1::DIBAO;
      break;
    }
    Split();
  }

  void EmployeeInpatient();
  void EmployeeOutpatient();
  void EmployeePharmacy();
  void ResidentInpatient();
  void ResidentOutpatient();
  void Finish();

 private:
  void Split();
  // The total of the claim's year, with what this claim added; it counts as touched.
  int64_t Total(const std::string& name) {
    const TotalName key = Name(name);
    const auto before = totals_.find(key);
    return bill_.touched[key] + (before == totals_.end() ? 0 : before->second);
  }
  void Count(const std::string& name, int64_t value) { bill_.touched[Name(name)] += value; }
  TotalName Name(const std::string& name) const {
    return {claim_.insutype(), name, LastDay(claim_).substr(0, 4) + "-01-01"};
  }
  // What is left of a yearly limit.
  int64_t Left(const std::string& name, int64_t limit) {
    return std::max<int64_t>(limit - Total(name), 0);
  }
  void PayFrom(const std::string& fund, int64_t fen) {
    if (fen != 0) bill_.funds[fund] += fen;
    open_ -= fen;
  }
  void PayFromAccount(int64_t most, std::array<size_t, 2> order);

  const v1::Claim& claim_;
  const Purse& purse_;
  const Totals& totals_;
  Bill& bill_;
  bool level_3_ = false;
  bool retired_ = false;
  bool later_part_ = false;
  bool dibao_ = false;
  int64_t scope_ = 0;  // in scope
  int64_t open_ = 0;   // what nobody has paid yet
};

void Working::Split() {
  v1::Amounts& amounts = bill_.amounts;
  for (const v1::FeeLine& fee : claim_.fee_line()) {
    const v1::LineResult line = SplitLine(fee);
    const auto add = [](int64_t sum, int64_t fen) { return sum + fen; };
    amounts.set_medfee_sumamt_fen(add(amounts.medfee_sumamt_fen(), fee.det_item_fee_sumamt_fen()));
    amounts.set_fulamt_ownpay_amt_fen(
        add(amounts.fulamt_ownpay_amt_fen(), line.fulamt_ownpay_amt_fen()));
    amounts.set_overlmt_selfpay_fen(add(amounts.overlmt_selfpay_fen(), line.overlmt_amt_fen()));
    amounts.set_preselfpay_amt_fen(add(amounts.preselfpay_amt_fen(), line.preselfpay_amt_fen()));
    amounts.set_inscp_scp_amt_fen(add(amounts.inscp_scp_amt_fen(), line.inscp_scp_amt_fen()));
    bill_.lines.push_back(line);
  }
  scope_ = amounts.inscp_scp_amt_fen();
  open_ = amounts.medfee_sumamt_fen();
}

void Working::PayFromAccount(int64_t most, std::array<size_t, 2> order) {
  if (claim_.acct_used_flag() == v1::ACCT_NOT_USED) return;
  int64_t wanted = std::min(most, open_);
  for (const size_t sub : order) {
    const int64_t paid = std::min(wanted, purse_.fen[sub]);
    bill_.paid.fen[sub] += paid;
    wanted -= paid;
  }
  if (claim_.acct_used_flag() == v1::ACCT_FAMILY) bill_.family_most = wanted;
}

void Working::EmployeeInpatient() {
  const bool later_version = LastDay(claim_) >= "2025-07-01";
  bill_.policy = later_version ? "campaign-employee-inpatient-b" : "campaign-employee-inpatient-a";
  if (claim_.rel_ttp_flag()) {
    bill_.outcome = v1::EXCLUDED_BY_POLICY;
    return;
  }
  int64_t deductible = later_version ? (level_3_ ? 100'000 : 70'000) : (level_3_ ? 90'000 : 60'000);
  if (later_part_) deductible = 0;
  if (Total("stays") >= 1) deductible /= 2;
  deductible = std::min(deductible, scope_);
  bill_.amounts.set_act_pay_dedc_fen(deductible);

  const int64_t base = scope_ - deductible;
  const int64_t points = retired_ ? 30'000 : 0;
  const int64_t low = std::min<int64_t>(base, 1'000'000);
  const int64_t exact =
      low * ((later_version ? 820'000 : 850'000) + points) + (base - low) * (920'000 + points);
  const int64_t wanted = HalfUp(exact, kMillion);
  const int64_t pool = std::min(wanted, Left("pool", 3'000'000));
  Count("pool", pool);
  PayFrom("310100", pool);
  bill_.amounts.set_hifp_pay_fen(pool);

  const int64_t over = std::min(wanted - pool, open_);
  const int64_t large = std::min(HalfUp(over * 900'000, kMillion), Left("large", 5'000'000));
  Count("large", large);
  PayFrom("330100", large);
  bill_.amounts.set_hifob_pay_fen(large);

  if (dibao_) {
    const int64_t aid = HalfUp(std::min(base - pool - large, open_) * 500'000, kMillion);
    PayFrom("610100", aid);
    bill_.amounts.set_maf_pay_fen(aid);
  }
  if (!later_part_) Count("stays", 1);
  PayFromAccount(open_, {0, 1});
}

void Working::EmployeeOutpatient() {
  bill_.policy = "campaign-employee-outpatient";
  const int64_t whole = dibao_ ? 0 : 30'000;
  const int64_t due = std::min(std::max<int64_t>(whole - Total("op_dedc"), 0), scope_);
  Count("op_dedc", due);
  bill_.amounts.set_act_pay_dedc_fen(due);
  const int64_t ratio = (level_3_ ? 500'000 : 605'000) + (retired_ ? 100'000 : 0);
  const int64_t pool = std::min({HalfUp((scope_ - due) * ratio, kMillion), Left("op_pool", 300'000),
                                 Left("pool", 3'000'000)});
  Count("op_pool", pool);
  Count("pool", pool);
  PayFrom("310100", pool);
  bill_.amounts.set_hifp_pay_fen(pool);
  PayFromAccount(open_, {0, 1});
}

void Working::EmployeePharmacy() {
  bill_.policy = "campaign-employee-pharmacy";
  PayFromAccount(scope_, {1, 0});
}

void Working::ResidentInpatient() {
  bill_.policy = "campaign-resident-inpatient";
  const int64_t due = std::min({int64_t{50'000}, Left("dedc_year", 80'000), scope_});
  Count("dedc_year", due);
  bill_.amounts.set_act_pay_dedc_fen(due);
  const int64_t pool =
      std::min(HalfUp((scope_ - due) * 650'000, kMillion), Left("pool", 2'000'000));
  Count("pool", pool);
  PayFrom("390100", pool);
  bill_.amounts.set_hifp_pay_fen(pool);
}

void Working::ResidentOutpatient() {
  bill_.policy = "campaign-resident-outpatient";
  const int64_t pool = std::min<int64_t>(HalfUp(scope_ * 500'000, kMillion), 20'000);
  PayFrom("390100", pool);
  bill_.amounts.set_hifp_pay_fen(pool);
}

// No area of the campaign pays for what comes after the last day of an agreement.
bool HasLateFee(const v1::Claim& claim, const v1::Institution& institution) {
  return !institution.enddate().empty() &&
         std::any_of(claim.fee_line().begin(), claim.fee_line().end(), [&](const auto& fee) {
           const std::string& day =
               fee.fee_ocur_date().empty() ? LastDay(claim) : fee.fee_ocur_date();
           return day > institution.enddate();
         });
}

void Working::Finish() {
  v1::Amounts& amounts = bill_.amounts;
  amounts.set_fund_pay_sumamt_fen(amounts.medfee_sumamt_fen() - open_);
  amounts.set_psn_part_amt_fen(open_);
  amounts.set_acct_pay_fen(bill_.paid.sum());
  amounts.set_psn_cash_pay_fen(open_ - bill_.paid.sum());
}

}  // namespace

void Purse::Add(const Purse& other, int64_t sign) {
  for (size_t i = 0; i < fen.size(); ++i) fen[i] += sign * other.fen[i];
}

void AddTo(Totals& totals, const Totals& added, int64_t sign) {
  for (const auto& [name, value] : added) totals[name] += sign * value;
}

Totals WithoutZeros(const Totals& totals) {
  Totals left;
  for (const auto& [name, value] : totals) {
    if (value != 0) left[name] = value;
  }
  return left;
}

const std::string& LastDay(const v1::Claim& claim) {
  return claim.enddate().empty() ? claim.begndate() : claim.enddate();
}

void PayByFamily(int64_t fen, v1::Amounts* amounts) {
  amounts->set_acct_mulaid_pay_fen(fen);
  amounts->set_psn_cash_pay_fen(amounts->psn_cash_pay_fen() - fen);
}

Bill WorkOutBill(const v1::Claim& claim, const v1::Institution& institution,
                 const v1::PersonFacts& facts, const v1::Coverage& coverage, const Purse& purse,
                 const Totals& totals) {
  Bill bill;
  const bool employee = claim.insutype() == "310";
  const bool resident = claim.insutype() == "390";
  const std::string kind = claim.med_type().substr(0, 2);
  const bool known = (employee && (kind == "21" || kind == "11" || kind == "41")) ||
                     (resident && (kind == "21" || kind == "11"));
  if (!known || coverage.insuplc_admdvs() == kAreaWithoutPolicies) {
    bill.outcome = v1::NO_POLICY;
    return bill;
  }
  if (HasLateFee(claim, institution)) {
    bill.outcome = v1::CLAIM_INCOMPLETE;
    return bill;
  }
  if (resident && kind == "11" && facts.cvlserv_flag()) {
    bill.policy = "campaign-resident-outpatient";
    bill.outcome = v1::EXCLUDED_BY_POLICY;
    return bill;
  }
  Working working(claim, institution, facts, coverage, purse, totals, bill);
  if (employee && kind == "21") working.EmployeeInpatient();
  if (employee && kind == "11") working.EmployeeOutpatient();
  if (employee && kind == "41") working.EmployeePharmacy();
  if (resident && kind == "21") working.ResidentInpatient();
  if (resident && kind == "11") working.ResidentOutpatient();
  working.Finish();
  return bill;
}

}  // namespace yijie::campaign
