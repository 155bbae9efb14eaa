#ifndef YIJIE_ENGINE_PEERS_TLS_H_
#define YIJIE_ENGINE_PEERS_TLS_H_

// Who speaks between areas: every connection has a certificate on both ends (mutual TLS), and who a
// party is, is the URI in its certificate (engine/peers/identity.h).

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "absl/status/statusor.h"

namespace yijie::engine {

// Files are looked at again while the program runs: what they hold counts for connections made from
// then on. A certificate and its key are to be changed at once (docs/gateway.md).
struct TlsFiles {
  std::string authority;    // certificates that are believed, PEM
  std::string certificate;  // own, with the chain, PEM
  std::string key;          // own, PEM; not readable by others
};

// FAILED_PRECONDITION names the file that cannot be used as it is now.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(const TlsFiles& files);
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentialsOf(
    const TlsFiles& files);

// The URI in the certificate of the other end, which TLS has verified; empty if there is none.
std::string IdentityIn(const std::shared_ptr<const grpc::AuthContext>& context);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_PEERS_TLS_H_
