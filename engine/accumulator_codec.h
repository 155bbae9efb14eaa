#ifndef YIJIE_ENGINE_ACCUMULATOR_CODEC_H_
#define YIJIE_ENGINE_ACCUMULATOR_CODEC_H_

// Accumulators between their two forms: symbols for evaluation, names in records.

#include "absl/status/statusor.h"
#include "rules/decision.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::engine {

// Fills `value`, which is empty. Its key is "institution=CODE;hosp_lv=LEVEL_2;dise_codg=CODE" with
// the parts that are used, in this order.
void ToProto(const rules::AccumulatorEntry& entry, yijie::v1::AccumulatorValue* value);
absl::StatusOr<rules::AccumulatorEntry> FromProto(const yijie::v1::AccumulatorValue& value);

// The order in which records list accumulators.
bool RecordOrder(const yijie::v1::AccumulatorValue& a, const yijie::v1::AccumulatorValue& b);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ACCUMULATOR_CODEC_H_
