#include "engine/local_time.h"

namespace yijie::engine {
namespace {

constexpr int64_t kSecondsOfDay = 86'400;
constexpr int64_t kOffsetSeconds = 8 * 3'600;

int64_t FloorDivide(int64_t value, int64_t by) { return (value - (value % by + by) % by) / by; }

int64_t LocalSeconds(int64_t unix_ms) { return FloorDivide(unix_ms, 1'000) + kOffsetSeconds; }

void AppendTwoDigits(int64_t value, std::string* text) {
  text->push_back(static_cast<char>('0' + value / 10));
  text->push_back(static_cast<char>('0' + value % 10));
}

}  // namespace

Date LocalDay(int64_t unix_ms) {
  return Date(static_cast<int32_t>(FloorDivide(LocalSeconds(unix_ms), kSecondsOfDay)));
}

// Every call needs it: absl::FormatTime takes several times as long.
std::string FormatLocalTime(int64_t unix_ms) {
  const int64_t of_day = LocalSeconds(unix_ms) - LocalDay(unix_ms).days() * kSecondsOfDay;
  std::string text = FormatLocalDay(unix_ms);
  text += 'T';
  AppendTwoDigits(of_day / 3'600, &text);
  text += ':';
  AppendTwoDigits(of_day / 60 % 60, &text);
  text += ':';
  AppendTwoDigits(of_day % 60, &text);
  text += "+08:00";
  return text;
}

std::string FormatLocalDay(int64_t unix_ms) { return FormatDate(LocalDay(unix_ms)); }

}  // namespace yijie::engine
