#ifndef YIJIE_ENGINE_CORRECTION_CHECK_FACTS_H_
#define YIJIE_ENGINE_CORRECTION_CHECK_FACTS_H_

#include "absl/status/status.h"
#include "base/date.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// What `yijie load persons` asks of a person, and that there is at most one normal relation of
// basic medical insurance (310, 390) on a day. INVALID_ARGUMENT names the field:
// "facts.coverage[1].enddate: ...".
absl::Status CheckFacts(const yijie::v1::PersonFacts& facts, Date today);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CORRECTION_CHECK_FACTS_H_
