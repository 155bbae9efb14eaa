#ifndef YIJIE_TESTS_INQUIRY_MADE_HISTORY_H_
#define YIJIE_TESTS_INQUIRY_MADE_HISTORY_H_

// A random history of one person over several years, and a plain account of it made from the
// answers alone.

#include <array>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/booking.h"
#include "engine/inquiry/movement.h"
#include "engine/moment.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "tests/memory_store.h"
#include "yijie/v1/inquiry.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

// A settlement as it was answered, and what became of it.
struct ModelSettlement {
  int64_t version = 0;
  std::string setl_id;
  std::string institution;
  std::string mdtrt_id;
  std::string insutype, med_type;
  Date day;
  v1::Amounts amounts;
  std::map<std::string, int64_t> funds;
  v1::SettlementState state = v1::SETTLEMENT_STANDS;
  std::string undone_by;
  std::string corrects;
};

struct ModelUndo {
  Date day;
  size_t settlement = 0;  // index
};

struct ModelVersion {
  Date day;
  v1::MovementKind kind = v1::MOVEMENT_KIND_UNSPECIFIED;  // if the account moved
  AccountAmounts account{};                               // after it
};

class MadeHistory {
 public:
  explicit MadeHistory(uint64_t seed);

  // One more thing happens: a bill, an undo, a credit, new facts with their corrections, interest,
  // the turn of the account's year, or days that pass.
  void Step();

  const Person& person() const { return person_; }
  std::shared_ptr<const Reference> reference() const { return reference_; }
  storage::MemoryStore& store() { return store_; }
  const Moment& now() const { return now_; }

  // Versions from 1.
  const ModelVersion& version(int64_t number) const {
    return versions[static_cast<size_t>(number - 1)];
  }

  std::vector<ModelVersion> versions;
  std::vector<ModelSettlement> settlements;
  std::vector<ModelUndo> undos;

 private:
  void Bill();
  void Undo();
  void Credit();
  void Amend();
  // Moves the account by a journal of its own, with no kind of event any program knows.
  void Post(v1::MovementKind kind, const AccountAmounts& into, store::v1::LedgerAccount other);
  // UNSPECIFIED: a bill, to which or from which money goes.
  void Commit(Effect effect, v1::MovementKind kind);
  void Remember(const Person& next, v1::MovementKind kind);
  void Undone(const std::string& setl_id, const std::string& by, v1::SettlementState state);
  v1::MessageHeader NextHeader(const std::string& institution);

  std::mt19937_64 random_;
  std::shared_ptr<const Reference> reference_;
  storage::MemoryStore store_;
  Person person_;
  v1::PersonFacts facts_;
  Moment now_;
  int messages_ = 0;
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_INQUIRY_MADE_HISTORY_H_
