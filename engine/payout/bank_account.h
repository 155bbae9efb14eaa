#ifndef YIJIE_ENGINE_PAYOUT_BANK_ACCOUNT_H_
#define YIJIE_ENGINE_PAYOUT_BANK_ACCOUNT_H_

// Does a bank account belong to the person who is to be paid? Pure functions; thread-safe.

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/date.h"
#include "yijie/v1/payout.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// Who may receive a child's money: a recorded relation of guardianship, both days inclusive.
struct Guardian {
  std::string name;
  std::string psn_cert_type;
  std::string certno;
  Date begin = kFirstDate;
  Date end = kLastDate;
};

struct BankAccountPolicy {
  // A guardian's account may be paid into while the person is younger, in whole years. Local rules
  // differ; 0: never.
  int guardian_below_age = 0;
};

struct BankAccountMatch {
  // Everything that is wrong, in the order of the enum; empty if the account may be paid into.
  std::vector<yijie::v1::BankAccountOutcome> wrong;
  std::string reason;  // in Chinese for the clerk, empty if nothing is wrong; numbers masked
  bool ok() const { return wrong.empty(); }
};

// `account` may be nullptr: there is none. `guardian` may be nullptr: none is recorded. Names are
// compared byte for byte, certificate numbers without regard to the case of letters.
BankAccountMatch MatchBankAccount(const yijie::v1::BankAccount* account,
                                  const yijie::v1::PersonFacts& person, const Guardian* guardian,
                                  const BankAccountPolicy& policy, Date on);

// Whether the account of a payee who is not the insured is this payee's own and in force on `on`.
BankAccountMatch MatchPayeeAccount(const yijie::v1::Payee& payee, Date on);

// Shape of an account in a request; errors begin with the field under `path`. A confirmation may
// not be of a day after `today`: else a payout could be re-issued to an account that nobody has
// looked at since it came back.
absl::Status CheckBankAccountShape(absl::string_view path, const yijie::v1::BankAccount& account,
                                   Date today);

// CNAPS number of a branch (联行号): 12 digits.
bool IsBankCode(absl::string_view text);

// 1 to 34 digits, the longest that ISO 20022 carries.
bool IsAccountNumber(absl::string_view text);

// Check digit of a card number (ISO/IEC 7812-1, Luhn). `digits` are digits only.
bool PassesLuhn(absl::string_view digits);

// 1 to 140 characters of UTF-8 that XML can hold: no control characters, no U+FFFE or U+FFFF.
bool IsPartyName(absl::string_view text);

// The payout with the names and numbers of accounts, payees and proofs masked, as outputs other
// than payment files show it.
yijie::v1::Payout MaskedForOutput(yijie::v1::Payout payout);

yijie::v1::AllowanceSchedule MaskedForOutput(yijie::v1::AllowanceSchedule schedule);
yijie::v1::BenefitDebt MaskedForOutput(yijie::v1::BenefitDebt debt);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_BANK_ACCOUNT_H_
