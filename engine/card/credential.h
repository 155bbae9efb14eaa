#ifndef YIJIE_ENGINE_CARD_CREDENTIAL_H_
#define YIJIE_ENGINE_CARD_CREDENTIAL_H_

// Whether what was shown at the counter lets its holder settle. Pure.

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "engine/card/pin_proof.h"
#include "yijie/store/v1/card.pb.h"
#include "yijie/v1/area.pb.h"
#include "yijie/v1/card.pb.h"
#include "yijie/v1/person.pb.h"

namespace yijie::engine {

// What the credential is shown for. Queries show none: they must not be held up by cards.
enum class CredentialPurpose : uint8_t {
  kRegistration,  // admission or visit
  kSettlement,    // also the one that is asked for when it is committed
};

// The message that carries the credential.
struct CredentialUse {
  CredentialPurpose purpose = CredentialPurpose::kSettlement;
  absl::string_view insutype;  // scheme the care is settled under
  absl::string_view fixmedins_code;
  absl::string_view msgid;
  int64_t now_ms = 0;  // milliseconds since 1970 UTC
};

// Shape only, INVALID_ARGUMENT with the path of the field and never its value. `path`:
// "claim.credential".
absl::Status ValidateCredential(absl::string_view path, const yijie::v1::Credential& credential);
absl::Status ValidateCardChange(absl::string_view path, const yijie::v1::CardChange& change);

// What is known of the person.
struct CredentialFacts {
  const yijie::v1::PersonFacts& person;
  const yijie::store::v1::PersonCards& cards;
};

// The first refusal in the order of CardRefusal, or CARD_NOT_REFUSED. `credential` has passed
// ValidateCredential; nullptr: none was shown, as is one of no kind that is known, whatever the
// area asks for. Without a `verifier` no proof is genuine.
//
// Ask at the beginning and again of the state that the settlement is committed on: a loss reported
// meanwhile goes before it.
yijie::v1::CardRefusal CheckCredential(const CredentialFacts& facts,
                                       const yijie::v1::Credential* credential,
                                       const yijie::v1::CardRules& rules, const CredentialUse& use,
                                       const PinProofVerifier* verifier);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CARD_CREDENTIAL_H_
