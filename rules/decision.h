#ifndef YIJIE_RULES_DECISION_H_
#define YIJIE_RULES_DECISION_H_

// What goes into an evaluation and what comes out.

#include <array>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "base/date.h"
#include "base/fen.h"
#include "base/ratio.h"
#include "rules/catalogue.h"
#include "rules/facts.h"
#include "rules/symbol.h"

namespace yijie::rules {

// A running total of a person: which one, for which period, under which keys. Unused keys are
// kNone.
struct AccumulatorKey {
  Symbol insutype = Symbol::kNone;
  Symbol name = Symbol::kNone;
  Date period;  // first day of the benefit year or month, or the day
  Symbol institution = Symbol::kNone;
  Symbol dise_codg = Symbol::kNone;
  int32_t hosp_lv = -1;

  friend bool operator==(const AccumulatorKey& a, const AccumulatorKey& b) {
    return a.name == b.name && a.period == b.period && a.insutype == b.insutype &&
           a.institution == b.institution && a.dise_codg == b.dise_codg && a.hosp_lv == b.hosp_lv;
  }
};

struct AccumulatorEntry {
  AccumulatorKey key;
  int64_t value = 0;  // fen, or a count
};

struct Line {
  const CatalogueItem* item = nullptr;  // nullptr: not in the catalogue
  int64_t cnt_1e4 = 0;
  int64_t pric_fen_1e4 = 0;
  Fen amount;
  bool outside_restriction = false;
  bool unrelated = false;
  Date day;  // of the fee
};

enum class SubAccount : uint8_t { kCurrentYear, kPastYears };
inline constexpr size_t kSubAccounts = 2;

struct Input {
  Facts facts;
  Symbol insutype = Symbol::kNone;
  Symbol institution = Symbol::kNone;
  Symbol dise_codg = Symbol::kNone;
  Date begndate;
  Date enddate;
  absl::Span<const Line> lines;
  absl::Span<const Symbol> rights;  // codes of what the person holds
  absl::Span<const int64_t> given;  // as Program::given; fen or counts
  absl::Span<const AccumulatorEntry> accumulators;
  bool account_allowed = false;  // the claim lets the personal account pay
  std::array<Fen, kSubAccounts> account{};
  // What relatives' accounts pay at most, after the own one, of what the package lets the account
  // pay of the person's own share (Step::relatives_pay).
  Fen family_offered;
};

// The four buckets of one line; they add up to its amount.
struct LineSplit {
  Fen fulamt_ownpay;
  Fen overlmt;
  Fen preselfpay;
  Fen inscp;
  Ratio selfpay_prop;
};

enum class Fund : uint8_t {
  kNone,
  kHifp,
  kCvlserv,
  kHifes,
  kHifmi,
  kHifob,
  kMaf,
  kWorkInjury,
  kMaternity,
  kOther,
  kHospital,  // no fund: the hospital bears it
  kEmployer   // no fund: told, not paid
};

struct FundPayment {
  uint16_t step = 0;
  Fund fund = Fund::kNone;
  Fen amount;
};

// What bounded or changed an amount, for the explanation.
enum class Note : uint8_t {
  kNone,
  kAlreadyPaid,    // the accumulator already holds part of it
  kLimited,        // bounded by the step's limit
  kWholeBase,      // bounded by the money there is
  kHospitalBears,  // a fixed quota: the rest is the hospital's
  kGuaranteed,     // raised to a guaranteed payment
};

// One thing a step did. `row` and `limit_row` are indexes of Program::rows, `adjust` (the last that
// applied) of Program::adjusts; kNoRow where there is none.
inline constexpr uint16_t kNoRow = 0xffff;
struct Trace {
  uint16_t step = 0;
  uint16_t row = kNoRow;
  uint16_t adjust = kNoRow;
  uint16_t limit_row = kNoRow;
  Note note = Note::kNone;
  bool has_ratio = false;
  uint8_t part = 0;  // of a stay split by benefit years, from 1; 0: not split
  Fen base;
  Fen amount;
  Ratio ratio;
};

enum class Verdict : uint8_t {
  kSettled,
  kExcluded,       // a gate row matched: refused_step, refused_row
  kLacksFigure,    // a gate row says the package has no figure for the claim
  kNoMatchingRow,  // a step had no row for the claim
  kTwoRows,        // a step had more than one: refused_row is the second
  kOutOfRange,     // an amount worked out is beyond kMaxWorkedOut
};

inline constexpr size_t kMaxAmounts = 128;
// Bound on amounts and counts that steps work out (AmountRow), far above any real one.
inline constexpr int64_t kMaxWorkedOut = 100 * kMaxClaimFen;

// Amounts every evaluation has; steps come after them.
enum AmountSlot : uint16_t {
  kMedfeeSumamt,
  kFulamtOwnpayAmt,
  kOverlmtSelfpay,
  kPreselfpayAmt,
  kInscpScpAmt,
  kPsnPartAmt,
  kBalc,         // the personal account before the claim
  kBalcCurrent,  // this year's money
  kBalcPast,     // past years' money
  kFirstStepAmount,
};

// One accumulator of the package during an evaluation.
struct RunningTotal {
  AccumulatorKey key;
  int64_t before = 0;
  int64_t added = 0;
};

// What lines have counted toward a ceiling so far.
struct CeilingUse {
  uint32_t ceiling = 0;
  Date day;  // of the fees; unset for a ceiling on the stay
  Fen counted;
};

// Reused from claim to claim: Evaluate clears it and keeps its memory.
struct Decision {
  Verdict verdict = Verdict::kSettled;
  uint16_t refused_step = 0;
  uint16_t refused_row = kNoRow;

  std::array<Fen, kMaxAmounts> amount{};  // by AmountSlot, then by step (Program::steps)
  // Signs of a table that contradicts itself, for `yijie policy lint`: the last adjust row whose
  // points passed 0 or 100 %, and the last step that was to pay for money already paid.
  uint16_t clamped_adjust = kNoRow;
  uint16_t overdrawn_step = kNoRow;
  Fen act_pay_dedc;
  Fen hosp_part;  // negative: the hospital keeps a surplus
  std::array<Fen, kSubAccounts> account_paid{};
  Fen family_paid;  // by relatives' accounts
  std::vector<LineSplit> lines;
  std::vector<FundPayment> funds;
  std::vector<FundPayment> benefits;     // paid apart from the bill
  std::vector<AccumulatorEntry> deltas;  // to add to the person's totals; 0 for those only read
  std::vector<Trace> trace;

  // Scratch of the evaluation; nothing in it means anything afterwards.
  std::vector<CeilingUse> ceilings_used;
  std::vector<RunningTotal> totals;

  Fen fund_pay_sumamt() const {
    Fen sum;
    for (const FundPayment& payment : funds) sum += payment.amount;
    return sum;
  }
  Fen acct_pay() const { return account_paid[0] + account_paid[1]; }
  // Own account and relatives'.
  Fen accounts_pay() const { return acct_pay() + family_paid; }
  Fen psn_cash_pay() const { return amount[kPsnPartAmt] - accounts_pay(); }
};

}  // namespace yijie::rules

#endif  // YIJIE_RULES_DECISION_H_
