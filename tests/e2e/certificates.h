#ifndef YIJIE_TESTS_E2E_CERTIFICATES_H_
#define YIJIE_TESTS_E2E_CERTIFICATES_H_

#include <string>
#include <vector>

namespace yijie::e2e {

// Files of a party, PEM.
struct PartyFiles {
  std::string authority;
  std::string certificate;
  std::string key;

  // As options of the program.
  std::vector<std::string> Options() const {
    return {"--tls-authority", authority, "--tls-certificate", certificate, "--tls-key", key};
  }
};

// A certificate authority of its own in a folder, made by the openssl program; good for two days.
class Certificates {
 public:
  // `name` tells authorities in one folder apart.
  Certificates(std::string folder, const std::string& name);

  // A certificate for 127.0.0.1 with this URI. `name` is that of its files.
  PartyFiles Issue(const std::string& name, const std::string& uri) const;

 private:
  const std::string folder_;
  const std::string authority_;  // path without its ending
};

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_CERTIFICATES_H_
