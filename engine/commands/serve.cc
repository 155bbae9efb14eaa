#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/books/book_projection.h"
#include "engine/books/book_queries.h"
#include "engine/card/pin_key_file.h"
#include "engine/commands/commands.h"
#include "engine/engine.h"
#include "engine/inquiry/change_feed.h"
#include "engine/inquiry/inquiry_queries.h"
#include "engine/metrics.h"
#include "engine/payout/payer_file.h"
#include "engine/policy_archive.h"
#include "engine/policy_reload.h"
#include "engine/resolver.h"
#include "engine/server.h"
#include "storage/rocks_store.h"

namespace yijie::engine {
namespace {

struct ServeOptions {
  std::string data;
  std::string policies;
  std::string pin_keys;
  std::string payers;
  std::string listen = "127.0.0.1:7300";
  std::string metrics = "127.0.0.1:7301";
  EngineOptions engine;
  uint64_t min_free_mib = 1024;
};

// Memory holds personal data: no core files, no debugger attached by others.
void ForbidDumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

// SIGTERM, SIGINT and SIGHUP are taken by sigwait in the main thread, so every thread must have
// them blocked: call before any starts.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Reloads at every SIGHUP; returns the signal that ends the engine.
int WaitForStop(const sigset_t& signals, PolicyReload& reload) {
  int signal = SIGHUP;
  while (true) {
    sigwait(&signals, &signal);
    if (signal != SIGHUP) return signal;
    reload.Run();
  }
}

// A write ended without an answer: whatever is in memory may be ahead of the disk. Leave at once;
// the supervisor starts the engine again and recovery finds out (docs/storage.md).
void ExitAfterStoreFailure() {
  LogLine("store_failed").Text("action", "exit; recover by starting again");
  constexpr int kStoreFailed = 3;
  _exit(kStoreFailed);
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

absl::Status Serve(ServeOptions options) {
  const sigset_t signals = BlockSignals();
  ForbidDumps();
  Metrics metrics;
  storage::RocksOptions rocks;
  rocks.directory = options.data;
  rocks.min_free_bytes = options.min_free_mib << 20;
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
  YIJIE_RETURN_IF_ERROR(ArchivePolicies(*store, *reference->policies, absl::Now()));
  metrics.SetPolicies(*reference->policies);
  LogLine("loaded")
      .Number("policies", static_cast<int64_t>(reference->policies->programs().size()))
      .Number("catalogue_rows", static_cast<int64_t>(reference->catalogue.size()))
      .Number("institutions", static_cast<int64_t>(reference->institutions.size()));
  options.engine.store_failed = ExitAfterStoreFailure;
  Engine engine(options.engine, *store, metrics, std::move(reference));
  // Money and bills that a crash left between two persons go home before anybody asks for them.
  YIJIE_RETURN_IF_ERROR(engine.Resolve(MomentOf(absl::ToUnixMillis(absl::Now()))));
  engine.AwaitIdle();
  PolicyReload reload(options.policies, *store, metrics, engine);
  BookProjection projection(*store);
  BookQueries books(*store, projection);
  const std::unique_ptr<Periodic> book_keeper = KeepBooks(projection);
  InquiryQueries inquiry(*store, [&engine] { return engine.reference(); });
  ChangeFeed changes(*store);
  PaymentFiles payment_files(*store, [&engine] { return engine.reference(); });
  const std::unique_ptr<Periodic> resolver = KeepResolving(engine);
  ServerOptions server_options;
  server_options.address = options.listen;
  server_options.reload_policies = [&reload] { return reload.Run(); };
  server_options.books = &books;
  server_options.inquiry = &inquiry;
  server_options.changes = &changes;
  server_options.payment_files = &payment_files;
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<Server> server,
                         Server::Start(server_options, engine, metrics));
  YIJIE_RETURN_IF_ERROR(metrics.Expose(options.metrics));
  LogLine("serving")
      .Text("listen", options.listen)
      .Number("port", server->port())
      .Text("metrics", options.metrics);
  const int signal = WaitForStop(signals, reload);
  LogLine("stopping").Number("signal", signal).Number("in_flight", engine.in_flight());
  server->Shutdown();
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
  serve->add_option("--lanes", options->engine.lanes, "Threads that evaluate claims")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  serve
      ->add_option("--max-in-flight", options->engine.max_in_flight,
                   "Calls worked on at once; more are refused at once")
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
      std::cerr << "yijie serve: " << status.message() << "\n";
      throw CLI::RuntimeError(1);
    }
  });
}

}  // namespace yijie::engine
