// OpenRocksSnapshot: a store read while its owner goes on.

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "tests/storage/store_fixture.h"

namespace yijie::storage {
namespace {

class SnapshotTest : public ::testing::Test {
 protected:
  SnapshotTest() { Open(); }

  void Open() {
    auto opened = OpenRocksStore(TestOptions(directory_.path()));
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  void Write(int64_t from_version, int64_t to_version, absl::string_view bytes = "bytes") {
    for (int64_t version = from_version; version < to_version;) {
      Commit commit = MakeCommit("P1", version, absl::StrCat("M", version), bytes);
      commit.rows.push_back({"rows", "newest", absl::StrCat(version + 1)});
      const CommitOutcome outcome = CommitAndWait(*store_, commit);
      if (outcome == CommitOutcome::kNotApplied) continue;  // memory tables are full: try again
      ASSERT_EQ(outcome, CommitOutcome::kDone);
      ++version;
    }
  }
  // Names and sizes of the files of the store.
  std::map<std::string, uintmax_t> Files() const {
    std::map<std::string, uintmax_t> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
      if (entry.is_regular_file()) files[entry.path().string()] = entry.file_size();
    }
    return files;
  }

  TempDirectory directory_;
  std::unique_ptr<Store> store_;
};

int64_t Versions(StoreReader& reader) {
  int64_t versions = 0;
  const absl::Status status =
      reader.ForEachVersion([&](absl::string_view psn_no, const PersonVersion& version) {
        EXPECT_EQ(psn_no, "P1");
        EXPECT_EQ(version.version, ++versions);
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  return versions;
}

TEST_F(SnapshotTest, SeesWhatWasCommittedAndNothingLater) {
  Write(0, 3);
  ASSERT_TRUE(store_->PutTable("table", "before").ok());
  const auto snapshot = OpenRocksSnapshot(directory_.path());
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  Write(3, 5);
  ASSERT_TRUE(store_->PutTable("table", "after").ok());
  EXPECT_EQ(Versions(**snapshot), 3);
  EXPECT_EQ((*snapshot)->LoadLatest("P1")->value().version, 3);
  EXPECT_EQ((*snapshot)->LoadHistory("P1", 1, 10)->size(), 2U);
  EXPECT_FALSE((*snapshot)->LoadVersion("P1", 4)->has_value());
  EXPECT_EQ((*snapshot)->GetTable("table")->value(), "before");
  EXPECT_EQ((*snapshot)->GetRow("rows", "newest")->value(), "3");
  EXPECT_EQ((*snapshot)->ScanRows("rows", "", "", 10)->front().value, "3");
  EXPECT_EQ((*snapshot)->ScanGroups(0, 10)->size(), 3U);
  EXPECT_TRUE((*snapshot)->FindMessage(MakeKey("M2"))->has_value());
  EXPECT_FALSE((*snapshot)->FindMessage(MakeKey("M3"))->has_value());
  const auto later = OpenRocksSnapshot(directory_.path());
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(Versions(**later), 5);
}

TEST_F(SnapshotTest, WritesNothingInTheDirectory) {
  Write(0, 3);
  const auto before = Files();
  {
    const auto snapshot = OpenRocksSnapshot(directory_.path());
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    EXPECT_EQ(Versions(**snapshot), 3);
  }
  EXPECT_EQ(Files(), before);
}

TEST_F(SnapshotTest, ReadsAStoreNobodyHasOpenAndLeavesItOpenable) {
  Write(0, 3);
  store_.reset();
  const auto snapshot = OpenRocksSnapshot(directory_.path());
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  Open();
  Write(3, 4);
  EXPECT_EQ(Versions(**snapshot), 3);
}

// The owner fills its memory table many times over: logs and files come and go while snapshots are
// opened. Every snapshot is whole, and has at least what was acknowledged before it was opened.
TEST_F(SnapshotTest, OpensWhileTheOwnerMovesItsFiles) {
  constexpr int64_t kCommits = 150;
  const std::string megabyte(1 << 20, 'x');
  std::atomic<int64_t> committed{0};
  std::thread writer([&] {
    for (int64_t version = 0; version < kCommits; ++version) {
      Write(version, version + 1, megabyte);
      committed = version + 1;
    }
  });
  for (bool last = false; !last;) {
    const int64_t before = committed;
    const auto snapshot = OpenRocksSnapshot(directory_.path());
    if (absl::IsUnavailable(snapshot.status())) continue;
    last = before == kCommits || !snapshot.ok();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    if (snapshot.ok()) {
      EXPECT_GE(Versions(**snapshot), before);
    }
  }
  writer.join();
}

// Calls `then`, a few times, when the logs of a database are listed: the opener has read which data
// files there are, and not yet any log. RocksDB opens twice: it first looks whether it can do
// without logs.
class BetweenManifestAndLog final : public rocksdb::FileSystemWrapper {
 public:
  explicit BetweenManifestAndLog(std::function<void()> then)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), then_(std::move(then)) {}
  static const char* kClassName() { return "yijie.BetweenManifestAndLog"; }
  const char* Name() const override { return kClassName(); }

  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                      rocksdb::IODebugContext* dbg) override {
    if (absl::StrContains(path, "/MANIFEST-")) manifest_read_ = true;
    return FileSystemWrapper::NewSequentialFile(path, options, result, dbg);
  }
  rocksdb::IOStatus GetChildren(const std::string& directory, const rocksdb::IOOptions& options,
                                std::vector<std::string>* names,
                                rocksdb::IODebugContext* dbg) override {
    if (std::exchange(manifest_read_, false) && times_ < kTimes) {
      ++times_;
      then_();
    }
    return FileSystemWrapper::GetChildren(directory, options, names, dbg);
  }
  bool happened() const { return times_ == kTimes; }

 private:
  static constexpr int kTimes = 2;
  bool manifest_read_ = false;
  int times_ = 0;
  const std::function<void()> then_;
};

// The worst moment: what a log held is written to a data file that the opener does not know of, and
// the log is gone before it is read.
TEST_F(SnapshotTest, MissesNothingWhenALogGoesWhileItIsOpened) {
  constexpr int64_t kBefore = 3;
  Write(0, kBefore);
  int64_t written = kBefore;
  const std::string megabyte(1 << 20, 'x');
  const auto fs = std::make_shared<BetweenManifestAndLog>([&] {
    for (const std::string log = directory_.OnlyLogFile(); std::filesystem::exists(log);) {
      Write(written, written + 1, megabyte);
      ++written;
    }
  });
  const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(fs);
  const auto snapshot = OpenRocksSnapshot(directory_.path(), env.get());
  EXPECT_TRUE(fs->happened());
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_GE(Versions(**snapshot), kBefore);
}

TEST_F(SnapshotTest, RefusesAStoreThatForgotWhatItAcknowledged) {
  Write(0, 3);
  store_.reset();
  std::ofstream(directory_.OnlyLogFile(), std::ios::trunc).close();
  const auto snapshot = OpenRocksSnapshot(directory_.path());
  EXPECT_EQ(snapshot.status().code(), absl::StatusCode::kDataLoss) << snapshot.status();
}

TEST_F(SnapshotTest, NeedsAStore) {
  const TempDirectory empty;
  const auto snapshot = OpenRocksSnapshot(empty.path());
  EXPECT_EQ(snapshot.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(snapshot.status().message(), "no store in"));
  EXPECT_TRUE(std::filesystem::is_empty(empty.path()));
}

}  // namespace
}  // namespace yijie::storage
