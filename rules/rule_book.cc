#include "rules/rule_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace yijie::rules {
namespace {

// National codes have at least two digits; a package lists either the code itself or its beginning.
constexpr size_t kShortestMedType = 2;
constexpr char kAllAreas[] = "*";

// First and last day of a claim that decide whether a package is for it.
struct DecidingDays {
  Date first;
  Date last;
};

DecidingDays DecidingDaysOf(const ClaimDays& days, VersionBy version_by) {
  switch (version_by) {
    case VersionBy::kEnddate:
      break;
    case VersionBy::kBegndate:
      return {days.begndate, days.begndate};
    case VersionBy::kFiling:
      return {days.filed, days.filed};
    case VersionBy::kService:
      return {days.first_fee, days.last_fee};
  }
  return {days.enddate, days.enddate};
}

// Where the deciding day of a claim stands among its days: admission, fees, discharge, filing.
int PlaceInClaim(VersionBy version_by) {
  switch (version_by) {
    case VersionBy::kBegndate:
      return 0;
    case VersionBy::kService:
      return 1;
    case VersionBy::kEnddate:
      return 2;
    case VersionBy::kFiling:
      break;
  }
  return 3;
}

// Some claim has its deciding days in both. A claim's days of one place never come before those of
// an earlier place and may come at any time after them.
bool CanCoverOneClaim(const Program& a, const Program& b) {
  const int place_a = PlaceInClaim(a.version_by);
  const int place_b = PlaceInClaim(b.version_by);
  return (place_a > place_b || a.valid_from <= b.valid_to) &&
         (place_b > place_a || b.valid_from <= a.valid_to);
}

// Which of two packages for one claim answers is said: by days on which they became known that
// differ, and the later of which is written in its file.
bool IsSettledByKnownFrom(const Program& a, const Program& b) {
  if (a.known_from == b.known_from) return false;
  return (a.known_from < b.known_from ? b : a).states_known_from;
}

absl::Status BothInForce(const Program& program, const Program& other, absl::string_view admdvs,
                         absl::string_view med_type) {
  return absl::InvalidArgumentError(absl::StrCat(
      program.file, ": package \"", program.id, "\" and \"", other.id, "\" (", other.file,
      ") are both in force on ", FormatDate(std::max(other.valid_from, program.valid_from)),
      " for area ", admdvs, ", scheme ", SymbolName(program.insutype), ", benefit kind ", med_type,
      "; end one the day before the other begins, or write known_from, the day it was published, "
      "into the one that replaces the other"));
}

bool ShareAnArea(const Program& a, const Program& b) {
  return std::any_of(a.admdvs.begin(), a.admdvs.end(), [&b](const std::string& area) {
    return std::any_of(b.admdvs.begin(), b.admdvs.end(), [&area](const std::string& other) {
      return area == other || area == kAllAreas || other == kAllAreas;
    });
  });
}

// What two declarations of one total differ in; empty if they are alike.
absl::string_view DifferenceOf(const Program& a, const AccumulatorSpec& in_a, const Program& b,
                               const AccumulatorSpec& in_b) {
  if (in_a.period != in_b.period) return "period";
  if (in_a.per_institution != in_b.per_institution) return "per_institution";
  if (in_a.per_hosp_lv != in_b.per_hosp_lv) return "per_hosp_lv";
  if (in_a.per_dise_codg != in_b.per_dise_codg) return "per_dise_codg";
  if (in_a.holds != in_b.holds) return "holds";
  const bool same_year =
      a.benefit_year_month == b.benefit_year_month && a.benefit_year_day == b.benefit_year_day;
  const bool of_the_year = in_a.period == Period::kYear || in_a.period == Period::kHalfYear ||
                           in_a.period == Period::kQuarter;
  return of_the_year && !same_year ? "benefit_year_start" : "";
}

struct DeclaredTotal {
  const Program* program;
  const AccumulatorSpec* spec;
};

// Totals are kept by scheme and name alone, so packages that may meet in one person must agree.
absl::Status CheckTotalsAlike(const std::vector<const Program*>& programs) {
  absl::flat_hash_map<std::pair<Symbol, Symbol>, std::vector<DeclaredTotal>> declared;
  for (const Program* program : programs) {
    for (const AccumulatorSpec& spec : program->accumulators) {
      std::vector<DeclaredTotal>& others = declared[{program->insutype, spec.name}];
      for (const DeclaredTotal& other : others) {
        const absl::string_view difference =
            DifferenceOf(*program, spec, *other.program, *other.spec);
        if (difference.empty() || !ShareAnArea(*program, *other.program)) continue;
        return absl::InvalidArgumentError(absl::StrCat(
            program->file, ": accumulator \"", SymbolName(spec.name), "\" of package \"",
            program->id, "\" is shared with \"", other.program->id, "\" (", other.program->file,
            ") and differs in ", difference, "; declare it alike, or give it another name"));
      }
      others.push_back({program, &spec});
    }
  }
  return absl::OkStatus();
}

// Does the package cover the deciding days: all, none, or some of them?
enum class Cover : uint8_t { kNone, kSome, kAll };

Cover CoverOf(const Program& program, const DecidingDays& days) {
  if (days.last < program.valid_from || program.valid_to < days.first) return Cover::kNone;
  const bool all = program.valid_from <= days.first && days.last <= program.valid_to;
  return all ? Cover::kAll : Cover::kSome;
}

// First day of the later part of deciding days that a package covers in part.
Date SeamOf(const Program& program, const DecidingDays& days) {
  if (days.first < program.valid_from) return program.valid_from;
  return Date(program.valid_to.days() + 1);
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
  YIJIE_RETURN_IF_ERROR(CheckTotalsAlike(book->All()));
  for (auto& [key, versions] : book->by_key_) {
    std::stable_sort(versions.begin(), versions.end(), [](const Program* a, const Program* b) {
      return b->known_from < a->known_from;
    });
  }
  return std::shared_ptr<const RuleBook>(std::move(book));
}

absl::Status RuleBook::Add(const Program& program) {
  for (const std::string& admdvs : program.admdvs) {
    for (const std::string& med_type : program.med_type) {
      std::vector<const Program*>& versions =
          by_key_[Key{Intern(admdvs), program.insutype, Intern(med_type)}];
      for (const Program* other : versions) {
        if (CanCoverOneClaim(program, *other) && !IsSettledByKnownFrom(program, *other))
          return BothInForce(program, *other, admdvs, med_type);
      }
      versions.push_back(&program);
    }
  }
  return absl::OkStatus();
}

RuleBook::Match RuleBook::Find(absl::string_view admdvs, absl::string_view insutype,
                               absl::string_view med_type, const ClaimDays& days) const {
  const std::optional<Symbol> scheme = FindSymbol(insutype);
  if (!scheme) return {};
  for (const absl::string_view area : {admdvs, absl::string_view(kAllAreas)}) {
    const std::optional<Symbol> area_symbol = FindSymbol(area);
    if (!area_symbol) continue;
    for (size_t length = med_type.size(); length >= kShortestMedType; --length) {
      const std::optional<Symbol> kind = FindSymbol(med_type.substr(0, length));
      if (!kind) continue;
      const auto versions = by_key_.find(Key{*area_symbol, *scheme, *kind});
      if (versions == by_key_.end()) continue;
      for (const Program* program : versions->second) {
        if (days.filed < program->known_from) continue;
        const DecidingDays deciding = DecidingDaysOf(days, program->version_by);
        const Cover cover = CoverOf(*program, deciding);
        if (cover == Cover::kNone) continue;
        // What is known last decides for each day; the rest of the days would be for another.
        if (cover == Cover::kSome) return {nullptr, *kind, SeamOf(*program, deciding)};
        return {program, *kind, std::nullopt};
      }
    }
  }
  return {};
}

std::vector<const Program*> RuleBook::All() const {
  std::vector<const Program*> all;
  for (const auto& program : programs_) all.push_back(program.get());
  return all;
}

absl::Status RuleBook::CheckKeepsTotals(const RuleBook& before) const {
  std::vector<const Program*> both = before.All();
  for (const Program* program : All()) both.push_back(program);
  const absl::Status alike = CheckTotalsAlike(both);
  if (alike.ok()) return alike;
  return absl::InvalidArgumentError(
      absl::StrCat(alike.message(), " (persons hold totals of the tables in force)"));
}

const Program* RuleBook::FindById(absl::string_view id) const {
  for (const auto& program : programs_) {
    if (program->id == id) return program.get();
  }
  return nullptr;
}

}  // namespace yijie::rules
