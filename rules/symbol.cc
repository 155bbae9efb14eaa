#include "rules/symbol.h"

#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <string>

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
    if (symbols_.size() >= limit) return std::nullopt;
    return InternLocked(name);
  }

  // Without the lock: every settlement asks for many. Whoever has a symbol got it after its name
  // was in its place, where it stays.
  absl::string_view Name(Symbol symbol) const {
    const auto number = static_cast<size_t>(symbol);
    return blocks_[number / kBlock].load(std::memory_order_acquire)[number % kBlock];
  }

 private:
  static constexpr size_t kBlock = 4'096;

  Symbol InternLocked(absl::string_view name) {
    const size_t number = symbols_.size();
    std::string* block = blocks_[number / kBlock].load(std::memory_order_relaxed);
    if (number % kBlock == 0) {
      block = new std::string[kBlock];
      blocks_[number / kBlock].store(block, std::memory_order_release);
    }
    std::string& kept = block[number % kBlock];
    kept = std::string(name);
    return symbols_.emplace(kept, static_cast<Symbol>(number)).first->second;
  }

  mutable std::shared_mutex mutex_;
  absl::flat_hash_map<absl::string_view, Symbol> symbols_;  // the names are those of blocks_
  // Names by number, in blocks that never move. None is given up before the process ends.
  std::array<std::atomic<std::string*>, kMaxSymbols / kBlock + 1> blocks_{};
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
