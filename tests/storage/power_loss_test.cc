// Power goes at random points of the commit path; afterwards the store must have every commit it
// acknowledged and nothing it refused, each with its message, its rows and its place in a group. A
// table of planted defects shows that this test would find them.
//
//   YIJIE_SEED=n        the same cut points and the same work (threads still interleave as they
//   like) YIJIE_POWER_CUTS=n  cuts of the long campaign; default 60

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <ostream>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "storage/testing_defects.h"
#include "tests/storage/fault_fs.h"
#include "tests/storage/store_fixture.h"

namespace yijie::storage {
namespace {

constexpr int kThreads = 4;
constexpr int kPersonsOfAThread = 4;
constexpr size_t kGroupsInFlight = 3;
constexpr int kCutsOfAStore = 10;  // then a new store, or checking grows with the square

// Every commit writes a row of its own, and moves the one row of its person from version to
// version.
constexpr absl::string_view kCommitRows = "commits";
constexpr absl::string_view kPersonRows = "persons";

std::string PersonRowKey(absl::string_view psn_no, int64_t version) {
  return absl::StrCat(psn_no, "/", version);
}

void AddRows(Commit& commit) {
  const std::string& msgid = commit.messages[0].key.msgid;
  const int64_t version = commit.expected_version;
  commit.rows = {{std::string(kCommitRows), msgid, absl::StrCat("row of ", msgid)},
                 {std::string(kPersonRows), PersonRowKey(commit.psn_no, version), std::nullopt},
                 {std::string(kPersonRows), PersonRowKey(commit.psn_no, version + 1), ""}};
}

// One commit that was submitted, and what is known of it.
struct Attempt {
  Commit commit;
  CommitOutcome outcome = CommitOutcome::kUnknown;
};

// What one person's commits should have done: attempt i leads to version i + 1.
struct Person {
  std::string psn_no;
  std::deque<Attempt> attempts;
};

// One thread of work: it submits groups and keeps up to kGroupsInFlight of them open, so commits
// build on unanswered ones. It stops at the first commit that is not kDone.
class Worker {
 public:
  Worker(int number, uint64_t seed) : number_(number), random_(seed) {
    for (int i = 0; i < kPersonsOfAThread; ++i) {
      persons_.push_back({absl::StrCat("p", number, "-", i), {}});
    }
  }

  void Run(Store& store) {
    stopped_ = false;
    for (;;) {
      {
        MutexLock lock(mutex_);
        while (open_groups_ >= kGroupsInFlight) answered_.Wait(mutex_);
        if (stopped_) return;
        ++open_groups_;
      }
      SubmitGroup(store);
    }
  }

  // Commits for which an outcome other than kDone is certain, and which got another.
  int64_t wrong_refusals() const { return wrong_refusals_; }
  // Not while work is going on.
  std::vector<Person>& persons() { return persons_; }
  const std::set<std::string>& refused() const { return refused_; }

 private:
  uint64_t Random(uint64_t limit) {
    return std::uniform_int_distribution<uint64_t>(0, limit)(random_);
  }

  Commit NewCommit(const Person& person) {
    const auto version = static_cast<int64_t>(person.attempts.size());
    const size_t bytes = Random(19) == 0 ? 5000 : Random(600);
    Commit commit = MakeCommit(person.psn_no, version, absl::StrCat(number_, "/", next_id_++),
                               std::string(bytes, static_cast<char>('a' + Random(25))));
    AddRows(commit);
    return commit;
  }

  void SubmitGroup(Store& store) {
    std::vector<Commit> group;
    std::vector<Attempt*> attempts;  // of the group; nullptr for one that must be refused
    for (uint64_t size = 1 + Random(5); group.size() < size;) {
      Person& person = persons_[Random(persons_.size() - 1)];
      Commit commit = NewCommit(person);
      if (Random(9) == 0 && !person.attempts.empty()) {
        refused_.insert(commit.messages[0].key.msgid);
        if (Random(1) == 0) {
          commit.expected_version -= 1;
        } else {
          commit.messages.push_back(person.attempts.back().commit.messages[0]);
        }
        attempts.push_back(nullptr);
      } else {
        person.attempts.push_back({commit});
        attempts.push_back(&person.attempts.back());
      }
      group.push_back(std::move(commit));
    }
    store.CommitGroup(std::move(group), [this, attempts = std::move(attempts)](
                                            const std::vector<CommitOutcome>& outcomes) {
      Note(attempts, outcomes);
    });
  }

  void Note(const std::vector<Attempt*>& attempts, const std::vector<CommitOutcome>& outcomes) {
    MutexLock lock(mutex_);
    for (size_t i = 0; i < attempts.size(); ++i) {
      if (attempts[i] == nullptr) {
        if (outcomes[i] == CommitOutcome::kDone) ++wrong_refusals_;
        continue;
      }
      attempts[i]->outcome = outcomes[i];
      if (outcomes[i] != CommitOutcome::kDone) stopped_ = true;
    }
    --open_groups_;
    answered_.NotifyOne();
  }

  const int number_;
  std::mt19937_64 random_;
  std::vector<Person> persons_;
  std::set<std::string> refused_;  // msgids that must never appear
  int64_t next_id_ = 0;
  std::atomic<int64_t> wrong_refusals_ = 0;

  Mutex mutex_;
  CondVar answered_;
  size_t open_groups_ ABSL_GUARDED_BY(mutex_) = 0;
  std::atomic<bool> stopped_ = false;
};

// Everything the store has, as maps.
struct Contents {
  std::map<std::string, std::vector<PersonVersion>> persons;
  std::map<std::string, MessageEntry> messages;  // by msgid
  std::map<std::string, std::string> commit_rows;
  std::set<std::string> person_rows;                   // keys
  std::map<std::string, std::vector<int64_t>> groups;  // versions of a person, in their order there
};

constexpr int kPage = 50;

absl::StatusOr<std::map<std::string, std::string>> ReadRows(Store& store, absl::string_view table) {
  std::map<std::string, std::string> all;
  for (std::string next;;) {
    const auto page = store.ScanRows(table, next, "", kPage);
    if (!page.ok()) return page.status();
    for (const Row& row : *page) all[row.key] = row.value;
    if (page->size() < kPage) return all;
    next = page->back().key + std::string(1, '\0');
  }
}

absl::Status ReadGroups(Store& store, Contents& all) {
  for (uint64_t cursor = 0;;) {
    const auto page = store.ScanGroups(cursor, kPage);
    if (!page.ok()) return page.status();
    if (page->empty()) return absl::OkStatus();
    for (const CommittedGroup& group : *page) {
      if (group.sequence <= cursor) return absl::InternalError("groups are not in order");
      cursor = group.sequence;
      for (const CommittedPerson& person : group.persons) {
        all.groups[person.psn_no].push_back(person.version);
      }
    }
  }
}

absl::StatusOr<Contents> ReadAll(Store& store) {
  Contents all;
  absl::Status status =
      store.ForEachVersion([&all](absl::string_view psn_no, const PersonVersion& version) {
        all.persons[std::string(psn_no)].push_back(version);
        return absl::OkStatus();
      });
  status.Update(store.ForEachMessage([&all](const MessageKey& key, const MessageEntry& entry) {
    all.messages[key.msgid] = entry;
    return absl::OkStatus();
  }));
  status.Update(ReadGroups(store, all));
  auto commit_rows = ReadRows(store, kCommitRows);
  auto person_rows = ReadRows(store, kPersonRows);
  status.Update(commit_rows.status());
  status.Update(person_rows.status());
  if (!status.ok()) return status;
  all.commit_rows = *std::move(commit_rows);
  for (const auto& [key, value] : *person_rows) all.person_rows.insert(key);
  return all;
}

// Whether attempt and store agree; empty if they do. `found`: the store has the version.
std::string CheckAttempt(const Attempt& attempt, const PersonVersion* found,
                         const Contents& contents) {
  const std::string name =
      absl::StrCat(attempt.commit.psn_no, " version ", attempt.commit.expected_version + 1);
  if (attempt.outcome == CommitOutcome::kDone && found == nullptr) {
    return "acknowledged and lost: " + name;
  }
  if (attempt.outcome == CommitOutcome::kNotApplied && found != nullptr) {
    return "reported as not applied, but there: " + name;
  }
  const std::string& msgid = attempt.commit.messages[0].key.msgid;
  const auto message = contents.messages.find(msgid);
  const auto row = contents.commit_rows.find(msgid);
  if ((found != nullptr) != (message != contents.messages.end()) ||
      (found != nullptr) != (row != contents.commit_rows.end())) {
    return "half there: " + name;
  }
  if (found == nullptr) return "";
  const MessageEntry& sent = attempt.commit.messages[0].entry;
  if (found->state != attempt.commit.state || found->event != attempt.commit.event ||
      message->second.body != sent.body || message->second.psn_no != sent.psn_no ||
      message->second.version != sent.version || row->second != attempt.commit.rows[0].value) {
    return "other bytes: " + name;
  }
  return "";
}

// Whether the person's row and its places in the groups are those of its newest version.
std::string CheckDerived(const std::string& psn_no, size_t versions, const Contents& contents) {
  if (versions == 0) return contents.groups.count(psn_no) > 0 ? "in a group: " + psn_no : "";
  const auto moved = contents.groups.find(psn_no);
  if (moved == contents.groups.end()) return "in no group: " + psn_no;
  if (moved->second.size() != versions) return "groups and versions differ: " + psn_no;
  for (size_t i = 0; i < versions; ++i) {
    if (moved->second[i] != static_cast<int64_t>(i) + 1) return "order in groups: " + psn_no;
  }
  if (contents.person_rows.count(PersonRowKey(psn_no, static_cast<int64_t>(versions))) == 0) {
    return "no row of the newest version: " + psn_no;
  }
  return "";
}

// What is wrong with the store; empty if nothing is.
std::string Check(Store& store, std::vector<std::unique_ptr<Worker>>& workers) {
  const absl::StatusOr<Contents> contents = ReadAll(store);
  if (!contents.ok()) return absl::StrCat("cannot be read: ", contents.status().ToString());
  size_t applied = 0, persons = 0;
  for (const auto& worker : workers) {
    if (worker->wrong_refusals() > 0) return "a commit that must be refused was kDone";
    for (const Person& person : worker->persons()) {
      const auto stored = contents->persons.find(person.psn_no);
      const size_t versions = stored == contents->persons.end() ? 0 : stored->second.size();
      if (versions > person.attempts.size()) return "more versions than commits: " + person.psn_no;
      for (size_t i = 0; i < person.attempts.size(); ++i) {
        const PersonVersion* found = i < versions ? &stored->second[i] : nullptr;
        if (found != nullptr && found->version != static_cast<int64_t>(i) + 1) {
          return absl::StrCat("gap or double before version ", found->version);
        }
        std::string wrong = CheckAttempt(person.attempts[i], found, *contents);
        if (!wrong.empty()) return wrong;
      }
      applied += versions;
      if (versions > 0) ++persons;
      std::string wrong = CheckDerived(person.psn_no, versions, *contents);
      if (!wrong.empty()) return wrong;
    }
    for (const std::string& msgid : worker->refused()) {
      if (contents->messages.count(msgid) > 0) return "a refused commit left a message: " + msgid;
      if (contents->commit_rows.count(msgid) > 0) return "a refused commit left a row: " + msgid;
    }
  }
  if (contents->messages.size() != applied) return "messages and versions differ in number";
  if (contents->commit_rows.size() != applied) return "rows and versions differ in number";
  if (contents->person_rows.size() != persons) return "rows and persons differ in number";
  return "";
}

// Retries what is not known to be done, as a caller does; all of it must then be done once.
std::string Retry(Store& store, std::vector<std::unique_ptr<Worker>>& workers, int64_t* retries) {
  for (const auto& worker : workers) {
    for (Person& person : worker->persons()) {
      for (Attempt& attempt : person.attempts) {
        if (attempt.outcome == CommitOutcome::kDone) continue;
        ++*retries;
        const auto found = store.FindMessage(attempt.commit.messages[0].key);
        if (!found.ok()) return found.status().ToString();
        if (!found->has_value() && CommitAndWait(store, attempt.commit) != CommitOutcome::kDone) {
          return "a retry is not done: " + person.psn_no;
        }
        attempt.outcome = CommitOutcome::kDone;
      }
    }
  }
  return Check(store, workers);
}

struct Figures {
  int cuts = 0;
  int cuts_while_opening = 0;
  int64_t acknowledged = 0;
  int64_t retries = 0;
};

class Campaign {
 public:
  Campaign(uint64_t seed, Defect defect) : random_(seed), defect_(defect) {}

  // Cuts power up to `cuts` times. Returns what is wrong, empty if nothing is.
  std::string Run(int cuts) {
    std::string wrong;
    while (wrong.empty() && figures_.cuts < cuts) wrong = RunStore(cuts);
    return wrong;
  }
  const Figures& figures() const { return figures_; }

 private:
  uint64_t Random(uint64_t limit) {
    return std::uniform_int_distribution<uint64_t>(0, limit)(random_);
  }

  std::string RunStore(int cuts) {
    TempDirectory directory;
    const auto fs = std::make_shared<FaultFs>(random_());
    const std::unique_ptr<rocksdb::Env> env = EnvOver(fs);
    std::vector<std::unique_ptr<Worker>> workers;
    for (int i = 0; i < kThreads; ++i) workers.push_back(std::make_unique<Worker>(i, random_()));
    std::string wrong;
    for (int i = 0; wrong.empty() && i < kCutsOfAStore && figures_.cuts < cuts; ++i) {
      wrong = RunCut(directory.path(), *fs, *env, workers);
    }
    for (const auto& worker : workers) {
      for (const Person& person : worker->persons()) {
        figures_.acknowledged += static_cast<int64_t>(person.attempts.size());
      }
    }
    return wrong;
  }

  // One life: open, work until the power goes, open again, check, retry, check, close.
  std::string RunCut(const std::string& directory, FaultFs& fs, rocksdb::Env& env,
                     std::vector<std::unique_ptr<Worker>>& workers) {
    auto store = Open(directory, fs, env);
    if (!store.ok()) return absl::StrCat("does not open: ", store.status().ToString());
    ++figures_.cuts;
    fs.Arm(FaultFs::Watch::kCommitPath, 1 + static_cast<int64_t>(Random(250)),
           FaultFs::Fault::kPowerCut);
    std::vector<std::thread> threads;
    for (const auto& worker : workers) {
      threads.emplace_back([&worker, &store] { worker->Run(**store); });
    }
    for (std::thread& thread : threads) thread.join();
    store->reset();
    fs.RestorePower();

    store = Open(directory, fs, env);
    if (!store.ok()) return absl::StrCat("does not open: ", store.status().ToString());
    std::string wrong = Check(**store, workers);
    if (!wrong.empty()) return wrong;
    return Retry(**store, workers, &figures_.retries);
  }

  // Opens; every other time power goes while it does, and it opens again.
  absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& directory, FaultFs& fs,
                                              rocksdb::Env& env) {
    while (Random(1) == 0) {
      fs.Arm(FaultFs::Watch::kEverything, 1 + static_cast<int64_t>(Random(60)),
             FaultFs::Fault::kPowerCut);
      auto store = OpenRocksStoreWithDefect(TestOptions(directory, &env), defect_);
      if (!store.ok() && !fs.power_is_off()) return store.status();
      if (store.ok()) store->reset();
      ++figures_.cuts_while_opening;
      fs.RestorePower();
    }
    fs.Arm(FaultFs::Watch::kCommitPath, 0, FaultFs::Fault::kPowerCut);
    return OpenRocksStoreWithDefect(TestOptions(directory, &env), defect_);
  }

  std::mt19937_64 random_;
  const Defect defect_;
  Figures figures_;
};

TEST(PowerLossTest, NothingAcknowledgedIsLostAndNothingHappensTwice) {
  Campaign campaign(TestSeed("power loss"), Defect::kNone);
  EXPECT_EQ(campaign.Run(static_cast<int>(TestNumber("YIJIE_POWER_CUTS", 60))), "");
  const Figures& figures = campaign.figures();
  std::cout << figures.cuts << " cuts at work, " << figures.cuts_while_opening << " while opening, "
            << figures.acknowledged << " commits acknowledged, " << figures.retries
            << " of them retries of unknown outcomes" << std::endl;
  EXPECT_GT(figures.acknowledged, figures.cuts);
  EXPECT_GT(figures.retries, 0);
}

struct PlantedDefect {
  Defect defect;
  const char* name;
};

// Names the test in ctest.
void PrintTo(const PlantedDefect& row, std::ostream* out) { *out << row.name; }

class PlantedDefectTest : public ::testing::TestWithParam<PlantedDefect> {};

TEST_P(PlantedDefectTest, IsFound) {
  constexpr int kCutsToFindIt = 60;  // most are found at the first, the latest seen was the 13th
  Campaign campaign(TestSeed(GetParam().name), GetParam().defect);
  const std::string found = campaign.Run(kCutsToFindIt);
  EXPECT_NE(found, "");
  std::cout << "found at cut " << campaign.figures().cuts << ": " << found << std::endl;
}

INSTANTIATE_TEST_SUITE_P(
    All, PlantedDefectTest,
    ::testing::Values(PlantedDefect{Defect::kUnsyncedWrite, "UnsyncedWrite"},
                      PlantedDefect{Defect::kAcknowledgeBeforeWrite, "AcknowledgeBeforeWrite"},
                      PlantedDefect{Defect::kTrustTheError, "TrustTheError"},
                      PlantedDefect{Defect::kMarkAheadOfWrite, "MarkAheadOfWrite"}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace yijie::storage
