#include "tests/e2e/two_provinces.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "engine/moment.h"

namespace yijie::e2e {
namespace {

using std::chrono::steady_clock;

std::string DayOf(absl::Time time) {
  return FormatDate(engine::MomentOf(absl::ToUnixMillis(time)).day);
}

// Arguments of `yijie serve` for an area.
std::vector<std::string> ServeArguments(const std::string& data, int port, const char* area,
                                        int gateway_port, int peer_port, const PartyFiles& files) {
  std::vector<std::string> arguments = {
      "serve",          "--data",         data, "--policies", TablesDirectory(),   "--listen",
      Local(port),      "--areas",        area, "--gateway",  Local(gateway_port), "--peer-listen",
      Local(peer_port), "--min-free-mib", "64"};
  for (const std::string& option : files.Options()) arguments.push_back(option);
  return arguments;
}

}  // namespace

std::string Local(int port) { return absl::StrCat("127.0.0.1:", port); }

std::chrono::seconds GiveUpAfter() {
  constexpr int kDefaultSeconds = 90;
  return std::chrono::seconds(NumberFromEnvironment("YIJIE_GIVE_UP", kDefaultSeconds));
}

void Process::Start() {
  absl::StatusOr<std::unique_ptr<ServerProcess>> started =
      ServerProcess::StartCommand(arguments, absl::StrCat(log, starts++, ".log"));
  ASSERT_TRUE(started.ok()) << started.status();
  running = *std::move(started);
}

std::string Process::Log() const {
  std::string all;
  for (int i = 0; i < starts; ++i) all += ReadWholeFile(absl::StrCat(log, i, ".log"));
  return all;
}

v1::SettleRequest BillAway(int person, const std::string& msgid, int64_t fen) {
  v1::SettleRequest request = OutpatientBill(GeneratedPerson(person), msgid, fen);
  request.mutable_header()->set_fixmedins_code(kCareHospital);
  v1::Claim& claim = *request.mutable_claim();
  claim.set_med_type("21");
  claim.set_enddate("2026-06-05");
  claim.set_insuplc_admdvs(kInsuredArea);
  return request;
}

void TwoProvincesTest::SetUp() {
  MakeCareData();
  MakeGeneratedData(Path("home"), persons_);
  StartHome();
  StartGateway();
  StartCare();
  if (HasFatalFailure()) return;
  client_ = std::make_unique<Client>(care_port_);
  ASSERT_TRUE(client_->Connect());
  AwaitPeer();
}

v1::Settlement TwoProvincesTest::Settle(const v1::SettleRequest& request) {
  const auto answer = client_->Send(request);
  EXPECT_TRUE(answer.ok()) << answer.status.error_message();
  EXPECT_EQ(answer->settlement().outcome(), v1::SETTLED) << answer->settlement().reason();
  return answer->settlement();
}

CommandResult TwoProvincesTest::Reconcile() const {
  const absl::Time now = absl::Now();
  return RunYijie({"gateway", "reconcile", "--server", Local(operator_port_), "--care",
                   Local(care_port_), "--insured", Local(home_port_), "--pair", kPair, "--from",
                   DayOf(now - absl::Hours(24)), "--to", DayOf(now)});
}

std::chrono::milliseconds TwoProvincesTest::AwaitEqualBooks() const {
  const auto begun = steady_clock::now();
  CommandResult result = Reconcile();
  while (result.exit_code != 0 && steady_clock::now() < begun + GiveUpAfter()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    result = Reconcile();
  }
  EXPECT_EQ(result.exit_code, 0) << result.output;
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begun);
}

void TwoProvincesTest::StopAllAndAudit() {
  client_.reset();
  for (Process* process : {&care_, &gateway_, &home_})
    EXPECT_EQ(process->running->Terminate(), 0) << process->Log();
  for (const char* data : {"care", "gateway", "home"}) {
    const CommandResult audit = RunYijie({"ledger", "audit", "--data", Path(data)});
    EXPECT_EQ(audit.exit_code, 0) << data << ": " << audit.output;
  }
}

void TwoProvincesTest::ExpectNoPersonInLogs() const {
  for (const Process* process : {&care_, &gateway_, &home_}) {
    const std::string log = process->Log();
    EXPECT_FALSE(absl::StrContains(log, kCanaryName));
    EXPECT_FALSE(absl::StrContains(log, "CANARY"));
  }
}

void TwoProvincesTest::MakeCareData() {
  WriteFile(Path("institutions.csv"),
            absl::StrCat("fixmedins_code,fixmedins_name,kind,admdvs,hosp_lv,hosp_grade,hosp_place,"
                         "price_class,begndate,enddate\n",
                         kCareHospital,
                         ",样例兰州医院,HOSPITAL,620100,LEVEL_3,GRADE_A,CITY,0,2020-01-01,\n"));
  Load(Path("care"), "institutions", Path("institutions.csv"));
  Load(Path("care"), "catalogue", TablesDirectory() + "/sample/catalogue.csv");
}

void TwoProvincesTest::StartHome() {
  home_.log = Path("home");
  home_.arguments =
      ServeArguments(Path("home"), home_port_, "430000", gateway_port_, home_peer_port_,
                     authority_.Issue("home", "urn:yijie:area:430000"));
  home_.Start();
}

void TwoProvincesTest::StartGateway() {
  WriteFile(
      Path("peers.textpb"),
      absl::StrCat("peer { admdvs: '620000' name: '甘肃省' address: '", Local(care_peer_port_),
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
  const PartyFiles files = authority_.Issue("gateway", "urn:yijie:gateway");
  for (const std::string& option : files.Options()) gateway_.arguments.push_back(option);
  gateway_.Start();
}

void TwoProvincesTest::StartCare() {
  care_files_ = authority_.Issue("care", "urn:yijie:area:620000");
  care_.log = Path("care");
  care_.arguments = ServeArguments(Path("care"), care_port_, "620000", gateway_port_,
                                   care_peer_port_, care_files_);
  care_.Start();
}

void TwoProvincesTest::AwaitPeer() {
  for (int i = 0; i < 500; ++i) {
    const CommandResult peers = RunYijie({"gateway", "peers", "--server", Local(operator_port_)});
    if (absl::StrContains(peers.output, "430000 湖南省") &&
        !absl::StrContains(peers.output, "尚未连通"))
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ADD_FAILURE() << "the gateway reaches nobody:\n" << gateway_.Log();
}

}  // namespace yijie::e2e
