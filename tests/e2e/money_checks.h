#ifndef YIJIE_TESTS_E2E_MONEY_CHECKS_H_
#define YIJIE_TESTS_E2E_MONEY_CHECKS_H_

// The identities of settlement.proto, computed again from a reply and from nothing else.

#include <string>
#include <vector>

#include "yijie/v1/service.pb.h"

namespace yijie::e2e {

namespace v1 = yijie::v1;

// What is wrong with an answer to `claim`; nothing if it is right. For refusals: no money, no id.
std::vector<std::string> SettlementProblems(const v1::Settlement& settlement,
                                            const v1::Claim& claim);

// What is wrong with an undo that answers REVERSED.
std::vector<std::string> ReversalProblems(const v1::Reversal& reversal,
                                          const v1::Settlement& original);

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_MONEY_CHECKS_H_
