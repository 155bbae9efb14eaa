#include "bench/load_client.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "bench/process.h"

namespace yijie::bench {
namespace {

using Clock = std::chrono::steady_clock;

// Until they all begin: they read their requests and connect meanwhile.
constexpr auto kSettleIn = std::chrono::milliseconds(400);
// Message ids of the processes of one client lie so far apart.
constexpr uint64_t kSerials = 1'000'000'000;

std::string ArgumentsOf(const LoadClient& client, Clock::time_point begin) {
  const LoadPlan& plan = client.plan;
  return absl::StrCat(client.requests_file, " ", client.first_serial, " ", client.nice, " ",
                      plan.server, " ", plan.per_second, " ", plan.length.count(), " ", plan.seed,
                      " ", plan.connections, " ", plan.most_open, " ", plan.most_late.count(), " ",
                      begin.time_since_epoch().count());
}

LoadClient ClientOf(const std::string& arguments) {
  LoadClient client;
  LoadPlan& plan = client.plan;
  int64_t length = 0, most_late = 0, begin = 0;
  std::istringstream(arguments) >> client.requests_file >> client.first_serial >> client.nice >>
      plan.server >> plan.per_second >> length >> plan.seed >> plan.connections >> plan.most_open >>
      most_late >> begin;
  plan.length = std::chrono::milliseconds(length);
  plan.most_late = std::chrono::milliseconds(most_late);
  plan.begin = Clock::time_point(std::chrono::nanoseconds(begin));
  return client;
}

// --- A result as numbers: of each list its length goes first.

void Append(const std::vector<int64_t>& list, std::vector<int64_t>* numbers) {
  numbers->push_back(static_cast<int64_t>(list.size()));
  numbers->insert(numbers->end(), list.begin(), list.end());
}

std::vector<int64_t> NumbersOf(const LoadResult& result) {
  std::vector<int64_t> numbers = {result.offered, result.left_out,
                                  static_cast<int64_t>(result.seconds * 1e9)};
  Append(result.admitted, &numbers);
  Append(result.late, &numbers);
  Append(result.refused_from_send, &numbers);
  std::vector<int64_t> timeline;
  for (const LoadResult::Served& served : result.timeline)
    timeline.insert(timeline.end(), {served.due, served.answered});
  Append(timeline, &numbers);
  for (const auto& [code, latencies] : result.refused) {
    numbers.push_back(code);
    Append(latencies, &numbers);
  }
  return numbers;
}

class Numbers {
 public:
  explicit Numbers(const std::string& bytes) : numbers_(bytes.size() / sizeof(int64_t)) {
    std::memcpy(numbers_.data(), bytes.data(), numbers_.size() * sizeof(int64_t));
  }
  bool AtEnd() const { return next_ >= numbers_.size(); }
  int64_t Next() { return AtEnd() ? 0 : numbers_[next_++]; }
  std::vector<int64_t> List() {
    const auto size = std::min(static_cast<size_t>(Next()), numbers_.size() - next_);
    const auto begin = numbers_.begin() + static_cast<std::ptrdiff_t>(next_);
    next_ += size;
    return {begin, begin + static_cast<std::ptrdiff_t>(size)};
  }

 private:
  std::vector<int64_t> numbers_;
  size_t next_ = 0;
};

LoadResult ResultOf(const std::string& bytes) {
  Numbers numbers(bytes);
  LoadResult result;
  result.offered = numbers.Next();
  result.left_out = numbers.Next();
  result.seconds = static_cast<double>(numbers.Next()) / 1e9;
  result.admitted = numbers.List();
  result.late = numbers.List();
  result.refused_from_send = numbers.List();
  const std::vector<int64_t> timeline = numbers.List();
  for (size_t i = 0; i + 1 < timeline.size(); i += 2)
    result.timeline.push_back({timeline[i], timeline[i + 1]});
  while (!numbers.AtEnd()) {
    const int code = static_cast<int>(numbers.Next());
    result.refused[code] = numbers.List();
  }
  return result;
}

void Merge(const std::vector<int64_t>& sorted, std::vector<int64_t>* into) {
  const auto middle = static_cast<std::ptrdiff_t>(into->size());
  into->insert(into->end(), sorted.begin(), sorted.end());
  std::inplace_merge(into->begin(), into->begin() + middle, into->end());
}

}  // namespace

absl::StatusOr<std::vector<LoadResult>> RunLoadClients(const std::vector<LoadClient>& clients,
                                                       const std::string& log_file) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const Clock::time_point begin = Clock::now() + kSettleIn;
  std::vector<absl::StatusOr<std::string>> outputs(clients.size(), "");
  std::vector<std::thread> waiting;
  for (size_t i = 0; i < clients.size(); ++i) {
    waiting.emplace_back([&, i] {
      outputs[i] = RunProgram({self, "--load-client", ArgumentsOf(clients[i], begin)}, log_file);
    });
  }
  for (std::thread& thread : waiting) thread.join();
  std::vector<LoadResult> results;
  for (absl::StatusOr<std::string>& output : outputs) {
    YIJIE_RETURN_IF_ERROR(output.status());
    results.push_back(ResultOf(*output));
  }
  return results;
}

std::vector<LoadClient> SplitLoad(const LoadClient& client, int processes) {
  std::vector<LoadClient> clients(static_cast<size_t>(processes), client);
  for (size_t i = 0; i < clients.size(); ++i) {
    LoadPlan& plan = clients[i].plan;
    plan.per_second /= processes;
    plan.connections = std::max(1, plan.connections / processes);
    plan.most_open = std::max<int64_t>(1, plan.most_open / processes);
    plan.seed = plan.seed * 31 + i;
    clients[i].first_serial += i * kSerials;
  }
  return clients;
}

LoadResult Together(const std::vector<LoadResult>& results) {
  LoadResult all;
  for (const LoadResult& one : results) {
    all.offered += one.offered;
    all.left_out += one.left_out;
    all.seconds = std::max(all.seconds, one.seconds);
    Merge(one.admitted, &all.admitted);
    Merge(one.late, &all.late);
    Merge(one.refused_from_send, &all.refused_from_send);
    all.timeline.insert(all.timeline.end(), one.timeline.begin(), one.timeline.end());
    for (const auto& [code, latencies] : one.refused) Merge(latencies, &all.refused[code]);
  }
  return all;
}

int RunLoadClient(const std::string& arguments) {
  LoadClient client = ClientOf(arguments);
  RequestBytes requests = RequestBytes::Read(client.requests_file, client.first_serial);
  client.plan.requests = &requests;
  if (client.nice != 0 && nice(client.nice) == -1) return 1;
  const LoadResult result = RunOpenLoop(client.plan);
  if (!result.failure.ok()) {
    std::cerr << result.failure.message() << "\n";
    return 1;
  }
  const std::vector<int64_t> numbers = NumbersOf(result);
  std::cout.write(reinterpret_cast<const char*>(numbers.data()),
                  static_cast<std::streamsize>(numbers.size() * sizeof(int64_t)));
  return std::cout.flush() ? 0 : 1;
}

}  // namespace yijie::bench
