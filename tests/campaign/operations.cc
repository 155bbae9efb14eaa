#include "tests/campaign/operations.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/campaign/made_world.h"

namespace yijie::campaign {
namespace {

using google::protobuf::FieldDescriptor;

const std::string* TextField(const Message& request, const char* name) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() || field->type() != FieldDescriptor::TYPE_STRING)
    return nullptr;
  static thread_local std::string scratch;
  scratch = request.GetReflection()->GetString(request, field);
  return &scratch;
}

const Message* Inner(const Message& request, const char* name) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return nullptr;
  return &request.GetReflection()->GetMessage(request, field);
}

// What the call does, on an account whose year was turned where that was due.
Answer ExpectTurned(Model& model, const Kind& kind, const Message& request, const Now& now) {
  const std::string psn_no = PersonOf(request);
  if (psn_no.empty()) return kind.expect(model, request, now);
  Person& person = model.Find(psn_no);
  YearTurn turn(person, now);
  if (kind.transaction == v1::TRANSACTION_UNSPECIFIED) turn.HideVersion();
  Answer answer = kind.expect(model, request, now);
  if (answer.version == 0) {
    turn.TakeBack();
  } else {
    person.purse_after[now.day_number] = person.purse;
  }
  return answer;
}

}  // namespace

const std::vector<Kind>& AllKinds() {
  static const auto* const kKinds = [] {
    auto* const all = new std::vector<Kind>();
    for (const auto& group : {SettleKinds(), AccountKinds(), UndoKinds(), StayKinds(), CardKinds(),
                              FamilyKinds(), PayoutKinds(), FactsKinds()}) {
      all->insert(all->end(), group.begin(), group.end());
    }
    return all;
  }();
  return *kKinds;
}

std::string PersonOf(const Message& request) {
  if (const std::string* psn_no = TextField(request, "psn_no")) return *psn_no;
  for (const char* inner : {"claim", "facts"}) {
    const Message* message = Inner(request, inner);
    if (message != nullptr) return PersonOf(*message);
  }
  return "";
}

const v1::MessageHeader* HeaderIn(const Message& request) {
  return static_cast<const v1::MessageHeader*>(Inner(request, "header"));
}

uint64_t DigestOf(const std::string& bytes) { return std::hash<std::string>()(bytes); }

Expected Expect(Model& model, const Kind& kind, const Message& request, const Now& now) {
  Expected expected;
  if (kind.malformed != nullptr) {
    const std::string field = kind.malformed(request);
    if (!field.empty()) {
      expected.answer = Error(absl::StatusCode::kInvalidArgument, field);
      return expected;
    }
  }
  if (kind.transaction == v1::TRANSACTION_UNSPECIFIED) {
    expected.answer = ExpectTurned(model, kind, request, now);
    return expected;
  }
  const v1::MessageHeader& header = *HeaderIn(request);
  expected.key = Model::KeyOf(header.fixmedins_code(), kind.transaction, header.msgid());
  KnownMessage* known = model.FindMessage(expected.key);
  if (known == nullptr) {
    expected.answer = ExpectTurned(model, kind, request, now);
  } else if (known->closed) {
    expected.answer = kind.closed(request, known->closed_at);
  } else if (known->request != request.SerializeAsString()) {
    expected.answer = Error(absl::StatusCode::kAlreadyExists, "");
  } else {
    expected.first = known;
  }
  return expected;
}

void Remember(Model& model, const Expected& expected, const Message& request, const Now& now,
              const std::string& reply_bytes) {
  const Answer& answer = expected.answer;
  for (const std::string& key : answer.closed_keys) {
    KnownMessage& closed = model.messages()[key];
    closed.closed = true;
    closed.closed_at = now;
  }
  if (expected.key.empty() || answer.code != absl::StatusCode::kOk) return;
  const auto [place, added] = model.messages().try_emplace(expected.key);
  if (!added) return;
  KnownMessage& known = place->second;
  known.request = request.SerializeAsString();
  known.reply = DigestOf(reply_bytes);
  known.version = answer.version;
  known.settled = answer.settled;
  if (answer.version != 0) known.psn_no = PersonOf(request);
}

std::string Making::NewId(const char* prefix) { return absl::StrCat(prefix, ++counter); }

std::string Making::SomeInstitution() {
  const auto& institutions = Institutions();
  const int place = draws.Below(100);
  if (place < 1) return "H49999999999";
  if (place < 43) return institutions[0].fixmedins_code();
  if (place < 80) return institutions[1].fixmedins_code();
  return institutions[place < 86 ? 2 : 3].fixmedins_code();
}

v1::MessageHeader Making::HeaderOf(const std::string& institution) {
  v1::MessageHeader header;
  header.set_fixmedins_code(institution);
  header.set_msgid(NewId("m"));
  if (draws.Percent(30)) header.set_opter("clerk");
  return header;
}

v1::MessageHeader Making::Header() { return HeaderOf(SomeInstitution()); }

google::protobuf::RepeatedPtrField<v1::FeeLine> MakeLines(Making& making, int most, int serial,
                                                          const std::string& day) {
  constexpr int kCounts1e4[] = {10'000, 10'000, 20'000, 30'000, 15'000, 2'500, 70'000};
  constexpr const char* kItems[] = {"A", "A", "A", "B", "B", "M", "L", "C", "X"};
  google::protobuf::RepeatedPtrField<v1::FeeLine> lines;
  const int count = making.draws.Number(1, most);
  for (int i = 0; i < count; ++i) {
    v1::FeeLine& line = *lines.Add();
    line.set_feedetl_sn(absl::StrCat(serial + i));
    line.set_med_list_codg(kItems[making.draws.Below(9)]);
    line.set_fee_ocur_date(day);
    const int64_t cnt_1e4 = kCounts1e4[making.draws.Below(7)];
    const int64_t price = making.draws.Percent(15) ? making.draws.Number(100'000, 4'000'000)
                                                   : making.draws.Number(1, 90'000);
    line.set_cnt_1e4(cnt_1e4);
    line.set_pric_fen_1e4(price * 10'000);
    line.set_det_item_fee_sumamt_fen((2 * price * cnt_1e4 + 10'000) / 20'000);
    line.set_outside_restriction(making.draws.Percent(3));
  }
  // A bill is never 0.
  if (SumOf(lines) == 0) {
    lines.Mutable(0)->set_pric_fen_1e4(10'000'000);
    lines.Mutable(0)->set_cnt_1e4(10'000);
    lines.Mutable(0)->set_det_item_fee_sumamt_fen(1'000);
  }
  return lines;
}

int64_t SumOf(const google::protobuf::RepeatedPtrField<v1::FeeLine>& lines) {
  int64_t sum = 0;
  for (const v1::FeeLine& line : lines) sum += line.det_item_fee_sumamt_fen();
  return sum;
}

v1::AcctUse SomeAccountUse(Making& making) {
  const int place = making.draws.Below(100);
  if (!making.person.asked_givers.empty() && place < 60) return v1::ACCT_FAMILY;
  return place < 50 ? v1::ACCT_OWN : place < 75 ? v1::ACCT_FAMILY : v1::ACCT_NOT_USED;
}

void MakeCredential(Making& making, v1::Credential* credential, bool* shown) {
  Draws& draws = making.draws;
  *shown = draws.Percent(88);
  if (!*shown) return;
  const auto& cards = making.person.cards.cards();
  if (!cards.empty() && draws.Percent(30)) {
    const std::string& number = draws.Percent(80) ? cards.back().number : draws.Of(cards).number;
    credential->set_mdtrt_cert_type("03");
    credential->set_mdtrt_cert_no(draws.Percent(3) ? "NOCARD" : number);
    credential->set_card_sn(draws.Percent(3) ? "S" : "S" + number);
    return;
  }
  credential->set_mdtrt_cert_type("01");
  credential->set_mdtrt_cert_no("token");
  credential->set_psn_cert_type("99");
  credential->set_certno(draws.Percent(3) ? "TOTHER" : "T" + making.person.psn_no);
}

Answer ClosedSettlement(const v1::MessageHeader& header, const v1::Claim& claim,
                        const Now& closed_at) {
  v1::SettleResponse response;
  v1::Settlement& settlement = *response.mutable_settlement();
  settlement.set_outcome(v1::REVERSED_BEFORE_ARRIVAL);
  settlement.set_reason("closed");
  settlement.set_psn_no(claim.psn_no());
  settlement.set_insutype(claim.insutype());
  settlement.set_med_type(claim.med_type());
  settlement.set_mdtrt_id(claim.mdtrt_id());
  settlement.set_fixmedins_code(header.fixmedins_code());
  settlement.set_medins_setl_id(header.msgid());
  settlement.set_setl_time(closed_at.time);
  settlement.set_clr_date(closed_at.day);
  return Told(response);
}

}  // namespace yijie::campaign
