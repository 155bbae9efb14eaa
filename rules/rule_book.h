#ifndef YIJIE_RULES_RULE_BOOK_H_
#define YIJIE_RULES_RULE_BOOK_H_

// All packages in force: finds the one for a claim. Immutable; share it between threads and keep it
// while a claim is in flight.

#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rules/program.h"

namespace yijie::rules {

// The days of a claim that may decide which version of a package answers it.
struct ClaimDays {
  Date begndate;
  Date enddate;
  Date filed;
  Date first_fee;
  Date last_fee;
};

class RuleBook {
 public:
  // Refuses two packages that could both answer one claim, and two that share a running total and
  // do not declare it alike, naming their files.
  static absl::StatusOr<std::shared_ptr<const RuleBook>> Build(
      std::vector<std::unique_ptr<const Program>> programs);

  struct Match {
    const Program* program = nullptr;  // nullptr: no policy
    Symbol med_type = Symbol::kNone;   // the code under which the package lists the benefit kind
    // Set if there is no policy because the fees lie in two versions of a package that goes by the
    // day of each fee: the first day of the later part.
    std::optional<Date> seam;
  };
  // The package of an area goes before one for all areas ("*"); of its benefit kinds the longest
  // that `med_type` begins with; of the packages that cover the deciding day the one known last by
  // the day the claim was filed.
  Match Find(absl::string_view admdvs, absl::string_view insutype, absl::string_view med_type,
             const ClaimDays& days) const;

  // Persons hold totals under the names of the book before: none of them may come to mean something
  // else. INVALID_ARGUMENT names both declarations.
  absl::Status CheckKeepsTotals(const RuleBook& before) const;

  // By id; nullptr if there is none.
  const Program* FindById(absl::string_view id) const;

  const std::vector<std::unique_ptr<const Program>>& programs() const { return programs_; }

 private:
  struct Key {
    Symbol admdvs, insutype, med_type;
    friend bool operator==(const Key& a, const Key& b) {
      return a.admdvs == b.admdvs && a.insutype == b.insutype && a.med_type == b.med_type;
    }
    template <typename H>
    friend H AbslHashValue(H state, const Key& key) {
      return H::combine(std::move(state), key.admdvs, key.insutype, key.med_type);
    }
  };

  absl::Status Add(const Program& program);
  std::vector<const Program*> All() const;

  std::vector<std::unique_ptr<const Program>> programs_;
  absl::flat_hash_map<Key, std::vector<const Program*>> by_key_;  // known last first
};

}  // namespace yijie::rules

#endif  // YIJIE_RULES_RULE_BOOK_H_
