// Which package answers a claim.

#include "rules/rule_book.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"

namespace yijie::rules {
namespace {

std::unique_ptr<const Program> Package(const char* id, std::vector<std::string> admdvs,
                                       const char* insutype, std::vector<std::string> med_type,
                                       const char* from, const char* to,
                                       VersionBy version_by = VersionBy::kEnddate) {
  auto program = std::make_unique<Program>();
  program->id = id;
  program->file = std::string(id) + ".policy";
  program->admdvs = std::move(admdvs);
  program->insutype = Intern(insutype);
  program->med_type = std::move(med_type);
  program->valid_from = *ParseDate(from);
  program->valid_to = *ParseDate(to);
  program->version_by = version_by;
  return program;
}

template <typename... Packages>
absl::StatusOr<std::shared_ptr<const RuleBook>> Book(Packages... packages) {
  std::vector<std::unique_ptr<const Program>> programs;
  (programs.push_back(std::move(packages)), ...);
  return RuleBook::Build(std::move(programs));
}

// "id/med_type" of the match, "" for none.
std::string Found(const absl::StatusOr<std::shared_ptr<const RuleBook>>& book, const char* admdvs,
                  const char* insutype, const char* med_type, const char* begndate,
                  const char* enddate) {
  EXPECT_TRUE(book.ok()) << book.status();
  const RuleBook::Match match =
      (*book)->Find(admdvs, insutype, med_type, *ParseDate(begndate), *ParseDate(enddate));
  if (match.program == nullptr) return "";
  return match.program->id + "/" + std::string(SymbolName(match.med_type));
}

TEST(RuleBook, LongestPrefixOfTheBenefitKindSpeaks) {
  const auto book =
      Book(Package("a", {"410199"}, "310", {"21"}, "2020-01-01", "2029-12-31"),
           Package("b", {"410199"}, "310", {"2102", "21303"}, "2020-01-01", "2029-12-31"));
  EXPECT_EQ(Found(book, "410199", "310", "21", "2022-01-01", "2022-01-01"), "a/21");
  EXPECT_EQ(Found(book, "410199", "310", "2101", "2022-01-01", "2022-01-01"), "a/21");
  EXPECT_EQ(Found(book, "410199", "310", "2102", "2022-01-01", "2022-01-01"), "b/2102");
  EXPECT_EQ(Found(book, "410199", "310", "210201", "2022-01-01", "2022-01-01"), "b/2102");
  EXPECT_EQ(Found(book, "410199", "310", "21303", "2022-01-01", "2022-01-01"), "b/21303");
  EXPECT_EQ(Found(book, "410199", "310", "2130", "2022-01-01", "2022-01-01"), "a/21");
  EXPECT_EQ(Found(book, "410199", "310", "11", "2022-01-01", "2022-01-01"), "");
  EXPECT_EQ(Found(book, "410199", "310", "2", "2022-01-01", "2022-01-01"), "");
  EXPECT_EQ(Found(book, "410199", "310", "", "2022-01-01", "2022-01-01"), "");
}

TEST(RuleBook, AreaGoesBeforeAllAreas) {
  const auto book =
      Book(Package("all", {"*"}, "310", {"21", "2102"}, "2020-01-01", "2029-12-31"),
           Package("area", {"410199", "411699"}, "310", {"21"}, "2020-01-01", "2029-12-31"));
  EXPECT_EQ(Found(book, "410199", "310", "21", "2022-01-01", "2022-01-01"), "area/21");
  EXPECT_EQ(Found(book, "411699", "310", "21", "2022-01-01", "2022-01-01"), "area/21");
  EXPECT_EQ(Found(book, "430199", "310", "21", "2022-01-01", "2022-01-01"), "all/21");
  // The area's shorter code goes before the longer one for all areas.
  EXPECT_EQ(Found(book, "410199", "310", "2102", "2022-01-01", "2022-01-01"), "area/21");
  EXPECT_EQ(Found(book, "999999", "310", "2102", "2022-01-01", "2022-01-01"), "all/2102");
  EXPECT_EQ(Found(book, "410199", "390", "21", "2022-01-01", "2022-01-01"), "");
  EXPECT_EQ(Found(book, "410199", "scheme nobody names", "21", "2022-01-01", "2022-01-01"), "");
}

TEST(RuleBook, VersionIsChosenByItsOwnDay) {
  const auto book = Book(Package("old", {"410199"}, "310", {"21"}, "2020-01-01", "2022-06-30"),
                         Package("new", {"410199"}, "310", {"21"}, "2022-07-01", "2029-12-31"),
                         Package("old_by_beginning", {"410199"}, "390", {"21"}, "2020-01-01",
                                 "2022-06-30", VersionBy::kBegndate),
                         Package("new_by_beginning", {"410199"}, "390", {"21"}, "2022-07-01",
                                 "2029-12-31", VersionBy::kBegndate));
  EXPECT_EQ(Found(book, "410199", "310", "21", "2022-06-20", "2022-06-30"), "old/21");
  EXPECT_EQ(Found(book, "410199", "310", "21", "2022-06-20", "2022-07-01"), "new/21");
  EXPECT_EQ(Found(book, "410199", "390", "21", "2022-06-30", "2022-07-10"), "old_by_beginning/21");
  EXPECT_EQ(Found(book, "410199", "390", "21", "2022-07-01", "2022-07-10"), "new_by_beginning/21");
  EXPECT_EQ(Found(book, "410199", "310", "21", "2019-12-31", "2019-12-31"), "");
  EXPECT_EQ(Found(book, "410199", "310", "21", "2029-12-31", "2030-01-01"), "");
}

TEST(RuleBook, TwoPackagesForOneClaimAreRefused) {
  const auto book =
      Book(Package("a", {"410199", "410299"}, "310", {"21"}, "2020-01-01", "2022-06-30"),
           Package("b", {"410299"}, "310", {"11", "21"}, "2022-06-30", "2029-12-31"));
  ASSERT_FALSE(book.ok());
  EXPECT_EQ(book.status().code(), absl::StatusCode::kInvalidArgument);
  for (const char* part : {"a.policy", "b.policy", "2022-06-30", "410299", "310", "21"}) {
    EXPECT_TRUE(absl::StrContains(book.status().message(), part))
        << part << " in " << book.status();
  }
}

TEST(RuleBook, SameIdInTwoFilesIsRefused) {
  const auto book = Book(Package("a", {"410199"}, "310", {"21"}, "2020-01-01", "2022-06-30"),
                         Package("a", {"430199"}, "310", {"21"}, "2020-01-01", "2022-06-30"));
  ASSERT_FALSE(book.ok());
  EXPECT_TRUE(absl::StrContains(book.status().message(), "package id \"a\" is also in a.policy"))
      << book.status();
}

}  // namespace
}  // namespace yijie::rules
