// Two provinces and a gateway as processes of their own: settlement across areas over real
// connections, with real certificates.

#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "engine/cross/cross_digest.h"
#include "engine/job.h"
#include "engine/moment.h"
#include "engine/peers/peer_channel.h"
#include "storage/rocks_store.h"
#include "tests/e2e/certificates.h"
#include "tests/e2e/e2e_test.h"
#include "yijie/v1/cross.grpc.pb.h"

namespace yijie::e2e {
namespace {

using std::chrono::steady_clock;

constexpr char kCareHospital[] = "H62010099901";
constexpr char kPair[] = "620000430000";
constexpr int kPersons = 8;

std::string Local(int port) { return absl::StrCat("127.0.0.1:", port); }

// An engine or a gateway that can be killed and started again at the same addresses.
struct Process {
  std::vector<std::string> arguments;
  std::string log;
  std::unique_ptr<ServerProcess> running;
  int starts = 0;

  void Start() {
    absl::StatusOr<std::unique_ptr<ServerProcess>> started =
        ServerProcess::StartCommand(arguments, absl::StrCat(log, starts++, ".log"));
    ASSERT_TRUE(started.ok()) << started.status();
    running = *std::move(started);
  }
  // What it printed in all its lives.
  std::string Log() const {
    std::string all;
    for (int i = 0; i < starts; ++i) all += ReadWholeFile(absl::StrCat(log, i, ".log"));
    return all;
  }
};

class GatewayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MakeCareData();
    MakeGeneratedData(Path("home"), kPersons);
    StartHome();
    StartGateway();
    StartCare();
    client_ = std::make_unique<Client>(care_port_);
    ASSERT_TRUE(client_->Connect());
    AwaitPeer();
  }

  std::string Path(const std::string& name) const { return folder_.Path(name); }
  const Certificates& authority() const { return authority_; }

  // An in-patient bill of Gansu for an employee of Changsha.
  static v1::SettleRequest BillAway(int person, const std::string& msgid, int64_t fen) {
    v1::SettleRequest request = OutpatientBill(GeneratedPerson(person), msgid, fen);
    request.mutable_header()->set_fixmedins_code(kCareHospital);
    v1::Claim& claim = *request.mutable_claim();
    claim.set_med_type("21");
    claim.set_enddate("2026-06-05");
    claim.set_insuplc_admdvs("430199");
    return request;
  }

  v1::Settlement Settle(const v1::SettleRequest& request) {
    const auto answer = client_->Send(request);
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    EXPECT_EQ(answer->settlement().outcome(), v1::SETTLED) << answer->settlement().reason();
    return answer->settlement();
  }

  // The same message until there is an answer, as an institution does.
  template <typename Request>
  auto SendUntilAnswered(const Request& request) {
    const auto give_up = steady_clock::now() + std::chrono::seconds(60);
    auto answer = client_->Send(request);
    while (!answer.ok() && steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      answer = client_->Send(request);
    }
    EXPECT_TRUE(answer.ok()) << answer.status.error_message();
    return answer;
  }

  CommandResult Reconcile() const {
    const std::string today = DayNow();
    return RunYijie({"gateway", "reconcile", "--server", Local(operator_port_), "--care",
                     Local(care_port_), "--insured", Local(home_port_), "--pair", kPair, "--from",
                     DayOf(absl::Now() - absl::Hours(24)), "--to", today});
  }

  // Until three books are equal; how long that took.
  std::chrono::milliseconds AwaitEqualBooks() const {
    const auto begun = steady_clock::now();
    CommandResult result = Reconcile();
    while (result.exit_code != 0 && steady_clock::now() < begun + std::chrono::seconds(60)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      result = Reconcile();
    }
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begun);
  }

  void StopAllAndAudit() {
    client_.reset();
    for (Process* process : {&care_, &gateway_, &home_})
      EXPECT_EQ(process->running->Terminate(), 0) << process->Log();
    for (const char* data : {"care", "gateway", "home"}) {
      const CommandResult audit = RunYijie({"ledger", "audit", "--data", Path(data)});
      EXPECT_EQ(audit.exit_code, 0) << data << ": " << audit.output;
    }
  }

  // Nothing of persons in what any party printed.
  void ExpectNoPersonInLogs() const {
    for (const Process* process : {&care_, &gateway_, &home_}) {
      EXPECT_FALSE(absl::StrContains(process->Log(), kCanaryName));
      EXPECT_FALSE(absl::StrContains(process->Log(), "CANARY"));
    }
  }

  static std::string DayOf(absl::Time time) {
    return FormatDate(engine::MomentOf(absl::ToUnixMillis(time)).day);
  }
  static std::string DayNow() { return DayOf(absl::Now()); }

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

  void StartHome() {
    home_.log = Path("home");
    home_.arguments = {"serve",
                       "--data",
                       Path("home"),
                       "--policies",
                       TablesDirectory(),
                       "--listen",
                       Local(home_port_),
                       "--areas",
                       "430000",
                       "--peer-listen",
                       Local(home_peer_port_),
                       "--min-free-mib",
                       "64"};
    Add(authority_.Issue("home", "urn:yijie:area:430000").Options(), &home_.arguments);
    home_.Start();
  }
  void StartGateway() {
    WriteFile(Path("peers.textpb"),
              absl::StrCat(
                  "peer { admdvs: '620000' name: '甘肃省' address: '", Local(care_peer_port_),
                  "' }\npeer { admdvs: '430000' name: '湖南省' address: '", Local(home_peer_port_),
                  "' }\nadvance { insuplc_admdvs: '430000' mdtrtarea_admdvs: '620000' "
                  "amount_fen: 1000000 }\n"));
    gateway_.log = Path("gateway");
    gateway_.arguments = {"gateway",
                          "--data",
                          Path("gateway"),
                          "--peers",
                          Path("peers.textpb"),
                          "--listen",
                          Local(gateway_port_),
                          "--operators",
                          Local(operator_port_),
                          "--min-free-mib",
                          "64"};
    Add(authority_.Issue("gateway", "urn:yijie:gateway").Options(), &gateway_.arguments);
    gateway_.Start();
  }
  void StartCare() {
    care_files_ = authority_.Issue("care", "urn:yijie:area:620000");
    care_.log = Path("care");
    care_.arguments = {"serve",
                       "--data",
                       Path("care"),
                       "--policies",
                       TablesDirectory(),
                       "--listen",
                       Local(care_port_),
                       "--areas",
                       "620000",
                       "--gateway",
                       Local(gateway_port_),
                       "--peer-listen",
                       Local(care_peer_port_),
                       "--min-free-mib",
                       "64"};
    Add(care_files_.Options(), &care_.arguments);
    care_.Start();
  }

  TempFolder folder_;
  const Certificates authority_{folder_.path(), "authority"};
  PartyFiles care_files_;
  const int care_port_ = FreePort(), home_port_ = FreePort(), gateway_port_ = FreePort();
  const int care_peer_port_ = FreePort(), home_peer_port_ = FreePort(), operator_port_ = FreePort();
  Process home_, gateway_, care_;
  std::unique_ptr<Client> client_;

 private:
  static void Add(const std::vector<std::string>& more, std::vector<std::string>* arguments) {
    arguments->insert(arguments->end(), more.begin(), more.end());
  }

  void MakeCareData() {
    WriteFile(
        Path("institutions.csv"),
        absl::StrCat("fixmedins_code,fixmedins_name,kind,admdvs,hosp_lv,hosp_grade,hosp_place,"
                     "price_class,begndate,enddate\n",
                     kCareHospital,
                     ",样例兰州医院,HOSPITAL,620100,LEVEL_3,GRADE_A,CITY,0,2020-01-01,\n"));
    Load(Path("care"), "institutions", Path("institutions.csv"));
    Load(Path("care"), "catalogue", TablesDirectory() + "/sample/catalogue.csv");
  }

  // The gateway has a connection to the insured place.
  void AwaitPeer() {
    for (int i = 0; i < 500; ++i) {
      const CommandResult peers = RunYijie({"gateway", "peers", "--server", Local(operator_port_)});
      if (absl::StrContains(peers.output, "430000 湖南省") &&
          !absl::StrContains(peers.output, "尚未连通"))
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ADD_FAILURE() << "the gateway reaches nobody:\n" << gateway_.Log();
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
