#include "tests/sim/world.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/check.h"
#include "engine/area/area_book.h"
#include "engine/edge.h"
#include "engine/engine.h"
#include "rules/loader.h"
#include "yijie/v1/agency.pb.h"
#include "yijie/v1/service.pb.h"

namespace yijie::sim {
namespace {

namespace v1 = yijie::v1;

constexpr char kAgency[] = "AGENCY";
constexpr int64_t kOpeningMs = 1'756'700'000'000;  // 2025-09-01

std::string TablesDirectory() { return YIJIE_SOURCE_DIR "/rules/tables/"; }

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  YIJIE_CHECK(file.is_open(), "a policy table is missing");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The tables of Changsha pay for care in other provinces, those of Zhengzhou do not say. A second
// place pays by the tables of Changsha too, under other names.
constexpr char kChangsha[] = "430199";
constexpr char kSecondPlace[] = "639998";
constexpr char kZhengzhou[] = "410199";

std::vector<std::string> PackageTexts(bool changed) {
  std::vector<std::string> texts;
  for (const char* name :
       {"henan/henan-zhengzhou-employee-inpatient",
        "henan/henan-zhengzhou-employee-outpatient-2022",
        "henan/henan-zhengzhou-resident-inpatient", "national/national-pharmacy-purchase"})
    texts.push_back(ReadFile(absl::StrCat(TablesDirectory(), name, ".policy")));
  for (const char* name :
       {"hunan-changsha-employee-inpatient", "hunan-changsha-employee-outpatient-2022",
        "hunan-changsha-resident-inpatient-2023", "hunan-changsha-resident-outpatient-2023"}) {
    std::string text = ReadFile(absl::StrCat(TablesDirectory(), "hunan/", name, ".policy"));
    // Made-up figures: what matters is that they are others.
    if (changed)
      text = absl::StrReplaceAll(
          text, {{"ratio: \"85%\"", "ratio: \"71%\""}, {"amount: \"1100\"", "amount: \"700\""}});
    texts.push_back(absl::StrReplaceAll(
        text, {{"id: \"hunan-changsha", "id: \"sim-second-place"},
               {absl::StrCat("admdvs: \"", kChangsha), absl::StrCat("admdvs: \"", kSecondPlace)}}));
    texts.push_back(std::move(text));
  }
  return texts;
}

std::shared_ptr<const rules::RuleBook> Policies(bool changed) {
  std::vector<std::unique_ptr<const rules::Program>> programs;
  for (const std::string& text : PackageTexts(changed)) {
    auto program = rules::CompilePackage("sim.policy", text);
    YIJIE_CHECK(program.ok(), std::string(program.status().message()).c_str());
    programs.push_back(*std::move(program));
  }
  auto book = rules::RuleBook::Build(std::move(programs));
  YIJIE_CHECK(book.ok(), std::string(book.status().message()).c_str());
  return *std::move(book);
}

v1::Institution MakeInstitution(const std::string& code, v1::InstitutionKind kind,
                                v1::HospitalLevel level, const std::string& admdvs) {
  v1::Institution institution;
  institution.set_fixmedins_code(code);
  institution.set_fixmedins_name("sim");
  institution.set_kind(kind);
  institution.set_admdvs(admdvs);
  institution.set_hosp_lv(level);
  institution.set_hosp_place(kind == v1::HOSPITAL ? v1::CITY : v1::PLACE_NONE);
  institution.set_begndate("2020-01-01");
  return institution;
}

// Every place has its own classes.
rules::CatalogueItem MakeItem(const std::string& code, size_t number, int place) {
  constexpr rules::ItemClass kClasses[] = {rules::ItemClass::kA, rules::ItemClass::kB,
                                           rules::ItemClass::kC};
  rules::CatalogueItem item;
  item.code = rules::Intern(code);
  item.kind = rules::ItemKind::kDrug;
  item.item_class = kClasses[(number + static_cast<size_t>(place)) % 3];
  if (item.item_class == rules::ItemClass::kB)
    item.selfpay_prop = Ratio(50'000 * (1 + place + static_cast<int>(number)));
  if (number % 2 == 0) item.price_limit = Fen(500'000 + 10'000 * place);
  return item;
}

v1::PersonFacts MakeFacts(const Insured& person, const std::string& admdvs, bool registered,
                          const std::string& registered_at) {
  v1::PersonFacts facts;
  facts.set_psn_no(person.psn_no);
  facts.set_psn_name("sim");
  facts.set_psn_cert_type("99");
  facts.set_certno("C" + person.psn_no);
  facts.set_gend("1");
  facts.set_brdy("1970-05-06");
  v1::Coverage* coverage = facts.add_coverage();
  coverage->set_insutype(person.insutype);
  coverage->set_psn_type(person.insutype == "310" ? "11" : "15");
  coverage->set_insuplc_admdvs(admdvs);
  coverage->set_begndate("2020-01-01");
  coverage->set_psn_insu_stas("1");
  if (registered) {
    v1::Registration* registration = facts.add_registration();
    registration->set_kind(v1::REFERRAL);
    registration->set_admdvs(registered_at);
    registration->set_begndate("2025-01-01");
    registration->set_enddate("2027-12-31");
  }
  return facts;
}

// Issued, and activated for care.
std::vector<v1::CardChange> NewCard(const Insured& person) {
  std::vector<v1::CardChange> changes(2);
  changes[0].mutable_issue()->set_card_no(CardOf(person));
  changes[0].mutable_issue()->set_card_sn("S" + CardOf(person));
  changes[1].mutable_activate()->set_card_no(CardOf(person));
  changes[1].mutable_activate()->set_function(v1::SOCIAL_FUNCTION);
  return changes;
}

// Of a call made before the simulations begin.
void Ask(engine::Engine& engine, engine::Call call, const google::protobuf::Message& request) {
  std::unique_ptr<google::protobuf::Message> message(request.New());
  message->CopyFrom(request);
  auto job = engine::MakeJob(call, std::move(message), engine::MomentOf(kOpeningMs));
  YIJIE_CHECK(job.ok(), std::string(job.status().message()).c_str());
  bool answered = false;
  (*job)->respond = [&answered](const engine::Reply& reply) {
    YIJIE_CHECK(reply.status.ok(), std::string(reply.status.message()).c_str());
    answered = true;
  };
  engine.Submit(*std::move(job));
  while (engine.Step()) {
  }
  YIJIE_CHECK(answered, "a call of the made-up world was not answered");
}

}  // namespace

std::string CardOf(const Insured& person) { return "K" + person.psn_no; }

const World& World::Get() {
  static const World* const kWorld = new World();
  return *kWorld;
}

World::World() : metrics_(std::make_unique<engine::Metrics>()) {
  areas_ = {kChangsha, kSecondPlace, kZhengzhou};
  for (int i = 0; i < 6; ++i) items_.push_back(absl::StrCat("ITEM", i));
  MakeReferences();
  MakePersons();
}

void World::MakeReferences() {
  auto areas = engine::LoadAreaBook(TablesDirectory());
  YIJIE_CHECK(areas.ok(), "the area rules do not load");
  const std::shared_ptr<const rules::RuleBook> policies[] = {Policies(false), Policies(true)};
  for (int place = 0; place < kPlaces; ++place) {
    engine::Reference reference;
    reference.areas = *areas;
    reference.own_areas = {Area(place)};
    std::vector<rules::CatalogueItem> items;
    for (size_t i = 0; i < items_.size(); ++i) items.push_back(MakeItem(items_[i], i, place));
    reference.catalogue = *rules::Catalogue::Build(std::move(items));
    const std::string prefix = Area(place);
    for (const auto& [code, kind, level] :
         {std::make_tuple("H" + prefix + "00001", v1::HOSPITAL, v1::LEVEL_3),
          std::make_tuple("H" + prefix + "00002", v1::HOSPITAL, v1::LEVEL_2),
          std::make_tuple("P" + prefix + "00003", v1::PHARMACY, v1::LEVEL_NONE)}) {
      reference.institutions.emplace(code, MakeInstitution(code, kind, level, Area(place)));
      institutions_[static_cast<size_t>(place)].push_back(code);
    }
    for (int changed = 0; changed < 2; ++changed) {
      reference.policies = policies[changed];
      references_[static_cast<size_t>(place)][static_cast<size_t>(changed)] =
          std::make_shared<const engine::Reference>(reference);
    }
  }
}

void World::MakePersons() {
  for (int place = 0; place < kPlaces; ++place) {
    storage::MemoryStore disk;
    engine::EngineOptions options;
    options.stepped = true;
    engine::Engine engine(options, disk, *metrics_, ReferenceOf(place, false));
    for (int i = 0; i < 2; ++i) {
      Insured person{absl::StrCat("P", Area(place), "N", i), place, i == 0 ? "310" : "390"};
      v1::AmendPersonRequest enrol;
      enrol.mutable_header()->set_fixmedins_code(kAgency);
      enrol.mutable_header()->set_msgid("enrol" + person.psn_no);
      *enrol.mutable_facts() = MakeFacts(person, Area(place), i == 0, Area((place + 1) % kPlaces));
      Ask(engine, engine::Call::kAmendPerson, enrol);
      for (const v1::CardChange& change : NewCard(person)) {
        v1::ChangeCardRequest card;
        *card.mutable_header() = enrol.header();
        card.mutable_header()->set_msgid(absl::StrCat("card", change.change_case(), person.psn_no));
        card.set_psn_no(person.psn_no);
        *card.mutable_change() = change;
        Ask(engine, engine::Call::kChangeCard, card);
      }
      for (const v1::SubAccount sub_account : {v1::CURRENT_YEAR, v1::PAST_YEARS}) {
        v1::CreditAccountRequest credit;
        *credit.mutable_header() = enrol.header();
        credit.mutable_header()->set_msgid(absl::StrCat("credit", sub_account, person.psn_no));
        credit.set_psn_no(person.psn_no);
        credit.set_sub_account(sub_account);
        credit.set_amount_fen(150'000);
        Ask(engine, engine::Call::kCreditAccount, credit);
      }
      facts_.push_back(enrol.facts());
      persons_.push_back(std::move(person));
    }
    const absl::Status versions = disk.ForEachVersion(
        [this, place](absl::string_view psn_no, const storage::PersonVersion& version) {
          records_.push_back({place, std::string(psn_no), version});
          return absl::OkStatus();
        });
    const absl::Status messages = disk.ForEachMessage(
        [this, place](const storage::MessageKey& key, const storage::MessageEntry& entry) {
          messages_.push_back({place, key, entry});
          return absl::OkStatus();
        });
    YIJIE_CHECK(versions.ok() && messages.ok(), "a store in memory cannot be read");
  }
}

const v1::PersonFacts& World::FactsOf(const Insured& person) const {
  for (const v1::PersonFacts& facts : facts_) {
    if (facts.psn_no() == person.psn_no) return facts;
  }
  YIJIE_CHECK(false, "no such person");
  return facts_.front();
}

void World::FillDisk(int place, storage::MemoryStore* disk) const {
  for (const Record& record : records_) {
    if (record.place == place) disk->PlantVersion(record.psn_no, record.version);
  }
  for (const Message& message : messages_) {
    if (message.place == place) disk->PlantMessage(message.key, message.entry);
  }
}

}  // namespace yijie::sim
