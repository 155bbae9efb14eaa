// Generated sample data loads, and one seed always gives the same.

#include <sstream>

#include "engine/audit/audit.h"
#include "engine/load/load.h"
#include "engine/reference_tables.h"
#include "engine/sample/generate.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/files.h"
#include "tests/memory_store.h"

namespace yijie::engine {
namespace {

constexpr uint64_t kSeed = 20261121;

std::string Generate(void (*write)(int64_t, uint64_t, std::ostream&), int64_t count,
                     uint64_t seed = kSeed) {
  std::ostringstream out;
  write(count, seed, out);
  return out.str();
}

TEST(SampleData, LoadsAndPassesTheAudit) {
  storage::MemoryStore store;
  const auto institutions = Load(LoadKind::kInstitutions, Generate(WriteInstitutions, 300), store);
  ASSERT_TRUE(institutions.ok()) << institutions.status();
  const auto catalogue = Load(LoadKind::kCatalogue, Generate(WriteCatalogue, 5000), store);
  ASSERT_TRUE(catalogue.ok()) << catalogue.status();
  const auto persons = Load(LoadKind::kPersons, Generate(WritePersons, 2000), store);
  ASSERT_TRUE(persons.ok()) << persons.status();
  EXPECT_EQ(persons->added, 2000);
  const auto accounts = Load(LoadKind::kAccounts, Generate(WriteAccounts, 2000), store);
  ASSERT_TRUE(accounts.ok()) << accounts.status();
  EXPECT_GT(accounts->added, 1000);
  EXPECT_TRUE(IsLedgerClean(store));

  const auto table = ParseInstitutions(**store.GetTable(kInstitutionsTable));
  EXPECT_TRUE(table->contains(SampleInstitutionCode(299)));
  const auto items = ParseCatalogue(**store.GetTable(kCatalogueTable));
  EXPECT_NE(items->Find(SampleItemCode(4999), rules::Intern("390"), rules::Intern("411699"),
                        *ParseDate("2026-11-21")),
            nullptr);
  EXPECT_TRUE(store.LoadLatest(SamplePersonNumber(1999))->has_value());
}

TEST(SampleData, IsTheSameForTheSameSeedAndLabelled) {
  for (const auto write : {WriteInstitutions, WriteCatalogue, WritePersons, WriteAccounts}) {
    const std::string text = Generate(write, 100);
    EXPECT_EQ(text, Generate(write, 100));
    EXPECT_NE(text, Generate(write, 100, kSeed + 1));
    EXPECT_THAT(text, testing::StartsWith("# Generated sample data, not real: 100 "));
  }
}

}  // namespace
}  // namespace yijie::engine
