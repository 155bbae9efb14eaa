#ifndef YIJIE_BASE_STATUS_MACROS_H_
#define YIJIE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"

#define YIJIE_RETURN_IF_ERROR(expression)                                   \
  do {                                                                      \
    if (absl::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

#define YIJIE_MACRO_JOIN_INNER(a, b) a##b
#define YIJIE_MACRO_JOIN(a, b) YIJIE_MACRO_JOIN_INNER(a, b)

// YIJIE_ASSIGN_OR_RETURN(const Date day, ParseDate(text));
#define YIJIE_ASSIGN_OR_RETURN(target, expression) \
  YIJIE_ASSIGN_OR_RETURN_IMPL(YIJIE_MACRO_JOIN(status_or_, __LINE__), target, expression)
#define YIJIE_ASSIGN_OR_RETURN_IMPL(holder, target, expression) \
  auto holder = (expression);                                   \
  if (!holder.ok()) return std::move(holder).status();          \
  target = *std::move(holder)

#endif  // YIJIE_BASE_STATUS_MACROS_H_
