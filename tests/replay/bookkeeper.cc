#include "tests/replay/bookkeeper.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/digest.h"
#include "engine/deterministic_bytes.h"
#include "engine/payout/dues.h"

namespace yijie::engine {
namespace {

constexpr int64_t kTime = 1795219200000;  // 2026-11-21 08:00 in UTC+8
constexpr size_t kGroup = 500;            // commits written at once

}  // namespace

Bookkeeper::~Bookkeeper() { YIJIE_CHECK(commits_.empty(), "commits were not flushed"); }

v1::MessageHeader Bookkeeper::NextHeader(const std::string& fixmedins_code) {
  v1::MessageHeader header;
  header.set_fixmedins_code(fixmedins_code);
  header.set_msgid(absl::StrCat("BOOK", ++messages_));
  return header;
}

void Bookkeeper::Facts(std::shared_ptr<const v1::PersonFacts> facts) {
  if (person_.facts == nullptr || person_.facts->psn_no() != facts->psn_no()) {
    if (commits_.size() >= kGroup) Flush();
    person_ = Person();
    settlements_.clear();
  }
  person_.facts = std::move(facts);
  store::v1::PersonEvent event;
  event.set_time_unix_ms(kTime);
  event.set_clr_date(FormatDate(MomentOf(kTime).day));
  event.mutable_facts_loaded();
  storage::Commit commit;
  commit.psn_no = person_.facts->psn_no();
  commit.expected_version = person_.version++;
  commit.state = SerializeState(person_);
  commit.event = event.SerializeAsString();
  commits_.push_back(std::move(commit));
}

void Bookkeeper::Credit(rules::SubAccount sub_account, Fen amount) {
  v1::CreditAccountRequest request;
  *request.mutable_header() = NextHeader("AGENCY");
  request.set_psn_no(person_.facts->psn_no());
  request.set_sub_account(sub_account == rules::SubAccount::kPastYears ? v1::PAST_YEARS
                                                                       : v1::CURRENT_YEAR);
  request.set_amount_fen(amount.value());
  const std::string bytes = DeterministicBytes(request);
  auto effect = engine::Credit(request, bytes, person_, MomentOf(kTime));
  YIJIE_CHECK(effect.ok(), "a credit is booked");
  Book(v1::CREDIT_ACCOUNT, request.header(), bytes, *std::move(effect));
}

void Bookkeeper::Settle(int64_t version, const v1::SettleRequest& request) {
  v1::SettleRequest stamped = request;
  *stamped.mutable_header() = NextHeader(request.header().fixmedins_code());
  const std::string bytes = DeterministicBytes(stamped);
  auto effect = engine::Settle(reference_, stamped, bytes, person_, MomentOf(kTime));
  YIJIE_CHECK(effect.ok(), "a claim is settled or refused");
  if (effect->moves) {
    ++settled_;
    SettledRecord& record = settlements_[version];
    // A version that settles up may follow.
    record.version = person_.version + 1;
    YIJIE_CHECK(record.event.ParseFromString(effect->earlier.empty() ? effect->event
                                                                     : effect->earlier[0].event),
                "an event is an event");
  } else {
    ++refused_;
  }
  Book(v1::SETTLE, stamped.header(), bytes, *std::move(effect));
}

void Bookkeeper::Reverse(int64_t version) {
  const auto original = settlements_.find(version);
  if (original == settlements_.end()) return;  // it was refused
  const SettledRecord& record = original->second;
  v1::ReverseRequest request;
  *request.mutable_header() = NextHeader(record.event.fixmedins_code());
  request.set_psn_no(person_.facts->psn_no());
  request.set_setl_id(record.event.settled().setl_id());
  const std::string bytes = DeterministicBytes(request);
  auto effect =
      SettleUp(reference_, request.header(), DuesOfUndo(record.event), MomentOf(kTime),
               engine::Reverse(request.header(), bytes, record, {}, person_, MomentOf(kTime)));
  YIJIE_CHECK(effect.ok() && effect->moves, "a settlement is reversed");
  ++reversed_;
  Book(v1::REVERSE, request.header(), bytes, *std::move(effect));
}

void Bookkeeper::Book(uint8_t transaction, const v1::MessageHeader& header,
                      const std::string& request, Effect effect) {
  storage::Commit commit;
  storage::MessageWrite message;
  message.key = {header.fixmedins_code(), transaction, header.msgid()};
  message.entry.body = Sha256(request);
  if (effect.moves) {
    commit.psn_no = person_.facts->psn_no();
    commit.expected_version = person_.version;
    for (BookedVersion& earlier : effect.earlier)
      commit.earlier.push_back({SerializeState(earlier.next), std::move(earlier.event)});
    commit.rows = std::move(effect.rows);
    commit.state = SerializeState(effect.next);
    commit.event = std::move(effect.event);
    message.entry.psn_no = commit.psn_no;
    message.entry.version = effect.answered_by == 0 ? effect.next.version : effect.answered_by;
    person_ = std::move(effect.next);
  } else {
    store::v1::Verdict verdict;
    verdict.set_request(request);
    verdict.set_reply(effect.reply);
    verdict.set_time_unix_ms(kTime);
    message.entry.verdict = verdict.SerializeAsString();
  }
  commit.messages.push_back(std::move(message));
  commits_.push_back(std::move(commit));
}

void Bookkeeper::Flush() {
  std::promise<bool> done;
  store_.CommitGroup(std::exchange(commits_, {}),
                     [&done](const std::vector<storage::CommitOutcome>& outcomes) {
                       bool all = true;
                       for (const storage::CommitOutcome outcome : outcomes) {
                         all = all && outcome == storage::CommitOutcome::kDone;
                       }
                       done.set_value(all);
                     });
  YIJIE_CHECK(done.get_future().get(), "the store takes the history");
}

}  // namespace yijie::engine
