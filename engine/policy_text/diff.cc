#include "engine/policy_text/diff.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "engine/policy_text/compare.h"
#include "engine/policy_text/names.h"
#include "engine/policy_text/sheet.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using Packages = std::vector<v1::Package>;

constexpr char kTitle[] = "政策表的改动";

// Both ends belong to it; empty if the last comes before the first.
struct Days {
  Date first;
  Date last;
  bool empty() const { return last < first; }
};

Days ValidityOf(const v1::Package& package) {
  const absl::StatusOr<Date> first = ParseDate(package.valid_from());
  const absl::StatusOr<Date> last =
      package.valid_to().empty() ? kLastDate : ParseDate(package.valid_to());
  return {first.value_or(kFirstDate), last.value_or(kLastDate)};
}

Days Common(Days a, Days b) { return {std::max(a.first, b.first), std::min(a.last, b.last)}; }

// The days of `a` that are not in `b`.
std::vector<Days> Without(Days a, Days b) {
  const Days common = Common(a, b);
  if (common.empty()) return {a};
  std::vector<Days> rest;
  for (const Days days :
       {Days{a.first, Date(common.first.days() - 1)}, Days{Date(common.last.days() + 1), a.last}}) {
    if (!days.empty()) rest.push_back(days);
  }
  return rest;
}

std::string DaysWords(Days days) {
  return days.last == kLastDate
             ? absl::StrCat(FormatDate(days.first), " 起")
             : absl::StrCat(FormatDate(days.first), " 至 ", FormatDate(days.last));
}

void Tell(absl::string_view what, const std::vector<Days>& list, std::vector<Block>& blocks) {
  for (const Days days : list)
    blocks.push_back(Item{absl::StrCat(what, "：", DaysWords(days)), ""});
}

enum class Kinship { kVersions, kSuccessor };  // a successor leaves its elder the days before it

void TellDays(const v1::Package& older, const v1::Package& newer, bool answers_differ,
              Kinship kinship, std::vector<Block>& blocks) {
  const Days before = ValidityOf(older);
  const Days after = ValidityOf(newer);
  const Days common = Common(before, after);
  const std::string by = ValueWord("VersionBy", v1::VersionBy_Name(newer.version_by()));
  blocks.push_back(Heading{2, absl::StrCat("受影响的日期（按", by, "）"), ""});
  const size_t told = blocks.size();
  Tell("新增适用", Without(after, before), blocks);
  if (kinship == Kinship::kVersions) Tell("不再适用", Without(before, after), blocks);
  if (answers_differ && !common.empty()) Tell("结算结果可能不同", {common}, blocks);
  if (blocks.size() == told) blocks.push_back(Item{"没有：只有文字改动，结算结果不变", ""});
}

// False, and nothing said, if there is no difference.
bool Tell(const v1::Package& older, const v1::Package& newer, Kinship kinship,
          std::vector<Block>& blocks) {
  const Comparison comparison = Compare(MakeSheet(older), MakeSheet(newer, &older));
  if (comparison.parts.empty()) return false;
  TellDays(older, newer, comparison.answers_differ, kinship, blocks);
  for (const ComparedPart& part : comparison.parts) {
    blocks.push_back(Heading{2, part.heading, ""});
    blocks.insert(blocks.end(), part.changes.begin(), part.changes.end());
  }
  return true;
}

// ---------------------------------------------------------------------------------------------
// Sets of packages.

template <typename Repeated, typename Same>
bool Overlap(const Repeated& a, const Repeated& b, Same same) {
  return std::any_of(a.begin(), a.end(), [&](const auto& x) {
    return std::any_of(b.begin(), b.end(), [&](const auto& y) { return same(x, y); });
  });
}

bool SameBenefit(const v1::Package& a, const v1::Package& b) {
  const auto equal = [](const std::string& x, const std::string& y) { return x == y; };
  return a.insutype() == b.insutype() && Overlap(a.admdvs(), b.admdvs(), equal) &&
         Overlap(a.med_type(), b.med_type(), equal);
}

const v1::Package* WithId(const Packages& packages, const std::string& id) {
  for (const v1::Package& package : packages) {
    if (package.id() == id) return &package;
  }
  return nullptr;
}

// Of `candidates` for the same benefit the one that covers the first day of `package`, else the one
// that begins last.
const v1::Package* Elder(const v1::Package& package,
                         const std::vector<const v1::Package*>& candidates) {
  const Date first = ValidityOf(package).first;
  const v1::Package* best = nullptr;
  for (const v1::Package* candidate : candidates) {
    if (!SameBenefit(*candidate, package)) continue;
    const Days days = ValidityOf(*candidate);
    if (days.first <= first && first <= days.last) return candidate;
    if (best == nullptr || ValidityOf(*best).first < days.first) best = candidate;
  }
  return best;
}

class SetDiffer {
 public:
  SetDiffer(const Packages& older, const Packages& newer) : newer_(newer) {
    for (const v1::Package& package : older) {
      all_.push_back(&package);
      if (WithId(newer, package.id()) == nullptr) unmatched_.push_back(&package);
    }
  }

  std::vector<Block> Run(const Packages& older) {
    for (const v1::Package& package : newer_) {
      const v1::Package* same = WithId(older, package.id());
      if (same != nullptr) {
        Versions(package.title(), package.id(), *same, package, Kinship::kVersions);
      } else {
        WithoutId(package);
      }
    }
    for (const v1::Package* package : unmatched_) {
      Head("删除政策表", package->title(), package->id());
      Tell("不再适用", {ValidityOf(*package)}, blocks_);
    }
    return std::move(blocks_);
  }

 private:
  void Head(absl::string_view what, absl::string_view title, absl::string_view id) {
    blocks_.push_back(Heading{
        1, absl::StrCat(what, what.empty() ? "" : "：", title, "（", id, "）"), std::string(id)});
  }

  void Versions(const std::string& title, const std::string& id, const v1::Package& older,
                const v1::Package& newer, Kinship kinship) {
    std::vector<Block> said;
    if (!Tell(older, newer, kinship, said)) return;
    Head("", title, id);
    blocks_.insert(blocks_.end(), said.begin(), said.end());
  }

  void WithoutId(const v1::Package& package) {
    if (const v1::Package* renamed = Elder(package, unmatched_); renamed != nullptr) {
      unmatched_.erase(std::find(unmatched_.begin(), unmatched_.end(), renamed));
      Versions(package.title(), absl::StrCat(renamed->id(), " → ", package.id()), *renamed, package,
               Kinship::kVersions);
      return;
    }
    const v1::Package* elder = Elder(package, all_);
    if (elder == nullptr) {
      Head("新增政策表", package.title(), package.id());
      Tell("新增适用", {ValidityOf(package)}, blocks_);
      return;
    }
    Head("新增政策表", package.title(), package.id());
    blocks_.push_back(
        Paragraph{Paragraph::Tone::kNote, absl::StrCat("与 ", elder->id(), " 相比：")});
    Tell(*elder, package, Kinship::kSuccessor, blocks_);
  }

  const Packages& newer_;
  std::vector<const v1::Package*> all_;        // older
  std::vector<const v1::Package*> unmatched_;  // older, by id or otherwise
  std::vector<Block> blocks_;
};

}  // namespace

Document DiffPackages(const v1::Package& older, const v1::Package& newer) {
  Document document{kTitle, {}};
  std::vector<Block> said;
  if (!Tell(older, newer, Kinship::kVersions, said)) return document;
  document.blocks.push_back(Heading{1, newer.title(), ""});
  document.blocks.insert(document.blocks.end(), said.begin(), said.end());
  return document;
}

Document DiffPackageSets(const Packages& older, const Packages& newer) {
  return {kTitle, SetDiffer(older, newer).Run(older)};
}

}  // namespace yijie::engine
