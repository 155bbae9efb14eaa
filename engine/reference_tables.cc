#include "engine/reference_tables.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "yijie/store/v1/tables.pb.h"

namespace yijie::engine {
namespace {

static_assert(static_cast<int>(v1::CLASS_A) == static_cast<int>(rules::ItemClass::kA));
static_assert(static_cast<int>(v1::CLASS_B) == static_cast<int>(rules::ItemClass::kB));
static_assert(static_cast<int>(v1::CLASS_C) == static_cast<int>(rules::ItemClass::kC));
static_assert(static_cast<int>(v1::DRUG) == static_cast<int>(rules::ItemKind::kDrug));
static_assert(static_cast<int>(v1::TCM) == static_cast<int>(rules::ItemKind::kTcm));
static_assert(static_cast<int>(v1::SERVICE) == static_cast<int>(rules::ItemKind::kService));
static_assert(static_cast<int>(v1::MATERIAL) == static_cast<int>(rules::ItemKind::kMaterial));

absl::StatusOr<rules::CatalogueItem> ToRulesItem(const v1::CatalogueItem& item) {
  const auto refuse = [&item](absl::string_view what) {
    return absl::InvalidArgumentError(
        absl::StrCat("catalogue item \"", item.med_list_codg(), "\": ", what));
  };
  if (item.med_list_codg().empty()) return refuse("has no code");
  if (!v1::ItemKind_IsValid(item.kind()) || item.kind() == v1::ITEM_KIND_UNSPECIFIED) {
    return refuse("kind is not known");
  }
  if (!v1::ItemClass_IsValid(item.chrgitm_lv()) ||
      item.chrgitm_lv() == v1::ITEM_CLASS_UNSPECIFIED) {
    return refuse("chrgitm_lv is not known");
  }
  if (item.selfpay_prop_1e6() < 0 || item.selfpay_prop_1e6() > Ratio::kOne) {
    return refuse("selfpay_prop is outside 0 to 100%");
  }
  if (item.pric_uplmt_fen() < 0) return refuse("pric_uplmt is negative");

  rules::CatalogueItem result;
  YIJIE_ASSIGN_OR_RETURN(result.begndate, ParseDate(item.begndate()));
  if (!item.enddate().empty()) {
    YIJIE_ASSIGN_OR_RETURN(result.enddate, ParseDate(item.enddate()));
  }
  if (result.enddate < result.begndate) return refuse("ends before it begins");
  result.code = rules::Intern(item.med_list_codg());
  result.kind = static_cast<rules::ItemKind>(item.kind());
  result.item_class = static_cast<rules::ItemClass>(item.chrgitm_lv());
  result.selfpay_prop = Ratio(item.selfpay_prop_1e6());
  result.price_limit = Fen(item.pric_uplmt_fen());
  result.insutype = rules::Intern(item.insutype());
  result.admdvs = rules::Intern(item.admdvs());
  return result;
}

// Parses the value of table `name`.
template <typename Table>
absl::StatusOr<Table> ParseTable(absl::string_view name, absl::string_view bytes) {
  Table table;
  if (!table.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(
        absl::StrCat("table ", name, " of the store cannot be read: load it again"));
  }
  return table;
}

}  // namespace

absl::StatusOr<std::vector<rules::CatalogueItem>> ToRulesItems(
    const google::protobuf::RepeatedPtrField<v1::CatalogueItem>& items) {
  if (items.size() > kMaxCatalogueItems) {
    return absl::InvalidArgumentError(
        absl::StrCat("the catalogue has more than ", kMaxCatalogueItems, " rows"));
  }
  std::vector<rules::CatalogueItem> result;
  result.reserve(static_cast<size_t>(items.size()));
  for (const v1::CatalogueItem& item : items) {
    YIJIE_ASSIGN_OR_RETURN(rules::CatalogueItem rules_item, ToRulesItem(item));
    result.push_back(rules_item);
  }
  return result;
}

absl::StatusOr<rules::Catalogue> ParseCatalogue(absl::string_view bytes) {
  YIJIE_ASSIGN_OR_RETURN(const store::v1::CatalogueTable table,
                         ParseTable<store::v1::CatalogueTable>(kCatalogueTable, bytes));
  YIJIE_ASSIGN_OR_RETURN(std::vector<rules::CatalogueItem> items, ToRulesItems(table.item()));
  return rules::Catalogue::Build(std::move(items));
}

absl::StatusOr<absl::flat_hash_map<std::string, v1::Institution>> ParseInstitutions(
    absl::string_view bytes) {
  YIJIE_ASSIGN_OR_RETURN(store::v1::InstitutionTable table,
                         ParseTable<store::v1::InstitutionTable>(kInstitutionsTable, bytes));
  absl::flat_hash_map<std::string, v1::Institution> institutions;
  institutions.reserve(static_cast<size_t>(table.institution_size()));
  for (v1::Institution& institution : *table.mutable_institution()) {
    std::string code = institution.fixmedins_code();
    institutions.emplace(std::move(code), std::move(institution));
  }
  return institutions;
}

}  // namespace yijie::engine
