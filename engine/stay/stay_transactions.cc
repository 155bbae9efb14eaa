#include "engine/stay/stay_transactions.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/arrears.h"
#include "engine/card/card_state.h"
#include "engine/card/credential.h"
#include "engine/entitlement.h"
#include "engine/stay/stay_state.h"
#include "engine/stored_day.h"
#include "engine/transactions.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using yijie::store::v1::FeeBatch;
using yijie::store::v1::PersonStays;
using yijie::store::v1::Stay;

// --- What is told about a stay

v1::StayView ViewOf(const Stay& stay) {
  v1::StayView view;
  view.set_mdtrt_id(stay.mdtrt_id());
  v1::Admission* admission = view.mutable_admission();
  admission->set_insutype(stay.insutype());
  admission->set_med_type(stay.med_type());
  admission->set_begndate(stay.begndate());
  admission->set_dise_codg(stay.dise_codg());
  admission->set_emergency(stay.emergency());
  admission->set_transfer(static_cast<v1::TransferKind>(stay.transfer()));
  admission->set_injury_no(stay.injury_no());
  admission->set_trum_flag(stay.trum_flag());
  admission->set_rel_ttp_flag(stay.rel_ttp_flag());
  view.set_enddate(stay.enddate());
  view.set_discharged(stay.status() != store::v1::IN_STAY);
  view.set_settled(stay.status() == store::v1::STAY_SETTLED);
  for (const FeeBatch& batch : stay.batch()) {
    if (batch.settled_version() != 0) {
      view.set_settled_sum_fen(view.settled_sum_fen() + batch.sum_fen());
      continue;
    }
    view.set_open_batches(view.open_batches() + 1);
    view.set_open_sum_fen(view.open_sum_fen() + batch.sum_fen());
  }
  return view;
}

// --- What an answer comes to

absl::string_view ReasonOf(v1::StayOutcome outcome) {
  switch (outcome) {
    case v1::STAY_EXISTS:
      return "该就诊ID已登记入院";
    case v1::OVERLAPPING_STAY:
      return "该人员同一时段已有住院登记（重复住院）";
    case v1::NO_SUCH_STAY:
      return "本机构无此住院登记";
    case v1::STAY_NOT_OPEN:
      return "该次住院已出院或已结清";
    case v1::STAY_HAS_FEES:
      return "该次住院已有费用或结算";
    case v1::BATCH_EXISTS:
      return "该收费批次已上传";
    case v1::NO_SUCH_BATCH:
      return "无此收费批次";
    case v1::BATCH_SETTLED:
      return "费用已结算";
    case v1::DISCHARGE_BEFORE_FEES:
      return "出院日期早于已上传费用的发生日期";
    case v1::STAY_NOT_DISCHARGED:
      return "该次住院尚未出院";
    default:
      return "";
  }
}

Effect RefuseStay(v1::StayOutcome outcome, const Person& person, std::string reason = "") {
  v1::StayResponse response;
  response.set_outcome(outcome);
  response.set_reason(reason.empty() ? std::string(ReasonOf(outcome)) : std::move(reason));
  response.set_version(person.version);
  return Answer(response.SerializeAsString(), outcome);
}

// The version in which the stays of `person` are `stays`, about the stay `shown` of them.
absl::StatusOr<Effect> BookStays(const v1::MessageHeader& header, const std::string& request_bytes,
                                 PersonStays stays, const Stay& shown, const Person& person,
                                 const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "psn_no"));
  Booking booking(person, header, request_bytes, now);
  store::v1::StayEvent* event = booking.event().mutable_stay();
  event->set_mdtrt_id(shown.mdtrt_id());
  event->set_fixmedins_code(shown.fixmedins_code());
  v1::StayResponse response;
  response.set_outcome(v1::STAY_DONE);
  *response.mutable_stay() = ViewOf(shown);
  response.set_version(booking.next().version);
  DropOldStays(now.day, &stays);
  *booking.state().mutable_stays() = std::move(stays);
  return std::move(booking).Finish(response.SerializeAsString(), v1::STAY_DONE);
}

// The same, where only the stay `index` changed.
absl::StatusOr<Effect> BookStay(const v1::MessageHeader& header, const std::string& request_bytes,
                                int index, const Stay& changed, const Person& person,
                                const Moment& now) {
  PersonStays stays = person.rest->stays();
  *stays.mutable_stay(index) = changed;
  return BookStays(header, request_bytes, std::move(stays), changed, person, now);
}

// --- Admission

void SetAdmission(const v1::Admission& admission, Stay* stay) {
  stay->set_insutype(admission.insutype());
  stay->set_med_type(admission.med_type());
  stay->set_begndate(admission.begndate());
  stay->set_dise_codg(admission.dise_codg());
  stay->set_emergency(admission.emergency());
  stay->set_transfer(admission.transfer());
  stay->set_injury_no(admission.injury_no());
  stay->set_trum_flag(admission.trum_flag());
  stay->set_rel_ttp_flag(admission.rel_ttp_flag());
}

const v1::Coverage* CoverageOf(const BenefitFacts& facts, const Stay& stay) {
  return FindCoverage(facts, stay.insutype(), StoredDay(stay.begndate()));
}

bool RefusesOverlap(const Reference& reference, const v1::Coverage& coverage, const Stay& stay) {
  return StayRulesFor(reference, coverage.insuplc_admdvs(), stay.begndate()).overlapping_stay() ==
         v1::StayRules::REFUSE;
}

// Whether the person may be in `stay`, which has the place `index` among the stays (-1: none yet).
// Nothing if so.
absl::StatusOr<std::optional<Effect>> RefuseAdmission(const Reference& reference, const Stay& stay,
                                                      int index, const Person& person,
                                                      const Moment& now) {
  // ISO days compare as text.
  if (stay.begndate() > FormatDate(now.day)) {
    return BadField("admission.begndate", absl::StrCat(stay.begndate(), " has not come yet"));
  }
  const v1::Institution* institution = reference.FindInstitution(stay.fixmedins_code());
  if (institution == nullptr)
    return absl::NotFoundError("header.fixmedins_code: no such institution");
  const std::string& agreement_end = institution->enddate();
  if (stay.begndate() < institution->begndate() ||
      (!agreement_end.empty() && agreement_end < stay.begndate())) {
    return RefuseStay(v1::STAY_REFUSED, person,
                      absl::StrCat("定点医药机构服务协议在", stay.begndate(), "未生效或已终止"));
  }
  const BenefitFacts facts(*reference.areas, *person.facts);
  const v1::Coverage* coverage = CoverageOf(facts, stay);
  if (coverage == nullptr) {
    return RefuseStay(v1::STAY_REFUSED, person,
                      absl::StrCat(stay.begndate(), "无险种", stay.insutype(), "的参保关系"));
  }
  const bool overlaps =
      FindOverlapping(person.rest->stays(), {stay.begndate(), stay.enddate()}, index) != nullptr;
  if (overlaps && RefusesOverlap(reference, *coverage, stay))
    return RefuseStay(v1::OVERLAPPING_STAY, person);
  return std::nullopt;
}

// No area asks for a credential on admission; one that is shown must be good.
v1::CardRefusal RefusalOfShown(const Reference& reference, const v1::AdmitRequest& request,
                               const Person& person, const Moment& now) {
  if (!request.has_credential()) return v1::CARD_NOT_REFUSED;
  CredentialUse use;
  use.purpose = CredentialPurpose::kRegistration;
  use.insutype = request.admission().insutype();
  use.fixmedins_code = request.header().fixmedins_code();
  use.msgid = request.header().msgid();
  use.now_ms = now.unix_ms;
  return CheckCredential({*person.facts, person.rest->cards()}, &request.credential(),
                         AreaRulesOfPerson(reference, *person.facts, now.day).card(), use,
                         reference.pin_proofs.get());
}

// --- Fees

// First and last fee day of some batches; both empty if there are none.
struct FeeDays {
  std::string first;
  std::string last;

  void Add(const v1::UploadFeesRequest& batch) {
    for (const v1::FeeLine& line : batch.fee_line()) {
      if (first.empty() || line.fee_ocur_date() < first) first = line.fee_ocur_date();
      last = std::max(last, line.fee_ocur_date());
    }
  }
};

FeeDays DaysOfFees(const UploadedBatches& uploaded) {
  FeeDays days;
  for (const v1::UploadFeesRequest& batch : uploaded) days.Add(batch);
  return days;
}

bool AnySettled(const Stay& stay) {
  return std::any_of(stay.batch().begin(), stay.batch().end(),
                     [](const FeeBatch& batch) { return batch.settled_version() != 0; });
}

// Place of a batch in the stay; -1 if there is none.
int FindBatch(const Stay& stay, absl::string_view chrg_bchno) {
  for (int i = 0; i < stay.batch_size(); ++i) {
    if (stay.batch(i).chrg_bchno() == chrg_bchno) return i;
  }
  return -1;
}

absl::Status CheckFeeDays(const v1::UploadFeesRequest& request, const Stay& stay,
                          const Moment& now) {
  const std::string today = FormatDate(now.day);
  for (int i = 0; i < request.fee_line_size(); ++i) {
    const std::string& day = request.fee_line(i).fee_ocur_date();
    if (day >= stay.begndate() && day <= today) continue;
    return BadField(absl::StrCat("fee_line[", i, "].fee_ocur_date"),
                    day > today ? absl::StrCat(day, " has not come yet") : "before the admission");
  }
  return absl::OkStatus();
}

absl::Status CheckNewSerials(const v1::UploadFeesRequest& request,
                             const UploadedBatches& uploaded) {
  absl::flat_hash_set<absl::string_view> serials;
  int lines = request.fee_line_size();
  for (const v1::UploadFeesRequest& batch : uploaded) {
    lines += batch.fee_line_size();
    for (const v1::FeeLine& line : batch.fee_line()) serials.insert(line.feedetl_sn());
  }
  if (lines > kMaxLines) {
    return BadField("fee_line",
                    absl::StrCat("the stay would have ", lines, " lines; at most ", kMaxLines));
  }
  for (int i = 0; i < request.fee_line_size(); ++i) {
    if (serials.contains(request.fee_line(i).feedetl_sn())) {
      return BadField(absl::StrCat("fee_line[", i, "].feedetl_sn"),
                      "used by an earlier batch of the stay");
    }
  }
  return absl::OkStatus();
}

// --- Settlement

Effect RefuseSettlement(const v1::SettleStayRequest& request, const Stay& stay,
                        absl::string_view reason, const Person& person, const Moment& now) {
  v1::SettleResponse response;
  v1::Settlement& settlement = *response.mutable_settlement();
  settlement.set_outcome(v1::CLAIM_INCOMPLETE);
  settlement.set_reason(std::string(reason));
  settlement.set_psn_no(request.psn_no());
  settlement.set_insutype(stay.insutype());
  settlement.set_med_type(stay.med_type());
  settlement.set_mdtrt_id(stay.mdtrt_id());
  settlement.set_fixmedins_code(stay.fixmedins_code());
  settlement.set_medins_setl_id(request.header().msgid());
  settlement.set_setl_time(now.rfc3339);
  settlement.set_clr_date(FormatDate(now.day));
  settlement.set_balc_before_fen(person.balance().value());
  settlement.set_balc_fen(person.balance().value());
  settlement.set_version(person.version);
  return Answer(response.SerializeAsString(), v1::CLAIM_INCOMPLETE);
}

// Why the stay cannot be settled so; empty if it can.
absl::string_view NotReady(const Stay& stay, const std::string& until) {
  if (stay.status() == store::v1::STAY_SETTLED) return "该次住院已结清";
  if (until.empty())
    return stay.status() == store::v1::DISCHARGED ? "" : "尚未办理出院登记，只能中途结算";
  if (stay.status() == store::v1::DISCHARGED && until >= stay.enddate())
    return "已办理出院登记，请办理出院结算";
  return until < stay.begndate() ? "中途结算日期早于入院日期" : "";
}

// The batches that a settlement up to `until` (empty: of all) takes, by their places in the stay.
struct TakenBatches {
  std::vector<int> places;
  bool parted = false;  // a batch lies on both sides of `until`
};

TakenBatches Take(const Stay& stay, const UploadedBatches& uploaded, const std::string& until) {
  TakenBatches taken;
  for (int i = 0; i < stay.batch_size(); ++i) {
    if (stay.batch(i).settled_version() != 0) continue;
    FeeDays days;
    days.Add(uploaded[static_cast<size_t>(i)]);
    if (!until.empty() && days.first > until) continue;
    taken.parted = taken.parted || (!until.empty() && days.last > until);
    taken.places.push_back(i);
  }
  return taken;
}

// The bill that the taken batches are.
v1::Claim ClaimOf(const v1::SettleStayRequest& request, const Stay& stay,
                  const UploadedBatches& uploaded, const std::vector<int>& places) {
  v1::Claim claim;
  claim.set_psn_no(request.psn_no());
  claim.set_insutype(stay.insutype());
  claim.set_med_type(stay.med_type());
  claim.set_mdtrt_id(stay.mdtrt_id());
  claim.set_begndate(stay.begndate());
  claim.set_enddate(request.until().empty() ? stay.enddate() : request.until());
  claim.set_medfee_sumamt_fen(request.medfee_sumamt_fen());
  claim.set_acct_used_flag(request.acct_used_flag());
  claim.set_dise_codg(stay.dise_codg());
  claim.set_emergency(stay.emergency());
  claim.set_trum_flag(stay.trum_flag());
  claim.set_rel_ttp_flag(stay.rel_ttp_flag());
  if (request.has_delivery()) *claim.mutable_delivery() = request.delivery();
  claim.set_injury_no(stay.injury_no());
  claim.set_transfer(static_cast<v1::TransferKind>(stay.transfer()));
  claim.set_stay_part(AnySettled(stay)          ? v1::LATER_PART
                      : request.until().empty() ? v1::WHOLE_STAY
                                                : v1::FIRST_PART);
  for (const int place : places)
    claim.mutable_fee_line()->MergeFrom(uploaded[static_cast<size_t>(place)].fee_line());
  return claim;
}

int64_t SumOf(const Stay& stay, const std::vector<int>& places) {
  int64_t sum = 0;
  for (const int place : places) sum += stay.batch(place).sum_fen();
  return sum;
}

void MarkSettled(const std::vector<int>& places, bool final, int64_t version, Date day,
                 Stay* stay) {
  for (const int place : places) stay->mutable_batch(place)->set_settled_version(version);
  if (!final) return;
  stay->set_status(store::v1::STAY_SETTLED);
  stay->set_settled_on(FormatDate(day));
}

void FlagOverlap(const PersonStays& stays, int index, v1::Settlement* settlement) {
  const Stay& stay = stays.stay(index);
  const Stay* other = FindOverlapping(stays, {stay.begndate(), stay.enddate()}, index);
  if (other == nullptr) return;
  v1::SettlementFlag* flag = settlement->add_flag();
  flag->set_code("OVERLAPPING_STAY");
  flag->set_text(absl::StrCat("与自", other->begndate(), "起的另一次住院时段重叠，待核查"));
}

}  // namespace

absl::StatusOr<Effect> Admit(const Reference& reference, const v1::AdmitRequest& request,
                             const std::string& request_bytes, const Person& person,
                             const Moment& now) {
  PersonStays stays = person.rest->stays();
  if (FindStay(stays, request.header().fixmedins_code(), request.mdtrt_id()) >= 0)
    return RefuseStay(v1::STAY_EXISTS, person);
  Stay& stay = *stays.add_stay();
  stay.set_mdtrt_id(request.mdtrt_id());
  stay.set_fixmedins_code(request.header().fixmedins_code());
  stay.set_status(store::v1::IN_STAY);
  SetAdmission(request.admission(), &stay);
  YIJIE_ASSIGN_OR_RETURN(std::optional<Effect> refusal,
                         RefuseAdmission(reference, stay, -1, person, now));
  if (refusal) return *std::move(refusal);
  const v1::CardRefusal card = RefusalOfShown(reference, request, person, now);
  if (card != v1::CARD_NOT_REFUSED)
    return RefuseStay(v1::STAY_REFUSED, person, std::string(ReasonText(card)));
  const Stay admitted = stay;
  return BookStays(request.header(), request_bytes, std::move(stays), admitted, person, now);
}

absl::StatusOr<Effect> ChangeStay(const Reference& reference, const v1::ChangeStayRequest& request,
                                  const std::string& request_bytes, const UploadedBatches& uploaded,
                                  const Person& person, const Moment& now) {
  const PersonStays& stays = person.rest->stays();
  const int index = FindStay(stays, request.header().fixmedins_code(), request.mdtrt_id());
  if (index < 0) return RefuseStay(v1::NO_SUCH_STAY, person);
  Stay stay = stays.stay(index);
  if (AnySettled(stay)) return RefuseStay(v1::BATCH_SETTLED, person);
  SetAdmission(request.admission(), &stay);
  const std::string first_fee = DaysOfFees(uploaded).first;
  if (!first_fee.empty() && first_fee < stay.begndate())
    return RefuseStay(v1::STAY_HAS_FEES, person, "入院日期晚于已上传费用的发生日期");
  if (!stay.enddate().empty() && stay.enddate() < stay.begndate())
    return RefuseStay(v1::STAY_REFUSED, person, "入院日期晚于出院日期");
  YIJIE_ASSIGN_OR_RETURN(std::optional<Effect> refusal,
                         RefuseAdmission(reference, stay, index, person, now));
  if (refusal) return *std::move(refusal);
  return BookStay(request.header(), request_bytes, index, stay, person, now);
}

absl::StatusOr<Effect> CancelAdmission(const v1::StayRequest& request,
                                       const std::string& request_bytes, const Person& person,
                                       const Moment& now) {
  PersonStays stays = person.rest->stays();
  const int index = FindStay(stays, request.header().fixmedins_code(), request.mdtrt_id());
  if (index < 0) return RefuseStay(v1::NO_SUCH_STAY, person);
  const Stay cancelled = stays.stay(index);
  if (cancelled.batch_size() > 0) return RefuseStay(v1::STAY_HAS_FEES, person);
  stays.mutable_stay()->DeleteSubrange(index, 1);
  return BookStays(request.header(), request_bytes, std::move(stays), cancelled, person, now);
}

absl::StatusOr<Effect> UploadFees(const v1::UploadFeesRequest& request,
                                  const std::string& request_bytes, const UploadedBatches& uploaded,
                                  const Person& person, const Moment& now) {
  const PersonStays& stays = person.rest->stays();
  const int index = FindStay(stays, request.header().fixmedins_code(), request.mdtrt_id());
  if (index < 0) return RefuseStay(v1::NO_SUCH_STAY, person);
  Stay stay = stays.stay(index);
  if (stay.status() != store::v1::IN_STAY) return RefuseStay(v1::STAY_NOT_OPEN, person);
  if (FindBatch(stay, request.chrg_bchno()) >= 0) return RefuseStay(v1::BATCH_EXISTS, person);
  YIJIE_RETURN_IF_ERROR(CheckFeeDays(request, stay, now));
  YIJIE_RETURN_IF_ERROR(CheckNewSerials(request, uploaded));
  FeeBatch* batch = stay.add_batch();
  batch->set_chrg_bchno(request.chrg_bchno());
  batch->set_version(person.version + 1);
  batch->set_lines(request.fee_line_size());
  int64_t sum = 0;
  for (const v1::FeeLine& line : request.fee_line()) sum += line.det_item_fee_sumamt_fen();
  batch->set_sum_fen(sum);
  return BookStay(request.header(), request_bytes, index, stay, person, now);
}

absl::StatusOr<Effect> CancelFees(const v1::CancelFeesRequest& request,
                                  const std::string& request_bytes, const Person& person,
                                  const Moment& now) {
  const PersonStays& stays = person.rest->stays();
  const int index = FindStay(stays, request.header().fixmedins_code(), request.mdtrt_id());
  if (index < 0) return RefuseStay(v1::NO_SUCH_STAY, person);
  Stay stay = stays.stay(index);
  const int place = FindBatch(stay, request.chrg_bchno());
  if (place < 0) return RefuseStay(v1::NO_SUCH_BATCH, person);
  if (stay.batch(place).settled_version() != 0) return RefuseStay(v1::BATCH_SETTLED, person);
  stay.mutable_batch()->DeleteSubrange(place, 1);
  return BookStay(request.header(), request_bytes, index, stay, person, now);
}

absl::StatusOr<Effect> Discharge(const v1::DischargeRequest& request,
                                 const std::string& request_bytes, const UploadedBatches& uploaded,
                                 const Person& person, const Moment& now) {
  const PersonStays& stays = person.rest->stays();
  const int index = FindStay(stays, request.header().fixmedins_code(), request.mdtrt_id());
  if (index < 0) return RefuseStay(v1::NO_SUCH_STAY, person);
  Stay stay = stays.stay(index);
  if (stay.status() != store::v1::IN_STAY) return RefuseStay(v1::STAY_NOT_OPEN, person);
  if (request.enddate() > FormatDate(now.day))
    return BadField("enddate", absl::StrCat(request.enddate(), " has not come yet"));
  if (request.enddate() < stay.begndate()) return BadField("enddate", "before the admission");
  if (DaysOfFees(uploaded).last > request.enddate())
    return RefuseStay(v1::DISCHARGE_BEFORE_FEES, person);
  stay.set_enddate(request.enddate());
  stay.set_status(store::v1::DISCHARGED);
  return BookStay(request.header(), request_bytes, index, stay, person, now);
}

absl::StatusOr<Effect> CancelDischarge(const Reference& reference, const v1::StayRequest& request,
                                       const std::string& request_bytes, const Person& person,
                                       const Moment& now) {
  const PersonStays& stays = person.rest->stays();
  const int index = FindStay(stays, request.header().fixmedins_code(), request.mdtrt_id());
  if (index < 0) return RefuseStay(v1::NO_SUCH_STAY, person);
  Stay stay = stays.stay(index);
  if (stay.status() == store::v1::STAY_SETTLED) return RefuseStay(v1::STAY_NOT_OPEN, person);
  if (stay.status() != store::v1::DISCHARGED) return RefuseStay(v1::STAY_NOT_DISCHARGED, person);
  stay.clear_enddate();
  stay.set_status(store::v1::IN_STAY);
  // Open again, it may reach into a stay that began since.
  const BenefitFacts facts(*reference.areas, *person.facts);
  const v1::Coverage* coverage = CoverageOf(facts, stay);
  const bool overlaps = FindOverlapping(stays, {stay.begndate(), ""}, index) != nullptr;
  if (overlaps && (coverage == nullptr || RefusesOverlap(reference, *coverage, stay)))
    return RefuseStay(v1::OVERLAPPING_STAY, person);
  return BookStay(request.header(), request_bytes, index, stay, person, now);
}

absl::StatusOr<Effect> SettleStay(const Reference& reference, const v1::SettleStayRequest& request,
                                  const std::string& request_bytes, const UploadedBatches& uploaded,
                                  const Person& person, const Moment& now,
                                  const FamilyMoney* family) {
  const PersonStays& stays = person.rest->stays();
  const int index = FindStay(stays, request.header().fixmedins_code(), request.mdtrt_id());
  if (index < 0) return absl::NotFoundError("mdtrt_id: no such stay of this institution");
  const Stay& stay = stays.stay(index);
  if (request.until() > FormatDate(now.day))
    return BadField("until", absl::StrCat(request.until(), " has not come yet"));
  const absl::string_view not_ready = NotReady(stay, request.until());
  if (!not_ready.empty()) return RefuseSettlement(request, stay, not_ready, person, now);
  const TakenBatches taken = Take(stay, uploaded, request.until());
  if (taken.parted)
    return RefuseSettlement(request, stay, "有收费批次跨越中途结算日期", person, now);
  if (taken.places.empty()) return RefuseSettlement(request, stay, "没有待结算的费用", person, now);
  const int64_t sum = SumOf(stay, taken.places);
  if (sum != request.medfee_sumamt_fen()) {
    return BadField("medfee_sumamt_fen", absl::StrCat(request.medfee_sumamt_fen(),
                                                      " is not the sum of the fees, ", sum));
  }
  YIJIE_RETURN_IF_ERROR(CheckRoomForVersion(person, "psn_no"));
  const v1::Claim claim = ClaimOf(request, stay, uploaded, taken.places);
  const auto change = [&](v1::Settlement* settlement, Booking* booking) {
    FlagOverlap(stays, index, settlement);
    *booking->event().mutable_settled()->mutable_claim() = claim;
    MarkSettled(taken.places, request.until().empty(), booking->next().version, now.day,
                booking->state().mutable_stays()->mutable_stay(index));
  };
  return SettleClaim(reference, request.header(), claim,
                     request.has_credential() ? &request.credential() : nullptr, request_bytes,
                     person, now, change, family);
}

std::string ReplyToClosedSettleStay(const v1::SettleStayRequest& request, const Moment& closed) {
  v1::SettleRequest settle;
  *settle.mutable_header() = request.header();
  settle.mutable_claim()->set_psn_no(request.psn_no());
  settle.mutable_claim()->set_mdtrt_id(request.mdtrt_id());
  return ReplyToClosedSettle(settle, closed);
}

v1::StayResponse GetStay(const v1::GetStayRequest& request, const Person& person) {
  const PersonStays& stays = person.rest->stays();
  const int index = FindStay(stays, request.fixmedins_code(), request.mdtrt_id());
  v1::StayResponse response;
  response.set_version(person.version);
  response.set_outcome(index < 0 ? v1::NO_SUCH_STAY : v1::STAY_DONE);
  if (index < 0) {
    response.set_reason(std::string(ReasonOf(v1::NO_SUCH_STAY)));
  } else {
    *response.mutable_stay() = ViewOf(stays.stay(index));
  }
  return response;
}

}  // namespace yijie::engine
