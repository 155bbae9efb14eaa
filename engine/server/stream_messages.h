#ifndef YIJIE_ENGINE_SERVER_STREAM_MESSAGES_H_
#define YIJIE_ENGINE_SERVER_STREAM_MESSAGES_H_

// The bytes of SettleStream's messages: requests taken apart and answers put together claim by
// claim. A claim waits as the bytes it came in, because parsed it may be many times as large, and
// is parsed into the room of one before it. The stored bytes of a reply go in as they are: parsing
// and serialising them again would cost more than all the rest, and would let a reply differ from
// that of Settle.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

inline constexpr int kMaxClaimsInMessage = 256;  // as service.proto promises

// An element of SettleStreamRequest.settle.
struct StreamedClaim {
  // Bytes of a SettleRequest, as they lie in the message; more than one are merged. Empty: there is
  // none.
  absl::InlinedVector<absl::string_view, 1> request;
  int64_t deadline_ms = 0;
  bool has_unknown_field = false;
  int index = 0;
};

// INVALID_ARGUMENT, naming what is wrong, if the bytes are no SettleStreamRequest, hold a field
// that this program does not know beside the claims, too many claims, or a claim whose request
// comes in more than 16 parts.
absl::StatusOr<std::vector<StreamedClaim>> ReadClaims(absl::string_view message);

// The SettleRequest of a claim; null if its bytes are none. Reads the message.
std::shared_ptr<google::protobuf::Message> ParseRequest(const StreamedClaim& claim);

// Appends one element of SettleStreamResponse.answer to `message`: `answer`, which has no `reply`,
// with `reply_bytes` in the place of that field; none if they are empty.
void AppendAnswer(const yijie::v1::StreamedAnswer& answer, absl::string_view reply_bytes,
                  std::string* message);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SERVER_STREAM_MESSAGES_H_
