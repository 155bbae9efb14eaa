#ifndef YIJIE_RULES_CATALOGUE_H_
#define YIJIE_RULES_CATALOGUE_H_

// The catalogue (医保目录) in memory: what a fee item is, on a day, for a scheme, in an area.
// Immutable after Build; any number of threads may read.

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/date.h"
#include "base/fen.h"
#include "base/ratio.h"
#include "rules/symbol.h"

namespace yijie::rules {

enum class ItemClass : uint8_t { kUnlisted = 0, kA = 1, kB = 2, kC = 3 };  // 甲乙丙类
enum class ItemKind : uint8_t { kUnknown = 0, kDrug = 1, kTcm = 2, kService = 3, kMaterial = 4 };

struct CatalogueItem {
  Symbol code = Symbol::kNone;
  ItemKind kind = ItemKind::kUnknown;
  ItemClass item_class = ItemClass::kUnlisted;
  Ratio selfpay_prop;               // share paid first
  Fen price_limit;                  // of one unit; 0: none
  Symbol insutype = Symbol::kNone;  // kNone: every scheme
  Symbol admdvs = Symbol::kNone;    // kNone: every area
  Date begndate = kFirstDate;
  Date enddate = kLastDate;  // inclusive
};

// Cheap to copy: copies share their rows.
class Catalogue {
 public:
  // Refuses rows of one code that could both apply to a line: same scheme and area, overlapping
  // days.
  static absl::StatusOr<Catalogue> Build(std::vector<CatalogueItem> items);

  // The row in force, or nullptr. A row of the scheme goes before one for every scheme, then a row
  // of the area before one for every area.
  const CatalogueItem* Find(absl::string_view code, Symbol insutype, Symbol admdvs, Date day) const;

  struct Wanted {
    absl::string_view code;
    Date day;
    const CatalogueItem* found = nullptr;  // as of Find
  };
  // Find for all lines of a bill. Memory is asked for all of them before any is waited for: the
  // lines of a bill lie all over a catalogue that no cache holds.
  void FindAll(Symbol insutype, Symbol admdvs, absl::Span<Wanted> wanted) const;

  size_t size() const { return rows_->items.size(); }

 private:
  // The rows of one code. An open table: a code is in the first free slot from its hash on.
  struct Slot {
    uint64_t hash = 0;
    uint32_t begin = 0, end = 0;  // of `items`; both 0: free
    absl::string_view code;       // lives in the symbol table
  };
  struct Rows {
    std::vector<CatalogueItem> items;  // sorted by code, then most specific first
    // A power of two of them, at most half of them taken.
    std::vector<Slot> slots = std::vector<Slot>(2);
  };
  static void Insert(const Slot& slot, std::vector<Slot>* slots);
  // The slot of the code, or a free one.
  const Slot& SlotOf(uint64_t hash, absl::string_view code) const;
  const CatalogueItem* Choose(const Slot& slot, Symbol insutype, Symbol admdvs, Date day) const;

  std::shared_ptr<const Rows> rows_ = std::make_shared<const Rows>();
};

}  // namespace yijie::rules

#endif  // YIJIE_RULES_CATALOGUE_H_
