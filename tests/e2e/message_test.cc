// What became of a message: QueryMessage, fences, and 冲正 that races with its original.

#include <random>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {
namespace {

constexpr char kPerson[] = "S4301000003";

class MessageTest : public E2eTest {
 protected:
  void SetUp() override { StartOnSampleData(); }

  v1::QueryMessageResponse QueryOnce(const v1::SettleRequest& bill, bool fence = false) {
    const auto answer = client().Send(
        QueryOf(bill.header().fixmedins_code(), v1::SETTLE, bill.header().msgid(), fence));
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    return answer.response;
  }

  // Asks again while the message is in progress.
  v1::QueryMessageResponse Query(const v1::SettleRequest& bill, bool fence = false) {
    v1::QueryMessageResponse response = QueryOnce(bill, fence);
    while (response.state() == v1::IN_PROGRESS) response = QueryOnce(bill, fence);
    return response;
  }
};

TEST_F(MessageTest, QueryAndFence) {
  const v1::SettleRequest bill = PharmacyBill(kPerson, "m1", 100);
  EXPECT_EQ(Query(bill).state(), v1::NEVER_SEEN);
  EXPECT_EQ(Query(bill).state(), v1::NEVER_SEEN) << "a query without fence closes nothing";
  const v1::Settlement settled = Settle(bill);
  v1::QueryMessageResponse answered = Query(bill);
  EXPECT_EQ(answered.state(), v1::ANSWERED);
  EXPECT_EQ(answered.settle().settlement().SerializeAsString(), settled.SerializeAsString());
  EXPECT_FALSE(answered.reversed());
  EXPECT_EQ(Query(bill, true).SerializeAsString(), answered.SerializeAsString());
  ASSERT_TRUE(client().Send(UndoOf(bill, "u1")).ok());
  answered = Query(bill);
  EXPECT_EQ(answered.state(), v1::ANSWERED);
  EXPECT_TRUE(answered.reversed());

  const v1::SettleRequest fenced = PharmacyBill(kPerson, "m2", 100);
  EXPECT_EQ(Query(fenced, true).state(), v1::NEVER_SEEN);
  EXPECT_EQ(Query(fenced).state(), v1::CLOSED);
  EXPECT_EQ(Query(fenced, true).state(), v1::CLOSED);
  KillAndRestart();
  EXPECT_EQ(Query(fenced).state(), v1::CLOSED);
  EXPECT_EQ(client().Send(fenced)->settlement().outcome(), v1::REVERSED_BEFORE_ARRIVAL);
  EXPECT_EQ(client().Send(UndoOf(fenced, "u2"))->reversal().outcome(), v1::NOTHING_TO_REVERSE);

  v1::SettleRequest refused = PharmacyBill(kPerson, "m3", 100);
  refused.mutable_claim()->set_med_type("99");
  const auto refusal = client().Send(refused);
  EXPECT_EQ(Query(refused, true).settle().SerializeAsString(), refusal.bytes);
  // An institution learns nothing of the ids of others.
  EXPECT_EQ(client().Send(QueryOf(kHospital, v1::SETTLE, "m1"))->state(), v1::NEVER_SEEN);
  EXPECT_EQ(EndAndAudit().settled, 1);
}

TEST_F(MessageTest, QueryOfEveryCall) {
  const v1::SettleRequest bill = PharmacyBill(kPerson, "m1", 100);
  const v1::Settlement settled = Settle(bill);
  const auto undo = client().Send(UndoOf(bill, "m1"));
  const auto reverse = client().Send(ReverseOf(kPharmacy, kPerson, settled.setl_id(), "m1"));
  const auto credit = client().Send(CreditOf(kPerson, "m1", 5));
  ASSERT_TRUE(undo.ok() && reverse.ok() && credit.ok());
  const auto query = [this](absl::string_view institution, v1::Transaction transaction) {
    auto answer = client().Send(QueryOf(institution, transaction, "m1"));
    while (answer->state() == v1::IN_PROGRESS) {
      answer = client().Send(QueryOf(institution, transaction, "m1"));
    }
    return answer;
  };
  EXPECT_EQ(query(kPharmacy, v1::REVERSE_BY_MESSAGE)->reverse_by_message().SerializeAsString(),
            undo.bytes);
  EXPECT_EQ(query(kPharmacy, v1::REVERSE)->reverse().SerializeAsString(), reverse.bytes);
  const auto of_agency = client().Send(QueryOf(kAgency, v1::CREDIT_ACCOUNT, "m1"));
  EXPECT_EQ(of_agency.status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_TRUE(absl::StartsWith(of_agency.status.error_message(), "transaction:"));
  for (const v1::Transaction transaction : {v1::REVERSE, v1::REVERSE_BY_MESSAGE}) {
    const auto fence = client().Send(QueryOf(kPharmacy, transaction, "m2", /*fence=*/true));
    EXPECT_EQ(fence.status.error_code(), grpc::INVALID_ARGUMENT);
    EXPECT_TRUE(absl::StartsWith(fence.status.error_message(), "fence:"));
  }
}

// A settlement is seen as never seen, then in progress, then answered, and never goes back.
TEST_F(MessageTest, InProgress) {
  Client settler(server().port());
  ASSERT_TRUE(settler.Connect());
  ASSERT_TRUE(client().Connect());
  int in_progress = 0;
  constexpr int kMostRounds = 2000;
  for (int round = 0; round < kMostRounds && in_progress < 3; ++round) {
    const v1::SettleRequest bill = PharmacyBill(kPerson, absl::StrCat("m", round), 10);
    Answer<v1::SettleResponse> settled;
    std::thread thread([&] { settled = settler.Send(bill); });
    int last = v1::NEVER_SEEN;
    while (last != v1::ANSWERED) {
      const v1::QueryMessageResponse response = QueryOnce(bill);
      if (response.state() < last) {
        ADD_FAILURE() << "went back from " << last << " to " << response.state();
        break;
      }
      last = response.state();
      in_progress += last == v1::IN_PROGRESS ? 1 : 0;
      EXPECT_EQ(response.reply_case() != v1::QueryMessageResponse::REPLY_NOT_SET,
                last == v1::ANSWERED);
    }
    thread.join();
    EXPECT_EQ(Query(bill).settle().SerializeAsString(), settled.bytes);
  }
  EXPECT_GT(in_progress, 0);
}

// Who has the answer is not told that the message is still being worked on.
TEST_F(MessageTest, AnsweredIsNotInProgress) {
  int in_progress = 0;
  for (int i = 0; i < 300; ++i) {
    const v1::SettleRequest bill = PharmacyBill(kPerson, absl::StrCat("m", i), 10);
    ASSERT_TRUE(client().Send(bill).ok());
    in_progress += QueryOnce(bill).state() == v1::IN_PROGRESS ? 1 : 0;
  }
  EXPECT_EQ(in_progress, 0) << "of 300 answered messages";
}

class RaceTest : public MessageTest {
 protected:
  // Runs both at once, one of them up to 3 ms later.
  template <typename A, typename B>
  void Race(A a, B b) {
    std::uniform_int_distribution<int> microseconds(0, 3000);
    const std::chrono::microseconds delay(microseconds(random_));
    const bool a_first = microseconds(random_) % 2 == 0;
    std::thread thread([&] {
      if (!a_first) std::this_thread::sleep_for(delay);
      a();
    });
    if (a_first) std::this_thread::sleep_for(delay);
    b();
    thread.join();
  }

  std::mt19937_64 random_{SeedOfTest(20261121)};
};

TEST_F(RaceTest, UndoAtOnceWithItsOriginal) {
  Client second(server().port());
  ASSERT_TRUE(second.Connect());
  int never_applied = 0;
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    const v1::SettleRequest bill = OutpatientBill(kPerson, absl::StrCat("m", round), 60'000);
    const v1::GetAccountResponse before = Account(kPerson);
    Answer<v1::SettleResponse> settle;
    Answer<v1::ReverseByMessageResponse> undo;
    Race([&] { settle = client().Send(bill); },
         [&] { undo = second.Send(UndoOf(bill, absl::StrCat("u", round))); });
    ASSERT_TRUE(settle.ok()) << settle.status.error_message();
    ASSERT_TRUE(undo.ok()) << undo.status.error_message();
    const v1::GetAccountResponse after = Account(kPerson);
    EXPECT_EQ(after.balc_fen(), before.balc_fen());
    if (settle->settlement().outcome() == v1::SETTLED) {
      ExpectNone(ReversalProblems(undo->reversal(), settle->settlement()));
      EXPECT_EQ(after.version(), before.version() + 2);
      EXPECT_TRUE(Query(bill).reversed());
    } else {
      ++never_applied;
      EXPECT_EQ(settle->settlement().outcome(), v1::REVERSED_BEFORE_ARRIVAL);
      EXPECT_EQ(undo->reversal().outcome(), v1::NOTHING_TO_REVERSE);
      EXPECT_EQ(after.version(), before.version());
      EXPECT_EQ(Query(bill).state(), v1::CLOSED);
    }
  }
  std::cout << never_applied << " of " << kRounds << " never applied\n";
  EXPECT_EQ(EndAndAudit().reversed, kRounds - never_applied);
}

// A fence at once with the message: never seen and never applied, or answered.
TEST_F(RaceTest, FenceAtOnceWithTheMessage) {
  Client second(server().port());
  ASSERT_TRUE(second.Connect());
  int fenced = 0;
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    const v1::SettleRequest bill = PharmacyBill(kPerson, absl::StrCat("m", round), 10);
    Answer<v1::SettleResponse> settle;
    v1::QueryMessageResponse fence;
    Race([&] { settle = second.Send(bill); }, [&] { fence = Query(bill, /*fence=*/true); });
    ASSERT_TRUE(settle.ok()) << settle.status.error_message();
    if (settle->settlement().outcome() == v1::SETTLED) {
      EXPECT_EQ(fence.state(), v1::ANSWERED);
      EXPECT_EQ(fence.settle().SerializeAsString(), settle.bytes);
    } else {
      ++fenced;
      EXPECT_EQ(settle->settlement().outcome(), v1::REVERSED_BEFORE_ARRIVAL);
      // CLOSED if a first fence was in progress when this one asked.
      EXPECT_TRUE(fence.state() == v1::NEVER_SEEN || fence.state() == v1::CLOSED);
    }
  }
  std::cout << fenced << " of " << kRounds << " fenced\n";
  EXPECT_EQ(EndAndAudit().settled, kRounds - fenced);
}

}  // namespace
}  // namespace yijie::e2e
