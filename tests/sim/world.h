#ifndef YIJIE_TESTS_SIM_WORLD_H_
#define YIJIE_TESTS_SIM_WORLD_H_

// Where simulations take place: three areas, their institutions and persons, and the shipped policy
// tables. Made once; a simulation begins with a copy of the disks.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "engine/metrics.h"
#include "engine/reference.h"
#include "tests/memory_store.h"
#include "yijie/v1/person.pb.h"

namespace yijie::sim {

inline constexpr int kPlaces = 3;

struct Insured {
  std::string psn_no;
  int place = 0;
  std::string insutype;
};

// Number of the social security card.
std::string CardOf(const Insured& person);

class World {
 public:
  static const World& Get();

  // Six digits, of the engine with this number.
  const std::string& Area(int place) const { return areas_[static_cast<size_t>(place)]; }
  // Before or after a change of policy.
  std::shared_ptr<const engine::Reference> ReferenceOf(int place, bool changed) const {
    return references_[static_cast<size_t>(place)][changed ? 1 : 0];
  }
  // Two hospitals and a pharmacy of the place.
  const std::vector<std::string>& Institutions(int place) const {
    return institutions_[static_cast<size_t>(place)];
  }
  const std::vector<Insured>& persons() const { return persons_; }
  const yijie::v1::PersonFacts& FactsOf(const Insured& person) const;
  const std::vector<std::string>& items() const { return items_; }
  // What is on the disk of a place as a simulation begins.
  void FillDisk(int place, storage::MemoryStore* disk) const;

  engine::Metrics& metrics() const { return *metrics_; }

 private:
  World();
  void MakeReferences();
  void MakePersons();

  std::array<std::string, kPlaces> areas_;
  std::array<std::array<std::shared_ptr<const engine::Reference>, 2>, kPlaces> references_;
  std::array<std::vector<std::string>, kPlaces> institutions_;
  std::vector<Insured> persons_;
  std::vector<yijie::v1::PersonFacts> facts_;
  std::vector<std::string> items_;
  struct Record {
    int place;
    std::string psn_no;
    storage::PersonVersion version;
  };
  struct Message {
    int place;
    storage::MessageKey key;
    storage::MessageEntry entry;
  };
  std::vector<Record> records_;
  std::vector<Message> messages_;
  std::unique_ptr<engine::Metrics> metrics_;
};

}  // namespace yijie::sim

#endif  // YIJIE_TESTS_SIM_WORLD_H_
