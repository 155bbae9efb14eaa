#include "engine/family/family_givers.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "engine/entitlement.h"
#include "engine/family/family_state.h"
#include "yijie/store/v1/family.pb.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

// The largest durable balance first; givers of equal balance keep their order.
absl::Status OrderByBalance(storage::StoreReader& store, std::vector<std::string>* givers) {
  std::vector<std::pair<Fen, std::string>> by_balance;
  for (const std::string& giver : *givers) {
    YIJIE_ASSIGN_OR_RETURN(const auto newest, store.LoadLatest(giver));
    if (!newest) continue;
    YIJIE_ASSIGN_OR_RETURN(const Person person, ParsePerson(*newest));
    by_balance.emplace_back(person.balance(), giver);
  }
  std::stable_sort(by_balance.begin(), by_balance.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  givers->clear();
  for (auto& [balance, giver] : by_balance) givers->push_back(std::move(giver));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<RankedGiver>> GiversOf(const std::vector<storage::Row>& rows) {
  std::vector<RankedGiver> givers;
  for (const storage::Row& row : rows) {
    store::v1::FamilyGiver value;
    const size_t end = row.key.find('\0');
    if (end == std::string::npos || !value.ParseFromString(row.value))
      return absl::DataLossError("a row of family givers cannot be read");
    givers.push_back({row.key.substr(end + 1), value.rank()});
  }
  std::stable_sort(givers.begin(), givers.end(),
                   [](const RankedGiver& a, const RankedGiver& b) { return a.rank < b.rank; });
  return givers;
}

absl::StatusOr<std::vector<storage::Row>> GiverRows(storage::StoreReader& store,
                                                    absl::string_view psn_no) {
  std::string end(psn_no);
  end += '\x01';  // the first key that does not begin with `psn_no 00`
  return store.ScanRows(kFamilyGiverTable, FamilyGiverKey(psn_no, ""), end, kMaxGivers);
}

absl::StatusOr<FamilyPlan> PlanFamily(const WorkContext& context, const Person& person, Fen need,
                                      const Moment& now) {
  const v1::SharingRules& rules =
      AreaRulesOfPerson(context.reference, *person.facts, now.day).sharing();
  YIJIE_ASSIGN_OR_RETURN(const auto rows, GiverRows(context.store, person.facts->psn_no()));
  YIJIE_ASSIGN_OR_RETURN(const std::vector<RankedGiver> ranked, GiversOf(rows));
  FamilyPlan plan;
  plan.need = need;
  plan.max_accounts = rules.max_accounts_per_settlement();
  for (const RankedGiver& giver : ranked) plan.givers.push_back(giver.psn_no);
  if (rules.order() == v1::SharingRules::LARGEST_BALANCE_FIRST)
    YIJIE_RETURN_IF_ERROR(OrderByBalance(context.store, &plan.givers));
  return plan;
}

absl::StatusOr<Effect> WithGivers(absl::StatusOr<Effect> effect, const WorkContext& context,
                                  const Person& person, const Moment& now) {
  if (!effect.ok() || !effect->family_plan) return effect;
  YIJIE_ASSIGN_OR_RETURN(effect->family_plan,
                         PlanFamily(context, person, effect->family_plan->need, now));
  return effect;
}

}  // namespace yijie::engine
