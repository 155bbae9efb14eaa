#include "engine/registration/registration_audit.h"

#include "yijie/v1/registration.pb.h"

namespace yijie::engine {
namespace {

using store::v1::StoredRegistration;

// What may change of a registration after it was filed is left out.
std::string AsFiled(StoredRegistration stored) {
  stored.mutable_filed()->clear_cut_off_on();
  stored.mutable_filed()->clear_papers_owed();
  stored.clear_cut_off_time_unix_ms();
  stored.clear_papers_time_unix_ms();
  return stored.SerializeAsString();
}

}  // namespace

void RegistrationAudit::Fold(const StoredRegistration& changed, int64_t time_unix_ms,
                             const Sink& add) {
  for (StoredRegistration& known : filed_) {
    if (known.filed().registration_no() != changed.filed().registration_no()) continue;
    if (AsFiled(known) != AsFiled(changed)) add("a registration is not as it was filed");
    const bool cut_off = changed.cut_off_time_unix_ms() == time_unix_ms;
    const bool supplied = changed.papers_time_unix_ms() == time_unix_ms;
    if (!cut_off && !supplied) add("a registration changed and nothing happened to it");
    if (supplied && changed.filed().papers_owed()) add("papers were supplied and are owed");
    known = changed;
    return;
  }
  if (changed.time_unix_ms() != time_unix_ms) add("a registration is not known from its commit on");
  filed_.push_back(changed);
}

void RegistrationAudit::Check(const store::v1::PersonEvent& event,
                              const store::v1::PersonState& state, const Sink& add) {
  if (event.has_registration()) {
    const auto& changed = event.registration().registration();
    if (changed.empty()) add("a registration was filed and there is none");
    for (const StoredRegistration& each : changed) Fold(each, event.time_unix_ms(), add);
    yijie::v1::RegistrationResponse reply;
    if (!reply.ParseFromString(event.reply()) || reply.outcome() != yijie::v1::REGISTRATION_FILED ||
        (!changed.empty() && reply.registration().SerializeAsString() !=
                                 changed[changed.size() - 1].filed().SerializeAsString()))
      add("the reply is not the registration of the event");
  }
  store::v1::PersonRegistrations folded;
  for (const StoredRegistration& each : filed_) *folded.add_registration() = each;
  if (folded.SerializeAsString() == state.registrations().SerializeAsString()) return;
  add("registrations are not the fold of the events");
  filed_.assign(state.registrations().registration().begin(),
                state.registrations().registration().end());
}

}  // namespace yijie::engine
