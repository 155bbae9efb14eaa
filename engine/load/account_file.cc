#include "engine/load/account_file.h"

#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "engine/load/cells.h"
#include "engine/load/csv.h"

namespace yijie::engine {

const absl::string_view kAccountColumnsHelp =
    R"(One row for a credit of a personal account. A voucher that was posted before with the same
content is skipped; with other content it is an error. Persons must have been loaded.

  voucher_no          the agency's number of the voucher, 1 to 30 printable ASCII characters; it is
                      the message id of the credit
  agency              code of the paying agency, 1 to 12 letters and digits
  psn_no              person number
  sub_account         CURRENT_YEAR or PAST_YEARS
  amount              yuan, above 0 and at most 10,000,000,000
  memo                up to 100 bytes without personal data; may be empty)";

namespace {

enum Column : size_t { kVoucherNo, kAgency, kPsnNo, kSubAccount, kAmount, kMemo, kColumnCount };

constexpr absl::string_view kColumns[kColumnCount] = {
    kVoucherNoColumn, "agency", kPsnNoColumn, "sub_account", kAmountColumn, "memo",
};

constexpr size_t kMaxVoucher = 30;
constexpr size_t kMaxAgency = 12;
constexpr size_t kMaxPersonNumber = 30;
constexpr size_t kMaxMemoBytes = 100;
constexpr Fen kMaxCredit(1'000'000'000'000);

v1::CreditAccountRequest ReadCredit(Cells& cells) {
  v1::CreditAccountRequest request;
  request.mutable_header()->set_msgid(cells.Printable(kVoucherNo, kMaxVoucher));
  request.mutable_header()->set_fixmedins_code(cells.Alphanumeric(kAgency, kMaxAgency));
  request.set_psn_no(cells.Alphanumeric(kPsnNo, kMaxPersonNumber));
  request.set_sub_account(
      static_cast<v1::SubAccount>(cells.EnumNumber(kSubAccount, *v1::SubAccount_descriptor())));
  request.set_amount_fen(cells.Yuan(kAmount, kMaxCredit).value());
  request.set_memo(cells.OptionalText(kMemo, kMaxMemoBytes));
  return request;
}

}  // namespace

std::vector<AccountRow> ParseAccounts(const InputFile& file, RowErrors& errors) {
  std::vector<AccountRow> credits;
  absl::flat_hash_map<std::string, int64_t> lines;  // by agency and voucher
  ReadCsv(file, {kColumns}, errors, [&](const CsvRow& row) {
    Cells cells(row, kColumns, errors);
    v1::CreditAccountRequest request = ReadCredit(cells);
    if (!cells.ok()) return;
    const auto [found, is_new] = lines.emplace(
        absl::StrCat(request.header().fixmedins_code(), "\t", request.header().msgid()), row.line);
    if (!is_new) {
      cells.Refuse(kVoucherNo, absl::StrCat("is already in line ", found->second));
      return;
    }
    credits.push_back({row.line, std::move(request)});
  });
  return credits;
}

}  // namespace yijie::engine
