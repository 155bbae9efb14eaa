#include "bench/commit_stream.h"

#include <sys/resource.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "engine/edge.h"
#include "engine/transactions.h"

namespace yijie::bench {
namespace {

constexpr size_t kCommits = 1'000;
constexpr size_t kMsgidDigits = 15;

}  // namespace

absl::StatusOr<std::vector<storage::Commit>> RealCommits(const World& world, RequestBytes& requests,
                                                         storage::Store& store) {
  std::vector<storage::Commit> commits;
  for (size_t i = 0; i < kCommits; ++i) {
    auto request = std::make_unique<v1::SettleRequest>();
    if (!request->ParseFromString(requests.Next())) return absl::InternalError("not a request");
    const std::string psn_no = request->claim().psn_no();
    const engine::Moment now = engine::MomentOf(absl::ToUnixMillis(absl::Now()));
    YIJIE_ASSIGN_OR_RETURN(const auto job,
                           engine::MakeJob(engine::Call::kSettle, std::move(request), now));
    YIJIE_ASSIGN_OR_RETURN(const auto record, store.LoadLatest(psn_no));
    if (!record) return absl::InternalError("a person of the benchmark is not loaded");
    YIJIE_ASSIGN_OR_RETURN(const engine::Person person, engine::ParsePerson(*record));
    YIJIE_ASSIGN_OR_RETURN(
        const engine::Effect effect,
        engine::Settle(*world.reference, static_cast<const v1::SettleRequest&>(*job->request),
                       job->body, person, now));
    YIJIE_RETURN_IF_ERROR(CheckSettled(effect.reply));
    storage::Commit commit;
    commit.psn_no = psn_no;
    commit.expected_version = person.version;
    commit.state = engine::SerializeState(effect.next);
    commit.event = effect.event;
    commit.messages.push_back({job->key, {job->digest, psn_no, effect.next.version, ""}});
    commits.push_back(std::move(commit));
  }
  return commits;
}

std::vector<storage::Commit> CommitStream::Next(int count) {
  std::vector<storage::Commit> next;
  next.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    storage::Commit& commit = commits_[static_cast<size_t>(taken_) % commits_.size()];
    next.push_back(commit);
    std::string& msgid = next.back().messages.front().key.msgid;
    // Above all ids of the load that drives the engine.
    msgid.replace(msgid.size() - kMsgidDigits, kMsgidDigits,
                  absl::StrFormat("9%0*d", kMsgidDigits - 1, ++taken_));
    ++commit.expected_version;
    ++commit.messages.front().entry.version;
  }
  return next;
}

double CpuMicroseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto microseconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

}  // namespace yijie::bench
