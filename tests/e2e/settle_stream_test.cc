// `yijie settle --stream`: files of bills over one stream.

#include <google/protobuf/util/json_util.h>

#include <csignal>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {
namespace {

constexpr int kPersons = 20;

std::string LineOf(const v1::SettleRequest& bill) {
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(bill, &json).ok());
  return json + "\n";
}

class SettleStreamTest : public E2eTest {
 protected:
  void SetUp() override {
    MakeGeneratedData(data(), kPersons);
    SetListen(address_);
    StartServer();
  }

  CommandResult SettleFile(const std::string& file) {
    return RunYijie({"settle", "--stream", "--server", address_, file});
  }
  // `count` bills of all persons in turn.
  std::string Bills(int count) const {
    std::string lines;
    for (int i = 0; i < count; ++i)
      lines += LineOf(PharmacyBill(GeneratedPerson(i % kPersons), absl::StrCat("b", i), 10 + i));
    return lines;
  }
  std::string FileWith(const std::string& text) {
    const std::string file = folder().Path("bills.ndjson");
    WriteFile(file, text);
    return file;
  }

 private:
  const std::string address_ = absl::StrCat("127.0.0.1:", FreePort());
};

// The answers printed, by message id.
std::map<std::string, v1::StreamedAnswer> AnswersIn(const std::string& output) {
  std::map<std::string, v1::StreamedAnswer> answers;
  for (const absl::string_view line : absl::StrSplit(output, '\n')) {
    if (!absl::StartsWith(line, "{")) continue;
    v1::StreamedAnswer answer;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(std::string(line), &answer).ok());
    answer.clear_timing();
    const std::string msgid = answer.msgid();
    EXPECT_TRUE(answers.emplace(msgid, std::move(answer)).second) << msgid;
  }
  return answers;
}

TEST_F(SettleStreamTest, AFileIsSettledOnce) {
  constexpr int kBills = 500;
  const std::string file = FileWith(Bills(kBills));
  const CommandResult first = SettleFile(file);
  EXPECT_EQ(first.exit_code, 0) << first.output;
  EXPECT_TRUE(absl::StrContains(first.output, "500 settled, 0 refused, 0 malformed or failed"));
  const auto answers = AnswersIn(first.output);
  ASSERT_EQ(answers.size(), static_cast<size_t>(kBills));
  const auto again = AnswersIn(SettleFile(file).output);
  for (const auto& [msgid, answer] : answers) {
    EXPECT_EQ(answer.reply().settlement().outcome(), v1::SETTLED);
    EXPECT_EQ(again.at(msgid).SerializeAsString(), answer.SerializeAsString());
  }
  EXPECT_EQ(EndAndAudit().settled, kBills);
}

TEST_F(SettleStreamTest, RefusedAndMalformedBillsAreTold) {
  v1::SettleRequest malformed = PharmacyBill(GeneratedPerson(0), "bad", 10);
  malformed.mutable_claim()->mutable_fee_line(0)->set_cnt_1e4(-1);
  v1::SettleRequest refused = PharmacyBill(GeneratedPerson(0), "no", 10);
  refused.mutable_claim()->set_med_type("99");
  const CommandResult result =
      SettleFile(FileWith(Bills(3) + LineOf(malformed) + "\n" + LineOf(refused)));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(result.output, "3 settled, 1 refused, 1 malformed or failed"))
      << result.output;
  const auto answers = AnswersIn(result.output);
  EXPECT_EQ(answers.at("bad").code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(answers.at("no").code(), 0);
}

TEST_F(SettleStreamTest, NothingIsSentOfAFileThatCannotBeRead) {
  const CommandResult result = SettleFile(FileWith(Bills(2) + "{\"claim\": 7}\n"));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(result.output, "bills.ndjson:3: ")) << result.output;
  EXPECT_EQ(EndAndAudit().settled, 0);
}

// 32 of these are several times the 2 MiB that a message may have.
TEST_F(SettleStreamTest, LargeBillsGoInMessagesThatTheEngineTakes) {
  constexpr int kBills = 40, kLines = 4'000;
  std::string lines;
  for (int i = 0; i < kBills; ++i) {
    v1::SettleRequest bill = PharmacyBill(GeneratedPerson(i % kPersons), absl::StrCat("b", i), 1);
    v1::Claim& claim = *bill.mutable_claim();
    const v1::FeeLine line = claim.fee_line(0);
    for (int n = 1; n < kLines; ++n) {
      *claim.add_fee_line() = line;
      claim.mutable_fee_line(n)->set_feedetl_sn(absl::StrCat("a-long-serial-number-", n));
    }
    claim.set_medfee_sumamt_fen(claim.medfee_sumamt_fen() * kLines);
    lines += LineOf(bill);
  }
  ASSERT_GT(lines.size(), size_t{19} << 20);
  const CommandResult result = SettleFile(FileWith(lines));
  EXPECT_EQ(result.exit_code, 0) << result.output.substr(0, 2'000);
  EXPECT_EQ(EndAndAudit().settled, kBills);
}

TEST_F(SettleStreamTest, AnEngineThatStopsInTheMiddleIsWaitedFor) {
  constexpr int kBills = 3000;
  const std::string file = FileWith(Bills(kBills));
  CommandResult result;
  std::thread sender([&] { result = SettleFile(file); });
  while (Account(GeneratedPerson(kPersons - 1)).version() < 5) std::this_thread::yield();
  Disconnect();
  server().Signal(SIGTERM);
  EXPECT_EQ(server().Wait(), 0) << server().Log();
  StartServer();
  sender.join();
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(AnswersIn(result.output).size(), static_cast<size_t>(kBills));
  EXPECT_EQ(EndAndAudit().settled, kBills);
}

}  // namespace
}  // namespace yijie::e2e
