#ifndef YIJIE_ENGINE_FAMILY_FAMILY_GIVERS_H_
#define YIJIE_ENGINE_FAMILY_FAMILY_GIVERS_H_

// Who may pay for a person, and in which order: the relative's side of the bonds.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/call.h"
#include "engine/family/family_money.h"
#include "engine/moment.h"
#include "engine/person.h"

namespace yijie::engine {

struct RankedGiver {
  std::string psn_no;
  int32_t rank = 0;
};

// From the rows of kFamilyGiverTable about one person, by rank and then by number.
absl::StatusOr<std::vector<RankedGiver>> GiversOf(const std::vector<storage::Row>& rows);

// The rows about `person`, durable ones, at most kMaxGivers.
inline constexpr int kMaxGivers = 100;
absl::StatusOr<std::vector<storage::Row>> GiverRows(storage::StoreReader& store,
                                                    absl::string_view psn_no);

// Whom a settlement of `person` asks for `need`, by the rules of the person's area. Reads durable
// balances where the area orders by them.
absl::StatusOr<FamilyPlan> PlanFamily(const WorkContext& context, const Person& person, Fen need,
                                      const Moment& now);

// What answers a Settle or SettleStay: a plan gets its givers, everything else passes.
absl::StatusOr<Effect> WithGivers(absl::StatusOr<Effect> effect, const WorkContext& context,
                                  const Person& person, const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_FAMILY_FAMILY_GIVERS_H_
