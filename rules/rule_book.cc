#include "rules/rule_book.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace yijie::rules {
namespace {

// National codes have at least two digits; a package lists either the code itself or its beginning.
constexpr size_t kShortestMedType = 2;

bool Covers(const Program& program, Date begndate, Date enddate) {
  const Date day = program.version_by == VersionBy::kBegndate ? begndate : enddate;
  return program.valid_from <= day && day <= program.valid_to;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const RuleBook>> RuleBook::Build(
    std::vector<std::unique_ptr<const Program>> programs) {
  auto book = std::make_shared<RuleBook>();
  book->programs_ = std::move(programs);
  absl::flat_hash_map<absl::string_view, const Program*> ids;
  for (const auto& program : book->programs_) {
    const auto [other, added] = ids.emplace(program->id, program.get());
    if (!added) {
      return absl::InvalidArgumentError(absl::StrCat(program->file, ": package id \"", program->id,
                                                     "\" is also in ", other->second->file));
    }
    YIJIE_RETURN_IF_ERROR(book->Add(*program));
  }
  return std::shared_ptr<const RuleBook>(std::move(book));
}

absl::Status RuleBook::Add(const Program& program) {
  for (const std::string& admdvs : program.admdvs) {
    for (const std::string& med_type : program.med_type) {
      std::vector<const Program*>& versions =
          by_key_[Key{Intern(admdvs), program.insutype, Intern(med_type)}];
      for (const Program* other : versions) {
        if (other->valid_from <= program.valid_to && program.valid_from <= other->valid_to) {
          return absl::InvalidArgumentError(absl::StrCat(
              program.file, ": package \"", program.id, "\" and \"", other->id, "\" (", other->file,
              ") are both in force on ",
              FormatDate(std::max(other->valid_from, program.valid_from)), " for area ", admdvs,
              ", scheme ", SymbolName(program.insutype), ", benefit kind ", med_type));
        }
      }
      versions.push_back(&program);
    }
  }
  return absl::OkStatus();
}

RuleBook::Match RuleBook::Find(absl::string_view admdvs, absl::string_view insutype,
                               absl::string_view med_type, Date begndate, Date enddate) const {
  const std::optional<Symbol> scheme = FindSymbol(insutype);
  if (!scheme) return {};
  for (const absl::string_view area : {admdvs, absl::string_view("*")}) {
    const std::optional<Symbol> area_symbol = FindSymbol(area);
    if (!area_symbol) continue;
    for (size_t length = med_type.size(); length >= kShortestMedType; --length) {
      const std::optional<Symbol> kind = FindSymbol(med_type.substr(0, length));
      if (!kind) continue;
      const auto versions = by_key_.find(Key{*area_symbol, *scheme, *kind});
      if (versions == by_key_.end()) continue;
      for (const Program* program : versions->second) {
        if (Covers(*program, begndate, enddate)) return {program, *kind};
      }
    }
  }
  return {};
}

const Program* RuleBook::FindById(absl::string_view id) const {
  for (const auto& program : programs_) {
    if (program->id == id) return program.get();
  }
  return nullptr;
}

}  // namespace yijie::rules
