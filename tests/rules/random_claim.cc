#include "tests/rules/random_claim.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace yijie::rules {
namespace {

// A value of an enum fact: `usual` in `percent` of the claims, else any below `count`.
void SetUsually(Fact fact, int64_t usual, int percent, int64_t count, Random& random,
                Facts* facts) {
  facts->Set(fact, random.Percent(percent) ? usual : random.Below(count));
}

void MakeFacts(const Program& program, Random& random, Input* input) {
  Facts& facts = input->facts;
  const bool work_injury = SymbolName(program.insutype) == "410";
  const bool pharmacy = program.med_type.front() == "41";
  SetUsually(Fact::kKind, pharmacy ? 2 : 1, 90, 3, random, &facts);
  facts.Set(Fact::kHospLv, random.Below(5));
  facts.Set(Fact::kHospGrade, random.Below(4));
  facts.Set(Fact::kHospPlace, random.Below(5));
  facts.Set(Fact::kPriceClass, random.Below(4));
  SetUsually(Fact::kCarePlace, 0, 90, 3, random, &facts);
  SetUsually(Fact::kRegistration, 0, 60, 5, random, &facts);
  facts.Set(Fact::kPsnType, random.Below(5));
  facts.Set(Fact::kAge, random.Below(100));
  SetUsually(Fact::kAssistance, 0, 50, 7, random, &facts);
  SetUsually(Fact::kCvlserv, 0, 92, 2, random, &facts);
  SetUsually(Fact::kEmergency, 0, 80, 2, random, &facts);
  SetUsually(Fact::kThirdParty, 0, 96, 2, random, &facts);
  SetUsually(Fact::kInjury, work_injury ? 2 : 0, 94, 3, random, &facts);
  facts.Set(Fact::kDelivery, random.Below(6));
  SetUsually(Fact::kFetusCnt, 1, 70, 5, random, &facts);
  facts.Set(Fact::kGesoWeeks, random.Below(46));
  // The first benefit kind is the ordinary one; packages list others to refuse them.
  const auto kinds = static_cast<int64_t>(program.med_type.size());
  const auto kind = static_cast<size_t>(random.Percent(85) ? 0 : random.Below(kinds));
  facts.SetEnum(Fact::kMedType, Intern(program.med_type[kind]));
  static const std::vector<Symbol>* const diseases =
      new std::vector<Symbol>{Symbol::kNone, Intern("M01100"), Intern("M01200")};
  input->dise_codg = (*diseases)[static_cast<size_t>(random.Below(3))];
  facts.SetEnum(Fact::kDiseCodg, input->dise_codg);
}

void MakeDays(const Program& program, Random& random, Input* input) {
  const int first = program.valid_from.days();
  const int last = std::min(program.valid_to.days(), first + 3000);
  const int end = static_cast<int>(random.Between(first, last));
  const int stay = static_cast<int>(random.Below(60));
  input->enddate = Date(end);
  input->facts.Set(Fact::kBegndate, end - stay);
  input->facts.Set(Fact::kEnddate, end);
  input->facts.Set(Fact::kStayDays, stay);
}

CatalogueItem MakeItem(Random& random) {
  static const std::vector<Symbol>* const codes = [] {
    auto* all = new std::vector<Symbol>;
    for (int i = 0; i < 8; ++i) all->push_back(Intern(absl::StrCat("ITEM", i)));
    return all;
  }();
  constexpr int64_t kShares[] = {0, 100'000, 150'000, 50'000, 333'333, 1'000'000, 1};
  CatalogueItem item;
  item.code = (*codes)[static_cast<size_t>(random.Below(8))];
  item.kind = static_cast<ItemKind>(random.Between(1, 4));
  item.item_class = static_cast<ItemClass>(random.Percent(10) ? 3 : random.Between(1, 2));
  item.selfpay_prop = Ratio(kShares[random.Below(7)]);
  if (random.Percent(40)) item.price_limit = Fen(1 + random.Magnitude(1'000'000));
  return item;
}

// Amount is quantity times price, rounded half-up, within a fen, as the edge sees to.
Line MakeLine(int64_t max_fen, Random& random) {
  Line line;
  line.amount = Fen(random.Magnitude(max_fen));
  line.cnt_1e4 = random.Percent(50) ? 10'000 : 1 + random.Magnitude(1'000'000);
  const __int128 scaled = static_cast<__int128>(line.amount.value()) * 100'000'000 / line.cnt_1e4;
  line.pric_fen_1e4 = static_cast<int64_t>(std::min<__int128>(scaled, 1'000'000'000'000'000));
  const __int128 exact = static_cast<__int128>(line.cnt_1e4) * line.pric_fen_1e4;
  const auto rounded = static_cast<int64_t>((exact + 50'000'000) / 100'000'000);
  line.amount = Fen(std::clamp<int64_t>(rounded + random.Between(-1, 1), 0, max_fen));
  line.outside_restriction = random.Percent(5);
  return line;
}

void MakeLines(Random& random, MadeClaim* out) {
  const int64_t count = random.Percent(2) ? random.Between(50, 200) : random.Between(1, 8);
  const int64_t largest = random.Percent(1) ? kMaxClaimFen / count : 30'000'000;
  out->items.clear();
  out->lines.clear();
  out->items.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    Line line = MakeLine(largest, random);
    if (random.Percent(93)) {
      out->items.push_back(MakeItem(random));
      line.item = &out->items.back();
    }
    out->lines.push_back(line);
  }
}

// Totals of the person: most of them where the package's own figures lie.
void MakeTotals(const Program& program, Random& random, MadeClaim* out) {
  out->totals.clear();
  for (const AccumulatorSpec& spec : program.accumulators) {
    if (random.Percent(40)) continue;
    AccumulatorEntry entry{KeyFor(program, spec, out->input), 0};
    if (spec.holds == Holds::kCount) {
      entry.value = random.Percent(50) ? 0 : random.Below(4);
    } else if (random.Percent(50) && !program.rows.empty()) {
      const auto row = static_cast<size_t>(random.Below(static_cast<int64_t>(program.rows.size())));
      entry.value =
          std::max<int64_t>(program.rows[row].amount.value() + random.Between(-300, 300), 0);
    } else {
      entry.value = random.Magnitude(50'000'000);
    }
    out->totals.push_back(entry);
    if (random.Percent(30)) {  // a neighbour that must not count
      entry.key.period = Date(entry.key.period.days() - 1);
      entry.value += 77;
      out->totals.push_back(entry);
    }
  }
}

}  // namespace

int64_t Random::Magnitude(int64_t max) {
  int64_t limit = 1;
  for (int64_t digits = Below(14); digits > 0 && limit < max; --digits) limit *= 10;
  return Below(std::min(limit, max) + 1);
}

AccumulatorKey KeyFor(const Program& program, const AccumulatorSpec& spec, const Input& input) {
  AccumulatorKey key;
  key.insutype = input.insutype;
  key.name = spec.name;
  const Date::Civil day = input.enddate.civil();
  if (spec.period == Period::kDay) key.period = input.enddate;
  if (spec.period == Period::kMonth) key.period = Date(input.enddate.days() - day.day + 1);
  if (spec.period == Period::kYear) {
    const int start = program.benefit_year_month * 100 + program.benefit_year_day;
    const int year = day.month * 100 + day.day >= start ? day.year : day.year - 1;
    key.period = Date::FromCivil(year, program.benefit_year_month, program.benefit_year_day);
  }
  if (spec.per_institution) key.institution = input.institution;
  if (spec.per_dise_codg) key.dise_codg = input.dise_codg;
  if (spec.per_hosp_lv) key.hosp_lv = static_cast<int32_t>(input.facts[Fact::kHospLv]);
  return key;
}

void Connect(MadeClaim* out) {
  out->input.lines = out->lines;
  out->input.accumulators = out->totals;
}

void MakeNextClaim(const Program& program, Random& random, MadeClaim* out) {
  static const std::vector<Symbol>* const places =
      new std::vector<Symbol>{Intern("H41160099901"), Intern("H41160099902")};
  Input& input = out->input;
  input.insutype = program.insutype;
  input.institution = (*places)[static_cast<size_t>(random.Below(2))];
  MakeFacts(program, random, &input);
  MakeDays(program, random, &input);
  MakeLines(random, out);
  input.account_allowed = random.Percent(80);
  Connect(out);
}

void MakeClaim(const Program& program, Random& random, MadeClaim* out) {
  MakeNextClaim(program, random, out);
  MakeTotals(program, random, out);
  for (Fen& balance : out->input.account) {
    balance = random.Percent(20) ? Fen(0) : Fen(random.Magnitude(5'000'000));
  }
  Connect(out);
}

}  // namespace yijie::rules
