#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/engine.h"
#include "engine/load/progress_bar.h"
#include "engine/replay/replay.h"
#include "engine/replay/report_csv.h"
#include "engine/replay/report_html.h"
#include "engine/replay/report_text.h"
#include "engine/sample/sample_history.h"
#include "rules/loader.h"
#include "storage/rocks_store.h"

namespace yijie::engine {
namespace {

constexpr int64_t kMaxGeneratedPersons = 1'000'000;  // about 2 KB of memory each
constexpr int64_t kMaxGeneratedClaims = 100'000'000;

struct PolicyReplayOptions {
  std::string draft;
  std::string data;
  std::string current;
  std::vector<int64_t> generate;  // persons, claims
  uint64_t seed = 1;
  int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  size_t losers = 20;
  bool show_psn_no = false;
  std::string csv;
  std::string html;
};

constexpr char kFooter[] =
    R"(The draft is a directory with all tables that are to be in force, not only the changed ones: a claim
for which it has none is refused. Facts are those known at the time, institutions and catalogue are those
the store has now. Claims that were refused when they came are not in a stored history.

--data reads the store as it is at the moment it is opened. An engine may be running on it and goes on
undisturbed; nothing is written to the directory.)";

// The report of a store's history, or of a generated one.
absl::StatusOr<ReplayReport> ReplayChosen(const PolicyReplayOptions& options) {
  ReplayOptions replay;
  replay.threads = options.threads;
  replay.losers = options.losers;
  ProgressBar bar("persons");
  replay.progress = [&bar](int64_t done, int64_t total) { bar.Update(done, total); };
  if (options.generate.empty()) {
    YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::StoreReader> store,
                           storage::OpenRocksSnapshot(options.data));
    YIJIE_ASSIGN_OR_RETURN(const std::shared_ptr<const Reference> draft,
                           LoadReference(*store, options.draft));
    return ReplayStore(*store, *draft, replay);
  }
  YIJIE_ASSIGN_OR_RETURN(auto draft, rules::LoadRuleBook(options.draft));
  YIJIE_ASSIGN_OR_RETURN(auto current, rules::LoadRuleBook(options.current));
  YIJIE_ASSIGN_OR_RETURN(
      const SampleHistory history,
      SampleHistory::Make(options.generate[0], options.generate[1], options.seed));
  return ReplaySample(history, *history.WithPolicies(std::move(current)),
                      *history.WithPolicies(std::move(draft)), replay);
}

ReportSubject SubjectOf(const PolicyReplayOptions& options) {
  ReportSubject subject;
  subject.draft = options.draft;
  subject.shows_psn_no = options.show_psn_no;
  subject.history = options.data;
  if (!options.generate.empty()) {
    subject.history =
        absl::StrCat("示例数据 generated: ", options.generate[0], " persons, ", options.generate[1],
                     " claims, seed ", options.seed, ", under ", options.current);
    subject.refusals_known = true;
  }
  return subject;
}

// How long it took, on stderr: the report itself is the same whenever it is made.
void PrintTime(const PolicyReplayOptions& options, const ReplayReport& report, double seconds) {
  const int64_t claims = report.total.claims + report.reversed;
  const auto per_second = [claims](double time) {
    return time > 0 ? static_cast<double>(claims) / time : 0;
  };
  const double settle = static_cast<double>(report.settle_ns) * 1e-9;
  absl::FPrintF(
      stderr,
      "%d claims in %.1f s on %d threads: %.0f a second; of the threads' time %.1f s for "
      "the history, %.1f s to settle again and compare (%.0f claims a second and thread)\n",
      claims, seconds, options.threads, per_second(seconds),
      static_cast<double>(report.history_ns) * 1e-9, settle, per_second(settle));
}

absl::Status Replay(const PolicyReplayOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  YIJIE_ASSIGN_OR_RETURN(const ReplayReport report, ReplayChosen(options));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const ReportSubject subject = SubjectOf(options);
  if (!options.csv.empty()) {
    YIJIE_RETURN_IF_ERROR(WriteFile(options.csv, ReportAsCsv(subject, report)));
  }
  if (!options.html.empty()) {
    YIJIE_RETURN_IF_ERROR(WriteFile(options.html, ReportAsHtml(subject, report)));
  }
  absl::PrintF("%s", ReportAsText(subject, report));
  PrintTime(options, report, seconds.count());
  return absl::OkStatus();
}

void AddReportOptions(CLI::App& command, PolicyReplayOptions* options) {
  command
      .add_option("--threads", options->threads, "Threads that settle; one more reads the store")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_option("--losers", options->losers, "Most persons listed of those who lose")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command.add_flag("--show-psn-no", options->show_psn_no,
                   "Print person numbers whole; they are masked otherwise");
  command.add_option("--csv", options->csv, "Write the report to a CSV file too")
      ->type_name("FILE");
  command.add_option("--html", options->html, "Write it to a page that stands alone, with charts")
      ->type_name("FILE");
}

}  // namespace

void AddPolicyReplayCommand(CLI::App& policy) {
  const auto options = std::make_shared<PolicyReplayOptions>();
  CLI::App* const replay = policy.add_subcommand(
      "replay", "Settle a history again under a draft (政策试算): who would pay what.");
  replay->footer(kFooter);
  replay->add_option("--draft", options->draft, "Directory with the *.policy tables of the draft")
      ->required()
      ->check(CLI::ExistingDirectory);
  CLI::Option_group* const source = replay->add_option_group("history");
  source->require_option(1);
  source->add_option("--data", options->data, "Directory of a store")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  CLI::Option* const generate = source
                                    ->add_option("--generate", options->generate,
                                                 "A generated history: so many persons and claims")
                                    ->type_name("PERSONS,CLAIMS")
                                    ->delimiter(',')
                                    ->expected(2)
                                    ->check(CLI::Range(int64_t{1}, kMaxGeneratedClaims));
  CLI::Option* const current =
      replay
          ->add_option("--current", options->current,
                       "Directory with the tables that settle the generated history")
          ->check(CLI::ExistingDirectory)
          ->needs(generate);
  generate->needs(current);
  replay->add_option("--seed", options->seed, "Of the generated history; same seed, same history")
      ->capture_default_str();
  AddReportOptions(*replay, options.get());
  replay->callback([options] {
    if (!options->generate.empty() && options->generate[0] > kMaxGeneratedPersons) {
      Fail(absl::InvalidArgumentError(
          absl::StrCat("--generate: at most ", kMaxGeneratedPersons, " persons")));
    }
    if (const absl::Status status = Replay(*options); !status.ok()) Fail(status);
  });
}

}  // namespace yijie::engine
