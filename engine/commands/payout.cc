#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/load/progress_bar.h"
#include "engine/moment.h"
#include "engine/payout/file_run.h"
#include "yijie/v1/payout.grpc.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// The calls of a run, over the network. A call whose result is not known ends the command.
class GrpcGateway final : public PayoutGateway {
 public:
  explicit GrpcGateway(const ClientOptions& options)
      : options_(options),
        channel_(ConnectChannel(options)),
        payouts_(v1::PayoutService::NewStub(channel_)),
        files_(v1::PaymentFileService::NewStub(channel_)) {}

  absl::StatusOr<v1::OpenPaymentFileResponse> Open(
      const v1::OpenPaymentFileRequest& request) override {
    return Call<v1::OpenPaymentFileResponse>([&](auto* context, auto* response) {
      return files_->OpenPaymentFile(context, request, response);
    });
  }
  absl::StatusOr<v1::ListPaymentFileResponse> List(
      const v1::ListPaymentFileRequest& request) override {
    return Call<v1::ListPaymentFileResponse>([&](auto* context, auto* response) {
      return files_->ListPaymentFile(context, request, response);
    });
  }
  absl::StatusOr<v1::ClosePaymentFileResponse> Close(
      const v1::ClosePaymentFileRequest& request) override {
    return Call<v1::ClosePaymentFileResponse>([&](auto* context, auto* response) {
      return files_->ClosePaymentFile(context, request, response);
    });
  }
  absl::StatusOr<v1::ListAllowancesResponse> ListAllowances(
      const v1::ListAllowancesRequest& request) override {
    return Call<v1::ListAllowancesResponse>([&](auto* context, auto* response) {
      return files_->ListAllowances(context, request, response);
    });
  }
  absl::StatusOr<v1::PutPayoutsInFileResponse> Put(
      const v1::PutPayoutsInFileRequest& request) override {
    return Call<v1::PutPayoutsInFileResponse>([&](auto* context, auto* response) {
      return payouts_->PutPayoutsInFile(context, request, response);
    });
  }
  absl::StatusOr<v1::ApplyPayoutStatusResponse> Apply(
      const v1::ApplyPayoutStatusRequest& request) override {
    return Call<v1::ApplyPayoutStatusResponse>([&](auto* context, auto* response) {
      return payouts_->ApplyPayoutStatus(context, request, response);
    });
  }
  absl::StatusOr<v1::MakeDuePayoutsResponse> MakeDue(
      const v1::MakeDuePayoutsRequest& request) override {
    return Call<v1::MakeDuePayoutsResponse>([&](auto* context, auto* response) {
      return payouts_->MakeDuePayouts(context, request, response);
    });
  }
  absl::StatusOr<v1::GetPayoutsResponse> Get(const v1::GetPayoutsRequest& request) override {
    return Call<v1::GetPayoutsResponse>([&](auto* context, auto* response) {
      return payouts_->GetPayouts(context, request, response);
    });
  }

 private:
  template <typename Response, typename Send>
  absl::StatusOr<Response> Call(const Send& send) {
    grpc::ClientContext context;
    SetDeadline(options_, &context);
    Response response;
    const grpc::Status status = send(&context, &response);
    if (status.ok()) return response;
    if (status.error_code() != grpc::NOT_FOUND) FailCall("payout", status);
    return absl::NotFoundError(status.error_message());
  }

  const ClientOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::PayoutService::Stub> payouts_;
  const std::unique_ptr<v1::PaymentFileService::Stub> files_;
};

struct PayoutOptions {
  ClientOptions client;
  std::string agency;
  std::string file_id;
  std::string through;
  std::string out;
  std::string status_file;
  std::string month;
  std::string run;
};

// As the engine will read its clock; a day too early is refused there.
Moment Now() { return MomentOf(absl::ToUnixMillis(absl::Now())); }

// Under another name first: what stands at `path` is the whole file or none.
absl::Status WriteWhole(const std::string& path, const std::string& bytes) {
  const std::string part = absl::StrCat(path, ".part");
  YIJIE_RETURN_IF_ERROR(WriteFile(part, bytes));
  if (std::rename(part.c_str(), path.c_str()) == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
}

absl::Status Export(const PayoutOptions& options) {
  GrpcGateway gateway(options.client);
  PaymentExport exported;
  {
    ProgressBar bar("persons");
    YIJIE_ASSIGN_OR_RETURN(
        exported, ExportPayments(
                      options.agency, options.file_id, options.through,
                      [&bar](int64_t done, int64_t total) { bar.Update(done, total); }, gateway));
  }
  if (!exported.other_file_id.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("支付文件 ", exported.other_file_id, " 尚未完成，请先重新导出该文件"));
  }
  if (exported.bytes.empty()) {
    std::cout << "没有到期应发的支付指令\n";
    return absl::OkStatus();
  }
  YIJIE_RETURN_IF_ERROR(WriteWhole(options.out, exported.bytes));
  std::cout << "支付文件 " << options.file_id << "：" << exported.transfers << " 笔，合计 "
            << FormatYuan(exported.amount) << " 元，已写入 " << options.out << "\n";
  return absl::OkStatus();
}

absl::Status Import(const PayoutOptions& options) {
  GrpcGateway gateway(options.client);
  YIJIE_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(options.status_file));
  PaymentImport imported;
  {
    ProgressBar bar("persons");
    YIJIE_ASSIGN_OR_RETURN(
        imported, ImportStatuses(
                      options.agency, bytes,
                      [&bar](int64_t done, int64_t total) { bar.Update(done, total); }, gateway));
  }
  if (!imported.defects.empty()) {
    for (const v1::StatusFileDefect& defect : imported.defects) {
      std::cerr << options.status_file << ": " << defect.path()
                << (defect.path().empty() ? "" : ": ") << defect.reason() << "\n";
    }
    return absl::FailedPreconditionError(
        absl::StrCat(imported.defects.size(), " 处有误，未作任何更改"));
  }
  std::cout << "到账 " << imported.paid << " 笔，退票 " << imported.returned << " 笔，处理中 "
            << imported.pending << " 笔，此前已回执 " << imported.repeated << " 笔\n";
  return absl::OkStatus();
}

absl::Status Monthly(const PayoutOptions& options) {
  GrpcGateway gateway(options.client);
  const std::string run = options.run.empty() ? absl::StrCat(Now().unix_ms) : options.run;
  MonthlyRun result;
  {
    ProgressBar bar("persons");
    YIJIE_ASSIGN_OR_RETURN(
        result, RunMonthly(
                    options.agency, options.month, run,
                    [&bar](int64_t done, int64_t total) { bar.Update(done, total); }, gateway));
  }
  for (const std::string& refused : result.refused) std::cerr << refused << "\n";
  std::cout << "按月待遇 " << options.month << "：" << result.persons << " 人，新生成 "
            << result.payouts << " 笔，合计 " << FormatYuan(result.amount) << " 元，未能生成 "
            << result.refused.size() << " 人\n";
  if (!result.refused.empty()) return absl::FailedPreconditionError("部分人员未能生成支付指令");
  return absl::OkStatus();
}

void EndWith(const absl::Status& status) {
  if (!status.ok()) Fail(status);
}

CLI::App* AddRun(CLI::App& payout, const char* name, const char* what,
                 const std::shared_ptr<PayoutOptions>& options) {
  CLI::App* command = payout.add_subcommand(name, what);
  AddClientOptions(*command, &options->client);
  command->add_option("--agency", options->agency, "Code of the agency, in message ids")
      ->required();
  return command;
}

}  // namespace

void AddPayoutCommand(CLI::App& yijie) {
  CLI::App* payout =
      yijie.add_subcommand("payout", "Pay persons to their bank accounts (待遇支付).");
  payout->require_subcommand(1);
  const auto options = std::make_shared<PayoutOptions>();

  CLI::App* out = AddRun(*payout, "export",
                         "Write what is due into a payment file (pain.001). Cut off anywhere, run "
                         "it again with the same id: nothing goes into two files.",
                         options);
  out->add_option("--id", options->file_id, "Id of the file (MsgId), unique for ever")->required();
  out->add_option("--through", options->through, "Due up to this day; today if not given");
  out->add_option("FILE", options->out, "The file to write")->required();
  out->callback([options] { EndWith(Export(*options)); });

  CLI::App* in = AddRun(*payout, "import",
                        "Apply a status file of the bank (pain.002). A file with a bad row changes "
                        "nothing and every bad row is listed; the same file again is harmless.",
                        options);
  in->add_option("FILE", options->status_file, "The status file")->required();
  in->callback([options] { EndWith(Import(*options)); });

  CLI::App* monthly =
      AddRun(*payout, "monthly", "Instruct monthly allowances up to a month. Again: nothing new.",
             options);
  monthly->add_option("--month", options->month, "Month, such as 2026-11")->required();
  monthly->add_option("--run", options->run, "Name of the run, to repeat it; else the time");
  monthly->callback([options] { EndWith(Monthly(*options)); });
}

}  // namespace yijie::engine
