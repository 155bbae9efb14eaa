#ifndef YIJIE_ENGINE_VALIDATE_H_
#define YIJIE_ENGINE_VALIDATE_H_

// Shape of requests: everything that can be told without knowing any person. Failures are
// INVALID_ARGUMENT and begin with the path of the field: "claim.fee_line[3].cnt_1e4: ...".

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/date.h"
#include "yijie/v1/claim.pb.h"
#include "yijie/v1/service.pb.h"
#include "yijie/v1/stay.pb.h"

namespace yijie::engine {

// INVALID_ARGUMENT "path: why".
absl::Status BadField(absl::string_view path, absl::string_view why);

inline constexpr int kMaxLines = 5'000;

// A field this program does not know could mean anything, money included; it is refused, wherever
// it is nested.
absl::Status CheckNoUnknownFields(const google::protobuf::Message& request);

absl::Status CheckInstitutionCode(absl::string_view path, absl::string_view code);
absl::Status CheckMessageId(absl::string_view path, absl::string_view msgid);
absl::Status CheckSettlementId(absl::string_view path, absl::string_view setl_id);
absl::Status CheckPersonNo(absl::string_view path, absl::string_view psn_no);
absl::Status CheckHeader(const yijie::v1::MessageHeader& header);

// Lines of a bill at `path`: shape, days within [first, last], serials used once. `sum` is theirs.
absl::Status CheckFeeLines(absl::string_view path,
                           const google::protobuf::RepeatedPtrField<yijie::v1::FeeLine>& lines,
                           Date first, Date last, int64_t* sum);

// What an admission and the calls about a stay say.
absl::Status CheckVisitId(absl::string_view path, absl::string_view mdtrt_id);
absl::Status CheckBatchNo(absl::string_view path, absl::string_view chrg_bchno);
absl::Status CheckAdmission(absl::string_view path, const yijie::v1::Admission& admission);
absl::Status CheckScheme(absl::string_view path, absl::string_view insutype);
// Of a bill: a code, not the name of a benefit.
absl::Status CheckKindOfCare(absl::string_view path, absl::string_view med_type);
// Why something is done: 1 to 300 bytes of text in one line.
absl::Status CheckReason(absl::string_view path, absl::string_view reason);
// Where the person is insured: six digits, or empty for this engine's own areas.
absl::Status CheckInsuredArea(absl::string_view path, absl::string_view admdvs);
absl::Status CheckIsoDay(absl::string_view path, absl::string_view day);
absl::Status CheckAcctUse(absl::string_view path, yijie::v1::AcctUse use);
// `path` ends in a dot.
absl::Status CheckDelivery(absl::string_view path, const yijie::v1::Delivery& delivery);
// 1 fen to the most a bill may be.
absl::Status CheckBillTotal(absl::string_view path, int64_t fen);

// Numbers a package asks for: named once, 0 to kMaxClaimFen.
absl::Status CheckGiven(absl::string_view path,
                        const google::protobuf::RepeatedPtrField<yijie::v1::GivenValue>& given);

// Dates in order, amounts in range, lines that add up.
absl::Status CheckClaim(const yijie::v1::Claim& claim);
// INVALID_ARGUMENT for an application for a benefit that is no share of a bill.
absl::Status CheckIsBill(const yijie::v1::Claim& claim);
// A bill as its institution sends it. An advance (先行支付) is for the agency to grant; which part
// of a stay is settled (中途结算) the engine knows where it keeps the stay.
absl::Status CheckNetworkedBill(const yijie::v1::Claim& claim);

// Path of the first field in which two messages of one type differ, such as
// "claim.fee_line[0].cnt_1e4"; empty if they are equal.
std::string FirstDifference(const google::protobuf::Message& a, const google::protobuf::Message& b);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_VALIDATE_H_
