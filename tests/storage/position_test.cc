// Commits that say when what they rest on was read (Store::Position): they come out as they would
// if the store looked everything up again.

#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/recent_writes.h"
#include "tests/memory_store.h"
#include "tests/storage/store_fixture.h"

namespace yijie::storage {
namespace {

class PositionTest : public ::testing::Test {
 protected:
  PositionTest() {
    auto opened = OpenRocksStore(TestOptions(directory_.path()));
    EXPECT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    EXPECT_EQ(CommitAndWait(*store_, MakeCommit("first", 0, "first")), CommitOutcome::kDone);
  }

  // So many messages and persons that nothing written before is remembered.
  void WriteMuch() {
    constexpr int kGroups = 250, kCommits = 1'000;
    for (int i = 0; i < kGroups; ++i) {
      std::vector<Commit> group;
      for (int k = 0; k < kCommits; ++k) {
        const std::string name = absl::StrCat("other-", i, "-", k);
        group.push_back(MakeCommit(name, 0, name));
      }
      for (const CommitOutcome outcome : CommitAndWait(*store_, std::move(group)))
        ASSERT_EQ(outcome, CommitOutcome::kDone);
    }
  }

  TempDirectory directory_;
  std::unique_ptr<Store> store_;
};

// A commit of one that read both at `position`.
Commit Claiming(uint64_t position, Commit commit) {
  commit.version_at = position;
  for (MessageWrite& message : commit.messages) message.absent_at = position;
  return commit;
}

TEST_F(PositionTest, GrowsWithWhatIsWritten) {
  const uint64_t before = store_->Position();
  EXPECT_GT(before, 0U);
  ASSERT_EQ(CommitAndWait(*store_, MakeCommit("p1", 0, "1")), CommitOutcome::kDone);
  const uint64_t after = store_->Position();
  EXPECT_GT(after, before);
  store_.reset();
  auto again = OpenRocksStore(TestOptions(directory_.path()));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->Position(), after);
}

TEST_F(PositionTest, WhatWasWrittenSinceIsSeen) {
  const uint64_t before = store_->Position();
  ASSERT_EQ(CommitAndWait(*store_, Claiming(before, MakeCommit("p1", 0, "1"))),
            CommitOutcome::kDone);
  EXPECT_EQ(CommitAndWait(*store_, Claiming(before, MakeCommit("p1", 0, "2"))),
            CommitOutcome::kVersionConflict);
  EXPECT_EQ(CommitAndWait(*store_, Claiming(before, MakeCommit("p2", 0, "1"))),
            CommitOutcome::kDuplicateKey);
  const std::vector<CommitOutcome> together =
      CommitAndWait(*store_, std::vector<Commit>{Claiming(before, MakeCommit("p3", 0, "3")),
                                                 Claiming(before, MakeCommit("p3", 0, "4")),
                                                 Claiming(before, MakeCommit("p4", 0, "3"))});
  EXPECT_EQ(together,
            (std::vector<CommitOutcome>{CommitOutcome::kDone, CommitOutcome::kVersionConflict,
                                        CommitOutcome::kDuplicateKey}));
}

TEST_F(PositionTest, WhatIsTooLongAgoIsLookedUp) {
  const uint64_t before = store_->Position();
  ASSERT_EQ(CommitAndWait(*store_, MakeCommit("p1", 0, "1")), CommitOutcome::kDone);
  WriteMuch();
  EXPECT_EQ(CommitAndWait(*store_, Claiming(before, MakeCommit("p1", 0, "2"))),
            CommitOutcome::kVersionConflict);
  EXPECT_EQ(CommitAndWait(*store_, Claiming(before, MakeCommit("p2", 0, "1"))),
            CommitOutcome::kDuplicateKey);
  EXPECT_EQ(CommitAndWait(*store_, Claiming(before, MakeCommit("p1", 1, "2"))),
            CommitOutcome::kDone);
}

TEST_F(PositionTest, AFreshlyOpenedStoreKnowsNothingOfBefore) {
  const uint64_t before = store_->Position();
  ASSERT_EQ(CommitAndWait(*store_, MakeCommit("p1", 0, "1")), CommitOutcome::kDone);
  store_.reset();
  auto again = OpenRocksStore(TestOptions(directory_.path()));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(CommitAndWait(**again, Claiming(before, MakeCommit("p1", 0, "2"))),
            CommitOutcome::kVersionConflict);
  EXPECT_EQ(CommitAndWait(**again, Claiming(before, MakeCommit("p2", 0, "1"))),
            CommitOutcome::kDuplicateKey);
}

// What somebody read, who commits later.
struct Reader {
  std::string psn_no, msgid;
  uint64_t position = 0;
  int64_t version = 0;
  bool absent = false;
};

Reader Read(Store& store, std::mt19937_64& random) {
  Reader reader{absl::StrCat("p", random() % 5), absl::StrCat("m", random() % 400),
                store.Position()};
  const auto newest = store.LoadLatest(reader.psn_no);
  if (newest->has_value()) reader.version = (*newest)->version;
  reader.absent = !store.FindMessage(MakeKey(reader.msgid))->has_value();
  return reader;
}

TEST_F(PositionTest, OutcomesAreThoseOfAStoreThatLooksEverythingUp) {
  std::mt19937_64 random(TestSeed("position"));
  MemoryStore model;
  CommitAndWait(model, MakeCommit("first", 0, "first"));
  std::vector<Reader> readers;
  for (int i = 0; i < 12; ++i) readers.push_back(Read(*store_, random));
  int refused = 0;
  for (int step = 0; step < 2'000; ++step) {
    std::vector<Commit> group;
    for (uint64_t i = random() % 4 + 1; i > 0; --i) {
      Reader& reader = readers[random() % readers.size()];
      Commit commit = MakeCommit(reader.psn_no, reader.version, reader.msgid);
      commit.version_at = reader.position;
      if (reader.absent) commit.messages[0].absent_at = reader.position;
      group.push_back(std::move(commit));
      if (random() % 3 > 0) reader = Read(*store_, random);  // else it tries again later
    }
    const std::vector<CommitOutcome> expected = CommitAndWait(model, group);
    ASSERT_EQ(CommitAndWait(*store_, group), expected) << "step " << step;
    for (const CommitOutcome outcome : expected) refused += outcome != CommitOutcome::kDone;
    if (expected.back() == CommitOutcome::kDone && random() % 2 == 0) {
      // Goes on from what was acknowledged, without reading it.
      const Commit& done = group.back();
      readers[random() % readers.size()] = {done.psn_no, absl::StrCat("m", random() % 400),
                                            done.version_at, done.new_version(), false};
    }
  }
  EXPECT_GT(refused, 100);
}

// The model, over which lanes, budgets and the simulator are tested, finds callers who say what is
// not so.
TEST(MemoryStoreDeathTest, NobodySaysThatHeReadWhatWasNotSo) {
  MemoryStore model;
  CommitAndWait(model, MakeCommit("p1", 0, "1"));
  const uint64_t position = model.Position();
  EXPECT_EQ(CommitAndWait(model, Claiming(position, MakeCommit("p1", 1, "2"))),
            CommitOutcome::kDone);
  EXPECT_DEATH(CommitAndWait(model, Claiming(position, MakeCommit("p1", 0, "3"))),
               "passed over a version");
  EXPECT_DEATH(CommitAndWait(model, Claiming(position, MakeCommit("p2", 0, "1"))),
               "a key that was taken");
  EXPECT_DEATH(CommitAndWait(model, Claiming(position, MakeCommit("p2", 1, "4"))),
               "nobody can have seen");
}

TEST(RecentWritesTest, RemembersTwoGenerations) {
  RecentWrites recent(/*capacity=*/2, /*sequence=*/10);
  EXPECT_TRUE(recent.HasAllAfter(10));
  EXPECT_FALSE(recent.HasAllAfter(9));
  for (uint64_t batch = 11; batch <= 14; ++batch) {
    recent.PutVersion(absl::StrCat("p", batch), static_cast<int64_t>(batch));
    recent.PutMessage(absl::StrCat("m", batch));
    recent.EndBatch(batch);
  }
  // 11 and 12 were a generation, and so are 13 and 14, behind which the young one is empty.
  EXPECT_TRUE(recent.HasAllAfter(12));
  EXPECT_FALSE(recent.HasAllAfter(11));
  EXPECT_FALSE(recent.MayHaveMessage("m12"));
  EXPECT_TRUE(recent.MayHaveMessage("m13"));
  EXPECT_EQ(recent.FindVersion("p12"), std::nullopt);
  EXPECT_EQ(recent.FindVersion("p14"), 14);
  recent.PutVersion("p13", 2);
  EXPECT_EQ(recent.FindVersion("p13"), 2) << "the newer of two";
}

TEST(RecentWritesTest, MessagesAloneEndAGeneration) {
  RecentWrites recent(/*capacity=*/2, /*sequence=*/0);
  for (uint64_t batch = 1; batch <= 4; ++batch) {
    recent.PutMessage(absl::StrCat("m", batch));
    recent.EndBatch(batch);
  }
  EXPECT_FALSE(recent.HasAllAfter(1));
  EXPECT_TRUE(recent.HasAllAfter(2));
}

}  // namespace
}  // namespace yijie::storage
