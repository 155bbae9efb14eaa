// Whatever a claim looks like, the money adds up. Every identity is computed here from the input
// and from what each step says it did; no sum of the engine is trusted. Seed and number of claims:
// YIJIE_SEED, YIJIE_CLAIMS.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <new>
#include <thread>

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "rules/evaluate.h"
#include "rules/loader.h"
#include "rules/row_space.h"
#include "tests/rules/made_packages.h"
#include "tests/rules/random_claim.h"

namespace {
thread_local int64_t allocations = 0;
}  // namespace

// Not inlined: gcc would take the free() inside for a mistake under the sanitizers.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace yijie::rules {
namespace {

constexpr int64_t kMillion = 1'000'000;

int64_t RoundExactly(__int128 millionths, Rounding rounding) {
  const __int128 unit = rounding == Rounding::kYuanHalfUp || rounding == Rounding::kYuanTrunc
                            ? 100 * kMillion
                            : kMillion;
  __int128 whole = 0;
  const __int128 down = millionths / unit;
  const __int128 rest = millionths - down * unit;
  switch (rounding) {
    case Rounding::kFenTrunc:
    case Rounding::kYuanTrunc:
      whole = down;
      break;
    case Rounding::kFenCeil:
      whole = rest > 0 ? down + 1 : down;
      break;
    case Rounding::kFenHalfUp:
    case Rounding::kYuanHalfUp:
      whole = rest * 2 < unit ? down : down + 1;
      break;
    case Rounding::kFenHalfEven:
      whole = rest * 2 < unit || (rest * 2 == unit && down % 2 == 0) ? down : down + 1;
      break;
  }
  return static_cast<int64_t>(whole * (unit / kMillion));
}

// Follows a decision step by step with a ledger of its own and says what does not add up.
class Audit {
 public:
  Audit(const Program& program, const Input& input, const Decision& decision)
      : program_(program), input_(input), decision_(decision) {}

  // The first thing that is wrong; empty if nothing is.
  std::string Run() {
    Lines();
    for (const Trace& trace : decision_.trace) split_ = split_ || trace.part != 0;
    if (split_) {
      Payments();
    } else {
      for (size_t i = 0; i < program_.steps.size() && wrong_.empty(); ++i) Step(i);
      Totals();
    }
    Ends();
    return wrong_;
  }

 private:
  void Expect(bool holds, absl::string_view what) {
    if (!holds && wrong_.empty()) wrong_ = absl::StrCat("step ", step_, ": ", what);
  }
  int64_t Amount(size_t slot) const { return decision_.amount[slot].value(); }

  void Lines();
  void Line(const rules::Line& line, const LineSplit& split);
  void Step(size_t index);
  void Deductible(const rules::Step& step);
  void Pay(const rules::Step& step);
  void Cap(const rules::Step& step);
  void Quota(const rules::Step& step);
  void Account(const rules::Step& step);
  void Accumulate(const rules::Step& step);
  void Benefit(const rules::Step& step);
  // Of a stay split by years, whose steps ran once for each of them.
  void Payments();
  void Totals();
  void Ends();
  // What the person owes and no account has paid.
  int64_t Open() const { return person_ - account_; }

  // Whether the claim has such a total: one of each disease only if it names a disease.
  bool IsKept(uint16_t index) const;
  int64_t Accumulated(uint16_t index) const;
  int64_t Terms(Slice terms) const;
  void Add(uint16_t accumulator, int64_t value) {
    if (accumulator != kNoAccumulator && IsKept(accumulator)) added_[accumulator] += value;
  }
  bool CrossesYear() const {
    AccumulatorSpec year;
    return !(KeyFor(program_, year, input_, input_.begndate) ==
             KeyFor(program_, year, input_, input_.enddate));
  }
  int64_t NumberOf(const Term& term) const;
  bool Holds(const Condition& condition) const;
  bool Holds(Slice when) const;
  // The bound of a limit, where its rows are figures and one of them holds; -1 otherwise.
  int64_t BoundOf(const Limit& limit) const;
  // No limit is passed; what was taken is added to its total.
  void Limits(const rules::Step& step, int64_t taken);
  int64_t NextPayment();

  const Program& program_;
  const Input& input_;
  const Decision& decision_;
  std::string wrong_;
  size_t step_ = 0;
  int64_t total_ = 0;
  int64_t person_ = 0;  // what the person owes so far
  int64_t hospital_ = 0;
  int64_t funds_ = 0;
  int64_t account_ = 0;
  size_t payments_ = 0;
  size_t benefits_ = 0;
  size_t trace_ = 0;
  bool split_ = false;
  std::map<uint16_t, int64_t> added_;
};

void Audit::Line(const rules::Line& line, const LineSplit& split) {
  const int64_t amount = line.amount.value();
  const int64_t own = split.fulamt_ownpay.value();
  const int64_t over = split.overlmt.value();
  const int64_t pre = split.preselfpay.value();
  const int64_t in = split.inscp.value();
  Expect(own >= 0 && over >= 0 && pre >= 0 && in >= 0, "a bucket of a line is negative");
  Expect(own + over + pre + in == amount, "the buckets of a line do not add up");
  const bool outside =
      line.item == nullptr || line.item->item_class == ItemClass::kC || line.outside_restriction;
  if (outside) return Expect(own == amount, "a line outside the scope is not wholly own pay");
  const rules::Step& classify = program_.steps.front();
  bool excludes = false;
  bool limits = !classify.ceilings.empty();
  for (uint32_t row = classify.rows.begin; row < classify.rows.end; ++row) {
    excludes = excludes || program_.rows[row].exclude;
    limits = limits || program_.rows[row].has_price_limit;
  }
  Expect(own == 0 || (excludes && own == amount), "a line inside the scope has own pay");
  if (own > 0 || limits) return;
  __int128 payable = static_cast<__int128>(amount) * 10'000;
  if (line.item->price_limit > Fen(0)) {
    payable = std::min<__int128>(
        payable, static_cast<__int128>(line.item->price_limit.value()) * line.cnt_1e4);
  }
  const auto rest = static_cast<int64_t>((payable + 5'000) / 10'000);
  Expect(over == amount - rest, "what is above the price limit is wrong");
  const __int128 share = static_cast<__int128>(rest) * split.selfpay_prop.millionths();
  Expect(pre == std::min(RoundExactly(share, classify.rounding), rest),
         "the pay-first share is wrong");
}

void Audit::Lines() {
  Expect(decision_.lines.size() == input_.lines.size(), "not every line was split");
  int64_t sums[4] = {0, 0, 0, 0};
  for (size_t i = 0; i < input_.lines.size() && wrong_.empty(); ++i) {
    const LineSplit& split = decision_.lines[i];
    Line(input_.lines[i], split);
    total_ += input_.lines[i].amount.value();
    sums[0] += split.fulamt_ownpay.value();
    sums[1] += split.overlmt.value();
    sums[2] += split.preselfpay.value();
    sums[3] += split.inscp.value();
  }
  Expect(Amount(kMedfeeSumamt) == total_, "the total is not the sum of the lines");
  Expect(Amount(kFulamtOwnpayAmt) == sums[0], "own pay is not the sum of the lines");
  Expect(Amount(kOverlmtSelfpay) == sums[1], "above the limit is not the sum of the lines");
  Expect(Amount(kPreselfpayAmt) == sums[2], "pay-first is not the sum of the lines");
  Expect(Amount(kInscpScpAmt) == sums[3], "in-scope is not the sum of the lines");
  person_ = total_;
}

bool Audit::IsKept(uint16_t index) const {
  const AccumulatorSpec& spec = program_.accumulators[index];
  return !spec.per_dise_codg || spec.holds != Holds::kDay || input_.dise_codg != Symbol::kNone;
}

int64_t Audit::Accumulated(uint16_t index) const {
  if (!IsKept(index)) return 0;
  const AccumulatorKey key = KeyFor(program_, program_.accumulators[index], input_, input_.enddate);
  int64_t value = 0;
  for (const AccumulatorEntry& entry : input_.accumulators) {
    if (entry.key == key) value += entry.value;
  }
  const auto added = added_.find(index);
  return added == added_.end() ? value : value + added->second;
}

int64_t Audit::NumberOf(const Term& term) const {
  switch (term.operand) {
    case Operand::kFact:
      if (static_cast<Fact>(term.index) == Fact::kCrossesYear) return CrossesYear() ? 1 : 0;
      return input_.facts[static_cast<Fact>(term.index)];
    case Operand::kAmount:
      return term.index == kPsnPartAmt ? person_ : Amount(term.index);
    case Operand::kAccumulator:
      return Accumulated(term.index);
    case Operand::kGiven:
      return input_.given[term.index];
    case Operand::kSince: {
      const int64_t held = Accumulated(term.index);
      const int64_t begins = input_.begndate.days();
      return held == 0 || begins < held ? 999'999 : begins - held;
    }
    case Operand::kLiteral:
      return term.index;
  }
  return 0;
}

int64_t Audit::Terms(Slice terms) const {
  int64_t sum = 0;
  for (uint32_t i = terms.begin; i < terms.end; ++i) {
    const Term& term = program_.terms[i];
    sum += term.negative ? -NumberOf(term) : NumberOf(term);
  }
  return std::max<int64_t>(sum, 0);
}

bool Audit::Holds(const Condition& condition) const {
  const Term term{condition.operand, false, condition.index};
  const bool held = condition.test == Condition::Test::kHeld;
  const int64_t value = held ? 0 : NumberOf(term);
  bool holds = condition.test == Condition::Test::kMask && (condition.mask >> value) % 2 == 1;
  for (uint32_t i = condition.values.begin; i < condition.values.end; ++i) {
    if (condition.test == Condition::Test::kIntervals) {
      const Interval& interval = program_.intervals[i];
      holds = holds || (interval.low <= value && value <= interval.high);
    } else if (held) {
      holds =
          holds || std::count(input_.rights.begin(), input_.rights.end(), program_.symbols[i]) > 0;
    } else {
      holds = holds || static_cast<int64_t>(program_.symbols[i]) == value;
    }
  }
  return holds != condition.negated;
}

bool Audit::Holds(Slice when) const {
  bool all = true;
  for (uint32_t i = when.begin; i < when.end; ++i) all = all && Holds(program_.conditions[i]);
  return all;
}

int64_t Audit::BoundOf(const Limit& limit) const {
  int64_t bound = -1;
  for (uint32_t r = limit.rows.begin; r < limit.rows.end; ++r) {
    if (program_.rows[r].formula != kNoFormula || program_.rows[r].no_bound) return -1;
    if (Holds(program_.rows[r].when)) bound = program_.rows[r].amount.value();
  }
  return bound;
}

// A total with a limit never passes it, unless it already had.
void Audit::Limits(const rules::Step& step, int64_t taken) {
  for (uint32_t i = step.limits.begin; i < step.limits.end; ++i) {
    const Limit& limit = program_.limits[i];
    const bool total = limit.accumulator != kNoAccumulator;
    const int64_t before = total ? Accumulated(limit.accumulator) : 0;
    const int64_t bound = BoundOf(limit);
    Expect(bound < 0 || before + taken <= std::max(bound, before), "a limit was passed");
  }
  for (uint32_t i = step.limits.begin; i < step.limits.end; ++i) {
    Add(program_.limits[i].accumulator, taken);
  }
}

int64_t Audit::NextPayment() {
  if (payments_ >= decision_.funds.size()) {
    Expect(false, "a payment is missing");
    return 0;
  }
  const FundPayment& payment = decision_.funds[payments_++];
  Expect(payment.step == step_, "a payment stands out of order");
  Expect(payment.amount >= Fen(0), "a fund pays less than nothing");
  Expect(payment.fund == program_.steps[step_].fund, "another fund pays");
  funds_ += payment.amount.value();
  return payment.amount.value();
}

void Audit::Deductible(const rules::Step& step) {
  const int64_t taken = Amount(step.out);
  Expect(taken >= 0 && taken <= Terms(step.base), "the deductible is more than its base");
  const Trace& trace = decision_.trace[trace_];
  Expect(trace.amount.value() == taken && trace.base.value() == Terms(step.base),
         "its trace differs");
  Limits(step, taken);
  Add(step.accumulator, taken);
  if (step.reports_deductible)
    Expect(decision_.act_pay_dedc.value() == taken, "act_pay_dedc differs");
}

void Audit::Pay(const rules::Step& step) {
  const int64_t base = std::min(Terms(step.base), Open());
  __int128 exact = 0;
  int64_t looked_at = 0;
  int64_t shown = 0;
  bool bounded = false;
  const bool guaranteed = !step.at_least.empty();
  int64_t left = 0;
  for (size_t i = trace_; i < decision_.trace.size() && decision_.trace[i].step == step_; ++i) {
    const Trace& trace = decision_.trace[i];
    if (!trace.has_ratio) {
      bounded = true;
      left = trace.amount.value();
      Expect(trace.base.value() == shown, "the bounded amount is not that of the bands");
      continue;
    }
    Expect(trace.amount >= Fen(0) && trace.base > Fen(0), "a band pays less than nothing");
    Expect(trace.ratio.millionths() >= 0 && trace.ratio.millionths() <= kMillion,
           "a ratio above 100 %");
    exact += static_cast<__int128>(trace.base.value()) * trace.ratio.millionths();
    looked_at += trace.base.value();
    shown += trace.amount.value();
  }
  Expect(looked_at == base, "the bands do not cover the base");
  // A ratio is shown cut to millionths, so the bands come to this or to little more.
  const __int128 most = exact + looked_at;
  Expect(shown >= RoundExactly(exact, step.rounding) && shown <= RoundExactly(most, step.rounding),
         "the bands do not come to their sum");
  const bool fund = step.fund != Fund::kHospital;
  const int64_t payment = fund ? NextPayment() : Amount(step.out);
  Expect(payment >= 0 && payment == (bounded ? left : shown),
         "the explanation does not come to the payment");
  Expect(payment <= (guaranteed ? Open() : base), "a fund pays more than there is");
  Expect(Amount(step.out) == payment, "the amount of the step is not its payment");
  if (!fund) hospital_ += payment;
  Limits(step, payment);
  person_ -= payment;
}

void Audit::Cap(const rules::Step& step) {
  Expect(Amount(step.out) >= 0 && Amount(step.over) >= 0, "a part of a cap is negative");
  Expect(Amount(step.out) + Amount(step.over) == Terms(step.base),
         "the parts of a cap do not add up");
  Expect(decision_.trace[trace_].amount.value() == Amount(step.out), "its trace differs");
  Limits(step, Amount(step.out));
}

void Audit::Quota(const rules::Step& step) {
  const int64_t base = std::min(Terms(step.base), Open());
  const int64_t payment = NextPayment();
  const Trace& trace = decision_.trace[trace_];
  Expect(trace.amount.value() == payment && trace.base.value() == base, "its trace differs");
  Expect(Amount(step.out) == payment, "the amount of the step is not its payment");
  if (step.fixed_quota) {
    hospital_ += base - payment;
    person_ -= base;
  } else {
    Expect(payment <= base, "a limit pays more than the cost");
    person_ -= payment;
  }
}

void Audit::Account(const rules::Step& step) {
  const int64_t paid = Amount(step.out);
  Expect(input_.account_allowed || paid == 0, "the account pays though it may not");
  Expect(paid >= 0 && paid <= std::min(Terms(step.base), Open()),
         "the account pays more than it may");
  if (paid > 0) Expect(decision_.trace[trace_].amount.value() == paid, "its trace differs");
  account_ += paid;
  if (step.order_size < 2 || paid == 0) return;
  const auto later = static_cast<size_t>(step.order[1]);
  const auto earlier = static_cast<size_t>(step.order[0]);
  const bool only_one =
      std::count_if(program_.steps.begin(), program_.steps.end(),
                    [](const rules::Step& other) { return other.kind == StepKind::kAccount; }) == 1;
  Expect(!only_one || decision_.account_paid[later] == Fen(0) ||
             decision_.account_paid[earlier] == input_.account[earlier],
         "a later sub-account pays before an earlier one is empty");
}

void Audit::Benefit(const rules::Step& step) {
  const int64_t paid = Amount(step.out);
  Limits(step, paid);
  if (paid == 0) return;
  if (benefits_ >= decision_.benefits.size()) return Expect(false, "a benefit is missing");
  const FundPayment& benefit = decision_.benefits[benefits_++];
  Expect(benefit.step == step_ && benefit.amount.value() == paid && paid > 0,
         "a benefit is not what its step says");
}

void Audit::Accumulate(const rules::Step& step) {
  if (!Holds(step.when)) return;
  const rules::Holds holds = program_.accumulators[step.accumulator].holds;
  if (holds == rules::Holds::kDay) {
    const int64_t later = input_.enddate.days() - Accumulated(step.accumulator);
    return Add(step.accumulator, std::max<int64_t>(later, 0));
  }
  const bool counts_one = holds == rules::Holds::kCount && step.base.empty();
  const int64_t added = counts_one ? 1 : Terms(step.base);
  Add(step.accumulator, step.replace ? added - Accumulated(step.accumulator) : added);
}

void Audit::Payments() {
  for (const FundPayment& payment : decision_.funds) {
    Expect(payment.amount >= Fen(0), "a fund pays less than nothing");
    funds_ += payment.amount.value();
  }
  payments_ = decision_.funds.size();
  benefits_ = decision_.benefits.size();
  hospital_ = decision_.hosp_part.value();
  person_ = total_ - funds_ - hospital_;
}

void Audit::Step(size_t index) {
  step_ = index;
  const rules::Step& step = program_.steps[index];
  while (trace_ < decision_.trace.size() && decision_.trace[trace_].step < index) ++trace_;
  switch (step.kind) {
    case StepKind::kClassify:
      return Expect(Amount(step.out) == Amount(kInscpScpAmt), "classify is not the scope");
    case StepKind::kGate:
      return;
    case StepKind::kDeductible:
      return Deductible(step);
    case StepKind::kPay:
      return Pay(step);
    case StepKind::kCap:
      return Cap(step);
    case StepKind::kQuota:
      return Quota(step);
    case StepKind::kSum:
      Expect(decision_.trace[trace_].amount.value() == Amount(step.out), "its trace differs");
      return Expect(Amount(step.out) == Terms(step.base), "a sum is wrong");
    case StepKind::kAccumulate:
      return Accumulate(step);
    case StepKind::kValue:
      return Expect(Amount(step.out) >= 0, "a value is negative");
    case StepKind::kBenefit:
      return Benefit(step);
    case StepKind::kAccount:
      return Account(step);
  }
}

void Audit::Ends() {
  Expect(payments_ == decision_.funds.size(), "a payment that no step made");
  Expect(person_ >= 0, "the person owes less than nothing");
  Expect(Amount(kPsnPartAmt) == person_, "psn_part_amt differs");
  Expect(decision_.hosp_part.value() == hospital_, "hosp_part_amt differs");
  Expect(total_ == funds_ + hospital_ + person_, "funds, hospital and person do not add up");
  const int64_t account = decision_.account_paid[0].value() + decision_.account_paid[1].value();
  Expect(account >= 0 && account <= person_, "the account pays more than the person owes");
  Expect(benefits_ == decision_.benefits.size(), "a benefit that no step pays");
}

void Audit::Totals() {
  size_t moved = 0;
  for (const auto& [index, value] : added_) {
    if (value == 0) continue;
    ++moved;
    const AccumulatorKey key =
        KeyFor(program_, program_.accumulators[index], input_, input_.enddate);
    int64_t said = 0;
    for (const AccumulatorEntry& delta : decision_.deltas)
      said += delta.key == key ? delta.value : 0;
    Expect(said == value, "a running total moves by another amount");
  }
  // An entry of 0 says that the total was read.
  for (const AccumulatorEntry& delta : decision_.deltas) moved -= delta.value != 0 ? 1 : 0;
  Expect(moved == 0, "a running total moves that should not");
}

bool SameTrace(const Trace& a, const Trace& b) {
  return a.step == b.step && a.row == b.row && a.adjust == b.adjust && a.limit_row == b.limit_row &&
         a.note == b.note && a.has_ratio == b.has_ratio && a.base == b.base &&
         a.amount == b.amount && a.ratio == b.ratio;
}

template <typename List, typename Same>
bool SameList(const List& a, const List& b, Same same) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same);
}

bool SameDecision(const Decision& a, const Decision& b) {
  return a.verdict == b.verdict && a.refused_step == b.refused_step &&
         a.refused_row == b.refused_row && a.amount == b.amount &&
         a.act_pay_dedc == b.act_pay_dedc && a.hosp_part == b.hosp_part &&
         a.account_paid == b.account_paid && SameList(a.trace, b.trace, SameTrace) &&
         SameList(a.funds, b.funds,
                  [](const FundPayment& x, const FundPayment& y) {
                    return x.step == y.step && x.fund == y.fund && x.amount == y.amount;
                  }) &&
         SameList(a.benefits, b.benefits,
                  [](const FundPayment& x, const FundPayment& y) {
                    return x.step == y.step && x.fund == y.fund && x.amount == y.amount;
                  }) &&
         SameList(a.deltas, b.deltas,
                  [](const AccumulatorEntry& x, const AccumulatorEntry& y) {
                    return x.key == y.key && x.value == y.value;
                  }) &&
         SameList(a.lines, b.lines, [](const LineSplit& x, const LineSplit& y) {
           return x.fulamt_ownpay == y.fulamt_ownpay && x.overlmt == y.overlmt &&
                  x.preselfpay == y.preselfpay && x.inscp == y.inscp &&
                  x.selfpay_prop == y.selfpay_prop;
         });
}

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

// Makes claims meet the conditions of a package more often than chance would.
class Aim {
 public:
  explicit Aim(const Program& program) {
    std::vector<Slice> rows;
    std::vector<Slice> gates;
    for (const Step& step : program.steps) {
      std::vector<Slice>& whens = step.kind == StepKind::kGate ? gates : rows;
      for (uint32_t i = step.rows.begin; i < step.rows.end; ++i)
        whens.push_back(program.rows[i].when);
    }
    const RowSpace space(program, std::move(rows), std::move(gates));
    dimensions_ = space.dimensions();
    space.Explore([this](const RowSpace::Point& point, const std::vector<size_t>&) {
      points_.push_back(point);
      return points_.size() < kPoints;
    });
  }

  // False if the gates stop every claim.
  bool passable() const { return !points_.empty(); }

  // Gives most claims the facts of a point that no gate takes away.
  void Apply(Random& random, MadeClaim* claim) const {
    constexpr int kHowOften = 80;
    if (points_.empty() || !random.Percent(kHowOften)) return;
    const RowSpace::Point& point =
        points_[static_cast<size_t>(random.Below(static_cast<int64_t>(points_.size())))];
    for (size_t d = 0; d < point.size(); ++d) Set(dimensions_[d], point[d], claim);
  }

 private:
  static constexpr size_t kPoints = 3'000;

  static void Set(const Dimension& dimension, size_t at, MadeClaim* claim) {
    const int64_t value = dimension.values[at];
    if (dimension.operand == Operand::kGiven) claim->given[dimension.index] = value;
    if (dimension.operand != Operand::kFact) return;
    if (!dimension.rights.empty()) {
      claim->rights.clear();
      for (size_t r = 0; r < dimension.rights.size(); ++r)
        if ((value >> r & 1) != 0) claim->rights.push_back(dimension.rights[r]);
      return;
    }
    const Fact fact = dimension.spec->fact;
    // These must agree with the days of the claim.
    if (fact == Fact::kBegndate || fact == Fact::kEnddate || fact == Fact::kStayDays ||
        fact == Fact::kCrossesYear) {
      return;
    }
    claim->input.facts.Set(fact, value);
    if (fact == Fact::kDiseCodg) claim->input.dise_codg = static_cast<Symbol>(value);
  }

  std::vector<Dimension> dimensions_;
  std::vector<RowSpace::Point> points_;
};

struct Worker {
  std::map<std::string, int64_t> claims, settled;  // by package
  std::string wrong;
  std::chrono::nanoseconds evaluating{0};
  int64_t evaluated = 0;

  void Run(const RuleBook& book, uint64_t seed, int64_t count) {
    const auto packages = static_cast<int64_t>(book.programs().size());
    MadeClaim claim;
    Decision decision;
    Decision again;
    std::vector<Aim> aims;
    for (const auto& program : book.programs()) aims.emplace_back(*program);
    for (int64_t i = 0; i < count && wrong.empty(); ++i) {
      Random random(seed + static_cast<uint64_t>(i));
      const auto chosen = static_cast<size_t>(random.Below(packages));
      const Program& program = *book.programs()[chosen];
      MakeClaim(program, random, &claim);
      aims[chosen].Apply(random, &claim);
      Connect(&claim);
      Evaluate(program, claim.input, decision);
      wrong =
          decision.verdict == Verdict::kSettled ? Audit(program, claim.input, decision).Run() : "";
      Evaluate(program, claim.input, again);
      if (wrong.empty() && !SameDecision(decision, again)) wrong = "a second run differs";
      const int64_t allocations_before = allocations;
      const auto start = std::chrono::steady_clock::now();
      Evaluate(program, claim.input, again);
      evaluating += std::chrono::steady_clock::now() - start;
      ++evaluated;
      if (wrong.empty() && allocations != allocations_before) wrong = "memory was allocated";
      ++claims[program.id];
      if (decision.verdict == Verdict::kSettled) ++settled[program.id];
      if (!wrong.empty()) {
        wrong = absl::StrCat(program.id, ": ", wrong,
                             " (YIJIE_SEED=", seed + static_cast<uint64_t>(i), " YIJIE_CLAIMS=1)");
      }
    }
  }
};

TEST(IdentitiesProperty, HoldForRandomClaimsOfEveryShippedPackage) {
  const auto book = LoadRuleBook(absl::StrCat(YIJIE_SOURCE_DIR, "/rules/tables"));
  ASSERT_TRUE(book.ok()) << book.status().message();
  const auto seed = static_cast<uint64_t>(FromEnvironment("YIJIE_SEED", 20261121));
  const int64_t claims = FromEnvironment("YIJIE_CLAIMS", 1'000'000);
  std::printf("YIJIE_SEED=%llu YIJIE_CLAIMS=%lld\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(claims));
  Worker workers[2];
  {
    std::thread first([&] { workers[0].Run(**book, seed, (claims + 1) / 2); });
    std::thread second([&] { workers[1].Run(**book, seed + 0x100000000, claims / 2); });
    first.join();
    second.join();
  }
  std::map<std::string, std::pair<int64_t, int64_t>> by_package;
  std::chrono::nanoseconds time{0};
  int64_t evaluated = 0;
  for (const Worker& worker : workers) {
    EXPECT_EQ(worker.wrong, "");
    for (const auto& [id, count] : worker.claims) by_package[id].first += count;
    for (const auto& [id, count] : worker.settled) by_package[id].second += count;
    time += worker.evaluating;
    evaluated += worker.evaluated;
  }
  for (const auto& [id, counts] : by_package) {
    std::printf("  %-50s %7lld claims, %7lld settled\n", id.c_str(),
                static_cast<long long>(counts.first), static_cast<long long>(counts.second));
    // Else the identities of that package were not tested.
    if (claims < 100'000 || !Aim(*(*book)->FindById(id)).passable()) continue;
    EXPECT_GT(counts.second * 100, counts.first) << id;
  }
  std::printf("  %lld ns per evaluation\n",
              static_cast<long long>(time.count() / std::max<int64_t>(evaluated, 1)));
}

// Shapes that no shipped package has yet.
TEST(IdentitiesProperty, HoldForMadePackages) {
  const auto seed = static_cast<uint64_t>(FromEnvironment("YIJIE_SEED", 20261121));
  const int64_t packages = FromEnvironment("YIJIE_PACKAGES", 3'000);
  std::printf("YIJIE_SEED=%llu YIJIE_PACKAGES=%lld\n", static_cast<unsigned long long>(seed),
              static_cast<long long>(packages));
  int64_t settled = 0;
  MadeClaim claim;
  Decision decision;
  Decision again;
  for (uint64_t i = seed; i < seed + static_cast<uint64_t>(packages); ++i) {
    Random random(i);
    const v1::Package package = GeneratePackage(random);
    std::string text;
    google::protobuf::TextFormat::PrintToString(package, &text);
    const auto program = CompilePackage("made.policy", text);
    if (!program.ok()) continue;
    for (int n = 0; n < 20; ++n) {
      MakeClaim(**program, random, &claim);
      Evaluate(**program, claim.input, decision);
      Evaluate(**program, claim.input, again);
      ASSERT_TRUE(SameDecision(decision, again)) << "a second run differs\n" << text;
      if (decision.verdict != Verdict::kSettled) continue;
      ++settled;
      ASSERT_EQ(Audit(**program, claim.input, decision).Run(), "")
          << "YIJIE_SEED=" << i << " YIJIE_PACKAGES=1\n"
          << text;
    }
  }
  EXPECT_GT(settled, packages);
}

}  // namespace
}  // namespace yijie::rules
