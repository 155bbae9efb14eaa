// kill -9 of any of three parties while institutions settle and undo across provinces. After each
// kill all parties are up again; then every message gets a definite answer and nothing stays open.
// At the end what was answered is answered so again, and the books of all three are equal.
//
//   YIJIE_SEED=n    the same parties and moments, and the same messages
//   YIJIE_KILLS=n   runs, with one or two kills each; default 12

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "engine/cross/attempt.h"
#include "engine/person.h"
#include "storage/rocks_store.h"
#include "tests/e2e/two_provinces.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::e2e {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kClients = 4;
// Few persons at once, so that clients meet at them; after some runs others, whose year has room.
constexpr int kPersonsOfARun = 8;
constexpr int kRunsOfAPerson = 5;

// One message of an institution.
struct Sent {
  bool at_home = false;  // to the insured place; else to the place of care
  std::string call;
  std::string request;
  std::string reply;
  bool answered = false;
};

// What one client did in all runs.
struct Desk {
  std::vector<Sent> sent;
  std::vector<v1::SettleRequest> bills;  // settled across provinces
  std::vector<v1::Settlement> settled;   // of `bills`
  int64_t undone = 0;
  int64_t refused = 0;  // outcomes that say no
  int64_t retries = 0;
  std::vector<std::string> problems;
};

// What a ledger says of settlements across areas.
struct CrossBooks {
  int64_t settled = 0;
  int64_t undone = 0;
  int64_t receivable_fen = 0;
  int64_t payable_fen = 0;
  int64_t hold_fen = 0;
};

void Add(const store::v1::PersonEvent& event, CrossBooks* books) {
  if (event.settled().has_cross()) ++books->settled;
  if (event.reversed().has_cross()) ++books->undone;
  for (const store::v1::JournalLine& line : event.journal()) {
    if (line.account() == store::v1::CROSS_RECEIVABLE) books->receivable_fen += line.amount_fen();
    if (line.account() == store::v1::CROSS_PAYABLE) books->payable_fen += line.amount_fen();
    if (line.account() == store::v1::CROSS_HOLD) books->hold_fen += line.amount_fen();
  }
}

CrossBooks BooksIn(const std::string& data) {
  CrossBooks books;
  const auto store = storage::OpenRocksSnapshot(data);
  EXPECT_TRUE(store.ok()) << store.status();
  if (!store.ok()) return books;
  const absl::Status read = (*store)->ForEachVersion(
      [&books](absl::string_view /*psn_no*/, const storage::PersonVersion& version) {
        store::v1::PersonEvent event;
        EXPECT_TRUE(event.ParseFromString(version.event));
        Add(event, &books);
        return absl::OkStatus();
      });
  EXPECT_TRUE(read.ok()) << read;
  return books;
}

// "Send the same message again", in words of gRPC.
bool IsToBeSentAgain(grpc::StatusCode code) {
  return code == grpc::UNAVAILABLE || code == grpc::ABORTED || code == grpc::RESOURCE_EXHAUSTED ||
         code == grpc::DEADLINE_EXCEEDED;
}

// Of `sorted`; `per_mille` of them are at most this.
int64_t Percentile(const std::vector<int64_t>& sorted, size_t per_mille) {
  return sorted[(sorted.size() - 1) * per_mille / 1000];
}

void PrintTimes(const char* what, std::vector<int64_t> times_ms) {
  std::sort(times_ms.begin(), times_ms.end());
  std::printf("%s: p50 %lld, p99 %lld, max %lld ms\n", what,
              static_cast<long long>(Percentile(times_ms, 500)),
              static_cast<long long>(Percentile(times_ms, 990)),
              static_cast<long long>(times_ms.back()));
}

int Runs() { return NumberFromEnvironment("YIJIE_KILLS", 12); }

// One of the last few, most of which still stand.
template <typename T>
const T& OneOfTheLast(const std::vector<T>& all, std::mt19937_64& random) {
  return all[all.size() - 1 - random() % std::min<size_t>(all.size(), 6)];
}

class CrossKillTest : public TwoProvincesTest {
 protected:
  CrossKillTest() : TwoProvincesTest(kPersonsOfARun * (Runs() / kRunsOfAPerson + 1)) {}

  void SetUp() override {
    TwoProvincesTest::SetUp();
    if (HasFailure()) return;
    // Money of accounts is held and paid too.
    Client home(home_port_);
    for (int i = 0; i < persons_; ++i) {
      ASSERT_TRUE(
          home.Send(CreditOf(GeneratedPerson(i), absl::StrCat("credit", i), 50'000'000)).ok());
    }
  }

  // Load, one or two kills, all up again, and certainty.
  void Run(int number, std::mt19937_64& random) {
    healed_ = false;
    std::vector<std::thread> clients;
    for (size_t i = 0; i < kClients; ++i) {
      clients.emplace_back([this, i, number, seed = random()] {
        Work(number, static_cast<int>(i), seed, &desks_[i]);
      });
    }
    KillAndHeal(random);
    const auto begun = steady_clock::now();
    healed_ = true;
    for (std::thread& client : clients) client.join();
    AwaitNothingOpen();
    certain_ms_.push_back(MillisecondsSince(begun));
    AwaitEqualBooks();
    books_ms_.push_back(MillisecondsSince(begun));
    for (Desk& desk : desks_) {
      ExpectNone(desk.problems);
      desk.problems.clear();
    }
  }

  // What was answered is answered by the same bytes.
  void ResendAll() {
    Client care(care_port_), home(home_port_);
    for (const Desk& desk : desks_) {
      for (const Sent& sent : desk.sent) {
        EXPECT_TRUE(sent.answered) << sent.call;
        const RawReply reply = (sent.at_home ? home : care).Call(sent.call, sent.request);
        ASSERT_TRUE(reply.status.ok()) << sent.call << " " << reply.status.error_message();
        ASSERT_EQ(reply.bytes, sent.reply) << sent.call;
      }
    }
  }

  // Of stopped parties: every answer is a record on all sides, nothing else is, and no money is
  // between them.
  void ExpectEqualLedgers() {
    int64_t settled = 0, undone = 0;
    for (const Desk& desk : desks_) {
      settled += static_cast<int64_t>(desk.settled.size());
      undone += desk.undone;
    }
    const CrossBooks care = BooksIn(Path("care")), home = BooksIn(Path("home")),
                     gateway = BooksIn(Path("gateway"));
    for (const CrossBooks& books : {care, home, gateway}) {
      EXPECT_EQ(books.settled, settled);
      EXPECT_EQ(books.undone, undone);
      EXPECT_EQ(books.hold_fen, 0);
    }
    EXPECT_EQ(care.receivable_fen, -home.payable_fen);
    EXPECT_EQ(gateway.receivable_fen, care.receivable_fen);
    EXPECT_EQ(gateway.payable_fen, home.payable_fen);
    EXPECT_GT(care.receivable_fen, 0);
    EXPECT_TRUE(NothingOpen());
  }

  void PrintFigures(int runs) const {
    int64_t messages = 0, settled = 0, undone = 0, refused = 0, retries = 0;
    for (const Desk& desk : desks_) {
      messages += static_cast<int64_t>(desk.sent.size());
      settled += static_cast<int64_t>(desk.settled.size());
      undone += desk.undone;
      refused += desk.refused;
      retries += desk.retries;
    }
    std::printf("%d runs, kills: place of care %d, gateway %d, insured place %d\n", runs, kills_[0],
                kills_[1], kills_[2]);
    std::printf("%lld messages, %lld settled and %lld undone across, %lld refused, %lld retries\n",
                static_cast<long long>(messages), static_cast<long long>(settled),
                static_cast<long long>(undone), static_cast<long long>(refused),
                static_cast<long long>(retries));
    PrintTimes("from healing to certainty", certain_ms_);
    PrintTimes("from healing to equal books", books_ms_);
  }

  int64_t settled() const {
    int64_t sum = 0;
    for (const Desk& desk : desks_) sum += static_cast<int64_t>(desk.settled.size());
    return sum;
  }

 private:
  static int64_t MillisecondsSince(steady_clock::time_point begun) {
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun).count();
  }

  void KillAndHeal(std::mt19937_64& random) {
    const std::array<Process*, 3> parties = {&care_, &gateway_, &home_};
    std::this_thread::sleep_for(milliseconds(30 + random() % 220));
    const size_t first = random() % 3;
    const size_t second = random() % 4 == 0 ? (first + 1 + random() % 2) % 3 : first;
    const milliseconds between(random() % 60), down(random() % 250);
    Kill(*parties[first], first);
    if (second != first) {
      std::this_thread::sleep_for(between);
      Kill(*parties[second], second);
    }
    std::this_thread::sleep_for(down);
    parties[first]->Start();
    if (second != first) parties[second]->Start();
  }

  void Kill(Process& party, size_t number) {
    party.running->Kill();
    ++kills_[number];
  }

  // --- Clients, each on its own thread

  void Work(int run, int client, uint64_t seed, Desk* desk) {
    std::mt19937_64 random(seed);
    Client care(care_port_), home(home_port_);
    for (int i = 0; !healed_ && desk->problems.empty(); ++i) {
      const std::string id = absl::StrCat(run, ".", client, ".", i);
      const auto kind = random() % 10;
      const int person =
          run / kRunsOfAPerson * kPersonsOfARun + static_cast<int>(random() % kPersonsOfARun);
      if (kind < 2 && !desk->settled.empty()) {
        const v1::Settlement& original = OneOfTheLast(desk->settled, random);
        Undo(care, "Reverse",
             ReverseOf(kCareHospital, original.psn_no(), original.setl_id(), "u" + id), desk);
      } else if (kind < 3 && !desk->bills.empty()) {
        UndoByMessage(care, OneOfTheLast(desk->bills, random), "m" + id, desk);
      } else if (kind < 4) {
        SendUntilAnswered(home, true, "Settle",
                          PharmacyBill(GeneratedPerson(person), "h" + id, 100 + i), desk);
      } else {
        const v1::SettleRequest bill =
            BillAway(person, "s" + id, static_cast<int64_t>(1'000 + random() % 250'000));
        // The institution does not wait, and takes back what it does not know.
        if (kind == 4) {
          care.CallMethod("/yijie.v1.SettlementService/Settle", bill.SerializeAsString(),
                          milliseconds(2 + random() % 20));
          UndoByMessage(care, bill, "m" + id, desk);
        }
        SettleAway(care, bill, desk);
      }
    }
  }

  void SettleAway(Client& care, const v1::SettleRequest& bill, Desk* desk) {
    v1::SettleResponse response;
    response.ParseFromString(SendUntilAnswered(care, false, "Settle", bill, desk));
    if (response.settlement().outcome() != v1::SETTLED) {
      ++desk->refused;
      return;
    }
    desk->bills.push_back(bill);
    desk->settled.push_back(response.settlement());
  }

  void UndoByMessage(Client& care, const v1::SettleRequest& bill, const std::string& msgid,
                     Desk* desk) {
    v1::ReverseByMessageRequest undo = UndoOf(bill, msgid);
    undo.set_insuplc_admdvs(kInsuredArea);
    Undo(care, "ReverseByMessage", undo, desk);
  }

  template <typename Request>
  void Undo(Client& care, const std::string& call, const Request& request, Desk* desk) {
    v1::ReverseResponse response;  // that of ReverseByMessage has the same field
    response.ParseFromString(SendUntilAnswered(care, false, call, request, desk));
    response.reversal().outcome() == v1::REVERSED ? ++desk->undone : ++desk->refused;
  }

  template <typename Request>
  std::string SendUntilAnswered(Client& connection, bool at_home, const std::string& call,
                                const Request& request, Desk* desk) {
    Sent sent{at_home, call, request.SerializeAsString(), "", false};
    const auto give_up = steady_clock::now() + GiveUpAfter();
    RawReply reply = connection.Call(call, sent.request);
    while (IsToBeSentAgain(reply.status.error_code()) && steady_clock::now() < give_up) {
      ++desk->retries;
      std::this_thread::sleep_for(milliseconds(20));
      // A connection is made only while somebody waits for it.
      if (reply.status.error_code() == grpc::UNAVAILABLE) connection.Connect();
      reply = connection.Call(call, sent.request);
    }
    sent.answered = reply.status.ok();
    sent.reply = reply.bytes;
    if (!sent.answered) {
      desk->problems.push_back(
          absl::StrCat(call, " ", request.header().msgid(),
                       " has no definite answer: ", reply.status.error_message()));
    }
    desk->sent.push_back(std::move(sent));
    return reply.bytes;
  }

  // --- What is open

  bool NothingOpen() const {
    const auto care = storage::OpenRocksSnapshot(Path("care"));
    const auto home = storage::OpenRocksSnapshot(Path("home"));
    if (!care.ok() || !home.ok()) return false;  // files are being changed: look again
    const auto open = (*care)->ScanRows(engine::kCrossOpenTable, "", "", 1);
    if (!open.ok() || !open->empty()) return false;
    for (int i = 0; i < persons_; ++i) {
      const auto newest = (*home)->LoadLatest(GeneratedPerson(i));
      if (!newest.ok() || !*newest) return false;
      const auto person = engine::ParsePerson(**newest);
      if (!person.ok() || person->rest->cross().has_reservation()) return false;
    }
    return true;
  }

  void AwaitNothingOpen() const {
    const auto give_up = steady_clock::now() + GiveUpAfter();
    while (!NothingOpen()) {
      ASSERT_LT(steady_clock::now(), give_up) << "something stays open";
      std::this_thread::sleep_for(milliseconds(5));
    }
  }

  std::array<Desk, kClients> desks_;
  std::array<int, 3> kills_{};
  std::vector<int64_t> certain_ms_, books_ms_;
  std::atomic<bool> healed_{false};
};

TEST_F(CrossKillTest, AnyPartyMayDieAtAnyMoment) {
  std::mt19937_64 random(SeedOfTest(20261123));
  const int runs = Runs();
  for (int i = 0; i < runs; ++i) {
    SCOPED_TRACE(absl::StrCat("run ", i));
    Run(i, random);
    if (HasFailure()) return;
  }
  PrintFigures(runs);
  EXPECT_GT(settled(), 0);
  ResendAll();
  AwaitEqualBooks();
  StopAllAndAudit();
  ExpectEqualLedgers();
  ExpectNoPersonInLogs();
}

}  // namespace
}  // namespace yijie::e2e
