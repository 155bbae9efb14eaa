// kill -9 while relatives pay for each other (个人账户共济). After the last recovery every message
// was applied once, no money is between two persons, and the ledger is clean.
//
//   YIJIE_SEED=n          the same bills and moments
//   YIJIE_FAMILY_KILLS=n  kills; default 12

#include <atomic>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/e2e/e2e_test.h"
#include "yijie/v1/family.pb.h"

namespace yijie::e2e {
namespace {

constexpr int kPersons = 6;

// What one client sent, in order; the last one may have no answer.
struct Sent {
  std::string call;
  std::string request;
  std::string reply;
  bool answered = false;
};

class FamilyKillTest : public E2eTest {
 protected:
  void SetUp() override {
    MakeGeneratedData(data(), kPersons);
    StartServer({"--lanes=3"});
    for (int i = 0; i < kPersons; ++i) {
      // Two have money enough for all; the others have next to none.
      const int64_t fen = i < 2 ? 1'000'000'000 : 100;
      ASSERT_TRUE(client().Send(CreditOf(GeneratedPerson(i), absl::StrCat("c", i), fen)).ok());
      for (int j = 0; j < kPersons; ++j) {
        if (i != j) Bind(i, j);
      }
    }
  }

  void Bind(int giver, int relative) {
    v1::ChangeFamilyBondRequest request;
    request.mutable_header()->set_fixmedins_code(kAgency);
    request.mutable_header()->set_msgid(absl::StrCat("b", giver, ".", relative));
    request.set_psn_no(GeneratedPerson(giver));
    request.set_change(v1::BIND);
    v1::FamilyBond& bond = *request.mutable_bond();
    bond.set_relative_psn_no(GeneratedPerson(relative));
    bond.set_relation(v1::SIBLING);
    bond.set_consent_no("C1");
    bond.set_begndate("2020-01-01");
    bond.set_rank(1 + relative);
    const RawReply reply = client().CallMethod("/yijie.v1.FamilyService/ChangeFamilyBond",
                                               request.SerializeAsString());
    v1::ChangeFamilyBondResponse response;
    ASSERT_TRUE(reply.status.ok() && response.ParseFromString(reply.bytes))
        << reply.status.error_message();
    ASSERT_EQ(response.outcome(), v1::FAMILY_BOND_DONE) << response.reason();
  }

  // One person's bills and undos, until the server is gone.
  void Work(int person, uint64_t seed, int cycle, std::vector<Sent>* sent) {
    std::mt19937_64 random(seed);
    Client connection(server().port());
    for (int i = 0;; ++i) {
      v1::SettleRequest bill =
          PharmacyBill(GeneratedPerson(person), absl::StrCat("f", person, ".", cycle, ".", i),
                       static_cast<int64_t>(1 + random() % 60'000));
      bill.mutable_claim()->set_acct_used_flag(v1::ACCT_FAMILY);
      if (!Send(connection, "Settle", bill.SerializeAsString(), sent)) return;
      if (random() % 2 == 0) continue;
      const auto undo = UndoOf(bill, absl::StrCat("u", person, ".", cycle, ".", i));
      if (!Send(connection, "ReverseByMessage", undo.SerializeAsString(), sent)) return;
    }
  }

  static bool Send(Client& connection, const std::string& call, const std::string& request,
                   std::vector<Sent>* sent) {
    const RawReply reply = connection.Call(call, request);
    sent->push_back({call, request, reply.bytes, reply.status.ok()});
    return reply.status.ok();
  }

  // Sends again what has no answer, and some of what has: the answer is the same.
  void Resend(std::mt19937_64& random) {
    for (std::vector<Sent>& each : sent_) {
      for (Sent& message : each) {
        if (message.answered && random() % 8 != 0) continue;
        const RawReply reply = client().Call(message.call, message.request);
        ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
        if (message.answered) {
          EXPECT_EQ(reply.bytes, message.reply);
        }
        message.answered = true;
        message.reply = reply.bytes;
      }
    }
  }

  std::vector<std::vector<Sent>> sent_ = std::vector<std::vector<Sent>>(kPersons);
};

TEST_F(FamilyKillTest, NoMoneyIsLostBetweenTwoPersons) {
  std::mt19937_64 random(SeedOfTest(20261122));
  const int kills = NumberFromEnvironment("YIJIE_FAMILY_KILLS", 12);
  for (int cycle = 0; cycle < kills; ++cycle) {
    std::vector<std::thread> clients;
    for (int person = 0; person < kPersons; ++person) {
      clients.emplace_back([this, person, cycle, seed = random()] {
        Work(person, seed, cycle, &sent_[static_cast<size_t>(person)]);
      });
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 100));
    server().Kill();
    for (std::thread& each : clients) each.join();
    StartServer({"--lanes=3"});
    Resend(random);
    if (HasFatalFailure()) return;
  }
  Restart();  // in order: what was begun is carried out
  int64_t settled = 0;
  for (const std::vector<Sent>& each : sent_) settled += static_cast<int64_t>(each.size());
  const engine::AuditReport report = EndAndAudit();
  EXPECT_GT(report.family_payments, 0);
  EXPECT_EQ(report.open_holds, 0);
  EXPECT_EQ(report.open_refunds, 0);
  std::printf("%d kills, %lld messages, %lld family payments\n", kills,
              static_cast<long long>(settled), static_cast<long long>(report.family_payments));
}

}  // namespace
}  // namespace yijie::e2e
