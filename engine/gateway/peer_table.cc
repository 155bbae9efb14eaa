#include "engine/gateway/peer_table.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status_macros.h"
#include "engine/area/area_code.h"
#include "engine/books/pair_code.h"
#include "engine/books/set_digest.h"
#include "engine/peers/identity.h"
#include "engine/validate.h"

namespace yijie::engine {
namespace {

// A scheme that the instance carries.
absl::Status CheckCarried(absl::string_view field, absl::string_view insutype) {
  constexpr size_t kMaxCode = 6;
  return insutype.empty() || insutype.size() > kMaxCode
             ? BadField(field, "must be a scheme, 1 to 6 characters")
             : absl::OkStatus();
}

absl::Status CheckPeers(const v1::GatewayPeers& peers) {
  std::set<absl::string_view> stems;
  if (peers.peer().empty()) return BadField("peer", "there must be one");
  for (int i = 0; i < peers.peer_size(); ++i) {
    const v1::GatewayPeer& peer = peers.peer(i);
    const auto field = [i](absl::string_view name) { return absl::StrCat("peer[", i, "].", name); };
    if (!IsAreaCode(peer.admdvs())) return BadField(field("admdvs"), "must be six digits");
    if (!stems.insert(AreaStem(peer.admdvs())).second)
      return BadField(field("admdvs"), "the area is there twice");
    if (peer.address().empty()) return BadField(field("address"), "must be HOST:PORT");
  }
  return absl::OkStatus();
}

absl::Status CheckAdvances(const v1::GatewayPeers& peers) {
  std::set<std::string> pairs;
  for (int i = 0; i < peers.advance_size(); ++i) {
    const v1::AdvanceFund& fund = peers.advance(i);
    const auto field = [i](absl::string_view name) {
      return absl::StrCat("advance[", i, "].", name);
    };
    if (!IsAreaCode(fund.insuplc_admdvs()))
      return BadField(field("insuplc_admdvs"), "must be six digits");
    if (!IsAreaCode(fund.mdtrtarea_admdvs()))
      return BadField(field("mdtrtarea_admdvs"), "must be six digits");
    if (fund.amount_fen() <= 0 || fund.amount_fen() > kMaxBookSumFen)
      return BadField(field("amount_fen"), absl::StrCat("must be 1 to ", kMaxBookSumFen));
    if (!pairs.insert(PairCode(fund.mdtrtarea_admdvs(), fund.insuplc_admdvs())).second)
      return BadField(absl::StrCat("advance[", i, "]"), "the pair of areas is there twice");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PeerTable> PeerTable::Make(v1::GatewayPeers peers) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(peers));
  YIJIE_RETURN_IF_ERROR(CheckPeers(peers));
  for (int i = 0; i < peers.insutype_size(); ++i)
    YIJIE_RETURN_IF_ERROR(CheckCarried(absl::StrCat("insutype[", i, "]"), peers.insutype(i)));
  YIJIE_RETURN_IF_ERROR(CheckAdvances(peers));
  return PeerTable(std::move(peers));
}

absl::StatusOr<PeerTable> PeerTable::Load(const std::string& path) {
  YIJIE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  v1::GatewayPeers peers;
  if (!google::protobuf::TextFormat::ParseFromString(text, &peers))
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a text of GatewayPeers"));
  absl::StatusOr<PeerTable> table = Make(std::move(peers));
  if (table.ok()) return table;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", table.status().message()));
}

std::optional<size_t> PeerTable::Find(absl::string_view admdvs) const {
  std::optional<size_t> found;
  size_t longest = 0;
  for (size_t i = 0; i < size(); ++i) {
    const absl::string_view area = peer(i).admdvs();
    if (!AreaHolds(area, admdvs) || AreaStem(area).size() <= longest) continue;
    longest = AreaStem(area).size();
    found = i;
  }
  return found;
}

std::optional<size_t> PeerTable::WithIdentity(absl::string_view identity) const {
  const absl::string_view area = AreaOfIdentity(identity);
  for (size_t i = 0; i < size(); ++i)
    if (peer(i).admdvs() == area) return i;
  return std::nullopt;
}

bool PeerTable::Carries(absl::string_view insutype) const {
  return peers_.insutype().empty() || std::find(peers_.insutype().begin(), peers_.insutype().end(),
                                                insutype) != peers_.insutype().end();
}

std::string PeerTable::NameOf(absl::string_view admdvs) const {
  for (size_t i = 0; i < size(); ++i) {
    const bool same = AreaStem(peer(i).admdvs()) == AreaStem(admdvs);
    if (same && !peer(i).name().empty()) return peer(i).name();
  }
  return std::string(admdvs);
}

}  // namespace yijie::engine
