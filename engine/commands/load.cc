#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status_macros.h"
#include "engine/commands/commands.h"
#include "engine/load/account_file.h"
#include "engine/load/catalogue_file.h"
#include "engine/load/institution_file.h"
#include "engine/load/load.h"
#include "engine/load/person_file.h"
#include "engine/load/progress_bar.h"
#include "storage/rocks_store.h"

namespace yijie::engine {
namespace {

struct LoadOptions {
  std::string data;
  std::string file;
};

constexpr absl::string_view kFormatHelp =
    R"(CSV, UTF-8. The first line names the columns, in any order. Double quotes around cells with
commas; lines that begin with # are comments; days are 2026-11-21. If any row is wrong, nothing is
loaded and every bad row is listed. Loading the same file again changes nothing, and finishes a load
that was interrupted. The engine must not be running on DIR.
)";

absl::Status RunLoad(LoadKind kind, const LoadOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const int64_t now_unix_ms = absl::ToUnixMillis(absl::Now());
  YIJIE_ASSIGN_OR_RETURN(const InputFile file, ReadInputFile(options.file));
  storage::RocksOptions rocks;
  rocks.directory = options.data;
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::Store> store,
                         storage::OpenRocksStore(std::move(rocks)));
  LoadResult result;
  {
    ProgressBar bar(LoadKindName(kind));
    YIJIE_ASSIGN_OR_RETURN(
        result, LoadFile(kind, file, *store, now_unix_ms,
                         [&bar](int64_t done, int64_t total) { bar.Update(done, total); }));
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  absl::PrintF("loaded %s, %.1f s\n", Summary(kind, result), seconds.count());
  return absl::OkStatus();
}

// What the command line ends with; see commands.h.
int ExitCode(const absl::Status& status) { return absl::IsUnknown(status) ? 2 : 1; }

void AddKind(CLI::App& load, LoadKind kind, const char* what, absl::string_view columns_help) {
  const auto options = std::make_shared<LoadOptions>();
  CLI::App* const command = load.add_subcommand(std::string(LoadKindName(kind)), what);
  command->footer(absl::StrCat(kFormatHelp, "\n", columns_help));
  command->add_option("--data", options->data, "directory of the store; made if it is missing")
      ->type_name("DIR")
      ->required();
  command->add_option("FILE", options->file, "CSV file; - reads it from standard input")
      ->type_name("")
      ->required();
  command->callback([kind, options] {
    const absl::Status status = RunLoad(kind, *options);
    if (status.ok()) return;
    absl::FPrintF(stderr, "%s\n", status.message());
    throw CLI::RuntimeError(ExitCode(status));
  });
}

}  // namespace

void AddLoadCommand(CLI::App& yijie) {
  CLI::App* const load =
      yijie.add_subcommand("load", "load persons, institutions, the catalogue or account credits");
  load->require_subcommand(1);
  AddKind(*load, LoadKind::kInstitutions, "designated institutions", kInstitutionColumnsHelp);
  AddKind(*load, LoadKind::kCatalogue, "catalogue of drugs, services and materials",
          kCatalogueColumnsHelp);
  AddKind(*load, LoadKind::kPersons, "insured persons and their coverages", kPersonColumnsHelp);
  AddKind(*load, LoadKind::kAccounts, "credits of personal accounts", kAccountColumnsHelp);
}

}  // namespace yijie::engine
