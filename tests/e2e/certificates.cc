#include "tests/e2e/certificates.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "tests/e2e/data_folder.h"

namespace yijie::e2e {
namespace {

constexpr char kNewKey[] = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";

void OpenSsl(const std::string& arguments) {
  const std::string command = absl::StrCat("openssl ", arguments, " 2>/dev/null");
  YIJIE_CHECK(std::system(command.c_str()) == 0, "openssl");
}

}  // namespace

Certificates::Certificates(std::string folder, const std::string& name)
    : folder_(std::move(folder)), authority_(absl::StrCat(folder_, "/", name)) {
  OpenSsl(absl::StrCat("req -x509 ", kNewKey, "-days 2 -subj '/CN=", name, "' -keyout ", authority_,
                       ".key -out ", authority_, ".crt"));
}

PartyFiles Certificates::Issue(const std::string& name, const std::string& uri) const {
  const std::string path = absl::StrCat(folder_, "/", name);
  WriteFile(path + ".ext", absl::StrCat("subjectAltName=URI:", uri, ",IP:127.0.0.1\n"));
  OpenSsl(absl::StrCat("req ", kNewKey, "-subj '/CN=", name, "' -keyout ", path, ".key -out ", path,
                       ".csr"));
  OpenSsl(absl::StrCat("x509 -req -days 2 -in ", path, ".csr -CA ", authority_, ".crt -CAkey ",
                       authority_, ".key -CAcreateserial -extfile ", path, ".ext -out ", path,
                       ".crt"));
  YIJIE_CHECK(std::system(absl::StrCat("chmod 600 ", path, ".key").c_str()) == 0, "chmod");
  return {authority_ + ".crt", path + ".crt", path + ".key"};
}

}  // namespace yijie::e2e
