#include "engine/deterministic_bytes.h"

#include "base/check.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/message_lite.h"

namespace yijie::engine {

std::string DeterministicBytes(const google::protobuf::MessageLite& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream output(&stream);
  output.SetSerializationDeterministic(true);
  YIJIE_CHECK(message.SerializeToCodedStream(&output), "a message is serialized");
  output.Trim();  // `bytes` is complete only now
  return bytes;
}

}  // namespace yijie::engine
