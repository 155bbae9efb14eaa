#ifndef YIJIE_ENGINE_ACCOUNT_YEAR_TURN_H_
#define YIJIE_ENGINE_ACCOUNT_YEAR_TURN_H_

// The turn of the account year (年度结转): where the area says so, this year's money becomes past
// years' on the first day of a new account year. It is booked with the first message of a person in
// that year, as a version of its own before that of the message, so no call ever works on an
// account that was not turned (docs/decisions/0012).

#include <array>
#include <optional>

#include "absl/status/statusor.h"
#include "base/date.h"
#include "base/fen.h"
#include "engine/booking.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"

namespace yijie::engine {

// A turn that is to be booked before anything else.
struct YearTurn {
  Date year_begins;
  Fen carried;  // what becomes past years' money
};

// What the rules say of a person without looking at the records.
struct TurnOutlook {
  std::optional<Date> due;  // the year to which the account is to be turned, if there are records
                            // from before it
  Date settled_until;       // before this day, and under these rules and facts, nothing changes
};
TurnOutlook ForeseeTurn(const Reference& reference, const Person& person, Date today);

// The turn to `year_begins`; nothing if the person had no record before that day. All versions up
// to that of `person` are in `store`. Money that was credited since, by a bulk load, is not carried
// over. Reads a number of versions that grows with the logarithm of their number.
absl::StatusOr<std::optional<YearTurn>> FindTurn(storage::StoreReader& store, const Person& person,
                                                 Date year_begins);

// Amounts by sub-account as they are after a turn: this year's are past years'.
std::array<Fen, rules::kSubAccounts> CarriedOver(std::array<Fen, rules::kSubAccounts> amounts);

BookedVersion BookTurn(const YearTurn& turn, const Person& person, const Moment& now);

// Moves what the turn carries over, without booking it.
void ViewAfter(const YearTurn& turn, Person* person);
// The same for the turn that is due on `today`, if any: what queries look at.
absl::Status ViewAsTurned(const Reference& reference, storage::StoreReader& store, Date today,
                          Person* person);

// The sub-account in which money of `sub_account` in the record `version` is found now: refunds go
// back to where the money is, and what was this year's before the last turn is past years'.
rules::SubAccount SubAccountNow(rules::SubAccount sub_account, int64_t version,
                                const Person& person);

// A store as it will be once `version` of a person, which follows the newest, is durable.
class ReaderWithVersion final : public storage::StoreReader {
 public:
  // The arguments outlive this object.
  ReaderWithVersion(storage::StoreReader& store, absl::string_view psn_no,
                    storage::PersonVersion version)
      : store_(store), psn_no_(psn_no), version_(std::move(version)) {}

  absl::StatusOr<std::optional<storage::PersonVersion>> LoadLatest(
      absl::string_view psn_no) override;
  absl::StatusOr<std::optional<storage::PersonVersion>> LoadVersion(absl::string_view psn_no,
                                                                    int64_t version) override;
  absl::StatusOr<std::vector<storage::PersonVersion>> LoadHistory(absl::string_view psn_no,
                                                                  int64_t after_version,
                                                                  int limit) override;
  absl::StatusOr<std::optional<storage::MessageEntry>> FindMessage(
      const storage::MessageKey& key) override;
  absl::StatusOr<std::optional<std::string>> GetTable(absl::string_view name) override;
  absl::StatusOr<std::vector<storage::Row>> ScanRows(absl::string_view table,
                                                     absl::string_view first, absl::string_view end,
                                                     int limit) override;
  absl::StatusOr<std::optional<std::string>> GetRow(absl::string_view table,
                                                    absl::string_view key) override;
  absl::StatusOr<std::vector<storage::CommittedGroup>> ScanGroups(uint64_t after_sequence,
                                                                  int limit) override;
  absl::Status ForEachVersion(
      const std::function<absl::Status(absl::string_view psn_no, const storage::PersonVersion&)>&
          visit) override;
  absl::Status ForEachMessage(
      const std::function<absl::Status(const storage::MessageKey&, const storage::MessageEntry&)>&
          visit) override;

 private:
  storage::StoreReader& store_;
  const absl::string_view psn_no_;
  const storage::PersonVersion version_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_ACCOUNT_YEAR_TURN_H_
