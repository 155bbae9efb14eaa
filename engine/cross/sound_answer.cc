#include "engine/cross/sound_answer.h"

#include "engine/books/book_entry.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

bool IsRefusal(v1::Outcome outcome) {
  return v1::Outcome_IsValid(outcome) && outcome != v1::OUTCOME_UNSPECIFIED &&
         outcome != v1::SETTLED;
}

bool Settles(const v1::Settlement& settlement, const v1::Claim& claim) {
  return settlement.outcome() == v1::SETTLED &&
         settlement.amounts().medfee_sumamt_fen() == claim.medfee_sumamt_fen() &&
         CheckBookable(settlement).ok();
}

}  // namespace

bool IsSound(const v1::ReserveRequest& request, const v1::ReserveResponse& answer) {
  switch (answer.outcome()) {
    case v1::RESERVED:
      return Settles(answer.settlement(), request.claim());
    case v1::RESERVE_REFUSED:
      return IsRefusal(answer.settlement().outcome());
    case v1::PERSON_BUSY:
    case v1::RESERVATION_CLOSED:
    case v1::PERSON_NOT_KNOWN:
      return true;
    default:
      return false;
  }
}

bool IsSound(const v1::EvaluateRequest& request, const v1::EvaluateResponse& answer) {
  return IsRefusal(answer.settlement().outcome()) || Settles(answer.settlement(), request.claim());
}

bool IsSound(const v1::ReserveUndoRequest& /*request*/, const v1::ReserveUndoResponse& answer) {
  if (answer.person_busy()) return true;
  return v1::ReverseOutcome_IsValid(answer.outcome()) &&
         answer.outcome() != v1::REVERSE_OUTCOME_UNSPECIFIED;
}

}  // namespace yijie::engine
