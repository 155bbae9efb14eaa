// SettleStream over the network, on a store that takes its time when told to.

#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/server/server.h"
#include "engine/server/stream.h"
#include "tests/engine/engine_fixture.h"
#include "tests/engine/fault_store.h"
#include "yijie/v1/service.grpc.pb.h"

namespace yijie::engine {
namespace {

using grpc::ByteBuffer;
using storage::FaultStore;

constexpr int kPersons = 8;

std::string PersonOf(int i) { return absl::StrCat("P", i % kPersons); }

std::string BytesOf(const ByteBuffer& buffer) {
  grpc::Slice slice;
  EXPECT_TRUE(buffer.DumpToSingleSlice(&slice).ok());
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

ByteBuffer BufferWith(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return ByteBuffer(&slice, 1);
}

// An answer as it came: `reply` is bytes.
struct RawAnswer {
  std::string institution, msgid, message, reply;
  int64_t code = 0;
  bool has_reply = false;
};

// Reads an answer message without knowing what is in it.
std::vector<RawAnswer> TakeApart(const std::string& message) {
  google::protobuf::UnknownFieldSet outer;
  EXPECT_TRUE(outer.ParseFromString(message));
  std::vector<RawAnswer> answers;
  for (int i = 0; i < outer.field_count(); ++i) {
    EXPECT_EQ(outer.field(i).number(), 1);
    google::protobuf::UnknownFieldSet fields;
    EXPECT_TRUE(fields.ParseFromString(outer.field(i).length_delimited()));
    RawAnswer answer;
    for (int f = 0; f < fields.field_count(); ++f) {
      const auto& field = fields.field(f);
      if (field.number() == 1) answer.institution = field.length_delimited();
      if (field.number() == 2) answer.msgid = field.length_delimited();
      if (field.number() == 3) answer.code = static_cast<int64_t>(field.varint());
      if (field.number() == 4) answer.message = field.length_delimited();
      if (field.number() == 5) answer.reply = field.length_delimited();
      answer.has_reply = answer.has_reply || field.number() == 5;
    }
    answers.push_back(std::move(answer));
  }
  return answers;
}

// One stream of a client that sees bytes.
class RawStream {
 public:
  explicit RawStream(const std::shared_ptr<grpc::Channel>& channel)
      : method_("/yijie.v1.SettlementService/SettleStream",
                grpc::internal::RpcMethod::BIDI_STREAMING),
        stream_(grpc::internal::ClientReaderWriterFactory<ByteBuffer, ByteBuffer>::Create(
            channel.get(), method_, &context_)) {}

  bool Write(const std::string& bytes) { return stream_->Write(BufferWith(bytes)); }
  bool Write(const std::vector<v1::SettleRequest>& requests) {
    v1::SettleStreamRequest message;
    for (const v1::SettleRequest& request : requests)
      *message.add_settle()->mutable_request() = request;
    return Write(message.SerializeAsString());
  }
  void WritesDone() { stream_->WritesDone(); }
  // False: the stream is over.
  bool ReadSome() {
    ByteBuffer buffer;
    if (!stream_->Read(&buffer)) return false;
    ++messages;
    for (RawAnswer& answer : TakeApart(BytesOf(buffer))) {
      const std::string msgid = answer.msgid;
      EXPECT_TRUE(answers.emplace(msgid, std::move(answer)).second) << msgid << " answered twice";
    }
    return true;
  }
  void ReadUntil(size_t count) {
    while (answers.size() < count && ReadSome()) {
    }
    EXPECT_GE(answers.size(), count);
  }
  grpc::Status ReadToTheEnd() {
    while (ReadSome()) {
    }
    return stream_->Finish();
  }
  void Cancel() { context_.TryCancel(); }

  std::map<std::string, RawAnswer> answers;  // by message id
  int messages = 0;

 private:
  grpc::ClientContext context_;
  const grpc::internal::RpcMethod method_;
  const std::unique_ptr<grpc::ClientReaderWriter<ByteBuffer, ByteBuffer>> stream_;
};

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() : store_(durable_, FaultStore::Options()) {
    for (int i = 0; i < kPersons; ++i) PlantPerson(PersonOf(i), 100'000'000, 0, &durable_);
    engine_ = std::make_unique<Engine>(EngineOptions(), store_, metrics_, TestReference());
    ServerOptions options;
    options.address = "127.0.0.1:0";
    options.stream_patience = std::chrono::milliseconds(1);
    server_ = *Server::Start(options, *engine_, metrics_);
    channel_ = NewChannel({});
  }

  // A connection of its own.
  std::shared_ptr<grpc::Channel> NewChannel(grpc::ChannelArguments arguments) {
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                     grpc::InsecureChannelCredentials(), arguments);
  }

  // The bytes a unary Settle answers.
  std::string Settle(const v1::SettleRequest& request, grpc::StatusCode code = grpc::OK) {
    const grpc::internal::RpcMethod method("/yijie.v1.SettlementService/Settle",
                                           grpc::internal::RpcMethod::NORMAL_RPC);
    grpc::ClientContext context;
    ByteBuffer in = BufferWith(request.SerializeAsString()), out;
    const grpc::Status status = grpc::internal::BlockingUnaryCall<ByteBuffer, ByteBuffer>(
        channel_.get(), method, &context, in, &out);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    return status.ok() ? BytesOf(out) : status.error_message();
  }

  // Settlements and credits of all persons so far.
  int64_t Versions() {
    int64_t versions = 0;
    for (int i = 0; i < kPersons; ++i) versions += (*durable_.LoadLatest(PersonOf(i)))->version - 1;
    return versions;
  }
  void AwaitGroup() {
    while (store_.waiting() == 0) std::this_thread::yield();
  }

  const QuietLog quiet_;
  storage::MemoryStore durable_;
  FaultStore store_;
  Metrics metrics_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

v1::SettleRequest BillOf(int i) { return SettleOf(absl::StrCat("m", i), PersonOf(i), 10'000 + i); }

TEST_F(StreamTest, RepliesAreByteForByteThoseOfSettle) {
  std::vector<v1::SettleRequest> requests;
  for (int i = 0; i < 96; ++i) requests.push_back(BillOf(i));
  requests.push_back(SettleOf("r1", "P1", 1'000, "390"));
  requests.push_back(SettleOf("r2", "P1", 1'000, "390"));  // refused: one stay a year
  std::map<std::string, std::string> unary;
  for (int i = 0; i < 10; ++i)
    unary[absl::StrCat("m", i)] = Settle(requests[static_cast<size_t>(i)]);
  RawStream stream(channel_);
  for (size_t i = 0; i < requests.size(); i += 32) {
    const size_t end = std::min(i + 32, requests.size());
    ASSERT_TRUE(stream.Write(std::vector<v1::SettleRequest>(
        requests.begin() + static_cast<long>(i), requests.begin() + static_cast<long>(end))));
  }
  stream.WritesDone();
  EXPECT_TRUE(stream.ReadToTheEnd().ok());
  ASSERT_EQ(stream.answers.size(), requests.size());
  for (const v1::SettleRequest& request : requests) {
    const RawAnswer& answer = stream.answers[request.header().msgid()];
    EXPECT_EQ(answer.institution, kHospital);
    EXPECT_EQ(answer.code, 0) << answer.message;
    EXPECT_EQ(answer.message, "");
    EXPECT_EQ(answer.reply, Settle(request));
    const auto known = unary.find(answer.msgid);
    EXPECT_TRUE(known == unary.end() || answer.reply == known->second);
  }
  v1::SettleResponse refused;
  ASSERT_TRUE(refused.ParseFromString(stream.answers["r2"].reply));
  EXPECT_NE(refused.settlement().outcome(), v1::SETTLED);
  EXPECT_EQ(Versions(), 97);
}

TEST_F(StreamTest, ErrorsAreThoseOfSettle) {
  const v1::SettleRequest settled = BillOf(0);
  Settle(settled);
  v1::SettleRequest other = settled;
  other.mutable_claim()->mutable_fee_line(0)->set_med_list_codg("B");
  v1::SettleRequest nobody = SettleOf("n1", "NOBODY", 100);
  RawStream stream(channel_);
  stream.Write({other, nobody, BillOf(1)});
  stream.WritesDone();
  EXPECT_TRUE(stream.ReadToTheEnd().ok());
  for (const auto& [request, code] :
       {std::pair(other, grpc::ALREADY_EXISTS), std::pair(nobody, grpc::NOT_FOUND)}) {
    const RawAnswer& answer = stream.answers[request.header().msgid()];
    EXPECT_EQ(answer.code, code);
    EXPECT_FALSE(answer.has_reply);
    EXPECT_EQ(answer.message, Settle(request, code));
  }
  EXPECT_EQ(stream.answers["m1"].code, 0);
}

TEST_F(StreamTest, MalformedClaimsNameTheirFieldAndHurtNobody) {
  v1::SettleStreamRequest message;
  *message.add_settle()->mutable_request() = BillOf(0);
  *message.add_settle()->mutable_request() = BillOf(1);
  message.mutable_settle(1)->mutable_request()->mutable_claim()->mutable_fee_line(0)->set_cnt_1e4(
      -1);
  *message.add_settle()->mutable_request() = BillOf(2);
  message.mutable_settle(2)->set_deadline_ms(-1);
  *message.add_settle()->mutable_request() = BillOf(3);
  auto* unknown = message.mutable_settle(3);
  unknown->GetReflection()->MutableUnknownFields(unknown)->AddVarint(9, 1);
  *message.add_settle()->mutable_request() = BillOf(4);
  auto* inner = message.mutable_settle(4)->mutable_request();
  inner->GetReflection()->MutableUnknownFields(inner)->AddVarint(9, 1);
  message.add_settle()->set_deadline_ms(5);
  RawStream stream(channel_);
  stream.Write(message.SerializeAsString());
  stream.Write({BillOf(9)});
  stream.WritesDone();
  EXPECT_TRUE(stream.ReadToTheEnd().ok());
  const std::map<std::string, std::string> expected = {
      {"m1", "settle[1].request.claim.fee_line[0].cnt_1e4:"},
      {"m2", "settle[2].deadline_ms:"},
      {"m3", "settle[3]: unknown field"},
      {"m4", "settle[4].request: unknown field"},
      {"", "settle[5].request: is missing"}};
  for (const auto& [msgid, begin] : expected) {
    EXPECT_EQ(stream.answers[msgid].code, grpc::INVALID_ARGUMENT) << msgid;
    EXPECT_TRUE(absl::StartsWith(stream.answers[msgid].message, begin))
        << stream.answers[msgid].message;
  }
  EXPECT_EQ(stream.answers["m0"].code, 0);
  EXPECT_EQ(stream.answers["m9"].code, 0);
  EXPECT_EQ(Versions(), 2);
}

TEST_F(StreamTest, ARequestThatCannotBeReadHurtsNobody) {
  v1::SettleStreamRequest message;
  *message.add_settle()->mutable_request() = BillOf(0);
  const std::string unreadable("\x0A\x03\x0A\x01\xFF", 5);
  RawStream stream(channel_);
  stream.Write(absl::StrCat(message.SerializeAsString(), unreadable));
  stream.Write({BillOf(1)});
  stream.WritesDone();
  EXPECT_TRUE(stream.ReadToTheEnd().ok());
  EXPECT_EQ(stream.answers[""].code, grpc::INVALID_ARGUMENT);
  EXPECT_EQ(stream.answers[""].message, "settle[1].request: not a message of this call");
  EXPECT_EQ(stream.answers["m0"].code, 0);
  EXPECT_EQ(stream.answers["m1"].code, 0);
  EXPECT_EQ(Versions(), 2);
}

TEST_F(StreamTest, WhatWasInsideIsAnsweredBeforeABadMessageEndsTheStream) {
  std::string too_many;
  {
    v1::SettleStreamRequest message;
    for (int i = 0; i < 257; ++i) *message.add_settle()->mutable_request() = BillOf(1000 + i);
    too_many = message.SerializeAsString();
  }
  const std::map<std::string, std::string> bad = {
      {"\xFF\xFF", "request: not a message of this call"},
      {"\x10\x01", "request: unknown field"},
      {too_many, "settle: a message has at most 256 claims"}};
  int i = 0;
  for (const auto& [bytes, complaint] : bad) {
    store_.Hold();
    RawStream stream(channel_);
    ASSERT_TRUE(stream.Write({BillOf(i), BillOf(i + 1)}));
    ASSERT_TRUE(stream.Write(bytes));
    AwaitGroup();
    store_.Release();
    const grpc::Status status = stream.ReadToTheEnd();
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
    EXPECT_EQ(status.error_message(), complaint);
    EXPECT_EQ(stream.answers.size(), 2U);
    for (const auto& [msgid, answer] : stream.answers) EXPECT_EQ(answer.code, 0) << msgid;
    i += 2;
  }
  EXPECT_EQ(Versions(), 6) << "of a bad message nothing is taken";
}

TEST_F(StreamTest, ManyInFlightAreAnsweredOnceEach) {
  constexpr int kClaims = 1500;  // less than one institution may have inside
  RawStream stream(channel_);
  std::thread writer([&] {
    for (int i = 0; i < kClaims; ++i) ASSERT_TRUE(stream.Write({BillOf(i)}));
    stream.WritesDone();
  });
  EXPECT_TRUE(stream.ReadToTheEnd().ok());
  writer.join();
  EXPECT_EQ(stream.answers.size(), static_cast<size_t>(kClaims));
  for (const auto& [msgid, answer] : stream.answers) EXPECT_EQ(answer.code, 0) << answer.message;
  EXPECT_EQ(Versions(), kClaims);
}

// Claims held up by the store leave together when it goes on.
TEST_F(StreamTest, AnswersGather) {
  constexpr int kClaims = 200;
  store_.Hold();
  RawStream stream(channel_);
  for (int i = 0; i < kClaims; ++i) ASSERT_TRUE(stream.Write({BillOf(i)}));
  while (engine_->in_flight() < kClaims) std::this_thread::yield();
  store_.Release();
  stream.WritesDone();
  EXPECT_TRUE(stream.ReadToTheEnd().ok());
  EXPECT_EQ(stream.answers.size(), static_cast<size_t>(kClaims));
  EXPECT_LT(stream.messages, kClaims);
}

TEST_F(StreamTest, OneIdOverStreamsAndUnaryCallsIsSettledOnce) {
  store_.Hold();
  RawStream one(channel_), two(channel_);
  const v1::SettleRequest bill = BillOf(0);
  ASSERT_TRUE(one.Write({bill}));
  ASSERT_TRUE(two.Write({bill}));
  std::string unary;
  std::thread caller([&] { unary = Settle(bill); });
  while (engine_->in_flight() < 3) std::this_thread::yield();
  store_.Release();
  one.ReadUntil(1);
  two.ReadUntil(1);
  caller.join();
  EXPECT_NE(unary, "");
  EXPECT_EQ(one.answers["m0"].reply, unary);
  EXPECT_EQ(two.answers["m0"].reply, unary);
  one.answers.clear();
  ASSERT_TRUE(one.Write({bill}));  // again on the same stream
  one.ReadUntil(1);
  EXPECT_EQ(one.answers["m0"].reply, unary);
  EXPECT_EQ(Versions(), 1);
}

TEST_F(StreamTest, HalfCloseWaitsForWhatIsInside) {
  store_.Hold();
  RawStream stream(channel_);
  ASSERT_TRUE(stream.Write({BillOf(0), BillOf(1)}));
  stream.WritesDone();
  AwaitGroup();
  store_.Release();
  EXPECT_TRUE(stream.ReadToTheEnd().ok());
  EXPECT_EQ(stream.answers.size(), 2U);
}

TEST_F(StreamTest, ACancelledStreamUndoesNothing) {
  constexpr int kClaims = 40;
  store_.Hold();
  RawStream stream(channel_);
  for (int i = 0; i < kClaims; ++i) ASSERT_TRUE(stream.Write({BillOf(i)}));
  while (engine_->in_flight() < kClaims) std::this_thread::yield();
  stream.Cancel();
  EXPECT_EQ(stream.ReadToTheEnd().error_code(), grpc::CANCELLED);
  store_.Release();
  engine_->AwaitIdle();
  EXPECT_EQ(Versions(), kClaims);
  RawStream again(channel_);
  for (int i = 0; i < kClaims; ++i) ASSERT_TRUE(again.Write({BillOf(i)}));
  again.ReadUntil(kClaims);
  EXPECT_EQ(again.answers["m7"].reply, Settle(BillOf(7)));
  EXPECT_EQ(Versions(), kClaims);
}

TEST_F(StreamTest, ABrokenConnectionUndoesNothing) {
  constexpr int kClaims = 40;
  store_.Hold();
  {
    auto channel = NewChannel({});
    RawStream stream(channel);
    for (int i = 0; i < kClaims; ++i) ASSERT_TRUE(stream.Write({BillOf(i)}));
    while (engine_->in_flight() < kClaims) std::this_thread::yield();
    stream.Cancel();
    EXPECT_FALSE(stream.ReadToTheEnd().ok());
  }
  store_.Release();
  engine_->AwaitIdle();
  EXPECT_EQ(Versions(), kClaims);
}

TEST_F(StreamTest, ADeadlinePassedWhileWaitingIsRefused) {
  store_.Hold();
  RawStream stream(channel_);
  // A refusal waits until what it rests on is durable: here beyond the deadline.
  ASSERT_TRUE(stream.Write({SettleOf("a", "P1", 1'000, "390")}));
  AwaitGroup();
  v1::SettleStreamRequest message;
  *message.add_settle()->mutable_request() = SettleOf("b", "P1", 1'000, "390");
  // Longer than the write of a has taken when b comes in, else b is refused at once.
  message.mutable_settle(0)->set_deadline_ms(1'000);
  ASSERT_TRUE(stream.Write(message.SerializeAsString()));
  ASSERT_TRUE(stream.Write({SettleOf("c", "P2", 1'000)}));
  while (store_.waiting() < 2) std::this_thread::yield();  // c is in the store: b was looked at
  stream.ReadUntil(1);
  EXPECT_EQ(stream.answers["b"].code, grpc::DEADLINE_EXCEEDED);
  store_.Release();
  stream.ReadUntil(3);
  EXPECT_EQ(stream.answers["a"].code, 0);
}

TEST_F(StreamTest, AClientThatNeverReadsIsNotReadFromForEver) {
  constexpr int kMost = 100'000;
  grpc::ChannelArguments narrow;
  narrow.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  RawStream stuck(NewChannel(narrow));
  std::atomic<int> written{0};
  std::thread writer([&] {
    while (written < kMost && stuck.Write({BillOf(written)})) ++written;
  });
  // It has stopped when nothing moves while others are served.
  int before = -1;
  while (written != before) {
    before = written;
    for (int i = 0; i < 200; ++i) Settle(SettleOf(absl::StrCat("u", i, "-", before), "P0", 100));
  }
  EXPECT_LT(before, kMost);
  engine_->AwaitIdle();  // what was read is durable, though nobody hears of it
  // The end of the server does not wait for it for ever.
  server_->Shutdown();
  writer.join();
  EXPECT_FALSE(stuck.ReadToTheEnd().ok());
}

TEST_F(StreamTest, OneTooManyTakesTheSeatOfOneThatHangs) {
  std::vector<std::unique_ptr<RawStream>> streams;
  for (size_t i = 0; i < SettleStreams::kMaxStreams; ++i) {
    streams.push_back(std::make_unique<RawStream>(channel_));
    ASSERT_TRUE(streams.back()->Write({BillOf(static_cast<int>(i))}));
    streams.back()->ReadUntil(1);
  }
  RawStream refused(channel_);
  const grpc::Status status = refused.ReadToTheEnd();
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED) << status.error_message();
  bool seated = false;
  while (!seated) {
    RawStream stream(channel_);
    seated = stream.Write({BillOf(1000)}) && stream.ReadSome();
    stream.Cancel();
    stream.ReadToTheEnd();
  }
  for (const auto& stream : streams) {
    stream->Cancel();
    stream->ReadToTheEnd();
  }
}

TEST_F(StreamTest, ShutdownAnswersWhatIsInside) {
  constexpr int kClaims = 40;
  store_.Hold();
  RawStream stream(channel_), idle(channel_);
  ASSERT_TRUE(idle.Write({BillOf(999)}));
  for (int i = 0; i < kClaims; ++i) ASSERT_TRUE(stream.Write({BillOf(i)}));
  while (engine_->in_flight() < kClaims + 1) std::this_thread::yield();
  std::thread end([&] { server_->Shutdown(); });
  store_.Release();
  EXPECT_EQ(stream.ReadToTheEnd().error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(idle.ReadToTheEnd().error_code(), grpc::UNAVAILABLE);
  end.join();
  EXPECT_EQ(stream.answers.size(), static_cast<size_t>(kClaims));
  for (const auto& [msgid, answer] : stream.answers) EXPECT_EQ(answer.code, 0) << answer.message;
  EXPECT_EQ(Versions(), kClaims + 1);
}

// Streams that come, go, and break at any moment, beside unary calls, and an end in the middle.
TEST_F(StreamTest, ComingAndGoing) {
  std::atomic<bool> stop{false};
  std::atomic<int> serial{0};
  std::atomic<int64_t> answered{0};
  const auto client = [&](int kind) {
    const auto channel = NewChannel({});
    while (!stop) {
      RawStream stream(channel);
      std::vector<v1::SettleRequest> bills;
      for (int i = 0; i < 20; ++i) bills.push_back(BillOf(serial++));
      bool open = true;
      for (int i = 0; i < 5 && open; ++i) {
        for (v1::SettleRequest& bill : bills)
          bill.mutable_header()->set_msgid(absl::StrCat("k", serial++));
        open = stream.Write(bills);
      }
      if (kind == 0) stream.WritesDone();
      if (kind == 1) stream.ReadSome();
      if (kind != 0) stream.Cancel();
      const grpc::Status status = stream.ReadToTheEnd();
      answered += static_cast<int64_t>(stream.answers.size());
      if (status.error_code() == grpc::UNAVAILABLE) return;
    }
  };
  std::vector<std::thread> clients;
  for (int kind = 0; kind < 3; ++kind) clients.emplace_back(client, kind);
  while (answered < 2000) {
    // Of another institution: the streams may fill all the room that theirs has.
    v1::SettleRequest unary = SettleOf(absl::StrCat("u", serial++), "P1", 100);
    unary.mutable_header()->set_fixmedins_code(kOtherHospital);
    Settle(unary);
  }
  server_->Shutdown();
  stop = true;
  for (std::thread& thread : clients) thread.join();
  EXPECT_GE(Versions(), answered);
}

}  // namespace
}  // namespace yijie::engine
