#ifndef YIJIE_ENGINE_COMMANDS_CLIENT_H_
#define YIJIE_ENGINE_COMMANDS_CLIENT_H_

// What the client commands share: the connection, files of protobuf JSON, and how a failed call is
// told.

#include <memory>
#include <string>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "yijie/v1/service.grpc.pb.h"

namespace CLI {
class App;
}

namespace yijie::engine {

struct ClientOptions {
  std::string server = "127.0.0.1:7300";
  int timeout_ms = 10'000;
  bool timing = false;
};

// Adds --server and --timeout-ms.
void AddClientOptions(CLI::App& command, ClientOptions* options);

// Adds --timing.
void AddTimingOption(CLI::App& command, ClientOptions* options);
// With --timing: prints to stderr where the engine says that the time of the call went, in
// microseconds.
void PrintTiming(const ClientOptions& options, const grpc::ClientContext& context);

std::shared_ptr<grpc::Channel> ConnectChannel(const ClientOptions& options);
std::unique_ptr<yijie::v1::SettlementService::Stub> Connect(const ClientOptions& options);
void SetDeadline(const ClientOptions& options, grpc::ClientContext* context);

// Protobuf JSON into `message`; unknown fields are refused. Errors name the file.
absl::Status ReadJson(const std::string& path, google::protobuf::Message* message);

// Protobuf JSON with the names of the .proto files, ready to print.
std::string ToJson(const google::protobuf::Message& message);

// Prints what went wrong with a call that moves nothing, and ends the command: exit code 1 if it
// was refused, 2 if there is no answer.
[[noreturn]] void FailAsk(const std::string& what, const grpc::Status& status);
// The same of a call that may have been applied: also says what to do where that is not known.
[[noreturn]] void FailCall(const std::string& what, const grpc::Status& status);
[[noreturn]] void Fail(const absl::Status& status);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_COMMANDS_CLIENT_H_
