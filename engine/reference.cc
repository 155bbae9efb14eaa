#include "engine/reference.h"

#include <algorithm>

#include "engine/area/area_code.h"

namespace yijie::engine {

bool Reference::IsElsewhere(absl::string_view admdvs) const {
  return !own_areas.empty() &&
         std::none_of(own_areas.begin(), own_areas.end(),
                      [admdvs](const std::string& own) { return AreaHolds(own, admdvs); });
}

}  // namespace yijie::engine
