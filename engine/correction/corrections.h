#ifndef YIJIE_ENGINE_CORRECTION_CORRECTIONS_H_
#define YIJIE_ENGINE_CORRECTION_CORRECTIONS_H_

// Settlements that come out differently once something is known of the past, and the versions that
// correct them: what amendments of facts and re-pointings of bills share.

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/booking.h"
#include "engine/correction/replay_history.h"
#include "engine/payout/dues.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {

// A settlement on its way through a correction.
struct Corrected {
  const ReplayedClaim* claim = nullptr;
  yijie::v1::Settlement before;
  yijie::v1::Correction told;
};

// Those of `replayed` that stand and come out differently, whose claims came at `since_unix_ms` or
// later, in the order of their claims. They point into `replayed`.
absl::StatusOr<std::vector<Corrected>> FindCorrections(const std::vector<ReplayedClaim>& replayed,
                                                       int64_t since_unix_ms);

// The first that was settled across areas, which its place of care alone can undo; nullptr if there
// is none.
const Corrected* FirstSettledAcross(const std::vector<Corrected>& corrected);

// The first that a relative's account paid a part of, which cannot take part in a commit of one
// person; nullptr if there is none.
const Corrected* FirstPaidByRelatives(const std::vector<Corrected>& corrected);

// Books the versions that follow one another. The last one is the person they lead to.
class CorrectionChain {
 public:
  // `reference`, `start` and `now` outlive this object.
  CorrectionChain(const Reference& reference, const Person& start, const Moment& now)
      : reference_(reference), start_(start), now_(now) {}

  const Person& person() const { return versions_.empty() ? start_ : versions_.back().next; }
  std::vector<BookedVersion>& versions() { return versions_; }

  absl::Status TakeBack(Corrected& corrected);
  void SettleAgain(Corrected& corrected);
  // A version that follows person().
  void Add(BookedVersion version) { versions_.push_back(std::move(version)); }
  // What the corrections leave between funds and person, and `more` that the chain leaves there,
  // become payouts, dues and debts; monthly allowances follow the facts. `header` is of the message
  // that asked.
  absl::Status SettleUpAll(const std::vector<Corrected>& corrected, std::vector<DueChange> more,
                           const yijie::v1::MessageHeader& header);
  // Written in the same commit.
  std::vector<storage::RowWrite>& rows() { return rows_; }

 private:
  void Finish(Booking booking, const std::string& reply, yijie::v1::Correction* told);

  const Reference& reference_;
  const Person& start_;
  const Moment& now_;
  std::vector<BookedVersion> versions_;
  std::vector<storage::RowWrite> rows_;
};

// Who stands in records for what is booked about a settlement: its institution and its message.
yijie::v1::MessageHeader HeaderOf(const yijie::store::v1::PersonEvent& original);

// What the lines of an account come to.
Fen Posted(const yijie::store::v1::PersonEvent& event, yijie::store::v1::LedgerAccount account);

// The effect has `versions`, of which there is at least one.
void SetVersions(std::vector<BookedVersion> versions, Effect* effect);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CORRECTION_CORRECTIONS_H_
