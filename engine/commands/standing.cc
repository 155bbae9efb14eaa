#include "engine/commands/standing.h"

#include <grpcpp/support/status_code_enum.h>

#include "absl/strings/match.h"

namespace yijie::engine {

Standing StandingOf(int code, absl::string_view message) {
  const bool not_applied = absl::StrContains(message, "not applied");
  switch (code) {
    case grpc::RESOURCE_EXHAUSTED:
    case grpc::ABORTED:
      return not_applied ? Standing::kNotNow : Standing::kNever;
    case grpc::DEADLINE_EXCEEDED:  // the engine's own is definite, that of the caller's timer is
                                   // not
      return not_applied ? Standing::kNotNow : Standing::kUnknown;
    case grpc::INVALID_ARGUMENT:
    case grpc::NOT_FOUND:
    case grpc::ALREADY_EXISTS:
    case grpc::PERMISSION_DENIED:
    case grpc::UNAUTHENTICATED:
    case grpc::FAILED_PRECONDITION:
    case grpc::UNIMPLEMENTED:
      return Standing::kNever;
    case grpc::DATA_LOSS:
      return Standing::kLost;
    default:
      return Standing::kUnknown;
  }
}

}  // namespace yijie::engine
