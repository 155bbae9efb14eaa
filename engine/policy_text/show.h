#ifndef YIJIE_ENGINE_POLICY_TEXT_SHOW_H_
#define YIJIE_ENGINE_POLICY_TEXT_SHOW_H_

#include <vector>

#include "engine/policy_text/document.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::engine {

// Packages as the tables a clerk would print, with a list of them first if there are several. All
// must compile.
Document ShowPackages(const std::vector<yijie::v1::Package>& packages);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_SHOW_H_
