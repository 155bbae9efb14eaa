#include "engine/server/stream.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "engine/edge.h"
#include "engine/metrics.h"
#include "engine/server/stream_messages.h"
#include "engine/validate.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

using Clock = std::chrono::steady_clock;

// Taken to the engine between two looks at the queue: a fraction of a millisecond of work.
constexpr int kClaimsAtOnce = 8;
// Longer is for ever.
constexpr int64_t kMostDeadlineMs = int64_t{24} * 3600 * 1000;

// One claim of a message that was read.
struct Claim {
  std::shared_ptr<const std::string> message;
  StreamedClaim said;  // its bytes lie in the message
  size_t bytes = 0;    // its share of the message
  Clock::time_point arrived;
};

// What concerns the claim and is not in its request. `parsed`: the bytes of its request are one.
absl::Status CheckEnvelope(const StreamedClaim& claim, bool parsed) {
  const std::string path = absl::StrCat("settle[", claim.index, "]");
  if (claim.has_unknown_field) return BadField(path, "unknown field");
  if (claim.request.empty()) return BadField(absl::StrCat(path, ".request"), "is missing");
  if (claim.deadline_ms < 0) return BadField(absl::StrCat(path, ".deadline_ms"), "is below 0");
  if (!parsed) return BadField(absl::StrCat(path, ".request"), "not a message of this call");
  return absl::OkStatus();
}

// An error of the request, whose path begins at the request or is "request".
absl::Status AtClaim(int index, const absl::Status& status) {
  const absl::string_view inner = status.message();
  const absl::string_view from_claim = absl::StartsWith(inner, "request:") ? "" : "request.";
  return {status.code(), absl::StrCat("settle[", index, "].", from_claim, inner)};
}

// A job without `deadline` and `respond`. `request` is null if the bytes of the claim are none.
absl::StatusOr<std::unique_ptr<Job>> JobOf(const Claim& claim,
                                           std::shared_ptr<google::protobuf::Message> request) {
  YIJIE_RETURN_IF_ERROR(CheckEnvelope(claim.said, request != nullptr));
  absl::StatusOr<std::unique_ptr<Job>> job =
      MakeJob(Call::kSettle, std::move(request), MomentOf(absl::ToUnixMillis(absl::Now())));
  if (!job.ok()) return AtClaim(claim.said.index, job.status());
  (*job)->arrived = claim.arrived;
  return job;
}

// An answer that says whose it is; of no request, nobody's.
v1::StreamedAnswer AnswerTo(const google::protobuf::Message* request) {
  v1::StreamedAnswer answer;
  if (request == nullptr) return answer;
  const auto& header = static_cast<const v1::SettleRequest&>(*request).header();
  answer.set_fixmedins_code(header.fixmedins_code());
  answer.set_msgid(header.msgid());
  return answer;
}

// Where the time of a claim went, up to `now`. Nothing if it did not come as far as the engine.
void TellTiming(Clock::time_point now, StageTimes* times, v1::StreamedAnswer* answer) {
  if (times->arrived == Clock::time_point()) return;
  times->Spend(Stage::kReply, now);
  const auto ns = [times](Stage stage) { return int64_t{times->of(stage).count()}; };
  v1::Timing* const timing = answer->mutable_timing();
  timing->set_edge(ns(Stage::kEdge));
  timing->set_queue(ns(Stage::kQueue));
  timing->set_work(ns(Stage::kWork));
  timing->set_peers(ns(Stage::kPeers));
  timing->set_group(ns(Stage::kGroup));
  timing->set_sync(ns(Stage::kSync));
  timing->set_reply(ns(Stage::kReply));
  timing->set_wall(times->wall().count());
}

// The claims of a message; INVALID_ARGUMENT if it is none, which ends the stream.
absl::StatusOr<std::vector<Claim>> ClaimsOf(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (!buffer.TrySingleSlice(&slice).ok() && !buffer.DumpToSingleSlice(&slice).ok())
    return absl::ResourceExhaustedError("request: no memory for it");
  // A copy: a slice keeps what the network read beside it.
  const auto message = std::make_shared<const std::string>(
      reinterpret_cast<const char*>(slice.begin()), slice.size());
  YIJIE_ASSIGN_OR_RETURN(std::vector<StreamedClaim> said, ReadClaims(*message));
  const Clock::time_point now = Clock::now();
  std::vector<Claim> claims;
  for (StreamedClaim& claim : said)
    claims.push_back({message, std::move(claim), message->size() / said.size() + 1, now});
  return claims;
}

}  // namespace

// One call. What it has of gRPC goes as soon as the call is over; claims of it that are still
// inside end as if it were not, and their answers are dropped.
class SettleStreams::Stream final : public std::enable_shared_from_this<Stream> {
 public:
  explicit Stream(SettleStreams& owner)
      : owner_(owner), last_moved_(Clock::now()), call_(std::make_unique<OpenCall>()) {}

  // --- Of the polling thread

  bool RequestNext() {
    return owner_.options_.request_next(&call_->context, &call_->rpc, &accepted_);
  }
  // Takes some claims to the engine. False if none are left.
  bool SubmitSome();
  bool HasMovedSince(Clock::time_point time) const { return last_moved_ >= time; }
  void Cancel() { call_->context.TryCancel(); }
  // The call is over, or the queue is.
  void DropCall();

  // --- From any thread

  void Stop();

  bool seated = false;  // under the mutex of SettleStreams

 private:
  struct OpenCall {
    grpc::ServerContext context;
    Rpc rpc{&context};
  };
  // An operation of the call; its address is the tag.
  struct Operation final : QueueEvent {
    Operation(Stream& the_stream, void (Stream::*the_end)(bool))
        : stream(the_stream), end(the_end) {}
    void Proceed(bool ok) override { (stream.*end)(ok); }

    Stream& stream;
    void (Stream::*const end)(bool);
  };
  // An answer that waits for its message.
  struct Ready {
    v1::StreamedAnswer answer;
    Reply reply;
    size_t bytes = 0;
  };

  void Accepted(bool ok);
  void ReadDone(bool ok);
  void WriteDone(bool ok);
  void FinishDone(bool ok);

  void Take(absl::StatusOr<std::vector<Claim>> claims) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Submit(Claim claim);
  // From any thread, once a claim.
  void Answer(v1::StreamedAnswer answer, size_t claim_bytes, Reply reply);
  // The next message, of what is ready.
  std::string Gather() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Begin an operation if it is time for it.
  void MaybeRead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MaybeWrite() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MaybeFinish() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Nothing more is read; the stream ends so when all it holds is answered. The first word counts.
  void EndWith(grpc::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // After each event: leaves if the call is over.
  void MaybeLeave();

  SettleStreams& owner_;
  Operation accepted_{*this, &Stream::Accepted};
  Operation read_{*this, &Stream::ReadDone};
  Operation write_{*this, &Stream::WriteDone};
  Operation finish_{*this, &Stream::FinishDone};

  // Of the polling thread.
  grpc::ByteBuffer incoming_;
  std::deque<Claim> unsubmitted_;
  Clock::time_point deadline_;  // of the call
  Clock::time_point last_moved_;

  Mutex mutex_;
  std::unique_ptr<OpenCall>
      call_;  // null when the call is over; changed by the polling thread only
  std::optional<grpc::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;  // and afterwards
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;  // nothing reaches the client any more
  std::deque<Ready> ready_ ABSL_GUARDED_BY(mutex_);
  // On their way with `writing_`.
  size_t sent_claims_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t sent_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // From reading until the answer was sent.
  size_t held_claims_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t held_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

// --- Events

void SettleStreams::Stream::Accepted(bool ok) {
  const std::shared_ptr<Stream> self = std::move(owner_.next_);
  if (!ok) return DropCall();
  owner_.Open();
  deadline_ = SteadyDeadline(call_->context);
  last_moved_ = Clock::now();
  absl::Status seat = owner_.TakeSeat(self);
  const MutexLock lock(mutex_);
  if (!seat.ok()) EndWith(ToGrpc(seat));
  MaybeRead();
}

void SettleStreams::Stream::ReadDone(bool ok) {
  const std::shared_ptr<Stream> self = shared_from_this();
  absl::StatusOr<std::vector<Claim>> claims = std::vector<Claim>();
  if (ok) claims = ClaimsOf(incoming_);
  incoming_.Clear();
  // A message without claims does not keep a seat.
  if (!claims.ok() || !claims->empty()) last_moved_ = Clock::now();
  {
    const MutexLock lock(mutex_);
    reading_ = false;
    if (!ok) {
      EndWith(grpc::Status::OK);  // the client sends no more; or it left, as writing will show
    } else if (!end_) {
      Take(std::move(claims));
    }
    MaybeRead();
  }
  if (!unsubmitted_.empty()) owner_.at_work_.push_back(self);
  MaybeLeave();
}

void SettleStreams::Stream::Take(absl::StatusOr<std::vector<Claim>> claims) {
  if (!claims.ok()) return EndWith(ToGrpc(claims.status()));
  for (Claim& claim : *claims) {
    ++held_claims_;
    held_bytes_ += claim.bytes;
    unsubmitted_.push_back(std::move(claim));
  }
}

void SettleStreams::Stream::WriteDone(bool ok) {
  const std::shared_ptr<Stream> self = shared_from_this();
  last_moved_ = Clock::now();
  {
    const MutexLock lock(mutex_);
    writing_ = false;
    held_claims_ -= sent_claims_;
    held_bytes_ -= sent_bytes_;
    if (!ok) {
      broken_ = true;
      held_claims_ -= ready_.size();
      for (const Ready& ready : ready_) held_bytes_ -= ready.bytes;
      ready_.clear();
    }
    MaybeWrite();
    MaybeRead();
    MaybeFinish();
  }
  MaybeLeave();
}

void SettleStreams::Stream::FinishDone(bool /*ok*/) {
  const std::shared_ptr<Stream> self = shared_from_this();
  {
    const MutexLock lock(mutex_);
    finished_ = true;
  }
  MaybeLeave();
}

void SettleStreams::Stream::MaybeLeave() {
  {
    const MutexLock lock(mutex_);
    const bool over = finished_ || (broken_ && !finishing_);
    if (!over || reading_ || writing_) return;
  }
  DropCall();
  owner_.Remove(shared_from_this());
}

void SettleStreams::Stream::DropCall() {
  const MutexLock lock(mutex_);
  broken_ = true;
  call_.reset();
}

// --- Operations

void SettleStreams::Stream::MaybeRead() {
  // A claim that was read has a deadline, and nobody who keeps it before the engine has the claim:
  // what cannot be taken there at once is better left in the network.
  const bool room = unsubmitted_.empty() && held_claims_ + kMaxClaimsInMessage <= kMaxHeldClaims &&
                    held_bytes_ + owner_.options_.max_message_bytes <= kMaxHeldBytes;
  if (reading_ || end_ || broken_ || !room || owner_.closed_) return;
  reading_ = true;
  call_->rpc.Read(&incoming_, &read_);
}

void SettleStreams::Stream::MaybeWrite() {
  if (writing_ || broken_ || ready_.empty() || owner_.closed_) return;
  writing_ = true;
  call_->rpc.Write(BufferOf(Gather()), &write_);
}

std::string SettleStreams::Stream::Gather() {
  const Clock::time_point now = Clock::now();
  std::string message;
  sent_claims_ = sent_bytes_ = 0;
  while (!ready_.empty() && sent_claims_ < kMaxClaimsInMessage &&
         message.size() < kFullAnswerBytes) {
    Ready& ready = ready_.front();
    TellTiming(now, &ready.reply.timing, &ready.answer);
    AppendAnswer(ready.answer, ready.reply.bytes, &message);
    ++sent_claims_;
    sent_bytes_ += ready.bytes;
    ready_.pop_front();
  }
  return message;
}

void SettleStreams::Stream::MaybeFinish() {
  if (!end_ || held_claims_ > 0 || finishing_ || broken_ || owner_.closed_) return;
  finishing_ = true;
  call_->rpc.Finish(*end_, &finish_);
}

void SettleStreams::Stream::EndWith(grpc::Status status) {
  if (!end_) end_ = std::move(status);
  MaybeFinish();
}

void SettleStreams::Stream::Stop() {
  const MutexLock lock(mutex_);
  if (!broken_)
    EndWith({grpc::UNAVAILABLE, "the engine is stopping; ask for what has no answer by its id"});
}

// --- Claims

bool SettleStreams::Stream::SubmitSome() {
  for (int i = 0; i < kClaimsAtOnce && !unsubmitted_.empty(); ++i) {
    Claim claim = std::move(unsubmitted_.front());
    unsubmitted_.pop_front();
    Submit(std::move(claim));
  }
  if (!unsubmitted_.empty()) return true;
  const MutexLock lock(mutex_);
  MaybeRead();
  return false;
}

void SettleStreams::Stream::Submit(Claim claim) {
  std::shared_ptr<google::protobuf::Message> request = ParseRequest(claim.said);
  v1::StreamedAnswer answer = AnswerTo(request.get());
  absl::StatusOr<std::unique_ptr<Job>> job = JobOf(claim, std::move(request));
  if (!job.ok()) {
    owner_.metrics_.Rejected(Call::kSettle, job.status());
    return Answer(std::move(answer), claim.bytes, {job.status(), ""});
  }
  (*job)->deadline = deadline_;
  if (const int64_t ms = claim.said.deadline_ms; ms > 0) {
    const std::chrono::milliseconds own(std::min(ms, kMostDeadlineMs));
    (*job)->deadline = std::min(deadline_, claim.arrived + own);
  }
  (*job)->respond = [self = shared_from_this(), answer = std::move(answer), bytes = claim.bytes](
                        Reply reply) { self->Answer(answer, bytes, std::move(reply)); };
  owner_.engine_.Submit(*std::move(job));
}

void SettleStreams::Stream::Answer(v1::StreamedAnswer answer, size_t claim_bytes, Reply reply) {
  answer.set_code(static_cast<int32_t>(reply.status.code()));
  if (!reply.status.ok()) answer.set_message(std::string(reply.status.message()));
  answer.set_retry_after_ms(reply.retry_after.count());
  const size_t bytes = reply.bytes.size() + answer.ByteSizeLong();
  const MutexLock lock(mutex_);
  held_bytes_ -= claim_bytes;
  if (broken_) {
    --held_claims_;
    return;
  }
  held_bytes_ += bytes;
  ready_.push_back({std::move(answer), std::move(reply), bytes});
  MaybeWrite();
}

// --- All streams

SettleStreams::SettleStreams(Options options, Engine& engine, Metrics& metrics)
    : options_(std::move(options)), engine_(engine), metrics_(metrics) {}

SettleStreams::~SettleStreams() {
  const MutexLock lock(mutex_);
  for (const std::shared_ptr<Stream>& stream : streams_) stream->DropCall();
}

void SettleStreams::Open() {
  next_ = std::make_shared<Stream>(*this);
  if (next_->RequestNext()) return;
  next_->DropCall();
  next_.reset();
}

void SettleStreams::WorkSome() {
  const std::shared_ptr<Stream> stream = std::move(at_work_.front());
  at_work_.pop_front();
  if (stream->SubmitSome()) at_work_.push_back(stream);
}

void SettleStreams::Stop() {
  std::set<std::shared_ptr<Stream>> streams;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    streams = streams_;
  }
  for (const std::shared_ptr<Stream>& stream : streams) stream->Stop();
}

absl::Status SettleStreams::TakeSeat(const std::shared_ptr<Stream>& stream) {
  const MutexLock lock(mutex_);
  streams_.insert(stream);
  if (stopping_) return absl::UnavailableError("the engine is stopping");
  if (seats_taken_ < kMaxStreams) {
    ++seats_taken_;
    stream->seated = true;
    return absl::OkStatus();
  }
  const Clock::time_point hanging = Clock::now() - options_.patience;
  for (const std::shared_ptr<Stream>& other : streams_) {
    if (other->seated && !other->HasMovedSince(hanging)) other->Cancel();
  }
  return absl::ResourceExhaustedError(absl::StrCat("as many streams as can be served are open (",
                                                   kMaxStreams, "); open it again later"));
}

void SettleStreams::Remove(const std::shared_ptr<Stream>& stream) {
  const MutexLock lock(mutex_);
  if (streams_.erase(stream) > 0 && stream->seated) --seats_taken_;
}

}  // namespace yijie::engine
