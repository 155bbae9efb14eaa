#include "engine/policy_archive.h"

#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

using store::v1::PolicyArchive;

constexpr absl::string_view kArchiveTable = "policies";

std::string Hex(const Digest& hash) { return HexPrefix(hash, static_cast<int>(hash.size())); }

std::string TableOf(const Digest& hash) { return absl::StrCat("policy/", Hex(hash)); }

std::string BytesOf(const Digest& hash) { return std::string(hash.begin(), hash.end()); }

// The text first, so that what is listed is there. A damaged text is put right.
absl::Status PutText(storage::Store& store, const rules::Program& program) {
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> there,
                         store.GetTable(TableOf(program.hash)));
  if (there == program.text) return absl::OkStatus();
  return store.PutTable(TableOf(program.hash), program.text);
}

}  // namespace

absl::Status ArchivePolicies(storage::Store& store, const rules::RuleBook& policies,
                             absl::Time now) {
  YIJIE_ASSIGN_OR_RETURN(PolicyArchive archive, ListArchivedPolicies(store));
  absl::flat_hash_set<std::string> listed;
  for (const auto& policy : archive.policy()) listed.insert(policy.hash());
  bool more = false;
  for (const auto& program : policies.programs()) {
    YIJIE_RETURN_IF_ERROR(PutText(store, *program));
    if (!listed.insert(BytesOf(program->hash)).second) continue;
    store::v1::ArchivedPolicy* entry = archive.add_policy();
    entry->set_hash(BytesOf(program->hash));
    entry->set_id(program->id);
    entry->set_time_unix_ms(absl::ToUnixMillis(now));
    more = true;
  }
  return more ? store.PutTable(kArchiveTable, archive.SerializeAsString()) : absl::OkStatus();
}

absl::StatusOr<PolicyArchive> ListArchivedPolicies(storage::Store& store) {
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store.GetTable(kArchiveTable));
  PolicyArchive archive;
  if (bytes && !archive.ParseFromString(*bytes))
    return absl::DataLossError("the list of archived policy packages cannot be read");
  return archive;
}

absl::StatusOr<std::string> ArchivedPolicyText(storage::Store& store, const Digest& hash) {
  YIJIE_ASSIGN_OR_RETURN(std::optional<std::string> text, store.GetTable(TableOf(hash)));
  if (!text) return absl::NotFoundError(absl::StrCat(Hex(hash), " is not in the archive"));
  if (Sha256(*text) != hash)
    return absl::DataLossError(absl::StrCat(Hex(hash), " has another text in the archive"));
  return *std::move(text);
}

absl::StatusOr<std::unique_ptr<const rules::Program>> ArchivedPolicy(storage::Store& store,
                                                                     const Digest& hash) {
  YIJIE_ASSIGN_OR_RETURN(const std::string text, ArchivedPolicyText(store, hash));
  return rules::CompilePackage(absl::StrCat("archive/", Hex(hash)), text);
}

}  // namespace yijie::engine
