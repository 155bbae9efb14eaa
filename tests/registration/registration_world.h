#ifndef YIJIE_TESTS_REGISTRATION_REGISTRATION_WORLD_H_
#define YIJIE_TESTS_REGISTRATION_REGISTRATION_WORLD_H_

// An insured place whose policies go by registration, and hospitals at home, in another city of the
// province and in another province, all of them its own: the path that care in the province takes,
// and the evaluation that care across provinces gets at the insured place.

#include <memory>
#include <string>

#include "engine/engine.h"
#include "tests/engine/engine_fixture.h"
#include "tests/memory_store.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/registration.pb.h"

namespace yijie::engine {

inline constexpr char kInProvinceHospital[] = "H41020000001";     // 410200
inline constexpr char kOutOfProvinceHospital[] = "H62010000001";  // 620100
inline constexpr char kPharmacyAtHome[] = "P41019900001";
inline constexpr char kInjuryNo[] = "GS2026001";

// Noon, so many days after TestNow().
Moment DaysLater(int days);

class RegistrationWorld {
 public:
  // `sections` of the area rules of 410199, in text format; they cite "s1 1".
  explicit RegistrationWorld(const std::string& sections = "");
  ~RegistrationWorld();

  template <typename Request>
  Reply Send(Call call, const Request& request, const Moment& now = TestNow()) {
    auto job = MakeJob(call, std::make_unique<Request>(request), now);
    if (!job.ok()) return {job.status(), ""};
    Inbox inbox;
    engine_->Submit(inbox.Await(*std::move(job)));
    return inbox.Get();
  }

  yijie::v1::RegistrationResponse Register(const yijie::v1::RegisterRequest& request,
                                           const Moment& now = TestNow()) {
    return Parsed<yijie::v1::RegistrationResponse>(Send(Call::kRegister, request, now));
  }
  yijie::v1::Settlement Settle(const yijie::v1::SettleRequest& request,
                               const Moment& now = TestNow()) {
    return Parsed<yijie::v1::SettleResponse>(Send(Call::kSettle, request, now)).settlement();
  }
  // What is known of P1, told again with `change`.
  yijie::v1::AmendPersonResponse Amend(const std::string& msgid,
                                       void (*change)(yijie::v1::PersonFacts*),
                                       const Moment& now = TestNow());

  yijie::v1::GetRegistrationsResponse Filed();
  Person person() { return *ParsePerson(**store_.LoadLatest("P1")); }
  storage::MemoryStore& store() { return store_; }
  const Reference& reference() const { return *reference_; }
  // A new engine over what is durable.
  void Restart();
  // The audit finds nothing.
  void ExpectSound();

 private:
  const QuietLog quiet_;
  Metrics metrics_;
  storage::MemoryStore store_;
  std::shared_ptr<const Reference> reference_;
  std::unique_ptr<Engine> engine_;
};

// P1, insured with employees and against work injury in 410199, with a recognised injury.
yijie::v1::PersonFacts InsuredFacts();

// A referral to Lanzhou (620100), filed by the person.
yijie::v1::RegisterRequest ReferralOf(const std::string& msgid);
// Long-term residence there.
yijie::v1::RegisterRequest ResidenceOf(const std::string& msgid);

// A stay of P1 from 2026-06-01 to 2026-06-10, 1,000 yuan in scope.
yijie::v1::SettleRequest StayAt(const std::string& msgid, const std::string& hospital);

}  // namespace yijie::engine

#endif  // YIJIE_TESTS_REGISTRATION_REGISTRATION_WORLD_H_
