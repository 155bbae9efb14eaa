#include "engine/server/payout.h"

#include <grpcpp/grpcpp.h>

#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

// `ask` is called if the request is well-formed and there are files to ask about.
template <typename Request, typename Response, typename Ask>
grpc::Status Serve(const PaymentFiles* files, const Request& request, Response* response,
                   const Ask& ask) {
  if (files == nullptr) return {grpc::UNIMPLEMENTED, "this engine keeps no payment files"};
  const absl::Status known = CheckNoUnknownFields(request);
  absl::StatusOr<Response> answer = known.ok() ? ask() : absl::StatusOr<Response>(known);
  if (!answer.ok()) {
    return {static_cast<grpc::StatusCode>(answer.status().code()),
            std::string(answer.status().message())};
  }
  *response = *std::move(answer);
  return grpc::Status::OK;
}

}  // namespace

grpc::Status PaymentFileEdge::OpenPaymentFile(grpc::ServerContext* /*context*/,
                                              const v1::OpenPaymentFileRequest* request,
                                              v1::OpenPaymentFileResponse* response) {
  return Serve(files_, *request, response,
               [&] { return files_->Open(*request, MomentOf(absl::ToUnixMillis(absl::Now()))); });
}

grpc::Status PaymentFileEdge::ListPaymentFile(grpc::ServerContext* /*context*/,
                                              const v1::ListPaymentFileRequest* request,
                                              v1::ListPaymentFileResponse* response) {
  return Serve(files_, *request, response, [&] { return files_->List(*request); });
}

grpc::Status PaymentFileEdge::ClosePaymentFile(grpc::ServerContext* /*context*/,
                                               const v1::ClosePaymentFileRequest* request,
                                               v1::ClosePaymentFileResponse* response) {
  return Serve(files_, *request, response, [&] { return files_->Close(*request); });
}

grpc::Status PaymentFileEdge::ListAllowances(grpc::ServerContext* /*context*/,
                                             const v1::ListAllowancesRequest* request,
                                             v1::ListAllowancesResponse* response) {
  return Serve(files_, *request, response, [&] { return files_->ListAllowances(*request); });
}

}  // namespace yijie::engine
