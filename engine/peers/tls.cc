#include "engine/peers/tls.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"

namespace yijie::engine {
namespace {

struct Pem {
  std::string authority;
  std::string certificate;
  std::string key;
};

// A key that others may read is no secret.
absl::Status CheckPrivate(const std::string& path) {
  struct stat about {};
  if (stat(path.c_str(), &about) != 0)
    return absl::FailedPreconditionError(absl::StrCat(path, ": cannot be read"));
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return absl::FailedPreconditionError(absl::StrCat(path, ": others may read it; chmod 600 it"));
  return absl::OkStatus();
}

absl::StatusOr<Pem> Read(const TlsFiles& files) {
  Pem pem;
  YIJIE_RETURN_IF_ERROR(CheckPrivate(files.key));
  YIJIE_ASSIGN_OR_RETURN(pem.authority, ReadFile(files.authority));
  YIJIE_ASSIGN_OR_RETURN(pem.certificate, ReadFile(files.certificate));
  YIJIE_ASSIGN_OR_RETURN(pem.key, ReadFile(files.key));
  return pem;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(
    const TlsFiles& files) {
  YIJIE_ASSIGN_OR_RETURN(const Pem pem, Read(files));
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = pem.authority;
  options.pem_key_cert_pairs.push_back({pem.key, pem.certificate});
  return grpc::SslServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentialsOf(
    const TlsFiles& files) {
  YIJIE_ASSIGN_OR_RETURN(const Pem pem, Read(files));
  return grpc::SslCredentials({pem.authority, pem.key, pem.certificate});
}

std::string IdentityIn(const std::shared_ptr<const grpc::AuthContext>& context) {
  if (context == nullptr || !context->IsPeerAuthenticated()) return "";
  const std::vector<grpc::string_ref> uris = context->FindPropertyValues("peer_uri");
  return uris.size() == 1 ? std::string(uris[0].data(), uris[0].size()) : std::string();
}

}  // namespace yijie::engine
