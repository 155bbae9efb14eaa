#include "tests/sim/desk.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/call.h"

namespace yijie::sim {
namespace {

// By a clock that is slow the bill is not from today. The hospital makes another one.
bool IsFromTheFuture(const absl::Status& status) {
  return absl::StrContains(status.message(), "has not come yet");
}

// More may come of asking again.
bool IsOpen(const absl::Status& status) {
  if (IsFromTheFuture(status)) return false;
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
      return false;
    default:
      return true;
  }
}

// Sound engines never say so to sound hospitals.
bool IsUnsound(const absl::Status& status) {
  if (IsFromTheFuture(status)) return false;
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool SaysNotApplied(const absl::Status& status) {
  return status.code() == absl::StatusCode::kResourceExhausted ||
         absl::StrContains(status.message(), "not applied");
}

Errand& Desk::Run(Errand errand) {
  errands_.push_back(std::move(errand));
  Send(errands_.size() - 1);
  return errands_.back();
}

void Desk::Repeat(const Errand& errand) {
  for (size_t i = 0; i < errands_.size(); ++i) {
    if (&errands_[i] == &errand) SendCopy(i);
  }
}

void Desk::Send(size_t index) {
  Errand& errand = errands_[index];
  const int attempt = ++errand.attempts;
  SendCopy(index);
  const Micros patience = errand.budget + draws_.Between(0, kSecond);
  loop_.After(patience, [this, index, attempt] {
    const Errand& waiting = errands_[index];
    if (!waiting.is_over() && waiting.attempts == attempt) Send(index);
  });
}

void Desk::SendCopy(size_t index) {
  const Errand& errand = errands_[index];
  Envelope envelope;
  envelope.from = number_;
  envelope.to = place_;
  envelope.call = errand.call;
  envelope.number = index;
  envelope.bytes = errand.bytes;
  envelope.deadline = loop_.now() + errand.budget;
  envelope.copies = errand.copies;
  network_.Send(std::move(envelope));
}

void Desk::Deliver(const Envelope& envelope) { Take(errands_[envelope.number], envelope); }

void Desk::Take(Errand& errand, const Envelope& envelope) {
  if (errand.given_up) return;
  if (errand.answered) {
    const bool same = errand.answer.bytes == envelope.bytes || errand.key.transaction == 0;
    if (errand.answer.status.ok() && envelope.status.ok() && !same)
      complaint_ = absl::StrCat(engine::CallName(errand.call), " ", errand.key.msgid,
                                ": the same message got two answers");
    return;
  }
  if (IsUnsound(envelope.status)) {
    complaint_ = absl::StrCat(engine::CallName(errand.call), " ", errand.key.msgid, ": ",
                              envelope.status.ToString());
  }
  if (IsOpen(envelope.status)) {
    if (errand.gives_up && SaysNotApplied(envelope.status) && errand.copies.use_count() == 1 &&
        *errand.copies == 0) {
      errand.given_up = true;
      return;
    }
    return SendAgain(envelope.number);
  }
  errand.answered = true;
  errand.answer = {envelope.status, envelope.bytes};
  if (errand.then) errand.then(errand);
}

void Desk::SendAgain(size_t index) {
  const int attempt = ++errands_[index].attempts;
  loop_.After(draws_.Between(200 * kMillisecond, 2 * kSecond), [this, index, attempt] {
    const Errand& waiting = errands_[index];
    if (!waiting.is_over() && waiting.attempts == attempt) Send(index);
  });
}

}  // namespace yijie::sim
