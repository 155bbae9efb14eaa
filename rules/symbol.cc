#include "rules/symbol.h"

#include <deque>
#include <mutex>
#include <shared_mutex>

#include "absl/container/flat_hash_map.h"
#include "base/check.h"

namespace yijie::rules {
namespace {

class SymbolTable {
 public:
  SymbolTable() { InternLocked(""); }

  std::optional<Symbol> Find(absl::string_view name) const {
    const std::shared_lock lock(mutex_);
    const auto found = symbols_.find(name);
    if (found == symbols_.end()) return std::nullopt;
    return found->second;
  }

  std::optional<Symbol> Intern(absl::string_view name, size_t limit) {
    if (std::optional<Symbol> known = Find(name)) return known;
    const std::unique_lock lock(mutex_);
    const auto found = symbols_.find(name);
    if (found != symbols_.end()) return found->second;
    if (names_.size() >= limit) return std::nullopt;
    return InternLocked(name);
  }

  absl::string_view Name(Symbol symbol) const {
    const std::shared_lock lock(mutex_);
    return names_[static_cast<size_t>(symbol)];
  }

 private:
  Symbol InternLocked(absl::string_view name) {
    const auto symbol = static_cast<Symbol>(names_.size());
    names_.emplace_back(name);
    symbols_.emplace(names_.back(), symbol);
    return symbol;
  }

  mutable std::shared_mutex mutex_;
  std::deque<std::string> names_;  // never moves its elements: symbols_ points into them
  absl::flat_hash_map<absl::string_view, Symbol> symbols_;
};

SymbolTable& Table() {
  static SymbolTable* const table =
      new SymbolTable;  // never destroyed: symbols outlive every thread
  return *table;
}

}  // namespace

Symbol Intern(absl::string_view name) {
  const std::optional<Symbol> symbol = Table().Intern(name, kMaxSymbols);
  YIJIE_CHECK(symbol.has_value(), "too many symbols");
  return *symbol;
}

std::optional<Symbol> TryInternOfCell(absl::string_view name) {
  return Table().Intern(name, kMaxSymbolsOfCells);
}

std::optional<Symbol> TryIntern(absl::string_view name) {
  return Table().Intern(name, kMaxSymbolsOfRequests);
}

std::optional<Symbol> FindSymbol(absl::string_view name) { return Table().Find(name); }

absl::string_view SymbolName(Symbol symbol) { return Table().Name(symbol); }

}  // namespace yijie::rules
