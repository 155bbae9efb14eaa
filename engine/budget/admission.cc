#include "engine/budget/admission.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "base/check.h"
#include "engine/call.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// An institution may always have so many inside.
constexpr int64_t kAlways = 16;
// Of a job without its request.
constexpr int64_t kJobBytes = 1'024;

// How much of a limit calls of a priority may fill.
int64_t PartOf(int64_t limit, Priority priority) {
  switch (priority) {
    case Priority::kStep:
    case Priority::kQuery:
    case Priority::kUndo:
      return limit;
    case Priority::kChange:
      return limit - limit / 8;
    case Priority::kView:
      return limit - limit / 4;
  }
  return limit;
}

absl::string_view InstitutionNamed(const Job& job) {
  if (job.has_key) return job.key.institution;
  if (job.has_other_key) return job.other_key.institution;
  switch (job.call) {
    case Call::kPreSettle:
      return RequestOf<v1::PreSettleRequest>(job).fixmedins_code();
    case Call::kGetSettlement:
      return RequestOf<v1::GetSettlementRequest>(job).fixmedins_code();
    case Call::kQueryMessage:
      return RequestOf<v1::QueryMessageRequest>(job).fixmedins_code();
    case Call::kGetStay:
      return RequestOf<v1::GetStayRequest>(job).fixmedins_code();
    default:
      return "";
  }
}

uint64_t InstitutionOf(const Job& job) {
  const absl::string_view institution = InstitutionNamed(job);
  return institution.empty() ? 0 : absl::HashOf(institution);
}

// A question that closes the id it asks for: it waits for the store, as what changes something
// does.
bool IsFence(const Job& job) {
  return job.call == Call::kQueryMessage && RequestOf<v1::QueryMessageRequest>(job).fence();
}

// The request is held parsed, about twice as large as its bytes, and most are held as bytes, too.
int64_t BytesOf(const Job& job) {
  const size_t bytes = job.body.empty() ? job.request->ByteSizeLong() : job.body.size();
  return kJobBytes + 3 * static_cast<int64_t>(bytes);
}

}  // namespace

Priority PriorityOf(Call call) {
  switch (call) {
    case Call::kQueryMessage:
    case Call::kGetSettlement:
    case Call::kQueryReservation:
      return Priority::kQuery;
    case Call::kReverse:
    case Call::kReverseByMessage:
    case Call::kRefund:
    case Call::kUndoSettlement:
    case Call::kConfirm:
    case Call::kReserveUndo:
    case Call::kConfirmUndo:
    case Call::kCancelReservation:
      return Priority::kUndo;
    default:
      return SpecOf(call).transact != nullptr ? Priority::kChange : Priority::kView;
  }
}

CallLoad LoadOf(const Job& job) {
  return {IsFence(job) ? Priority::kUndo : PriorityOf(job.call), InstitutionOf(job), BytesOf(job)};
}

CallLoad LoadOfStep(const Job& step) { return {Priority::kStep, 0, BytesOf(step)}; }

bool Admission::IsFull(Priority priority) const {
  return inside() >= PartOf(limits_.calls, priority);
}

void Admission::Add(const CallLoad& load) {
  inside_.store(inside_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  bytes_ += load.bytes;
}

Admission::Verdict Admission::TryEnter(const CallLoad& load) {
  const MutexLock lock(mutex_);
  const int64_t room =
      PartOf(limits_.calls, load.priority) - inside_.load(std::memory_order_relaxed);
  if (room <= 0 || bytes_ + load.bytes > PartOf(limits_.bytes, load.priority))
    return Verdict::kFull;
  if (load.institution != 0) {
    int64_t& of_institution = by_institution_[load.institution];
    if (of_institution >= std::max(room, kAlways)) return Verdict::kShare;
    ++of_institution;
  }
  Add(load);
  return Verdict::kIn;
}

void Admission::Enter(const CallLoad& load) {
  const MutexLock lock(mutex_);
  Add(load);
  if (load.institution != 0) ++by_institution_[load.institution];
}

void Admission::Leave(const CallLoad& load) {
  const MutexLock lock(mutex_);
  bytes_ -= load.bytes;
  if (load.institution != 0) {
    const auto entry = by_institution_.find(load.institution);
    YIJIE_CHECK(entry != by_institution_.end(), "a call leaves twice");
    if (--entry->second == 0) by_institution_.erase(entry);
  }
  const int64_t left = inside_.load(std::memory_order_relaxed) - 1;
  inside_.store(left, std::memory_order_relaxed);
  // Under the lock: whoever waits may destroy this as soon as it sees 0.
  if (left == 0) empty_.NotifyAll();
}

void Admission::AwaitEmpty() {
  const MutexLock lock(mutex_);
  while (inside_.load(std::memory_order_relaxed) > 0) empty_.Wait(mutex_);
}

}  // namespace yijie::engine
