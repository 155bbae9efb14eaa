#include "rules/catalogue.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace yijie::rules {
namespace {

// Specific rows first, then by day, so that overlapping rows of the same kind are neighbours.
auto SortKey(const CatalogueItem& item) {
  return std::make_tuple(item.code, item.insutype == Symbol::kNone, item.admdvs == Symbol::kNone,
                         item.insutype, item.admdvs, item.begndate.days());
}

bool SameScope(const CatalogueItem& a, const CatalogueItem& b) {
  return a.code == b.code && a.insutype == b.insutype && a.admdvs == b.admdvs;
}

}  // namespace

absl::StatusOr<Catalogue> Catalogue::Build(std::vector<CatalogueItem> items) {
  std::sort(items.begin(), items.end(),
            [](const CatalogueItem& a, const CatalogueItem& b) { return SortKey(a) < SortKey(b); });
  auto rows = std::make_shared<Rows>();
  rows->items = std::move(items);
  const std::vector<CatalogueItem>& sorted = rows->items;
  for (uint32_t begin = 0; begin < sorted.size();) {
    uint32_t end = begin + 1;
    for (; end < sorted.size() && sorted[end].code == sorted[begin].code; ++end) {
      if (SameScope(sorted[end - 1], sorted[end]) &&
          sorted[end].begndate <= sorted[end - 1].enddate) {
        return absl::InvalidArgumentError(
            absl::StrCat("item ", SymbolName(sorted[end].code),
                         ": two rows of the same scheme and area are in force on ",
                         FormatDate(sorted[end].begndate)));
      }
    }
    rows->by_code.emplace(SymbolName(sorted[begin].code), Range{begin, end});
    begin = end;
  }
  Catalogue catalogue;
  catalogue.rows_ = std::move(rows);
  return catalogue;
}

const CatalogueItem* Catalogue::Find(absl::string_view code, Symbol insutype, Symbol admdvs,
                                     Date day) const {
  const auto found = rows_->by_code.find(code);
  if (found == rows_->by_code.end()) return nullptr;
  for (uint32_t i = found->second.begin; i < found->second.end; ++i) {
    const CatalogueItem& item = rows_->items[i];
    const bool scheme = item.insutype == Symbol::kNone || item.insutype == insutype;
    const bool area = item.admdvs == Symbol::kNone || item.admdvs == admdvs;
    if (scheme && area && item.begndate <= day && day <= item.enddate) return &item;
  }
  return nullptr;
}

}  // namespace yijie::rules
