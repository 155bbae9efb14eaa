#ifndef YIJIE_TESTS_ENGINE_ENGINE_FIXTURE_H_
#define YIJIE_TESTS_ENGINE_ENGINE_FIXTURE_H_

// A small world for tests of the engine: one policy, one hospital, persons with an account.

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "engine/edge.h"
#include "engine/engine.h"
#include "engine/person.h"
#include "engine/reference.h"
#include "tests/memory_store.h"
#include "yijie/v1/service.pb.h"

namespace yijie::engine {

inline constexpr char kHospital[] = "H41019900001";
inline constexpr char kOtherHospital[] = "H41019900002";
inline constexpr char kArea[] = "410199";

// Scheme 310, benefit kind 21: deductible 500 a stay and 800 a year, fund 80 % up to 10,000 a year,
// then the account. Scheme 390, benefit kind 21: fund 50 %, one stay a year; the second is
// excluded. Scheme 510, benefit kind 52: fund 100 % up to 100 a year, counted by disease.
std::shared_ptr<const Reference> TestReference();

// The policy texts of TestReference, compiled.
std::unique_ptr<const rules::Program> TestProgram(const std::string& insutype);

yijie::v1::PersonFacts TestFacts(const std::string& psn_no);
Person TestPerson(const std::string& psn_no, int64_t current_fen, int64_t past_fen);

// Puts a person into the store at version 1.
void PlantPerson(const std::string& psn_no, int64_t current_fen, int64_t past_fen,
                 storage::MemoryStore* store);

// Noon of 2026-06-15 at UTC+8.
Moment TestNow();

yijie::v1::MessageHeader Header(const std::string& msgid);
yijie::v1::SettleRequest SettleOf(const std::string& msgid, const std::string& psn_no, int64_t fen,
                                  const std::string& insutype = "310");
yijie::v1::CreditAccountRequest CreditOf(const std::string& msgid, const std::string& psn_no,
                                         int64_t fen);
yijie::v1::ReverseByMessageRequest UndoOf(const std::string& msgid, const std::string& psn_no,
                                          const std::string& omsgid);
yijie::v1::ReverseRequest ReverseOf(const std::string& msgid, const std::string& psn_no,
                                    const std::string& setl_id);
yijie::v1::QueryMessageRequest QueryOf(const std::string& msgid, bool fence);
yijie::v1::GetAccountRequest AccountOf(const std::string& psn_no);

// A job as the edge makes it, without `respond`. The request must be well-formed.
template <typename Request>
std::unique_ptr<Job> JobOf(Call call, const Request& request) {
  auto job = MakeJob(call, std::make_unique<Request>(request), TestNow());
  YIJIE_CHECK(job.ok(), "a request of a test is malformed");
  return *std::move(job);
}

// Where the reply of one job arrives.
class Inbox {
 public:
  // The job's reply comes here.
  std::unique_ptr<Job> Await(std::unique_ptr<Job> job) {
    job->respond = [this](Reply reply) { Put(std::move(reply)); };
    return job;
  }
  // Waits for the reply.
  Reply Get();
  // Replies so far.
  int count();

 private:
  void Put(Reply reply);

  Mutex mutex_;
  CondVar came_;
  Reply reply_ ABSL_GUARDED_BY(mutex_);
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Submits and waits.
template <typename Request>
Reply Ask(Engine& engine, Call call, const Request& request) {
  Inbox inbox;
  engine.Submit(inbox.Await(JobOf(call, request)));
  return inbox.Get();
}

template <typename Response>
Response Parsed(const Reply& reply) {
  Response response;
  YIJIE_CHECK(reply.status.ok() && response.ParseFromString(reply.bytes), "a reply cannot be read");
  return response;
}

// The log of the engine goes to /dev/null while this lives, unless YIJIE_LOUD is set.
class QuietLog {
 public:
  QuietLog();
  ~QuietLog();

 private:
  int saved_ = -1;
};

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_ENGINE_ENGINE_FIXTURE_H_
