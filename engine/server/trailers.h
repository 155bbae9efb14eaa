#ifndef YIJIE_ENGINE_SERVER_TRAILERS_H_
#define YIJIE_ENGINE_SERVER_TRAILERS_H_

// What a unary reply carries in its trailing metadata.

#include <string>

#include "engine/budget/stage_times.h"

namespace yijie::engine {

// Where the time went: "edge=12034 queue=2871 ... reply=2004 wall=193790", in nanoseconds; the
// stages add up to the wall.
inline constexpr char kTimingTrailer[] = "yijie-timing";
// When to send the call again, in milliseconds. The name is that of gRPC's retry design (A6).
inline constexpr char kRetryTrailer[] = "grpc-retry-pushback-ms";

std::string TimingTrailer(const StageTimes& times);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SERVER_TRAILERS_H_
