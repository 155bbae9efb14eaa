#ifndef YIJIE_ENGINE_INQUIRY_RIGHTS_STATEMENT_H_
#define YIJIE_ENGINE_INQUIRY_RIGHTS_STATEMENT_H_

// The yearly statement of a person (个人权益记录单): participation, account, settlements, totals.

#include "absl/status/statusor.h"
#include "engine/moment.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/v1/inquiry.pb.h"

namespace yijie::engine {

// `person` is at its newest durable version, `year` not after that of `now`. The work grows with
// the versions of the year; RESOURCE_EXHAUSTED above 100,000 of them. DATA_LOSS if the journals do
// not explain the balances: no statement that does not add up is given out.
absl::StatusOr<v1::RightsStatement> MakeRightsStatement(storage::StoreReader& store,
                                                        const Reference& reference,
                                                        const Person& person, int year,
                                                        const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_INQUIRY_RIGHTS_STATEMENT_H_
