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
  program->known_from = program->valid_from;
  program->version_by = version_by;
  return program;
}

// Known from a day that its file states.
std::unique_ptr<const Program> KnownFrom(const char* day, std::unique_ptr<const Program> package) {
  auto program = std::make_unique<Program>(*package);
  program->known_from = *ParseDate(day);
  program->states_known_from = true;
  return program;
}

// A package of one area, scheme and kind.
std::unique_ptr<const Program> Version(const char* id, const char* from, const char* to,
                                       VersionBy version_by = VersionBy::kEnddate) {
  return Package(id, {"410199"}, "310", {"21"}, from, to, version_by);
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
  if (!book.ok()) return "no book";
  ClaimDays days;
  days.begndate = days.first_fee = *ParseDate(begndate);
  days.enddate = days.last_fee = days.filed = *ParseDate(enddate);
  const RuleBook::Match match = (*book)->Find(admdvs, insutype, med_type, days);
  if (match.program == nullptr) return "";
  return match.program->id + "/" + std::string(SymbolName(match.med_type));
}

// Id of the package of Version() for a claim, "" for none, "seam DAY" for a claim over a seam.
std::string FoundFor(const absl::StatusOr<std::shared_ptr<const RuleBook>>& book,
                     const ClaimDays& days) {
  EXPECT_TRUE(book.ok()) << book.status();
  if (!book.ok()) return "no book";
  const RuleBook::Match match = (*book)->Find("410199", "310", "21", days);
  if (match.seam) return "seam " + FormatDate(*match.seam);
  return match.program == nullptr ? "" : match.program->id;
}

// A claim of one day, filed on another.
ClaimDays OneDay(const char* day, const char* filed) {
  const Date date = *ParseDate(day);
  return {date, date, *ParseDate(filed), date, date};
}

// A stay of June and July 2022 with fees on some of its days.
ClaimDays StayWithFees(const char* first, const char* last) {
  return {*ParseDate("2022-06-01"), *ParseDate("2022-07-31"), *ParseDate("2022-08-01"),
          *ParseDate(first), *ParseDate(last)};
}

void ExpectRefused(const absl::StatusOr<std::shared_ptr<const RuleBook>>& book,
                   const std::vector<const char*>& parts) {
  ASSERT_FALSE(book.ok());
  EXPECT_EQ(book.status().code(), absl::StatusCode::kInvalidArgument);
  for (const char* part : parts) {
    EXPECT_TRUE(absl::StrContains(book.status().message(), part))
        << part << " in " << book.status();
  }
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
  ExpectRefused(book, {"a.policy", "b.policy", "2022-06-30", "410299", "310", "21", "known_from"});
}

TEST(RuleBook, OfTwoThatCoverTheDayTheOneKnownLastByTheFilingDayAnswers) {
  // A correction of July, published in September, in either order of loading.
  for (const bool correction_first : {false, true}) {
    auto rule = Version("rule", "2022-01-01", "2029-12-31");
    auto correction = KnownFrom("2022-09-15", Version("correction", "2022-07-01", "2022-07-31"));
    const auto book = correction_first ? Book(std::move(correction), std::move(rule))
                                       : Book(std::move(rule), std::move(correction));
    EXPECT_EQ(FoundFor(book, OneDay("2022-07-10", "2022-07-10")), "rule");
    EXPECT_EQ(FoundFor(book, OneDay("2022-07-10", "2022-09-14")), "rule");
    EXPECT_EQ(FoundFor(book, OneDay("2022-07-10", "2022-09-15")), "correction");
    EXPECT_EQ(FoundFor(book, OneDay("2022-07-31", "2023-01-01")), "correction");
    EXPECT_EQ(FoundFor(book, OneDay("2022-08-01", "2023-01-01")), "rule");
    EXPECT_EQ(FoundFor(book, OneDay("2022-06-30", "2023-01-01")), "rule");
  }
}

TEST(RuleBook, APackageThatIsNotKnownYetAnswersNothing) {
  const auto book = Book(KnownFrom("2022-09-15", Version("late", "2022-07-01", "2029-12-31")),
                         Package("kind", {"*"}, "310", {"21"}, "2022-07-20", "2029-12-31"));
  EXPECT_EQ(FoundFor(book, OneDay("2022-07-10", "2022-09-14")), "");
  EXPECT_EQ(FoundFor(book, OneDay("2022-07-20", "2022-09-14")), "kind");
  EXPECT_EQ(FoundFor(book, OneDay("2022-07-20", "2022-09-15")), "late");
}

TEST(RuleBook, KnownBeforeItIsValidChangesNothing) {
  const auto book = Book(Version("old", "2020-01-01", "2022-06-30"),
                         KnownFrom("2022-03-01", Version("new", "2022-07-01", "2029-12-31")));
  EXPECT_EQ(FoundFor(book, OneDay("2022-06-30", "2022-07-15")), "old");
  EXPECT_EQ(FoundFor(book, OneDay("2022-07-01", "2022-07-15")), "new");
}

TEST(RuleBook, ThreeKnownOneAfterTheOther) {
  const auto book = Book(KnownFrom("2022-09-01", Version("second", "2022-01-01", "2022-12-31")),
                         Version("first", "2022-01-01", "2022-12-31"),
                         KnownFrom("2022-11-01", Version("third", "2022-01-01", "2022-12-31")));
  EXPECT_EQ(FoundFor(book, OneDay("2022-05-01", "2022-08-31")), "first");
  EXPECT_EQ(FoundFor(book, OneDay("2022-05-01", "2022-10-31")), "second");
  EXPECT_EQ(FoundFor(book, OneDay("2022-05-01", "2022-11-01")), "third");
}

TEST(RuleBook, OverlapIsRefusedIfKnownFromTheSameDay) {
  ExpectRefused(Book(KnownFrom("2022-09-15", Version("a", "2022-01-01", "2022-12-31")),
                     KnownFrom("2022-09-15", Version("b", "2022-07-01", "2022-07-31"))),
                {"a.policy", "b.policy", "2022-07-01", "known_from"});
}

TEST(RuleBook, OverlapIsRefusedIfTheOneKnownLastDoesNotSaySo) {
  // A last day that was forgotten is not a correction.
  ExpectRefused(
      Book(Version("a", "2022-01-01", "2029-12-31"), Version("b", "2022-07-01", "2029-12-31")),
      {"a.policy", "b.policy", "known_from"});
  ExpectRefused(Book(KnownFrom("2021-12-01", Version("a", "2022-01-01", "2029-12-31")),
                     Version("b", "2022-07-01", "2029-12-31")),
                {"a.policy", "b.policy", "known_from"});
}

TEST(RuleBook, FilingDayChoosesTheVersion) {
  const auto book = Book(Version("old", "2020-01-01", "2022-06-30", VersionBy::kFiling),
                         Version("new", "2022-07-01", "2029-12-31", VersionBy::kFiling));
  EXPECT_EQ(FoundFor(book, OneDay("2022-06-01", "2022-06-30")), "old");
  EXPECT_EQ(FoundFor(book, OneDay("2022-06-01", "2022-07-01")), "new");
  EXPECT_EQ(FoundFor(book, OneDay("2022-06-01", "2030-01-01")), "");
}

TEST(RuleBook, DaysOfTheFeesChooseTheVersionAndMayNotCrossASeam) {
  const auto book = Book(Version("old", "2020-01-01", "2022-06-30", VersionBy::kService),
                         Version("new", "2022-07-01", "2022-07-20", VersionBy::kService));
  EXPECT_EQ(FoundFor(book, StayWithFees("2022-06-01", "2022-06-30")), "old");
  EXPECT_EQ(FoundFor(book, StayWithFees("2022-07-01", "2022-07-20")), "new");
  EXPECT_EQ(FoundFor(book, StayWithFees("2022-06-30", "2022-07-01")), "seam 2022-07-01");
  EXPECT_EQ(FoundFor(book, StayWithFees("2022-07-20", "2022-07-21")), "seam 2022-07-21");
  EXPECT_EQ(FoundFor(book, StayWithFees("2022-06-30", "2022-07-31")), "seam 2022-07-01");
  EXPECT_EQ(FoundFor(book, StayWithFees("2022-07-21", "2022-07-31")), "");
}

TEST(RuleBook, ACorrectionThatCoversSomeOfTheFeesMakesASeam) {
  const auto book = Book(Version("rule", "2022-01-01", "2022-12-31", VersionBy::kService),
                         KnownFrom("2022-07-25", Version("correction", "2022-07-01", "2022-12-31",
                                                         VersionBy::kService)));
  EXPECT_EQ(FoundFor(book, StayWithFees("2022-06-25", "2022-07-05")), "seam 2022-07-01");
  ClaimDays early = StayWithFees("2022-06-25", "2022-07-05");
  early.filed = *ParseDate("2022-07-24");
  EXPECT_EQ(FoundFor(book, early), "rule");
}

TEST(RuleBook, VersionsByDifferentDaysMustSayWhichAnswersAClaimOfBoth) {
  // Admitted on 20 June, discharged on 5 July: the old goes by admission, the new by discharge.
  const auto old_one = [] {
    return Version("old", "2020-01-01", "2022-06-30", VersionBy::kBegndate);
  };
  ExpectRefused(Book(old_one(), Version("new", "2022-07-01", "2029-12-31")),
                {"old.policy", "new.policy", "known_from"});
  const auto book =
      Book(old_one(), KnownFrom("2022-07-01", Version("new", "2022-07-01", "2029-12-31")));
  const ClaimDays stay = {*ParseDate("2022-06-20"), *ParseDate("2022-07-05"),
                          *ParseDate("2022-07-05"), *ParseDate("2022-06-20"),
                          *ParseDate("2022-07-05")};
  EXPECT_EQ(FoundFor(book, stay), "new");
  // The other way round no claim has its days in both.
  EXPECT_TRUE(Book(Version("old", "2020-01-01", "2022-06-30"),
                   Version("new", "2022-07-01", "2029-12-31", VersionBy::kBegndate))
                  .ok());
}

// A package with a total, for areas.
std::unique_ptr<const Program> WithTotal(const char* id, std::vector<std::string> admdvs,
                                         const char* insutype, const AccumulatorSpec& total,
                                         int year_month = 1) {
  auto program = std::make_unique<Program>(
      *Package(id, std::move(admdvs), insutype, {id}, "2020-01-01", "2029-12-31"));
  program->accumulators = {total};
  program->benefit_year_month = year_month;
  return program;
}

AccumulatorSpec Total(const char* name) {
  AccumulatorSpec spec;
  spec.name = Intern(name);
  return spec;
}

TEST(RuleBook, ASharedTotalMustBeDeclaredAlike) {
  struct Difference {
    const char* name;
    void (*make)(AccumulatorSpec&);
  };
  for (const Difference& difference : {
           Difference{"period", [](AccumulatorSpec& spec) { spec.period = Period::kDay; }},
           Difference{"per_institution",
                      [](AccumulatorSpec& spec) { spec.per_institution = true; }},
           Difference{"per_hosp_lv", [](AccumulatorSpec& spec) { spec.per_hosp_lv = true; }},
           Difference{"per_dise_codg", [](AccumulatorSpec& spec) { spec.per_dise_codg = true; }},
           Difference{"holds", [](AccumulatorSpec& spec) { spec.holds = Holds::kCount; }},
       }) {
    SCOPED_TRACE(difference.name);
    AccumulatorSpec other = Total("paid");
    difference.make(other);
    ExpectRefused(Book(WithTotal("11", {"410199", "410299"}, "310", Total("paid")),
                       WithTotal("21", {"410299"}, "310", other)),
                  {"11.policy", "21.policy", "\"paid\"", difference.name});
    ExpectRefused(Book(WithTotal("11", {"*"}, "310", other),
                       WithTotal("21", {"410299"}, "310", Total("paid"))),
                  {"11.policy", "21.policy", "\"paid\"", difference.name});
    // Another area, another scheme, another name.
    EXPECT_TRUE(Book(WithTotal("11", {"410199"}, "310", Total("paid")),
                     WithTotal("21", {"410299"}, "310", other))
                    .ok());
    EXPECT_TRUE(Book(WithTotal("11", {"410199"}, "310", Total("paid")),
                     WithTotal("21", {"410199"}, "390", other))
                    .ok());
    other.name = Intern("paid_otherwise");
    EXPECT_TRUE(Book(WithTotal("11", {"410199"}, "310", Total("paid")),
                     WithTotal("21", {"410199"}, "310", other))
                    .ok());
  }
}

TEST(RuleBook, ASharedTotalOfAYearNeedsOneBeginningOfTheYear) {
  ExpectRefused(Book(WithTotal("11", {"310000"}, "310", Total("paid"), 7),
                     WithTotal("21", {"*"}, "310", Total("paid"))),
                {"11.policy", "21.policy", "\"paid\"", "benefit_year_start"});
  AccumulatorSpec of_month = Total("paid");
  of_month.period = Period::kMonth;
  EXPECT_TRUE(
      Book(WithTotal("11", {"310000"}, "310", of_month, 7), WithTotal("21", {"*"}, "310", of_month))
          .ok());
}

TEST(RuleBook, PartsOfAYearNeedOneBeginningOfTheYearToo) {
  for (const Period period : {Period::kQuarter, Period::kHalfYear}) {
    AccumulatorSpec total = Total("paid");
    total.period = period;
    ExpectRefused(Book(WithTotal("11", {"310000"}, "310", total, 7),
                       WithTotal("21", {"310000"}, "310", total)),
                  {"\"paid\"", "benefit_year_start"});
  }
}

// What persons hold under the tables in force may not come to mean something else.
TEST(RuleBook, ANewBookKeepsTheTotalsOfTheOneBefore) {
  const auto before = Book(WithTotal("11", {"410199"}, "310", Total("paid")));
  AccumulatorSpec counts = Total("paid");
  counts.holds = Holds::kCount;
  const auto changed = Book(WithTotal("11", {"410199"}, "310", counts));
  ASSERT_TRUE(before.ok() && changed.ok());
  const absl::Status kept = (*changed)->CheckKeepsTotals(**before);
  EXPECT_EQ(kept.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(kept.message(), "holds")) << kept;
  counts.name = Intern("paid_times");
  const auto renamed = Book(WithTotal("11", {"410199"}, "310", counts));
  ASSERT_TRUE(renamed.ok());
  EXPECT_TRUE((*renamed)->CheckKeepsTotals(**before).ok());
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
