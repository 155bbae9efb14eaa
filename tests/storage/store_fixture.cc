#include "tests/storage/store_fixture.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/mutex.h"

namespace yijie::storage {

TempDirectory::TempDirectory() {
  std::string pattern = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
  pattern += "/yijie_storage_XXXXXX";
  YIJIE_CHECK(mkdtemp(pattern.data()) != nullptr, "temporary directory");
  path_ = pattern;
}

TempDirectory::~TempDirectory() { std::filesystem::remove_all(path_); }

std::string TempDirectory::OnlyLogFile() const {
  // A log that is no longer needed is deleted in the background.
  constexpr int kAttempts = 2'000;
  constexpr std::chrono::milliseconds kPause(5);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::vector<std::string> logs;
    for (const auto& file : std::filesystem::directory_iterator(path_ + "/db")) {
      if (file.path().extension() == ".log") logs.push_back(file.path().string());
    }
    if (logs.size() == 1) return logs.front();
    std::this_thread::sleep_for(kPause);
  }
  YIJIE_CHECK(false, "one log file");
  return "";
}

RocksOptions TestOptions(const std::string& directory, rocksdb::Env* env) {
  RocksOptions options;
  options.directory = directory;
  options.env = env;
  options.min_free_bytes = 0;
  return options;
}

uint64_t TestSeed(absl::string_view test) {
  const char* given = std::getenv("YIJIE_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << test << ": YIJIE_SEED=" << seed << std::endl;
  return seed;
}

int64_t TestNumber(const char* variable, int64_t fallback) {
  const char* given = std::getenv(variable);
  return given != nullptr ? std::strtoll(given, nullptr, 10) : fallback;
}

MessageKey MakeKey(absl::string_view msgid) { return {"H33010000001", 1, std::string(msgid)}; }

Commit MakeCommit(absl::string_view psn_no, int64_t expected_version, absl::string_view msgid,
                  absl::string_view bytes) {
  Commit commit;
  commit.psn_no = std::string(psn_no);
  commit.expected_version = expected_version;
  commit.state = absl::StrCat("state ", bytes);
  commit.event = absl::StrCat("event ", msgid, " ", bytes);
  MessageWrite message;
  message.key = MakeKey(msgid);
  message.entry.body = Sha256(msgid);
  message.entry.psn_no = commit.psn_no;
  message.entry.version = expected_version + 1;
  commit.messages.push_back(std::move(message));
  return commit;
}

std::vector<CommitOutcome> CommitAndWait(Store& store, std::vector<Commit> group) {
  Mutex mutex;
  CondVar answered;
  std::optional<std::vector<CommitOutcome>> result;
  store.CommitGroup(std::move(group), [&](const std::vector<CommitOutcome>& outcomes) {
    MutexLock lock(mutex);
    result = outcomes;
    answered.NotifyOne();
  });
  MutexLock lock(mutex);
  while (!result) answered.Wait(mutex);
  return *result;
}

CommitOutcome CommitAndWait(Store& store, Commit commit) {
  std::vector<Commit> group;
  group.push_back(std::move(commit));
  return CommitAndWait(store, std::move(group))[0];
}

}  // namespace yijie::storage
