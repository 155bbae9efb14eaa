#ifndef YIJIE_ENGINE_PEERS_IDENTITY_H_
#define YIJIE_ENGINE_PEERS_IDENTITY_H_

#include <string>

#include "absl/strings/string_view.h"

namespace yijie::engine {

// Who a party is, is the URI in its certificate.

// URI of a gateway's certificate.
inline constexpr absl::string_view kGatewayIdentity = "urn:yijie:gateway";
// URI of the certificate of the engine of an area: "urn:yijie:area:410000".
std::string IdentityOfArea(absl::string_view admdvs);
// The area in such a URI; empty for any other text.
absl::string_view AreaOfIdentity(absl::string_view identity);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PEERS_IDENTITY_H_
