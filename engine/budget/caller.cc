#include "engine/budget/caller.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "engine/budget/deadlines.h"
#include "engine/budget/retry_after.h"
#include "engine/budget/slow_claims.h"
#include "engine/call.h"
#include "engine/metrics.h"

namespace yijie::engine {
namespace {

using std::chrono::milliseconds;

int64_t ToMs(std::chrono::nanoseconds time) {
  return std::chrono::duration_cast<milliseconds>(time).count();
}

absl::Status NotKnown(absl::string_view why) {
  return absl::UnavailableError(
      absl::StrCat(why, ": the result is not known, send the same message again"));
}

}  // namespace

Caller::Caller(const Desk& desk, Job& job, Channel channel, TimePoint answer_by)
    : desk_(desk),
      call_(job.call),
      channel_(channel),
      load_(LoadOf(job)),
      arrived_(job.arrived),
      request_(job.request),
      respond_(std::move(job.respond)),
      since_(job.arrived.time_since_epoch().count()) {
  deadline = answer_by;
}

Caller::~Caller() { YIJIE_CHECK(!waits, "a caller was never answered"); }

void Caller::Enter(Stage stage, TimePoint now) {
  const TimePoint::rep until = now.time_since_epoch().count();
  const TimePoint::rep since = since_.load(std::memory_order_relaxed);
  auto& took = took_[static_cast<size_t>(this->stage())];
  if (until > since) {
    took.store(took.load(std::memory_order_relaxed) + until - since, std::memory_order_relaxed);
    since_.store(until, std::memory_order_relaxed);
  }
  stage_.store(stage, std::memory_order_relaxed);
}

StageTimes Caller::TimesUntil(TimePoint now) const {
  StageTimes times;
  times.Begin(arrived_);
  for (size_t i = 0; i < kStages; ++i) {
    times.took[i] = std::chrono::nanoseconds(took_[i].load(std::memory_order_relaxed));
    times.since += times.took[i];
  }
  times.Spend(stage(), now);
  return times;
}

bool Caller::Turn(Fate to) {
  Fate fate = fate_.load();
  while (fate == Fate::kOpen || fate == Fate::kCopyAhead) {
    if (to == Fate::kWithdrawn && fate == Fate::kCopyAhead) was_ahead_.store(true);
    if (fate_.compare_exchange_weak(fate, to)) return true;
  }
  return fate == to;
}

void Caller::WaitForCopy() {
  Fate open = Fate::kOpen;
  fate_.compare_exchange_strong(open, Fate::kCopyAhead);
}

void Caller::NoCopyApplied() {
  Fate ahead = Fate::kCopyAhead;
  fate_.compare_exchange_strong(ahead, Fate::kOpen);
}

bool Caller::BeginEffects() { return Turn(Fate::kBegun); }

bool Caller::MayBegin() {
  const TimePoint now = desk_.clock();
  if (now >= deadline) Turn(Fate::kWithdrawn);
  if (!BeginEffects()) return false;
  Enter(Stage::kSync, now);
  return true;
}

absl::Status Caller::UnlessCopied(absl::Status not_applied) const {
  if (was_ahead_.load() || fate_.load() == Fate::kCopyAhead)
    return NotKnown("another copy of the message is being worked on");
  return not_applied;
}

absl::Status Caller::TooLate() const {
  return UnlessCopied(absl::DeadlineExceededError(
      absl::StrCat("stage ", NameOf(stage()),
                   ": the time for the call is over; not applied, send the "
                   "same message again")));
}

Reply Caller::Unfit(Stage stage, std::chrono::nanoseconds needed,
                    std::chrono::nanoseconds left) const {
  Reply reply;
  reply.retry_after = SpreadOut(std::chrono::ceil<milliseconds>(needed - left), arrived_);
  reply.status = absl::ResourceExhaustedError(
      absl::StrCat("stage ", NameOf(stage), ": it would take about ", ToMs(needed), " ms and ",
                   ToMs(left), " ms are left; not applied, send the same message again in ",
                   reply.retry_after.count(), " ms"));
  if (fate_.load() == Fate::kCopyAhead) reply.status = TooLate();
  return reply;
}

Reply Caller::NoRoom(bool of_institution, std::chrono::nanoseconds needed) const {
  Reply reply;
  reply.retry_after = SpreadOut(std::chrono::ceil<milliseconds>(needed), arrived_);
  reply.status = absl::ResourceExhaustedError(absl::StrCat(
      "stage edge: too many calls ", of_institution ? "of the institution " : "",
      "at once; not applied, send the same message again in ", reply.retry_after.count(), " ms"));
  if (fate_.load() == Fate::kCopyAhead) reply.status = TooLate();
  return reply;
}

void Caller::Answer(Reply reply) {
  if (answered_.exchange(true)) return;
  desk_.deadlines->Remove(*this);
  reply.timing = TimesUntil(desk_.clock());
  desk_.metrics->CallDone(call_, channel_, reply.status, reply.timing);
  if (desk_.slow_claims->IsSlow(reply.timing, deadline))
    desk_.slow_claims->Log(CallName(call_), channel_, *request_, reply.status, reply.timing,
                           deadline);
  respond_(std::move(reply));
}

void Caller::Expire() {
  const bool withdrawn = Turn(Fate::kWithdrawn);
  Answer({withdrawn ? TooLate() : NotKnown("written but not yet durable"), ""});
}

}  // namespace yijie::engine
