// kill -9 at random moments under load. After each kill, before any retry, everything that was ever
// acknowledged must be there by its very bytes, nothing twice, and the books must balance; then
// what had no answer is sent again, and must have happened once.
//
//   YIJIE_SEED=n    the same moments and the same messages (clients still interleave as they like)
//   YIJIE_KILLS=n   kills; default 200
//
// What this cannot find: an engine that acknowledges before it syncs. The kernel has the bytes and
// survives the process; only the power-loss file system of tests/storage/ finds that. The checks
// themselves are checked against planted defects below.

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/policy_archive.h"
#include "rules/loader.h"
#include "storage/rocks_store.h"
#include "tests/e2e/e2e_test.h"
#include "tests/e2e/history.h"
#include "tests/e2e/ledger_check.h"
#include "tests/e2e/workload.h"
#include "tests/memory_store.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::e2e {
namespace {

constexpr int kPersons = 48;
constexpr int kKillsOfAFolder = 20;  // then a new one: every check looks at the whole history
constexpr int kResendsOfACycle = 20;

struct Figures {
  int64_t kills = 0;
  int64_t acknowledged = 0;
  int64_t compared = 0;         // acknowledgements compared with a recovered store
  int64_t unknown = 0;          // messages a kill left without an answer
  int64_t unknown_applied = 0;  // of them, applied
  int64_t retried = 0;
  int64_t reads = 0;
  double slowest_start_ms = 0;
};

// A data folder with its history over many kills.
class KilledFolder {
 public:
  KilledFolder(const std::string& filled, uint64_t seed, Figures* figures)
      : figures_(*figures), random_(seed) {
    CopyFolder(filled, data());
  }

  // Starts, resolves what the kill before left open, loads, kills, checks.
  void Cycle(int number) {
    Start();
    if (::testing::Test::HasFatalFailure()) return;
    Resolve();
    ResendSome();
    WorkloadSettings settings;
    settings.port = server_->port();
    settings.persons = kPersons;
    settings.seed = random_();
    settings.tag = absl::StrCat("k", number);
    Workload workload(settings, newest_);
    workload.Start();
    const auto moment = std::chrono::microseconds(20'000 + random_() % 120'000);
    std::this_thread::sleep_for(moment);
    server_->Kill();
    workload.Join();
    ++figures_.kills;
    ExpectNone(workload.TakeProblems());
    History history = workload.TakeHistory();
    figures_.acknowledged += history.acknowledged();
    figures_.reads += static_cast<int64_t>(history.reads.size());
    all_.Append(std::move(history));
    Check();
  }

  // Resolves the last, ends in order, and checks that nothing is open.
  void Finish() {
    Start();
    if (::testing::Test::HasFatalFailure()) return;
    Resolve();
    EXPECT_EQ(server_->Terminate(), 0) << server_->Log();
    Check();
    EXPECT_EQ(all_.acknowledged(), static_cast<int64_t>(all_.sent.size()));
  }

  const History& history() const { return all_; }
  std::string data() const { return folder_.Path("data"); }

 private:
  void Start() {
    ServerSettings settings;
    settings.data = data();
    settings.log = folder_.Path("server.log");
    const auto begin = std::chrono::steady_clock::now();
    auto server = ServerProcess::Start(settings);
    ASSERT_TRUE(server.ok()) << server.status();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    figures_.slowest_start_ms = std::max(figures_.slowest_start_ms, took.count());
    server_ = *std::move(server);
    client_ = std::make_unique<Client>(server_->port());
  }

  // On a copy, so that the server that comes next recovers what the kill left.
  void Check() {
    const TempFolder copy;
    CopyFolder(data(), copy.Path("data"));
    LedgerFigures found;
    ExpectNone(LedgerProblemsIn(copy.Path("data"), all_, &found));
    ExpectNone(OrderProblems(all_));
    EXPECT_EQ(found.acknowledged, all_.acknowledged());
    figures_.compared += found.acknowledged;
    figures_.unknown += found.unknown;
    figures_.unknown_applied += found.unknown_applied;
  }

  // In any order, as clients would.
  void Resolve() {
    std::vector<Sent*> open;
    for (Sent& sent : all_.sent) {
      if (!sent.acknowledged) open.push_back(&sent);
    }
    std::shuffle(open.begin(), open.end(), random_);
    for (Sent* sent : open) {
      RawReply reply = client_->Call(CallName(sent->transaction), sent->request);
      EXPECT_TRUE(reply.status.ok()) << sent->msgid << " " << reply.status.error_message();
      sent->acknowledged = reply.status.ok();
      sent->reply = std::move(reply.bytes);
      ++figures_.retried;
      ++figures_.acknowledged;
    }
  }

  void ResendSome() {
    for (int i = 0; i < kResendsOfACycle && !all_.sent.empty(); ++i) {
      const Sent& sent = all_.sent[random_() % all_.sent.size()];
      const RawReply reply = client_->Call(CallName(sent.transaction), sent.request);
      EXPECT_TRUE(reply.status.ok()) << sent.msgid << " " << reply.status.error_message();
      EXPECT_EQ(reply.bytes, sent.reply) << sent.msgid;
    }
  }

  Figures& figures_;
  std::mt19937_64 random_;
  TempFolder folder_;
  History all_;
  std::vector<std::atomic<int64_t>> newest_ = std::vector<std::atomic<int64_t>>(kPersons);
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Client> client_;
};

class KillTest : public ::testing::Test {
 protected:
  void SetUp() override { MakeGeneratedData(filled(), kPersons); }
  std::string filled() const { return folder_.Path("filled"); }

 private:
  TempFolder folder_;
};

TEST_F(KillTest, NothingAcknowledgedIsLostOrDoneTwice) {
  const uint64_t seed = SeedOfTest(20261121);
  const int kills = NumberFromEnvironment("YIJIE_KILLS", 200);
  Figures figures;
  for (int done = 0; done < kills;) {
    KilledFolder folder(filled(), seed + static_cast<uint64_t>(done), &figures);
    for (int i = 0; i < kKillsOfAFolder && done < kills; ++i, ++done) {
      SCOPED_TRACE(absl::StrCat("kill ", done));
      folder.Cycle(done);
      if (HasFailure()) return;
    }
    folder.Finish();
    if (HasFailure()) return;
  }
  std::cout << figures.kills << " kills, " << figures.acknowledged << " acknowledged, "
            << figures.compared << " comparisons with a recovered store, " << figures.unknown
            << " without an answer (" << figures.unknown_applied << " of them applied), "
            << figures.retried << " retried, " << figures.reads << " reads, slowest start "
            << static_cast<int>(figures.slowest_start_ms) << " ms\n";
  EXPECT_EQ(figures.unknown, figures.retried);
  if (kills < kKillsOfAFolder) return;
  // The kills do hit commits at work, on both sides of the point of no return.
  EXPECT_GT(figures.unknown_applied, 0);
  EXPECT_LT(figures.unknown_applied, figures.unknown);
}

// --- The checks against planted defects

using store::v1::PersonEvent;
using store::v1::PersonState;
using store::v1::Verdict;

// A recovered store in memory, in parts that can be damaged, and what clients were told.
struct Evidence {
  std::map<std::pair<std::string, int64_t>, storage::PersonVersion> versions;
  std::vector<storage::MessageWrite> messages;
  std::shared_ptr<const rules::RuleBook> archive;  // nullptr: nothing is in it
  History history;

  storage::PersonVersion& NewestMoved(std::string* psn_no) {
    auto found = versions.end();
    for (auto it = versions.begin(); it != versions.end(); ++it) {
      const auto next = std::next(it);
      const bool newest = next == versions.end() || next->first.first != it->first.first;
      if (newest && it->first.second > 2) found = it;
    }
    *psn_no = found->first.first;
    return found->second;
  }
  storage::MessageWrite& MessageOf(const std::string& psn_no, int64_t version) {
    return *std::find_if(messages.begin(), messages.end(), [&](const storage::MessageWrite& m) {
      return m.entry.psn_no == psn_no && m.entry.version == version;
    });
  }
  // A message that moved nothing and was not closed.
  storage::MessageWrite& Refused() {
    return *std::find_if(messages.begin(), messages.end(), [](const storage::MessageWrite& m) {
      Verdict verdict;
      return m.entry.psn_no.empty() && verdict.ParseFromString(m.entry.verdict) &&
             !verdict.closed();
    });
  }
  void Remove(const storage::MessageWrite& message) {
    messages.erase(messages.begin() + (&message - messages.data()));
  }
  // An acknowledged message that moved the account.
  Sent& Acknowledged(v1::Transaction transaction) {
    return *std::find_if(history.sent.begin(), history.sent.end(), [&](const Sent& sent) {
      if (sent.transaction != transaction || !sent.acknowledged) return false;
      const std::optional<AccountView> view = ViewOf(transaction, sent.reply);
      return view && view->moved;
    });
  }
};

std::vector<std::string> Judge(const Evidence& evidence) {
  storage::MemoryStore store;
  for (const auto& [key, version] : evidence.versions) store.PlantVersion(key.first, version);
  for (const auto& message : evidence.messages) store.PlantMessage(message.key, message.entry);
  if (evidence.archive != nullptr) {
    EXPECT_TRUE(engine::ArchivePolicies(store, *evidence.archive, absl::UnixEpoch()).ok());
  }
  LedgerFigures figures;
  std::vector<std::string> problems = LedgerProblems(store, evidence.history, &figures);
  for (std::string& problem : OrderProblems(evidence.history)) {
    problems.push_back(std::move(problem));
  }
  return problems;
}

struct Planted {
  const char* name;
  const char* complaint;  // of the check that is meant to find it
  std::function<void(Evidence*)> damage;
};

void LoseTheArchivedPolicies(Evidence* e) { e->archive = nullptr; }

void DropNewestVersionAndItsMessage(Evidence* e) {
  std::string psn_no;
  const int64_t version = e->NewestMoved(&psn_no).version;
  e->Remove(e->MessageOf(psn_no, version));
  e->versions.erase({psn_no, version});
}

void DropNewestVersion(Evidence* e) {
  std::string psn_no;
  const int64_t version = e->NewestMoved(&psn_no).version;
  e->versions.erase({psn_no, version});
}

void DropInnerVersion(Evidence* e) {
  std::string psn_no;
  const int64_t version = e->NewestMoved(&psn_no).version - 1;
  e->versions.erase({psn_no, version});
}

void AlterOneByteOfAReply(Evidence* e) {
  std::string psn_no;
  storage::PersonVersion& version = e->NewestMoved(&psn_no);
  PersonEvent event;
  event.ParseFromString(version.event);
  std::string reply = event.reply();
  const size_t day = reply.find("2026-");  // a digit of a date: still a message
  reply[day + 9] = reply[day + 9] == '0' ? '1' : '0';
  event.set_reply(reply);
  version.event = event.SerializeAsString();
}

void AlterOneByteOfARefusal(Evidence* e) {
  storage::MessageWrite& message = e->Refused();
  Verdict verdict;
  verdict.ParseFromString(message.entry.verdict);
  verdict.mutable_reply()->back() ^= 1;
  message.entry.verdict = verdict.SerializeAsString();
}

void ApplyAPostingTwice(Evidence* e) {
  std::string psn_no;
  storage::PersonVersion twice = e->NewestMoved(&psn_no);
  ++twice.version;
  e->versions[{psn_no, twice.version}] = twice;
}

// With another id, so that only what was sent can tell.
void ApplyAPostingNobodySent(Evidence* e) {
  std::string psn_no;
  storage::PersonVersion ghost = e->NewestMoved(&psn_no);
  storage::MessageWrite message = e->MessageOf(psn_no, ghost.version);
  PersonEvent event;
  event.ParseFromString(ghost.event);
  event.set_msgid("ghost");
  ghost.event = event.SerializeAsString();
  ++ghost.version;
  message.key.msgid = "ghost";
  message.entry.version = ghost.version;
  e->versions[{psn_no, ghost.version}] = ghost;
  e->messages.push_back(message);
}

void LoseAFenOfABalance(Evidence* e) {
  std::string psn_no;
  storage::PersonVersion& version = e->NewestMoved(&psn_no);
  PersonState state;
  state.ParseFromString(version.state);
  if (state.sub_balance().empty()) state.add_sub_balance()->set_sub_account(v1::CURRENT_YEAR);
  state.mutable_sub_balance(0)->set_balc_fen(state.sub_balance(0).balc_fen() + 1);
  version.state = state.SerializeAsString();
}

void ForgetAnAccumulator(Evidence* e) {
  for (auto it = e->versions.rbegin(); it != e->versions.rend(); ++it) {
    PersonState state;
    state.ParseFromString(it->second.state);
    if (state.accumulator().empty()) continue;
    state.mutable_accumulator()->RemoveLast();
    it->second.state = state.SerializeAsString();
    return;
  }
}

void OneLineOfAJournalIsMissing(Evidence* e) {
  for (auto& [key, version] : e->versions) {
    PersonEvent event;
    event.ParseFromString(version.event);
    if (event.journal().empty()) continue;
    event.mutable_journal()->RemoveLast();
    version.event = event.SerializeAsString();
    return;
  }
}

void TwoMessagesLeadToOneVersion(Evidence* e) {
  std::string psn_no;
  const int64_t version = e->NewestMoved(&psn_no).version;
  e->MessageOf(psn_no, version).entry.version = version - 1;
}

void AnUndoneMarkIsForgotten(Evidence* e) {
  for (auto it = e->versions.rbegin(); it != e->versions.rend(); ++it) {
    PersonState state;
    state.ParseFromString(it->second.state);
    if (state.reversed().empty()) continue;
    state.mutable_reversed()->RemoveLast();
    it->second.state = state.SerializeAsString();
    return;
  }
}

void ASaidRefusalIsApplied(Evidence* e) {
  Sent& sent = e->Acknowledged(v1::SETTLE);
  sent.acknowledged = false;
  sent.not_applied = true;
}

void VersionsOfTwoRepliesAreOne(Evidence* e) {
  Sent copy = e->Acknowledged(v1::CREDIT_ACCOUNT);
  copy.msgid += "x";
  e->history.sent.push_back(copy);
}

void ARepliedBalanceIsStale(Evidence* e) {
  Sent& sent = e->Acknowledged(v1::CREDIT_ACCOUNT);
  const AccountView view = *ViewOf(sent.transaction, sent.reply);
  e->history.reads.push_back({sent.psn_no, view.version, view.balance_fen + 1, 0});
}

void AReadIsBehindAnAnswer(Evidence* e) {
  Sent& sent = e->Acknowledged(v1::CREDIT_ACCOUNT);
  const AccountView view = *ViewOf(sent.transaction, sent.reply);
  e->history.reads.push_back(
      {sent.psn_no, view.version - 1, view.balance_before_fen, view.version});
}

const std::vector<Planted>& PlantedDefects() {
  static const auto* const kPlanted = new std::vector<Planted>{
      {"newest version and its message dropped", "was acknowledged and is lost",
       DropNewestVersionAndItsMessage},
      {"newest version dropped", "leads to no version", DropNewestVersion},
      {"inner version dropped", "leads to no version", DropInnerVersion},
      {"one byte of a reply", "another answer is stored", AlterOneByteOfAReply},
      {"one byte of a refusal", "another answer is stored", AlterOneByteOfARefusal},
      {"refusal dropped", "was acknowledged and is lost",
       [](Evidence* e) { e->Remove(e->Refused()); }},
      {"posting applied twice", "a second time", ApplyAPostingTwice},
      {"posting nobody sent", "comes from nothing that was sent", ApplyAPostingNobodySent},
      {"a fen of a balance", "sub-balances are not the fold", LoseAFenOfABalance},
      {"accumulator forgotten", "accumulators are not the fold", ForgetAnAccumulator},
      {"line of a journal missing", "do not add up to 0", OneLineOfAJournalIsMissing},
      {"two messages lead to one version", "leads to the version of another",
       TwoMessagesLeadToOneVersion},
      {"mark of a reversal forgotten", "list of reversed settlements is not the fold",
       AnUndoneMarkIsForgotten},
      {"said not to be applied, and is", "was said not to be applied, and is there",
       ASaidRefusalIsApplied},
      {"one version given twice", "was given twice", VersionsOfTwoRepliesAreOne},
      {"archived policies lost", "is not in the archive", LoseTheArchivedPolicies},
      // Told as two balances of one version, or of the version and the next, by what else was read.
      {"two balances at one version", "balance", ARepliedBalanceIsStale},
      {"read behind an answer", "is stale", AReadIsBehindAnAnswer}};
  return *kPlanted;
}

TEST_F(KillTest, PlantedDefectsAreFound) {
  Figures figures;
  KilledFolder folder(filled(), SeedOfTest(17), &figures);
  for (int i = 0; i < 3; ++i) folder.Cycle(i);
  folder.Finish();
  ASSERT_FALSE(HasFailure());
  Evidence evidence;
  evidence.history = folder.history();
  const auto policies = rules::LoadRuleBook(TablesDirectory());
  ASSERT_TRUE(policies.ok()) << policies.status();
  evidence.archive = *policies;
  storage::RocksOptions options;
  options.directory = folder.data();
  const auto store = storage::OpenRocksStore(std::move(options));
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)
                  ->ForEachVersion([&](absl::string_view psn_no, const storage::PersonVersion& v) {
                    evidence.versions[{std::string(psn_no), v.version}] = v;
                    return absl::OkStatus();
                  })
                  .ok());
  ASSERT_TRUE(
      (*store)
          ->ForEachMessage([&](const storage::MessageKey& key, const storage::MessageEntry& entry) {
            evidence.messages.push_back({key, entry});
            return absl::OkStatus();
          })
          .ok());
  ExpectNone(Judge(evidence));
  for (const Planted& planted : PlantedDefects()) {
    Evidence damaged = evidence;
    planted.damage(&damaged);
    const std::vector<std::string> problems = Judge(damaged);
    const auto found = std::find_if(
        problems.begin(), problems.end(),
        [&](const std::string& problem) { return absl::StrContains(problem, planted.complaint); });
    EXPECT_NE(found, problems.end()) << planted.name << " is not found";
    if (found != problems.end()) std::cout << planted.name << ": " << *found << "\n";
  }
}

}  // namespace
}  // namespace yijie::e2e
