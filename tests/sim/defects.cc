#include <map>
#include <set>
#include <utility>

#include "engine/cross/cross_digest.h"
#include "engine/person.h"
#include "tests/sim/defect.h"
#include "tests/sim/engine_party.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/cross.pb.h"

// The defects that simulations must find. Each is one mistake in the protocol that somebody could
// make.

namespace yijie::sim {
namespace {

namespace v1 = yijie::v1;
using engine::Call;
using engine::Reply;
using google::protobuf::Message;
using storage::Commit;
using store::v1::PersonEvent;

template <typename T>
T& As(Message& message) {
  return static_cast<T&>(message);
}
template <typename T>
const T& As(const Message& message) {
  return static_cast<const T&>(message);
}

PersonEvent EventOf(const Commit& commit) {
  PersonEvent event;
  event.ParseFromString(commit.event);
  return event;
}

bool EraseMessages(Commit& commit, v1::Transaction transaction) {
  auto& messages = commit.messages;
  for (size_t i = messages.size(); i > 0; --i) {
    if (messages[i - 1].key.transaction == static_cast<uint8_t>(transaction))
      messages.erase(messages.begin() + static_cast<std::ptrdiff_t>(i - 1));
  }
  // A commit must write something.
  return !commit.psn_no.empty() || !messages.empty() || !commit.rows.empty();
}

template <typename Response>
Reply Sealed(Response response) {
  engine::Seal(&response);
  return {absl::OkStatus(), response.SerializeAsString()};
}

v1::CancelReservationRequest CancellationOf(const v1::MessageHeader& header,
                                            const std::string& insuplc_admdvs,
                                            const std::string& psn_no, bool undo) {
  v1::CancelReservationRequest request;
  *request.mutable_header() = header;
  request.set_insuplc_admdvs(insuplc_admdvs);
  request.set_psn_no(psn_no);
  request.set_undo(undo);
  engine::Seal(&request);
  return request;
}

template <typename Response>
Reply Done(const Message& request) {
  const auto* field = request.GetDescriptor()->FindFieldByName("header");
  Response response;
  response.set_resv_id(
      As<v1::MessageHeader>(request.GetReflection()->GetMessage(request, field)).msgid());
  return {absl::OkStatus(), response.SerializeAsString()};
}

// --- At the place of care

Defect ConfirmsBeforeTheDecision() {
  Defect defect;
  defect.came_back = [](EngineParty& party, Call call, const Message& asked, Reply& reply) {
    v1::ReserveResponse response;
    if (call != Call::kReserve || !reply.status.ok()) return;
    if (!response.ParseFromString(reply.bytes) || response.outcome() != v1::RESERVED) return;
    const auto& request = As<v1::ReserveRequest>(asked);
    v1::ConfirmRequest confirm;
    *confirm.mutable_header() = request.header();
    confirm.set_insuplc_admdvs(request.insuplc_admdvs());
    confirm.set_psn_no(request.claim().psn_no());
    confirm.set_setl_id("430199260101AAAAAAAAAAAAA00001");
    confirm.set_clr_date(FormatDate(party.Now().day));
    confirm.set_reserved_digest(response.digest());
    engine::Seal(&confirm);
    party.SendAcross(Call::kConfirm, confirm);
  };
  return defect;
}

// An answer is made up where none came.
template <typename Response>
Defect TakesSilenceForConsent(Call of) {
  Defect defect;
  defect.came_back = [of](EngineParty&, Call call, const Message& asked, Reply& reply) {
    if (call == of && !reply.status.ok()) reply = Done<Response>(asked);
  };
  return defect;
}

Defect TakesSilenceForRefusal() {
  Defect defect;
  defect.came_back = [](EngineParty&, Call call, const Message& asked, Reply& reply) {
    if (call != Call::kReserve || reply.status.ok()) return;
    v1::ReserveResponse response;
    response.set_outcome(v1::RESERVE_REFUSED);
    response.mutable_settlement()->set_outcome(v1::NOT_INSURED);
    response.set_resv_id(As<v1::ReserveRequest>(asked).header().msgid());
    response.set_request_digest(As<v1::ReserveRequest>(asked).digest());
    reply = Sealed(response);
  };
  return defect;
}

Defect ForgetsTheIntent() {
  Defect defect;
  defect.write = [](EngineParty&, Commit& commit) {
    return EventOf(commit).cross().began().empty();
  };
  return defect;
}

Defect AnswersEarly() {
  Defect defect;
  defect.answers_early = true;
  return defect;
}

Defect HidesAFullDisk() {
  Defect defect;
  defect.hides_full_disk = true;
  return defect;
}

Defect NeverResolves() {
  Defect defect;
  defect.resolves = false;
  return defect;
}

Defect KeepsNoListOfOpenAttempts() {
  Defect defect;
  defect.write = [](EngineParty&, Commit& commit) {
    for (size_t i = commit.rows.size(); i > 0; --i) {
      if (commit.rows[i - 1].table == "cross_open")
        commit.rows.erase(commit.rows.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
    return true;
  };
  return defect;
}

Defect ForgetsTheMessageOfTheInstitution() {
  Defect defect;
  defect.write = [](EngineParty&, Commit& commit) {
    const PersonEvent event = EventOf(commit);
    if (event.settled().has_cross() && !event.settled().cross().at_insured_place())
      return EraseMessages(commit, v1::SETTLE);
    return true;
  };
  return defect;
}

// Another attempt's answer serves for one that got none.
Defect MixesUpAttempts() {
  auto last = std::make_shared<std::map<std::string, v1::ReserveResponse>>();
  Defect defect;
  defect.came_back = [last](EngineParty&, Call call, const Message& asked, Reply& reply) {
    if (call != Call::kReserve) return;
    const auto& request = As<v1::ReserveRequest>(asked);
    v1::ReserveResponse response;
    const bool answered = reply.status.ok() && response.ParseFromString(reply.bytes);
    if (answered && response.outcome() == v1::RESERVED) (*last)[request.medins_msgid()] = response;
    const auto former = last->find(request.medins_msgid());
    if (answered || former == last->end()) return;
    response = former->second;
    response.set_resv_id(request.header().msgid());
    response.set_request_digest(request.digest());
    reply = Sealed(response);
  };
  return defect;
}

Defect CancelsWhatIsStillDecided() {
  Defect defect;
  defect.every_second = [](EngineParty& party) {
    const auto rows = party.disk().ScanRows("cross_open", "", "", 100);
    for (const storage::Row& row : *rows) {
      const auto newest = party.disk().LoadLatest(row.key);
      store::v1::PersonState state;
      if (!state.ParseFromString((*newest)->state)) return;
      for (const store::v1::CrossAttempt& attempt : state.cross().open()) {
        if (attempt.decision() != store::v1::CROSS_UNDECIDED) continue;
        v1::MessageHeader header;
        header.set_fixmedins_code(attempt.admdvs());
        header.set_msgid(attempt.resv_id());
        party.SendAcross(Call::kCancelReservation,
                         CancellationOf(header, attempt.insuplc_admdvs(), attempt.psn_no(),
                                        attempt.kind() == store::v1::CROSS_UNDO));
      }
    }
  };
  return defect;
}

Defect CancelsAfterAConfirmWithoutAnswer() {
  Defect defect;
  defect.came_back = [](EngineParty& party, Call call, const Message& asked, Reply& reply) {
    if (call != Call::kConfirm || reply.status.ok()) return;
    const auto& request = As<v1::ConfirmRequest>(asked);
    party.SendAcross(
        Call::kCancelReservation,
        CancellationOf(request.header(), request.insuplc_admdvs(), request.psn_no(), false));
  };
  return defect;
}

Defect CancelsTheWrongKind() {
  Defect defect;
  defect.outgoing = [](EngineParty&, Call call, Message& message) {
    if (call != Call::kCancelReservation) return true;
    auto& request = As<v1::CancelReservationRequest>(message);
    request.set_undo(!request.undo());
    engine::Seal(&request);
    return true;
  };
  return defect;
}

Defect ConfirmsAnotherSettlement() {
  Defect defect;
  defect.outgoing = [](EngineParty&, Call call, Message& message) {
    if (call != Call::kConfirm) return true;
    auto& request = As<v1::ConfirmRequest>(message);
    std::string setl_id = request.setl_id();
    setl_id.back() = setl_id.back() == '2' ? '3' : '2';
    request.set_setl_id(setl_id);
    engine::Seal(&request);
    return true;
  };
  return defect;
}

Defect CancelsOnlyOnce() {
  auto sent = std::make_shared<std::set<std::string>>();
  Defect defect;
  defect.outgoing = [sent](EngineParty&, Call call, Message& message) {
    return call != Call::kCancelReservation ||
           sent->insert(As<v1::CancelReservationRequest>(message).header().msgid()).second;
  };
  return defect;
}

Defect ConfirmsOnlyOnce() {
  auto sent = std::make_shared<std::set<std::string>>();
  Defect defect;
  defect.outgoing = [sent](EngineParty&, Call call, Message& message) {
    return call != Call::kConfirm ||
           sent->insert(As<v1::ConfirmRequest>(message).header().msgid()).second;
  };
  return defect;
}

Defect BelievesAnAlteredAnswer() {
  auto sound = std::make_shared<std::map<std::string, std::string>>();
  Defect defect;
  defect.came_back = [sound](EngineParty&, Call call, const Message&, Reply& reply) {
    v1::ReserveResponse response;
    if (call != Call::kReserve || !reply.status.ok()) return;
    if (!response.ParseFromString(reply.bytes) || response.outcome() != v1::RESERVED) return;
    (*sound)[response.resv_id()] = response.digest();
    v1::Amounts& amounts = *response.mutable_settlement()->mutable_amounts();
    // One fen more from the account, and less in cash.
    amounts.set_acct_pay_fen(amounts.acct_pay_fen() + 1);
    amounts.set_psn_cash_pay_fen(amounts.psn_cash_pay_fen() - 1);
    reply = Sealed(response);
  };
  // And nobody compares what is confirmed.
  defect.outgoing = [sound](EngineParty&, Call call, Message& message) {
    if (call != Call::kConfirm) return true;
    auto& request = As<v1::ConfirmRequest>(message);
    request.set_reserved_digest((*sound)[request.header().msgid()]);
    engine::Seal(&request);
    return true;
  };
  return defect;
}

// The hospital hears "not applied" of what was.
Defect DeniesWhatItDid() {
  Defect defect;
  defect.answered = [](EngineParty&, Call call, const Message&, Reply& reply) {
    v1::SettleResponse response;
    if (call == Call::kSettle && reply.status.ok() && response.ParseFromString(reply.bytes) &&
        response.settlement().outcome() == v1::SETTLED)
      reply = {absl::ResourceExhaustedError("not applied"), ""};
  };
  return defect;
}

// The answer to a message that comes again is made anew.
Defect AnswersAnew() {
  Defect defect;
  defect.answered = [](EngineParty& party, Call call, const Message&, Reply& reply) {
    v1::SettleResponse response;
    if (call != Call::kSettle || !reply.status.ok() || !response.ParseFromString(reply.bytes))
      return;
    response.mutable_settlement()->set_setl_time(party.Now().rfc3339);
    reply.bytes = response.SerializeAsString();
  };
  return defect;
}

// A settlement is undone at the place of care, and the other side is never told.
Defect UndoesAlone() {
  Defect defect;
  defect.outgoing = [](EngineParty&, Call call, Message&) { return call != Call::kConfirmUndo; };
  return defect;
}

// --- At the insured place

Defect CancelLeavesTheIdOpen() {
  Defect defect;
  defect.write = [](EngineParty&, Commit& commit) {
    // Only of the cancellation of something that never came.
    if (!commit.psn_no.empty() || commit.messages.size() < 2) return true;
    return EraseMessages(commit, v1::RESERVE) && EraseMessages(commit, v1::RESERVE_UNDO);
  };
  return defect;
}

Defect ForgetsMessages(v1::Transaction transaction) {
  Defect defect;
  defect.write = [transaction](EngineParty&, Commit& commit) {
    return commit.psn_no.empty() || EraseMessages(commit, transaction);
  };
  return defect;
}

struct Hold {
  EngineParty* place;
  Micros since;
  v1::CancelReservationRequest cancellation;
};

// Remembers what is held where, to let it go without being told.
std::shared_ptr<std::map<std::string, Hold>> RememberHolds(Defect* defect) {
  auto holds = std::make_shared<std::map<std::string, Hold>>();
  defect->write = [holds](EngineParty& party, Commit& commit) {
    const PersonEvent event = EventOf(commit);
    store::v1::PersonState state;
    if (event.cross().reserved().empty() || !state.ParseFromString(commit.state)) return true;
    const store::v1::CrossReservation& held = state.cross().reservation();
    v1::MessageHeader header;
    header.set_fixmedins_code(held.admdvs());
    header.set_msgid(held.resv_id());
    (*holds)[held.admdvs() + held.resv_id()] = {
        &party, party.virtual_now(),
        CancellationOf(header, party.admdvs(), commit.psn_no,
                       held.kind() == store::v1::CROSS_UNDO)};
    return true;
  };
  return holds;
}

void LetGo(EngineParty& party, std::map<std::string, Hold>& holds, Micros held_longer_than) {
  for (auto hold = holds.begin(); hold != holds.end();) {
    if (hold->second.place != &party ||
        party.virtual_now() - hold->second.since <= held_longer_than) {
      ++hold;
      continue;
    }
    const v1::CancelReservationRequest cancellation = hold->second.cancellation;
    hold = holds.erase(hold);
    party.Submit(Call::kCancelReservation, cancellation);
  }
}

Defect ReservationsExpire() {
  Defect defect;
  const auto holds = RememberHolds(&defect);
  defect.every_second = [holds](EngineParty& party) { LetGo(party, *holds, 3 * kSecond); };
  return defect;
}

Defect ReservationsEndWithTheProcess() {
  Defect defect;
  const auto holds = RememberHolds(&defect);
  defect.started = [holds](EngineParty& party) { LetGo(party, *holds, 0); };
  return defect;
}

// The hold is in the memory of the process only.
Defect KeepsHoldsInMemory() {
  Defect defect;
  defect.write = [](EngineParty&, Commit& commit) {
    store::v1::PersonState state;
    if (EventOf(commit).cross().reserved().empty() || !state.ParseFromString(commit.state))
      return true;
    state.clear_cross();
    commit.state = state.SerializeAsString();
    return true;
  };
  return defect;
}

template <typename Request>
Defect ClearsByItsOwnClock(Call of) {
  Defect defect;
  defect.incoming = [of](EngineParty& party, Call call, Message& message, Reply&) {
    if (call != of) return true;
    auto& request = As<Request>(message);
    request.set_clr_date(FormatDate(party.Now().day));
    engine::Seal(&request);
    return true;
  };
  return defect;
}

// Answers that it did, and does nothing.
template <typename Response>
Defect ConfirmsWithoutBooking(Call of) {
  Defect defect;
  defect.incoming = [of](EngineParty&, Call call, Message& message, Reply& reply) {
    if (call != of) return true;
    reply = Done<Response>(message);
    return false;
  };
  return defect;
}

}  // namespace

const std::vector<PlantedDefect>& PlantedDefects() {
  static const auto* const kDefects = new std::vector<PlantedDefect>{
      {"confirm_before_decision",
       "Confirm is sent when the answer of Reserve comes, before the decision is durable",
       ConfirmsBeforeTheDecision},
      {"confirm_silence_is_consent", "an attempt ends though nobody answered its Confirm",
       [] { return TakesSilenceForConsent<v1::ConfirmResponse>(Call::kConfirm); }},
      {"cancel_silence_is_consent", "an attempt ends though nobody answered its Cancel",
       [] {
         return TakesSilenceForConsent<v1::CancelReservationResponse>(Call::kCancelReservation);
       }},
      {"undo_silence_is_consent", "an undo ends though nobody answered its ConfirmUndo",
       [] { return TakesSilenceForConsent<v1::ConfirmUndoResponse>(Call::kConfirmUndo); }},
      {"silence_is_refusal", "a Reserve without an answer counts as refused",
       TakesSilenceForRefusal},
      {"intent_not_durable", "the intent is not written", ForgetsTheIntent},
      {"answer_before_durable", "commits are answered before they are durable", AnswersEarly},
      {"full_disk_hidden", "a full disk is not noticed", HidesAFullDisk},
      {"no_resolver", "nobody takes up what is open", NeverResolves},
      {"no_open_list", "open attempts are not listed", KeepsNoListOfOpenAttempts},
      {"message_id_forgotten", "a settlement across areas is booked without its message id",
       ForgetsTheMessageOfTheInstitution},
      {"answer_of_other_attempt", "the answer of a lost attempt serves for a new one",
       MixesUpAttempts},
      {"cancel_of_live_attempt", "the insured place is told Cancel while an attempt runs",
       CancelsWhatIsStillDecided},
      {"cancel_after_confirm", "a Confirm without an answer is followed by a Cancel",
       CancelsAfterAConfirmWithoutAnswer},
      {"cancel_wrong_kind", "Cancel says undo for a settlement, and settlement for an undo",
       CancelsTheWrongKind},
      {"confirm_other_settlement", "Confirm names another settlement", ConfirmsAnotherSettlement},
      {"cancel_once", "Cancel is not sent again", CancelsOnlyOnce},
      {"confirm_once", "Confirm is not sent again", ConfirmsOnlyOnce},
      {"altered_answer", "an answer altered on the way is believed", BelievesAnAlteredAnswer},
      {"denied", "the hospital is told that a settlement was not applied", DeniesWhatItDid},
      {"answered_anew", "a message that comes again gets a new answer", AnswersAnew},
      {"undone_alone", "ConfirmUndo is never sent", UndoesAlone},
      {"cancel_leaves_id_open", "a Cancel that overtakes its Reserve does not close the id",
       CancelLeavesTheIdOpen},
      {"reserve_twice", "a Reserve that comes again is worked on again",
       [] { return ForgetsMessages(v1::RESERVE); }},
      {"confirm_not_remembered", "a Confirm that comes again is worked on again",
       [] { return ForgetsMessages(v1::CONFIRM); }},
      {"undo_not_remembered", "a ConfirmUndo that comes again is worked on again",
       [] { return ForgetsMessages(v1::CONFIRM_UNDO); }},
      {"reservation_expires", "a reservation ends by a timer", ReservationsExpire},
      {"reservation_dies", "reservations end with the process of the insured place",
       ReservationsEndWithTheProcess},
      {"hold_in_memory", "a reservation is kept in memory only", KeepsHoldsInMemory},
      {"own_clearing_day", "the insured place takes the clearing day from its own clock",
       [] { return ClearsByItsOwnClock<v1::ConfirmRequest>(Call::kConfirm); }},
      {"own_clearing_day_of_undo", "the same of an undo",
       [] { return ClearsByItsOwnClock<v1::ConfirmUndoRequest>(Call::kConfirmUndo); }},
      {"confirm_not_booked", "the insured place says that it booked, and did not",
       [] { return ConfirmsWithoutBooking<v1::ConfirmResponse>(Call::kConfirm); }},
      {"undo_not_booked", "the insured place says that it undid, and did not",
       [] { return ConfirmsWithoutBooking<v1::ConfirmUndoResponse>(Call::kConfirmUndo); }},
  };
  return *kDefects;
}

}  // namespace yijie::sim
