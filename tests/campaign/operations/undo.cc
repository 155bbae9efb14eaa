#include "tests/campaign/made_world.h"
#include "tests/campaign/operations.h"

// Reverse, ReverseByMessage (冲正), the agency's UndoSettlement, Refund, QueryMessage with and
// without a fence.

namespace yijie::campaign {
namespace {

// A settlement of the person: mostly the newest, sometimes any, undone or not.
const Settlement* SomeSettlement(Making& making) {
  const auto& settlements = making.person.settlements;
  if (settlements.empty()) return nullptr;
  auto place = settlements.rbegin();
  const int most = static_cast<int>(settlements.size()) - 1;
  std::advance(place, making.draws.Percent(60) ? 0 : making.draws.Number(0, most));
  return &place->second;
}

std::shared_ptr<Message> MakeReverse(Making& making) {
  const Settlement* settlement = SomeSettlement(making);
  if (settlement == nullptr) return nullptr;
  auto request = std::make_shared<v1::ReverseRequest>();
  *request->mutable_header() =
      making.draws.Percent(95) ? making.HeaderOf(settlement->owner) : making.Header();
  // Ids of different calls do not clash.
  if (making.draws.Percent(10))
    request->mutable_header()->set_msgid(settlement->answer.medins_setl_id());
  request->set_psn_no(making.person.psn_no);
  request->set_setl_id(making.person.setl_ids.at(settlement->version));
  if (making.draws.Percent(2)) {  // an id that nobody was told
    request->set_setl_id(request->setl_id().substr(0, 25) + "99999");
  }
  return request;
}

Answer UndoById(Model& model, Person& person, const std::string& institution,
                const std::string& setl_id, Undoer by, const Now& now) {
  if (const Settlement* settlement = person.FindSettlement(institution, setl_id))
    return model.Undo(person, settlement->version, by, now);
  v1::ReverseResponse response;
  response.mutable_reversal()->set_outcome(v1::NO_SUCH_SETTLEMENT);
  response.mutable_reversal()->set_reason("none");
  response.mutable_reversal()->set_orig_setl_id(setl_id);
  response.mutable_reversal()->set_setl_time(now.time);
  return Told(response);
}

Answer ExpectReverse(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::ReverseRequest>(message);
  Person& person = model.Find(request.psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  const std::string& institution = request.header().fixmedins_code();
  if (FindInstitution(institution) == nullptr)
    return Error(absl::StatusCode::kNotFound, "header.fixmedins_code");
  return UndoById(model, person, institution, request.setl_id(), Undoer::kItself, now);
}

std::shared_ptr<Message> MakeUndoSettlement(Making& making) {
  const Settlement* settlement = SomeSettlement(making);
  if (settlement == nullptr) return nullptr;
  auto request = std::make_shared<v1::UndoSettlementRequest>();
  *request->mutable_header() = making.HeaderOf(kAgency);
  request->set_psn_no(making.person.psn_no);
  request->set_setl_id(making.person.setl_ids.at(settlement->version));
  request->set_fixmedins_code(making.draws.Percent(95) ? settlement->owner
                                                       : making.SomeInstitution());
  if (!making.draws.Percent(2)) request->set_reason("billed twice");
  return request;
}

std::string MalformedUndoSettlement(const Message& message) {
  return As<v1::UndoSettlementRequest>(message).reason().empty() ? "reason" : "";
}

Answer ExpectUndoSettlement(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::UndoSettlementRequest>(message);
  Person& person = model.Find(request.psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  return UndoById(model, person, request.fixmedins_code(), request.setl_id(), Undoer::kTheAgency,
                  now);
}

// Some of the lines, mostly; all of them, too many, or one that is not there sometimes.
std::shared_ptr<Message> MakeRefund(Making& making) {
  Draws& draws = making.draws;
  const Settlement* settlement = SomeSettlement(making);
  if (settlement == nullptr) return nullptr;
  auto request = std::make_shared<v1::RefundRequest>();
  *request->mutable_header() =
      draws.Percent(97) ? making.HeaderOf(settlement->owner) : making.Header();
  request->set_psn_no(making.person.psn_no);
  request->set_setl_id(making.person.setl_ids.at(settlement->version));
  const auto& lines = making.person.claims[settlement->claim].claim.fee_line();
  for (int i = 0; i < lines.size(); ++i) {
    if (!draws.Percent(60)) continue;
    v1::RefundLine* line = request->add_line();
    line->set_line(i + 1);
    line->set_cnt_1e4(draws.Percent(40) ? lines[i].cnt_1e4()
                                        : draws.Number(1, static_cast<int>(lines[i].cnt_1e4())));
    if (draws.Percent(2)) line->set_cnt_1e4(lines[i].cnt_1e4() + 1);
  }
  if (draws.Percent(2)) {
    v1::RefundLine* line = request->add_line();
    line->set_line(lines.size() + 1);
    line->set_cnt_1e4(10'000);
  }
  return request;
}

std::string MalformedRefund(const Message& message) {
  return As<v1::RefundRequest>(message).line().empty() ? "line" : "";
}

Answer ExpectRefund(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::RefundRequest>(message);
  Person& person = model.Find(request.psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  if (FindInstitution(request.header().fixmedins_code()) == nullptr)
    return Error(absl::StatusCode::kNotFound, "header.fixmedins_code");
  return model.Refund(person, request, now);
}

// The message of a settlement of the person, or an id that was never used.
struct Named {
  std::string institution;
  std::string msgid;
  v1::Transaction call = v1::SETTLE;
};

Named SomeMessage(Making& making) {
  const Settlement* settlement = SomeSettlement(making);
  if (settlement == nullptr || making.draws.Percent(30))
    return {making.SomeInstitution(), making.NewId("n"),
            making.draws.Percent(80) ? v1::SETTLE : v1::SETTLE_STAY};
  const bool of_stay = settlement->answer.mdtrt_id()[0] == 's';
  return {settlement->owner, settlement->answer.medins_setl_id(),
          of_stay ? v1::SETTLE_STAY : v1::SETTLE};
}

std::shared_ptr<Message> MakeReverseByMessage(Making& making) {
  const Named named = SomeMessage(making);
  auto request = std::make_shared<v1::ReverseByMessageRequest>();
  *request->mutable_header() = making.HeaderOf(named.institution);
  request->set_psn_no(making.person.psn_no);
  request->set_omsgid(named.msgid);
  request->set_transaction(making.draws.Percent(50) ? v1::TRANSACTION_UNSPECIFIED : named.call);
  return request;
}

Answer ExpectReverseByMessage(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::ReverseByMessageRequest>(message);
  Person& person = model.Find(request.psn_no());
  if (!person.known()) return Error(absl::StatusCode::kNotFound, "psn_no");
  const std::string& institution = request.header().fixmedins_code();
  if (FindInstitution(institution) == nullptr)
    return Error(absl::StatusCode::kNotFound, "header.fixmedins_code");
  // A request that does not say which call the message was means a Settle, and closes both.
  const bool unset = request.transaction() == v1::TRANSACTION_UNSPECIFIED;
  const v1::Transaction call = unset ? v1::SETTLE : request.transaction();
  std::vector<std::string> keys = {Model::KeyOf(institution, call, request.omsgid())};
  const KnownMessage* const original = model.FindMessage(keys.front());
  if (unset) {
    keys.push_back(Model::KeyOf(institution, v1::SETTLE_STAY, request.omsgid()));
    const KnownMessage* const stay = model.FindMessage(keys.back());
    if (stay != nullptr && !stay->closed)
      return Error(absl::StatusCode::kInvalidArgument, "transaction");
    if (stay != nullptr) keys.pop_back();
  }
  if (original == nullptr || original->version == 0) {
    v1::ReverseByMessageResponse response;
    response.mutable_reversal()->set_outcome(v1::NOTHING_TO_REVERSE);
    response.mutable_reversal()->set_reason("nothing");
    response.mutable_reversal()->set_setl_time(now.time);
    Answer answer = Told(response);
    if (original != nullptr) return answer;
    answer.closed_keys = std::move(keys);
    if (call == v1::SETTLE) person.never_arrived.emplace_back(institution, request.omsgid());
    return answer;
  }
  if (original->psn_no != person.psn_no) return Error(absl::StatusCode::kInvalidArgument, "psn_no");
  Answer undone = model.Undo(person, original->version, Undoer::kItselfByMessage, now);
  if (undone.reply == nullptr) return undone;
  v1::ReverseByMessageResponse response;
  *response.mutable_reversal() = As<v1::ReverseResponse>(*undone.reply).reversal();
  return Told(response, undone.version);
}

std::shared_ptr<Message> MakeQueryMessage(Making& making) {
  const Named named = SomeMessage(making);
  auto request = std::make_shared<v1::QueryMessageRequest>();
  request->set_fixmedins_code(named.institution);
  request->set_transaction(named.call);
  request->set_msgid(named.msgid);
  request->set_fence(making.draws.Percent(60));
  return request;
}

// The reply in it is compared with the first one by its bytes (runner.cc).
Answer ExpectQueryMessage(Model& model, const Message& message, const Now& /*now*/) {
  const auto& request = As<v1::QueryMessageRequest>(message);
  const std::string key =
      Model::KeyOf(request.fixmedins_code(), request.transaction(), request.msgid());
  const KnownMessage* known = model.FindMessage(key);
  v1::QueryMessageResponse response;
  response.set_state(known == nullptr ? v1::NEVER_SEEN : known->closed ? v1::CLOSED : v1::ANSWERED);
  if (known == nullptr && request.fence() && FindInstitution(request.fixmedins_code()) == nullptr)
    return Error(absl::StatusCode::kNotFound, "fixmedins_code");
  if (known != nullptr && known->settled) {
    const Person& person = model.Find(known->psn_no);
    const Settlement& newest = NewestOfBill(person, person.settlements.at(known->version));
    response.set_reversed(IsReversed(person, newest));
    if (newest.undone_by == 0 && newest.version != known->version)
      response.set_replaced_by_setl_id(Person::IdOf(newest.version));
  }
  Answer answer = Told(response);
  if (known == nullptr && request.fence()) answer.closed_keys = {key};
  return answer;
}

}  // namespace

std::vector<Kind> UndoKinds() {
  return {
      {"yijie.v1.SettlementService.Reverse", 70, MakeReverse, ExpectReverse, v1::REVERSE},
      {"yijie.v1.SettlementService.ReverseByMessage", 50, MakeReverseByMessage,
       ExpectReverseByMessage, v1::REVERSE_BY_MESSAGE},
      {"yijie.v1.AgencyService.UndoSettlement", 30, MakeUndoSettlement, ExpectUndoSettlement,
       v1::UNDO_SETTLEMENT, MalformedUndoSettlement},
      {"yijie.v1.SettlementService.Refund", 60, MakeRefund, ExpectRefund, v1::REFUND,
       MalformedRefund},
      {"yijie.v1.SettlementService.QueryMessage", 35, MakeQueryMessage, ExpectQueryMessage},
  };
}

}  // namespace yijie::campaign
