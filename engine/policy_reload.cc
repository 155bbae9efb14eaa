#include "engine/policy_reload.h"

#include <array>
#include <map>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "engine/policy_archive.h"
#include "rules/loader.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

std::string Hex(const Digest& hash) { return HexPrefix(hash, static_cast<int>(hash.size())); }

v1::PolicyChange ChangeOf(const v1::ReloadedPolicy& policy) {
  if (policy.hash_before().empty()) return v1::POLICY_NEW;
  if (policy.policy_hash().empty()) return v1::POLICY_GONE;
  return policy.policy_hash() == policy.hash_before() ? v1::POLICY_UNCHANGED : v1::POLICY_CHANGED;
}

// Every package of either book, by id.
v1::ReloadPoliciesResponse Compare(const rules::RuleBook& before, const rules::RuleBook& after) {
  std::map<std::string, v1::ReloadedPolicy> by_id;
  for (const auto& program : before.programs())
    by_id[program->id].set_hash_before(Hex(program->hash));
  for (const auto& program : after.programs())
    by_id[program->id].set_policy_hash(Hex(program->hash));
  v1::ReloadPoliciesResponse response;
  response.set_reloaded(true);
  for (auto& [id, policy] : by_id) {
    policy.set_id(id);
    policy.set_change(ChangeOf(policy));
    *response.add_policy() = std::move(policy);
  }
  return response;
}

void LogReload(const v1::ReloadPoliciesResponse& response) {
  if (!response.reloaded()) {
    LogLine("policies_not_reloaded").Text("error", response.error());
    return;
  }
  std::array<int64_t, v1::PolicyChange_ARRAYSIZE> count{};
  for (const v1::ReloadedPolicy& policy : response.policy()) {
    ++count[static_cast<size_t>(policy.change())];
    if (policy.change() == v1::POLICY_UNCHANGED) continue;
    LogLine("policy_changed")
        .Text("policy", policy.id())
        .Text("hash", policy.policy_hash())
        .Text("hash_before", policy.hash_before());
  }
  LogLine("policies_reloaded")
      .Number("new", count[v1::POLICY_NEW])
      .Number("changed", count[v1::POLICY_CHANGED])
      .Number("gone", count[v1::POLICY_GONE])
      .Number("unchanged", count[v1::POLICY_UNCHANGED]);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const rules::RuleBook>> PolicyReload::Load() {
  YIJIE_ASSIGN_OR_RETURN(std::shared_ptr<const rules::RuleBook> policies,
                         rules::LoadRuleBook(directory_));
  YIJIE_RETURN_IF_ERROR(policies->CheckKeepsTotals(*engine_.reference()->policies));
  // Before any claim is judged by them.
  YIJIE_RETURN_IF_ERROR(ArchivePolicies(store_, *policies, absl::Now()));
  return policies;
}

v1::ReloadPoliciesResponse PolicyReload::Run() {
  const MutexLock lock(running_);
  v1::ReloadPoliciesResponse response;
  // Area rules first: packages are archived only if all that stands beside them is right.
  const absl::StatusOr<std::shared_ptr<const AreaBook>> areas = LoadAreaBook(directory_);
  const absl::StatusOr<std::shared_ptr<const rules::RuleBook>> policies =
      areas.ok() ? Load() : areas.status();
  if (policies.ok()) {
    const std::shared_ptr<const Reference> before = engine_.reference();
    auto after = std::make_shared<Reference>(*before);
    after->policies = *policies;
    after->areas = *areas;
    response = Compare(*before->policies, **policies);
    engine_.SetReference(std::move(after));
    metrics_.SetPolicies(**policies);
  } else {
    response.set_error(WithoutBadBytes(policies.status().message()));
  }
  metrics_.PoliciesReloaded(policies.ok());
  LogReload(response);
  return response;
}

}  // namespace yijie::engine
