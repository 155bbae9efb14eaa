#ifndef YIJIE_ENGINE_NEWBORN_DEPARTURE_H_
#define YIJIE_ENGINE_NEWBORN_DEPARTURE_H_

// The person that a bill leaves when it is re-pointed (新生儿费用改挂): the mother, or a temporary
// number of the child. docs/newborn.md tells the protocol.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/booking.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/transactions.h"
#include "storage/store.h"
#include "yijie/store/v1/newborn.pb.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {

// Persons with a departure that does not wait; written by commits of that person only.
inline constexpr absl::string_view kNewbornOpenTable = "newborn_open";

// A bill that may leave, or why it may not.
struct FoundBill {
  // The departure as far as it is known before it is booked.
  store::v1::DepartReply told;
  std::optional<SettledRecord> record;  // of a settled bill
};

// The bill that `request` names, of `person`, whom it is under. Errors as those of the store.
absl::StatusOr<FoundBill> FindBill(storage::StoreReader& store,
                                   const yijie::v1::RepointRequest& request, const Person& person);

// The entry of a departure that the message asked for before, or that waits for one like it;
// nullptr if there is none.
const store::v1::OpenDeparture* FindDeparture(const store::v1::PersonNewborn& newborn,
                                              const yijie::v1::RepointRequest& request);

// What left with the version `version` of `psn_no`. DATA_LOSS if it cannot be read.
absl::StatusOr<store::v1::Departure> LoadDeparture(storage::StoreReader& store,
                                                   const std::string& psn_no, int64_t version);

// Lets `bill` leave. `history` are all versions of `person`: its settlements that counted on the
// totals are corrected. The reply is a DepartReply.
absl::StatusOr<Effect> Depart(const Reference& reference, const store::v1::DepartStep& step,
                              const FoundBill& bill, std::vector<storage::PersonVersion> history,
                              const Person& person, const Moment& now);

// The message of `step` takes up the departure `waiting` of `person`.
absl::StatusOr<Effect> TakeUpDeparture(const store::v1::DepartStep& step,
                                       const store::v1::OpenDeparture& waiting,
                                       const store::v1::Departure& departure, const Person& person,
                                       const Moment& now);

// Ends the departure of `version`: it arrived, or waits. Nothing if there is no such entry that
// does not wait.
absl::StatusOr<Effect> CloseDeparture(int64_t version, bool arrived, const Person& person,
                                      const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_NEWBORN_DEPARTURE_H_
