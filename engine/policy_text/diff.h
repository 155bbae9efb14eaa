#ifndef YIJIE_ENGINE_POLICY_TEXT_DIFF_H_
#define YIJIE_ENGINE_POLICY_TEXT_DIFF_H_

#include <vector>

#include "engine/policy_text/document.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::engine {

// What changed from one version of a package to another, in words, and which days are affected. No
// blocks: nothing changed. Both must compile.
Document DiffPackages(const yijie::v1::Package& older, const yijie::v1::Package& newer);

// The same of two sets of packages, matched by id; those whose id is on one side only by area,
// scheme and benefit kind. A further version of a package that stays is compared with the one that
// answered on its first day before.
Document DiffPackageSets(const std::vector<yijie::v1::Package>& older,
                         const std::vector<yijie::v1::Package>& newer);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_POLICY_TEXT_DIFF_H_
