#include "engine/payout/make_payouts.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "engine/payout/payout_state.h"
#include "tests/payout/sample_payouts.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

v1::BenefitDebt Debt(const std::string& id, const std::string& since, int64_t amount_fen) {
  v1::BenefitDebt debt;
  debt.set_debt_id(id);
  debt.set_since(since);
  debt.set_amount_fen(amount_fen);
  return debt;
}

v1::Settlement SettlementOf(const std::string& med_type) {
  v1::Settlement settlement;
  settlement.set_outcome(v1::SETTLED);
  settlement.set_psn_no(SamplePerson().psn_no());
  settlement.set_setl_id(SampleTerms(7).commit_id);
  settlement.set_med_type(med_type);
  return settlement;
}

void AddBenefit(const std::string& label, const std::string& fund, int64_t amount_fen,
                v1::Settlement* settlement) {
  v1::BenefitPayment* benefit = settlement->add_benefit();
  benefit->set_label(label);
  benefit->set_fund_pay_type(fund);
  benefit->set_amount_fen(amount_fen);
}

void AddFundPayment(const std::string& fund, int64_t amount_fen, v1::Settlement* settlement) {
  v1::FundPayment* payment = settlement->add_setldetail();
  payment->set_fund_pay_type(fund);
  payment->set_fund_payamt_fen(amount_fen);
}

// Sum of the lines of each account and subject.
using Balances = std::map<std::pair<PayoutLedgerAccount, std::string>, int64_t>;
Balances Fold(const std::vector<std::vector<Posting>>& journals) {
  Balances balances;
  for (const std::vector<Posting>& journal : journals) {
    for (const Posting& line : journal)
      balances[{line.account, line.subject}] += line.amount.value();
  }
  return balances;
}

TEST(DeductDebtsTest, OldestFirst) {
  struct Row {
    std::vector<v1::BenefitDebt> debts;
    int64_t gross, net;
    std::vector<std::pair<std::string, int64_t>> taken, left;
  };
  const v1::BenefitDebt old = Debt("b", "2025-01-01", 300);
  const v1::BenefitDebt young = Debt("a", "2026-01-01", 500);
  const Row rows[] = {{{}, 1000, 1000, {}, {}},
                      {{young, old}, 1000, 200, {{"b", 300}, {"a", 500}}, {}},
                      {{young, old}, 800, 0, {{"b", 300}, {"a", 500}}, {}},
                      {{young, old}, 799, 0, {{"b", 300}, {"a", 499}}, {{"a", 1}}},
                      {{young, old}, 300, 0, {{"b", 300}}, {{"a", 500}}},
                      {{young, old}, 299, 0, {{"b", 299}}, {{"b", 1}, {"a", 500}}},
                      {{young, old}, 0, 0, {}, {{"b", 300}, {"a", 500}}},
                      {{Debt("d2", "2026-01-01", 5), Debt("d1", "2026-01-01", 5)},
                       7,
                       0,
                       {{"d1", 5}, {"d2", 2}},
                       {{"d2", 3}}}};
  for (const Row& row : rows) {
    const DebtDeduction result = DeductDebts(row.debts, Fen(row.gross));
    std::vector<std::pair<std::string, int64_t>> taken, left;
    for (const auto& d : result.deductions) taken.emplace_back(d.debt_id(), d.amount_fen());
    for (const auto& d : result.left) left.emplace_back(d.debt_id(), d.amount_fen());
    EXPECT_EQ(result.net.value(), row.net) << row.gross;
    EXPECT_EQ(taken, row.taken) << row.gross;
    EXPECT_EQ(left, row.left) << row.gross;
  }
}

TEST(MakePayoutsTest, EachBenefitOfAFundIsPaidAndNoneOfTheEmployer) {
  v1::Settlement settlement = SettlementOf("INJURY_BENEFITS");
  AddBenefit("一次性伤残补助金", "410100", 2'700'000, &settlement);
  AddBenefit("一次性就业补助金", "", 500'000, &settlement);  // the employer's
  AddBenefit("一次性医疗补助金", "410100", 300'000, &settlement);
  AddBenefit("无金额", "410100", 0, &settlement);
  const auto made = MakePayouts(settlement, false, SampleTerms(7));
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->payouts.size(), 2U);
  const v1::Payout& first = made->payouts[0];
  EXPECT_EQ(first.payout_id(), settlement.setl_id() + "01");
  EXPECT_EQ(made->payouts[1].payout_id(), settlement.setl_id() + "02");
  EXPECT_EQ(first.amount_fen(), 2'700'000);
  EXPECT_EQ(first.kind(), v1::PAYOUT_INJURY_LUMP_SUM);
  EXPECT_EQ(first.label(), "一次性伤残补助金");
  EXPECT_EQ(first.debtor_account(), "A410");
  EXPECT_EQ(first.source_id(), settlement.setl_id());
  EXPECT_EQ(first.payee().acct_no(), SampleBankAccount().acct_no());
  EXPECT_EQ(first.state(), v1::PAYOUT_CREATED);
  EXPECT_EQ(
      Fold({made->journal}),
      (Balances{{{PayoutLedgerAccount::kPersonClearing, SamplePerson().psn_no()}, 3'000'000},
                {{PayoutLedgerAccount::kBenefitPayable, SamplePerson().psn_no()}, -3'000'000}}));
}

TEST(MakePayoutsTest, ReimbursementIsOnePayoutForEachAccount) {
  v1::Settlement settlement = SettlementOf("21");
  AddFundPayment("310100", 100'00, &settlement);
  AddFundPayment("410100", 7, &settlement);
  AddFundPayment("330100", 50'01, &settlement);
  AddBenefit("住院伙食补助", "410100", 35'00, &settlement);
  const auto made = MakePayouts(settlement, true, SampleTerms(7));
  ASSERT_TRUE(made.ok()) << made.status();
  ASSERT_EQ(made->payouts.size(), 3U);
  EXPECT_EQ(made->payouts[0].amount_fen(), 150'01);
  EXPECT_EQ(made->payouts[0].part_size(), 2);
  EXPECT_EQ(made->payouts[0].debtor_account(), "A310");
  EXPECT_EQ(made->payouts[0].kind(), v1::PAYOUT_REIMBURSEMENT);
  EXPECT_EQ(made->payouts[1].amount_fen(), 7);
  EXPECT_EQ(made->payouts[2].amount_fen(), 35'00);
  // Settled at the counter, the same bill pays the person the subsidy alone.
  const auto at_counter = MakePayouts(settlement, false, SampleTerms(7));
  ASSERT_TRUE(at_counter.ok());
  EXPECT_EQ(at_counter->payouts.size(), 1U);
}

TEST(MakePayoutsTest, Refusals) {
  struct Row {
    const char* what;
    void (*spoil)(v1::Settlement*, PayoutTerms*);
    absl::StatusCode code;
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  constexpr auto kFailed = absl::StatusCode::kFailedPrecondition;
  const Row rows[] = {
      {"refused claim", [](auto* s, auto*) { s->set_outcome(v1::NOT_INSURED); }, kInvalid},
      {"another person", [](auto* s, auto*) { s->set_psn_no("1"); }, kInvalid},
      {"monthly", [](auto* s, auto*) { s->set_med_type("INJURY_MONTHLY"); }, kInvalid},
      {"negative", [](auto* s, auto*) { AddBenefit("x", "410100", -1, s); }, kInvalid},
      {"too many",
       [](auto* s, auto*) {
         for (int i = 0; i < 99; ++i) AddBenefit("x", "410100", 1, s);
       },
       kInvalid},
      {"fund of no account", [](auto* s, auto*) { AddBenefit("x", "610100", 1, s); }, kFailed},
      {"fund of two accounts", [](auto*, auto* t) { t->accounts[0].add_fund_pay_type("410100"); },
       kFailed}};
  for (const Row& row : rows) {
    v1::Settlement settlement = SettlementOf("MATERNITY_ALLOWANCE");
    AddBenefit("津贴", "410100", 100, &settlement);
    PayoutTerms terms = SampleTerms(7);
    row.spoil(&settlement, &terms);
    EXPECT_EQ(MakePayouts(settlement, false, terms).status().code(), row.code) << row.what;
  }
}

TEST(MakePayoutsTest, Kinds) {
  EXPECT_EQ(PayoutKindOf("MATERNITY_ALLOWANCE"), v1::PAYOUT_MATERNITY_ALLOWANCE);
  EXPECT_EQ(PayoutKindOf("INJURY_MONTHLY"), v1::PAYOUT_INJURY_MONTHLY);
  EXPECT_EQ(PayoutKindOf("INJURY_NURSING"), v1::PAYOUT_INJURY_MONTHLY);
  EXPECT_EQ(PayoutKindOf("INJURY_DEATH"), v1::PAYOUT_INJURY_LUMP_SUM);
  EXPECT_EQ(PayoutKindOf("21"), v1::PAYOUT_OTHER_BENEFIT);
}

// The whole life on the books: what is owed comes to 0 however it ends, and money leaves the bank
// once, for the amount instructed.
TEST(MakePayoutsTest, BooksOfRandomLives) {
  std::mt19937_64 random(TestSeed());
  for (int round = 0; round < 2'000; ++round) {
    PayoutTerms terms = SampleTerms(7);
    int64_t owed_before = 0;
    for (uint64_t i = random() % 4; i > 0; --i) {
      const auto amount = static_cast<int64_t>(1 + random() % 5'000);
      terms.debts.push_back(Debt("d" + std::to_string(i), "2026-01-0" + std::to_string(i), amount));
      owed_before += amount;
    }
    v1::Settlement settlement = SettlementOf("INJURY_LUMP_SUM");
    int64_t gross = 0;
    for (uint64_t i = 1 + random() % 5; i > 0; --i) {
      const auto amount = static_cast<int64_t>(1 + random() % 4'000);
      AddBenefit("x", random() % 2 == 0 ? "410100" : "310100", amount, &settlement);
      gross += amount;
    }
    const auto made = MakePayouts(settlement, false, terms);
    ASSERT_TRUE(made.ok());
    int64_t owed_after = 0;
    for (const v1::BenefitDebt& debt : made->debts) owed_after += debt.amount_fen();
    // The settlement has put the expense to person clearing.
    const std::string psn_no = SamplePerson().psn_no();
    const auto settled = [&psn_no](int64_t amount) -> std::vector<Posting> {
      return {{PayoutLedgerAccount::kFundExpense, "x", Fen(amount)},
              {PayoutLedgerAccount::kPersonClearing, psn_no, Fen(-amount)}};
    };
    std::vector<std::vector<Posting>> journals = {settled(gross), made->journal};
    int64_t paid = 0;
    int64_t cancelled_gross = 0;
    int64_t restored = 0;
    for (const v1::Payout& payout : made->payouts) {
      if (random() % 3 == 0) {
        journals.push_back(Opposite(PostInstructed(payout)));
        journals.push_back(settled(-payout.gross_fen()));
        cancelled_gross += payout.gross_fen();
        restored += payout.gross_fen() - payout.amount_fen();
      } else {
        journals.push_back(PostPaid(payout));
        paid += payout.amount_fen();
      }
    }
    Balances balances = Fold(journals);
    int64_t expense = 0, bank = 0;
    for (const auto& [key, amount] : balances) {
      if (key.first == PayoutLedgerAccount::kFundExpense) expense += amount;
      if (key.first == PayoutLedgerAccount::kBank) bank += amount;
    }
    EXPECT_EQ((balances[{PayoutLedgerAccount::kBenefitPayable, psn_no}]), 0);
    EXPECT_EQ(expense, gross - cancelled_gross);
    EXPECT_EQ(bank, -paid);
    const int64_t recovered = owed_before - owed_after - restored;
    EXPECT_EQ((balances[{PayoutLedgerAccount::kPersonClearing, psn_no}]), -recovered);
    EXPECT_EQ(paid + recovered, gross - cancelled_gross);
  }
}

TEST(PostingTest, OverpaymentIsOwedByThePerson) {
  EXPECT_EQ(Fold({PostOverpaid("p", "410100", Fen(5))}),
            (Balances{{{PayoutLedgerAccount::kPersonClearing, "p"}, 5},
                      {{PayoutLedgerAccount::kFundExpense, "410100"}, -5}}));
}

}  // namespace
}  // namespace yijie::engine
