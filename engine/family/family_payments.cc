#include "engine/family/family_payments.h"

#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "engine/deterministic_bytes.h"
#include "engine/family/family_state.h"
#include "engine/family/family_transactions.h"
#include "engine/person.h"
#include "engine/step.h"
#include "storage/visit_rows.h"
#include "yijie/v1/message.pb.h"

namespace yijie::engine {
namespace {

using store::v1::FamilyHold;
using store::v1::FamilyOwed;
using store::v1::PersonFamily;

// What is open stays open and is tried again by Resolve.
void LogFailure(const char* step, const Reply& reply) {
  if (!reply.status.ok()) LogLine(step).Text("reason", reply.status.message());
}

storage::MessageKey SettleKeyOf(const FamilyHold& hold) {
  return {hold.fixmedins_code(), static_cast<uint8_t>(hold.transaction()), hold.msgid()};
}

}  // namespace

// One attempt at one settlement.
struct FamilyPayments::Round {
  std::unique_ptr<Job> job;
  FamilyPlan plan;
  size_t next = 0;  // giver to ask
  FamilyMoney money;
  std::vector<FamilyHold> holds;  // those of `money`

  Fen missing() const { return plan.need - money.sum(); }
  bool done() const {
    return !money.status.ok() || missing() == Fen() || next == plan.givers.size() ||
           (plan.max_accounts > 0 && money.held.size() == static_cast<size_t>(plan.max_accounts));
  }
};

// The answer to an attempt that failed: it leaves when the last step that closes a hold is over, so
// that the client, which sends the message again, finds its relatives' money where it was.
class FamilyPayments::Answering {
 public:
  // No `answer`: it left already.
  Answering(std::function<void(Reply)> answer, Reply reply)
      : answer_(std::move(answer)), reply_(std::move(reply)) {}
  ~Answering() {
    if (answer_) answer_(reply_);
  }
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;

 private:
  const std::function<void(Reply)> answer_;
  const Reply reply_;
};

FamilyPayments::FamilyPayments(storage::StoreReader& store,
                               std::function<void(std::unique_ptr<Job>)> send,
                               std::function<void(std::unique_ptr<Job>)> resume)
    : store_(store), send_(std::move(send)), resume_(std::move(resume)) {}

void FamilyPayments::Raise(std::unique_ptr<Job> job, FamilyPlan plan) {
  auto round = std::make_shared<Round>();
  round->job = std::move(job);
  round->plan = std::move(plan);
  AskNext(round);
}

void FamilyPayments::AskNext(const std::shared_ptr<Round>& round) {
  if (round->done()) return Settle(*round);
  const std::string& giver = round->plan.givers[round->next++];
  const Job& settle = *round->job;
  store::v1::HoldFamilyStep step;
  step.set_psn_no(giver);
  step.set_member_psn_no(settle.lane_key);
  step.set_fixmedins_code(settle.key.institution);
  step.set_transaction(settle.key.transaction);
  step.set_msgid(settle.key.msgid);
  step.set_wanted_fen(round->missing().value());
  std::unique_ptr<Job> job = StepJob(Call::kHoldFamily, std::move(step), settle.now);
  job->deadline = settle.deadline;
  job->respond = [this, round, giver](const Reply& reply) { Take(round, giver, reply); };
  send_(std::move(job));
}

void FamilyPayments::Take(const std::shared_ptr<Round>& round, const std::string& giver,
                          const Reply& reply) {
  FamilyHold hold;
  if (!reply.status.ok()) {
    // A giver that is not known gives nothing; anything else may be another answer next time.
    if (!absl::IsNotFound(reply.status)) round->money.status = reply.status;
  } else if (!hold.ParseFromString(reply.bytes)) {
    round->money.status = absl::InternalError("the answer to a step cannot be read");
  } else if (hold.version() != 0) {
    const SubMoney taken = TakenBy(hold);
    round->money.held.push_back({giver, hold.version(), taken[0] + taken[1]});
    round->holds.push_back(std::move(hold));
  }
  AskNext(round);
}

void FamilyPayments::Settle(Round& round) {
  std::unique_ptr<Job> job = std::move(round.job);
  job->family = std::make_shared<const FamilyMoney>(std::move(round.money));
  if (!round.holds.empty()) {
    // The answer is certain when it is given, and the message key is given up: closing a hold takes
    // it again and reads what was used.
    job->respond = [this, money = job->family, holds = std::move(round.holds), now = job->now,
                    answer = std::move(job->respond)](Reply reply) {
      auto answering = std::make_shared<Answering>(reply.status.ok() ? nullptr : answer, reply);
      for (size_t i = 0; i < holds.size(); ++i)
        Close(money->held[i].giver, holds[i], now, answering);
      if (reply.status.ok()) answer(std::move(reply));
    };
  }
  resume_(std::move(job));
}

void FamilyPayments::Close(const std::string& giver, const FamilyHold& hold, const Moment& now,
                           std::shared_ptr<const Answering> answering) {
  store::v1::CloseHoldStep step;
  step.set_psn_no(giver);
  *step.mutable_hold() = hold;
  std::unique_ptr<Job> job = StepJob(Call::kCloseHold, std::move(step), now);
  job->has_other_key = true;
  job->other_key = SettleKeyOf(hold);
  job->respond = [answering = std::move(answering)](const Reply& reply) mutable {
    LogFailure("family_close_failed", reply);
    answering.reset();
  };
  send_(std::move(job));
}

void FamilyPayments::Refund(const std::string& person, const FamilyOwed& owed, const Moment& now) {
  const std::string& giver = owed.part().giver_psn_no();
  store::v1::RefundFamilyStep step;
  step.set_psn_no(giver);
  step.set_member_psn_no(person);
  *step.mutable_owed() = owed;
  const std::string body = DeterministicBytes(step);
  std::unique_ptr<Job> job = StepJob(Call::kRefundFamily, std::move(step), now);
  job->has_key = true;
  job->key = {owed.fixmedins_code(), static_cast<uint8_t>(v1::FAMILY_REFUND),
              RefundMessageId(giver, owed.part().hold_version())};
  job->body = body;
  job->digest = Sha256(body);
  job->respond = [this, person, part = owed.part(), now](const Reply& reply) {
    if (!reply.status.ok()) return LogFailure("family_refund_failed", reply);
    store::v1::EndRefundStep end;
    end.set_psn_no(person);
    *end.mutable_part() = part;
    std::unique_ptr<Job> ending = StepJob(Call::kEndRefund, std::move(end), now);
    ending->respond = [](const Reply& ended) { LogFailure("family_refund_failed", ended); };
    send_(std::move(ending));
  };
  send_(std::move(job));
}

absl::Status FamilyPayments::Resolve(const Moment& now) {
  return storage::VisitEveryRow(store_, kFamilyOpenTable, "", [&](const storage::Row& row) {
    return ResolvePerson(row.key, now);
  });
}

absl::Status FamilyPayments::ResolvePerson(const std::string& psn_no, const Moment& now) {
  YIJIE_ASSIGN_OR_RETURN(const auto newest, store_.LoadLatest(psn_no));
  if (!newest) return absl::DataLossError("a person with open family steps has no state");
  YIJIE_ASSIGN_OR_RETURN(const Person person, ParsePerson(*newest));
  const PersonFamily& family = person.rest->family();
  for (const FamilyHold& hold : family.hold()) Close(psn_no, hold, now, nullptr);
  for (const FamilyOwed& owed : family.owed()) Refund(psn_no, owed, now);
  return absl::OkStatus();
}

}  // namespace yijie::engine
