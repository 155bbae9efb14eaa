#include "rules/evaluate.h"

#include <algorithm>

#include "base/check.h"

namespace yijie::rules {
namespace {

// State of one evaluation. The control flow is in Run; each step kind has one function.
class Evaluation {
 public:
  Evaluation(const Program& program, const Input& input, Decision& decision)
      : program_(program), input_(input), decision_(decision), facts_(input.facts) {}

  void Run();

 private:
  // False if the policy has no answer; the verdict is set then.
  bool RunStep(const Step& step);
  bool Classify(const Step& step);
  bool Gate(const Step& step);
  bool Deductible(const Step& step);
  bool Pay(const Step& step);
  bool Cap(const Step& step);
  bool Quota(const Step& step);
  void Sum(const Step& step);
  void Accumulate(const Step& step);
  void Account(const Step& step);

  bool ClassifyLine(const Step& step, const Line& line);
  LineSplit Split(const Line& line, Ratio selfpay_prop) const;

  bool Holds(const Condition& condition) const;
  bool Holds(Slice when) const;
  // Index of the row whose conditions hold. kNoRow if there is none; if there are two the verdict
  // is set and kNoRow returned.
  uint16_t OnlyRow(Slice rows);
  // The same for steps that must have a row.
  bool RequireRow(const Step& step, uint16_t* row);

  int64_t Value(Operand operand, uint16_t index) const;
  // Sum of terms, not below 0.
  Fen Total(Slice terms) const;

  AccumulatorKey KeyOf(const AccumulatorSpec& spec) const;
  Date PeriodStart(Period period) const;
  // Reading a total leaves an entry of 0 in the deltas: the claim depends on it.
  int64_t Accumulated(uint16_t accumulator) const;
  int64_t& DeltaOf(const AccumulatorKey& key) const;
  void AddTo(uint16_t accumulator, int64_t value);

  // Applies the step's adjust rows to an amount or a ratio; `last` gets the index of the last that
  // applied.
  Fen AdjustAmount(Slice adjusts, Fen amount, uint16_t* last) const;
  FineRatio AdjustRatio(Slice adjusts, Ratio ratio, uint16_t* last) const;

  // What the limit leaves of `amount`. Sets trace note and row. False if two limit rows hold.
  bool Bound(const Limit& limit, Fen* amount, Trace* trace);

  void PayFromFund(const Step& step, Fen amount);
  Trace TraceOf(uint16_t row = kNoRow) const {
    return Trace{step_, row, kNoRow, kNoRow, Note::kNone, false, Fen(), Fen(), Ratio()};
  }
  Fen& Amount(uint16_t slot) { return decision_.amount[slot]; }
  bool Refuse(Verdict verdict, uint16_t row);
  void AssertIdentities() const;

  const Program& program_;
  const Input& input_;
  Decision& decision_;
  Facts facts_;  // with the facts of the line at hand
  uint16_t step_ = 0;
};

void Evaluation::Run() {
  decision_.verdict = Verdict::kSettled;
  decision_.refused_step = 0;
  decision_.refused_row = kNoRow;
  decision_.amount.fill(Fen());
  decision_.act_pay_dedc = Fen();
  decision_.hosp_part = Fen();
  decision_.account_paid.fill(Fen());
  decision_.lines.clear();
  decision_.funds.clear();
  decision_.deltas.clear();
  decision_.trace.clear();
  for (step_ = 0; step_ < program_.steps.size(); ++step_) {
    if (!RunStep(program_.steps[step_])) return;
  }
  AssertIdentities();
}

bool Evaluation::RunStep(const Step& step) {
  switch (step.kind) {
    case StepKind::kClassify:
      return Classify(step);
    case StepKind::kGate:
      return Gate(step);
    case StepKind::kDeductible:
      return Deductible(step);
    case StepKind::kPay:
      return Pay(step);
    case StepKind::kCap:
      return Cap(step);
    case StepKind::kQuota:
      return Quota(step);
    case StepKind::kSum:
      Sum(step);
      return true;
    case StepKind::kAccumulate:
      Accumulate(step);
      return true;
    case StepKind::kAccount:
      Account(step);
      return true;
  }
  return true;
}

bool Evaluation::Refuse(Verdict verdict, uint16_t row) {
  decision_.verdict = verdict;
  decision_.refused_step = step_;
  decision_.refused_row = row;
  return false;
}

// --- Steps

bool Evaluation::Classify(const Step& step) {
  for (const Line& line : input_.lines) {
    if (!ClassifyLine(step, line)) return false;
    const LineSplit& split = decision_.lines.back();
    Amount(kMedfeeSumamt) += line.amount;
    Amount(kFulamtOwnpayAmt) += split.fulamt_ownpay;
    Amount(kOverlmtSelfpay) += split.overlmt;
    Amount(kPreselfpayAmt) += split.preselfpay;
    Amount(kInscpScpAmt) += split.inscp;
  }
  Amount(kPsnPartAmt) = Amount(kMedfeeSumamt);
  Amount(step.out) = Amount(kInscpScpAmt);
  Trace trace = TraceOf();
  trace.base = Amount(kMedfeeSumamt);
  trace.amount = Amount(kInscpScpAmt);
  decision_.trace.push_back(trace);
  return true;
}

bool Evaluation::ClassifyLine(const Step& step, const Line& line) {
  Ratio selfpay_prop;
  if (line.item != nullptr) {
    selfpay_prop = line.item->selfpay_prop;
    facts_.SetEnum(Fact::kChrgitmLv, line.item->item_class);
    facts_.SetEnum(Fact::kItemKind, line.item->kind);
    facts_.Set(Fact::kPric, line.pric_fen_1e4 / 10'000);
    facts_.SetEnum(Fact::kMedListCodg, line.item->code);
    const uint16_t row = OnlyRow(step.rows);
    if (decision_.verdict != Verdict::kSettled) return false;
    if (row != kNoRow) selfpay_prop = program_.rows[row].ratio;
  }
  decision_.lines.push_back(Split(line, selfpay_prop));
  return true;
}

LineSplit Evaluation::Split(const Line& line, Ratio selfpay_prop) const {
  LineSplit split;
  split.selfpay_prop = selfpay_prop;
  if (line.item == nullptr || line.item->item_class == ItemClass::kC || line.outside_restriction) {
    split.fulamt_ownpay = line.amount;
    split.selfpay_prop = Ratio(Ratio::kOne);
    return split;
  }
  Fen rest = line.amount;
  if (line.item->price_limit > Fen(0)) {
    constexpr int64_t kMillionthsPer1e4 = Ratio::kOne / 10'000;
    const FenMillionths limit = static_cast<FenMillionths>(line.item->price_limit.value()) *
                                line.cnt_1e4 * kMillionthsPer1e4;
    // A limit beyond the line itself bounds nothing, and comparing first keeps the rounding inside
    // int64.
    if (limit < Multiply(line.amount, Ratio(Ratio::kOne))) {
      const Fen payable = Round(limit, Rounding::kFenHalfUp);
      split.overlmt = line.amount - payable;
      rest = payable;
    }
  }
  split.preselfpay = std::min(Apply(rest, selfpay_prop, program_.rounding), rest);
  split.inscp = rest - split.preselfpay;
  return split;
}

bool Evaluation::Gate(const Step& step) {
  for (uint32_t row = step.rows.begin; row < step.rows.end; ++row) {
    if (!Holds(program_.rows[row].when)) continue;
    const Verdict verdict =
        program_.rows[row].lacks_figure ? Verdict::kLacksFigure : Verdict::kExcluded;
    return Refuse(verdict, static_cast<uint16_t>(row));
  }
  return true;
}

bool Evaluation::Deductible(const Step& step) {
  uint16_t row = kNoRow;
  if (!RequireRow(step, &row)) return false;
  Trace trace = TraceOf(row);
  trace.base = Total(step.base);
  Fen due = AdjustAmount(step.adjusts, program_.rows[row].amount, &trace.adjust);
  if (step.accumulator != kNoAccumulator) {
    const Fen already(Accumulated(step.accumulator));
    if (already > Fen(0)) trace.note = Note::kAlreadyPaid;
    due = std::max(due - already, Fen(0));
  }
  if (!Bound(step.limit, &due, &trace)) return false;
  if (due > trace.base) {
    due = trace.base;
    trace.note = Note::kWholeBase;
  }
  if (step.accumulator != kNoAccumulator) AddTo(step.accumulator, due.value());
  if (step.limit.accumulator != kNoAccumulator) AddTo(step.limit.accumulator, due.value());
  trace.amount = due;
  Amount(step.out) = due;
  if (step.reports_deductible) decision_.act_pay_dedc = due;
  decision_.trace.push_back(trace);
  return true;
}

bool Evaluation::Pay(const Step& step) {
  const Fen base = std::min(Total(step.base), Amount(kPsnPartAmt));
  uint16_t row = kNoRow;
  if (!RequireRow(step, &row)) return false;
  const int64_t from = Total(step.start).value();
  const int64_t to = from + base.value();
  FenFine exact = 0;
  Fen shown;  // what the bands before this one came to, rounded
  const Slice bands = program_.rows[row].bands;
  for (uint32_t i = bands.begin; i < bands.end; ++i) {
    const Band& band = program_.bands[i];
    const int64_t low = std::max(from, band.from);
    const int64_t high = std::min(to, band.to);
    if (low >= high) continue;
    Trace trace = TraceOf(row);
    trace.has_ratio = true;
    trace.base = Fen(high - low);
    const FineRatio ratio = AdjustRatio(step.adjusts, band.ratio, &trace.adjust);
    trace.ratio = ratio.ToRatio();
    exact += Multiply(trace.base, ratio);
    const Fen so_far = RoundFine(exact, program_.rounding);
    trace.amount = so_far - shown;
    shown = so_far;
    decision_.trace.push_back(trace);
  }
  // Rounding to whole yuan may pass the base; the person is never paid out.
  Fen payment = std::min(shown, base);
  Trace bound = TraceOf(row);
  bound.base = shown;
  if (payment < shown) bound.note = Note::kWholeBase;
  if (!Bound(step.limit, &payment, &bound)) return false;
  if (bound.note != Note::kNone) {
    bound.amount = payment;
    decision_.trace.push_back(bound);
  }
  if (step.limit.accumulator != kNoAccumulator) AddTo(step.limit.accumulator, payment.value());
  PayFromFund(step, payment);
  return true;
}

bool Evaluation::Cap(const Step& step) {
  Trace trace = TraceOf();
  trace.base = Total(step.base);
  Fen inside = trace.base;
  if (!Bound(step.limit, &inside, &trace)) return false;
  if (step.limit.accumulator != kNoAccumulator) AddTo(step.limit.accumulator, inside.value());
  Amount(step.out) = inside;
  Amount(step.over) = trace.base - inside;
  trace.row = trace.limit_row;
  trace.amount = inside;
  decision_.trace.push_back(trace);
  return true;
}

bool Evaluation::Quota(const Step& step) {
  uint16_t row = kNoRow;
  if (!RequireRow(step, &row)) return false;
  Trace trace = TraceOf(row);
  trace.base = std::min(Total(step.base), Amount(kPsnPartAmt));
  const int64_t further_babies = std::max<int64_t>(input_.facts[Fact::kFetusCnt] - 1, 0);
  Fen payment = program_.rows[row].amount + Fen(step.each_further_baby.value() * further_babies);
  if (step.fixed_quota) {
    const Fen hospital = trace.base - payment;
    decision_.hosp_part += hospital;
    Amount(kPsnPartAmt) -= hospital;
    trace.note = Note::kHospitalBears;
  } else if (payment >= trace.base) {
    payment = trace.base;
    trace.note = Note::kWholeBase;
  } else {
    trace.note = Note::kLimited;
  }
  trace.amount = payment;
  decision_.trace.push_back(trace);
  PayFromFund(step, payment);
  return true;
}

void Evaluation::Sum(const Step& step) {
  Trace trace = TraceOf();
  trace.amount = Total(step.base);
  Amount(step.out) = trace.amount;
  decision_.trace.push_back(trace);
}

void Evaluation::Accumulate(const Step& step) {
  const bool counts = program_.accumulators[step.accumulator].counts;
  const Fen amount = counts ? Fen(1) : Total(step.base);
  AddTo(step.accumulator, amount.value());
  Amount(step.out) = counts ? Fen() : amount;
}

void Evaluation::Account(const Step& step) {
  if (!input_.account_allowed || !Holds(step.when)) return;
  Trace trace = TraceOf();
  trace.base = std::min(Total(step.base), Amount(kPsnPartAmt));
  Fen open = trace.base;
  for (uint8_t i = 0; i < step.order_size; ++i) {
    const auto sub = static_cast<size_t>(step.order[i]);
    const Fen paid = std::min(open, std::max(input_.account[sub], Fen(0)));
    decision_.account_paid[sub] = paid;
    open -= paid;
  }
  trace.amount = trace.base - open;
  Amount(step.out) = trace.amount;
  decision_.trace.push_back(trace);
}

void Evaluation::PayFromFund(const Step& step, Fen amount) {
  Amount(step.out) = amount;
  Amount(kPsnPartAmt) -= amount;
  decision_.funds.push_back({step_, step.fund, amount});
}

// --- Conditions and rows

bool Evaluation::Holds(const Condition& condition) const {
  const int64_t value = Value(condition.operand, condition.index);
  bool holds = false;
  switch (condition.test) {
    case Condition::Test::kMask:
      holds = value >= 0 && value < 64 && ((condition.mask >> value) & 1) != 0;
      break;
    case Condition::Test::kIntervals:
      for (uint32_t i = condition.values.begin; i < condition.values.end && !holds; ++i) {
        holds = program_.intervals[i].low <= value && value <= program_.intervals[i].high;
      }
      break;
    case Condition::Test::kSymbols:
      holds = std::binary_search(program_.symbols.begin() + condition.values.begin,
                                 program_.symbols.begin() + condition.values.end,
                                 static_cast<Symbol>(value));
      break;
  }
  return holds != condition.negated;
}

bool Evaluation::Holds(Slice when) const {
  for (uint32_t i = when.begin; i < when.end; ++i) {
    if (!Holds(program_.conditions[i])) return false;
  }
  return true;
}

uint16_t Evaluation::OnlyRow(Slice rows) {
  uint16_t found = kNoRow;
  for (uint32_t row = rows.begin; row < rows.end; ++row) {
    if (!Holds(program_.rows[row].when)) continue;
    if (found != kNoRow) {
      Refuse(Verdict::kTwoRows, static_cast<uint16_t>(row));
      return kNoRow;
    }
    found = static_cast<uint16_t>(row);
  }
  return found;
}

bool Evaluation::RequireRow(const Step& step, uint16_t* row) {
  *row = OnlyRow(step.rows);
  if (decision_.verdict != Verdict::kSettled) return false;
  return *row != kNoRow || Refuse(Verdict::kNoMatchingRow, kNoRow);
}

// --- Amounts and accumulators

int64_t Evaluation::Value(Operand operand, uint16_t index) const {
  switch (operand) {
    case Operand::kFact:
      return facts_[static_cast<Fact>(index)];
    case Operand::kAmount:
      return decision_.amount[index].value();
    case Operand::kAccumulator:
      return Accumulated(index);
  }
  return 0;
}

Fen Evaluation::Total(Slice terms) const {
  Fen sum;
  for (uint32_t i = terms.begin; i < terms.end; ++i) {
    const Term& term = program_.terms[i];
    const Fen value(Value(term.operand, term.index));
    sum = term.negative ? sum - value : sum + value;
  }
  return std::max(sum, Fen(0));
}

Date Evaluation::PeriodStart(Period period) const {
  if (period == Period::kDay) return input_.enddate;
  const Date::Civil day = input_.enddate.civil();
  if (period == Period::kMonth) return Date::FromCivil(day.year, day.month, 1);
  const Date start =
      Date::FromCivil(day.year, program_.benefit_year_month, program_.benefit_year_day);
  if (start <= input_.enddate) return start;
  return Date::FromCivil(day.year - 1, program_.benefit_year_month, program_.benefit_year_day);
}

AccumulatorKey Evaluation::KeyOf(const AccumulatorSpec& spec) const {
  AccumulatorKey key;
  key.insutype = input_.insutype;
  key.name = spec.name;
  key.period = PeriodStart(spec.period);
  if (spec.per_institution) key.institution = input_.institution;
  if (spec.per_dise_codg) key.dise_codg = input_.dise_codg;
  if (spec.per_hosp_lv) key.hosp_lv = static_cast<int32_t>(input_.facts[Fact::kHospLv]);
  return key;
}

int64_t Evaluation::Accumulated(uint16_t accumulator) const {
  const AccumulatorKey key = KeyOf(program_.accumulators[accumulator]);
  int64_t value = 0;
  for (const AccumulatorEntry& entry : input_.accumulators) {
    if (entry.key == key) value += entry.value;
  }
  return value + DeltaOf(key);
}

int64_t& Evaluation::DeltaOf(const AccumulatorKey& key) const {
  for (AccumulatorEntry& entry : decision_.deltas) {
    if (entry.key == key) return entry.value;
  }
  decision_.deltas.push_back({key, 0});
  return decision_.deltas.back().value;
}

void Evaluation::AddTo(uint16_t accumulator, int64_t value) {
  DeltaOf(KeyOf(program_.accumulators[accumulator])) += value;
}

Fen Evaluation::AdjustAmount(Slice adjusts, Fen amount, uint16_t* last) const {
  for (uint32_t i = adjusts.begin; i < adjusts.end; ++i) {
    const Adjust& adjust = program_.adjusts[i];
    if (!Holds(adjust.when)) continue;
    amount = adjust.how == Adjust::How::kSetAmount ? adjust.amount
                                                   : Apply(amount, adjust.ratio, program_.rounding);
    *last = static_cast<uint16_t>(i);
  }
  return amount;
}

FineRatio Evaluation::AdjustRatio(Slice adjusts, Ratio ratio, uint16_t* last) const {
  FineRatio share(ratio);
  if (ratio.millionths() == 0) return share;
  for (uint32_t i = adjusts.begin; i < adjusts.end; ++i) {
    const Adjust& adjust = program_.adjusts[i];
    if (!Holds(adjust.when)) continue;
    *last = static_cast<uint16_t>(i);
    switch (adjust.how) {
      case Adjust::How::kPoints:
        share = share.Plus(adjust.ratio);
        break;
      case Adjust::How::kOwnFactor:
        share = share.Rest().Times(adjust.ratio).Rest();
        break;
      case Adjust::How::kFactor:
        share = share.Times(adjust.ratio);
        break;
      case Adjust::How::kSetRatio:
      case Adjust::How::kSetAmount:
        share = FineRatio(adjust.ratio);
        break;
    }
  }
  return share;
}

bool Evaluation::Bound(const Limit& limit, Fen* amount, Trace* trace) {
  const uint16_t row = OnlyRow(limit.rows);
  if (decision_.verdict != Verdict::kSettled) return false;
  if (row == kNoRow) return true;
  Fen left = program_.rows[row].amount;
  if (limit.accumulator != kNoAccumulator)
    left = std::max(left - Fen(Accumulated(limit.accumulator)), Fen(0));
  if (*amount > left) {
    *amount = left;
    trace->note = Note::kLimited;
    trace->limit_row = row;
  }
  return true;
}

void Evaluation::AssertIdentities() const {
  const auto& amount = decision_.amount;
  YIJIE_CHECK(amount[kMedfeeSumamt] == amount[kFulamtOwnpayAmt] + amount[kOverlmtSelfpay] +
                                           amount[kPreselfpayAmt] + amount[kInscpScpAmt],
              "the four buckets do not add up to the bill");
  YIJIE_CHECK(amount[kMedfeeSumamt] ==
                  decision_.fund_pay_sumamt() + decision_.hosp_part + amount[kPsnPartAmt],
              "funds, hospital and person do not add up to the bill");
  YIJIE_CHECK(decision_.acct_pay() >= Fen(0) && decision_.acct_pay() <= amount[kPsnPartAmt],
              "the account pays more than the person owes");
}

}  // namespace

void Evaluate(const Program& program, const Input& input, Decision& decision) {
  Evaluation(program, input, decision).Run();
}

}  // namespace yijie::rules
