#include "engine/validate.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include <google/protobuf/util/message_differencer.h>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/date.h"
#include "base/fen.h"
#include "base/status_macros.h"
#include "engine/area/area_code.h"
#include "engine/fee_amount.h"
#include "engine/person_limits.h"
#include "rules/program.h"
#include "rules/vocabulary.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr int64_t kMaxLineFen = 1'000'000'000'000;
constexpr int64_t kMaxCnt1e4 = 10'000'000'000;
constexpr int64_t kMaxPricFen1e4 = 1'000'000'000'000'000;

// Puts the path of what holds a field before the path in an error. Paths are built on failure only:
// every claim passes here.
absl::Status Within(absl::string_view outer, absl::Status status) {
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(outer, status.message()));
}

// What CheckUnknown has to know of a type of messages. To ask a message for it takes longer than
// the check, and a bill has many of one type.
struct MessageType {
  struct Field {
    const FieldDescriptor* field;
    const MessageType* type;
  };
  const Reflection* reflection = nullptr;
  std::vector<Field> fields;  // those that hold messages
};

// Found out once a thread; the map never moves its elements.
const MessageType& TypeOf(const Message& message) {
  thread_local std::unordered_map<const Descriptor*, MessageType> types;
  const Descriptor* descriptor = message.GetDescriptor();
  const auto [found, is_new] = types.try_emplace(descriptor);
  MessageType& type = found->second;
  if (!is_new) return type;
  type.reflection = message.GetReflection();
  for (int f = 0; f < descriptor->field_count(); ++f) {
    const FieldDescriptor* field = descriptor->field(f);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const Message* held = type.reflection->GetMessageFactory()->GetPrototype(field->message_type());
    type.fields.push_back({field, &TypeOf(*held)});
  }
  return type;
}

absl::Status CheckUnknown(const Message& message, const MessageType& type) {
  const Reflection& reflection = *type.reflection;
  const auto& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty())
    return BadField("", absl::StrCat("unknown field number ", unknown.field(0).number()));
  for (const auto& [field, held] : type.fields) {
    if (!field->is_repeated()) {
      if (!reflection.HasField(message, field)) continue;
      const absl::Status nested = CheckUnknown(reflection.GetMessage(message, field), *held);
      if (!nested.ok()) return Within(absl::StrCat(".", field->name()), nested);
      continue;
    }
    const int size = reflection.FieldSize(message, field);
    for (int i = 0; i < size; ++i) {
      const absl::Status nested =
          CheckUnknown(reflection.GetRepeatedMessage(message, field, i), *held);
      if (!nested.ok()) return Within(absl::StrCat(".", field->name(), "[", i, "]"), nested);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckText(absl::string_view path, absl::string_view text, size_t min, size_t max,
                       bool (*allowed)(unsigned char), absl::string_view what) {
  if (text.size() < min || text.size() > max)
    return BadField(path, absl::StrCat("needs ", min, " to ", max, " characters"));
  if (!std::all_of(text.begin(), text.end(),
                   [allowed](char c) { return allowed(static_cast<unsigned char>(c)); })) {
    return BadField(path, absl::StrCat("may hold only ", what));
  }
  return absl::OkStatus();
}

// UTF-8 without control characters.
bool IsOfALine(unsigned char c) { return !absl::ascii_iscntrl(c); }

absl::Status CheckRange(absl::string_view path, int64_t value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return BadField(path, absl::StrCat(value, " is outside ", min, " to ", max));
}

template <typename Enum>
absl::Status CheckEnum(absl::string_view path, Enum value, bool (*is_valid)(int)) {
  if (is_valid(value)) return absl::OkStatus();
  return BadField(path, absl::StrCat("unknown value ", static_cast<int>(value)));
}

absl::StatusOr<Date> CheckDate(absl::string_view path, absl::string_view text) {
  absl::StatusOr<Date> date = ParseDate(text);
  if (!date.ok()) return BadField(path, date.status().message());
  return date;
}

// Amount of a line against quantity times price; the national interface tolerates 0.01 yuan.
absl::Status CheckLineAmount(const v1::FeeLine& line) {
  const __int128 difference =
      FeeAmount(line.cnt_1e4(), line.pric_fen_1e4()) - line.det_item_fee_sumamt_fen();
  if (difference >= -1 && difference <= 1) return absl::OkStatus();
  return BadField("det_item_fee_sumamt_fen",
                  absl::StrCat(line.det_item_fee_sumamt_fen(), " is not quantity times price"));
}

absl::Status CheckLine(const v1::FeeLine& line, Date begndate, Date enddate) {
  YIJIE_RETURN_IF_ERROR(
      CheckText("feedetl_sn", line.feedetl_sn(), 1, 30, absl::ascii_isgraph, "printable ASCII"));
  YIJIE_RETURN_IF_ERROR(CheckText("med_list_codg", line.med_list_codg(), 1, 50, absl::ascii_isgraph,
                                  "printable ASCII"));
  if (!line.fee_ocur_date().empty()) {
    YIJIE_ASSIGN_OR_RETURN(const Date day, CheckDate("fee_ocur_date", line.fee_ocur_date()));
    if (day < begndate || day > enddate)
      return BadField("fee_ocur_date", "outside begndate to enddate");
  }
  YIJIE_RETURN_IF_ERROR(CheckRange("cnt_1e4", line.cnt_1e4(), 1, kMaxCnt1e4));
  YIJIE_RETURN_IF_ERROR(CheckRange("pric_fen_1e4", line.pric_fen_1e4(), 0, kMaxPricFen1e4));
  YIJIE_RETURN_IF_ERROR(
      CheckRange("det_item_fee_sumamt_fen", line.det_item_fee_sumamt_fen(), 0, kMaxLineFen));
  return CheckLineAmount(line);
}

// The serial number of `b` is not greater than that of `a`, as the number 10 is greater than 9.
bool NotUpwards(const v1::FeeLine& a, const v1::FeeLine& b) {
  const std::string& first = a.feedetl_sn();
  const std::string& second = b.feedetl_sn();
  return first.size() == second.size() ? first >= second : first.size() > second.size();
}

absl::Status CheckLines(const v1::Claim& claim, Date begndate, Date enddate) {
  int64_t sum = 0;
  YIJIE_RETURN_IF_ERROR(CheckFeeLines("claim.fee_line", claim.fee_line(), begndate, enddate, &sum));
  if (sum != claim.medfee_sumamt_fen()) {
    return BadField("claim.medfee_sumamt_fen",
                    absl::StrCat(claim.medfee_sumamt_fen(), " is not the sum of the lines, ", sum));
  }
  return absl::OkStatus();
}

absl::Status CheckDigits(absl::string_view path, absl::string_view text, size_t min, size_t max) {
  return CheckText(path, text, min, max, absl::ascii_isdigit, "digits");
}

// The name of a benefit that is no share of a bill, such as MATERNITY_ALLOWANCE.
bool IsBenefitName(absl::string_view med_type) {
  return !med_type.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(med_type.front()));
}

bool IsUpperOrUnderscore(unsigned char c) { return absl::ascii_isupper(c) || c == '_'; }
bool IsNameCharacter(unsigned char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_' || c == '-';
}

absl::Status CheckMedType(absl::string_view med_type) {
  return IsBenefitName(med_type) ? CheckText("claim.med_type", med_type, 3, 40, IsUpperOrUnderscore,
                                             "A to Z and _ in a benefit's name")
                                 : CheckDigits("claim.med_type", med_type, 2, 6);
}

}  // namespace

absl::Status BadField(absl::string_view path, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", why));
}

absl::Status CheckGiven(absl::string_view path,
                        const google::protobuf::RepeatedPtrField<v1::GivenValue>& given) {
  if (given.size() > static_cast<int>(rules::kMaxGiven))
    return BadField(path, absl::StrCat(given.size(), " numbers; at most ", rules::kMaxGiven));
  absl::flat_hash_set<absl::string_view> names;
  for (int i = 0; i < given.size(); ++i) {
    const std::string at = absl::StrCat(path, "[", i, "].");
    YIJIE_RETURN_IF_ERROR(CheckText(absl::StrCat(at, "name"), given[i].name(), 1, 40,
                                    IsNameCharacter, "a-z 0-9 - _"));
    YIJIE_RETURN_IF_ERROR(CheckRange(absl::StrCat(at, "value"), given[i].value(), 0, kMaxClaimFen));
    if (!names.insert(given[i].name()).second)
      return BadField(absl::StrCat(at, "name"), "given twice");
  }
  return absl::OkStatus();
}

absl::Status CheckNoUnknownFields(const Message& request) {
  const absl::Status status = CheckUnknown(request, TypeOf(request));
  if (status.ok()) return status;
  // ".claim.fee_line[0]: unknown ..." or ": unknown ..."
  const absl::string_view text = status.message();
  return absl::InvalidArgumentError(text[0] == '.' ? std::string(text.substr(1))
                                                   : absl::StrCat("request", text));
}

absl::Status CheckInstitutionCode(absl::string_view path, absl::string_view code) {
  return CheckText(path, code, 1, 12, absl::ascii_isalnum, "letters and digits");
}

absl::Status CheckMessageId(absl::string_view path, absl::string_view msgid) {
  return CheckText(path, msgid, 1, 30, absl::ascii_isgraph, "printable ASCII");
}

absl::Status CheckSettlementId(absl::string_view path, absl::string_view setl_id) {
  if (setl_id.size() != 30) return BadField(path, "needs 30 characters");
  return CheckText(path, setl_id, 30, 30, absl::ascii_isgraph, "printable ASCII");
}

absl::Status CheckPersonNo(absl::string_view path, absl::string_view psn_no) {
  return CheckText(path, psn_no, 1, 30, absl::ascii_isalnum, "letters and digits");
}

absl::Status CheckHeader(const v1::MessageHeader& header) {
  YIJIE_RETURN_IF_ERROR(CheckInstitutionCode("header.fixmedins_code", header.fixmedins_code()));
  YIJIE_RETURN_IF_ERROR(CheckMessageId("header.msgid", header.msgid()));
  if (header.opter().size() > 30) return BadField("header.opter", "longer than 30 bytes");
  return absl::OkStatus();
}

absl::Status CheckFeeLines(absl::string_view path,
                           const google::protobuf::RepeatedPtrField<v1::FeeLine>& lines, Date first,
                           Date last, int64_t* sum) {
  if (lines.empty()) return BadField(path, "a bill needs at least one line");
  if (lines.size() > kMaxLines)
    return BadField(path, absl::StrCat(lines.size(), " lines; at most ", kMaxLines));
  *sum = 0;  // at most 5,000 lines of 10^12: far inside int64
  // Most bills number their lines upwards: such numbers differ without a look at all of them.
  const bool upwards = std::adjacent_find(lines.begin(), lines.end(), NotUpwards) == lines.end();
  absl::flat_hash_set<absl::string_view> serials;
  if (!upwards) serials.reserve(static_cast<size_t>(lines.size()));
  for (int i = 0; i < lines.size(); ++i) {
    const v1::FeeLine& line = lines[i];
    absl::Status checked = CheckLine(line, first, last);
    if (checked.ok() && !upwards && !serials.insert(line.feedetl_sn()).second) {
      checked = BadField("feedetl_sn", "used by an earlier line");
    }
    if (!checked.ok()) return Within(absl::StrCat(path, "[", i, "]."), checked);
    *sum += line.det_item_fee_sumamt_fen();
  }
  return absl::OkStatus();
}

absl::Status CheckVisitId(absl::string_view path, absl::string_view mdtrt_id) {
  return CheckText(path, mdtrt_id, 1, 30, absl::ascii_isgraph, "printable ASCII");
}

absl::Status CheckBatchNo(absl::string_view path, absl::string_view chrg_bchno) {
  return CheckText(path, chrg_bchno, 1, 30, absl::ascii_isgraph, "printable ASCII");
}

absl::Status CheckScheme(absl::string_view path, absl::string_view insutype) {
  return CheckDigits(path, insutype, 3, 3);
}

absl::Status CheckKindOfCare(absl::string_view path, absl::string_view med_type) {
  return CheckDigits(path, med_type, 2, 6);
}

absl::Status CheckReason(absl::string_view path, absl::string_view reason) {
  constexpr size_t kMaxReason = 300;
  if (reason.empty() || reason.size() > kMaxReason)
    return BadField(path, absl::StrCat("must have 1 to ", kMaxReason, " bytes"));
  for (const char c : reason) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)))
      return BadField(path, "must be text in one line");
  }
  return absl::OkStatus();
}

absl::Status CheckInsuredArea(absl::string_view path, absl::string_view admdvs) {
  return admdvs.empty() || IsAreaCode(admdvs) ? absl::OkStatus()
                                              : BadField(path, "must be an area of six digits");
}

absl::Status CheckIsoDay(absl::string_view path, absl::string_view day) {
  return CheckDate(path, day).status();
}

absl::Status CheckAcctUse(absl::string_view path, v1::AcctUse use) {
  return CheckEnum(path, use, v1::AcctUse_IsValid);
}

absl::Status CheckDelivery(absl::string_view path, const v1::Delivery& delivery) {
  absl::Status checked = CheckEnum("mode", delivery.mode(), v1::DeliveryMode_IsValid);
  if (checked.ok()) checked = CheckRange("fetus_cnt", delivery.fetus_cnt(), 0, 9);
  if (checked.ok()) checked = CheckRange("geso_weeks", delivery.geso_weeks(), 0, 45);
  return Within(path, checked);
}

absl::Status CheckBillTotal(absl::string_view path, int64_t fen) {
  return CheckRange(path, fen, 1, kMaxClaimFen);
}

absl::Status CheckAdmission(absl::string_view path, const v1::Admission& admission) {
  const std::string& med_type = admission.med_type();
  absl::Status checked = CheckDigits("insutype", admission.insutype(), 3, 3);
  if (checked.ok()) checked = CheckDigits("med_type", med_type, 2, 6);
  if (checked.ok() && med_type.compare(0, 2, "21") != 0 && med_type != "52")
    checked = BadField("med_type", "is no stay: 21, a code that begins with it, or 52");
  if (checked.ok()) checked = CheckDate("begndate", admission.begndate()).status();
  if (checked.ok()) {
    checked = CheckText("dise_codg", admission.dise_codg(), 0, 30, absl::ascii_isgraph,
                        "printable ASCII");
  }
  if (checked.ok()) checked = CheckEnum("transfer", admission.transfer(), v1::TransferKind_IsValid);
  if (checked.ok()) {
    checked = CheckText("injury_no", admission.injury_no(), 0, kMaxRecognitionNumberBytes,
                        IsOfALine, "one line of text");
  }
  return Within(path, checked);
}

absl::Status CheckClaim(const v1::Claim& claim) {
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("claim.psn_no", claim.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckDigits("claim.insutype", claim.insutype(), 3, 3));
  YIJIE_RETURN_IF_ERROR(CheckMedType(claim.med_type()));
  YIJIE_RETURN_IF_ERROR(
      CheckText("claim.mdtrt_id", claim.mdtrt_id(), 0, 30, absl::ascii_isgraph, "printable ASCII"));
  YIJIE_RETURN_IF_ERROR(CheckText("claim.dise_codg", claim.dise_codg(), 0, 30, absl::ascii_isgraph,
                                  "printable ASCII"));
  YIJIE_RETURN_IF_ERROR(CheckText("claim.injury_no", claim.injury_no(), 0,
                                  kMaxRecognitionNumberBytes, IsOfALine, "one line of text"));
  YIJIE_RETURN_IF_ERROR(CheckInsuredArea("claim.insuplc_admdvs", claim.insuplc_admdvs()));
  YIJIE_RETURN_IF_ERROR(CheckAcctUse("claim.acct_used_flag", claim.acct_used_flag()));
  YIJIE_RETURN_IF_ERROR(CheckDelivery("claim.delivery.", claim.delivery()));
  YIJIE_RETURN_IF_ERROR(CheckEnum("claim.transfer", claim.transfer(), v1::TransferKind_IsValid));
  YIJIE_RETURN_IF_ERROR(CheckEnum("claim.stay_part", claim.stay_part(), v1::StayPart_IsValid));
  YIJIE_RETURN_IF_ERROR(CheckGiven("claim.given", claim.given()));
  YIJIE_ASSIGN_OR_RETURN(const Date begndate, CheckDate("claim.begndate", claim.begndate()));
  Date enddate = begndate;
  if (!claim.enddate().empty()) {
    YIJIE_ASSIGN_OR_RETURN(enddate, CheckDate("claim.enddate", claim.enddate()));
  }
  if (enddate < begndate) return BadField("claim.enddate", "before begndate");
  if (enddate.days() - begndate.days() > rules::kMaxStayDays)
    return BadField("claim.enddate",
                    absl::StrCat("more than ", rules::kMaxStayDays, " days after begndate"));
  if (!claim.filed_on().empty()) {
    YIJIE_ASSIGN_OR_RETURN(const Date filed, CheckDate("claim.filed_on", claim.filed_on()));
    if (filed < enddate) return BadField("claim.filed_on", "before enddate");
  }
  const bool bill = !IsBenefitName(claim.med_type());
  YIJIE_RETURN_IF_ERROR(CheckRange("claim.medfee_sumamt_fen", claim.medfee_sumamt_fen(),
                                   bill ? 1 : 0, bill ? kMaxClaimFen : 0));
  if (bill) return CheckLines(claim, begndate, enddate);
  if (claim.fee_line_size() > 0)
    return BadField("claim.fee_line", "an application for a benefit has no bill");
  return absl::OkStatus();
}

absl::Status CheckIsBill(const v1::Claim& claim) {
  return IsBenefitName(claim.med_type())
             ? BadField("claim.med_type",
                        "a benefit that is no share of a bill is not settled here")
             : absl::OkStatus();
}

absl::Status CheckNetworkedBill(const v1::Claim& claim) {
  YIJIE_RETURN_IF_ERROR(CheckIsBill(claim));
  if (claim.stay_part() != v1::WHOLE_STAY)
    return BadField("claim.stay_part", "a stay is settled in parts by SettleStay");
  if (claim.advance_flag())
    return BadField("claim.advance_flag",
                    "an advance is applied for with the agency; see Reimburse");
  return CheckClaim(claim);
}

std::string FirstDifference(const Message& a, const Message& b) {
  std::string report;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  if (differencer.Compare(a, b)) return "";
  // A report line reads "modified: claim.med_type: ..." or "added: claim.fee_line[1]: { ... }".
  const absl::string_view first = absl::string_view(report).substr(0, report.find('\n'));
  const std::vector<absl::string_view> parts = absl::StrSplit(first, absl::MaxSplits(": ", 2));
  return parts.size() < 2 ? "request" : std::string(parts[1]);
}

}  // namespace yijie::engine
