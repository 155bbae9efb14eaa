#ifndef YIJIE_TESTS_GATEWAY_GATEWAY_WORLD_H_
#define YIJIE_TESTS_GATEWAY_GATEWAY_WORLD_H_

// A place of care, a gateway and an insured place in one process.

#include <memory>
#include <string>
#include <vector>

#include "engine/books/book_projection.h"
#include "engine/books/book_queries.h"
#include "engine/gateway/gateway.h"
#include "engine/gateway/three_way.h"
#include "tests/cross/cross_world.h"
#include "tests/memory_store.h"

namespace yijie::engine {

inline constexpr char kPair[] = "620000410000";

// Gansu (620000) and Henan (410000), as text of GatewayPeers.
PeerTable TwoProvinces(const std::string& more = "");

// A store that can be told to take no commits.
class FullStore : public storage::MemoryStore {
 public:
  void CommitGroup(std::vector<storage::Commit> group, storage::CommitDone done) override;
  bool full = false;
};

// Hands what the place of care sends to a gateway, as one with a certificate of its area.
class GatewayLink : public CrossPeer {
 public:
  void Connect(Gateway* gateway) { gateway_ = gateway; }
  void Send(Call call, std::shared_ptr<const google::protobuf::Message> request,
            std::chrono::steady_clock::time_point deadline,
            std::function<void(Reply)> done) override;

  std::string identity = "urn:yijie:area:620000";

 private:
  Gateway* gateway_ = nullptr;
};

class GatewayWorld {
 public:
  GatewayWorld();

  CrossWorld& areas() { return areas_; }
  Gateway& gateway() { return *gateway_; }
  FullStore& log() { return log_; }
  GatewayLink& link() { return link_; }

  // A new gateway over what is durable.
  void RestartGateway();

  // A message of the place of care.
  Reply Take(Call call, const google::protobuf::Message& request,
             std::chrono::milliseconds time = std::chrono::seconds(3));

  // Three books, compared on the day of TestNow.
  ThreeWayResult Compare();
  // Nothing differs between the three sides, and each adds up in itself.
  void ExpectEqualBooks(int64_t records);

 private:
  storage::MemoryStore& StoreOf(BookSide side);

  GatewayLink link_;
  CrossWorld areas_;
  FullStore log_;
  const PeerTable table_ = TwoProvinces();
  GatewayMetrics metrics_;
  std::unique_ptr<Gateway> gateway_;
};

// The book of a pair in a store.
class StoreBook : public PairBook {
 public:
  // `insutype` empty: all schemes.
  explicit StoreBook(storage::Store& store, std::string pair = kPair, std::string insutype = "")
      : pair_(std::move(pair)),
        insutype_(std::move(insutype)),
        projection_(store),
        queries_(store, projection_) {}

  v1::BookTotals TotalsOf(const std::string& day) override;
  std::vector<v1::BookRow> RowsOf(const std::string& day) override;
  v1::CompareBookResponse Compare(const v1::CompareBookRequest& request) override;

 private:
  v1::BookScope ScopeOf(const std::string& day) const;

  const std::string pair_;
  const std::string insutype_;
  BookProjection projection_;
  BookQueries queries_;
};

v1::BookScope ScopeOfPair(const std::string& first_day, const std::string& last_day);

// The findings of audit, books and what is owed over a store.
void ExpectSoundStore(storage::Store& store);

// The ids of a settlement or an undo at the place of care and at the insured place.
std::string CareIdOf(const std::string& resv_id);
std::string HomeIdOf(const std::string& resv_id);

// A settlement of `fund` and `account` fen, as a place of care confirms it and an insured place
// answers.
v1::ConfirmRequest ConfirmOf(const std::string& resv_id, const std::string& care,
                             const std::string& insured, const std::string& clr_date);
v1::ConfirmResponse AnswerTo(const v1::ConfirmRequest& request, int64_t fund, int64_t account);
v1::ConfirmUndoRequest ConfirmUndoOf(const std::string& resv_id, const v1::ConfirmRequest& original,
                                     const std::string& clr_date);
v1::ConfirmUndoResponse AnswerTo(const v1::ConfirmUndoRequest& request,
                                 const v1::ConfirmResponse& original);

// Commits by the log of a gateway; the commit must be sound.
void Commit(absl::StatusOr<storage::Commit> commit, storage::Store& store);

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_GATEWAY_GATEWAY_WORLD_H_
