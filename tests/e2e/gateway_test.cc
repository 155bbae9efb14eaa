// Two provinces and a gateway as processes of their own: settlement across areas over real
// connections, with real certificates.

#include <signal.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "engine/cross/cross_digest.h"
#include "engine/job.h"
#include "engine/moment.h"
#include "engine/peers/peer_channel.h"
#include "storage/rocks_store.h"
#include "tests/e2e/two_provinces.h"
#include "yijie/v1/cross.grpc.pb.h"

namespace yijie::e2e {
namespace {

using std::chrono::steady_clock;

constexpr int kPersons = 8;

class GatewayTest : public TwoProvincesTest {
 protected:
  GatewayTest() : TwoProvincesTest(kPersons) {}

  // A message to a port for peers, as somebody with these files sends it.
  engine::Reply SendAs(const PartyFiles& files, int port, engine::Call call,
                       const google::protobuf::Message& request,
                       const std::string& other_end = "urn:yijie:gateway") const {
    auto channel = engine::PeerChannel::Open(
        Local(port), {files.authority, files.certificate, files.key}, other_end);
    EXPECT_TRUE(channel.ok()) << channel.status();
    std::shared_ptr<google::protobuf::Message> copy(request.New());
    copy->CopyFrom(request);
    Mutex mutex;
    CondVar answered;
    std::optional<engine::Reply> reply;
    (*channel)->Send(call, copy, steady_clock::now() + std::chrono::seconds(5),
                     [&](engine::Reply answer) {
                       const MutexLock lock(mutex);
                       reply = std::move(answer);
                       answered.NotifyAll();
                     });
    const MutexLock lock(mutex);
    while (!reply) answered.Wait(mutex);
    return *reply;
  }
};

TEST_F(GatewayTest, SettlesUndoesReconcilesAndClears) {
  const v1::Settlement first = Settle(BillAway(0, "M1", 1'000'000));
  EXPECT_GT(first.amounts().fund_pay_sumamt_fen(), 0);
  const v1::Settlement second = Settle(BillAway(1, "M2", 800'000));
  // The same message again: the same bytes.
  EXPECT_EQ(client_->Send(BillAway(0, "M1", 1'000'000)).response.SerializeAsString(),
            client_->Send(BillAway(0, "M1", 1'000'000)).response.SerializeAsString());
  const v1::ReverseRequest undo =
      ReverseOf(kCareHospital, GeneratedPerson(1), second.setl_id(), "U2");
  const auto undone = SendUntilAnswered(undo);
  EXPECT_EQ(undone->reversal().outcome(), v1::REVERSED) << undone->reversal().reason();
  AwaitEqualBooks();
  EXPECT_TRUE(absl::StrContains(Reconcile().output, "就医地 3，网关 3，参保地 3"))
      << Reconcile().output;

  const std::string month = first.clr_date().substr(0, 7);
  const CommandResult clearing =
      RunYijie({"gateway", "clearing", "--server", Local(operator_port_), "--period", month});
  EXPECT_EQ(clearing.exit_code, 0) << clearing.output;
  EXPECT_TRUE(absl::StrContains(clearing.output, "湖南省(430000) 付 甘肃省(620000)"))
      << clearing.output;
  const CommandResult advance =
      RunYijie({"gateway", "advance", "--server", Local(operator_port_), "--period", month});
  EXPECT_EQ(advance.exit_code, 0) << advance.output;
  EXPECT_TRUE(absl::StrContains(advance.output, "预付金 10000.00")) << advance.output;
  const CommandResult bad =
      RunYijie({"gateway", "clearing", "--server", Local(operator_port_), "--period", "2026"});
  EXPECT_EQ(bad.exit_code, 1) << bad.output;
  EXPECT_TRUE(absl::StrContains(bad.output, "setlym:")) << bad.output;
  StopAllAndAudit();
  ExpectNoPersonInLogs();
}

// The gateway dies again and again while bills are settled and undone.
TEST_F(GatewayTest, ATrialComesToWhatSettleComesTo) {
  const v1::SettleRequest bill = BillAway(0, "M1", 1'000'000);
  v1::PreSettleRequest trial;
  trial.set_fixmedins_code(bill.header().fixmedins_code());
  *trial.mutable_claim() = bill.claim();
  const auto tried = client_->Send(trial);
  ASSERT_TRUE(tried.ok()) << tried.status.error_message();
  EXPECT_EQ(tried->settlement().outcome(), v1::SETTLED) << tried->settlement().reason();
  EXPECT_EQ(tried->settlement().setl_id(), "");
  EXPECT_EQ(Settle(bill).amounts().SerializeAsString(),
            tried->settlement().amounts().SerializeAsString());
  AwaitEqualBooks();
  // A silent insured place holds nobody up.
  home_.running->Pause();
  const auto begun = steady_clock::now();
  const auto silent = client_->Send(trial);
  EXPECT_FALSE(silent.ok());
  EXPECT_TRUE(absl::StrContains(silent.status.error_message(), "nothing is held") ||
              absl::StrContains(silent.status.error_message(), "not applied"))
      << silent.status.error_message();
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(10));
  home_.running->Continue();
  StopAllAndAudit();
}

TEST_F(GatewayTest, KilledInTheMiddleAndThreeBooksEndEqual) {
  constexpr int kKills = 6;
  std::atomic<bool> stop{false};
  std::atomic<int> settled{0};
  std::thread hospital([&] {
    for (int i = 0; !stop.load(); ++i) {
      const auto answer =
          SendUntilAnswered(BillAway(i % kPersons, absl::StrCat("K", i), 300'000 + i));
      if (answer->settlement().outcome() != v1::SETTLED) continue;
      ++settled;
      if (i % 3 != 0) continue;
      const v1::ReverseRequest undo =
          ReverseOf(kCareHospital, GeneratedPerson(i % kPersons), answer->settlement().setl_id(),
                    absl::StrCat("KU", i));
      SendUntilAnswered(undo);
    }
  });
  std::mt19937_64 random(SeedOfTest(1));
  for (int i = 0; i < kKills; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 400));
    gateway_.running->Kill();
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 200));
    gateway_.Start();
  }
  stop = true;
  hospital.join();
  const auto took = AwaitEqualBooks();
  std::cout << "settled " << settled << ", kills " << kKills << ", books equal after "
            << took.count() << " ms\n";
  EXPECT_GT(settled.load(), 0);
  StopAllAndAudit();
  ExpectNoPersonInLogs();
}

// A message that a place of care could send.
v1::ConfirmRequest Confirm() {
  v1::ConfirmRequest request;
  request.mutable_header()->set_fixmedins_code("620000");
  request.mutable_header()->set_msgid("R1");
  request.set_insuplc_admdvs("430199");
  request.set_psn_no(GeneratedPerson(0));
  request.set_setl_id("620000260601000000000000000001");
  request.set_clr_date("2026-06-15");
  request.set_reserved_digest(std::string(32, 'x'));
  request.set_insutype("310");
  engine::Seal(&request);
  return request;
}

void ExpectStatus(absl::StatusCode expected, const absl::Status& status) {
  EXPECT_EQ(status.code(), expected) << status;
}

TEST_F(GatewayTest, BadPeersAreRefusedAndLoggedAndNothingChanges) {
  Settle(BillAway(0, "M1", 1'000'000));
  AwaitEqualBooks();
  const std::string before = Reconcile().output;
  // A busy machine may be late with a handshake; a refused one stays refused.
  const auto send = [&](const PartyFiles& files, const google::protobuf::Message& request) {
    absl::Status status;
    for (int tries = 0; tries < 3; ++tries) {
      status = SendAs(files, gateway_port_, engine::Call::kConfirm, request).status;
      if (!absl::IsUnavailable(status)) break;
    }
    return status;
  };

  // A sound message of the place of care is passed on, and the insured place refuses it.
  ExpectStatus(absl::StatusCode::kFailedPrecondition, send(care_files_, Confirm()));

  // Certificates: another authority's, and none.
  const Certificates other(folder_.path(), "other");
  PartyFiles forged = other.Issue("forged", "urn:yijie:area:620000");
  forged.authority = care_files_.authority;  // it believes the gateway
  ExpectStatus(absl::StatusCode::kUnavailable, send(forged, Confirm()));
  {
    auto channel = grpc::CreateChannel(Local(gateway_port_), grpc::InsecureChannelCredentials());
    EXPECT_FALSE(channel->WaitForConnected(std::chrono::system_clock::now() +
                                           std::chrono::milliseconds(500)));
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ReadWholeFile(care_files_.authority);
    const auto stub = v1::CrossService::NewStub(
        grpc::CreateChannel(Local(gateway_port_), grpc::SslCredentials(options)));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
    v1::ConfirmResponse response;
    const grpc::Status status = stub->Confirm(&context, Confirm(), &response);
    EXPECT_FALSE(status.ok());
  }

  // Certificates that are good, of the wrong party.
  const PartyFiles henan = authority().Issue("henan", "urn:yijie:area:410000");
  const PartyFiles hunan = authority().Issue("hunan", "urn:yijie:area:430000");
  const PartyFiles nobody = authority().Issue("nobody", "urn:example:nobody");
  for (const PartyFiles& files : {henan, hunan, nobody})
    ExpectStatus(absl::StatusCode::kPermissionDenied, send(files, Confirm()));

  v1::ConfirmRequest unknown = Confirm();
  unknown.set_insuplc_admdvs("330100");
  engine::Seal(&unknown);
  ExpectStatus(absl::StatusCode::kNotFound, send(care_files_, unknown));
  v1::ConfirmRequest altered = Confirm();
  altered.set_clr_date("2026-06-16");
  ExpectStatus(absl::StatusCode::kInvalidArgument, send(care_files_, altered));
  v1::ConfirmRequest oversized = Confirm();
  oversized.set_psn_no(std::string(5 << 20, 'x'));
  engine::Seal(&oversized);
  EXPECT_FALSE(send(care_files_, oversized).ok());

  // Straight to the insured place, past the gateway.
  EXPECT_TRUE(absl::IsPermissionDenied(SendAs(care_files_, home_peer_port_, engine::Call::kConfirm,
                                              Confirm(), "urn:yijie:area:430000")
                                           .status));
  // Somebody else at the address of the gateway: what he answers is no answer.
  EXPECT_FALSE(SendAs(care_files_, home_peer_port_, engine::Call::kConfirm, Confirm()).status.ok());

  EXPECT_EQ(Reconcile().output, before);
  const std::string log = gateway_.Log();
  EXPECT_TRUE(absl::StrContains(log, "gateway_refused")) << log;
  EXPECT_TRUE(absl::StrContains(log, "is not known to this gateway")) << log;
  EXPECT_TRUE(absl::StrContains(log, "the certificate is of no peer of this gateway")) << log;
  EXPECT_TRUE(absl::StrContains(log, "does not fit the message")) << log;
  EXPECT_TRUE(absl::StrContains(log, "\"event\":\"grpc\"")) << log;
  EXPECT_TRUE(absl::StrContains(home_.Log(), "only the gateway may call here")) << home_.Log();
  StopAllAndAudit();
  ExpectNoPersonInLogs();
}

TEST_F(GatewayTest, PeersAreReadAgainAtSighupAndABadFileChangesNothing) {
  const auto await_line = [this](const std::string& line) {
    bool there = false;
    for (int i = 0; i < 500 && !there; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      there = absl::StrContains(gateway_.Log(), line);
    }
    EXPECT_TRUE(there) << line << "\n" << gateway_.Log();
  };
  const std::string good = ReadWholeFile(Path("peers.textpb"));
  Settle(BillAway(0, "M1", 300'000));
  WriteFile(Path("peers.textpb"), absl::StrCat(good, "peer { admdvs: '43' address: 'x:1' }\n"));
  gateway_.running->Signal(SIGHUP);
  await_line("peers_kept");
  EXPECT_TRUE(absl::StrContains(gateway_.Log(), "peer[2].admdvs")) << gateway_.Log();
  Settle(BillAway(1, "M2", 300'000));

  // The insured place moves.
  const int moved = FreePort();
  EXPECT_EQ(home_.running->Terminate(), 0);
  for (std::string& argument : home_.arguments)
    if (argument == Local(home_peer_port_)) argument = Local(moved);
  home_.Start();
  WriteFile(Path("peers.textpb"),
            absl::StrReplaceAll(good, {{Local(home_peer_port_), Local(moved)}}));
  gateway_.running->Signal(SIGHUP);
  await_line("peers_reloaded");
  EXPECT_EQ(SendUntilAnswered(BillAway(2, "M3", 300'000))->settlement().outcome(), v1::SETTLED);
  const CommandResult peers = RunYijie({"gateway", "peers", "--server", Local(operator_port_)});
  EXPECT_TRUE(absl::StrContains(peers.output, Local(moved))) << peers.output;
  AwaitEqualBooks();
  StopAllAndAudit();
}

// The gateway's certificate is replaced by that of nobody, and then by a new one of its own; it
// runs all the while.
TEST_F(GatewayTest, CertificatesAreReadAgainForNewConnections) {
  const std::chrono::seconds kSurelySeen(5);
  const auto replace = [this, kSurelySeen](const std::string& uri) {
    authority().Issue("gateway", uri);
    std::this_thread::sleep_for(kSurelySeen);
    EXPECT_EQ(home_.running->Terminate(), 0);
    home_.Start();  // so that connections are made anew
  };
  Settle(BillAway(0, "M1", 300'000));
  replace("urn:example:nobody");
  bool refused = false;
  for (int i = 0; i < 400 && !refused; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // until there is a connection
    client_->Send(BillAway(1, "M2", 300'000));
    refused = absl::StrContains(home_.Log(), "only the gateway may call here");
  }
  EXPECT_TRUE(refused) << home_.Log();
  replace("urn:yijie:gateway");
  EXPECT_EQ(SendUntilAnswered(BillAway(1, "M2", 300'000))->settlement().outcome(), v1::SETTLED);
  AwaitEqualBooks();
  StopAllAndAudit();
}

TEST_F(GatewayTest, ADeadInsuredPlaceIsReportedAndTheHospitalGetsADefiniteAnswer) {
  home_.running->Kill();
  v1::SettleRequest bill = BillAway(2, "D1", 500'000);
  const auto begun = steady_clock::now();
  const auto answer = client_->Send(bill);
  EXPECT_EQ(answer.status.error_code(), grpc::ABORTED) << answer.status.error_message();
  EXPECT_TRUE(absl::StrContains(answer.status.error_message(), "not applied"))
      << answer.status.error_message();
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(10));
  bool reported = false;
  for (int i = 0; i < 500 && !reported; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    reported = absl::StrContains(gateway_.Log(), "PEER_DEAD");
  }
  EXPECT_TRUE(reported) << gateway_.Log();
  home_.Start();
  EXPECT_EQ(SendUntilAnswered(bill)->settlement().outcome(), v1::SETTLED);
  AwaitEqualBooks();
  EXPECT_TRUE(absl::StrContains(gateway_.Log(), "\"before\":\"PEER_DEAD\"")) << gateway_.Log();
  StopAllAndAudit();
}

}  // namespace
}  // namespace yijie::e2e
