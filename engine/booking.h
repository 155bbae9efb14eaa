#ifndef YIJIE_ENGINE_BOOKING_H_
#define YIJIE_ENGINE_BOOKING_H_

// What a message comes to, and how its next version of a person is put together: every call that
// moves a person goes through a Booking, so every version has a journal that adds up to 0 and
// explains the accounts.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/fen.h"
#include "engine/cross/cross_plan.h"
#include "engine/family/family_money.h"
#include "engine/moment.h"
#include "engine/person.h"
#include "storage/store.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// A personal account holds at most this; far above any real one, and far inside int64.
inline constexpr int64_t kMaxBalanceFen = 100 * kMaxClaimFen;

// A version of a person that a message leads to.
struct BookedVersion {
  Person next;
  std::string event;  // serialised PersonEvent
};

// An act that is refused because whoever asked has no right to it: it goes into the trail
// (engine/refused_acts.h).
struct RefusedRight {
  std::string psn_no;
  std::string setl_id;  // as it was asked for
  std::string outcome;  // name of the outcome
  std::string reason;   // in Chinese; may say more than the caller is told
};

// What a message comes to.
struct Effect {
  std::string reply;   // serialised response
  bool moves = false;  // the person gets new versions: `earlier` in order, then `next`
  std::vector<BookedVersion> earlier;
  Person next;
  std::string event;  // serialised PersonEvent of `next`
  // The version whose event has request and reply; 0 for that of `next`.
  int64_t answered_by = 0;
  // Written in the same commit.
  std::vector<storage::RowWrite> rows;
  std::vector<storage::MessageKey> closes;  // ids that shall never be applied
  std::optional<RefusedRight> refused;      // of an effect that does not move
  int outcome = 0;  // number of the outcome enum of the reply, for metrics and logs
  std::string setl_id;
  // Parts of relatives' accounts that the message gives back: carried out once it is durable.
  std::vector<store::v1::FamilyOwed> family_owed;
  // Set: the message cannot be booked before relatives' accounts were asked, and nothing else here
  // means anything.
  std::optional<FamilyPlan> family_plan;
  // Set: the message cannot be booked before the insured place was asked; likewise.
  std::optional<CrossPlan> cross_plan;
  // A decision that the insured place is told once it is durable.
  std::optional<store::v1::CrossAttempt> cross_tell;
  // Set: likewise, before the bill left the person that it is under (Repoint).
  bool needs_departure = false;
};

// An answer that moves nobody.
Effect Answer(std::string reply, int outcome);

// RESOURCE_EXHAUSTED, naming `field`, if the person can have no further version.
absl::Status CheckRoomForVersion(const Person& person, absl::string_view field);

// Name of a sub-account in the ledger.
absl::string_view SubAccountName(rules::SubAccount sub_account);
// By its name in the ledger; nothing for another subject.
std::optional<rules::SubAccount> SubAccountNamed(absl::string_view subject);

// What an event took out of each sub-account, by its journal; negative: what it put into it.
std::array<Fen, rules::kSubAccounts> AccountPaid(const store::v1::PersonEvent& event);

// Puts the next version of `person` together.
class Booking {
 public:
  // `person` outlives the booking.
  Booking(const Person& person, const yijie::v1::MessageHeader& header,
          const std::string& request_bytes, const Moment& now);

  // The version to come: version number set, all else as it was.
  Person& next() { return next_; }
  store::v1::PersonEvent& event() { return event_; }
  // `rest` of the version to come, to be changed.
  store::v1::PersonState& state();
  // Of the commit that the effect becomes.
  std::vector<storage::RowWrite>& rows() { return rows_; }

  // A line of the journal: debits are positive. An amount of 0 is left out.
  void Post(store::v1::LedgerAccount account, absl::string_view subject, Fen amount);
  // Money out of a sub-account (negative: into it): the balance and its journal line.
  void TakeFrom(rules::SubAccount sub_account, Fen amount);
  // Running totals and their record.
  void Add(absl::Span<const rules::AccumulatorEntry> deltas);

  // The journal so far; what a counter-entry must make up for.
  Fen Sum() const;

  // Ends the process if the journal does not balance, does not explain the account, or overdraws a
  // sub-account: it must not acknowledge what does not add up.
  BookedVersion Finish(const std::string& reply) &&;
  Effect Finish(std::string reply, int outcome, std::string setl_id = "") &&;

 private:
  void AssertBooks() const;

  const Person& before_;
  Person next_;
  std::shared_ptr<store::v1::PersonState> state_;  // of next_, once it was asked for
  store::v1::PersonEvent event_;
  std::vector<storage::RowWrite> rows_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_BOOKING_H_
