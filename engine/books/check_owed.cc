#include "engine/books/check_owed.h"

#include <map>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/books/book_projection.h"
#include "engine/books/pair_code.h"
#include "engine/person.h"

namespace yijie::engine {
namespace {

using absl::int128;
using store::v1::JournalLine;
using store::v1::PersonEvent;

// Sums are 128 bits wide: damaged records must be reported, not overflow.
struct Owed {
  int128 payable = 0;
  int128 deposit = 0;
};
using OwedByInstitution = std::map<std::string, Owed>;

// What the insured place owes the place of care, under the code of the pair. A gateway has it on
// both sides of its journals, of which one counts.
void AddAcross(const PersonEvent& event, int sign, OwedByInstitution* owed) {
  const bool settled = event.settled().has_cross();
  if (!settled && !event.reversed().has_cross()) return;
  const store::v1::CrossPart& part = settled ? event.settled().cross() : event.reversed().cross();
  const bool owes = part.at_insured_place() || part.at_gateway();
  for (const JournalLine& line : event.journal()) {
    const int128 amount = int128(line.amount_fen()) * sign;
    if (owes && line.account() == store::v1::CROSS_PAYABLE)
      (*owed)[PairCode(part)].payable -= amount;
    if (!owes && line.account() == store::v1::CROSS_RECEIVABLE)
      (*owed)[PairCode(part)].payable += amount;
  }
}

// Credits are negative in a journal, and `sign` is -1 to take a version out again.
absl::Status AddJournal(const storage::PersonVersion& version, int sign, OwedByInstitution* owed) {
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent event, ParseEvent(version));
  for (const JournalLine& line : event.journal()) {
    const int128 credit = int128(-line.amount_fen()) * sign;
    if (line.account() == store::v1::INSTITUTION_PAYABLE) (*owed)[line.subject()].payable += credit;
    if (line.account() == store::v1::QUALITY_DEPOSIT) (*owed)[line.subject()].deposit += credit;
  }
  AddAcross(event, sign, owed);
  return absl::OkStatus();
}

void Compare(absl::string_view institution, absl::string_view what, int128 journals, int128 records,
             std::vector<std::string>* differences) {
  if (journals == records) return;
  // Differences of real books are far inside 64 bits; of damaged ones the sign is enough.
  differences->push_back(absl::StrCat(
      institution, ": ", what, " of the journals is not that of the records of the book, off by ",
      static_cast<int64_t>(journals - records), " fen"));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckOwed(storage::StoreReader& store) {
  OwedByInstitution journals, records;
  YIJIE_RETURN_IF_ERROR(store.ForEachVersion(
      [&](absl::string_view /*psn_no*/, const storage::PersonVersion& version) {
        return AddJournal(version, 1, &journals);
      }));
  YIJIE_RETURN_IF_ERROR(VisitVersionsAfterBooks(
      store, [&](absl::string_view /*psn_no*/, const storage::PersonVersion& version) {
        return AddJournal(version, -1, &journals);
      }));
  YIJIE_RETURN_IF_ERROR(VisitAllEntries(store, [&](const store::v1::BookEntry& entry) {
    Owed& owed = records[entry.fixmedins_code()];
    owed.payable += entry.amounts().payable_fen();
    owed.deposit += entry.amounts().quality_deposit_fen();
    return absl::OkStatus();
  }));
  for (const auto& [institution, owed] : records) journals[institution];  // both have all
  std::vector<std::string> differences;
  for (const auto& [institution, owed] : journals) {
    Compare(institution, "what is payable", owed.payable, records[institution].payable,
            &differences);
    Compare(institution, "the quality deposit", owed.deposit, records[institution].deposit,
            &differences);
  }
  return differences;
}

}  // namespace yijie::engine
