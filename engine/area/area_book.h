#ifndef YIJIE_ENGINE_AREA_AREA_BOOK_H_
#define YIJIE_ENGINE_AREA_AREA_BOOK_H_

// The area rules (经办规则, proto/yijie/v1/area.proto) of all areas and days.

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/date.h"
#include "rules/program.h"
#include "yijie/v1/area.pb.h"

namespace yijie::engine {

// Immutable; for any thread.
class AreaBook {
 private:
  struct Version {
    Date begndate;
    Date enddate;
    const yijie::v1::AreaRules* rules;
  };

 public:
  struct File {
    std::string name;  // only named in defects
    std::string text;
  };

  // Without files every area has Default().
  AreaBook() = default;

  // All or nothing. On failure INVALID_ARGUMENT with one line for each defect, `file:line:column:
  // what is wrong`, of the first file that has any.
  static absl::StatusOr<AreaBook> Build(const std::vector<File>& files);

  // The areas around one, found once: their rules on any day. Valid while the book lives.
  class Around {
   public:
    // No area: Default() on all days.
    Around() = default;

    // Rules of the smallest of the areas (district, city, province, all) with rules in force on
    // `day`; Default() if there are none. Fields hold their defaults where the file says nothing:
    // no enum is UNSPECIFIED.
    const yijie::v1::AreaRules& On(Date day) const;

   private:
    friend class AreaBook;
    static constexpr size_t kAreas = 4;
    std::array<const std::vector<Version>*, kAreas>
        versions_{};  // from small to large; may be null
  };

  Around FindAround(absl::string_view admdvs) const;

  // The same for one day.
  const yijie::v1::AreaRules& Find(absl::string_view admdvs, Date day) const {
    return FindAround(admdvs).On(day);
  }

  // Every switch at its default.
  static const yijie::v1::AreaRules& Default();

  // All files' rules, by id.
  const std::vector<std::unique_ptr<const yijie::v1::AreaRules>>& rules() const { return rules_; }

  // Where sources of grade D are cited, with the name of the file.
  const std::vector<std::pair<std::string, rules::WeakCitation>>& weak_citations() const {
    return weak_citations_;
  }

 private:
  std::vector<std::unique_ptr<const yijie::v1::AreaRules>> rules_;
  absl::flat_hash_map<std::string, std::vector<Version>> versions_;  // by AreaKey
  std::vector<std::pair<std::string, rules::WeakCitation>> weak_citations_;
};

// The `*.area` files below `directory`; none is a book without rules.
absl::StatusOr<std::shared_ptr<const AreaBook>> LoadAreaBook(const std::string& directory);

// The route of persons of this category and scheme who are not settled here; nullptr for all
// others.
const yijie::v1::Route* FindRoute(const yijie::v1::AreaRules& rules, absl::string_view insutype,
                                  absl::string_view psn_type);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_AREA_AREA_BOOK_H_
