#include "tests/e2e/workload.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "tests/e2e/bills.h"
#include "tests/e2e/data_folder.h"

namespace yijie::e2e {
namespace {

constexpr size_t kConnections = 8;
constexpr size_t kRemembered = 16;  // own settlements a client may still undo

}  // namespace

// One client.
class Workload::Worker {
 public:
  Worker(Workload& workload, int number, Client& connection)
      : workload_(workload),
        number_(number),
        connection_(connection),
        random_(workload.settings_.seed * 1000 + static_cast<uint64_t>(number)) {}

  void Run() {
    while (!workload_.stop_ && !ended_) Step();
  }

  History history;
  std::vector<std::string> problems;

 private:
  void Step() {
    const uint64_t dice = Random(100);
    if (dice < 42) return SettleOne(/*announced=*/dice < 6);
    if (dice < 54) return Credit();
    if (dice < 66) return ReverseOwn();
    if (dice < 74) return UndoOwn();
    if (dice < 80) return UndoAnnounced();
    if (dice < 84) return UndoBeforeOriginal();
    if (dice < 90) return Resend();
    if (dice < 97) return ReadAccount();
    Refused();
  }

  void SettleOne(bool announced) {
    const v1::SettleRequest bill = NewBill();
    if (announced) {
      const MutexLock lock(workload_.mutex_);
      workload_.announced_.push_back(bill);
    }
    if (const Sent* sent = Send(v1::SETTLE, bill.claim().psn_no(), bill); sent != nullptr) {
      Remember(bill, sent->reply);
    }
  }

  void Credit() {
    const int person = static_cast<int>(Random(static_cast<uint64_t>(workload_.settings_.persons)));
    const v1::CreditAccountRequest request =
        CreditOf(GeneratedPerson(person), NewId(), 1 + static_cast<int64_t>(Random(50'000)));
    Send(v1::CREDIT_ACCOUNT, request.psn_no(), request);
  }

  void ReverseOwn() {
    if (own_.empty()) return SettleOne(false);
    const auto [bill, setl_id] = TakeOwn();
    Send(v1::REVERSE, bill.claim().psn_no(),
         ReverseOf(bill.header().fixmedins_code(), bill.claim().psn_no(), setl_id, NewId()));
  }

  void UndoOwn() {
    if (own_.empty()) return SettleOne(false);
    Undo(TakeOwn().first);
  }

  // Perhaps at once with the original, perhaps long after it.
  void UndoAnnounced() {
    v1::SettleRequest bill;
    {
      const MutexLock lock(workload_.mutex_);
      if (workload_.announced_.empty()) return;
      bill = workload_.announced_.back();
      workload_.announced_.pop_back();
    }
    Undo(bill);
  }

  void UndoBeforeOriginal() {
    const v1::SettleRequest bill = NewBill();
    Undo(bill);
    if (!ended_) Send(v1::SETTLE, bill.claim().psn_no(), bill);
  }

  void Undo(const v1::SettleRequest& bill) {
    Send(v1::REVERSE_BY_MESSAGE, bill.claim().psn_no(), UndoOf(bill, NewId()));
  }

  void Refused() {
    v1::SettleRequest bill = NewBill();
    bill.mutable_claim()->set_med_type("99");
    Send(v1::SETTLE, bill.claim().psn_no(), bill);
  }

  void Resend() {
    if (history.sent.empty()) return;
    const Sent& sent = history.sent[Random(history.sent.size())];
    if (!sent.acknowledged) return;
    const RawReply reply = connection_.Call(CallName(sent.transaction), sent.request);
    if (!reply.status.ok()) return Failed(reply.status);
    if (reply.bytes != sent.reply) {
      problems.push_back(absl::StrCat("message ", sent.msgid, " got another answer"));
    }
  }

  void ReadAccount() {
    const auto person = Random(static_cast<uint64_t>(workload_.settings_.persons));
    Read read;
    read.psn_no = GeneratedPerson(static_cast<int>(person));
    read.not_before = workload_.newest_[person];
    const auto answer = connection_.Send(GetAccountOf(read.psn_no));
    if (!answer.ok()) return Failed(answer.status);
    read.version = answer->version();
    read.balance_fen = answer->balc_fen();
    history.reads.push_back(std::move(read));
  }

  // Sends a new message and notes the result; nullptr if it was not acknowledged.
  template <typename Request>
  const Sent* Send(v1::Transaction transaction, const std::string& psn_no, const Request& request) {
    std::atomic<int64_t>& newest = workload_.newest_[PersonIndex(psn_no)];
    Sent sent;
    sent.transaction = transaction;
    sent.institution = request.header().fixmedins_code();
    sent.msgid = request.header().msgid();
    sent.psn_no = psn_no;
    sent.request = request.SerializeAsString();
    sent.not_before = newest;
    RawReply reply = connection_.Call(CallName(transaction), sent.request);
    sent.acknowledged = reply.status.ok();
    sent.not_applied = SaysNotApplied(reply.status);
    sent.reply = std::move(reply.bytes);
    history.sent.push_back(std::move(sent));
    if (!reply.status.ok()) {
      Failed(reply.status);
      return nullptr;
    }
    ++workload_.acknowledged_;
    const Sent& noted = history.sent.back();
    if (const std::optional<AccountView> view = ViewOf(transaction, noted.reply); view) {
      int64_t seen = newest;
      while (seen < view->version && !newest.compare_exchange_weak(seen, view->version)) {
      }
    }
    return &noted;
  }

  void Failed(const grpc::Status& status) {
    ended_ = true;
    if (status.error_code() == grpc::UNAVAILABLE || status.error_code() == grpc::CANCELLED) return;
    problems.push_back(absl::StrCat("status ", status.error_code(), ": ", status.error_message()));
  }

  void Remember(const v1::SettleRequest& bill, const std::string& reply) {
    v1::SettleResponse response;
    if (!response.ParseFromString(reply)) return;
    if (response.settlement().outcome() != v1::SETTLED) return;
    if (own_.size() == kRemembered) own_.erase(own_.begin());
    own_.emplace_back(bill, response.settlement().setl_id());
  }

  // Mostly the newest, which can be undone; sometimes any.
  std::pair<v1::SettleRequest, std::string> TakeOwn() {
    const size_t index = Random(3) == 0 ? Random(own_.size()) : own_.size() - 1;
    auto taken = std::move(own_[index]);
    own_.erase(own_.begin() + static_cast<std::ptrdiff_t>(index));
    return taken;
  }

  v1::SettleRequest NewBill() {
    const std::string psn_no = GeneratedPerson(
        static_cast<int>(Random(static_cast<uint64_t>(workload_.settings_.persons))));
    const auto fen = static_cast<int64_t>(100 + Random(100'000));
    return Random(3) == 0 ? OutpatientBill(psn_no, NewId(), fen)
                          : PharmacyBill(psn_no, NewId(), fen);
  }

  std::string NewId() {
    return absl::StrCat(workload_.settings_.tag, "-", number_, "-", next_id_++);
  }

  static size_t PersonIndex(absl::string_view psn_no) {
    size_t index = 0;
    for (const char c : psn_no.substr(psn_no.size() - 6)) {
      index = index * 10 + static_cast<size_t>(c - '0');
    }
    return index;
  }

  uint64_t Random(uint64_t count) { return random_() % count; }

  Workload& workload_;
  const int number_;
  Client& connection_;
  std::mt19937_64 random_;
  int next_id_ = 0;
  bool ended_ = false;
  std::vector<std::pair<v1::SettleRequest, std::string>> own_;  // with the id of the settlement
};

Workload::Workload(WorkloadSettings settings, std::vector<std::atomic<int64_t>>& newest)
    : settings_(std::move(settings)), newest_(newest) {}

Workload::~Workload() {
  Stop();
  Join();
}

void Workload::Start() {
  for (size_t i = 0; i < kConnections; ++i) {
    connections_.push_back(std::make_unique<Client>(settings_.port));
    YIJIE_CHECK(connections_.back()->Connect(), "a client connects");
  }
  for (int i = 0; i < settings_.clients; ++i) {
    Client& connection = *connections_[static_cast<size_t>(i) % kConnections];
    workers_.push_back(std::make_unique<Worker>(*this, i, connection));
    threads_.emplace_back([worker = workers_.back().get()] { worker->Run(); });
  }
}

void Workload::Join() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

History Workload::TakeHistory() {
  History all;
  for (const auto& worker : workers_) all.Append(std::move(worker->history));
  return all;
}

std::vector<std::string> Workload::TakeProblems() {
  std::vector<std::string> all;
  for (const auto& worker : workers_) {
    all.insert(all.end(), worker->problems.begin(), worker->problems.end());
  }
  return all;
}

bool SaysNotApplied(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::INVALID_ARGUMENT:
    case grpc::NOT_FOUND:
    case grpc::RESOURCE_EXHAUSTED:
      return true;
    case grpc::CANCELLED:
    case grpc::UNAVAILABLE:
      return absl::StrContains(status.error_message(), "not applied");
    default:
      return false;
  }
}

}  // namespace yijie::e2e
