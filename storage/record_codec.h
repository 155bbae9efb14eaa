#ifndef YIJIE_STORAGE_RECORD_CODEC_H_
#define YIJIE_STORAGE_RECORD_CODEC_H_

// Bytes of keys and values; docs/storage.md is the reference. DO NOT CHANGE what is written here
// without a new kStoreFormat: stores of earlier programs hold it.
//
//   person   'p' psn_no 0x00 version(8, big-endian)            state, event
//   message  'm' institution 0x00 transaction(1) msgid         body, psn_no, version(8), verdict
//   table    't' name                                          bytes
//   row      'r' table 0x00 key                                value
//   group    'g' sequence(8)                                   for each person: version(8) psn_no
//   sequence 's'                                               sequence(8)
//   format   'f'                                               kStoreFormat in decimal
//
// A value is: layout (1 byte, kRecordLayout), fields, crc32. A field is: length (4), bytes. The
// crc32 (4, zlib) covers the key and the value before it, so a value under a wrong key is damage
// too. All integers are big-endian.
//
// Decoding never trusts: damage is DATA_LOSS that names the kind of record, without its content.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/store.h"

namespace yijie::storage {

inline constexpr char kRecordLayout = 1;
inline constexpr int kStoreFormat = 2;

// Longest person number, institution, msgid or table name.
inline constexpr size_t kMaxNameBytes = 255;
inline constexpr size_t kMaxRowKeyBytes = 1024;

// First bytes of the keys.
inline constexpr char kPersonTag = 'p';
inline constexpr char kMessageTag = 'm';
inline constexpr char kTableTag = 't';
inline constexpr char kRowTag = 'r';
inline constexpr char kGroupTag = 'g';
inline constexpr absl::string_view kSequenceKey = "s";
inline constexpr absl::string_view kFormatKey = "f";

// INVALID_ARGUMENT unless `name` can be part of a key: 1 to kMaxNameBytes bytes, none of them
// 0x00. `what` names the field.
absl::Status CheckName(absl::string_view what, absl::string_view name);
absl::Status CheckMessageKey(const MessageKey& key);
absl::Status CheckRow(absl::string_view table, absl::string_view key);

// Keys. The names have passed CheckName.
std::string PersonPrefix(absl::string_view psn_no);
std::string PersonKey(absl::string_view psn_no, int64_t version);
std::string EncodeMessageKey(const MessageKey& key);
std::string TableKey(absl::string_view name);
// With an empty `key`: what all rows of the table start with.
std::string RowKey(absl::string_view table, absl::string_view key);
std::string GroupKey(uint64_t sequence);

struct PersonKeyParts {
  absl::string_view psn_no;  // of the bytes that were decoded
  int64_t version = 0;
};
absl::StatusOr<PersonKeyParts> DecodePersonKey(absl::string_view key);
absl::StatusOr<MessageKey> DecodeMessageKey(absl::string_view key);

// Values. `key` is the encoded key of the record.
std::string EncodePersonRecord(absl::string_view key, absl::string_view state,
                               absl::string_view event);
std::string EncodeMessageRecord(absl::string_view key, const MessageEntry& entry);
std::string EncodeTableRecord(absl::string_view key, absl::string_view bytes);
std::string EncodeRowRecord(absl::string_view key, absl::string_view value);
std::string EncodeGroupRecord(absl::string_view key, const std::vector<CommittedPerson>& persons);
std::string EncodeSequenceRecord(uint64_t sequence);
std::string EncodeFormatRecord();

// The person's version comes from the key.
absl::StatusOr<PersonVersion> DecodePersonRecord(absl::string_view key, absl::string_view value);
absl::StatusOr<MessageEntry> DecodeMessageRecord(absl::string_view key, absl::string_view value);
absl::StatusOr<std::string> DecodeTableRecord(absl::string_view key, absl::string_view value);
absl::StatusOr<std::string> DecodeRowRecord(absl::string_view key, absl::string_view value);
// The sequence of the group comes from the key.
absl::StatusOr<CommittedGroup> DecodeGroupRecord(absl::string_view key, absl::string_view value);
absl::StatusOr<uint64_t> DecodeSequenceRecord(absl::string_view value);

// FAILED_PRECONDITION if the store has another format than kStoreFormat.
absl::Status CheckFormatRecord(absl::string_view value);

}  // namespace yijie::storage

#endif  // YIJIE_STORAGE_RECORD_CODEC_H_
