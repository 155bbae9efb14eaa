#include "engine/account/account_transactions.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/account/account_history.h"
#include "engine/account/account_rules.h"
#include "engine/account/credit.h"
#include "engine/account/credited_months.h"
#include "engine/account/interest.h"
#include "engine/account/year_turn.h"
#include "engine/accumulator_codec.h"
#include "engine/payout/make_payouts.h"
#include "engine/stored_day.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using rules::SubAccount;
using store::v1::LedgerAccount;
using store::v1::PersonAccount;
using store::v1::PersonEvent;
using Amounts = std::array<Fen, rules::kSubAccounts>;  // by SubAccount

constexpr auto kCurrent = static_cast<size_t>(SubAccount::kCurrentYear);
constexpr auto kPast = static_cast<size_t>(SubAccount::kPastYears);

// Fund codes (基金支付类型) of personal accounts and of the employees' pool.
constexpr absl::string_view kAccountFund = "310200";
constexpr absl::string_view kEmployeePool = "310100";

// Documents that one account takes in; far above any real number.
constexpr int kMaxReceived = 200;

Fen Sum(const Amounts& amounts) { return amounts[kCurrent] + amounts[kPast]; }

v1::AccountResponse ResponseOf(const Person& person, const Moment& now) {
  v1::AccountResponse response;
  response.set_psn_no(person.facts->psn_no());
  AddSubBalances(person, response.mutable_sub_balance());
  response.set_balc_before_fen(person.balance().value());
  response.set_balc_fen(person.balance().value());
  response.set_version(person.version);
  response.set_post_time(now.rfc3339);
  return response;
}

v1::AccountResponse Refusal(v1::AccountOutcome outcome, absl::string_view reason,
                            const AccountWork& work) {
  v1::AccountResponse response = ResponseOf(work.person, work.now);
  response.set_outcome(outcome);
  response.set_reason(std::string(reason));
  return response;
}

Effect Refuse(v1::AccountOutcome outcome, absl::string_view reason, const AccountWork& work) {
  return Answer(Refusal(outcome, reason, work).SerializeAsString(), outcome);
}

// A version of an account call on its way.
class AccountBooking {
 public:
  template <typename Request>
  AccountBooking(const Request& request, const AccountWork& work, v1::AccountAct act)
      : work_(work), booking_(work.person, request.header(), work.request_bytes, work.now) {
    event().set_act(act);
  }

  PersonAccount& account() { return *booking_.state().mutable_account(); }
  store::v1::AccountEvent& event() { return *booking_.event().mutable_account(); }
  v1::AccountResponse& response() { return response_; }
  Booking& booking() { return booking_; }

  void Take(const Amounts& amounts) {
    for (size_t i = 0; i < amounts.size(); ++i)
      booking_.TakeFrom(static_cast<SubAccount>(i), amounts[i]);
  }
  void Put(const Amounts& amounts) {
    for (size_t i = 0; i < amounts.size(); ++i)
      booking_.TakeFrom(static_cast<SubAccount>(i), -amounts[i]);
  }
  // What balances the journal so far goes to this account of the ledger.
  void Balance(LedgerAccount account, absl::string_view subject) {
    booking_.Post(account, subject, -booking_.Sum());
  }

  // `amount` is what the response tells; by default the change of the balance.
  Effect Finish(std::optional<Fen> amount = std::nullopt) {
    const Person& next = booking_.next();
    const v1::AccountResponse told = ResponseOf(next, work_.now);
    response_.MergeFrom(told);
    response_.set_outcome(v1::ACCOUNT_DONE);
    response_.set_balc_before_fen(work_.person.balance().value());
    response_.set_amount_fen(amount.value_or(next.balance() - work_.person.balance()).value());
    return std::move(booking_).Finish(response_.SerializeAsString(), v1::ACCOUNT_DONE);
  }

 private:
  const AccountWork& work_;
  Booking booking_;
  v1::AccountResponse response_;
};

// `amount` out of what `available` holds, this year's money first.
Amounts TakenFrom(const Amounts& available, Fen amount) {
  Amounts taken;
  taken[kCurrent] = std::min(available[kCurrent], amount);
  taken[kPast] = amount - taken[kCurrent];
  return taken;
}

bool IsDead(const Person& person) { return !person.facts->death_date().empty(); }

// --- Interest

// First day of the person's records; the person has one.
absl::StatusOr<Date> FirstDay(const AccountWork& work) {
  YIJIE_ASSIGN_OR_RETURN(const auto record, work.store.LoadVersion(work.person.facts->psn_no(), 1));
  if (!record) return absl::DataLossError("the first version of a person is missing");
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(*record));
  return StoredDay(event.clr_date());
}

// The rules by which the account year that begins on `begins` bears interest: of its last day.
const v1::AccountRules& InterestRules(const AccountWork& work, Date next_begins) {
  return AccountAreaRules(work.reference, *work.person.facts, Date(next_begins.days() - 1))
      .account();
}

bool BearsInterest(const v1::AccountRules& rules) {
  return rules.current_year_interest_1e6() != 0 || rules.past_years_interest_1e6() != 0;
}

// First day from which interest is to be booked: where it was booked until, or the first record.
absl::StatusOr<Date> OpenSince(const AccountWork& work) {
  const std::string& until = work.person.rest->account().interest_until();
  if (!until.empty()) return StoredDay(until);
  return FirstDay(work);
}

// The first account year before the one that begins on `begins` whose interest is not booked; years
// without interest need no booking.
std::optional<Date> OpenYearBefore(const AccountWork& work, absl::string_view year_start,
                                   Date since, Date begins) {
  Date year = YearBegins(year_start, since);
  while (year < begins) {
    const Date next = NextYearBegins(year_start, year);
    if (BearsInterest(InterestRules(work, next))) return year;
    year = next;
  }
  return std::nullopt;
}

Effect RefuseForEarlierYear(Date year, const AccountWork& work) {
  return Refuse(v1::EARLIER_YEAR_OPEN,
                absl::StrCat("自", FormatDate(year), "起的账户年度尚未结息，请先办理"), work);
}

Amounts AmountsOf(const v1::AccountInterest& interest) {
  Amounts amounts;
  for (const v1::InterestPart& part : interest.part())
    amounts[part.sub_account() == v1::CURRENT_YEAR ? kCurrent : kPast] = Fen(part.amount_fen());
  return amounts;
}

void BookInterest(const v1::AccountInterest& interest, const Amounts& into, Date until,
                  AccountBooking* booking) {
  booking->Put(into);
  booking->Balance(store::v1::INTEREST_EXPENSE, kAccountFund);
  *booking->event().mutable_interest() = interest;
  *booking->response().mutable_interest() = interest;
  booking->account().set_interest_until(FormatDate(until));
}

// --- Documents

std::string DocumentKey(const v1::ReceiveIntoAccountRequest& request) {
  return request.act() == v1::ACT_INHERITANCE
             ? absl::StrCat("P", request.from_psn_no(), "/", request.document_no())
             : absl::StrCat("A", request.admdvs(), "/", request.document_no());
}

bool WasReceived(const PersonAccount& account, const std::string& key) {
  return std::binary_search(account.received().begin(), account.received().end(), key);
}

void NoteReceived(const std::string& key, PersonAccount* account) {
  account->add_received(key);
  std::sort(account->mutable_received()->begin(), account->mutable_received()->end());
}

// What the deceased's account gave for this heir under the document; nothing if it did not.
absl::StatusOr<std::optional<Amounts>> EstateOf(const v1::ReceiveIntoAccountRequest& request,
                                                const AccountWork& work) {
  YIJIE_ASSIGN_OR_RETURN(const auto newest, work.store.LoadLatest(request.from_psn_no()));
  if (!newest) return std::nullopt;
  YIJIE_ASSIGN_OR_RETURN(const Person owner, ParsePerson(*newest));
  for (const store::v1::AccountEnd& end : owner.rest->account().end()) {
    if (end.act() != v1::ACT_INHERITED || end.document_no() != request.document_no() ||
        end.other() != request.psn_no()) {
      continue;
    }
    Amounts amounts;
    for (const v1::SubBalance& sub : end.paid())
      amounts[sub.sub_account() == v1::CURRENT_YEAR ? kCurrent : kPast] = Fen(sub.balc_fen());
    return amounts;
  }
  return std::nullopt;
}

// Where the money of an ended account goes.
void PostEnd(const v1::EndAccountRequest& request, AccountBooking* booking) {
  switch (request.act()) {
    case v1::ACT_PAID_OUT:
      return booking->Balance(store::v1::PAYEE_PAYABLE, request.psn_no());
    case v1::ACT_INHERITED:
      return booking->Balance(store::v1::FAMILY_CLEARING, request.heir_psn_no());
    case v1::ACT_TRANSFERRED_OUT:
      return booking->Balance(store::v1::TRANSFER, request.admdvs());
    default:
      return booking->Balance(store::v1::FUND_INCOME, kEmployeePool);
  }
}

const std::string& OtherSideOf(const v1::EndAccountRequest& request) {
  return request.act() == v1::ACT_INHERITED ? request.heir_psn_no() : request.admdvs();
}

// Whether the reply to EndAccount is to be a refusal, apart from years that are not closed.
std::optional<Effect> RefusalOfEnd(const v1::EndAccountRequest& request, const AccountWork& work) {
  const PersonAccount& account = work.person.rest->account();
  if (account.ended() && work.person.balance() == Fen(0))
    return Refuse(v1::ACCOUNT_ENDED, "个人账户已终止", work);
  if (IsFrozen(account, work.now.day)) return Refuse(v1::ACCOUNT_FROZEN, "个人账户已冻结", work);
  const bool estate = request.act() == v1::ACT_INHERITED || request.act() == v1::ACT_TO_FUND;
  if (estate && !IsDead(work.person))
    return Refuse(v1::PERSON_NOT_DECEASED, "未登记死亡，不能办理继承", work);
  for (const store::v1::AccountEnd& end : account.end()) {
    if (end.act() == request.act() && end.document_no() == request.document_no() &&
        end.other() == OtherSideOf(request)) {
      return Refuse(v1::DOCUMENT_USED, "该文书已用于本账户的终止", work);
    }
  }
  return std::nullopt;
}

// --- Undoing

// A posting that may be undone; nothing if the version is none.
absl::StatusOr<std::optional<PersonEvent>> UndoableEvent(int64_t version, const AccountWork& work) {
  if (version > work.person.version) return std::nullopt;
  const auto& undone = work.person.rest->account().undone();
  if (std::binary_search(undone.begin(), undone.end(), version)) return std::nullopt;
  YIJIE_ASSIGN_OR_RETURN(const auto record,
                         work.store.LoadVersion(work.person.facts->psn_no(), version));
  if (!record) return absl::DataLossError("a version of a person is missing");
  YIJIE_ASSIGN_OR_RETURN(PersonEvent event, ParseEvent(*record));
  const v1::AccountAct act = event.account().act();
  if (!event.has_credited() && act != v1::ACT_CREDITED && act != v1::ACT_PAID &&
      act != v1::ACT_TRANSFERRED_IN) {
    return std::nullopt;
  }
  return event;
}

// What undoing takes out of the account now (negative: puts into it).
Amounts TakenByUndo(const PersonEvent& event, int64_t version, const Person& person) {
  Amounts taken;
  const Amounts paid = AccountPaid(event);
  for (size_t i = 0; i < paid.size(); ++i) {
    const auto now = SubAccountNow(static_cast<SubAccount>(i), version, person);
    taken[static_cast<size_t>(now)] -= paid[i];
  }
  return taken;
}

// The opposite of what a posting noted beside the money.
absl::Status TakeBackNotes(const PersonEvent& event, AccountBooking* booking) {
  PersonAccount& account = booking->account();
  if (event.account().has_months())
    RemoveMonths(event.account().months(), account.mutable_credited());
  if (event.account().act() == v1::ACT_TRANSFERRED_IN) {
    v1::ReceiveIntoAccountRequest original;
    if (!original.ParseFromString(event.request()))
      return absl::DataLossError("a stored request cannot be read");
    auto& received = *account.mutable_received();
    received.erase(std::remove(received.begin(), received.end(), DocumentKey(original)),
                   received.end());
  }
  std::vector<rules::AccumulatorEntry> deltas;
  for (const v1::AccumulatorValue& delta : event.delta()) {
    YIJIE_ASSIGN_OR_RETURN(rules::AccumulatorEntry entry, FromProto(delta));
    entry.value = -entry.value;
    deltas.push_back(entry);
  }
  booking->booking().Add(deltas);
  return absl::OkStatus();
}

void PostOpposite(const PersonEvent& event, const Amounts& taken, AccountBooking* booking) {
  booking->Take(taken);
  for (const store::v1::JournalLine& line : event.journal()) {
    if (line.account() != store::v1::PERSONAL_ACCOUNT)
      booking->booking().Post(line.account(), line.subject(), -Fen(line.amount_fen()));
  }
}

// The debts that an offset may take from, oldest first is left to DeductDebts.
std::vector<v1::BenefitDebt> DebtsFor(const v1::OffsetDebtRequest& request, const Person& person,
                                      std::vector<v1::BenefitDebt>* others) {
  std::vector<v1::BenefitDebt> debts;
  for (const v1::BenefitDebt& debt : person.rest->payouts().debt()) {
    // What another payee owes is not the account owner's.
    const bool wanted = debt.payee_certno().empty() &&
                        (request.debt_id().empty() || debt.debt_id() == request.debt_id());
    (wanted ? debts : *others).push_back(debt);
  }
  return debts;
}

}  // namespace

absl::StatusOr<Effect> CreditByPolicy(const v1::CreditByPolicyRequest& request,
                                      const AccountWork& work) {
  const CreditPlan plan = PlanCredit(work.reference, request, work.person, work.now);
  if (plan.outcome != v1::ACCOUNT_DONE) return Refuse(plan.outcome, plan.reason, work);
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(work.person, "psn_no"));
  AccountBooking booking(request, work, v1::ACT_CREDITED);
  booking.Put({plan.amount, Fen(0)});
  booking.Balance(store::v1::ACCOUNT_FUNDING, request.header().fixmedins_code());
  booking.booking().Add(plan.deltas);
  AddMonths(plan.months, booking.account().mutable_credited());
  booking.event().set_period(request.period());
  *booking.event().mutable_months() = plan.months;
  booking.event().set_policy(plan.program->id);
  booking.event().set_policy_hash(plan.program->hash.data(), plan.program->hash.size());
  booking.response().set_policy(plan.program->id);
  *booking.response().mutable_explanation() = plan.explanation;
  return booking.Finish();
}

v1::AccountResponse CheckCredit(const v1::CreditByPolicyRequest& request, const AccountWork& work) {
  const CreditPlan plan = PlanCredit(work.reference, request, work.person, work.now);
  v1::AccountResponse response = Refusal(plan.outcome, plan.reason, work);
  if (plan.outcome != v1::ACCOUNT_DONE) return response;
  response.set_amount_fen(plan.amount.value());
  response.set_policy(plan.program->id);
  *response.mutable_explanation() = plan.explanation;
  return response;
}

absl::StatusOr<Effect> CloseAccountYear(const v1::CloseAccountYearRequest& request,
                                        const AccountWork& work) {
  const std::string& year_start =
      AccountAreaRules(work.reference, *work.person.facts, work.now.day).year_start();
  const Date begins = YearBeginsIn(year_start, request.year());
  const Date ends = YearBeginsIn(year_start, request.year() + 1);
  if (work.now.day < ends) return Refuse(v1::YEAR_NOT_OVER, "该账户年度尚未结束", work);
  const std::string& until = work.person.rest->account().interest_until();
  if (!until.empty() && ends <= StoredDay(until))
    return Refuse(v1::YEAR_CLOSED, "该账户年度已结息", work);
  YIJIE_ASSIGN_OR_RETURN(const Date since, OpenSince(work));
  if (ends <= since) return Refuse(v1::YEAR_TOO_EARLY, "该年度在参保人首条记录之前", work);
  if (const auto open = OpenYearBefore(work, year_start, since, begins))
    return RefuseForEarlierYear(*open, work);
  YIJIE_ASSIGN_OR_RETURN(
      const BalanceSpan span,
      CollectBalances(work.reference, work.store, work.person, std::max(begins, since), ends));
  const v1::AccountInterest interest = ComputeInterest(span, InterestRules(work, ends));
  const bool carried =
      AccountAreaRules(work.reference, *work.person.facts, ends).account().year_rollover();
  const Amounts into = carried ? CarriedOver(AmountsOf(interest)) : AmountsOf(interest);
  if (work.person.balance() > Fen(kMaxBalanceFen) - Sum(into))
    return Refuse(v1::ACCOUNT_FULL, "计息后个人账户余额超过上限", work);
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(work.person, "psn_no"));
  AccountBooking booking(request, work, v1::ACT_INTEREST);
  booking.event().set_period(FormatDate(begins));
  BookInterest(interest, into, ends, &booking);
  return booking.Finish();
}

absl::StatusOr<Effect> PayFromAccount(const v1::PayFromAccountRequest& request,
                                      const AccountWork& work) {
  const PersonAccount& account = work.person.rest->account();
  if (account.ended()) return Refuse(v1::ACCOUNT_ENDED, "个人账户已终止", work);
  if (IsFrozen(account, work.now.day)) return Refuse(v1::ACCOUNT_FROZEN, "个人账户已冻结", work);
  const v1::AreaRules& area = AccountAreaRules(work.reference, *work.person.facts, work.now.day);
  const v1::AccountRules::Use* const use = FindUse(area.account(), request.purpose());
  if (use == nullptr || IsDead(work.person)) {
    return Refuse(v1::USE_NOT_PERMITTED,
                  use == nullptr ? "统筹区规定个人账户不得用于该用途" : "参保人已死亡", work);
  }
  Amounts available = work.person.account;
  if (use->past_years_only()) available[kCurrent] = Fen(0);
  const Fen amount(request.amount_fen());
  if (Sum(available) < amount) {
    return Refuse(v1::BALANCE_SHORT,
                  use->past_years_only() ? "历年账户余额不足" : "个人账户余额不足", work);
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(work.person, "psn_no"));
  AccountBooking booking(request, work, v1::ACT_PAID);
  booking.Take(TakenFrom(available, amount));
  booking.Balance(store::v1::PAYEE_PAYABLE, request.payee());
  return booking.Finish();
}

absl::StatusOr<Effect> FreezeAccount(const v1::FreezeAccountRequest& request,
                                     const AccountWork& work) {
  const PersonAccount& account = work.person.rest->account();
  if (account.ended()) return Refuse(v1::ACCOUNT_ENDED, "个人账户已终止", work);
  if (account.has_freeze() == request.frozen()) {
    return Refuse(v1::FREEZE_AS_IT_WAS, request.frozen() ? "个人账户已冻结" : "个人账户未冻结",
                  work);
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(work.person, "psn_no"));
  AccountBooking booking(request, work, request.frozen() ? v1::ACT_FROZEN : v1::ACT_UNFROZEN);
  if (request.frozen()) {
    store::v1::AccountFreeze& freeze = *booking.account().mutable_freeze();
    freeze.set_begndate(request.begndate());
    freeze.set_reason(request.reason());
  } else {
    booking.account().clear_freeze();
  }
  return booking.Finish();
}

absl::StatusOr<Effect> EndAccount(const v1::EndAccountRequest& request, const AccountWork& work) {
  if (auto refusal = RefusalOfEnd(request, work)) return *std::move(refusal);
  const v1::AreaRules& area = AccountAreaRules(work.reference, *work.person.facts, work.now.day);
  const Date year = YearBegins(area.year_start(), work.now.day);
  YIJIE_ASSIGN_OR_RETURN(const Date since, OpenSince(work));
  if (const auto open = OpenYearBefore(work, area.year_start(), since, year))
    return RefuseForEarlierYear(*open, work);
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(work.person, "psn_no"));

  AccountBooking booking(request, work, request.act());
  const Date from = std::max(year, since);
  if (from < work.now.day && BearsInterest(area.account())) {
    YIJIE_ASSIGN_OR_RETURN(
        const BalanceSpan span,
        CollectBalances(work.reference, work.store, work.person, from, work.now.day));
    const v1::AccountInterest interest = ComputeInterest(span, area.account());
    BookInterest(interest, AmountsOf(interest), work.now.day, &booking);
  }
  const Amounts all = booking.booking().next().account;
  booking.Take(all);
  PostEnd(request, &booking);
  store::v1::AccountEnd& end = *booking.account().add_end();
  end.set_act(request.act());
  end.set_document_no(request.document_no());
  end.set_other(OtherSideOf(request));
  for (size_t i = 0; i < all.size(); ++i) {
    v1::SubBalance* const paid = end.add_paid();
    paid->set_sub_account(i == kCurrent ? v1::CURRENT_YEAR : v1::PAST_YEARS);
    paid->set_balc_fen(all[i].value());
  }
  booking.account().set_ended(true);
  return booking.Finish(-Sum(all));
}

absl::StatusOr<Effect> ReceiveIntoAccount(const v1::ReceiveIntoAccountRequest& request,
                                          const AccountWork& work) {
  const PersonAccount& account = work.person.rest->account();
  const bool transfer = request.act() == v1::ACT_TRANSFERRED_IN;
  const bool left = account.end_size() > 0 &&
                    account.end(account.end_size() - 1).act() == v1::ACT_TRANSFERRED_OUT;
  if (account.ended() && !(transfer && left))
    return Refuse(v1::ACCOUNT_ENDED, "个人账户已终止", work);
  if (AccountCoverage(BenefitFacts(*work.reference.areas, *work.person.facts), work.now.day) ==
      nullptr)
    return Refuse(v1::CREDIT_REFUSED, "没有职工医保参保关系，没有个人账户", work);
  Amounts amounts{Fen(request.current_year_fen()), Fen(request.past_years_fen())};
  if (!transfer) {
    YIJIE_ASSIGN_OR_RETURN(const std::optional<Amounts> estate, EstateOf(request, work));
    if (!estate) return Refuse(v1::NO_SUCH_DOCUMENT, "被继承人账户没有该文书的继承记录", work);
    amounts = *estate;
  }
  const std::string key = DocumentKey(request);
  if (WasReceived(account, key)) return Refuse(v1::DOCUMENT_USED, "该文书已入账", work);
  if (account.received_size() >= kMaxReceived ||
      work.person.balance() > Fen(kMaxBalanceFen) - Sum(amounts)) {
    return Refuse(v1::ACCOUNT_FULL, "个人账户余额或入账文书数超过上限", work);
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(work.person, "psn_no"));
  AccountBooking booking(request, work, request.act());
  booking.Put(amounts);
  booking.Balance(transfer ? store::v1::TRANSFER : store::v1::FAMILY_CLEARING,
                  transfer ? request.admdvs() : request.from_psn_no());
  NoteReceived(key, &booking.account());
  booking.account().set_ended(false);
  return booking.Finish();
}

absl::StatusOr<Effect> OffsetDebt(const v1::OffsetDebtRequest& request, const AccountWork& work) {
  const PersonAccount& account = work.person.rest->account();
  if (IsFrozen(account, work.now.day)) return Refuse(v1::ACCOUNT_FROZEN, "个人账户已冻结", work);
  std::vector<v1::BenefitDebt> left;
  std::vector<v1::BenefitDebt> debts = DebtsFor(request, work.person, &left);
  if (debts.empty()) return Refuse(v1::NO_DEBT, "没有应退回的待遇", work);
  const Fen balance = work.person.balance();
  if (balance == Fen(0)) return Refuse(v1::BALANCE_SHORT, "个人账户没有余额", work);
  const Fen most =
      request.amount_fen() == 0 ? balance : std::min(balance, Fen(request.amount_fen()));
  DebtDeduction deduction = DeductDebts(std::move(debts), most);
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(work.person, "psn_no"));
  AccountBooking booking(request, work, v1::ACT_DEBT_OFFSET);
  booking.Take(TakenFrom(work.person.account, most - deduction.net));
  booking.Balance(store::v1::PERSON_CLEARING, request.psn_no());
  left.insert(left.end(), deduction.left.begin(), deduction.left.end());
  std::sort(left.begin(), left.end(), [](const v1::BenefitDebt& a, const v1::BenefitDebt& b) {
    return std::make_pair(a.since(), a.debt_id()) < std::make_pair(b.since(), b.debt_id());
  });
  auto& stored = *booking.booking().state().mutable_payouts()->mutable_debt();
  stored.Clear();
  for (v1::BenefitDebt& debt : left) *stored.Add() = std::move(debt);
  return booking.Finish();
}

absl::StatusOr<Effect> UndoAccountPosting(const v1::UndoAccountPostingRequest& request,
                                          const AccountWork& work) {
  YIJIE_ASSIGN_OR_RETURN(const std::optional<PersonEvent> event,
                         UndoableEvent(request.version(), work));
  if (!event) return Refuse(v1::CANNOT_BE_UNDONE, "该记录不是可冲销的入账或支付，或已冲销", work);
  const Amounts taken = TakenByUndo(*event, request.version(), work.person);
  for (size_t i = 0; i < taken.size(); ++i) {
    if (work.person.account[i] < taken[i])
      return Refuse(v1::BALANCE_SHORT, "个人账户余额不足以冲销，须登记为应退回的款项", work);
  }
  if (work.person.balance() > Fen(kMaxBalanceFen) + Sum(taken))
    return Refuse(v1::ACCOUNT_FULL, "冲销后个人账户余额超过上限", work);
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(work.person, "psn_no"));
  AccountBooking booking(request, work, v1::ACT_UNDONE);
  PostOpposite(*event, taken, &booking);
  YIJIE_RETURN_IF_ERROR(TakeBackNotes(*event, &booking));
  booking.event().set_undoes_version(request.version());
  auto& undone = *booking.account().mutable_undone();
  undone.Add(request.version());
  std::sort(undone.begin(), undone.end());
  return booking.Finish();
}

}  // namespace yijie::engine
