#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/campaign/made_world.h"
#include "tests/campaign/operations.h"

// StayService: admission, change, fees, discharge and settlement of a stay.

namespace yijie::campaign {
namespace {

constexpr size_t kMostStays = 12;

// --- Requests

// A stay of the person, mostly one that is not settled; nullptr sometimes, and if there is none.
const Stay* SomeStay(Making& making) {
  const auto& stays = making.person.stays;
  if (stays.empty() || making.draws.Percent(2)) return nullptr;
  if (!stays.back().settled && making.draws.Percent(75)) return &stays.back();
  return &making.draws.Of(stays);
}

template <typename Request>
std::shared_ptr<Request> AboutStay(Making& making, const Stay* stay) {
  auto request = std::make_shared<Request>();
  *request->mutable_header() = stay == nullptr || making.draws.Percent(2)
                                   ? making.Header()
                                   : making.HeaderOf(stay->institution);
  request->set_psn_no(making.person.psn_no);
  request->set_mdtrt_id(stay == nullptr ? "s0" : stay->mdtrt_id);
  return request;
}

void MakeAdmission(Making& making, v1::Admission* admission) {
  Draws& draws = making.draws;
  admission->set_begndate(draws.Percent(2) ? IsoDay(making.now.day_number + 1)
                                           : making.DayBack(draws.Percent(80) ? 5 : 60));
  const bool employee = CoverageOn(making.person.facts, "310", admission->begndate()) != nullptr;
  admission->set_insutype(employee != draws.Percent(5) ? "310" : "390");
  admission->set_med_type(draws.Percent(10) ? "2102" : "21");
  admission->set_rel_ttp_flag(draws.Percent(2));
}

std::shared_ptr<Message> MakeAdmit(Making& making) {
  if (making.person.stays.size() >= kMostStays) return nullptr;
  const bool again = !making.person.stays.empty() && making.draws.Percent(3);
  auto request = AboutStay<v1::AdmitRequest>(making, again ? SomeStay(making) : nullptr);
  if (!again) request->set_mdtrt_id(making.NewId("s"));
  MakeAdmission(making, request->mutable_admission());
  return request;
}

std::shared_ptr<Message> MakeChange(Making& making) {
  const Stay* stay = SomeStay(making);
  if (making.person.stays.empty()) return nullptr;
  auto request = AboutStay<v1::ChangeStayRequest>(making, stay);
  MakeAdmission(making, request->mutable_admission());
  if (stay != nullptr && making.draws.Percent(50))
    request->mutable_admission()->set_begndate(stay->admission.begndate());
  return request;
}

std::shared_ptr<Message> MakeStayRequest(Making& making) {
  if (making.person.stays.empty()) return nullptr;
  return AboutStay<v1::StayRequest>(making, SomeStay(making));
}

std::shared_ptr<Message> MakeUpload(Making& making) {
  if (making.person.stays.empty()) return nullptr;
  const Stay* stay = SomeStay(making);
  auto request = AboutStay<v1::UploadFeesRequest>(making, stay);
  int day = making.now.day_number;
  if (stay != nullptr) {
    const int begin = DayNumber(stay->admission.begndate());
    day = making.draws.Number(std::min(begin, day), day);
  }
  if (making.draws.Percent(1)) day += 1'000;
  const bool again = stay != nullptr && !stay->batches.empty() && making.draws.Percent(5);
  const auto serial = static_cast<int>(making.counter % 100'000'000) * 10;
  request->set_chrg_bchno(again ? stay->batches[0].number : making.NewId("b"));
  *request->mutable_fee_line() = MakeLines(making, 4, serial, IsoDay(day));
  if (stay != nullptr && !stay->batches.empty() && making.draws.Percent(2)) {
    request->mutable_fee_line(0)->set_feedetl_sn(
        making.draws.Of(stay->batches).lines.Get(0).feedetl_sn());
  }
  return request;
}

std::shared_ptr<Message> MakeCancelFees(Making& making) {
  const Stay* stay = SomeStay(making);
  if (stay == nullptr) return nullptr;
  auto request = AboutStay<v1::CancelFeesRequest>(making, stay);
  request->set_chrg_bchno(stay->batches.empty() ? "b0" : making.draws.Of(stay->batches).number);
  return request;
}

std::shared_ptr<Message> MakeDischarge(Making& making) {
  const Stay* stay = SomeStay(making);
  if (stay == nullptr) return nullptr;
  auto request = AboutStay<v1::DischargeRequest>(making, stay);
  int day = making.now.day_number;
  if (making.draws.Percent(25)) day -= making.draws.Number(0, 20);
  if (making.draws.Percent(2)) day += 1;
  request->set_enddate(IsoDay(day));
  return request;
}

// A day up to which nothing is parted, mostly.
std::string SomeUntil(Making& making, const Stay* stay) {
  std::string until = making.DayBack(30);
  if (stay == nullptr || making.draws.Percent(15)) return until;
  for (const Batch& batch : stay->batches) {
    if (batch.settled_version == 0) until = batch.lines.Get(0).fee_ocur_date();
  }
  return until;
}

std::shared_ptr<Message> MakeSettleStay(Making& making) {
  if (making.person.stays.empty()) return nullptr;
  const Stay* stay = SomeStay(making);
  const bool open =
      stay != nullptr && std::any_of(stay->batches.begin(), stay->batches.end(),
                                     [](const Batch& batch) { return batch.settled_version == 0; });
  if (!open && making.draws.Percent(85)) return nullptr;
  auto request = AboutStay<v1::SettleStayRequest>(making, stay);
  request->set_acct_used_flag(SomeAccountUse(making));
  bool shown = false;
  v1::Credential credential;
  MakeCredential(making, &credential, &shown);
  if (shown) *request->mutable_credential() = credential;
  const bool interim =
      stay == nullptr || (stay->discharged ? making.draws.Percent(5) : making.draws.Percent(90));
  if (interim) request->set_until(SomeUntil(making, stay));
  int64_t sum = 0;
  if (stay != nullptr) {
    for (const Batch& batch : stay->batches) {
      const bool taken = !interim || batch.lines.Get(0).fee_ocur_date() <= request->until();
      if (batch.settled_version == 0 && taken) sum += batch.sum;
    }
  }
  request->set_medfee_sumamt_fen(std::max<int64_t>(sum, 1) + (making.draws.Percent(2) ? 1 : 0));
  return request;
}

std::shared_ptr<Message> MakeGetStay(Making& making) {
  const Stay* stay = SomeStay(making);
  if (stay == nullptr) return nullptr;
  auto request = std::make_shared<v1::GetStayRequest>();
  request->set_fixmedins_code(stay->institution);
  request->set_psn_no(making.person.psn_no);
  request->set_mdtrt_id(stay->mdtrt_id);
  return request;
}

// --- Answers

void View(const Stay& stay, v1::StayView* view) {
  view->set_mdtrt_id(stay.mdtrt_id);
  *view->mutable_admission() = stay.admission;
  view->set_enddate(stay.enddate);
  view->set_discharged(stay.discharged || stay.settled);
  view->set_settled(stay.settled);
  for (const Batch& batch : stay.batches) {
    if (batch.settled_version != 0) {
      view->set_settled_sum_fen(view->settled_sum_fen() + batch.sum);
    } else {
      view->set_open_batches(view->open_batches() + 1);
      view->set_open_sum_fen(view->open_sum_fen() + batch.sum);
    }
  }
}

Answer Refuse(v1::StayOutcome outcome, const Person& person) {
  v1::StayResponse response;
  response.set_outcome(outcome);
  response.set_reason("refused");
  response.set_version(person.version);
  return Told(response);
}

Answer Done(const Stay& stay, Person& person) {
  v1::StayResponse response;
  response.set_outcome(v1::STAY_DONE);
  View(stay, response.mutable_stay());
  response.set_version(++person.version);
  return Told(response, person.version);
}

// The stay that a request is about. If it is not to be had, `refusal` says what is told.
template <typename Request>
Stay* About(Model& model, const Request& request, Person** person, Answer* refusal) {
  *person = &model.Find(request.psn_no());
  if (!(*person)->known()) {
    *refusal = Error(absl::StatusCode::kNotFound, "psn_no");
    return nullptr;
  }
  if (FindInstitution(request.header().fixmedins_code()) == nullptr) {
    *refusal = Error(absl::StatusCode::kNotFound, "header.fixmedins_code");
    return nullptr;
  }
  Stay* stay = (*person)->FindStay(request.header().fixmedins_code(), request.mdtrt_id());
  *refusal = Refuse(v1::NO_SUCH_STAY, **person);
  return stay;
}

bool AnySettled(const Stay& stay) {
  return std::any_of(stay.batches.begin(), stay.batches.end(),
                     [](const Batch& batch) { return batch.settled_version != 0; });
}

// First and last fee day; empty without fees.
std::pair<std::string, std::string> FeeDays(const Stay& stay) {
  std::pair<std::string, std::string> days;
  for (const Batch& batch : stay.batches) {
    for (const v1::FeeLine& line : batch.lines) {
      const std::string& day = line.fee_ocur_date();
      days.first = days.first.empty() ? day : std::min(days.first, day);
      days.second = std::max(days.second, day);
    }
  }
  return days;
}

bool Overlaps(const Person& person, const Stay& stay) {
  return std::any_of(person.stays.begin(), person.stays.end(), [&stay](const Stay& other) {
    const bool same = other.institution == stay.institution && other.mdtrt_id == stay.mdtrt_id;
    return !same && Overlap(stay.admission.begndate(), stay.enddate, other.admission.begndate(),
                            other.enddate);
  });
}

// Whether the area of the person refuses a stay beside another.
bool OverlapIsRefused(const Person& person, const Stay& stay) {
  const v1::Coverage* coverage =
      CoverageOn(person.facts, stay.admission.insutype(), stay.admission.begndate());
  return coverage == nullptr ||
         RulesOfArea(coverage->insuplc_admdvs()).stay().overlapping_stay() == v1::StayRules::REFUSE;
}

// Whether the person may be in the stay. False: `refusal` says why not.
bool MayBeAdmitted(const Person& person, const Stay& stay, const Now& now, Answer* refusal) {
  const std::string& day = stay.admission.begndate();
  if (day > now.day) {
    *refusal = Error(absl::StatusCode::kInvalidArgument, "admission.begndate");
    return false;
  }
  const bool covered = CoverageOn(person.facts, stay.admission.insutype(), day) != nullptr;
  if (!Covers(*FindInstitution(stay.institution), day) || !covered) {
    *refusal = Refuse(v1::STAY_REFUSED, person);
    return false;
  }
  if (!Overlaps(person, stay) || !OverlapIsRefused(person, stay)) return true;
  *refusal = Refuse(v1::OVERLAPPING_STAY, person);
  return false;
}

Answer ExpectAdmit(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::AdmitRequest>(message);
  Person* person = nullptr;
  Answer refusal;
  const Stay* known = About(model, request, &person, &refusal);
  if (refusal.code != absl::StatusCode::kOk) return refusal;
  if (known != nullptr) return Refuse(v1::STAY_EXISTS, *person);
  Stay stay;
  stay.mdtrt_id = request.mdtrt_id();
  stay.institution = request.header().fixmedins_code();
  stay.admission = request.admission();
  if (!MayBeAdmitted(*person, stay, now, &refusal)) return refusal;
  person->stays.push_back(stay);
  return Done(stay, *person);
}

Answer ExpectChange(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::ChangeStayRequest>(message);
  Person* person = nullptr;
  Answer refusal;
  Stay* stay = About(model, request, &person, &refusal);
  if (stay == nullptr) return refusal;
  if (AnySettled(*stay)) return Refuse(v1::BATCH_SETTLED, *person);
  Stay changed = *stay;
  changed.admission = request.admission();
  const std::string& day = changed.admission.begndate();
  const std::string first_fee = FeeDays(*stay).first;
  if (!first_fee.empty() && first_fee < day) return Refuse(v1::STAY_HAS_FEES, *person);
  if (!stay->enddate.empty() && stay->enddate < day) return Refuse(v1::STAY_REFUSED, *person);
  if (!MayBeAdmitted(*person, changed, now, &refusal)) return refusal;
  *stay = changed;
  return Done(*stay, *person);
}

Answer ExpectCancelAdmission(Model& model, const Message& message, const Now& /*now*/) {
  const auto& request = As<v1::StayRequest>(message);
  Person* person = nullptr;
  Answer refusal;
  Stay* stay = About(model, request, &person, &refusal);
  if (stay == nullptr) return refusal;
  if (!stay->batches.empty()) return Refuse(v1::STAY_HAS_FEES, *person);
  const Stay cancelled = *stay;
  person->stays.erase(person->stays.begin() + (stay - person->stays.data()));
  return Done(cancelled, *person);
}

Answer ExpectUpload(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::UploadFeesRequest>(message);
  Person* person = nullptr;
  Answer refusal;
  Stay* stay = About(model, request, &person, &refusal);
  if (stay == nullptr) return refusal;
  if (stay->discharged || stay->settled) return Refuse(v1::STAY_NOT_OPEN, *person);
  const auto malformed = [](int line, const char* field) {
    return Error(absl::StatusCode::kInvalidArgument, absl::StrCat("fee_line[", line, "].", field));
  };
  for (const Batch& batch : stay->batches) {
    if (batch.number == request.chrg_bchno()) return Refuse(v1::BATCH_EXISTS, *person);
  }
  for (int i = 0; i < request.fee_line_size(); ++i) {
    const std::string& day = request.fee_line(i).fee_ocur_date();
    if (day < stay->admission.begndate() || day > now.day) return malformed(i, "fee_ocur_date");
  }
  for (int i = 0; i < request.fee_line_size(); ++i) {
    for (const Batch& batch : stay->batches) {
      for (const v1::FeeLine& line : batch.lines) {
        if (line.feedetl_sn() == request.fee_line(i).feedetl_sn())
          return malformed(i, "feedetl_sn");
      }
    }
  }
  stay->batches.push_back({request.chrg_bchno(), request.fee_line(), SumOf(request.fee_line()), 0});
  return Done(*stay, *person);
}

Answer ExpectCancelFees(Model& model, const Message& message, const Now& /*now*/) {
  const auto& request = As<v1::CancelFeesRequest>(message);
  Person* person = nullptr;
  Answer refusal;
  Stay* stay = About(model, request, &person, &refusal);
  if (stay == nullptr) return refusal;
  for (auto batch = stay->batches.begin(); batch != stay->batches.end(); ++batch) {
    if (batch->number != request.chrg_bchno()) continue;
    if (batch->settled_version != 0) return Refuse(v1::BATCH_SETTLED, *person);
    stay->batches.erase(batch);
    return Done(*stay, *person);
  }
  return Refuse(v1::NO_SUCH_BATCH, *person);
}

Answer ExpectDischarge(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::DischargeRequest>(message);
  Person* person = nullptr;
  Answer refusal;
  Stay* stay = About(model, request, &person, &refusal);
  if (stay == nullptr) return refusal;
  if (stay->discharged || stay->settled) return Refuse(v1::STAY_NOT_OPEN, *person);
  if (request.enddate() > now.day || request.enddate() < stay->admission.begndate())
    return Error(absl::StatusCode::kInvalidArgument, "enddate");
  if (FeeDays(*stay).second > request.enddate()) return Refuse(v1::DISCHARGE_BEFORE_FEES, *person);
  stay->enddate = request.enddate();
  stay->discharged = true;
  return Done(*stay, *person);
}

Answer ExpectCancelDischarge(Model& model, const Message& message, const Now& /*now*/) {
  const auto& request = As<v1::StayRequest>(message);
  Person* person = nullptr;
  Answer refusal;
  Stay* stay = About(model, request, &person, &refusal);
  if (stay == nullptr) return refusal;
  if (stay->settled) return Refuse(v1::STAY_NOT_OPEN, *person);
  if (!stay->discharged) return Refuse(v1::STAY_NOT_DISCHARGED, *person);
  Stay open = *stay;
  open.enddate.clear();
  open.discharged = false;
  if (Overlaps(*person, open) && OverlapIsRefused(*person, open))
    return Refuse(v1::OVERLAPPING_STAY, *person);
  *stay = open;
  return Done(*stay, *person);
}

// Places of the batches that a settlement up to `until` takes. False if one lies on both sides of
// it.
bool Take(const Stay& stay, const std::string& until, std::vector<size_t>* taken) {
  for (size_t i = 0; i < stay.batches.size(); ++i) {
    if (stay.batches[i].settled_version != 0) continue;
    size_t inside = 0;
    for (const v1::FeeLine& line : stay.batches[i].lines)
      inside += until.empty() || line.fee_ocur_date() <= until ? 1 : 0;
    if (inside == 0) continue;
    if (inside < static_cast<size_t>(stay.batches[i].lines.size())) return false;
    taken->push_back(i);
  }
  return true;
}

bool IsReady(const Stay& stay, const std::string& until) {
  if (stay.settled) return false;
  if (until.empty()) return stay.discharged;
  return until >= stay.admission.begndate() && (!stay.discharged || until < stay.enddate);
}

v1::Claim ClaimOf(const v1::SettleStayRequest& request, const Stay& stay,
                  const std::vector<size_t>& taken) {
  v1::Claim claim;
  claim.set_psn_no(request.psn_no());
  claim.set_insutype(stay.admission.insutype());
  claim.set_med_type(stay.admission.med_type());
  claim.set_mdtrt_id(stay.mdtrt_id);
  claim.set_begndate(stay.admission.begndate());
  claim.set_enddate(request.until().empty() ? stay.enddate : request.until());
  claim.set_acct_used_flag(request.acct_used_flag());
  claim.set_rel_ttp_flag(stay.admission.rel_ttp_flag());
  if (AnySettled(stay)) {
    claim.set_stay_part(v1::LATER_PART);
  } else if (!request.until().empty()) {
    claim.set_stay_part(v1::FIRST_PART);
  }
  for (const size_t place : taken) claim.mutable_fee_line()->MergeFrom(stay.batches[place].lines);
  return claim;
}

Answer NotReady(const v1::SettleStayRequest& request, const Stay& stay, const Person& person,
                const Now& now) {
  v1::SettleResponse response;
  v1::Settlement& told = *response.mutable_settlement();
  told.set_outcome(v1::CLAIM_INCOMPLETE);
  told.set_reason("not ready");
  told.set_psn_no(person.psn_no);
  told.set_insutype(stay.admission.insutype());
  told.set_med_type(stay.admission.med_type());
  told.set_mdtrt_id(stay.mdtrt_id);
  told.set_fixmedins_code(stay.institution);
  told.set_medins_setl_id(request.header().msgid());
  told.set_setl_time(now.time);
  told.set_clr_date(now.day);
  told.set_balc_before_fen(person.purse.sum());
  told.set_balc_fen(person.purse.sum());
  told.set_version(person.version);
  return Told(response);
}

Answer ExpectSettleStay(Model& model, const Message& message, const Now& now) {
  const auto& request = As<v1::SettleStayRequest>(message);
  Person* person = nullptr;
  Answer refusal;
  Stay* stay = About(model, request, &person, &refusal);
  if (refusal.code != absl::StatusCode::kOk) return refusal;
  if (stay == nullptr) return Error(absl::StatusCode::kNotFound, "mdtrt_id");
  if (request.until() > now.day) return Error(absl::StatusCode::kInvalidArgument, "until");
  std::vector<size_t> taken;
  if (!IsReady(*stay, request.until()) || !Take(*stay, request.until(), &taken) || taken.empty())
    return NotReady(request, *stay, *person, now);
  const v1::Claim claim = ClaimOf(request, *stay, taken);
  if (SumOf(claim.fee_line()) != request.medfee_sumamt_fen())
    return Error(absl::StatusCode::kInvalidArgument, "medfee_sumamt_fen");
  const bool flagged = Overlaps(*person, *stay);
  Answer answer =
      model.SettleClaim(*person, request.header(), claim,
                        {true, request.has_credential() ? &request.credential() : nullptr}, now);
  if (!answer.settled) return answer;
  for (const size_t place : taken) stay->batches[place].settled_version = answer.version;
  stay->settled = request.until().empty();
  if (!flagged) return answer;
  for (v1::Settlement* told : {static_cast<v1::SettleResponse&>(*answer.reply).mutable_settlement(),
                               &person->settlements.at(answer.version).answer}) {
    told->add_flag()->set_code("OVERLAPPING_STAY");
  }
  return answer;
}

Answer ClosedSettleStay(const Message& message, const Now& closed_at) {
  const auto& request = As<v1::SettleStayRequest>(message);
  v1::Claim claim;
  claim.set_psn_no(request.psn_no());
  claim.set_mdtrt_id(request.mdtrt_id());
  return ClosedSettlement(request.header(), claim, closed_at);
}

Answer ExpectGetStay(Model& model, const Message& message, const Now& /*now*/) {
  const auto& request = As<v1::GetStayRequest>(message);
  Person& person = model.Find(request.psn_no());
  const Stay* stay = person.FindStay(request.fixmedins_code(), request.mdtrt_id());
  v1::StayResponse response;
  response.set_version(person.version);
  response.set_outcome(stay == nullptr ? v1::NO_SUCH_STAY : v1::STAY_DONE);
  if (stay == nullptr) response.set_reason("none");
  if (stay != nullptr) View(*stay, response.mutable_stay());
  return Told(response);
}

}  // namespace

std::vector<Kind> StayKinds() {
  return {
      {"yijie.v1.StayService.Admit", 50, MakeAdmit, ExpectAdmit, v1::ADMIT},
      {"yijie.v1.StayService.ChangeStay", 20, MakeChange, ExpectChange, v1::CHANGE_STAY},
      {"yijie.v1.StayService.CancelAdmission", 12, MakeStayRequest, ExpectCancelAdmission,
       v1::CANCEL_ADMISSION},
      {"yijie.v1.StayService.UploadFees", 110, MakeUpload, ExpectUpload, v1::UPLOAD_FEES},
      {"yijie.v1.StayService.CancelFees", 15, MakeCancelFees, ExpectCancelFees, v1::CANCEL_FEES},
      {"yijie.v1.StayService.Discharge", 55, MakeDischarge, ExpectDischarge, v1::DISCHARGE},
      {"yijie.v1.StayService.CancelDischarge", 10, MakeStayRequest, ExpectCancelDischarge,
       v1::CANCEL_DISCHARGE},
      {"yijie.v1.StayService.SettleStay", 130, MakeSettleStay, ExpectSettleStay, v1::SETTLE_STAY,
       nullptr, ClosedSettleStay},
      {"yijie.v1.StayService.GetStay", 20, MakeGetStay, ExpectGetStay},
  };
}

}  // namespace yijie::campaign
