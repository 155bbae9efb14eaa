#ifndef YIJIE_ENGINE_PAYOUT_PAYOUT_BOOK_H_
#define YIJIE_ENGINE_PAYOUT_PAYOUT_BOOK_H_

// What the state of a person holds for payouts, and the rows that list it. Pure functions;
// thread-safe.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/date.h"
#include "engine/booking.h"
#include "engine/payout/posting.h"
#include "storage/store.h"
#include "yijie/store/v1/payout.pb.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// Rows written by the commits of persons (proto/yijie/store/v1/payout.proto).
inline constexpr absl::string_view kPayoutDueTable = "payout_due";
inline constexpr absl::string_view kAllowanceTable = "allowance";

// Accounts kept; the oldest go first.
inline constexpr int kMaxBankAccounts = 50;
// Payouts that a state holds, and schedules.
inline constexpr int kMaxPayoutsOfPerson = 2'000;
inline constexpr int kMaxSchedulesOfPerson = 50;
inline constexpr int kMaxOfflineClaimsOfPerson = 5'000;

// The account in force on `day`; nullptr if there is none.
const yijie::v1::BankAccount* AccountOn(const yijie::store::v1::PersonPayouts& payouts, Date day);

// Puts `account` after those registered; the one before ends the day before it begins, one of the
// same day is replaced. False, and nothing changed, if a later account is registered.
bool AddAccount(const yijie::v1::BankAccount& account, yijie::store::v1::PersonPayouts* payouts);

// Unsent, or back from the bank: Cancel allows it.
bool IsCancellable(const yijie::v1::Payout& payout);

// Cancels a cancellable payout; what it had deducted is owed again.
void CancelAndOweAgain(yijie::v1::Payout* payout, yijie::store::v1::PersonPayouts* payouts);

// The debts grow by `debt`; debts of one id are one.
void AddDebt(const yijie::v1::BenefitDebt& debt, yijie::store::v1::PersonPayouts* payouts);

// RESOURCE_EXHAUSTED if the state of a person can hold no more.
absl::Status CheckRoomForPayouts(const yijie::store::v1::PersonPayouts& payouts);

// Drops payouts that were paid or cancelled more than two years before `today`.
void DropOldPayouts(Date today, yijie::store::v1::PersonPayouts* payouts);

// The rows that differ between two states of a person.
std::vector<storage::RowWrite> PayoutRows(const std::string& psn_no,
                                          const yijie::store::v1::PersonPayouts& before,
                                          const yijie::store::v1::PersonPayouts& after);

// Key of a row of kPayoutDueTable.
std::string PayoutDueKey(const yijie::v1::Payout& payout);
// Its person and payout; nothing if it is no such key.
std::optional<std::pair<std::string, std::string>> ReadPayoutDueKey(absl::string_view key);

void Post(const std::vector<Posting>& journal, Booking* booking);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_PAYOUT_BOOK_H_
