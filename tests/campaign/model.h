#ifndef YIJIE_TESTS_CAMPAIGN_MODEL_H_
#define YIJIE_TESTS_CAMPAIGN_MODEL_H_

// A second telling of what the engine owes its callers, written from the comments of the protos:
// plain, slow, without the engine's code. It knows persons with their facts, account, running
// totals, settlements, stays and cards, payouts, debts and dues, the messages and what they were
// told, and the sums of the ledger. What each call does to it stands beside the call's generator in
// operations/.
//
// Not told here: proofs of a PIN, postings in pages, and stays settled more than
// two years ago. Claims worked out again for a correction do not look at stays.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "tests/campaign/bill.h"
#include "tests/campaign/calendar.h"
#include "tests/card/card_model.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/family.pb.h"
#include "yijie/v1/payout.pb.h"
#include "yijie/v1/service.pb.h"
#include "yijie/v1/stay.pb.h"

namespace yijie::campaign {

using google::protobuf::Message;

// What the book of an institution says about a clearing period.
struct Period {
  int64_t settlements = 0;
  int64_t refunds = 0;
  int64_t late = 0;  // of the refunds, those of settlements of other periods
  int64_t medfee = 0;
  int64_t funds = 0;
  int64_t account = 0;
  int64_t cash = 0;
  int64_t payable = 0;          // fen the institution is to be paid
  int64_t person_clearing = 0;  // fen it took beyond the persons' shares, and keeps
  // By person: settlements of the period that no undo of the period took back.
  std::map<std::string, int64_t> standing;
};
// Institution, month.
using PeriodName = std::pair<std::string, std::string>;

// Who undoes the settlement of an institution.
enum class Undoer { kItself, kItselfByMessage, kTheAgency };

// What the engine must answer.
struct Answer {
  absl::StatusCode code = absl::StatusCode::kOk;
  std::string field;  // that an error begins with
  std::shared_ptr<Message>
      reply;             // of OK. "@7" in an id stands for the one the engine gave version 7
  int64_t version = 0;   // the person's that the message led to; 0: none
  bool settled = false;  // that version is a settlement
  std::vector<std::string> closed_keys;  // messages that it closes
};

Answer Error(absl::StatusCode code, std::string field);
template <typename Response>
Answer Told(Response response, int64_t version = 0) {
  Answer answer;
  answer.reply = std::make_shared<Response>(std::move(response));
  answer.version = version;
  return answer;
}

// What the account of a relative paid of a settlement.
struct FamilyPart {
  std::string giver;
  int64_t version = 0;  // of the giver
  Purse taken;
  std::string year;
};

// A settlement, or the replacement of one.
struct Settlement {
  int64_t version = 0;
  size_t claim = 0;       // place in Person::claims
  v1::Settlement answer;  // without lines
  std::map<std::string, int64_t> funds;
  Purse paid;
  std::vector<FamilyPart> family;
  std::string owner;  // who may undo it: the institution, or the agency with which it was filed
  Totals touched;
  int64_t cash_given = 0;  // what the person paid at the counter
  int64_t undone_by = 0;   // version; 0: it stands
  int64_t remainder = 0;   // undone by a refund of lines: version of what settled the other lines
};

struct Batch {
  std::string number;
  google::protobuf::RepeatedPtrField<v1::FeeLine> lines;
  int64_t sum = 0;
  int64_t settled_version = 0;  // 0: open
};

struct Stay {
  std::string mdtrt_id;
  std::string institution;
  v1::Admission admission;
  std::string enddate;  // empty: in hospital
  bool discharged = false;
  bool settled = false;
  std::vector<Batch> batches;
};

// A claim that was settled once, with what became of it.
struct SettledClaim {
  v1::Claim claim;
  std::string institution;
  std::string msgid;
  Now received;
  Purse purse_then;                    // before the claim came
  std::vector<Stay> stays_then;        // as well
  int64_t came_with = 0;               // version
  std::vector<int64_t> settlements;    // versions; all but the first replaced one another
  bool refused_by_correction = false;  // for ever
  // What a refund of lines left of another claim: place of that claim, which gave it `received`,
  // `purse_then`, `stays_then` and `came_with`.
  std::optional<size_t> remainder_of;
  bool filed = false;  // with the agency, by the person who paid the bill (手工报销)
  std::string receipt_no;
};

// An instruction to the bank.
struct Payout {
  int64_t source = 0;  // version of the first settlement of the claim
  int64_t commit = 0;  // version whose id, with the number, is that of the payout
  int number = 1;
  v1::PayoutKind kind = v1::PAYOUT_REIMBURSEMENT;
  std::string label;
  std::string made_on;  // day
  std::vector<v1::PayoutPart> parts;
  int64_t gross = 0;
  int64_t amount = 0;                           // less what was deducted
  std::vector<v1::PayoutDeduction> deductions;  // oldest first
  v1::PayoutState state = v1::PAYOUT_CREATED;
  struct Attempt {
    std::string file;
    v1::PayoutAttemptState state = v1::ATTEMPT_OPEN;
    std::string decided_on;
    std::string acct_no;
  };
  std::vector<Attempt> attempts;
  std::string acct_no;  // to which it is paid
};

// What the funds owe the person more than before for a claim; below 0: less.
struct DueChange {
  int64_t claim = 0;  // version of its first settlement
  std::string fund;   // that gives
  int64_t fen = 0;
};

// What came of taking back.
struct SettledUp {
  std::vector<Payout> cancelled;  // newest first
  std::vector<v1::BenefitDebt> debts;
};

// What moved the account or the running totals, in the order in which it happened, but for
// corrections: what those do follows from the rest.
struct Movement {
  enum Kind { kCredit, kClaim, kUndo, kTurn } kind = kCredit;
  Purse credit;
  size_t claim = 0;
  int64_t stays = 0;  // of a turn of the account year: what stayed money of this year
};

// What is compared of it.
v1::Payout ViewOf(const Payout& payout);

struct Person {
  explicit Person(const std::string& number);

  std::string psn_no;
  int64_t version = 0;  // 0: not enrolled
  v1::PersonFacts facts;
  Purse purse;
  std::map<int, Purse> purse_after;  // by day on which anything was recorded
  std::string year_begins;           // first day of the year to which the account was turned last
  int64_t turned_version = 0;        // of that turn; 0: none
  Totals totals;
  std::vector<SettledClaim> claims;
  std::map<int64_t, Settlement> settlements;  // by version
  std::vector<Movement> movements;
  std::vector<Stay> stays;
  engine::CardModel cards;
  std::vector<v1::FamilyBond> bonds;   // that the person gives
  std::set<std::string> asked_givers;  // numbers of all who ever gave to the person
  // What the account paid for relatives, by relative and year, fen.
  std::map<std::pair<std::string, std::string>, int64_t> paid_for;
  std::vector<v1::BankAccount> accounts;  // the last one is in force
  std::vector<Payout> payouts;
  std::vector<v1::BenefitDebt> debts;  // oldest first
  std::vector<v1::BenefitDue> dues;    // what could not be instructed yet
  // By version, as the engine gave them; of versions that settle up, made from those.
  std::map<int64_t, std::string> setl_ids;
  // Settle messages undone before they arrived: institution, message id.
  std::vector<std::pair<std::string, std::string>> never_arrived;

  bool known() const { return version > 0; }
  Stay* FindStay(const std::string& institution, const std::string& mdtrt_id);
  // The settlement that the engine called so; nullptr if the institution has none of it.
  const Settlement* FindSettlement(const std::string& institution,
                                   const std::string& setl_id) const;
  std::string PayoutId(const Payout& payout) const;
  void Owe(const v1::BenefitDebt& debt);
  void LetWait(const v1::BenefitDue& due);
  // "@7", or "" for 0.
  static std::string IdOf(int64_t version);
};

// What is known of a message id. Bytes are kept as 64-bit digests.
struct KnownMessage {
  bool closed = false;
  Now closed_at;
  std::string request;  // bytes
  uint64_t reply = 0;   // digest of what was told
  std::string psn_no;
  int64_t version = 0;  // 0: nobody moved
  bool settled = false;
};

// The counter of an institution as it asks for a credential.
struct Counter {
  bool asks = false;
  const v1::Credential* credential = nullptr;
};

// A claim and all that it is judged by.
struct Case {
  const v1::Claim& claim;
  const std::string& institution;  // that there is
  const v1::PersonFacts& facts;
  const Purse& purse;
  const Totals& totals;
  // Stays and cards; null where the claim was let in before and is only worked out again.
  const Person* person;
  Counter counter;
  const Now& now;
  bool filed = false;  // the person paid the bill and asks the agency
};

// What a settlement left owed to the person, in cash that was given for nothing; below 0: by the
// person.
int64_t OwedBy(const Settlement& settlement);
// The last of the settlements that corrections and refunds of lines put in the place of
// `settlement`, undone or not.
const Settlement& NewestOfBill(const Person& person, const Settlement& settlement);
// Whether it was undone, and not only taken back by a correction that refuses its claim.
bool IsReversed(const Person& person, const Settlement& newest);
// The version with which the claim of a settlement came: corrections and remainders stay in it.
int64_t FirstOf(const Person& person, const Settlement& settlement);
std::vector<DueChange> ChangesOfUndo(const Person& person, const Settlement& original);
// `after` is nullptr if the claim is refused now.
std::vector<DueChange> ChangesOfCorrection(const Person& person, const Settlement& before,
                                           const Settlement* after, int64_t owed);

// Of the settlements that stand, whose claim came after that of `original`, and that looked at a
// total which `original` moved, the one whose claim came last; 0 if there is none.
int64_t LastDependent(const Person& person, const Settlement& original);
// Of the undo that just happened.
void TellUndo(const Person& person, const Settlement& original, const Now& now, v1::Reversal* told);

// The relation of a scheme on a day; nullptr if there is none.
const v1::Coverage* CoverageOn(const v1::PersonFacts& facts, const std::string& insutype,
                               const std::string& day);
// The rules for a person on a day: of the area of a normal relation before any other, in the order
// of the facts.
const v1::AreaRules& RulesOfPerson(const v1::PersonFacts& facts, const std::string& day);
// Whether two stays share more than the day on which one ends and the other begins. Of each: first
// day, last day or "".
bool Overlap(const std::string& begin_a, const std::string& end_a, const std::string& begin_b,
             const std::string& end_b);

// A claim worked out again.
struct Replayed {
  Bill bill;
  v1::Settlement shown;
  bool turned_since = false;  // the account year

  // What it takes of the account as it is since.
  Purse paid() const { return turned_since ? bill.paid.CarriedOver() : bill.paid; }
};

// Turns the account year (年度结转) of a person, if that is due: the version before that of the
// first message that changes the person in the year. What a message that changes nothing was told,
// and what a query is told, looks as if it had happened.
class YearTurn {
 public:
  YearTurn(Person& person, const Now& now);

  bool happened() const { return happened_; }
  void HideVersion() { person_.version = version_; }
  void TakeBack();

 private:
  Person& person_;
  const Purse purse_;
  const int64_t version_;
  const std::string year_begins_;
  const int64_t turned_version_;
  bool happened_ = false;
};

class Model {
 public:
  // The person, enrolled or not.
  Person& Find(const std::string& psn_no);
  const std::deque<Person>& persons() const { return persons_; }

  // What the claim of a case comes to, before anything moves. `shown` is what a settlement would
  // say.
  static Bill Judge(const Case& asked, v1::Settlement* shown);
  // Settle and SettleStay once the claim is known.
  Answer SettleClaim(Person& person, const v1::MessageHeader& header, const v1::Claim& claim,
                     const Counter& counter, const Now& now);
  // Undoes the settlement of a version.
  Answer Undo(Person& person, int64_t version, Undoer by, const Now& now);
  // Gives back lines of a settlement of the institution.
  Answer Refund(Person& person, const v1::RefundRequest& request, const Now& now);
  // The person's facts are `facts` from now on.
  Answer Amend(Person& person, const v1::PersonFacts& facts, const Now& now);

  // Who gives to a person: rank and number.
  using Givers = std::set<std::pair<int32_t, std::string>>;
  Givers GiversOf(const Person& person);

  // A bill that the person paid, filed with the agency.
  Answer Reimburse(Person& person, const v1::ReimburseRequest& request, const Now& now);
  Answer Withdraw(Person& person, const v1::WithdrawClaimRequest& request, const Now& now);

  // Whether anything waits that can be paid to the person.
  static bool CanInstruct(const Person& person);
  // Makes payouts of it, in the newest version.
  void InstructWaiting(Person& person, const Now& now);
  // Payouts that came back and debts of the same claims cancel each other.
  void MeetDebts(Person& person);

  // A line of the ledger, added to the sum of its account.
  void Post(const std::string& account, const std::string& subject, int64_t fen) {
    ledger_[{account, subject}] += fen;
  }
  // Sums by account (named as in record.proto) and subject; the personal accounts are the purses.
  using Ledger = std::map<std::pair<std::string, std::string>, int64_t>;
  const Ledger& ledger() const { return ledger_; }

  Period& PeriodOf(const std::string& institution, const Now& now) {
    return periods_[{institution, now.day.substr(0, 7)}];
  }
  const std::map<PeriodName, Period>& periods() const { return periods_; }
  std::set<PeriodName>& closed_periods() { return closed_periods_; }

  static std::string KeyOf(const std::string& institution, v1::Transaction call,
                           const std::string& msgid);
  KnownMessage* FindMessage(const std::string& key);
  std::unordered_map<std::string, KnownMessage>& messages() { return messages_; }

 private:
  void PostSettlement(const Person& person, const Settlement& settlement, const Now& now);
  // What moves between the institution and the agency on the one hand and the person on the other.
  void PostOwed(const Person& person, const Settlement& settlement, int64_t payable,
                int64_t person_clearing, const Now& now);
  void TakeBack(Person& person, Settlement& settlement, const Now& now);
  // Makes the payout of its parts, less what the person owes.
  void Instruct(Person& person, Payout payout, const Now& now);
  // The version that settles up.
  SettledUp SettleUp(Person& person, const std::vector<DueChange>& changes, const Now& now);
  // Cancels payouts of the claim that the bank does not have, newest first, until `fen` are met;
  // what is owed still of them waits. What was met.
  int64_t CancelUnsent(Person& person, int64_t claim, int64_t fen, std::vector<Payout>* cancelled);
  // Relatives' accounts pay up to `most`; what each paid.
  std::vector<FamilyPart> PayFromFamily(const Person& person, int64_t most, const Now& now);
  // They get it back.
  void RepayFamily(Person& person, const Settlement& settlement, const Now& now);
  // Why `by` may not undo the claim any more; REVERSED if it may.
  v1::ReverseOutcome UndoLimit(const SettledClaim& claim, Undoer by, const Now& now) const;
  // Books what is due for a claim, with the money that is left, in the place of the settlement
  // `before`. `settlement` has what both ways to replace one have in common.
  void SettleNow(Person& person, const Replayed& now_due, const Now& now, Settlement& settlement);
  // What each claim comes to, had the facts been known from the beginning; by its place.
  static std::map<size_t, Replayed> Replay(const Person& person, const v1::PersonFacts& facts);
  v1::Correction TakeBackForCorrection(Person& person, Settlement& before, const Replayed& now_due,
                                       const Now& now);
  void SettleAgain(Person& person, const Settlement& before, const Replayed& now_due,
                   const Now& now, v1::Correction* told);

  std::deque<Person> persons_;
  std::unordered_map<std::string, Person*> by_number_;
  std::unordered_map<std::string, KnownMessage> messages_;
  Ledger ledger_;
  std::map<PeriodName, Period> periods_;
  std::set<PeriodName> closed_periods_;
};

}  // namespace yijie::campaign

#endif  // YIJIE_TESTS_CAMPAIGN_MODEL_H_
