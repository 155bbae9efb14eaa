#include "tests/rules/slow_interpreter.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace yijie::slow {
namespace {

using Rows = google::protobuf::RepeatedPtrField<v1::AmountRow>;
using Names = google::protobuf::RepeatedPtrField<std::string>;

[[noreturn]] void Impossible() { std::abort(); }  // the package did not pass the compiler

// --- Fractions

__int128 CommonDivisor(__int128 a, __int128 b) { return b == 0 ? a : CommonDivisor(b, a % b); }

struct Fraction {
  __int128 top = 0;
  __int128 bottom = 1;
};

Fraction Shortened(__int128 top, __int128 bottom) {
  const __int128 by = CommonDivisor(top < 0 ? -top : top, bottom);
  return {top / by, bottom / by};
}

__int128 Product(__int128 a, __int128 b) {
  __int128 product = 0;
  if (__builtin_mul_overflow(a, b, &product)) Impossible();
  return product;
}

Fraction operator*(Fraction a, Fraction b) {
  const Fraction left = Shortened(a.top, b.bottom);
  const Fraction right = Shortened(b.top, a.bottom);
  return {Product(left.top, right.top), Product(left.bottom, right.bottom)};
}
Fraction operator+(Fraction a, Fraction b) {
  return Shortened(Product(a.top, b.bottom) + Product(b.top, a.bottom),
                   Product(a.bottom, b.bottom));
}
Fraction operator-(Fraction a, Fraction b) { return a + Fraction{-b.top, b.bottom}; }

// To whole fen.
int64_t Rounded(Fraction fen, v1::Rounding how) {
  const bool yuan = how == v1::YUAN_HALF_UP || how == v1::YUAN_TRUNC;
  const Fraction units = yuan ? fen * Fraction{1, 100} : fen;
  __int128 whole = units.top / units.bottom;
  const Fraction rest = units - Fraction{whole, 1};
  const __int128 against_half = 2 * rest.top - rest.bottom;  // its sign
  const bool half_up = how == v1::FEN_HALF_UP || how == v1::YUAN_HALF_UP;
  if (half_up && against_half >= 0) ++whole;
  if (how == v1::FEN_CEIL && rest.top > 0) ++whole;
  if (how == v1::FEN_HALF_EVEN && (against_half > 0 || (against_half == 0 && whole % 2 != 0)))
    ++whole;
  return static_cast<int64_t>(whole) * (yuan ? 100 : 1);
}

// --- Texts of policy clerks

// "1500.5" in hundredths: 150050.
int64_t Hundredths(const std::string& text) {
  const size_t point = text.find('.');
  int64_t value = 100 * std::stoll(text.substr(0, point));
  if (point == std::string::npos) return value;
  std::string decimals = text.substr(point + 1);
  decimals.resize(2, '0');
  return value + std::stoll(decimals);
}

// "63%", "96.1%", "-5%", "+5%".
Fraction Share(std::string text) {
  const bool negative = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') text.erase(0, 1);
  text.pop_back();  // the sign of per cent
  const size_t point = text.find('.');
  __int128 top = 0;
  __int128 bottom = 100;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == point) continue;
    top = top * 10 + (text[i] - '0');
    if (point != std::string::npos && i > point) bottom *= 10;
  }
  return Shortened(negative ? -top : top, bottom);
}

std::string Trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// "not(a, b)" -> {a, b} and true.
std::vector<std::string> Choices(std::string text, bool* all_but) {
  text = Trimmed(text);
  *all_but = text.compare(0, 4, "not(") == 0;
  if (*all_but) text = text.substr(4, text.size() - 5);
  std::vector<std::string> choices;
  for (size_t from = 0; from <= text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    choices.push_back(Trimmed(text.substr(from, comma - from)));
    from = comma + 1;
  }
  return choices;
}

// Does `value` lie in "[low..high)" or is it the single value? `Read` makes a bound comparable.
template <typename Value, typename Read>
bool LiesIn(const Value& value, const std::string& interval, Read read) {
  const size_t dots = interval.find("..");
  if (dots == std::string::npos) return value == read(interval);
  const std::string low = Trimmed(interval.substr(1, dots - 1));
  const std::string high = Trimmed(interval.substr(dots + 2, interval.size() - dots - 3));
  if (!low.empty() && (value < read(low) || (interval.front() == '(' && value == read(low))))
    return false;
  if (!high.empty() && (value > read(high) || (interval.back() == ')' && value == read(high))))
    return false;
  return true;
}

bool NumberFits(int64_t hundredths, const std::string& cell) {
  bool all_but = false;
  bool found = false;
  for (const std::string& choice : Choices(cell, &all_but)) {
    found = found || LiesIn(hundredths, choice, Hundredths);
  }
  return found != all_but;
}

// ISO days compare as texts.
bool DayFits(const std::string& day, const std::string& cell) {
  bool all_but = false;
  bool found = false;
  for (const std::string& choice : Choices(cell, &all_but)) {
    found = found || LiesIn(day, choice, [](const std::string& text) { return text; });
  }
  return found != all_but;
}

bool NameFits(const std::string& name, const std::string& cell) {
  bool all_but = false;
  bool found = false;
  for (const std::string& choice : Choices(cell, &all_but)) found = found || choice == name;
  return found != all_but;
}

bool CellFits(const std::string& field, const std::string& fact, const std::string& cell) {
  static const std::set<std::string>* const numbers = new std::set<std::string>{
      "price_class", "age", "fetus_cnt", "geso_weeks", "stay_days", "pric"};
  if (cell.empty() || cell == "-") return true;
  if (field == "begndate" || field == "enddate") return DayFits(fact, cell);
  if (numbers->count(field) != 0) return NumberFits(Hundredths(fact), cell);
  return NameFits(fact, cell);
}

// --- The interpreter

// The claim is refused.
struct Refusal {
  std::string verdict;
  int row;
};

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

  Split Classified(const v1::Classify& classify, const Line& line);
  bool Fits(const v1::When& when) const;
  int64_t Term(std::string term) const;
  int64_t Sum(const Names& terms) const;
  const v1::Accumulator& Declared(const std::string& name) const;
  void Add(const std::string& accumulator, int64_t value);
  // The row that fits, of those that may be only one; nullptr for none.
  template <typename List>
  const typename List::value_type* OneRow(const List& rows) const;
  template <typename List>
  const typename List::value_type& TheRow(const List& rows) const;
  int64_t Bounded(int64_t amount, const v1::Limit& limit);
  Fraction Adjusted(Fraction ratio,
                    const google::protobuf::RepeatedPtrField<v1::Adjust>& adjusts) const;
  void PayOut(int64_t payment);
  int64_t Owed() const { return answer_.amount.at("psn_part_amt"); }

  const v1::Package& package_;
  const Claim& claim_;
  std::map<std::string, std::string> of_line_;  // facts of the line at hand
  std::string step_;
  Answer answer_;
};

Answer Interpreter::Run() {
  for (const char* name : {"medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay",
                           "preselfpay_amt", "inscp_scp_amt", "psn_part_amt"}) {
    answer_.amount[name] = 0;
  }
  for (const v1::Step& step : package_.step()) {
    step_ = step.id();
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
  if (step.has_sum()) answer_.amount[step_] = Sum(step.sum().of());
  if (step.has_accumulate()) {
    const v1::Accumulate& accumulate = step.accumulate();
    if (Declared(accumulate.accumulator()).holds() == v1::COUNT) {
      Add(accumulate.accumulator(), 1);
    } else {
      answer_.amount[step_] = Sum(accumulate.of());
      Add(accumulate.accumulator(), answer_.amount[step_]);
    }
  }
}

Split Interpreter::Classified(const v1::Classify& classify, const Line& line) {
  Split split;
  if (!line.listed) {
    split.own = line.amount_fen;
    return split;
  }
  of_line_ = {
      {"chrgitm_lv", line.chrgitm_lv},
      {"item_kind", line.item_kind},
      {"med_list_codg", line.med_list_codg},
      {"pric", std::to_string(line.pric_fen / 100) + (line.pric_fen % 100 < 10 ? ".0" : ".") +
                   std::to_string(line.pric_fen % 100)}};
  const v1::Classify::Row* row = OneRow(classify.row());
  of_line_.clear();
  if (line.chrgitm_lv == "CLASS_C" || line.outside_restriction) {
    split.own = line.amount_fen;
    return split;
  }
  int64_t rest = line.amount_fen;
  if (line.price_limit_fen > 0) {
    const Fraction most = Fraction{line.price_limit_fen, 1} * Shortened(line.cnt_1e4, 10'000);
    const bool above = most.top < Product(rest, most.bottom);
    if (above) rest = Rounded(most, v1::FEN_HALF_UP);
  }
  split.over = line.amount_fen - rest;
  const Fraction share =
      row != nullptr ? Share(row->selfpay_prop()) : Shortened(line.selfpay_1e6, 1'000'000);
  split.first = std::min(Rounded(Fraction{rest, 1} * share, package_.rounding()), rest);
  split.scope = rest - split.first;
  return split;
}

void Interpreter::Do(const v1::Classify& classify) {
  auto& amount = answer_.amount;
  for (const Line& line : claim_.line) {
    const Split split = Classified(classify, line);
    answer_.line.push_back(split);
    amount["medfee_sumamt"] += line.amount_fen;
    amount["fulamt_ownpay_amt"] += split.own;
    amount["overlmt_selfpay"] += split.over;
    amount["preselfpay_amt"] += split.first;
    amount["inscp_scp_amt"] += split.scope;
  }
  amount["psn_part_amt"] = amount["medfee_sumamt"];
  amount[step_] = amount["inscp_scp_amt"];
}

void Interpreter::Do(const v1::Gate& gate) {
  for (int i = 0; i < gate.row_size(); ++i) {
    if (!Fits(gate.row(i).when())) continue;
    throw Refusal{gate.row(i).incomplete() ? "INCOMPLETE" : "EXCLUDED", i + 1};
  }
}

void Interpreter::Do(const v1::Deductible& deductible) {
  int64_t due = Hundredths(TheRow(deductible.row()).amount());
  for (const v1::Adjust& adjust : deductible.adjust()) {
    if (!Fits(adjust.when())) continue;
    if (adjust.has_set()) due = Hundredths(adjust.set());
    // A part of an amount is a share, and every share is rounded.
    if (adjust.has_factor())
      due = Rounded(Fraction{due, 1} * Share(adjust.factor()), package_.rounding());
  }
  if (!deductible.already().empty()) {
    due = std::max<int64_t>(due - Term("acc:" + deductible.already()), 0);
  }
  if (deductible.has_limit()) due = Bounded(due, deductible.limit());
  due = std::min(due, Sum(deductible.base()));
  if (!deductible.already().empty()) Add(deductible.already(), due);
  if (!deductible.limit().accumulator().empty()) Add(deductible.limit().accumulator(), due);
  answer_.amount[step_] = due;
  if (step_ == "act_pay_dedc") answer_.deductible = due;
}

void Interpreter::Do(const v1::Pay& pay) {
  const int64_t base = std::min(Sum(pay.base()), Owed());
  const int64_t start = Sum(pay.start());
  Fraction payment;
  int64_t band_from = 0;
  for (const v1::Band& band : TheRow(pay.row()).band()) {
    const bool open = band.to().empty();
    const int64_t band_to = open ? start + base : Hundredths(band.to());
    // The money between start and start + base that lies in the band.
    const int64_t inside = std::min(band_to, start + base) - std::max(band_from, start);
    if (inside > 0 && Share(band.ratio()).top > 0) {  // where nothing is paid, nothing is adjusted
      payment = payment + Fraction{inside, 1} * Adjusted(Share(band.ratio()), pay.adjust());
    }
    band_from = band_to;
  }
  int64_t fen = std::min(Rounded(payment, package_.rounding()), base);
  if (pay.has_limit()) {
    fen = Bounded(fen, pay.limit());
    if (!pay.limit().accumulator().empty()) Add(pay.limit().accumulator(), fen);
  }
  PayOut(fen);
}

Fraction Interpreter::Adjusted(
    Fraction ratio, const google::protobuf::RepeatedPtrField<v1::Adjust>& adjusts) const {
  const Fraction whole{1, 1};
  for (const v1::Adjust& adjust : adjusts) {
    if (!Fits(adjust.when())) continue;
    if (adjust.has_points()) ratio = ratio + Share(adjust.points());
    if (adjust.has_own_factor()) ratio = whole - (whole - ratio) * Share(adjust.own_factor());
    if (adjust.has_factor()) ratio = ratio * Share(adjust.factor());
    if (adjust.has_set()) ratio = Share(adjust.set());
    // The text leaves open whether the bounds hold after each change or after the last; after each.
    if (ratio.top < 0) ratio = {0, 1};
    if (ratio.top > ratio.bottom) ratio = whole;
  }
  return ratio;
}

void Interpreter::Do(const v1::Cap& cap) {
  const int64_t base = Sum(cap.base());
  const int64_t inside = Bounded(base, cap.limit());
  if (!cap.limit().accumulator().empty()) Add(cap.limit().accumulator(), inside);
  answer_.amount[step_] = inside;
  answer_.amount[step_ + ".over"] = base - inside;
}

void Interpreter::Do(const v1::Quota& quota) {
  const int64_t base = std::min(Sum(quota.base()), Owed());
  int64_t amount = Hundredths(TheRow(quota.row()).amount());
  if (!quota.each_further_baby().empty()) {
    for (int64_t baby = 2; baby <= std::stoll(claim_.fact.at("fetus_cnt")); ++baby) {
      amount += Hundredths(quota.each_further_baby());
    }
  }
  if (quota.mode() == v1::Quota::LIMIT) return PayOut(std::min(base, amount));
  // Fixed: the person owes nothing of the base, whatever it was.
  answer_.hospital += base - amount;
  answer_.amount["psn_part_amt"] -= base - amount;
  PayOut(amount);
}

void Interpreter::Do(const v1::Account& account) {
  if (claim_.account.empty() || !Fits(account.when())) return;
  int64_t open = std::min(Sum(account.of()), Owed());
  for (const std::string& name : account.order()) {
    const int64_t paid = std::min(open, claim_.account.at(name));
    answer_.account_paid[name] = paid;
    answer_.amount[step_] += paid;
    open -= paid;
  }
}

void Interpreter::PayOut(int64_t payment) {
  answer_.amount[step_] = payment;
  answer_.amount["psn_part_amt"] -= payment;
  answer_.fund.emplace_back(step_, payment);
}

bool Interpreter::Fits(const v1::When& when) const {
  const auto* type = when.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    if (field->is_repeated()) continue;
    const std::string cell = when.GetReflection()->GetString(when, field);
    const auto in_line = of_line_.find(field->name());
    const auto in_claim = claim_.fact.find(field->name());
    if (in_line != of_line_.end() && !CellFits(field->name(), in_line->second, cell)) return false;
    if (in_claim != claim_.fact.end() && !CellFits(field->name(), in_claim->second, cell))
      return false;
  }
  for (const v1::AmountTest& test : when.amount()) {
    const bool counts =
        test.of().compare(0, 4, "acc:") == 0 && Declared(test.of().substr(4)).holds() == v1::COUNT;
    if (!NumberFits(Term(test.of()) * (counts ? 100 : 1), test.is())) return false;
  }
  return true;
}

const v1::Accumulator& Interpreter::Declared(const std::string& name) const {
  for (const v1::Accumulator& accumulator : package_.accumulator()) {
    if (accumulator.name() == name) return accumulator;
  }
  Impossible();
}

void Interpreter::Add(const std::string& accumulator, int64_t value) {
  if (value != 0) answer_.added[TotalName(package_, Declared(accumulator), claim_)] += value;
}

int64_t Interpreter::Term(std::string term) const {
  if (term.front() == '-') return -Term(term.substr(1));
  if (term.compare(0, 4, "acc:") != 0) return answer_.amount.at(term);
  const std::string name = TotalName(package_, Declared(term.substr(4)), claim_);
  int64_t value = 0;
  if (const auto before = claim_.total.find(name); before != claim_.total.end())
    value += before->second;
  if (const auto added = answer_.added.find(name); added != answer_.added.end())
    value += added->second;
  return value;
}

int64_t Interpreter::Sum(const Names& terms) const {
  int64_t sum = 0;
  for (const std::string& term : terms) sum += Term(term);
  return sum < 0 ? 0 : sum;
}

template <typename List>
const typename List::value_type* Interpreter::OneRow(const List& rows) const {
  const typename List::value_type* found = nullptr;
  for (int i = 0; i < rows.size(); ++i) {
    if (!Fits(rows.Get(i).when())) continue;
    if (found != nullptr) throw Refusal{"TWO_ROWS", i + 1};
    found = &rows.Get(i);
  }
  return found;
}

template <typename List>
const typename List::value_type& Interpreter::TheRow(const List& rows) const {
  const auto* row = OneRow(rows);
  if (row == nullptr) throw Refusal{"NO_ROW", 0};
  return *row;
}

int64_t Interpreter::Bounded(int64_t amount, const v1::Limit& limit) {
  const v1::AmountRow* row = OneRow(limit.row());
  if (row == nullptr) return amount;
  int64_t left = Hundredths(row->amount());
  if (!limit.accumulator().empty()) left -= Term("acc:" + limit.accumulator());
  return std::min(amount, std::max<int64_t>(left, 0));
}

}  // namespace

std::string TotalName(const v1::Package& package, const v1::Accumulator& accumulator,
                      const Claim& claim) {
  const std::string& day = claim.fact.at("enddate");
  std::string period = day;
  if (accumulator.period() == v1::Accumulator::MONTH) period = day.substr(0, 8) + "01";
  if (accumulator.period() == v1::Accumulator::YEAR) {
    const std::string start =
        package.benefit_year_start().empty() ? "01-01" : package.benefit_year_start();
    const int year = std::stoi(day.substr(0, 4)) - (day.substr(5) < start ? 1 : 0);
    period = std::to_string(year) + "-" + start;
  }
  std::string name = claim.insutype + "/" + accumulator.name() + "/" + period;
  if (accumulator.per_institution()) name += "/institution " + claim.institution;
  if (accumulator.per_hosp_lv()) name += "/level " + claim.fact.at("hosp_lv");
  if (accumulator.per_dise_codg()) name += "/disease " + claim.fact.at("dise_codg");
  return name;
}

Answer Interpret(const v1::Package& package, const Claim& claim) {
  return Interpreter(package, claim).Run();
}

}  // namespace yijie::slow
