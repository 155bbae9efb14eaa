#include <utility>

#include "engine/books/book_file.h"
#include "engine/books/four_way.h"
#include "engine/load/cells.h"
#include "engine/load/csv.h"

namespace yijie::engine {

const absl::string_view kRosterColumnsHelp =
    R"(The roster (名册): one row for a person.

  psn_no              person number, 1 to 30 letters and digits
  psn_name            name, up to 150 bytes; for people, not compared; may be left out
  amount              yuan: what funds and account paid for the person, refunds deducted)";

const absl::string_view kReceiptColumnsHelp =
    R"(The receipts (票据): one row for a receipt; a refund has a red one with a negative amount.

  receipt_no          number of the receipt, 1 to 30 printable ASCII characters
  setl_id             the settlement or refund it is for, 1 to 30 printable ASCII characters
  psn_no              person number, 1 to 30 letters and digits
  amount              yuan: what funds and account paid by it)";

namespace {

constexpr size_t kMaxId = 30;
constexpr size_t kMaxNameBytes = 150;
// Rows times this stay inside int64 for the largest file there can be.
constexpr Fen kMaxAmount(10'000'000'000);

namespace roster {
enum Column : size_t { kPsnNo, kAmount, kPsnName, kColumnCount };
constexpr absl::string_view kColumns[kColumnCount] = {"psn_no", "amount", "psn_name"};
}  // namespace roster

namespace receipts {
enum Column : size_t { kReceiptNo, kSetlId, kPsnNo, kAmount, kColumnCount };
constexpr absl::string_view kColumns[kColumnCount] = {"receipt_no", "setl_id", "psn_no", "amount"};
}  // namespace receipts

}  // namespace

std::vector<RosterRow> ParseRoster(const InputFile& file, RowErrors& errors) {
  using namespace roster;
  std::vector<RosterRow> rows;
  ReadCsv(file, {kColumns, kPsnName}, errors, [&](const CsvRow& csv) {
    Cells cells(csv, kColumns, errors);
    RosterRow row;
    row.line = csv.line;
    row.psn_no = cells.Alphanumeric(kPsnNo, kMaxId);
    cells.OptionalText(kPsnName, kMaxNameBytes);
    row.amount = SignedYuan(cells, kAmount, kMaxAmount);
    if (cells.ok()) rows.push_back(std::move(row));
  });
  return rows;
}

std::vector<ReceiptRow> ParseReceipts(const InputFile& file, RowErrors& errors) {
  using namespace receipts;
  std::vector<ReceiptRow> rows;
  ReadCsv(file, {kColumns}, errors, [&](const CsvRow& csv) {
    Cells cells(csv, kColumns, errors);
    ReceiptRow row;
    row.line = csv.line;
    row.receipt_no = cells.Printable(kReceiptNo, kMaxId);
    row.setl_id = cells.Printable(kSetlId, kMaxId);
    row.psn_no = cells.Alphanumeric(kPsnNo, kMaxId);
    row.amount = SignedYuan(cells, kAmount, kMaxAmount);
    if (cells.ok()) rows.push_back(std::move(row));
  });
  return rows;
}

}  // namespace yijie::engine
