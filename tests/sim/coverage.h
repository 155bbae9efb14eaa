#ifndef YIJIE_TESTS_SIM_COVERAGE_H_
#define YIJIE_TESTS_SIM_COVERAGE_H_

// Which message met which state, how often, over all simulations of a run.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace yijie::sim {

class Coverage {
 public:
  void Count(absl::string_view state, absl::string_view message) {
    ++pairs_[{std::string(state), std::string(message)}];
  }
  void Add(const Coverage& other) {
    for (const auto& [pair, times] : other.pairs_) pairs_[pair] += times;
  }
  // Those that can be at the insured place between sound peers, and were not.
  std::vector<std::pair<std::string, std::string>> Missing() const;
  static size_t Possible();

  const std::map<std::pair<std::string, std::string>, int64_t>& pairs() const { return pairs_; }

 private:
  std::map<std::pair<std::string, std::string>, int64_t> pairs_;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_COVERAGE_H_
