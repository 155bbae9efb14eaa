#ifndef YIJIE_ENGINE_DETERMINISTIC_BYTES_H_
#define YIJIE_ENGINE_DETERMINISTIC_BYTES_H_

#include <string>

namespace google::protobuf {
class MessageLite;
}

namespace yijie::engine {

// The one serialization of a message that this program writes: equal messages, equal bytes.
std::string DeterministicBytes(const google::protobuf::MessageLite& message);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_DETERMINISTIC_BYTES_H_
