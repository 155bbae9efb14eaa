#include <signal.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/area/area_code.h"
#include "engine/books/book_projection.h"
#include "engine/books/book_queries.h"
#include "engine/budget/budget.h"
#include "engine/card/pin_key_file.h"
#include "engine/commands/commands.h"
#include "engine/commands/process.h"
#include "engine/engine.h"
#include "engine/inquiry/change_feed.h"
#include "engine/inquiry/inquiry_queries.h"
#include "engine/metrics.h"
#include "engine/payout/payer_file.h"
#include "engine/peers/identity.h"
#include "engine/peers/peer_by_scheme.h"
#include "engine/peers/peer_channel.h"
#include "engine/peers/peer_port.h"
#include "engine/peers/tls.h"
#include "engine/policy_archive.h"
#include "engine/policy_reload.h"
#include "engine/resolver.h"
#include "engine/server/server.h"
#include "storage/rocks_store.h"

namespace yijie::engine {
namespace {

struct ServeOptions {
  std::string data;
  bool no_create = false;
  std::string policies;
  std::string pin_keys;
  std::string payers;
  std::string listen = "127.0.0.1:7300";
  std::string metrics = "127.0.0.1:7301";
  // Settlement across areas.
  std::vector<std::string> areas;
  std::vector<std::string> gateways;  // [SCHEME=]HOST:PORT
  std::string peer_listen;
  TlsFiles tls;
  std::string budgets;
  int64_t max_mib = 256;
  EngineOptions engine;
  uint64_t min_free_mib = 1024;
};

// Reloads at every SIGHUP; returns the signal that ends the engine.
int WaitForStop(const sigset_t& signals, PolicyReload& reload) {
  int signal = SIGHUP;
  while (true) {
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return signal;
    reload.Run();
  }
}

absl::StatusOr<std::shared_ptr<const Reference>> WithPinKeys(const Reference& reference,
                                                             const std::string& path) {
  auto with_keys = std::make_shared<Reference>(reference);
  YIJIE_ASSIGN_OR_RETURN(with_keys->pin_proofs, LoadPinKeys(path));
  return std::shared_ptr<const Reference>(std::move(with_keys));
}

absl::StatusOr<std::shared_ptr<const Reference>> WithPayers(const Reference& reference,
                                                            const std::string& path) {
  auto with_payers = std::make_shared<Reference>(reference);
  YIJIE_ASSIGN_OR_RETURN(with_payers->payers, LoadPayers(path));
  return std::shared_ptr<const Reference>(std::move(with_payers));
}

absl::StatusOr<std::shared_ptr<const Reference>> WithAreas(const Reference& reference,
                                                           const std::vector<std::string>& areas) {
  auto with_areas = std::make_shared<Reference>(reference);
  with_areas->own_areas = areas;
  for (const std::string& area : areas) {
    if (!IsAreaCode(area))
      return absl::InvalidArgumentError(absl::StrCat("--areas: ", area, " has not six digits"));
  }
  return std::shared_ptr<const Reference>(std::move(with_areas));
}

// Whether what settlement across areas needs is there: areas, and certificates for its ports.
absl::Status CheckCross(const ServeOptions& options) {
  const bool speaks = !options.gateways.empty() || !options.peer_listen.empty();
  if (!speaks) return absl::OkStatus();
  if (options.areas.empty())
    return absl::InvalidArgumentError("--areas: is needed with --gateway and --peer-listen");
  const bool certified = !options.tls.authority.empty() && !options.tls.certificate.empty() &&
                         !options.tls.key.empty();
  return certified ? absl::OkStatus()
                   : absl::InvalidArgumentError(
                         "--tls-authority, --tls-certificate and --tls-key: are needed with "
                         "--gateway and --peer-listen");
}

// The ways to insured places; null without --gateway.
absl::StatusOr<std::unique_ptr<CrossPeer>> OpenGateways(const ServeOptions& options) {
  std::map<std::string, std::unique_ptr<CrossPeer>> gateways;
  for (const std::string& gateway : options.gateways) {
    const size_t mark = gateway.find('=');
    const std::string scheme = mark == std::string::npos ? "" : gateway.substr(0, mark);
    const std::string address = mark == std::string::npos ? gateway : gateway.substr(mark + 1);
    YIJIE_ASSIGN_OR_RETURN(std::unique_ptr<CrossPeer> channel,
                           PeerChannel::Open(address, options.tls, std::string(kGatewayIdentity)));
    if (!gateways.emplace(scheme, std::move(channel)).second)
      return absl::InvalidArgumentError(absl::StrCat("--gateway: ", gateway, ": there is another"));
  }
  std::unique_ptr<CrossPeer> peer;
  if (!gateways.empty()) peer = std::make_unique<PeerByScheme>(std::move(gateways));
  return peer;
}

absl::Status SetBudgets(const std::string& text, EngineOptions* options) {
  options->budgets = kDefaultBudgets;
  if (!text.empty()) {
    const absl::StatusOr<Budgets> budgets = ParseBudgets(text, kDefaultBudgets);
    if (!budgets.ok())
      return absl::InvalidArgumentError(absl::StrCat("--budget: ", budgets.status().message()));
    options->budgets = *budgets;
  }
  options->cross.budget = options->budgets[static_cast<size_t>(Channel::kCrossProvince)];
  return absl::OkStatus();
}

absl::Status Serve(ServeOptions options) {
  YIJIE_RETURN_IF_ERROR(SetBudgets(options.budgets, &options.engine));
  const sigset_t signals = BlockSignals();
  ForbidDumps();
  LogErrorsOfGrpc();
  YIJIE_RETURN_IF_ERROR(CheckCross(options));
  Metrics metrics;
  storage::RocksOptions rocks;
  rocks.directory = options.data;
  rocks.create_if_missing = !options.no_create;
  rocks.min_free_bytes = options.min_free_mib << 20;
  rocks.on_failure = ExitAfterStoreFailure;
  rocks.on_group = [&metrics](const storage::GroupStats& stats) {
    metrics.GroupWritten(stats.commits, stats.write_time);
  };
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::Store> store,
                         storage::OpenRocksStore(std::move(rocks)));
  YIJIE_ASSIGN_OR_RETURN(std::shared_ptr<const Reference> reference,
                         LoadReference(*store, options.policies));
  if (!options.pin_keys.empty()) {
    YIJIE_ASSIGN_OR_RETURN(reference, WithPinKeys(*reference, options.pin_keys));
  }
  if (!options.payers.empty()) {
    YIJIE_ASSIGN_OR_RETURN(reference, WithPayers(*reference, options.payers));
  }
  YIJIE_ASSIGN_OR_RETURN(reference, WithAreas(*reference, options.areas));
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<CrossPeer> insured_places, OpenGateways(options));
  options.engine.cross.peer = insured_places.get();
  options.engine.max_bytes_in_flight = options.max_mib << 20;
  YIJIE_RETURN_IF_ERROR(ArchivePolicies(*store, *reference->policies, absl::Now()));
  metrics.SetPolicies(*reference->policies);
  LogLine("loaded")
      .Number("policies", static_cast<int64_t>(reference->policies->programs().size()))
      .Number("catalogue_rows", static_cast<int64_t>(reference->catalogue.size()))
      .Number("institutions", static_cast<int64_t>(reference->institutions.size()));
  options.engine.store_failed = ExitAfterStoreFailure;
  Engine engine(options.engine, *store, metrics, std::move(reference));
  // Money and bills that a crash left between two persons go home before anybody asks for them.
  ResolveOnce(engine);
  engine.AwaitIdle();
  PolicyReload reload(options.policies, *store, metrics, engine);
  BookProjection projection(*store);
  BookQueries books(*store, projection);
  const std::unique_ptr<Periodic> book_keeper = KeepBooks(projection);
  InquiryQueries inquiry(*store, [&engine] { return engine.reference(); });
  ChangeFeed changes(*store);
  PaymentFiles payment_files(*store, [&engine] { return engine.reference(); });
  const std::unique_ptr<Periodic> resolver = KeepResolving(engine);
  const std::unique_ptr<Periodic> cross_resolver = KeepResolvingCross(engine);
  ServerOptions server_options;
  server_options.address = options.listen;
  server_options.reload_policies = [&reload] { return reload.Run(); };
  server_options.books = &books;
  server_options.inquiry = &inquiry;
  server_options.changes = &changes;
  server_options.payment_files = &payment_files;
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Server> server,
                         Server::Start(server_options, engine, metrics));
  std::unique_ptr<PeerPort> peers;
  if (!options.peer_listen.empty()) {
    YIJIE_ASSIGN_OR_RETURN(peers,
                           PeerPort::Start(options.peer_listen, options.tls, ForEngine(engine)));
  }
  YIJIE_RETURN_IF_ERROR(metrics.Expose(options.metrics));
  LogLine("serving")
      .Text("listen", options.listen)
      .Number("port", server->port())
      .Number("peer_port", peers == nullptr ? 0 : peers->port())
      .Text("metrics", options.metrics);
  const int signal = WaitForStop(signals, reload);
  LogLine("stopping").Number("signal", signal).Number("in_flight", engine.in_flight());
  server->Shutdown();
  if (peers != nullptr) peers->Shutdown();
  LogLine("stopped");
  return absl::OkStatus();
}

}  // namespace

void AddServeCommand(CLI::App& yijie) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* serve = yijie.add_subcommand(
      "serve", "Run the engine. SIGTERM ends it gracefully, SIGHUP reads the policy tables again.");
  serve->add_option("--data", options->data, "Directory of the store; created if missing")
      ->required();
  serve->add_flag("--no-create", options->no_create,
                  "Do not start without a store there: a volume that is not mounted is not to "
                  "become an empty one");
  serve->add_option("--policies", options->policies, "Directory with *.policy tables")
      ->required()
      ->check(CLI::ExistingDirectory);
  serve->add_option("--pin-keys", options->pin_keys,
                    "Keys of the services that check social PINs, lines \"issuer hexkey\"; not "
                    "readable by others. Without it no proof of a PIN counts");
  serve->add_option("--payers", options->payers,
                    "The agency's accounts that payouts are paid from, protobuf text of "
                    "PayerAccounts. Without it nothing is paid out");
  serve
      ->add_option("--listen", options->listen,
                   "gRPC address; keep it on loopback or behind a front with mutual TLS")
      ->capture_default_str();
  serve
      ->add_option("--metrics", options->metrics,
                   "Address of the Prometheus page; it has no authentication")
      ->capture_default_str();
  serve
      ->add_option("--areas", options->areas,
                   "Areas whose insured persons are kept here, six digits each; messages to other "
                   "areas name the first. Without it all persons are of here")
      ->delimiter(',');
  serve->add_option("--gateway", options->gateways,
                    "[SCHEME=]HOST:PORT of the gateway to insured places, for bills of that scheme "
                    "or of all others; may be given again");
  serve->add_option("--peer-listen", options->peer_listen,
                    "Address at which the gateway brings messages for persons insured here; with "
                    "mutual TLS");
  AddTlsOptions(*serve, &options->tls);
  serve
      ->add_option("--budget", options->budgets,
                   absl::StrCat("Most time for a call by its channel, such as "
                                "pharmacy=50ms,in-patient=2s; a caller's own deadline may be "
                                "shorter. Channels not named keep ",
                                ToText(kDefaultBudgets)))
      ->take_last();
  serve->add_option("--lanes", options->engine.lanes, "Threads that evaluate claims")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  serve
      ->add_option("--max-in-flight", options->engine.max_in_flight,
                   "Calls worked on at once; more are refused at once")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  serve
      ->add_option("--max-mib-in-flight", options->max_mib,
                   "Memory that calls worked on may hold; more are refused at once")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  serve
      ->add_option("--slow-claims", options->engine.slow_percent,
                   "Log calls that take so much of their budget, in percent; 0: none")
      ->check(CLI::Range(0, 100))
      ->capture_default_str();
  serve
      ->add_option("--max-unsynced", options->engine.max_unsynced,
                   "Commits of a lane on their way to the disk")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  serve
      ->add_option("--cached-persons", options->engine.cached_persons,
                   "Persons kept in memory, about 2 KB each")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  serve
      ->add_option("--min-free-mib", options->min_free_mib,
                   "Below this much free disk, commits are refused")
      ->capture_default_str();
  serve->callback([options] {
    if (const absl::Status status = Serve(*options); !status.ok()) {
      std::cerr << "yijie serve: " << status.ToString() << "\n";
      throw CLI::RuntimeError(1);
    }
  });
}

}  // namespace yijie::engine
