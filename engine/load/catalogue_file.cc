#include "engine/load/catalogue_file.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "engine/load/cells.h"
#include "engine/load/csv.h"
#include "engine/load/overlap.h"
#include "engine/load/schemes.h"
#include "engine/reference_tables.h"

namespace yijie::engine {

const absl::string_view kCatalogueColumnsHelp =
    R"(One row for an item. Several rows may have the same code, for other schemes, areas or days;
rows of one code, scheme and area may not share a day. The file replaces the whole catalogue.

  med_list_codg       national item code, 1 to 50 letters, digits and signs
  name                name
  kind                DRUG, TCM, SERVICE, MATERIAL
  chrgitm_lv          01 wholly in scope, 02 a share is paid first by the person, 03 not in scope
  selfpay_prop        that share, such as 10%
  pric_uplmt          price limit of one unit, yuan; empty if there is none
  insutype            scheme the row is for: 310, 390, 410, 510; empty for all
  admdvs              area the row is for, six digits; empty for all
  begndate, enddate   first and last day; enddate may be empty)";

namespace {

enum Column : size_t {
  kMedListCodg,
  kName,
  kKind,
  kChrgitmLv,
  kSelfpayProp,
  kPricUplmt,
  kInsutype,
  kAdmdvs,
  kBegndate,
  kEnddate,
  kColumnCount,
};

constexpr absl::string_view kColumns[kColumnCount] = {
    "med_list_codg", "name",     "kind",   "chrgitm_lv", "selfpay_prop",
    "pric_uplmt",    "insutype", "admdvs", "begndate",   "enddate",
};

constexpr size_t kMaxCode = 50;
constexpr size_t kMaxNameBytes = 500;

v1::ItemClass ReadClass(Cells& cells) {
  const std::string code = cells.OneOf(kChrgitmLv, {"01", "02", "03"});
  if (code == "01") return v1::CLASS_A;
  if (code == "02") return v1::CLASS_B;
  return v1::CLASS_C;
}

v1::CatalogueItem ReadItem(Cells& cells, DaySpan& days) {
  v1::CatalogueItem item;
  item.set_med_list_codg(cells.Printable(kMedListCodg, kMaxCode));
  item.set_name(cells.Text(kName, kMaxNameBytes));
  item.set_kind(static_cast<v1::ItemKind>(cells.EnumNumber(kKind, *v1::ItemKind_descriptor())));
  item.set_chrgitm_lv(ReadClass(cells));
  item.set_selfpay_prop_1e6(static_cast<int32_t>(cells.Percent(kSelfpayProp).millionths()));
  if (!cells.IsEmpty(kPricUplmt)) {
    item.set_pric_uplmt_fen(cells.Yuan(kPricUplmt, Fen(kMaxClaimFen)).value());
  }
  if (!cells.IsEmpty(kInsutype)) item.set_insutype(cells.OneOf(kInsutype, kSchemes));
  if (!cells.IsEmpty(kAdmdvs)) item.set_admdvs(cells.Digits(kAdmdvs, 6, 6));
  days = cells.Days(kBegndate, kEnddate);
  item.set_begndate(FormatDate(days.begin));
  if (!cells.IsEmpty(kEnddate)) item.set_enddate(FormatDate(days.end));
  return item;
}

}  // namespace

store::v1::CatalogueTable ParseCatalogueFile(const InputFile& file, RowErrors& errors) {
  store::v1::CatalogueTable table;
  // Rows that exclude each other: by code, scheme and area.
  absl::flat_hash_map<std::string, std::vector<DatedRow>> same_scope;
  ReadCsv(file, {kColumns}, errors, [&](const CsvRow& row) {
    Cells cells(row, kColumns, errors);
    DatedRow dated{row.line, {}};
    v1::CatalogueItem item = ReadItem(cells, dated.days);
    if (cells.ok() && table.item_size() == kMaxCatalogueItems) {
      cells.Refuse(kMedListCodg, absl::StrCat("is beyond row ", kMaxCatalogueItems,
                                              ", the most a catalogue can have"));
    }
    if (!cells.ok()) return;
    // A printable code has no tab.
    same_scope[absl::StrCat(item.med_list_codg(), "\t", item.insutype(), "\t", item.admdvs())]
        .push_back(dated);
    *table.add_item() = std::move(item);
  });
  for (auto& [scope, rows] : same_scope) {
    ReportOverlaps(std::move(rows), kColumns[kBegndate], "for the same item, scheme and area",
                   errors);
  }
  return table;
}

}  // namespace yijie::engine
