#include "engine/payout/payee.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "engine/card/identity_number.h"
#include "engine/payout/bank_account.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;

constexpr size_t kMaxName = 560;  // bytes of 140 characters
constexpr size_t kMaxNumber = 64;
constexpr size_t kMaxProof = 50;

absl::Status CheckPrintable(const std::string& path, absl::string_view text, size_t max) {
  if (text.empty() || text.size() > max)
    return BadField(path, absl::StrCat("needs 1 to ", max, " characters"));
  for (const char c : text) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c)))
      return BadField(path, "may hold only printable ASCII");
  }
  return absl::OkStatus();
}

bool NeedsKinship(v1::PayeeRelation relation) {
  return relation == v1::SURVIVOR || relation == v1::DEPENDANT;
}

bool IsDead(const v1::PersonFacts& person) { return !person.death_date().empty(); }

bool IsMinor(const v1::PersonFacts& person, Date today) {
  const absl::StatusOr<Date> born = ParseDate(person.brdy());
  return born.ok() && *born <= today && WholeYears(*born, today) < kAdultYears;
}

bool IsForBenefit(v1::PayeeRelation relation, absl::string_view med_type) {
  switch (relation) {
    case v1::SURVIVOR:
      return med_type == kDeathBenefit;
    case v1::DEPENDANT:
      return med_type == kDependantAllowance;
    default:
      return med_type != kDeathBenefit && med_type != kDependantAllowance;
  }
}

bool IsCertnoValid(const v1::Payee& payee) {
  return payee.psn_cert_type() != kIdentityCard || !NormalIdentityNumber(payee.certno()).empty();
}

// By the birthday in an identity number; of other certificates nothing is known.
bool IsTooYoung(const v1::Payee& payee, Date today) {
  if (payee.psn_cert_type() != kIdentityCard || !IsCertnoValid(payee)) return false;
  const absl::string_view number = payee.certno();
  const auto born = ParseDate(
      absl::StrCat(number.substr(6, 4), "-", number.substr(10, 2), "-", number.substr(12, 2)));
  return born.ok() && (*born > today || WholeYears(*born, today) < kAdultYears);
}

absl::string_view TextOf(v1::PayeeOutcome outcome) {
  switch (outcome) {
    case v1::PAYEE_NOT_FOR_BENEFIT:
      return "该待遇不能由此关系的人领取";
    case v1::PAYEE_INSURED_ALIVE:
      return "参保人没有死亡登记";
    case v1::PAYEE_INSURED_DIED:
      return "参保人已死亡，不能由监护人领取";
    case v1::PAYEE_NOT_A_MINOR:
      return "参保人已成年，不能由监护人领取";
    case v1::PAYEE_IS_THE_INSURED:
      return "收款人就是参保人本人";
    case v1::PAYEE_CERTNO_INVALID:
      return "收款人证件号码无效";
    case v1::PAYEE_TOO_YOUNG:
      return "监护人未成年";
    default:
      return "收款账户与收款人不符";
  }
}

}  // namespace

absl::Status CheckPayeeShape(absl::string_view path, const v1::Payee& payee, Date today) {
  const auto at = [path](absl::string_view field) { return absl::StrCat(path, ".", field); };
  if (payee.relation() == v1::PAYEE_RELATION_UNSPECIFIED ||
      !v1::PayeeRelation_IsValid(payee.relation())) {
    return BadField(at("relation"),
                    absl::StrCat("unknown value ", static_cast<int>(payee.relation())));
  }
  const bool kin = payee.kinship() != v1::RELATION_UNSPECIFIED;
  if (!v1::Relation_IsValid(payee.kinship()) || (!kin && NeedsKinship(payee.relation()))) {
    return BadField(at("kinship"),
                    absl::StrCat("unknown value ", static_cast<int>(payee.kinship())));
  }
  if (payee.name().size() > kMaxName || !IsPartyName(payee.name()))
    return BadField(at("name"), "needs 1 to 140 characters in one line");
  YIJIE_RETURN_IF_ERROR(CheckPrintable(at("psn_cert_type"), payee.psn_cert_type(), 35));
  YIJIE_RETURN_IF_ERROR(CheckPrintable(at("certno"), payee.certno(), kMaxNumber));
  YIJIE_RETURN_IF_ERROR(CheckPrintable(at("proof_no"), payee.proof_no(), kMaxProof));
  if (payee.account().holder() != v1::OTHER_PAYEE)
    return BadField(at("account.holder"), "must be OTHER_PAYEE");
  return CheckBankAccountShape(at("account"), payee.account(), today);
}

PayeeMatch MatchPayee(const v1::Payee& payee, const v1::PersonFacts& person,
                      absl::string_view med_type, Date today) {
  PayeeMatch match;
  const auto wrong = [&match](bool is_wrong, v1::PayeeOutcome outcome) {
    if (is_wrong) match.wrong.push_back(outcome);
  };
  const bool guardian = payee.relation() == v1::GUARDIAN_OF_MINOR;
  wrong(!IsForBenefit(payee.relation(), med_type), v1::PAYEE_NOT_FOR_BENEFIT);
  wrong(!guardian && !IsDead(person), v1::PAYEE_INSURED_ALIVE);
  wrong(guardian && IsDead(person), v1::PAYEE_INSURED_DIED);
  wrong(guardian && !IsMinor(person, today), v1::PAYEE_NOT_A_MINOR);
  wrong(payee.psn_cert_type() == person.psn_cert_type() &&
            absl::EqualsIgnoreCase(payee.certno(), person.certno()),
        v1::PAYEE_IS_THE_INSURED);
  wrong(!IsCertnoValid(payee), v1::PAYEE_CERTNO_INVALID);
  wrong(guardian && IsTooYoung(payee, today), v1::PAYEE_TOO_YOUNG);
  const BankAccountMatch account = MatchPayeeAccount(payee, today);
  wrong(!account.ok(), v1::PAYEE_ACCOUNT_MISMATCH);
  match.reason = absl::StrJoin(match.wrong, "；", [&](std::string* out, v1::PayeeOutcome each) {
    absl::StrAppend(out, TextOf(each));
    if (each == v1::PAYEE_ACCOUNT_MISMATCH) absl::StrAppend(out, "：", account.reason);
  });
  return match;
}

bool NeedsPayee(absl::string_view med_type, const v1::PersonFacts& person) {
  return IsDead(person) || med_type == kDeathBenefit || med_type == kDependantAllowance;
}

}  // namespace yijie::engine
