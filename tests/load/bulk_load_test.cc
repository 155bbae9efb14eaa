// A load of many persons into a store on disk: the records are those of a store that takes one
// group after the other, and stay so wherever power goes while it runs.

#include <cstdio>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/audit/audit.h"
#include "engine/load/bulk_committer.h"
#include "engine/load/unfinished_load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/files.h"
#include "tests/memory_store.h"
#include "tests/storage/fault_fs.h"
#include "tests/storage/store_fixture.h"

namespace yijie::engine {
namespace {

using storage::Commit;
using storage::CommitOutcome;
using storage::FaultFs;
using storage::OpenRocksStore;
using storage::PersonVersion;
using storage::Store;
using storage::TempDirectory;
using storage::TestOptions;

constexpr int kPersons = 3'500;  // four groups, the last one not full
static_assert(kPersons > 3 * BulkCommitter::kGroup);

std::string Number(int person) {
  char text[16];
  std::snprintf(text, sizeof text, "M%08d", person);
  return text;
}

std::string ManyPersons() {
  std::string text(kPersonHeader);
  for (int i = 0; i < kPersons; ++i)
    absl::StrAppend(&text, absl::StrReplaceAll(kPersonB, {{"P2", Number(i)}}));
  return text;
}

// All that a load leaves, in the order of the store.
struct Content {
  std::map<std::pair<std::string, int64_t>, std::pair<std::string, std::string>> versions;
  std::vector<std::vector<std::string>> groups;  // numbers of the persons moved
  int64_t messages = 0;

  bool operator==(const Content& other) const {
    return versions == other.versions && groups == other.groups && messages == other.messages;
  }
};

Content ContentOf(Store& store) {
  Content content;
  EXPECT_TRUE(store
                  .ForEachVersion([&](absl::string_view psn_no, const PersonVersion& version) {
                    content.versions[{std::string(psn_no), version.version}] = {version.state,
                                                                                version.event};
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_TRUE(store
                  .ForEachMessage([&](const auto&, const auto&) {
                    ++content.messages;
                    return absl::OkStatus();
                  })
                  .ok());
  uint64_t cursor = 0;
  for (;;) {
    const auto groups = store.ScanGroups(cursor, 1'000'000);
    EXPECT_TRUE(groups.ok()) << groups.status();
    if (!groups.ok() || groups->empty()) return content;
    for (const storage::CommittedGroup& group : *groups) {
      std::vector<std::string>& numbers = content.groups.emplace_back();
      for (const storage::CommittedPerson& person : group.persons) {
        EXPECT_EQ(person.version, 1);
        numbers.push_back(person.psn_no);
      }
      cursor = group.sequence;
    }
  }
}

std::string MarkOf(Store& store) { return store.GetTable(kUnfinishedLoadTable)->value_or(""); }

// What a load leaves that was not disturbed.
Content Undisturbed(const std::string& text) {
  const TempDirectory directory;
  const auto store = OpenRocksStore(TestOptions(directory.path()));
  const auto result = Load(LoadKind::kPersons, text, **store);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->added, kPersons);
  EXPECT_EQ(MarkOf(**store), "");
  EXPECT_TRUE(AuditLedger(**store)->clean());
  return ContentOf(**store);
}

TEST(BulkLoad, LeavesWhatOneGroupAfterTheOtherLeaves) {
  const Content loaded = Undisturbed(ManyPersons());
  ASSERT_EQ(loaded.versions.size(), kPersons);
  // The groups, in the order of the file.
  ASSERT_EQ(loaded.groups.size(), 4);
  int next = 0;
  for (const std::vector<std::string>& group : loaded.groups) {
    EXPECT_EQ(group.size(), next < 3'000 ? 1'000 : 500);
    for (const std::string& number : group) EXPECT_EQ(number, Number(next++));
  }

  // The same commits, each group handed over when the one before is durable.
  const TempDirectory directory;
  const auto store = OpenRocksStore(TestOptions(directory.path()));
  for (const std::vector<std::string>& numbers : loaded.groups) {
    std::vector<Commit> group;
    for (const std::string& number : numbers) {
      Commit& commit = group.emplace_back();
      commit.psn_no = number;
      std::tie(commit.state, commit.event) = loaded.versions.at({number, 1});
    }
    EXPECT_THAT(CommitAndWait(**store, std::move(group)), testing::Each(CommitOutcome::kDone));
  }
  EXPECT_TRUE(ContentOf(**store) == loaded);
}

TEST(BulkLoad, TwoPersonsWhoseStatesDifferDoNotLookAlike) {
  const Content one = Undisturbed(ManyPersons());
  const Content other = Undisturbed(absl::StrReplaceAll(ManyPersons(), {{"ARMY-7", "ARMY-8"}}));
  EXPECT_FALSE(one == other);
}

// Loads while power goes at the n-th write or sync of the log or the mark, and gives whether the
// load was told to be whole.
bool LoadUntilPowerGoes(const std::string& directory, FaultFs& fs, rocksdb::Env& env, int64_t n,
                        const std::string& text) {
  bool whole = false;
  {
    const auto store = OpenRocksStore(TestOptions(directory, &env));
    EXPECT_TRUE(store.ok()) << store.status();
    fs.Arm(FaultFs::Watch::kCommitPath, n, FaultFs::Fault::kPowerCut);
    whole = Load(LoadKind::kPersons, text, **store).ok();
  }
  fs.RestorePower();
  return whole;
}

TEST(BulkLoad, GoesOnAfterPowerWentAnywhere) {
  std::mt19937_64 random(storage::TestSeed("BulkLoad"));
  const std::string text = ManyPersons();
  const Content undisturbed = Undisturbed(text);
  int interrupted = 0;
  // A load has a write of the log, its sync and one of the mark for each of four groups and two
  // tables, and syncs of the mark beside them.
  for (int64_t n = 1; n <= 24; ++n) {
    SCOPED_TRACE(n);
    const TempDirectory directory;
    const auto fs = std::make_shared<FaultFs>(random());
    const std::unique_ptr<rocksdb::Env> env = storage::EnvOver(fs);
    const bool whole = LoadUntilPowerGoes(directory.path(), *fs, *env, n, text);

    const auto store = OpenRocksStore(TestOptions(directory.path(), env.get()));
    ASSERT_TRUE(store.ok()) << store.status();
    const Content found = ContentOf(**store);
    if (whole) {
      EXPECT_TRUE(found == undisturbed);
    } else {
      ++interrupted;
      // No part without the mark: the engine would serve it.
      EXPECT_TRUE(MarkOf(**store) != "" || found.versions.empty() || found == undisturbed);
    }
    const auto again = Load(LoadKind::kPersons, text, **store);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->unchanged, static_cast<int64_t>(found.versions.size()));
    EXPECT_EQ(again->added, kPersons - again->unchanged);
    EXPECT_EQ(MarkOf(**store), "");
    // Groups too: what is found are whole groups from the front.
    EXPECT_TRUE(ContentOf(**store) == undisturbed);
    EXPECT_TRUE(AuditLedger(**store)->clean());
  }
  EXPECT_GT(interrupted, 10);
}

TEST(BulkLoad, ABadRowAtTheEndLeavesNothing) {
  const TempDirectory directory;
  const auto store = OpenRocksStore(TestOptions(directory.path()));
  const std::string text = absl::StrCat(
      ManyPersons(), absl::StrReplaceAll(kPersonB, {{"P2", "LAST"}, {"02-29", "02-30"}}));
  const auto result = Load(LoadKind::kPersons, text, **store);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(result.status().message()),
              testing::HasSubstr(absl::StrCat("dir/test.csv:", kPersons + 2, ": brdy: ")));
  EXPECT_TRUE(ContentOf(**store) == Content());
  EXPECT_EQ(MarkOf(**store), "");
}

// Notes what is handed over, and answers in the order of the test.
class CountingStore : public storage::MemoryStore {
 public:
  void CommitGroup(std::vector<Commit> group, storage::CommitDone done) override {
    ++handed_over;
    if (handed_over != fails) return MemoryStore::CommitGroup(std::move(group), std::move(done));
    done(std::vector<CommitOutcome>(group.size(), CommitOutcome::kNotApplied));
  }

  int handed_over = 0;
  int fails = 0;  // this one is refused
};

TEST(BulkLoad, HandsNothingOverAfterARefusedGroup) {
  for (const int fails : {1, 2, 3, 4}) {
    CountingStore store;
    store.fails = fails;
    const auto result = Load(LoadKind::kPersons, ManyPersons(), store);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(store.handed_over, fails);
    EXPECT_NE(MarkOf(store), "");
  }
}

}  // namespace
}  // namespace yijie::engine
