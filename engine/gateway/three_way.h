#ifndef YIJIE_ENGINE_GATEWAY_THREE_WAY_H_
#define YIJIE_ENGINE_GATEWAY_THREE_WAY_H_

// Three books of one pair of areas that must be the same (三方对账): at the place of care (就医地),
// the gateway (网关) and the insured place (参保地).

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "yijie/v1/books.pb.h"

namespace yijie::engine {

// The book of one side, wherever it is.
class PairBook {
 public:
  virtual ~PairBook() = default;
  virtual v1::BookTotals TotalsOf(const std::string& day) = 0;  // with the digest
  virtual std::vector<v1::BookRow> RowsOf(const std::string& day) = 0;
  virtual v1::CompareBookResponse Compare(const v1::CompareBookRequest& request) = 0;
};

enum class BookSide : uint8_t { kCare, kGateway, kInsured };
inline constexpr size_t kBookSides = 3;

// A record that is not the same on all sides.
struct ThreeWayDifference {
  std::string setl_id;
  std::array<std::optional<v1::BookRow>, kBookSides> row;  // by BookSide; nothing where it is not
};

struct ThreeWayDay {
  std::string day;
  std::array<v1::BookTotals, kBookSides> totals;
  std::vector<ThreeWayDifference> differences;  // by setl_id
};

struct ThreeWayResult {
  std::vector<ThreeWayDay> days;  // those with records, or differences
  bool equal() const;
};

// Each day of `scope`, which is of the pair and of ALL_RECORDS. Where digests agree, nothing more
// is asked for; where they do not, the gateway's records of the day are read and the other two
// searched for what differs from them (Descent). ABORTED if the books change meanwhile.
// INVALID_ARGUMENT if the scope is malformed.
absl::StatusOr<ThreeWayResult> CompareThreeWays(const v1::BookScope& scope, PairBook& care,
                                                PairBook& gateway, PairBook& insured);

// For people, in Chinese.
std::string ThreeWayAsText(const v1::BookScope& scope, const ThreeWayResult& result);

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_GATEWAY_THREE_WAY_H_
