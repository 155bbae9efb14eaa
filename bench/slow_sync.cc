// Stands before fsync and fdatasync of the C library. Preloaded, every one of them takes
// YIJIE_SYNC_DELAY_US microseconds longer, and does not end while the file YIJIE_SYNC_HOLD is
// there. That turns the disk of a developer's machine into a slower one, or one that hangs, without
// a word of it in the program that is measured or tested.

#include "bench/slow_sync.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace {

using Sync = int (*)(int);

void Sleep(long us) {
  timespec left = {us / 1'000'000, us % 1'000'000 * 1'000};
  while (nanosleep(&left, &left) != 0) {
  }
}

long DelayOfEnvironment() {
  const char* const text = std::getenv("YIJIE_SYNC_DELAY_US");
  return text == nullptr ? 0 : std::atol(text);
}

std::atomic<long>& DelayUs() {
  static std::atomic<long> delay_us(DelayOfEnvironment());
  return delay_us;
}

void Wait() {
  static const char* const hold = std::getenv("YIJIE_SYNC_HOLD");
  // As long as asked, not 50 us longer.
  thread_local const bool exact = prctl(PR_SET_TIMERSLACK, 1UL) == 0;
  (void)exact;
  const int error = errno;
  if (const long delay_us = DelayUs(); delay_us > 0) Sleep(delay_us);
  while (hold != nullptr && access(hold, F_OK) == 0) Sleep(1'000);
  errno = error;
}

int SyncAndWait(Sync real, int fd) {
  const int result = real(fd);
  Wait();
  return result;
}

}  // namespace

namespace yijie::bench {

SlowSyncs::SlowSyncs(std::chrono::microseconds delay) { DelayUs() = delay.count(); }
SlowSyncs::~SlowSyncs() { DelayUs() = 0; }

}  // namespace yijie::bench

extern "C" int fsync(int fd) {
  static const auto real = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fsync"));
  return SyncAndWait(real, fd);
}

extern "C" int fdatasync(int fd) {
  static const auto real = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fdatasync"));
  return SyncAndWait(real, fd);
}
