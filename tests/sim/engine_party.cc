#include "tests/sim/engine_party.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"
#include "engine/call.h"
#include "engine/cross/cross_digest.h"
#include "engine/cross/cross_peer.h"
#include "engine/edge.h"
#include "tests/sim/desk.h"
#include "yijie/v1/cross.pb.h"

namespace yijie::sim {
namespace {

namespace v1 = yijie::v1;
using engine::Call;
using engine::Reply;
using google::protobuf::Message;

// Steady clocks begin at no particular moment.
constexpr auto kSteadyBegin = std::chrono::steady_clock::time_point(std::chrono::hours(1));
constexpr Micros kNever = INT64_MAX;
// Of messages without a deadline; the simulation is long over then.
constexpr Micros kFarAway = 1'000'000 * kSecond;

Micros ToMicros(std::chrono::steady_clock::time_point when) {
  if (when == std::chrono::steady_clock::time_point::max()) return kNever;
  return std::chrono::duration_cast<std::chrono::microseconds>(when - kSteadyBegin).count();
}

// Answers of a later release have a field that this one does not know.
template <typename Response>
std::string WithNewField(const std::string& bytes) {
  constexpr int kUnknownField = 1'000;
  Response response;
  YIJIE_CHECK(response.ParseFromString(bytes), "an answer cannot be read");
  response.GetReflection()->MutableUnknownFields(&response)->AddVarint(kUnknownField, 1);
  return response.SerializeAsString();
}

}  // namespace

// The way of one life of a process to insured places: over the network, through the gateway.
class EngineParty::Peer : public engine::CrossPeer {
 public:
  explicit Peer(EngineParty& party) : party_(party) {}

  void Send(Call call, std::shared_ptr<const Message> request,
            std::chrono::steady_clock::time_point deadline,
            std::function<void(Reply)> done) override {
    if (dead_) return done({absl::UnavailableError("the process has ended"), ""});
    std::unique_ptr<Message> message(request->New());
    message->CopyFrom(*request);
    const Defect* defect = party_.options_.defect;
    if (defect->outgoing && !defect->outgoing(party_, call, *message))
      return done({absl::UnavailableError("not sent"), ""});
    const uint64_t number = party_.next_call_++;
    Envelope envelope;
    envelope.from = party_.options_.number;
    envelope.to = party_.options_.gateway;
    envelope.call = call;
    envelope.number = number;
    envelope.bytes = message->SerializeAsString();
    envelope.deadline = std::min(ToMicros(deadline), kFarAway);
    open_.emplace(number, Open{call, std::move(request), std::move(done)});
    party_.network_.Send(std::move(envelope));
    party_.loop_.At(ToMicros(deadline), [&party = party_, number] {
      if (!party.is_up()) return;
      party.life_peer().Answer(number, {absl::DeadlineExceededError("no answer in time"), ""});
      party.Pump();
    });
  }

  // Of the first answer to a call; later ones find nobody.
  void Answer(uint64_t number, Reply reply) {
    auto open = open_.extract(number);
    if (!open) return;
    const Defect* defect = party_.options_.defect;
    if (defect->came_back)
      defect->came_back(party_, open.mapped().call, *open.mapped().request, reply);
    if (!dead_)
      party_.observer_.came_back(party_.options_.number, open.mapped().call, *open.mapped().request,
                                 reply);
    open.mapped().done(std::move(reply));
  }

  void Die() {
    dead_ = true;
    while (!open_.empty())
      Answer(open_.begin()->first, {absl::UnavailableError("the process has ended"), ""});
  }

 private:
  struct Open {
    Call call;
    std::shared_ptr<const Message> request;
    std::function<void(Reply)> done;
  };

  EngineParty& party_;
  bool dead_ = false;
  std::map<uint64_t, Open> open_;
};

struct EngineParty::Life {
  std::shared_ptr<SimStore> store;
  std::unique_ptr<Peer> peer;
  std::unique_ptr<engine::Engine> engine;
};

EngineParty::EngineParty(EnginePartyOptions options, EventLoop& loop, Network& network,
                         Draws& draws, engine::Metrics& metrics, const Observer& observer)
    : options_(std::move(options)),
      loop_(loop),
      network_(network),
      metrics_(metrics),
      observer_(observer),
      draws_(draws.Next()),
      reference_(options_.reference) {
  hooks_.full = [this] { return disk_full_ || draws_.PerMille(2); };
  hooks_.durable = [this](const storage::Commit& commit) {
    observer_.durable(options_.number, commit);
  };
  hooks_.answered = [this] {
    Pump();
    observer_.boundary(options_.number);
  };
  if (options_.defect->write)
    hooks_.write = [this](storage::Commit& commit) {
      return options_.defect->write(*this, commit);
    };
  hooks_.hides_full_disk = options_.defect->hides_full_disk;
  hooks_.answers_early = options_.defect->answers_early;
}

EngineParty::~EngineParty() { Crash(); }

void EngineParty::Start() {
  if (is_up()) return;
  life_ = std::make_unique<Life>();
  life_->store = std::make_shared<SimStore>(disk_, loop_, draws_, hooks_);
  life_->peer = std::make_unique<Peer>(*this);
  engine::EngineOptions options;
  options.cross.peer = life_->peer.get();
  options.stepped = true;
  options.clock = [this] { return Steady(loop_.now()); };
  life_->engine = std::make_unique<engine::Engine>(options, *life_->store, metrics_, reference_);
  if (options_.defect->started) options_.defect->started(*this);
  Resolve();
}

void EngineParty::Crash() {
  if (!is_up()) return;
  // Whatever the dying process still does, nobody hears of it: its store and its peer are gone.
  const std::unique_ptr<Life> life = std::move(life_);
  life->store->Crash();
  life->peer->Die();
  for (int steps = 0; life->engine->Step() || life->engine->in_flight() > 0; ++steps)
    YIJIE_CHECK(steps < 100'000, "an engine does not come to an end");
}

engine::Moment EngineParty::Now() const {
  return engine::MomentOf(options_.calendar.begins_unix_ms + skew_ms_ + loop_.now() / kMillisecond);
}

std::chrono::steady_clock::time_point EngineParty::Steady(Micros micros) const {
  return kSteadyBegin + std::chrono::microseconds(micros);
}

EngineParty::Peer& EngineParty::life_peer() { return *life_->peer; }

void EngineParty::Deliver(const Envelope& envelope) {
  if (!is_up()) return;
  if (envelope.is_reply) {
    life_->peer->Answer(envelope.number, {envelope.status, envelope.bytes});
  } else {
    Take(envelope);
  }
  Pump();
  observer_.boundary(options_.number);
}

void EngineParty::Take(const Envelope& request) {
  Envelope answer;
  answer.from = options_.number;
  answer.to = request.from;
  answer.is_reply = true;
  answer.call = request.call;
  answer.number = request.number;
  const auto reply_with = [this, answer](Reply reply) {
    Envelope told = answer;
    told.status = std::move(reply.status);
    told.bytes = std::move(reply.bytes);
    network_.Send(std::move(told));
  };
  std::shared_ptr<Message> message = engine::NewRequest(request.call);
  if (!message->ParseFromString(request.bytes))
    return reply_with({absl::InvalidArgumentError("cannot be read"), ""});
  const Defect& defect = *options_.defect;
  Reply instead;
  if (defect.incoming && !defect.incoming(*this, request.call, *message, instead))
    return reply_with(std::move(instead));
  ToThisRelease(request.call, *message);
  observer_.taken(options_.number, request.call, *message);
  auto job = engine::MakeJob(request.call, std::move(message), Now());
  if (!job.ok()) {
    observer_.answered(options_.number, request.call, {job.status(), ""});
    return reply_with({job.status(), ""});
  }
  (*job)->arrived = Steady(loop_.now());
  if (request.deadline != kNever) (*job)->deadline = Steady(request.deadline);
  if (request.copies) ++*request.copies;
  const Life* life = life_.get();
  (*job)->respond = [this, life, request, reply_with, asked = (*job)->request](Reply reply) {
    if (life_.get() != life) return;
    if (request.copies && SaysNotApplied(reply.status)) --*request.copies;
    if (newer_ && reply.status.ok()) reply.bytes = AsOfNextRelease(request.call, reply.bytes);
    if (options_.defect->answered) options_.defect->answered(*this, request.call, *asked, reply);
    observer_.answered(options_.number, request.call, reply);
    reply_with(std::move(reply));
  };
  life_->engine->Submit(*std::move(job));
}

std::string EngineParty::AsOfNextRelease(Call call, const std::string& bytes) {
  switch (call) {
    case Call::kReserve:
      return SealedAnew<v1::ReserveResponse>(bytes);
    case Call::kReserveUndo:
      return SealedAnew<v1::ReserveUndoResponse>(bytes);
    case Call::kConfirm:
      return WithNewField<v1::ConfirmResponse>(bytes);
    case Call::kConfirmUndo:
      return WithNewField<v1::ConfirmUndoResponse>(bytes);
    case Call::kCancelReservation:
      return WithNewField<v1::CancelReservationResponse>(bytes);
    default:
      return bytes;
  }
}

// A later release would keep the digest of the answer that it gave.
template <typename Response>
std::string EngineParty::SealedAnew(const std::string& bytes) {
  Response response;
  YIJIE_CHECK(response.ParseFromString(WithNewField<Response>(bytes)), "an answer cannot be read");
  const std::string digest = response.digest();
  engine::Seal(&response);
  digests_[response.digest()] = digest;
  return response.SerializeAsString();
}

void EngineParty::ToThisRelease(Call call, Message& message) const {
  if (call != Call::kConfirm && call != Call::kConfirmUndo) return;
  const auto* reflection = message.GetReflection();
  const auto* field = message.GetDescriptor()->FindFieldByName("reserved_digest");
  const auto digest = digests_.find(reflection->GetString(message, field));
  if (digest == digests_.end()) return;
  reflection->SetString(&message, field, digest->second);
  engine::Seal(&message);
}

void EngineParty::Submit(Call call, const Message& request) {
  if (!is_up()) return;
  std::unique_ptr<Message> message(request.New());
  message->CopyFrom(request);
  auto job = engine::MakeJob(call, std::move(message), Now());
  YIJIE_CHECK(job.ok(), "a planted defect sends a malformed request");
  (*job)->arrived = Steady(loop_.now());
  (*job)->respond = [](const Reply&) {};
  life_->engine->Submit(*std::move(job));
  Pump();
}

void EngineParty::SendAcross(Call call, const Message& request) {
  Envelope envelope;
  envelope.from = options_.number;
  envelope.to = options_.gateway;
  envelope.call = call;
  envelope.number = next_call_++;
  envelope.bytes = request.SerializeAsString();
  envelope.deadline = loop_.now() + kSecond;
  network_.Send(std::move(envelope));
}

void EngineParty::Resolve() {
  if (!is_up() || !options_.defect->resolves) return;
  const absl::Status resolved = life_->engine->ResolveCross(Now());
  YIJIE_CHECK(resolved.ok(), "a store in memory cannot be read");
  Pump();
}

void EngineParty::Pump() {
  while (is_up() && life_->engine->Step()) {
  }
}

void EngineParty::SetReference(std::shared_ptr<const engine::Reference> reference) {
  reference_ = std::move(reference);
  if (is_up()) life_->engine->SetReference(reference_);
}

}  // namespace yijie::sim
