// Every call over a real channel, and what the answers must be.

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {
namespace {

class FlowTest : public E2eTest {
 protected:
  void SetUp() override { StartOnSampleData(); }
};

// What rules/tables/sample/README.md says the bills come to, fen, in this order on fresh accounts.
struct SampleResult {
  const char* file;
  int64_t total, deductible, funds, hospital, person, account, cash;
};
constexpr SampleResult kSampleResults[] = {
    {"01-pharmacy-purchase.json", 11060, 0, 0, 0, 11060, 11060, 0},
    {"02-outpatient-changsha.json", 50000, 30000, 7698, 0, 42302, 30940, 11362},
    {"03-inpatient-zhoukou-big-illness.json", 6739600, 90000, 3787583, 0, 2952017, 0, 2952017},
    {"04-inpatient-zhengzhou.json", 523460, 60000, 332777, 0, 190683, 172000, 18683},
    {"05-delivery-hunan.json", 734900, 0, 600000, 0, 134900, 0, 134900},
    {"06-work-injury-inpatient.json", 811400, 0, 769400, 0, 42000, 0, 42000},
    {"07-delivery-beijing-quota.json", 369100, 0, 500000, -134800, 3900, 0, 3900}};

TEST_F(FlowTest, SampleBillsSettleAsTheirReadmeSays) {
  for (const SampleResult& want : kSampleResults) {
    SCOPED_TRACE(want.file);
    const v1::SettleRequest bill = SampleBill(want.file);
    const v1::Amounts a = Settle(bill).amounts();
    EXPECT_EQ(a.medfee_sumamt_fen(), want.total);
    EXPECT_EQ(a.act_pay_dedc_fen(), want.deductible);
    EXPECT_EQ(a.fund_pay_sumamt_fen(), want.funds);
    EXPECT_EQ(a.hosp_part_amt_fen(), want.hospital);
    EXPECT_EQ(a.psn_part_amt_fen(), want.person);
    EXPECT_EQ(a.acct_pay_fen(), want.account);
    EXPECT_EQ(a.psn_cash_pay_fen(), want.cash);
  }
  EXPECT_EQ(EndAndAudit().settled, 7);
}

TEST_F(FlowTest, EveryCallOfTheStubAnswers) {
  v1::SettlementService::Stub& stub = client().stub();
  const v1::SettleRequest bill = SampleBill("02-outpatient-changsha.json");
  const std::string& institution = bill.header().fixmedins_code();
  const std::string& psn_no = bill.claim().psn_no();
  const auto call = [](auto method, const auto& request, auto* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + Client::kDeadline);
    const grpc::Status status = method(&context, request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
  };
  v1::PreSettleResponse pre;
  call([&](auto... a) { return stub.PreSettle(a...); }, PreSettleOf(bill), &pre);
  v1::SettleResponse settled;
  call([&](auto... a) { return stub.Settle(a...); }, bill, &settled);
  const std::string setl_id = settled.settlement().setl_id();
  v1::GetSettlementResponse got;
  call([&](auto... a) { return stub.GetSettlement(a...); },
       GetSettlementOf(institution, psn_no, setl_id), &got);
  EXPECT_EQ(got.settlement().SerializeAsString(), settled.settlement().SerializeAsString());
  v1::QueryMessageResponse query;
  call([&](auto... a) { return stub.QueryMessage(a...); },
       QueryOf(institution, v1::SETTLE, bill.header().msgid()), &query);
  EXPECT_EQ(query.settle().SerializeAsString(), settled.SerializeAsString());
  v1::ReverseResponse reversed;
  call([&](auto... a) { return stub.Reverse(a...); }, ReverseOf(institution, psn_no, setl_id, "r1"),
       &reversed);
  EXPECT_EQ(reversed.reversal().outcome(), v1::REVERSED);
  v1::ReverseByMessageResponse undone;
  call([&](auto... a) { return stub.ReverseByMessage(a...); }, UndoOf(bill, "u1"), &undone);
  EXPECT_EQ(undone.reversal().outcome(), v1::ALREADY_REVERSED);
  v1::CreditAccountResponse credited;
  call([&](auto... a) { return stub.CreditAccount(a...); }, CreditOf(psn_no, "c1", 5), &credited);
  EXPECT_EQ(credited.balc_fen(), credited.balc_before_fen() + 5);
  v1::GetAccountResponse account;
  call([&](auto... a) { return stub.GetAccount(a...); }, GetAccountOf(psn_no), &account);
  EXPECT_EQ(account.version(), credited.version());
  v1::ListPostingsRequest list;
  list.set_psn_no(psn_no);
  v1::ListPostingsResponse postings;
  call([&](auto... a) { return stub.ListPostings(a...); }, list, &postings);
  EXPECT_EQ(postings.posting_size(), 5);  // two opening credits, settlement, reversal, credit
}

TEST_F(FlowTest, HealthAnswersServing) {
  // HealthCheckResponse with status = SERVING, by hand: the message is not in Debian's headers.
  const RawReply reply = client().CallMethod("/grpc.health.v1.Health/Check", "");
  ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
  EXPECT_EQ(reply.bytes, std::string("\x08\x01"));
}

TEST_F(FlowTest, ReflectionListsTheService) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + Client::kDeadline);
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  auto call = client().generic().PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  ASSERT_TRUE(next());
  const grpc::Slice list_services("\x3a\x01*");  // list_services = "*"
  call->Write(grpc::ByteBuffer(&list_services, 1), nullptr);
  ASSERT_TRUE(next());
  grpc::ByteBuffer reply;
  call->Read(&reply, nullptr);
  ASSERT_TRUE(next());
  grpc::Slice slice;
  ASSERT_TRUE(reply.DumpToSingleSlice(&slice).ok());
  const std::string names(reinterpret_cast<const char*>(slice.begin()), slice.size());
  EXPECT_TRUE(absl::StrContains(names, "yijie.v1.SettlementService"));
  EXPECT_TRUE(absl::StrContains(names, "grpc.health.v1.Health"));
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  next();
  queue.Shutdown();
  while (next()) {
  }
}

TEST_F(FlowTest, PreSettleSaysWhatSettleDoesAndChangesNothing) {
  for (const SampleResult& sample : kSampleResults) {
    SCOPED_TRACE(sample.file);
    const v1::SettleRequest bill = SampleBill(sample.file);
    const std::string& psn_no = bill.claim().psn_no();
    const v1::GetAccountResponse before = Account(psn_no);
    const size_t postings = Postings(psn_no).size();
    v1::Settlement pre;
    for (int i = 0; i < 3; ++i) {
      const auto answer = client().Send(PreSettleOf(bill));
      ASSERT_TRUE(answer.ok()) << answer.status.error_message();
      if (i > 0) {
        EXPECT_EQ(answer->settlement().amounts().SerializeAsString(),
                  pre.amounts().SerializeAsString());
      }
      pre = answer->settlement();
    }
    EXPECT_EQ(Account(psn_no).SerializeAsString(), before.SerializeAsString());
    EXPECT_EQ(Postings(psn_no).size(), postings);
    ExpectNone(SettlementProblems(pre, bill.claim()));
    EXPECT_TRUE(pre.setl_id().empty());
    EXPECT_EQ(pre.version(), before.version());
    v1::Settlement settled = Settle(bill);
    EXPECT_EQ(settled.version(), before.version() + 1);
    for (v1::Settlement* s : {&pre, &settled}) {
      s->clear_setl_id();
      s->clear_medins_setl_id();
      s->clear_setlym();
      s->clear_version();
      s->clear_setl_time();
    }
    EXPECT_EQ(pre.SerializeAsString(), settled.SerializeAsString());
  }
}

TEST_F(FlowTest, SettlementsAreSeenByTheirInstitutionOnly) {
  const v1::SettleRequest bill = SampleBill("02-outpatient-changsha.json");
  const v1::Settlement settled = Settle(bill);
  const std::string& psn_no = bill.claim().psn_no();
  const auto other = client().Send(GetSettlementOf(kPharmacy, psn_no, settled.setl_id()));
  EXPECT_EQ(other.status.error_code(), grpc::NOT_FOUND);
  EXPECT_TRUE(absl::StartsWith(other.status.error_message(), "setl_id:"));
  // Exactly what is said about an id that does not exist.
  std::string no_such = settled.setl_id();
  no_such.back() = no_such.back() == '7' ? '8' : '7';
  const auto none = client().Send(GetSettlementOf(kPharmacy, psn_no, no_such));
  EXPECT_EQ(none.status.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(none.status.error_message(), other.status.error_message())
      << "the answer tells whether the settlement exists";
  const auto other_person =
      client().Send(GetSettlementOf(kHospital, "S4301000002", settled.setl_id()));
  EXPECT_EQ(other_person.status.error_code(), grpc::NOT_FOUND);
  // Nor may another undo it.
  const auto undo = client().Send(ReverseOf(kPharmacy, psn_no, settled.setl_id(), "x1"));
  ASSERT_TRUE(undo.ok());
  EXPECT_EQ(undo->reversal().outcome(), v1::NO_SUCH_SETTLEMENT);
  const auto own = client().Send(GetSettlementOf(kHospital, psn_no, settled.setl_id()));
  ASSERT_TRUE(own.ok());
  EXPECT_FALSE(own->reversed());
}

TEST_F(FlowTest, PostingsComeInPages) {
  const std::string psn_no = "S4301000003";
  for (int i = 0; i < 23; ++i) {
    Settle(PharmacyBill(psn_no, absl::StrCat("p", i), 100 + i));
  }
  const std::vector<v1::Posting> all = Postings(psn_no);
  ASSERT_EQ(all.size(), 25U);  // and two opening credits
  int64_t balance = 0;
  for (const v1::Posting& posting : all) {
    balance += posting.amount_fen();
    EXPECT_EQ(posting.balc_fen(), balance);
  }
  EXPECT_EQ(Account(psn_no).balc_fen(), balance);
  for (const int page_size : {1, 7, 24, 25, 26}) {
    SCOPED_TRACE(page_size);
    std::vector<std::string> paged;
    v1::ListPostingsRequest request;
    request.set_psn_no(psn_no);
    request.set_page_size(page_size);
    bool more = true;
    while (more) {
      const auto answer = client().Send(request);
      ASSERT_TRUE(answer.ok()) << answer.status.error_message();
      ASSERT_GT(answer->posting_size(), 0);
      for (const v1::Posting& posting : answer->posting()) {
        paged.push_back(posting.SerializeAsString());
      }
      more = answer->more();
      EXPECT_TRUE(!more || answer->posting_size() == page_size);
      request.set_after_version(answer->posting().rbegin()->version());
    }
    ASSERT_EQ(paged.size(), all.size());
    for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(paged[i], all[i].SerializeAsString());
  }
}

TEST_F(FlowTest, LongHistoriesComeInPages) {
  const std::string psn_no = "S4301000005";
  constexpr int kPostings = 1030;
  for (int i = 0; i < kPostings; ++i) {
    ASSERT_TRUE(client().Send(CreditOf(psn_no, absl::StrCat("h", i), 1)).ok());
  }
  std::set<int64_t> versions;
  v1::ListPostingsRequest request;
  request.set_psn_no(psn_no);
  for (const size_t want : {100, 200}) {  // 0 means 100
    const auto answer = client().Send(request);
    ASSERT_TRUE(answer.ok());
    EXPECT_TRUE(answer->more());
    for (const v1::Posting& posting : answer->posting()) versions.insert(posting.version());
    EXPECT_EQ(versions.size(), want);
    request.set_after_version(*versions.rbegin());
  }
  request.set_page_size(1000);
  const auto rest = client().Send(request);
  ASSERT_TRUE(rest.ok());
  EXPECT_FALSE(rest->more());
  for (const v1::Posting& posting : rest->posting()) versions.insert(posting.version());
  EXPECT_EQ(versions.size(), kPostings + 1U);  // and the opening credit
}

TEST_F(FlowTest, CreditsGoToTheirSubAccount) {
  const std::string psn_no = "S4301000004";  // suspended: may not settle, may be credited
  EXPECT_EQ(Account(psn_no).balc_fen(), 0);
  v1::CreditAccountRequest request = CreditOf(psn_no, "c1", 123);
  const auto current = client().Send(request);
  ASSERT_TRUE(current.ok()) << current.status.error_message();
  EXPECT_EQ(current->balc_before_fen(), 0);
  EXPECT_EQ(current->balc_fen(), 123);
  request.mutable_header()->set_msgid("c2");
  request.set_sub_account(v1::PAST_YEARS);
  request.set_amount_fen(1'000'000'000'000);  // the most there is
  const auto past = client().Send(request);
  ASSERT_TRUE(past.ok()) << past.status.error_message();
  EXPECT_EQ(past->version(), current->version() + 1);
  EXPECT_EQ(past->post_time().size(), std::string("2026-01-01T00:00:00+08:00").size());
  const v1::GetAccountResponse account = Account(psn_no);
  ASSERT_EQ(account.sub_balance_size(), 2);
  EXPECT_EQ(account.sub_balance(0).sub_account(), v1::CURRENT_YEAR);
  EXPECT_EQ(account.sub_balance(0).balc_fen(), 123);
  EXPECT_EQ(account.sub_balance(1).sub_account(), v1::PAST_YEARS);
  EXPECT_EQ(account.sub_balance(1).balc_fen(), 1'000'000'000'000);
  EXPECT_EQ(account.version(), past->version());
  EXPECT_TRUE(EndAndAudit().clean());
}

}  // namespace
}  // namespace yijie::e2e
