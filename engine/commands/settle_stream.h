#ifndef YIJIE_ENGINE_COMMANDS_SETTLE_STREAM_H_
#define YIJIE_ENGINE_COMMANDS_SETTLE_STREAM_H_

// `yijie settle --stream`: many bills over one SettleStream.

#include <string>
#include <vector>

#include "engine/commands/client.h"

namespace yijie::engine {

// Sends the bills of `files`: protobuf JSON of yijie.v1.SettleRequest, one a line ("-" is stdin).
// Prints each answer as it comes, one line of JSON of yijie.v1.StreamedAnswer, and on stderr how
// far it is and what came of all. A stream that ends in the middle is opened again and what has no
// answer is sent again under its ids, until none came for as long as a client waits for an answer.
// Returns the exit code of the command.
int SettleOverStream(const ClientOptions& client, const std::vector<std::string>& files);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_COMMANDS_SETTLE_STREAM_H_
