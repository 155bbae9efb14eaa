#ifndef YIJIE_ENGINE_CARD_PIN_KEY_FILE_H_
#define YIJIE_ENGINE_CARD_PIN_KEY_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/card/pin_proof.h"

namespace yijie::engine {

// Keys of the PIN services from a file: a line for each, `issuer hexkey`; empty lines and lines
// that begin with # say nothing. FAILED_PRECONDITION if others than owner and group may read or
// write the file. Errors name file and line and never a key.
absl::StatusOr<std::shared_ptr<const PinProofVerifier>> LoadPinKeys(const std::string& path);

// The lines of such a file. `path` begins every error.
absl::StatusOr<HmacPinProofVerifier::Keys> ParsePinKeys(absl::string_view path,
                                                        absl::string_view text);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_CARD_PIN_KEY_FILE_H_
