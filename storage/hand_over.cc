#include "storage/hand_over.h"

#include <memory>
#include <utility>

namespace yijie::storage {

std::future<std::vector<CommitOutcome>> HandOver(Store& store, std::vector<Commit> group) {
  // Shared, because the store's thread may still be inside set_value() when get() returns.
  const auto outcomes = std::make_shared<std::promise<std::vector<CommitOutcome>>>();
  std::future<std::vector<CommitOutcome>> answer = outcomes->get_future();
  store.CommitGroup(std::move(group), [outcomes](const std::vector<CommitOutcome>& result) {
    outcomes->set_value(result);
  });
  return answer;
}

absl::Status WriteRows(Store& store, std::vector<RowWrite> rows) {
  std::vector<Commit> group(1);
  group[0].rows = std::move(rows);
  if (HandOver(store, std::move(group)).get()[0] == CommitOutcome::kDone) return absl::OkStatus();
  return absl::UnavailableError("the store could not write the rows now");
}

}  // namespace yijie::storage
