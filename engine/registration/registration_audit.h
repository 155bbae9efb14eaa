#ifndef YIJIE_ENGINE_REGISTRATION_REGISTRATION_AUDIT_H_
#define YIJIE_ENGINE_REGISTRATION_REGISTRATION_AUDIT_H_

// The part of the audit of one person that looks at registrations for care elsewhere
// (异地就医备案): the state is the fold of the events; what is filed is never taken away, keeps its
// place and its days, and is cut off or gets its papers; and the reply tells what the event has.
// Shares no code with what files them.

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "yijie/store/v1/record.pb.h"

namespace yijie::engine {

class RegistrationAudit {
 public:
  using Sink = std::function<void(absl::string_view)>;

  // Versions come in order. A state that is not the fold is taken for the truth afterwards.
  void Check(const store::v1::PersonEvent& event, const store::v1::PersonState& state,
             const Sink& add);

 private:
  void Fold(const store::v1::StoredRegistration& changed, int64_t time_unix_ms, const Sink& add);

  std::vector<store::v1::StoredRegistration> filed_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_REGISTRATION_REGISTRATION_AUDIT_H_
