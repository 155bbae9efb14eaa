#ifndef YIJIE_ENGINE_CARD_PIN_PROOF_H_
#define YIJIE_ENGINE_CARD_PIN_PROOF_H_

// Proofs that a social PIN was right, signed by the service that checked it. The PIN never comes
// here.

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "yijie/v1/card.pb.h"

namespace yijie::engine {

// A proof holds for so long after the PIN was checked; the clock of the PIN service may be ahead of
// ours by so much.
inline constexpr int64_t kPinProofLifetimeMs = 300'000;
inline constexpr int64_t kPinClockAheadMs = 60'000;

// What is signed: see PinProof.mac. `credential` is the one that holds the proof.
std::string PinProofStatement(const yijie::v1::Credential& credential,
                              absl::string_view fixmedins_code);

// Thread-safe.
class PinProofVerifier {
 public:
  virtual ~PinProofVerifier() = default;
  // Whether `mac` is the issuer's over `statement`. False for an issuer that is not known.
  virtual bool IsGenuine(absl::string_view issuer, absl::string_view statement,
                         absl::string_view mac) const = 0;
};

// HMAC-SHA-256 under a key shared with each issuer.
class HmacPinProofVerifier : public PinProofVerifier {
 public:
  using Keys = absl::flat_hash_map<std::string, std::string>;  // by issuer

  // INVALID_ARGUMENT if a key has fewer than 32 bytes; names the issuer.
  static absl::StatusOr<HmacPinProofVerifier> Create(Keys keys);

  bool IsGenuine(absl::string_view issuer, absl::string_view statement,
                 absl::string_view mac) const override;

 private:
  explicit HmacPinProofVerifier(Keys keys) : keys_(std::move(keys)) {}
  Keys keys_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CARD_PIN_PROOF_H_
