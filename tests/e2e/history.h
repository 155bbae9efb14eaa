#ifndef YIJIE_TESTS_E2E_HISTORY_H_
#define YIJIE_TESTS_E2E_HISTORY_H_

// What clients sent and what they were told, and the check that it can have happened one after the
// other for each person: the balance a reply starts from is the one the version before ended with.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/store.h"
#include "yijie/v1/service.pb.h"

namespace yijie::e2e {

namespace v1 = yijie::v1;

// A message that moves money, with what is known of it.
struct Sent {
  v1::Transaction transaction = v1::TRANSACTION_UNSPECIFIED;
  std::string institution;
  std::string msgid;
  std::string psn_no;
  std::string request;  // the bytes as sent
  bool acknowledged = false;
  bool not_applied = false;  // refused in words that promise it had no effect
  std::string reply;         // the bytes, if acknowledged
  // Newest version of the person somebody had been told of when it was first sent.
  int64_t not_before = 0;

  storage::MessageKey key() const {
    return {institution, static_cast<uint8_t>(transaction), msgid};
  }
};

// What a read said.
struct Read {
  std::string psn_no;
  int64_t version = 0;
  int64_t balance_fen = 0;
  int64_t not_before = 0;
};

struct History {
  std::vector<Sent> sent;
  std::vector<Read> reads;

  void Append(History other);
  int64_t acknowledged() const;
};

// Name of the call of a transaction: "Settle".
const char* CallName(v1::Transaction transaction);

// What a reply says about the account.
struct AccountView {
  bool moved = false;
  int64_t version = 0;
  int64_t balance_before_fen = 0;
  int64_t balance_fen = 0;
};
// Nothing for a reply that looked at no account; nothing for bytes that are no reply.
std::optional<AccountView> ViewOf(v1::Transaction transaction, const std::string& reply);

// A Settle that was told its id had been closed.
bool IsClosedReply(v1::Transaction transaction, const std::string& reply);

// Where the replies contradict each other.
std::vector<std::string> OrderProblems(const History& history);

}  // namespace yijie::e2e

#endif  // YIJIE_TESTS_E2E_HISTORY_H_
