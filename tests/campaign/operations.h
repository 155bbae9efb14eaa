#ifndef YIJIE_TESTS_CAMPAIGN_OPERATIONS_H_
#define YIJIE_TESTS_CAMPAIGN_OPERATIONS_H_

// The operations of the campaign. A kind of operation is a row: how often, how its request is made,
// and what the engine must answer. A new group of calls is a new file in operations/ with its rows,
// listed in AllKinds.

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/campaign/model.h"

namespace yijie::campaign {

class Draws {
 public:
  explicit Draws(uint64_t seed) : random_(seed) {}

  int Below(int n) { return Number(0, n - 1); }
  int Number(int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random_);
  }
  bool Percent(int percent) { return Below(100) < percent; }
  template <typename T>
  const T& Of(const std::vector<T>& list) {
    return list[static_cast<size_t>(Below(static_cast<int>(list.size())))];
  }

 private:
  std::mt19937_64 random_;
};

// Persons who may be relatives of one another have numbers between the same multiples of this, and
// are both odd or both even.
inline constexpr int kFamilyNumbers = 8;

// What a request is made from.
struct Making {
  Draws& draws;
  const Model& model;
  const Person& person;
  const Now& now;
  // Makes ids that no message and no visit had before.
  int64_t& counter;

  std::string NewId(const char* prefix);
  // Of an institution, mostly one that there is, under a new message id.
  v1::MessageHeader Header();
  v1::MessageHeader HeaderOf(const std::string& institution);
  std::string SomeInstitution();
  // A day up to `most` days ago.
  std::string DayBack(int most) { return IsoDay(now.day_number - draws.Number(0, most)); }
};

struct Kind {
  const char* method;  // "yijie.v1.SettlementService.Settle"
  int weight;
  // Nothing if the person is in no state for it.
  std::shared_ptr<Message> (*make)(Making& making);
  // What the call does to the model, and what the caller is told. The message id is new.
  Answer (*expect)(Model& model, const Message& request, const Now& now);
  // Of calls that have message ids.
  v1::Transaction transaction = v1::TRANSACTION_UNSPECIFIED;
  // Field that makes the request malformed, whatever is stored; empty if none does.
  std::string (*malformed)(const Message& request) = nullptr;
  // The answer to a message whose id was closed on `closed_at` before it came.
  Answer (*closed)(const Message& request, const Now& closed_at) = nullptr;
};

const std::vector<Kind>& AllKinds();

std::vector<Kind> SettleKinds();
std::vector<Kind> AccountKinds();
std::vector<Kind> UndoKinds();
std::vector<Kind> StayKinds();
std::vector<Kind> CardKinds();
std::vector<Kind> FamilyKinds();
std::vector<Kind> PayoutKinds();
std::vector<Kind> FactsKinds();

// The person's number in a request of any kind; empty if it names none.
std::string PersonOf(const Message& request);
// The header of a request; nullptr if it has none.
const v1::MessageHeader* HeaderIn(const Message& request);

// What the engine must answer to a request that may have been sent before. `key` is that of the
// message, empty if it has none.
struct Expected {
  Answer answer;
  std::string key;
  KnownMessage* first = nullptr;  // the bytes must be those of this message
};
Expected Expect(Model& model, const Kind& kind, const Message& request, const Now& now);
// Keeps what a message was told.
void Remember(Model& model, const Expected& expected, const Message& request, const Now& now,
              const std::string& reply_bytes);

uint64_t DigestOf(const std::string& bytes);

// --- For those who write rows

template <typename Request>
const Request& As(const Message& request) {
  return static_cast<const Request&>(request);
}

// Some lines of a bill between two days, with serials from `serial` on.
google::protobuf::RepeatedPtrField<v1::FeeLine> MakeLines(Making& making, int most, int serial,
                                                          const std::string& day);
int64_t SumOf(const google::protobuf::RepeatedPtrField<v1::FeeLine>& lines);
// A claim of the institution, perhaps with a wrong sum.
v1::Claim MakeClaim(Making& making, const std::string& institution);
v1::AcctUse SomeAccountUse(Making& making);
// What a person shows at the counter; nothing sometimes.
void MakeCredential(Making& making, v1::Credential* credential, bool* shown);
// The answer to a settlement by message whose id was closed.
Answer ClosedSettlement(const v1::MessageHeader& header, const v1::Claim& claim,
                        const Now& closed_at);

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_OPERATIONS_H_
