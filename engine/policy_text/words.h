#ifndef YIJIE_ENGINE_POLICY_TEXT_WORDS_H_
#define YIJIE_ENGINE_POLICY_TEXT_WORDS_H_

// The parts of a policy package in Chinese words. Pure functions of a package that compiles; text
// that does not parse is given back as it is.

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::engine {

// "30000" -> "30,000元", "1500.50" -> "1,500.50元".
std::string YuanWords(absl::string_view text);
// "100000" -> "100,000".
std::string CountWords(absl::string_view text);
// Of the header of a package.
std::string SchemeWithCode(absl::string_view insutype);
std::string BenefitKindWithCode(absl::string_view med_type);
// "基本医保统筹基金（310100 城镇职工基本医疗保险统筹基金）".
std::string PayerWords(yijie::v1::Pay::Fund fund, absl::string_view fund_pay_type);
// "0~30,000元", "30,000~40,000元", "40,000元以上" of band `index`.
std::string BandWords(const yijie::v1::Pay::Row& row, int index);

// One condition of a row.
struct ConditionWords {
  std::string column;  // 医院等级
  std::string cell;    // under that heading: 三级
  std::string phrase;  // alone: 三级医院
  std::string key;     // equal for conditions that ask the same
};

// All of them together.
std::string JoinPhrases(const std::vector<ConditionWords>& conditions);

// Words that need the names a package gives: its steps, accumulators, groups, givens.
class PackageWords {
 public:
  using Names = google::protobuf::RepeatedPtrField<std::string>;

  explicit PackageWords(const yijie::v1::Package& package);

  // In the order in which the vocabulary lists the cells.
  std::vector<ConditionWords> Conditions(const yijie::v1::When& when) const;
  // A term without its sign.
  std::string Term(absl::string_view term) const;
  // "符合政策范围 － 起付标准".
  std::string Sum(const Names& terms) const;
  // "1,300元", "不设限额", or in words how the amount is worked out.
  std::string Amount(const yijie::v1::AmountRow& row, yijie::v1::Holds holds) const;
  // What changes, "支付比例提高 5%（百分点）"; `subject` is what is changed.
  std::string Adjust(const yijie::v1::Adjust& adjust, absl::string_view subject,
                     bool of_ratio) const;
  // "「本年度统筹支付累计」".
  std::string Accumulator(const std::string& name) const;
  // What is added: a sum, "1 次", "出院日期".
  std::string Accumulated(const yijie::v1::Accumulate& accumulate) const;
  // "乙类的符合政策范围费用".
  std::string Group(const yijie::v1::Classify::Group& group) const;

  // Calls whatever `elder` has a name for by that name, so that a new label of one step does not
  // change the words of every step that refers to it.
  void NameLike(const PackageWords& elder);

 private:
  void NameSteps(const yijie::v1::Package& package);
  void NameGroups(const yijie::v1::Package& package);
  void NameAccumulators(const yijie::v1::Package& package);
  ConditionWords AmountCondition(const yijie::v1::AmountTest& test) const;
  std::string Figure(absl::string_view text, yijie::v1::Holds holds) const;
  std::string Product(const yijie::v1::AmountRow& row, yijie::v1::Holds holds) const;
  bool IsCount(absl::string_view term) const;

  absl::flat_hash_map<std::string, std::string> names_;  // of terms
  absl::flat_hash_map<std::string, yijie::v1::Holds> holds_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_WORDS_H_
