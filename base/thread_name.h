#ifndef YIJIE_BASE_THREAD_NAME_H_
#define YIJIE_BASE_THREAD_NAME_H_

#include <pthread.h>

namespace yijie {

// Names the calling thread for `top -H` and debuggers; at most 15 bytes.
inline void NameThisThread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace yijie

#endif  // YIJIE_BASE_THREAD_NAME_H_
