#ifndef YIJIE_ENGINE_BOOKS_FOUR_WAY_H_
#define YIJIE_ENGINE_BOOKS_FOUR_WAY_H_

// Do money, heads, roster and receipts agree (四相符：钱、人头、名册、票据)?
//
// The four come from Yangquan's notice on residents' insurance for 2018 (section X (4): "four
// consistent": money, heads, list, receipts; section IX: the number of people must match the
// money). The notice means premiums handed up by townships. What is compared is the same for what a
// book paid: sums of money, counts of persons, a list of names and the papers behind them.

#include <cstdint>
#include <string>
#include <vector>

#include "base/fen.h"
#include "engine/load/input_file.h"
#include "engine/load/row_errors.h"
#include "yijie/v1/books.pb.h"

namespace yijie::engine {

// Money of the book: one payment.
struct BookedPayment {
  std::string setl_id;
  std::string orig_setl_id;  // of a refund: the settlement it undoes
  std::string psn_no;
  Fen amount;  // negative for a refund
};

// What funds and account paid for each record (fund_pay_sumamt + acct_pay). The rows are those of
// GetBookDetails, which name what a refund undoes.
std::vector<BookedPayment> PaymentsOf(const std::vector<v1::BookRow>& rows);

// One person of the roster (名册).
struct RosterRow {
  int64_t line = 0;
  std::string psn_no;
  Fen amount;  // of all the person's payments
};

// One receipt (票据); a refund has a red one with a negative amount.
struct ReceiptRow {
  int64_t line = 0;
  std::string receipt_no;
  std::string setl_id;
  std::string psn_no;
  Fen amount;
};

// Help texts: the columns and what they take.
extern const absl::string_view kRosterColumnsHelp;
extern const absl::string_view kReceiptColumnsHelp;

// Rows in the order of the file. Complete only if there are no errors. A person or a receipt number
// that is there twice is no error of the file but a disagreement.
std::vector<RosterRow> ParseRoster(const InputFile& file, RowErrors& errors);
std::vector<ReceiptRow> ParseReceipts(const InputFile& file, RowErrors& errors);

struct FourWayInput {
  std::vector<BookedPayment> payments;  // money
  int64_t heads = 0;                    // as counted apart from the three others
  std::vector<RosterRow> roster;
  std::vector<ReceiptRow> receipts;
};

// Which of the four a disagreement is about.
enum class FourWayPart { kMoney, kHeads, kRoster, kReceipts };

struct Disagreement {
  FourWayPart part;
  std::string text;  // in Chinese, without names
};

struct FourWayResult {
  int64_t persons = 0;  // heads by the book
  Fen booked, on_roster, on_receipts;
  std::vector<Disagreement> disagreements;  // by part, then by person, receipt or settlement

  bool agree() const { return disagreements.empty(); }
};

// A head is a person with a settlement that is not undone by a refund among the same payments, as
// in a clearing statement. A person whose payments cancel out may be on the roster with 0 or not at
// all.
FourWayResult CompareFourWays(const FourWayInput& input);

// In Chinese. The first line says whether the four agree.
std::string FourWayAsText(const FourWayResult& result);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_FOUR_WAY_H_
