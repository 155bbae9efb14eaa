#include "engine/payout/make_payouts.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/payout/payout_state.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

absl::StatusOr<std::string> AccountOf(const std::string& fund_pay_type, const PayoutTerms& terms) {
  std::string found;
  for (const v1::FundBankAccount& account : terms.accounts) {
    const auto& funds = account.fund_pay_type();
    if (std::find(funds.begin(), funds.end(), fund_pay_type) == funds.end()) continue;
    if (!found.empty())
      return absl::FailedPreconditionError(
          absl::StrCat("fund ", fund_pay_type, ": several accounts of the agency pay for it"));
    found = account.id();
  }
  if (found.empty())
    return absl::FailedPreconditionError(
        absl::StrCat("fund ", fund_pay_type, ": no account of the agency pays for it"));
  return found;
}

v1::PayoutPart Part(const std::string& fund_pay_type, int64_t amount_fen) {
  v1::PayoutPart part;
  part.set_fund_pay_type(fund_pay_type);
  part.set_amount_fen(amount_fen);
  return part;
}

std::vector<v1::BenefitDebt> Joined(std::vector<v1::BenefitDebt> debts,
                                    std::vector<v1::BenefitDebt> more) {
  debts.insert(debts.end(), more.begin(), more.end());
  return debts;
}

// Makes payouts one after the other; each deducts what the ones before it left of the debts.
class Maker {
 public:
  using PostFunction = std::vector<Posting> (*)(const v1::Payout&);

  Maker(const PayoutTerms& terms, PostFunction post) : terms_(terms), post_(post) {
    made_.debts = terms.debts;
  }

  // `parts` are paid from one account, which is that of the first.
  absl::Status Add(v1::PayoutKind kind, const std::string& label, const std::string& source_id,
                   const std::string& source_item, const std::vector<v1::PayoutPart>& parts) {
    const int number = terms_.made_before + static_cast<int>(made_.payouts.size()) + 1;
    if (number > kMaxPayoutsOfCommit)
      return absl::InvalidArgumentError(
          absl::StrCat("more than ", kMaxPayoutsOfCommit, " payouts"));
    v1::Payout payout;
    Fen gross;
    for (const v1::PayoutPart& part : parts) {
      if (part.amount_fen() <= 0)
        return absl::InvalidArgumentError(
            absl::StrCat("fund ", part.fund_pay_type(), ": an amount that is not above 0"));
      gross += Fen(part.amount_fen());
      *payout.add_part() = part;
    }
    YIJIE_ASSIGN_OR_RETURN(const std::string debtor, AccountOf(parts[0].fund_pay_type(), terms_));
    std::vector<v1::BenefitDebt> others = DebtsOfOthers();
    DebtDeduction deduction = DeductDebts(std::move(made_.debts), gross);
    made_.debts = DeductDebts(Joined(std::move(others), std::move(deduction.left)), Fen(0)).left;
    payout.set_payout_id(MakePayoutId(terms_.commit_id, number));
    payout.set_psn_no(terms_.psn_no);
    payout.set_kind(kind);
    payout.set_label(label);
    payout.set_source_id(source_id);
    payout.set_source_item(source_item);
    payout.set_gross_fen(gross.value());
    payout.mutable_deduction()->Add(deduction.deductions.begin(), deduction.deductions.end());
    payout.set_amount_fen(deduction.net.value());
    payout.set_debtor_account(debtor);
    *payout.mutable_payee() = terms_.payee;
    if (terms_.other_payee) {
      *payout.mutable_other_payee() = *terms_.other_payee;
      payout.mutable_other_payee()->clear_account();  // that of `payee`
    }
    payout.set_due_date(FormatDate(terms_.due));
    payout.set_state(v1::PAYOUT_CREATED);
    AssertPayout(payout);
    const std::vector<Posting> journal = post_(payout);
    made_.journal.insert(made_.journal.end(), journal.begin(), journal.end());
    made_.payouts.push_back(std::move(payout));
    return absl::OkStatus();
  }

  NewPayouts Take() && { return std::move(made_); }

 private:
  // Takes the debts that whoever is paid does not owe out of `made_`.
  std::vector<v1::BenefitDebt> DebtsOfOthers() {
    const std::string debtor = terms_.other_payee ? DebtorOf(*terms_.other_payee) : "";
    const auto first = std::stable_partition(
        made_.debts.begin(), made_.debts.end(),
        [&](const v1::BenefitDebt& debt) { return debt.payee_certno() == debtor; });
    std::vector<v1::BenefitDebt> others(first, made_.debts.end());
    made_.debts.erase(first, made_.debts.end());
    return others;
  }

  const PayoutTerms& terms_;
  const PostFunction post_;
  NewPayouts made_;
};

// A work-injury bill of kinds 422 to 425: rehabilitation, its check-up, a stay for a device.
bool IsRehabilitation(const v1::Settlement& settlement) {
  const std::string& kind = settlement.med_type();
  return settlement.insutype() == "410" &&
         (kind == "422" || kind == "423" || kind == "424" || kind == "425");
}

// What the funds pay of the bill, by account of the agency.
absl::Status Reimburse(const v1::Settlement& settlement, const PayoutTerms& terms, Maker* maker) {
  std::map<std::string, std::vector<v1::PayoutPart>> by_account;
  for (const v1::FundPayment& payment : settlement.setldetail()) {
    if (payment.fund_payamt_fen() == 0) continue;
    YIJIE_ASSIGN_OR_RETURN(const std::string account, AccountOf(payment.fund_pay_type(), terms));
    by_account[account].push_back(Part(payment.fund_pay_type(), payment.fund_payamt_fen()));
  }
  const bool rehabilitation = IsRehabilitation(settlement);
  for (const auto& [account, parts] : by_account) {
    YIJIE_RETURN_IF_ERROR(maker->Add(
        rehabilitation ? v1::PAYOUT_REHABILITATION : v1::PAYOUT_REIMBURSEMENT,
        rehabilitation ? "工伤康复费用报销" : "医疗费用手工报销", settlement.setl_id(), "", parts));
  }
  return absl::OkStatus();
}

}  // namespace

DebtDeduction DeductDebts(std::vector<v1::BenefitDebt> debts, Fen gross) {
  std::sort(debts.begin(), debts.end(), [](const v1::BenefitDebt& a, const v1::BenefitDebt& b) {
    return std::tie(a.since(), a.debt_id()) < std::tie(b.since(), b.debt_id());
  });
  DebtDeduction result;
  result.net = gross;
  for (v1::BenefitDebt& debt : debts) {
    const Fen taken = std::min(Fen(debt.amount_fen()), result.net);
    if (taken > Fen(0)) {
      v1::PayoutDeduction& deduction = result.deductions.emplace_back();
      deduction.set_debt_id(debt.debt_id());
      deduction.set_amount_fen(taken.value());
      deduction.set_since(debt.since());
      result.net -= taken;
      debt.set_amount_fen((Fen(debt.amount_fen()) - taken).value());
    }
    if (debt.amount_fen() > 0) result.left.push_back(std::move(debt));
  }
  return result;
}

std::string DebtorOf(const v1::Payee& payee) {
  const bool own = payee.relation() == v1::SURVIVOR || payee.relation() == v1::DEPENDANT;
  return own ? payee.certno() : "";
}

bool IsMonthly(const std::string& med_type) {
  return med_type == "INJURY_MONTHLY" || med_type == "INJURY_NURSING" ||
         med_type == "INJURY_DEPENDANT";
}

v1::PayoutKind PayoutKindOf(const std::string& med_type) {
  if (med_type == "MATERNITY_ALLOWANCE") return v1::PAYOUT_MATERNITY_ALLOWANCE;
  if (IsMonthly(med_type)) return v1::PAYOUT_INJURY_MONTHLY;
  if (absl::StartsWith(med_type, "INJURY_")) return v1::PAYOUT_INJURY_LUMP_SUM;
  return v1::PAYOUT_OTHER_BENEFIT;
}

absl::StatusOr<NewPayouts> MakePayouts(const v1::Settlement& settlement, bool reimburse,
                                       const PayoutTerms& terms) {
  if (settlement.outcome() != v1::SETTLED)
    return absl::InvalidArgumentError("settlement: a refusal pays nothing");
  if (settlement.psn_no() != terms.psn_no)
    return absl::InvalidArgumentError("settlement.psn_no: another person");
  const v1::PayoutKind kind = PayoutKindOf(settlement.med_type());
  if (kind == v1::PAYOUT_INJURY_MONTHLY)
    return absl::InvalidArgumentError("settlement.med_type: paid each month by its schedule");
  Maker maker(terms, PostInstructed);
  if (reimburse) YIJIE_RETURN_IF_ERROR(Reimburse(settlement, terms, &maker));
  for (const v1::BenefitPayment& benefit : settlement.benefit()) {
    if (benefit.fund_pay_type().empty() || benefit.amount_fen() == 0) continue;
    YIJIE_RETURN_IF_ERROR(maker.Add(kind, benefit.label(), settlement.setl_id(), "",
                                    {Part(benefit.fund_pay_type(), benefit.amount_fen())}));
  }
  return std::move(maker).Take();
}

absl::StatusOr<NewPayouts> MakePayout(PayoutMoney money, v1::PayoutKind kind,
                                      const std::string& label, const std::string& source_id,
                                      const std::string& source_item, const v1::PayoutPart& part,
                                      const PayoutTerms& terms) {
  Maker maker(terms, money == PayoutMoney::kFromExpense ? PostCreated : PostInstructed);
  YIJIE_RETURN_IF_ERROR(maker.Add(kind, label, source_id, source_item, {part}));
  return std::move(maker).Take();
}

}  // namespace yijie::engine
