// A library to be preloaded: every fsync and fdatasync of the program takes YIJIE_SYNC_DELAY_US
// microseconds longer, and does not end while the file YIJIE_SYNC_HOLD is there. It turns the disk
// of a developer's machine into a slower one, or one that hangs, without a word of it in the
// program that is measured or tested.

#include <dlfcn.h>
#include <errno.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

namespace {

using Sync = int (*)(int);

void Sleep(long us) {
  timespec left = {us / 1'000'000, us % 1'000'000 * 1'000};
  while (nanosleep(&left, &left) != 0) {
  }
}

void Wait() {
  static const long delay_us = [] {
    const char* const text = std::getenv("YIJIE_SYNC_DELAY_US");
    return text == nullptr ? 0L : std::atol(text);
  }();
  static const char* const hold = std::getenv("YIJIE_SYNC_HOLD");
  // As long as asked, not 50 us longer.
  thread_local const bool exact = prctl(PR_SET_TIMERSLACK, 1UL) == 0;
  (void)exact;
  const int error = errno;
  Sleep(delay_us);
  while (hold != nullptr && access(hold, F_OK) == 0) Sleep(1'000);
  errno = error;
}

int SyncAndWait(Sync real, int fd) {
  const int result = real(fd);
  Wait();
  return result;
}

}  // namespace

extern "C" int fsync(int fd) {
  static const auto real = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fsync"));
  return SyncAndWait(real, fd);
}

extern "C" int fdatasync(int fd) {
  static const auto real = reinterpret_cast<Sync>(dlsym(RTLD_NEXT, "fdatasync"));
  return SyncAndWait(real, fd);
}
