#include "bench/served.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "engine/transactions.h"
#include "storage/rocks_store.h"

namespace yijie::bench {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSeed = 14;
constexpr char kGetAccount[] = "/yijie.v1.SettlementService/GetAccount";

// Of middle length among real ones.
struct Typical {
  std::string reply;
  size_t commit_bytes = 0;
};

absl::StatusOr<Typical> TypicalSettlement(const World& world) {
  Random random(kSeed);
  std::vector<Typical> all;
  const engine::Moment now = engine::MomentOf(absl::ToUnixMillis(absl::Now()));
  for (int i = 0; i < 101; ++i) {
    const auto& facts = random.Pick(i % 2 == 0 ? world.residents : world.employees);
    engine::Person person;
    person.version = 1;
    person.facts = std::make_shared<v1::PersonFacts>(facts);
    const auto request = MakeRequest(world, facts, BillSize::kSmall, random);
    YIJIE_ASSIGN_OR_RETURN(
        engine::Effect effect,
        engine::Settle(*world.reference, request, request.SerializeAsString(), person, now));
    const size_t bytes = effect.event.size() + engine::SerializeState(effect.next).size();
    all.push_back({std::move(effect.reply), bytes});
  }
  std::sort(all.begin(), all.end(),
            [](const Typical& a, const Typical& b) { return a.reply.size() < b.reply.size(); });
  return all[all.size() / 2];
}

// The command, each of whose syncs takes so much longer.
std::vector<std::string> WithSyncDelay(std::vector<std::string> command,
                                       std::chrono::microseconds delay) {
  if (delay.count() == 0) return command;
  command.insert(command.begin(), {"/usr/bin/env", absl::StrCat("LD_PRELOAD=", YIJIE_SLOW_SYNC),
                                   absl::StrCat("YIJIE_SYNC_DELAY_US=", delay.count())});
  return command;
}

}  // namespace

Served::Served(const World& world, std::string directory)
    : directory_(std::move(directory)), requests_(world, kSeed) {}

absl::StatusOr<std::unique_ptr<Served>> Served::Start(const Options& options, const World& world,
                                                      const std::string& directory,
                                                      const Settings& settings) {
  std::unique_ptr<Served> served(new Served(world, directory));
  const std::string data = directory + "/store";
  {
    storage::RocksOptions rocks;
    rocks.directory = data;
    YIJIE_ASSIGN_OR_RETURN(const auto store, storage::OpenRocksStore(std::move(rocks)));
    YIJIE_RETURN_IF_ERROR(LoadWorld(world, *store));
  }
  std::vector<std::string> command = {options.yijie, "serve",          "--data",   data,
                                      "--policies",  options.policies, "--listen", "127.0.0.1:0",
                                      "--metrics",   "127.0.0.1:0"};
  if (settings.patient) command.insert(command.end(), {"--budget", "in-patient=60s"});
  YIJIE_ASSIGN_OR_RETURN(
      served->server_, ServerProcess::Start(WithSyncDelay(std::move(command), settings.sync_delay),
                                            directory + "/serve.log"));
  YIJIE_ASSIGN_OR_RETURN(const Typical typical, TypicalSettlement(world));
  served->commit_bytes_ = typical.commit_bytes;
  if (settings.with_echo) YIJIE_RETURN_IF_ERROR(served->StartEcho(typical.reply));
  YIJIE_RETURN_IF_ERROR(served->WarmUp());
  return served;
}

absl::Status Served::StartEcho(const std::string& reply) {
  std::ofstream(directory_ + "/reply", std::ios::binary) << reply;
  YIJIE_ASSIGN_OR_RETURN(echo_, ServerProcess::Start({fs::read_symlink("/proc/self/exe").string(),
                                                      "--echo-server", directory_ + "/reply"},
                                                     directory_ + "/echo.log"));
  return absl::OkStatus();
}

// Reads every person once, so that all are in the server's memory.
absl::Status Served::WarmUp() {
  size_t next = 0;
  std::string bytes;
  const auto get_account = [&]() -> const std::string* {
    if (next == requests_.size()) return nullptr;
    v1::GetAccountRequest request;
    request.set_psn_no(requests_.psn_no(next++));
    bytes = request.SerializeAsString();
    return &bytes;
  };
  const auto any = [](absl::string_view) { return absl::OkStatus(); };
  RpcClient client(server_->port());
  return client.Run({kGetAccount, get_account, any, 64, std::chrono::minutes(2)}).status();
}

}  // namespace yijie::bench
