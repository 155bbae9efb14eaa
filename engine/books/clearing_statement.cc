#include "engine/books/clearing_statement.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/fen.h"
#include "base/status_macros.h"
#include "engine/books/book_entry.h"
#include "engine/books/set_digest.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::BookEntry;

absl::Status Bad(const BookEntry& entry, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("entry ", entry.setl_id(), ": ", what));
}

// Every amount stays within kMaxBookSumFen, so the order of the records cannot decide whether a sum
// overflows.
int64_t Sum(int64_t a, int64_t b) { return (Fen(a) + Fen(b)).value(); }

void AddAmounts(const v1::ClearingAmounts& from, v1::ClearingAmounts& to) {
  to.set_medfee_sumamt_fen(Sum(to.medfee_sumamt_fen(), from.medfee_sumamt_fen()));
  to.set_fund_pay_sumamt_fen(Sum(to.fund_pay_sumamt_fen(), from.fund_pay_sumamt_fen()));
  to.set_acct_pay_fen(Sum(to.acct_pay_fen(), from.acct_pay_fen()));
  to.set_acct_mulaid_pay_fen(Sum(to.acct_mulaid_pay_fen(), from.acct_mulaid_pay_fen()));
  to.set_psn_cash_pay_fen(Sum(to.psn_cash_pay_fen(), from.psn_cash_pay_fen()));
  to.set_hosp_part_amt_fen(Sum(to.hosp_part_amt_fen(), from.hosp_part_amt_fen()));
  to.set_quality_deposit_fen(Sum(to.quality_deposit_fen(), from.quality_deposit_fen()));
  to.set_payable_fen(Sum(to.payable_fen(), from.payable_fen()));
  to.set_psn_clearing_fen(Sum(to.psn_clearing_fen(), from.psn_clearing_fen()));
}

// A line while it is added up.
struct LineSum {
  int64_t settlements = 0;
  int64_t refunds = 0;
  std::set<absl::string_view> heads;
  v1::ClearingAmounts amounts;
  std::map<std::string, Fen> funds;

  void Add(const BookEntry& entry, bool standing) {
    const bool refund = entry.kind() == yijie::store::v1::BOOK_REVERSAL;
    ++(refund ? refunds : settlements);
    if (standing) heads.insert(entry.psn_no());
    AddAmounts(entry.amounts(), amounts);
    for (const v1::FundPayment& fund : entry.fund()) {
      funds[fund.fund_pay_type()] += Fen(fund.fund_payamt_fen());
    }
  }

  v1::ClearingLine ToLine() const {
    v1::ClearingLine line;
    line.set_settlements(settlements);
    line.set_refunds(refunds);
    line.set_heads(static_cast<int64_t>(heads.size()));
    *line.mutable_amounts() = amounts;
    for (const auto& [code, amount] : funds) {
      v1::FundPayment& fund = *line.add_fund();
      fund.set_fund_pay_type(code);
      fund.set_fund_payamt_fen(amount.value());
    }
    return line;
  }
};

v1::LateCorrection LateCorrectionOf(const BookEntry& entry) {
  v1::LateCorrection late;
  late.set_setl_id(entry.setl_id());
  late.set_orig_setl_id(entry.orig_setl_id());
  late.set_orig_setlym(entry.orig_setlym());
  late.set_clr_date(entry.clr_date());
  late.set_insutype(entry.insutype());
  late.set_clr_type(entry.clr_type());
  *late.mutable_amounts() = entry.amounts();
  return late;
}

// The entries of the period in order of setl_id, checked.
absl::StatusOr<std::vector<const BookEntry*>> EntriesOf(absl::string_view fixmedins_code,
                                                        const std::string& setlym,
                                                        const std::vector<BookEntry>& entries) {
  std::vector<const BookEntry*> chosen;
  for (const BookEntry& entry : entries) {
    if (const absl::Status status = CheckBookEntry(entry); !status.ok()) {
      return Bad(entry, status.message());
    }
    if (entry.fixmedins_code() != fixmedins_code) return Bad(entry, "is of another institution");
    if (entry.setlym() == setlym) chosen.push_back(&entry);
  }
  std::sort(chosen.begin(), chosen.end(),
            [](const BookEntry* a, const BookEntry* b) { return a->setl_id() < b->setl_id(); });
  int64_t bills = 0;
  const BookEntry* before = nullptr;
  for (const BookEntry* entry : chosen) {
    if (before != nullptr && before->setl_id() == entry->setl_id()) {
      return Bad(*entry, "is there twice");
    }
    before = entry;
    // Every amount of a record is at most its bill, save what a fixed quota leaves the hospital.
    const v1::ClearingAmounts& amounts = entry->amounts();
    bills += std::abs(amounts.medfee_sumamt_fen()) + std::abs(amounts.hosp_part_amt_fen());
    if (bills > kMaxBookSumFen) return Bad(*entry, "the period adds up to too much");
  }
  return chosen;
}

}  // namespace

absl::StatusOr<v1::ClearingStatement> MakeClearingStatement(absl::string_view fixmedins_code,
                                                            ClearingMonth period,
                                                            const std::vector<BookEntry>& entries) {
  const std::string setlym = period.Format();
  YIJIE_ASSIGN_OR_RETURN(const std::vector<const BookEntry*> chosen,
                         EntriesOf(fixmedins_code, setlym, entries));
  absl::flat_hash_set<absl::string_view> undone;
  for (const BookEntry* entry : chosen) undone.insert(entry->orig_setl_id());
  v1::ClearingStatement statement;
  statement.set_fixmedins_code(std::string(fixmedins_code));
  statement.set_setlym(setlym);
  std::map<std::pair<std::string, std::string>, LineSum> lines;
  LineSum total;
  SetDigest records;
  for (const BookEntry* entry : chosen) {
    const bool refund = entry->kind() == yijie::store::v1::BOOK_REVERSAL;
    const bool standing = !refund && undone.count(entry->setl_id()) == 0;
    lines[{entry->insutype(), entry->clr_type()}].Add(*entry, standing);
    total.Add(*entry, standing);
    records.Add(FieldsOf(*entry));
    if (refund && entry->orig_setlym() != setlym) {
      *statement.add_late_correction() = LateCorrectionOf(*entry);
    }
  }
  for (const auto& [key, sum] : lines) {
    v1::ClearingLine& line = *statement.add_line() = sum.ToLine();
    line.set_insutype(key.first);
    line.set_clr_type(key.second);
  }
  *statement.mutable_total() = total.ToLine();
  *statement.mutable_records() = records.ToTotals();
  return statement;
}

}  // namespace yijie::engine
