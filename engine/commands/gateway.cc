#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "absl/time/clock.h"
#include "base/log.h"
#include "base/periodic.h"
#include "base/status_macros.h"
#include "engine/books/book_projection.h"
#include "engine/books/book_queries.h"
#include "engine/commands/commands.h"
#include "engine/commands/process.h"
#include "engine/gateway/gateway.h"
#include "engine/gateway/gateway_metrics.h"
#include "engine/gateway/gateway_queries.h"
#include "engine/peers/peer_port.h"
#include "engine/peers/peer_reload.h"
#include "engine/peers/tls.h"
#include "engine/server/gateway.h"
#include "storage/rocks_store.h"

namespace yijie::engine {
namespace {

struct GatewayCommand {
  std::string data;
  bool no_create = false;
  std::string peers;
  std::string listen = "127.0.0.1:7310";
  std::string metrics = "127.0.0.1:7311";
  std::string operators = "127.0.0.1:7312";
  TlsFiles tls;
  int64_t kept_ms = 20;
  int64_t slow_ms = 1'000;
  uint64_t min_free_mib = 1024;
};

GatewayOptions OptionsOf(const GatewayCommand& command) {
  GatewayOptions options;
  options.kept = std::chrono::milliseconds(command.kept_ms);
  options.health.slow_from = std::chrono::milliseconds(command.slow_ms);
  options.steady = std::chrono::steady_clock::now;
  options.wall = [] { return MomentOf(absl::ToUnixMillis(absl::Now())); };
  options.store_failed = ExitAfterStoreFailure;
  return options;
}

// Sees every second who can be reached, so that a dead peer is known before anybody needs it.
std::unique_ptr<Periodic> WatchPeers(PeerReload& peers, Gateway& gateway) {
  constexpr std::chrono::seconds kPause(1);
  return std::make_unique<Periodic>("watch-peers", kPause,
                                    [&peers, &gateway] { peers.Watch(gateway); });
}

// Reads the peers again at every SIGHUP; returns the signal that ends the gateway.
int WaitForStop(const sigset_t& signals, PeerReload& peers, Gateway& gateway) {
  int signal = SIGHUP;
  while (true) {
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return signal;
    peers.Run(gateway).IgnoreError();  // it is in the log
  }
}

absl::Status ServeGateway(const GatewayCommand& command) {
  const sigset_t signals = BlockSignals();
  ForbidDumps();
  LogErrorsOfGrpc();
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<PeerReload> peers,
                         PeerReload::Open(command.peers, command.tls));
  GatewayMetrics metrics;
  storage::RocksOptions rocks;
  rocks.directory = command.data;
  rocks.create_if_missing = !command.no_create;
  rocks.min_free_bytes = command.min_free_mib << 20;
  rocks.on_failure = ExitAfterStoreFailure;
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::Store> store,
                         storage::OpenRocksStore(std::move(rocks)));
  Gateway gateway(OptionsOf(command), peers->peers(), *store, metrics);
  const std::unique_ptr<Periodic> watch = WatchPeers(*peers, gateway);
  BookProjection projection(*store);
  BookQueries books(*store, projection);
  const std::unique_ptr<Periodic> book_keeper = KeepBooks(projection);
  GatewayQueries queries(*store, projection, gateway);
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<GatewayServer> server,
                         GatewayServer::Start(command.operators, queries, books));
  YIJIE_ASSIGN_OR_RETURN(
      const std::unique_ptr<PeerPort> port,
      PeerPort::Start(command.listen, command.tls,
                      [&gateway](PeerMessage message, std::function<void(Reply)> respond) {
                        gateway.Take(std::move(message), std::move(respond));
                      }));
  YIJIE_RETURN_IF_ERROR(metrics.Expose(command.metrics));
  LogLine("serving")
      .Text("listen", command.listen)
      .Number("port", port->port())
      .Number("operator_port", server->port())
      .Number("peers", static_cast<int64_t>(peers->peers()->table.size()))
      .Text("metrics", command.metrics);
  const int signal = WaitForStop(signals, *peers, gateway);
  LogLine("stopping").Number("signal", signal);
  gateway.Drain();
  port->Shutdown();
  LogLine("stopped");
  return absl::OkStatus();
}

}  // namespace

void AddGatewayCommand(CLI::App& yijie) {
  auto command = std::make_shared<GatewayCommand>();
  CLI::App* gateway = yijie.add_subcommand(
      "gateway",
      "Carry settlements across areas (异地就医网关) between engines; decides nothing, logs "
      "everything. SIGTERM ends it gracefully, SIGHUP reads the peers again. With a subcommand: "
      "ask one that runs.");
  gateway->require_subcommand(0, 1);
  gateway->add_option("--data", command->data, "Directory of the log; created if missing");
  gateway->add_flag("--no-create", command->no_create,
                    "Do not start without a log there: a volume that is not mounted is not to "
                    "become an empty one");
  gateway->add_option("--peers", command->peers,
                      "The engines of the areas, protobuf text of GatewayPeers");
  gateway
      ->add_option("--listen", command->listen,
                   "Address for the engines of places of care; with mutual TLS")
      ->capture_default_str();
  gateway
      ->add_option("--metrics", command->metrics,
                   "Address of the Prometheus page; it has no authentication")
      ->capture_default_str();
  gateway
      ->add_option("--operators", command->operators,
                   "Address of GatewayService and BooksService; keep it on loopback or behind a "
                   "front with mutual TLS")
      ->capture_default_str();
  AddTlsOptions(*gateway, &command->tls);
  gateway
      ->add_option("--kept-ms", command->kept_ms,
                   "Of the time a message comes with, what is kept to log and give back the answer")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  gateway
      ->add_option("--slow-ms", command->slow_ms, "A peer whose answers take so long is reported")
      ->check(CLI::Range(1, 60'000))
      ->capture_default_str();
  gateway
      ->add_option("--min-free-mib", command->min_free_mib,
                   "Below this much free disk, settlements are not logged and so not answered")
      ->capture_default_str();
  AddGatewayDeskCommands(*gateway);
  gateway->callback([command, gateway] {
    if (!gateway->get_subcommands().empty()) return;
    if (command->data.empty() || command->peers.empty() || command->tls.key.empty())
      throw CLI::RequiredError("--data, --peers and the three --tls files");
    if (const absl::Status status = ServeGateway(*command); !status.ok()) {
      std::cerr << "yijie gateway: " << status.ToString() << "\n";
      throw CLI::RuntimeError(1);
    }
  });
}

}  // namespace yijie::engine
