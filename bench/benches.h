#ifndef YIJIE_BENCH_BENCHES_H_
#define YIJIE_BENCH_BENCHES_H_

// The parts of a run. Each does nothing if the filter matches none of its rows.

#include <functional>

#include "absl/status/status.h"
#include "bench/options.h"
#include "bench/plot_data.h"
#include "bench/report.h"
#include "bench/world.h"

namespace yijie::bench {

// rules::Evaluate beside hand-written C++.
absl::Status BenchEvaluate(const Options& options, const World& world, Report& report);

// Request bytes to reply bytes on one thread, without a store.
absl::Status BenchWire(const Options& options, const World& world, Report& report);

// The store alone, with commits made beforehand, beside raw RocksDB.
absl::Status BenchStore(const Options& options, const World& world, Report& report);

// Engine over RocksStore in this process, beside raw RocksDB and the bare disk.
absl::Status BenchDurable(const Options& options, const World& world, Report& report);

// `yijie serve` in a process of its own, beside a gRPC echo of the same shape.
absl::Status BenchRpc(const Options& options, const World& world, Report& report);

// SettleStream likewise.
absl::Status BenchStream(const Options& options, const World& world, Report& report);

// Both again with slower syncs.
absl::Status BenchSlowDisk(const Options& options, const World& world, Report& report);

// `yijie serve` under an open-loop client: below its peak, beyond it, and beside a noisy neighbour.
absl::Status BenchLoad(const Options& options, const World& world, const PlotData& plots,
                       Report& report);

// `yijie policy replay` without its command, generated and stored history, 1 and 2 threads.
absl::Status BenchReplay(const Options& options, Report& report);

// `yijie policy lint` without its command, of one wide package.
absl::Status BenchLint(const Options& options, Report& report);

// What a settlement adds to the books: its record, its key, the digest.
absl::Status BenchBooks(const Options& options, Report& report);

// The stored explanation: its bytes, and its time beside that of Evaluate and of Settle.
absl::Status BenchExplanation(const Options& options, const World& world, Report& report);

// rules::Evaluate beside zen-engine and JavaScript; left out where they are not installed.
absl::Status BenchZen(const Options& options, const World& world, Report& report);

// `yijie serve` beside PostgreSQL; left out where it is not installed or does not start.
absl::Status BenchPostgres(const Options& options, const World& world, const PlotData& plots,
                           Report& report);

// `--scale`: what loading and settling cost as persons and stored settlements grow. `keep` is
// called after each size, so that what was measured outlives a campaign that does not end.
absl::Status BenchScale(const Options& options, const PlotData& plots, Report& report,
                        const std::function<absl::Status()>& keep);

// The echo: answers every Settle with the bytes of `reply_file`. Serves until killed.
int RunEchoServer(const std::string& reply_file);

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_BENCHES_H_
