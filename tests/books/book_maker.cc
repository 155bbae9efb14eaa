#include "tests/books/book_maker.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/books/book_entry.h"
#include "engine/books/clearing_class.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::BookEntry;

constexpr std::array<const char*, 2> kSchemes = {"310", "390"};
constexpr std::array<const char*, 4> kClasses = {"11", "14", "21", "99940"};

std::string IdOf(int64_t number) { return absl::StrFormat("410199261101%018d", number); }
std::string PersonOf(int64_t number) { return absl::StrFormat("4101990000%020d", number); }

v1::Settlement MakeSettlement(int64_t number, std::mt19937_64& random) {
  const auto up_to = [&](int64_t most) {
    return std::uniform_int_distribution<int64_t>(0, most)(random);
  };
  v1::Settlement settlement;
  settlement.set_setl_id(IdOf(number));
  settlement.set_outcome(v1::SETTLED);
  settlement.set_psn_no(PersonOf(up_to(20)));
  settlement.set_insutype(kSchemes[static_cast<size_t>(up_to(1))]);
  settlement.set_med_type(
      std::array<const char*, 4>{"11", "14", "2101", "52"}[static_cast<size_t>(up_to(3))]);
  settlement.set_fixmedins_code(kInstitution);
  settlement.set_medins_setl_id(absl::StrCat("M", number));
  settlement.set_mdtrt_id(absl::StrCat("V", number));
  settlement.set_clr_date(absl::StrFormat("2026-11-%02d", 1 + up_to(29)));
  settlement.set_clr_type(std::string(ClearingClass(settlement.med_type(), "", "")));
  settlement.set_version(number);
  const int64_t pool = up_to(100'000), aid = up_to(1) * up_to(5'000), account = up_to(20'000);
  const int64_t cash = up_to(30'000);
  v1::Amounts& amounts = *settlement.mutable_amounts();
  amounts.set_medfee_sumamt_fen(pool + aid + account + cash);
  amounts.set_fund_pay_sumamt_fen(pool + aid);
  amounts.set_acct_pay_fen(account - account / 3);
  amounts.set_acct_mulaid_pay_fen(account / 3);
  amounts.set_psn_cash_pay_fen(cash);
  const auto add = [&](const char* code, int64_t fen) {
    if (fen == 0) return;
    v1::FundPayment& fund = *settlement.add_setldetail();
    fund.set_fund_pay_type(code);
    fund.set_fund_payamt_fen(fen);
  };
  add("610100", aid);
  add(settlement.insutype() == "310" ? "310100" : "390100", pool);
  return settlement;
}

}  // namespace

BookedShares SharesOf(const v1::Settlement& settlement, const ClearingTerms& terms) {
  const v1::Amounts& amounts = settlement.amounts();
  const Fen account = Fen(amounts.acct_pay_fen()) + Fen(amounts.acct_mulaid_pay_fen());
  const Fen due = Fen(amounts.fund_pay_sumamt_fen()) + account;
  const Fen held = QualityDeposit(due, account, terms);
  return {due - held, held, Fen(0)};
}

BookedShares TakenBack(const BookEntry& settlement) {
  const v1::ClearingAmounts& amounts = settlement.amounts();
  return {-Fen(amounts.payable_fen()), -Fen(amounts.quality_deposit_fen()),
          -Fen(amounts.psn_clearing_fen())};
}

uint64_t SeedOfRun() {
  const char* given = std::getenv("YIJIE_SEED");
  const uint64_t seed = given == nullptr ? 20261121 : std::strtoull(given, nullptr, 10);
  std::printf("YIJIE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

v1::BookRow MakeRow(int64_t number, int days) {
  v1::BookRow row;
  row.set_setl_id(IdOf(number));
  row.set_psn_no(PersonOf(number / 7));
  row.set_clr_date(absl::StrFormat("2026-11-%02d", 1 + number % days));
  row.set_insutype(kSchemes[static_cast<size_t>(number / days % 2)]);
  row.set_clr_type(kClasses[static_cast<size_t>(number / days / 2 % 4)]);
  row.set_refd_setl_flag(number % 97 == 0);
  const int64_t sign = row.refd_setl_flag() ? -1 : 1;
  row.set_medfee_sumamt_fen(sign * (10'000 + number % 5'003));
  row.set_fund_pay_sumamt_fen(sign * (6'000 + number % 1'009));
  row.set_acct_pay_fen(sign * (1'000 + number % 503));
  row.set_psn_cash_pay_fen(row.medfee_sumamt_fen() - row.fund_pay_sumamt_fen() -
                           row.acct_pay_fen());
  row.set_medins_setl_id(absl::StrFormat("H41010099901%018d", number));
  row.set_mdtrt_id(absl::StrFormat("V%015d", number));
  return row;
}

std::vector<v1::BookRow> MakeRows(int64_t count, int days) {
  std::vector<v1::BookRow> rows;
  rows.reserve(static_cast<size_t>(count));
  for (int64_t number = 0; number < count; ++number) rows.push_back(MakeRow(number, days));
  return rows;
}

v1::BookScope WholeNovember() {
  v1::BookScope scope;
  scope.set_fixmedins_code(kInstitution);
  scope.set_begndate("2026-11-01");
  scope.set_enddate("2026-11-30");
  scope.set_refund(v1::ALL_RECORDS);
  return scope;
}

std::vector<BookEntry> MakeEntries(int count, std::mt19937_64& random) {
  const ClearingMonth october = *ClearingMonth::Parse("2026-10"), november = october.Next();
  const ClearingTerms terms = {Ratio(50'000), true};  // sample data
  std::vector<BookEntry> entries;
  for (int64_t number = 1; static_cast<int>(entries.size()) < count; ++number) {
    v1::Settlement settlement = MakeSettlement(number, random);
    const uint64_t fate = random() % 10;
    const bool late = fate == 0;
    BookEntry entry =
        BookSettlement(settlement, {SharesOf(settlement, terms), late ? october : november});
    if (late) entry.set_clr_date("2026-10-30");
    if (!late) entries.push_back(entry);
    if (fate > 2) continue;
    v1::Reversal reversal;
    reversal.set_setl_id(absl::StrFormat("410199261130%018d", number));
    reversal.set_clr_date("2026-11-30");
    reversal.set_version(number + 1);
    entries.push_back(
        BookReversal(entry, reversal, absl::StrCat("R", number), {TakenBack(entry), november}));
  }
  entries.resize(static_cast<size_t>(count));
  return entries;
}

}  // namespace yijie::engine
