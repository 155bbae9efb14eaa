#ifndef YIJIE_ENGINE_MOMENT_H_
#define YIJIE_ENGINE_MOMENT_H_

#include <cstdint>
#include <string>

#include "base/date.h"

namespace yijie::engine {

// The moment a message arrived, read once at the edge.
struct Moment {
  int64_t unix_ms = 0;
  Date day;             // local day, UTC+8
  std::string rfc3339;  // local time, second resolution
};
Moment MomentOf(int64_t unix_ms);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_MOMENT_H_
