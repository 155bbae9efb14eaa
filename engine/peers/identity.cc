#include "engine/peers/identity.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/area/area_code.h"

namespace yijie::engine {
namespace {

constexpr absl::string_view kAreaPrefix = "urn:yijie:area:";

}  // namespace

std::string IdentityOfArea(absl::string_view admdvs) { return absl::StrCat(kAreaPrefix, admdvs); }

absl::string_view AreaOfIdentity(absl::string_view identity) {
  if (!absl::ConsumePrefix(&identity, kAreaPrefix)) return "";
  return IsAreaCode(identity) ? identity : "";
}

}  // namespace yijie::engine
