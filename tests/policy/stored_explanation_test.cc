// What the explanation of a claim takes in the store: at most 2 KB for every case of the shipped
// packages.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "engine/policy_cases.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

constexpr size_t kMostBytes = 2'048;

TEST(StoredExplanation, TakesAtMost2KBForEveryShippedCase) {
  const std::string folder = absl::StrCat(YIJIE_SOURCE_DIR, "/rules/tables");
  const auto policies = rules::LoadRuleBook(folder);
  ASSERT_TRUE(policies.ok()) << policies.status();
  const auto files = FindFiles(folder, ".cases");
  ASSERT_TRUE(files.ok()) << files.status();
  std::multimap<size_t, std::string> sizes;
  for (const std::string& file : *files) {
    const auto cases = ReadCases(file);
    ASSERT_TRUE(cases.ok()) << cases.status();
    for (const auto& policy_case : cases->case_()) {
      const auto settlement = EvaluateCase(*policies, policy_case);
      ASSERT_TRUE(settlement.ok()) << settlement.status();
      if (settlement->outcome() != yijie::v1::SETTLED) continue;
      // As it stands in the stored reply.
      const size_t bytes = settlement->explanation().ByteSizeLong();
      sizes.emplace(bytes, absl::StrCat(file, " ", policy_case.name()));
    }
  }
  ASSERT_GT(sizes.size(), 500U);
  const auto at = [&sizes](size_t percent) {
    return std::next(sizes.begin(), static_cast<ptrdiff_t>((sizes.size() - 1) * percent / 100));
  };
  std::printf("%zu cases; bytes: median %zu, p99 %zu, most %zu (%s)\n", sizes.size(), at(50)->first,
              at(99)->first, at(100)->first, at(100)->second.c_str());
  for (auto it = sizes.upper_bound(kMostBytes); it != sizes.end(); ++it)
    ADD_FAILURE() << it->second << " takes " << it->first << " bytes";
}

}  // namespace
}  // namespace yijie::engine
