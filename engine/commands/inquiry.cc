#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/inquiry/rights_text.h"
#include "engine/policy_text/write_html.h"
#include "engine/policy_text/write_text.h"
#include "yijie/v1/inquiry.grpc.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// Asks one call of InquiryService; ends the command if it fails.
template <typename Request, typename Response>
Response Ask(const ClientOptions& options, const Request& request,
             grpc::Status (v1::InquiryService::Stub::*call)(grpc::ClientContext*, const Request&,
                                                            Response*)) {
  const auto stub = v1::InquiryService::NewStub(ConnectChannel(options));
  grpc::ClientContext context;
  SetDeadline(options, &context);
  Response response;
  const grpc::Status status = ((*stub).*call)(&context, request, &response);
  if (!status.ok()) FailAsk("inquire", status);
  return response;
}

// --- inquire

struct InquireOptions {
  ClientOptions client;
  std::string what;
  std::string psn_no;
  std::string institution;
  std::string day;
  v1::HistoryPage page;
};

// Prints every page as JSON.
template <typename Request, typename Response>
void PrintPages(const InquireOptions& options, Request request,
                grpc::Status (v1::InquiryService::Stub::*call)(grpc::ClientContext*, const Request&,
                                                               Response*)) {
  request.set_psn_no(options.psn_no);
  *request.mutable_page() = options.page;
  do {
    const Response response = Ask(options.client, request, call);
    std::cout << ToJson(response) << "\n";
    request.mutable_page()->set_after_version(response.next_version());
  } while (request.page().after_version() != 0);
}

template <typename Request>
Request OfInstitution(const InquireOptions& options) {
  Request request;
  request.set_fixmedins_code(options.institution);
  return request;
}

void PrintPayouts(const InquireOptions& options) {
  v1::ListPersonPayoutsRequest request;
  request.set_psn_no(options.psn_no);
  while (true) {
    const auto response =
        Ask(options.client, request, &v1::InquiryService::Stub::ListPersonPayouts);
    std::cout << ToJson(response) << "\n";
    if (!response.more()) return;
    request.set_after_payout_id(response.payout(response.payout_size() - 1).payout_id());
  }
}

// An option that leaves nothing out of what is asked for is refused: whoever gives it expects less.
void CheckOptions(const CLI::App& inquire, const std::string& what) {
  static constexpr std::pair<const char*, const char*> kMeantFor[] = {
      {"--institution", "participation, visits, settlements"},
      {"--day", "participation"},
      {"--from", "visits, settlements, movements"},
      {"--to", "visits, settlements, movements"}};
  for (const auto& [option, kinds] : kMeantFor) {
    if (inquire.get_option(option)->count() > 0 && !absl::StrContains(kinds, what))
      Fail(absl::InvalidArgumentError(absl::StrCat(option, " is for ", kinds, ", not for ", what)));
  }
}

void Inquire(const InquireOptions& options) {
  using Stub = v1::InquiryService::Stub;
  if (options.what == "participation") {
    auto request = OfInstitution<v1::GetParticipationRequest>(options);
    request.set_psn_no(options.psn_no);
    request.set_day(options.day);
    std::cout << ToJson(Ask(options.client, request, &Stub::GetParticipation)) << "\n";
  } else if (options.what == "visits") {
    PrintPages(options, OfInstitution<v1::ListVisitsRequest>(options), &Stub::ListVisits);
  } else if (options.what == "settlements") {
    PrintPages(options, OfInstitution<v1::ListSettlementsRequest>(options), &Stub::ListSettlements);
  } else if (options.what == "movements") {
    PrintPages(options, v1::ListMovementsRequest(), &Stub::ListMovements);
  } else {
    PrintPayouts(options);
  }
}

// --- rights

struct RightsOptions {
  ClientOptions client;
  v1::GetRightsStatementRequest request;
  bool text = false;
  bool json = false;
  std::string html;
};

void WritePage(const std::string& path, const std::string& page) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << page;
  file.close();
  if (!file) Fail(absl::UnavailableError(absl::StrCat(path, ": cannot be written")));
}

void PrintRights(const RightsOptions& options) {
  const auto response =
      Ask(options.client, options.request, &v1::InquiryService::Stub::GetRightsStatement);
  if (options.json) std::cout << ToJson(response.statement()) << "\n";
  const Document document = RightsDocument(response.statement());
  if (!options.html.empty()) WritePage(options.html, WriteHtml(document));
  if (options.text || (!options.json && options.html.empty())) std::cout << WriteText(document);
}

// --- changes

struct ChangesOptions {
  ClientOptions client;
  v1::WatchChangesRequest request;
  bool follow = false;
};

std::string JsonLine(const v1::ChangeEvent& change) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  return google::protobuf::util::MessageToJsonString(change, &json, options).ok() ? json : "{}";
}

// What was printed is acknowledged, so that the next run goes on after it.
void Acknowledge(const ChangesOptions& options, const std::string& cursor) {
  v1::AckChangesRequest request;
  request.set_consumer(options.request.consumer());
  request.set_cursor(cursor);
  Ask(options.client, request, &v1::InquiryService::Stub::AckChanges);
}

void PrintChanges(const ChangesOptions& options) {
  const auto stub = v1::InquiryService::NewStub(ConnectChannel(options.client));
  grpc::ClientContext context;
  const auto reader = stub->WatchChanges(&context, options.request);
  std::string cursor = options.request.cursor();  // after what was printed
  v1::WatchChangesResponse response;
  bool done = false;
  while (!done && reader->Read(&response)) {
    for (const v1::ChangeEvent& change : response.change()) std::cout << JsonLine(change) << "\n";
    std::cout.flush();
    if (!std::cout) Fail(absl::UnavailableError("changes: the output cannot be written"));
    if (!options.request.consumer().empty() && response.cursor() != cursor)
      Acknowledge(options, response.cursor());
    cursor = response.cursor();
    done = response.caught_up() && !options.follow;
  }
  if (done) context.TryCancel();
  const grpc::Status status = reader->Finish();
  if (!done) FailAsk(absl::StrCat("changes: printed up to cursor \"", cursor, "\""), status);
}

}  // namespace

void AddInquireCommand(CLI::App& yijie) {
  auto options = std::make_shared<InquireOptions>();
  CLI::App* inquire = yijie.add_subcommand("inquire", "What is known of a person, as JSON.");
  AddClientOptions(*inquire, &options->client);
  inquire->add_option("WHAT", options->what, "What to ask for")
      ->required()
      ->check(CLI::IsMember({"participation", "visits", "settlements", "movements", "payouts"}));
  inquire->add_option("--psn-no", options->psn_no, "Person number")->required();
  inquire->add_option("--institution", options->institution, "Only what is of this institution");
  inquire->add_option("--day", options->day, "Day of participation, ISO; today if not given");
  inquire->add_option("--from", *options->page.mutable_begndate(), "First clearing day");
  inquire->add_option("--to", *options->page.mutable_enddate(), "Last clearing day");
  inquire->callback([options, inquire] {
    CheckOptions(*inquire, options->what);
    Inquire(*options);
  });
}

void AddRightsCommand(CLI::App& yijie) {
  auto options = std::make_shared<RightsOptions>();
  CLI::App* rights =
      yijie.add_subcommand("rights", "Print the yearly statement of a person (个人权益记录单).");
  AddClientOptions(*rights, &options->client);
  rights->add_option("--psn-no", *options->request.mutable_psn_no(), "Person number")->required();
  rights
      ->add_option_function<int32_t>(
          "--year", [options](int32_t year) { options->request.set_year(year); }, "Calendar year")
      ->required();
  rights->add_flag("--text", options->text, "Print it as text; so it is if nothing else is asked");
  rights->add_flag("--json", options->json, "Print it as JSON");
  rights->add_option("--html", options->html, "Write it to a file as a page to print on A4");
  rights->callback([options] { PrintRights(*options); });
}

void AddChangesCommand(CLI::App& yijie) {
  auto options = std::make_shared<ChangesOptions>();
  CLI::App* changes = yijie.add_subcommand(
      "changes",
      "Print the changes of all persons, one JSON object a line, each with the cursor after it.");
  changes->add_option("--server", options->client.server, "Address of the engine")
      ->capture_default_str();
  changes->add_option("--after", *options->request.mutable_cursor(), "Begin after this cursor");
  changes->add_option(
      "--consumer", *options->request.mutable_consumer(),
      "Begin after what this consumer acknowledged, and acknowledge what is printed");
  changes->add_flag_function(
      "--from-now", [options](int64_t) { options->request.set_from_now(true); },
      "Begin with the changes to come");
  changes->add_flag("--follow", options->follow, "Wait for more; ends with the engine");
  changes->callback([options] { PrintChanges(*options); });
}

}  // namespace yijie::engine
