#include "tests/sim/books.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/call.h"
#include "engine/person.h"
#include "tests/sim/desk.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/cross.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::sim {
namespace {

namespace v1 = yijie::v1;
using engine::Call;
using google::protobuf::Message;
using store::v1::CrossEvent;
using store::v1::CrossPart;
using store::v1::PersonEvent;

// A reservation is known by the area of its place of care and its id.
std::string Name(const std::string& admdvs, const std::string& resv_id) {
  return absl::StrCat(admdvs, "/", resv_id);
}

std::string FieldOf(const Message& message, const char* name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
}

bool IsAcross(Call call) {
  switch (call) {
    case Call::kReserve:
    case Call::kConfirm:
    case Call::kReserveUndo:
    case Call::kConfirmUndo:
    case Call::kCancelReservation:
      return true;
    default:
      return false;
  }
}

std::string PersonOf(Call call, const Message& request) {
  switch (call) {
    case Call::kReserve:
      return static_cast<const v1::ReserveRequest&>(request).claim().psn_no();
    case Call::kSettle:
      return static_cast<const v1::SettleRequest&>(request).claim().psn_no();
    case Call::kAmendPerson:
      return static_cast<const v1::AmendPersonRequest&>(request).facts().psn_no();
    default:
      return FieldOf(request, "psn_no");
  }
}

std::string MessageName(Call call, const Message& request) {
  std::string name(engine::CallName(call));
  if (call == Call::kCancelReservation &&
      static_cast<const v1::CancelReservationRequest&>(request).undo())
    name += "OfUndo";
  return name;
}

// Area where the person of a message is insured, if the message says so.
std::string AreaOf(Call call, const Message& request) {
  constexpr size_t kAreaDigits = 6;
  switch (call) {
    case Call::kSettle:
      return static_cast<const v1::SettleRequest&>(request).claim().insuplc_admdvs();
    case Call::kReverse:
    case Call::kRefund:
    case Call::kUndoSettlement:
      return FieldOf(request, "setl_id").substr(0, kAreaDigits);
    default:
      return FieldOf(request, "insuplc_admdvs");
  }
}

const char* OutcomeOf(Call call, const engine::Reply& reply) {
  if (!reply.status.ok()) return "no answer";
  if (call == Call::kReserve) {
    v1::ReserveResponse response;
    if (!response.ParseFromString(reply.bytes)) return "unreadable";
    switch (response.outcome()) {
      case v1::RESERVED:
        return "reserved";
      case v1::PERSON_BUSY:
        return "busy";
      case v1::RESERVATION_CLOSED:
        return "closed";
      default:
        return "refused";
    }
  }
  if (call == Call::kReserveUndo) {
    v1::ReserveUndoResponse response;
    if (!response.ParseFromString(reply.bytes)) return "unreadable";
    if (response.person_busy()) return "busy";
    return response.outcome() == v1::REVERSED ? "reserved" : "refused";
  }
  return "done";
}

}  // namespace

void Books::Fail(const std::string& what) {
  if (violation_.empty()) violation_ = what;
}

void Books::Durable(int place, const storage::Commit& commit) {
  const std::string& admdvs = world_.Area(place);
  if (commit.psn_no.empty()) return;
  std::vector<PersonEvent> events(commit.earlier.size() + 1);
  bool readable = events.back().ParseFromString(commit.event);
  for (size_t i = 0; i < commit.earlier.size(); ++i)
    readable = events[i].ParseFromString(commit.earlier[i].event) && readable;
  if (!readable) return Fail("an event cannot be read");
  for (const PersonEvent& event : events) CheckJournal(event);
  const bool books = events.back().has_settled() || events.back().has_reversed();
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].has_cross()) {
      Step(place, admdvs, commit, events[i].cross(), books);
    } else {
      Event(place, admdvs, commit.psn_no, events[i]);
    }
  }
}

void Books::CheckJournal(const PersonEvent& event) {
  int64_t sum = 0;
  for (const store::v1::JournalLine& line : event.journal()) sum += line.amount_fen();
  if (sum != 0) Fail(absl::StrCat("a journal adds up to ", sum));
}

Books::Booked Books::Read(int place, const std::string& psn_no, const PersonEvent& event) {
  Booked booked;
  for (const store::v1::JournalLine& line : event.journal()) {
    if (line.account() == store::v1::CROSS_RECEIVABLE) booked.owed_fen += line.amount_fen();
    if (line.account() == store::v1::CROSS_PAYABLE) booked.owed_fen -= line.amount_fen();
  }
  booked.clr_date = event.clr_date();
  booked.place = place;
  booked.person = psn_no;
  if (event.has_settled()) {
    booked.setl_id = event.settled().cross().setl_id();
    booked.own_setl_id = event.settled().setl_id();
  } else {
    booked.setl_id = event.reversed().cross().setl_id();
    booked.own_setl_id = event.reversed().setl_id();
  }
  return booked;
}

void Books::Event(int place, const std::string& admdvs, const std::string& psn_no,
                  const PersonEvent& event) {
  if (!event.has_settled() && !event.has_reversed()) return;
  const bool undo = event.has_reversed();
  durable_.insert(undo ? event.reversed().setl_id() : event.settled().setl_id());
  if (undo &&
      !undone_settlements_.insert(absl::StrCat(place, "/", event.reversed().orig_setl_id())).second)
    Fail(absl::StrCat("undone twice: ", event.reversed().orig_setl_id()));
  const bool across = undo ? event.reversed().has_cross() : event.settled().has_cross();
  const auto held = held_.find({place, psn_no});
  if (!across) {
    if (held != held_.end())
      Fail(absl::StrCat("another claim moved the person during ", held->second.first));
    return;
  }
  const CrossPart& part = undo ? event.reversed().cross() : event.settled().cross();
  Booked booked = Read(place, psn_no, event);
  if (undo) {
    booked.orig = resv_of_[absl::StrCat(place, "/", event.reversed().orig_setl_id())];
    if (booked.orig.empty()) Fail("the undo of something that was not settled across areas");
  }
  const std::string name =
      Name(part.at_insured_place() ? part.peer_admdvs() : admdvs, part.resv_id());
  resv_of_[absl::StrCat(place, "/", booked.own_setl_id)] = name;
  if (part.at_insured_place()) return BookedAtHome(booked, name, undo);
  if (!undo && !settled_messages_.insert({place, event.fixmedins_code(), event.msgid()}).second)
    Fail(absl::StrCat("one message settled twice: ", event.msgid()));
  BookedAtCare(booked, name, undo);
}

void Books::BookedAtCare(const Booked& booked, const std::string& name, bool undo) {
  if (!(undo ? care_undone_ : care_).emplace(name, booked).second)
    Fail(absl::StrCat("booked twice at the place of care: ", name));
  Attempt& attempt = attempts_[name];
  if (attempt.decision != Decision::kUndecided) Fail(absl::StrCat("decided twice: ", name));
  attempt.decision = Decision::kConfirmed;
  const auto known = known_.find(name);
  if (known == known_.end() || known->second != Known::kHeld)
    Fail(absl::StrCat("the place of care booked what is not held: ", name));
}

void Books::BookedAtHome(const Booked& booked, const std::string& name, bool undo) {
  if (!(undo ? home_undone_ : home_).emplace(name, booked).second)
    Fail(absl::StrCat("booked twice at the insured place: ", name));
  const auto& there = undo ? care_undone_ : care_;
  const auto other = there.find(name);
  if (other == there.end())
    return Fail(absl::StrCat("the insured place booked what the place of care did not: ", name));
  if (other->second.owed_fen != booked.owed_fen || other->second.setl_id != booked.setl_id ||
      other->second.clr_date != booked.clr_date || other->second.orig != booked.orig)
    Fail(absl::StrCat("the two sides booked different things: ", name, ", ", other->second.owed_fen,
                      " and ", booked.owed_fen, " fen, ", other->second.clr_date, " and ",
                      booked.clr_date));
  known_[name] = Known::kConfirmed;
  held_.erase({booked.place, booked.person});
}

void Books::Step(int place, const std::string& admdvs, const storage::Commit& commit,
                 const CrossEvent& event, bool books) {
  const std::pair<int, std::string> person(place, commit.psn_no);
  switch (event.what_case()) {
    case CrossEvent::kReserved: {
      store::v1::PersonState state;
      if (!state.ParseFromString(commit.state)) return Fail("a state cannot be read");
      const store::v1::CrossReservation& held = state.cross().reservation();
      const std::string name = Name(held.admdvs(), event.reserved());
      if (attempts_[name].ended) Fail(absl::StrCat("reserved after its end: ", name));
      if (attempts_[name].visitor.empty()) Fail(absl::StrCat("reserved and never begun: ", name));
      if (!known_.emplace(name, Known::kHeld).second) Fail(absl::StrCat("reserved twice: ", name));
      if (!held_.emplace(person, std::make_pair(name, held.kind() == store::v1::CROSS_UNDO)).second)
        Fail(absl::StrCat("two reservations of a person: ", name));
      return;
    }
    case CrossEvent::kReleased: {
      const auto held = held_.find(person);
      if (held == held_.end()) return Fail("released what was not held");
      if (books) return;
      const std::string name = held->second.first;
      if (attempts_[name].decision != Decision::kCancelled)
        Fail(absl::StrCat("released, and the place of care did not decide so: ", name));
      known_[name] = Known::kReleased;
      held_.erase(held);
      return;
    }
    case CrossEvent::kBegan:
      attempts_[Name(admdvs, event.began())].visitor = commit.psn_no;
      attempts_[Name(admdvs, event.began())].place = place;
      ++open_attempts_;
      return;
    case CrossEvent::kCancelled:
    case CrossEvent::kRefused: {
      const bool refused = event.what_case() == CrossEvent::kRefused;
      Attempt& attempt = attempts_[Name(admdvs, refused ? event.refused() : event.cancelled())];
      if (attempt.decision != Decision::kUndecided) Fail("decided twice");
      attempt.decision = Decision::kCancelled;
      attempt.ended = refused;
      if (refused) --open_attempts_;
      ++cancelled_count_;
      return;
    }
    case CrossEvent::kEnded: {
      const std::string name = Name(admdvs, event.ended());
      Attempt& attempt = attempts_[name];
      attempt.ended = true;
      --open_attempts_;
      const auto known = known_.find(name);
      if (known != known_.end() && known->second == Known::kHeld)
        Fail(absl::StrCat("ended, and the insured place still holds it: ", name));
      if (attempt.decision == Decision::kConfirmed &&
          (known == known_.end() || known->second != Known::kConfirmed))
        Fail(absl::StrCat("ended, and the insured place never booked it: ", name));
      return;
    }
    case CrossEvent::WHAT_NOT_SET:
      return Fail("a step that says nothing");
  }
}

// --- Coverage

std::string Books::StateAtHome(int place, const std::string& psn_no,
                               const std::string& name) const {
  const auto held = held_.find({place, psn_no});
  if (held != held_.end() && held->second.first == name)
    return held->second.second ? "home: this undo held" : "home: this held";
  const char* id = seen_.count(name) != 0 ? "refused" : "new";
  const auto known = known_.find(name);
  if (known != known_.end()) id = known->second == Known::kConfirmed ? "confirmed" : "released";
  const char* person = held == held_.end()   ? "free"
                       : held->second.second ? "other undo held"
                                             : "other held";
  return absl::StrCat("home: id ", id, ", ", person);
}

std::string Books::StateAtCare(int place, const std::string& visitor) const {
  bool undecided = false;
  bool stale = false;
  bool confirmed = false;
  bool cancelled = false;
  for (const auto& [name, attempt] : attempts_) {
    if (attempt.place != place || attempt.visitor != visitor || attempt.ended) continue;
    undecided = undecided || (attempt.decision == Decision::kUndecided && !attempt.crashed);
    stale = stale || (attempt.decision == Decision::kUndecided && attempt.crashed);
    confirmed = confirmed || attempt.decision == Decision::kConfirmed;
    cancelled = cancelled || attempt.decision == Decision::kCancelled;
  }
  return absl::StrCat("care:", undecided ? " live" : "", stale ? " left" : "",
                      confirmed ? " confirmed" : "", cancelled ? " cancelled" : "",
                      undecided || stale || confirmed || cancelled ? "" : " nothing open");
}

void Books::Taken(int place, Call call, const Message& request) {
  const std::string name = MessageName(call, request);
  if (IsAcross(call)) {
    const auto* field = request.GetDescriptor()->FindFieldByName("header");
    const auto& header =
        static_cast<const v1::MessageHeader&>(request.GetReflection()->GetMessage(request, field));
    const std::string resv = Name(header.fixmedins_code(), header.msgid());
    coverage_.Count(StateAtHome(place, PersonOf(call, request), resv), name);
    if (call == Call::kReserve || call == Call::kReserveUndo) seen_.insert(resv);
    return;
  }
  const std::string area = AreaOf(call, request);
  if (!area.empty() && area != world_.Area(place)) {
    const std::string visitor = absl::StrCat(PersonOf(call, request), "@", area);
    return coverage_.Count(StateAtCare(place, visitor), name);
  }
  const auto held = held_.find({place, PersonOf(call, request)});
  coverage_.Count(held == held_.end()   ? "home: free"
                  : held->second.second ? "home: an undo held"
                                        : "home: held",
                  name);
}

void Books::CameBack(int place, Call call, const Message& request, const engine::Reply& reply) {
  const std::string visitor =
      absl::StrCat(PersonOf(call, request), "@", FieldOf(request, "insuplc_admdvs"));
  coverage_.Count(
      StateAtCare(place, visitor),
      absl::StrCat("answer to ", MessageName(call, request), ": ", OutcomeOf(call, reply)));
}

void Books::Answered(int, Call call, const engine::Reply& reply) {
  if (!reply.status.ok() || call != Call::kSettle) return;
  v1::SettleResponse response;
  if (!response.ParseFromString(reply.bytes)) return Fail("an answer cannot be read");
  if (response.settlement().outcome() == v1::SETTLED &&
      durable_.count(response.settlement().setl_id()) == 0)
    Fail(absl::StrCat("told before it was durable: ", response.settlement().setl_id()));
}

void Books::Crashed(int place) {
  for (auto& [name, attempt] : attempts_) {
    if (attempt.place != place || attempt.ended) continue;
    coverage_.Count(StateAtCare(place, attempt.visitor), "crash");
    if (attempt.decision == Decision::kUndecided) attempt.crashed = true;
  }
  for (const auto& [person, held] : held_) {
    if (person.first == place)
      coverage_.Count(held.second ? "home: an undo held" : "home: held", "crash");
  }
}

// --- The end

void Books::CheckAgree() {
  if (!held_.empty()) Fail(absl::StrCat("still held: ", held_.begin()->second.first));
  for (const auto& [name, attempt] : attempts_) {
    if (!attempt.visitor.empty() && !attempt.ended) Fail(absl::StrCat("still open: ", name));
  }
  for (const auto& [here, there] :
       {std::make_pair(&care_, &home_), std::make_pair(&care_undone_, &home_undone_)}) {
    for (const auto& [name, booked] : *here) {
      if (there->count(name) == 0) Fail(absl::StrCat("booked on one side only: ", name));
    }
  }
}

void Books::CheckDisk(int place, storage::Store& disk) {
  const auto open = disk.ScanRows("cross_open", "", "", 1);
  if (!open.ok() || !open->empty())
    Fail(absl::StrCat("an open attempt is listed at place ", place));
  std::string person;
  int64_t balance = 0;
  const absl::Status read =
      disk.ForEachVersion([&](absl::string_view psn_no, const storage::PersonVersion& version) {
        if (psn_no != person) balance = 0;
        person = std::string(psn_no);
        PersonEvent event;
        store::v1::PersonState state;
        if (!event.ParseFromString(version.event) || !state.ParseFromString(version.state))
          return absl::DataLossError("unreadable");
        for (const store::v1::JournalLine& line : event.journal()) {
          if (line.account() == store::v1::PERSONAL_ACCOUNT) balance -= line.amount_fen();
        }
        int64_t told = 0;
        for (const v1::SubBalance& part : state.sub_balance()) told += part.balc_fen();
        if (told != balance) Fail(absl::StrCat("a balance is not what the journal says: ", person));
        return absl::OkStatus();
      });
  if (!read.ok()) Fail(std::string(read.message()));
}

}  // namespace yijie::sim
