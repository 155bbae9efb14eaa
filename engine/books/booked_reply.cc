#include "engine/books/booked_reply.h"

#include <google/protobuf/wire_format_lite.h>

#include <string>

#include "engine/wire.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using yijie::v1::Settlement;

bool IsInBooks(uint32_t tag) {
  const int field = WireFormatLite::GetTagFieldNumber(tag);
  return field != Settlement::kLineFieldNumber && field != Settlement::kExplanationFieldNumber;
}

// Appends the fields of a Settlement that are in books. False if it cannot be taken apart.
bool AppendBooked(absl::string_view settlement, std::string* booked) {
  CodedInputStream input = StreamOf(settlement);
  auto begin = static_cast<size_t>(input.CurrentPosition());
  while (const uint32_t tag = input.ReadTag()) {
    if (!WireFormatLite::SkipField(&input, tag)) return false;
    const auto end = static_cast<size_t>(input.CurrentPosition());
    if (IsInBooks(tag)) booked->append(settlement.data() + begin, end - begin);
    begin = end;
  }
  return input.ConsumedEntireMessage();
}

}  // namespace

bool ParseBookedReply(absl::string_view reply, Settlement* settlement) {
  constexpr uint32_t kSettlementTag = WireFormatLite::MakeTag(
      yijie::v1::SettleResponse::kSettlementFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  std::string booked;
  CodedInputStream input = StreamOf(reply);
  while (const uint32_t tag = input.ReadTag()) {
    absl::string_view bytes;
    const bool whole = tag == kSettlementTag
                           ? ReadDelimited(input, &bytes) && AppendBooked(bytes, &booked)
                           : WireFormatLite::SkipField(&input, tag);
    if (!whole) return false;
  }
  return input.ConsumedEntireMessage() && settlement->ParseFromString(booked);
}

}  // namespace yijie::engine
