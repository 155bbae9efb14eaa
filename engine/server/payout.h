#ifndef YIJIE_ENGINE_SERVER_PAYOUT_H_
#define YIJIE_ENGINE_SERVER_PAYOUT_H_

// PaymentFileService on gRPC's own threads: its calls read many rows and may take their time.

#include "engine/payout/payment_files.h"
#include "yijie/v1/payout.grpc.pb.h"

namespace yijie::engine {

class PaymentFileEdge final : public yijie::v1::PaymentFileService::Service {
 public:
  // Null: every call is UNIMPLEMENTED. Else it outlives the object.
  explicit PaymentFileEdge(PaymentFiles* files) : files_(files) {}

  grpc::Status OpenPaymentFile(grpc::ServerContext* context,
                               const yijie::v1::OpenPaymentFileRequest* request,
                               yijie::v1::OpenPaymentFileResponse* response) override;
  grpc::Status ListPaymentFile(grpc::ServerContext* context,
                               const yijie::v1::ListPaymentFileRequest* request,
                               yijie::v1::ListPaymentFileResponse* response) override;
  grpc::Status ClosePaymentFile(grpc::ServerContext* context,
                                const yijie::v1::ClosePaymentFileRequest* request,
                                yijie::v1::ClosePaymentFileResponse* response) override;
  grpc::Status ListAllowances(grpc::ServerContext* context,
                              const yijie::v1::ListAllowancesRequest* request,
                              yijie::v1::ListAllowancesResponse* response) override;

 private:
  PaymentFiles* const files_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_SERVER_PAYOUT_H_
