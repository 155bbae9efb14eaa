// The bytes of SettleStream's messages, against protobuf's own reading and writing of them.

#include "engine/server/stream_messages.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/engine/engine_fixture.h"

namespace yijie::engine {
namespace {

v1::SettleStreamRequest MessageOf(int claims) {
  v1::SettleStreamRequest message;
  for (int i = 0; i < claims; ++i) {
    v1::StreamedSettle* settle = message.add_settle();
    if (i % 5 != 4) *settle->mutable_request() = SettleOf(absl::StrCat("m", i), "P1", 100 + i);
    settle->set_deadline_ms(i * 1000);
  }
  return message;
}

// A message of the claims that were read.
v1::SettleStreamRequest Again(const std::vector<StreamedClaim>& claims) {
  v1::SettleStreamRequest message;
  for (const StreamedClaim& claim : claims) {
    v1::StreamedSettle* settle = message.add_settle();
    const auto request = ParseRequest(claim);
    if (!claim.request.empty() && request != nullptr) settle->mutable_request()->CopyFrom(*request);
    settle->set_deadline_ms(claim.deadline_ms);
  }
  return message;
}

bool HasUnknownField(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

TEST(ReadClaims, ReadsWhatProtobufWrote) {
  for (const int claims : {0, 1, 2, 31, kMaxClaimsInMessage}) {
    const std::string message = MessageOf(claims).SerializeAsString();
    const auto read = ReadClaims(message);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(Again(*read).SerializeAsString(), message);
  }
}

TEST(ReadClaims, AFieldThatComesTwiceIsMerged) {
  v1::StreamedSettle first, second;
  first.mutable_request()->mutable_header()->set_msgid("a");
  first.set_deadline_ms(5);
  second.mutable_request()->mutable_header()->set_fixmedins_code("H1");
  second.set_deadline_ms(6);
  const std::string both = first.SerializeAsString() + second.SerializeAsString();
  const std::string message =
      absl::StrCat("\x0A", std::string(1, static_cast<char>(both.size())), both);
  v1::SettleStreamRequest expected;
  ASSERT_TRUE(expected.ParseFromString(message));
  const auto read = ReadClaims(message);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(Again(*read).SerializeAsString(), expected.SerializeAsString());
}

TEST(ReadClaims, ARequestInAMillionPartsIsRefused) {
  std::string parts;
  for (int i = 0; i < 1'000'000; ++i) parts += std::string("\x0A\x00", 2);
  v1::SettleStreamRequest message;
  ASSERT_TRUE(message.add_settle()->ParseFromString(parts));
  std::string bytes("\x0A");
  for (size_t rest = parts.size(); rest > 0; rest >>= 7)
    bytes += static_cast<char>((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0));
  bytes += parts;
  EXPECT_TRUE(v1::SettleStreamRequest().ParseFromString(bytes)) << "protobuf takes it";
  EXPECT_EQ(ReadClaims(bytes).status().message(), "request: not a message of this call");
}

TEST(ReadClaims, TooManyAreRefused) {
  const auto read = ReadClaims(MessageOf(kMaxClaimsInMessage + 1).SerializeAsString());
  EXPECT_EQ(read.status().message(), "settle: a message has at most 256 claims");
}

TEST(ReadClaims, AnUnknownFieldBesideTheClaimsIsRefused) {
  const auto read = ReadClaims(MessageOf(1).SerializeAsString() + "\x10\x01");
  EXPECT_EQ(read.status().message(), "request: unknown field");
}

bool AllParse(const std::vector<StreamedClaim>& claims) {
  return std::all_of(claims.begin(), claims.end(),
                     [](const StreamedClaim& claim) { return ParseRequest(claim) != nullptr; });
}

TEST(ReadClaims, ARequestThatCannotBeReadIsOfItsClaimOnly) {
  const std::string message =
      MessageOf(1).SerializeAsString() + std::string("\x0A\x03\x0A\x01\xFF");
  const auto read = ReadClaims(message);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_NE(ParseRequest((*read)[0]), nullptr);
  EXPECT_EQ(ParseRequest((*read)[1]), nullptr);
}

// 4,096 empty lines are 8 KiB of a message, and 350 KiB parsed.
TEST(ReadClaims, AClaimThatWaitsTakesNoMoreThanItsBytes) {
  v1::SettleStreamRequest message;
  for (int i = 0; i < kMaxClaimsInMessage; ++i) {
    v1::Claim* claim = message.add_settle()->mutable_request()->mutable_claim();
    for (int line = 0; line < 4'096; ++line) claim->add_fee_line();
  }
  const std::string bytes = message.SerializeAsString();
  const size_t before = mallinfo2().uordblks;
  const auto read = ReadClaims(bytes);
  const size_t after = mallinfo2().uordblks;
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_LT(after - before, 256U << 10) << "of " << bytes.size() << " bytes";
}

// Whatever the bytes, what is read is what protobuf reads.
TEST(ReadClaims, DamagedBytesAreReadAsProtobufReadsThem) {
  uint64_t seed = 20261122;
  if (const char* text = std::getenv("YIJIE_SEED"); text != nullptr) {
    ASSERT_TRUE(absl::SimpleAtoi(text, &seed));
  }
  std::cout << "YIJIE_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  const std::string good = MessageOf(6).SerializeAsString();
  int readable = 0;
  constexpr int kRounds = 20'000;
  for (int round = 0; round < kRounds; ++round) {
    std::string bytes = good.substr(0, round % 3 == 0 ? random() % good.size() : good.size());
    for (uint64_t i = random() % 3; i > 0 && !bytes.empty(); --i)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    v1::SettleStreamRequest expected;
    const bool parses = expected.ParseFromString(bytes);
    const auto read = ReadClaims(bytes);
    ASSERT_EQ(read.ok() && AllParse(*read), parses && !HasUnknownField(expected)) << round;
    if (!read.ok() || !parses) continue;
    ++readable;
    ASSERT_EQ(static_cast<int>(read->size()), expected.settle_size());
    for (int i = 0; i < expected.settle_size(); ++i) {
      v1::StreamedSettle& settle = *expected.mutable_settle(i);
      ASSERT_EQ((*read)[static_cast<size_t>(i)].has_unknown_field, HasUnknownField(settle));
      settle.GetReflection()->MutableUnknownFields(&settle)->Clear();
    }
    ASSERT_EQ(Again(*read).SerializeAsString(), expected.SerializeAsString()) << round;
  }
  EXPECT_GT(readable, kRounds / 20);
  EXPECT_LT(readable, kRounds);
}

TEST(AppendAnswer, WritesWhatProtobufReads) {
  v1::SettleResponse reply;
  reply.mutable_settlement()->set_setl_id("S1");
  std::string long_reason;
  v1::SettleStreamResponse expected;
  std::string message;
  for (int i = 0; i < 300; ++i) {
    v1::StreamedAnswer answer;
    answer.set_fixmedins_code("H1");
    answer.set_msgid(absl::StrCat("m", i));
    answer.set_code(i % 17);
    answer.set_message(long_reason);
    const bool has_reply = i % 17 == 0;
    if (has_reply) {
      answer.mutable_timing()->set_wall(i);
      reply.mutable_settlement()->set_reason(long_reason);
    }
    AppendAnswer(answer, has_reply ? reply.SerializeAsString() : "", &message);
    if (has_reply) *answer.mutable_reply() = reply;
    *expected.add_answer() = answer;
    long_reason.append(static_cast<size_t>(i), 'x');
  }
  v1::SettleStreamResponse read;
  ASSERT_TRUE(read.ParseFromString(message));
  EXPECT_EQ(read.SerializeAsString(), expected.SerializeAsString());
}

}  // namespace
}  // namespace yijie::engine
