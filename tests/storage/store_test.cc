// The contract of storage/store.h, against the store that OpenRocksStore opens.

#include "storage/store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "storage/record_codec.h"
#include "tests/storage/fault_fs.h"
#include "tests/storage/store_fixture.h"

namespace yijie::storage {
namespace {

using Outcomes = std::vector<CommitOutcome>;

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() { Open(); }

  void Open() {
    auto opened = OpenRocksStore(TestOptions(directory_.path()));
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }
  absl::Status OpenFails() {
    store_.reset();
    return OpenRocksStore(TestOptions(directory_.path())).status();
  }

  // Writes a record behind the store's back.
  void Plant(const std::string& key, const std::string& value) {
    store_.reset();
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::Options(), directory_.path() + "/db", &opened).ok());
    const std::unique_ptr<rocksdb::DB> db(opened);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    ASSERT_TRUE(db->Put(synced, key, value).ok());
  }

  TempDirectory directory_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, EmptyStoreHasNothing) {
  EXPECT_EQ(*store_->LoadLatest("p1"), std::nullopt);
  EXPECT_EQ(*store_->LoadVersion("p1", 1), std::nullopt);
  EXPECT_TRUE(store_->LoadHistory("p1", 0, 10)->empty());
  EXPECT_FALSE(store_->FindMessage(MakeKey("1"))->has_value());
  EXPECT_EQ(*store_->GetTable("catalogue"), std::nullopt);
}

TEST_F(StoreTest, ACommitIsReadBackWhole) {
  Commit commit = MakeCommit("p1", 0, "1");
  commit.state = std::string("\0\xff state", 8);
  MessageWrite second;
  second.key = {"H33010000002", 255, "1"};
  second.entry.verdict = std::string("\0verdict", 8);
  commit.messages.push_back(second);
  ASSERT_EQ(CommitAndWait(*store_, commit), CommitOutcome::kDone);

  const PersonVersion latest = **store_->LoadLatest("p1");
  EXPECT_EQ(latest.version, 1);
  EXPECT_EQ(latest.state, commit.state);
  EXPECT_EQ(latest.event, commit.event);
  EXPECT_EQ((*store_->LoadVersion("p1", 1))->event, commit.event);
  EXPECT_EQ(*store_->LoadVersion("p1", 2), std::nullopt);
  const MessageEntry first = **store_->FindMessage(MakeKey("1"));
  EXPECT_EQ(first.body, Sha256("1"));
  EXPECT_EQ(first.psn_no, "p1");
  EXPECT_EQ(first.version, 1);
  EXPECT_EQ(first.verdict, "");
  const MessageEntry other = **store_->FindMessage(second.key);
  EXPECT_EQ(other.body, Digest{});
  EXPECT_EQ(other.version, 0);
  EXPECT_EQ(other.verdict, second.entry.verdict);
}

// One row per outcome, in the order in which they win.
TEST_F(StoreTest, OutcomesInPrecedenceOrder) {
  ASSERT_EQ(CommitAndWait(*store_, MakeCommit("p1", 0, "used")), CommitOutcome::kDone);
  struct Row {
    const char* name;
    Commit commit;
    CommitOutcome outcome;
  };
  const std::string zero("a\0b", 3);
  Commit messages_only = MakeCommit("", 0, "m1");
  messages_only.state.clear();
  messages_only.event.clear();
  Commit nothing;
  Commit state_of_nobody = messages_only;
  state_of_nobody.state = "x";
  Commit used_message_only = messages_only;
  used_message_only.messages[0].key = MakeKey("used");
  Commit twice = MakeCommit("p1", 1, "new");
  twice.messages.push_back(twice.messages[0]);
  Commit last_version = MakeCommit("p1", 1, "new");
  last_version.expected_version = INT64_MAX;
  Commit bad_institution = MakeCommit("p1", 1, "new");
  bad_institution.messages[0].key.institution = "";
  const std::vector<Row> rows = {
      // Malformed, although the version is wrong and the key is used.
      {"zero byte in psn_no", MakeCommit(zero, 7, "used"), CommitOutcome::kNotApplied},
      {"zero byte in msgid", MakeCommit("p1", 7, zero), CommitOutcome::kNotApplied},
      {"empty msgid", MakeCommit("p1", 1, ""), CommitOutcome::kNotApplied},
      {"empty institution", bad_institution, CommitOutcome::kNotApplied},
      {"psn_no too long", MakeCommit(std::string(kMaxNameBytes + 1, 'p'), 0, "new"),
       CommitOutcome::kNotApplied},
      {"negative version", MakeCommit("p1", -1, "new"), CommitOutcome::kNotApplied},
      {"last version", last_version, CommitOutcome::kNotApplied},
      {"nothing to write", nothing, CommitOutcome::kNotApplied},
      {"state of nobody", state_of_nobody, CommitOutcome::kNotApplied},
      // Wrong version, although the key is used.
      {"person exists", MakeCommit("p1", 0, "used"), CommitOutcome::kVersionConflict},
      {"version ahead", MakeCommit("p1", 2, "used"), CommitOutcome::kVersionConflict},
      {"person does not exist", MakeCommit("p2", 1, "used"), CommitOutcome::kVersionConflict},
      {"key used", MakeCommit("p1", 1, "used"), CommitOutcome::kDuplicateKey},
      {"key twice in a commit", twice, CommitOutcome::kDuplicateKey},
      {"messages only, key used", used_message_only, CommitOutcome::kDuplicateKey},
      {"messages only", messages_only, CommitOutcome::kDone},
      {"next version", MakeCommit("p1", 1, "new"), CommitOutcome::kDone},
      {"version behind", MakeCommit("p1", 1, "newer"), CommitOutcome::kVersionConflict},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(CommitAndWait(*store_, row.commit), row.outcome) << row.name;
  }
  EXPECT_EQ((*store_->LoadLatest("p1"))->version, 2);
  EXPECT_FALSE(store_->FindMessage(MakeKey("newer"))->has_value());
  EXPECT_TRUE(store_->FindMessage(MakeKey("m1"))->has_value());
}

TEST_F(StoreTest, CommitsOfAGroupBuildOnEachOtherAndFailAlone) {
  std::vector<Commit> group;
  group.push_back(MakeCommit("p1", 0, "1"));
  group.push_back(MakeCommit("p1", 1, "2"));
  group.push_back(MakeCommit("p1", 1, "3"));  // the second was first
  group.push_back(MakeCommit("p1", 2, "2"));  // the second has the key
  group.push_back(MakeCommit("p1", 2, ""));   // malformed
  group.push_back(MakeCommit("p1", 2, "3"));  // the third was refused, so its key is free
  group.push_back(MakeCommit("p2", 0, "5"));
  EXPECT_EQ(CommitAndWait(*store_, std::move(group)),
            (Outcomes{CommitOutcome::kDone, CommitOutcome::kDone, CommitOutcome::kVersionConflict,
                      CommitOutcome::kDuplicateKey, CommitOutcome::kNotApplied,
                      CommitOutcome::kDone, CommitOutcome::kDone}));
  EXPECT_EQ((*store_->LoadLatest("p1"))->version, 3);
  EXPECT_EQ((*store_->FindMessage(MakeKey("3")))->version, 3);
}

TEST_F(StoreTest, AGroupBuildsOnOneThatIsNotAnsweredYet) {
  constexpr int kGroups = 300;
  Mutex mutex;
  CondVar answered;
  int done = 0;
  for (int i = 0; i < kGroups; ++i) {
    std::vector<Commit> group;
    group.push_back(MakeCommit("p1", i, absl::StrCat(i)));
    store_->CommitGroup(std::move(group), [&, i](const Outcomes& outcomes) {
      MutexLock lock(mutex);
      EXPECT_EQ(outcomes, Outcomes{CommitOutcome::kDone}) << i;
      EXPECT_EQ(done++, i);
      answered.NotifyOne();
    });
  }
  MutexLock lock(mutex);
  while (done < kGroups) answered.Wait(mutex);
}

TEST_F(StoreTest, AnEmptyGroupIsAnswered) {
  EXPECT_TRUE(CommitAndWait(*store_, std::vector<Commit>()).empty());
}

TEST_F(StoreTest, HistoryIsPagedOldestFirst) {
  std::vector<Commit> group;
  for (int i = 0; i < 10; ++i) group.push_back(MakeCommit("p1", i, absl::StrCat(i)));
  group.push_back(MakeCommit("p", 0, "neighbour before"));
  group.push_back(MakeCommit("p10", 0, "neighbour after"));
  CommitAndWait(*store_, std::move(group));

  std::vector<int64_t> seen;
  for (int64_t after = 0;;) {
    const std::vector<PersonVersion> page = *store_->LoadHistory("p1", after, 4);
    if (page.empty()) break;
    EXPECT_LE(page.size(), 4u);
    for (const PersonVersion& version : page) seen.push_back(version.version);
    after = page.back().version;
  }
  EXPECT_EQ(seen, (std::vector<int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ((*store_->LoadLatest("p1"))->version, 10);
  EXPECT_EQ((*store_->LoadLatest("p"))->version, 1);
  EXPECT_TRUE(store_->LoadHistory("p1", INT64_MAX, 1)->empty());
  EXPECT_TRUE(absl::IsInvalidArgument(store_->LoadHistory("p1", -1, 1).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(store_->LoadHistory("p1", 0, 0).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(store_->LoadVersion("p1", 0).status()));
}

TEST_F(StoreTest, NamesThatCannotBeKeysAreRefusedByReads) {
  for (const std::string& name : {std::string(), std::string("a\0", 2), std::string(256, 'x')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(store_->LoadLatest(name).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(store_->LoadVersion(name, 1).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(store_->LoadHistory(name, 0, 1).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(store_->FindMessage(MakeKey(name)).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(store_->FindMessage({name, 1, "1"}).status()));
    EXPECT_TRUE(absl::IsInvalidArgument(store_->PutTable(name, "x")));
    EXPECT_TRUE(absl::IsInvalidArgument(store_->GetTable(name).status()));
  }
}

TEST_F(StoreTest, TablesAreReplacedAndRemoved) {
  ASSERT_TRUE(store_->PutTable("catalogue", "one").ok());
  ASSERT_TRUE(store_->PutTable("institutions", "other").ok());
  ASSERT_TRUE(store_->PutTable("catalogue", "two").ok());
  EXPECT_EQ(**store_->GetTable("catalogue"), "two");
  ASSERT_TRUE(store_->PutTable("catalogue", "").ok());
  EXPECT_EQ(*store_->GetTable("catalogue"), std::nullopt);
  store_.reset();
  Open();
  EXPECT_EQ(*store_->GetTable("catalogue"), std::nullopt);
  EXPECT_EQ(**store_->GetTable("institutions"), "other");
}

TEST_F(StoreTest, AuditsVisitEverythingInOrderAndStopAtAnError) {
  std::vector<Commit> group;
  group.push_back(MakeCommit("p2", 0, "3"));
  group.push_back(MakeCommit("p1", 0, "1"));
  group.push_back(MakeCommit("p1", 1, "2"));
  CommitAndWait(*store_, std::move(group));
  ASSERT_TRUE(store_->PutTable("t", "x").ok());

  std::vector<std::string> seen;
  const auto version = [&seen](absl::string_view psn_no, const PersonVersion& v) {
    seen.push_back(absl::StrCat(psn_no, "/", v.version));
    return absl::OkStatus();
  };
  const auto message = [&seen](const MessageKey& key, const MessageEntry& entry) {
    seen.push_back(absl::StrCat(key.msgid, "=", entry.psn_no, "/", entry.version));
    return seen.size() == 5 ? absl::AbortedError("enough") : absl::OkStatus();
  };
  ASSERT_TRUE(store_->ForEachVersion(version).ok());
  EXPECT_TRUE(absl::IsAborted(store_->ForEachMessage(message)));
  EXPECT_EQ(seen, (std::vector<std::string>{"p1/1", "p1/2", "p2/1", "1=p1/1", "2=p1/2"}));
}

TEST_F(StoreTest, EverythingIsThereAfterReopen) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(CommitAndWait(*store_, MakeCommit("p1", i, absl::StrCat(i))), CommitOutcome::kDone);
    if (i % 10 != 0) continue;
    store_.reset();
    Open();
  }
  EXPECT_EQ(store_->LoadHistory("p1", 0, 100)->size(), 50u);
  EXPECT_EQ(CommitAndWait(*store_, MakeCommit("p1", 49, "new")), CommitOutcome::kVersionConflict);
  EXPECT_EQ(CommitAndWait(*store_, MakeCommit("p1", 50, "3")), CommitOutcome::kDuplicateKey);
}

TEST_F(StoreTest, TheDestructorAnswersWhatWaits) {
  std::atomic<int> done = 0;
  for (int i = 0; i < 100; ++i) {
    std::vector<Commit> group;
    group.push_back(MakeCommit("p1", i, absl::StrCat(i)));
    store_->CommitGroup(std::move(group), [&done](const Outcomes& outcomes) {
      if (outcomes == Outcomes{CommitOutcome::kDone}) ++done;
    });
  }
  store_.reset();
  EXPECT_EQ(done, 100);
  Open();
  EXPECT_EQ((*store_->LoadLatest("p1"))->version, 100);
}

TEST_F(StoreTest, ManyThreadsReadAndWrite) {
  constexpr int kThreads = 4;
  constexpr int kCommits = 50;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      const std::string psn_no = absl::StrCat("p", t);
      for (int i = 0; i < kCommits; ++i) {
        const std::string msgid = absl::StrCat(t, "/", i);
        EXPECT_EQ(CommitAndWait(*store_, MakeCommit(psn_no, i, msgid)), CommitOutcome::kDone);
        EXPECT_EQ((*store_->LoadLatest(psn_no))->version, i + 1);
        EXPECT_TRUE(store_->FindMessage(MakeKey(msgid))->has_value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(StoreTest, GroupsAreMergedUpToTheLimitAndNeverSplit) {
  store_.reset();
  RocksOptions options = TestOptions(directory_.path());
  options.max_group = 4;
  std::vector<size_t> groups;  // of the writer's thread
  options.on_group = [&groups](const GroupStats& stats) {
    groups.push_back(stats.commits);
    EXPECT_GT(stats.write_time.count(), 0);
  };
  store_ = *OpenRocksStore(std::move(options));
  int next = 0;
  for (const int size : {6, 3, 3, 1, 1}) {
    std::vector<Commit> group;
    for (int i = 0; i < size; ++i, ++next) {
      group.push_back(MakeCommit("p1", next, absl::StrCat(next)));
    }
    store_->CommitGroup(std::move(group), [](const Outcomes&) {});
  }
  store_.reset();
  size_t total = 0;
  for (const size_t commits : groups) {
    EXPECT_TRUE(commits <= 4 || commits == 6) << commits;
    total += commits;
  }
  EXPECT_EQ(total, 14u);
}

TEST_F(StoreTest, ASecondStoreInTheDirectoryIsRefused) {
  const absl::Status again = OpenRocksStore(TestOptions(directory_.path())).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(again)) << again;
  EXPECT_TRUE(absl::StrContains(again.message(), "in use")) << again;
  EXPECT_EQ(CommitAndWait(*store_, MakeCommit("p1", 0, "1")), CommitOutcome::kDone);
}

TEST(StoreLockTest, AnotherProcessIsRefused) {
  TempDirectory directory;
  ASSERT_TRUE(OpenRocksStore(TestOptions(directory.path())).ok());
  int ready[2], release[2];
  ASSERT_EQ(pipe(ready) + pipe(release), 0);
  const pid_t child = fork();  // it only holds the file lock; RocksDB does not survive a fork
  if (child == 0) {
    FILE* file = std::fopen((directory.path() + "/LOCK").c_str(), "w");
    char byte = lockf(fileno(file), F_TLOCK, 0) == 0 ? 'y' : 'n';
    if (write(ready[1], &byte, 1) != 1) _exit(1);
    if (read(release[0], &byte, 1) != 1) _exit(1);
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  const absl::Status refused = OpenRocksStore(TestOptions(directory.path())).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "in use by another process")) << refused;
  ASSERT_EQ(write(release[1], "x", 1), 1);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(OpenRocksStore(TestOptions(directory.path())).ok());
}

TEST_F(StoreTest, BadOptionsAndMissingStoresAreRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRocksStore(RocksOptions()).status()));
  RocksOptions no_group = TestOptions(directory_.path());
  no_group.max_group = 0;
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRocksStore(std::move(no_group)).status()));
  RocksOptions missing = TestOptions(directory_.path() + "/missing");
  missing.create_if_missing = false;
  EXPECT_TRUE(absl::IsNotFound(OpenRocksStore(std::move(missing)).status()));
  EXPECT_FALSE(std::filesystem::exists(directory_.path() + "/missing"));
}

TEST_F(StoreTest, AnUnknownFormatIsRefused) {
  Plant(std::string(kFormatKey), EncodeFormatRecord());
  Open();  // the same bytes are accepted
  // layout, length 1, the digit, crc32 of "f" and the six bytes before it
  const std::string before("\x01\x00\x00\x00\x01\x31\xf6\x93\x44\x7f", 10);
  const std::string after("\x01\x00\x00\x00\x01\x33\x18\x9d\x25\x53", 10);
  for (const auto& [record, format] :
       {std::pair(before, "format 1"), std::pair(after, "format 3")}) {
    Plant(std::string(kFormatKey), record);
    const absl::Status refused = OpenFails();
    EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
    EXPECT_TRUE(absl::StrContains(refused.message(), absl::StrCat("the store has ", format)))
        << refused;
    EXPECT_TRUE(absl::StrContains(refused.message(), "knows format 2")) << refused;
  }
}

TEST_F(StoreTest, ADatabaseOfSomebodyElseIsRefused) {
  TempDirectory other;
  std::filesystem::create_directory(other.path() + "/db");
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, other.path() + "/db", &opened).ok());
  ASSERT_TRUE(opened->Put(rocksdb::WriteOptions(), "key", "value").ok());
  delete opened;
  const absl::Status refused = OpenRocksStore(TestOptions(other.path())).status();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "format record")) << refused;
}

TEST_F(StoreTest, ADamagedRecordIsDataLossThatNamesItsKindOnly) {
  Commit commit = MakeCommit("CANARY-PERSON", 0, "CANARY-MESSAGE");
  ASSERT_EQ(CommitAndWait(*store_, commit), CommitOutcome::kDone);
  ASSERT_TRUE(store_->PutTable("t1", "CANARY-TABLE").ok());
  Commit rows_only;
  rows_only.rows.push_back({"rows", "CANARY-KEY", "CANARY-ROW"});
  ASSERT_EQ(CommitAndWait(*store_, rows_only), CommitOutcome::kDone);
  const uint64_t sequence = store_->ScanGroups(0, 1)->front().sequence;
  const std::string row_key = RowKey("rows", "CANARY-KEY");
  const std::string group_key = GroupKey(sequence);
  const std::string person = PersonKey("CANARY-PERSON", 1);
  const std::string message = EncodeMessageKey(MakeKey("CANARY-MESSAGE"));
  const std::string table = TableKey("t1");
  // Every byte of every value matters, and so does its key.
  struct Damaged {
    std::string key;
    std::string good;
    absl::string_view kind;
  };
  const std::vector<Damaged> rows = {
      {person, EncodePersonRecord(person, commit.state, commit.event), "person record"},
      {message, EncodeMessageRecord(message, commit.messages[0].entry), "message record"},
      {table, EncodeTableRecord(table, "CANARY-TABLE"), "table record"},
      {row_key, EncodeRowRecord(row_key, "CANARY-ROW"), "row record"},
      {group_key, EncodeGroupRecord(group_key, {{"CANARY-PERSON", 1}}), "group record"},
  };
  for (const Damaged& row : rows) {
    for (const std::string& bad : {row.good.substr(0, row.good.size() - 1), row.good + "x",
                                   std::string(), EncodeTableRecord("other key", "CANARY-TABLE")}) {
      Plant(row.key, bad);
      Open();
      absl::Status status = store_->LoadLatest("CANARY-PERSON").status();
      status.Update(store_->FindMessage(MakeKey("CANARY-MESSAGE")).status());
      status.Update(store_->GetTable("t1").status());
      status.Update(store_->ScanGroups(0, 10).status());
      const absl::Status row_status = store_->GetRow("rows", "CANARY-KEY").status();
      EXPECT_EQ(store_->ScanRows("rows", "", "", 10).status(), row_status);
      status.Update(row_status);
      EXPECT_TRUE(absl::IsDataLoss(status)) << status;
      EXPECT_TRUE(absl::StrContains(status.message(), row.kind)) << status;
      EXPECT_FALSE(absl::StrContains(status.message(), "CANARY")) << status;
    }
    Plant(row.key, row.good);
    Open();
  }
}

TEST(RecordCodecTest, EveryFlippedBitOfAValueIsSeen) {
  const std::string key = PersonKey("p1", 3);
  const std::string good = EncodePersonRecord(key, "state", "event");
  ASSERT_EQ(DecodePersonRecord(key, good)->event, "event");
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_TRUE(absl::IsDataLoss(DecodePersonRecord(key, bad).status())) << bit;
  }
  for (const std::string& other : {PersonKey("p1", 4), PersonKey("p2", 3)}) {
    EXPECT_TRUE(absl::IsDataLoss(DecodePersonRecord(other, good).status()));
  }
}

// A checksum that is right over contents that cannot be.
TEST(RecordCodecTest, AGroupThatNoCommitWritesIsDamage) {
  const std::string key = GroupKey(7);
  const CommittedGroup good =
      *DecodeGroupRecord(key, EncodeGroupRecord(key, {{"p1", 3}, {"p", 1}}));
  EXPECT_EQ(good.sequence, 7u);
  ASSERT_EQ(good.persons.size(), 2u);
  EXPECT_EQ(good.persons[0].psn_no, "p1");
  EXPECT_EQ(good.persons[0].version, 3);
  EXPECT_EQ(good.persons[1].psn_no, "p");
  const std::string long_key = key + "x";
  for (const auto& [bad_key, value] :
       {std::pair(key, EncodeGroupRecord(key, {})),
        std::pair(key, EncodeGroupRecord(key, {{"", 1}})),
        std::pair(key, EncodeGroupRecord(GroupKey(8), {{"p1", 3}})),
        std::pair(long_key, EncodeGroupRecord(long_key, {{"p1", 3}}))}) {
    EXPECT_TRUE(absl::IsDataLoss(DecodeGroupRecord(bad_key, value).status()));
  }
}

TEST_F(StoreTest, ADamagedSequenceRefusesToOpen) {
  ASSERT_EQ(CommitAndWait(*store_, MakeCommit("p1", 0, "1")), CommitOutcome::kDone);
  Plant(std::string(kSequenceKey), "damage");
  const absl::Status refused = OpenFails();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "sequence record")) << refused;
}

TEST_F(StoreTest, AMissingVersionIsDataLossNotAShortHistory) {
  std::vector<Commit> group;
  for (int i = 0; i < 3; ++i) group.push_back(MakeCommit("p1", i, absl::StrCat(i)));
  CommitAndWait(*store_, std::move(group));
  store_.reset();
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(rocksdb::Options(), directory_.path() + "/db", &opened).ok());
  ASSERT_TRUE(opened->Delete(rocksdb::WriteOptions(), PersonKey("p1", 2)).ok());
  delete opened;
  Open();
  EXPECT_TRUE(absl::IsDataLoss(store_->LoadHistory("p1", 0, 10).status()));
}

TEST(StoreSpaceTest, LowSpaceRefusesCommitsAndNotReads) {
  TempDirectory directory;
  const auto fs = std::make_shared<FaultFs>(1);
  const std::unique_ptr<rocksdb::Env> env = EnvOver(fs);
  RocksOptions options = TestOptions(directory.path(), env.get());
  options.min_free_bytes = 1000;
  auto store = *OpenRocksStore(std::move(options));
  fs->SetFreeBytes(1000);
  ASSERT_EQ(CommitAndWait(*store, MakeCommit("p1", 0, "1")), CommitOutcome::kDone);
  fs->SetFreeBytes(999);
  EXPECT_EQ(CommitAndWait(*store, MakeCommit("p1", 1, "2")), CommitOutcome::kNotApplied);
  EXPECT_TRUE(absl::IsResourceExhausted(store->PutTable("t", "x")));
  EXPECT_EQ((*store->LoadLatest("p1"))->version, 1);
  fs->SetFreeBytes(1000);
  EXPECT_EQ(CommitAndWait(*store, MakeCommit("p1", 1, "2")), CommitOutcome::kDone);
}

// Flushes that do not come forward fill the memtables: a stall, which is a definite "no".
TEST(StoreStallTest, AStallIsNotApplied) {
  TempDirectory directory;
  const auto fs = std::make_shared<FaultFs>(1);
  const std::unique_ptr<rocksdb::Env> env = EnvOver(fs);
  auto store = *OpenRocksStore(TestOptions(directory.path(), env.get()));
  fs->HoldDataFiles(true);
  const std::string megabyte(size_t{1} << 20, 'x');
  int version = 0;
  CommitOutcome outcome = CommitOutcome::kDone;
  while (outcome == CommitOutcome::kDone && version < 1000) {
    outcome = CommitAndWait(*store, MakeCommit("p1", version, absl::StrCat(version), megabyte));
    if (outcome == CommitOutcome::kDone) ++version;
  }
  EXPECT_EQ(outcome, CommitOutcome::kNotApplied);
  EXPECT_EQ((*store->LoadLatest("p1"))->version, version);
  EXPECT_FALSE(store->FindMessage(MakeKey(absl::StrCat(version)))->has_value());
  fs->HoldDataFiles(false);
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    outcome = CommitAndWait(*store, MakeCommit("p1", version, absl::StrCat(version)));
  } while (outcome == CommitOutcome::kNotApplied);
  EXPECT_EQ(outcome, CommitOutcome::kDone);
  store.reset();
  store = *OpenRocksStore(TestOptions(directory.path(), env.get()));
  EXPECT_EQ((*store->LoadLatest("p1"))->version, version + 1);
}

// RocksDB's own log is kept and shown around; keys hold person numbers.
TEST_F(StoreTest, NoPersonalDataInTheLogsOfTheStore) {
  for (int i = 0; i < 100; ++i) {
    CommitAndWait(*store_, MakeCommit(absl::StrCat("CANARY", i), 0, absl::StrCat("CANARY", i)));
    if (i % 20 != 0) continue;
    store_.reset();  // the next open flushes
    Open();
  }
  store_.reset();
  int logs = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory_.path() + "/db")) {
    if (!absl::StartsWith(file.path().filename().string(), "LOG")) continue;
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    EXPECT_FALSE(absl::StrContains(text.str(), "CANARY")) << file.path();
    ++logs;
  }
  EXPECT_GT(logs, 0);
}

}  // namespace
}  // namespace yijie::storage
