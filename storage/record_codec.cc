#include "storage/record_codec.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "storage/crc.h"

namespace yijie::storage {
namespace {

constexpr size_t kCrcBytes = 4;
constexpr size_t kLengthBytes = 4;
constexpr size_t kVersionBytes = 8;

void AppendBigEndian(uint64_t number, size_t bytes, std::string& out) {
  for (size_t i = bytes; i-- > 0;) out.push_back(static_cast<char>((number >> (8 * i)) & 0xff));
}

uint64_t ReadBigEndian(absl::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

std::string BigEndian64(uint64_t number) {
  std::string out;
  AppendBigEndian(number, kVersionBytes, out);
  return out;
}

uint32_t RecordCrc(absl::string_view key, absl::string_view value) {
  return ExtendCrc32(ExtendCrc32(0, key.data(), key.size()), value.data(), value.size());
}

std::string EncodeRecord(absl::string_view key, absl::Span<const absl::string_view> fields) {
  size_t size = sizeof(kRecordLayout) + kCrcBytes;
  for (const absl::string_view field : fields) size += kLengthBytes + field.size();
  std::string value;
  value.reserve(size);
  value.push_back(kRecordLayout);
  for (const absl::string_view field : fields) {
    YIJIE_CHECK(field.size() <= std::numeric_limits<uint32_t>::max(), "record field below 4 GiB");
    AppendBigEndian(field.size(), kLengthBytes, value);
    value.append(field.data(), field.size());
  }
  AppendBigEndian(RecordCrc(key, value), kCrcBytes, value);
  return value;
}

absl::Status Damaged(absl::string_view kind, absl::string_view how) {
  return absl::DataLossError(absl::StrCat("a ", kind, " record of the store is damaged (", how,
                                          "): stop serving and restore a copy"));
}

// The fields of a record whose checksum and layout are good, still encoded.
absl::StatusOr<absl::string_view> CheckedFields(absl::string_view kind, absl::string_view key,
                                                absl::string_view value) {
  if (value.size() < sizeof(kRecordLayout) + kCrcBytes) return Damaged(kind, "too short");
  const absl::string_view covered = value.substr(0, value.size() - kCrcBytes);
  if (ReadBigEndian(value.substr(covered.size())) != RecordCrc(key, covered)) {
    return Damaged(kind, "checksum");
  }
  if (covered[0] != kRecordLayout) return Damaged(kind, "unknown layout");
  return covered.substr(sizeof(kRecordLayout));
}

// Takes the first field off `rest`.
absl::StatusOr<absl::string_view> TakeField(absl::string_view kind, absl::string_view& rest) {
  if (rest.size() < kLengthBytes) return Damaged(kind, "field missing");
  const uint64_t length = ReadBigEndian(rest.substr(0, kLengthBytes));
  rest.remove_prefix(kLengthBytes);
  if (rest.size() < length) return Damaged(kind, "field too long");
  const absl::string_view field = rest.substr(0, length);
  rest.remove_prefix(length);
  return field;
}

// The N fields of a record; they point into `value`.
template <size_t N>
absl::StatusOr<std::array<absl::string_view, N>> DecodeRecord(absl::string_view kind,
                                                              absl::string_view key,
                                                              absl::string_view value) {
  YIJIE_ASSIGN_OR_RETURN(absl::string_view rest, CheckedFields(kind, key, value));
  std::array<absl::string_view, N> fields;
  for (absl::string_view& field : fields) {
    YIJIE_ASSIGN_OR_RETURN(field, TakeField(kind, rest));
  }
  if (!rest.empty()) return Damaged(kind, "bytes left over");
  return fields;
}

}  // namespace

absl::Status CheckName(absl::string_view what, absl::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError(absl::StrCat(what, " is empty"));
  if (name.size() > kMaxNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " has ", name.size(), " bytes; at most ", kMaxNameBytes));
  }
  if (name.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(what, " contains a zero byte"));
  }
  return absl::OkStatus();
}

absl::Status CheckMessageKey(const MessageKey& key) {
  YIJIE_RETURN_IF_ERROR(CheckName("institution", key.institution));
  return CheckName("msgid", key.msgid);
}

absl::Status CheckRow(absl::string_view table, absl::string_view key) {
  YIJIE_RETURN_IF_ERROR(CheckName("table", table));
  if (key.empty()) return absl::InvalidArgumentError("row key is empty");
  if (key.size() > kMaxRowKeyBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("row key has ", key.size(), " bytes; at most ", kMaxRowKeyBytes));
  }
  return absl::OkStatus();
}

std::string PersonPrefix(absl::string_view psn_no) {
  std::string key;
  key.reserve(psn_no.size() + 2 + kVersionBytes);
  key.push_back(kPersonTag);
  key.append(psn_no.data(), psn_no.size());
  key.push_back('\0');
  return key;
}

std::string PersonKey(absl::string_view psn_no, int64_t version) {
  std::string key = PersonPrefix(psn_no);
  AppendBigEndian(static_cast<uint64_t>(version), kVersionBytes, key);
  return key;
}

std::string EncodeMessageKey(const MessageKey& key) {
  std::string bytes;
  bytes.reserve(key.institution.size() + key.msgid.size() + 3);
  bytes.push_back(kMessageTag);
  bytes += key.institution;
  bytes.push_back('\0');
  bytes.push_back(static_cast<char>(key.transaction));
  bytes += key.msgid;
  return bytes;
}

std::string TableKey(absl::string_view name) {
  return absl::StrCat(absl::string_view(&kTableTag, 1), name);
}

std::string RowKey(absl::string_view table, absl::string_view key) {
  std::string bytes;
  bytes.reserve(table.size() + key.size() + 2);
  bytes.push_back(kRowTag);
  bytes.append(table.data(), table.size());
  bytes.push_back('\0');
  bytes.append(key.data(), key.size());
  return bytes;
}

std::string GroupKey(uint64_t sequence) {
  std::string key(1, kGroupTag);
  AppendBigEndian(sequence, kVersionBytes, key);
  return key;
}

absl::StatusOr<PersonKeyParts> DecodePersonKey(absl::string_view key) {
  const size_t separator = key.find('\0');
  if (separator == absl::string_view::npos || separator < 2 || key[0] != kPersonTag ||
      key.size() != separator + 1 + kVersionBytes) {
    return Damaged("person", "key");
  }
  const uint64_t version = ReadBigEndian(key.substr(separator + 1));
  if (version == 0 || version > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return Damaged("person", "version in the key");
  }
  return PersonKeyParts{key.substr(1, separator - 1), static_cast<int64_t>(version)};
}

absl::StatusOr<MessageKey> DecodeMessageKey(absl::string_view key) {
  const size_t separator = key.find('\0');
  if (separator == absl::string_view::npos || separator < 2 || key[0] != kMessageTag ||
      key.size() < separator + 3) {
    return Damaged("message", "key");
  }
  MessageKey parts;
  parts.institution = std::string(key.substr(1, separator - 1));
  parts.transaction = static_cast<uint8_t>(key[separator + 1]);
  parts.msgid = std::string(key.substr(separator + 2));
  return parts;
}

std::string EncodePersonRecord(absl::string_view key, absl::string_view state,
                               absl::string_view event) {
  return EncodeRecord(key, {state, event});
}

std::string EncodeMessageRecord(absl::string_view key, const MessageEntry& entry) {
  const absl::string_view body(reinterpret_cast<const char*>(entry.body.data()), entry.body.size());
  return EncodeRecord(
      key, {body, entry.psn_no, BigEndian64(static_cast<uint64_t>(entry.version)), entry.verdict});
}

std::string EncodeTableRecord(absl::string_view key, absl::string_view bytes) {
  return EncodeRecord(key, {bytes});
}

std::string EncodeRowRecord(absl::string_view key, absl::string_view value) {
  return EncodeRecord(key, {value});
}

std::string EncodeGroupRecord(absl::string_view key, const std::vector<CommittedPerson>& persons) {
  std::vector<std::string> fields;
  fields.reserve(persons.size());
  for (const CommittedPerson& person : persons) {
    std::string field;
    AppendBigEndian(static_cast<uint64_t>(person.version), kVersionBytes, field);
    field += person.psn_no;
    fields.push_back(std::move(field));
  }
  return EncodeRecord(key, std::vector<absl::string_view>(fields.begin(), fields.end()));
}

std::string EncodeSequenceRecord(uint64_t sequence) {
  return EncodeRecord(kSequenceKey, {BigEndian64(sequence)});
}

std::string EncodeFormatRecord() { return EncodeRecord(kFormatKey, {absl::StrCat(kStoreFormat)}); }

absl::StatusOr<PersonVersion> DecodePersonRecord(absl::string_view key, absl::string_view value) {
  YIJIE_ASSIGN_OR_RETURN(const PersonKeyParts parts, DecodePersonKey(key));
  YIJIE_ASSIGN_OR_RETURN(const auto fields, DecodeRecord<2>("person", key, value));
  return PersonVersion{parts.version, std::string(fields[0]), std::string(fields[1])};
}

absl::StatusOr<MessageEntry> DecodeMessageRecord(absl::string_view key, absl::string_view value) {
  YIJIE_ASSIGN_OR_RETURN(const auto fields, DecodeRecord<4>("message", key, value));
  MessageEntry entry;
  if (fields[0].size() != entry.body.size()) return Damaged("message", "digest length");
  if (fields[2].size() != kVersionBytes) return Damaged("message", "version length");
  std::copy(fields[0].begin(), fields[0].end(), entry.body.begin());
  entry.psn_no = std::string(fields[1]);
  entry.version = static_cast<int64_t>(ReadBigEndian(fields[2]));
  entry.verdict = std::string(fields[3]);
  return entry;
}

absl::StatusOr<std::string> DecodeTableRecord(absl::string_view key, absl::string_view value) {
  YIJIE_ASSIGN_OR_RETURN(const auto fields, DecodeRecord<1>("table", key, value));
  return std::string(fields[0]);
}

absl::StatusOr<std::string> DecodeRowRecord(absl::string_view key, absl::string_view value) {
  YIJIE_ASSIGN_OR_RETURN(const auto fields, DecodeRecord<1>("row", key, value));
  return std::string(fields[0]);
}

absl::StatusOr<CommittedGroup> DecodeGroupRecord(absl::string_view key, absl::string_view value) {
  if (key.size() != 1 + kVersionBytes) return Damaged("group", "key");
  CommittedGroup group;
  group.sequence = ReadBigEndian(key.substr(1));
  YIJIE_ASSIGN_OR_RETURN(absl::string_view rest, CheckedFields("group", key, value));
  while (!rest.empty()) {
    YIJIE_ASSIGN_OR_RETURN(const absl::string_view field, TakeField("group", rest));
    if (field.size() <= kVersionBytes) return Damaged("group", "person missing");
    group.persons.push_back({std::string(field.substr(kVersionBytes)),
                             static_cast<int64_t>(ReadBigEndian(field.substr(0, kVersionBytes)))});
  }
  if (group.persons.empty()) return Damaged("group", "empty");
  return group;
}

absl::StatusOr<uint64_t> DecodeSequenceRecord(absl::string_view value) {
  YIJIE_ASSIGN_OR_RETURN(const auto fields, DecodeRecord<1>("sequence", kSequenceKey, value));
  if (fields[0].size() != kVersionBytes) return Damaged("sequence", "length");
  return ReadBigEndian(fields[0]);
}

absl::Status CheckFormatRecord(absl::string_view value) {
  YIJIE_ASSIGN_OR_RETURN(const auto fields, DecodeRecord<1>("format", kFormatKey, value));
  if (fields[0] == absl::StrCat(kStoreFormat)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("the store has format ", fields[0],
                                                    ", this program knows format ", kStoreFormat,
                                                    ": start the program version that wrote it"));
}

}  // namespace yijie::storage
