#include "engine/load/load_persons.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "base/status_macros.h"
#include "engine/deterministic_bytes.h"
#include "engine/load/person_file.h"
#include "engine/load/row_errors.h"
#include "engine/transactions.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {
namespace {

using storage::Commit;
using storage::PersonVersion;

std::string FactsLoadedEvent(const Moment& now) {
  store::v1::PersonEvent event;
  event.set_time_unix_ms(now.unix_ms);
  event.set_clr_date(FormatDate(now.day));
  event.mutable_facts_loaded();
  return DeterministicBytes(event);
}

// The one of `spans` that `same` says is the one of the file; null if none is.
template <typename Span, typename Same>
const Span* FindSame(const google::protobuf::RepeatedPtrField<Span>& spans, const Same& same) {
  const auto found = absl::c_find_if(spans, same);
  return found == spans.end() ? nullptr : &*found;
}

// What no column tells of a coverage, a class of assistance or an injury that is known already.
void KeepDetailsOfNoFile(const v1::PersonFacts& before, v1::PersonFacts* facts) {
  for (v1::Coverage& coverage : *facts->mutable_coverage()) {
    const auto* known = FindSame(before.coverage(), [&coverage](const v1::Coverage& other) {
      return other.insutype() == coverage.insutype() && other.begndate() == coverage.begndate() &&
             other.insuplc_admdvs() == coverage.insuplc_admdvs();
    });
    if (known != nullptr) coverage.set_contribution_base_fen(known->contribution_base_fen());
  }
  for (v1::AssistanceSpan& span : *facts->mutable_assistance()) {
    const auto* known = FindSame(before.assistance(), [&span](const v1::AssistanceSpan& other) {
      return other.class_() == span.class_() && other.begndate() == span.begndate();
    });
    if (known != nullptr) span.set_enddate(known->enddate());
  }
  for (v1::InjuryRecognition& injury : *facts->mutable_injury()) {
    const auto* known = FindSame(before.injury(), [&injury](const v1::InjuryRecognition& other) {
      return other.recognition_no() == injury.recognition_no();
    });
    if (known != nullptr) *injury.mutable_confirmation() = known->confirmation();
  }
}

// Facts that no file carries stay, and a death that a file does not tell of is no mistake: only the
// agency takes it back (AmendPerson).
void KeepFactsOfNoFile(const v1::PersonFacts& before, v1::PersonFacts* facts) {
  KeepDetailsOfNoFile(before, facts);
  *facts->mutable_registration() = before.registration();
  *facts->mutable_suspension() = before.suspension();
  facts->set_mother_psn_no(before.mother_psn_no());
  if (facts->death_date().empty()) facts->set_death_date(before.death_date());
}

// The commit that gives a person these facts, or nothing if they are what the store has.
absl::StatusOr<std::optional<Commit>> MakeCommit(const std::optional<PersonVersion>& latest,
                                                 v1::PersonFacts facts) {
  Commit commit;
  commit.psn_no = facts.psn_no();
  store::v1::PersonState state;
  if (latest) {
    if (!state.ParseFromString(latest->state)) {
      return absl::DataLossError(
          "a person record of the store cannot be read: run `yijie ledger "
          "audit` and restore a copy");
    }
    KeepFactsOfNoFile(state.facts(), &facts);
    if (DeterministicBytes(facts) == DeterministicBytes(state.facts())) return std::nullopt;
    commit.expected_version = latest->version;
  }
  *state.mutable_facts() = std::move(facts);
  commit.state = DeterministicBytes(state);
  return commit;
}

}  // namespace

absl::StatusOr<LoadResult> LoadPersons(const InputFile& file, storage::Store& store,
                                       int64_t now_unix_ms, BulkCommitter& committer,
                                       const LoadProgress& progress) {
  const Moment now = MomentOf(now_unix_ms);
  RowErrors errors(file.path);
  std::vector<std::string> persons = ParsePersons(file, now.day, errors);
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());

  const auto total = static_cast<int64_t>(persons.size());
  const std::string event = FactsLoadedEvent(now);
  LoadResult result;
  for (int64_t done = 0; done < total; ++done) {
    v1::PersonFacts facts = UnpackPerson(std::exchange(persons[static_cast<size_t>(done)], {}));
    YIJIE_ASSIGN_OR_RETURN(const std::optional<PersonVersion> latest,
                           store.LoadLatest(facts.psn_no()));
    YIJIE_ASSIGN_OR_RETURN(std::optional<Commit> commit, MakeCommit(latest, std::move(facts)));
    ++(!latest ? result.added : commit ? result.changed : result.unchanged);
    if (commit) {
      commit->event = event;
      YIJIE_RETURN_IF_ERROR(committer.Add(*std::move(commit)));
    }
    progress(done + 1, total);
  }
  YIJIE_RETURN_IF_ERROR(committer.Finish());
  return result;
}

}  // namespace yijie::engine
