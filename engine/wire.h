#ifndef YIJIE_ENGINE_WIRE_H_
#define YIJIE_ENGINE_WIRE_H_

// Messages taken apart without being parsed.

#include <google/protobuf/io/coded_stream.h>

#include "absl/strings/string_view.h"

namespace yijie::engine {

// Reads `bytes`, which outlive it.
google::protobuf::io::CodedInputStream StreamOf(absl::string_view bytes);

// A length, and the bytes it counts, as they stand in what `input` reads. False if they are not
// there.
bool ReadDelimited(google::protobuf::io::CodedInputStream& input, absl::string_view* bytes);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_WIRE_H_
