// Rows and committed groups: the contract of storage/store.h, against the embedded store and the
// one in memory that tests of the engine stand on.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "storage/record_codec.h"
#include "storage/visit_rows.h"
#include "tests/memory_store.h"
#include "tests/storage/store_fixture.h"

namespace yijie::storage {
namespace {

enum class Kind : uint8_t { kEmbedded, kMemory };

// Names the test in ctest.
void PrintTo(Kind kind, std::ostream* out) {
  *out << (kind == Kind::kEmbedded ? "Embedded" : "Memory");
}

class RowTest : public ::testing::TestWithParam<Kind> {
 protected:
  RowTest() { Open(); }

  void Open() {
    if (GetParam() == Kind::kMemory) {
      if (store_ == nullptr) store_ = std::make_unique<MemoryStore>();
      return;
    }
    store_.reset();
    auto opened = OpenRocksStore(TestOptions(directory_.path()));
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  CommitOutcome WriteRows(std::vector<RowWrite> rows) {
    Commit commit;
    commit.rows = std::move(rows);
    return CommitAndWait(*store_, std::move(commit));
  }

  // "key=value,..." of the rows found.
  std::string Scan(absl::string_view table, absl::string_view first, absl::string_view end,
                   int limit = 100) {
    const auto rows = store_->ScanRows(table, first, end, limit);
    EXPECT_TRUE(rows.ok()) << rows.status();
    if (!rows.ok()) return "";
    return absl::StrJoin(*rows, ",", [](std::string* out, const Row& row) {
      absl::StrAppend(out, row.key, "=", row.value);
    });
  }

  // "psn_no/version psn_no/version|..." of the groups found; raises the cursor to the last.
  std::string Groups(uint64_t& cursor, int limit = 100) {
    const auto groups = store_->ScanGroups(cursor, limit);
    EXPECT_TRUE(groups.ok()) << groups.status();
    if (!groups.ok()) return "";
    std::vector<std::string> texts;
    for (const CommittedGroup& group : *groups) {
      EXPECT_GT(group.sequence, cursor);
      cursor = group.sequence;
      texts.push_back(
          absl::StrJoin(group.persons, " ", [](std::string* out, const CommittedPerson& person) {
            absl::StrAppend(out, person.psn_no, "/", person.version);
          }));
    }
    return absl::StrJoin(texts, "|");
  }

  TempDirectory directory_;
  std::unique_ptr<Store> store_;
};

TEST_P(RowTest, EmptyStoreHasNoRowsAndNoGroups) {
  uint64_t cursor = 0;
  EXPECT_EQ(Scan("t", "", ""), "");
  EXPECT_EQ(*store_->GetRow("t", "k"), std::nullopt);
  EXPECT_EQ(Groups(cursor), "");
}

TEST_P(RowTest, ARowIsWrittenReplacedEmptiedAndRemoved) {
  ASSERT_EQ(WriteRows({{"t", "k", "one"}}), CommitOutcome::kDone);
  EXPECT_EQ(**store_->GetRow("t", "k"), "one");
  ASSERT_EQ(WriteRows({{"t", "k", ""}}), CommitOutcome::kDone);
  EXPECT_EQ(**store_->GetRow("t", "k"), "");
  ASSERT_EQ(WriteRows({{"t", "k", std::nullopt}, {"t", "never", std::nullopt}}),
            CommitOutcome::kDone);
  EXPECT_EQ(*store_->GetRow("t", "k"), std::nullopt);
  EXPECT_EQ(Scan("t", "", ""), "");
}

TEST_P(RowTest, ScansAreOrderedBoundedAndWithinTheirTable) {
  ASSERT_EQ(WriteRows({{"t", "c", "3"},
                       {"t", "a", "1"},
                       {"t", "b", "2"},
                       {"t", "bb", "2b"},
                       {"s", "z", "before"},
                       {"t0", "a", "after"},
                       {"ta", "a", "after"}}),
            CommitOutcome::kDone);
  EXPECT_EQ(Scan("t", "", ""), "a=1,b=2,bb=2b,c=3");
  EXPECT_EQ(Scan("t", "b", ""), "b=2,bb=2b,c=3");
  EXPECT_EQ(Scan("t", "b", "c"), "b=2,bb=2b");
  EXPECT_EQ(Scan("t", "", "b"), "a=1");
  EXPECT_EQ(Scan("t", "ab", "b"), "");
  EXPECT_EQ(Scan("t", "b", "b"), "");
  EXPECT_EQ(Scan("t", "c", "a"), "");
  EXPECT_EQ(Scan("t", "d", ""), "");
  EXPECT_EQ(Scan("t", "", "", 2), "a=1,b=2");
  EXPECT_EQ(Scan("t", std::string("b\0", 2), "", 2), "bb=2b,c=3");
  EXPECT_EQ(Scan("s", "", ""), "z=before");
  EXPECT_EQ(Scan("r", "", ""), "");
}

TEST_P(RowTest, AVisitorSeesEveryRowOfARangeOnceInOrder) {
  constexpr int kRows = 2'500;  // more than two pages
  std::vector<RowWrite> rows;
  for (int i = 0; i < kRows; ++i) rows.push_back({"many", absl::StrFormat("%05d", i), "v"});
  rows.push_back({"money", "0", "another table"});
  ASSERT_EQ(WriteRows(std::move(rows)), CommitOutcome::kDone);
  std::vector<std::string> seen;
  const auto see = [&seen](const Row& row) {
    seen.push_back(row.key);
    return absl::OkStatus();
  };
  EXPECT_TRUE(VisitRows(*store_, "many", see).ok());
  ASSERT_EQ(seen.size(), static_cast<size_t>(kRows));
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size());
  seen.clear();
  EXPECT_TRUE(VisitRows(*store_, "many", "00100", "02300", see).ok());
  EXPECT_EQ(seen.size(), 2'200U);
  EXPECT_EQ(seen.front() + " " + seen.back(), "00100 02299");
  seen.clear();
  const auto fail_first = [&](const Row& row) {
    see(row).IgnoreError();
    return row.key == "02301" ? absl::NotFoundError("this one") : absl::OkStatus();
  };
  EXPECT_EQ(VisitEveryRow(*store_, "many", "02300", fail_first).message(), "this one");
  EXPECT_EQ(seen.size(), 200U);
  int visits = 0;
  const absl::Status stopped = VisitRows(*store_, "many", [&visits](const Row&) {
    return ++visits == 1'500 ? absl::AbortedError("enough") : absl::OkStatus();
  });
  EXPECT_EQ(stopped, absl::AbortedError("enough"));
  EXPECT_EQ(visits, 1'500);
}

TEST_P(RowTest, KeysAndValuesAreAnyBytes) {
  const std::string all("\0\x01\x7f\x80\xff", 5);
  const std::string longest(kMaxRowKeyBytes, '\xff');
  std::vector<RowWrite> rows = {{"t", longest, all}, {"t", all, longest}};
  for (const char byte : all) rows.push_back({"t", std::string(1, byte), std::string(1, byte)});
  ASSERT_EQ(WriteRows(rows), CommitOutcome::kDone);
  const std::vector<Row> found = *store_->ScanRows("t", "", "", 100);
  std::vector<std::string> keys;
  for (const Row& row : found) keys.push_back(row.key);
  EXPECT_EQ(keys, (std::vector<std::string>{std::string(1, '\0'), all, "\x01", "\x7f", "\x80",
                                            "\xff", longest}));
  EXPECT_EQ(**store_->GetRow("t", longest), all);
  EXPECT_EQ(**store_->GetRow("t", all), longest);
  // Past the last key of a table, whatever it is.
  EXPECT_EQ(store_->ScanRows("t", longest + std::string(1, '\0'), "", 1)->size(), 0u);
}

TEST_P(RowTest, RowsThatCannotBeKeysAreRefused) {
  const std::string zero("a\0", 2);
  for (const std::string& table : {std::string(), zero, std::string(256, 'x')}) {
    EXPECT_EQ(WriteRows({{"t", "good", "v"}, {table, "k", "v"}}), CommitOutcome::kNotApplied);
    EXPECT_TRUE(absl::IsInvalidArgument(store_->GetRow(table, "k").status()));
    EXPECT_TRUE(absl::IsInvalidArgument(store_->ScanRows(table, "", "", 1).status()));
  }
  for (const std::string& key : {std::string(), std::string(kMaxRowKeyBytes + 1, 'x')}) {
    EXPECT_EQ(WriteRows({{"t", "good", "v"}, {"t", key, std::nullopt}}),
              CommitOutcome::kNotApplied);
    EXPECT_TRUE(absl::IsInvalidArgument(store_->GetRow("t", key).status()));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(store_->ScanRows("t", "", "", 0).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(store_->ScanGroups(0, 0).status()));
  EXPECT_EQ(*store_->GetRow("t", "good"), std::nullopt);
}

// One commit per outcome; each would write the row.
TEST_P(RowTest, ARefusedCommitWritesNoneOfItsRows) {
  ASSERT_EQ(CommitAndWait(*store_, MakeCommit("p1", 0, "used")), CommitOutcome::kDone);
  Commit conflict = MakeCommit("p1", 0, "new");
  Commit duplicate = MakeCommit("p1", 1, "used");
  Commit duplicate_of_nobody;
  duplicate_of_nobody.messages = duplicate.messages;
  std::vector<Commit> group = {conflict, duplicate, duplicate_of_nobody};
  for (Commit& commit : group) commit.rows.push_back({"t", "k", "refused"});
  group.push_back(MakeCommit("p1", 1, "good"));
  group.back().rows.push_back({"t", "other", "v"});
  EXPECT_EQ(
      CommitAndWait(*store_, group),
      (std::vector<CommitOutcome>{CommitOutcome::kVersionConflict, CommitOutcome::kDuplicateKey,
                                  CommitOutcome::kDuplicateKey, CommitOutcome::kDone}));
  EXPECT_EQ(Scan("t", "", ""), "other=v");
  uint64_t cursor = 0;
  EXPECT_EQ(Groups(cursor), "p1/1|p1/2");
}

TEST_P(RowTest, TheLastWriteWinsWithinACommitAndAGroup) {
  std::vector<Commit> group = {MakeCommit("p1", 0, "1"), MakeCommit("p1", 1, "2")};
  group[0].rows = {{"t", "a", "first"}, {"t", "a", "second"}, {"t", "b", "x"}, {"t", "c", "x"}};
  group[1].rows = {{"t", "b", std::nullopt}, {"t", "c", std::nullopt}, {"t", "c", "back"}};
  CommitAndWait(*store_, std::move(group));
  EXPECT_EQ(Scan("t", "", ""), "a=second,c=back");
}

TEST_P(RowTest, GroupsListWhoMovedInOrder) {
  uint64_t cursor = 0;
  CommitAndWait(*store_, {MakeCommit("p2", 0, "1"), MakeCommit("p1", 0, "2"),
                          MakeCommit("p2", 1, "3"), MakeCommit("p3", 7, "conflict")});
  EXPECT_EQ(Groups(cursor), "p2/1 p1/1 p2/2");
  EXPECT_EQ(Groups(cursor), "");
  // Nobody moves: no group.
  ASSERT_EQ(WriteRows({{"t", "k", "v"}}), CommitOutcome::kDone);
  ASSERT_TRUE(store_->PutTable("table", "x").ok());
  EXPECT_EQ(Groups(cursor), "");
  ASSERT_EQ(CommitAndWait(*store_, MakeCommit("p1", 1, "4")), CommitOutcome::kDone);
  EXPECT_EQ(Groups(cursor), "p1/2");
  EXPECT_TRUE(store_->ScanGroups(std::numeric_limits<uint64_t>::max(), 1)->empty());
}

TEST_P(RowTest, GroupsComeWholeUntilTheLimit) {
  CommitAndWait(*store_, {MakeCommit("p1", 0, "1"), MakeCommit("p2", 0, "2")});
  CommitAndWait(*store_, MakeCommit("p1", 1, "3"));
  CommitAndWait(*store_, {MakeCommit("p1", 2, "4"), MakeCommit("p2", 1, "5")});
  for (const auto& [limit, first] : std::map<int, std::string>{{1, "p1/1 p2/1"},
                                                               {2, "p1/1 p2/1"},
                                                               {3, "p1/1 p2/1|p1/2"},
                                                               {4, "p1/1 p2/1|p1/2|p1/3 p2/2"}}) {
    uint64_t cursor = 0;
    EXPECT_EQ(Groups(cursor, limit), first) << limit;
  }
}

// A consumer that derives rows from what moved, with its cursor in a row of the same commit, is
// stopped anywhere and takes every version in once.
TEST_P(RowTest, AConsumerWithItsCursorInARowTakesEveryGroupInOnce) {
  constexpr int kVersions = 60;
  std::mt19937_64 random(TestSeed("consumer"));
  const std::string cursor_key = "cursor";
  int written = 0;
  std::string last;
  for (bool more = true; more;) {
    if (random() % 3 == 0) Open();
    for (uint64_t i = random() % 4; written < kVersions && i > 0; --i, ++written) {
      ASSERT_EQ(CommitAndWait(*store_, MakeCommit("p1", written, absl::StrCat(written))),
                CommitOutcome::kDone);
    }
    const auto at = store_->GetRow("consumer", cursor_key);
    ASSERT_TRUE(at.ok()) << at.status();
    const uint64_t cursor = *at ? std::stoull(**at) : 0;
    const auto groups = store_->ScanGroups(cursor, 1 + static_cast<int>(random() % 3));
    ASSERT_TRUE(groups.ok()) << groups.status();
    more = written < kVersions || !groups->empty();
    if (groups->empty()) continue;
    Commit taken;
    for (const CommittedGroup& group : *groups) {
      for (const CommittedPerson& person : group.persons) {
        const std::string key = absl::StrCat("seen/", 1000 + person.version);
        ASSERT_EQ(*store_->GetRow("consumer", key), std::nullopt) << "twice: " << key;
        taken.rows.push_back({"consumer", key, person.psn_no});
      }
    }
    taken.rows.push_back({"consumer", cursor_key, absl::StrCat(groups->back().sequence)});
    ASSERT_EQ(CommitAndWait(*store_, std::move(taken)), CommitOutcome::kDone);
  }
  EXPECT_EQ(store_->ScanRows("consumer", "seen/", "seen0", 1000)->size(), size_t{kVersions});
}

// Against a map, with random writes and bounds over a small alphabet.
TEST_P(RowTest, RandomRowsAreThoseOfAMap) {
  std::mt19937_64 random(TestSeed("rows"));
  const auto draw_key = [&random](size_t least) {
    std::string key;
    const size_t length = least + random() % 3;
    while (key.size() < length) key.push_back("\0a\xff"[random() % 3]);
    return key;
  };
  std::map<std::string, std::string> model;
  for (int round = 0; round < 100; ++round) {
    std::vector<RowWrite> rows;
    for (uint64_t i = random() % 6 + 1; i > 0; --i) {
      const std::string key = draw_key(1);
      if (random() % 3 == 0) {
        rows.push_back({"t", key, std::nullopt});
        model.erase(key);
      } else {
        rows.push_back({"t", key, absl::StrCat(round, "/", i)});
        model[key] = *rows.back().value;
      }
    }
    ASSERT_EQ(WriteRows(std::move(rows)), CommitOutcome::kDone);
    if (round % 25 == 24) Open();
    const std::string first = draw_key(0), end = draw_key(0);
    const size_t limit = 1 + random() % 8;
    std::string expected;
    size_t count = 0;
    for (auto it = model.lower_bound(first);
         it != model.end() && (end.empty() || it->first < end) && count < limit; ++it, ++count) {
      absl::StrAppend(&expected, count > 0 ? "," : "", it->first, "=", it->second);
    }
    ASSERT_EQ(Scan("t", first, end, static_cast<int>(limit)), expected) << round;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RowTest, ::testing::Values(Kind::kEmbedded, Kind::kMemory),
                         [](const auto& kind) {
                           return std::string(kind.param == Kind::kEmbedded ? "Embedded"
                                                                            : "Memory");
                         });

}  // namespace
}  // namespace yijie::storage
