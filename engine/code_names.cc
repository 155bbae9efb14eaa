#include "engine/code_names.h"

#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace yijie::engine {
namespace {

struct Word {
  absl::string_view code;
  absl::string_view text;
};

constexpr std::array<Word, 12> kSchemes = {{{"310", "职工基本医疗保险 Employee medical"},
                                            {"320", "公务员医疗补助 Civil servants' subsidy"},
                                            {"330", "大额医疗费用补助 Large amounts"},
                                            {"340", "离休人员医疗保障 Retired cadres"},
                                            {"350", "一至六级残疾军人医疗补助 Disabled soldiers"},
                                            {"360", "老红军医疗保障 Old Red Army"},
                                            {"370", "企业补充医疗保险 Employer's supplement"},
                                            {"390", "城乡居民基本医疗保险 Resident medical"},
                                            {"392", "城乡居民大病医疗保险 Residents' big illness"},
                                            {"399", "其他特殊人员医疗保障 Others"},
                                            {"410", "工伤保险 Work injury"},
                                            {"510", "生育保险 Maternity"}}};

// Longer codes before those they begin with. The last are benefits that are no share of a bill.
constexpr std::array<Word, 47> kBenefitKinds = {
    {{"1301", "急诊抢救 Rescue"},
     {"1103", "癌症筛查 Cancer screening"},
     {"2101", "普通住院 In-patient"},
     {"2102", "单病种住院 In-patient, fixed disease"},
     {"2105", "康复治疗住院 In-patient, rehabilitation"},
     {"2106", "居民平产住院 In-patient, resident's natural delivery"},
     {"2107", "居民剖宫产住院 In-patient, resident's caesarean"},
     {"2109", "新生儿抢救 Rescue of a newborn"},
     {"21303", "精神病住院 In-patient, psychiatric"},
     {"11", "普通门诊 Out-patient"},
     {"13", "急诊 Emergency"},
     {"14", "门诊慢特病 Out-patient, chronic and special disease"},
     {"21", "住院 In-patient"},
     {"22", "外伤住院 In-patient, injury"},
     {"28", "日间手术 Day surgery"},
     {"41", "定点药店购药 Pharmacy purchase"},
     {"420", "工伤门诊 Work injury, out-patient"},
     {"421", "工伤住院 Work injury, in-patient"},
     {"422", "工伤医疗康复 Work injury, medical rehabilitation"},
     {"423", "工伤职业康复 Work injury, vocational rehabilitation"},
     {"424", "工伤康复检查 Work injury, check-up of rehabilitation"},
     {"425", "工伤辅助器具住院 Work injury, stay for an assistive device"},
     {"51", "生育门诊 Maternity, out-patient"},
     {"52", "生育住院 Maternity, in-patient"},
     {"71", "家庭病床 Home bed"},
     {"ACCOUNT_CREDIT", "个人账户划入 Account credit"},
     {"ACCOUNT_INTEREST", "个人账户计息 Account interest"},
     {"BIG_ILLNESS", "大病保险 Big-illness insurance"},
     {"DEATH_GRANT", "一次性工亡补助金 Death grant"},
     {"DISABILITY_ALLOWANCE", "伤残津贴 Disability allowance"},
     {"DISABILITY_GRANT", "一次性伤残补助金 Disability grant"},
     {"HARDSHIP_SUPPLEMENT", "困难群众大病补充保险 Hardship supplement"},
     {"INJURY_BENEFITS", "工伤待遇 Work-injury benefits"},
     {"INJURY_DEATH", "因工死亡待遇 Death at work"},
     {"INJURY_DEPENDANT", "供养亲属抚恤金 Dependant's allowance"},
     {"INJURY_LUMP_SUM", "一次性伤残补助金 Disability lump sum"},
     {"INJURY_MONTHLY", "伤残津贴 Disability allowance"},
     {"INJURY_NURSING", "生活护理费 Nursing allowance"},
     {"INJURY_TERMINATION", "一次性医疗与就业补助金 Lump sums at termination"},
     {"MATERNITY_ALLOWANCE", "生育津贴 Maternity allowance"},
     {"MATERNITY_GRANT", "生育医疗费补贴 Maternity grant"},
     {"MATERNITY_SUBSIDY", "生育医疗费补贴 Maternity subsidy"},
     {"MEAL_SUBSIDY", "住院伙食补助 Meal subsidy"},
     {"MEDICAL_ASSISTANCE", "医疗救助 Medical assistance"},
     {"NURSING_ALLOWANCE", "生活护理费 Nursing allowance"},
     {"ONE_OFF_SUBSIDY", "一次性补助金 One-off subsidy"},
     {"SUPPLEMENT", "补充待遇 Supplement"}}};

constexpr std::array<Word, 14> kFunds = {
    {{"310100", "城镇职工基本医疗保险统筹基金 Employee pooling fund"},
     {"310102", "职工门诊统筹基金 Employee out-patient pool"},
     {"310200", "城镇职工基本医疗保险个人账户基金 Employee personal account"},
     {"310300", "职工大病补助基金 Employee big-illness supplement"},
     {"320100", "公务员医疗补助基金 Civil-servant supplement"},
     {"330100", "大额医疗费用补助基金 Large-amount supplement"},
     {"370100", "企业补充医疗保险基金 Enterprise supplement"},
     {"390100", "城乡居民基本医疗保险基金 Resident fund"},
     {"390102", "居民门诊统筹基金 Resident out-patient pool"},
     {"390200", "城乡居民大病医疗保险基金 Resident big illness"},
     {"410100", "工伤保险基金 Work-injury fund"},
     {"510100", "生育基金 Maternity fund"},
     {"610100", "医疗救助基金 Medical assistance"},
     {"999997", "其他基金 Other fund"}}};

template <size_t kSize>
absl::string_view Find(const std::array<Word, kSize>& words, absl::string_view code) {
  for (const Word& word : words) {
    if (word.code == code) return word.text;
  }
  return "";
}

constexpr std::array<Word, 7> kPersonTypes = {{{"11", "在职 In service"},
                                               {"12", "退休 Retired"},
                                               {"14", "学生儿童 Students and children"},
                                               {"15", "居民 Residents"},
                                               {"16", "居民 Residents"},
                                               {"17", "居民 Residents"},
                                               {"18", "居民 Residents"}}};

}  // namespace

absl::string_view SchemeWords(absl::string_view insutype) { return Find(kSchemes, insutype); }

absl::string_view BenefitKindWords(absl::string_view med_type) {
  for (const Word& word : kBenefitKinds) {
    if (absl::StartsWith(med_type, word.code)) return word.text;
  }
  return "";
}

absl::string_view FundWords(absl::string_view fund_pay_type) { return Find(kFunds, fund_pay_type); }

std::string BenefitPayerLabel(absl::string_view fund_pay_type) {
  if (fund_pay_type.empty()) return "用人单位 Employer";
  const absl::string_view words = FundWords(fund_pay_type);
  return absl::StrCat(words.empty() ? "基金 Fund" : words, " (", fund_pay_type, ")");
}

absl::string_view PersonTypeWords(absl::string_view psn_type) {
  return Find(kPersonTypes, psn_type.substr(0, 2));
}

absl::string_view InChinese(absl::string_view words) { return words.substr(0, words.find(' ')); }

absl::string_view OutcomeWords(v1::Outcome outcome) {
  switch (outcome) {
    case v1::SETTLED:
      return "已结算";
    case v1::REVERSED_BEFORE_ARRIVAL:
      return "冲正先到，本报文不再执行";
    case v1::INSTITUTION_NOT_IN_FORCE:
      return "定点协议未生效或已终止";
    case v1::PERSON_DECEASED:
      return "参保人已死亡";
    case v1::NETWORK_SUSPENDED:
      return "暂停联网结算";
    case v1::CREDENTIAL_REFUSED:
      return "就诊凭证无效";
    case v1::OTHER_ROUTE:
      return "另有结算渠道";
    case v1::IN_HOSPITAL:
      return "住院期间不予结算";
    case v1::REIMBURSED_BEFORE:
      return "该就诊已手工报销";
    case v1::NOT_INSURED:
      return "未参保";
    case v1::COVERAGE_NOT_NORMAL:
      return "参保状态异常";
    case v1::NO_POLICY:
      return "无适用政策";
    case v1::EXCLUDED_BY_POLICY:
      return "政策不予支付";
    case v1::POLICY_INCOMPLETE:
      return "政策表缺项";
    case v1::CLAIM_INCOMPLETE:
      return "申报数据不符";
    default:
      return "未知结果";
  }
}

}  // namespace yijie::engine
