#include "engine/books/four_way.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace yijie::engine {
namespace {

// Collects disagreements about one of the four.
class Findings {
 public:
  Findings(FourWayPart part, FourWayResult& result) : part_(part), result_(result) {}

  template <typename... Texts>
  void Add(const Texts&... texts) {
    result_.disagreements.push_back({part_, absl::StrCat(texts...)});
  }
  // Adds nothing if the two are equal.
  void Compare(absl::string_view what, Fen book, absl::string_view other, Fen amount) {
    if (book == amount) return;
    Add(what, "：账上", FormatYuan(book), "元，", other, FormatYuan(amount), "元，相差",
        FormatYuan(book - amount), "元");
  }

 private:
  const FourWayPart part_;
  FourWayResult& result_;
};

std::set<std::string> HeadsOf(const std::vector<BookedPayment>& payments) {
  std::set<std::string> undone, heads;
  for (const BookedPayment& payment : payments) {
    if (!payment.orig_setl_id.empty()) undone.insert(payment.orig_setl_id);
  }
  for (const BookedPayment& payment : payments) {
    const bool stands = payment.orig_setl_id.empty() && undone.count(payment.setl_id) == 0;
    if (stands) heads.insert(payment.psn_no);
  }
  return heads;
}

void CompareMoney(FourWayResult& result) {
  Findings findings(FourWayPart::kMoney, result);
  findings.Compare("合计与名册不符", result.booked, "名册", result.on_roster);
  findings.Compare("合计与票据不符", result.booked, "票据", result.on_receipts);
}

void CompareHeads(const FourWayInput& input, FourWayResult& result) {
  Findings findings(FourWayPart::kHeads, result);
  if (input.heads != result.persons) {
    findings.Add("清点", input.heads, "人，账上", result.persons, "人");
  }
  std::set<std::string> on_roster;
  for (const RosterRow& row : input.roster) on_roster.insert(row.psn_no);
  const auto names = static_cast<int64_t>(on_roster.size());
  if (input.heads != names) findings.Add("清点", input.heads, "人，名册", names, "人");
}

void CompareRoster(const FourWayInput& input, const std::set<std::string>& heads,
                   FourWayResult& result) {
  Findings findings(FourWayPart::kRoster, result);
  std::map<std::string, Fen> booked;
  for (const BookedPayment& payment : input.payments) booked[payment.psn_no] += payment.amount;
  std::map<std::string, const RosterRow*> roster;
  for (const RosterRow& row : input.roster) {
    const auto [found, is_new] = roster.emplace(row.psn_no, &row);
    if (!is_new) {
      findings.Add("人员", row.psn_no, "重复：第", found->second->line, "行和第", row.line, "行");
    }
  }
  for (const auto& [psn_no, row] : roster) {
    const auto found = booked.find(psn_no);
    if (found == booked.end()) {
      findings.Add("人员", psn_no, "名册有（第", row->line, "行）、账上无");
    } else {
      findings.Compare(absl::StrCat("人员", psn_no, "金额不符"), found->second, "名册",
                       row->amount);
    }
  }
  for (const auto& [psn_no, amount] : booked) {
    const bool must_be_there = heads.count(psn_no) != 0 || amount != Fen(0);
    if (must_be_there && roster.count(psn_no) == 0) {
      findings.Add("人员", psn_no, "账上有（", FormatYuan(amount), "元）、名册无");
    }
  }
}

void CompareReceipts(const FourWayInput& input, FourWayResult& result) {
  Findings findings(FourWayPart::kReceipts, result);
  std::map<std::string, const BookedPayment*> booked;
  for (const BookedPayment& payment : input.payments) booked[payment.setl_id] = &payment;
  std::map<std::string, int64_t> numbers;
  std::map<std::string, Fen> received;
  for (const ReceiptRow& row : input.receipts) {
    const auto [found, is_new] = numbers.emplace(row.receipt_no, row.line);
    if (!is_new) {
      findings.Add("票据", row.receipt_no, "重复：第", found->second, "行和第", row.line, "行");
    }
    received[row.setl_id] += row.amount;
    const auto payment = booked.find(row.setl_id);
    if (payment == booked.end()) {
      findings.Add("票据", row.receipt_no, "的结算", row.setl_id, "账上无");
    } else if (payment->second->psn_no != row.psn_no) {
      findings.Add("票据", row.receipt_no, "的人员与结算", row.setl_id, "不符");
    }
  }
  for (const auto& [setl_id, payment] : booked) {
    const auto found = received.find(setl_id);
    if (found == received.end()) {
      findings.Add("结算", setl_id, "无票据");
    } else {
      findings.Compare(absl::StrCat("结算", setl_id, "金额不符"), payment->amount, "票据",
                       found->second);
    }
  }
}

absl::string_view PartWords(FourWayPart part) {
  switch (part) {
    case FourWayPart::kMoney:
      return "钱";
    case FourWayPart::kHeads:
      return "人头";
    case FourWayPart::kRoster:
      return "名册";
    case FourWayPart::kReceipts:
      return "票据";
  }
  return "";
}

}  // namespace

std::vector<BookedPayment> PaymentsOf(const std::vector<v1::BookRow>& rows) {
  std::vector<BookedPayment> payments;
  payments.reserve(rows.size());
  for (const v1::BookRow& row : rows) {
    BookedPayment& payment = payments.emplace_back();
    payment.setl_id = row.setl_id();
    payment.orig_setl_id = row.orig_setl_id();
    payment.psn_no = row.psn_no();
    payment.amount = Fen(row.fund_pay_sumamt_fen()) + Fen(row.acct_pay_fen());
  }
  return payments;
}

FourWayResult CompareFourWays(const FourWayInput& input) {
  FourWayResult result;
  const std::set<std::string> heads = HeadsOf(input.payments);
  result.persons = static_cast<int64_t>(heads.size());
  for (const BookedPayment& payment : input.payments) result.booked += payment.amount;
  for (const RosterRow& row : input.roster) result.on_roster += row.amount;
  for (const ReceiptRow& row : input.receipts) result.on_receipts += row.amount;
  CompareMoney(result);
  CompareHeads(input, result);
  CompareRoster(input, heads, result);
  CompareReceipts(input, result);
  return result;
}

std::string FourWayAsText(const FourWayResult& result) {
  std::string out = result.agree()
                        ? std::string("四相符：钱、人头、名册、票据一致\n")
                        : absl::StrCat("四不相符：", result.disagreements.size(), "处\n");
  absl::StrAppend(&out, "账上", FormatYuan(result.booked), "元，", result.persons, "人；名册",
                  FormatYuan(result.on_roster), "元；票据", FormatYuan(result.on_receipts), "元\n");
  for (const Disagreement& disagreement : result.disagreements) {
    absl::StrAppend(&out, "  [", PartWords(disagreement.part), "] ", disagreement.text, "\n");
  }
  return out;
}

}  // namespace yijie::engine
