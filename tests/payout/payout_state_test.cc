#include "engine/payout/payout_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/payout/status_import.h"
#include "tests/payout/sample_payouts.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr int64_t kAmountFen = 1'234'56;

// All there is to a payout, said once more and differently: the files it was in and what the bank
// said of each.
struct Model {
  struct Try {
    char file;
    char said;  // 'o' nothing yet, 'p' paid, 'r' returned
  };
  std::vector<Try> tries;
  bool may_go = true;  // into the next file
  bool cancelled = false;
  int reissues = 0;

  int Count(char said) const {
    return static_cast<int>(
        std::count_if(tries.begin(), tries.end(), [said](const Try& t) { return t.said == said; }));
  }
  Try* Find(char file) {
    const auto found =
        std::find_if(tries.begin(), tries.end(), [file](const Try& t) { return t.file == file; });
    return found == tries.end() ? nullptr : &*found;
  }
};

struct Event {
  enum Kind {
    kPut,
    kPaid,
    kReturned,
    kPending,
    kWrongAmount,
    kReissue,
    kReissueSame,
    kCancel
  } kind;
  char file = ' ';
};

const std::vector<Event>& Events() {
  static const auto* const kEvents =
      new std::vector<Event>{{Event::kPut, 'A'},         {Event::kPut, 'B'},
                             {Event::kPut, 'C'},         {Event::kPaid, 'A'},
                             {Event::kPaid, 'B'},        {Event::kPaid, 'C'},
                             {Event::kReturned, 'A'},    {Event::kReturned, 'B'},
                             {Event::kReturned, 'C'},    {Event::kPending, 'A'},
                             {Event::kWrongAmount, 'A'}, {Event::kReissue},
                             {Event::kReissueSame},      {Event::kCancel}};
  return *kEvents;
}

v1::PayoutOutcome Expect(const Event& event, Model* model) {
  Model::Try* const known = model->Find(event.file);
  switch (event.kind) {
    case Event::kPut:
      if (known != nullptr)
        return known->said == 'o' ? v1::PAYOUT_REPEATED : v1::PAYOUT_WRONG_STATE;
      if (model->cancelled || !model->may_go) return v1::PAYOUT_WRONG_STATE;
      model->tries.push_back({event.file, 'o'});
      model->may_go = false;
      return v1::PAYOUT_DONE;
    case Event::kWrongAmount:
      return known == nullptr ? v1::PAYOUT_UNKNOWN_ID : v1::PAYOUT_AMOUNT_MISMATCH;
    case Event::kPending:
      return known == nullptr ? v1::PAYOUT_UNKNOWN_ID : v1::PAYOUT_PENDING;
    case Event::kPaid:
    case Event::kReturned: {
      const char says = event.kind == Event::kPaid ? 'p' : 'r';
      if (known == nullptr) return v1::PAYOUT_UNKNOWN_ID;
      if (known->said == says) return v1::PAYOUT_REPEATED;
      if (known->said != 'o') return v1::PAYOUT_STATUS_CONFLICT;
      known->said = says;
      return v1::PAYOUT_DONE;
    }
    case Event::kReissue:
    case Event::kReissueSame: {
      const bool returned = !model->tries.empty() && model->tries.back().said == 'r';
      if (!returned || model->may_go || model->cancelled) return v1::PAYOUT_WRONG_STATE;
      if (event.kind == Event::kReissueSame) return v1::PAYOUT_ACCOUNT_UNCHANGED;
      model->may_go = true;
      ++model->reissues;
      return v1::PAYOUT_DONE;
    }
    case Event::kCancel:
      if (model->cancelled) return v1::PAYOUT_REPEATED;
      if (!model->tries.empty() && model->tries.back().said != 'r') return v1::PAYOUT_WRONG_STATE;
      model->cancelled = true;
      return v1::PAYOUT_DONE;
  }
  return v1::PAYOUT_OUTCOME_UNSPECIFIED;
}

std::string FileName(char file) { return std::string("FILE-") + file; }

BankStatus StatusOf(const Event& event, const v1::Payout& payout) {
  BankStatus status;
  status.file_id = FileName(event.file);
  status.end_to_end_id = MakeEndToEndId(payout.payout_id(), 1);
  for (int i = 0; i < payout.attempt_size(); ++i) {
    if (payout.attempt(i).file_id() == status.file_id)
      status.end_to_end_id = MakeEndToEndId(payout.payout_id(), i + 1);
  }
  status.decision = event.kind == Event::kPaid       ? BankDecision::kPaid
                    : event.kind == Event::kReturned ? BankDecision::kReturned
                                                     : BankDecision::kPending;
  status.amount = Fen(event.kind == Event::kWrongAmount ? kAmountFen - 1 : kAmountFen);
  status.reason_code = "AC01";
  status.day = "2026-11-23";
  return status;
}

v1::BankAccount Corrected(const v1::Payout& payout) {
  v1::BankAccount account = SampleBankAccount();
  account.set_acct_no(payout.attempt_size() % 2 == 1 ? "99912345" : "99912346");
  account.set_card(false);
  return account;
}

PayoutStep Do(const Event& event, v1::Payout* payout) {
  switch (event.kind) {
    case Event::kPut:
      return PutInFile(FileName(event.file), FileName(event.file) + "-0001", payout);
    case Event::kReissue:
      return Reissue(Corrected(*payout), BankAccountMatch(), payout);
    case Event::kReissueSame:
      return Reissue(payout->payee(), BankAccountMatch(), payout);
    case Event::kCancel:
      return Cancel(payout);
    default:
      return ApplyBankStatus(StatusOf(event, *payout), payout);
  }
}

v1::PayoutState StateOf(const Model& model) {
  if (model.cancelled) return v1::PAYOUT_CANCELLED;
  if (model.tries.empty()) return v1::PAYOUT_CREATED;
  if (model.may_go) return v1::PAYOUT_REISSUED;
  const char said = model.tries.back().said;
  return said == 'o' ? v1::PAYOUT_IN_FILE : said == 'p' ? v1::PAYOUT_PAID : v1::PAYOUT_RETURNED;
}

struct Coverage {
  int64_t steps = 0;
  size_t longest = 0;
  std::map<v1::PayoutOutcome, int64_t> outcomes;
  std::map<v1::PayoutState, int64_t> states;
};

// Every sequence of events that begins with those that led to `payout`. An event that changed
// nothing left the very same payout, so what may follow it has been seen: only changes are
// followed. With three files they end by themselves.
void Explore(const v1::Payout& payout, const Model& model, std::string* trail, Coverage* coverage) {
  if (::testing::Test::HasFailure()) return;
  coverage->longest = std::max(coverage->longest, trail->size());
  for (size_t i = 0; i < Events().size(); ++i) {
    v1::Payout next = payout;
    Model expected = model;
    const v1::PayoutOutcome wanted = Expect(Events()[i], &expected);
    const PayoutStep step = Do(Events()[i], &next);
    trail->push_back(static_cast<char>('a' + i));
    ++coverage->steps;
    ++coverage->outcomes[step.outcome];
    ++coverage->states[next.state()];
    ASSERT_EQ(step.outcome, wanted) << *trail;
    ASSERT_EQ(next.state(), StateOf(expected)) << *trail;
    ASSERT_EQ(next.attempt_size(), static_cast<int>(expected.tries.size())) << *trail;
    const bool refused = step.outcome >= v1::PAYOUT_UNKNOWN_ID;
    ASSERT_EQ(refused, !step.reason.empty()) << *trail;
    if (step.outcome != v1::PAYOUT_DONE) {
      ASSERT_EQ(next.SerializeAsString(), payout.SerializeAsString()) << *trail;
    }
    // The promises, told by what the payout itself shows.
    int64_t paid_fen = 0;
    int open = 0;
    int returned = 0;
    for (const v1::PayoutAttempt& attempt : next.attempt()) {
      if (attempt.state() == v1::ATTEMPT_PAID) paid_fen += next.amount_fen();
      open += attempt.state() == v1::ATTEMPT_OPEN ? 1 : 0;
      returned += attempt.state() == v1::ATTEMPT_RETURNED ? 1 : 0;
    }
    ASSERT_LE(paid_fen, kAmountFen) << *trail;
    ASSERT_LE(open + (paid_fen > 0 ? 1 : 0), 1) << *trail;
    ASSERT_LE(expected.reissues, returned) << *trail;
    ASSERT_LE(next.attempt_size(), 1 + expected.reissues) << *trail;
    if (step.outcome == v1::PAYOUT_DONE) Explore(next, expected, trail, coverage);
    trail->pop_back();
  }
}

// Every sequence of these events, of whatever length, against the model.
TEST(PayoutStateTest, EverySequenceOfEvents) {
  std::string trail;
  Coverage coverage;
  Explore(SamplePayout(1, kAmountFen), Model(), &trail, &coverage);
  EXPECT_EQ(coverage.longest, 10U) << "put, return, re-issue with each of three files, cancel";
  EXPECT_GT(coverage.steps, 500);
  for (const v1::PayoutOutcome outcome :
       {v1::PAYOUT_DONE, v1::PAYOUT_REPEATED, v1::PAYOUT_PENDING, v1::PAYOUT_UNKNOWN_ID,
        v1::PAYOUT_AMOUNT_MISMATCH, v1::PAYOUT_STATUS_CONFLICT, v1::PAYOUT_WRONG_STATE,
        v1::PAYOUT_ACCOUNT_UNCHANGED}) {
    EXPECT_GT(coverage.outcomes[outcome], 0) << v1::PayoutOutcome_Name(outcome);
  }
  for (int state = v1::PAYOUT_CREATED; state <= v1::PAYOUT_CANCELLED; ++state)
    EXPECT_GT(coverage.states[static_cast<v1::PayoutState>(state)], 0) << state;
}

v1::Payout ReturnedPayout() {
  v1::Payout payout = SamplePayout(1, kAmountFen);
  EXPECT_EQ(Do({Event::kPut, 'A'}, &payout).outcome, v1::PAYOUT_DONE);
  EXPECT_EQ(Do({Event::kReturned, 'A'}, &payout).outcome, v1::PAYOUT_DONE);
  return payout;
}

TEST(PayoutStateTest, SameAccountNeedsANewConfirmation) {
  v1::Payout payout = ReturnedPayout();
  v1::BankAccount account = payout.payee();
  account.set_enddate("2030-01-01");  // no correction of where the money goes
  account.set_confirmed_on("2026-11-22");
  EXPECT_EQ(Reissue(account, {}, &payout).outcome, v1::PAYOUT_ACCOUNT_UNCHANGED);
  account.set_confirmed_on("2026-11-23");
  EXPECT_EQ(Reissue(account, {}, &payout).outcome, v1::PAYOUT_DONE);
  EXPECT_EQ(Do({Event::kPut, 'B'}, &payout).outcome, v1::PAYOUT_DONE);
  EXPECT_EQ(payout.attempt(0).reason_code(), "AC01");
  EXPECT_EQ(payout.attempt(1).end_to_end_id(), payout.payout_id() + "-02");
}

TEST(PayoutStateTest, AccountOfSomebodyElseIsRefused) {
  v1::Payout payout = ReturnedPayout();
  v1::BankAccount account = SampleBankAccount();
  account.set_acct_name("别人");
  const BankAccountMatch match =
      MatchBankAccount(&account, SamplePerson(), nullptr, {}, Date::FromCivil(2026, 11, 24));
  const PayoutStep step = Reissue(account, match, &payout);
  EXPECT_EQ(step.outcome, v1::PAYOUT_ACCOUNT_REFUSED);
  EXPECT_EQ(step.reason, match.reason);
  EXPECT_EQ(payout.payee().acct_name(), SampleBankAccount().acct_name());
}

TEST(PayoutStateTest, WhatIsPayable) {
  const Date due = Date::FromCivil(2026, 11, 20);
  v1::Payout payout = SamplePayout(1, kAmountFen);
  EXPECT_TRUE(IsPayable(payout, due));
  EXPECT_FALSE(IsPayable(payout, Date(due.days() - 1)));
  Do({Event::kPut, 'A'}, &payout);
  EXPECT_FALSE(IsPayable(payout, due));
  EXPECT_FALSE(IsPayable(ReturnedPayout(), due));
}

TEST(PayoutStateTest, NothingLeftAfterDeductionsIsNeverSent) {
  PayoutTerms terms = SampleTerms(1);
  v1::BenefitDebt& debt = terms.debts.emplace_back();
  debt.set_debt_id("d1");
  debt.set_since("2026-01-01");
  debt.set_amount_fen(500);
  v1::PayoutPart part;
  part.set_fund_pay_type("310100");
  part.set_amount_fen(500);
  auto made =
      MakePayout(PayoutMoney::kFromExpense, v1::PAYOUT_REFUND, "退费", "s", "", part, terms);
  ASSERT_TRUE(made.ok());
  v1::Payout& payout = made->payouts[0];
  EXPECT_EQ(payout.amount_fen(), 0);
  EXPECT_FALSE(IsPayable(payout, terms.due));
  EXPECT_EQ(PutInFile("F", "F-0001", &payout).outcome, v1::PAYOUT_NOTHING_TO_PAY);
}

TEST(PayoutStateTest, IdsFitIso20022) {
  const v1::Payout payout = SamplePayout((int64_t{1} << 25) - 1, 1);
  EXPECT_EQ(payout.payout_id().size(), 32U);
  EXPECT_EQ(MakeEndToEndId(payout.payout_id(), kMaxPayoutAttempts).size(), 35U);
  EXPECT_NE(SamplePayout(1, 1).payout_id(), SamplePayout(2, 1).payout_id());
}

TEST(PayoutStateTest, AttemptsAreBounded) {
  v1::Payout payout = SamplePayout(1, kAmountFen);
  for (int i = 0; i < kMaxPayoutAttempts; ++i) {
    const std::string file = "F" + std::to_string(i);
    ASSERT_EQ(PutInFile(file, file + "-0001", &payout).outcome, v1::PAYOUT_DONE);
    BankStatus status{
        file, payout.attempt(i).end_to_end_id(), BankDecision::kReturned, {}, "AC04", "2026-11-23"};
    ASSERT_EQ(ApplyBankStatus(status, &payout).outcome, v1::PAYOUT_DONE);
    const v1::PayoutOutcome last = Reissue(Corrected(payout), {}, &payout).outcome;
    ASSERT_EQ(last, i + 1 < kMaxPayoutAttempts ? v1::PAYOUT_DONE : v1::PAYOUT_TOO_MANY_ATTEMPTS);
  }
}

}  // namespace
}  // namespace yijie::engine
