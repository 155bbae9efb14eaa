// One input/output error at every operation of the commit path in turn: the outcome is unknown, it
// stays so until restart, and the restart shows each commit done or not done, never between.

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "tests/storage/fault_fs.h"
#include "tests/storage/store_fixture.h"

namespace yijie::storage {
namespace {

constexpr int kCommits = 12;

struct Script {
  bool struck = false;
  int done = 0;
};

// Commits versions 1, 2, ... of a person until one is not kDone, then shows that the next ones are
// unknown too.
Script RunScript(const std::string& directory, rocksdb::Env& env, FaultFs& fs, int64_t n,
                 FaultFs::Fault fault) {
  Script script;
  int failures = 0;  // told by the store
  RocksOptions options = TestOptions(directory, &env);
  options.on_failure = [&failures] { ++failures; };
  auto store = OpenRocksStore(std::move(options));
  EXPECT_TRUE(store.ok()) << store.status();
  fs.Arm(FaultFs::Watch::kCommitPath, n, fault);
  for (; script.done < kCommits; ++script.done) {
    const std::string msgid = absl::StrCat(script.done);
    const CommitOutcome outcome = CommitAndWait(**store, MakeCommit("p1", script.done, msgid));
    if (outcome == CommitOutcome::kDone) continue;
    EXPECT_EQ(outcome, CommitOutcome::kUnknown) << n;
    EXPECT_EQ(failures, 1) << "nobody may hear of it before the process is told to stop";
    script.struck = true;
    break;
  }
  fs.Arm(FaultFs::Watch::kCommitPath, 0, fault);
  if (script.struck) {
    EXPECT_EQ(CommitAndWait(**store, MakeCommit("p2", 0, "later")), CommitOutcome::kUnknown);
    EXPECT_EQ(CommitAndWait(**store, MakeCommit("", 7, "")), CommitOutcome::kUnknown);
    EXPECT_TRUE(absl::IsUnknown((*store)->PutTable("t", "x")));
    EXPECT_TRUE((*store)->LoadLatest("p1").ok());
  }
  EXPECT_EQ(failures, script.struck ? 1 : 0);
  return script;
}

void CheckAfterRestart(const std::string& directory, rocksdb::Env& env, const Script& script) {
  auto store = OpenRocksStore(TestOptions(directory, &env));
  ASSERT_TRUE(store.ok()) << store.status();
  const auto history = *(*store)->LoadHistory("p1", 0, kCommits + 1);
  const int found = static_cast<int>(history.size());
  EXPECT_GE(found, script.done);
  EXPECT_LE(found, script.done + (script.struck ? 1 : 0));
  for (int i = 0; i < kCommits; ++i) {
    EXPECT_EQ((*store)->FindMessage(MakeKey(absl::StrCat(i)))->has_value(), i < found);
  }
  EXPECT_FALSE((*store)->LoadLatest("p2")->has_value());
  EXPECT_FALSE((*store)->GetTable("t")->has_value());
  // The retry of the unknown one.
  if (script.struck) {
    const CommitOutcome again =
        CommitAndWait(**store, MakeCommit("p1", script.done, absl::StrCat(script.done)));
    EXPECT_EQ(again, found > script.done ? CommitOutcome::kVersionConflict : CommitOutcome::kDone);
    EXPECT_EQ((*(*store)->LoadLatest("p1"))->version, script.done + 1);
  }
}

class IoErrorTest : public ::testing::TestWithParam<FaultFs::Fault> {};

TEST_P(IoErrorTest, AnErrorAnywhereIsUnknownUntilRestart) {
  int64_t n = 1;
  for (bool struck = true; struck; ++n) {
    TempDirectory directory;
    const auto fs = std::make_shared<FaultFs>(static_cast<uint64_t>(n));
    const std::unique_ptr<rocksdb::Env> env = EnvOver(fs);
    const Script script = RunScript(directory.path(), *env, *fs, n, GetParam());
    struck = script.struck;
    CheckAfterRestart(directory.path(), *env, script);
    ASSERT_FALSE(HasFailure()) << "operation " << n;
  }
  // Each commit appends to the log, syncs it, and writes the mark.
  EXPECT_EQ(n - 2, 3 * kCommits);
}

INSTANTIATE_TEST_SUITE_P(All, IoErrorTest,
                         ::testing::Values(FaultFs::Fault::kError, FaultFs::Fault::kErrorButDone),
                         [](const auto& row) {
                           return std::string(row.param == FaultFs::Fault::kError ? "NotDone"
                                                                                  : "DoneInPart");
                         });

}  // namespace
}  // namespace yijie::storage
