#ifndef YIJIE_TESTS_REPLAY_BOOKKEEPER_H_
#define YIJIE_TESTS_REPLAY_BOOKKEEPER_H_

// Books a history into a store with the engine's own transactions, as a server would.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/person.h"
#include "engine/reference.h"
#include "engine/sample/sample_history.h"
#include "engine/transactions.h"
#include "storage/store.h"

namespace yijie::engine {

// Persons one after another, each begun by Facts. A person may get facts again.
class Bookkeeper final : public HistoryVisitor {
 public:
  // Both outlive the bookkeeper.
  Bookkeeper(const Reference& reference, storage::Store& store)
      : reference_(reference), store_(store) {}
  // Flush must have been called.
  ~Bookkeeper() override;

  void Facts(std::shared_ptr<const v1::PersonFacts> facts) override;
  void Credit(rules::SubAccount sub_account, Fen amount) override;
  void Settle(int64_t version, const v1::SettleRequest& request) override;
  void Reverse(int64_t version) override;

  // Commits what is not committed yet. Stops the process if the store does not take it.
  void Flush();

  const Person& person() const { return person_; }
  int64_t settled() const { return settled_; }
  int64_t refused() const { return refused_; }
  int64_t reversed() const { return reversed_; }

 private:
  v1::MessageHeader NextHeader(const std::string& fixmedins_code);
  void Book(uint8_t transaction, const v1::MessageHeader& header, const std::string& request,
            Effect effect);

  const Reference& reference_;
  storage::Store& store_;
  Person person_;
  std::map<int64_t, SettledRecord> settlements_;  // of this person, by the caller's version
  std::vector<storage::Commit> commits_;
  int64_t messages_ = 0;
  int64_t settled_ = 0;
  int64_t refused_ = 0;
  int64_t reversed_ = 0;
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_REPLAY_BOOKKEEPER_H_
