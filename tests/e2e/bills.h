#ifndef YIJIE_TESTS_E2E_BILLS_H_
#define YIJIE_TESTS_E2E_BILLS_H_

// Requests for tests.

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "yijie/v1/service.pb.h"

namespace yijie::e2e {

namespace v1 = yijie::v1;

inline constexpr char kPharmacy[] = "P43010099901";
inline constexpr char kHospital[] = "H43010099904";  // of Changsha, level 3
inline constexpr char kAgency[] = "JB430199";

// A bill of rules/tables/sample/bills, by file name.
v1::SettleRequest SampleBill(const std::string& name);

// A purchase in a pharmacy by an employee: all of it is paid by the account and in cash, and no
// accumulator moves.
v1::SettleRequest PharmacyBill(absl::string_view psn_no, absl::string_view msgid, int64_t fen);

// A visit of an employee of Changsha: deductible, fund, account; moves accumulators of the year.
v1::SettleRequest OutpatientBill(absl::string_view psn_no, absl::string_view msgid, int64_t fen);

v1::PreSettleRequest PreSettleOf(const v1::SettleRequest& settle);

v1::ReverseRequest ReverseOf(absl::string_view institution, absl::string_view psn_no,
                             absl::string_view setl_id, absl::string_view msgid);
v1::ReverseByMessageRequest UndoOf(const v1::SettleRequest& original, absl::string_view msgid);
v1::CreditAccountRequest CreditOf(absl::string_view psn_no, absl::string_view msgid, int64_t fen);
v1::QueryMessageRequest QueryOf(absl::string_view institution, v1::Transaction transaction,
                                absl::string_view msgid, bool fence = false);
v1::GetSettlementRequest GetSettlementOf(absl::string_view institution, absl::string_view psn_no,
                                         absl::string_view setl_id);
v1::GetAccountRequest GetAccountOf(absl::string_view psn_no);

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_BILLS_H_
