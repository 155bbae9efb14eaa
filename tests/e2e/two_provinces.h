#ifndef YIJIE_TESTS_E2E_TWO_PROVINCES_H_
#define YIJIE_TESTS_E2E_TWO_PROVINCES_H_

// Gansu as the place of care, Hunan as the insured place, and a gateway between them: processes of
// their own with real connections and certificates.

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "tests/e2e/certificates.h"
#include "tests/e2e/e2e_test.h"

namespace yijie::e2e {

inline constexpr char kCareHospital[] = "H62010099901";
inline constexpr char kInsuredArea[] = "430199";
inline constexpr char kPair[] = "620000430000";

std::string Local(int port);

// How long is waited for what must come: YIJIE_GIVE_UP, or 90 seconds.
std::chrono::seconds GiveUpAfter();

// An engine or a gateway that can be killed and started again at the same addresses.
struct Process {
  std::vector<std::string> arguments;
  std::string log;  // path without number and ending
  std::unique_ptr<ServerProcess> running;
  int starts = 0;

  void Start();
  // What it printed in all its lives.
  std::string Log() const;
};

// An in-patient bill of Gansu for an employee of Changsha.
v1::SettleRequest BillAway(int person, const std::string& msgid, int64_t fen);

class TwoProvincesTest : public ::testing::Test {
 protected:
  // `persons` of the insured place: GeneratedPerson(0...).
  explicit TwoProvincesTest(int persons) : persons_(persons) {}

  void SetUp() override;

  std::string Path(const std::string& name) const { return folder_.Path(name); }
  const Certificates& authority() const { return authority_; }

  v1::Settlement Settle(const v1::SettleRequest& request);

  // The same message until there is an answer, as an institution does.
  template <typename Request>
  auto SendUntilAnswered(const Request& request) {
    const auto give_up = std::chrono::steady_clock::now() + GiveUpAfter();
    auto answer = client_->Send(request);
    while (!answer.ok() && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      answer = client_->Send(request);
    }
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    return answer;
  }

  // `yijie gateway reconcile` of yesterday and today.
  CommandResult Reconcile() const;
  // Until three books are equal; how long that took.
  std::chrono::milliseconds AwaitEqualBooks() const;

  // Ends all three in order and audits their ledgers.
  void StopAllAndAudit();
  // Nothing of persons in what any party printed.
  void ExpectNoPersonInLogs() const;

  const int persons_;
  TempFolder folder_;
  const Certificates authority_{folder_.path(), "authority"};
  PartyFiles care_files_;
  const int care_port_ = FreePort(), home_port_ = FreePort(), gateway_port_ = FreePort();
  const int care_peer_port_ = FreePort(), home_peer_port_ = FreePort(), operator_port_ = FreePort();
  Process home_, gateway_, care_;
  std::unique_ptr<Client> client_;  // of the place of care

 private:
  void MakeCareData();
  void StartHome();
  void StartGateway();
  void StartCare();
  // The gateway has a connection to the insured place.
  void AwaitPeer();
};

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_TWO_PROVINCES_H_
