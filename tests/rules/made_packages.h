#ifndef YIJIE_TESTS_RULES_MADE_PACKAGES_H_
#define YIJIE_TESTS_RULES_MADE_PACKAGES_H_

// Policy packages made from a seed, for comparing implementations. Many do not compile; the caller
// takes those that do. Shares are whole per cent and at most two of them multiply, so that
// millionths hold every ratio exactly.

#include "tests/rules/random_claim.h"
#include "yijie/v1/policy.pb.h"

namespace yijie::rules {

// Changes one to three things: a figure, a switch, a row more or less, a limit, the order of steps.
void MutatePackage(Random& random, yijie::v1::Package* package);

// A new package of up to twelve steps. Shapes of every kind go together in it.
yijie::v1::Package GeneratePackage(Random& random);

}  // namespace yijie::rules

#endif  // YIJIE_TESTS_RULES_MADE_PACKAGES_H_
