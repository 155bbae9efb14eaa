#include "engine/inquiry/rights_text.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/fen.h"
#include "engine/code_names.h"
#include "engine/payout/payout_state.h"
#include "engine/policy_text/names.h"
#include "engine/receipt.h"

namespace yijie::engine {
namespace {

using Cells = std::vector<std::string>;

std::string Yuan(int64_t fen) { return FormatYuan(Fen(fen)); }

// The Chinese name of a code with the code; the code alone if it has no name.
std::string Named(absl::string_view words, absl::string_view code) {
  if (words.empty()) return std::string(code);
  return absl::StrCat(InChinese(words), "（", code, "）");
}

absl::string_view KindWords(v1::MovementKind kind) {
  switch (kind) {
    case v1::MOVEMENT_CREDIT:
      return "划入";
    case v1::MOVEMENT_INTEREST:
      return "利息";
    case v1::MOVEMENT_PAYMENT:
      return "就医购药支出";
    case v1::MOVEMENT_REFUND:
      return "就医购药退回";
    case v1::MOVEMENT_FAMILY:
      return "家庭共济";
    case v1::MOVEMENT_TRANSFER:
      return "转移";
    case v1::MOVEMENT_CARRY_OVER:
      return "当年转历年";
    case v1::MOVEMENT_WITHDRAWAL:
      return "提取、继承、抵扣";
    default:
      return "其他";
  }
}

absl::string_view InsuranceStatusWords(absl::string_view psn_insu_stas) {
  if (psn_insu_stas == "1") return "正常参保";
  if (psn_insu_stas == "2") return "暂停参保";
  if (psn_insu_stas == "4") return "终止参保";
  return "";
}

class Writer {
 public:
  explicit Writer(const v1::RightsStatement& statement) : statement_(statement) {}

  Document Write() {
    document_.title = absl::StrCat(statement_.year(), "年度医疗保障个人权益记录单");
    if (statement_.sample_data()) {
      document_.blocks.push_back(
          Paragraph{Paragraph::Tone::kWarning, "含依据示例数据的结算，不是真实待遇。"});
    }
    Person();
    Participation();
    Account();
    Bills();
    Funds();
    Accumulators();
    Benefits();
    Payouts();
    Note("本单依据中心现有记录生成，金额单位为元。参保信息以目前掌握的为准。");
    return std::move(document_);
  }

 private:
  void Head(std::string text) { document_.blocks.push_back(Heading{2, std::move(text), ""}); }
  void Note(std::string text) {
    document_.blocks.push_back(Paragraph{Paragraph::Tone::kNote, std::move(text)});
  }
  // The first `words` columns are words, the others figures. Nothing without rows.
  void Table(Cells header, size_t words, std::vector<Cells> rows, std::string if_none) {
    if (rows.empty()) return Note(std::move(if_none));
    std::vector<bool> figures(header.size());
    for (size_t i = words; i < figures.size(); ++i) figures[i] = true;
    document_.blocks.push_back(TableBlock{std::move(header), std::move(figures), std::move(rows)});
  }

  void Person() {
    Table({"人员编号", "姓名", "证件号码", "年度", "截至", "记录版本"}, 6,
          {{MaskNumber(statement_.psn_no()), statement_.psn_name(), statement_.certno(),
            absl::StrCat(statement_.year()), statement_.through_day(),
            absl::StrCat(statement_.through_version())}},
          "");
  }

  // Months that follow one another and are alike stand in one row.
  void Participation() {
    Head("一、参保情况");
    std::vector<Cells> rows;
    const auto& months = statement_.month();
    for (int i = 0; i < months.size();) {
      int end = i + 1;
      int days = months[i].normal_days();
      while (end < months.size() && Follows(months[end - 1], months[end]))
        days += months[end++].normal_days();
      const v1::ParticipationMonth& first = months[i];
      rows.push_back({Named(SchemeWords(first.insutype()), first.insutype()),
                      Months(first.month(), months[end - 1].month()),
                      AreaWords(first.insuplc_admdvs()),
                      Named(PersonTypeWords(first.psn_type()), first.psn_type()),
                      Named(InsuranceStatusWords(first.psn_insu_stas()), first.psn_insu_stas()),
                      absl::StrCat(days)});
      i = end;
    }
    Table({"险种", "月份", "统筹区", "人员类别", "参保状态", "正常参保天数"}, 5, std::move(rows),
          "本年度无参保记录。");
  }

  static bool Follows(const v1::ParticipationMonth& a, const v1::ParticipationMonth& b) {
    return a.insutype() == b.insutype() && Number(a.month()) + 1 == Number(b.month()) &&
           a.insuplc_admdvs() == b.insuplc_admdvs() && a.psn_type() == b.psn_type() &&
           a.psn_insu_stas() == b.psn_insu_stas();
  }

  // Of "2026-03": 3.
  static int Number(const std::string& month) {
    return month.size() < 7 ? 0 : (month[5] - '0') * 10 + (month[6] - '0');
  }

  static std::string Months(const std::string& first, const std::string& last) {
    if (first == last) return absl::StrCat(Number(first), "月");
    return absl::StrCat(Number(first), "月至", Number(last), "月");
  }

  // A line of the account: current year, past years, sum.
  static Cells AccountRow(std::string what, std::string count,
                          const google::protobuf::RepeatedPtrField<v1::SubAccountAmount>& amounts) {
    Fen current, past;
    for (const v1::SubAccountAmount& amount : amounts)
      (amount.sub_account() == v1::CURRENT_YEAR ? current : past) += Fen(amount.amount_fen());
    return {std::move(what), std::move(count), FormatYuan(current), FormatYuan(past),
            FormatYuan(current + past)};
  }

  void Account() {
    Head("二、个人账户");
    std::vector<Cells> rows;
    rows.push_back(AccountRow("年初余额", "", statement_.opening()));
    for (const v1::AccountLine& line : statement_.account_line()) {
      rows.push_back(AccountRow(std::string(KindWords(line.kind())), absl::StrCat(line.count()),
                                line.amount()));
    }
    rows.push_back(AccountRow("年末余额", "", statement_.closing()));
    Table({"项目", "笔数", "当年账户", "历年账户", "合计"}, 1, std::move(rows), "");
  }

  // Columns that hold nothing all year are left out: the page is narrow.
  Cells BillRow(std::string insutype, std::string med_type, int settled, int undone,
                const v1::Amounts& a) const {
    Cells cells = {std::move(insutype),         std::move(med_type),
                   absl::StrCat(settled),       absl::StrCat(undone),
                   Yuan(a.medfee_sumamt_fen()), Yuan(a.fund_pay_sumamt_fen()),
                   Yuan(a.acct_pay_fen()),      Yuan(a.psn_cash_pay_fen())};
    if (has_hospital_share_) cells.push_back(Yuan(a.hosp_part_amt_fen()));
    if (has_family_share_) cells.push_back(Yuan(a.acct_mulaid_pay_fen()));
    return cells;
  }

  void Bills() {
    Head("三、医疗费用结算");
    for (const v1::SettlementTotal& total : statement_.settlement_total()) {
      has_hospital_share_ |= total.amounts().hosp_part_amt_fen() != 0;
      has_family_share_ |= total.amounts().acct_mulaid_pay_fen() != 0;
    }
    std::vector<Cells> rows;
    for (const v1::SettlementTotal& total : statement_.settlement_total()) {
      rows.push_back(BillRow(Named(SchemeWords(total.insutype()), total.insutype()),
                             Named(BenefitKindWords(total.med_type()), total.med_type()),
                             total.settled(), total.undone(), total.amounts()));
    }
    if (!rows.empty()) {
      rows.push_back(
          BillRow("合计", "", statement_.settled(), statement_.undone(), statement_.amounts()));
    }
    Cells header = {"险种",       "医疗类别", "结算",     "撤销",
                    "医疗费总额", "基金支付", "个人账户", "个人现金"};
    if (has_hospital_share_) header.push_back("医院负担");
    if (has_family_share_) header.push_back("共济账户");
    Table(std::move(header), 2, std::move(rows), "本年度无结算。");
  }

  void Funds() {
    if (statement_.fund_total().empty()) return;
    Head("四、基金支付");
    std::vector<Cells> rows;
    Fen sum;
    for (const v1::FundTotal& fund : statement_.fund_total()) {
      rows.push_back(
          {Named(FundWords(fund.fund_pay_type()), fund.fund_pay_type()), Yuan(fund.amount_fen())});
      sum += Fen(fund.amount_fen());
    }
    rows.push_back({"合计", FormatYuan(sum)});
    if (statement_.other_fund_fen() != 0)
      rows.push_back({"其中：医疗费结算以外的支付", Yuan(statement_.other_fund_fen())});
    Table({"基金", "金额"}, 1, std::move(rows), "");
  }

  static std::string WithLabel(const v1::AccumulatorUse& use) {
    if (use.label().empty()) return use.value().name();
    return absl::StrCat(use.label(), "（", use.value().name(), "）");
  }

  void Accumulators() {
    Head("五、年度累计");
    std::vector<Cells> rows;
    for (const v1::AccumulatorUse& use : statement_.accumulator()) {
      const v1::AccumulatorValue& value = use.value();
      const auto figure = [&](int64_t number) {
        return use.holds() == v1::COUNT ? absl::StrCat(number) : Yuan(number);
      };
      Cells bounds;
      for (const int64_t bound : use.bound()) bounds.push_back(figure(bound));
      rows.push_back({Named(SchemeWords(value.insutype()), value.insutype()), WithLabel(use),
                      value.period(), value.key(), figure(value.value()),
                      bounds.empty() ? "—" : absl::StrJoin(bounds, " / ")});
    }
    Table({"险种", "累计项目", "起始日", "范围", "已用", "限额（按人员和医疗类别分档）"}, 4,
          std::move(rows), "本年度无累计。");
  }

  void Benefits() {
    if (statement_.benefit().empty()) return;
    Head("六、另行支付的待遇");
    std::vector<Cells> rows;
    for (const v1::BenefitTotal& benefit : statement_.benefit()) {
      rows.push_back({benefit.label(), BenefitPayerLabel(benefit.fund_pay_type()),
                      Yuan(benefit.amount_fen())});
    }
    Table({"待遇", "支付方", "金额"}, 2, std::move(rows), "");
  }

  void Payouts() {
    if (statement_.payout().empty()) return;
    Head("七、银行发放");
    std::vector<Cells> rows;
    for (const v1::Payout& payout : statement_.payout()) {
      rows.push_back({payout.due_date(), payout.label(),
                      std::string(PayoutStateWords(payout.state())), payout.payee().acct_no(),
                      Yuan(payout.amount_fen())});
    }
    Table({"应发日", "项目", "状态", "收款账号", "金额"}, 4, std::move(rows), "");
  }

  const v1::RightsStatement& statement_;
  bool has_hospital_share_ = false;
  bool has_family_share_ = false;
  Document document_;
};

}  // namespace

Document RightsDocument(const v1::RightsStatement& statement) { return Writer(statement).Write(); }

}  // namespace yijie::engine
