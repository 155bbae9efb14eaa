#include "bench/instructions.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace yijie::bench {
namespace {

// perf_event_open(2); the C library has no name for it.
int OpenEvent() {
  perf_event_attr event{};
  event.type = PERF_TYPE_HARDWARE;
  event.size = sizeof(event);
  event.config = PERF_COUNT_HW_INSTRUCTIONS;
  event.inherit = 1;
  event.exclude_kernel = 1;
  event.exclude_hv = 1;
  constexpr pid_t kThisThread = 0;
  constexpr int kAnyCore = -1, kNoGroup = -1;
  return static_cast<int>(
      syscall(SYS_perf_event_open, &event, kThisThread, kAnyCore, kNoGroup, PERF_FLAG_FD_CLOEXEC));
}

}  // namespace

InstructionCount::InstructionCount() : event_(OpenEvent()) {}

InstructionCount::~InstructionCount() {
  if (event_ >= 0) close(event_);
}

double InstructionCount::Read() const {
  uint64_t count = 0;
  if (event_ < 0 || read(event_, &count, sizeof(count)) != sizeof(count)) return 0;
  return static_cast<double>(count);
}

}  // namespace yijie::bench
