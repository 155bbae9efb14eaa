#include "engine/server/trailers.h"

#include "absl/strings/str_cat.h"

namespace yijie::engine {

std::string TimingTrailer(const StageTimes& times) {
  std::string text;
  text.reserve(128);
  for (size_t i = 0; i < kStages; ++i)
    absl::StrAppend(&text, NameOf(static_cast<Stage>(i)), "=", times.took[i].count(), " ");
  absl::StrAppend(&text, "wall=", times.wall().count());
  return text;
}

}  // namespace yijie::engine
