#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/correction/amendment.h"
#include "engine/correction/check_facts.h"
#include "engine/correction/replay_history.h"
#include "engine/queries.h"
#include "yijie/v1/agency.pb.h"

// The call by which the agency tells what it knows of a person now.

namespace yijie::engine {
namespace {

absl::Status Prepare(const v1::AmendPersonRequest& request, Job* job) {
  job->lane_key = request.facts().psn_no();
  return CheckFacts(request.facts(), job->now.day);
}

absl::StatusOr<Effect> WorkAmendPerson(const Job& job, const WorkContext& context,
                                       const Person& person) {
  const auto& request = RequestOf<v1::AmendPersonRequest>(job);
  YIJIE_ASSIGN_OR_RETURN(const auto versions,
                         LoadLater(context.store, request.facts().psn_no(), 0, person.version));
  YIJIE_ASSIGN_OR_RETURN(const auto replayed,
                         ReplayHistory(context.reference, versions,
                                       std::make_shared<v1::PersonFacts>(request.facts())));
  return BookAmendment(context.reference, request, job.body, replayed, person, job.now);
}

}  // namespace

std::vector<CallSpec> CorrectionCalls() {
  CallSpec amend = Changing<v1::AmendPersonRequest, Prepare>(
      Call::kAmendPerson, "yijie.v1.AgencyService.AmendPerson", "facts.psn_no", v1::AMEND_PERSON,
      nullptr, WorkAmendPerson);
  amend.reads_history = true;
  amend.counts_on_totals = true;
  amend.may_create = true;
  return {amend};
}

}  // namespace yijie::engine
