#include "tests/sim/simulation.h"

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/audit/audit.h"
#include "engine/deterministic_bytes.h"
#include "engine/policy_archive.h"
#include "tests/sim/books.h"
#include "tests/sim/desk.h"
#include "tests/sim/draws.h"
#include "tests/sim/engine_party.h"
#include "tests/sim/event_loop.h"
#include "tests/sim/gateway_party.h"
#include "tests/sim/network.h"
#include "tests/sim/visits.h"
#include "tests/sim/world.h"

namespace yijie::sim {
namespace {

constexpr Micros kChaos = 40 * kSecond;
// From the end of all faults until nothing may be open: the bound of the resolver.
constexpr Micros kBound = 30 * kSecond;
constexpr Micros kResolveEvery = kSecond;  // as `yijie serve` does

const Defect& NoDefect() {
  static const auto* const kNone = new Defect();
  return *kNone;
}

// Moments worth to begin at, Beijing time.
int64_t BeginsAt(Draws& draws) {
  constexpr int64_t kDayMs = 86'400'000;
  constexpr int64_t kMidnight = 1'773'072'000'000;  // 2026-03-10 00:00
  constexpr int64_t kNewYear = 1'798'732'800'000;   // 2027-01-01 00:00
  const int64_t before_ms = draws.Between(1'000, 35'000);
  switch (draws.Below(3)) {
    case 0:
      return kMidnight + draws.Between(0, 200) * kDayMs + draws.Between(0, kDayMs - 1);
    case 1:
      return kMidnight + draws.Between(0, 200) * kDayMs - before_ms;
    default:
      return kNewYear - before_ms;
  }
}

class Simulation {
 public:
  Simulation(const SimulationOptions& options, Coverage& coverage);
  SimulationResult Run();

 private:
  void MakeParties();
  void StartEverything();
  void Storm();
  void ScheduleFaults();
  void ScheduleCrash();
  void Heal();
  // Until then, or until something is wrong.
  void RunUntil(Micros when);
  void EverySecond(int place);
  void ResolveNowAndThen(int place);
  void MaybeCrash(int party);
  void CrashPlace(int place);
  bool IsWrong() const;
  void CheckErrands();
  void CheckEnd();
  void Audit();
  void Fail(const std::string& what) {
    if (failure_.empty()) failure_ = what;
  }

  int gateway_number() const { return places_; }
  EngineParty& engine(int place) { return *engines_[static_cast<size_t>(place)]; }

  const SimulationOptions options_;
  const Defect& defect_;
  const World& world_;
  Draws draws_;
  const int places_;
  const Calendar calendar_;
  EventLoop loop_;
  Network network_;
  Books books_;
  EngineParty::Observer observer_;
  bool chaos_ = true;
  int crash_per_mille_ = 0;
  int64_t crashes_ = 0;
  Micros certain_at_ = kChaos;  // since then nothing is open
  std::string failure_;
  std::vector<std::unique_ptr<EngineParty>> engines_;
  std::unique_ptr<GatewayParty> gateway_;
  std::vector<std::unique_ptr<Desk>> desks_;
  std::unique_ptr<Visits> visits_;
};

Simulation::Simulation(const SimulationOptions& options, Coverage& coverage)
    : options_(options),
      defect_(options.defect == nullptr ? NoDefect() : *options.defect),
      world_(World::Get()),
      draws_(options.seed),
      places_(draws_.Percent(60) ? 2 : 3),
      calendar_{BeginsAt(draws_)},
      network_(loop_, draws_),
      books_(world_, coverage) {
  observer_.durable = [this](int place, const storage::Commit& commit) {
    books_.Durable(place, commit);
    if (!chaos_ && books_.nothing_open()) certain_at_ = loop_.now();
  };
  observer_.taken = [this](int place, engine::Call call, const google::protobuf::Message& request) {
    books_.Taken(place, call, request);
  };
  observer_.answered = [this](int place, engine::Call call, const engine::Reply& reply) {
    books_.Answered(place, call, reply);
  };
  observer_.came_back =
      [this](int place, engine::Call call, const google::protobuf::Message& request,
             const engine::Reply& reply) { books_.CameBack(place, call, request, reply); };
  observer_.boundary = [this](int place) { MaybeCrash(place); };
  MakeParties();
}

void Simulation::MakeParties() {
  for (int place = 0; place < places_; ++place) {
    EnginePartyOptions options;
    options.number = place;
    options.gateway = gateway_number();
    options.admdvs = world_.Area(place);
    options.reference = world_.ReferenceOf(place, false);
    options.calendar = calendar_;
    options.defect = &defect_;
    engines_.push_back(std::make_unique<EngineParty>(options, loop_, network_, draws_,
                                                     world_.metrics(), observer_));
    world_.FillDisk(place, &engine(place).disk());
    network_.Add(engine(place));
  }
  gateway_ = std::make_unique<GatewayParty>(gateway_number(), loop_, network_, draws_);
  network_.Add(*gateway_);
  for (int place = 0; place < places_; ++place) {
    gateway_->Route(world_.Area(place), place);
    desks_.push_back(
        std::make_unique<Desk>(gateway_number() + 1 + place, place, loop_, network_, draws_));
    network_.Add(*desks_.back());
  }
  std::vector<Desk*> desks;
  for (const std::unique_ptr<Desk>& desk : desks_) desks.push_back(desk.get());
  visits_ =
      std::make_unique<Visits>(world_, calendar_.begins_unix_ms, std::move(desks), loop_, draws_);
}

SimulationResult Simulation::Run() {
  StartEverything();
  Storm();
  visits_->Schedule(kChaos);
  RunUntil(kChaos);
  Heal();
  RunUntil(kChaos + kBound);
  if (!IsWrong()) CheckEnd();
  SimulationResult result;
  result.failure = books_.violation().empty() ? failure_ : books_.violation();
  for (const std::unique_ptr<Desk>& desk : desks_) {
    if (result.failure.empty()) result.failure = desk->complaint();
    result.errands += static_cast<int64_t>(desk->errands().size());
  }
  result.hash = network_.hash() ^ static_cast<uint64_t>(books_.settled() * 1'000'003 + crashes_);
  result.messages = network_.delivered();
  result.crashes = crashes_;
  result.settled = books_.settled();
  result.undone = books_.undone();
  result.cancelled = books_.cancelled();
  result.certain_after = certain_at_ - kChaos;
  return result;
}

void Simulation::StartEverything() {
  for (int place = 0; place < places_; ++place) {
    engine(place).Start();
    EverySecond(place);
    ResolveNowAndThen(place);
  }
}

void Simulation::EverySecond(int place) {
  if (!defect_.every_second) return;
  loop_.After(kSecond, [this, place] {
    if (engine(place).is_up()) defect_.every_second(engine(place));
    EverySecond(place);
  });
}

void Simulation::ResolveNowAndThen(int place) {
  loop_.After(kResolveEvery, [this, place] {
    engine(place).Resolve();
    ResolveNowAndThen(place);
  });
}

// --- Chaos

void Simulation::Storm() {
  Weather weather;
  if (draws_.Percent(80)) weather.loss_percent = draws_.Below(41);
  if (draws_.Percent(60)) weather.double_percent = draws_.Below(40);
  if (draws_.Percent(50)) weather.late_percent = draws_.Below(30);
  weather.most_delay =
      draws_.Percent(70) ? draws_.Between(2 * kMillisecond, 400 * kMillisecond) : 3 * kSecond;
  network_.SetWeather(weather);
  crash_per_mille_ = draws_.Percent(70) ? draws_.Below(25) : 0;
  for (int place = 0; place < places_; ++place) {
    engine(place).SetNewerPeers(draws_.Percent(20));
    if (draws_.Percent(50)) {
      engine(place).SetSkew(draws_.Between(-2'000, 2'000));
    } else if (draws_.Percent(30)) {
      engine(place).SetSkew(draws_.Between(-86'400'000, 86'400'000));
    }
  }
  ScheduleFaults();
  for (int i = draws_.Below(5); i > 0; --i) ScheduleCrash();
}

void Simulation::ScheduleFaults() {
  for (int i = draws_.Below(8); i > 0; --i) {
    const int place = draws_.Below(places_);
    const Micros length = draws_.Between(kSecond, 10 * kSecond);
    const int kind = draws_.Below(6);
    const int64_t skew = draws_.Between(-86'400'000, 86'400'000);
    loop_.At(draws_.Between(0, kChaos), [this, place, length, kind, skew] {
      switch (kind) {
        case 0:  // one direction only
          return network_.Cut(place, gateway_number(), loop_.now() + length);
        case 1:
          return network_.Cut(gateway_number(), place, loop_.now() + length);
        case 2:
          network_.Cut(place, gateway_number(), loop_.now() + length);
          return network_.Cut(gateway_number(), place, loop_.now() + length);
        case 3:
          engine(place).SetDiskFull(true);
          return loop_.After(length, [this, place] { engine(place).SetDiskFull(false); });
        case 4:
          return engine(place).SetSkew(skew);
        default:
          return engine(place).SetReference(world_.ReferenceOf(place, true));
      }
    });
  }
}

void Simulation::ScheduleCrash() {
  const int party = draws_.Below(places_ + 1);
  loop_.At(draws_.Between(0, kChaos), [this, party] {
    if (party != gateway_number()) return CrashPlace(party);
    if (!gateway_->is_up()) return;
    ++crashes_;
    gateway_->Crash();
    loop_.After(draws_.Between(10 * kMillisecond, 5 * kSecond), [this] { gateway_->Start(); });
  });
}

// A process may die after anything it did.
void Simulation::MaybeCrash(int place) {
  if (chaos_ && draws_.PerMille(crash_per_mille_)) CrashPlace(place);
}

void Simulation::CrashPlace(int place) {
  if (!engine(place).is_up()) return;
  ++crashes_;
  books_.Crashed(place);
  engine(place).Crash();
  loop_.After(draws_.Between(10 * kMillisecond, 8 * kSecond),
              [this, place] { engine(place).Start(); });
}

void Simulation::Heal() {
  chaos_ = false;
  network_.SetWeather(Weather());
  network_.HealAll();
  gateway_->Start();
  for (int place = 0; place < places_; ++place) {
    engine(place).SetDiskFull(false);
    engine(place).SetSkew(draws_.Between(-2'000, 2'000));
    engine(place).Start();
  }
}

void Simulation::RunUntil(Micros when) {
  while (!IsWrong() && loop_.RunOne(when)) {
  }
}

bool Simulation::IsWrong() const {
  if (!failure_.empty() || !books_.violation().empty()) return true;
  for (const std::unique_ptr<Desk>& desk : desks_) {
    if (!desk->complaint().empty()) return true;
  }
  return false;
}

// --- The end

void Simulation::CheckEnd() {
  books_.CheckAgree();
  for (int place = 0; place < places_; ++place) books_.CheckDisk(place, engine(place).disk());
  CheckErrands();
  if (options_.audit) Audit();
}

void Simulation::CheckErrands() {
  for (int place = 0; place < places_; ++place) {
    for (const Errand& errand : desks_[static_cast<size_t>(place)]->errands()) {
      if (!errand.is_over()) Fail(absl::StrCat("no answer to ", errand.key.msgid));
      if (!errand.given_up) continue;
      const auto entry = engine(place).disk().FindMessage(errand.key);
      if (entry.ok() && *entry && !(*entry)->psn_no.empty())
        Fail(absl::StrCat("told that it is not applied, and it is: ", errand.key.msgid));
    }
  }
}

void Simulation::Audit() {
  for (int place = 0; place < places_; ++place) {
    for (const bool changed : {false, true}) {
      const auto& policies = *world_.ReferenceOf(place, changed)->policies;
      if (!engine::ArchivePolicies(engine(place).disk(), policies, absl::UnixEpoch()).ok())
        Fail("the archive of policies cannot be written");
    }
    const auto report = engine::AuditLedger(engine(place).disk());
    if (!report.ok()) return Fail(std::string(report.status().message()));
    if (!report->clean()) Fail(absl::StrCat("audit: ", report->findings[0].what));
  }
}

}  // namespace

SimulationResult Simulate(const SimulationOptions& options, Coverage* coverage) {
  Simulation simulation(options, *coverage);
  return simulation.Run();
}

}  // namespace yijie::sim
