#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "base/fen.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "yijie/v1/family.grpc.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

struct FamilyOptions {
  ClientOptions client;
  std::string psn_no;
  std::string file;
  bool json = false;
};

absl::string_view RelationText(v1::Relation relation) {
  switch (relation) {
    case v1::SPOUSE:
      return "配偶";
    case v1::PARENT:
      return "父母";
    case v1::CHILD:
      return "子女";
    case v1::SIBLING:
      return "兄弟姐妹";
    case v1::GRANDPARENT:
      return "祖父母、外祖父母";
    case v1::GRANDCHILD:
      return "孙子女、外孙子女";
    default:
      return "?";
  }
}

std::string LimitText(int64_t fen) { return fen == 0 ? "不限" : FormatYuan(Fen(fen)) + " 元"; }

void PrintBond(const v1::FamilyBond& bond) {
  std::cout << "  " << bond.relative_psn_no() << " " << RelationText(bond.relation()) << "，自"
            << bond.begndate() << (bond.enddate().empty() ? "起" : "至" + bond.enddate())
            << "，单次限额 " << LimitText(bond.settlement_limit_fen()) << "，年度限额 "
            << LimitText(bond.yearly_limit_fen()) << "，顺序 " << bond.rank() << "\n";
}

void PrintFamily(const v1::GetFamilyResponse& family) {
  std::cout << "个人账户共济 " << family.psn_no() << "，版本 " << family.version()
            << "\n授权使用本人账户的亲属：\n";
  for (const v1::GetFamilyResponse::Bond& bond : family.bond()) {
    PrintBond(bond.bond());
    std::cout << "    本年度已支付 " << FormatYuan(Fen(bond.paid_this_year_fen())) << " 元\n";
  }
  for (const v1::GetFamilyResponse::Hold& hold : family.hold()) {
    std::cout << "  在途 " << FormatYuan(Fen(hold.held_fen())) << " 元，" << hold.relative_psn_no()
              << "，机构 " << hold.fixmedins_code() << " 报文 " << hold.msgid() << "\n";
  }
  std::cout << "可为本人支付的亲属：\n";
  for (const v1::GetFamilyResponse::Giver& giver : family.giver())
    std::cout << "  " << giver.psn_no() << "，顺序 " << giver.rank() << "\n";
}

void Show(const FamilyOptions& options) {
  const auto stub = v1::FamilyService::NewStub(ConnectChannel(options.client));
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::GetFamilyRequest request;
  request.set_psn_no(options.psn_no);
  v1::GetFamilyResponse response;
  const grpc::Status status = stub->GetFamily(&context, request, &response);
  if (!status.ok()) FailAsk("family show", status);
  if (options.json) {
    std::cout << ToJson(response) << "\n";
  } else {
    PrintFamily(response);
  }
}

void Change(const FamilyOptions& options) {
  v1::ChangeFamilyBondRequest request;
  if (const absl::Status read = ReadJson(options.file, &request); !read.ok()) Fail(read);
  const auto stub = v1::FamilyService::NewStub(ConnectChannel(options.client));
  grpc::ClientContext context;
  SetDeadline(options.client, &context);
  v1::ChangeFamilyBondResponse response;
  const grpc::Status status = stub->ChangeFamilyBond(&context, request, &response);
  if (!status.ok()) FailCall("family change", status);
  if (options.json) {
    std::cout << ToJson(response) << "\n";
  } else if (response.outcome() == v1::FAMILY_BOND_DONE) {
    std::cout << "已办理，现有绑定：\n";
    for (const v1::FamilyBond& bond : response.bond()) PrintBond(bond);
  } else {
    std::cout << "未办理：" << response.reason() << "\n";
  }
  if (response.outcome() != v1::FAMILY_BOND_DONE) throw CLI::RuntimeError(1);
}

}  // namespace

void AddFamilyCommand(CLI::App& yijie) {
  auto options = std::make_shared<FamilyOptions>();
  CLI::App* family =
      yijie.add_subcommand("family", "Family sharing of personal accounts (个人账户共济).");
  family->require_subcommand(1);
  CLI::App* show = family->add_subcommand("show", "Bonds of a person, as giver and as relative");
  show->add_option("PSN_NO", options->psn_no, "Person number")->required();
  CLI::App* change = family->add_subcommand("change", "Make, change or end a bond");
  change->add_option("FILE", options->file, "ChangeFamilyBondRequest as JSON")->required();
  for (CLI::App* command : {show, change}) {
    AddClientOptions(*command, &options->client);
    command->add_flag("--json", options->json, "Print the answer as JSON");
  }
  show->callback([options] { Show(*options); });
  change->callback([options] { Change(*options); });
}

}  // namespace yijie::engine
