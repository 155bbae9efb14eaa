#ifndef YIJIE_BASE_DIGEST_H_
#define YIJIE_BASE_DIGEST_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace yijie {

// SHA-256.
using Digest = std::array<uint8_t, 32>;

Digest Sha256(absl::string_view bytes);

// HMAC-SHA-256 of `bytes` under `key`.
Digest HmacSha256(absl::string_view key, absl::string_view bytes);

// Whether `mac` is that; takes the same time wherever the two differ.
bool IsHmacSha256(absl::string_view key, absl::string_view bytes, absl::string_view mac);

// Lower-case hex of the first `bytes` bytes.
std::string HexPrefix(const Digest& digest, int bytes);

}  // namespace yijie

#endif  // YIJIE_BASE_DIGEST_H_
