// Damage to files of a store that was closed in order. Opening must refuse with DATA_LOSS, or all
// that was acknowledged is there.
//
//   YIJIE_ROT_FLIPS=n  random bit flips; default 150

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/testing_defects.h"
#include "tests/storage/store_fixture.h"

namespace yijie::storage {
namespace {

constexpr size_t kLogBlockBytes = 32768;  // RocksDB's
constexpr size_t kLogHeaderBytes = 7;     // crc 4, length 2, type 1

std::string ReadFile(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Where the physical records of a log begin.
std::vector<size_t> RecordStarts(const std::string& log) {
  std::vector<size_t> starts;
  for (size_t at = 0; at + kLogHeaderBytes <= log.size();) {
    const size_t left = kLogBlockBytes - at % kLogBlockBytes;
    if (left < kLogHeaderBytes) {
      at += left;
      continue;
    }
    starts.push_back(at);
    at += kLogHeaderBytes + static_cast<uint8_t>(log[at + 4]) +
          (size_t{static_cast<uint8_t>(log[at + 5])} << 8);
  }
  return starts;
}

Commit CommitWithARow(int version) {
  Commit commit = MakeCommit("p1", version, absl::StrCat(version), std::string(150, 'x'));
  commit.rows.push_back({"rows", absl::StrCat(1000 + version), absl::StrCat("row ", version)});
  return commit;
}

// Commits one group each, and closes.
void Fill(const std::string& directory, int commits, Defect defect = Defect::kNone) {
  auto store = OpenRocksStoreWithDefect(TestOptions(directory), defect);
  ASSERT_TRUE(store.ok()) << store.status();
  for (int i = 0; i < commits; ++i) {
    ASSERT_EQ(CommitAndWait(**store, CommitWithARow(i)), CommitOutcome::kDone);
  }
}

// Rows and groups found must be those of the first `versions` commits.
absl::Status CheckRowsAndGroups(Store& store, int versions) {
  const auto rows = store.ScanRows("rows", "", "", 1000);
  if (!rows.ok()) return rows.status();
  const auto groups = store.ScanGroups(0, 1000);
  if (!groups.ok()) return groups.status();
  EXPECT_EQ(rows->size(), static_cast<size_t>(versions));
  EXPECT_EQ(groups->size(), static_cast<size_t>(versions));
  for (size_t i = 0; i < rows->size() && i < groups->size(); ++i) {
    EXPECT_EQ((*rows)[i].key, absl::StrCat(1000 + i));
    EXPECT_EQ((*rows)[i].value, absl::StrCat("row ", i));
    EXPECT_EQ((*groups)[i].persons[0].version, static_cast<int64_t>(i) + 1);
  }
  return absl::OkStatus();
}

// Versions found; every one must have the bytes that were committed, its row and its group.
int CountVersions(Store& store, absl::Status* status) {
  int versions = 0;
  *status = store.ForEachVersion([&versions](absl::string_view, const PersonVersion& version) {
    const Commit commit = CommitWithARow(versions);
    EXPECT_EQ(version.version, ++versions);
    EXPECT_EQ(version.event, commit.event);
    return absl::OkStatus();
  });
  if (status->ok()) *status = CheckRowsAndGroups(store, versions);
  return versions;
}

using Damage = std::function<std::string(const std::string&)>;

struct LogDamage {
  const char* name;
  int commits;
  Damage damage;  // of the bytes of the log; nothing: the file is removed
};

// Names the test in ctest.
void PrintTo(const LogDamage& row, std::ostream* out) { *out << row.name; }

std::string FlipBitOfRecord(std::string log, size_t record) {
  const size_t at = RecordStarts(log)[record] + kLogHeaderBytes + 20;
  log[at] = static_cast<char>(log[at] ^ 0x10);
  return log;
}

std::string ZeroFrom(std::string log, size_t record) {
  const size_t start = RecordStarts(log)[record];
  std::fill(log.begin() + static_cast<std::ptrdiff_t>(start), log.end(), '\0');
  return log;
}

const LogDamage kLogDamages[] = {
    {"BitInTheMiddle", 100, [](const std::string& log) { return FlipBitOfRecord(log, 50); }},
    {"BitInTheLastRecord", 100,
     [](const std::string& log) { return FlipBitOfRecord(log, RecordStarts(log).size() - 1); }},
    {"CutInsideTheLastRecord", 100,
     [](const std::string& log) { return log.substr(0, RecordStarts(log).back() + 30); }},
    {"CutAtARecordBoundary", 100,
     [](const std::string& log) {
       const std::vector<size_t> starts = RecordStarts(log);
       return log.substr(0, starts[starts.size() - 10]);
     }},
    {"LastRecordCutOff", 100,
     [](const std::string& log) { return log.substr(0, RecordStarts(log).back()); }},
    {"ZeroesFromARecordBoundary", 100, [](const std::string& log) { return ZeroFrom(log, 41); }},
    {"AllZeroes", 100, [](const std::string& log) { return ZeroFrom(log, 0); }},
    {"Emptied", 100, [](const std::string&) { return std::string(); }},
    {"Removed", 100, nullptr},
    {"HoleOf4KiB", 1000,
     [](const std::string& log) {
       EXPECT_GT(log.size(), 5 * kLogBlockBytes);
       return std::string(log).replace(3 * kLogBlockBytes, 4096, 4096, '\0');
     }},
};

void Apply(const LogDamage& row, const std::string& log) {
  if (row.damage == nullptr) {
    std::filesystem::remove(log);
  } else {
    WriteFile(log, row.damage(ReadFile(log)));
  }
}

class LogRotTest : public ::testing::TestWithParam<LogDamage> {};

TEST_P(LogRotTest, IsRefusedAndNothingIsChanged) {
  TempDirectory directory;
  Fill(directory.path(), GetParam().commits);
  const std::string log = directory.OnlyLogFile();
  Apply(GetParam(), log);
  const std::string damaged = ReadFile(log);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const absl::Status refused = OpenRocksStore(TestOptions(directory.path())).status();
    EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
    EXPECT_TRUE(absl::StrContains(refused.message(),
                                  absl::StrCat("group ", GetParam().commits, " was acknowledged")))
        << refused;
  }
  // What is left of the log is what can still be saved.
  EXPECT_EQ(ReadFile(log), damaged);
}

// Planted defect: without the mark the same damage forgets acknowledged commits in silence, so it
// is the mark that refuses, and this test would see it gone.
TEST_P(LogRotTest, WithoutTheMarkItIsForgottenInSilence) {
  TempDirectory directory;
  Fill(directory.path(), GetParam().commits, Defect::kMarkNeverWritten);
  Apply(GetParam(), directory.OnlyLogFile());
  auto store = OpenRocksStore(TestOptions(directory.path()));
  ASSERT_TRUE(store.ok()) << store.status();
  absl::Status status;
  EXPECT_LT(CountVersions(**store, &status), GetParam().commits);
  EXPECT_TRUE(status.ok()) << status;
}

INSTANTIATE_TEST_SUITE_P(All, LogRotTest, ::testing::ValuesIn(kLogDamages),
                         [](const auto& row) { return std::string(row.param.name); });

class MarkRotTest : public ::testing::Test {
 protected:
  MarkRotTest() { Fill(directory_.path(), 10); }
  std::string mark() const { return directory_.path() + "/ACKNOWLEDGED"; }
  absl::Status Open() const { return OpenRocksStore(TestOptions(directory_.path())).status(); }

  TempDirectory directory_;
};

TEST_F(MarkRotTest, OneDamagedSlotIsBorne) {
  const std::string good = ReadFile(mark());
  for (const size_t slot : {size_t{0}, size_t{512}}) {
    std::string bad = good;
    bad[slot + 12] = static_cast<char>(bad[slot + 12] ^ 1);
    WriteFile(mark(), bad);
    EXPECT_TRUE(Open().ok()) << slot;
  }
}

TEST_F(MarkRotTest, AnUnreadableOrMissingMarkIsRefused) {
  for (const std::string& bad : {std::string(), std::string(1024, '\0'), std::string(1023, 'x')}) {
    WriteFile(mark(), bad);
    const absl::Status refused = Open();
    EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
    EXPECT_TRUE(absl::StrContains(refused.message(), "is not known")) << refused;
  }
  std::filesystem::remove(mark());
  const absl::Status refused = Open();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
}

TEST_F(MarkRotTest, ALostDatabaseIsRefused) {
  const std::string database = directory_.path() + "/db";
  std::filesystem::rename(database + "/CURRENT", directory_.path() + "/kept");
  EXPECT_TRUE(absl::IsDataLoss(Open())) << Open();
  std::filesystem::remove(mark());
  EXPECT_TRUE(absl::IsDataLoss(Open())) << Open();  // not taken for a new store
  std::filesystem::remove_all(database);
  EXPECT_TRUE(Open().ok());  // nothing left that tells of data
}

TEST_F(MarkRotTest, AnOlderDatabaseUnderANewerMarkIsRefused) {
  TempDirectory older;
  Fill(older.path(), 9);
  std::filesystem::remove_all(directory_.path() + "/db");
  std::filesystem::copy(older.path() + "/db", directory_.path() + "/db");
  const absl::Status refused = Open();
  EXPECT_TRUE(absl::IsDataLoss(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), "group 9 but group 10")) << refused;
}

// Random bits of everything recovery reads. A flip may be harmless; it may not be a wrong answer.
TEST(RandomRotTest, AFlippedBitIsRefusedOrHarmless) {
  constexpr int kCommitsEach = 40;
  std::mt19937_64 random(TestSeed("rot"));
  TempDirectory original;
  Fill(original.path(), kCommitsEach);  // flushed by the next open
  {
    auto store = *OpenRocksStore(TestOptions(original.path()));
    for (int i = kCommitsEach; i < 2 * kCommitsEach; ++i) {
      ASSERT_EQ(CommitAndWait(*store, CommitWithARow(i)), CommitOutcome::kDone);
    }
  }
  int refused = 0, refused_reading = 0, harmless = 0;
  for (int64_t flip = TestNumber("YIJIE_ROT_FLIPS", 150); flip > 0; --flip) {
    TempDirectory copy;
    std::filesystem::copy(original.path(), copy.path(), std::filesystem::copy_options::recursive);
    std::vector<std::string> files = {copy.path() + "/ACKNOWLEDGED"};
    for (const auto& file : std::filesystem::directory_iterator(copy.path() + "/db")) {
      const std::string name = file.path().filename().string();
      if (!absl::StartsWith(name, "LOG") && file.file_size() > 0) {
        files.push_back(file.path().string());
      }
    }
    std::sort(files.begin() + 1, files.end());
    const std::string& file = files[random() % files.size()];
    std::string bytes = ReadFile(file);
    const size_t bit = random() % (bytes.size() * 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    WriteFile(file, bytes);

    auto store = OpenRocksStore(TestOptions(copy.path()));
    if (!store.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(store.status())) << file << " bit " << bit << store.status();
      ++refused;
      continue;
    }
    absl::Status read;
    const int versions = CountVersions(**store, &read);
    if (read.ok()) {
      EXPECT_EQ(versions, 2 * kCommitsEach) << file << " bit " << bit;
      ++harmless;
    } else {
      EXPECT_TRUE(absl::IsDataLoss(read)) << file << " bit " << bit << read;
      ++refused_reading;
    }
  }
  std::cout << refused << " refused, " << refused_reading << " refused when read, " << harmless
            << " harmless" << std::endl;
}

}  // namespace
}  // namespace yijie::storage
