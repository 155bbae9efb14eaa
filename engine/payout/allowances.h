#ifndef YIJIE_ENGINE_PAYOUT_ALLOWANCES_H_
#define YIJIE_ENGINE_PAYOUT_ALLOWANCES_H_

// Monthly allowances in the state of a person: months are instructed, taken back and made up for as
// rates, stops and facts change. Functions without I/O, clock or threads.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/payout/allowance_schedule.h"
#include "engine/payout/dues.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "engine/transactions.h"
#include "yijie/v1/payout.pb.h"

namespace yijie::engine {

// A month of the schedule `schedule` of a state.
struct ScheduledMonth {
  int schedule = 0;
  MonthDue month;
};

struct MonthsBrought {
  std::vector<ScheduledMonth> due;  // to be instructed, and noted as if they were
  bool pending = false;             // money of a month is on its way: the month is left as it was
};

// Brings the schedule `index` up to `through_month`. Months that are not owed any more, or not as
// much, are taken back: what was not sent is cancelled, what was paid is owed.
absl::StatusOr<MonthsBrought> BringUpTo(const std::string& psn_no, const std::string& through_month,
                                        int index, const Moment& now, SettlingUp* out);

// All schedules of `person`, after its death if it died.
absl::StatusOr<MonthsBrought> BringAllUpTo(const Person& person, const std::string& through_month,
                                           const Moment& now, SettlingUp* out);

struct MonthsPaid {
  yijie::v1::PayoutOutcome outcome =
      yijie::v1::PAYOUT_DONE;  // or PAYOUT_ACCOUNT_REFUSED, ..._NO_PAYER
  std::string reason;          // in Chinese
};
// One payout for each month, to the payee of its schedule; none if one of them is refused.
absl::StatusOr<MonthsPaid> PayMonths(const Reference& reference, const Person& person,
                                     const std::vector<ScheduledMonth>& months, const Moment& now,
                                     SettlingUp* out);

// A monthly allowance whose grant comes out otherwise under other facts.
struct CorrectedAllowance {
  std::string claim_id;
  const yijie::v1::Settlement* settlement = nullptr;  // nullptr: refused now
};

// What facts that became known leave of the person's allowances. Months instructed before are taken
// back or made up for at once; those that cannot be paid now wait for MakeDuePayouts. A rate
// amended later than the first one stays.
absl::Status SettleUpAllowances(const Reference& reference, const Person& person,
                                const std::vector<CorrectedAllowance>& corrected, const Moment& now,
                                SettlingUp* out);

// `grant` is a settlement of ApplyBenefit that is paid by schedule and stands.
absl::StatusOr<Effect> AmendAllowance(const Reference& reference,
                                      const yijie::v1::AmendAllowanceRequest& request,
                                      const std::string& request_bytes, const SettledRecord& grant,
                                      const yijie::v1::Claim& claim, const Person& person,
                                      const Moment& now);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PAYOUT_ALLOWANCES_H_
