#ifndef YIJIE_BENCH_WORLD_H_
#define YIJIE_BENCH_WORLD_H_

// The world the benchmarks settle in: generated institutions, catalogue and persons, the policy
// tables that ship, and in-patient bills of 12 lines for persons that can settle.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/load/input_file.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "storage/store.h"
#include "yijie/v1/person.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::bench {

// The calls that are measured.
inline constexpr char kSettleMethod[] = "/yijie.v1.SettlementService/Settle";
inline constexpr char kSettleStreamMethod[] = "/yijie.v1.SettlementService/SettleStream";

inline constexpr int kLines = 12;
inline constexpr int kCatalogueItems = 50'000;

// SplitMix64: the same numbers on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next();
  // 0 to below - 1.
  int64_t Below(int64_t below) {
    return static_cast<int64_t>(Next() % static_cast<uint64_t>(below));
  }
  // Between 1 and `most`, every order of magnitude as often as another.
  int64_t Spread(int64_t most);
  template <typename T>
  const T& Pick(const std::vector<T>& choices) {
    return choices[static_cast<size_t>(Below(static_cast<int64_t>(choices.size())))];
  }

 private:
  uint64_t state_;
};

struct World {
  // The files as `yijie load` takes them.
  engine::InputFile institutions, catalogue, persons, accounts;

  std::shared_ptr<const engine::Reference> reference;
  // Adults in good standing with the hospitals of their own area: residents of Zhoukou and
  // employees of Zhengzhou.
  std::vector<v1::PersonFacts> residents, employees;
  std::vector<std::string> resident_hospitals, employee_hospitals;
};

absl::StatusOr<World> MakeWorld(int persons, const std::string& policy_directory);

inline constexpr uint64_t kWorldSeed = 1;

// Whether a bill of MakeRequest settles for this person.
bool CanSettle(const v1::PersonFacts& person);
bool IsResident(const v1::PersonFacts& person);

// Loads the files of `world` into an empty store, as `yijie load` does.
absl::Status LoadWorld(const World& world, storage::Store& store);
inline constexpr int64_t kLoadTime = 1'767'225'600'000;  // 2026-01-01: after the last birth

// Bills of which most stay small, so that a person can be settled again and again without meeting
// the yearly limit of the pool, or bills up to 30,000 yuan a line, which meet every limit there is.
enum class BillSize { kSmall, kAny };

// An in-patient stay of 2025 with kLines lines. 1 in 40 items is not in the catalogue.
v1::SettleRequest MakeRequest(const World& world, const v1::PersonFacts& person, BillSize size,
                              Random& random);

// Requests as bytes, one for each of the world's persons, to be sent again and again under new
// message ids. Not thread-safe.
class RequestBytes {
 public:
  static constexpr absl::string_view kMsgidHead = "BENCH";  // then digits: the serial
  static constexpr int kMsgidDigits = 15;

  // Message ids count from `first_serial` + 1 on, so that several can send to one store.
  RequestBytes(const World& world, uint64_t seed, uint64_t first_serial = 0);

  // For clients in other processes; those begin at other persons. Not checked: a benchmark reads
  // what it wrote.
  void Write(const std::string& path) const;
  static RequestBytes Read(const std::string& path, uint64_t first_serial);

  size_t size() const { return requests_.size(); }
  const std::string& psn_no(size_t index) const { return requests_[index].psn_no; }
  // The next person's request under a message id that was never used.
  const std::string& Next();
  // Of the last request given, in its message id. Counts from 1.
  uint64_t serial() const { return serial_; }
  // From now on serials are greater than this one: for a second client of one server.
  void SkipTo(uint64_t serial) { serial_ = serial; }

 private:
  explicit RequestBytes(uint64_t first_serial) : serial_(first_serial) {}

  struct Request {
    std::string psn_no;
    std::string bytes;
    size_t msgid;  // offset of its digits
  };
  std::vector<Request> requests_;
  size_t next_ = 0;
  uint64_t serial_;
};

// OK if these are the bytes of a SettleResponse that settled. Looks at the head of the message
// only, so that it can run inside a timed window.
absl::Status CheckSettled(absl::string_view reply);

}  // namespace yijie::bench

#endif  // YIJIE_BENCH_WORLD_H_
