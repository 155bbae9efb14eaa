#include "rules/evaluate.h"

#include <algorithm>

#include "base/check.h"
#include "rules/condition.h"
#include "rules/running_totals.h"

namespace yijie::rules {
namespace {

// What stands for a line outside the catalogue: no class, kind or code.
const CatalogueItem& NoItem() {
  static const CatalogueItem* const item = new CatalogueItem{};
  return *item;
}

// State of one evaluation. The control flow is in Run; each step kind has one function.
class Evaluation {
 public:
  Evaluation(const Program& program, const Input& input, Decision& decision)
      : program_(program),
        input_(input),
        decision_(decision),
        facts_(input.facts),
        totals_(program, input, decision) {}

  void Run();

 private:
  // A stay that lies in one benefit year, or is not split: begin to end. Else once for each year.
  void RunWhole(Date year);
  void RunParts();
  bool RunSteps();
  void BeginAmounts();

  // False if the policy has no answer; the verdict is set then.
  bool RunStep(const Step& step);
  bool Classify(const Step& step);
  bool Gate(const Step& step);
  bool Deductible(const Step& step);
  bool Pay(const Step& step);
  bool Cap(const Step& step);
  bool Quota(const Step& step);
  bool Sum(const Step& step);
  bool Accumulate(const Step& step);
  void Account(const Step& step);
  bool Value(const Step& step);
  bool Benefit(const Step& step);

  bool InPart(const Line& line) const {
    return (part_ == 1 || part_begin_ <= line.day) &&
           (part_end_ == input_.enddate || line.day <= part_end_);
  }
  void SetLineFacts(const Line& line);
  bool ClassifyLine(const Step& step, const Line& line, LineSplit* split);
  // How the line is split; `row` is the classify row for it or nullptr.
  LineSplit Split(const Step& step, const Line& line, const Row* row);
  // What the ceilings leave of `amount`, which the line at hand would count.
  Fen UnderCeilings(const Step& step, const Line& line, Fen amount);
  void AddToGroups(const Step& step, const Line& line, const LineSplit& split);

  bool Holds(const Condition& condition) const {
    // Most conditions ask for an enum fact.
    if (condition.test == Condition::Test::kMask && condition.operand == Operand::kFact) {
      const int64_t value = facts_[static_cast<Fact>(condition.index)];
      return ((condition.mask >> (value & 63) & 1) != 0) != condition.negated;
    }
    return HoldsOther(condition);
  }
  bool HoldsOther(const Condition& condition) const;
  bool HeldOneOf(const Condition& condition) const;
  bool Holds(Slice when) const;
  // Index of the row whose conditions hold. kNoRow if there is none; if there are two the verdict
  // is set and kNoRow returned.
  uint16_t OnlyRow(const RowSlice& rows);
  // Calls `visit` with each row whose conditions hold, in order, until it returns false.
  template <typename Visit>
  void EachRow(const RowSlice& rows, Visit visit) const;
  // The rows of an indexed list that the enum facts leave, one bit each.
  uint64_t Left(const RowSlice& rows) const;
  // The same for steps that must have a row.
  bool RequireRow(const Step& step, uint16_t* row);

  int64_t NumberOf(Operand operand, uint16_t index) const;
  // Sum of terms, not below 0.
  int64_t Total(Slice terms) const;
  Fen TotalFen(Slice terms) const { return Fen(Total(terms)); }
  // Product of counts, 1 if there are none. False, with a verdict, if it is out of range.
  bool Product(Slice counts, int64_t* product);

  // The amount of a row, worked out if it has a formula. False, with a verdict, if it is out of
  // range.
  bool AmountOf(const Step& step, uint16_t row, Fen* amount);
  bool WorkOut(const Step& step, const Formula& formula, Fen figure, Fen* amount);
  // The amount of the step's row with its adjusts. False, with a verdict, if there is no such row.
  bool RowAmount(const Step& step, Trace* trace, Fen* amount);

  // Applies the step's adjust rows to an amount or a ratio; `last` gets the index of the last that
  // applied. False, with a verdict, if a count is out of range.
  bool AdjustAmount(const Step& step, Fen* amount, uint16_t* last);
  bool AdjustRatio(Slice adjusts, Ratio ratio, uint16_t* last, FineRatio* share);

  // What the limits leave of `amount`. Sets trace note and row. False, with a verdict, if two rows
  // of one hold.
  bool Bound(const Step& step, Fen* amount, Trace* trace);
  void AddToLimits(const Step& step, Fen amount);

  // What the person still owes after funds and account.
  Fen Open() const {
    return decision_.amount[kPsnPartAmt] - (decision_.accounts_pay() - account_paid_before_);
  }
  // Walks the bands of a pay row over [from, from + base].
  bool PayBands(const Step& step, uint16_t row, int64_t from, Fen base, Fen* payment);
  // Raises the payment to the guaranteed one.
  bool Guarantee(const Step& step, Fen most, Fen* payment, Trace* trace);
  // The part of the base whose payment lies beyond `payment`, to the nearest fen.
  bool Beyond(const Step& step, uint16_t row, int64_t from, Fen base, Fen payment, Fen* beyond);
  void PayFromFund(const Step& step, Fen amount);
  Trace TraceOf(uint16_t row = kNoRow) const {
    Trace trace;
    trace.step = step_;
    trace.row = row;
    trace.part = part_;
    return trace;
  }
  Fen& Amount(uint16_t slot) { return decision_.amount[slot]; }
  bool Refuse(Verdict verdict, uint16_t row);
  // False, with a verdict, if it is not. Keeps sums of sums inside int64.
  bool InRange(Fen amount) {
    return amount <= Fen(kMaxWorkedOut) || Refuse(Verdict::kOutOfRange, kNoRow);
  }
  void AssertIdentities() const;

  const Program& program_;
  const Input& input_;
  Decision& decision_;
  Facts facts_;  // with those of the part and of the line at hand
  mutable RunningTotals totals_;
  uint16_t step_ = 0;
  uint8_t part_ = 0;  // from 1; 0: not split
  Date part_begin_;   // days of the fees that belong to the part
  Date part_end_;
  Fen account_paid_before_;  // in earlier parts
};

void Evaluation::Run() {
  decision_.verdict = Verdict::kSettled;
  decision_.refused_step = 0;
  decision_.refused_row = kNoRow;
  decision_.clamped_adjust = kNoRow;
  decision_.overdrawn_step = kNoRow;
  decision_.act_pay_dedc = Fen();
  decision_.hosp_part = Fen();
  decision_.account_paid.fill(Fen());
  decision_.family_paid = Fen();
  decision_.lines.resize(input_.lines.size());
  decision_.funds.clear();
  decision_.benefits.clear();
  decision_.deltas.clear();
  decision_.trace.clear();
  const Date year = BenefitYearStart(program_, input_.enddate);
  const bool crosses = input_.begndate < year;
  facts_.Set(Fact::kCrossesYear, crosses ? 1 : 0);
  if (crosses && program_.split_by_fee_day) {
    RunParts();
  } else {
    RunWhole(year);
  }
  if (decision_.verdict == Verdict::kSettled) AssertIdentities();
}

void Evaluation::RunWhole(Date year) {
  BeginAmounts();
  totals_.Begin(input_.enddate, year);
  if (RunSteps()) totals_.Finish();
}

void Evaluation::RunParts() {
  std::array<Fen, kMaxAmounts> whole{};
  part_begin_ = input_.begndate;
  while (part_begin_ <= input_.enddate) {
    const Date next_year = NextBenefitYearStart(program_, part_begin_);
    part_end_ = std::min(Date(next_year.days() - 1), input_.enddate);
    ++part_;
    account_paid_before_ = decision_.accounts_pay();
    facts_.Set(Fact::kEnddate, part_end_.days());
    // The days of the parts add up to those of the stay.
    facts_.Set(Fact::kStayDays, std::min(next_year, input_.enddate).days() - part_begin_.days());
    if (static_cast<StayPart>(input_.facts[Fact::kStayPart]) != StayPart::kLater)
      facts_.SetEnum(Fact::kStayPart, part_ == 1 ? StayPart::kFirst : StayPart::kLater);
    BeginAmounts();
    totals_.Begin(part_end_, BenefitYearStart(program_, part_end_));
    if (!RunSteps()) return;
    totals_.Finish();
    for (size_t i = 0; i < program_.amount_count; ++i) whole[i] += decision_.amount[i];
    part_begin_ = next_year;
  }
  decision_.amount = whole;
}

void Evaluation::BeginAmounts() {
  std::fill_n(decision_.amount.begin(), program_.amount_count, Fen());
  constexpr auto kCurrent = static_cast<size_t>(SubAccount::kCurrentYear);
  constexpr auto kPast = static_cast<size_t>(SubAccount::kPastYears);
  Amount(kBalcCurrent) = input_.account[kCurrent] - decision_.account_paid[kCurrent];
  Amount(kBalcPast) = input_.account[kPast] - decision_.account_paid[kPast];
  Amount(kBalc) = Amount(kBalcCurrent) + Amount(kBalcPast);
}

bool Evaluation::RunSteps() {
  for (step_ = 0; step_ < program_.steps.size(); ++step_) {
    if (!RunStep(program_.steps[step_])) return false;
  }
  return true;
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
      return Sum(step);
    case StepKind::kAccumulate:
      return Accumulate(step);
    case StepKind::kAccount:
      Account(step);
      return true;
    case StepKind::kValue:
      return Value(step);
    case StepKind::kBenefit:
      return Benefit(step);
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
  decision_.ceilings_used.clear();
  for (const Line& line : input_.lines) __builtin_prefetch(line.item);
  for (size_t i = 0; i < input_.lines.size(); ++i) {
    const Line& line = input_.lines[i];
    if (part_ != 0 && !InPart(line)) continue;
    LineSplit& split = decision_.lines[i];
    if (!ClassifyLine(step, line, &split)) return false;
    Amount(kMedfeeSumamt) += line.amount;
    Amount(kFulamtOwnpayAmt) += split.fulamt_ownpay;
    Amount(kOverlmtSelfpay) += split.overlmt;
    Amount(kPreselfpayAmt) += split.preselfpay;
    Amount(kInscpScpAmt) += split.inscp;
    if (!step.groups.empty()) AddToGroups(step, line, split);
  }
  Amount(kPsnPartAmt) = Amount(kMedfeeSumamt);
  Amount(step.out) = Amount(kInscpScpAmt);
  Trace trace = TraceOf();
  trace.base = Amount(kMedfeeSumamt);
  trace.amount = Amount(kInscpScpAmt);
  decision_.trace.push_back(trace);
  return true;
}

void Evaluation::SetLineFacts(const Line& line) {
  // Only groups ask for a line outside the catalogue.
  const CatalogueItem& item = line.item != nullptr ? *line.item : NoItem();
  facts_.Set(Fact::kUnrelated, line.unrelated ? 1 : 0);
  facts_.Set(Fact::kPric, line.pric_fen_1e4 / 10'000);
  facts_.SetEnum(Fact::kChrgitmLv, item.item_class);
  facts_.SetEnum(Fact::kItemKind, item.kind);
  facts_.SetEnum(Fact::kMedListCodg, item.code);
}

bool Evaluation::ClassifyLine(const Step& step, const Line& line, LineSplit* split) {
  const Row* row = nullptr;
  if (!step.rows.empty() || !step.ceilings.empty() || !step.groups.empty()) SetLineFacts(line);
  if (line.item != nullptr && !step.rows.empty()) {
    const uint16_t found = OnlyRow(step.rows);
    if (decision_.verdict != Verdict::kSettled) return false;
    if (found != kNoRow) row = &program_.rows[found];
  }
  *split = Split(step, line, row);
  return true;
}

LineSplit Evaluation::Split(const Step& step, const Line& line, const Row* row) {
  // Which lines a catalogue leaves to the person no processor foresees, so they take the same way
  // as the others, with nothing counted.
  const CatalogueItem& item = line.item != nullptr ? *line.item : NoItem();
  const bool own = line.item == nullptr || item.item_class == ItemClass::kC ||
                   line.outside_restriction || (row != nullptr && row->exclude);
  LineSplit split;
  split.selfpay_prop =
      row != nullptr && row->has_selfpay_prop ? row->selfpay_prop : item.selfpay_prop;
  if (own) split.selfpay_prop = Ratio(Ratio::kOne);
  const Fen price_limit =
      row != nullptr && row->has_price_limit ? row->price_limit : item.price_limit;
  const Fen counted = own ? Fen() : line.amount;
  Fen rest = counted;
  if (price_limit > Fen(0)) {
    constexpr int64_t kMillionthsPer1e4 = Ratio::kOne / 10'000;
    const FenMillionths limit =
        static_cast<FenMillionths>(price_limit.value()) * line.cnt_1e4 * kMillionthsPer1e4;
    // A limit beyond the line itself bounds nothing, and comparing first keeps the rounding inside
    // int64.
    if (limit < Multiply(rest, Ratio(Ratio::kOne))) rest = RoundFast(limit, Rounding::kFenHalfUp);
  }
  if (!step.ceilings.empty() && !own) rest = UnderCeilings(step, line, rest);
  split.fulamt_ownpay = line.amount - counted;
  split.overlmt = counted - rest;
  split.preselfpay = std::min(Apply(rest, split.selfpay_prop, step.rounding), rest);
  split.inscp = rest - split.preselfpay;
  return split;
}

Fen Evaluation::UnderCeilings(const Step& step, const Line& line, Fen amount) {
  // What the line counts is known after the last ceiling, so they are gone through twice.
  const auto use_of = [this, &line](uint32_t ceiling) -> Fen& {
    const Date day = program_.ceilings[ceiling].per_fee_day ? line.day : Date();
    for (CeilingUse& use : decision_.ceilings_used) {
      if (use.ceiling == ceiling && use.day == day) return use.counted;
    }
    decision_.ceilings_used.push_back({ceiling, day, Fen()});
    return decision_.ceilings_used.back().counted;
  };
  for (uint32_t i = step.ceilings.begin; i < step.ceilings.end; ++i) {
    const Ceiling& ceiling = program_.ceilings[i];
    if (Holds(ceiling.when)) amount = std::min(amount, ceiling.amount - use_of(i));
  }
  for (uint32_t i = step.ceilings.begin; i < step.ceilings.end; ++i) {
    if (Holds(program_.ceilings[i].when)) use_of(i) += amount;
  }
  return amount;
}

void Evaluation::AddToGroups(const Step& step, const Line& line, const LineSplit& split) {
  const Fen buckets[] = {line.amount, split.fulamt_ownpay, split.overlmt, split.preselfpay,
                         split.inscp};
  for (uint32_t i = step.groups.begin; i < step.groups.end; ++i) {
    const Group& group = program_.groups[i];
    if (Holds(group.when)) Amount(group.out) += buckets[group.bucket];
  }
}

bool Evaluation::Gate(const Step& step) {
  EachRow(step.rows, [this](uint16_t row) {
    const bool lacks = program_.rows[row].lacks_figure;
    return Refuse(lacks ? Verdict::kLacksFigure : Verdict::kExcluded, row);
  });
  return decision_.verdict == Verdict::kSettled;
}

bool Evaluation::Deductible(const Step& step) {
  Trace trace = TraceOf();
  trace.base = TotalFen(step.base);
  Fen due;
  if (!RowAmount(step, &trace, &due)) return false;
  if (step.accumulator != kNoAccumulator) {
    const Fen already(totals_.Value(step.accumulator));
    if (already > Fen(0)) trace.note = Note::kAlreadyPaid;
    due = std::max(due - already, Fen(0));
  }
  if (!Bound(step, &due, &trace)) return false;
  if (due > trace.base) {
    due = trace.base;
    trace.note = Note::kWholeBase;
  }
  if (step.accumulator != kNoAccumulator) totals_.Add(step.accumulator, due.value());
  AddToLimits(step, due);
  trace.amount = due;
  Amount(step.out) = due;
  if (step.reports_deductible) decision_.act_pay_dedc += due;
  decision_.trace.push_back(trace);
  return true;
}

bool Evaluation::Pay(const Step& step) {
  const Fen open = Open();
  const Fen wanted = TotalFen(step.base);
  if (wanted > open) decision_.overdrawn_step = step_;
  const Fen base = std::min(wanted, open);
  uint16_t row = kNoRow;
  if (!RequireRow(step, &row)) return false;
  const int64_t from = Total(step.start);
  Fen shown;
  if (!PayBands(step, row, from, base, &shown)) return false;
  // Rounding to whole yuan may pass the base; the person is never paid out.
  Fen payment = std::min(shown, base);
  Trace bound = TraceOf(row);
  bound.base = shown;
  if (payment < shown) bound.note = Note::kWholeBase;
  if (!Guarantee(step, open, &payment, &bound)) return false;
  const Fen unlimited = payment;
  if (!Bound(step, &payment, &bound)) return false;
  if (bound.note != Note::kNone) {
    bound.amount = payment;
    decision_.trace.push_back(bound);
  }
  AddToLimits(step, payment);
  if (step.over != kNoSlot) Amount(step.over) = unlimited - payment;
  if (step.beyond != kNoSlot && payment < unlimited &&
      !Beyond(step, row, from, base, payment, &Amount(step.beyond))) {
    return false;
  }
  PayFromFund(step, payment);
  return true;
}

bool Evaluation::PayBands(const Step& step, uint16_t row, int64_t from, Fen base, Fen* payment) {
  const int64_t to = from + base.value();
  FenFine exact = 0;
  const Slice bands = program_.rows[row].bands;
  for (uint32_t i = bands.begin; i < bands.end; ++i) {
    const Band& band = program_.bands[i];
    const int64_t low = std::max(from, band.from);
    const int64_t high = std::min(to, band.to);
    if (low >= high) continue;
    Trace trace = TraceOf(row);
    trace.has_ratio = true;
    trace.base = Fen(high - low);
    FineRatio ratio(band.ratio);
    if (!AdjustRatio(step.adjusts, band.ratio, &trace.adjust, &ratio)) return false;
    trace.ratio = ratio.ToRatio();
    exact += Multiply(trace.base, ratio);
    const Fen so_far = RoundFine(exact, step.rounding);
    trace.amount = so_far - *payment;
    *payment = so_far;
    decision_.trace.push_back(trace);
  }
  return true;
}

bool Evaluation::Guarantee(const Step& step, Fen most, Fen* payment, Trace* trace) {
  const uint16_t row = OnlyRow(step.at_least);
  if (decision_.verdict != Verdict::kSettled) return false;
  if (row == kNoRow) return true;
  Fen guaranteed;
  if (!AmountOf(step, row, &guaranteed)) return false;
  guaranteed = std::min(guaranteed, most);
  if (*payment >= guaranteed) return true;
  *payment = guaranteed;
  trace->note = Note::kGuaranteed;
  trace->limit_row = row;
  return true;
}

bool Evaluation::Beyond(const Step& step, uint16_t row, int64_t from, Fen base, Fen payment,
                        Fen* beyond) {
  const int64_t to = from + base.value();
  const FenFine wanted = static_cast<FenFine>(payment.value()) * FineRatio::kOne;
  FenFine paid = 0;
  int64_t reached = from;  // where on the axis `payment` is reached
  const Slice bands = program_.rows[row].bands;
  for (uint32_t i = bands.begin; i < bands.end; ++i) {
    const Band& band = program_.bands[i];
    const int64_t low = std::max(from, band.from);
    const int64_t high = std::min(to, band.to);
    if (low >= high) continue;
    uint16_t last = kNoRow;
    FineRatio ratio(band.ratio);
    if (!AdjustRatio(step.adjusts, band.ratio, &last, &ratio)) return false;
    const FenFine of_band = Multiply(Fen(high - low), ratio);
    if (paid + of_band > wanted) {
      const FenFine rest = wanted > paid ? wanted - paid : 0;
      reached = low + RoundTo(rest, ratio.value(), Rounding::kFenHalfUp).value();
      break;
    }
    paid += of_band;
    reached = high;
  }
  *beyond = Fen(to - std::min(reached, to));
  return true;
}

bool Evaluation::Cap(const Step& step) {
  Trace trace = TraceOf();
  trace.base = TotalFen(step.base);
  Fen inside = trace.base;
  if (!InRange(inside) || !Bound(step, &inside, &trace)) return false;
  AddToLimits(step, inside);
  Amount(step.out) = inside;
  Amount(step.over) = trace.base - inside;
  trace.row = trace.limit_row;
  trace.amount = inside;
  decision_.trace.push_back(trace);
  return true;
}

bool Evaluation::Quota(const Step& step) {
  Trace trace = TraceOf();
  Fen payment;
  if (!RowAmount(step, &trace, &payment)) return false;
  trace.base = std::min(TotalFen(step.base), Open());
  const int64_t further_babies = std::max<int64_t>(input_.facts[Fact::kFetusCnt] - 1, 0);
  const Fen each =
      step.each_further_baby + Apply(payment, step.each_further_baby_share, step.rounding);
  payment += Fen(each.value() * further_babies);
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

bool Evaluation::Sum(const Step& step) {
  Trace trace = TraceOf();
  trace.amount = TotalFen(step.base);
  if (!InRange(trace.amount)) return false;
  Amount(step.out) = trace.amount;
  decision_.trace.push_back(trace);
  return true;
}

bool Evaluation::Accumulate(const Step& step) {
  if (!Holds(step.when)) return true;
  const rules::Holds holds = program_.accumulators[step.accumulator].holds;
  int64_t added = 0;
  if (holds == rules::Holds::kDay) {
    // A claim that comes late does not move the day back.
    added = std::max<int64_t>(facts_[Fact::kEnddate] - totals_.Value(step.accumulator), 0);
  } else {
    added = holds == rules::Holds::kCount && step.base.empty() ? 1 : Total(step.base);
    if (!InRange(Fen(added))) return false;
    if (holds == rules::Holds::kMoney) Amount(step.out) = Fen(added);
    if (step.replace) added -= totals_.Value(step.accumulator);
  }
  totals_.Add(step.accumulator, added);
  return true;
}

bool Evaluation::Value(const Step& step) {
  Trace trace = TraceOf();
  if (!RowAmount(step, &trace, &trace.amount)) return false;
  Amount(step.out) = trace.amount;
  if (!step.holds_count) decision_.trace.push_back(trace);
  return true;
}

bool Evaluation::Benefit(const Step& step) {
  Trace trace = TraceOf();
  Fen amount;
  if (!RowAmount(step, &trace, &amount)) return false;
  trace.base = amount;
  if (!Bound(step, &amount, &trace)) return false;
  AddToLimits(step, amount);
  trace.amount = amount;
  Amount(step.out) = amount;
  decision_.trace.push_back(trace);
  if (amount > Fen(0)) decision_.benefits.push_back({step_, step.fund, amount});
  return true;
}

void Evaluation::Account(const Step& step) {
  if (!input_.account_allowed || !Holds(step.when)) return;
  Trace trace = TraceOf();
  trace.base = std::min(TotalFen(step.base), Open());
  Fen open = trace.base;
  for (uint8_t i = 0; i < step.order_size; ++i) {
    const auto sub = static_cast<size_t>(step.order[i]);
    const Fen left = std::max(input_.account[sub] - decision_.account_paid[sub], Fen(0));
    const Fen paid = std::min(open, left);
    decision_.account_paid[sub] += paid;
    open -= paid;
  }
  if (step.relatives_pay) {
    const Fen family = std::min(open, input_.family_offered - decision_.family_paid);
    decision_.family_paid += family;
    open -= family;
  }
  trace.amount = trace.base - open;
  Amount(step.out) = trace.amount;
  decision_.trace.push_back(trace);
}

void Evaluation::PayFromFund(const Step& step, Fen amount) {
  Amount(step.out) = amount;
  Amount(kPsnPartAmt) -= amount;
  if (step.fund == Fund::kHospital) {
    decision_.hosp_part += amount;
  } else {
    decision_.funds.push_back({step_, step.fund, amount});
  }
}

// --- Conditions and rows

bool Evaluation::HeldOneOf(const Condition& condition) const {
  return std::any_of(input_.rights.begin(), input_.rights.end(), [&](Symbol right) {
    return std::binary_search(program_.symbols.begin() + condition.values.begin,
                              program_.symbols.begin() + condition.values.end, right);
  });
}

bool Evaluation::HoldsOther(const Condition& condition) const {
  if (condition.test == Condition::Test::kHeld) return HeldOneOf(condition) != condition.negated;
  return HoldsFor(program_, condition, NumberOf(condition.operand, condition.index));
}

bool Evaluation::Holds(Slice when) const {
  for (uint32_t i = when.begin; i < when.end; ++i) {
    if (!Holds(program_.conditions[i])) return false;
  }
  return true;
}

uint64_t Evaluation::Left(const RowSlice& rows) const {
  uint64_t left = ~uint64_t{0} >> (64 - (rows.end - rows.begin));
  const Slice facts = program_.row_indexes[rows.index];
  for (uint32_t i = facts.begin; i < facts.end; ++i) {
    const IndexedFact& indexed = program_.indexed_facts[i];
    const auto value = static_cast<uint64_t>(facts_[static_cast<Fact>(indexed.fact)]);
    left &= program_.index_words[indexed.words + value % kIndexedValues];
  }
  return left;
}

template <typename Visit>
void Evaluation::EachRow(const RowSlice& rows, Visit visit) const {
  if (rows.index == kNoIndex) {
    for (uint32_t row = rows.begin; row < rows.end; ++row)
      if (Holds(program_.rows[row].when) && !visit(static_cast<uint16_t>(row))) return;
    return;
  }
  for (uint64_t left = Left(rows); left != 0; left &= left - 1) {
    const uint32_t row = rows.begin + static_cast<uint32_t>(__builtin_ctzll(left));
    if (Holds(program_.rows[row].rest) && !visit(static_cast<uint16_t>(row))) return;
  }
}

uint16_t Evaluation::OnlyRow(const RowSlice& rows) {
  uint16_t found = kNoRow;
  EachRow(rows, [&](uint16_t row) {
    if (found == kNoRow) {
      found = row;
      return true;
    }
    found = kNoRow;
    return Refuse(Verdict::kTwoRows, row);
  });
  return found;
}

bool Evaluation::RequireRow(const Step& step, uint16_t* row) {
  *row = OnlyRow(step.rows);
  if (decision_.verdict != Verdict::kSettled) return false;
  return *row != kNoRow || Refuse(Verdict::kNoMatchingRow, kNoRow);
}

// --- Amounts and accumulators

int64_t Evaluation::NumberOf(Operand operand, uint16_t index) const {
  switch (operand) {
    case Operand::kFact:
      return facts_[static_cast<Fact>(index)];
    case Operand::kAmount:
      return decision_.amount[index].value();
    case Operand::kAccumulator:
      return totals_.Value(index);
    case Operand::kGiven:
      return index < input_.given.size() ? input_.given[index] : 0;
    case Operand::kSince: {
      const int64_t day = totals_.Value(index);
      const int64_t days = input_.begndate.days() - day;
      // A day after the beginning is that of a later claim, which came first.
      return day == 0 || days < 0 ? kNeverDays : days;
    }
    case Operand::kLiteral:
      return index;
  }
  return 0;
}

int64_t Evaluation::Total(Slice terms) const {
  int64_t sum = 0;
  for (uint32_t i = terms.begin; i < terms.end; ++i) {
    const Term& term = program_.terms[i];
    const int64_t value = NumberOf(term.operand, term.index);
    sum += term.negative ? -value : value;
  }
  return std::max<int64_t>(sum, 0);
}

bool Evaluation::Product(Slice counts, int64_t* product) {
  constexpr int64_t kMostCount = 1'000'000'000;
  __int128 exact = 1;
  for (uint32_t i = counts.begin; i < counts.end; ++i) {
    const Term& count = program_.terms[i];
    exact *= std::max<int64_t>(NumberOf(count.operand, count.index), 0);
    if (exact > kMostCount) return Refuse(Verdict::kOutOfRange, kNoRow);
  }
  *product = static_cast<int64_t>(exact);
  return true;
}

bool Evaluation::AmountOf(const Step& step, uint16_t row, Fen* amount) {
  const Row& found = program_.rows[row];
  *amount = found.amount;
  return found.formula == kNoFormula ||
         WorkOut(step, program_.formulas[found.formula], found.amount, amount);
}

bool Evaluation::WorkOut(const Step& step, const Formula& formula, Fen figure, Fen* amount) {
  constexpr int64_t k1e4 = 10'000;
  const int64_t sum = formula.of.empty() ? figure.value() : Total(formula.of);
  int64_t count = 1;
  if (!Product(formula.times, &count)) return false;
  if (formula.every > 1) count = (count + formula.every - 1) / formula.every;
  const __int128 one = static_cast<__int128>(Ratio::kOne) * formula.divide_1e4;
  // At most 10^15 x 10^7 x 10^9 x 10^4.
  if (sum > kMaxWorkedOut) return Refuse(Verdict::kOutOfRange, kNoRow);
  const __int128 exact = static_cast<__int128>(sum) * formula.ratio.millionths() * count * k1e4;
  if (exact > one * kMaxWorkedOut) return Refuse(Verdict::kOutOfRange, kNoRow);
  Fen result = RoundTo(exact, one, step.rounding);
  const auto bound = [this](const Formula::Bound& b) {
    return Fen(b.kind == Formula::Bound::Kind::kFigure ? b.figure
                                                       : NumberOf(b.term.operand, b.term.index));
  };
  if (formula.at_least.kind != Formula::Bound::Kind::kNone)
    result = std::max(result, bound(formula.at_least));
  if (formula.at_most.kind != Formula::Bound::Kind::kNone)
    result = std::min(result, bound(formula.at_most));
  *amount = result;
  return InRange(result);
}

bool Evaluation::RowAmount(const Step& step, Trace* trace, Fen* amount) {
  if (!RequireRow(step, &trace->row)) return false;
  return AmountOf(step, trace->row, amount) && AdjustAmount(step, amount, &trace->adjust);
}

bool Evaluation::AdjustAmount(const Step& step, Fen* amount, uint16_t* last) {
  for (uint32_t i = step.adjusts.begin; i < step.adjusts.end; ++i) {
    const Adjust& adjust = program_.adjusts[i];
    if (!Holds(adjust.when)) continue;
    *last = static_cast<uint16_t>(i);
    int64_t times = 1;
    switch (adjust.how) {
      case Adjust::How::kSetAmount:
        *amount = adjust.amount;
        break;
      case Adjust::How::kPlus: {
        if (!Product(adjust.times, &times)) return false;
        const __int128 sum = amount->value() + static_cast<__int128>(adjust.amount.value()) * times;
        if (sum > kMaxWorkedOut) return Refuse(Verdict::kOutOfRange, kNoRow);
        *amount = Fen(sum < 0 ? 0 : static_cast<int64_t>(sum));
        break;
      }
      case Adjust::How::kPoints:
      case Adjust::How::kOwnFactor:
      case Adjust::How::kFactor:
      case Adjust::How::kSetRatio:
        *amount = Apply(*amount, adjust.ratio, step.rounding);
        if (*amount > Fen(kMaxWorkedOut)) return Refuse(Verdict::kOutOfRange, kNoRow);
        break;
    }
  }
  return true;
}

bool Evaluation::AdjustRatio(Slice adjusts, Ratio ratio, uint16_t* last, FineRatio* share) {
  *share = FineRatio(ratio);
  if (ratio.millionths() == 0) return true;
  for (uint32_t i = adjusts.begin; i < adjusts.end; ++i) {
    const Adjust& adjust = program_.adjusts[i];
    if (!Holds(adjust.when)) continue;
    *last = static_cast<uint16_t>(i);
    int64_t times = 1;
    switch (adjust.how) {
      case Adjust::How::kPoints:
        if (!Product(adjust.times, &times)) return false;
        if (share->Passes(adjust.ratio, times)) decision_.clamped_adjust = static_cast<uint16_t>(i);
        *share = share->Plus(adjust.ratio, times);
        break;
      case Adjust::How::kOwnFactor:
        *share = share->Rest().Times(adjust.ratio).Rest();
        break;
      case Adjust::How::kFactor:
        *share = share->Times(adjust.ratio);
        break;
      case Adjust::How::kSetRatio:
      case Adjust::How::kSetAmount:
      case Adjust::How::kPlus:
        *share = FineRatio(adjust.ratio);
        break;
    }
  }
  return true;
}

bool Evaluation::Bound(const Step& step, Fen* amount, Trace* trace) {
  for (uint32_t i = step.limits.begin; i < step.limits.end; ++i) {
    const Limit& limit = program_.limits[i];
    const uint16_t row = OnlyRow(limit.rows);
    if (decision_.verdict != Verdict::kSettled) return false;
    if (row == kNoRow || program_.rows[row].no_bound) continue;
    Fen left;
    if (!AmountOf(step, row, &left)) return false;
    if (limit.accumulator != kNoAccumulator)
      left = std::max(left - Fen(totals_.Value(limit.accumulator)), Fen(0));
    if (*amount <= left) continue;
    *amount = left;
    trace->note = Note::kLimited;
    trace->limit_row = row;
  }
  return true;
}

void Evaluation::AddToLimits(const Step& step, Fen amount) {
  for (uint32_t i = step.limits.begin; i < step.limits.end; ++i) {
    const uint16_t accumulator = program_.limits[i].accumulator;
    if (accumulator != kNoAccumulator) totals_.Add(accumulator, amount.value());
  }
}

void Evaluation::AssertIdentities() const {
  const auto& amount = decision_.amount;
  YIJIE_CHECK(amount[kMedfeeSumamt] == amount[kFulamtOwnpayAmt] + amount[kOverlmtSelfpay] +
                                           amount[kPreselfpayAmt] + amount[kInscpScpAmt],
              "the four buckets do not add up to the bill");
  YIJIE_CHECK(amount[kMedfeeSumamt] ==
                  decision_.fund_pay_sumamt() + decision_.hosp_part + amount[kPsnPartAmt],
              "funds, hospital and person do not add up to the bill");
  YIJIE_CHECK(decision_.acct_pay() >= Fen(0) && decision_.accounts_pay() <= amount[kPsnPartAmt],
              "the account pays more than the person owes");
  YIJIE_CHECK(decision_.family_paid >= Fen(0) && decision_.family_paid <= input_.family_offered,
              "relatives' accounts pay more than they offer");
}

}  // namespace

void Evaluate(const Program& program, const Input& input, Decision& decision) {
  Evaluation(program, input, decision).Run();
}

}  // namespace yijie::rules
