#include "storage/rocks_reader.h"

#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "storage/record_codec.h"
#include "storage/rocks_status.h"

namespace yijie::storage {
namespace {

constexpr absl::string_view kReadPerson = "read a person record";
constexpr absl::string_view kReadMessage = "read a message record";
constexpr absl::string_view kReadTable = "read a table record";
constexpr absl::string_view kReadRow = "read a row record";
constexpr absl::string_view kReadGroup = "read a group record";

// The first key after all that start with `prefix`, whose last byte is below 0xff.
std::string KeyAfter(std::string prefix) {
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

rocksdb::ReadOptions WithinOnePerson() {
  rocksdb::ReadOptions options;
  options.prefix_same_as_start = true;
  return options;
}

}  // namespace

absl::StatusOr<std::optional<PersonVersion>> RocksReader::LoadLatest(absl::string_view psn_no) {
  YIJIE_RETURN_IF_ERROR(CheckName("psn_no", psn_no));
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(WithinOnePerson()));
  it->SeekForPrev(PersonKey(psn_no, std::numeric_limits<int64_t>::max()));
  YIJIE_RETURN_IF_ERROR(FromRocks(it->status(), kReadPerson));
  if (!it->Valid()) return std::nullopt;
  return DecodePersonRecord(ToView(it->key()), ToView(it->value()));
}

absl::StatusOr<std::optional<PersonVersion>> RocksReader::LoadVersion(absl::string_view psn_no,
                                                                      int64_t version) {
  YIJIE_RETURN_IF_ERROR(CheckName("psn_no", psn_no));
  if (version < 1) return absl::InvalidArgumentError("version is below 1");
  const std::string key = PersonKey(psn_no, version);
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> value, GetRecord(*db_, key, kReadPerson));
  if (!value) return std::nullopt;
  return DecodePersonRecord(key, *value);
}

absl::StatusOr<std::vector<PersonVersion>> RocksReader::LoadHistory(absl::string_view psn_no,
                                                                    int64_t after_version,
                                                                    int limit) {
  YIJIE_RETURN_IF_ERROR(CheckName("psn_no", psn_no));
  if (after_version < 0) return absl::InvalidArgumentError("after_version is below 0");
  if (limit < 1) return absl::InvalidArgumentError("limit is below 1");
  std::vector<PersonVersion> history;
  if (after_version == std::numeric_limits<int64_t>::max()) return history;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(WithinOnePerson()));
  for (it->Seek(PersonKey(psn_no, after_version + 1));
       it->Valid() && history.size() < static_cast<size_t>(limit); it->Next()) {
    YIJIE_ASSIGN_OR_RETURN(PersonVersion version,
                           DecodePersonRecord(ToView(it->key()), ToView(it->value())));
    if (version.version != after_version + 1) {
      return absl::DataLossError(
          "a person record of the store is missing (gap in the versions): stop serving and restore "
          "a copy");
    }
    ++after_version;
    history.push_back(std::move(version));
  }
  YIJIE_RETURN_IF_ERROR(FromRocks(it->status(), kReadPerson));
  return history;
}

absl::StatusOr<std::optional<MessageEntry>> RocksReader::FindMessage(const MessageKey& key) {
  YIJIE_RETURN_IF_ERROR(CheckMessageKey(key));
  const std::string bytes = EncodeMessageKey(key);
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> value,
                         GetRecord(*db_, bytes, kReadMessage));
  if (!value) return std::nullopt;
  return DecodeMessageRecord(bytes, *value);
}

absl::StatusOr<std::optional<std::string>> RocksReader::GetTable(absl::string_view name) {
  YIJIE_RETURN_IF_ERROR(CheckName("table name", name));
  const std::string key = TableKey(name);
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> value, GetRecord(*db_, key, kReadTable));
  if (!value) return std::nullopt;
  return DecodeTableRecord(key, *value);
}

absl::StatusOr<std::vector<Row>> RocksReader::ScanRows(absl::string_view table,
                                                       absl::string_view first,
                                                       absl::string_view end, int limit) {
  YIJIE_RETURN_IF_ERROR(CheckName("table", table));
  if (limit < 1) return absl::InvalidArgumentError("limit is below 1");
  std::vector<Row> rows;
  if (!end.empty() && first >= end) return rows;
  const std::string prefix = RowKey(table, "");
  const std::string bound = end.empty() ? KeyAfter(prefix) : RowKey(table, end);
  YIJIE_RETURN_IF_ERROR(
      ScanRecords(RowKey(table, first), bound, rocksdb::ReadOptions(), kReadRow,
                  [&](absl::string_view key, absl::string_view record) -> absl::StatusOr<bool> {
                    YIJIE_ASSIGN_OR_RETURN(std::string value, DecodeRowRecord(key, record));
                    rows.push_back({std::string(key.substr(prefix.size())), std::move(value)});
                    return rows.size() < static_cast<size_t>(limit);
                  }));
  return rows;
}

absl::StatusOr<std::optional<std::string>> RocksReader::GetRow(absl::string_view table,
                                                               absl::string_view key) {
  YIJIE_RETURN_IF_ERROR(CheckRow(table, key));
  const std::string bytes = RowKey(table, key);
  YIJIE_ASSIGN_OR_RETURN(const std::optional<std::string> value, GetRecord(*db_, bytes, kReadRow));
  if (!value) return std::nullopt;
  return DecodeRowRecord(bytes, *value);
}

absl::StatusOr<std::vector<CommittedGroup>> RocksReader::ScanGroups(uint64_t after_sequence,
                                                                    int limit) {
  if (limit < 1) return absl::InvalidArgumentError("limit is below 1");
  std::vector<CommittedGroup> groups;
  if (after_sequence == std::numeric_limits<uint64_t>::max()) return groups;
  size_t persons = 0;
  YIJIE_RETURN_IF_ERROR(ScanRecords(
      GroupKey(after_sequence + 1), KeyAfter(std::string(1, kGroupTag)), rocksdb::ReadOptions(),
      kReadGroup, [&](absl::string_view key, absl::string_view record) -> absl::StatusOr<bool> {
        YIJIE_ASSIGN_OR_RETURN(CommittedGroup group, DecodeGroupRecord(key, record));
        persons += group.persons.size();
        groups.push_back(std::move(group));
        return persons < static_cast<size_t>(limit);
      }));
  return groups;
}

absl::Status RocksReader::ForEachVersion(
    const std::function<absl::Status(absl::string_view psn_no, const PersonVersion&)>& visit) {
  return ForEachRecord(
      kPersonTag, kReadPerson, [&visit](absl::string_view key, absl::string_view value) {
        YIJIE_ASSIGN_OR_RETURN(const PersonVersion version, DecodePersonRecord(key, value));
        YIJIE_ASSIGN_OR_RETURN(const PersonKeyParts parts, DecodePersonKey(key));
        return visit(parts.psn_no, version);
      });
}

absl::Status RocksReader::ForEachMessage(
    const std::function<absl::Status(const MessageKey&, const MessageEntry&)>& visit) {
  return ForEachRecord(
      kMessageTag, kReadMessage, [&visit](absl::string_view key, absl::string_view value) {
        YIJIE_ASSIGN_OR_RETURN(const MessageKey parts, DecodeMessageKey(key));
        YIJIE_ASSIGN_OR_RETURN(const MessageEntry entry, DecodeMessageRecord(key, value));
        return visit(parts, entry);
      });
}

absl::Status RocksReader::ScanRecords(
    const std::string& first, const std::string& end, rocksdb::ReadOptions options,
    absl::string_view doing,
    const std::function<absl::StatusOr<bool>(absl::string_view, absl::string_view)>& visit) {
  const rocksdb::Slice upper_bound(end);
  options.total_order_seek = true;  // not within one person
  options.iterate_upper_bound = &upper_bound;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
  bool more = true;
  for (it->Seek(first); more && it->Valid(); it->Next()) {
    YIJIE_ASSIGN_OR_RETURN(more, visit(ToView(it->key()), ToView(it->value())));
  }
  return FromRocks(it->status(), doing);
}

absl::Status RocksReader::ForEachRecord(
    char tag, absl::string_view doing,
    const std::function<absl::Status(absl::string_view, absl::string_view)>& visit) {
  const std::string first(1, tag);
  rocksdb::ReadOptions options;
  options.fill_cache = false;  // an audit must not push out what settlements use
  return ScanRecords(
      first, KeyAfter(first), options, doing,
      [&visit](absl::string_view key, absl::string_view value) -> absl::StatusOr<bool> {
        YIJIE_RETURN_IF_ERROR(visit(key, value));
        return true;
      });
}

}  // namespace yijie::storage
