#include "rules/catalogue.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "absl/hash/hash.h"
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

size_t SlotsFor(size_t codes) {
  size_t slots = 2;
  while (slots < 2 * codes) slots *= 2;
  return slots;
}

}  // namespace

absl::StatusOr<Catalogue> Catalogue::Build(std::vector<CatalogueItem> items) {
  std::sort(items.begin(), items.end(),
            [](const CatalogueItem& a, const CatalogueItem& b) { return SortKey(a) < SortKey(b); });
  auto rows = std::make_shared<Rows>();
  rows->slots.resize(SlotsFor(items.size()));
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
    const absl::string_view code = SymbolName(sorted[begin].code);
    Insert({absl::HashOf(code), begin, end, code}, &rows->slots);
    begin = end;
  }
  Catalogue catalogue;
  catalogue.rows_ = std::move(rows);
  return catalogue;
}

const CatalogueItem* Catalogue::Find(absl::string_view code, Symbol insutype, Symbol admdvs,
                                     Date day) const {
  return Choose(SlotOf(absl::HashOf(code), code), insutype, admdvs, day);
}

void Catalogue::FindAll(Symbol insutype, Symbol admdvs, absl::Span<Wanted> wanted) const {
  constexpr size_t kAtOnce = 16;
  const size_t mask = rows_->slots.size() - 1;
  for (; !wanted.empty(); wanted.remove_prefix(std::min(wanted.size(), kAtOnce))) {
    const absl::Span<Wanted> some = wanted.subspan(0, kAtOnce);
    std::array<uint64_t, kAtOnce> hashes;
    for (size_t i = 0; i < some.size(); ++i) {
      hashes[i] = absl::HashOf(some[i].code);
      __builtin_prefetch(&rows_->slots[hashes[i] & mask]);
    }
    for (size_t i = 0; i < some.size(); ++i) {
      const Slot& first = rows_->slots[hashes[i] & mask];
      __builtin_prefetch(first.code.data());
      __builtin_prefetch(rows_->items.data() + first.begin);
    }
    for (size_t i = 0; i < some.size(); ++i) {
      some[i].found = Choose(SlotOf(hashes[i], some[i].code), insutype, admdvs, some[i].day);
    }
  }
}

void Catalogue::Insert(const Slot& slot, std::vector<Slot>* slots) {
  const size_t mask = slots->size() - 1;
  size_t i = slot.hash & mask;
  while ((*slots)[i].end != 0) i = (i + 1) & mask;
  (*slots)[i] = slot;
}

const Catalogue::Slot& Catalogue::SlotOf(uint64_t hash, absl::string_view code) const {
  const size_t mask = rows_->slots.size() - 1;
  size_t i = hash & mask;
  for (; rows_->slots[i].end != 0; i = (i + 1) & mask) {
    if (rows_->slots[i].hash == hash && rows_->slots[i].code == code) break;
  }
  return rows_->slots[i];
}

const CatalogueItem* Catalogue::Choose(const Slot& slot, Symbol insutype, Symbol admdvs,
                                       Date day) const {
  for (uint32_t i = slot.begin; i < slot.end; ++i) {
    const CatalogueItem& item = rows_->items[i];
    const bool scheme = item.insutype == Symbol::kNone || item.insutype == insutype;
    const bool area = item.admdvs == Symbol::kNone || item.admdvs == admdvs;
    if (scheme && area && item.begndate <= day && day <= item.enddate) return &item;
  }
  return nullptr;
}

}  // namespace yijie::rules
