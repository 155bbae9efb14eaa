#include "engine/deterministic_bytes.h"

#include "base/check.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/message_lite.h"

namespace yijie::engine {

std::string DeterministicBytes(const google::protobuf::MessageLite& message) {
  // Made in its final size: a string that grows is copied at each doubling.
  std::string bytes(message.ByteSizeLong(), '\0');
  google::protobuf::io::ArrayOutputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  google::protobuf::io::CodedOutputStream output(&stream);
  output.SetSerializationDeterministic(true);
  message.SerializeWithCachedSizes(&output);
  output.Trim();  // `bytes` is complete only now
  YIJIE_CHECK(!output.HadError() && static_cast<size_t>(output.ByteCount()) == bytes.size(),
              "a message is serialized");
  return bytes;
}

}  // namespace yijie::engine
