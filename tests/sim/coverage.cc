#include "tests/sim/coverage.h"

#include "absl/strings/str_cat.h"

namespace yijie::sim {
namespace {

using Pair = std::pair<std::string, std::string>;

// A message may find its id in each of these states, and the person free or held by another.
void AddIds(const std::vector<const char*>& ids, const char* message, std::vector<Pair>* out) {
  for (const char* id : ids) {
    for (const char* person : {"free", "other held", "other undo held"})
      out->push_back({absl::StrCat("home: id ", id, ", ", person), message});
  }
}

const std::vector<Pair>& PossiblePairs() {
  static const auto* const kPairs = [] {
    auto* const pairs = new std::vector<Pair>();
    AddIds({"new", "refused", "released", "confirmed"}, "Reserve", pairs);
    AddIds({"new", "refused", "released", "confirmed"}, "ReserveUndo", pairs);
    AddIds({"confirmed"}, "Confirm", pairs);
    AddIds({"confirmed"}, "ConfirmUndo", pairs);
    AddIds({"new", "refused", "released"}, "Cancel", pairs);
    AddIds({"new", "refused", "released"}, "CancelOfUndo", pairs);
    for (const char* message : {"Reserve", "Confirm", "Cancel"})
      pairs->push_back({"home: this held", message});
    for (const char* message : {"ReserveUndo", "ConfirmUndo", "CancelOfUndo"})
      pairs->push_back({"home: this undo held", message});
    for (const char* state : {"home: free", "home: held", "home: an undo held"}) {
      for (const char* message : {"Settle", "Reverse", "ReverseByMessage", "Refund",
                                  "UndoSettlement", "AmendPerson", "ChangeCard", "CreditAccount"})
        pairs->push_back({state, message});
    }
    return pairs;
  }();
  return *kPairs;
}

}  // namespace

size_t Coverage::Possible() { return PossiblePairs().size(); }

std::vector<Pair> Coverage::Missing() const {
  std::vector<Pair> missing;
  for (const Pair& pair : PossiblePairs()) {
    if (pairs_.count(pair) == 0) missing.push_back(pair);
  }
  return missing;
}

}  // namespace yijie::sim
