// Who may settle with what: every refusal in its order, proofs of PIN, and that no number shown at
// the counter gets into an error.

#include "engine/card/credential.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "engine/card/card_state.h"

namespace yijie::engine {
namespace {

namespace v1 = yijie::v1;
namespace store = yijie::store::v1;

constexpr int64_t kNowMs = 1'800'000'000'000;
constexpr char kKey[] = "a key that the PIN service shares";
constexpr char kIdentity[] = "99999919860412101X";
constexpr char kCardNumber[] = "X0001234567";
constexpr char kCardSn[] = "430199D156000005";

std::string Sign(const v1::Credential& credential, absl::string_view fixmedins_code) {
  const Digest mac = HmacSha256(kKey, PinProofStatement(credential, fixmedins_code));
  return std::string(reinterpret_cast<const char*>(mac.data()), mac.size());
}

// A person with a card in use, the card shown with a proof, an area that asks for everything.
struct Counter {
  v1::PersonFacts person;
  store::PersonCards cards;
  v1::CardRules rules;
  v1::Credential credential;
  CredentialUse use;
  bool shown = true;
  bool has_verifier = true;

  Counter() {
    person.set_psn_no("S1");
    person.set_psn_cert_type("01");
    person.set_certno(kIdentity);
    store::CardState& card = *cards.add_card();
    card.set_card_no(kCardNumber);
    card.set_card_sn(kCardSn);
    card.mutable_social()->set_enabled(true);
    rules.set_credential_required(true);
    rules.set_pin_proof_required(true);
    use.insutype = "310";
    use.fixmedins_code = "H43010000001";
    use.msgid = "H4301000000120261122101010";
    use.now_ms = kNowMs;
    credential.set_mdtrt_cert_type("03");
    credential.set_mdtrt_cert_no(kCardNumber);
    credential.set_card_sn(kCardSn);
    v1::PinProof& proof = *credential.mutable_pin_proof();
    proof.set_issuer("pin-1");
    proof.set_msgid(std::string(use.msgid));
    proof.set_time_ms(kNowMs - 1000);
    proof.set_mac(Sign(credential, use.fixmedins_code));
  }

  store::CardFunctionState& social() { return *cards.mutable_card(0)->mutable_social(); }
  void SignAgain() {
    credential.mutable_pin_proof()->set_mac(Sign(credential, use.fixmedins_code));
  }
  void Show(const char* kind, const char* number) {
    credential.Clear();
    credential.set_mdtrt_cert_type(kind);
    credential.set_mdtrt_cert_no(number);
  }

  v1::CardRefusal Ask() const {
    const auto verifier = HmacPinProofVerifier::Create({{"pin-1", kKey}});
    return CheckCredential({person, cards}, shown ? &credential : nullptr, rules, use,
                           has_verifier ? &*verifier : nullptr);
  }
};

struct Row {
  const char* name;
  v1::CardRefusal refusal;
  std::function<void(Counter&)> change;
};

const std::vector<Row>& Rows() {
  static const auto* const rows = new std::vector<Row>{
      {"Good", v1::CARD_NOT_REFUSED, [](Counter&) {}},
      {"NoneShown", v1::CREDENTIAL_MISSING, [](Counter& c) { c.shown = false; }},
      {"EmptyShown", v1::CREDENTIAL_MISSING, [](Counter& c) { c.credential.Clear(); }},
      {"UnknownKind", v1::CREDENTIAL_MISSING, [](Counter& c) { c.Show("99", kIdentity); }},
      {"NoneAskedFor", v1::CARD_NOT_REFUSED,
       [](Counter& c) {
         c.shown = false;
         c.rules.set_credential_required(false);
       }},
      {"MedicalCode", v1::CARD_NOT_REFUSED,
       [](Counter& c) {
         c.Show("01", "token");
         c.credential.set_psn_cert_type("01");
         c.credential.set_certno("99999919860412101x");
       }},
      {"MedicalCodeForInjury", v1::MEDICAL_CODE_FOR_INJURY,
       [](Counter& c) {
         c.Show("01", "token");
         c.credential.set_certno("another");  // of another person too: the first refusal is given
         c.use.insutype = "410";
       }},
      {"MedicalCodeForMaternity", v1::CARD_NOT_REFUSED,
       [](Counter& c) {
         c.Show("01", "token");
         c.credential.set_psn_cert_type("01");
         c.credential.set_certno(kIdentity);
         c.use.insutype = "510";
       }},
      {"MedicalCodeOfAnother", v1::CREDENTIAL_OF_ANOTHER_PERSON,
       [](Counter& c) {
         c.Show("01", "token");
         c.credential.set_psn_cert_type("01");
         c.credential.set_certno("11010519491231002X");
       }},
      {"CardForInjury", v1::CARD_NOT_REFUSED, [](Counter& c) { c.use.insutype = "410"; }},
      {"IdentityNumber", v1::CARD_NOT_REFUSED, [](Counter& c) { c.Show("02", kIdentity); }},
      {"IdentityNumberWithSmallX", v1::CARD_NOT_REFUSED,
       [](Counter& c) { c.Show("02", "99999919860412101x"); }},
      {"IdentityNumberOfAnother", v1::CREDENTIAL_OF_ANOTHER_PERSON,
       [](Counter& c) { c.Show("02", "11010519491231002X"); }},
      {"IdentityNumberOfSomebodyWithAPassport", v1::CREDENTIAL_OF_ANOTHER_PERSON,
       [](Counter& c) {
         c.Show("02", kIdentity);
         c.person.set_psn_cert_type("03");
       }},
      {"NumberlessPersonIsNobody", v1::CREDENTIAL_OF_ANOTHER_PERSON,
       [](Counter& c) {
         c.Show("01", "token");
         c.credential.set_psn_cert_type("03");
         c.person.set_psn_cert_type("03");
         c.person.clear_certno();
       }},
      {"IdentityNumberAsksNoCard", v1::CARD_NOT_REFUSED,
       [](Counter& c) {
         c.Show("02", kIdentity);
         c.social().set_cancelled(true);
       }},
      {"CardWithTheCertificateOfAnother", v1::CREDENTIAL_OF_ANOTHER_PERSON,
       [](Counter& c) {
         c.credential.set_psn_cert_type("01");
         c.credential.set_certno("11010519491231002X");
         c.social().set_cancelled(true);
       }},
      {"CardWithAnotherKindOfCertificate", v1::CREDENTIAL_OF_ANOTHER_PERSON,
       [](Counter& c) {
         c.credential.set_psn_cert_type("03");
         c.credential.set_certno(kIdentity);
       }},
      {"CardNotOfThePerson", v1::CARD_NOT_FOUND,
       [](Counter& c) { c.credential.set_mdtrt_cert_no("X9"); }},
      {"NoCardAtAll", v1::CARD_NOT_FOUND, [](Counter& c) { c.cards.Clear(); }},
      {"OtherRecognitionCode", v1::CARD_SN_DIFFERS,
       [](Counter& c) {
         c.credential.set_card_sn("430199D156000006");
         c.social().set_cancelled(true);
       }},
      {"Replaced", v1::CARD_WAS_REPLACED,
       [](Counter& c) {
         c.cards.mutable_card(0)->set_replaced(true);
         c.social().set_cancelled(true);
       }},
      {"Cancelled", v1::CARD_IS_CANCELLED,
       [](Counter& c) {
         c.social().set_cancelled(true);
         c.social().set_loss(v1::FORMAL_LOSS);
       }},
      {"FormallyLost", v1::CARD_REPORTED_LOST,
       [](Counter& c) {
         c.social().set_loss(v1::FORMAL_LOSS);
         c.social().set_locked(true);
       }},
      {"TemporarilyLost", v1::CARD_REPORTED_LOST,
       [](Counter& c) {
         c.social().set_loss(v1::TEMPORARY_LOSS);
         c.social().set_loss_changes_at_ms(kNowMs + 1);
       }},
      {"TemporaryLossIsOver", v1::CARD_NOT_REFUSED,
       [](Counter& c) {
         c.social().set_loss(v1::TEMPORARY_LOSS);
         c.social().set_loss_changes_at_ms(kNowMs);
       }},
      {"LostAndCancelledMeanwhile", v1::CARD_IS_CANCELLED,
       [](Counter& c) {
         c.social().set_loss(v1::FORMAL_LOSS);
         c.social().set_loss_changes_at_ms(kNowMs);
         c.social().set_cancelled_then(true);
       }},
      {"Locked", v1::CARD_PIN_LOCKED,
       [](Counter& c) {
         c.social().set_locked(true);
         c.social().set_enabled(false);
       }},
      {"Sealed", v1::CARD_NOT_ENABLED, [](Counter& c) { c.social().set_enabled(false); }},
      {"SealedToRegisterToo", v1::CARD_NOT_ENABLED,
       [](Counter& c) {
         c.social().set_enabled(false);
         c.use.purpose = CredentialPurpose::kRegistration;
       }},
      {"LostBankFunctionDoesNotMatter", v1::CARD_NOT_REFUSED,
       [](Counter& c) { c.cards.mutable_card(0)->mutable_bank()->set_cancelled(true); }},
      {"NoProof", v1::PIN_PROOF_MISSING, [](Counter& c) { c.credential.clear_pin_proof(); }},
      {"NoProofAskedFor", v1::CARD_NOT_REFUSED,
       [](Counter& c) {
         c.credential.clear_pin_proof();
         c.rules.set_pin_proof_required(false);
       }},
      {"NoProofToRegister", v1::CARD_NOT_REFUSED,
       [](Counter& c) {
         c.credential.clear_pin_proof();
         c.use.purpose = CredentialPurpose::kRegistration;
       }},
      {"FalseProofThoughNoneIsAskedFor", v1::PIN_PROOF_NOT_GENUINE,
       [](Counter& c) {
         c.credential.mutable_pin_proof()->set_mac(std::string(32, 'x'));
         c.rules.set_pin_proof_required(false);
       }},
      {"ProofWithoutAVerifier", v1::PIN_PROOF_NOT_GENUINE,
       [](Counter& c) { c.has_verifier = false; }},
      {"ProofOfAnotherIssuer", v1::PIN_PROOF_NOT_GENUINE,
       [](Counter& c) {
         c.credential.mutable_pin_proof()->set_issuer("pin-2");
         c.SignAgain();
       }},
      {"ProofForAnotherMessage", v1::PIN_PROOF_NOT_GENUINE,
       [](Counter& c) { c.use.msgid = "H4301000000120261122101011"; }},
      {"ProofOfAnotherInstitution", v1::PIN_PROOF_NOT_GENUINE,
       [](Counter& c) { c.use.fixmedins_code = "H43010000002"; }},
      {"ProofMadeLater", v1::PIN_PROOF_NOT_GENUINE,
       [](Counter& c) { c.credential.mutable_pin_proof()->set_time_ms(kNowMs); }},
      {"OldProof", v1::PIN_PROOF_OUT_OF_TIME,
       [](Counter& c) {
         c.credential.mutable_pin_proof()->set_time_ms(kNowMs - 300'001);
         c.SignAgain();
       }},
      {"ProofJustInTime", v1::CARD_NOT_REFUSED,
       [](Counter& c) {
         c.credential.mutable_pin_proof()->set_time_ms(kNowMs - 300'000);
         c.SignAgain();
       }},
      {"ProofOfTheFuture", v1::PIN_PROOF_OUT_OF_TIME,
       [](Counter& c) {
         c.credential.mutable_pin_proof()->set_time_ms(kNowMs + 60'001);
         c.SignAgain();
       }},
      {"ClockOfThePinServiceAhead", v1::CARD_NOT_REFUSED, [](Counter& c) {
         c.credential.mutable_pin_proof()->set_time_ms(kNowMs + 60'000);
         c.SignAgain();
       }}};
  return *rows;
}

TEST(CheckCredential, EveryRefusalInItsOrder) {
  for (const Row& row : Rows()) {
    Counter counter;
    row.change(counter);
    EXPECT_EQ(v1::CardRefusal_Name(counter.Ask()), v1::CardRefusal_Name(row.refusal)) << row.name;
  }
}

// A proof is for one card: another card of the same number on another chip, or another number, has
// none.
TEST(CheckCredential, AProofServesOneCardOnly) {
  Counter counter;
  counter.cards.mutable_card(0)->set_card_sn("430199D156000006");
  counter.credential.set_card_sn("430199D156000006");
  EXPECT_EQ(counter.Ask(), v1::PIN_PROOF_NOT_GENUINE);
  counter.SignAgain();
  EXPECT_EQ(counter.Ask(), v1::CARD_NOT_REFUSED);
  counter.cards.mutable_card(0)->set_card_no("X0001234568");
  counter.credential.set_mdtrt_cert_no("X0001234568");
  EXPECT_EQ(counter.Ask(), v1::PIN_PROOF_NOT_GENUINE);
}

TEST(CheckCredential, ALossReportedMeanwhileGoesBeforeTheSettlement) {
  Counter counter;
  EXPECT_EQ(counter.Ask(), v1::CARD_NOT_REFUSED);
  v1::CardChange loss;
  loss.mutable_report_loss()->set_card_no(kCardNumber);
  loss.mutable_report_loss()->set_function(v1::SOCIAL_FUNCTION);
  loss.mutable_report_loss()->set_kind(v1::TEMPORARY_LOSS);
  counter.cards = ApplyCardChange(counter.rules, counter.cards, loss, kNowMs).cards;
  EXPECT_EQ(counter.Ask(), v1::CARD_REPORTED_LOST);
}

TEST(PinProof, TheStatementNamesEveryPartWithItsLength) {
  const Counter counter;
  EXPECT_EQ(PinProofStatement(counter.credential, "H43010000001"),
            "yijie-pin-proof-15:pin-112:H4301000000126:H430100000012026112210101011:X000123456716:"
            "430199D15600000513:1799999999000");
}

TEST(PinProof, KeysHaveThirtyTwoBytes) {
  const auto verifier = HmacPinProofVerifier::Create({{"pin-1", std::string(31, 'k')}});
  ASSERT_FALSE(verifier.ok());
  EXPECT_EQ(verifier.status().message(), "key of PIN service \"pin-1\": fewer than 32 bytes");
}

// RFC 4231, test case 2.
TEST(PinProof, TheMacIsHmacSha256) {
  const std::string expected =
      absl::HexStringToBytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_TRUE(IsHmacSha256("Jefe", "what do ya want for nothing?", expected));
  std::string wrong = expected;
  wrong.back() = static_cast<char>(wrong.back() ^ 1);
  EXPECT_FALSE(IsHmacSha256("Jefe", "what do ya want for nothing?", wrong));
  EXPECT_FALSE(IsHmacSha256("Jefe", "what do ya want for nothing?", expected.substr(0, 31)));
  EXPECT_FALSE(IsHmacSha256("Jefe", "what do ya want for nothing?", ""));
}

struct BadCredential {
  const char* name;
  const char* message;
  std::function<void(v1::Credential&)> change;
};

TEST(ValidateCredential, ErrorsNameTheFieldAndNoNumber) {
  const std::vector<BadCredential> rows = {
      {"Kind", "c.mdtrt_cert_type: 01 medical", [](auto& c) { c.set_mdtrt_cert_type("04"); }},
      {"NoNumber", "c.mdtrt_cert_no: a card number", [](auto& c) { c.clear_mdtrt_cert_no(); }},
      {"LongNumber", "c.mdtrt_cert_no: a card number",
       [](auto& c) { c.set_mdtrt_cert_no("X00012345670000000000000000000X"); }},
      {"OddNumber", "c.mdtrt_cert_no: a card number",
       [](auto& c) { c.set_mdtrt_cert_no("X000-1234567"); }},
      {"NoSn", "c.card_sn: a card recognition code", [](auto& c) { c.clear_card_sn(); }},
      {"SnOfANumber", "c.card_sn: only of a card (03)",
       [](auto& c) {
         c.set_mdtrt_cert_type("02");
         c.set_mdtrt_cert_no(kIdentity);
       }},
      {"WrongIdentityNumber", "c.mdtrt_cert_no: an identity number",
       [](auto& c) {
         c.set_mdtrt_cert_type("02");
         c.set_mdtrt_cert_no("999999198604121011");
       }},
      {"TokenWithBlank", "c.mdtrt_cert_no: a token",
       [](auto& c) {
         c.set_mdtrt_cert_type("01");
         c.set_mdtrt_cert_no("X0001234567 X");
       }},
      {"TokenWithoutCertificate", "c.certno: must be set with a medical",
       [](auto& c) {
         c.set_mdtrt_cert_type("01");
         c.clear_card_sn();
       }},
      {"CertificateKind", "c.psn_cert_type: two digits", [](auto& c) { c.set_certno(kIdentity); }},
      {"CertificateMissing", "c.certno: 1 to 50", [](auto& c) { c.set_psn_cert_type("01"); }},
      {"WrongCertificate", "c.certno: an identity number",
       [](auto& c) {
         c.set_psn_cert_type("01");
         c.set_certno("999999198604121011");
       }},
      {"ProofWithANumber", "c.pin_proof: only with a card",
       [](auto& c) {
         c.set_mdtrt_cert_type("02");
         c.set_mdtrt_cert_no(kIdentity);
         c.clear_card_sn();
       }},
      {"Issuer", "c.pin_proof.issuer: 1 to 30",
       [](auto& c) { c.mutable_pin_proof()->set_issuer("pin 1"); }},
      {"Message", "c.pin_proof.msgid: 1 to 30",
       [](auto& c) { c.mutable_pin_proof()->clear_msgid(); }},
      {"Time", "c.pin_proof.time_ms: must be after 1970",
       [](auto& c) { c.mutable_pin_proof()->set_time_ms(-1); }},
      {"Mac", "c.pin_proof.mac: 32 bytes", [](auto& c) { c.mutable_pin_proof()->set_mac("x"); }}};
  EXPECT_TRUE(ValidateCredential("c", Counter().credential).ok());
  for (const BadCredential& row : rows) {
    v1::Credential credential = Counter().credential;
    row.change(credential);
    const absl::Status status = ValidateCredential("c", credential);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << row.name;
    EXPECT_TRUE(absl::StartsWith(status.message(), row.message)) << row.name << " " << status;
    for (const char* number : {"X000", "9999991986", "430199D"})
      EXPECT_FALSE(absl::StrContains(status.message(), number)) << row.name << " " << status;
  }
}

TEST(ValidateCardChange, NamesTheFieldAndNoNumber) {
  const auto message = [](const std::function<void(v1::CardChange&)>& fill) {
    v1::CardChange change;
    fill(change);
    const absl::Status status = ValidateCardChange("change", change);
    EXPECT_FALSE(absl::StrContains(status.message(), "X0001")) << status;
    return std::string(status.message());
  };
  constexpr char kNumber[] = "change.issue.card_no: a card number, 1 to 30 letters and digits";
  EXPECT_EQ(message([](auto&) {}), "change.change: must be set");
  EXPECT_EQ(message([](auto& c) { c.mutable_issue()->set_card_no("X0001 "); }), kNumber);
  EXPECT_EQ(message([](auto& c) { c.mutable_issue()->set_card_no("X0001"); }),
            "change.issue.card_sn: a card recognition code, 1 to 64 letters and digits");
  EXPECT_EQ(message([](auto& c) { c.mutable_activate()->set_card_no("X0001"); }),
            "change.activate.function: SOCIAL_FUNCTION or BANK_FUNCTION");
  EXPECT_EQ(message([](auto& c) { c.mutable_lift_loss()->set_card_no("X0001"); }),
            "change.lift_loss.function: SOCIAL_FUNCTION or BANK_FUNCTION");
  EXPECT_EQ(message([](auto& c) {
              c.mutable_report_loss()->set_card_no("X0001");
              c.mutable_report_loss()->set_function(v1::BANK_FUNCTION);
            }),
            "change.report_loss.kind: TEMPORARY_LOSS or FORMAL_LOSS");
  EXPECT_EQ(message([](auto& c) { c.mutable_replace()->set_card_no("X0001"); }),
            "change.replace.new_card_no: a card number, 1 to 30 letters and digits");
  for (const char* field : {"cancel", "wrong_pin", "right_pin", "unlock_pin"}) {
    const auto empty = [field](v1::CardChange& c) {
      const auto* descriptor = c.GetDescriptor()->FindFieldByName(field);
      c.GetReflection()->MutableMessage(&c, descriptor);
    };
    EXPECT_EQ(message(empty), absl::StrCat("change.", field,
                                           ".card_no: a card number, 1 to 30 letters and digits"));
  }
}

}  // namespace
}  // namespace yijie::engine
