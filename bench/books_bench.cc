// What a settlement adds to the books between the centre and its institution: made into a record,
// keyed, and counted in the digest of its group. Without a store.

#include <vector>

#include "absl/strings/str_format.h"
#include "bench/benches.h"
#include "bench/cpu_suite.h"
#include "engine/books/book_entry.h"
#include "engine/books/set_digest.h"

namespace yijie::bench {
namespace {

constexpr size_t kSettlements = 1'024;

v1::Settlement MakeSettlement(size_t number) {
  const auto fen = static_cast<int64_t>(number);
  v1::Settlement settlement;
  settlement.set_setl_id(absl::StrFormat("410199261101%018d", number));
  settlement.set_outcome(v1::SETTLED);
  settlement.set_psn_no(absl::StrFormat("4101990000%020d", number));
  settlement.set_insutype("310");
  settlement.set_med_type("2101");
  settlement.set_fixmedins_code("H41010099901");
  settlement.set_medins_setl_id(absl::StrFormat("H41010099901%018d", number));
  settlement.set_mdtrt_id(absl::StrFormat("V%015d", number));
  settlement.set_clr_date("2026-11-21");
  v1::Amounts& amounts = *settlement.mutable_amounts();
  amounts.set_medfee_sumamt_fen(4'903'230 + fen);
  amounts.set_fund_pay_sumamt_fen(3'903'230 + fen);
  amounts.set_acct_pay_fen(300'000);
  amounts.set_psn_cash_pay_fen(700'000);
  for (const char* code : {"310100", "330100"}) {
    v1::FundPayment& fund = *settlement.add_setldetail();
    fund.set_fund_pay_type(code);
    fund.set_fund_payamt_fen(code[1] == '1' ? 3'903'230 : fen);
  }
  return settlement;
}

}  // namespace

absl::Status BenchBooks(const Options& options, Report& report) {
  std::vector<v1::Settlement> settlements;
  std::vector<store::v1::BookEntry> entries;
  const engine::BookingFacts facts = {{Ratio(50'000), true},
                                      *engine::ClearingMonth::Parse("2026-11")};
  for (size_t i = 0; i < kSettlements; ++i) {
    settlements.push_back(MakeSettlement(i));
    entries.push_back(engine::BookSettlement(settlements.back(), facts));
  }
  CpuSuite suite(options);
  // Stays small however many iterations there are: every record goes in and out.
  engine::SetDigest digest;
  suite.Add("books/digest-upkeep", [&](size_t i) {
    const auto fields = engine::FieldsOf(entries[i % kSettlements]);
    (i / kSettlements % 2 == 0) ? digest.Add(fields) : digest.Remove(fields);
  });
  suite.Add("books/key", [&](size_t i) {
    benchmark::DoNotOptimize(engine::BookKey(entries[i % kSettlements]));
  });
  suite.Add("books/record", [&](size_t i) {
    benchmark::DoNotOptimize(engine::BookSettlement(settlements[i % kSettlements], facts));
  });
  if (!suite.empty()) suite.Run(report);
  return absl::OkStatus();
}

}  // namespace yijie::bench
