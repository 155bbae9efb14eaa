#include "engine/commands/client.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "engine/commands/standing.h"
#include "engine/server/trailers.h"

namespace yijie::engine {

void AddClientOptions(CLI::App& command, ClientOptions* options) {
  command.add_option("--server", options->server, "Address of the engine")->capture_default_str();
  command.add_option("--timeout-ms", options->timeout_ms, "How long to wait for an answer")
      ->check(CLI::Range(1, 600'000))
      ->capture_default_str();
}

void AddTimingOption(CLI::App& command, ClientOptions* options) {
  command.add_flag("--timing", options->timing,
                   "Print to stderr where the time of the call went in the engine, microseconds");
}

void PrintTiming(const ClientOptions& options, const grpc::ClientContext& context) {
  if (!options.timing) return;
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find(kTimingTrailer);
  if (found == trailers.end()) return;
  const absl::string_view text(found->second.data(), found->second.size());
  std::string shown;
  for (const absl::string_view part : absl::StrSplit(text, ' ')) {
    const std::pair<absl::string_view, absl::string_view> stage = absl::StrSplit(part, '=');
    int64_t ns = 0;
    if (!absl::SimpleAtoi(stage.second, &ns)) return;
    absl::StrAppend(&shown, stage.first, "=", ns / 1'000, ".", ns % 1'000 / 100, " ");
  }
  std::cerr << shown << "us\n";
}

std::shared_ptr<grpc::Channel> ConnectChannel(const ClientOptions& options) {
  return grpc::CreateChannel(options.server, grpc::InsecureChannelCredentials());
}

std::unique_ptr<yijie::v1::SettlementService::Stub> Connect(const ClientOptions& options) {
  return yijie::v1::SettlementService::NewStub(ConnectChannel(options));
}

void SetDeadline(const ClientOptions& options, grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::milliseconds(options.timeout_ms));
}

absl::Status ReadJson(const std::string& path, google::protobuf::Message* message) {
  YIJIE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const auto status = google::protobuf::util::JsonStringToMessage(text, message);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::string(status.message())));
}

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "{}";
  return json;
}

namespace {

// Prints the status of a call that failed.
Standing PrintFailure(const std::string& what, const grpc::Status& status) {
  std::cerr << what << ": "
            << absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code())) << ": "
            << status.error_message() << "\n";
  return StandingOf(status.error_code(), status.error_message());
}

[[noreturn]] void EndAs(Standing standing) {
  const bool definite = standing == Standing::kNever || standing == Standing::kNotNow;
  throw CLI::RuntimeError(definite ? 1 : 2);
}

}  // namespace

void FailAsk(const std::string& what, const grpc::Status& status) {
  EndAs(PrintFailure(what, status));
}

void FailCall(const std::string& what, const grpc::Status& status) {
  const Standing standing = PrintFailure(what, status);
  if (standing == Standing::kUnknown)
    std::cerr
        << what
        << ": the result is not known; send the same message again, it cannot be applied twice\n";
  if (standing == Standing::kLost)
    std::cerr << what << ": the result is not known; call the operator, and keep the message id\n";
  EndAs(standing);
}

void Fail(const absl::Status& status) {
  std::cerr << status.message() << "\n";
  throw CLI::RuntimeError(1);
}

}  // namespace yijie::engine
