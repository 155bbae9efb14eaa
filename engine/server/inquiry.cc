#include "engine/server/inquiry.h"

#include <grpcpp/grpcpp.h>

#include <utility>

#include "absl/time/clock.h"
#include "engine/server/bytes.h"

namespace yijie::engine {
namespace {

Moment Now() { return MomentOf(absl::ToUnixMillis(absl::Now())); }

grpc::Status NotThere() { return {grpc::UNIMPLEMENTED, "this engine answers no inquiries"}; }

}  // namespace

template <typename Response, typename Ask>
grpc::Status InquirySeats::Serve(const void* backend, Response* response, const Ask& ask) {
  if (backend == nullptr) return NotThere();
  grpc::Status status(grpc::RESOURCE_EXHAUSTED,
                      "as many inquiries as can be served are under way; ask again");
  if (taken_.fetch_add(1) < kMaxCalls) {
    absl::StatusOr<Response> answer = ask();
    status = ToGrpc(answer.status());
    if (answer.ok()) *response = *std::move(answer);
  }
  taken_.fetch_sub(1);
  return status;
}

// --- InstitutionInquiryService

grpc::Status InstitutionInquiryEdge::GetParticipation(grpc::ServerContext* /*context*/,
                                                      const v1::GetParticipationRequest* request,
                                                      v1::GetParticipationResponse* response) {
  return seats_.Serve(backend_.queries, response, [&] {
    return backend_.queries->GetParticipation(Inquirer::kInstitution, *request, Now());
  });
}

grpc::Status InstitutionInquiryEdge::ListVisits(grpc::ServerContext* /*context*/,
                                                const v1::ListVisitsRequest* request,
                                                v1::ListVisitsResponse* response) {
  return seats_.Serve(backend_.queries, response, [&] {
    return backend_.queries->ListVisits(Inquirer::kInstitution, *request);
  });
}

grpc::Status InstitutionInquiryEdge::ListSettlements(grpc::ServerContext* /*context*/,
                                                     const v1::ListSettlementsRequest* request,
                                                     v1::ListSettlementsResponse* response) {
  return seats_.Serve(backend_.queries, response, [&] {
    return backend_.queries->ListSettlements(Inquirer::kInstitution, *request);
  });
}

// --- InquiryService

grpc::Status InquiryEdge::GetParticipation(grpc::ServerContext* /*context*/,
                                           const v1::GetParticipationRequest* request,
                                           v1::GetParticipationResponse* response) {
  return seats_.Serve(backend_.queries, response, [&] {
    return backend_.queries->GetParticipation(Inquirer::kAgency, *request, Now());
  });
}

grpc::Status InquiryEdge::ListVisits(grpc::ServerContext* /*context*/,
                                     const v1::ListVisitsRequest* request,
                                     v1::ListVisitsResponse* response) {
  return seats_.Serve(backend_.queries, response,
                      [&] { return backend_.queries->ListVisits(Inquirer::kAgency, *request); });
}

grpc::Status InquiryEdge::ListSettlements(grpc::ServerContext* /*context*/,
                                          const v1::ListSettlementsRequest* request,
                                          v1::ListSettlementsResponse* response) {
  return seats_.Serve(backend_.queries, response, [&] {
    return backend_.queries->ListSettlements(Inquirer::kAgency, *request);
  });
}

grpc::Status InquiryEdge::ListMovements(grpc::ServerContext* /*context*/,
                                        const v1::ListMovementsRequest* request,
                                        v1::ListMovementsResponse* response) {
  return seats_.Serve(backend_.queries, response,
                      [&] { return backend_.queries->ListMovements(*request); });
}

grpc::Status InquiryEdge::ListPersonPayouts(grpc::ServerContext* /*context*/,
                                            const v1::ListPersonPayoutsRequest* request,
                                            v1::ListPersonPayoutsResponse* response) {
  return seats_.Serve(backend_.queries, response,
                      [&] { return backend_.queries->ListPersonPayouts(*request); });
}

grpc::Status InquiryEdge::GetRightsStatement(grpc::ServerContext* /*context*/,
                                             const v1::GetRightsStatementRequest* request,
                                             v1::GetRightsStatementResponse* response) {
  return seats_.Serve(backend_.queries, response,
                      [&] { return backend_.queries->GetRightsStatement(*request, Now()); });
}

grpc::Status InquiryEdge::AckChanges(grpc::ServerContext* /*context*/,
                                     const v1::AckChangesRequest* request,
                                     v1::AckChangesResponse* response) {
  return seats_.Serve(backend_.changes, response,
                      [&] { return backend_.changes->Acknowledge(*request); });
}

// --- Watching

void InquiryEdge::Stop() {
  const MutexLock lock(mutex_);
  stopping_ = true;
  stopped_.NotifyAll();
}

bool InquiryEdge::IsStopping() {
  const MutexLock lock(mutex_);
  return stopping_;
}

bool InquiryEdge::Pause() {
  const MutexLock lock(mutex_);
  if (!stopping_) stopped_.WaitFor(mutex_, kPoll);
  return !stopping_;
}

bool InquiryEdge::TakeSeat(Watcher* watcher) {
  const MutexLock lock(mutex_);
  if (watchers_.size() < kMaxWatchers) return watchers_.insert(watcher).second;
  const Clock::time_point stuck = Clock::now() - patience_;
  for (Watcher* other : watchers_) {
    if (other->writing_since.load() < stuck) other->context->TryCancel();
  }
  return false;
}

void InquiryEdge::LeaveSeat(Watcher* watcher) {
  const MutexLock lock(mutex_);
  watchers_.erase(watcher);
}

grpc::Status InquiryEdge::WatchChanges(grpc::ServerContext* context,
                                       const v1::WatchChangesRequest* request, Writer* writer) {
  if (backend_.changes == nullptr) return NotThere();
  Watcher watcher;
  watcher.context = context;
  if (!TakeSeat(&watcher))
    return {grpc::RESOURCE_EXHAUSTED, "as many as can be served watch already; ask again"};
  grpc::Status status = Tell(*request, &watcher, writer);
  LeaveSeat(&watcher);
  return status;
}

grpc::Status InquiryEdge::Tell(const v1::WatchChangesRequest& request, Watcher* watcher,
                               Writer* writer) {
  absl::StatusOr<Watch> watch = backend_.changes->Begin(request);
  if (!watch.ok()) return ToGrpc(watch.status());
  Clock::time_point last_sent = Clock::time_point::min();  // the first message tells the cursor
  bool told_caught_up = false;
  while (!watcher->context->IsCancelled()) {
    const absl::StatusOr<v1::WatchChangesResponse> next = backend_.changes->Next(&*watch);
    if (!next.ok()) return ToGrpc(next.status());
    const Clock::time_point now = Clock::now();
    const bool due = last_sent == Clock::time_point::min() || now - last_sent >= kSignOfLife;
    if (due || !next->change().empty() || (next->caught_up() && !told_caught_up)) {
      watcher->writing_since = now;
      if (!writer->Write(*next)) break;
      watcher->writing_since = Clock::time_point::max();
      last_sent = now;
      told_caught_up = next->caught_up();
    }
    const bool go_on = next->caught_up() ? Pause() : !IsStopping();
    if (!go_on) return {grpc::UNAVAILABLE, "the engine is stopping; go on from the last cursor"};
  }
  return {grpc::CANCELLED, "the client left"};
}

}  // namespace yijie::engine
