// Defects that the campaign must notice: engines that judge by other figures, understand something
// else, say something else, or commit something else than they should.

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/check.h"
#include "engine/books/book_projection.h"
#include "engine/books/closed_period.h"
#include "tests/campaign/runner.h"
#include "tests/engine/engine_fixture.h"
#include "yijie/store/v1/books.pb.h"
#include "yijie/store/v1/record.pb.h"
#include "yijie/v1/account.pb.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/payout.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::campaign {
namespace {

namespace v1 = yijie::v1;
namespace st = yijie::store::v1;
using google::protobuf::Message;

// --- Commits that write something else

struct Written {
  st::PersonState state;
  st::PersonEvent event;
};

// Changes every version of a commit that moves a person.
std::function<void(storage::Commit&)> Writes(std::function<void(Written&)> change) {
  return [change](storage::Commit& commit) {
    if (commit.psn_no.empty()) return;
    const auto rewrite = [&change](std::string& state, std::string& event) {
      Written written;
      YIJIE_CHECK(written.state.ParseFromString(state) && written.event.ParseFromString(event),
                  "a commit that cannot be read");
      change(written);
      state = written.state.SerializeAsString();
      event = written.event.SerializeAsString();
    };
    for (storage::VersionWrite& earlier : commit.earlier) rewrite(earlier.state, earlier.event);
    rewrite(commit.state, commit.event);
  };
}

void AddToTotals(st::PersonState& state, const v1::AccumulatorValue& delta, int64_t value) {
  auto* totals = state.mutable_accumulator();
  for (v1::AccumulatorValue& total : *totals) {
    if (total.name() == delta.name() && total.insutype() == delta.insutype() &&
        total.period() == delta.period()) {
      total.set_value(total.value() + value);
      return;
    }
  }
  v1::AccumulatorValue* total = totals->Add();
  *total = delta;
  total->set_value(value);
}

// The totals stay as they were before the event.
void DropDeltas(Written& written) {
  for (const v1::AccumulatorValue& delta : written.event.delta())
    AddToTotals(written.state, delta, -delta.value());
  auto* totals = written.state.mutable_accumulator();
  totals->erase(
      std::remove_if(totals->begin(), totals->end(),
                     [](const v1::AccumulatorValue& total) { return total.value() == 0; }),
      totals->end());
  written.event.clear_delta();
}

void MoveMoney(st::PersonState& state, v1::SubAccount sub_account, int64_t fen) {
  for (v1::SubBalance& balance : *state.mutable_sub_balance()) {
    if (balance.sub_account() != sub_account) continue;
    balance.set_balc_fen(balance.balc_fen() + fen);
    return;
  }
  v1::SubBalance* balance = state.add_sub_balance();
  balance->set_sub_account(sub_account);
  balance->set_balc_fen(fen);
}

void LoseSettledTotals(Written& written) {
  if (written.event.has_settled()) DropDeltas(written);
}

void KeepUndoneTotals(Written& written) {
  if (written.event.has_reversed() && !written.event.reversed().correction()) DropDeltas(written);
}

void KeepTotalsUndoneByTheAgency(Written& written) {
  if (written.event.reversed().by_agency()) DropDeltas(written);
}

// What remains after a refund of lines counts for nothing.
void LoseTotalsOfRemainders(Written& written) {
  if (written.event.settled().has_remainder_of()) DropDeltas(written);
}

void GiveBackToTheCurrentYear(Written& written) {
  if (!written.event.has_reversed()) return;
  for (st::JournalLine& line : *written.event.mutable_journal()) {
    if (line.account() != st::PERSONAL_ACCOUNT || line.subject() != "PAST_YEARS") continue;
    line.set_subject("CURRENT_YEAR");
    MoveMoney(written.state, v1::PAST_YEARS, line.amount_fen());
    MoveMoney(written.state, v1::CURRENT_YEAR, -line.amount_fen());
  }
}

// The turn of the account year moves nothing.
void CarryNothingOver(Written& written) {
  if (written.event.account().act() != v1::ACT_YEAR_TURNED) return;
  for (st::JournalLine& line : *written.event.mutable_journal()) {
    MoveMoney(written.state, line.subject() == "PAST_YEARS" ? v1::PAST_YEARS : v1::CURRENT_YEAR,
              line.amount_fen());
  }
  written.event.clear_journal();
}

// What was this year's money before the turn goes back to this year's.
void ForgetTheTurn(Written& written) {
  if (written.state.account().turned_version() != 0)
    written.state.mutable_account()->clear_turned_version();
}

// What an account paid for relatives counts towards no limit.
void ForgetWhatWasPaidForRelatives(Written& written) {
  if (written.state.has_family()) written.state.mutable_family()->clear_total();
}

// What relatives are owed after an undo is never paid.
void OweRelativesNothing(Written& written) {
  if (written.event.has_reversed()) written.state.mutable_family()->clear_owed();
}

// A claim whose payout the bank paid is withdrawn and nothing is owed for it.
void ForgetDebts(Written& written) {
  if (written.state.has_payouts()) written.state.mutable_payouts()->clear_debt();
}

// What the funds owe and cannot pay yet is forgotten.
void ForgetDues(Written& written) {
  if (written.state.has_payouts()) written.state.mutable_payouts()->clear_due();
}

// A debt is of the day on which it changed last.
void MakeDebtsNew(Written& written) {
  if (written.event.payout().kind() != st::PayoutEvent::SETTLED_UP) return;
  for (v1::BenefitDebt& debt : *written.state.mutable_payouts()->mutable_debt())
    debt.set_since(written.event.clr_date());
}

// A supplement is a payout of a claim of its own.
void FileSupplementsElsewhere(Written& written) {
  for (v1::Payout& payout : *written.state.mutable_payouts()->mutable_payout()) {
    if (payout.kind() == v1::PAYOUT_SUPPLEMENT)
      payout.set_source_id(payout.payout_id().substr(0, 30));
  }
}

// The bank's return of a payout counts as paid.
void TakeReturnsForPaid(Written& written) {
  for (v1::Payout& payout : *written.state.mutable_payouts()->mutable_payout()) {
    if (payout.state() == v1::PAYOUT_RETURNED) payout.set_state(v1::PAYOUT_PAID);
  }
}

void CreditAFenMore(Written& written) {
  if (!written.event.has_credited()) return;
  for (st::JournalLine& line : *written.event.mutable_journal()) {
    const bool account = line.account() == st::PERSONAL_ACCOUNT;
    line.set_amount_fen(line.amount_fen() + (account ? -1 : 1));
    if (account) {
      MoveMoney(written.state, line.subject() == "PAST_YEARS" ? v1::PAST_YEARS : v1::CURRENT_YEAR,
                1);
    }
  }
}

void LeaveFeesOpen(Written& written) {
  if (!written.event.has_settled()) return;
  for (st::Stay& stay : *written.state.mutable_stays()->mutable_stay()) {
    if (stay.mdtrt_id() != written.event.settled().claim().mdtrt_id()) continue;
    for (st::FeeBatch& batch : *stay.mutable_batch()) batch.clear_settled_version();
    stay.set_status(stay.enddate().empty() ? st::IN_STAY : st::DISCHARGED);
  }
}

void LeaveFeesSettled(Written& written) {
  if (!written.event.has_reversed()) return;
  for (st::Stay& stay : *written.state.mutable_stays()->mutable_stay()) {
    for (st::FeeBatch& batch : *stay.mutable_batch()) {
      if (batch.settled_version() == 0)
        batch.set_settled_version(written.event.reversed().orig_version());
    }
  }
}

void LoseCards(Written& written) {
  if (written.event.has_card_changed()) written.state.clear_cards();
}

void LoseUndoMarks(Written& written) { written.state.clear_reversed(); }

// A correction pays the institution again instead of settling the difference with the person.
void PayTheInstitutionAgain(Written& written) {
  int64_t moved = 0;
  for (st::JournalLine& line : *written.event.mutable_journal()) {
    if (line.account() != st::PERSON_CLEARING) continue;
    moved += line.amount_fen();
    line.set_amount_fen(0);
  }
  for (st::JournalLine& line : *written.event.mutable_journal()) {
    if (line.account() != st::INSTITUTION_PAYABLE) continue;
    line.set_amount_fen(line.amount_fen() + moved);
    return;
  }
  if (moved == 0) return;
  st::JournalLine* line = written.event.add_journal();
  line->set_account(st::INSTITUTION_PAYABLE);
  line->set_subject(written.event.fixmedins_code());
  line->set_amount_fen(moved);
}

void ForgetMessages(storage::Commit& commit) {
  if (!commit.psn_no.empty()) commit.messages.clear();
}

// The id that a 冲正 closes.
void ForgetClosedMessages(storage::Commit& commit) {
  if (commit.messages.size() == 2) commit.messages.pop_back();
}

void LeavePeriodsOpen(storage::Commit& commit) {
  for (storage::RowWrite& row : commit.rows) {
    if (row.table == engine::kClosedPeriods) row.table = "elsewhere";
  }
}

// The book does not see what was undone in it.
void LeaveUndosOutOfBooks(storage::Commit& commit) {
  for (storage::RowWrite& row : commit.rows) {
    st::BookEntry entry;
    if (row.table != engine::kBookTable || !row.value || !entry.ParseFromString(*row.value))
      continue;
    if (entry.kind() == st::BOOK_REVERSAL) entry.mutable_orig_setl_id()->back() = '#';
    row.value = entry.SerializeAsString();
  }
}

void RefuseWithAnotherReply(storage::Commit& commit) {
  for (storage::MessageWrite& message : commit.messages) {
    st::Verdict verdict;
    if (!commit.psn_no.empty() || !verdict.ParseFromString(message.entry.verdict)) continue;
    verdict.mutable_reply()->append("x");
    message.entry.verdict = verdict.SerializeAsString();
  }
}

// --- Requests that are understood otherwise

void OverlookAssistance(Message& request) {
  if (request.GetDescriptor()->name() == "AmendPersonRequest")
    static_cast<v1::AmendPersonRequest&>(request).mutable_facts()->clear_assistance();
}

void OverlookCredentials(Message& request) {
  if (request.GetDescriptor()->name() == "SettleRequest")
    static_cast<v1::SettleRequest&>(request).clear_credential();
}

void UndoAnotherCall(Message& request) {
  if (request.GetDescriptor()->name() == "ReverseByMessageRequest")
    static_cast<v1::ReverseByMessageRequest&>(request).set_transaction(v1::SETTLE);
}

void GiveBackOneLine(Message& request) {
  if (request.GetDescriptor()->name() != "RefundRequest") return;
  auto* lines = static_cast<v1::RefundRequest&>(request).mutable_line();
  if (lines->size() > 1) lines->DeleteSubrange(1, lines->size() - 1);
}

// --- Replies that say something else

template <typename Response>
std::function<void(const Message&, engine::Reply&)> Tells(const char* request,
                                                          std::function<void(Response&)> change) {
  return [request, change](const Message& asked, engine::Reply& reply) {
    if (asked.GetDescriptor()->name() != request || !reply.status.ok()) return;
    Response response;
    YIJIE_CHECK(response.ParseFromString(reply.bytes), "a reply");
    change(response);
    reply.bytes = response.SerializeAsString();
  };
}

void TellTheBalanceBefore(v1::SettleResponse& response) {
  response.mutable_settlement()->set_balc_fen(response.settlement().balc_before_fen());
}

void TellRelativesMoneyAsCash(v1::SettleResponse& response) {
  v1::Amounts* amounts = response.mutable_settlement()->mutable_amounts();
  amounts->set_psn_cash_pay_fen(amounts->psn_cash_pay_fen() + amounts->acct_mulaid_pay_fen());
  amounts->set_acct_mulaid_pay_fen(0);
}

void TellAnUndoOfTheWholeAccount(v1::ReverseResponse& response) {
  v1::Amounts* amounts = response.mutable_reversal()->mutable_amounts();
  amounts->set_psn_cash_pay_fen(amounts->psn_cash_pay_fen() + amounts->acct_pay_fen());
  amounts->set_acct_pay_fen(0);
}

void TellNoDebt(v1::AmendPersonResponse& response) {
  if (response.owed_to_person_fen() < 0) response.set_owed_to_person_fen(0);
}

void TellCashAsTheFunds(v1::RefundResponse& response) {
  response.set_fund_back_fen(response.fund_back_fen() + response.cash_back_fen());
  response.set_cash_back_fen(0);
}

// --- The list

Defect ByTables(const char* name, const char* from, const char* to) {
  Defect defect;
  defect.name = name;
  defect.from = from;
  defect.to = to;
  return defect;
}

Defect ByCommit(const char* name, std::function<void(storage::Commit&)> commit) {
  Defect defect;
  defect.name = name;
  defect.commit = std::move(commit);
  return defect;
}

Defect ByRequest(const char* name, std::function<void(Message&)> request) {
  Defect defect;
  defect.name = name;
  defect.request = std::move(request);
  return defect;
}

Defect ByReply(const char* name, std::function<void(const Message&, engine::Reply&)> reply) {
  Defect defect;
  defect.name = name;
  defect.reply = std::move(reply);
  return defect;
}

std::vector<Defect> Defects() {
  return {
      ByTables("rounds down", " sample_data: true source",
               " rounding: FEN_TRUNC sample_data: true source"),
      ByTables("takes the version of the admission", " sample_data: true source",
               " version_by: BY_BEGNDATE sample_data: true source"),
      ByTables("does not halve the deductible of a later stay", "factor: \"50%\"",
               "factor: \"100%\""),
      ByTables("takes a deductible for a later part",
               "row { when { stay_part: \"LATER_PART\" } amount: \"0\" }",
               "row { when { stay_part: \"LATER_PART\" } amount: \"100\" }"),
      ByTables("a yearly limit is a fen higher", "row { amount: \"3000\" }",
               "row { amount: \"3000.01\" }"),
      ByTables("past years' money first", "order: \"CURRENT_YEAR\" order: \"PAST_YEARS\"",
               "order: \"PAST_YEARS\" order: \"CURRENT_YEAR\""),
      ByTables("the second band begins late", "to: \"10000\"", "to: \"10010\""),
      ByTables("a temporary loss lasts twice as long", "temporary_loss_days: 7",
               "temporary_loss_days: 14"),
      ByTables("refuses a stay beside another", "overlapping_stay: FLAG",
               "overlapping_stay: REFUSE"),
      ByTables("gives no institution more than a day to undo",
               "reversal_by_institution: SAME_PERIOD", "reversal_by_institution: SAME_DAY"),
      ByCommit("loses the running totals of a settlement", Writes(LoseSettledTotals)),
      ByCommit("an undo leaves the running totals", Writes(KeepUndoneTotals)),
      ByCommit("an undo by the agency leaves the running totals",
               Writes(KeepTotalsUndoneByTheAgency)),
      ByCommit("what a refund leaves counts for nothing", Writes(LoseTotalsOfRemainders)),
      ByRequest("gives back one line only", GiveBackOneLine),
      ByReply("tells the cash of a refund as the fund's",
              Tells<v1::RefundResponse>("RefundRequest", TellCashAsTheFunds)),
      ByCommit("leaves closed periods open", LeavePeriodsOpen),
      ByCommit("leaves undos out of the heads of a period", LeaveUndosOutOfBooks),
      ByCommit("an undo gives past years' money to this year", Writes(GiveBackToTheCurrentYear)),
      ByCommit("carries nothing over when the account year turns", Writes(CarryNothingOver)),
      ByCommit("an undo gives back as if no year had turned", Writes(ForgetTheTurn)),
      ByTables("lets relatives pay more in a year", "yearly_limit_fen: 150000",
               "yearly_limit_fen: 9000000"),
      ByCommit("forgets what was paid for relatives", Writes(ForgetWhatWasPaidForRelatives)),
      ByCommit("an undo owes relatives nothing", Writes(OweRelativesNothing)),
      ByReply("tells relatives' money as cash",
              Tells<v1::SettleResponse>("SettleRequest", TellRelativesMoneyAsCash)),
      ByCommit("forgets what a withdrawn claim owes", Writes(ForgetDebts)),
      ByCommit("forgets what waits for a payer", Writes(ForgetDues)),
      ByCommit("makes old debts new", Writes(MakeDebtsNew)),
      ByCommit("files supplements under another claim", Writes(FileSupplementsElsewhere)),
      ByCommit("takes what the bank returns for paid", Writes(TakeReturnsForPaid)),
      ByCommit("credits a fen more", Writes(CreditAFenMore)),
      ByCommit("leaves settled fees open", Writes(LeaveFeesOpen)),
      ByCommit("leaves undone fees settled", Writes(LeaveFeesSettled)),
      ByCommit("loses cards", Writes(LoseCards)),
      ByCommit("forgets what was undone", Writes(LoseUndoMarks)),
      ByCommit("a correction pays the institution again", Writes(PayTheInstitutionAgain)),
      ByCommit("forgets messages", ForgetMessages),
      ByCommit("forgets closed messages", ForgetClosedMessages),
      ByCommit("keeps another reply to a refusal", RefuseWithAnotherReply),
      ByRequest("overlooks assistance", OverlookAssistance),
      ByRequest("overlooks credentials", OverlookCredentials),
      ByRequest("undoes the message of another call", UndoAnotherCall),
      ByReply("tells the balance before",
              Tells<v1::SettleResponse>("SettleRequest", TellTheBalanceBefore)),
      ByReply("tells an undo without the account",
              Tells<v1::ReverseResponse>("ReverseRequest", TellAnUndoOfTheWholeAccount)),
      ByReply("does not tell what the person owes",
              Tells<v1::AmendPersonResponse>("AmendPersonRequest", TellNoDebt)),
  };
}

CampaignOptions Small(uint64_t seed) {
  CampaignOptions options;
  options.seed = seed;
  options.operations = 5'000;
  options.persons = 40;
  options.restart_every = 500;
  return options;
}

TEST(PlantedDefects, EachIsNoticed) {
  const engine::QuietLog quiet;
  for (const Defect& defect : Defects()) {
    constexpr uint64_t kMostSeeds = 8;
    std::string difference;
    uint64_t seed = 0;
    while (difference.empty() && seed < kMostSeeds)
      difference = RunCampaign(Small(++seed), defect).difference;
    EXPECT_NE(difference, "") << defect.name;
    const std::string first = difference.substr(0, difference.find('\n'));
    std::printf("%s: %s\n", defect.name.c_str(), first.c_str());
    std::fflush(stdout);
  }
}

TEST(PlantedDefects, WithoutThemTheSmallCampaignsAgree) {
  const engine::QuietLog quiet;
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    const CampaignResult result = RunCampaign(Small(seed));
    if (!result.difference.empty()) FAIL() << result.difference;
  }
}

}  // namespace
}  // namespace yijie::campaign
