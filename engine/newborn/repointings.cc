#include "engine/newborn/repointings.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/edge.h"
#include "engine/newborn/departure.h"
#include "engine/person.h"
#include "engine/step.h"
#include "storage/visit_rows.h"
#include "yijie/store/v1/newborn.pb.h"
#include "yijie/v1/agency.pb.h"

namespace yijie::engine {
namespace {

using store::v1::DepartReply;
using store::v1::OpenDeparture;

// What is open stays open and is tried again by Resolve.
void LogFailure(const char* step, const absl::Status& status) {
  if (!status.ok()) LogLine(step).Text("reason", status.message());
}

absl::StatusOr<DepartReply> ReadReply(const Reply& reply) {
  YIJIE_RETURN_IF_ERROR(reply.status);
  DepartReply told;
  if (told.ParseFromString(reply.bytes)) return told;
  return absl::InternalError("the answer to a step cannot be read");
}

// The bill left, whatever became of the rest.
absl::Status HalfDone(const absl::Status& status) {
  return absl::UnavailableError(
      absl::StrCat("the bill left its person and did not arrive yet (", status.message(),
                   "); the engine goes on by itself, send the same message again"));
}

}  // namespace

Repointings::Repointings(storage::StoreReader& store,
                         std::function<void(std::unique_ptr<Job>)> send,
                         std::function<void(std::unique_ptr<Job>)> resume)
    : store_(store), send_(std::move(send)), resume_(std::move(resume)) {}

void Repointings::LetDepart(std::unique_ptr<Job> job) {
  store::v1::DepartStep step;
  step.set_psn_no(static_cast<const v1::RepointRequest&>(*job->request).from_psn_no());
  step.set_agency(job->key.institution);
  step.set_msgid(job->key.msgid);
  step.set_request(job->body);
  std::unique_ptr<Job> leaving = StepJob(Call::kDepart, std::move(step), job->now);
  leaving->deadline = job->deadline;
  // A std::function can be copied, and what it holds, too.
  auto waiting = std::make_shared<std::unique_ptr<Job>>(std::move(job));
  leaving->respond = [this, waiting](Reply reply) { GoOn(std::move(*waiting), std::move(reply)); };
  send_(std::move(leaving));
}

void Repointings::GoOn(std::unique_ptr<Job> job, Reply reply) {
  auto departed = std::make_shared<const absl::StatusOr<DepartReply>>(ReadReply(reply));
  if (departed->ok() && (*departed)->outcome() == v1::REPOINTED) {
    // From here on "not applied" would not be true.
    job->deadline = std::chrono::steady_clock::time_point::max();
    job->respond = [this, departed, key = job->key, now = job->now,
                    answer = std::move(job->respond)](Reply replied) {
      if (replied.status.ok()) {
        const store::v1::Departure& departure = (*departed)->departure();
        Close(departure.psn_no(), departure.version(), key, now);
      } else {
        replied.status = HalfDone(replied.status);
      }
      answer(std::move(replied));
    };
  }
  job->departed = std::move(departed);
  resume_(std::move(job));
}

void Repointings::Close(const std::string& psn_no, int64_t version, const storage::MessageKey& key,
                        const Moment& now) {
  store::v1::CloseDepartureStep step;
  step.set_psn_no(psn_no);
  step.set_version(version);
  std::unique_ptr<Job> job = StepJob(Call::kCloseDeparture, std::move(step), now);
  job->has_other_key = true;
  job->other_key = key;
  job->respond = [](const Reply& reply) { LogFailure("newborn_close_failed", reply.status); };
  send_(std::move(job));
}

absl::Status Repointings::Resolve(const Moment& now) {
  return storage::VisitEveryRow(store_, kNewbornOpenTable, "", [&](const storage::Row& row) {
    return ResolvePerson(row.key, now);
  });
}

absl::Status Repointings::ResolvePerson(const std::string& psn_no, const Moment& now) {
  YIJIE_ASSIGN_OR_RETURN(const auto newest, store_.LoadLatest(psn_no));
  if (!newest) return absl::DataLossError("a person with an open departure has no state");
  YIJIE_ASSIGN_OR_RETURN(const Person person, ParsePerson(*newest));
  for (const OpenDeparture& open : person.rest->newborn().departure()) {
    if (open.waits()) continue;
    auto request = std::make_unique<v1::RepointRequest>();
    if (!request->ParseFromString(open.request()))
      return absl::DataLossError("the request of an open departure cannot be read");
    YIJIE_ASSIGN_OR_RETURN(std::unique_ptr<Job> job,
                           MakeJob(Call::kRepoint, std::move(request), now));
    job->respond = [this, psn_no, version = open.version(), key = job->key,
                    now](const Reply& reply) {
      if (!reply.status.ok()) return LogFailure("newborn_arrival_failed", reply.status);
      Close(psn_no, version, key, now);
    };
    send_(std::move(job));
  }
  return absl::OkStatus();
}

}  // namespace yijie::engine
