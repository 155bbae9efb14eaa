#ifndef YIJIE_ENGINE_EDGE_H_
#define YIJIE_ENGINE_EDGE_H_

// From a parsed request to a job: the checks that need no person, the message key, and the lane.

#include <memory>

#include "absl/status/statusor.h"
#include "engine/job.h"

namespace yijie::engine {

// Empty request message of a call. Thread-safe, as is giving it up.
std::shared_ptr<google::protobuf::Message> NewRequest(Call call);

// Checks `request` and makes a job of it; everything but `deadline` and `respond`. INVALID_ARGUMENT
// names the field.
absl::StatusOr<std::unique_ptr<Job>> MakeJob(
    Call call, std::shared_ptr<const google::protobuf::Message> request, const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_EDGE_H_
