// Claims settled again in a second by `yijie policy replay`: of a generated history, and of one in
// a store.

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "bench/benches.h"
#include "engine/replay/replay.h"
#include "engine/sample/sample_history.h"
#include "rules/loader.h"
#include "storage/rocks_store.h"
#include "tests/replay/bookkeeper.h"

namespace yijie::bench {
namespace {

constexpr uint64_t kSeed = 1;

struct Sizes {
  int64_t persons, claims;
};
Sizes GeneratedSizes(const Options& options) {
  return options.quick ? Sizes{2'000, 20'000} : Sizes{100'000, 1'000'000};
}
Sizes StoredSizes(const Options& options) {
  return options.quick ? Sizes{500, 5'000} : Sizes{10'000, 100'000};
}

using Replayer = std::function<absl::StatusOr<engine::ReplayReport>(const engine::ReplayOptions&)>;

// One row for the whole, wall-clock, and one for the settling alone, of one thread. Every run must
// find that nothing changed and come to the same hash.
absl::Status AddRows(const Options& options, const std::string& name, int threads,
                     const Replayer& replay, Digest* hash, Report& report) {
  Row whole;
  whole.name = name;
  whole.unit = "claims/s";
  whole.better = Better::kMore;
  Row settling = whole;
  settling.name = name + " settle";
  // A million claims need no five repetitions.
  const int repetitions = options.quick ? 1 : std::min(options.repetitions, 2);
  for (int i = 0; i < repetitions; ++i) {
    Progress(absl::StrCat("  ", name));
    engine::ReplayOptions replay_options;
    replay_options.threads = threads;
    const auto start = std::chrono::steady_clock::now();
    YIJIE_ASSIGN_OR_RETURN(const engine::ReplayReport result, replay(replay_options));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    if (result.total.changed != 0 || (*hash != Digest() && *hash != result.hash)) {
      return absl::InternalError("a replay under the policies that settled the claims differs");
    }
    *hash = result.hash;
    const auto claims = static_cast<double>(result.total.claims + result.reversed);
    whole.ours.push_back(claims / seconds.count());
    settling.ours.push_back(claims / (static_cast<double>(result.settle_ns) * 1e-9));
  }
  report.Add(std::move(whole));
  report.Add(std::move(settling));
  return absl::OkStatus();
}

absl::Status FillStore(const engine::SampleHistory& history, const engine::Reference& reference,
                       const std::string& directory) {
  storage::RocksOptions rocks;
  rocks.directory = directory;
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::Store> store,
                         storage::OpenRocksStore(std::move(rocks)));
  engine::Bookkeeper books(reference, *store);
  for (int64_t person = 0; person < history.persons(); ++person) history.Play(person, books);
  books.Flush();
  return absl::OkStatus();
}

}  // namespace

absl::Status BenchReplay(const Options& options, Report& report) {
  const std::string generated = "policy/replay/generated", stored = "policy/replay/store";
  YIJIE_ASSIGN_OR_RETURN(const auto policies, rules::LoadRuleBook(options.policies));
  for (const std::string& name : {generated, stored}) {
    if (!options.Matches(name)) continue;
    const Sizes sizes = name == stored ? StoredSizes(options) : GeneratedSizes(options);
    Progress(absl::StrCat("  ", name, ": make ", sizes.claims, " claims"));
    YIJIE_ASSIGN_OR_RETURN(const auto history,
                           engine::SampleHistory::Make(sizes.persons, sizes.claims, kSeed));
    const auto reference = history.WithPolicies(policies);
    std::unique_ptr<storage::StoreReader> store;
    if (name == stored) {
      const std::string directory = options.data + "/replay";
      YIJIE_RETURN_IF_ERROR(FillStore(history, *reference, directory));
      YIJIE_ASSIGN_OR_RETURN(store, storage::OpenRocksSnapshot(directory));
    }
    Digest hash{};
    for (const int threads : {1, 2}) {
      const Replayer replay = [&](const engine::ReplayOptions& replay_options) {
        if (store != nullptr) return engine::ReplayStore(*store, *reference, replay_options);
        return engine::ReplaySample(history, *reference, *reference, replay_options);
      };
      YIJIE_RETURN_IF_ERROR(
          AddRows(options, absl::StrCat(name, "/", threads), threads, replay, &hash, report));
    }
  }
  return absl::OkStatus();
}

}  // namespace yijie::bench
