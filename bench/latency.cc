#include "bench/latency.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace yijie::bench {

Latencies Percentiles(std::vector<int64_t>& nanoseconds) {
  if (nanoseconds.empty()) return {};
  std::sort(nanoseconds.begin(), nanoseconds.end());
  const auto at = [&nanoseconds](size_t percent) {
    return static_cast<double>(nanoseconds[nanoseconds.size() * percent / 100]) / 1000;
  };
  return {at(50), at(99)};
}

Latencies TimeAppendAndSync(const std::string& path, size_t bytes, int times) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  YIJIE_CHECK(fd >= 0, "the benchmark cannot make a file");
  const std::string block(bytes, 'x');
  std::vector<int64_t> taken;
  for (int i = 0; i < times; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const ssize_t written = write(fd, block.data(), block.size());
    YIJIE_CHECK(written == static_cast<ssize_t>(bytes) && fdatasync(fd) == 0, "the disk is full");
    taken.push_back(Nanoseconds(std::chrono::steady_clock::now() - begin));
  }
  close(fd);
  unlink(path.c_str());
  return Percentiles(taken);
}

}  // namespace yijie::bench
