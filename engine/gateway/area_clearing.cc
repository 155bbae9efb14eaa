#include "engine/gateway/area_clearing.h"

#include <algorithm>
#include <limits>
#include <map>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/books/book_projection.h"
#include "engine/books/pair_code.h"

namespace yijie::engine {
namespace {

using absl::int128;

constexpr size_t kAreaDigits = 6;

// The codes of all books there are, ascending: one look-up each.
absl::StatusOr<std::vector<std::string>> BooksThereAre(storage::StoreReader& store) {
  std::vector<std::string> codes;
  std::string first;
  while (true) {
    YIJIE_ASSIGN_OR_RETURN(const auto rows, store.ScanRows(kBookGroupTable, first, "", 1));
    if (rows.empty()) return codes;
    codes.push_back(rows[0].key.substr(0, rows[0].key.find('\0')));
    first = absl::StrCat(codes.back(), "\1");  // after the zero byte that ends a code
  }
}

// Of one pair, over some days.
struct PairSums {
  SetDigest settlements, refunds;
  std::map<std::pair<std::string, std::string>, GroupDigests> scheme;  // scheme and class
};

int64_t PayableFen(const SetDigest& settlements, const SetDigest& refunds) {
  const v1::BookTotals plus = settlements.ToTotals(), minus = refunds.ToTotals();
  return (Fen(plus.fund_pay_sumamt_fen()) + Fen(plus.acct_pay_fen()) +
          Fen(minus.fund_pay_sumamt_fen()) + Fen(minus.acct_pay_fen()))
      .value();
}

absl::StatusOr<PairSums> SumsOf(storage::StoreReader& store, const std::string& pair,
                                const std::string& first_day, const std::string& last_day) {
  PairSums sums;
  YIJIE_RETURN_IF_ERROR(
      StoredBook(store, pair)
          .VisitGroups(first_day, last_day,
                       [&](const BookGroup& group, const GroupDigests& digests) {
                         sums.settlements.Merge(digests.settlements);
                         sums.refunds.Merge(digests.refunds);
                         GroupDigests& scheme = sums.scheme[{group.insutype, group.clr_type}];
                         scheme.settlements.Merge(digests.settlements);
                         scheme.refunds.Merge(digests.refunds);
                       }));
  return sums;
}

std::string FirstDayOf(ClearingMonth month) { return absl::StrCat(month.Format(), "-01"); }
std::string LastDayOf(ClearingMonth month) {
  return absl::StrCat(month.Format(), "-31");  // days compare as text
}

v1::PairClearing ClearingOf(const std::string& care, const std::string& insured,
                            const PairSums& sums) {
  v1::PairClearing clearing;
  clearing.set_insuplc_admdvs(insured);
  clearing.set_mdtrtarea_admdvs(care);
  *clearing.mutable_settlements() = sums.settlements.ToTotals();
  *clearing.mutable_refunds() = sums.refunds.ToTotals();
  for (const auto& [codes, digests] : sums.scheme) {
    v1::SchemeClearing& scheme = *clearing.add_scheme();
    scheme.set_insutype(codes.first);
    scheme.set_clr_type(codes.second);
    scheme.set_settlements(digests.settlements.count());
    scheme.set_refunds(digests.refunds.count());
    scheme.set_payable_fen(PayableFen(digests.settlements, digests.refunds));
  }
  clearing.set_payable_fen(PayableFen(sums.settlements, sums.refunds));
  return clearing;
}

// What `debtor` owes `creditor`; two areas stand under one key, the smaller code first.
using Debts = std::map<std::pair<std::string, std::string>, Fen>;

void AddDebt(const v1::PairClearing& pair, Debts* debts) {
  const std::string& debtor = pair.insuplc_admdvs();
  const std::string& creditor = pair.mdtrtarea_admdvs();
  if (debtor == creditor) return;
  const Fen owed(pair.payable_fen());
  debtor < creditor ? (*debts)[{debtor, creditor}] += owed : (*debts)[{creditor, debtor}] -= owed;
}

void SetNet(const Debts& debts, v1::AreaClearing* clearing) {
  std::map<std::pair<std::string, std::string>, Fen> owed;  // by debtor, then creditor
  for (const auto& [areas, amount] : debts) {
    if (amount > Fen(0)) owed[areas] = amount;
    if (amount < Fen(0)) owed[{areas.second, areas.first}] = -amount;
  }
  for (const auto& [areas, amount] : owed) {
    v1::AreaDebt& debt = *clearing->add_net();
    debt.set_debtor_admdvs(areas.first);
    debt.set_creditor_admdvs(areas.second);
    debt.set_amount_fen(amount.value());
  }
}

void SetPositions(v1::AreaClearing* clearing) {
  struct Position {
    Fen receivable, payable;
  };
  std::map<std::string, Position> positions;
  for (const v1::PairClearing& pair : clearing->pair()) {
    positions[pair.mdtrtarea_admdvs()].receivable += Fen(pair.payable_fen());
    positions[pair.insuplc_admdvs()].payable += Fen(pair.payable_fen());
  }
  for (const auto& [area, position] : positions) {
    v1::AreaPosition& added = *clearing->add_position();
    added.set_admdvs(area);
    added.set_receivable_fen(position.receivable.value());
    added.set_payable_fen(position.payable.value());
    added.set_net_fen((position.receivable - position.payable).value());
  }
}

// --- Advance funds

int DaysOf(ClearingMonth month) {
  const Date first = *ParseDate(FirstDayOf(month));
  return AddMonths(first, 1).days() - first.days();
}

int32_t ShareOf1e4(int64_t cleared_fen, int64_t advance_fen) {
  if (cleared_fen <= 0) return 0;
  const int128 share = int128(cleared_fen) * 10'000 / advance_fen;
  return static_cast<int32_t>(std::min<int128>(share, std::numeric_limits<int32_t>::max()));
}

// As much as the month comes to if it goes on as it began, rounded half up.
int64_t Forecast(int64_t cleared_fen, int days_counted, int days) {
  const int128 twice = int128(cleared_fen) * days * 2 + days_counted;
  const int128 whole = twice / (2 * days_counted);
  const bool below = twice < 0 && whole * (2 * days_counted) != twice;
  return static_cast<int64_t>(below ? whole - 1 : whole);
}

v1::AdvanceUsage UsageOf(int64_t advance_fen, int64_t cleared_fen, int days_counted, int days) {
  v1::AdvanceUsage usage;
  usage.set_advance_fen(advance_fen);
  usage.set_cleared_fen(cleared_fen);
  usage.set_usage_1e4(ShareOf1e4(cleared_fen, advance_fen));
  usage.set_warning(WarningFor(cleared_fen, advance_fen));
  usage.set_forecast_fen(Forecast(cleared_fen, days_counted, days));
  usage.set_forecast_1e4(ShareOf1e4(usage.forecast_fen(), advance_fen));
  usage.set_forecast_warning(WarningFor(usage.forecast_fen(), advance_fen));
  return usage;
}

}  // namespace

absl::StatusOr<v1::AreaClearing> MakeAreaClearing(storage::StoreReader& store,
                                                  ClearingMonth month) {
  YIJIE_ASSIGN_OR_RETURN(const std::vector<std::string> codes, BooksThereAre(store));
  v1::AreaClearing clearing;
  clearing.set_setlym(month.Format());
  SetDigest records;
  Debts debts;
  std::map<std::pair<std::string, std::string>, v1::PairClearing> pairs;
  for (const std::string& code : codes) {
    YIJIE_ASSIGN_OR_RETURN(const PairSums sums,
                           SumsOf(store, code, FirstDayOf(month), LastDayOf(month)));
    if (sums.scheme.empty()) continue;
    const std::string care = code.substr(0, kAreaDigits), insured = code.substr(kAreaDigits);
    pairs[{insured, care}] = ClearingOf(care, insured, sums);
    AddDebt(pairs[{insured, care}], &debts);
    records.Merge(sums.settlements);
    records.Merge(sums.refunds);
  }
  for (auto& [areas, pair] : pairs) *clearing.add_pair() = std::move(pair);
  SetNet(debts, &clearing);
  SetPositions(&clearing);
  *clearing.mutable_records() = records.ToTotals();
  return clearing;
}

v1::AdvanceWarning WarningFor(int64_t cleared_fen, int64_t advance_fen) {
  // 使用率≥70% yellow, ≥90% red: Hebei's text of the national rule, article 21.
  constexpr int kYellowPercent = 70, kRedPercent = 90;
  const int128 hundredfold = int128(cleared_fen) * 100;
  if (hundredfold >= int128(advance_fen) * kRedPercent) return v1::ADVANCE_RED;
  return hundredfold >= int128(advance_fen) * kYellowPercent ? v1::ADVANCE_YELLOW
                                                             : v1::ADVANCE_NORMAL;
}

absl::StatusOr<v1::AdvanceFunds> MakeAdvanceFunds(storage::StoreReader& store,
                                                  const PeerTable& table, ClearingMonth month,
                                                  Date as_of) {
  const int days = DaysOf(month);
  const int counted = as_of.civil().day;
  v1::AdvanceFunds funds;
  funds.set_setlym(month.Format());
  funds.set_as_of(FormatDate(as_of));
  std::map<std::pair<std::string, std::string>, v1::AdvanceUsage> pairs;  // insured, care
  struct Place {
    Fen advance, cleared;
  };
  std::map<std::string, Place> places;
  for (const v1::AdvanceFund& fund : table.peers().advance()) {
    const std::string code = PairCode(fund.mdtrtarea_admdvs(), fund.insuplc_admdvs());
    YIJIE_ASSIGN_OR_RETURN(const PairSums sums,
                           SumsOf(store, code, FirstDayOf(month), funds.as_of()));
    const int64_t cleared = PayableFen(sums.settlements, sums.refunds);
    v1::AdvanceUsage usage = UsageOf(fund.amount_fen(), cleared, counted, days);
    const std::string care = code.substr(0, kAreaDigits);
    usage.set_mdtrtarea_admdvs(care);
    usage.set_insuplc_admdvs(code.substr(kAreaDigits));
    places[care].advance += Fen(fund.amount_fen());
    places[care].cleared += Fen(cleared);
    pairs[{usage.insuplc_admdvs(), care}] = std::move(usage);
  }
  for (auto& [areas, usage] : pairs) *funds.add_pair() = std::move(usage);
  for (const auto& [care, place] : places) {
    *funds.add_place() = UsageOf(place.advance.value(), place.cleared.value(), counted, days);
    funds.mutable_place()->rbegin()->set_mdtrtarea_admdvs(care);
  }
  return funds;
}

}  // namespace yijie::engine
