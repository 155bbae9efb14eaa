#ifndef YIJIE_TESTS_BOOKS_BOOK_MAKER_H_
#define YIJIE_TESTS_BOOKS_BOOK_MAKER_H_

// Made-up records of the book of one institution.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "engine/books/book_entry.h"
#include "engine/books/clearing_terms.h"
#include "yijie/store/v1/books.pb.h"
#include "yijie/v1/books.pb.h"

namespace yijie::engine {

inline constexpr char kInstitution[] = "H41010099901";

// YIJIE_SEED, or a fixed one; printed.
uint64_t SeedOfRun();

// What a settlement without a correction shares out under `terms`, and what its undo takes back.
BookedShares SharesOf(const v1::Settlement& settlement, const ClearingTerms& terms);
BookedShares TakenBack(const yijie::store::v1::BookEntry& settlement);

// Row `number`: id and person number of 30 characters as the engine makes them; day, scheme, class
// and amounts a function of the number. The days are `days` from 2026-11-01 on.
v1::BookRow MakeRow(int64_t number, int days);
std::vector<v1::BookRow> MakeRows(int64_t count, int days);

v1::BookScope WholeNovember();

// `count` records of November 2026 in their order of commit: settlements of a tenth as many
// persons, some undone in the month, and undos of settlements of October.
std::vector<yijie::store::v1::BookEntry> MakeEntries(int count, std::mt19937_64& random);

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_BOOKS_BOOK_MAKER_H_
