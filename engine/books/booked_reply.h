#ifndef YIJIE_ENGINE_BOOKS_BOOKED_REPLY_H_
#define YIJIE_ENGINE_BOOKS_BOOKED_REPLY_H_

// What the books need of the stored reply of a settlement.

#include "absl/strings/string_view.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// The settlement in the bytes of a SettleResponse, but for its lines and explanation, which are
// most of it and in no book. False if they are none.
bool ParseBookedReply(absl::string_view reply, yijie::v1::Settlement* settlement);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKS_BOOKED_REPLY_H_
