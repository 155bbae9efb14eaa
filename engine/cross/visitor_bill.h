#ifndef YIJIE_ENGINE_CROSS_VISITOR_BILL_H_
#define YIJIE_ENGINE_CROSS_VISITOR_BILL_H_

// What the place of care (就医地) itself says about the bill of a visitor, before the insured place
// is asked.

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/claim_input.h"
#include "engine/moment.h"
#include "engine/reference.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/settlement.pb.h"

namespace yijie::engine {

// NOT_FOUND if there is no such institution, under `field` of the request; INVALID_ARGUMENT if the
// bill ends on a day that has not come.
absl::StatusOr<const yijie::v1::Institution*> InstitutionOfBill(const Reference& reference,
                                                                absl::string_view field,
                                                                const std::string& fixmedins_code,
                                                                const yijie::v1::Claim& claim,
                                                                const Moment& now);

// INSTITUTION_NOT_IN_FORCE in `out` and true if its agreement (服务协议) was not in force when the
// bill began.
bool RefuseWithoutAgreement(const yijie::v1::Institution& institution,
                            const yijie::v1::Claim& claim, yijie::v1::Settlement* out);

// What the answer says of the bill whoever evaluated it.
void DescribeBill(const std::string& fixmedins_code, const yijie::v1::Claim& claim,
                  const Moment& now, yijie::v1::Settlement* out);

// The bill in a ReserveRequest or an EvaluateRequest: by the catalogue of the place of care.
template <typename Request>
void FillBill(const Reference& reference, const yijie::v1::Institution& institution,
              const yijie::v1::Claim& claim, Request* request) {
  request->set_insuplc_admdvs(claim.insuplc_admdvs());
  *request->mutable_institution() = institution;
  *request->mutable_claim() = claim;
  ClassifyLines(reference, institution.admdvs(), claim, request->mutable_line_class());
}

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CROSS_VISITOR_BILL_H_
