#ifndef YIJIE_BASE_CHECK_H_
#define YIJIE_BASE_CHECK_H_

// Assertions that stay on in every build. A settlement that breaks one of its identities must stop
// the process rather than be acknowledged: the store recovers to the last acknowledged state and
// the caller asks again by message id.

#include <cstdio>
#include <cstdlib>

namespace yijie::internal {
[[noreturn]] inline void CheckFailed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "{\"event\":\"check_failed\",\"at\":\"%s:%d\",\"what\":\"%s\"}\n", file,
               line, what);
  std::abort();
}
}  // namespace yijie::internal

// `what` says which promise was broken, without personal data.
#define YIJIE_CHECK(condition, what)                                            \
  do {                                                                          \
    if (!(condition)) ::yijie::internal::CheckFailed(__FILE__, __LINE__, what); \
  } while (false)

#endif  // YIJIE_BASE_CHECK_H_
