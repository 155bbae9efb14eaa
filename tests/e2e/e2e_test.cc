#include "tests/e2e/e2e_test.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/rocks_store.h"

namespace yijie::e2e {

void E2eTest::StartOnSampleData() {
  MakeSampleData(data());
  StartServer();
}

void E2eTest::StartServer(std::vector<std::string> more_arguments) {
  ServerSettings settings;
  settings.data = data();
  settings.policies = policies_;
  settings.listen = listen_;
  settings.log = folder_.Path(absl::StrCat("server", starts_++, ".log"));
  settings.more_arguments = std::move(more_arguments);
  absl::StatusOr<std::unique_ptr<ServerProcess>> server = ServerProcess::Start(settings);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  client_ = std::make_unique<Client>(server_->port());
}

void E2eTest::Stop() {
  client_.reset();
  EXPECT_EQ(server_->Terminate(), 0) << server_->Log();
}

void E2eTest::Restart() {
  Stop();
  StartServer();
}

void E2eTest::KillAndRestart() {
  client_.reset();
  server_->Kill();
  StartServer();
}

v1::Settlement E2eTest::Settle(const v1::SettleRequest& request) {
  const auto answer = client().Send(request);
  EXPECT_TRUE(answer.ok()) << answer.status.error_message();
  EXPECT_EQ(answer->settlement().outcome(), v1::SETTLED) << answer->settlement().reason();
  EXPECT_EQ(answer->settlement().setl_id().size(), 30U);
  EXPECT_EQ(answer->settlement().medins_setl_id(), request.header().msgid());
  EXPECT_EQ(answer->settlement().fixmedins_code(), request.header().fixmedins_code());
  ExpectNone(SettlementProblems(answer->settlement(), request.claim()));
  return answer->settlement();
}

v1::GetAccountResponse E2eTest::Account(absl::string_view psn_no) {
  const auto answer = client().Send(GetAccountOf(psn_no));
  EXPECT_TRUE(answer.ok()) << answer.status.error_message();
  int64_t sum = 0;
  for (const v1::SubBalance& sub : answer->sub_balance()) sum += sub.balc_fen();
  EXPECT_EQ(sum, answer->balc_fen());
  return answer.response;
}

std::vector<v1::Posting> E2eTest::Postings(absl::string_view psn_no) {
  v1::ListPostingsRequest request;
  request.set_psn_no(std::string(psn_no));
  request.set_page_size(1000);
  const auto answer = client().Send(request);
  EXPECT_TRUE(answer.ok()) << answer.status.error_message();
  EXPECT_FALSE(answer->more());
  return {answer->posting().begin(), answer->posting().end()};
}

engine::AuditReport E2eTest::EndAndAudit() {
  client_.reset();
  server_->Kill();
  return ExpectCleanLedger(data());
}

engine::AuditReport ExpectCleanLedger(const std::string& data) {
  storage::RocksOptions options;
  options.directory = data;
  options.create_if_missing = false;
  const auto store = storage::OpenRocksStore(std::move(options));
  EXPECT_TRUE(store.ok()) << store.status();
  if (!store.ok()) return {};
  absl::StatusOr<engine::AuditReport> report = engine::AuditLedger(**store);
  EXPECT_TRUE(report.ok()) << report.status();
  if (!report.ok()) return {};
  EXPECT_GT(report->versions, 0);
  for (const engine::AuditFinding& finding : report->findings) {
    ADD_FAILURE() << finding.psn_no << " version " << finding.version << ": " << finding.what;
  }
  return *std::move(report);
}

int NumberFromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  int number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : otherwise;
}

uint64_t SeedOfTest(uint64_t otherwise) {
  const char* text = std::getenv("YIJIE_SEED");
  uint64_t seed = otherwise;
  if (text != nullptr && !absl::SimpleAtoi(text, &seed)) seed = otherwise;
  std::cout << "YIJIE_SEED=" << seed << std::endl;
  return seed;
}

void ExpectNone(const std::vector<std::string>& problems) {
  for (const std::string& problem : problems) ADD_FAILURE() << problem;
}

}  // namespace yijie::e2e
