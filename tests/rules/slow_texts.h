#ifndef YIJIE_TESTS_RULES_SLOW_TEXTS_H_
#define YIJIE_TESTS_RULES_SLOW_TEXTS_H_

// What the slow interpreter reads and reckons with: exact fractions, the calendar day by day, and
// the texts of policy clerks, read again whenever they are asked. It shares nothing with the
// compiler and the evaluator.

#include <cstdint>
#include <set>
#include <string>

#include "yijie/v1/policy.pb.h"

namespace yijie::slow {

[[noreturn]] void Impossible();  // the package did not pass the compiler

// --- Fractions

struct Fraction {
  __int128 top = 0;
  __int128 bottom = 1;
};

Fraction Shortened(__int128 top, __int128 bottom);
__int128 Product(__int128 a, __int128 b);
Fraction operator*(Fraction a, Fraction b);
Fraction operator/(Fraction a, Fraction b);
Fraction operator+(Fraction a, Fraction b);
Fraction operator-(Fraction a, Fraction b);
bool operator<(Fraction a, Fraction b);

// Fen to whole fen or yuan. Not of negative amounts.
__int128 Rounded(Fraction fen, v1::Rounding how);
// The same way to whole numbers, where a yuan means nothing.
__int128 RoundedCount(Fraction number, v1::Rounding how);

// --- Texts

// "1500.5" in hundredths: 150050.
int64_t Hundredths(const std::string& text);
// "30.4".
Fraction Decimal(const std::string& text);
// "63%", "96.1%", "-5%", "+5%".
Fraction Share(std::string text);

// --- Days, ISO

// Days after 1970-01-01.
int64_t DayNumber(const std::string& day);
std::string DayOfNumber(int64_t number);
// The same day of a later month, or its last day if it has none such. "2024-11-30", 3 ->
// "2025-02-28".
std::string MonthsLater(const std::string& day, int months);

// --- Cells

// "[0..14], [60..)" in hundredths.
bool NumberFits(int64_t hundredths, const std::string& cell);
// Does the fact a cell of `When` asks for fit it?
bool CellFits(const std::string& field, const std::string& fact, const std::string& cell);
// "M01100, M01200": one of them is held.
bool HeldFits(const std::set<std::string>& held, const std::string& cell);
// Is the cell one for plain whole numbers, which a count may name?
bool IsNumberCell(const std::string& field);

}  // namespace yijie::slow

#endif  // YIJIE_TESTS_RULES_SLOW_TEXTS_H_
