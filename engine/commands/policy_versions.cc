#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "base/status_macros.h"
#include "engine/commands/client.h"
#include "engine/commands/commands.h"
#include "engine/local_time.h"
#include "engine/policy_archive.h"
#include "storage/rocks_store.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

const char* NameOf(v1::PolicyChange change) {
  switch (change) {
    case v1::POLICY_NEW:
      return "新增 new";
    case v1::POLICY_CHANGED:
      return "变更 changed";
    case v1::POLICY_GONE:
      return "停用 gone";
    default:
      return "未变 unchanged";
  }
}

void Reload(const ClientOptions& options) {
  const auto stub = v1::OperatorService::NewStub(ConnectChannel(options));
  grpc::ClientContext context;
  SetDeadline(options, &context);
  v1::ReloadPoliciesResponse response;
  const grpc::Status status = stub->ReloadPolicies(&context, {}, &response);
  if (!status.ok()) FailCall("policy reload", status);
  if (!response.reloaded()) {
    std::cerr << "政策表未更新，原政策表继续有效 not reloaded, the tables in force stay\n";
    Fail(absl::InvalidArgumentError(response.error()));
  }
  for (const v1::ReloadedPolicy& policy : response.policy()) {
    std::cout << NameOf(policy.change()) << "  " << policy.id() << "  "
              << (policy.policy_hash().empty() ? policy.hash_before() : policy.policy_hash())
              << "\n";
  }
}

struct ArchiveOptions {
  std::string data;
  std::string hash;  // in hex, or the beginning of it
};

Digest HashOf(const store::v1::ArchivedPolicy& entry) {
  Digest hash{};
  std::copy_n(entry.hash().begin(), std::min(entry.hash().size(), hash.size()), hash.begin());
  return hash;
}

// Every package, compiled again to see that it can be; the first that cannot be is the error.
absl::Status PrintArchive(storage::Store& store, const store::v1::PolicyArchive& archive) {
  absl::Status first_error;
  for (const store::v1::ArchivedPolicy& entry : archive.policy()) {
    std::cout << absl::BytesToHexString(entry.hash()) << "  "
              << FormatLocalTime(entry.time_unix_ms()) << "  " << entry.id() << "  ";
    const auto program = ArchivedPolicy(store, HashOf(entry));
    if (!program.ok()) {
      std::cout << "无法编译 cannot be compiled\n";
      first_error.Update(program.status());
      continue;
    }
    std::cout << FormatDate((*program)->valid_from) << " .. "
              << ((*program)->valid_to == kLastDate ? "" : FormatDate((*program)->valid_to)) << "  "
              << (*program)->title << "\n";
  }
  return first_error;
}

// The text of the one package whose hash begins so.
absl::Status PrintText(storage::Store& store, const store::v1::PolicyArchive& archive,
                       const std::string& beginning) {
  std::vector<Digest> found;
  for (const store::v1::ArchivedPolicy& entry : archive.policy()) {
    if (absl::StartsWith(absl::BytesToHexString(entry.hash()), beginning))
      found.push_back(HashOf(entry));
  }
  if (found.size() != 1) {
    return absl::NotFoundError(
        absl::StrCat(found.size(), " archived packages have a hash that begins with ", beginning));
  }
  YIJIE_ASSIGN_OR_RETURN(const std::string text, ArchivedPolicyText(store, found[0]));
  std::cout << text;
  return absl::OkStatus();
}

absl::Status ShowArchive(const ArchiveOptions& options) {
  storage::RocksOptions rocks;
  rocks.directory = options.data;
  rocks.create_if_missing = false;
  YIJIE_ASSIGN_OR_RETURN(const std::unique_ptr<storage::Store> store,
                         storage::OpenRocksStore(std::move(rocks)));
  YIJIE_ASSIGN_OR_RETURN(const store::v1::PolicyArchive archive, ListArchivedPolicies(*store));
  return options.hash.empty() ? PrintArchive(*store, archive)
                              : PrintText(*store, archive, options.hash);
}

}  // namespace

void AddPolicyVersionCommands(CLI::App& policy) {
  const auto client = std::make_shared<ClientOptions>();
  CLI::App* reload = policy.add_subcommand(
      "reload",
      "Let a running engine read its policy directory again, as SIGHUP does. If any file is wrong\n"
      "the tables in force stay, and the defects are told with file, line and column.");
  AddClientOptions(*reload, client.get());
  reload->callback([client] { Reload(*client); });

  const auto archive = std::make_shared<ArchiveOptions>();
  CLI::App* archived = policy.add_subcommand(
      "archived", "Packages that were ever in force on a store, oldest first; or the text of one.");
  archived->add_option("--data", archive->data, "Directory of the store")
      ->type_name("DIR")
      ->required();
  archived->add_option("--hash", archive->hash,
                       "Print the package whose SHA-256 begins with these hex digits, such as the\n"
                       "16 that a receipt prints");
  archived->footer("The engine must not be running on DIR.");
  archived->callback([archive] {
    if (const absl::Status shown = ShowArchive(*archive); !shown.ok()) Fail(shown);
  });
}

}  // namespace yijie::engine
