#include "tests/gateway/hop_world.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/cross/attempt.h"
#include "engine/peers/identity.h"

namespace yijie::engine {
namespace {

using std::chrono::steady_clock;

// gRPC connects by itself, in its own time.
void AwaitConnected(PeerChannel& channel) {
  const auto give_up = steady_clock::now() + std::chrono::seconds(30);
  while (!channel.IsConnected()) {
    YIJIE_CHECK(steady_clock::now() < give_up, "no connection");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

template <typename Made>
auto Must(absl::StatusOr<Made> made) {
  YIJIE_CHECK(made.ok(), std::string(made.status().message()).c_str());
  return *std::move(made);
}

}  // namespace

RunningGateway::RunningGateway(PeerTable peers, const TlsFiles& files) {
  std::vector<CrossPeer*> ways;
  for (size_t i = 0; i < peers.size(); ++i) {
    const v1::GatewayPeer& peer = peers.peer(i);
    channels_.push_back(
        Must(PeerChannel::Open(peer.address(), files, IdentityOfArea(peer.admdvs()))));
    ways.push_back(channels_.back().get());
  }
  GatewayOptions options;
  options.steady = steady_clock::now;
  options.wall = [] { return TestNow(); };
  gateway_ = std::make_unique<Gateway>(options, WaysOf(std::move(peers), ways), log_, metrics_);
  port_ = Must(PeerPort::Start("127.0.0.1:0", files,
                               [this](PeerMessage message, std::function<void(Reply)> respond) {
                                 gateway_->Take(std::move(message), std::move(respond));
                               }));
}

RunningGateway::~RunningGateway() {
  gateway_->Drain();
  port_->Shutdown();
}

void RunningGateway::AwaitConnected() {
  for (const auto& channel : channels_) engine::AwaitConnected(*channel);
}

HopWorld::HopWorld(const InsuredPlace& home, const std::vector<std::string>& schemes,
                   CrossOptions options, AtHome at_home)
    : areas_(home) {
  PeerHandler engine = ForEngine(areas_.home());
  home_port_ = Must(PeerPort::Start("127.0.0.1:0", FilesOf("home", IdentityOfArea(kHomeArea)),
                                    at_home ? at_home(std::move(engine)) : std::move(engine)));
  const TlsFiles care = FilesOf("care", IdentityOfArea(kCareArea));
  std::map<std::string, std::unique_ptr<CrossPeer>> ways;
  for (const std::string& scheme : schemes) {
    auto gateway = std::make_unique<RunningGateway>(
        PeersOf(scheme, schemes.size() == 1),
        FilesOf(absl::StrCat("gateway", scheme), std::string(kGatewayIdentity)));
    gateway->AwaitConnected();
    auto way = Must(PeerChannel::Open(absl::StrCat("127.0.0.1:", gateway->port()), care,
                                      std::string(kGatewayIdentity)));
    AwaitConnected(*way);
    ways.emplace(scheme, std::move(way));
    gateways_.emplace(scheme, std::move(gateway));
  }
  way_ = std::make_unique<PeerByScheme>(std::move(ways));
  areas_.GoBy(*way_, std::move(options));
}

HopWorld::~HopWorld() {
  areas_.GoBy(areas_.peer());  // ends the engine that speaks by way_
  way_.reset();
  gateways_.clear();
  home_port_->Shutdown();
}

TlsFiles HopWorld::FilesOf(const std::string& name, const std::string& identity) const {
  const e2e::PartyFiles files = authority_.Issue(name, identity);
  return {files.authority, files.certificate, files.key};
}

// Nobody asks for the address of the place of care; a connection there is made all the same.
PeerTable HopWorld::PeersOf(const std::string& scheme, bool alone) const {
  const std::string address = absl::StrCat("127.0.0.1:", home_port_->port());
  v1::GatewayPeers peers;
  for (const auto& [admdvs, name] :
       {std::pair(kCareArea, "甘肃省"), std::pair(kHomeArea, "河南省")}) {
    v1::GatewayPeer& peer = *peers.add_peer();
    peer.set_admdvs(admdvs);
    peer.set_name(name);
    peer.set_address(address);
  }
  if (!scheme.empty()) {
    peers.add_insutype(scheme);
  } else if (!alone) {
    for (const char* each : {"310", "390"}) peers.add_insutype(each);
  }
  return Must(PeerTable::Make(std::move(peers)));
}

void HopWorld::AwaitNothingOpen() {
  const auto give_up = steady_clock::now() + std::chrono::seconds(60);
  while (!Must(areas_.care_store().ScanRows(kCrossOpenTable, "", "", 1)).empty()) {
    YIJIE_CHECK(steady_clock::now() < give_up, "something stays open");
    YIJIE_CHECK(areas_.care().ResolveCross(TestNow()).ok(), "what is open cannot be read");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

ThreeWayResult HopWorld::Compare(const std::string& scheme) {
  const auto carrier = gateways_.find(scheme);
  RunningGateway& gateway = carrier == gateways_.end() ? *gateways_.at("") : *carrier->second;
  StoreBook care(areas_.care_store(), kPair, scheme), log(gateway.log(), kPair, scheme),
      home(areas_.home_store(), kPair, scheme);
  v1::BookScope scope = ScopeOfPair("2026-06-14", "2026-06-16");
  scope.set_insutype(scheme);
  return Must(CompareThreeWays(scope, care, log, home));
}

}  // namespace yijie::engine
