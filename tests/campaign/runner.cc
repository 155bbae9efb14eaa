#include "tests/campaign/runner.h"

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/mutex.h"
#include "tests/campaign/compare.h"
#include "tests/campaign/final_state.h"
#include "tests/campaign/operations.h"
#include "tests/campaign/payment_run.h"
#include "tests/campaign/periods.h"

namespace yijie::campaign {
namespace {

constexpr int kFirstDay = 19'910;  // 2024-07-06
constexpr int kLastDay = 20'600;   // 2026-05-27
constexpr int kMostAtOnce = 128;
constexpr int kHotPercent = 30;  // of the operations, on a twentieth of the persons

struct Operation {
  const Kind* kind = nullptr;
  std::shared_ptr<const Message> request;
  std::string psn_no;
};

// Operations in flight together, each of another person.
struct Wave {
  Now now;
  std::vector<Operation> operations;
  std::vector<engine::Reply> replies;
  Mutex mutex;
  CondVar all_came;
  size_t left ABSL_GUARDED_BY(mutex) = 0;
};

// What was sent about a person, and what came of it.
struct Sent {
  const Kind* kind;
  std::shared_ptr<const Message> request;
  int day_number;
  std::string told;
};

std::string Name(const Kind& kind) {
  const std::string method = kind.method;
  return method.substr(method.rfind('.') + 1);
}

// Outcome of a reply.
std::string Summary(const Message& response) {
  const Message* at = &response;
  for (const char* inner : {"settlement", "reversal"}) {
    const auto* field = response.GetDescriptor()->FindFieldByName(inner);
    const bool outer = response.GetDescriptor()->FindFieldByName("outcome") != nullptr;
    if (field != nullptr && !outer) at = &response.GetReflection()->GetMessage(response, field);
  }
  for (const char* name : {"outcome", "refusal", "state"}) {
    const auto* field = at->GetDescriptor()->FindFieldByName(name);
    if (field != nullptr && field->is_repeated()) continue;
    if (field != nullptr) return at->GetReflection()->GetEnum(*at, field)->name();
  }
  return "OK";
}

class Campaign {
 public:
  Campaign(const CampaignOptions& options, const Defect& defect)
      : options_(options),
        draws_(options.seed),
        engine_(defect, static_cast<size_t>(options.persons / 4)) {}

  CampaignResult Run();

 private:
  void RunWaves();
  std::shared_ptr<Wave> MakeWave(int64_t number);
  Operation MakeOperation(const Person& person, const Now& now);
  bool SendAgain(const Person& person, Operation* operation);
  void Send(const std::shared_ptr<Wave>& wave);
  // Waits for the replies and compares them.
  void Finish(Wave& wave);
  std::string Compare(const Operation& operation, const Now& now, const engine::Reply& reply);
  std::string CompareReply(const Operation& operation, const Answer& answer, const Now& now,
                           const engine::Reply& reply, Message* told);
  std::string CompareInner(const Message& request, const Message& told);
  void AskAgain();
  void Report(const Operation& operation, const Now& now, const std::string& what);
  std::string PersonNumber(int i) const { return absl::StrFormat("P%05d", i); }
  int DrawPerson(int parity);

  const CampaignOptions options_;
  Draws draws_;
  EngineUnderTest engine_;
  Model model_;
  std::map<std::string, std::deque<Sent>> sent_;  // by person
  int64_t counter_ = 0;
  CampaignResult result_;
};

// The operations of a week are on two days of it, so that a person has several on one day and on
// the next.
int BusyDay(int day_number) {
  const int of_week = day_number % 7;
  return day_number - of_week + (of_week < 4 ? 0 : 1);
}

int Campaign::DrawPerson(int parity) {
  const int hot = std::max(options_.persons / 20, 2);
  const int i = draws_.Below(draws_.Percent(kHotPercent) ? hot : options_.persons);
  return i - i % 2 + parity;
}

bool Campaign::SendAgain(const Person& person, Operation* operation) {
  const auto& sent = sent_[person.psn_no];
  if (sent.empty()) return false;
  const Sent& first = sent[static_cast<size_t>(draws_.Below(static_cast<int>(sent.size())))];
  if (first.kind->transaction == v1::TRANSACTION_UNSPECIFIED) return false;
  *operation = {first.kind, first.request, person.psn_no};
  if (!draws_.Percent(30)) return true;
  std::shared_ptr<Message> other(first.request->New());
  other->CopyFrom(*first.request);
  const auto* field = other->GetDescriptor()->FindFieldByName("header");
  auto* header =
      static_cast<v1::MessageHeader*>(other->GetReflection()->MutableMessage(other.get(), field));
  header->set_opter("other");
  operation->request = std::move(other);
  return true;
}

Operation Campaign::MakeOperation(const Person& person, const Now& now) {
  static const int kSum = [] {
    int sum = 0;
    for (const Kind& kind : AllKinds()) sum += kind.weight;
    return sum;
  }();
  Operation operation;
  if (draws_.Percent(9) && SendAgain(person, &operation)) return operation;
  Making making{draws_, model_, person, now, counter_};
  const bool enrol = !person.known() && draws_.Percent(85);
  while (operation.request == nullptr) {
    int place = draws_.Below(kSum);
    const Kind* kind = AllKinds().data();
    while (place >= kind->weight) place -= (kind++)->weight;
    if (enrol) kind = &AllKinds().back();
    operation = {kind, kind->make(making), person.psn_no};
  }
  return operation;
}

std::shared_ptr<Wave> Campaign::MakeWave(int64_t number) {
  auto wave = std::make_shared<Wave>();
  const auto days = (kLastDay - kFirstDay) * result_.operations / options_.operations;
  wave->now = NoonOf(BusyDay(kFirstDay + static_cast<int>(days)));
  std::set<int> chosen;  // one of a family: what happens to one may move money of another
  const int parity = static_cast<int>(number % 2);
  const int64_t most =
      std::min<int64_t>({kMostAtOnce, std::max(options_.persons / kFamilyNumbers / 2, 2),
                         options_.operations - result_.operations});
  while (static_cast<int64_t>(wave->operations.size()) < most) {
    const int i = DrawPerson(parity);
    if (!chosen.insert(i / kFamilyNumbers).second) continue;
    wave->operations.push_back(MakeOperation(model_.Find(PersonNumber(i)), wave->now));
  }
  result_.operations += most;
  return wave;
}

void Campaign::Send(const std::shared_ptr<Wave>& wave) {
  wave->replies.resize(wave->operations.size());
  {
    const MutexLock lock(wave->mutex);
    wave->left = wave->operations.size();
  }
  for (size_t i = 0; i < wave->operations.size(); ++i) {
    const Operation& operation = wave->operations[i];
    engine_.Submit(operation.kind->method, *operation.request, wave->now,
                   [wave, i](engine::Reply reply) {
                     const MutexLock lock(wave->mutex);
                     wave->replies[i] = std::move(reply);
                     if (--wave->left == 0) wave->all_came.NotifyAll();
                   });
  }
}

void Campaign::Finish(Wave& wave) {
  {
    const MutexLock lock(wave.mutex);
    while (wave.left > 0) wave.all_came.Wait(wave.mutex);
  }
  if (!engine_.AwaitFamilySteps()) {
    Operation nothing;
    nothing.kind = AllKinds().data();
    return Report(nothing, wave.now, "payments between relatives stay open");
  }
  for (size_t i = 0; i < wave.operations.size(); ++i) {
    if (!result_.difference.empty()) return;
    const std::string difference = Compare(wave.operations[i], wave.now, wave.replies[i]);
    if (!difference.empty()) Report(wave.operations[i], wave.now, difference);
  }
}

// Where a reply of status OK is another than `answer` says. `told` is what it is read into.
std::string Campaign::CompareReply(const Operation& operation, const Answer& answer, const Now& now,
                                   const engine::Reply& reply, Message* told) {
  if (!told->ParseFromString(reply.bytes)) return "a reply that cannot be read";
  Person* person = operation.psn_no.empty() ? nullptr : &model_.Find(operation.psn_no);
  std::string difference = Difference(*answer.reply, *told, now, person);
  if (difference.empty()) difference = CompareInner(*operation.request, *told);
  if (difference.empty()) return "";
  return absl::StrCat(difference, "\n  expected ", answer.reply->ShortDebugString(),
                      "\n  told     ", told->ShortDebugString());
}

// The reply inside a QueryMessageResponse is that of the first time, byte for byte.
std::string Campaign::CompareInner(const Message& request, const Message& told) {
  if (told.GetDescriptor() != v1::QueryMessageResponse::descriptor()) return "";
  const auto& query = As<v1::QueryMessageRequest>(request);
  const auto& response = static_cast<const v1::QueryMessageResponse&>(told);
  const KnownMessage* known =
      model_.FindMessage(Model::KeyOf(query.fixmedins_code(), query.transaction(), query.msgid()));
  if (known == nullptr || known->closed) return "";
  const std::string bytes =
      response.has_settle() ? response.settle().SerializeAsString() : response.other_reply();
  return DigestOf(bytes) == known->reply ? "" : "reply: another than the first";
}

std::string Campaign::Compare(const Operation& operation, const Now& now,
                              const engine::Reply& reply) {
  const Message& request = *operation.request;
  const Expected expected = Expect(model_, *operation.kind, request, now);
  const Answer& answer = expected.answer;
  std::string summary(absl::StatusCodeToString(reply.status.code()));
  std::string difference;
  if (reply.status.code() != answer.code) {
    difference = absl::StrCat(absl::StatusCodeToString(answer.code), " ", answer.field,
                              " expected, told ", reply.status.ToString());
  } else if (!reply.status.ok()) {
    if (!absl::StartsWith(reply.status.message(), answer.field))
      difference = absl::StrCat(answer.field, " expected, told ", reply.status.ToString());
  } else if (expected.first != nullptr) {
    summary = "SAME";
    if (DigestOf(reply.bytes) != expected.first->reply) difference = "other bytes than the first";
  } else {
    const std::unique_ptr<Message> told(answer.reply->New());
    difference = CompareReply(operation, answer, now, reply, told.get());
    summary = Summary(*told);
    if (told->GetDescriptor() == v1::SettleResponse::descriptor()) {
      const auto& response = static_cast<const v1::SettleResponse&>(*told);
      if (response.settlement().amounts().acct_mulaid_pay_fen() > 0) ++result_.paid_by_relatives;
    }
    if (told->GetDescriptor() == v1::AmendPersonResponse::descriptor())
      result_.corrected += static_cast<const v1::AmendPersonResponse&>(*told).correction_size();
  }
  Remember(model_, expected, request, now, reply.bytes);
  ++result_.told[absl::StrCat(Name(*operation.kind), " ", summary)];
  sent_[operation.psn_no].push_back({operation.kind, operation.request, now.day_number, summary});
  return difference;
}

void Campaign::Report(const Operation& operation, const Now& now, const std::string& what) {
  std::string text =
      absl::StrCat("YIJIE_SEED=", options_.seed, " YIJIE_OPERATIONS=", options_.operations, ": ",
                   operation.psn_no, ", ", now.day, ", ", Name(*operation.kind), ": ", what, "\n");
  absl::StrAppend(&text, "All operations of ", operation.psn_no, ":\n");
  for (const Sent& sent : sent_[operation.psn_no]) {
    absl::StrAppend(&text, "  ", IsoDay(sent.day_number), " ", Name(*sent.kind), " {",
                    sent.request->ShortDebugString(), "} -> ", sent.told, "\n");
  }
  result_.difference = std::move(text);
}

void Campaign::RunWaves() {
  std::shared_ptr<Wave> before;
  int64_t restart_at = options_.restart_every;
  std::string month;
  for (int64_t number = 0; result_.operations < options_.operations; ++number) {
    std::shared_ptr<Wave> wave = MakeWave(number);
    if (std::string now = wave->now.day.substr(0, 7); now != month) {
      month = std::move(now);
      if (before != nullptr) Finish(*before);
      before = nullptr;
      if (!result_.difference.empty()) return;
      result_.difference =
          ClosePeriods(engine_, model_, draws_, wave->now, counter_, result_.closed_periods);
      if (result_.difference.empty())
        result_.difference = RunPaymentFile(engine_, model_, wave->now, counter_);
      if (!result_.difference.empty()) return;
    }
    Send(wave);
    if (before != nullptr) Finish(*before);
    before = std::move(wave);
    const bool restart = result_.operations >= restart_at;
    if (!restart && result_.difference.empty()) continue;
    Finish(*before);
    before = nullptr;
    if (!result_.difference.empty()) return;
    engine_.Restart();
    ++result_.restarts;
    restart_at += options_.restart_every;
  }
  if (before != nullptr) Finish(*before);
}

// Every fifth message is sent again, after a restart.
void Campaign::AskAgain() {
  constexpr int64_t kEach = 5;
  std::vector<Operation> again;
  int64_t number = 0;
  for (const auto& [psn_no, all] : sent_) {
    for (const Sent& sent : all) {
      if (sent.kind->transaction == v1::TRANSACTION_UNSPECIFIED || number++ % kEach != 0) continue;
      const v1::MessageHeader& header = *HeaderIn(*sent.request);
      const std::string key =
          Model::KeyOf(header.fixmedins_code(), sent.kind->transaction, header.msgid());
      if (model_.FindMessage(key) != nullptr) again.push_back({sent.kind, sent.request, psn_no});
    }
  }
  for (size_t from = 0; from < again.size() && result_.difference.empty(); from += kMostAtOnce) {
    const auto wave = std::make_shared<Wave>();
    wave->now = NoonOf(kLastDay + 1);
    const size_t to = std::min(from + kMostAtOnce, again.size());
    for (size_t i = from; i < to; ++i) wave->operations.push_back(again[i]);
    Send(wave);
    Finish(*wave);
  }
}

CampaignResult Campaign::Run() {
  RunWaves();
  if (!result_.difference.empty()) return result_;
  engine_.Restart();
  AskAgain();
  if (!result_.difference.empty()) return result_;
  const FinalState found = CheckFinalState(engine_.store(), model_);
  result_.versions = found.versions;
  if (found.difference.empty()) return result_;
  Operation nothing;
  nothing.psn_no = found.psn_no;
  nothing.kind = AllKinds().data();
  Report(nothing, NoonOf(kLastDay), "at the end: " + found.difference);
  return result_;
}

}  // namespace

CampaignResult RunCampaign(const CampaignOptions& options, const Defect& defect) {
  YIJIE_CHECK(options.persons >= 2 * kFamilyNumbers && options.persons % kFamilyNumbers == 0,
              "whole families of persons");
  return Campaign(options, defect).Run();
}

}  // namespace yijie::campaign
