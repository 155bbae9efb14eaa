#include "engine/booking.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/date.h"
#include "engine/accumulator_codec.h"
#include "engine/settlement_id.h"

namespace yijie::engine {
namespace {

using store::v1::JournalLine;
using store::v1::LedgerAccount;
using store::v1::PersonEvent;

constexpr absl::string_view kSubAccountNames[rules::kSubAccounts] = {"CURRENT_YEAR", "PAST_YEARS"};

// The clearing period (清算期) of a record: the month of its clearing day.
std::string PeriodOf(const std::string& clr_date) {
  constexpr size_t kYearAndMonth = 7;  // 2026-11
  return clr_date.substr(0, kYearAndMonth);
}

// An empty event whose lines, totals and strings were made for one before: to make them anew is a
// quarter of the time that an event takes. A booking that begins while another has it makes its
// own.
PersonEvent& KeptEvent() {
  thread_local PersonEvent event;
  return event;
}

// Larger ones, of long bills, are not kept.
constexpr size_t kMaxKeptBytes = 16 << 10;

}  // namespace

Effect Answer(std::string reply, int outcome) {
  Effect effect;
  effect.reply = std::move(reply);
  effect.outcome = outcome;
  return effect;
}

absl::Status CheckRoomForVersion(const Person& person, absl::string_view field) {
  if (person.version < kMaxVersion) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(field, ": the person has too many records"));
}

absl::string_view SubAccountName(rules::SubAccount sub_account) {
  return kSubAccountNames[static_cast<size_t>(sub_account)];
}

std::optional<rules::SubAccount> SubAccountNamed(absl::string_view subject) {
  for (size_t i = 0; i < rules::kSubAccounts; ++i) {
    if (kSubAccountNames[i] == subject) return static_cast<rules::SubAccount>(i);
  }
  return std::nullopt;
}

std::array<Fen, rules::kSubAccounts> AccountPaid(const store::v1::PersonEvent& event) {
  std::array<Fen, rules::kSubAccounts> paid{};
  for (const JournalLine& line : event.journal()) {
    if (line.account() != store::v1::PERSONAL_ACCOUNT) continue;
    if (const auto sub_account = SubAccountNamed(line.subject()))
      paid[static_cast<size_t>(*sub_account)] += Fen(line.amount_fen());
  }
  return paid;
}

Booking::Booking(const Person& person, const yijie::v1::MessageHeader& header,
                 const std::string& request_bytes, const Moment& now)
    : before_(person), next_(person) {
  next_.version = person.version + 1;
  event_.Swap(&KeptEvent());
  event_.set_time_unix_ms(now.unix_ms);
  event_.set_clr_date(FormatDate(now.day));
  event_.set_setlym(PeriodOf(event_.clr_date()));
  event_.set_fixmedins_code(header.fixmedins_code());
  event_.set_msgid(header.msgid());
  event_.set_request(request_bytes);
}

store::v1::PersonState& Booking::state() {
  if (state_ == nullptr) {
    state_ = std::make_shared<store::v1::PersonState>(*next_.rest);
    next_.rest = state_;
  }
  return *state_;
}

void Booking::Post(LedgerAccount account, absl::string_view subject, Fen amount) {
  if (amount == Fen(0)) return;
  JournalLine* line = event_.add_journal();
  line->set_account(account);
  line->set_subject(std::string(subject));
  line->set_amount_fen(amount.value());
}

void Booking::TakeFrom(rules::SubAccount sub_account, Fen amount) {
  next_.account[static_cast<size_t>(sub_account)] -= amount;
  Post(store::v1::PERSONAL_ACCOUNT, SubAccountName(sub_account), amount);
}

void Booking::Add(absl::Span<const rules::AccumulatorEntry> deltas) {
  for (const rules::AccumulatorEntry& delta : deltas) ToProto(delta, event_.add_delta());
  next_.Add(deltas);
}

Fen Booking::Sum() const {
  Fen sum;
  for (const JournalLine& line : event_.journal()) sum += Fen(line.amount_fen());
  return sum;
}

void Booking::AssertBooks() const {
  YIJIE_CHECK(Sum() == Fen(0), "a journal does not balance");
  std::array<Fen, rules::kSubAccounts> explained = before_.account;
  for (const JournalLine& line : event_.journal()) {
    if (line.account() != store::v1::PERSONAL_ACCOUNT) continue;
    const auto sub_account = SubAccountNamed(line.subject());
    YIJIE_CHECK(sub_account.has_value(), "a journal line names no sub-account");
    explained[static_cast<size_t>(*sub_account)] -= Fen(line.amount_fen());
  }
  YIJIE_CHECK(next_.account == explained, "the account does not follow its journal");
  for (const Fen balance : next_.account)
    YIJIE_CHECK(balance >= Fen(0), "a sub-account is overdrawn");
}

BookedVersion Booking::Finish(const std::string& reply) && {
  event_.set_reply(reply);
  AssertBooks();
  BookedVersion version;
  version.event = event_.SerializeAsString();
  if (version.event.size() <= kMaxKeptBytes) {
    event_.Clear();
    event_.Swap(&KeptEvent());
  }
  version.next = std::move(next_);
  return version;
}

Effect Booking::Finish(std::string reply, int outcome, std::string setl_id) && {
  std::vector<storage::RowWrite> rows = std::move(rows_);
  BookedVersion version = std::move(*this).Finish(reply);
  Effect effect;
  effect.rows = std::move(rows);
  effect.moves = true;
  effect.reply = std::move(reply);
  effect.next = std::move(version.next);
  effect.event = std::move(version.event);
  effect.outcome = outcome;
  effect.setl_id = std::move(setl_id);
  return effect;
}

}  // namespace yijie::engine
