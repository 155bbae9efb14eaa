#include "engine/server/books.h"

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "absl/time/clock.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// Counts a call while it lives.
class Seat {
 public:
  Seat(std::atomic<int>& taken, int most) : taken_(taken), free_(taken.fetch_add(1) < most) {}
  ~Seat() { taken_.fetch_sub(1); }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  bool free() const { return free_; }

 private:
  std::atomic<int>& taken_;
  const bool free_;
};

}  // namespace

template <typename Response, typename Ask>
grpc::Status BooksEdge::Serve(std::atomic<int>& calls, int most, Response* response,
                              const Ask& ask) {
  if (queries_ == nullptr) return {grpc::UNIMPLEMENTED, "this engine keeps no books"};
  const Seat seat(calls, most);
  if (!seat.free()) {
    return {grpc::RESOURCE_EXHAUSTED, "the books are in use by as many as can be served; not done"};
  }
  absl::StatusOr<Response> answer = ask();
  if (!answer.ok()) {
    return {static_cast<grpc::StatusCode>(answer.status().code()),
            std::string(answer.status().message())};
  }
  *response = *std::move(answer);
  return grpc::Status::OK;
}

grpc::Status BooksEdge::GetBookTotals(grpc::ServerContext* /*context*/,
                                      const v1::GetBookTotalsRequest* request,
                                      v1::GetBookTotalsResponse* response) {
  return Serve(calls_, kMaxCalls, response, [&] { return queries_->GetTotals(*request); });
}

grpc::Status BooksEdge::GetBookDetails(grpc::ServerContext* /*context*/,
                                       const v1::GetBookDetailsRequest* request,
                                       v1::GetBookDetailsResponse* response) {
  return Serve(calls_, kMaxCalls, response, [&] { return queries_->GetDetails(*request); });
}

grpc::Status BooksEdge::CompareBook(grpc::ServerContext* /*context*/,
                                    const v1::CompareBookRequest* request,
                                    v1::CompareBookResponse* response) {
  return Serve(compare_calls_, kMaxCompareCalls, response,
               [&] { return queries_->Compare(*request); });
}

grpc::Status BooksEdge::GetClearingStatement(grpc::ServerContext* /*context*/,
                                             const v1::GetClearingStatementRequest* request,
                                             v1::GetClearingStatementResponse* response) {
  return Serve(calls_, kMaxCalls, response, [&] { return queries_->GetStatement(*request); });
}

grpc::Status BooksEdge::ClosePeriod(grpc::ServerContext* /*context*/,
                                    const v1::ClosePeriodRequest* request,
                                    v1::ClosePeriodResponse* response) {
  return Serve(calls_, kMaxCalls, response, [&] {
    return queries_->Close(*request, MomentOf(absl::ToUnixMillis(absl::Now())));
  });
}

}  // namespace yijie::engine
