#ifndef YIJIE_ENGINE_SERVER_BOOKS_H_
#define YIJIE_ENGINE_SERVER_BOOKS_H_

// BooksService on gRPC's own threads: its calls read many rows and may take their time.

#include <atomic>

#include "absl/status/status.h"
#include "engine/books/book_queries.h"
#include "yijie/v1/books.grpc.pb.h"

namespace yijie::engine {

class BooksEdge final : public yijie::v1::BooksService::Service {
 public:
  // Calls worked on at once; more are refused with RESOURCE_EXHAUSTED.
  static constexpr int kMaxCalls = 8;
  static constexpr int kMaxCompareCalls = 2;

  // Null: every call is UNIMPLEMENTED. Else it outlives the object.
  explicit BooksEdge(BookQueries* queries) : queries_(queries) {}

  grpc::Status GetBookTotals(grpc::ServerContext* context,
                             const yijie::v1::GetBookTotalsRequest* request,
                             yijie::v1::GetBookTotalsResponse* response) override;
  grpc::Status GetBookDetails(grpc::ServerContext* context,
                              const yijie::v1::GetBookDetailsRequest* request,
                              yijie::v1::GetBookDetailsResponse* response) override;
  grpc::Status CompareBook(grpc::ServerContext* context,
                           const yijie::v1::CompareBookRequest* request,
                           yijie::v1::CompareBookResponse* response) override;
  grpc::Status GetClearingStatement(grpc::ServerContext* context,
                                    const yijie::v1::GetClearingStatementRequest* request,
                                    yijie::v1::GetClearingStatementResponse* response) override;
  grpc::Status ClosePeriod(grpc::ServerContext* context,
                           const yijie::v1::ClosePeriodRequest* request,
                           yijie::v1::ClosePeriodResponse* response) override;

 private:
  template <typename Response, typename Ask>
  grpc::Status Serve(std::atomic<int>& calls, int most, Response* response, const Ask& ask);

  BookQueries* const queries_;
  std::atomic<int> calls_{0};
  std::atomic<int> compare_calls_{0};
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SERVER_BOOKS_H_
