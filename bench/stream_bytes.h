#ifndef YIJIE_BENCH_STREAM_BYTES_H_
#define YIJIE_BENCH_STREAM_BYTES_H_

// The messages of SettleStream as a client that serialises and parses nothing handles them.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace yijie::bench {

// Appends a claim, the bytes of a SettleRequest, to a SettleStreamRequest.
void AppendClaim(absl::string_view request, int64_t deadline_ms, std::string* message);

struct AnswerView {
  std::optional<uint64_t> serial;  // that of RequestBytes, from the message id
  int code = 0;
  absl::string_view reply;
};
// Calls `take` with each answer of a SettleStreamResponse. False if it is not well-formed.
bool ForEachAnswer(absl::string_view message, const std::function<void(const AnswerView&)>& take);

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_STREAM_BYTES_H_
