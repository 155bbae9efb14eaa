#include "engine/books/pair_code.h"

#include "absl/strings/str_cat.h"
#include "engine/area/area_code.h"

namespace yijie::engine {
namespace {

// The area of `digits` digits that holds `code`, or `code` itself if it is a larger one.
std::string Widened(absl::string_view code, size_t digits) {
  constexpr size_t kDigits = 6;
  std::string widened(AreaStem(code).substr(0, digits));
  widened.resize(kDigits, '0');
  return widened;
}

}  // namespace

std::string PairCode(absl::string_view care_admdvs, absl::string_view insured_admdvs) {
  for (const size_t digits : {size_t{2}, size_t{4}}) {
    std::string care = Widened(care_admdvs, digits);
    std::string insured = Widened(insured_admdvs, digits);
    if (care != insured) return care + insured;
  }
  return absl::StrCat(Widened(care_admdvs, 6), Widened(insured_admdvs, 6));
}

std::string PairCode(const store::v1::CrossPart& part) {
  const bool peer_is_care = part.at_insured_place() || part.at_gateway();
  return peer_is_care ? PairCode(part.peer_admdvs(), part.own_admdvs())
                      : PairCode(part.own_admdvs(), part.peer_admdvs());
}

}  // namespace yijie::engine
