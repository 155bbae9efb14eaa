#include "engine/inquiry/change_feed.h"

#include "base/status_macros.h"
#include "engine/validate.h"

namespace yijie::engine {

absl::StatusOr<ChangeCursor> ChangeFeed::BeginAt(const v1::WatchChangesRequest& request) {
  if (request.from_now()) {
    if (!request.cursor().empty() || !request.consumer().empty())
      return BadField("from_now", "together with cursor or consumer");
    return NewestCursor(store_);
  }
  if (request.consumer().empty()) {
    YIJIE_ASSIGN_OR_RETURN(const ChangeCursor cursor, ParseCursor("cursor", request.cursor()));
    YIJIE_RETURN_IF_ERROR(CheckCursor(store_, "cursor", cursor));
    return cursor;
  }
  if (!request.cursor().empty()) return BadField("consumer", "together with cursor");
  YIJIE_RETURN_IF_ERROR(CheckConsumer("consumer", request.consumer()));
  YIJIE_ASSIGN_OR_RETURN(const ChangeCursor cursor, cursors_.Load(request.consumer()));
  YIJIE_RETURN_IF_ERROR(CheckCursor(store_, "consumer", cursor));
  return cursor;
}

absl::StatusOr<Watch> ChangeFeed::Begin(const v1::WatchChangesRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  Watch watch;
  YIJIE_ASSIGN_OR_RETURN(watch.selection, ChangeSelection::Make(request.filter()));
  YIJIE_ASSIGN_OR_RETURN(watch.cursor, BeginAt(request));
  return watch;
}

absl::StatusOr<v1::WatchChangesResponse> ChangeFeed::Next(Watch* watch) {
  return NextChanges(store_, watch->selection, &watch->cursor);
}

absl::StatusOr<v1::AckChangesResponse> ChangeFeed::Acknowledge(
    const v1::AckChangesRequest& request) {
  YIJIE_RETURN_IF_ERROR(CheckNoUnknownFields(request));
  YIJIE_RETURN_IF_ERROR(CheckConsumer("consumer", request.consumer()));
  YIJIE_ASSIGN_OR_RETURN(const ChangeCursor cursor, ParseCursor("cursor", request.cursor()));
  YIJIE_RETURN_IF_ERROR(CheckCursor(store_, "cursor", cursor));
  v1::AckChangesResponse response;
  YIJIE_ASSIGN_OR_RETURN(const ChangeCursor kept, cursors_.Acknowledge(request.consumer(), cursor));
  response.set_cursor(FormatCursor(kept));
  return response;
}

}  // namespace yijie::engine
