#include "engine/policy_text/sheet.h"

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "engine/policy_text/names.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
template <typename T>
using Messages = google::protobuf::RepeatedPtrField<T>;

// Adds what is there to be said; nothing for an empty value.
void Say(std::vector<Statement>& statements, absl::string_view name, std::string value,
         bool wording = false) {
  if (!value.empty()) statements.push_back({std::string(name), std::move(value), wording});
}

// Rows that ask the same are told apart by their order.
void MakeKeysUnique(SheetTable& table) {
  absl::flat_hash_map<std::string, int> seen;
  for (SheetRow& row : table.rows) {
    const int times = ++seen[row.key];
    if (times > 1) absl::StrAppend(&row.key, " #", times);
  }
}

// ---------------------------------------------------------------------------------------------
// Steps.

class StepSheetMaker {
 public:
  StepSheetMaker(const PackageWords& words, StepSheet& sheet) : words_(words), sheet_(sheet) {}

  void Make(const v1::Step& step) {
    switch (step.kind_case()) {
      case v1::Step::kClassify:
        return Classify(step.classify());
      case v1::Step::kGate:
        return Gate(step.gate());
      case v1::Step::kDeductible:
        return Deductible(step.deductible());
      case v1::Step::kPay:
        return Pay(step.pay());
      case v1::Step::kCap:
        return Cap(step.cap());
      case v1::Step::kQuota:
        return Quota(step.quota());
      case v1::Step::kSum:
        return State("等于", words_.Sum(step.sum().of()));
      case v1::Step::kAccumulate:
        return Accumulate(step.accumulate());
      case v1::Step::kAccount:
        return Account(step.account());
      case v1::Step::kValue:
        return Value(step.value());
      case v1::Step::kBenefit:
        return Benefit(step.benefit());
      case v1::Step::KIND_NOT_SET:
        return;
    }
  }

 private:
  void State(absl::string_view name, std::string value) {
    Say(sheet_.statements, name, std::move(value));
  }

  void Add(SheetTable table) {
    if (table.rows.empty()) return;
    MakeKeysUnique(table);
    sheet_.tables.push_back(std::move(table));
  }

  template <typename Message>
  SheetRow RowOf(const Message& message) const {
    SheetRow row;
    row.when = words_.Conditions(message.when());
    row.key = absl::StrJoin(row.when, ";", [](std::string* out, const ConditionWords& condition) {
      absl::StrAppend(out, condition.key);
    });
    row.cite = message.cite();
    return row;
  }

  SheetTable AmountTable(absl::string_view key, absl::string_view name, absl::string_view figure,
                         const Messages<v1::AmountRow>& rows, v1::Holds holds = v1::MONEY) const {
    SheetTable table{std::string(key), std::string(name), false, false, {}};
    for (const v1::AmountRow& amount : rows) {
      SheetRow row = RowOf(amount);
      Say(row.figures, figure, words_.Amount(amount, holds));
      table.rows.push_back(std::move(row));
    }
    return table;
  }

  void Limits(const Messages<v1::Limit>& limits, absl::string_view subject) {
    int per_claim = 0;
    for (const v1::Limit& limit : limits) {
      const bool once = limit.accumulator().empty();
      const std::string key =
          once ? absl::StrCat("limit #", ++per_claim) : absl::StrCat("limit ", limit.accumulator());
      const std::string name =
          once ? absl::StrCat("每次结算", subject, "不超过")
               : absl::StrCat(subject, "计入", words_.Accumulator(limit.accumulator()),
                              "，合计不超过");
      SheetTable table = AmountTable(key, name, "限额", limit.row());
      table.as_sentences = true;
      Add(std::move(table));
    }
  }

  void Adjusts(const Messages<v1::Adjust>& adjusts, absl::string_view subject, bool of_ratio) {
    SheetTable table{"adjust", "调整（符合的依次适用）", true, true, {}};
    for (const v1::Adjust& adjust : adjusts) {
      SheetRow row = RowOf(adjust);
      Say(row.figures, "", words_.Adjust(adjust, subject, of_ratio));
      table.rows.push_back(std::move(row));
    }
    Add(std::move(table));
  }

  void Classify(const v1::Classify& classify) {
    State("规则", "先行自付比例和限价以目录所载为准，本步另有规定的除外");
    SheetTable rows{"row", "项目的先行自付和限价", false, false, {}};
    for (const v1::Classify::Row& source : classify.row()) {
      SheetRow row = RowOf(source);
      Say(row.figures, "先行自付比例", source.selfpay_prop());
      Say(row.figures, "单价限额",
          source.pric_uplmt().empty() ? "" : YuanWords(source.pric_uplmt()));
      Say(row.figures, "处理", source.exclude() ? "全部自费" : "");
      rows.rows.push_back(std::move(row));
    }
    Add(std::move(rows));
    SheetTable ceilings{"ceiling", "项目费用最高计入范围的金额", true, true, {}};
    for (const v1::Classify::Ceiling& source : classify.ceiling()) {
      SheetRow row = RowOf(source);
      const std::string per =
          ValueWord("Classify.Ceiling.Per", v1::Classify::Ceiling::Per_Name(source.per()));
      Say(row.figures, "最高", absl::StrCat(per, "最高计入 ", YuanWords(source.amount())));
      ceilings.rows.push_back(std::move(row));
    }
    Add(std::move(ceilings));
    Groups(classify);
  }

  void Groups(const v1::Classify& classify) {
    SheetTable groups{"group", "单独合计的项目", true, false, {}};
    for (const v1::Classify::Group& source : classify.group()) {
      SheetRow row;
      row.key = source.name();
      Say(row.figures, "", absl::StrCat(source.name(), "：", words_.Group(source)));
      groups.rows.push_back(std::move(row));
    }
    Add(std::move(groups));
  }

  void Gate(const v1::Gate& gate) {
    SheetTable table{"row", "", false, true, {}};
    for (const v1::Gate::Row& source : gate.row()) {
      SheetRow row = RowOf(source);
      Say(row.figures, "结果", source.incomplete() ? "政策表缺项，不能结算" : "不予支付");
      Say(row.figures, "原因", source.reason(), /*wording=*/true);
      table.rows.push_back(std::move(row));
    }
    Add(std::move(table));
  }

  void Deductible(const v1::Deductible& deductible) {
    State("从中扣除", words_.Sum(deductible.base()));
    Add(AmountTable("row", "", "起付线", deductible.row()));
    Adjusts(deductible.adjust(), "起付线", /*of_ratio=*/false);
    if (!deductible.already().empty()) {
      State("累计扣除",
            absl::StrCat("起付线为整个周期的金额，", words_.Accumulator(deductible.already()),
                         "中已扣的不再扣，本次扣的计入"));
    }
    Limits(deductible.limit(), "起付线");
  }

  void Pay(const v1::Pay& pay) {
    State("由谁支付", PayerWords(pay.fund(), pay.fund_pay_type()));
    State("支付基数", words_.Sum(pay.base()));
    if (pay.start_size() > 0)
      State("分段起点", absl::StrCat(words_.Sum(pay.start()), "（费用从这里起往上分段）"));
    SheetTable table{"row", "", false, false, {}};
    for (const v1::Pay::Row& source : pay.row()) {
      SheetRow row = RowOf(source);
      for (int i = 0; i < source.band_size(); ++i)
        row.bands.push_back({BandWords(source, i), source.band(i).ratio(), false});
      table.rows.push_back(std::move(row));
    }
    Add(std::move(table));
    Adjusts(pay.adjust(), "支付比例", /*of_ratio=*/true);
    SheetTable guarantee = AmountTable("at_least", "保底：支付额不低于", "保底", pay.at_least());
    guarantee.as_sentences = true;
    Add(std::move(guarantee));
    Limits(pay.limit(), "支付额");
  }

  void Cap(const v1::Cap& cap) {
    State("限额对象", words_.Sum(cap.base()));
    Limits(cap.limit(), "费用");
  }

  void Quota(const v1::Quota& quota) {
    State("由谁支付", PayerWords(quota.fund(), quota.fund_pay_type()));
    State("方式", ValueWord("Quota.Mode", v1::Quota::Mode_Name(quota.mode())));
    State("费用", words_.Sum(quota.base()));
    Add(AmountTable("row", "", quota.mode() == v1::Quota::FIXED ? "定额" : "限额", quota.row()));
    Adjusts(quota.adjust(), "金额", /*of_ratio=*/false);
    const std::string& baby = quota.each_further_baby();
    if (baby.empty()) return;
    const bool share = baby.back() == '%';
    State("多胞胎",
          absl::StrCat("每多一胎增加 ", share ? absl::StrCat("金额的 ", baby) : YuanWords(baby)));
  }

  void Accumulate(const v1::Accumulate& accumulate) {
    State("累计到", words_.Accumulator(accumulate.accumulator()));
    State(accumulate.replace() ? "改记为" : "加上", words_.Accumulated(accumulate));
    State("适用", JoinPhrases(words_.Conditions(accumulate.when())));
  }

  void Account(const v1::Account& account) {
    State("可由账户支付", words_.Sum(account.of()));
    State("支付顺序",
          absl::StrJoin(account.order(), " → ", [](std::string* out, const std::string& order) {
            absl::StrAppend(out, ValueWord("order", order));
          }));
    State("适用", JoinPhrases(words_.Conditions(account.when())));
  }

  void Value(const v1::Value& value) {
    State("结果是", ValueWord("Holds", v1::Holds_Name(value.holds())));
    Add(AmountTable("row", "", "数值", value.row(), value.holds()));
    Adjusts(value.adjust(), "数值", /*of_ratio=*/false);
  }

  void Benefit(const v1::Benefit& benefit) {
    State("由谁支付", PayerWords(benefit.fund(), benefit.fund_pay_type()));
    Add(AmountTable("row", "", "待遇金额", benefit.row()));
    Adjusts(benefit.adjust(), "待遇金额", /*of_ratio=*/false);
    Limits(benefit.limit(), "待遇");
  }

  const PackageWords& words_;
  StepSheet& sheet_;
};

StepSheet MakeStepSheet(const v1::Step& step, const PackageWords& words) {
  StepSheet sheet;
  sheet.id = step.id();
  sheet.label = step.label();
  sheet.cite = step.cite();
  const auto* field = v1::Step::descriptor()->FindFieldByNumber(step.kind_case());
  if (field != nullptr) sheet.kind = ValueWord("step", field->name());
  if (step.has_rounding())
    Say(sheet.statements, "舍入", ValueWord("Rounding", v1::Rounding_Name(step.rounding())));
  StepSheetMaker(words, sheet).Make(step);
  return sheet;
}

// ---------------------------------------------------------------------------------------------
// The head of a package.

template <typename Words>
std::string Listed(const Messages<std::string>& codes, Words words) {
  return absl::StrJoin(codes, "、", [&words](std::string* out, const std::string& code) {
    absl::StrAppend(out, words(code));
  });
}

std::string Validity(const v1::Package& package) {
  return absl::StrCat(package.valid_from(), " 起",
                      package.valid_to().empty() ? "" : absl::StrCat("，至 ", package.valid_to()));
}

std::string BenefitYear(const v1::Package& package) {
  const std::string& start = package.benefit_year_start();
  const std::string day = start.size() == 5 ? start : "01-01";
  const auto number = [](absl::string_view digits) { return absl::StripPrefix(digits, "0"); };
  return absl::StrCat(number(day.substr(0, 2)), "月", number(day.substr(3)), "日起");
}

std::vector<Statement> Header(const v1::Package& package) {
  std::vector<Statement> out;
  Say(out, "统筹区", Listed(package.admdvs(), AreaWords));
  Say(out, "险种", SchemeWithCode(package.insutype()));
  Say(out, "医疗类别", Listed(package.med_type(), BenefitKindWithCode));
  Say(out, "有效期", Validity(package), /*wording=*/true);
  Say(out, "公布日期", package.known_from());
  Say(out, "适用版本按", ValueWord("VersionBy", v1::VersionBy_Name(package.version_by())));
  Say(out, "待遇年度", BenefitYear(package));
  Say(out, "跨年度住院", ValueWord("YearCrossing", v1::YearCrossing_Name(package.year_crossing())));
  Say(out, "舍入", ValueWord("Rounding", v1::Rounding_Name(package.rounding())));
  Say(out, "费用增加支付可能减少", package.payment_may_fall(), /*wording=*/true);
  return out;
}

SheetTable Sources(const v1::Package& package) {
  SheetTable table{"source", "文件依据", false, false, {}};
  for (const v1::Source& source : package.source()) {
    SheetRow row;
    row.key = source.id();
    Say(row.figures, "编号", source.id(), true);
    Say(row.figures, "文件", source.title(), true);
    Say(row.figures, "等级", ValueWord("grade", source.grade()), true);
    Say(row.figures, "发布", source.published(), true);
    Say(row.figures, "网址", source.url(), true);
    Say(row.figures, "备注", source.note(), true);
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string SeparatelyFor(const v1::Accumulator& accumulator) {
  std::vector<absl::string_view> keys;
  if (accumulator.per_institution()) keys.push_back("定点机构");
  if (accumulator.per_hosp_lv()) keys.push_back("医院等级");
  if (accumulator.per_dise_codg()) keys.push_back("病种");
  return keys.empty() ? "不分" : absl::StrCat("按", absl::StrJoin(keys, "、"));
}

SheetTable Accumulators(const v1::Package& package, const PackageWords& words) {
  SheetTable table{"accumulator", "累计额", false, false, {}};
  for (const v1::Accumulator& accumulator : package.accumulator()) {
    SheetRow row;
    row.key = accumulator.name();
    Say(row.figures, "名称", accumulator.name());
    Say(row.figures, "含义", words.Accumulator(accumulator.name()), true);
    Say(row.figures, "周期",
        ValueWord("Accumulator.Period", v1::Accumulator::Period_Name(accumulator.period())));
    Say(row.figures, "分别累计", SeparatelyFor(accumulator));
    Say(row.figures, "内容", ValueWord("Holds", v1::Holds_Name(accumulator.holds())));
    table.rows.push_back(std::move(row));
  }
  return table;
}

SheetTable GivenNumbers(const v1::Package& package) {
  SheetTable table{"given", "申请时须填报", false, false, {}};
  for (const v1::Given& given : package.given()) {
    SheetRow row;
    row.key = given.name();
    Say(row.figures, "名称", given.name());
    Say(row.figures, "含义", given.label(), true);
    Say(row.figures, "内容", ValueWord("Holds", v1::Holds_Name(given.holds())));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

PackageSheet MakeSheet(const v1::Package& package, const v1::Package* elder) {
  PackageWords words(package);
  if (elder != nullptr) words.NameLike(PackageWords(*elder));
  PackageSheet sheet;
  sheet.id = package.id();
  sheet.title = package.title();
  sheet.sample_data = package.sample_data();
  sheet.header = Header(package);
  for (SheetTable table : {Sources(package), Accumulators(package, words), GivenNumbers(package)}) {
    if (!table.rows.empty()) sheet.lists.push_back(std::move(table));
  }
  sheet.missing.assign(package.missing().begin(), package.missing().end());
  for (const v1::Source& source : package.source())
    sheet.grades.emplace_back(source.id(), source.grade());
  for (const v1::Step& step : package.step()) sheet.steps.push_back(MakeStepSheet(step, words));
  return sheet;
}

std::string RowPhrase(const SheetRow& row) {
  return row.when.empty() ? "全部" : JoinPhrases(row.when);
}

std::string BandsPhrase(const SheetRow& row) {
  return absl::StrJoin(row.bands, "，", [](std::string* out, const Statement& band) {
    absl::StrAppend(out, band.name, band.name.empty() ? "" : " ", band.value);
  });
}

}  // namespace yijie::engine
