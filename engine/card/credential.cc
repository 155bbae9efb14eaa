#include "engine/card/credential.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/card/card_state.h"
#include "engine/card/identity_number.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
namespace store = yijie::store::v1;

constexpr absl::string_view kMedicalCode = "01";
constexpr absl::string_view kIdentityNumber = "02";
constexpr absl::string_view kSocialCard = "03";
constexpr absl::string_view kWorkInjury = "410";

constexpr size_t kMaxToken = 512;
constexpr size_t kMaxCardNumber = 30;
constexpr size_t kMaxCardSn = 64;
constexpr size_t kMaxCertificate = 50;
constexpr size_t kMaxIssuer = 30;
constexpr size_t kMaxMessageId = 30;
constexpr size_t kMacBytes = 32;

// --- Shape. Errors say what is expected; what came may be somebody's number.

absl::Status Bad(absl::string_view path, absl::string_view field, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(path, ".", field, ": ", text));
}

bool IsPrintable(unsigned char c) { return absl::ascii_isgraph(c); }
bool IsIssuerCharacter(unsigned char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-'; }

template <typename Accepts>
bool IsText(absl::string_view text, size_t most, const Accepts& accepts) {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [&](char c) {
    return accepts(static_cast<unsigned char>(c));
  });
}

absl::Status CheckCardNumber(absl::string_view path, absl::string_view field,
                             absl::string_view number) {
  if (IsText(number, kMaxCardNumber, absl::ascii_isalnum)) return absl::OkStatus();
  return Bad(path, field, "a card number, 1 to 30 letters and digits");
}

absl::Status CheckCardSn(absl::string_view path, absl::string_view field, absl::string_view sn) {
  if (IsText(sn, kMaxCardSn, absl::ascii_isalnum)) return absl::OkStatus();
  return Bad(path, field, "a card recognition code, 1 to 64 letters and digits");
}

absl::Status CheckShown(absl::string_view path, const v1::Credential& credential) {
  const std::string& number = credential.mdtrt_cert_no();
  const std::string& kind = credential.mdtrt_cert_type();
  if (kind == kMedicalCode) {
    if (!IsText(number, kMaxToken, IsPrintable))
      return Bad(path, "mdtrt_cert_no", "a token, 1 to 512 printable characters");
  } else if (kind == kIdentityNumber) {
    if (NormalIdentityNumber(number).empty())
      return Bad(path, "mdtrt_cert_no",
                 "an identity number: 17 digits with a birthday and their check character");
  } else if (kind == kSocialCard) {
    YIJIE_RETURN_IF_ERROR(CheckCardNumber(path, "mdtrt_cert_no", number));
    YIJIE_RETURN_IF_ERROR(CheckCardSn(path, "card_sn", credential.card_sn()));
  } else {
    return Bad(path, "mdtrt_cert_type",
               "01 medical insurance code, 02 identity number or 03 social security card");
  }
  if (kind != kSocialCard && !credential.card_sn().empty())
    return Bad(path, "card_sn", "only of a card (03)");
  return absl::OkStatus();
}

absl::Status CheckCertificate(absl::string_view path, const v1::Credential& credential) {
  const bool has = !credential.psn_cert_type().empty() || !credential.certno().empty();
  if (!has) {
    return credential.mdtrt_cert_type() == kMedicalCode
               ? Bad(path, "certno", "must be set with a medical insurance code (01)")
               : absl::OkStatus();
  }
  const std::string& kind = credential.psn_cert_type();
  if (kind.size() != 2 || !IsText(kind, 2, absl::ascii_isdigit))
    return Bad(path, "psn_cert_type", "two digits");
  if (!IsText(credential.certno(), kMaxCertificate, IsPrintable))
    return Bad(path, "certno", "1 to 50 printable characters");
  if (kind == kIdentityCard && NormalIdentityNumber(credential.certno()).empty())
    return Bad(path, "certno",
               "an identity number: 17 digits with a birthday and their check character");
  return absl::OkStatus();
}

absl::Status CheckProof(absl::string_view path, const v1::Credential& credential) {
  if (!credential.has_pin_proof()) return absl::OkStatus();
  const v1::PinProof& proof = credential.pin_proof();
  if (credential.mdtrt_cert_type() != kSocialCard)
    return Bad(path, "pin_proof", "only with a card (03)");
  if (!IsText(proof.issuer(), kMaxIssuer, IsIssuerCharacter))
    return Bad(path, "pin_proof.issuer", "1 to 30 letters, digits, _ and -");
  if (!IsText(proof.msgid(), kMaxMessageId, absl::ascii_isprint))
    return Bad(path, "pin_proof.msgid", "1 to 30 printable characters");
  if (proof.time_ms() <= 0) return Bad(path, "pin_proof.time_ms", "must be after 1970");
  if (proof.mac().size() != kMacBytes) return Bad(path, "pin_proof.mac", "32 bytes");
  return absl::OkStatus();
}

absl::Status CheckFunction(absl::string_view path, v1::CardFunction function) {
  if (function == v1::SOCIAL_FUNCTION || function == v1::BANK_FUNCTION) return absl::OkStatus();
  return Bad(path, "function", "SOCIAL_FUNCTION or BANK_FUNCTION");
}

absl::Status CheckIssue(absl::string_view path, const v1::IssueCard& issue) {
  YIJIE_RETURN_IF_ERROR(CheckCardNumber(path, "card_no", issue.card_no()));
  return CheckCardSn(path, "card_sn", issue.card_sn());
}

absl::Status CheckLoss(absl::string_view path, const v1::ReportLoss& report) {
  YIJIE_RETURN_IF_ERROR(CheckCardNumber(path, "card_no", report.card_no()));
  YIJIE_RETURN_IF_ERROR(CheckFunction(path, report.function()));
  if (report.kind() == v1::TEMPORARY_LOSS || report.kind() == v1::FORMAL_LOSS)
    return absl::OkStatus();
  return Bad(path, "kind", "TEMPORARY_LOSS or FORMAL_LOSS");
}

absl::Status CheckReplace(absl::string_view path, const v1::ReplaceCard& replace) {
  YIJIE_RETURN_IF_ERROR(CheckCardNumber(path, "card_no", replace.card_no()));
  YIJIE_RETURN_IF_ERROR(CheckCardNumber(path, "new_card_no", replace.new_card_no()));
  return CheckCardSn(path, "new_card_sn", replace.new_card_sn());
}

// A change that names a card and a function of it.
template <typename Change>
absl::Status CheckOfFunction(absl::string_view path, const Change& change) {
  YIJIE_RETURN_IF_ERROR(CheckCardNumber(path, "card_no", change.card_no()));
  return CheckFunction(path, change.function());
}

// --- Whose it is, and whether it may be used

// Identity numbers in one form; other certificates in capitals, as they are stored.
std::string NormalCertificate(absl::string_view kind, absl::string_view number) {
  return kind == kIdentityCard ? NormalIdentityNumber(number) : absl::AsciiStrToUpper(number);
}

bool IsCertificateOf(const v1::PersonFacts& person, absl::string_view kind,
                     absl::string_view number) {
  if (person.psn_cert_type() != kind) return false;
  const std::string own = NormalCertificate(kind, person.certno());
  return !own.empty() && own == NormalCertificate(kind, number);
}

bool IsOfPerson(const v1::Credential& credential, const v1::PersonFacts& person) {
  // A medical insurance code says whose it is by its certificate alone.
  const bool says_nothing =
      credential.certno().empty() && credential.mdtrt_cert_type() != kMedicalCode;
  const bool certificate_agrees =
      says_nothing || IsCertificateOf(person, credential.psn_cert_type(), credential.certno());
  const bool number_agrees = credential.mdtrt_cert_type() != kIdentityNumber ||
                             IsCertificateOf(person, kIdentityCard, credential.mdtrt_cert_no());
  return certificate_agrees && number_agrees;
}

v1::CardRefusal CheckCard(const store::PersonCards& cards, const v1::Credential& credential,
                          int64_t now_ms) {
  for (const store::CardState& card : cards.card()) {
    if (card.card_no() != credential.mdtrt_cert_no()) continue;
    if (card.card_sn() != credential.card_sn()) return v1::CARD_SN_DIFFERS;
    return RefusalOfUse(card, v1::SOCIAL_FUNCTION, now_ms);
  }
  return v1::CARD_NOT_FOUND;
}

// A proof that is there must hold, whether or not the area asks for one.
v1::CardRefusal CheckPin(const v1::Credential& credential, const v1::CardRules& rules,
                         const CredentialUse& use, const PinProofVerifier* verifier) {
  if (!credential.has_pin_proof()) {
    const bool needed = rules.pin_proof_required() && use.purpose == CredentialPurpose::kSettlement;
    return needed ? v1::PIN_PROOF_MISSING : v1::CARD_NOT_REFUSED;
  }
  const v1::PinProof& proof = credential.pin_proof();
  const bool genuine =
      verifier != nullptr && proof.msgid() == use.msgid &&
      verifier->IsGenuine(proof.issuer(), PinProofStatement(credential, use.fixmedins_code),
                          proof.mac());
  if (!genuine) return v1::PIN_PROOF_NOT_GENUINE;
  const bool in_time = proof.time_ms() <= use.now_ms + kPinClockAheadMs &&
                       use.now_ms - kPinProofLifetimeMs <= proof.time_ms();
  return in_time ? v1::CARD_NOT_REFUSED : v1::PIN_PROOF_OUT_OF_TIME;
}

}  // namespace

absl::Status ValidateCredential(absl::string_view path, const v1::Credential& credential) {
  YIJIE_RETURN_IF_ERROR(CheckShown(path, credential));
  YIJIE_RETURN_IF_ERROR(CheckCertificate(path, credential));
  return CheckProof(path, credential);
}

absl::Status ValidateCardChange(absl::string_view path, const v1::CardChange& change) {
  const auto at = [path](absl::string_view field) { return absl::StrCat(path, ".", field); };
  switch (change.change_case()) {
    case v1::CardChange::kIssue:
      return CheckIssue(at("issue"), change.issue());
    case v1::CardChange::kActivate:
      return CheckOfFunction(at("activate"), change.activate());
    case v1::CardChange::kReportLoss:
      return CheckLoss(at("report_loss"), change.report_loss());
    case v1::CardChange::kLiftLoss:
      return CheckOfFunction(at("lift_loss"), change.lift_loss());
    case v1::CardChange::kReplace:
      return CheckReplace(at("replace"), change.replace());
    case v1::CardChange::kCancel:
      return CheckCardNumber(at("cancel"), "card_no", change.cancel().card_no());
    case v1::CardChange::kWrongPin:
      return CheckCardNumber(at("wrong_pin"), "card_no", change.wrong_pin().card_no());
    case v1::CardChange::kRightPin:
      return CheckCardNumber(at("right_pin"), "card_no", change.right_pin().card_no());
    case v1::CardChange::kUnlockPin:
      return CheckCardNumber(at("unlock_pin"), "card_no", change.unlock_pin().card_no());
    case v1::CardChange::CHANGE_NOT_SET:
      break;
  }
  return Bad(path, "change", "must be set");
}

v1::CardRefusal CheckCredential(const CredentialFacts& facts, const v1::Credential* credential,
                                const v1::CardRules& rules, const CredentialUse& use,
                                const PinProofVerifier* verifier) {
  if (credential == nullptr)
    return rules.credential_required() ? v1::CREDENTIAL_MISSING : v1::CARD_NOT_REFUSED;
  const std::string& kind = credential->mdtrt_cert_type();
  if (kind != kMedicalCode && kind != kIdentityNumber && kind != kSocialCard)
    return v1::CREDENTIAL_MISSING;
  if (kind == kMedicalCode && use.insutype == kWorkInjury) return v1::MEDICAL_CODE_FOR_INJURY;
  if (!IsOfPerson(*credential, facts.person)) return v1::CREDENTIAL_OF_ANOTHER_PERSON;
  if (kind != kSocialCard) return v1::CARD_NOT_REFUSED;
  const v1::CardRefusal refusal = CheckCard(facts.cards, *credential, use.now_ms);
  return refusal == v1::CARD_NOT_REFUSED ? CheckPin(*credential, rules, use, verifier) : refusal;
}

}  // namespace yijie::engine
