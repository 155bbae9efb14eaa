// The table of budgets, and which call is of which channel.

#include "engine/budget/budget.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using std::chrono::milliseconds;

TEST(BudgetTest, ReadsWhatItWrites) {
  const auto read = ParseBudgets("pharmacy=30ms,cross-province=5s", kDefaultBudgets);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)[0], milliseconds(30));
  EXPECT_EQ((*read)[1], milliseconds(200));
  EXPECT_EQ((*read)[3], milliseconds(5'000));
  EXPECT_EQ(ToText(kDefaultBudgets),
            "pharmacy=50ms,out-patient=200ms,in-patient=800ms,cross-province=3000ms,other=3000ms");
  EXPECT_EQ(*ParseBudgets(ToText(*read), kNoBudgets), *read);
}

TEST(BudgetTest, NamesThePartThatIsWrong) {
  for (const char* text :
       {"", "pharmacy", "pharmacy=", "pharmacy=50", "pharmacy=0ms", "pharmacy=-1ms", "pharmacy=ms",
        "pharmacy=1.5s", "pharmacy=601s", "pharmacy=600001ms", "pharmacy=99999999999999999999s",
        "chemist=1s", "pharmacy=50ms,", "pharmacy=50ms,,other=1s", " pharmacy=50ms",
        "Pharmacy=50ms"}) {
    const auto read = ParseBudgets(text, kDefaultBudgets);
    EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  const auto read = ParseBudgets("pharmacy=1s,other=5min", kDefaultBudgets);
  EXPECT_TRUE(absl::StrContains(read.status().message(), "\"other=5min\"")) << read.status();
}

Channel ChannelOfSettle(const char* institution, const char* med_type, bool elsewhere = false) {
  Job job;
  job.call = Call::kSettle;
  job.key.institution = institution;
  auto request = std::make_shared<v1::SettleRequest>();
  request->mutable_claim()->set_med_type(med_type);
  job.request = std::move(request);
  return ChannelOf(job, elsewhere);
}

TEST(BudgetTest, ChannelOfABill) {
  EXPECT_EQ(ChannelOfSettle("P41019900001", "41"), Channel::kPharmacy);
  EXPECT_EQ(ChannelOfSettle("P41019900001", "11"), Channel::kPharmacy);
  EXPECT_EQ(ChannelOfSettle("H41019900001", "11"), Channel::kOutpatient);
  EXPECT_EQ(ChannelOfSettle("H41019900001", "51"), Channel::kOutpatient);
  EXPECT_EQ(ChannelOfSettle("H41019900001", "21"), Channel::kInpatient);
  EXPECT_EQ(ChannelOfSettle("H41019900001", "2102"), Channel::kInpatient);
  EXPECT_EQ(ChannelOfSettle("H41019900001", "52"), Channel::kInpatient);
  EXPECT_EQ(ChannelOfSettle("P41019900001", "41", /*elsewhere=*/true), Channel::kCrossProvince);
}

template <typename Request>
Channel ChannelOfCall(Call call, const Request& request) {
  return ChannelOf(*JobOf(call, request), /*elsewhere=*/false);
}

TEST(BudgetTest, ChannelOfOtherCalls) {
  EXPECT_EQ(ChannelOfCall(Call::kReverseByMessage, UndoOf("u", "P1", "m")), Channel::kOutpatient);
  auto undo = UndoOf("u", "P1", "m");
  undo.set_transaction(v1::SETTLE_STAY);
  EXPECT_EQ(ChannelOfCall(Call::kReverseByMessage, undo), Channel::kInpatient);
  EXPECT_EQ(ChannelOfCall(Call::kQueryMessage, QueryOf("m", false)), Channel::kOutpatient);
  EXPECT_EQ(ChannelOfCall(Call::kGetAccount, AccountOf("P1")), Channel::kOutpatient);
  EXPECT_EQ(ChannelOfCall(Call::kCreditAccount, CreditOf("c", "P1", 1)), Channel::kOther);
}

}  // namespace
}  // namespace yijie::engine
