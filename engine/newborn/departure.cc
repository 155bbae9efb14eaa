#include "engine/newborn/departure.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/correction/corrections.h"
#include "engine/correction/settle_again.h"
#include "engine/family/family_state.h"
#include "engine/queries.h"
#include "engine/settlement_id.h"
#include "engine/stay/stay_state.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using store::v1::DepartReply;
using store::v1::DepartStep;
using store::v1::Departure;
using store::v1::FeeBatch;
using store::v1::OpenDeparture;
using store::v1::PersonEvent;
using store::v1::PersonNewborn;
using store::v1::Stay;

FoundBill Refused(v1::RepointOutcome outcome, absl::string_view reason) {
  FoundBill bill;
  bill.told.set_outcome(outcome);
  bill.told.set_reason(std::string(reason));
  return bill;
}

bool AnySettled(const Stay& stay) {
  return std::any_of(stay.batch().begin(), stay.batch().end(),
                     [](const FeeBatch& batch) { return batch.settled_version() != 0; });
}

// The stay that the settlement of `version` took fees of; nullptr if it took none.
const Stay* StayOf(int64_t version, const store::v1::PersonStays& stays) {
  const auto took = [version](const FeeBatch& batch) { return batch.settled_version() == version; };
  for (const Stay& stay : stays.stay()) {
    if (std::any_of(stay.batch().begin(), stay.batch().end(), took)) return &stay;
  }
  return nullptr;
}

// Whether the settlement of `version` is all there is of the stay.
bool IsWhole(const Stay& stay, int64_t version) {
  return stay.status() == store::v1::STAY_SETTLED &&
         std::all_of(stay.batch().begin(), stay.batch().end(), [version](const FeeBatch& batch) {
           return batch.settled_version() == version;
         });
}

// The stay as it goes along: its fees are open, and it is known whose versions uploaded them.
Stay Leaving(const Stay& stay, const std::string& psn_no) {
  Stay leaving = stay;
  for (FeeBatch& batch : *leaving.mutable_batch()) {
    batch.set_uploaded_for_psn_no(UploadedFor(batch, psn_no));
    batch.clear_settled_version();
  }
  return leaving;
}

constexpr absl::string_view kInParts =
    "该次住院分段结算或尚有未结算费用，请先撤销各段结算，改挂在院登记后重新结算；已结清的请按结算ID"
    "改挂";

FoundBill FindOpenStay(const v1::RepointRequest& request, const Person& person) {
  const store::v1::PersonStays& stays = person.rest->stays();
  const int index = FindStay(stays, request.fixmedins_code(), request.mdtrt_id());
  if (index < 0) return Refused(v1::REPOINT_NO_SUCH_BILL, "该人员在该机构没有这一住院登记");
  const Stay& stay = stays.stay(index);
  if (stay.status() == store::v1::STAY_SETTLED || AnySettled(stay))
    return Refused(v1::REPOINT_STAY_IN_PARTS, kInParts);
  FoundBill bill;
  bill.told.set_outcome(v1::REPOINTED);
  *bill.told.mutable_departure()->mutable_stay() = Leaving(stay, person.facts->psn_no());
  return bill;
}

absl::StatusOr<FoundBill> FindSettled(storage::StoreReader& store,
                                      const v1::RepointRequest& request, const Person& person) {
  const std::string& psn_no = person.facts->psn_no();
  const auto none = [] { return Refused(v1::REPOINT_NO_SUCH_BILL, "该人员在该机构没有这一结算"); };
  const std::optional<int64_t> named = VersionOfSettlementId(request.setl_id(), psn_no);
  if (!named) return none();
  absl::StatusOr<SettledRecord> record =
      LoadSettled(store, psn_no, *named, request.setl_id(), request.fixmedins_code());
  if (absl::IsNotFound(record.status())) return none();
  YIJIE_RETURN_IF_ERROR(record.status());
  if (!record->event.settled().bill_institution().empty())
    return Refused(v1::REPOINT_FILED_WITH_AGENCY, "该费用为手工报销，请撤回后以新生儿名义申报");
  record = NewestOfClaim(store, psn_no, *std::move(record), person);
  YIJIE_RETURN_IF_ERROR(record.status());
  if (person.ReversedBy(record->version) != 0)
    return Refused(v1::REPOINT_NOT_STANDING, "该结算此前已撤销或改挂");
  const Stay* stay = StayOf(record->version, person.rest->stays());
  if (stay != nullptr && !IsWhole(*stay, record->version))
    return Refused(v1::REPOINT_STAY_IN_PARTS, kInParts);
  YIJIE_ASSIGN_OR_RETURN(const SettledRecord first, FirstOfClaim(store, psn_no, *record));
  YIJIE_ASSIGN_OR_RETURN(const v1::Settlement settlement, StoredSettlement(record->event));
  FoundBill bill;
  bill.told.set_outcome(v1::REPOINTED);
  Departure& departure = *bill.told.mutable_departure();
  departure.set_setl_id(record->event.settled().setl_id());
  departure.set_bill_msgid(record->event.msgid());
  YIJIE_ASSIGN_OR_RETURN(*departure.mutable_claim(), StoredClaim(record->event));
  departure.set_as_of_unix_ms(ClaimCameAt(first.event));
  departure.set_cash_paid_fen(CashPaid(*record, settlement).value());
  *departure.mutable_before() = settlement.amounts();
  if (stay != nullptr) *departure.mutable_stay() = Leaving(*stay, psn_no);
  bill.record = *std::move(record);
  return bill;
}

// The message that asked, which stands in the records of the steps.
v1::MessageHeader AskerOf(const OpenDeparture& open) {
  v1::MessageHeader header;
  header.set_fixmedins_code(open.agency());
  header.set_msgid(open.msgid());
  return header;
}

void SetNewborn(PersonNewborn newborn, absl::string_view psn_no, Booking* booking,
                std::vector<storage::RowWrite>* rows) {
  const bool open = std::any_of(newborn.departure().begin(), newborn.departure().end(),
                                [](const OpenDeparture& departure) { return !departure.waits(); });
  storage::RowWrite row{std::string(kNewbornOpenTable), std::string(psn_no), std::nullopt};
  if (open) row.value = "";
  rows->push_back(std::move(row));
  *booking->state().mutable_newborn() = std::move(newborn);
}

void SetMessage(const DepartStep& step, const v1::RepointRequest& request, OpenDeparture* open) {
  open->set_psn_no(request.psn_no());
  open->set_agency(step.agency());
  open->set_msgid(step.msgid());
  open->set_request(step.request());
  open->clear_waits();
}

absl::Status ParseRequest(const DepartStep& step, v1::RepointRequest* request) {
  if (request->ParseFromString(step.request())) return absl::OkStatus();
  return absl::DataLossError("the request of a departure cannot be read");
}

// The undo of the settlement as it will stand in the history: with it, the claim never was.
storage::PersonVersion UndoToCome(int64_t settled_version, const Person& person,
                                  const Moment& now) {
  PersonEvent event;
  event.set_time_unix_ms(now.unix_ms);
  event.mutable_reversed()->set_orig_version(settled_version);
  event.mutable_reversed()->set_repointed(true);
  storage::PersonVersion version;
  version.version = person.version + 1;
  version.event = event.SerializeAsString();
  return version;
}

void DropStay(const Stay& left, Booking* booking) {
  const int index = FindStay(booking->next().rest->stays(), left.fixmedins_code(), left.mdtrt_id());
  booking->state().mutable_stays()->mutable_stay()->DeleteSubrange(index, 1);
}

// The versions by which a bill leaves.
class DepartureBooking {
 public:
  DepartureBooking(const Reference& reference, const DepartStep& step, const FoundBill& bill,
                   const Moment& now)
      : reference_(reference), step_(step), bill_(bill), now_(now), told_(bill.told) {}

  absl::StatusOr<Effect> Book(std::vector<storage::PersonVersion> history, const Person& person);

 private:
  absl::StatusOr<bool> FindCorrected(std::vector<storage::PersonVersion> history,
                                     const Person& person);
  absl::Status Undo(CorrectionChain* chain);
  absl::Status BookMoney(const v1::MessageHeader& header, CorrectionChain* chain);
  void Begin(const v1::RepointRequest& request, Booking* booking);

  const Reference& reference_;
  const DepartStep& step_;
  const FoundBill& bill_;
  const Moment& now_;
  DepartReply told_;
  std::vector<ReplayedClaim> replayed_;
  std::vector<Corrected> corrected_;
  std::vector<storage::RowWrite> rows_;
};

// False if a settlement is in the way that another party has a part in.
absl::StatusOr<bool> DepartureBooking::FindCorrected(std::vector<storage::PersonVersion> history,
                                                     const Person& person) {
  history.push_back(UndoToCome(bill_.record->version, person, now_));
  YIJIE_ASSIGN_OR_RETURN(replayed_, ReplayHistory(reference_, history, person.facts));
  YIJIE_ASSIGN_OR_RETURN(corrected_, FindCorrections(replayed_, told_.departure().as_of_unix_ms()));
  const Corrected* paid = FirstPaidByRelatives(corrected_);
  const Corrected* away = FirstSettledAcross(corrected_);
  if (paid == nullptr && away == nullptr) return true;
  told_.Clear();
  told_.set_outcome(paid != nullptr ? v1::REPOINT_FAMILY_SETTLEMENT : v1::REPOINT_SETTLED_ACROSS);
  told_.set_reason(paid != nullptr ? "其后的结算随之变化，且使用了家庭共济账户，请先撤销该结算"
                                   : "其后的异地结算随之变化，请先由就医地撤销该结算");
  told_.set_later_setl_id((paid != nullptr ? paid : away)->before.setl_id());
  return false;
}

void DepartureBooking::Begin(const v1::RepointRequest& request, Booking* booking) {
  Departure& departure = *told_.mutable_departure();
  departure.set_version(booking->next().version);
  PersonNewborn newborn = booking->next().rest->newborn();
  OpenDeparture& open = *newborn.add_departure();
  SetMessage(step_, request, &open);
  open.set_version(departure.version());
  open.set_fixmedins_code(departure.fixmedins_code());
  open.set_setl_id(departure.setl_id());
  if (!bill_.record) open.set_mdtrt_id(departure.stay().mdtrt_id());
  SetNewborn(std::move(newborn), departure.psn_no(), booking, &rows_);
  if (!bill_.record) DropStay(departure.stay(), booking);
}

absl::Status DepartureBooking::Undo(CorrectionChain* chain) {
  const SettledRecord& record = *bill_.record;
  Booking booking(chain->person(), HeaderOf(record.event), "", now_);
  v1::ReverseResponse response;
  YIJIE_RETURN_IF_ERROR(BookReversal(record, now_, &booking, response.mutable_reversal()));
  booking.event().mutable_reversed()->set_repointed(true);
  if (told_.departure().has_stay()) DropStay(told_.departure().stay(), &booking);
  for (storage::RowWrite& row : booking.rows()) rows_.push_back(std::move(row));
  told_.mutable_departure()->set_reversal_setl_id(response.reversal().setl_id());
  chain->Add(std::move(booking).Finish(response.SerializeAsString()));
  return absl::OkStatus();
}

absl::Status DepartureBooking::BookMoney(const v1::MessageHeader& header, CorrectionChain* chain) {
  for (auto each = corrected_.rbegin(); each != corrected_.rend(); ++each)
    YIJIE_RETURN_IF_ERROR(chain->TakeBack(*each));
  YIJIE_RETURN_IF_ERROR(Undo(chain));
  Fen owed;
  for (Corrected& each : corrected_) {
    if (each.claim->settles()) chain->SettleAgain(each);
    owed += Fen(each.told.owed_to_person_fen());
    *told_.mutable_departure()->add_correction() = each.told;
  }
  told_.mutable_departure()->set_owed_to_person_fen(owed.value());
  return chain->SettleUpAll(corrected_, DuesOfUndo(bill_.record->event), header);
}

absl::StatusOr<Effect> DepartureBooking::Book(std::vector<storage::PersonVersion> history,
                                              const Person& person) {
  v1::RepointRequest request;
  YIJIE_RETURN_IF_ERROR(ParseRequest(step_, &request));
  if (bill_.record) {
    YIJIE_ASSIGN_OR_RETURN(const bool free, FindCorrected(std::move(history), person));
    if (!free) return Answer(told_.SerializeAsString(), told_.outcome());
  }
  if (person.version > kMaxVersion - 3 - static_cast<int64_t>(2 * corrected_.size()))
    return absl::ResourceExhaustedError("from_psn_no: the person has too many records");
  Booking first(person, request.header(), "", now_);
  Begin(request, &first);
  CorrectionChain chain(reference_, first.next(), now_);
  if (bill_.record) YIJIE_RETURN_IF_ERROR(BookMoney(request.header(), &chain));
  *first.event().mutable_newborn()->mutable_departed() = told_.departure();
  Effect effect;
  std::vector<BookedVersion> versions = std::move(chain.versions());
  versions.insert(versions.begin(), std::move(first).Finish(""));
  SetVersions(std::move(versions), &effect);
  effect.reply = told_.SerializeAsString();
  effect.outcome = told_.outcome();
  effect.rows = std::move(rows_);
  for (storage::RowWrite& row : chain.rows()) effect.rows.push_back(std::move(row));
  if (bill_.record) effect.family_owed = OwedFor(bill_.record->event);
  return effect;
}

}  // namespace

absl::StatusOr<FoundBill> FindBill(storage::StoreReader& store, const v1::RepointRequest& request,
                                   const Person& person) {
  FoundBill bill;
  if (request.setl_id().empty()) {
    bill = FindOpenStay(request, person);
  } else {
    YIJIE_ASSIGN_OR_RETURN(bill, FindSettled(store, request, person));
  }
  bill.told.mutable_departure()->set_psn_no(person.facts->psn_no());
  bill.told.mutable_departure()->set_fixmedins_code(request.fixmedins_code());
  return bill;
}

const OpenDeparture* FindDeparture(const PersonNewborn& newborn,
                                   const v1::RepointRequest& request) {
  for (const OpenDeparture& open : newborn.departure()) {
    const bool asked = open.agency() == request.header().fixmedins_code() &&
                       open.msgid() == request.header().msgid();
    const bool waits = open.waits() && open.fixmedins_code() == request.fixmedins_code() &&
                       open.setl_id() == request.setl_id() && open.mdtrt_id() == request.mdtrt_id();
    if (asked || waits) return &open;
  }
  return nullptr;
}

absl::StatusOr<Departure> LoadDeparture(storage::StoreReader& store, const std::string& psn_no,
                                        int64_t version) {
  YIJIE_ASSIGN_OR_RETURN(const auto record, store.LoadVersion(psn_no, version));
  if (!record) return absl::DataLossError("a departure is not in the history");
  YIJIE_ASSIGN_OR_RETURN(PersonEvent event, ParseEvent(*record));
  if (!event.newborn().has_departed())
    return absl::DataLossError("the version of a departure is none");
  return std::move(*event.mutable_newborn()->mutable_departed());
}

absl::StatusOr<Effect> Depart(const Reference& reference, const DepartStep& step,
                              const FoundBill& bill, std::vector<storage::PersonVersion> history,
                              const Person& person, const Moment& now) {
  return DepartureBooking(reference, step, bill, now).Book(std::move(history), person);
}

absl::StatusOr<Effect> TakeUpDeparture(const DepartStep& step, const OpenDeparture& waiting,
                                       const Departure& departure, const Person& person,
                                       const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "from_psn_no"));
  v1::RepointRequest request;
  YIJIE_RETURN_IF_ERROR(ParseRequest(step, &request));
  Booking booking(person, request.header(), "", now);
  PersonNewborn newborn = person.rest->newborn();
  for (OpenDeparture& open : *newborn.mutable_departure()) {
    if (open.version() == waiting.version()) SetMessage(step, request, &open);
  }
  store::v1::DepartureTakenUp& taken = *booking.event().mutable_newborn()->mutable_taken_up();
  taken.set_version(waiting.version());
  taken.set_psn_no(request.psn_no());
  SetNewborn(std::move(newborn), person.facts->psn_no(), &booking, &booking.rows());
  DepartReply told;
  told.set_outcome(v1::REPOINTED);
  *told.mutable_departure() = departure;
  return std::move(booking).Finish(told.SerializeAsString(), told.outcome());
}

absl::StatusOr<Effect> CloseDeparture(int64_t version, bool arrived, const Person& person,
                                      const Moment& now) {
  PersonNewborn newborn = person.rest->newborn();
  auto& departures = *newborn.mutable_departure();
  const auto found = std::find_if(
      departures.begin(), departures.end(),
      [version](const OpenDeparture& open) { return open.version() == version && !open.waits(); });
  if (found == departures.end()) return Answer("", 0);
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "from_psn_no"));
  Booking booking(person, AskerOf(*found), "", now);
  store::v1::DepartureClosed& closed = *booking.event().mutable_newborn()->mutable_closed();
  closed.set_version(version);
  closed.set_arrived(arrived);
  if (arrived) {
    departures.erase(found);
  } else {
    found->set_waits(true);
  }
  SetNewborn(std::move(newborn), person.facts->psn_no(), &booking, &booking.rows());
  return std::move(booking).Finish("", 0);
}

}  // namespace yijie::engine
