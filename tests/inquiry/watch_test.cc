// Watching changes over the network: slow readers, those who leave, and the end of the engine.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/person.h"
#include "engine/server/inquiry.h"
#include "engine/server/server.h"
#include "tests/engine/engine_fixture.h"
#include "tests/memory_store.h"
#include "tests/storage/store_fixture.h"
#include "yijie/v1/inquiry.grpc.pb.h"

namespace yijie::engine {
namespace {

class WatchTest : public ::testing::Test {
 protected:
  WatchTest() {
    ServerOptions options;
    options.address = "127.0.0.1:0";
    options.inquiry = &queries_;
    options.changes = &feed_;
    options.watcher_patience = std::chrono::milliseconds(1);
    server_ = *Server::Start(options, engine_, metrics_);
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                   grpc::InsecureChannelCredentials());
    stub_ = v1::InquiryService::NewStub(channel_);
  }

  // One version more of each of `persons` persons.
  void Commit(int persons) {
    std::vector<storage::Commit> group;
    for (int i = 0; i < persons; ++i) {
      const std::string psn_no = absl::StrCat("P", i);
      storage::Commit commit;
      commit.psn_no = psn_no;
      commit.expected_version = version_;
      commit.state = SerializeState(TestPerson(psn_no, 0, 0));
      store::v1::PersonEvent event;
      event.set_time_unix_ms(TestNow().unix_ms);
      event.mutable_card_changed();
      commit.event = event.SerializeAsString();
      group.push_back(std::move(commit));
    }
    storage::CommitAndWait(store_, std::move(group));
    ++version_;
  }

  // Over a connection of its own that takes in no more than HTTP/2 begins with.
  std::unique_ptr<v1::InquiryService::Stub> NarrowStub() {
    grpc::ChannelArguments narrow;
    narrow.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    return v1::InquiryService::NewStub(grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials(), narrow));
  }

  struct Stream {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::WatchChangesResponse>> reader;
  };
  std::unique_ptr<Stream> Watch(const v1::WatchChangesRequest& request = {}) {
    auto stream = std::make_unique<Stream>();
    stream->reader = stub_->WatchChanges(&stream->context, request);
    return stream;
  }

  const QuietLog quiet_;
  storage::MemoryStore store_;
  Metrics metrics_;
  Engine engine_{{}, store_, metrics_, TestReference()};
  InquiryQueries queries_{store_, [this] { return engine_.reference(); }};
  ChangeFeed feed_{store_};
  int64_t version_ = 0;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::InquiryService::Stub> stub_;
};

TEST_F(WatchTest, TellsWhatIsThereAndWhatComes) {
  Commit(7);
  const auto stream = Watch();
  int64_t seen = 0;
  v1::WatchChangesResponse response;
  bool caught_up = false;
  while (!caught_up && stream->reader->Read(&response)) {
    seen += response.change_size();
    caught_up = response.caught_up();
  }
  EXPECT_EQ(seen, 7);
  Commit(5);
  while (seen < 12 && stream->reader->Read(&response)) seen += response.change_size();
  EXPECT_EQ(seen, 12);
  stream->context.TryCancel();
  EXPECT_EQ(stream->reader->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(WatchTest, AMalformedRequestEndsTheStream) {
  v1::WatchChangesRequest request;
  request.set_cursor("x");
  const auto stream = Watch(request);
  v1::WatchChangesResponse response;
  EXPECT_FALSE(stream->reader->Read(&response));
  const grpc::Status status = stream->reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message().rfind("cursor:", 0), 0U) << status.error_message();
}

TEST_F(WatchTest, OneTooManyIsRefusedUntilAnotherLeaves) {
  v1::WatchChangesResponse response;
  std::vector<std::unique_ptr<Stream>> streams;
  for (size_t i = 0; i < InquiryEdge::kMaxWatchers; ++i) {
    streams.push_back(Watch());
    ASSERT_TRUE(streams.back()->reader->Read(&response));  // the first message: it has its seat
  }
  const auto refused = Watch();
  EXPECT_FALSE(refused->reader->Read(&response));
  EXPECT_EQ(refused->reader->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
  // Inquiries have seats of their own.
  Commit(1);
  v1::GetParticipationRequest request;
  request.set_psn_no("P0");
  v1::GetParticipationResponse participation;
  grpc::ClientContext context;
  EXPECT_TRUE(stub_->GetParticipation(&context, request, &participation).ok());
  streams[3]->context.TryCancel();
  // The seat is free once the engine noticed.
  bool seated = false;
  while (!seated) {
    const auto stream = Watch();
    seated = stream->reader->Read(&response);
    if (!seated) {
      EXPECT_EQ(stream->reader->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
    }
    stream->context.TryCancel();
  }
}

TEST_F(WatchTest, AClientThatNeverReadsHoldsUpNobody) {
  constexpr int64_t kChanges = 20'000;
  for (int i = 0; i < kChanges / 100; ++i) Commit(100);
  // A connection of its own that takes in no more than HTTP/2 begins with.
  grpc::ChannelArguments narrow;
  narrow.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  const auto stuck_stub = v1::InquiryService::NewStub(grpc::CreateCustomChannel(
      absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials(), narrow));
  grpc::ClientContext stuck_context;
  const auto stuck = stuck_stub->WatchChanges(&stuck_context, {});
  v1::WatchChangesResponse response;
  ASSERT_TRUE(stuck->Read(&response));  // and no more
  int64_t told_to_stuck = response.change_size();
  const auto reader = Watch();
  int64_t seen = 0;
  while (seen < kChanges && reader->reader->Read(&response)) seen += response.change_size();
  EXPECT_EQ(seen, kChanges);
  // The end of the engine does not wait for it for ever either.
  std::thread end([this] { server_->Shutdown(); });
  while (reader->reader->Read(&response)) {
  }
  EXPECT_EQ(reader->reader->Finish().error_code(), grpc::UNAVAILABLE);
  end.join();
  while (stuck->Read(&response)) told_to_stuck += response.change_size();
  EXPECT_FALSE(stuck->Finish().ok());
  EXPECT_LT(told_to_stuck, kChanges) << "it was never stuck";
}

TEST_F(WatchTest, OneThatNeverReadsLosesItsSeatToOneThatDoes) {
  for (int i = 0; i < 200; ++i) Commit(100);
  const auto stuck_stub = NarrowStub();
  v1::WatchChangesResponse response;
  std::vector<std::unique_ptr<Stream>> stuck;
  for (size_t i = 0; i < InquiryEdge::kMaxWatchers; ++i) {
    stuck.push_back(std::make_unique<Stream>());
    stuck.back()->reader = stuck_stub->WatchChanges(&stuck.back()->context, {});
    ASSERT_TRUE(stuck.back()->reader->Read(&response));
  }
  bool seated = false;
  while (!seated) {
    const auto stream = Watch();
    seated = stream->reader->Read(&response);
    stream->context.TryCancel();
    stream->reader->Finish();
  }
  for (const auto& stream : stuck) stream->context.TryCancel();
}

TEST_F(WatchTest, InstitutionsMustNameThemselves) {
  Commit(1);
  const auto stub = v1::InstitutionInquiryService::NewStub(channel_);
  v1::ListSettlementsRequest request;
  request.set_psn_no("P0");
  v1::ListSettlementsResponse response;
  {
    grpc::ClientContext context;
    EXPECT_EQ(stub->ListSettlements(&context, request, &response).error_code(),
              grpc::INVALID_ARGUMENT);
  }
  request.set_fixmedins_code(kHospital);
  grpc::ClientContext context;
  EXPECT_TRUE(stub->ListSettlements(&context, request, &response).ok());
}

}  // namespace
}  // namespace yijie::engine
