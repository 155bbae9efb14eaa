#include "engine/wire.h"

namespace yijie::engine {

using google::protobuf::io::CodedInputStream;

CodedInputStream StreamOf(absl::string_view bytes) {
  return CodedInputStream(reinterpret_cast<const uint8_t*>(bytes.data()),
                          static_cast<int>(bytes.size()));
}

bool ReadDelimited(CodedInputStream& input, absl::string_view* bytes) {
  uint32_t size = 0;
  const void* data = nullptr;
  int left = 0;
  if (!input.ReadVarint32(&size)) return false;
  if (!input.GetDirectBufferPointer(&data, &left)) left = 0;
  if (size > static_cast<uint32_t>(left)) return false;
  *bytes = {static_cast<const char*>(data), size};
  return input.Skip(static_cast<int>(size));
}

}  // namespace yijie::engine
