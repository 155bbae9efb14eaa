#include "engine/area/area_book.h"

#include <algorithm>
#include <array>
#include <utility>

#include <google/protobuf/text_format.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "engine/area/check_area.h"
#include "rules/place.h"
#include "rules/text_file.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr size_t kMaxFileBytes = 1 << 20;

Date EndOf(const v1::AreaRules& rules) {
  return rules.enddate().empty() ? kLastDate : *ParseDate(rules.enddate());
}

}  // namespace

const v1::AreaRules& AreaBook::Default() {
  static const v1::AreaRules* const rules = [] {
    auto* filled = new v1::AreaRules();
    FillDefaults(*filled);
    return filled;
  }();
  return *rules;
}

absl::StatusOr<AreaBook> AreaBook::Build(const std::vector<File>& files) {
  AreaBook book;
  absl::flat_hash_map<std::string, std::string> file_of_id;
  for (const File& file : files) {
    rules::Defects defects(file.name);
    google::protobuf::TextFormat::ParseInfoTree tree;
    auto parsed = std::make_unique<v1::AreaRules>();
    const rules::Place place{parsed.get(), &tree};
    if (rules::ParseTextFile(file.text, kMaxFileBytes, *parsed, tree, defects)) {
      for (rules::WeakCitation& citation : CheckArea(*parsed, place, defects))
        book.weak_citations_.emplace_back(file.name, std::move(citation));
    }
    YIJIE_RETURN_IF_ERROR(defects.ToStatus());

    const auto [other, is_new] = file_of_id.emplace(parsed->id(), file.name);
    if (!is_new)
      defects.Add(place, "id", -1,
                  absl::StrCat("\"", parsed->id(), "\" is also the id of ", other->second));
    const Version version{*ParseDate(parsed->begndate()), EndOf(*parsed), parsed.get()};
    for (int i = 0; i < parsed->admdvs_size(); ++i) {
      std::vector<Version>& versions = book.versions_[AreaKey(parsed->admdvs(i))];
      for (const Version& known : versions) {
        if (version.enddate < known.begndate || known.enddate < version.begndate) continue;
        defects.Add(place, "admdvs", i,
                    absl::StrCat("area ", parsed->admdvs(i), " has two files in force on ",
                                 FormatDate(std::max(version.begndate, known.begndate)),
                                 ", this and ", file_of_id[known.rules->id()],
                                 "; end one the day before the other begins"));
      }
      versions.push_back(version);
    }
    YIJIE_RETURN_IF_ERROR(defects.ToStatus());
    FillDefaults(*parsed);
    book.rules_.push_back(std::move(parsed));
  }
  std::sort(book.rules_.begin(), book.rules_.end(),
            [](const auto& a, const auto& b) { return a->id() < b->id(); });
  return book;
}

AreaBook::Around AreaBook::FindAround(absl::string_view admdvs) const {
  const absl::string_view city = admdvs.substr(0, 4);
  const absl::string_view province = admdvs.substr(0, 2);
  const std::array<std::string, Around::kAreas> names = {AreaKey(admdvs), absl::StrCat(city, "99"),
                                                         absl::StrCat(province, "9900"),
                                                         std::string(kAllAreas)};
  Around around;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto versions = versions_.find(names[i]);
    if (versions != versions_.end()) around.versions_[i] = &versions->second;
  }
  return around;
}

const v1::AreaRules& AreaBook::Around::On(Date day) const {
  for (const std::vector<Version>* versions : versions_) {
    if (versions == nullptr) continue;
    for (const Version& version : *versions) {
      if (version.begndate <= day && day <= version.enddate) return *version.rules;
    }
  }
  return Default();
}

absl::StatusOr<std::shared_ptr<const AreaBook>> LoadAreaBook(const std::string& directory) {
  YIJIE_ASSIGN_OR_RETURN(const std::vector<std::string> names, FindFiles(directory, ".area"));
  std::vector<AreaBook::File> files;
  for (const std::string& name : names) {
    YIJIE_ASSIGN_OR_RETURN(std::string text, ReadFile(name));
    files.push_back({name, std::move(text)});
  }
  YIJIE_ASSIGN_OR_RETURN(AreaBook book, AreaBook::Build(files));
  return std::make_shared<const AreaBook>(std::move(book));
}

const v1::Route* FindRoute(const v1::AreaRules& rules, absl::string_view insutype,
                           absl::string_view psn_type) {
  for (const v1::Route& route : rules.route()) {
    const bool scheme = route.insutype().empty() || route.insutype() == insutype;
    if (scheme && absl::StartsWith(psn_type, route.psn_type_prefix())) return &route;
  }
  return nullptr;
}

}  // namespace yijie::engine
