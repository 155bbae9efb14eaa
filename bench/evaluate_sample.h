#ifndef YIJIE_BENCH_EVALUATE_SAMPLE_H_
#define YIJIE_BENCH_EVALUATE_SAMPLE_H_

// Claims under kFloorPackage in the forms in which they are evaluated, by the engine and by what it
// is compared with.

#include <vector>

#include "absl/status/status.h"
#include "bench/evaluate_floor.h"
#include "bench/world.h"
#include "engine/claim_input.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "rules/decision.h"

namespace yijie::bench {

// One claim in the forms that are evaluated.
struct EvaluateSample {
  v1::SettleRequest request;
  engine::Person person;
  engine::ClaimInput ours;
  std::vector<Date> days;  // of the lines
  rules::Symbol area = rules::Symbol::kNone;
  FloorClaim floor;
};

// The claim of a resident at a hospital of the area, with bills of any size; half of the persons
// had settlements in the year. `out` is new and stays where it is: it points into itself.
absl::Status MakeEvaluateSample(const World& world, Random& random, EvaluateSample* out);

// Gives each line its row of the catalogue, as MakeClaimInput does.
void FindItems(const engine::Reference& reference, EvaluateSample* sample);

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_EVALUATE_SAMPLE_H_
