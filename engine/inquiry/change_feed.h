#ifndef YIJIE_ENGINE_INQUIRY_CHANGE_FEED_H_
#define YIJIE_ENGINE_INQUIRY_CHANGE_FEED_H_

// The change events a client watches and acknowledges, without the network.

#include "absl/status/statusor.h"
#include "engine/inquiry/changes.h"
#include "storage/store.h"
#include "yijie/v1/inquiry.pb.h"

namespace yijie::engine {

// What a client watches, and how far it is.
struct Watch {
  ChangeSelection selection;
  ChangeCursor cursor;
};

// INVALID_ARGUMENT, beginning with the field, for a malformed request. Thread-safe.
class ChangeFeed {
 public:
  // `store` outlives it; its table "change_cursor" has no other writer.
  explicit ChangeFeed(storage::Store& store) : store_(store), cursors_(store) {}

  absl::StatusOr<Watch> Begin(const v1::WatchChangesRequest& request);
  // Moves the watch on. Does not wait for changes.
  absl::StatusOr<v1::WatchChangesResponse> Next(Watch* watch);
  absl::StatusOr<v1::AckChangesResponse> Acknowledge(const v1::AckChangesRequest& request);

 private:
  absl::StatusOr<ChangeCursor> BeginAt(const v1::WatchChangesRequest& request);

  storage::Store& store_;
  ConsumerCursors cursors_;
};

}  // namespace yijie::engine

#endif  // YIJIE_ENGINE_INQUIRY_CHANGE_FEED_H_
