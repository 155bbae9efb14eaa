#ifndef YIJIE_ENGINE_REFUSED_ACTS_H_
#define YIJIE_ENGINE_REFUSED_ACTS_H_

// The trail of refused acts: who asked for what without a right to it, when, and why it was
// refused. Rows of a table of the store, in the order of time; `yijie ledger refused` lists them.
//
// A refused message leaves one row, in the commit that keeps its answer. Refused reads are bounded,
// for a hostile institution could fill the disk with them: of an institution and day the first
// kReadsInFull have rows, then the 200th, 400th, 800th, ...; the count is in the row. Institutions
// that are not known share one count. Counts begin anew when the engine starts.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/date.h"
#include "engine/booking.h"
#include "engine/job.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/store/v1/refused.pb.h"

namespace yijie::engine {

// Keys: time, then who, the call and what it was about. Values: store::v1::RefusedAct.
inline constexpr absl::string_view kRefusedActs = "refused";

// The row of a message that was refused.
storage::RowWrite RefusedMessage(const Job& job, const RefusedRight& refused);

// Not thread-safe.
class RefusedReads {
 public:
  static constexpr int64_t kReadsInFull = 100;

  // The row of a call that reads and was refused, if it gets one.
  std::optional<storage::RowWrite> Take(const Reference& reference, const Job& job,
                                        const RefusedRight& refused);

 private:
  struct Count {
    Date day;
    int64_t reads = 0;
  };
  absl::flat_hash_map<std::string, Count> counts_;  // by institution, "" for all that are not known
};

// Oldest first, from `first_ms` up to and without `end_ms` (Unix). Stops at the first error `visit`
// returns.
absl::Status VisitRefusedActs(
    storage::StoreReader& store, int64_t first_ms, int64_t end_ms,
    const std::function<absl::Status(const store::v1::RefusedAct&)>& visit);

// One line for people.
std::string RefusedActAsText(const store::v1::RefusedAct& act);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REFUSED_ACTS_H_
