#ifndef YIJIE_ENGINE_STREAM_ANSWER_H_
#define YIJIE_ENGINE_STREAM_ANSWER_H_

// Answer messages of SettleStream, written answer by answer. The stored bytes of a reply go in as
// they are: parsing them and serialising them again would cost more than all the rest, and would
// let the reply differ from that of Settle.

#include <string>

#include "absl/strings/string_view.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// Appends one element of SettleStreamResponse.answer to `message`: `answer`, which has no `reply`,
// with `reply_bytes` in the place of that field; none if they are empty.
void AppendAnswer(const yijie::v1::StreamedAnswer& answer, absl::string_view reply_bytes,
                  std::string* message);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_STREAM_ANSWER_H_
