#include "engine/books/book_file.h"

#include <array>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/load/csv.h"

namespace yijie::engine {

const absl::string_view kBookColumnsHelp =
    R"(One row for a settlement or a refund of the institution. A refund is a row of its own with negative
amounts and its own settlement id.

  setl_id             settlement id, 1 to 30 printable ASCII characters; once in the file
  psn_no              person number, 1 to 30 letters and digits
  clr_date            clearing day, such as 2026-11-21
  insutype            scheme, 1 to 6 letters and digits
  clr_type            clearing class, 1 to 6 letters and digits
  refd_setl_flag      1 for a refund, else 0
  medfee_sumamt       yuan: the bill
  fund_pay_sumamt     yuan: all funds, without the personal account
  acct_pay            yuan: personal account, own and family's
  psn_cash_pay        yuan: cash
  mdtrt_id            visit id, up to 30 characters; may be left out)";

namespace {

enum Column : size_t {
  kSetlId,
  kPsnNo,
  kClrDate,
  kInsutype,
  kClrType,
  kRefund,
  kMedfee,
  kFund,
  kAccount,
  kCash,
  kMdtrtId,
  kColumnCount
};

constexpr absl::string_view kColumns[kColumnCount] = {
    "setl_id",       "psn_no",          "clr_date", "insutype",     "clr_type", "refd_setl_flag",
    "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay", "mdtrt_id"};

constexpr absl::string_view kFlags[] = {"0", "1"};
constexpr size_t kMaxId = 30;
constexpr size_t kMaxCode = 6;
constexpr size_t kMaxAmountBytes = 32;
constexpr Fen kMaxAmount(kMaxClaimFen);

v1::BookRow ReadRecord(Cells& cells) {
  v1::BookRow row;
  row.set_setl_id(cells.Printable(kSetlId, kMaxId));
  row.set_psn_no(cells.Alphanumeric(kPsnNo, kMaxId));
  row.set_clr_date(FormatDate(cells.Day(kClrDate)));
  row.set_insutype(cells.Alphanumeric(kInsutype, kMaxCode));
  row.set_clr_type(cells.Alphanumeric(kClrType, kMaxCode));
  row.set_refd_setl_flag(cells.OneOf(kRefund, kFlags) == kFlags[1]);
  row.set_medfee_sumamt_fen(SignedYuan(cells, kMedfee, kMaxAmount).value());
  row.set_fund_pay_sumamt_fen(SignedYuan(cells, kFund, kMaxAmount).value());
  row.set_acct_pay_fen(SignedYuan(cells, kAccount, kMaxAmount).value());
  row.set_psn_cash_pay_fen(SignedYuan(cells, kCash, kMaxAmount).value());
  row.set_mdtrt_id(cells.OptionalText(kMdtrtId, kMaxId));
  return row;
}

}  // namespace

Fen SignedYuan(Cells& cells, size_t column, Fen max) {
  const std::string text = cells.Text(column, kMaxAmountBytes);
  absl::string_view digits = text;
  const bool negative = absl::ConsumePrefix(&digits, "-");
  const absl::StatusOr<Fen> size = ParseYuan(digits);
  if (!size.ok() || max < *size) {
    if (!text.empty()) cells.Refuse(column, "is not an amount in yuan such as 12.50 or -12.50");
    return Fen(0);
  }
  return negative ? -*size : *size;
}

std::vector<v1::BookRow> ParseBook(const InputFile& file, RowErrors& errors) {
  std::vector<v1::BookRow> rows;
  absl::flat_hash_map<std::string, int64_t> lines;  // by setl_id
  ReadCsv(file, {kColumns, kMdtrtId}, errors, [&](const CsvRow& csv) {
    Cells cells(csv, kColumns, errors);
    v1::BookRow row = ReadRecord(cells);
    if (!cells.ok()) return;
    const auto [found, is_new] = lines.emplace(row.setl_id(), csv.line);
    if (!is_new) {
      cells.Refuse(kSetlId, absl::StrCat("is already in line ", found->second));
      return;
    }
    rows.push_back(std::move(row));
  });
  return rows;
}

}  // namespace yijie::engine
