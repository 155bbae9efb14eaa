// Random histories of an account against a plain model that turns the year at midnight and adds up
// interest day by day. The seed is printed; YIJIE_SEED repeats a run.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/account/account_history.h"
#include "tests/account/account_world.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Balances = AccountWorld::Balances;

constexpr int kHistories = 60;
constexpr int kSteps = 120;

// What a message moved, in the sub-accounts where its money is now; out of the account is positive.
struct Moved {
  Balances out;
  int64_t version = 0;
  std::string setl_id;   // of a settlement
  std::set<int> months;  // of a credit by policy
  std::string document;  // of a transfer in
};

// The account as a book kept by hand.
class Model {
 public:
  explicit Model(Date first) : day_(first), first_(first) { Snap(StartOfDay(first)); }

  const Balances& now() const { return now_; }

  // Day after day, so that no turn of a year is missed.
  void GoTo(Date day) {
    while (day_ < day) {
      ends_[day_.days()] = bearing_;
      day_ = Date(day_.days() + 1);
      if (day_.civil().month != 7 || day_.civil().day != 1) continue;
      Carry(&now_);
      Carry(&bearing_);
      for (Moved& moved : moved_) Carry(&moved.out);
      Snap(StartOfDay(day_));
    }
  }

  void Move(int64_t ms, const Balances& out) {
    now_.current -= out.current;
    now_.past -= out.past;
    bearing_.current -= out.current;
    bearing_.past -= out.past;
    Snap(ms);
  }

  // Interest of the account year that began in `year`.
  int64_t CloseYear(int64_t ms, int year) {
    const Date begins = std::max(Date::FromCivil(year, 7, 1), first_);
    const Date ends = Date::FromCivil(year + 1, 7, 1);
    const auto bearing = [&](int32_t day) { return day < day_.days() ? ends_[day] : bearing_; };
    __int128 current = 0;
    __int128 past = 0;
    for (int32_t day = begins.days(); day < ends.days(); ++day) {
      current += bearing(day).current;
      past += bearing(day).past;
    }
    const int64_t interest = Rounded(current * 3'500) + Rounded(past * 15'000);
    // It bears interest itself from the first day after the year.
    for (int32_t day = ends.days(); day < day_.days(); ++day) ends_[day].past += interest;
    bearing_.past += interest;
    now_.past += interest;
    Snap(ms);
    closed_through_ = year;
    return interest;
  }

  Balances AsOf(int64_t ms) const {
    const auto next = snaps_.upper_bound(ms);
    return next == snaps_.begin() ? Balances() : std::prev(next)->second;
  }

  std::vector<Moved>& moved() { return moved_; }
  std::set<int>& credited() { return credited_; }
  std::set<std::string>& documents() { return documents_; }
  bool frozen = false;
  int closed_through_ = 2023;  // the first year is that of 2024

 private:
  static void Carry(Balances* balances) {
    balances->past += balances->current;
    balances->current = 0;
  }
  // Half up, of fen-days times millionths.
  static int64_t Rounded(__int128 value) {
    const __int128 year = __int128(360) * 1'000'000;
    const __int128 whole = value / year;
    return static_cast<int64_t>(whole + (value % year * 2 >= year ? 1 : 0));
  }
  void Snap(int64_t ms) { snaps_[ms] = now_; }

  Date day_;
  const Date first_;
  Balances now_;
  Balances bearing_;                   // what bears interest today
  std::map<int32_t, Balances> ends_;   // and at the end of past days
  std::map<int64_t, Balances> snaps_;  // by instant
  std::vector<Moved> moved_;           // that can be undone
  std::set<int> credited_;             // months
  std::set<std::string> documents_;
};

class History {
 public:
  explicit History(uint64_t seed) : random_(seed), model_(world_.today()) {}

  void Run() {
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) {
      if (Below(3) == 0) GoTo(Date(world_.today().days() + 1 + Below(Below(8) == 0 ? 300 : 20)));
      Step();
      Compare();
      if (Below(20) == 0) world_.Restart();
    }
    CompareStatement();
    EXPECT_TRUE(world_.LedgerIsClean());
  }

  static std::map<std::string, int>& Done() {
    static auto* const done = new std::map<std::string, int>();
    return *done;
  }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<uint64_t>(n)); }
  int64_t Some(int64_t most) {
    return 1 + static_cast<int64_t>(random_() % static_cast<uint64_t>(most));
  }

  void GoTo(Date day) {
    world_.GoTo(day);
    model_.GoTo(day);
  }

  // True if the model expects it to be done.
  bool Expect(const char* what, const v1::AccountResponse& got, v1::AccountOutcome want) {
    EXPECT_EQ(got.outcome(), want)
        << what << " on " << FormatDate(world_.today()) << ": " << got.reason();
    EXPECT_EQ(got.reason().empty(), want == v1::ACCOUNT_DONE) << what;
    if (want == v1::ACCOUNT_DONE) ++Done()[what];
    return want == v1::ACCOUNT_DONE && got.outcome() == want;
  }

  void Step() {
    switch (Below(12)) {
      case 0:
      case 1:
        return CreditByPolicy();
      case 2:
        return Put();
      case 3:
      case 4:
      case 5:
        return Settle();
      case 6:
        return Reverse();
      case 7:
        return Pay();
      case 8:
        return Undo();
      case 9:
        return CloseYear();
      case 10:
        return Freeze();
      default:
        return TransferIn();
    }
  }

  // What `fen` takes, this year's money first.
  Balances Taken(int64_t fen) const {
    const int64_t current = std::min(fen, model_.now().current);
    return {current, fen - current};
  }

  void Note(Moved moved) {
    model_.Move(world_.now_ms(), moved.out);
    moved.version = world_.Version();
    model_.moved().push_back(std::move(moved));
  }

  void CreditByPolicy() {
    const Date::Civil today = world_.today().civil();
    const int month = today.year * 12 + today.month - 1 - Below(6) + (Below(10) == 0 ? 1 : 0);
    const int64_t base = Some(3'000'000) + 100;
    const v1::AccountResponse got = world_.Act(
        Call::kCreditByPolicy,
        AccountWorld::CreditFor(absl::StrFormat("%04d-%02d", month / 12, month % 12 + 1), base));
    const bool future = month > today.year * 12 + today.month - 1;
    const auto want = future                           ? v1::PERIOD_NOT_BEGUN
                      : model_.credited().count(month) ? v1::PERIOD_CREDITED
                                                       : v1::ACCOUNT_DONE;
    if (!Expect("credit", got, want)) return;
    const int64_t amount = (base * 2 + 50) / 100;
    EXPECT_EQ(got.amount_fen(), amount);
    model_.credited().insert(month);
    Note({{-amount, 0}, 0, "", {month}, ""});
  }

  void Put() {
    const int64_t fen = Some(100'000);
    const bool past = Below(2) == 0;
    world_.Put(fen, past ? v1::PAST_YEARS : v1::CURRENT_YEAR);
    ++Done()["put"];
    Note({{past ? 0 : -fen, past ? -fen : 0}, 0, "", {}, ""});
  }

  void Settle() {
    const int64_t fen = 2 * Some(60'000);
    const v1::Settlement got = world_.Settle(fen);
    ASSERT_EQ(got.outcome(), v1::SETTLED) << got.reason();
    const int64_t balance = model_.now().current + model_.now().past;
    const int64_t paid = model_.frozen ? 0 : std::min(fen / 2, balance);
    EXPECT_EQ(got.amounts().acct_pay_fen(), paid);
    EXPECT_EQ(got.amounts().psn_cash_pay_fen(), fen / 2 - paid);
    ++Done()[model_.frozen ? "settle while frozen" : "settle"];
    Note({Taken(paid), 0, got.setl_id(), {}, ""});
  }

  // A posting that stands and is (or is not) a settlement; null if there is none.
  Moved* Pick(bool settlement) {
    std::vector<Moved*> found;
    for (Moved& moved : model_.moved()) {
      if (moved.setl_id.empty() != settlement) found.push_back(&moved);
    }
    return found.empty() ? nullptr : found[random_() % found.size()];
  }

  void Drop(const Moved* moved) {
    model_.moved().erase(model_.moved().begin() + (moved - model_.moved().data()));
  }

  void Reverse() {
    Moved* const moved = Pick(true);
    if (moved == nullptr) return;
    EXPECT_EQ(world_.Reverse(moved->setl_id).outcome(), v1::REVERSED);
    const bool other_year = moved->out.past > 0 && moved->out.current == 0;
    ++Done()[other_year ? "reverse into past years" : "reverse"];
    model_.Move(world_.now_ms(), {-moved->out.current, -moved->out.past});
    Drop(moved);
  }

  void Pay() {
    const bool premium = Below(2) == 0;
    const int64_t fen = Some(40'000);
    const v1::AccountResponse got = world_.Act(
        Call::kPayFromAccount, AccountWorld::Pay(premium ? v1::AccountRules::FAMILY_PREMIUM
                                                         : v1::AccountRules::COMMERCIAL_INSURANCE,
                                                 fen));
    const int64_t usable = model_.now().past + (premium ? model_.now().current : 0);
    const auto want = model_.frozen  ? v1::ACCOUNT_FROZEN
                      : usable < fen ? v1::BALANCE_SHORT
                                     : v1::ACCOUNT_DONE;
    if (!Expect(premium ? "premium" : "insurance", got, want)) return;
    Note({premium ? Taken(fen) : Balances{0, fen}, 0, "", {}, ""});
  }

  void Undo() {
    Moved* const moved = Pick(false);
    if (moved == nullptr) return;
    const v1::AccountResponse got =
        world_.Act(Call::kUndoAccountPosting, AccountWorld::Undo(moved->version));
    const bool has =
        model_.now().current + moved->out.current >= 0 && model_.now().past + moved->out.past >= 0;
    if (!Expect("undo", got, has ? v1::ACCOUNT_DONE : v1::BALANCE_SHORT)) return;
    model_.Move(world_.now_ms(), {-moved->out.current, -moved->out.past});
    for (const int month : moved->months) model_.credited().erase(month);
    model_.documents().erase(moved->document);
    const int64_t version = moved->version;
    Drop(moved);
    EXPECT_EQ(world_.Act(Call::kUndoAccountPosting, AccountWorld::Undo(version)).outcome(),
              v1::CANNOT_BE_UNDONE);
  }

  void CloseYear() {
    const int year = model_.closed_through_ + 1 + (Below(6) == 0 ? 1 : 0) - (Below(6) == 0 ? 1 : 0);
    const v1::AccountResponse got =
        world_.Act(Call::kCloseAccountYear, AccountWorld::CloseYear(year));
    const auto want = world_.today() < Date::FromCivil(year + 1, 7, 1) ? v1::YEAR_NOT_OVER
                      : year < 2024                                    ? v1::YEAR_TOO_EARLY
                      : year <= model_.closed_through_                 ? v1::YEAR_CLOSED
                      : year > model_.closed_through_ + 1              ? v1::EARLIER_YEAR_OPEN
                                                                       : v1::ACCOUNT_DONE;
    // Before any year is closed, those before the first are too early; afterwards they are closed.
    const bool both = want == v1::YEAR_TOO_EARLY && model_.closed_through_ >= 2024;
    if (!Expect("close year", got, both ? v1::YEAR_CLOSED : want)) return;
    EXPECT_EQ(got.amount_fen(), model_.CloseYear(world_.now_ms(), year)) << year;
    if (got.amount_fen() > 0) ++Done()["interest"];
  }

  void Freeze() {
    const bool freeze = Below(2) == 0;
    const v1::AccountResponse got = world_.Act(
        Call::kFreezeAccount,
        AccountWorld::Freeze(freeze, freeze ? FormatDate(world_.today()) : std::string()));
    const auto want = freeze == model_.frozen ? v1::FREEZE_AS_IT_WAS : v1::ACCOUNT_DONE;
    if (Expect(freeze ? "freeze" : "unfreeze", got, want)) model_.frozen = freeze;
  }

  void TransferIn() {
    const std::string document = absl::StrCat("T", Below(20));
    const Balances in{Some(20'000), Some(20'000)};
    const v1::AccountResponse got = world_.Act(
        Call::kReceiveIntoAccount, AccountWorld::TransferIn(document, in.current, in.past));
    const bool used = model_.documents().count(document) > 0;
    if (!Expect("transfer in", got, used ? v1::DOCUMENT_USED : v1::ACCOUNT_DONE)) return;
    model_.documents().insert(document);
    Note({{-in.current, -in.past}, 0, "", {}, document});
  }

  void Compare() {
    ASSERT_EQ(world_.Now(), model_.now()) << FormatDate(world_.today());
    const int64_t from = StartOfDay(*ParseDate("2025-01-01"));
    const int64_t then =
        from + static_cast<int64_t>(random_() % static_cast<uint64_t>(world_.now_ms() - from + 1));
    ASSERT_EQ(AccountWorld::Of(world_.AsOf(then).sub_balance()), model_.AsOf(then))
        << MomentOf(then).rfc3339 << " seen on " << FormatDate(world_.today());
  }

  void CompareStatement() {
    v1::GetAccountStatementRequest request;
    request.set_psn_no(kOwner);
    request.set_begndate(FormatDate(Date(world_.today().days() - 1 - Below(600))));
    request.set_enddate(FormatDate(Date(world_.today().days() - Below(30))));
    if (request.enddate() < request.begndate()) return;
    request.set_page_size(1 + Below(9));
    Balances balances;
    v1::GetAccountStatementResponse response;
    do {
      response =
          Parsed<v1::GetAccountStatementResponse>(world_.Send(Call::kGetAccountStatement, request));
      if (request.after_version() == 0) balances = AccountWorld::Of(response.opening());
      for (const v1::StatementLine& line : response.line()) {
        balances.current += line.current_year_fen();
        balances.past += line.past_years_fen();
        EXPECT_EQ(line.balc_fen(), balances.current + balances.past);
        request.set_after_version(line.version());
      }
    } while (response.more());
    EXPECT_EQ(balances, AccountWorld::Of(response.closing()));
  }

  std::mt19937_64 random_;
  AccountWorld world_;
  Model model_;
};

TEST(AccountModel, RandomHistoriesComeOutAsInTheModel) {
  const char* const given = std::getenv("YIJIE_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261122;
  std::printf("YIJIE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  for (uint64_t i = 0; i < kHistories && !HasFailure(); ++i) {
    SCOPED_TRACE(absl::StrCat("YIJIE_SEED=", seed + i, " (first history)"));
    History(seed + i).Run();
  }
  if (given != nullptr) return;
  for (const char* what : {"credit", "put", "settle", "settle while frozen", "reverse",
                           "reverse into past years", "premium", "insurance", "undo", "close year",
                           "interest", "freeze", "unfreeze", "transfer in"}) {
    EXPECT_GT(History::Done()[what], 20) << what;
  }
}

}  // namespace
}  // namespace yijie::engine
