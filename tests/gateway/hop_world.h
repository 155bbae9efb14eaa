#ifndef YIJIE_TESTS_GATEWAY_HOP_WORLD_H_
#define YIJIE_TESTS_GATEWAY_HOP_WORLD_H_

// A place of care, gateways and an insured place in one process, with real ports, connections and
// certificates between them.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/peers/peer_by_scheme.h"
#include "engine/peers/peer_channel.h"
#include "engine/peers/peer_port.h"
#include "tests/e2e/certificates.h"
#include "tests/e2e/data_folder.h"
#include "tests/gateway/gateway_world.h"

namespace yijie::engine {

// One instance of the gateway: port, log and a connection to the insured place.
class RunningGateway {
 public:
  // `peers` as in TwoProvinces, with its addresses.
  RunningGateway(PeerTable peers, const TlsFiles& files);
  ~RunningGateway();
  RunningGateway(const RunningGateway&) = delete;
  RunningGateway& operator=(const RunningGateway&) = delete;

  int port() const { return port_->port(); }
  FullStore& log() { return log_; }
  // Until there is a connection to every peer.
  void AwaitConnected();

 private:
  FullStore log_;
  GatewayMetrics metrics_;
  std::vector<std::unique_ptr<PeerChannel>> channels_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<PeerPort> port_;
};

class HopWorld {
 public:
  // What the port of the insured place does with its messages, given what the engine would do.
  using AtHome = std::function<PeerHandler(PeerHandler)>;

  // A gateway for each scheme; the one of "" carries all that no other does, and of it is asked
  // what its table says: "310" and "390" if there is another.
  HopWorld(const InsuredPlace& home, const std::vector<std::string>& schemes,
           CrossOptions options = {}, AtHome at_home = nullptr);
  ~HopWorld();

  CrossWorld& areas() { return areas_; }
  RunningGateway& gateway(const std::string& scheme) { return *gateways_.at(scheme); }

  // Until the insured place knows every decision.
  void AwaitNothingOpen();

  // The books of the three sides on the day of TestNow, in a scheme.
  ThreeWayResult Compare(const std::string& scheme);

 private:
  TlsFiles FilesOf(const std::string& name, const std::string& identity) const;
  PeerTable PeersOf(const std::string& scheme, bool alone) const;

  const e2e::TempFolder folder_;
  const e2e::Certificates authority_{folder_.path(), "authority"};
  std::unique_ptr<PeerByScheme> way_;
  CrossWorld areas_;
  std::unique_ptr<PeerPort> home_port_;
  std::map<std::string, std::unique_ptr<RunningGateway>> gateways_;
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_GATEWAY_HOP_WORLD_H_
