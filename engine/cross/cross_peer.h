#ifndef YIJIE_ENGINE_CROSS_CROSS_PEER_H_
#define YIJIE_ENGINE_CROSS_CROSS_PEER_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "engine/job.h"

namespace yijie::engine {

// The way to insured places (参保地): through the gateway in production, through a made-up network
// in simulations.
class CrossPeer {
 public:
  virtual ~CrossPeer() = default;

  // Whether bills of a scheme have a way; without one Send refuses them all. Thread-safe.
  virtual bool Carries(const std::string& /*insutype*/) const { return true; }

  // Sends a call of CrossService to the place its request names. `done` is called exactly once,
  // from any thread, perhaps before this returns: with the answer, or with an error, which says
  // nothing about what became of the message; after `deadline` with DEADLINE_EXCEEDED. Thread-safe;
  // does not block.
  virtual void Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
                    std::chrono::steady_clock::time_point deadline,
                    std::function<void(Reply)> done) = 0;
};

// Whether the same message would get this error of a way again: the gateway does not know the area,
// or does not carry bills of this kind. Not what may be due to an alteration on the way.
inline bool IsRefusalForGood(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsFailedPrecondition(status);
}

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_CROSS_PEER_H_
