#ifndef YIJIE_TESTS_E2E_E2E_TEST_H_
#define YIJIE_TESTS_E2E_E2E_TEST_H_

// A server on a data folder of its own.

#include <memory>
#include <string>
#include <vector>

#include "engine/audit/audit.h"
#include "gtest/gtest.h"
#include "tests/e2e/bills.h"
#include "tests/e2e/client.h"
#include "tests/e2e/data_folder.h"
#include "tests/e2e/money_checks.h"
#include "tests/e2e/server_process.h"

namespace yijie::e2e {

class E2eTest : public ::testing::Test {
 protected:
  // A server over the sample data, unless a test that did not start one makes other data.
  void StartOnSampleData();
  // A server over what is in data().
  void StartServer(std::vector<std::string> more_arguments = {});
  // Ends it with SIGTERM, which must succeed, and starts another.
  void Restart();
  // The same with SIGKILL.
  void KillAndRestart();
  void Stop();
  // Closes the client's connection: a server that ends waits up to 5 s for idle ones.
  void Disconnect() { client_.reset(); }

  // Directory of the policy tables for servers that start from now on.
  void SetPolicies(std::string directory) { policies_ = std::move(directory); }

  // Where servers listen that start from now on; a free port unless set.
  void SetListen(std::string address) { listen_ = std::move(address); }

  std::string data() const { return folder_.Path("data"); }
  Client& client() { return *client_; }
  ServerProcess& server() { return *server_; }
  const TempFolder& folder() const { return folder_; }

  // Settles, expects SETTLED, and checks the identities.
  v1::Settlement Settle(const v1::SettleRequest& request);
  v1::GetAccountResponse Account(absl::string_view psn_no);
  std::vector<v1::Posting> Postings(absl::string_view psn_no);

  // Kills the server, which must cost nothing, and audits the ledger, which must be clean.
  engine::AuditReport EndAndAudit();

 private:
  TempFolder folder_;
  std::string policies_ = TablesDirectory();
  std::string listen_ = "127.0.0.1:0";
  int starts_ = 0;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Client> client_;
};

// Audit of a data folder that no server has open; findings are failures of the test.
engine::AuditReport ExpectCleanLedger(const std::string& data);

// Seed of a test: YIJIE_SEED or `otherwise`. Printed.
uint64_t SeedOfTest(uint64_t otherwise);
// An environment variable that holds a number.
int NumberFromEnvironment(const char* name, int otherwise);

// Expects what SettlementProblems and the like return to be nothing.
void ExpectNone(const std::vector<std::string>& problems);

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_E2E_TEST_H_
