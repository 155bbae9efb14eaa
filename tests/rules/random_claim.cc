#include "tests/rules/random_claim.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

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
  facts.Set(Fact::kHospPlace, random.Below(6));
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

void MakeMoreFacts(Random& random, MadeClaim* out) {
  Facts& facts = out->input.facts;
  constexpr int64_t kAreas[] = {411'699, 411'602, 410'100, 110'105, 310'115, 120'100};
  facts.Set(Fact::kCareAdmdvs, kAreas[random.Below(6)]);
  facts.Set(Fact::kAgeDays, random.Percent(50) ? random.Below(120) : random.Below(36'500));
  const auto day = [&random](int percent) {
    return random.Percent(percent) ? random.Between(-10'000, 20'500) : kNoDay;
  };
  facts.Set(Fact::kBrdy, day(100));
  facts.Set(Fact::kRetireDate, day(50));
  facts.Set(Fact::kWorkDate, day(70));
  facts.Set(Fact::kInsuredDays, random.Magnitude(9'000));
  facts.Set(Fact::kInsuredMonths, random.Magnitude(300));
  facts.Set(Fact::kMissedYears, random.Below(5));
  facts.Set(Fact::kRepairedYears, random.Below(3));
  facts.Set(Fact::kPaidAgeDays, random.Magnitude(200));
  facts.Set(Fact::kPremiumTier, random.Below(4));
  facts.Set(Fact::kContributionRate, random.Below(12) * 10'000 + random.Below(2) * 1'250);
  SetUsually(Fact::kTransfer, 0, 60, 4, random, &facts);
  SetUsually(Fact::kStayPart, 0, 70, 3, random, &facts);
  SetUsually(Fact::kAdvance, 0, 80, 2, random, &facts);
  facts.Set(Fact::kVbac, random.Below(2));
  facts.Set(Fact::kAnalgesia, random.Below(2));
  facts.SetEnum(Fact::kFixmedinsCode, out->input.institution);
  static const std::vector<Symbol>* const codes =
      new std::vector<Symbol>{Intern("M01100"), Intern("FAMILY_DOCTOR"), Intern("M01200")};
  out->rights.clear();
  for (const Symbol code : *codes) {
    if (random.Percent(30)) out->rights.push_back(code);
  }
}

// Mostly ordinary; sometimes beyond what a step may work out.
void MakeGiven(const Program& program, Random& random, MadeClaim* out) {
  constexpr int64_t kMostGiven = 10'000'000'000'000;
  out->given.clear();
  for (const Given& given : program.given) {
    const int64_t most = given.holds == Holds::kCount ? 300 : 3'000'000;
    out->given.push_back(random.Magnitude(random.Percent(97) ? most : kMostGiven));
  }
}

// Near the claim before, if there is one: they share totals.
void MakeDays(const Program& program, Random& random, Input* input) {
  const int first = program.valid_from.days();
  const int last = std::min(program.valid_to.days(), first + 3000);
  const int before = input->enddate.days();
  const bool near = before >= first && before + 90 <= last && random.Percent(60);
  const int end = static_cast<int>(near ? before + random.Below(90) : random.Between(first, last));
  const int stay = static_cast<int>(random.Percent(3) ? random.Below(900) : random.Below(60));
  input->enddate = Date(end);
  input->begndate = Date(end - stay);
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
  line.unrelated = random.Percent(15);
  return line;
}

void MakeLines(const Program& program, Random& random, MadeClaim* out) {
  const int64_t count = random.Percent(2) ? random.Between(50, 200) : random.Between(1, 8);
  const int64_t largest = random.Percent(1) ? kMaxClaimFen / count : 30'000'000;
  out->items.clear();
  out->lines.clear();
  if (program.benefit_only) return;
  const int stay = out->input.enddate.days() - out->input.begndate.days();
  out->items.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    Line line = MakeLine(largest, random);
    line.day = Date(out->input.begndate.days() + static_cast<int>(random.Below(stay + 1)));
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
    AccumulatorEntry entry{KeyFor(program, spec, out->input, out->input.enddate), 0};
    entry.value = MakeTotal(program, spec, out->input, random);
    out->totals.push_back(entry);
    if (random.Percent(30)) {  // a neighbour that must not count
      entry.key.period = Date(entry.key.period.days() - 1);
      entry.value += 77;
      out->totals.push_back(entry);
    }
  }
}

// `months` later in civil terms; the last day of a month that has no such day.
Date MonthsLater(Date from, int months) {
  const Date::Civil civil = from.civil();
  const int month = civil.month - 1 + months;
  for (int day = civil.day;; --day) {
    const auto later =
        ParseDate(absl::StrFormat("%04d-%02d-%02d", civil.year + month / 12, month % 12 + 1, day));
    if (later.ok()) return *later;
  }
}

}  // namespace

int64_t Random::Magnitude(int64_t max) {
  int64_t limit = 1;
  for (int64_t digits = Below(14); digits > 0 && limit < max; --digits) limit *= 10;
  return Below(std::min(limit, max) + 1);
}

AccumulatorKey KeyFor(const Program& program, const AccumulatorSpec& spec, const Input& input,
                      Date on) {
  AccumulatorKey key;
  key.insutype = input.insutype;
  key.name = spec.name;
  const Date::Civil day = on.civil();
  const int start = program.benefit_year_month * 100 + program.benefit_year_day;
  const Date year = Date::FromCivil(day.month * 100 + day.day >= start ? day.year : day.year - 1,
                                    program.benefit_year_month, program.benefit_year_day);
  if (spec.period == Period::kDay) key.period = on;
  if (spec.period == Period::kMonth) key.period = Date(on.days() - day.day + 1);
  if (spec.period == Period::kYear) key.period = year;
  if (spec.period == Period::kLife) key.period = kFirstDate;
  if (spec.period == Period::kQuarter || spec.period == Period::kHalfYear) {
    const int months = spec.period == Period::kQuarter ? 3 : 6;
    key.period = year;
    for (int later = months; later < 12; later += months) {
      if (MonthsLater(year, later) <= on) key.period = MonthsLater(year, later);
    }
  }
  if (spec.per_institution) key.institution = input.institution;
  if (spec.per_dise_codg) key.dise_codg = input.dise_codg;
  if (spec.per_hosp_lv) key.hosp_lv = static_cast<int32_t>(input.facts[Fact::kHospLv]);
  return key;
}

int64_t MakeTotal(const Program& program, const AccumulatorSpec& spec, const Input& input,
                  Random& random) {
  if (spec.holds == Holds::kDay)
    return random.Percent(20) ? 0 : input.enddate.days() + 30 - random.Magnitude(1'000);
  if (spec.holds == Holds::kCount) return random.Percent(50) ? 0 : random.Below(4);
  if (random.Percent(50) || program.rows.empty()) return random.Magnitude(50'000'000);
  const auto row = static_cast<size_t>(random.Below(static_cast<int64_t>(program.rows.size())));
  return std::max<int64_t>(program.rows[row].amount.value() + random.Between(-300, 300), 0);
}

void Connect(MadeClaim* out) {
  out->input.lines = out->lines;
  out->input.rights = out->rights;
  out->input.given = out->given;
  out->input.accumulators = out->totals;
}

void MakeNextClaim(const Program& program, Random& random, MadeClaim* out) {
  static const std::vector<Symbol>* const places =
      new std::vector<Symbol>{Intern("H41160099901"), Intern("H41160099902")};
  Input& input = out->input;
  input.insutype = program.insutype;
  input.institution = (*places)[static_cast<size_t>(random.Below(2))];
  MakeFacts(program, random, &input);
  MakeMoreFacts(random, out);
  MakeGiven(program, random, out);
  MakeDays(program, random, &input);
  MakeLines(program, random, out);
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
