#include "engine/payout/bank_account.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/receipt.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr size_t kMaxAccountDigits = 34;
constexpr size_t kBankCodeDigits = 12;
constexpr size_t kMaxNameCharacters = 140;
constexpr size_t kShortestCard = 16;
constexpr size_t kLongestCard = 19;
constexpr size_t kMaxCode = 35;    // of ISO 20022
constexpr size_t kMaxNumber = 64;  // longer ones are no account or certificate
constexpr size_t kMaxName = 560;   // bytes of 140 characters

bool IsDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

bool IsInForce(const v1::BankAccount& account, Date on) {
  const absl::StatusOr<Date> begin = ParseDate(account.begndate());
  if (!begin.ok() || on < *begin) return false;
  if (account.enddate().empty()) return true;
  const absl::StatusOr<Date> end = ParseDate(account.enddate());
  return end.ok() && on <= *end;
}

bool IsNumberValid(const v1::BankAccount& account) {
  const std::string& number = account.acct_no();
  if (!IsAccountNumber(number) || !IsBankCode(account.bank_code())) return false;
  const bool checked =
      account.card() && number.size() >= kShortestCard && number.size() <= kLongestCard;
  return !checked || PassesLuhn(number);
}

// The person of whom name and certificate are expected on the account.
struct Owner {
  absl::string_view name;
  absl::string_view psn_cert_type;
  absl::string_view certno;
};

bool MayGuardianReceive(const v1::PersonFacts& person, const Guardian* guardian,
                        const BankAccountPolicy& policy, Date on) {
  if (guardian == nullptr || on < guardian->begin || guardian->end < on) return false;
  const absl::StatusOr<Date> born = ParseDate(person.brdy());
  return born.ok() && *born <= on && WholeYears(*born, on) < policy.guardian_below_age;
}

absl::string_view TextOf(v1::BankAccountOutcome outcome) {
  switch (outcome) {
    case v1::NO_BANK_ACCOUNT:
      return "无银行账户";
    case v1::GUARDIAN_NOT_ALLOWED:
      return "不能使用监护人账户（参保人已达年龄或无监护关系登记）";
    case v1::NAME_MISMATCH:
      return "名称不符";
    case v1::CERTNO_MISMATCH:
      return "证件号码不符";
    case v1::ACCOUNT_INVALID:
      return "账号无效";
    case v1::ACCOUNT_NOT_IN_FORCE:
      return "账户不在有效期内";
    default:
      return "账户核验未通过";
  }
}

std::string Reason(const std::vector<v1::BankAccountOutcome>& wrong,
                   const v1::BankAccount* account) {
  if (wrong.empty()) return "";
  const std::string told =
      absl::StrJoin(wrong, "；", [](std::string* out, v1::BankAccountOutcome outcome) {
        absl::StrAppend(out, TextOf(outcome));
      });
  if (account == nullptr) return told;
  // What is no number is not quoted: it could be anything.
  const std::string shown =
      IsAccountNumber(account->acct_no()) ? MaskNumber(account->acct_no()) : "格式不合";
  return absl::StrCat(told, "（账号", shown, "）");
}

// What is wrong with `account` as one of `owner`, after what `match` holds already.
void CheckDetails(const v1::BankAccount& account, const Owner& owner, Date on,
                  BankAccountMatch* match) {
  if (!IsPartyName(account.acct_name()) || account.acct_name() != owner.name)
    match->wrong.push_back(v1::NAME_MISMATCH);
  if (account.certno().empty() || account.psn_cert_type() != owner.psn_cert_type ||
      !absl::EqualsIgnoreCase(account.certno(), owner.certno))
    match->wrong.push_back(v1::CERTNO_MISMATCH);
  if (!IsNumberValid(account)) match->wrong.push_back(v1::ACCOUNT_INVALID);
  if (!IsInForce(account, on)) match->wrong.push_back(v1::ACCOUNT_NOT_IN_FORCE);
  match->reason = Reason(match->wrong, &account);
}

absl::Status CheckPrintable(const std::string& path, absl::string_view text, size_t max) {
  if (text.empty() || text.size() > max)
    return BadField(path, absl::StrCat("needs 1 to ", max, " characters"));
  for (const char c : text) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c)))
      return BadField(path, "may hold only printable ASCII");
  }
  return absl::OkStatus();
}

void MaskAccount(v1::BankAccount* account) {
  account->set_acct_no(MaskNumber(account->acct_no()));
  account->set_acct_name(MaskName(account->acct_name()));
  account->set_certno(MaskNumber(account->certno()));
}

void MaskPayee(v1::Payee* payee) {
  payee->set_name(MaskName(payee->name()));
  payee->set_certno(MaskNumber(payee->certno()));
  payee->set_proof_no(MaskNumber(payee->proof_no()));
  if (payee->has_account()) MaskAccount(payee->mutable_account());
}

}  // namespace

BankAccountMatch MatchPayeeAccount(const v1::Payee& payee, Date on) {
  BankAccountMatch match;
  CheckDetails(payee.account(), {payee.name(), payee.psn_cert_type(), payee.certno()}, on, &match);
  return match;
}

BankAccountMatch MatchBankAccount(const v1::BankAccount* account, const v1::PersonFacts& person,
                                  const Guardian* guardian, const BankAccountPolicy& policy,
                                  Date on) {
  BankAccountMatch match;
  if (account == nullptr) {
    match.wrong = {v1::NO_BANK_ACCOUNT};
    match.reason = Reason(match.wrong, nullptr);
    return match;
  }
  Owner owner = {person.psn_name(), person.psn_cert_type(), person.certno()};
  const bool own = account->holder() == v1::SELF;
  if (!own) {
    const bool allowed =
        account->holder() == v1::GUARDIAN && MayGuardianReceive(person, guardian, policy, on);
    if (!allowed) match.wrong.push_back(v1::GUARDIAN_NOT_ALLOWED);
    if (guardian != nullptr) owner = {guardian->name, guardian->psn_cert_type, guardian->certno};
  }
  CheckDetails(*account, owner, on, &match);
  return match;
}

absl::Status CheckBankAccountShape(absl::string_view path, const v1::BankAccount& account,
                                   Date today) {
  const auto at = [path](absl::string_view field) { return absl::StrCat(path, ".", field); };
  if (account.holder() == v1::BANK_ACCOUNT_HOLDER_UNSPECIFIED ||
      !v1::BankAccountHolder_IsValid(account.holder())) {
    return BadField(at("holder"),
                    absl::StrCat("unknown value ", static_cast<int>(account.holder())));
  }
  YIJIE_RETURN_IF_ERROR(CheckPrintable(at("acct_no"), account.acct_no(), kMaxNumber));
  if (account.acct_name().empty() || account.acct_name().size() > kMaxName)
    return BadField(at("acct_name"), absl::StrCat("needs 1 to ", kMaxName, " bytes"));
  YIJIE_RETURN_IF_ERROR(CheckPrintable(at("psn_cert_type"), account.psn_cert_type(), kMaxCode));
  YIJIE_RETURN_IF_ERROR(CheckPrintable(at("certno"), account.certno(), kMaxNumber));
  YIJIE_RETURN_IF_ERROR(CheckPrintable(at("bank_code"), account.bank_code(), kMaxNumber));
  YIJIE_RETURN_IF_ERROR(CheckIsoDay(at("begndate"), account.begndate()));
  YIJIE_RETURN_IF_ERROR(CheckIsoDay(at("confirmed_on"), account.confirmed_on()));
  if (account.confirmed_on() > FormatDate(today))
    return BadField(at("confirmed_on"), "has not come yet");
  if (account.enddate().empty()) return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(CheckIsoDay(at("enddate"), account.enddate()));
  return account.enddate() < account.begndate() ? BadField(at("enddate"), "before begndate")
                                                : absl::OkStatus();
}

bool IsBankCode(absl::string_view text) { return text.size() == kBankCodeDigits && IsDigits(text); }

bool IsAccountNumber(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxAccountDigits && IsDigits(text);
}

bool PassesLuhn(absl::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, doubled = !doubled) {
    const int value = (*digit - '0') * (doubled ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

bool IsPartyName(absl::string_view text) {
  if (text.empty() || !IsUtf8(text)) return false;
  size_t characters = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return false;
    if ((byte & 0xc0) != 0x80) ++characters;
  }
  const bool no_character = absl::StrContains(text, "\xef\xbf\xbe") ||  // U+FFFE
                            absl::StrContains(text, "\xef\xbf\xbf");    // U+FFFF
  return characters <= kMaxNameCharacters && !no_character;
}

v1::Payout MaskedForOutput(v1::Payout payout) {
  if (payout.has_payee()) MaskAccount(payout.mutable_payee());
  if (payout.has_other_payee()) MaskPayee(payout.mutable_other_payee());
  for (v1::PayoutAttempt& attempt : *payout.mutable_attempt()) {
    if (attempt.has_payee()) MaskAccount(attempt.mutable_payee());
  }
  return payout;
}

v1::AllowanceSchedule MaskedForOutput(v1::AllowanceSchedule schedule) {
  if (schedule.has_payee()) MaskPayee(schedule.mutable_payee());
  return schedule;
}

v1::BenefitDebt MaskedForOutput(v1::BenefitDebt debt) {
  if (!debt.payee_certno().empty()) debt.set_payee_certno(MaskNumber(debt.payee_certno()));
  return debt;
}

}  // namespace yijie::engine
