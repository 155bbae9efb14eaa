#ifndef YIJIE_ENGINE_LINT_EXAMPLE_H_
#define YIJIE_ENGINE_LINT_EXAMPLE_H_

#include <string>

#include "yijie/v1/policy.pb.h"

namespace yijie::engine {

// The claim of a finding in one line, in Chinese with the names that cells use.
std::string DescribeExample(const yijie::v1::PolicyCase& example);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_LINT_EXAMPLE_H_
