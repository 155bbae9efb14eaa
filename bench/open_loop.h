#ifndef YIJIE_BENCH_OPEN_LOOP_H_
#define YIJIE_BENCH_OPEN_LOOP_H_

// An open-loop client: claims are meant to be sent at moments that do not depend on the answers,
// as patients come to a till. Latency is from the moment a claim was meant to be sent, so a server
// that stalls is charged for all who had to wait, and not only for those the client got round to
// sending (no coordinated omission).

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/latency.h"
#include "bench/world.h"

namespace yijie::bench {

enum class Arrivals : uint8_t { kPoisson, kFixed };

struct LoadPlan {
  std::string server;  // HOST:PORT
  RequestBytes* requests = nullptr;
  double per_second = 0;
  std::chrono::milliseconds length{0};
  Arrivals arrivals = Arrivals::kPoisson;
  uint64_t seed = 1;
  // Of a call; 0: 20 s. Over a stream it is the claim's.
  std::chrono::milliseconds deadline{0};
  // Unary: connections that take turns. A stream has one.
  int connections = 4;
  // Most claims sent and not answered; what is due beyond them is left out.
  int64_t most_open = 20'000;
  // What the client comes to so much too late is left out; 0: nothing is.
  std::chrono::milliseconds most_late{0};
  std::chrono::steady_clock::time_point begin;  // once connected, but not earlier
  bool stream = false;
  int batch = 32;  // most claims in a message of a stream: those due when it is written
};

struct LoadResult {
  int64_t offered = 0;   // meant to be sent
  int64_t left_out = 0;  // of those, not sent: too many were open, or the client was late
  double seconds = 0;    // in which they were offered
  // Settled: latencies in ns, sorted; and when each was meant to be sent and answered, ns since the
  // begin, in the order of answers.
  std::vector<int64_t> admitted;
  struct Served {
    int64_t due, answered;
  };
  std::vector<Served> timeline;
  // By gRPC code: latencies in ns, sorted.
  std::map<int, std::vector<int64_t>> refused;
  // Of all refused unary calls: from when the client did send them, ns, sorted.
  std::vector<int64_t> refused_from_send;
  // By how much the client was late itself in sending, ns, sorted. Where this is large the client
  // is what is measured.
  std::vector<int64_t> late;
  absl::Status failure;  // an answer that no server should give

  // What was settled in those seconds; what waited still at their end does not count.
  double Goodput() const;
  int64_t Refusals() const;
  std::vector<int64_t> AllRefused() const;  // sorted
};

// The value below which `share` of the sorted latencies are, in microseconds; 0 if there are none.
double QuantileUs(const std::vector<int64_t>& sorted, double share);

// Returns when all that was sent is answered.
LoadResult RunOpenLoop(const LoadPlan& plan);

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_OPEN_LOOP_H_
