#include "engine/card/pin_proof.h"

#include "absl/strings/str_cat.h"
#include "base/digest.h"

namespace yijie::engine {

namespace {

constexpr size_t kLeastKeyBytes = 32;

}  // namespace

std::string PinProofStatement(const yijie::v1::Credential& credential,
                              absl::string_view fixmedins_code) {
  const yijie::v1::PinProof& proof = credential.pin_proof();
  const std::string time = absl::StrCat(proof.time_ms());
  std::string statement = "yijie-pin-proof-1";
  for (const absl::string_view part :
       {absl::string_view(proof.issuer()), fixmedins_code, absl::string_view(proof.msgid()),
        absl::string_view(credential.mdtrt_cert_no()), absl::string_view(credential.card_sn()),
        absl::string_view(time)}) {
    absl::StrAppend(&statement, part.size(), ":", part);
  }
  return statement;
}

absl::StatusOr<HmacPinProofVerifier> HmacPinProofVerifier::Create(Keys keys) {
  for (const auto& [issuer, key] : keys) {
    if (key.size() >= kLeastKeyBytes) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("key of PIN service \"", issuer, "\": fewer than ", kLeastKeyBytes, " bytes"));
  }
  return HmacPinProofVerifier(std::move(keys));
}

bool HmacPinProofVerifier::IsGenuine(absl::string_view issuer, absl::string_view statement,
                                     absl::string_view mac) const {
  const auto key = keys_.find(issuer);
  return key != keys_.end() && IsHmacSha256(key->second, statement, mac);
}

}  // namespace yijie::engine
