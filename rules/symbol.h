#ifndef YIJIE_RULES_SYMBOL_H_
#define YIJIE_RULES_SYMBOL_H_

// Names of the open vocabularies (areas, benefit kinds, diseases, institutions, accumulators) as
// small numbers, so that evaluation compares integers. A symbol keeps its number for the life of
// the process, across reloads of the policy tables.

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace yijie::rules {

enum class Symbol : uint32_t { kNone = 0 };  // kNone is the symbol of ""

// Thread-safe. For names that come from tables. Stops the process past kMaxSymbols.
Symbol Intern(absl::string_view name);

// Thread-safe. For codes in the cells of tables, of which one bad file may bring a million: nothing
// past kMaxSymbolsOfCells, so that the file is refused and the process goes on.
std::optional<Symbol> TryInternOfCell(absl::string_view name);

// Thread-safe. For names that come from requests: nothing past kMaxSymbolsOfRequests, so that a
// peer can fill neither the memory nor the room that a reload of the tables needs.
std::optional<Symbol> TryIntern(absl::string_view name);

// The symbol if the name was ever interned, else nothing. Does not grow the table.
std::optional<Symbol> FindSymbol(absl::string_view name);

// The name; valid for the life of the process.
absl::string_view SymbolName(Symbol symbol);

inline constexpr uint32_t kMaxSymbols = 2'000'000;
inline constexpr uint32_t kMaxSymbolsOfCells = kMaxSymbols - 10'000;
inline constexpr uint32_t kMaxSymbolsOfRequests = kMaxSymbols - 100'000;

}  // namespace yijie::rules

#endif  // YIJIE_RULES_SYMBOL_H_
