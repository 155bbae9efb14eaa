#include "engine/stream_answer.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/check.h"

namespace yijie::engine {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

constexpr auto kDelimited = WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
constexpr uint32_t kAnswerTag =
    WireFormatLite::MakeTag(v1::SettleStreamResponse::kAnswerFieldNumber, kDelimited);
constexpr uint32_t kReplyTag =
    WireFormatLite::MakeTag(v1::StreamedAnswer::kReplyFieldNumber, kDelimited);
// The most a tag and a length take.
constexpr size_t kMostHead = 10;

}  // namespace

void AppendAnswer(const v1::StreamedAnswer& answer, absl::string_view reply_bytes,
                  std::string* message) {
  YIJIE_CHECK(!answer.has_reply(), "the reply of an answer comes as bytes");
  const size_t head = answer.ByteSizeLong();
  const auto reply_size = static_cast<uint32_t>(reply_bytes.size());
  size_t size = head;
  if (reply_size > 0) {
    size += CodedOutputStream::VarintSize32(kReplyTag) +
            CodedOutputStream::VarintSize32(reply_size) + reply_size;
  }
  const size_t begin = message->size();
  message->resize(begin + kMostHead + size);
  auto* const first = reinterpret_cast<uint8_t*>(&(*message)[begin]);
  uint8_t* to = CodedOutputStream::WriteTagToArray(kAnswerTag, first);
  to = CodedOutputStream::WriteVarint32ToArray(static_cast<uint32_t>(size), to);
  to = answer.SerializeWithCachedSizesToArray(to);
  if (reply_size > 0) {
    to = CodedOutputStream::WriteTagToArray(kReplyTag, to);
    to = CodedOutputStream::WriteVarint32ToArray(reply_size, to);
    to = CodedOutputStream::WriteRawToArray(reply_bytes.data(), static_cast<int>(reply_size), to);
  }
  message->resize(begin + static_cast<size_t>(to - first));
}

}  // namespace yijie::engine
