#include "engine/inquiry/inquiry_queries.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/inquiry/history.h"
#include "engine/inquiry/movement.h"
#include "engine/inquiry/participation.h"
#include "engine/inquiry/rights_statement.h"
#include "engine/inquiry/settlement_rows.h"
#include "engine/payout/bank_account.h"
#include "engine/stored_day.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

using yijie::store::v1::PersonEvent;

constexpr int kDefaultPayouts = 100;
constexpr int kMaxPayouts = 500;
constexpr size_t kPayoutIdBytes = 32;

// The id of what settled or undid, else the message that brought the version.
std::string ReferenceOf(const PersonEvent& event) {
  if (event.has_settled()) return event.settled().setl_id();
  if (event.has_reversed()) return event.reversed().setl_id();
  return event.msgid();
}

}  // namespace

absl::Status InquiryQueries::CheckInquirer(Inquirer inquirer,
                                           const std::string& fixmedins_code) const {
  if (inquirer == Inquirer::kAgency && fixmedins_code.empty()) return absl::OkStatus();
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("fixmedins_code", fixmedins_code));
  if (reference_()->FindInstitution(fixmedins_code) != nullptr) return absl::OkStatus();
  return absl::NotFoundError("fixmedins_code: no such institution");
}

absl::StatusOr<Person> InquiryQueries::FindPerson(const std::string& psn_no) const {
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("psn_no", psn_no));
  YIJIE_ASSIGN_OR_RETURN(const auto newest, store_.LoadLatest(psn_no));
  if (!newest) return absl::NotFoundError("psn_no: no such person");
  return ParsePerson(*newest);
}

absl::StatusOr<v1::GetParticipationResponse> InquiryQueries::GetParticipation(
    Inquirer inquirer, const v1::GetParticipationRequest& request, const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  YIJIE_RETURN_IF_ERROR(CheckInquirer(inquirer, request.fixmedins_code()));
  if (!request.day().empty()) YIJIE_RETURN_IF_ERROR(CheckIsoDay("day", request.day()));
  YIJIE_ASSIGN_OR_RETURN(const Person person, FindPerson(request.psn_no()));
  return ParticipationOn(*reference_()->areas, person,
                         request.day().empty() ? now.day : StoredDay(request.day()));
}

absl::StatusOr<v1::ListVisitsResponse> InquiryQueries::ListVisits(
    Inquirer inquirer, const v1::ListVisitsRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  YIJIE_RETURN_IF_ERROR(CheckInquirer(inquirer, request.fixmedins_code()));
  YIJIE_ASSIGN_OR_RETURN(const PageQuery page, CheckPage("page", request.page()));
  YIJIE_ASSIGN_OR_RETURN(const Person person, FindPerson(request.psn_no()));
  return SettlementRows(store_, person, request.fixmedins_code()).Visits(page);
}

absl::StatusOr<v1::ListSettlementsResponse> InquiryQueries::ListSettlements(
    Inquirer inquirer, const v1::ListSettlementsRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  YIJIE_RETURN_IF_ERROR(CheckInquirer(inquirer, request.fixmedins_code()));
  YIJIE_ASSIGN_OR_RETURN(const PageQuery page, CheckPage("page", request.page()));
  YIJIE_ASSIGN_OR_RETURN(const Person person, FindPerson(request.psn_no()));
  return SettlementRows(store_, person, request.fixmedins_code()).Settlements(page);
}

absl::StatusOr<v1::ListMovementsResponse> InquiryQueries::ListMovements(
    const v1::ListMovementsRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  YIJIE_ASSIGN_OR_RETURN(const PageQuery page, CheckPage("page", request.page()));
  YIJIE_ASSIGN_OR_RETURN(const Person person, FindPerson(request.psn_no()));
  v1::ListMovementsResponse response;
  const auto make = [&](const storage::PersonVersion& version,
                        const PersonEvent& event) -> absl::StatusOr<int> {
    int made = 0;
    for (const MovementPart& part : MovementsOf(event)) {
      v1::Movement* movement = response.add_movement();
      movement->set_version(version.version);
      movement->set_kind(part.kind);
      movement->set_post_time(MomentOf(event.time_unix_ms()).rfc3339);
      movement->set_clr_date(event.clr_date());
      movement->set_reference(ReferenceOf(event));
      SetAmounts(part.amount, movement->mutable_amount());
      ++made;
    }
    return made;
  };
  YIJIE_ASSIGN_OR_RETURN(const int64_t next,
                         VisitPage(store_, request.psn_no(), person.version, page, make));
  response.set_next_version(next);
  return response;
}

absl::StatusOr<v1::ListPersonPayoutsResponse> InquiryQueries::ListPersonPayouts(
    const v1::ListPersonPayoutsRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  if (request.page_size() < 0 || request.page_size() > kMaxPayouts)
    return BadField("page_size", absl::StrCat("outside 0 to ", kMaxPayouts));
  const std::string& after = request.after_payout_id();
  if (after.size() > kPayoutIdBytes)
    return BadField("after_payout_id", absl::StrCat("longer than ", kPayoutIdBytes, " bytes"));
  YIJIE_ASSIGN_OR_RETURN(const Person person, FindPerson(request.psn_no()));
  const int page = request.page_size() == 0 ? kDefaultPayouts : request.page_size();
  v1::ListPersonPayoutsResponse response;
  bool begun = after.empty();
  for (const v1::Payout& payout : person.rest->payouts().payout()) {
    if (!begun) {
      begun = payout.payout_id() == after;
      continue;
    }
    if (response.payout_size() == page) {
      response.set_more(true);
      break;
    }
    *response.add_payout() = MaskedForOutput(payout);
  }
  if (!begun) return BadField("after_payout_id", "no payout of this person");
  return response;
}

absl::StatusOr<v1::GetRightsStatementResponse> InquiryQueries::GetRightsStatement(
    const v1::GetRightsStatementRequest& request, const Moment& now) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  const int first = kFirstDate.civil().year;
  const int last = now.day.civil().year;
  if (request.year() < first || request.year() > last)
    return BadField("year", absl::StrCat("outside ", first, " to ", last));
  YIJIE_ASSIGN_OR_RETURN(const Person person, FindPerson(request.psn_no()));
  v1::GetRightsStatementResponse response;
  const std::shared_ptr<const Reference> reference = reference_();
  YIJIE_ASSIGN_OR_RETURN(*response.mutable_statement(),
                         MakeRightsStatement(store_, *reference, person, request.year(), now));
  return response;
}

}  // namespace yijie::engine
