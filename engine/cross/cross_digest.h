#ifndef YIJIE_ENGINE_CROSS_CROSS_DIGEST_H_
#define YIJIE_ENGINE_CROSS_CROSS_DIGEST_H_

// Digests of the messages of CrossService: SHA-256 of the message without its field `digest`, in
// deterministic serialisation.

#include <string>

#include <google/protobuf/message.h>

#include "absl/status/status.h"

namespace yijie::engine {

// Of a message that has a field `digest`.
std::string DigestOf(const google::protobuf::Message& message);
void Seal(google::protobuf::Message* message);

// INVALID_ARGUMENT unless the message has the digest it should have.
absl::Status CheckSeal(const google::protobuf::Message& message);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_CROSS_DIGEST_H_
