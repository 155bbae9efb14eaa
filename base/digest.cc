#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "base/check.h"

namespace yijie {

Digest Sha256(absl::string_view bytes) {
  // EVP_Digest with EVP_sha256() looks the algorithm up each time, which costs as much as a short
  // digest itself.
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  YIJIE_CHECK(algorithm != nullptr, "SHA-256 is not available");
  thread_local const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                                EVP_MD_CTX_free);
  Digest digest;
  unsigned int size = 0;
  const int ok = EVP_DigestInit_ex2(context.get(), algorithm, nullptr) &
                 EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) &
                 EVP_DigestFinal_ex(context.get(), digest.data(), &size);
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
