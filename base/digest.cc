#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/escaping.h"
#include "base/check.h"

namespace yijie {

Digest Sha256(absl::string_view bytes) {
  Digest digest;
  unsigned int size = 0;
  const int ok =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  YIJIE_CHECK(ok == 1 && size == digest.size(), "SHA-256 is not available");
  return digest;
}

Digest HmacSha256(absl::string_view key, absl::string_view bytes) {
  Digest digest;
  unsigned int size = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* result = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data,
                                     bytes.size(), digest.data(), &size);
  YIJIE_CHECK(result != nullptr && size == digest.size(), "HMAC-SHA-256 is not available");
  return digest;
}

bool IsHmacSha256(absl::string_view key, absl::string_view bytes, absl::string_view mac) {
  const Digest expected = HmacSha256(key, bytes);
  return mac.size() == expected.size() &&
         CRYPTO_memcmp(expected.data(), mac.data(), expected.size()) == 0;
}

std::string HexPrefix(const Digest& digest, int bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), static_cast<size_t>(bytes)));
}

}  // namespace yijie
