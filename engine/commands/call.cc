#include <google/protobuf/dynamic_message.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"

namespace yijie::engine {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr absl::string_view kPackage = "yijie.v1.";
constexpr std::array<absl::string_view, 12> kServices = {
    "SettlementService", "StayService",     "FamilyService",
    "AccountService",    "PayoutService",   "PaymentFileService",
    "AgencyService",     "InquiryService",  "InstitutionInquiryService",
    "BooksService",      "OperatorService", "RegistrationService"};

struct CallOptions {
  ClientOptions client;
  std::string method;
  std::string file;
};

const ServiceDescriptor* FindService(absl::string_view name) {
  return DescriptorPool::generated_pool()->FindServiceByName(absl::StrCat(kPackage, name));
}

// "StayService.Admit", or all of the name; nullptr if there is none that answers once.
const MethodDescriptor* FindMethod(absl::string_view name) {
  const MethodDescriptor* method = DescriptorPool::generated_pool()->FindMethodByName(
      absl::StrCat(kPackage, absl::StripPrefix(name, kPackage)));
  const bool streams =
      method != nullptr && (method->client_streaming() || method->server_streaming());
  return streams ? nullptr : method;
}

std::string MethodsAsText() {
  std::string text = "Methods:\n";
  for (const absl::string_view name : kServices) {
    const ServiceDescriptor* service = FindService(name);
    for (int i = 0; service != nullptr && i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      if (method.server_streaming() || method.client_streaming()) continue;
      absl::StrAppend(&text, "  ", name, ".", method.name(), " (", method.input_type()->name(),
                      ")\n");
    }
  }
  return text;
}

std::unique_ptr<Message> NewMessage(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(MessageFactory::generated_factory()->GetPrototype(type)->New());
}

grpc::ByteBuffer Pack(const Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

bool Unpack(const grpc::ByteBuffer& bytes, Message* message) {
  grpc::Slice slice;
  return bytes.DumpToSingleSlice(&slice).ok() &&
         message->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
}

grpc::Status CallOnce(const CallOptions& options, const MethodDescriptor& method,
                      const Message& request, Message* response) {
  grpc::GenericStub stub(ConnectChannel(options.client));
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  grpc::CompletionQueue queue;
  const auto reader = stub.PrepareUnaryCall(
      &context, absl::StrCat("/", method.service()->full_name(), "/", method.name()), Pack(request),
      &queue);
  reader->StartCall();
  grpc::ByteBuffer bytes;
  grpc::Status status;
  reader->Finish(&bytes, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  PrintTiming(options.client, context);
  if (status.ok() && !Unpack(bytes, response))
    return grpc::Status(grpc::INTERNAL, "the answer cannot be read");
  return status;
}

void Run(const CallOptions& options) {
  const MethodDescriptor* method = FindMethod(options.method);
  if (method == nullptr) {
    Fail(absl::NotFoundError(absl::StrCat(options.method, ": no such method\n", MethodsAsText())));
  }
  const std::unique_ptr<Message> request = NewMessage(method->input_type());
  const std::unique_ptr<Message> response = NewMessage(method->output_type());
  if (const absl::Status read = ReadJson(options.file, request.get()); !read.ok()) Fail(read);
  const grpc::Status status = CallOnce(options, *method, *request, response.get());
  if (!status.ok()) FailCall(options.method, status);
  std::cout << ToJson(*response) << "\n";
}

}  // namespace

void AddCallCommand(CLI::App& yijie) {
  auto options = std::make_shared<CallOptions>();
  CLI::App* call = yijie.add_subcommand(
      "call",
      "Make any call with a request written as protobuf JSON, and print the answer as JSON.\n"
      "Exit code 0: it was answered, a refusal is an answer too; 1: it was not applied, and the "
      "message says whether that is for good (malformed, no such person) or for the moment; 2: the "
      "result is not known, and the same request may be sent again.");
  call->footer([] { return MethodsAsText(); });
  AddClientOptions(*call, &options->client);
  AddTimingOption(*call, &options->client);
  call->add_option("METHOD", options->method, "Such as StayService.Admit")->required();
  call->add_option("FILE", options->file, "The request; /dev/stdin reads it from a pipe")
      ->required();
  call->callback([options] { Run(*options); });
}

}  // namespace yijie::engine
