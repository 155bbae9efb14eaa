#include "engine/cross/cross_audit.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/cross/attempt.h"

namespace yijie::engine {
namespace {

using store::v1::CrossEvent;
using store::v1::CrossReservation;
using store::v1::PersonEvent;

absl::int128 HeldBy(const CrossReservation& reservation) {
  absl::int128 held = 0;
  for (const int64_t fen : reservation.account_fen()) held += fen;
  return held;
}

}  // namespace

void CrossAudit::Fold(const PersonEvent& event) {
  for (const store::v1::JournalLine& line : event.journal())
    if (line.account() == store::v1::CROSS_HOLD) held_ -= line.amount_fen();
  // A reservation for an undo ends with the undo.
  if (event.reversed().cross().at_insured_place()) reserved_.clear();
  const store::v1::CrossPart& part = event.settled().cross();
  if (event.settled().has_cross() && !part.at_insured_place() && !part.at_gateway() &&
      attempts_.count(part.resv_id()) == 0)
    Find("settles without an attempt");
  const CrossEvent& cross = event.cross();
  switch (cross.what_case()) {
    case CrossEvent::kReserved:
      if (!reserved_.empty()) Find("reserves while something is reserved");
      reserved_ = cross.reserved();
      break;
    case CrossEvent::kReleased:
      if (reserved_ != cross.released()) Find("releases what is not reserved");
      reserved_.clear();
      break;
    case CrossEvent::kBegan:
      if (!attempts_.insert(cross.began()).second) Find("begins an attempt twice");
      break;
    case CrossEvent::kCancelled:
      if (attempts_.count(cross.cancelled()) == 0) Find("decides against no attempt");
      break;
    case CrossEvent::kRefused:
      if (attempts_.erase(cross.refused()) == 0) Find("ends no attempt");
      break;
    case CrossEvent::kEnded:
      if (attempts_.erase(cross.ended()) == 0) Find("ends no attempt");
      break;
    case CrossEvent::WHAT_NOT_SET:
      if (event.has_cross()) Find("a step across areas is of no known kind");
      break;
  }
}

void CrossAudit::Add(absl::string_view psn_no, int64_t version, const store::v1::PersonState& state,
                     const PersonEvent& event) {
  if (psn_no_ != psn_no) {
    psn_no_ = std::string(psn_no);
    reserved_.clear();
    held_ = 0;
    attempts_.clear();
  }
  version_ = version;
  Fold(event);
  const CrossReservation& reservation = state.cross().reservation();
  if (reservation.resv_id() != reserved_) Find("the reservation is not the fold of the events");
  if (held_ != HeldBy(reservation)) Find("CROSS_HOLD is not what the reservation holds");
  std::set<std::string> open;
  for (const store::v1::CrossAttempt& attempt : state.cross().open())
    open.insert(attempt.resv_id());
  if (open != attempts_) Find("the open attempts are not the fold of the events");
  if (IsVisitor(psn_no)) open_visitors_[psn_no_] = !open.empty();
}

absl::Status CrossAudit::Finish(storage::StoreReader& store) {
  YIJIE_ASSIGN_OR_RETURN(const std::set<std::string> found, RowKeys(store, kCrossOpenTable));
  size_t expected = 0;
  for (const auto& [visitor, open] : open_visitors_) {
    if (!open) continue;
    ++expected;
    if (found.count(visitor) == 0) report_.Add(visitor, 0, "a row of table cross_open is missing");
  }
  if (found.size() != expected) {
    report_.Add("", 0,
                absl::StrCat("table cross_open has ", found.size(),
                             " rows, the visitors stand for ", expected));
  }
  return absl::OkStatus();
}

}  // namespace yijie::engine
