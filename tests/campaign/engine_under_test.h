#ifndef YIJIE_TESTS_CAMPAIGN_ENGINE_UNDER_TEST_H_
#define YIJIE_TESTS_CAMPAIGN_ENGINE_UNDER_TEST_H_

// The engine over the store on disk, in the made-up world, perhaps with a planted defect.

#include <functional>
#include <memory>
#include <string>

#include "engine/books/book_queries.h"
#include "engine/engine.h"
#include "engine/payout/payment_files.h"
#include "storage/store.h"
#include "tests/campaign/calendar.h"
#include "tests/storage/store_fixture.h"

namespace yijie::campaign {

// Where an engine that is wrong could be wrong. Empty: the engine as it is.
struct Defect {
  std::string name;
  // It judges by other tables: `from` of every package and area text becomes `to`.
  std::string from;
  std::string to;
  // It commits something else.
  std::function<void(storage::Commit&)> commit;
  // It understands another request.
  std::function<void(google::protobuf::Message&)> request;
  // It says something else.
  std::function<void(const google::protobuf::Message& request, engine::Reply&)> reply;
};

class EngineUnderTest {
 public:
  // `defect` outlives this object.
  explicit EngineUnderTest(const Defect& defect, size_t cached_persons);
  ~EngineUnderTest();

  // `respond` is called once, from any thread.
  void Submit(const char* method, const google::protobuf::Message& request, const Now& now,
              std::function<void(engine::Reply)> respond);
  absl::StatusOr<v1::GetClearingStatementResponse> GetStatement(const std::string& institution,
                                                                const std::string& setlym);
  absl::StatusOr<v1::ClosePeriodResponse> ClosePeriod(const v1::ClosePeriodRequest& request,
                                                      const Now& now);
  engine::PaymentFiles& payment_files() { return *payment_files_; }
  // What relatives pay one another goes on after a reply. False if it does not come to an end.
  bool AwaitFamilySteps();
  // Nothing may be in flight.
  void Restart();
  storage::Store& store() { return *store_; }

 private:
  void Start();

  const Defect& defect_;
  const size_t cached_persons_;
  const std::shared_ptr<const engine::Reference> reference_;
  storage::TempDirectory directory_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<storage::Store> written_through_;  // has the defect
  engine::Metrics metrics_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::BookProjection> projection_;
  std::unique_ptr<engine::BookQueries> books_;
  std::unique_ptr<engine::PaymentFiles> payment_files_;
};

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_ENGINE_UNDER_TEST_H_
