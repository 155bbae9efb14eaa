#include "bench/apart.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace yijie::bench {
namespace {

// Threads that begin later are begun by one of these, and keep to the same.
void KeepTo(const cpu_set_t& processors, const ServerProcess& server) {
  const std::string tasks = absl::StrCat("/proc/", server.pid(), "/task");
  std::error_code ended;  // such a server has no threads to move
  for (const auto& task : std::filesystem::directory_iterator(tasks, ended))
    sched_setaffinity(std::atoi(task.path().filename().c_str()), sizeof(processors), &processors);
}

}  // namespace

Apart::Apart(std::vector<const ServerProcess*> servers) : servers_(std::move(servers)) {
  CPU_ZERO(&before_);
  sched_getaffinity(0, sizeof(before_), &before_);
  const int all = CPU_COUNT(&before_);
  if (all < 2) return;
  cpu_set_t theirs, ours;
  CPU_ZERO(&theirs);
  CPU_ZERO(&ours);
  for (int processor = 0, seen = 0; seen < all; ++processor) {
    if (!CPU_ISSET(processor, &before_)) continue;
    CPU_SET(processor, seen < all / 2 ? &theirs : &ours);
    ++seen;
  }
  for (const ServerProcess* server : servers_) KeepTo(theirs, *server);
  sched_setaffinity(0, sizeof(ours), &ours);
}

Apart::~Apart() {
  for (const ServerProcess* server : servers_) KeepTo(before_, *server);
  sched_setaffinity(0, sizeof(before_), &before_);
}

}  // namespace yijie::bench
