#ifndef YIJIE_TESTS_E2E_CLIENT_H_
#define YIJIE_TESTS_E2E_CLIENT_H_

// Calls of the service that give the reply as the bytes that came, beside the message they hold.

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>

#include "yijie/v1/service.grpc.pb.h"

namespace yijie::e2e {

namespace v1 = yijie::v1;

// What a call was answered.
struct RawReply {
  grpc::Status status;
  std::string bytes;
};

template <typename Response>
struct Answer {
  grpc::Status status;
  std::string bytes;
  Response response;

  bool ok() const { return status.ok(); }
  const Response* operator->() const { return &response; }
};

// The response and the name of the call that takes a request.
template <typename Request>
struct CallOf;
template <>
struct CallOf<v1::PreSettleRequest> {
  using Response = v1::PreSettleResponse;
  static constexpr char kName[] = "PreSettle";
};
template <>
struct CallOf<v1::SettleRequest> {
  using Response = v1::SettleResponse;
  static constexpr char kName[] = "Settle";
};
template <>
struct CallOf<v1::ReverseRequest> {
  using Response = v1::ReverseResponse;
  static constexpr char kName[] = "Reverse";
};
template <>
struct CallOf<v1::ReverseByMessageRequest> {
  using Response = v1::ReverseByMessageResponse;
  static constexpr char kName[] = "ReverseByMessage";
};
template <>
struct CallOf<v1::RefundRequest> {
  using Response = v1::RefundResponse;
  static constexpr char kName[] = "Refund";
};
template <>
struct CallOf<v1::GetSettlementRequest> {
  using Response = v1::GetSettlementResponse;
  static constexpr char kName[] = "GetSettlement";
};
template <>
struct CallOf<v1::QueryMessageRequest> {
  using Response = v1::QueryMessageResponse;
  static constexpr char kName[] = "QueryMessage";
};
template <>
struct CallOf<v1::GetAccountRequest> {
  using Response = v1::GetAccountResponse;
  static constexpr char kName[] = "GetAccount";
};
template <>
struct CallOf<v1::CreditAccountRequest> {
  using Response = v1::CreditAccountResponse;
  static constexpr char kName[] = "CreditAccount";
};
template <>
struct CallOf<v1::ListPostingsRequest> {
  using Response = v1::ListPostingsResponse;
  static constexpr char kName[] = "ListPostings";
};

// Thread-safe.
class Client {
 public:
  static constexpr std::chrono::seconds kDeadline{30};

  // One connection to the engine on this machine; not shared with other clients.
  explicit Client(int port);

  // A unary call of any service: "/yijie.v1.SettlementService/Settle".
  RawReply CallMethod(const std::string& method, const std::string& request,
                      std::chrono::milliseconds deadline = kDeadline);
  // A call of our service by its name.
  RawReply Call(const std::string& name, const std::string& request);

  template <typename Request>
  Answer<typename CallOf<Request>::Response> Send(const Request& request) {
    RawReply raw = Call(CallOf<Request>::kName, request.SerializeAsString());
    Answer<typename CallOf<Request>::Response> answer;
    answer.status = raw.status;
    answer.bytes = std::move(raw.bytes);
    if (answer.ok() && !answer.response.ParseFromString(answer.bytes)) {
      answer.status = grpc::Status(grpc::UNKNOWN, "the reply is not a message of this call");
    }
    return answer;
  }

  // Waits for the connection.
  bool Connect();

  v1::SettlementService::Stub& stub() { return *stub_; }
  grpc::GenericStub& generic() { return generic_; }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::SettlementService::Stub> stub_;
  grpc::GenericStub generic_;
};

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_CLIENT_H_
