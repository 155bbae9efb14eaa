#include "engine/payout/payout_state.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr size_t kCommitIdChars = 30;
constexpr size_t kPayoutIdChars = 32;

bool IsWaitingForFile(const v1::Payout& payout) {
  return payout.state() == v1::PAYOUT_CREATED || payout.state() == v1::PAYOUT_REISSUED;
}

PayoutStep WrongState(const v1::Payout& payout, absl::string_view needed) {
  return {v1::PAYOUT_WRONG_STATE,
          absl::StrCat("支付指令当前为“", PayoutStateWords(payout.state()), "”，", needed)};
}

v1::PayoutAttempt* FindAttempt(absl::string_view file_id, absl::string_view end_to_end_id,
                               v1::Payout* payout) {
  for (v1::PayoutAttempt& attempt : *payout->mutable_attempt()) {
    if (attempt.file_id() == file_id && attempt.end_to_end_id() == end_to_end_id) return &attempt;
  }
  return nullptr;
}

// Where the money goes and to whom; how long it holds and when it was confirmed set apart.
bool SamePayee(const v1::BankAccount& a, const v1::BankAccount& b) {
  return a.acct_no() == b.acct_no() && a.acct_name() == b.acct_name() &&
         a.bank_code() == b.bank_code() && a.certno() == b.certno() &&
         a.psn_cert_type() == b.psn_cert_type();
}

}  // namespace

absl::string_view PayoutStateWords(v1::PayoutState state) {
  switch (state) {
    case v1::PAYOUT_CREATED:
      return "待发";
    case v1::PAYOUT_IN_FILE:
      return "已提交银行";
    case v1::PAYOUT_PAID:
      return "已到账";
    case v1::PAYOUT_RETURNED:
      return "退票";
    case v1::PAYOUT_REISSUED:
      return "待重发";
    case v1::PAYOUT_CANCELLED:
      return "已作废";
    default:
      return "状态未知";
  }
}

std::string MakePayoutId(absl::string_view commit_id, int index) {
  YIJIE_CHECK(commit_id.size() == kCommitIdChars && index >= 1 && index <= kMaxPayoutsOfCommit,
              "parts of a payout id");
  return absl::StrCat(commit_id, absl::StrFormat("%02d", index));
}

std::string MakeEndToEndId(absl::string_view payout_id, int attempt) {
  YIJIE_CHECK(payout_id.size() == kPayoutIdChars && attempt >= 1 && attempt <= kMaxPayoutAttempts,
              "parts of an end-to-end id");
  return absl::StrCat(payout_id, absl::StrFormat("-%02d", attempt));
}

absl::string_view PayoutOfEndToEndId(absl::string_view end_to_end_id) {
  return end_to_end_id.substr(0, std::min(kPayoutIdChars, end_to_end_id.size()));
}

bool IsPayable(const v1::Payout& payout, Date day) {
  // ISO days compare as text.
  return IsWaitingForFile(payout) && payout.amount_fen() > 0 &&
         payout.due_date() <= FormatDate(day) && payout.attempt_size() < kMaxPayoutAttempts;
}

PayoutStep PutInFile(absl::string_view file_id, absl::string_view payment_info_id,
                     v1::Payout* payout) {
  const bool was_in_it =
      std::any_of(payout->attempt().begin(), payout->attempt().end(),
                  [&](const v1::PayoutAttempt& attempt) { return attempt.file_id() == file_id; });
  if (was_in_it) {
    const bool is_in_it = payout->state() == v1::PAYOUT_IN_FILE &&
                          payout->attempt(payout->attempt_size() - 1).file_id() == file_id;
    if (is_in_it) return {v1::PAYOUT_REPEATED, ""};
    return {v1::PAYOUT_WRONG_STATE, "该支付指令已在同一支付文件中发放过"};
  }
  if (!IsWaitingForFile(*payout)) return WrongState(*payout, "只有待发或待重发的可以提交银行");
  if (payout->amount_fen() <= 0) return {v1::PAYOUT_NOTHING_TO_PAY, "抵扣后应付为零，无需发放"};
  if (payout->attempt_size() >= kMaxPayoutAttempts)
    return {v1::PAYOUT_TOO_MANY_ATTEMPTS, "发放次数已达上限，请人工处理"};
  v1::PayoutAttempt* attempt = payout->add_attempt();
  attempt->set_file_id(std::string(file_id));
  attempt->set_payment_info_id(std::string(payment_info_id));
  attempt->set_end_to_end_id(MakeEndToEndId(payout->payout_id(), payout->attempt_size()));
  attempt->set_state(v1::ATTEMPT_OPEN);
  *attempt->mutable_payee() = payout->payee();
  payout->set_state(v1::PAYOUT_IN_FILE);
  AssertPayout(*payout);
  return {};
}

PayoutStep ApplyBankStatus(const BankStatus& status, v1::Payout* payout) {
  v1::PayoutAttempt* attempt = FindAttempt(status.file_id, status.end_to_end_id, payout);
  if (attempt == nullptr) return {v1::PAYOUT_UNKNOWN_ID, "该文件中没有此支付指令"};
  if (status.amount && *status.amount != Fen(payout->amount_fen())) {
    return {v1::PAYOUT_AMOUNT_MISMATCH,
            absl::StrCat("金额不符：银行回执", FormatYuan(*status.amount), "元，支付指令",
                         FormatYuan(Fen(payout->amount_fen())), "元")};
  }
  if (status.decision == BankDecision::kPending) return {v1::PAYOUT_PENDING, ""};
  const bool paid = status.decision == BankDecision::kPaid;
  const v1::PayoutAttemptState told = paid ? v1::ATTEMPT_PAID : v1::ATTEMPT_RETURNED;
  if (attempt->state() == told) return {v1::PAYOUT_REPEATED, ""};
  if (attempt->state() != v1::ATTEMPT_OPEN) {
    return {v1::PAYOUT_STATUS_CONFLICT,
            paid ? "状态矛盾：此前已回执退票，现回执到账" : "状态矛盾：此前已回执到账，现回执退票"};
  }
  attempt->set_state(told);
  attempt->set_decided_on(status.day);
  if (!paid) attempt->set_reason_code(status.reason_code);
  payout->set_state(paid ? v1::PAYOUT_PAID : v1::PAYOUT_RETURNED);
  AssertPayout(*payout);
  return {};
}

PayoutStep Reissue(const v1::BankAccount& account, const BankAccountMatch& match,
                   v1::Payout* payout) {
  if (payout->state() != v1::PAYOUT_RETURNED)
    return WrongState(*payout, "只有退票的可以重发，每次退票只重发一次");
  if (!match.ok()) return {v1::PAYOUT_ACCOUNT_REFUSED, match.reason};
  const v1::PayoutAttempt& returned = payout->attempt(payout->attempt_size() - 1);
  if (SamePayee(account, returned.payee()) && account.confirmed_on() < returned.decided_on())
    return {v1::PAYOUT_ACCOUNT_UNCHANGED, "退票后账户未更正，也未重新确认"};
  if (payout->attempt_size() >= kMaxPayoutAttempts)
    return {v1::PAYOUT_TOO_MANY_ATTEMPTS, "发放次数已达上限，请人工处理"};
  *payout->mutable_payee() = account;
  payout->set_state(v1::PAYOUT_REISSUED);
  AssertPayout(*payout);
  return {};
}

PayoutStep Cancel(v1::Payout* payout) {
  if (payout->state() == v1::PAYOUT_CANCELLED) return {v1::PAYOUT_REPEATED, ""};
  if (payout->state() == v1::PAYOUT_IN_FILE || payout->state() == v1::PAYOUT_PAID)
    return WrongState(*payout, "只有未提交银行或已退票的可以作废");
  payout->set_state(v1::PAYOUT_CANCELLED);
  return {};
}

void AssertPayout(const v1::Payout& payout) {
  Fen parts;
  for (const v1::PayoutPart& part : payout.part()) parts += Fen(part.amount_fen());
  Fen left = Fen(payout.gross_fen());
  for (const v1::PayoutDeduction& deduction : payout.deduction())
    left -= Fen(deduction.amount_fen());
  YIJIE_CHECK(parts == Fen(payout.gross_fen()), "the parts of a payout are not its gross amount");
  YIJIE_CHECK(left == Fen(payout.amount_fen()) && left >= Fen(0),
              "a payout is not its gross amount less deductions");
  for (int i = 0; i < payout.attempt_size(); ++i) {
    const bool last = i + 1 == payout.attempt_size();
    YIJIE_CHECK(last || payout.attempt(i).state() == v1::ATTEMPT_RETURNED,
                "a payout went on before its attempt was returned");
  }
}

}  // namespace yijie::engine
