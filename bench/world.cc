#include "bench/world.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/date.h"
#include "base/status_macros.h"
#include "engine/load/catalogue_file.h"
#include "engine/load/institution_file.h"
#include "engine/load/load.h"
#include "engine/load/person_file.h"
#include "engine/load/row_errors.h"
#include "engine/reference_tables.h"
#include "engine/sample/generate.h"
#include "engine/wire.h"
#include "rules/loader.h"

namespace yijie::bench {
namespace {

constexpr int kInstitutions = 300;
constexpr absl::string_view kMsgidHead = RequestBytes::kMsgidHead;
constexpr int kMsgidDigits = RequestBytes::kMsgidDigits;
constexpr absl::string_view kResidentArea = "411699";  // Zhoukou
constexpr absl::string_view kEmployeeArea = "410199";  // Zhengzhou

template <typename Write>
engine::InputFile Generate(const char* name, Write write, int64_t count) {
  std::ostringstream out;
  write(count, kWorldSeed, out);
  return engine::MakeInputFile(name, out.str());
}

// Adult and insured all through 2025, without what would make a policy refuse.
bool CanSettleIn(const v1::PersonFacts& person, absl::string_view area) {
  if (person.brdy() > "2008" || person.cvlserv_flag()) return false;
  return std::any_of(person.coverage().begin(), person.coverage().end(), [&](const auto& coverage) {
    const bool medical = coverage.insutype() == "310" || coverage.insutype() == "390";
    return medical && coverage.insuplc_admdvs() == area && coverage.psn_insu_stas() == "1" &&
           coverage.begndate() < "2025" && coverage.enddate().empty();
  });
}

std::vector<std::string> HospitalsIn(const engine::Reference& reference, absl::string_view area) {
  std::vector<std::string> codes;
  for (const auto& [code, institution] : reference.institutions) {
    if (institution.kind() == v1::HOSPITAL && institution.admdvs() == area) codes.push_back(code);
  }
  std::sort(codes.begin(), codes.end());
  return codes;
}

absl::StatusOr<std::shared_ptr<const engine::Reference>> MakeReference(
    const World& world, const std::string& policy_directory) {
  auto reference = std::make_shared<engine::Reference>();
  YIJIE_ASSIGN_OR_RETURN(reference->policies, rules::LoadRuleBook(policy_directory));
  engine::RowErrors errors("generated");
  const std::string items = engine::ParseCatalogueFile(world.catalogue, errors).SerializeAsString();
  const std::string places =
      engine::ParseInstitutionFile(world.institutions, errors).SerializeAsString();
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());
  YIJIE_ASSIGN_OR_RETURN(reference->catalogue, engine::ParseCatalogue(items));
  YIJIE_ASSIGN_OR_RETURN(reference->institutions, engine::ParseInstitutions(places));
  return std::shared_ptr<const engine::Reference>(std::move(reference));
}

void AddLine(int number, Date first_day, int days, int64_t most_fen, Random& random,
             v1::Claim* claim) {
  v1::FeeLine* line = claim->add_fee_line();
  line->set_feedetl_sn(absl::StrFormat("SN%012d", number + 1));
  const int64_t item = random.Below(kCatalogueItems + kCatalogueItems / 40);
  line->set_med_list_codg(engine::SampleItemCode(item));
  line->set_fee_ocur_date(
      FormatDate(Date(first_day.days() + static_cast<int32_t>(random.Below(days)))));
  const int64_t units = 1 + random.Below(5);
  const int64_t price_fen = random.Spread(most_fen / units);
  line->set_cnt_1e4(units * 10'000);
  line->set_pric_fen_1e4(price_fen * 10'000);
  line->set_det_item_fee_sumamt_fen(units * price_fen);
  claim->set_medfee_sumamt_fen(claim->medfee_sumamt_fen() + units * price_fen);
}

}  // namespace

bool CanSettle(const v1::PersonFacts& person) {
  return CanSettleIn(person, kResidentArea) || CanSettleIn(person, kEmployeeArea);
}

bool IsResident(const v1::PersonFacts& person) { return CanSettleIn(person, kResidentArea); }

uint64_t Random::Next() {
  state_ += 0x9E3779B97F4A7C15;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

int64_t Random::Spread(int64_t most) {
  const double share = static_cast<double>(Next() >> 11) * 0x1.0p-53;
  return std::clamp<int64_t>(std::llround(std::pow(static_cast<double>(most), share)), 1, most);
}

absl::StatusOr<World> MakeWorld(int persons, const std::string& policy_directory) {
  World world;
  world.institutions = Generate("institutions", engine::WriteInstitutions, kInstitutions);
  world.catalogue = Generate("catalogue", engine::WriteCatalogue, kCatalogueItems);
  world.persons = Generate("persons", engine::WritePersons, persons);
  world.accounts = Generate("accounts", engine::WriteAccounts, persons);
  YIJIE_ASSIGN_OR_RETURN(world.reference, MakeReference(world, policy_directory));
  engine::RowErrors errors("generated persons");
  const auto all = engine::ParsePersons(world.persons, Date::FromCivil(2026, 1, 1), errors);
  YIJIE_RETURN_IF_ERROR(errors.ToStatus());
  for (const std::string& packed : all) {
    const v1::PersonFacts person = engine::UnpackPerson(packed);
    if (CanSettleIn(person, kResidentArea)) world.residents.push_back(person);
    if (CanSettleIn(person, kEmployeeArea)) world.employees.push_back(person);
  }
  world.resident_hospitals = HospitalsIn(*world.reference, kResidentArea);
  world.employee_hospitals = HospitalsIn(*world.reference, kEmployeeArea);
  return world;
}

absl::Status LoadWorld(const World& world, storage::Store& store) {
  using engine::LoadKind;
  const auto load = [&store](LoadKind kind, const engine::InputFile& file) {
    return engine::LoadFile(kind, file, store, kLoadTime, [](int64_t, int64_t) {}).status();
  };
  YIJIE_RETURN_IF_ERROR(load(LoadKind::kInstitutions, world.institutions));
  YIJIE_RETURN_IF_ERROR(load(LoadKind::kCatalogue, world.catalogue));
  YIJIE_RETURN_IF_ERROR(load(LoadKind::kPersons, world.persons));
  return load(LoadKind::kAccounts, world.accounts);
}

v1::SettleRequest MakeRequest(const World& world, const v1::PersonFacts& person, BillSize size,
                              Random& random) {
  const bool resident = person.coverage(0).insutype() == "390";
  v1::SettleRequest request;
  request.mutable_header()->set_fixmedins_code(
      random.Pick(resident ? world.resident_hospitals : world.employee_hospitals));
  request.mutable_header()->set_msgid(absl::StrCat(kMsgidHead, std::string(kMsgidDigits, '0')));
  request.mutable_header()->set_opter("BENCH01");
  v1::Claim& claim = *request.mutable_claim();
  claim.set_psn_no(person.psn_no());
  claim.set_insutype(resident ? "390" : "310");
  claim.set_med_type("21");
  claim.set_mdtrt_id(absl::StrFormat("VISIT%015d", random.Below(1'000'000'000)));
  const Date first =
      Date(Date::FromCivil(2025, 2, 1).days() + static_cast<int32_t>(random.Below(270)));
  const int days = 2 + static_cast<int>(random.Below(12));
  claim.set_begndate(FormatDate(first));
  claim.set_enddate(FormatDate(Date(first.days() + days)));
  claim.set_acct_used_flag(resident ? v1::ACCT_NOT_USED : v1::ACCT_OWN);
  claim.set_dise_codg("I10.x00x002");
  const int64_t most_fen = size == BillSize::kSmall ? 25'000 : 3'000'000;
  for (int i = 0; i < kLines; ++i) AddLine(i, first, days, most_fen, random, &claim);
  return request;
}

RequestBytes::RequestBytes(const World& world, uint64_t seed, uint64_t first_serial)
    : serial_(first_serial) {
  Random random(seed);
  for (const auto* persons : {&world.residents, &world.employees}) {
    for (const v1::PersonFacts& person : *persons) {
      const v1::SettleRequest request = MakeRequest(world, person, BillSize::kSmall, random);
      std::string bytes = request.SerializeAsString();
      const size_t msgid = bytes.find(request.header().msgid()) + kMsgidHead.size();
      requests_.push_back({person.psn_no(), std::move(bytes), msgid});
    }
  }
  for (size_t i = requests_.size(); i > 1; --i) {
    std::swap(requests_[i - 1],
              requests_[static_cast<size_t>(random.Below(static_cast<int64_t>(i)))]);
  }
}

void RequestBytes::Write(const std::string& path) const {
  std::ofstream file(path, std::ios::binary);
  for (const Request& request : requests_)
    file << request.bytes.size() << " " << request.msgid << " " << request.bytes;
}

RequestBytes RequestBytes::Read(const std::string& path, uint64_t first_serial) {
  RequestBytes read(first_serial);
  std::ifstream file(path, std::ios::binary);
  for (size_t size = 0, msgid = 0; file >> size >> msgid;) {
    std::string bytes(size, ' ');
    file.get();
    file.read(bytes.data(), static_cast<std::streamsize>(size));
    read.requests_.push_back({"", std::move(bytes), msgid});
  }
  YIJIE_CHECK(!read.requests_.empty(), "no requests to send");
  Random random(first_serial + 1);
  read.next_ = static_cast<size_t>(random.Below(static_cast<int64_t>(read.size())));
  return read;
}

const std::string& RequestBytes::Next() {
  Request& request = requests_[next_];
  next_ = (next_ + 1) % requests_.size();
  uint64_t rest = ++serial_;
  for (int digit = kMsgidDigits - 1; digit >= 0; --digit) {
    request.bytes[request.msgid + static_cast<size_t>(digit)] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  return request.bytes;
}

absl::Status CheckSettled(absl::string_view reply) {
  google::protobuf::io::CodedInputStream in = engine::StreamOf(reply);
  constexpr uint32_t kSettlementTag = 1 << 3 | 2, kSetlIdTag = 1 << 3 | 2, kOutcomeTag = 2 << 3;
  uint32_t bytes = 0, setl_id_bytes = 0, outcome = 0;
  const bool settled = in.ReadTag() == kSettlementTag && in.ReadVarint32(&bytes) &&
                       in.ReadTag() == kSetlIdTag && in.ReadVarint32(&setl_id_bytes) &&
                       setl_id_bytes == 30 && in.Skip(30) && in.ReadTag() == kOutcomeTag &&
                       in.ReadVarint32(&outcome) && outcome == v1::SETTLED;
  if (settled) return absl::OkStatus();
  v1::SettleResponse response;
  if (!response.ParseFromArray(reply.data(), static_cast<int>(reply.size()))) {
    return absl::InternalError("a reply is not a SettleResponse");
  }
  return absl::InternalError(absl::StrCat("a bill of the benchmark was not settled: ",
                                          v1::Outcome_Name(response.settlement().outcome()), " ",
                                          response.settlement().reason()));
}

}  // namespace yijie::bench
