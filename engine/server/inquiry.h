#ifndef YIJIE_ENGINE_SERVER_INQUIRY_H_
#define YIJIE_ENGINE_SERVER_INQUIRY_H_

// The two inquiry services on gRPC's own threads, beside the lanes. A client that watches changes
// has a thread to itself while it does: a write to a client that does not read blocks that thread
// and nothing else, so what is held for a slow client is one message and what gRPC buffers.

#include <atomic>
#include <chrono>
#include <set>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "engine/inquiry/change_feed.h"
#include "engine/inquiry/inquiry_queries.h"
#include "yijie/v1/inquiry.grpc.pb.h"

namespace yijie::engine {

// Null: the calls are UNIMPLEMENTED. Else they outlive the server.
struct InquiryBackend {
  InquiryQueries* queries = nullptr;
  ChangeFeed* changes = nullptr;
};

// Inquiries worked on at once, over both services; more are refused with RESOURCE_EXHAUSTED.
class InquirySeats {
 public:
  static constexpr int kMaxCalls = 8;

  // Asks and answers, if there is a seat.
  template <typename Response, typename Ask>
  grpc::Status Serve(const void* backend, Response* response, const Ask& ask);

 private:
  std::atomic<int> taken_{0};
};

class InstitutionInquiryEdge final : public v1::InstitutionInquiryService::Service {
 public:
  InstitutionInquiryEdge(InquiryBackend backend, InquirySeats& seats)
      : backend_(backend), seats_(seats) {}

  grpc::Status GetParticipation(grpc::ServerContext* context,
                                const v1::GetParticipationRequest* request,
                                v1::GetParticipationResponse* response) override;
  grpc::Status ListVisits(grpc::ServerContext* context, const v1::ListVisitsRequest* request,
                          v1::ListVisitsResponse* response) override;
  grpc::Status ListSettlements(grpc::ServerContext* context,
                               const v1::ListSettlementsRequest* request,
                               v1::ListSettlementsResponse* response) override;

 private:
  const InquiryBackend backend_;
  InquirySeats& seats_;
};

class InquiryEdge final : public v1::InquiryService::Service {
 public:
  // Clients that watch at once; one more is refused with RESOURCE_EXHAUSTED.
  static constexpr size_t kMaxWatchers = 16;
  // Changes are looked for this often once there are none left.
  static constexpr std::chrono::milliseconds kPoll{100};
  static constexpr std::chrono::seconds kSignOfLife{15};

  // When one watches too many, whoever has read nothing for `patience` loses its seat.
  InquiryEdge(InquiryBackend backend, InquirySeats& seats, std::chrono::milliseconds patience)
      : backend_(backend), seats_(seats), patience_(patience) {}

  // Those who watch are told UNAVAILABLE and leave, now and from now on. One that does not read
  // stays until its call is cancelled.
  void Stop();

  grpc::Status GetParticipation(grpc::ServerContext* context,
                                const v1::GetParticipationRequest* request,
                                v1::GetParticipationResponse* response) override;
  grpc::Status ListVisits(grpc::ServerContext* context, const v1::ListVisitsRequest* request,
                          v1::ListVisitsResponse* response) override;
  grpc::Status ListSettlements(grpc::ServerContext* context,
                               const v1::ListSettlementsRequest* request,
                               v1::ListSettlementsResponse* response) override;
  grpc::Status ListMovements(grpc::ServerContext* context, const v1::ListMovementsRequest* request,
                             v1::ListMovementsResponse* response) override;
  grpc::Status ListPersonPayouts(grpc::ServerContext* context,
                                 const v1::ListPersonPayoutsRequest* request,
                                 v1::ListPersonPayoutsResponse* response) override;
  grpc::Status GetRightsStatement(grpc::ServerContext* context,
                                  const v1::GetRightsStatementRequest* request,
                                  v1::GetRightsStatementResponse* response) override;
  grpc::Status WatchChanges(grpc::ServerContext* context, const v1::WatchChangesRequest* request,
                            grpc::ServerWriter<v1::WatchChangesResponse>* writer) override;
  grpc::Status AckChanges(grpc::ServerContext* context, const v1::AckChangesRequest* request,
                          v1::AckChangesResponse* response) override;

 private:
  using Writer = grpc::ServerWriter<v1::WatchChangesResponse>;
  using Clock = std::chrono::steady_clock;
  struct Watcher {
    grpc::ServerContext* context = nullptr;
    // When the write under way began; max(): none is.
    std::atomic<Clock::time_point> writing_since{Clock::time_point::max()};
  };

  bool TakeSeat(Watcher* watcher);
  void LeaveSeat(Watcher* watcher);
  grpc::Status Tell(const v1::WatchChangesRequest& request, Watcher* watcher, Writer* writer);
  bool IsStopping();
  // Until it is time to look again; false if the engine is stopping.
  bool Pause();

  const InquiryBackend backend_;
  InquirySeats& seats_;
  const std::chrono::milliseconds patience_;
  Mutex mutex_;
  CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<Watcher*> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SERVER_INQUIRY_H_
