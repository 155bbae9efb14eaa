#ifndef YIJIE_TESTS_LOAD_HISTORY_H_
#define YIJIE_TESTS_LOAD_HISTORY_H_

// A short history of one person, written down by hand: nothing of the engine made it, so that the
// audit is tested against the meaning of the records.

#include <string>
#include <vector>

#include "storage/store.h"
#include "tests/memory_store.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {

struct HistoryVersion {
  int64_t version = 0;
  store::v1::PersonState state;
  store::v1::PersonEvent event;
};

struct History {
  std::vector<HistoryVersion> versions;
  std::vector<storage::MessageWrite> messages;

  // Version `number`, from 1.
  HistoryVersion& at(int64_t number) { return versions[static_cast<size_t>(number - 1)]; }
};

inline constexpr char kHistoryPerson[] = "P1";
inline constexpr char kHistoryHospital[] = "H41010000001";

// Version 1 facts loaded; 2 a credit of 200 yuan; 3 a settlement of 1,000 yuan, of which funds pay
// 600 and the account 100, with a benefit of 800 paid apart; 4 the same again; 5 the reversal of 4.
// And a message that was refused.
History MakeHistory();

// The package of the settlements: its text, and the table of the store that holds it.
inline constexpr char kHistoryPolicy[] = "id: \"history\"";
std::string HistoryPolicyTable();

// The records of a history in a store, unchecked.
void Plant(const History& history, storage::MemoryStore& store);

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_LOAD_HISTORY_H_
