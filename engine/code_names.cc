#include "engine/code_names.h"

#include <array>

#include "absl/strings/match.h"

namespace yijie::engine {
namespace {

constexpr std::array kSchemes = {
    CodeName{"310", "职工基本医疗保险", "Employee medical"},
    CodeName{"390", "城乡居民基本医疗保险", "Resident medical"},
    CodeName{"410", "工伤保险", "Work injury"},
    CodeName{"510", "生育保险", "Maternity"},
};

// Longer codes before those they begin with. The last are benefits that are no share of a bill.
constexpr std::array kBenefitKinds = {
    CodeName{"1301", "急诊抢救", "Rescue"},
    CodeName{"1103", "癌症筛查", "Cancer screening"},
    CodeName{"2101", "普通住院", "In-patient"},
    CodeName{"2102", "单病种住院", "In-patient, fixed disease"},
    CodeName{"2105", "康复治疗住院", "In-patient, rehabilitation"},
    CodeName{"2106", "居民平产住院", "In-patient, resident's natural delivery"},
    CodeName{"2107", "居民剖宫产住院", "In-patient, resident's caesarean"},
    CodeName{"2109", "新生儿抢救", "Rescue of a newborn"},
    CodeName{"21303", "精神病住院", "In-patient, psychiatric"},
    CodeName{"11", "普通门诊", "Out-patient"},
    CodeName{"13", "急诊", "Emergency"},
    CodeName{"14", "门诊慢特病", "Out-patient, chronic and special disease"},
    CodeName{"18", "特药购药", "Purchase of special drugs"},
    CodeName{"21", "住院", "In-patient"},
    CodeName{"22", "外伤住院", "In-patient, injury"},
    CodeName{"28", "日间手术", "Day surgery"},
    CodeName{"41", "定点药店购药", "Pharmacy purchase"},
    CodeName{"51", "生育门诊", "Maternity, out-patient"},
    CodeName{"52", "生育住院", "Maternity, in-patient"},
    CodeName{"71", "家庭病床", "Home bed"},
    CodeName{"MATERNITY_ALLOWANCE", "生育津贴", "Maternity allowance"},
    CodeName{"DISABILITY_GRANT", "一次性伤残补助金", "Disability grant"},
    CodeName{"DISABILITY_ALLOWANCE", "伤残津贴", "Disability allowance"},
    CodeName{"DEATH_GRANT", "一次性工亡补助金", "Death grant"},
    CodeName{"FUNERAL_GRANT", "丧葬补助金", "Funeral grant"},
    CodeName{"ACCOUNT_CREDIT", "个人账户划入", "Account credit"},
    CodeName{"SUPPLEMENT", "补充待遇", "Supplement"},
};

constexpr std::array kFunds = {
    CodeName{"310100", "城镇职工基本医疗保险统筹基金", "Employee pooling fund"},
    CodeName{"310102", "职工门诊统筹基金", "Employee out-patient pool"},
    CodeName{"310200", "城镇职工基本医疗保险个人账户基金", "Employee personal account"},
    CodeName{"310300", "职工大病补助基金", "Employee big-illness supplement"},
    CodeName{"320100", "公务员医疗补助基金", "Civil-servant supplement"},
    CodeName{"330100", "大额医疗费用补助基金", "Large-amount supplement"},
    CodeName{"370100", "企业补充医疗保险基金", "Enterprise supplement"},
    CodeName{"390100", "城乡居民基本医疗保险基金", "Resident fund"},
    CodeName{"390102", "居民门诊统筹基金", "Resident out-patient pool"},
    CodeName{"390200", "城乡居民大病医疗保险基金", "Resident big illness"},
    CodeName{"410100", "工伤保险基金", "Work-injury fund"},
    CodeName{"510100", "生育基金", "Maternity fund"},
    CodeName{"610100", "医疗救助基金", "Medical assistance"},
    CodeName{"999997", "其他基金", "Other fund"},
};

template <size_t kSize>
const CodeName* Find(const std::array<CodeName, kSize>& names, absl::string_view code) {
  for (const CodeName& name : names) {
    if (name.code == code) return &name;
  }
  return nullptr;
}

}  // namespace

const CodeName* FindScheme(absl::string_view insutype) { return Find(kSchemes, insutype); }

const CodeName* FindBenefitKind(absl::string_view med_type) {
  for (const CodeName& name : kBenefitKinds) {
    if (absl::StartsWith(med_type, name.code)) return &name;
  }
  return nullptr;
}

const CodeName* FindFund(absl::string_view fund_pay_type) { return Find(kFunds, fund_pay_type); }

}  // namespace yijie::engine
