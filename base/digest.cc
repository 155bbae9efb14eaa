#include "base/digest.h"

#include <openssl/evp.h>

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

std::string HexPrefix(const Digest& digest, int bytes) {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), static_cast<size_t>(bytes)));
}

}  // namespace yijie
