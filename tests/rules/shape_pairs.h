#ifndef YIJIE_TESTS_RULES_SHAPE_PAIRS_H_
#define YIJIE_TESTS_RULES_SHAPE_PAIRS_H_

// Which shapes of the vocabulary stood together in packages that settled a claim. A shape is a
// field of proto/yijie/v1/policy.proto that is set, such as "AmountRow.every" or "When.right",
// with its value where that is one of a few ("Quota.mode=FIXED"), or a kind of term
// ("term acc:"). They are taken from the descriptors, so a new field is a new shape.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "yijie/v1/policy.pb.h"

namespace yijie::rules {

class ShapePairs {
 public:
  ShapePairs();
  // `package` settled a claim.
  void Add(const v1::Package& package);
  void Add(const ShapePairs& others);

  size_t shapes() const { return names_.size(); }
  // Pairs that stood in no package, a few of them by name; empty if there are none.
  std::string Missing() const;
  // How often the rarest pair stood in one.
  int64_t Rarest() const;

 private:
  int64_t Count(size_t a, size_t b) const { return together_[a * names_.size() + b]; }
  // Two shapes that one package cannot have.
  bool Exclude(size_t a, size_t b) const {
    return of_package_rounding_[a] && of_package_rounding_[b];
  }

  std::map<std::string, size_t> names_;
  std::vector<bool> of_package_rounding_;  // of which a package has one
  std::vector<int64_t> together_;          // a * shapes + b, a < b
};

}  // namespace yijie::rules

#endif  // YIJIE_TESTS_RULES_SHAPE_PAIRS_H_
