// The settlement that the books read equals the stored one, but for lines and explanation.

#include "engine/books/booked_reply.h"

#include <string>

#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>

#include "gtest/gtest.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Gives every field a value, those of messages in it too, and repeated ones two.
void FillAll(Message* message) {
  const auto& reflection = *message->GetReflection();
  const auto& type = *message->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    for (int times = field->is_repeated() ? 2 : 1; times > 0; --times) {
      const bool many = field->is_repeated();
      switch (field->cpp_type()) {
        case FieldDescriptor::CPPTYPE_MESSAGE:
          FillAll(many ? reflection.AddMessage(message, field)
                       : reflection.MutableMessage(message, field));
          break;
        case FieldDescriptor::CPPTYPE_STRING:
          many ? reflection.AddString(message, field, field->name())
               : reflection.SetString(message, field, field->name());
          break;
        case FieldDescriptor::CPPTYPE_INT64:
          many ? reflection.AddInt64(message, field, field->number() + 1'000)
               : reflection.SetInt64(message, field, field->number() + 1'000);
          break;
        case FieldDescriptor::CPPTYPE_INT32:
          many ? reflection.AddInt32(message, field, field->number())
               : reflection.SetInt32(message, field, field->number());
          break;
        case FieldDescriptor::CPPTYPE_BOOL:
          many ? reflection.AddBool(message, field, true)
               : reflection.SetBool(message, field, true);
          break;
        case FieldDescriptor::CPPTYPE_ENUM:
          many ? reflection.AddEnumValue(message, field, 1)
               : reflection.SetEnumValue(message, field, 1);
          break;
        default:
          FAIL() << field->full_name() << ": a type this test does not know";
      }
    }
  }
}

v1::SettleResponse FullReply() {
  v1::SettleResponse reply;
  FillAll(&reply);
  return reply;
}

TEST(BookedReply, HasEverythingButLinesAndExplanation) {
  v1::Settlement expected = FullReply().settlement();
  ASSERT_GT(expected.line_size(), 0);
  ASSERT_GT(expected.ByteSizeLong(), 500U);
  expected.clear_line();
  expected.clear_explanation();
  v1::Settlement booked;
  booked.set_reason("of the settlement before");
  ASSERT_TRUE(ParseBookedReply(FullReply().SerializeAsString(), &booked));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(expected, booked))
      << booked.DebugString();
}

TEST(BookedReply, NothingThatIsCutOffIsRead) {
  const std::string whole = FullReply().SerializeAsString();
  v1::Settlement booked;
  EXPECT_TRUE(ParseBookedReply("", &booked));
  for (size_t size = 1; size < whole.size(); ++size)
    EXPECT_FALSE(ParseBookedReply(absl::string_view(whole).substr(0, size), &booked)) << size;
}

TEST(BookedReply, DamageInWhatIsReadIsSeen) {
  std::string bytes = v1::SettleResponse::default_instance().SerializeAsString();
  bytes += "\x0a\x03\x0a\x05x";  // a setl_id longer than the settlement it is in
  v1::Settlement booked;
  EXPECT_FALSE(ParseBookedReply(bytes, &booked));
  EXPECT_FALSE(ParseBookedReply(std::string(12, '\xff'), &booked));
}

}  // namespace
}  // namespace yijie::engine
