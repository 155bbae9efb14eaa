#ifndef YIJIE_ENGINE_GATEWAY_GATEWAY_H_
#define YIJIE_ENGINE_GATEWAY_GATEWAY_H_

// The gateway between areas (异地就医网关) without its network edge: takes messages of
// CrossService, passes them on to the insured place, and gives its answers back. It decides
// nothing. What it keeps is a log of what was settled and undone (engine/gateway/passed_on.h): the
// answer to a Confirm or a ConfirmUndo is given back only once it is durable there.
// docs/gateway.md.
//
// Nothing here waits and no thread is made, so the server and a simulator run the same.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "engine/cross/cross_peer.h"
#include "engine/gateway/gateway_metrics.h"
#include "engine/gateway/peer_health.h"
#include "engine/gateway/peer_ways.h"
#include "engine/gateway/route.h"
#include "engine/moment.h"
#include "engine/peers/peer_message.h"
#include "storage/store.h"
#include "yijie/v1/gateway.pb.h"

namespace yijie::engine {

struct GatewayOptions {
  // Of the time a message comes with, what is kept to log and give back the answer.
  std::chrono::milliseconds kept{20};
  // A message that would leave a peer less than this is not passed on.
  std::chrono::milliseconds least_for_peer{10};
  // A peer gets no more than this, whatever a message comes with.
  std::chrono::milliseconds most_for_peer{60'000};
  // Most messages under way at once; more are refused.
  int64_t max_in_flight = 4096;
  HealthLimits health;
  std::function<std::chrono::steady_clock::time_point()> steady;  // for budgets and latencies
  std::function<Moment()> wall;                                   // for the log
  // Called once, from any thread, when a write ended without an answer. The process is to exit and
  // recover (docs/storage.md).
  std::function<void()> store_failed;
};

class Gateway {
 public:
  // `store` and `metrics` outlive the gateway; the store has no other writer of persons.
  Gateway(GatewayOptions options, std::shared_ptr<const PeerWays> peers, storage::Store& store,
          GatewayMetrics& metrics);
  // Drains.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Thread-safe. `respond` is called exactly once, perhaps before this returns. Errors beside those
  // of RouteOf:
  //   DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED  passed on to nobody
  //   FAILED_PRECONDITION  the settlement to undo is not in the log of this gateway
  //   UNAVAILABLE          what became of the message is not known; ask again
  //   DATA_LOSS            the answer of the insured place was not sound, or not the one it gave
  //                        before; it is not passed on
  // and what the insured place answers.
  void Take(PeerMessage message, std::function<void(Reply)> respond);

  // Thread-safe. Messages taken from now on go by these; those under way keep theirs. What is known
  // of the health of a peer stays if its address does.
  //
  // Whoever sets others keeps the former until nobody else does: a way must not end in a callback
  // of its own.
  void SetPeers(std::shared_ptr<const PeerWays> peers);
  std::shared_ptr<const PeerWays> peers() const;

  // Whether there is a connection to the peer of an area, as it is seen now and then.
  void SetConnected(const std::string& admdvs, bool connected);

  // By area.
  std::vector<v1::PeerStatus> Peers() const;

  // Refuses what comes from now on and waits until what is under way is answered.
  void Drain();

 private:
  struct Round;

  absl::Status Enter();
  absl::Status CheckCanLog(const Round& round);
  void PassOn(const std::shared_ptr<Round>& round);
  void Answered(const std::shared_ptr<Round>& round, Reply reply);
  void Log(const std::shared_ptr<Round>& round, Reply reply);
  void Logged(const std::shared_ptr<Round>& round, Reply reply, storage::CommitOutcome outcome);
  void Refuse(Round& round, absl::Status status);
  void Finish(Round& round, Reply reply);
  // What `change` does to the health of a peer; a new state is reported.
  void Observe(const std::string& admdvs, const std::function<void(PeerHealth&)>& change);

  const GatewayOptions options_;
  storage::Store& store_;
  GatewayMetrics& metrics_;
  mutable Mutex mutex_;
  CondVar idle_;
  std::shared_ptr<const PeerWays> peers_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, PeerHealth> health_ ABSL_GUARDED_BY(mutex_);  // by area
  int64_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_GATEWAY_GATEWAY_H_
