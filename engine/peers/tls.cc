#include "engine/peers/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"

namespace yijie::engine {
namespace {

namespace tls = grpc::experimental;

// How often files are looked at, seconds.
constexpr unsigned int kLookEverySeconds = 2;

// A key that others may read is no secret.
absl::Status CheckPrivate(const std::string& path) {
  struct stat about {};
  if (stat(path.c_str(), &about) != 0)
    return absl::FailedPreconditionError(absl::StrCat(path, ": cannot be read"));
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return absl::FailedPreconditionError(absl::StrCat(path, ": others may read it; chmod 600 it"));
  return absl::OkStatus();
}

// What is wrong with the files when they are first read.
absl::Status CheckFiles(const TlsFiles& files) {
  YIJIE_RETURN_IF_ERROR(CheckPrivate(files.key));
  for (const std::string* file : {&files.authority, &files.certificate, &files.key})
    YIJIE_RETURN_IF_ERROR(ReadFile(*file).status());
  return absl::OkStatus();
}

// The files as they are whenever a connection is made.
std::shared_ptr<tls::CertificateProviderInterface> Watch(const TlsFiles& files) {
  return std::make_shared<tls::FileWatcherCertificateProvider>(files.key, files.certificate,
                                                               files.authority, kLookEverySeconds);
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentialsOf(
    const TlsFiles& files) {
  YIJIE_RETURN_IF_ERROR(CheckFiles(files));
  tls::TlsServerCredentialsOptions options(Watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls::TlsServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentialsOf(
    const TlsFiles& files) {
  YIJIE_RETURN_IF_ERROR(CheckFiles(files));
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Watch(files));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_certificate_verifier(std::make_shared<tls::HostNameCertificateVerifier>());
  return tls::TlsCredentials(options);
}

std::string IdentityIn(const std::shared_ptr<const grpc::AuthContext>& context) {
  if (context == nullptr || !context->IsPeerAuthenticated()) return "";
  const std::vector<grpc::string_ref> uris = context->FindPropertyValues("peer_uri");
  return uris.size() == 1 ? std::string(uris[0].data(), uris[0].size()) : std::string();
}

}  // namespace yijie::engine
