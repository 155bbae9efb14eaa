#include "tests/sim/visits.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/deterministic_bytes.h"
#include "engine/moment.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::sim {
namespace {

namespace v1 = yijie::v1;
using engine::Call;

constexpr char kAgency[] = "AGENCY";

}  // namespace

const Insured* Visits::APerson() {
  if (only_ != nullptr) return only_;
  const Insured* person = nullptr;
  do {
    person = &draws_.Of(world_.persons());
  } while (person->place >= static_cast<int>(desks_.size()));
  return person;
}

void Visits::Schedule(Micros end) {
  if (draws_.Percent(35)) only_ = APerson();
  for (int64_t i = draws_.Between(3, 7); i > 0; --i)
    loop_.At(draws_.Between(0, end), [this] { Visit(); });
  for (int64_t i = draws_.Between(0, 5); i > 0; --i)
    loop_.At(draws_.Between(0, end), [this] { AgencyWork(); });
}

std::string Visits::Day(int64_t days_ago) const {
  constexpr int64_t kDayMs = 86'400'000;
  return FormatDate(engine::MomentOf(begins_unix_ms_ - days_ago * kDayMs).day);
}

v1::MessageHeader Visits::NewHeader(const std::string& institution) {
  v1::MessageHeader header;
  header.set_fixmedins_code(institution);
  header.set_msgid(absl::StrCat("M", ++next_id_));
  return header;
}

Errand Visits::MakeErrand(Call call, v1::Transaction transaction, const v1::MessageHeader& header,
                          const google::protobuf::Message& request) {
  Errand errand;
  errand.call = call;
  errand.bytes = engine::DeterministicBytes(request);
  errand.key = {header.fixmedins_code(), static_cast<uint8_t>(transaction), header.msgid()};
  errand.budget = draws_.Between(800 * kMillisecond, 4 * kSecond);
  errand.gives_up = draws_.Percent(20);
  return errand;
}

// --- Bills

Visits::Bill Visits::MakeBill() {
  Bill bill;
  bill.place = draws_.Below(static_cast<int>(desks_.size()));
  const Insured* const person = APerson();
  if (person->place == bill.place && draws_.Percent(50))
    bill.place = (bill.place + 1) % static_cast<int>(desks_.size());
  const std::vector<std::string>& institutions = world_.Institutions(bill.place);
  const bool pharmacy = person->insutype == "310" && draws_.Percent(40);
  const std::string& institution =
      institutions[pharmacy ? 2 : static_cast<size_t>(draws_.Below(2))];
  *bill.request.mutable_header() = NewHeader(institution);
  v1::Claim& claim = *bill.request.mutable_claim();
  claim.set_psn_no(draws_.PerMille(10) ? "NOBODY" : person->psn_no);
  claim.set_insutype(person->insutype);
  claim.set_med_type(pharmacy ? "41" : draws_.Percent(85) ? "21" : "11");
  const int64_t ended = draws_.Percent(8) ? 0 : draws_.Between(2, 6);
  claim.set_enddate(Day(ended));
  claim.set_begndate(Day(claim.med_type() == "21" ? ended + draws_.Between(1, 9) : ended));
  claim.set_acct_used_flag(draws_.Percent(80) ? v1::ACCT_OWN : v1::ACCT_NOT_USED);
  claim.set_rel_ttp_flag(draws_.Percent(3));
  int64_t sum = 0;
  for (int64_t i = draws_.Between(1, 4); i > 0; --i) {
    v1::FeeLine* line = claim.add_fee_line();
    const int64_t amount = draws_.Between(1, pharmacy ? 40'000 : 900'000);
    line->set_feedetl_sn(absl::StrCat(i));
    line->set_med_list_codg(draws_.Percent(90) ? draws_.Of(world_.items()) : "UNLISTED");
    line->set_cnt_1e4(10'000);
    line->set_pric_fen_1e4(amount * 10'000);
    line->set_det_item_fee_sumamt_fen(amount);
    sum += amount;
  }
  claim.set_medfee_sumamt_fen(sum);
  if (draws_.Percent(40)) {
    v1::Credential& shown = *bill.request.mutable_credential();
    shown.set_mdtrt_cert_type("03");
    shown.set_mdtrt_cert_no(CardOf(*person));
    shown.set_card_sn("S" + CardOf(*person));
  }
  if (person->place != bill.place) claim.set_insuplc_admdvs(world_.Area(person->place));
  return bill;
}

void Visits::Visit() {
  Bill bill = MakeBill();
  Errand errand = MakeErrand(Call::kSettle, v1::SETTLE, bill.request.header(), bill.request);
  errand.then = [this, bill](const Errand& done) { AfterSettling(bill, done); };
  DeskOf(bill.place).Run(std::move(errand));
  // The hospital lost patience, or its head.
  if (draws_.Percent(10)) {
    loop_.After(draws_.Between(0, 6 * kSecond), [this, bill] { UndoByMessage(bill); });
  } else if (draws_.Percent(6)) {
    loop_.After(draws_.Between(0, 6 * kSecond), [this, bill] { Inquire(bill); });
  }
}

void Visits::AfterSettling(const Bill& bill, const Errand& errand) {
  v1::SettleResponse response;
  if (!errand.answer.status.ok() || !response.ParseFromString(errand.answer.bytes)) return;
  if (draws_.Percent(15)) {
    loop_.After(draws_.Between(0, 5 * kSecond),
                [this, place = bill.place, &errand] { DeskOf(place).Repeat(errand); });
  }
  if (response.settlement().outcome() != v1::SETTLED) return;
  const std::string setl_id = response.settlement().setl_id();
  if (draws_.Percent(only_ == nullptr ? 35 : 60)) {
    loop_.After(draws_.Between(0, 8 * kSecond), [this, bill, setl_id] { Undo(bill, setl_id); });
  }
  if (draws_.Percent(5)) {
    loop_.After(draws_.Between(0, 8 * kSecond), [this, bill, setl_id] { Refund(bill, setl_id); });
  } else if (draws_.Percent(5)) {
    loop_.After(draws_.Between(0, 8 * kSecond),
                [this, bill, setl_id] { UndoByAgency(bill, setl_id); });
  } else if (draws_.Percent(15)) {
    loop_.After(draws_.Between(0, 8 * kSecond), [this, bill] { UndoByMessage(bill); });
  }
}

void Visits::Undo(const Bill& bill, const std::string& setl_id) {
  v1::ReverseRequest request;
  *request.mutable_header() = NewHeader(bill.request.header().fixmedins_code());
  request.set_psn_no(bill.request.claim().psn_no());
  request.set_setl_id(setl_id);
  DeskOf(bill.place).Run(MakeErrand(Call::kReverse, v1::REVERSE, request.header(), request));
}

void Visits::Refund(const Bill& bill, const std::string& setl_id) {
  v1::RefundRequest request;
  *request.mutable_header() = NewHeader(bill.request.header().fixmedins_code());
  request.set_psn_no(bill.request.claim().psn_no());
  request.set_setl_id(setl_id);
  v1::RefundLine* line = request.add_line();
  line->set_line(1);
  line->set_cnt_1e4(10'000);
  DeskOf(bill.place).Run(MakeErrand(Call::kRefund, v1::REFUND, request.header(), request));
}

void Visits::UndoByAgency(const Bill& bill, const std::string& setl_id) {
  v1::UndoSettlementRequest request;
  *request.mutable_header() = NewHeader(kAgency);
  request.set_psn_no(bill.request.claim().psn_no());
  request.set_setl_id(setl_id);
  request.set_fixmedins_code(bill.request.header().fixmedins_code());
  request.set_reason("sim");
  DeskOf(bill.place)
      .Run(MakeErrand(Call::kUndoSettlement, v1::UNDO_SETTLEMENT, request.header(), request));
}

void Visits::Inquire(const Bill& bill) {
  v1::QueryMessageRequest request;
  request.set_fixmedins_code(bill.request.header().fixmedins_code());
  request.set_transaction(v1::SETTLE);
  request.set_msgid(bill.request.header().msgid());
  request.set_fence(draws_.Percent(50));
  v1::MessageHeader none;
  DeskOf(bill.place)
      .Run(MakeErrand(Call::kQueryMessage, v1::TRANSACTION_UNSPECIFIED, none, request));
}

void Visits::UndoByMessage(const Bill& bill) {
  v1::ReverseByMessageRequest request;
  *request.mutable_header() = NewHeader(bill.request.header().fixmedins_code());
  request.set_psn_no(bill.request.claim().psn_no());
  request.set_omsgid(bill.request.header().msgid());
  request.set_insuplc_admdvs(bill.request.claim().insuplc_admdvs());
  DeskOf(bill.place)
      .Run(MakeErrand(Call::kReverseByMessage, v1::REVERSE_BY_MESSAGE, request.header(), request));
}

// --- What happens to persons meanwhile

void Visits::AgencyWork() {
  const Insured* const person = APerson();
  switch (draws_.Below(3)) {
    case 0:
      return Credit(*person);
    case 1:
      return ChangeCard(*person);
    default:
      return Amend(*person);
  }
}

void Visits::Credit(const Insured& person) {
  v1::CreditAccountRequest request;
  *request.mutable_header() = NewHeader(kAgency);
  request.set_psn_no(person.psn_no);
  request.set_sub_account(v1::CURRENT_YEAR);
  request.set_amount_fen(draws_.Between(1, 20'000));
  DeskOf(person.place)
      .Run(MakeErrand(Call::kCreditAccount, v1::CREDIT_ACCOUNT, request.header(), request));
}

void Visits::ChangeCard(const Insured& person) {
  v1::ChangeCardRequest request;
  *request.mutable_header() = NewHeader(kAgency);
  request.set_psn_no(person.psn_no);
  if (draws_.Percent(70)) {
    v1::ReportLoss* loss = request.mutable_change()->mutable_report_loss();
    loss->set_card_no(CardOf(person));
    loss->set_function(v1::SOCIAL_FUNCTION);
    loss->set_kind(v1::TEMPORARY_LOSS);
  } else {
    request.mutable_change()->mutable_lift_loss()->set_card_no(CardOf(person));
    request.mutable_change()->mutable_lift_loss()->set_function(v1::SOCIAL_FUNCTION);
  }
  DeskOf(person.place)
      .Run(MakeErrand(Call::kChangeCard, v1::CHANGE_CARD, request.header(), request));
}

void Visits::Amend(const Insured& person) {
  v1::AmendPersonRequest request;
  *request.mutable_header() = NewHeader(kAgency);
  *request.mutable_facts() = world_.FactsOf(person);
  // A registration became known, or was a mistake; or the relation ended.
  if (draws_.Percent(70)) {
    request.mutable_facts()->clear_registration();
  } else {
    request.mutable_facts()->mutable_coverage(0)->set_enddate(Day(draws_.Between(0, 10)));
  }
  DeskOf(person.place)
      .Run(MakeErrand(Call::kAmendPerson, v1::AMEND_PERSON, request.header(), request));
}

}  // namespace yijie::sim
