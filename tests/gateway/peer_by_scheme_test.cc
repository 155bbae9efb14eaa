#include "engine/peers/peer_by_scheme.h"

#include <gtest/gtest.h>

#include "yijie/v1/cross.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

class NamedPeer : public CrossPeer {
 public:
  explicit NamedPeer(std::string name) : name_(std::move(name)) {}
  void Send(Call /*call*/, std::shared_ptr<const google::protobuf::Message> /*request*/,
            std::chrono::steady_clock::time_point /*deadline*/,
            std::function<void(Reply)> done) override {
    done({absl::OkStatus(), name_});
  }

 private:
  const std::string name_;
};

template <typename Request>
std::string WayOf(PeerByScheme& peers, Call call, Request request) {
  std::string way;
  peers.Send(call, std::make_shared<Request>(std::move(request)),
             std::chrono::steady_clock::time_point::max(),
             [&way](const Reply& reply) { way = reply.status.ok() ? reply.bytes : "none"; });
  return way;
}

template <typename Request>
Request OfScheme(const std::string& insutype) {
  Request request;
  request.set_insutype(insutype);
  return request;
}

TEST(PeerByScheme, AllMessagesOfAReservationGoOneWay) {
  std::map<std::string, std::unique_ptr<CrossPeer>> gateways;
  gateways.emplace("", std::make_unique<NamedPeer>("all"));
  gateways.emplace("410", std::make_unique<NamedPeer>("injury"));
  PeerByScheme peers(std::move(gateways));
  EXPECT_TRUE(peers.Carries("410"));
  EXPECT_TRUE(peers.Carries("310"));
  for (const auto& [scheme, way] : {std::pair("410", "injury"), std::pair("310", "all")}) {
    v1::ReserveRequest reserve;
    reserve.mutable_claim()->set_insutype(scheme);
    EXPECT_EQ(WayOf(peers, Call::kReserve, reserve), way);
    EXPECT_EQ(WayOf(peers, Call::kConfirm, OfScheme<v1::ConfirmRequest>(scheme)), way);
    EXPECT_EQ(WayOf(peers, Call::kReserveUndo, OfScheme<v1::ReserveUndoRequest>(scheme)), way);
    EXPECT_EQ(WayOf(peers, Call::kConfirmUndo, OfScheme<v1::ConfirmUndoRequest>(scheme)), way);
    EXPECT_EQ(
        WayOf(peers, Call::kCancelReservation, OfScheme<v1::CancelReservationRequest>(scheme)),
        way);
    EXPECT_EQ(WayOf(peers, Call::kQueryReservation, OfScheme<v1::QueryReservationRequest>(scheme)),
              way);
  }
}

TEST(PeerByScheme, WithoutAGatewayForTheSchemeTheAnswerIsDefinite) {
  std::map<std::string, std::unique_ptr<CrossPeer>> gateways;
  gateways.emplace("410", std::make_unique<NamedPeer>("injury"));
  PeerByScheme peers(std::move(gateways));
  EXPECT_EQ(WayOf(peers, Call::kConfirm, OfScheme<v1::ConfirmRequest>("310")), "none");
}

}  // namespace
}  // namespace yijie::engine
