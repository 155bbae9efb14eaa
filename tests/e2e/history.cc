#include "tests/e2e/history.h"

#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"

namespace yijie::e2e {
namespace {

AccountView ViewOfSettlement(const v1::Settlement& settlement) {
  return {settlement.outcome() == v1::SETTLED, settlement.version(), settlement.balc_before_fen(),
          settlement.balc_fen()};
}

AccountView ViewOfReversal(const v1::Reversal& reversal) {
  return {reversal.outcome() == v1::REVERSED, reversal.version(), reversal.balc_before_fen(),
          reversal.balc_fen()};
}

// The account of one person as the replies tell it.
struct Account {
  std::map<int64_t, AccountView> moves;   // by version
  std::map<int64_t, int64_t> statements;  // balance by version, from replies that moved nothing
};

class OrderCheck {
 public:
  void Add(const Sent& sent) {
    const std::optional<AccountView> view = ViewOf(sent.transaction, sent.reply);
    if (!view) return;
    const std::string what = absl::StrCat("message ", sent.msgid, " of ", sent.psn_no, ": ");
    if (!view->moved) {
      if (view->balance_before_fen != view->balance_fen) {
        problems_.push_back(absl::StrCat(what, "a refusal changes the balance"));
      }
      return AddStatement(what, {sent.psn_no, view->version, view->balance_fen, sent.not_before});
    }
    if (view->version <= sent.not_before) {
      problems_.push_back(absl::StrCat(what, "version ", view->version, ", but ", sent.not_before,
                                       " had been acknowledged before it was sent"));
    }
    if (!accounts_[sent.psn_no].moves.emplace(view->version, *view).second) {
      problems_.push_back(absl::StrCat(what, "version ", view->version, " was given twice"));
    }
  }

  void Add(const Read& read) { AddStatement(absl::StrCat("read of ", read.psn_no, ": "), read); }

  std::vector<std::string> Finish() {
    for (const auto& [psn_no, account] : accounts_) Sweep(psn_no, account);
    return std::move(problems_);
  }

 private:
  void AddStatement(const std::string& what, const Read& read) {
    if (read.version < read.not_before) {
      problems_.push_back(absl::StrCat(what, "version ", read.version, " is stale, ",
                                       read.not_before, " had been acknowledged"));
    }
    const auto [entry, fresh] =
        accounts_[read.psn_no].statements.emplace(read.version, read.balance_fen);
    if (!fresh && entry->second != read.balance_fen) {
      problems_.push_back(absl::StrCat(what, "two balances at version ", read.version));
    }
  }

  void Sweep(const std::string& psn_no, const Account& account) {
    const auto expect = [&](int64_t version, int64_t got, int64_t want) {
      if (got == want) return;
      problems_.push_back(
          absl::StrCat(psn_no, ": balance after version ", version, " is ", got, " and ", want));
    };
    for (auto move = account.moves.begin(); move != account.moves.end(); ++move) {
      const auto next = std::next(move);
      if (next == account.moves.end() || next->first != move->first + 1) continue;
      expect(move->first, move->second.balance_fen, next->second.balance_before_fen);
    }
    for (const auto& [version, balance] : account.statements) {
      const auto at = account.moves.find(version);
      if (at != account.moves.end()) expect(version, at->second.balance_fen, balance);
      const auto after = account.moves.find(version + 1);
      if (after != account.moves.end()) expect(version, after->second.balance_before_fen, balance);
    }
  }

  std::map<std::string, Account> accounts_;
  std::vector<std::string> problems_;
};

}  // namespace

void History::Append(History other) {
  sent.insert(sent.end(), std::make_move_iterator(other.sent.begin()),
              std::make_move_iterator(other.sent.end()));
  reads.insert(reads.end(), std::make_move_iterator(other.reads.begin()),
               std::make_move_iterator(other.reads.end()));
}

int64_t History::acknowledged() const {
  int64_t count = 0;
  for (const Sent& one : sent) count += one.acknowledged ? 1 : 0;
  return count;
}

const char* CallName(v1::Transaction transaction) {
  switch (transaction) {
    case v1::SETTLE:
      return "Settle";
    case v1::REVERSE:
      return "Reverse";
    case v1::REVERSE_BY_MESSAGE:
      return "ReverseByMessage";
    case v1::CREDIT_ACCOUNT:
      return "CreditAccount";
    default:
      return "";
  }
}

std::optional<AccountView> ViewOf(v1::Transaction transaction, const std::string& reply) {
  AccountView view;
  if (transaction == v1::SETTLE) {
    v1::SettleResponse response;
    if (!response.ParseFromString(reply)) return std::nullopt;
    view = ViewOfSettlement(response.settlement());
  } else if (transaction == v1::CREDIT_ACCOUNT) {
    v1::CreditAccountResponse response;
    if (!response.ParseFromString(reply)) return std::nullopt;
    view = {true, response.version(), response.balc_before_fen(), response.balc_fen()};
  } else {
    v1::ReverseResponse response;  // of the same bytes as ReverseByMessageResponse
    if (!response.ParseFromString(reply)) return std::nullopt;
    view = ViewOfReversal(response.reversal());
  }
  if (view.version == 0) return std::nullopt;
  return view;
}

bool IsClosedReply(v1::Transaction transaction, const std::string& reply) {
  v1::SettleResponse response;
  return transaction == v1::SETTLE && response.ParseFromString(reply) &&
         response.settlement().outcome() == v1::REVERSED_BEFORE_ARRIVAL;
}

std::vector<std::string> OrderProblems(const History& history) {
  OrderCheck check;
  for (const Sent& sent : history.sent) {
    if (sent.acknowledged) check.Add(sent);
  }
  for (const Read& read : history.reads) check.Add(read);
  return check.Finish();
}

}  // namespace yijie::e2e
