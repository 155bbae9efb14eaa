#include "engine/gateway/gateway.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/gateway/passed_on.h"
#include "yijie/v1/cross.pb.h"

namespace yijie::engine {
namespace {

using std::chrono::microseconds;

microseconds Microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<microseconds>(time);
}

// Whether a peer said anything at all.
bool IsAnswer(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
      return true;
    default:
      return false;
  }
}

// Empty if there is no such peer.
std::string AddressOf(const PeerTable& table, absl::string_view admdvs) {
  for (size_t i = 0; i < table.size(); ++i)
    if (table.peer(i).admdvs() == admdvs) return table.peer(i).address();
  return "";
}

bool IsLogged(Call call) { return call == Call::kConfirm || call == Call::kConfirmUndo; }
bool NeedsOriginal(Call call) { return call == Call::kReserveUndo || call == Call::kConfirmUndo; }

}  // namespace

// One message on its way.
struct Gateway::Round {
  Call call = Call::kReserve;
  std::string identity;
  std::chrono::steady_clock::time_point arrived;
  std::chrono::steady_clock::time_point deadline;  // of the peer
  std::chrono::steady_clock::time_point sent;
  std::shared_ptr<const PeerWays> peers;
  Route route;

  const std::string& sender() const { return peers->table.peer(route.sender).admdvs(); }
  const std::string& receiver() const { return peers->table.peer(route.receiver).admdvs(); }

  // Version 1 of the settlement an undo is about.
  std::optional<storage::PersonVersion> original;
  std::function<void(Reply)> respond;
};

Gateway::Gateway(GatewayOptions options, std::shared_ptr<const PeerWays> peers,
                 storage::Store& store, GatewayMetrics& metrics)
    : options_(std::move(options)), store_(store), metrics_(metrics) {
  SetPeers(std::move(peers));
}

Gateway::~Gateway() { Drain(); }

std::shared_ptr<const PeerWays> Gateway::peers() const {
  const MutexLock lock(mutex_);
  return peers_;
}

void Gateway::SetPeers(std::shared_ptr<const PeerWays> peers) {
  const MutexLock lock(mutex_);
  std::map<std::string, PeerHealth> health;
  for (size_t i = 0; i < peers->table.size(); ++i) {
    const v1::GatewayPeer& peer = peers->table.peer(i);
    const auto known = health_.find(peer.admdvs());
    const bool stays =
        known != health_.end() && AddressOf(peers_->table, peer.admdvs()) == peer.address();
    const PeerHealth& now =
        health.emplace(peer.admdvs(), stays ? known->second : PeerHealth(options_.health))
            .first->second;
    metrics_.SetState(peer.admdvs(), now.state());
  }
  for (const auto& [admdvs, unused] : health_)
    if (health.count(admdvs) == 0) metrics_.Forget(admdvs);
  health_ = std::move(health);
  peers_.swap(peers);  // the old one goes with the parameter, after the lock
}

absl::Status Gateway::Enter() {
  const MutexLock lock(mutex_);
  ++in_flight_;  // Finish takes it back, whatever becomes of the message
  if (draining_) return absl::UnavailableError("the gateway is stopping; not passed on");
  return in_flight_ > options_.max_in_flight
             ? absl::ResourceExhaustedError("too many messages at once; not passed on")
             : absl::OkStatus();
}

void Gateway::Take(PeerMessage message, std::function<void(Reply)> respond) {
  auto round = std::make_shared<Round>();
  round->call = message.call;
  round->identity = message.identity;
  round->arrived = options_.steady();
  round->respond = std::move(respond);
  if (absl::Status status = Enter(); !status.ok()) return Refuse(*round, std::move(status));
  round->peers = peers();
  absl::StatusOr<Route> route = RouteOf(round->peers->table, message);
  if (!route.ok()) return Refuse(*round, route.status());
  round->route = *std::move(route);
  round->deadline =
      std::min(message.deadline - options_.kept, round->arrived + options_.most_for_peer);
  if (round->deadline < round->arrived + options_.least_for_peer)
    return Refuse(*round, absl::DeadlineExceededError(
                              "there is not time enough for the insured place; not passed on"));
  if (absl::Status status = CheckCanLog(*round); !status.ok())
    return Refuse(*round, std::move(status));
  PassOn(round);
}

// An undo goes where the settlement is in the log, so that the log has both.
absl::Status Gateway::CheckCanLog(const Round& round) {
  if (!NeedsOriginal(round.call)) return absl::OkStatus();
  const CrossEnvelope& envelope = round.route.envelope;
  YIJIE_ASSIGN_OR_RETURN(
      const auto original,
      store_.LoadVersion(PassedOnKey(envelope.orig_resv_id, envelope.admdvs), 1));
  return original ? absl::OkStatus()
                  : absl::FailedPreconditionError(
                        "orig_resv_id: no settlement that this gateway passed on");
}

void Gateway::PassOn(const std::shared_ptr<Round>& round) {
  round->sent = options_.steady();
  round->peers->ways[round->route.receiver]->Send(
      round->call, round->route.request, round->deadline,
      [this, round](Reply reply) { Answered(round, std::move(reply)); });
}

void Gateway::Answered(const std::shared_ptr<Round>& round, Reply reply) {
  if (reply.status.ok())
    reply.status = CheckAnswers(round->call, *round->route.request, reply.bytes);
  const std::chrono::nanoseconds took = options_.steady() - round->sent;
  metrics_.PassedOn(round->receiver(), round->call, reply.status, took);
  Observe(round->receiver(), [&](PeerHealth& health) {
    IsAnswer(reply.status) ? health.Answered(Microseconds(took))
                           : health.Failed(Microseconds(round->deadline - round->sent));
  });
  if (!reply.status.ok() || !IsLogged(round->call)) return Finish(*round, std::move(reply));
  Log(round, std::move(reply));
}

void Gateway::Log(const std::shared_ptr<Round>& round, Reply reply) {
  const CrossEnvelope& envelope = round->route.envelope;
  const bool undo = round->call == Call::kConfirmUndo;
  const std::string key =
      PassedOnKey(undo ? envelope.orig_resv_id : envelope.resv_id, envelope.admdvs);
  const auto settled = store_.LoadVersion(key, 1);
  const auto logged = undo ? store_.LoadVersion(key, 2) : settled;
  if (!settled.ok() || !logged.ok() || (undo && !settled->has_value()))
    return Finish(*round, {absl::UnavailableError("the log cannot be read; ask again"), ""});
  absl::StatusOr<storage::Commit> commit =
      undo ? LogConfirmUndo(static_cast<const v1::ConfirmUndoRequest&>(*round->route.request),
                            reply.bytes, **settled, options_.wall())
           : LogConfirm(static_cast<const v1::ConfirmRequest&>(*round->route.request), reply.bytes,
                        options_.wall());
  if (!commit.ok()) return Finish(*round, {commit.status(), ""});
  if (logged->has_value()) {
    absl::Status alike = CheckLoggedAlike(**logged, *commit);
    if (!alike.ok()) reply = {std::move(alike), ""};
    return Finish(*round, std::move(reply));
  }
  std::vector<storage::Commit> group;
  group.push_back(*std::move(commit));
  const auto answer = std::make_shared<Reply>(std::move(reply));
  store_.CommitGroup(std::move(group),
                     [this, round, answer](const std::vector<storage::CommitOutcome>& outcomes) {
                       Logged(round, std::move(*answer), outcomes[0]);
                     });
}

void Gateway::Logged(const std::shared_ptr<Round>& round, Reply reply,
                     storage::CommitOutcome outcome) {
  if (outcome == storage::CommitOutcome::kDone) return Finish(*round, std::move(reply));
  // Doubled and logged meanwhile, or the disk is full: the place of care asks again.
  if (outcome == storage::CommitOutcome::kUnknown && options_.store_failed) options_.store_failed();
  Finish(*round, {absl::UnavailableError("the answer could not be logged; ask again"), ""});
}

void Gateway::Refuse(Round& round, absl::Status status) {
  metrics_.Refused(round.call, status);
  LogLine("gateway_refused")
      .Text("call", CallName(round.call))
      .Text("identity", round.identity)
      .Text("resv_id", round.route.envelope.resv_id)
      .Text("reason", status.message());
  const std::function<void(Reply)> respond = std::move(round.respond);
  respond({std::move(status), ""});
  const MutexLock lock(mutex_);
  if (--in_flight_ == 0) idle_.NotifyAll();
}

void Gateway::Finish(Round& round, Reply reply) {
  LogLine("gateway_call")
      .Text("call", CallName(round.call))
      .Text("resv_id", round.route.envelope.resv_id)
      .Text("from", round.sender())
      .Text("to", round.receiver())
      .Text("status", absl::StatusCodeToString(reply.status.code()))
      .Text("reason", reply.status.message())
      .Number("us", Microseconds(options_.steady() - round.arrived).count());
  const std::function<void(Reply)> respond = std::move(round.respond);
  respond(std::move(reply));
  const MutexLock lock(mutex_);
  if (--in_flight_ == 0) idle_.NotifyAll();
}

void Gateway::Observe(const std::string& admdvs, const std::function<void(PeerHealth&)>& change) {
  v1::PeerState before, after;
  {
    const MutexLock lock(mutex_);
    const auto health = health_.find(admdvs);
    if (health == health_.end()) return;  // no peer any more
    before = health->second.state();
    change(health->second);
    after = health->second.state();
    metrics_.SetState(admdvs, after);
  }
  if (before == after) return;
  LogLine("gateway_peer")
      .Text("peer", admdvs)
      .Text("state", v1::PeerState_Name(after))
      .Text("before", v1::PeerState_Name(before));
}

void Gateway::SetConnected(const std::string& admdvs, bool connected) {
  Observe(admdvs, [connected](PeerHealth& health) { health.Connected(connected); });
}

std::vector<v1::PeerStatus> Gateway::Peers() const {
  std::vector<v1::PeerStatus> peers;
  const MutexLock lock(mutex_);
  for (size_t i = 0; i < peers_->table.size(); ++i) {
    const v1::GatewayPeer& peer = peers_->table.peer(i);
    const PeerHealth& health = health_.at(peer.admdvs());
    v1::PeerStatus& status = peers.emplace_back();
    status.set_admdvs(peer.admdvs());
    status.set_name(peer.name());
    status.set_address(peer.address());
    status.set_state(health.state());
    status.set_calls(health.calls());
    status.set_failures(health.failures());
    status.set_mean_latency_us(health.mean_us());
  }
  std::sort(peers.begin(), peers.end(), [](const v1::PeerStatus& a, const v1::PeerStatus& b) {
    return a.admdvs() < b.admdvs();
  });
  return peers;
}

void Gateway::Drain() {
  const MutexLock lock(mutex_);
  draining_ = true;
  while (in_flight_ > 0) idle_.Wait(mutex_);
}

}  // namespace yijie::engine
