#include "tests/rules/slow_interpreter.h"

#include <algorithm>

#include "tests/rules/slow_texts.h"

namespace yijie::slow {
namespace {

template <typename Message>
using List = google::protobuf::RepeatedPtrField<Message>;
using Names = List<std::string>;

// Above these a claim is refused: the product of the counts of a row; fen, or a count, worked out.
constexpr int64_t kMostCounts = 1'000'000'000;
constexpr int64_t kMostWorkedOut = 1'000'000'000'000'000;
// Days since a day that never was.
constexpr int64_t kNever = 999'999;

bool Begins(const std::string& text, const std::string& with) {
  return text.compare(0, with.size(), with) == 0;
}

bool BeginsWithDigit(const std::string& text) {
  return !text.empty() && text[0] >= '0' && text[0] <= '9';
}

// The claim is refused.
struct Refusal {
  std::string verdict;
  int row;
};

int64_t InRange(__int128 worked_out) {
  if (worked_out > kMostWorkedOut) throw Refusal{"OUT_OF_RANGE", 0};
  return static_cast<int64_t>(worked_out);
}

// Settles a claim, or a part of one, that lies in one benefit year.
class Interpreter {
 public:
  Interpreter(const v1::Package& package, const Claim& claim) : package_(package), claim_(claim) {}
  Answer Run();

 private:
  void Do(const v1::Step& step);
  void Do(const v1::Classify& classify);
  void Do(const v1::Gate& gate);
  void Do(const v1::Deductible& deductible);
  void Do(const v1::Pay& pay);
  void Do(const v1::Cap& cap);
  void Do(const v1::Quota& quota);
  void Do(const v1::Account& account);
  void Do(const v1::Accumulate& accumulate);
  void Do(const v1::Value& value);
  void Do(const v1::Benefit& benefit);

  void LookAt(const Line& line);
  Split Classified(const v1::Classify& classify, const Line& line);
  int64_t UnderCeilings(const v1::Classify& classify, const Line& line, int64_t rest);
  void Groups(const v1::Classify& classify);

  bool Fits(const v1::When& when) const;
  bool Fits(const v1::AmountTest& test) const;
  v1::Holds HoldsOf(const std::string& term) const;
  int64_t Term(const std::string& term) const;
  int64_t Sum(const Names& terms) const;
  int64_t Count(const std::string& term) const;
  int64_t CountOf(const Names& terms) const;
  const v1::Accumulator& Declared(const std::string& name) const;
  // Totals of each disease are kept for claims that name one.
  bool IsKept(const std::string& accumulator) const;
  int64_t Total(const std::string& accumulator) const;
  void Add(const std::string& accumulator, int64_t value);

  // The row that fits, of those that may be only one; nullptr for none.
  template <typename Row>
  const Row* OneRow(const List<Row>& rows) const;
  template <typename Row>
  const Row& TheRow(const List<Row>& rows) const;
  int64_t WorkedOut(const v1::AmountRow& row, v1::Holds holds) const;
  Fraction Counted(const Names& times) const;
  int64_t BoundOf(const std::string& text, v1::Holds holds) const;
  int64_t TimesOf(const v1::Adjust& adjust) const;
  int64_t Adjusted(int64_t amount, const List<v1::Adjust>& adjusts) const;
  Fraction AdjustedRatio(Fraction ratio, const List<v1::Adjust>& adjusts) const;
  int64_t Bounded(int64_t amount, const List<v1::Limit>& limits) const;
  void AddToLimits(int64_t amount, const List<v1::Limit>& limits);

  Fraction PaidFor(const v1::Pay& pay, const v1::Pay::Row& row, int64_t start, int64_t base) const;
  int64_t Beyond(const v1::Pay& pay, const v1::Pay::Row& row, int64_t start, int64_t base,
                 int64_t payment) const;
  void PayOut(v1::Pay::Fund fund, int64_t payment);
  int64_t RoundedFen(Fraction fen) const { return InRange(Rounded(fen, rounding_)); }
  // Whether a step after this one takes a deductible or lets a fund pay.
  bool FundsFollow() const;
  // What accounts paid stays the person's share, but nobody pays it again.
  int64_t Owed() const {
    int64_t owed = answer_.amount.at("psn_part_amt") - answer_.family_paid;
    for (const auto& [name, paid] : answer_.account_paid) owed -= paid;
    return owed;
  }

  const v1::Package& package_;
  const Claim& claim_;
  std::map<std::string, std::string> of_line_;  // facts of the line at hand
  // What lines counted toward a ceiling: its number and, if it is for each day, the day.
  std::map<std::pair<int, std::string>, int64_t> under_ceiling_;
  std::map<std::string, v1::Holds> holds_;  // of value steps and given numbers
  v1::Rounding rounding_ = v1::FEN_HALF_UP;
  std::string step_;
  Answer answer_;
};

Answer Interpreter::Run() {
  for (const char* name : {"medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay",
                           "preselfpay_amt", "inscp_scp_amt", "psn_part_amt"}) {
    answer_.amount[name] = 0;
  }
  answer_.amount["balc_current"] = claim_.account.at("CURRENT_YEAR");
  answer_.amount["balc_past"] = claim_.account.at("PAST_YEARS");
  answer_.amount["balc"] = answer_.amount["balc_current"] + answer_.amount["balc_past"];
  for (const v1::Given& given : package_.given()) {
    holds_[given.name()] = given.holds();
    answer_.amount[given.name()] = claim_.given.at(given.name());
  }
  for (const v1::Step& step : package_.step()) {
    step_ = step.id();
    rounding_ = step.has_rounding() ? step.rounding() : package_.rounding();
    answer_.amount[step_] = 0;
    try {
      Do(step);
    } catch (const Refusal& refusal) {
      answer_.verdict = refusal.verdict;
      answer_.step = step_;
      answer_.row = refusal.row;
      break;
    }
  }
  return answer_;
}

void Interpreter::Do(const v1::Step& step) {
  if (step.has_classify()) Do(step.classify());
  if (step.has_gate()) Do(step.gate());
  if (step.has_deductible()) Do(step.deductible());
  if (step.has_pay()) Do(step.pay());
  if (step.has_cap()) Do(step.cap());
  if (step.has_quota()) Do(step.quota());
  if (step.has_account()) Do(step.account());
  if (step.has_accumulate()) Do(step.accumulate());
  if (step.has_value()) Do(step.value());
  if (step.has_benefit()) Do(step.benefit());
  if (step.has_sum()) answer_.amount[step_] = InRange(Sum(step.sum().of()));
}

// --- classify

void Interpreter::LookAt(const Line& line) {
  of_line_ = {
      {"chrgitm_lv", line.chrgitm_lv},
      {"item_kind", line.item_kind},
      {"med_list_codg", line.med_list_codg},
      {"unrelated", line.unrelated ? "YES" : "NO"},
      {"pric", std::to_string(line.pric_fen / 100) + (line.pric_fen % 100 < 10 ? ".0" : ".") +
                   std::to_string(line.pric_fen % 100)}};
}

Split Interpreter::Classified(const v1::Classify& classify, const Line& line) {
  Split split;
  LookAt(line);
  const v1::Classify::Row* row = line.listed ? OneRow(classify.row()) : nullptr;
  if (!line.listed || line.chrgitm_lv == "CLASS_C" || line.outside_restriction ||
      (row != nullptr && row->exclude())) {
    split.own = line.amount_fen;
    return split;
  }
  int64_t rest = line.amount_fen;
  int64_t price_limit = line.price_limit_fen;
  if (row != nullptr && !row->pric_uplmt().empty()) price_limit = Hundredths(row->pric_uplmt());
  if (price_limit > 0) {
    const Fraction most = Fraction{price_limit, 1} * Shortened(line.cnt_1e4, 10'000);
    if (most < Fraction{rest, 1}) rest = static_cast<int64_t>(Rounded(most, v1::FEN_HALF_UP));
  }
  rest = UnderCeilings(classify, line, rest);
  split.over = line.amount_fen - rest;
  const Fraction share = row != nullptr && !row->selfpay_prop().empty()
                             ? Share(row->selfpay_prop())
                             : Shortened(line.selfpay_1e6, 1'000'000);
  split.first = std::min(RoundedFen(Fraction{rest, 1} * share), rest);
  split.scope = rest - split.first;
  return split;
}

// What of `rest` all ceilings leave room for; it counts toward each of them.
int64_t Interpreter::UnderCeilings(const v1::Classify& classify, const Line& line, int64_t rest) {
  std::vector<int64_t*> used;
  for (int i = 0; i < classify.ceiling_size(); ++i) {
    const v1::Classify::Ceiling& ceiling = classify.ceiling(i);
    if (!Fits(ceiling.when())) continue;
    const bool each_day = ceiling.per() == v1::Classify::Ceiling::FEE_DAY;
    used.push_back(&under_ceiling_[{i, each_day ? line.day : ""}]);
    rest = std::min(rest, Hundredths(ceiling.amount()) - *used.back());
  }
  for (int64_t* so_far : used) *so_far += rest;
  return rest;
}

void Interpreter::Groups(const v1::Classify& classify) {
  for (const v1::Classify::Group& group : classify.group()) {
    int64_t& sum = answer_.amount[group.name()];
    for (const Line& line : claim_.line) {
      LookAt(line);
      if (!Fits(group.when())) continue;
      const Split& split = answer_.line.at(line.place);
      if (group.bucket().empty() || group.bucket() == "inscp_scp_amt") sum += split.scope;
      if (group.bucket() == "preselfpay_amt") sum += split.first;
      if (group.bucket() == "overlmt_selfpay") sum += split.over;
      if (group.bucket() == "fulamt_ownpay_amt") sum += split.own;
      if (group.bucket() == "medfee_sumamt") sum += line.amount_fen;
    }
  }
}

void Interpreter::Do(const v1::Classify& classify) {
  auto& amount = answer_.amount;
  for (const Line& line : claim_.line) {
    const Split split = Classified(classify, line);
    answer_.line[line.place] = split;
    amount["medfee_sumamt"] += line.amount_fen;
    amount["fulamt_ownpay_amt"] += split.own;
    amount["overlmt_selfpay"] += split.over;
    amount["preselfpay_amt"] += split.first;
    amount["inscp_scp_amt"] += split.scope;
  }
  Groups(classify);
  of_line_.clear();
  amount["psn_part_amt"] = amount["medfee_sumamt"];
  amount[step_] = amount["inscp_scp_amt"];
}

// --- The other steps

void Interpreter::Do(const v1::Gate& gate) {
  for (int i = 0; i < gate.row_size(); ++i) {
    if (!Fits(gate.row(i).when())) continue;
    throw Refusal{gate.row(i).incomplete() ? "INCOMPLETE" : "EXCLUDED", i + 1};
  }
}

void Interpreter::Do(const v1::Deductible& deductible) {
  int64_t due = WorkedOut(TheRow(deductible.row()), v1::MONEY);
  due = Adjusted(due, deductible.adjust());
  const std::string& already = deductible.already();
  if (!already.empty()) due = std::max<int64_t>(due - Total(already), 0);
  due = std::min(Bounded(due, deductible.limit()), Sum(deductible.base()));
  if (!already.empty()) Add(already, due);
  AddToLimits(due, deductible.limit());
  answer_.amount[step_] = due;
  if (step_ == "act_pay_dedc") answer_.deductible = due;
}

// What the bands pay for the money from `start` to `start + base`, exactly.
Fraction Interpreter::PaidFor(const v1::Pay& pay, const v1::Pay::Row& row, int64_t start,
                              int64_t base) const {
  Fraction payment;
  int64_t band_from = 0;
  for (const v1::Band& band : row.band()) {
    const int64_t band_to = band.to().empty() ? start + base : Hundredths(band.to());
    const int64_t inside = std::min(band_to, start + base) - std::max(band_from, start);
    if (inside > 0 && Share(band.ratio()).top > 0) {  // where nothing is paid, nothing is adjusted
      payment = payment + Fraction{inside, 1} * AdjustedRatio(Share(band.ratio()), pay.adjust());
    }
    band_from = band_to;
  }
  return payment;
}

// The money behind the point up to which the bands pay no more than `payment`; a fen of which they
// pay a part lies before it.
int64_t Interpreter::Beyond(const v1::Pay& pay, const v1::Pay::Row& row, int64_t start,
                            int64_t base, int64_t payment) const {
  int64_t within = 0;
  int64_t behind = base + 1;
  while (behind - within > 1) {  // paid for `within`: no more than `payment`; for `behind`: more
    const int64_t middle = within + (behind - within) / 2;
    const bool more = Fraction{payment, 1} < PaidFor(pay, row, start, middle);
    (more ? behind : within) = middle;
  }
  // The limit is reached inside the fen between the two: to the nearer end, half up.
  const Fraction below = PaidFor(pay, row, start, within);
  const Fraction reached = (Fraction{payment, 1} - below) * Fraction{2, 1};
  const bool up = !(reached < PaidFor(pay, row, start, behind) - below);
  return base - std::min(up ? behind : within, base);
}

void Interpreter::Do(const v1::Pay& pay) {
  const int64_t base = std::min(Sum(pay.base()), Owed());
  const int64_t start = Sum(pay.start());
  const v1::Pay::Row& row = TheRow(pay.row());
  int64_t due = std::min(RoundedFen(PaidFor(pay, row, start, base)), base);
  if (const v1::AmountRow* least = OneRow(pay.at_least())) {
    due = std::max(due, std::min(WorkedOut(*least, v1::MONEY), Owed()));
  }
  const int64_t payment = Bounded(due, pay.limit());
  AddToLimits(payment, pay.limit());
  answer_.amount[step_ + ".over"] = due - payment;
  answer_.amount[step_ + ".beyond"] = payment < due ? Beyond(pay, row, start, base, payment) : 0;
  PayOut(pay.fund(), payment);
}

void Interpreter::Do(const v1::Cap& cap) {
  const int64_t base = InRange(Sum(cap.base()));
  const int64_t inside = Bounded(base, cap.limit());
  AddToLimits(inside, cap.limit());
  answer_.amount[step_] = inside;
  answer_.amount[step_ + ".over"] = base - inside;
}

void Interpreter::Do(const v1::Quota& quota) {
  const int64_t base = std::min(Sum(quota.base()), Owed());
  const int64_t for_one = Adjusted(WorkedOut(TheRow(quota.row()), v1::MONEY), quota.adjust());
  int64_t amount = for_one;
  const std::string& further = quota.each_further_baby();
  for (int64_t baby = 2; !further.empty() && baby <= std::stoll(claim_.fact.at("fetus_cnt"));
       ++baby) {
    amount += further.back() == '%' ? RoundedFen(Fraction{for_one, 1} * Share(further))
                                    : Hundredths(further);
  }
  if (quota.mode() == v1::Quota::LIMIT) return PayOut(quota.fund(), std::min(base, amount));
  // Fixed: the person owes nothing of the base, whatever it was.
  answer_.hospital += base - amount;
  answer_.amount["psn_part_amt"] -= base - amount;
  PayOut(quota.fund(), amount);
}

void Interpreter::Do(const v1::Account& account) {
  if (!claim_.account_may_pay || !Fits(account.when())) return;
  int64_t open = std::min(Sum(account.of()), Owed());
  for (const std::string& name : account.order()) {
    const int64_t left = claim_.account.at(name) - answer_.account_paid[name];
    const int64_t paid = std::min(open, left);
    answer_.account_paid[name] += paid;
    answer_.amount[step_] += paid;
    open -= paid;
  }
  if (FundsFollow()) return;
  const int64_t relatives = std::min(open, claim_.family_offered - answer_.family_paid);
  answer_.family_paid += relatives;
  answer_.amount[step_] += relatives;
}

bool Interpreter::FundsFollow() const {
  bool after = false;
  for (const v1::Step& step : package_.step()) {
    if (after && (step.has_deductible() || step.has_pay() || step.has_quota())) return true;
    after = after || step.id() == step_;
  }
  return false;
}

void Interpreter::Do(const v1::Accumulate& accumulate) {
  if (!Fits(accumulate.when())) return;
  const std::string& name = accumulate.accumulator();
  const v1::Holds holds = Declared(name).holds();
  int64_t value = 1;
  if (holds == v1::DAY) value = DayNumber(claim_.fact.at("enddate"));
  if (holds == v1::COUNT && accumulate.of_size() > 0) value = InRange(CountOf(accumulate.of()));
  if (holds == v1::MONEY) value = answer_.amount[step_] = InRange(Sum(accumulate.of()));
  const bool becomes = holds == v1::DAY || accumulate.replace();
  const int64_t added = becomes ? value - Total(name) : value;
  Add(name, holds == v1::DAY ? std::max<int64_t>(added, 0) : added);
}

void Interpreter::Do(const v1::Value& value) {
  holds_[step_] = value.holds();
  answer_.amount[step_] = Adjusted(WorkedOut(TheRow(value.row()), value.holds()), value.adjust());
}

void Interpreter::Do(const v1::Benefit& benefit) {
  const int64_t due = Adjusted(WorkedOut(TheRow(benefit.row()), v1::MONEY), benefit.adjust());
  const int64_t payment = Bounded(due, benefit.limit());
  AddToLimits(payment, benefit.limit());
  answer_.amount[step_] = payment;
  if (payment > 0) answer_.benefit.emplace_back(step_, payment);
}

void Interpreter::PayOut(v1::Pay::Fund fund, int64_t payment) {
  answer_.amount[step_] = payment;
  answer_.amount["psn_part_amt"] -= payment;
  if (fund == v1::Pay::HOSPITAL) {
    answer_.hospital += payment;
  } else {
    answer_.fund.emplace_back(step_, payment);
  }
}

// --- Rows, adjusts, limits

template <typename Row>
const Row* Interpreter::OneRow(const List<Row>& rows) const {
  const Row* found = nullptr;
  for (int i = 0; i < rows.size(); ++i) {
    if (!Fits(rows.Get(i).when())) continue;
    if (found != nullptr) throw Refusal{"TWO_ROWS", i + 1};
    found = &rows.Get(i);
  }
  return found;
}

template <typename Row>
const Row& Interpreter::TheRow(const List<Row>& rows) const {
  const Row* row = OneRow(rows);
  if (row == nullptr) throw Refusal{"NO_ROW", 0};
  return *row;
}

// The counts multiplied; 1 if there are none.
Fraction Interpreter::Counted(const Names& times) const {
  Fraction counts{1, 1};
  for (const std::string& term : times) {
    counts = counts * Fraction{std::max<int64_t>(Count(term), 0), 1};
    if (Fraction{kMostCounts, 1} < counts) throw Refusal{"OUT_OF_RANGE", 0};
  }
  return counts;
}

// A product of money or counts before it is rounded.
Fraction ExactInRange(Fraction exact) {
  if (Fraction{kMostWorkedOut, 1} < exact) throw Refusal{"OUT_OF_RANGE", 0};
  return exact;
}

int64_t Interpreter::WorkedOut(const v1::AmountRow& row, v1::Holds holds) const {
  const bool counts = holds == v1::COUNT;
  Fraction exact;
  if (!row.amount().empty()) {
    exact = {counts ? std::stoll(row.amount()) : Hundredths(row.amount()), 1};
  } else {
    exact = {InRange(counts ? CountOf(row.of()) : Sum(row.of())), 1};
    if (!row.ratio().empty()) exact = exact * Share(row.ratio());
  }
  Fraction times = Counted(row.times());
  if (!row.every().empty()) {  // as often as one is begun
    times = times / Decimal(row.every());
    times = {(times.top + times.bottom - 1) / times.bottom, 1};
  }
  exact = exact * times;
  if (!row.divide().empty()) exact = exact / Decimal(row.divide());
  const bool only_a_figure = row.of().empty() && row.times().empty() && row.divide().empty() &&
                             row.at_least().empty() && row.at_most().empty();
  if (only_a_figure) return static_cast<int64_t>(exact.top);
  ExactInRange(exact);
  auto amount =
      static_cast<int64_t>(counts ? RoundedCount(exact, rounding_) : Rounded(exact, rounding_));
  if (!row.at_least().empty()) amount = std::max(amount, BoundOf(row.at_least(), holds));
  if (!row.at_most().empty()) amount = std::min(amount, BoundOf(row.at_most(), holds));
  return InRange(amount);
}

int64_t Interpreter::BoundOf(const std::string& text, v1::Holds holds) const {
  if (holds == v1::COUNT) return Count(text);
  return BeginsWithDigit(text) ? Hundredths(text) : Term(text);
}

int64_t Interpreter::TimesOf(const v1::Adjust& adjust) const {
  Names times;
  if (!adjust.times().empty()) *times.Add() = adjust.times();
  return static_cast<int64_t>(Counted(times).top);
}

int64_t Interpreter::Adjusted(int64_t amount, const List<v1::Adjust>& adjusts) const {
  for (const v1::Adjust& adjust : adjusts) {
    if (!Fits(adjust.when())) continue;
    if (adjust.has_set()) amount = Hundredths(adjust.set());
    if (adjust.has_factor()) amount = RoundedFen(Fraction{amount, 1} * Share(adjust.factor()));
    if (adjust.has_plus()) {
      const bool less = adjust.plus()[0] == '-';
      const int64_t plus = Hundredths(less ? adjust.plus().substr(1) : adjust.plus());
      const __int128 sum = amount + Product(less ? -plus : plus, TimesOf(adjust));
      amount = InRange(std::max<__int128>(sum, 0));
    }
  }
  return amount;
}

Fraction Interpreter::AdjustedRatio(Fraction ratio, const List<v1::Adjust>& adjusts) const {
  const Fraction whole{1, 1};
  for (const v1::Adjust& adjust : adjusts) {
    if (!Fits(adjust.when())) continue;
    if (adjust.has_points()) ratio = ratio + Share(adjust.points()) * Fraction{TimesOf(adjust), 1};
    if (adjust.has_own_factor()) ratio = whole - (whole - ratio) * Share(adjust.own_factor());
    if (adjust.has_factor()) ratio = ratio * Share(adjust.factor());
    if (adjust.has_set()) ratio = Share(adjust.set());
    if (ratio.top < 0) ratio = {0, 1};
    if (whole < ratio) ratio = whole;
  }
  return ratio;
}

int64_t Interpreter::Bounded(int64_t amount, const List<v1::Limit>& limits) const {
  for (const v1::Limit& limit : limits) {
    const v1::AmountRow* row = OneRow(limit.row());
    if (row == nullptr || row->amount() == "none") continue;
    int64_t left = WorkedOut(*row, v1::MONEY);
    if (!limit.accumulator().empty()) left -= Total(limit.accumulator());
    amount = std::min(amount, std::max<int64_t>(left, 0));
  }
  return amount;
}

void Interpreter::AddToLimits(int64_t amount, const List<v1::Limit>& limits) {
  for (const v1::Limit& limit : limits) {
    if (!limit.accumulator().empty()) Add(limit.accumulator(), amount);
  }
}

// --- Conditions and terms

bool Interpreter::Fits(const v1::When& when) const {
  const auto* type = when.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->is_repeated()) continue;
    const std::string cell = when.GetReflection()->GetString(when, field);
    if (cell.empty() || cell == "-") continue;
    if (field->name() == "right") {
      if (!HeldFits(claim_.right, cell)) return false;
      continue;
    }
    const auto in_line = of_line_.find(field->name());
    const std::string& fact =
        in_line != of_line_.end() ? in_line->second : claim_.fact.at(field->name());
    if (!CellFits(field->name(), fact, cell)) return false;
  }
  return std::all_of(when.amount().begin(), when.amount().end(),
                     [this](const v1::AmountTest& test) { return Fits(test); });
}

bool Interpreter::Fits(const v1::AmountTest& test) const {
  const bool counts = HoldsOf(test.of()) == v1::COUNT;
  return NumberFits(counts ? 100 * Count(test.of()) : Term(test.of()), test.is());
}

v1::Holds Interpreter::HoldsOf(const std::string& term) const {
  if (Begins(term, "since:")) return v1::COUNT;
  if (Begins(term, "acc:")) return Declared(term.substr(4)).holds();
  const auto found = holds_.find(term);
  return found == holds_.end() ? v1::MONEY : found->second;
}

const v1::Accumulator& Interpreter::Declared(const std::string& name) const {
  for (const v1::Accumulator& accumulator : package_.accumulator()) {
    if (accumulator.name() == name) return accumulator;
  }
  Impossible();
}

bool Interpreter::IsKept(const std::string& accumulator) const {
  const v1::Accumulator& declared = Declared(accumulator);
  const bool of_no_disease = declared.per_dise_codg() && claim_.fact.at("dise_codg").empty();
  return !of_no_disease || declared.holds() != v1::DAY;
}

int64_t Interpreter::Total(const std::string& accumulator) const {
  if (!IsKept(accumulator)) return 0;
  const std::string name = TotalName(package_, Declared(accumulator), claim_);
  int64_t value = 0;
  if (const auto before = claim_.total.find(name); before != claim_.total.end())
    value += before->second;
  if (const auto added = answer_.added.find(name); added != answer_.added.end())
    value += added->second;
  return value;
}

void Interpreter::Add(const std::string& accumulator, int64_t value) {
  if (value != 0 && IsKept(accumulator))
    answer_.added[TotalName(package_, Declared(accumulator), claim_)] += value;
}

int64_t Interpreter::Term(const std::string& term) const {
  if (term.front() == '-') return -Term(term.substr(1));
  if (Begins(term, "acc:")) return Total(term.substr(4));
  return answer_.amount.at(term);
}

int64_t Interpreter::Sum(const Names& terms) const {
  int64_t sum = 0;
  for (const std::string& term : terms) sum += Term(term);
  return sum < 0 ? 0 : sum;
}

int64_t Interpreter::Count(const std::string& term) const {
  if (term.front() == '-') return -Count(term.substr(1));
  if (BeginsWithDigit(term)) return std::stoll(term);
  if (IsNumberCell(term)) return std::stoll(claim_.fact.at(term));
  if (!Begins(term, "since:")) return Term(term);
  const int64_t held = Total(term.substr(6));
  const int64_t begins = DayNumber(claim_.fact.at("begndate"));
  return held == 0 || begins < held ? kNever : begins - held;
}

int64_t Interpreter::CountOf(const Names& terms) const {
  int64_t sum = 0;
  for (const std::string& term : terms) sum += Count(term);
  return sum < 0 ? 0 : sum;
}

// --- Benefit years

std::string BenefitYearStart(const v1::Package& package, const std::string& day) {
  const std::string start =
      package.benefit_year_start().empty() ? "01-01" : package.benefit_year_start();
  const int year = std::stoi(day.substr(0, 4)) - (day.substr(5) < start ? 1 : 0);
  return std::to_string(year) + "-" + start;
}

// The last of the days 0, `months`, 2 x `months` ... after the start of the benefit year that is
// not after `day`.
std::string PartOfYear(const v1::Package& package, const std::string& day, int months) {
  const std::string year = BenefitYearStart(package, day);
  std::string part = year;
  for (int later = months; later < 12 && MonthsLater(year, later) <= day; later += months) {
    part = MonthsLater(year, later);
  }
  return part;
}

// The claim once for each benefit year, the last part last.
std::vector<Claim> PartsOf(const v1::Package& package, const Claim& claim) {
  const std::string& end = claim.fact.at("enddate");
  std::string begin = claim.fact.at("begndate");
  std::vector<Claim> parts;
  for (bool last = false; !last;) {
    const std::string next = MonthsLater(BenefitYearStart(package, begin), 12);
    last = end < next;
    Claim part = claim;
    const int64_t day_after = DayNumber(last ? end : next);
    const bool first = parts.empty() && claim.fact.at("stay_part") != "LATER_PART";
    part.fact["stay_part"] = first ? "FIRST_PART" : "LATER_PART";
    part.fact["stay_days"] = std::to_string(day_after - DayNumber(begin));
    if (!last) part.fact["enddate"] = DayOfNumber(day_after - 1);
    part.line.clear();
    for (const Line& line : claim.line) {
      if (begin <= line.day && (last || line.day < next)) part.line.push_back(line);
    }
    parts.push_back(part);
    begin = next;
  }
  return parts;
}

void Append(const Answer& part, Answer* whole) {
  whole->line.insert(part.line.begin(), part.line.end());
  whole->fund.insert(whole->fund.end(), part.fund.begin(), part.fund.end());
  whole->benefit.insert(whole->benefit.end(), part.benefit.begin(), part.benefit.end());
  for (const auto& [name, amount] : part.amount) whole->amount[name] += amount;
  for (const auto& [name, paid] : part.account_paid) whole->account_paid[name] += paid;
  for (const auto& [name, value] : part.added) whole->added[name] += value;
  whole->family_paid += part.family_paid;
  whole->hospital += part.hospital;
  whole->deductible += part.deductible;
}

}  // namespace

std::string TotalName(const v1::Package& package, const v1::Accumulator& accumulator,
                      const Claim& claim) {
  const std::string& day = claim.fact.at("enddate");
  std::string period;
  if (accumulator.period() == v1::Accumulator::DAY) period = day;
  if (accumulator.period() == v1::Accumulator::MONTH) period = day.substr(0, 8) + "01";
  if (accumulator.period() == v1::Accumulator::QUARTER) period = PartOfYear(package, day, 3);
  if (accumulator.period() == v1::Accumulator::HALF_YEAR) period = PartOfYear(package, day, 6);
  if (accumulator.period() == v1::Accumulator::YEAR) period = BenefitYearStart(package, day);
  std::string name = claim.insutype + "/" + accumulator.name() + "/" + period;
  if (accumulator.per_institution()) name += "/institution " + claim.institution;
  if (accumulator.per_hosp_lv()) name += "/level " + claim.fact.at("hosp_lv");
  if (accumulator.per_dise_codg()) name += "/disease " + claim.fact.at("dise_codg");
  return name;
}

Answer Interpret(const v1::Package& package, const Claim& claim) {
  const bool crosses = BenefitYearStart(package, claim.fact.at("begndate")) !=
                       BenefitYearStart(package, claim.fact.at("enddate"));
  Claim known = claim;
  known.fact["crosses_year"] = crosses ? "YES" : "NO";
  if (!crosses || package.year_crossing() != v1::SPLIT_BY_FEE_DAY)
    return Interpreter(package, known).Run();
  Answer whole;
  for (Claim part : PartsOf(package, known)) {
    for (const auto& [name, value] : whole.added) part.total[name] += value;
    for (const auto& [name, paid] : whole.account_paid) part.account[name] -= paid;
    part.family_offered -= whole.family_paid;
    const Answer answer = Interpreter(package, part).Run();
    if (answer.verdict != "SETTLED") return answer;
    Append(answer, &whole);
  }
  return whole;
}

}  // namespace yijie::slow
