#ifndef YIJIE_ENGINE_INQUIRY_INQUIRY_QUERIES_H_
#define YIJIE_ENGINE_INQUIRY_INQUIRY_QUERIES_H_

// What InquiryService and InstitutionInquiryService answer, without the network. Reads the store
// beside the lanes: no inquiry, however long, keeps a settlement waiting.

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/moment.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/v1/inquiry.pb.h"

namespace yijie::engine {

// Who asks, told by the service that was called.
enum class Inquirer {
  kInstitution,  // names itself, and learns of its own only
  kAgency,
};

// INVALID_ARGUMENT, beginning with the field, for a malformed request. Thread-safe.
class InquiryQueries {
 public:
  // `store` outlives it; `reference` gives the one in force, from any thread.
  InquiryQueries(storage::StoreReader& store,
                 std::function<std::shared_ptr<const Reference>()> reference)
      : store_(store), reference_(std::move(reference)) {}

  absl::StatusOr<v1::GetParticipationResponse> GetParticipation(
      Inquirer inquirer, const v1::GetParticipationRequest& request, const Moment& now);
  absl::StatusOr<v1::ListVisitsResponse> ListVisits(Inquirer inquirer,
                                                    const v1::ListVisitsRequest& request);
  absl::StatusOr<v1::ListSettlementsResponse> ListSettlements(
      Inquirer inquirer, const v1::ListSettlementsRequest& request);
  absl::StatusOr<v1::ListMovementsResponse> ListMovements(const v1::ListMovementsRequest& request);
  absl::StatusOr<v1::ListPersonPayoutsResponse> ListPersonPayouts(
      const v1::ListPersonPayoutsRequest& request);
  absl::StatusOr<v1::GetRightsStatementResponse> GetRightsStatement(
      const v1::GetRightsStatementRequest& request, const Moment& now);

 private:
  absl::Status CheckInquirer(Inquirer inquirer, const std::string& fixmedins_code) const;
  absl::StatusOr<Person> FindPerson(const std::string& psn_no) const;

  storage::StoreReader& store_;
  const std::function<std::shared_ptr<const Reference>()> reference_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_INQUIRY_INQUIRY_QUERIES_H_
