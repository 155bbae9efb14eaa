#include "engine/correction/settle_again.h"

#include <algorithm>

namespace yijie::engine {

Fen CashPaid(const SettledRecord& record, const v1::Settlement& settlement) {
  const yijie::store::v1::SettledEvent& settled = record.event.settled();
  return Fen(settled.cash_given() ? settled.cash_paid_fen()
                                  : settlement.amounts().psn_cash_pay_fen());
}

void SettleNow(const std::array<Fen, rules::kSubAccounts>& account_pays, const Person& person,
               const Moment& now, ClaimMoves* moves, v1::Settlement* settlement) {
  Fen paid;
  for (size_t i = 0; i < account_pays.size(); ++i) {
    moves->account_paid[i] = std::min(account_pays[i], person.account[i]);
    paid += moves->account_paid[i];
  }
  v1::Amounts& amounts = *settlement->mutable_amounts();
  amounts.set_acct_pay_fen(paid.value());
  amounts.set_psn_cash_pay_fen((Fen(amounts.psn_part_amt_fen()) - paid).value());
  settlement->set_setl_time(now.rfc3339);
  settlement->set_clr_date(FormatDate(now.day));
  settlement->set_balc_before_fen(person.balance().value());
  settlement->set_balc_fen((person.balance() - paid).value());
}

}  // namespace yijie::engine
