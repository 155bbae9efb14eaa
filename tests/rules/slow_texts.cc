#include "tests/rules/slow_texts.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace yijie::slow {
namespace {

__int128 CommonDivisor(__int128 a, __int128 b) { return b == 0 ? a : CommonDivisor(b, a % b); }

// To whole units.
__int128 RoundedTo(Fraction units, v1::Rounding how) {
  __int128 whole = units.top / units.bottom;
  const Fraction rest = units - Fraction{whole, 1};
  const __int128 against_half = 2 * rest.top - rest.bottom;  // its sign
  const bool half_up = how == v1::FEN_HALF_UP || how == v1::YUAN_HALF_UP;
  if (half_up && against_half >= 0) ++whole;
  if (how == v1::FEN_CEIL && rest.top > 0) ++whole;
  if (how == v1::FEN_HALF_EVEN && (against_half > 0 || (against_half == 0 && whole % 2 != 0)))
    ++whole;
  return whole;
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

// Is the cell true of one of its choices, or, with not(), of none?
template <typename Test>
bool OneFits(const std::string& cell, Test test) {
  bool all_but = false;
  const std::vector<std::string> choices = Choices(cell, &all_but);
  return std::any_of(choices.begin(), choices.end(), test) != all_but;
}

// Does `value` lie in "[low..high)" or is it the single value? `Read` makes a bound comparable.
template <typename Value, typename Read>
bool LiesIn(const Value& value, const std::string& interval, Read read) {
  const size_t dots = interval.find("..");
  if (dots == std::string::npos) return !(value < read(interval)) && !(read(interval) < value);
  const std::string low = Trimmed(interval.substr(1, dots - 1));
  const std::string high = Trimmed(interval.substr(dots + 2, interval.size() - dots - 3));
  if (!low.empty() && (value < read(low) || (interval.front() == '(' && !(read(low) < value))))
    return false;
  if (!high.empty() && (read(high) < value || (interval.back() == ')' && !(value < read(high)))))
    return false;
  return true;
}

// ISO days compare as texts. A day that is not known lies nowhere.
bool DayFits(const std::string& day, const std::string& cell) {
  return OneFits(cell, [&day](const std::string& choice) {
    return !day.empty() && LiesIn(day, choice, [](const std::string& text) { return text; });
  });
}

bool ShareFits(const std::string& share, const std::string& cell) {
  return OneFits(
      cell, [&share](const std::string& choice) { return LiesIn(Share(share), choice, Share); });
}

bool AreaFits(const std::string& area, const std::string& cell) {
  return OneFits(cell, [&area](const std::string& choice) {
    return area.compare(0, choice.size(), choice) == 0;
  });
}

bool NameFits(const std::string& name, const std::string& cell) {
  return OneFits(cell, [&name](const std::string& choice) { return choice == name; });
}

bool IsLeapYear(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysOfMonth(int year, int month) {
  if (month == 2) return IsLeapYear(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

std::string TwoDigits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

}  // namespace

void Impossible() { std::abort(); }

// --- Fractions

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
Fraction operator/(Fraction a, Fraction b) { return a * Fraction{b.bottom, b.top}; }
Fraction operator+(Fraction a, Fraction b) {
  return Shortened(Product(a.top, b.bottom) + Product(b.top, a.bottom),
                   Product(a.bottom, b.bottom));
}
Fraction operator-(Fraction a, Fraction b) { return a + Fraction{-b.top, b.bottom}; }
bool operator<(Fraction a, Fraction b) {
  return Product(a.top, b.bottom) < Product(b.top, a.bottom);
}

__int128 Rounded(Fraction fen, v1::Rounding how) {
  const bool yuan = how == v1::YUAN_HALF_UP || how == v1::YUAN_TRUNC;
  return yuan ? 100 * RoundedTo(fen * Fraction{1, 100}, how) : RoundedTo(fen, how);
}

__int128 RoundedCount(Fraction number, v1::Rounding how) { return RoundedTo(number, how); }

// --- Texts

int64_t Hundredths(const std::string& text) {
  const size_t point = text.find('.');
  int64_t value = 100 * std::stoll(text.substr(0, point));
  if (point == std::string::npos) return value;
  std::string decimals = text.substr(point + 1);
  decimals.resize(2, '0');
  return value + std::stoll(decimals);
}

Fraction Decimal(const std::string& text) {
  const size_t point = text.find('.');
  __int128 top = 0;
  __int128 bottom = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == point) continue;
    top = top * 10 + (text[i] - '0');
    if (point != std::string::npos && i > point) bottom *= 10;
  }
  return Shortened(top, bottom);
}

Fraction Share(std::string text) {
  const bool negative = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') text.erase(0, 1);
  text.pop_back();  // the sign of per cent
  return Decimal(text) * Fraction{negative ? -1 : 1, 100};
}

// --- Days

int64_t DayNumber(const std::string& day) {
  const int last_year = std::stoi(day.substr(0, 4));
  const int last_month = std::stoi(day.substr(5, 2));
  int64_t number = std::stoi(day.substr(8)) - 1;
  for (int year = 1970; year < last_year; ++year) number += IsLeapYear(year) ? 366 : 365;
  for (int year = last_year; year < 1970; ++year) number -= IsLeapYear(year) ? 366 : 365;
  for (int month = 1; month < last_month; ++month) number += DaysOfMonth(last_year, month);
  return number;
}

std::string DayOfNumber(int64_t number) {
  int year = 1970;
  for (; number < 0; --year) number += IsLeapYear(year - 1) ? 366 : 365;
  for (; number >= (IsLeapYear(year) ? 366 : 365); ++year) number -= IsLeapYear(year) ? 366 : 365;
  int month = 1;
  for (; number >= DaysOfMonth(year, month); ++month) number -= DaysOfMonth(year, month);
  return std::to_string(year) + "-" + TwoDigits(month) + "-" +
         TwoDigits(static_cast<int>(number) + 1);
}

std::string MonthsLater(const std::string& day, int months) {
  const int month = std::stoi(day.substr(5, 2)) - 1 + months;
  const int year = std::stoi(day.substr(0, 4)) + month / 12;
  const int in_month = std::min(std::stoi(day.substr(8)), DaysOfMonth(year, month % 12 + 1));
  return std::to_string(year) + "-" + TwoDigits(month % 12 + 1) + "-" + TwoDigits(in_month);
}

// --- Cells

bool NumberFits(int64_t hundredths, const std::string& cell) {
  return OneFits(cell, [hundredths](const std::string& choice) {
    return LiesIn(hundredths, choice, Hundredths);
  });
}

bool HeldFits(const std::set<std::string>& held, const std::string& cell) {
  return OneFits(cell, [&held](const std::string& choice) { return held.count(choice) != 0; });
}

bool IsNumberCell(const std::string& field) {
  static const std::set<std::string>* const numbers = new std::set<std::string>{
      "price_class", "age",          "age_days",       "insured_days",  "insured_months",
      "gap_months",  "missed_years", "repaired_years", "paid_age_days", "premium_tier",
      "fetus_cnt",   "geso_weeks",   "stay_days"};
  return numbers->count(field) != 0;
}

bool CellFits(const std::string& field, const std::string& fact, const std::string& cell) {
  static const std::set<std::string>* const days =
      new std::set<std::string>{"begndate", "enddate", "brdy", "retire_date", "work_date"};
  if (days->count(field) != 0) return DayFits(fact, cell);
  if (field == "contribution_rate") return ShareFits(fact, cell);
  if (field == "care_admdvs") return AreaFits(fact, cell);
  if (field == "pric" || IsNumberCell(field)) return NumberFits(Hundredths(fact), cell);
  return NameFits(fact, cell);
}

}  // namespace yijie::slow
