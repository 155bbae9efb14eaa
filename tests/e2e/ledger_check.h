#ifndef YIJIE_TESTS_E2E_LEDGER_CHECK_H_
#define YIJIE_TESTS_E2E_LEDGER_CHECK_H_

// A store against what clients were told: nothing acknowledged is lost or answered otherwise,
// nothing is applied twice, nothing is there that nobody sent.

#include <cstdint>
#include <string>
#include <vector>

#include "storage/store.h"
#include "tests/e2e/history.h"

namespace yijie::e2e {

struct LedgerFigures {
  int64_t acknowledged = 0;     // messages found with the very bytes of their reply
  int64_t unknown = 0;          // messages without an answer
  int64_t unknown_applied = 0;  // of them, those the store has
};

// Every acknowledged message by its reply bytes, every event of the store by its message, and the
// audit of engine/audit/audit.h. What is wrong; nothing if all is right. At most kMostProblems.
std::vector<std::string> LedgerProblems(storage::Store& store, const History& history,
                                        LedgerFigures* figures);

// The same for a store in a folder that no process has open. Recovers it.
std::vector<std::string> LedgerProblemsIn(const std::string& data, const History& history,
                                          LedgerFigures* figures);

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_LEDGER_CHECK_H_
