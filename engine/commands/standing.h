#ifndef YIJIE_ENGINE_COMMANDS_STANDING_H_
#define YIJIE_ENGINE_COMMANDS_STANDING_H_

#include "absl/strings/string_view.h"

namespace yijie::engine {

// What an error tells of the message that it answers: the table of docs/client.md.
enum class Standing {
  kNever,    // not applied, and will not be as it is
  kNotNow,   // not applied: the same message is to be sent again
  kUnknown,  // applied or not: the same message is to be sent again
  kLost,     // applied or not, and the engine cannot tell: a matter for the operator
};

// `code`: gRPC's, not 0. `message`: of the status.
Standing StandingOf(int code, absl::string_view message);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_COMMANDS_STANDING_H_
