// One message id, one effect, one answer: later, concurrently, after a restart and after a kill.

#include <functional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {
namespace {

constexpr char kPerson[] = "S4301000003";

// A message as bytes, with what a resend must be answered.
struct Message {
  std::string name;
  std::string call;
  std::string request;
  std::string reply;
};

template <typename Request>
Message MessageOf(const std::string& name, const Request& request) {
  return {name, CallOf<Request>::kName, request.SerializeAsString(), ""};
}

// Calls `function` with 0...count-1 at once.
void Together(int count, const std::function<void(int)>& function) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back(function, i);
  for (std::thread& thread : threads) thread.join();
}

class IdempotencyTest : public E2eTest {
 protected:
  void SetUp() override { StartOnSampleData(); }

  // One message of each kind of answer. `tag` makes the ids new.
  std::vector<Message> MakeMessages(const std::string& tag) {
    const auto id = [&tag](absl::string_view name) { return absl::StrCat(tag, name); };
    const v1::SettleRequest by_id = OutpatientBill(kPerson, id("o1"), 60'000);
    const v1::Settlement settled = Settle(by_id);
    const v1::SettleRequest by_message = PharmacyBill(kPerson, id("o2"), 700);
    Settle(by_message);
    v1::SettleRequest refused = OutpatientBill(kPerson, id("m2"), 50'000);
    refused.mutable_claim()->set_med_type("99");
    const v1::SettleRequest never = PharmacyBill(kPerson, id("never"), 1);
    return {MessageOf("purchase", PharmacyBill(kPerson, id("m1"), 1234)),
            MessageOf("refused", refused),
            MessageOf("reversal",
                      ReverseOf(settled.fixmedins_code(), kPerson, settled.setl_id(), id("m3"))),
            MessageOf("reversal, done before",
                      ReverseOf(settled.fixmedins_code(), kPerson, settled.setl_id(), id("m4"))),
            MessageOf("undo", UndoOf(by_message, id("m5"))),
            MessageOf("undo before arrival", UndoOf(never, id("m6"))),
            MessageOf("original of it", never),
            MessageOf("visit", OutpatientBill(kPerson, id("m7"), 80'000)),
            MessageOf("credit", CreditOf(kPerson, id("m8"), 55))};
  }

  void SendAll(std::vector<Message>* messages) {
    for (Message& message : *messages) {
      const RawReply reply = client().Call(message.call, message.request);
      ASSERT_TRUE(reply.status.ok()) << message.name << reply.status.error_message();
      message.reply = reply.bytes;
    }
  }

  void ExpectSameAnswers(const std::vector<Message>& messages) {
    const v1::GetAccountResponse account = Account(kPerson);
    for (const Message& message : messages) {
      const RawReply reply = client().Call(message.call, message.request);
      EXPECT_TRUE(reply.status.ok()) << message.name << reply.status.error_message();
      EXPECT_EQ(reply.bytes, message.reply) << message.name;
    }
    EXPECT_EQ(Account(kPerson).SerializeAsString(), account.SerializeAsString());
  }
};

TEST_F(IdempotencyTest, SameAnswerLaterAndAfterRestarts) {
  std::vector<Message> messages = MakeMessages("a");
  SendAll(&messages);
  ExpectSameAnswers(messages);
  for (int i = 0; i < 20; ++i) Settle(PharmacyBill(kPerson, absl::StrCat("between", i), 10 + i));
  ExpectSameAnswers(messages);
  Restart();
  ExpectSameAnswers(messages);
  std::vector<Message> more = MakeMessages("b");
  SendAll(&more);
  KillAndRestart();
  ExpectSameAnswers(messages);
  ExpectSameAnswers(more);
  EXPECT_TRUE(EndAndAudit().clean());
}

TEST_F(IdempotencyTest, SixteenCopiesAtOnceAreOne) {
  constexpr int kCopies = 16;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kCopies; ++i) {
    clients.push_back(std::make_unique<Client>(server().port()));
    ASSERT_TRUE(clients.back()->Connect());
  }
  int64_t moves = 0;
  for (int round = 0; round < 5; ++round) {
    for (const Message& message : MakeMessages(absl::StrCat("r", round))) {
      SCOPED_TRACE(message.name);
      const int64_t version = Account(kPerson).version();
      std::vector<RawReply> replies(kCopies);
      Together(kCopies, [&](int i) {
        replies[static_cast<size_t>(i)] =
            clients[static_cast<size_t>(i)]->Call(message.call, message.request);
      });
      for (const RawReply& reply : replies) {
        EXPECT_TRUE(reply.status.ok()) << reply.status.error_message();
        EXPECT_EQ(reply.bytes, replies[0].bytes);
      }
      const int64_t moved = Account(kPerson).version() - version;
      EXPECT_LE(moved, 1);
      moves += moved;
    }
  }
  EXPECT_EQ(moves, 5 * 5);  // two settlements, two undos and a credit in each round
  EXPECT_TRUE(EndAndAudit().clean());
}

// A change of a message, and the field that ALREADY_EXISTS must name.
struct OtherBody {
  Message message;
  std::string field;
};

template <typename Request>
OtherBody Other(const std::string& field, Request request,
                const std::function<void(Request*)>& change) {
  change(&request);
  return {MessageOf(field, request), field};
}

std::vector<OtherBody> OtherSettles(const v1::SettleRequest& bill) {
  using Change = std::function<void(v1::SettleRequest*)>;
  const std::vector<std::pair<std::string, Change>> changes = {
      {"header.opter", [](auto* r) { r->mutable_header()->set_opter("other"); }},
      {"claim.psn_no", [](auto* r) { r->mutable_claim()->set_psn_no("S4301000002"); }},
      {"claim.psn_no", [](auto* r) { r->mutable_claim()->set_psn_no("NOBODY"); }},
      {"claim.insutype", [](auto* r) { r->mutable_claim()->set_insutype("390"); }},
      {"claim.med_type", [](auto* r) { r->mutable_claim()->set_med_type("11"); }},
      {"claim.mdtrt_id", [](auto* r) { r->mutable_claim()->set_mdtrt_id("OTHER"); }},
      {"claim.begndate", [](auto* r) { r->mutable_claim()->set_begndate("2026-05-31"); }},
      {"claim.enddate", [](auto* r) { r->mutable_claim()->set_enddate("2026-06-02"); }},
      {"claim.medfee_sumamt_fen",
       [](auto* r) {
         v1::FeeLine line = r->claim().fee_line(0);
         line.set_feedetl_sn("2");
         *r->mutable_claim()->add_fee_line() = line;
         r->mutable_claim()->set_medfee_sumamt_fen(2 * line.det_item_fee_sumamt_fen());
       }},
      {"claim.acct_used_flag",
       [](auto* r) { r->mutable_claim()->set_acct_used_flag(v1::ACCT_NOT_USED); }},
      {"claim.rel_ttp_flag", [](auto* r) { r->mutable_claim()->set_rel_ttp_flag(true); }},
      {"claim.delivery", [](auto* r) { r->mutable_claim()->mutable_delivery()->set_fetus_cnt(1); }},
      {"claim.fee_line[0].feedetl_sn",
       [](auto* r) { r->mutable_claim()->mutable_fee_line(0)->set_feedetl_sn("9"); }},
      {"claim.fee_line[0].outside_restriction",
       [](auto* r) { r->mutable_claim()->mutable_fee_line(0)->set_outside_restriction(true); }}};
  std::vector<OtherBody> others;
  for (const auto& [field, change] : changes) {
    others.push_back(Other<v1::SettleRequest>(field, bill, change));
  }
  return others;
}

class OtherBodyTest : public IdempotencyTest {
 protected:
  void ExpectAlreadyExists(const std::vector<OtherBody>& others) {
    for (const OtherBody& other : others) {
      const RawReply reply = client().Call(other.message.call, other.message.request);
      EXPECT_EQ(reply.status.error_code(), grpc::ALREADY_EXISTS) << other.field;
      EXPECT_TRUE(absl::StartsWith(reply.status.error_message(), absl::StrCat(other.field, ": ")))
          << other.field << " but: " << reply.status.error_message();
    }
  }
};

TEST_F(OtherBodyTest, IsRefusedAndNamesTheField) {
  const v1::SettleRequest bill = PharmacyBill(kPerson, "m1", 1234);
  const v1::Settlement settled = Settle(bill);
  const v1::CreditAccountRequest credit = CreditOf(kPerson, "c1", 55);
  ASSERT_TRUE(client().Send(credit).ok());
  const v1::ReverseRequest reverse = ReverseOf(kPharmacy, kPerson, settled.setl_id(), "r1");
  ASSERT_TRUE(client().Send(reverse).ok());
  const v1::ReverseByMessageRequest undo = UndoOf(bill, "u1");
  ASSERT_TRUE(client().Send(undo).ok());
  std::vector<OtherBody> others = OtherSettles(bill);
  using Credit = v1::CreditAccountRequest;
  others.push_back(Other<Credit>("amount_fen", credit, [](auto* r) { r->set_amount_fen(56); }));
  others.push_back(Other<Credit>("memo", credit, [](auto* r) { r->set_memo("x"); }));
  others.push_back(Other<Credit>("psn_no", credit, [](auto* r) { r->set_psn_no("S4301000002"); }));
  others.push_back(
      Other<Credit>("sub_account", credit, [](auto* r) { r->set_sub_account(v1::PAST_YEARS); }));
  const std::string other_id = std::string(29, '0') + "1";
  others.push_back(
      Other<v1::ReverseRequest>("setl_id", reverse, [&](auto* r) { r->set_setl_id(other_id); }));
  others.push_back(
      Other<v1::ReverseByMessageRequest>("omsgid", undo, [](auto* r) { r->set_omsgid("other"); }));
  ExpectAlreadyExists(others);
  // The id of one call is free for the others.
  EXPECT_TRUE(client().Send(CreditOf(kPerson, "m1", 5)).ok());
  const v1::GetAccountResponse account = Account(kPerson);
  Restart();
  ExpectAlreadyExists(others);
  KillAndRestart();
  ExpectAlreadyExists(others);
  EXPECT_EQ(Account(kPerson).SerializeAsString(), account.SerializeAsString());
  // None of them left a trace: the 冲正 of "other" was refused, so "other" is free.
  Settle(PharmacyBill(kPerson, "other", 10));
  EXPECT_EQ(EndAndAudit().settled, 2);
}

TEST_F(OtherBodyTest, AtOnceWithTheOriginalOneOfThemWins) {
  Client second(server().port());
  ASSERT_TRUE(second.Connect());
  int first_won = 0;
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    const std::string msgid = absl::StrCat("m", round);
    const v1::SettleRequest bill = PharmacyBill(kPerson, msgid, 100);
    v1::SettleRequest other = bill;
    other.mutable_claim()->set_mdtrt_id("OTHER");
    const int64_t version = Account(kPerson).version();
    Answer<v1::SettleResponse> answers[2];
    Together(2, [&](int i) { answers[i] = i == 0 ? client().Send(bill) : second.Send(other); });
    const int winner = answers[0].ok() ? 0 : 1;
    first_won += winner == 0 ? 1 : 0;
    EXPECT_TRUE(answers[winner].ok()) << answers[winner].status.error_message();
    EXPECT_EQ(answers[1 - winner].status.error_code(), grpc::ALREADY_EXISTS);
    EXPECT_TRUE(absl::StartsWith(answers[1 - winner].status.error_message(), "claim.mdtrt_id: "))
        << answers[1 - winner].status.error_message();
    EXPECT_EQ(Account(kPerson).version(), version + 1);
  }
  RecordProperty("first_won", first_won);
  EXPECT_EQ(EndAndAudit().settled, kRounds);
}

// A refusal is final though its reason goes while the engine is down.
TEST_F(IdempotencyTest, RefusedStaysRefused) {
  constexpr char kSuspended[] = "S4301000004";
  const v1::SettleRequest suspended = OutpatientBill(kSuspended, "m1", 60'000);
  v1::SettleRequest uninsured = OutpatientBill(kSuspended, "m2", 60'000);
  uninsured.mutable_claim()->set_insutype("390");
  uninsured.mutable_claim()->set_begndate("2025-06-01");
  v1::SettleRequest unknown = OutpatientBill(GeneratedPerson(0), "m3", 60'000);
  const auto first = client().Send(suspended);
  EXPECT_EQ(first->settlement().outcome(), v1::COVERAGE_NOT_NORMAL);
  const auto second = client().Send(uninsured);
  EXPECT_EQ(second->settlement().outcome(), v1::NOT_INSURED);
  const auto third = client().Send(unknown);
  EXPECT_EQ(third.status.error_code(), grpc::NOT_FOUND);
  Stop();
  const std::string file = folder().Path("persons.csv");
  const std::string row = absl::StrCat(kSuspended, ",样例丁,01,999999197911111044,2,1979-11-11,0,");
  WriteFile(file, absl::StrCat(PersonsCsv(0, 1), row, "310,11,430199,2026-01-01,,1,,,,\n", row,
                               "390,15,430199,2005-01-01,2025-12-31,1,,,,\n"));
  Load(data(), "persons", file);
  StartServer();
  EXPECT_EQ(client().Send(suspended).bytes, first.bytes);
  EXPECT_EQ(client().Send(uninsured).bytes, second.bytes);
  v1::SettleRequest again = suspended;
  again.mutable_header()->set_msgid("m4");
  Settle(again);
  again = uninsured;
  again.mutable_header()->set_msgid("m5");
  // Now insured, but by a scheme whose tables lack the figures.
  EXPECT_EQ(client().Send(again)->settlement().outcome(), v1::POLICY_INCOMPLETE);
  // A call that ended with an error is no answer: nothing was kept of it.
  Settle(unknown);
  EXPECT_EQ(EndAndAudit().settled, 2);
}

}  // namespace
}  // namespace yijie::e2e
