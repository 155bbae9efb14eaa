#include "engine/gateway/passed_on.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/date.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "engine/booking.h"
#include "engine/books/book_entry.h"
#include "engine/books/book_projection.h"
#include "engine/deterministic_bytes.h"
#include "engine/person.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

using store::v1::CrossPart;
using store::v1::PersonEvent;

absl::Status Unsound(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the answer of the insured place ", what));
}

// The clearing day and period of the place of care are those of all sides.
template <typename Request>
void FixClearing(const Request& request, PersonEvent* event) {
  constexpr size_t kYearAndMonth = 7;  // 2026-11
  event->set_clr_date(request.clr_date());
  event->set_setlym(request.clr_date().substr(0, kYearAndMonth));
}

template <typename Request>
CrossPart PartOf(const Request& request) {
  CrossPart part;
  part.set_peer_admdvs(request.header().fixmedins_code());
  part.set_own_admdvs(request.insuplc_admdvs());
  part.set_resv_id(request.header().msgid());
  part.set_setl_id(request.setl_id());
  part.set_at_gateway(true);
  return part;
}

template <typename Request>
storage::MessageWrite MessageOf(const Request& request, v1::Transaction transaction,
                                const std::string& request_bytes, const storage::Commit& commit) {
  storage::MessageWrite write;
  write.key = {request.header().fixmedins_code(), static_cast<uint8_t>(transaction),
               request.header().msgid()};
  write.entry = {Sha256(request_bytes), commit.psn_no, commit.new_version(), ""};
  return write;
}

storage::Commit CommitOf(const std::string& key, BookedVersion version) {
  storage::Commit commit;
  commit.psn_no = key;
  commit.expected_version = version.next.version - 1;
  commit.state = SerializeState(version.next);
  commit.event = std::move(version.event);
  return commit;
}

absl::Status CheckSettlement(const v1::ConfirmRequest& request,
                             const v1::ConfirmResponse& response) {
  const v1::Settlement& settlement = response.settlement();
  if (response.resv_id() != request.header().msgid() || settlement.resv_id() != response.resv_id())
    return Unsound("is about another reservation");
  if (settlement.outcome() != v1::SETTLED) return Unsound("is not that it settled");
  if (settlement.psn_no() != request.psn_no() ||
      settlement.insuplc_admdvs() != request.insuplc_admdvs() ||
      settlement.clr_date() != request.clr_date())
    return Unsound("names another person, area or clearing day");
  return CheckSettlementId("setl_id", settlement.setl_id()).ok() ? absl::OkStatus()
                                                                 : Unsound("has no settlement id");
}

bool Negates(const v1::Amounts& undo, const v1::Amounts& settled) {
  const auto* const fields = v1::Amounts::descriptor();
  for (int i = 0; i < fields->field_count(); ++i) {
    const auto* const field = fields->field(i);
    const absl::int128 sum = absl::int128(undo.GetReflection()->GetInt64(undo, field)) +
                             settled.GetReflection()->GetInt64(settled, field);
    if (sum != 0) return false;
  }
  return true;
}

absl::Status CheckReversal(const v1::ConfirmUndoRequest& request,
                           const v1::ConfirmUndoResponse& response, const v1::Settlement& settled) {
  const v1::Reversal& reversal = response.reversal();
  if (response.resv_id() != request.header().msgid())
    return Unsound("is about another reservation");
  if (reversal.outcome() != v1::REVERSED || reversal.orig_setl_id() != settled.setl_id())
    return Unsound("is not that it undid the settlement");
  if (reversal.clr_date() != request.clr_date()) return Unsound("names another clearing day");
  if (!Negates(reversal.amounts(), settled.amounts()))
    return Unsound("has not the negated amounts of the settlement");
  return CheckSettlementId("setl_id", reversal.setl_id()).ok() ? absl::OkStatus()
                                                               : Unsound("has no settlement id");
}

// What the insured place owes the place of care.
Fen OwedFor(const v1::Amounts& amounts) {
  return Fen(amounts.fund_pay_sumamt_fen()) + Fen(amounts.acct_pay_fen()) +
         Fen(amounts.acct_mulaid_pay_fen());
}

absl::Status CheckEntry(const absl::StatusOr<std::vector<store::v1::BookEntry>>& entries) {
  if (!entries.ok() || entries->size() != 1) return Unsound("makes no record of a book");
  const absl::Status checked = CheckBookEntry(entries->front());
  return checked.ok() ? checked : Unsound(absl::StrCat("does not add up: ", checked.message()));
}

}  // namespace

std::string PassedOnKey(absl::string_view resv_id, absl::string_view care_admdvs) {
  return absl::StrCat(resv_id, "@", care_admdvs);
}

absl::StatusOr<storage::Commit> LogConfirm(const v1::ConfirmRequest& request,
                                           const std::string& reply, const Moment& now) {
  v1::ConfirmResponse response;
  if (!response.ParseFromString(reply)) return Unsound("cannot be read");
  YIJIE_RETURN_IF_ERROR(CheckSettlement(request, response));
  const v1::Settlement& settlement = response.settlement();
  if (!AreAmountsInRange(settlement)) return Unsound("has amounts out of range");
  const std::string key = PassedOnKey(request.header().msgid(), request.header().fixmedins_code());
  const std::string request_bytes = DeterministicBytes(request);
  const Person nobody = NewPerson(key);
  Booking booking(nobody, request.header(), request_bytes, now);
  FixClearing(request, &booking.event());
  const Fen owed = OwedFor(settlement.amounts());
  booking.Post(store::v1::CROSS_RECEIVABLE, request.insuplc_admdvs(), owed);
  booking.Post(store::v1::CROSS_PAYABLE, request.header().fixmedins_code(), -owed);
  store::v1::SettledEvent& settled = *booking.event().mutable_settled();
  settled.set_setl_id(settlement.setl_id());
  settled.set_insutype(settlement.insutype());
  *settled.mutable_cross() = PartOf(request);
  settled.mutable_cross()->mutable_bill()->mutable_institution()->set_fixmedins_code(
      settlement.fixmedins_code());
  storage::Commit commit = CommitOf(key, std::move(booking).Finish(reply));
  commit.messages.push_back(MessageOf(request, v1::CONFIRM, request_bytes, commit));
  YIJIE_RETURN_IF_ERROR(CheckEntry(EntriesOfSettled({1, commit.state, commit.event})));
  return commit;
}

absl::StatusOr<storage::Commit> LogConfirmUndo(const v1::ConfirmUndoRequest& request,
                                               const std::string& reply,
                                               const storage::PersonVersion& settled,
                                               const Moment& now) {
  v1::ConfirmUndoResponse response;
  if (!response.ParseFromString(reply)) return Unsound("cannot be read");
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent original, ParseEvent(settled));
  v1::ConfirmResponse confirmed;
  if (!confirmed.ParseFromString(original.reply()))
    return absl::DataLossError("the log of a settlement cannot be read");
  YIJIE_RETURN_IF_ERROR(CheckSettlementId("setl_id", request.setl_id()));
  YIJIE_RETURN_IF_ERROR(CheckIsoDay("clr_date", request.clr_date()));
  YIJIE_RETURN_IF_ERROR(CheckReversal(request, response, confirmed.settlement()));
  YIJIE_ASSIGN_OR_RETURN(Person person, ParsePerson(settled));
  const std::string request_bytes = DeterministicBytes(request);
  Booking booking(person, request.header(), request_bytes, now);
  FixClearing(request, &booking.event());
  for (const store::v1::JournalLine& line : original.journal())
    booking.Post(line.account(), line.subject(), Fen(-line.amount_fen()));
  store::v1::ReversedEvent& reversed = *booking.event().mutable_reversed();
  reversed.set_setl_id(response.reversal().setl_id());
  reversed.set_orig_version(settled.version);
  reversed.set_orig_setl_id(original.settled().setl_id());
  *reversed.mutable_cross() = PartOf(request);
  store::v1::ReversedSettlement& mark = booking.next().reversed.emplace_back();
  mark.set_version(settled.version);
  mark.set_reversed_by_version(booking.next().version);
  storage::Commit commit =
      CommitOf(PassedOnKey(request.orig_resv_id(), request.header().fixmedins_code()),
               std::move(booking).Finish(reply));
  commit.messages.push_back(MessageOf(request, v1::CONFIRM_UNDO, request_bytes, commit));
  return commit;
}

absl::Status CheckLoggedAlike(const storage::PersonVersion& logged, const storage::Commit& commit) {
  YIJIE_ASSIGN_OR_RETURN(const PersonEvent before, ParseEvent(logged));
  PersonEvent now;
  if (!now.ParseFromString(commit.event)) return absl::InternalError("a commit without an event");
  if (before.request() != now.request()) return Unsound("is to another message than the log has");
  return before.reply() == now.reply() ? absl::OkStatus() : Unsound("is another than the log has");
}

}  // namespace yijie::engine
