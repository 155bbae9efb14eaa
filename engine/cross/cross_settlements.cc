#include "engine/cross/cross_settlements.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/cross/attempt.h"
#include "engine/cross/cross_digest.h"
#include "engine/cross/sound_answer.h"
#include "engine/cross/trial.h"
#include "engine/person.h"
#include "engine/step.h"
#include "storage/visit_rows.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::CrossAttempt;

template <typename Step>
std::unique_ptr<Job> VisitorJob(Call call, Step step, const Moment& now) {
  const std::string visitor = step.visitor();
  return StepJobOf(visitor, call, std::move(step), now);
}

// Above so many messages to insured places on their way Resolve sends none: after an hour without a
// way there are tens of thousands.
constexpr size_t kMostToldAgain = 512;

// What is open stays open and is tried again by Resolve.
void LogFailure(absl::string_view what, const CrossAttempt& attempt, const absl::Status& status) {
  if (status.ok()) return;
  LogLine("cross_step_failed")
      .Text("step", what)
      .Text("resv_id", attempt.resv_id())
      .Text("reason", status.message());
}

v1::MessageHeader HeaderOf(const CrossAttempt& attempt) {
  v1::MessageHeader header;
  header.set_fixmedins_code(attempt.admdvs());
  header.set_msgid(attempt.resv_id());
  return header;
}

template <typename Request>
std::shared_ptr<Request> Confirmation(const CrossAttempt& attempt) {
  auto request = std::make_shared<Request>();
  *request->mutable_header() = HeaderOf(attempt);
  request->set_insuplc_admdvs(attempt.insuplc_admdvs());
  request->set_psn_no(attempt.psn_no());
  request->set_insutype(attempt.insutype());
  request->set_setl_id(attempt.setl_id());
  request->set_clr_date(attempt.clr_date());
  request->set_reserved_digest(attempt.reserved_digest());
  return request;
}

std::shared_ptr<const v1::ConfirmRequest> Confirmation(const CrossAttempt& attempt) {
  auto request = Confirmation<v1::ConfirmRequest>(attempt);
  Seal(request.get());
  return request;
}

std::shared_ptr<const v1::ConfirmUndoRequest> UndoConfirmation(const CrossAttempt& attempt) {
  auto request = Confirmation<v1::ConfirmUndoRequest>(attempt);
  request->set_orig_resv_id(attempt.orig_resv_id());
  Seal(request.get());
  return request;
}

std::shared_ptr<const v1::CancelReservationRequest> Cancellation(const CrossAttempt& attempt) {
  auto request = std::make_shared<v1::CancelReservationRequest>();
  *request->mutable_header() = HeaderOf(attempt);
  request->set_insuplc_admdvs(attempt.insuplc_admdvs());
  request->set_psn_no(attempt.psn_no());
  request->set_insutype(attempt.insutype());
  request->set_undo(attempt.kind() == store::v1::CROSS_UNDO);
  Seal(request.get());
  return request;
}

// Whether the bytes are an answer about this reservation.
template <typename Response>
bool IsAnswerTo(const std::string& bytes, const CrossAttempt& attempt) {
  Response response;
  return response.ParseFromString(bytes) && response.resv_id() == attempt.resv_id();
}

bool IsToldAnswer(const std::string& bytes, const CrossAttempt& attempt) {
  if (attempt.decision() == store::v1::CROSS_CANCELLED)
    return IsAnswerTo<v1::CancelReservationResponse>(bytes, attempt);
  return attempt.kind() == store::v1::CROSS_UNDO
             ? IsAnswerTo<v1::ConfirmUndoResponse>(bytes, attempt)
             : IsAnswerTo<v1::ConfirmResponse>(bytes, attempt);
}

absl::Status NotApplied(absl::string_view why) {
  return absl::AbortedError(absl::StrCat(why, "; not applied, send the same message again"));
}

// Whether a bill of the scheme can be sent to an insured place at all.
absl::Status CheckWay(const CrossPeer* peer, const std::string& insutype) {
  if (peer == nullptr)
    return absl::FailedPreconditionError(
        "claim.insuplc_admdvs: no way to insured places is set up");
  if (!peer->Carries(insutype))
    return absl::FailedPreconditionError(
        absl::StrCat("claim.insutype: no gateway carries bills of scheme ", insutype));
  return absl::OkStatus();
}

// The answer as it is believed: about this request, as it was sealed, and one that can be.
template <typename Request, typename Response>
absl::Status Believe(const Reply& reply, const Request& request, Response* response) {
  if (IsRefusalForGood(reply.status)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the way to the insured place refuses the bill, not applied: ", reply.status.message()));
  }
  if (!reply.status.ok()) {
    return NotApplied(absl::StrCat("the insured place did not answer: ", reply.status.message()));
  }
  const bool sound = response->ParseFromString(reply.bytes) && CheckSeal(*response).ok() &&
                     response->resv_id() == request.header().msgid() &&
                     response->request_digest() == request.digest() && IsSound(request, *response);
  return sound ? absl::OkStatus() : NotApplied("the answer of the insured place is not sound");
}

}  // namespace

// One attempt at one message.
struct CrossSettlements::Round {
  std::unique_ptr<Job> job;
  CrossPlan plan;
  std::shared_ptr<CrossAnswer> answer = std::make_shared<CrossAnswer>();
};

CrossSettlements::CrossSettlements(CrossOptions options, storage::StoreReader& store,
                                   std::function<void(std::unique_ptr<Job>)> send,
                                   std::function<void(std::unique_ptr<Job>)> resume,
                                   std::function<void(const Job&, Reply)> answer)
    : options_(std::move(options)),
      store_(store),
      send_(std::move(send)),
      resume_(std::move(resume)),
      answer_(std::move(answer)) {}

void CrossSettlements::Try(std::unique_ptr<Job> job, const Reference& reference) {
  const auto& request = static_cast<const v1::PreSettleRequest&>(*job->request);
  absl::StatusOr<TrialPlan> plan = PlanTrial(reference, request, job->now);
  if (!plan.ok()) return answer_(*job, {plan.status(), ""});
  if (plan->request == nullptr) return answer_(*job, {absl::OkStatus(), std::move(plan->refusal)});
  const absl::Status way = CheckWay(options_.peer, request.claim().insutype());
  if (!way.ok()) return answer_(*job, {way, ""});
  const auto deadline = job->deadline - options_.kept_to_decide;
  const std::shared_ptr<Job> trial = std::move(job);
  options_.peer->Send(Call::kEvaluate, plan->request, deadline,
                      [this, trial, asked = plan->request](const Reply& reply) {
                        absl::StatusOr<std::string> answer =
                            AnswerTrial(static_cast<const v1::PreSettleRequest&>(*trial->request),
                                        *asked, reply, trial->now);
                        answer_(*trial, ReplyOf(std::move(answer)));
                      });
}

void CrossSettlements::Raise(std::unique_ptr<Job> job, CrossPlan plan) {
  auto round = std::make_shared<Round>();
  round->job = std::move(job);
  round->plan = std::move(plan);
  round->answer->status = CheckWay(options_.peer, round->plan.attempt.insutype());
  round->answer->status.ok() ? Begin(round) : GoOn(*round);
}

void CrossSettlements::Begin(const std::shared_ptr<Round>& round) {
  store::v1::BeginCrossStep step;
  step.set_visitor(round->job->lane_key);
  *step.mutable_attempt() = round->plan.attempt;
  std::unique_ptr<Job> job = VisitorJob(Call::kBeginCross, std::move(step), round->job->now);
  job->deadline = round->job->deadline - options_.kept_to_decide;
  job->respond = [this, round](const Reply& reply) {
    CrossAttempt& attempt = round->answer->attempt;
    round->answer->status = reply.status;
    if (reply.status.ok() && !attempt.ParseFromString(reply.bytes))
      round->answer->status = absl::InternalError("the answer to a step cannot be read");
    round->answer->status.ok() ? Ask(round) : GoOn(*round);
  };
  send_(std::move(job));
}

void CrossSettlements::Ask(const std::shared_ptr<Round>& round) {
  const v1::MessageHeader header = HeaderOf(round->answer->attempt);
  const bool undo = round->plan.undo != nullptr;
  std::shared_ptr<const google::protobuf::Message> request;
  if (undo) {
    *round->plan.undo->mutable_header() = header;
    Seal(round->plan.undo.get());
    request = round->plan.undo;
  } else {
    *round->plan.reserve->mutable_header() = header;
    Seal(round->plan.reserve.get());
    request = round->plan.reserve;
  }
  options_.peer->Send(undo ? Call::kReserveUndo : Call::kReserve, std::move(request),
                      round->job->deadline - options_.kept_to_decide,
                      [this, round](const Reply& reply) { Take(round, reply); });
}

void CrossSettlements::Take(const std::shared_ptr<Round>& round, const Reply& reply) {
  CrossAnswer& answer = *round->answer;
  if (round->plan.undo != nullptr) {
    answer.status = Believe(reply, *round->plan.undo, &answer.undo);
    if (answer.undo.person_busy()) answer.status = NotApplied(answer.undo.reason());
  } else {
    answer.status = Believe(reply, *round->plan.reserve, &answer.reserved);
    if (answer.reserved.outcome() == v1::PERSON_BUSY ||
        answer.reserved.outcome() == v1::RESERVATION_CLOSED)
      answer.status = NotApplied(answer.reserved.reason());
  }
  GoOn(*round);
}

void CrossSettlements::GoOn(Round& round) {
  std::unique_ptr<Job> job = std::move(round.job);
  job->cross = round.answer;
  if (!round.answer->attempt.resv_id().empty()) {
    job->respond = [this, visitor = job->lane_key, attempt = round.answer->attempt, now = job->now,
                    answer = std::move(job->respond)](Reply reply) {
      // Nobody decides for an attempt whose message was not booked, so the caller need not wait.
      if (!reply.status.ok()) Cancel(visitor, attempt, now, false);
      answer(std::move(reply));
    };
  }
  // What is not booked needs no lane, which may be busy: the caller is answered at once.
  if (!round.answer->status.ok()) return answer_(*job, {round.answer->status, ""});
  resume_(std::move(job));
}

void CrossSettlements::Cancel(const std::string& visitor, const CrossAttempt& attempt,
                              const Moment& now, bool may_be_alive) {
  store::v1::CancelCrossStep step;
  step.set_visitor(visitor);
  step.set_resv_id(attempt.resv_id());
  std::unique_ptr<Job> job = VisitorJob(Call::kCancelCross, std::move(step), now);
  if (may_be_alive) {
    // Whoever works on the message holds its id until the answer is certain.
    job->has_other_key = true;
    job->other_key = {attempt.fixmedins_code(), static_cast<uint8_t>(attempt.transaction()),
                      attempt.msgid()};
  }
  job->respond = [attempt](const Reply& reply) { LogFailure("cancel", attempt, reply.status); };
  send_(std::move(job));
}

void CrossSettlements::Tell(const std::string& visitor, const CrossAttempt& attempt,
                            const Moment& now) {
  if (options_.peer == nullptr || !BeginTelling(attempt.resv_id())) return;
  const bool undo = attempt.kind() == store::v1::CROSS_UNDO;
  Call call = undo ? Call::kConfirmUndo : Call::kConfirm;
  std::shared_ptr<const google::protobuf::Message> request;
  if (attempt.decision() == store::v1::CROSS_CANCELLED) {
    call = Call::kCancelReservation;
    request = Cancellation(attempt);
  } else if (undo) {
    request = UndoConfirmation(attempt);
  } else {
    request = Confirmation(attempt);
  }
  options_.peer->Send(
      call, std::move(request), options_.clock() + options_.tell_timeout,
      [this, visitor, attempt, now](const Reply& reply) { Told(visitor, attempt, now, reply); });
}

void CrossSettlements::Told(const std::string& visitor, const CrossAttempt& attempt,
                            const Moment& now, const Reply& reply) {
  if (!reply.status.ok() || !IsToldAnswer(reply.bytes, attempt)) {
    EndTelling(attempt.resv_id());
    return LogFailure(
        "tell", attempt,
        reply.status.ok() ? absl::InternalError("the answer is not about it") : reply.status);
  }
  store::v1::EndCrossStep step;
  step.set_visitor(visitor);
  step.set_resv_id(attempt.resv_id());
  std::unique_ptr<Job> job = VisitorJob(Call::kEndCross, std::move(step), now);
  job->respond = [this, attempt](const Reply& ended) {
    EndTelling(attempt.resv_id());
    LogFailure("end", attempt, ended.status);
  };
  send_(std::move(job));
}

absl::Status CrossSettlements::Resolve(const Moment& now) {
  const std::string first = std::exchange(resolve_from_, "");
  return storage::VisitEveryRow(store_, kCrossOpenTable, first, [&](const storage::Row& row) {
    if (!resolve_from_.empty()) return absl::OkStatus();
    if (IsTellingMany()) {
      resolve_from_ = row.key;
      return absl::OkStatus();
    }
    return ResolveVisitor(row.key, now);
  });
}

absl::Status CrossSettlements::ResolveVisitor(const std::string& visitor, const Moment& now) {
  YIJIE_ASSIGN_OR_RETURN(const auto newest, store_.LoadLatest(visitor));
  if (!newest) return absl::DataLossError("a visitor with open attempts has no state");
  YIJIE_ASSIGN_OR_RETURN(const Person person, ParsePerson(*newest));
  for (const CrossAttempt& attempt : person.rest->cross().open()) {
    attempt.decision() == store::v1::CROSS_UNDECIDED ? Cancel(visitor, attempt, now, true)
                                                     : Tell(visitor, attempt, now);
  }
  return absl::OkStatus();
}

bool CrossSettlements::BeginTelling(const std::string& resv_id) {
  const MutexLock lock(mutex_);
  return !draining_ && telling_.insert(resv_id).second;
}

bool CrossSettlements::IsTellingMany() {
  const MutexLock lock(mutex_);
  return telling_.size() >= kMostToldAgain;
}

void CrossSettlements::EndTelling(const std::string& resv_id) {
  const MutexLock lock(mutex_);
  telling_.erase(resv_id);
  if (telling_.empty()) told_.NotifyAll();
}

void CrossSettlements::Drain() {
  const MutexLock lock(mutex_);
  draining_ = true;
  while (!telling_.empty()) told_.Wait(mutex_);
}

}  // namespace yijie::engine
