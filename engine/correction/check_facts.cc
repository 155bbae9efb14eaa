#include "engine/correction/check_facts.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/call.h"
#include "engine/card/identity_number.h"
#include "engine/insurance_status.h"
#include "engine/load/cells.h"
#include "engine/load/schemes.h"
#include "engine/person_limits.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

constexpr size_t kMaxReasonBytes = 200;
constexpr int kMaxListed = 1'000;
constexpr int32_t kWhole1e6 = 1'000'000;
constexpr int64_t kMaxBaseFen = 1'000'000'000'000;

absl::Status CheckText(absl::string_view path, absl::string_view text, size_t max_bytes) {
  if (text.empty()) return BadField(path, "empty");
  if (text.size() > max_bytes) return BadField(path, absl::StrCat("longer than ", max_bytes));
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
  return control ? BadField(path, "has a control character") : absl::OkStatus();
}

absl::Status CheckPrintable(absl::string_view path, absl::string_view text, size_t max) {
  YIJIE_RETURN_IF_ERROR(CheckText(path, text, max));
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  return printable ? absl::OkStatus() : BadField(path, "needs printable ASCII");
}

absl::Status CheckDigits(absl::string_view path, absl::string_view text, size_t min, size_t max) {
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  if (digits && text.size() >= min && text.size() <= max) return absl::OkStatus();
  return BadField(path, absl::StrCat("needs ", min, " to ", max, " digits"));
}

absl::Status CheckNumber(absl::string_view path, int64_t value, int64_t most) {
  if (value >= 0 && value <= most) return absl::OkStatus();
  return BadField(path, absl::StrCat(value, " is outside 0 to ", most));
}

absl::StatusOr<Date> CheckDay(absl::string_view path, absl::string_view text) {
  absl::StatusOr<Date> day = ParseDate(text);
  if (!day.ok()) return BadField(path, day.status().message());
  return day;
}

absl::Status CheckOptionalDay(absl::string_view path, absl::string_view text) {
  return text.empty() ? absl::OkStatus() : CheckDay(path, text).status();
}

// First and last day of `span`, whose path is `path`.
template <typename Span>
absl::StatusOr<DaySpan> CheckSpan(absl::string_view path, const Span& span) {
  DaySpan days;
  YIJIE_ASSIGN_OR_RETURN(days.begin, CheckDay(absl::StrCat(path, ".begndate"), span.begndate()));
  if (span.enddate().empty()) return days;
  YIJIE_ASSIGN_OR_RETURN(days.end, CheckDay(absl::StrCat(path, ".enddate"), span.enddate()));
  if (days.end < days.begin) return BadField(absl::StrCat(path, ".enddate"), "before begndate");
  return days;
}

absl::Status CheckIdentity(const v1::PersonFacts& facts, Date today) {
  YIJIE_RETURN_IF_ERROR(CheckPersonNo("facts.psn_no", facts.psn_no()));
  YIJIE_RETURN_IF_ERROR(CheckText("facts.psn_name", facts.psn_name(), kMaxNameBytes));
  YIJIE_RETURN_IF_ERROR(CheckDigits("facts.psn_cert_type", facts.psn_cert_type(), 2, 2));
  YIJIE_RETURN_IF_ERROR(CheckPrintable("facts.certno", facts.certno(), kMaxCertificate));
  if (facts.psn_cert_type() == kIdentityCard &&
      NormalIdentityNumber(facts.certno()) != facts.certno()) {
    return BadField("facts.certno",
                    "is not an identity card number: 17 digits with a birthday and their check "
                    "character, X in upper case");
  }
  if (facts.gend() != "1" && facts.gend() != "2")
    return BadField("facts.gend", "is neither 1 nor 2");
  YIJIE_ASSIGN_OR_RETURN(const Date born, CheckDay("facts.brdy", facts.brdy()));
  if (born > today) return BadField("facts.brdy", "is in the future");
  YIJIE_RETURN_IF_ERROR(CheckOptionalDay("facts.retire_date", facts.retire_date()));
  YIJIE_RETURN_IF_ERROR(CheckOptionalDay("facts.work_date", facts.work_date()));
  if (!facts.mother_psn_no().empty())
    YIJIE_RETURN_IF_ERROR(CheckPersonNo("facts.mother_psn_no", facts.mother_psn_no()));
  if (facts.death_date().empty()) return absl::OkStatus();
  YIJIE_ASSIGN_OR_RETURN(const Date died, CheckDay("facts.death_date", facts.death_date()));
  if (died > today) return BadField("facts.death_date", "is in the future");
  return died < born ? BadField("facts.death_date", "before brdy") : absl::OkStatus();
}

absl::Status CheckPremium(absl::string_view path, const v1::Coverage& coverage) {
  const auto field = [&](absl::string_view name) { return absl::StrCat(path, ".", name); };
  YIJIE_RETURN_IF_ERROR(CheckOptionalDay(field("paid_on"), coverage.paid_on()));
  YIJIE_RETURN_IF_ERROR(CheckOptionalDay(field("repaid_on"), coverage.repaid_on()));
  YIJIE_RETURN_IF_ERROR(CheckOptionalDay(field("pay_order_on"), coverage.pay_order_on()));
  YIJIE_RETURN_IF_ERROR(
      CheckNumber(field("premium_tier"), coverage.premium_tier(), kMaxPremiumTier));
  YIJIE_RETURN_IF_ERROR(
      CheckNumber(field("contribution_rate_1e6"), coverage.contribution_rate_1e6(), kWhole1e6));
  YIJIE_RETURN_IF_ERROR(CheckNumber(field("missed_years"), coverage.missed_years(), kMaxYears));
  YIJIE_RETURN_IF_ERROR(
      CheckNumber(field("repaired_years"), coverage.repaired_years(), coverage.missed_years()));
  return CheckNumber(field("contribution_base_fen"), coverage.contribution_base_fen(), kMaxBaseFen);
}

absl::StatusOr<DaySpan> CheckCoverage(absl::string_view path, const v1::Coverage& coverage) {
  if (std::find(kInsuredSchemes.begin(), kInsuredSchemes.end(), coverage.insutype()) ==
      kInsuredSchemes.end())
    return BadField(absl::StrCat(path, ".insutype"), "unknown scheme");
  YIJIE_RETURN_IF_ERROR(CheckDigits(absl::StrCat(path, ".psn_type"), coverage.psn_type(), 2, 6));
  YIJIE_RETURN_IF_ERROR(
      CheckDigits(absl::StrCat(path, ".insuplc_admdvs"), coverage.insuplc_admdvs(), 6, 6));
  const std::string& status = coverage.psn_insu_stas();
  if (status != "1" && status != "2" && status != "4")
    return BadField(absl::StrCat(path, ".psn_insu_stas"), "is none of 1, 2, 4");
  YIJIE_RETURN_IF_ERROR(CheckPremium(path, coverage));
  return CheckSpan(path, coverage);
}

bool IsBasicMedical(const v1::Coverage& coverage) {
  return coverage.insutype() == "310" || coverage.insutype() == "390";
}

// No two relations to one scheme, and no two normal ones to basic medical insurance, on one day.
bool MayNotMeet(const v1::Coverage& a, const v1::Coverage& b) {
  if (a.insutype() == b.insutype()) return true;
  return IsBasicMedical(a) && IsBasicMedical(b) && IsNormal(a) && IsNormal(b);
}

bool Meet(const DaySpan& a, const DaySpan& b) { return a.begin <= b.end && b.begin <= a.end; }

absl::Status CheckCoverages(const v1::PersonFacts& facts) {
  std::vector<DaySpan> spans;
  for (int i = 0; i < facts.coverage_size(); ++i) {
    const std::string path = absl::StrCat("facts.coverage[", i, "]");
    YIJIE_ASSIGN_OR_RETURN(const DaySpan span, CheckCoverage(path, facts.coverage(i)));
    for (int j = 0; j < i; ++j) {
      if (!MayNotMeet(facts.coverage(i), facts.coverage(j)) ||
          !Meet(span, spans[static_cast<size_t>(j)]))
        continue;
      return BadField(absl::StrCat(path, ".begndate"),
                      absl::StrCat("the relation is in force on a day of coverage[", j, "]"));
    }
    spans.push_back(span);
  }
  return absl::OkStatus();
}

// A person is of one class on one day: no source says which of two would count.
absl::Status CheckAssistance(const v1::PersonFacts& facts) {
  std::vector<DaySpan> spans;
  for (int i = 0; i < facts.assistance_size(); ++i) {
    const std::string path = absl::StrCat("facts.assistance[", i, "]");
    const int number = facts.assistance(i).class_();
    if (number == v1::ASSISTANCE_NONE || !v1::AssistanceClass_IsValid(number))
      return BadField(absl::StrCat(path, ".class"), absl::StrCat("unknown value ", number));
    YIJIE_ASSIGN_OR_RETURN(const DaySpan span, CheckSpan(path, facts.assistance(i)));
    for (size_t j = 0; j < spans.size(); ++j) {
      if (Meet(span, spans[j]))
        return BadField(absl::StrCat(path, ".begndate"),
                        absl::StrCat("the class holds on a day of assistance[", j, "]"));
    }
    spans.push_back(span);
  }
  return absl::OkStatus();
}

absl::Status CheckConfirmations(absl::string_view injury_path,
                                const v1::InjuryRecognition& injury) {
  for (int i = 0; i < injury.confirmation_size(); ++i) {
    const std::string path = absl::StrCat(injury_path, ".confirmation[", i, "]");
    const int kind = injury.confirmation(i).kind();
    if (kind == v1::InjuryRecognition::CONFIRMATION_KIND_UNSPECIFIED ||
        !v1::InjuryRecognition::ConfirmationKind_IsValid(kind))
      return BadField(absl::StrCat(path, ".kind"), absl::StrCat("unknown value ", kind));
    YIJIE_RETURN_IF_ERROR(CheckSpan(path, injury.confirmation(i)).status());
  }
  return injury.confirmation_size() <= kMaxListed
             ? absl::OkStatus()
             : BadField(absl::StrCat(injury_path, ".confirmation"),
                        absl::StrCat("more than ", kMaxListed));
}

absl::Status CheckInjuries(const v1::PersonFacts& facts) {
  absl::flat_hash_set<absl::string_view> numbers;
  for (int i = 0; i < facts.injury_size(); ++i) {
    const std::string path = absl::StrCat("facts.injury[", i, "]");
    const v1::InjuryRecognition& injury = facts.injury(i);
    YIJIE_RETURN_IF_ERROR(CheckText(absl::StrCat(path, ".recognition_no"), injury.recognition_no(),
                                    kMaxRecognitionNumberBytes));
    YIJIE_RETURN_IF_ERROR(
        CheckDay(absl::StrCat(path, ".injury_date"), injury.injury_date()).status());
    if (!numbers.insert(injury.recognition_no()).second)
      return BadField(absl::StrCat(path, ".recognition_no"), "there twice");
    YIJIE_RETURN_IF_ERROR(CheckConfirmations(path, injury));
  }
  return absl::OkStatus();
}

absl::Status CheckRegistrations(const v1::PersonFacts& facts) {
  for (int i = 0; i < facts.registration_size(); ++i) {
    const std::string path = absl::StrCat("facts.registration[", i, "]");
    const int kind = facts.registration(i).kind();
    if (kind == v1::NOT_REGISTERED || !v1::RegistrationKind_IsValid(kind))
      return BadField(absl::StrCat(path, ".kind"), absl::StrCat("unknown value ", kind));
    YIJIE_RETURN_IF_ERROR(
        CheckDigits(absl::StrCat(path, ".admdvs"), facts.registration(i).admdvs(), 6, 6));
    YIJIE_RETURN_IF_ERROR(CheckSpan(path, facts.registration(i)).status());
  }
  return absl::OkStatus();
}

absl::Status CheckRights(const v1::PersonFacts& facts) {
  for (int i = 0; i < facts.right_size(); ++i) {
    const std::string path = absl::StrCat("facts.right[", i, "]");
    const std::string& code = facts.right(i).code();
    YIJIE_RETURN_IF_ERROR(CheckPrintable(absl::StrCat(path, ".code"), code, kMaxRightCode));
    // Policy tables part codes by commas.
    if (absl::StrContains(code, ',')) return BadField(absl::StrCat(path, ".code"), "has a comma");
    YIJIE_RETURN_IF_ERROR(CheckSpan(path, facts.right(i)).status());
  }
  return absl::OkStatus();
}

absl::Status CheckSuspensions(const v1::PersonFacts& facts) {
  for (int i = 0; i < facts.suspension_size(); ++i) {
    const std::string path = absl::StrCat("facts.suspension[", i, "]");
    YIJIE_RETURN_IF_ERROR(CheckSpan(path, facts.suspension(i)).status());
    YIJIE_RETURN_IF_ERROR(
        CheckText(absl::StrCat(path, ".reason"), facts.suspension(i).reason(), kMaxReasonBytes));
  }
  return absl::OkStatus();
}

absl::Status CheckSizes(const v1::PersonFacts& facts) {
  for (const auto& [name, size] : {std::make_tuple("coverage", facts.coverage_size()),
                                   std::make_tuple("assistance", facts.assistance_size()),
                                   std::make_tuple("injury", facts.injury_size()),
                                   std::make_tuple("registration", facts.registration_size()),
                                   std::make_tuple("right", facts.right_size()),
                                   std::make_tuple("suspension", facts.suspension_size())}) {
    if (size > kMaxListed)
      return BadField(absl::StrCat("facts.", name), absl::StrCat("more than ", kMaxListed));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckFacts(const v1::PersonFacts& facts, Date today) {
  YIJIE_RETURN_IF_ERROR(CheckIdentity(facts, today));
  YIJIE_RETURN_IF_ERROR(CheckSizes(facts));
  YIJIE_RETURN_IF_ERROR(CheckCoverages(facts));
  YIJIE_RETURN_IF_ERROR(CheckAssistance(facts));
  YIJIE_RETURN_IF_ERROR(CheckInjuries(facts));
  YIJIE_RETURN_IF_ERROR(CheckRegistrations(facts));
  YIJIE_RETURN_IF_ERROR(CheckRights(facts));
  return CheckSuspensions(facts);
}

}  // namespace yijie::engine
