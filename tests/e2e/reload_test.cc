// Policy tables changed under a serving engine: by SIGHUP, by call, with bad files, and under load.

#include <signal.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/digest.h"
#include "tests/e2e/e2e_test.h"
#include "tests/e2e/metrics_page.h"

namespace yijie::e2e {
namespace {

namespace fs = std::filesystem;

constexpr char kPerson[] = "S4301000001";

// A package for out-patients of Changsha whose pool pays a share of what is in scope; no totals, so
// an answer depends on the package and the account alone.
std::string PackageOf(int percent) {
  return absl::StrCat(R"(id: "changsha"
title: "长沙测试"
admdvs: "430199"
insutype: "310"
med_type: "11"
valid_from: "2020-01-01"
sample_data: true
source { id: "s" title: "made up" grade: "SAMPLE" }
step { id: "classify" label: "费用分类" cite: "s 1" classify {} }
step {
  id: "hifp_pay" label: "统筹" cite: "s 1"
  pay {
    fund: HIFP fund_pay_type: "310100" base: "inscp_scp_amt"
    row { band { ratio: ")",
                      percent, R"(%" } }
  }
}
step {
  id: "acct_pay" label: "个账" cite: "s 1"
  account { of: "psn_part_amt" order: "CURRENT_YEAR" order: "PAST_YEARS" }
}
)");
}

std::string ReceiptHash(const std::string& text) { return HexPrefix(Sha256(text), 8); }

class ReloadTest : public E2eTest {
 protected:
  void SetUp() override {
    fs::create_directory(policies());
    WritePackage(PackageOf(50));
    SetPolicies(policies());
  }

  std::string policies() const { return folder().Path("policies"); }
  // As an operator should: nobody sees half a file.
  void WritePackage(absl::string_view text) const {
    const std::string file = policies() + "/changsha.policy";
    WriteFile(file + ".new", text);
    fs::rename(file + ".new", file);
  }

  CommandResult ReloadByCommand() {
    return RunYijie({"policy", "reload", "--server", absl::StrCat("127.0.0.1:", server().port())});
  }
  // SIGHUP, and waits until the log has one more line with `event`.
  void ReloadBySignal(const std::string& event) {
    const std::string line = absl::StrCat("\"event\":\"", event, "\"");
    const auto count = [&] {
      const std::string log = server().Log();
      size_t found = 0;
      for (size_t at = log.find(line); at != std::string::npos; at = log.find(line, at + 1))
        ++found;
      return found;
    };
    const size_t before = count();
    server().Signal(SIGHUP);
    while (count() == before) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  // Settles, and expects the package with this share to have answered.
  v1::Settlement SettleUnder(int percent, absl::string_view msgid) {
    const v1::Settlement settlement = Settle(OutpatientBill(kPerson, msgid, 10'000));
    EXPECT_EQ(settlement.explanation().policy_hash(), ReceiptHash(PackageOf(percent)));
    EXPECT_EQ(settlement.amounts().hifp_pay_fen(),
              settlement.amounts().inscp_scp_amt_fen() * percent / 100);
    return settlement;
  }
};

TEST_F(ReloadTest, BySignalAndWhatWasSettledBeforeStandsAndCanBeUndone) {
  StartOnSampleData();
  const v1::SettleRequest first = OutpatientBill(kPerson, "m1", 10'000);
  const v1::Settlement old = SettleUnder(50, "m1");
  const std::string first_bytes = client().Send(first).bytes;
  const int64_t balance = old.balc_before_fen();

  WritePackage(PackageOf(80));
  SettleUnder(50, "m2");  // nobody asked for it yet
  ReloadBySignal("policies_reloaded");
  SettleUnder(80, "m3");

  EXPECT_EQ(client().Send(first).bytes, first_bytes);
  const auto shown =
      client().Send(GetSettlementOf(first.header().fixmedins_code(), kPerson, old.setl_id()));
  ASSERT_TRUE(shown.ok()) << shown.status.error_message();
  EXPECT_EQ(shown->settlement().explanation().policy_hash(), ReceiptHash(PackageOf(50)));
  const auto undone =
      client().Send(ReverseOf(first.header().fixmedins_code(), kPerson, old.setl_id(), "r1"));
  ASSERT_TRUE(undone.ok()) << undone.status.error_message();
  EXPECT_EQ(undone->reversal().outcome(), v1::REVERSED);
  EXPECT_EQ(undone->reversal().amounts().hifp_pay_fen(), -old.amounts().hifp_pay_fen());
  EXPECT_GT(balance, 0);

  Stop();
  const CommandResult list = RunYijie({"policy", "archived", "--data", data()});
  EXPECT_EQ(list.exit_code, 0) << list.output;
  for (const int percent : {50, 80}) {
    const std::string hash = ReceiptHash(PackageOf(percent));
    EXPECT_TRUE(absl::StrContains(list.output, hash)) << list.output;
    const CommandResult text = RunYijie({"policy", "archived", "--data", data(), "--hash", hash});
    EXPECT_EQ(text.exit_code, 0) << text.output;
    // After the log line of the store.
    EXPECT_TRUE(absl::EndsWith(text.output, absl::StrCat("}\n", PackageOf(percent))))
        << text.output;
  }
  EXPECT_EQ(RunYijie({"policy", "archived", "--data", data(), "--hash", "00ff00ff"}).exit_code, 1);
  EXPECT_EQ(ExpectCleanLedger(data()).settled, 3);
}

TEST_F(ReloadTest, ByCommandWhichSaysWhatChanged) {
  StartOnSampleData();
  WriteFile(policies() + "/other.policy",
            absl::StrReplaceAll(PackageOf(10), {{"\"changsha\"", "\"other\""},
                                                {"med_type: \"11\"", "med_type: \"14\""}}));
  CommandResult result = ReloadByCommand();
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(absl::StrContains(result.output, "unchanged  changsha  ")) << result.output;
  EXPECT_TRUE(absl::StrContains(result.output, "new  other  ")) << result.output;
  WritePackage(PackageOf(80));
  fs::remove(policies() + "/other.policy");
  result = ReloadByCommand();
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_TRUE(absl::StrContains(result.output,
                                absl::StrCat("changed  changsha  ", ReceiptHash(PackageOf(80)))))
      << result.output;
  EXPECT_TRUE(absl::StrContains(result.output, "gone  other  ")) << result.output;
  SettleUnder(80, "m1");
  EndAndAudit();
}

TEST_F(ReloadTest, ABadFileKeepsTheTablesAndIsNamedWithLineAndColumn) {
  StartOnSampleData();
  SettleUnder(50, "m1");
  WritePackage(absl::StrReplaceAll(PackageOf(80), {{"80%", "800%"}}));
  const std::string place = policies() + "/changsha.policy:14:18: ratio: ";
  const CommandResult result = ReloadByCommand();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(absl::StrContains(result.output, place)) << place << "\nin\n" << result.output;
  ReloadBySignal("policies_not_reloaded");
  EXPECT_TRUE(absl::StrContains(server().Log(), place)) << server().Log();
  SettleUnder(50, "m2");
  // It does not stop the next good one.
  WritePackage(PackageOf(80));
  ReloadBySignal("policies_reloaded");
  SettleUnder(80, "m3");
  const std::string page = MetricsPage(server().metrics_port());
  EXPECT_EQ(Metric(page, "yijie_policy_reloads_total{result=\"done\"}"), 1);
  EXPECT_EQ(Metric(page, "yijie_policy_reloads_total{result=\"refused\"}"), 2);
  EXPECT_EQ(Metric(page, "yijie_policies"), 1);
  for (const int percent : {50, 80}) {
    EXPECT_EQ(
        Metric(page, absl::StrCat("yijie_policy_info{hash=\"", ReceiptHash(PackageOf(percent)),
                                  "\",policy=\"changsha\"}")),
        percent == 80 ? 1 : -1);
  }
  EndAndAudit();
}

// The tables go back and forth between two books while clients settle. Every answer is that of one
// book, and of the right one: a call sent after a reload was answered is judged by it.
TEST_F(ReloadTest, UnderLoadEveryAnswerIsOfOneBook) {
  constexpr int kClients = 6;
  constexpr int kReloads = 30;
  constexpr std::array<int, 2> kPercent = {50, 80};
  MakeGeneratedData(data(), kClients);
  StartServer({"--lanes", "2"});
  const std::array<std::string, 2> hash = {ReceiptHash(PackageOf(kPercent[0])),
                                           ReceiptHash(PackageOf(kPercent[1]))};
  // Books that a reload was begun with and ended with: number n is book n % 2.
  std::atomic<int> begun{0};
  std::atomic<int> in_force{0};
  std::atomic<bool> stop{false};
  std::array<std::atomic<int>, 2> answers = {};
  std::atomic<int> problems{0};

  const auto settle = [&](int number) {
    Client mine(server().port());
    for (int i = 0; !stop; ++i) {
      const int oldest = in_force;
      const auto answer = mine.Send(
          OutpatientBill(GeneratedPerson(number), absl::StrCat("c", number, "-", i), 10'000 + i));
      const int newest = begun;
      if (!answer.ok() || answer->settlement().outcome() != v1::SETTLED) {
        ++problems;
        return;
      }
      const v1::Settlement& settlement = answer->settlement();
      const size_t book = settlement.explanation().policy_hash() == hash[1] ? 1 : 0;
      const int64_t in_scope = settlement.amounts().inscp_scp_amt_fen();
      const bool rounded_half_up =
          settlement.amounts().hifp_pay_fen() == (in_scope * kPercent[book] + 50) / 100;
      const bool in_time = newest > oldest || static_cast<size_t>(oldest % 2) == book;
      if (settlement.explanation().policy_hash() != hash[book] || !rounded_half_up || !in_time)
        ++problems;
      ++answers[book];
    }
  };
  std::vector<std::thread> clients;
  for (int number = 0; number < kClients; ++number) clients.emplace_back(settle, number);
  const auto stub = v1::OperatorService::NewStub(grpc::CreateChannel(
      absl::StrCat("127.0.0.1:", server().port()), grpc::InsecureChannelCredentials()));
  for (int number = 1; number <= kReloads && problems == 0; ++number) {
    WritePackage(PackageOf(kPercent[static_cast<size_t>(number % 2)]));
    begun = number;
    grpc::ClientContext context;
    v1::ReloadPoliciesResponse response;
    const grpc::Status status = stub->ReloadPolicies(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(response.reloaded()) << response.error();
    in_force = number;
    // Until this book, too, has answered.
    const int before = answers[static_cast<size_t>(number % 2)];
    while (answers[static_cast<size_t>(number % 2)] == before && problems == 0)
      std::this_thread::yield();
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(problems, 0);
  EXPECT_GE(answers[0], kReloads / 2);
  EXPECT_GE(answers[1], kReloads / 2);
  EXPECT_EQ(EndAndAudit().settled, answers[0] + answers[1]);
}

}  // namespace
}  // namespace yijie::e2e
